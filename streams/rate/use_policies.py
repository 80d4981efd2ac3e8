"""Policies compiled: for each usage type those that look at its requests, in their order."""

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from msgspec.structs import replace

from streams.model.account import Account
from streams.model.attribute import held_key
from streams.model.catalog import Catalog
from streams.model.charging_session import ServiceRequest
from streams.model.instant import Instant
from streams.model.money import CONTEXT, Quantity, added
from streams.model.usage import Usage
from streams.model.use_policy import UsePolicy
from streams.rate.quantity import exact
from streams.rate.time_unit import BandCalendar


class Asking(NamedTuple):
    """Who asks for what: `used` is what the session has used already, `at` the time."""

    account: Account
    asked: ServiceRequest
    used: tuple[Usage, ...]
    at: Instant


class CompiledPolicy(NamedTuple):
    """A policy, and whether a request keeps it."""

    policy: UsePolicy
    keeps: Callable[[Asking], bool]

    def meets(self, asking: Asking) -> bool:
        """True where the request is one that the policy looks at."""
        return all(_word(word, asking) == value for word, value in self.policy.when.items())

    def cut(self, asking: Asking) -> ServiceRequest:
        """As much of what is asked for as the policy lets be used."""
        policy, asked = self.policy, asking.asked
        assert policy.most is not None
        left = CONTEXT.subtract(policy.most, Decimal(_of(policy.unit, asking.used)))
        return _cut(asked, policy.unit, exact(max(left, Decimal(0))))


Policies = Mapping[str, tuple[CompiledPolicy, ...]]
"""By usage type."""


def use_policies(catalog: Catalog, bands: Mapping[str, BandCalendar]) -> Policies:
    """Those of each usage type; empty where the catalog has none."""
    if not catalog.policies:
        return {}
    compiled = [CompiledPolicy(each, _test(each, bands)) for each in catalog.policies]
    return {
        usage_type.id: tuple(
            each
            for each in compiled
            if not each.policy.usage_types or usage_type.id in each.policy.usage_types
        )
        for usage_type in catalog.usage_types
    }


def _test(policy: UsePolicy, bands: Mapping[str, BandCalendar]) -> Callable[[Asking], bool]:
    if policy.time_unit:
        calendar, allowed = bands[policy.time_unit], frozenset(policy.bands)
        return lambda asking: _band(calendar, asking) in allowed
    if policy.unit:
        return lambda asking: _fits(policy, asking)
    if policy.allowed:
        exactly = frozenset(each for each in policy.allowed if not each.endswith("*"))
        starts = tuple(each[:-1] for each in policy.allowed if each.endswith("*"))
        return lambda asking: _is_among(_word(policy.attribute, asking) or "", exactly, starts)
    return lambda asking: _is_small(policy, _word(policy.attribute, asking))


def _band(calendar: BandCalendar, asking: Asking) -> str | None:
    return calendar.band_of(asking.at, asking.at, asking.account.time_zone)


def _fits(policy: UsePolicy, asking: Asking) -> bool:
    assert policy.most is not None
    together = added(_of(policy.unit, asking.used), _of(policy.unit, asking.asked.requested))
    return together <= policy.most


def _is_among(value: str, exactly: frozenset[str], starts: tuple[str, ...]) -> bool:
    return value in exactly or (bool(starts) and value.startswith(starts))


def _is_small(policy: UsePolicy, value: str | None) -> bool:
    """What is not told is none; what is no number is too much."""
    assert policy.most is not None
    if not value:
        return True
    try:
        return Decimal(value) <= policy.most
    except InvalidOperation:
        return False


def _of(unit: str, usages: tuple[Usage, ...]) -> Quantity:
    return next((each.quantity for each in usages if each.unit == unit), 0)


def _cut(asked: ServiceRequest, unit: str, most: Quantity) -> ServiceRequest:
    requested = tuple(
        Usage(unit, min(each.quantity, most)) if each.unit == unit else each
        for each in asked.requested
    )
    return replace(asked, requested=requested)


def _word(word: str, asking: Asking) -> str | None:
    key = held_key(word)
    found = None if key is None else asking.account.attributes.get(key)
    return asking.asked.attributes.get(word) if found is None else found
