"""Attributes compiled: what an account is charged as at a time, with its subscription and service.

Where a catalog declares attributes, whoever pays is charged as an account that has them all: those
of the account by their names, the others under `held_key`. So every rule asks for them alike.
Values hold for a time, so they are looked up once for it, and not for each record.

Segments that look at totals are another matter: they are computed for each record of the offers
that ask for them, and of no others.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from streams.expression import compile_expression
from streams.model.account import Account, Service
from streams.model.attribute import (
    Attribute,
    AttributeValues,
    Segment,
    held_key,
    read_value,
    typed_value,
    value_at,
)
from streams.model.catalog import Catalog
from streams.model.instant import BEGINNING, FOREVER, Instant, Period
from streams.model.money import Quantity
from streams.model.status import status_at
from streams.rate.asked import names_below, segments_asked
from streams.rate.payer import Payer

ACCUMULATORS: Final = "accumulators"
SEGMENT: Final = "segment"
STATUS: Final = "status"
_ALWAYS: Final = Period(BEGINNING, FOREVER)
_TRUTHS: Final = {True: "true", False: "false"}
_KEPT: Final = 65_536

Plain = dict[str, Any]


class Told(NamedTuple):
    """An account with all that it is at a time: as texts, as values, and for how long."""

    account: Account
    plain: Plain
    period: Period


class CompiledSegment:
    """Who belongs to a segment; `accumulators` are the totals that it looks at."""

    __slots__ = ("_evaluate", "accumulators", "id", "key")

    def __init__(self, segment: Segment) -> None:
        self.id = segment.id
        self.key = held_key(f"{SEGMENT}.{segment.id}") or ""
        self.accumulators = names_below(segment.expression, ACCUMULATORS)
        self._evaluate = compile_expression(segment.expression)

    def holds(self, plain: Plain) -> bool:
        """What cannot be told does not hold: an attribute without a value is of no segment."""
        return self._evaluate(plain) is True


class CompiledAttributes:
    """All that a catalog declares of accounts, subscriptions, services and segments."""

    __slots__ = ("_declared", "_found", "_standing", "by_total", "everywhere")

    def __init__(self, catalog: Catalog) -> None:
        self._declared: dict[str, tuple[Attribute, ...]] = {}
        for each in catalog.attributes:
            self._declared[each.of] = (*self._declared.get(each.of, ()), each)
        compiled = [CompiledSegment(each) for each in catalog.segments]
        self._standing = tuple(each for each in compiled if not each.accumulators)
        self.by_total = {each.id: each for each in compiled if each.accumulators}
        """Segments that look at totals, by their id."""
        thresholds = [each for each in catalog.thresholds if each.on not in ("spend", "entry")]
        watched = (thresholds, catalog.accumulators)
        self.everywhere = frozenset(segments_asked(watched)) & self.by_total.keys()
        """Those that any record may be asked for, whatever its offer."""
        self._found: dict[tuple[bytes, str, str], tuple[Payer, Payer]] = {}

    def declared(self, name: str, of: str) -> Attribute | None:
        """The attribute, where the catalog declares it."""
        return next((each for each in self._declared.get(of, ()) if each.name == name), None)

    def declares(self, word: str) -> bool:
        """True of a word that asks for an attribute or a segment that is declared."""
        of, _, name = word.partition(".")
        if of == SEGMENT:
            return name in self.by_total or any(each.id == name for each in self._standing)
        return self.declared(name, of) is not None

    def tell(
        self, account: Account, service: Service | None, subscription: str, at: Instant
    ) -> Told:
        """The account as it is charged at an instant; without what looks at totals."""
        texts, span = dict(account.attributes), _ALWAYS
        plain: Plain = {"account": account.attributes}
        for of, declared in self._declared.items():
            values, whose = _values_of(of, account, service, subscription)
            own = dict(account.attributes) if of == "account" else {}
            for attribute in declared:
                text, period = value_at(values, attribute.name, at, whose)
                span = _narrowed(span, period)
                if text is None:
                    text = own.get(attribute.name)
                _put(attribute, text, texts, own)
            plain[of] = own
        if self._standing or self.by_total:
            span = _tell_statuses(plain, account, service, at, span)
            plain[SEGMENT] = told = {each.id: each.holds(plain) for each in self._standing}
            texts |= {each.key: _TRUTHS[told[each.id]] for each in self._standing}
        return Told(replace(account, attributes=texts), plain, span)

    def with_totals(
        self, payer: Payer, names: Iterable[str], total_of: Callable[[str], Quantity]
    ) -> Payer:
        """The payer with the segments of these names, by its totals as they are."""
        assert payer.plain is not None
        asked = [self.by_total[name] for name in names]
        totals = {name: total_of(name) for each in asked for name in each.accumulators}
        plain = {**payer.plain, ACCUMULATORS: totals}
        truths = {each.id: each.holds(plain) for each in asked}
        key = (payer.key, payer.service.service_id, repr(truths))
        known = self._found.get(key)
        if known is not None and known[0] is payer:
            return known[1]
        texts = {each.key: _TRUTHS[truths[each.id]] for each in asked}
        account = replace(payer.account, attributes=payer.account.attributes | texts)
        told = {**payer.plain, SEGMENT: {**payer.plain[SEGMENT], **truths}}
        found = replace(payer, account=account, plain=told)
        if len(self._found) >= _KEPT:
            self._found.clear()
        self._found[key] = payer, found
        return found


def attributes_of(catalog: Catalog) -> CompiledAttributes | None:
    """What a catalog declares; None where it declares nothing."""
    return CompiledAttributes(catalog) if catalog.attributes or catalog.segments else None


def _values_of(
    of: str, account: Account, service: Service | None, subscription: str
) -> tuple[AttributeValues, str]:
    match of:
        case "service":
            return () if service is None else service.dated, ""
        case "subscription":
            # What is of no subscription has the values of none.
            return account.dated if subscription else (), subscription
        case _:
            return account.dated, ""


def _put(
    attribute: Attribute, text: str | None, texts: dict[str, str], own: dict[str, Any]
) -> None:
    """A value that is not of the declared type is none: then the default counts."""
    read = (None if text is None else read_value(attribute, text)) or attribute.default
    key = held_key(f"{attribute.of}.{attribute.name}") or ""
    if read:
        texts[key], own[attribute.name] = read, typed_value(attribute, read)
    else:
        texts.pop(key, None)
        own.pop(attribute.name, None)


def _tell_statuses(
    plain: Plain, account: Account, service: Service | None, at: Instant, span: Period
) -> Period:
    status, period = status_at(account.statuses, at)
    plain[STATUS] = found = {"account": status}
    span = _narrowed(span, period)
    if service is not None:
        found["service"], period = status_at(service.statuses, at)
        span = _narrowed(span, period)
    return span


def _narrowed(one: Period, other: Period) -> Period:
    return Period(max(one.start, other.start), min(one.end, other.end))
