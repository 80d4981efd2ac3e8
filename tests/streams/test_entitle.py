"""What an account may use: each reason on both sides of its boundary."""

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from streams.entitle import Entitled, Holdings, Reason, entitlement_of, entitlements_of
from streams.model.account import Accumulators, Balances, Bucket
from streams.model.account_period import CYCLE
from streams.model.billing import Billing, BillingProfile
from streams.model.billing_period import BillingPeriod, period_at
from streams.model.catalog import Accumulator, Allowance, Catalog, CurrencyRule, Grant, PricePlan
from streams.model.entitlement import Entitlement
from streams.model.instant import BEGINNING, DAY, FOREVER, Instant
from streams.model.status import StatusMark
from streams.rate.spans import MONTH

OCTOBER = 1_790_805_600_000_000
"""2026-10-01 in Zurich."""
NOVEMBER = OCTOBER + 31 * DAY + 3_600_000_000
NOW = OCTOBER + 10 * DAY
WEEK = BillingPeriod(id="week", unit="week")


def plan(name: str, *entitlements: Entitlement, grants: tuple[Grant, ...] = ()) -> PricePlan:
    return PricePlan(
        id=name, currency="CHF", offers=(), grants=grants, entitlements=tuple(entitlements)
    )


CATALOG = Catalog(
    tenant="acme",
    currencies=(CurrencyRule(code="CHF", digits=2, rounding="half_up"),),
    usage_types=(),
    allowances=(Allowance(id="tokens", unit="token", usage_units=("token",)),),
    accumulators=(Accumulator(id="calls"), Accumulator(id="weekly", period=WEEK)),
    price_plans=(
        plan(
            "pro",
            Entitlement(id="sso"),
            Entitlement(id="seats", value="25"),
            Entitlement(id="ask", allowance="tokens"),
            Entitlement(id="ask_more", allowance="tokens", overage=True),
            Entitlement(id="call", accumulator="calls", limit=Decimal(100)),
            Entitlement(id="call_more", accumulator="calls", limit=Decimal(100), overage=True),
            Entitlement(id="browse", accumulator="weekly"),
            grants=(Grant(allowance="tokens", quantity=Decimal(1000)),),
        ),
        plan("free", Entitlement(id="seats", value="1")),
    ),
)


def bucket(
    remaining: Any, *, start: Instant = OCTOBER, end: Instant = NOVEMBER, **more: Any
) -> Bucket:
    return Bucket("tokens", start, end, more.pop("granted", 1000), remaining, **more)


def ask(
    feature: str,
    *buckets: Bucket,
    plans: tuple[str, ...] = ("pro",),
    totals: tuple[Any, ...] = (),
    at: Instant = NOW,
    reserved: dict[str, Decimal] | None = None,
) -> Entitled:
    held = Holdings(Balances(buckets), Accumulators(totals), "Europe/Zurich", reserved or {})
    return entitlement_of(feature, plans, CATALOG, held, at=at)


def test_a_feature_is_there_or_not() -> None:
    assert ask("sso") == Entitled(
        feature="sso", kind="boolean", allowed=True, reason=Reason.ENTITLED, price_plan="pro"
    )
    other = ask("sso", plans=("free",))
    assert (other.allowed, other.reason, other.kind) == (False, Reason.NOT_ENTITLED, "")
    assert ask("sso", plans=("gone",)).reason == Reason.NOT_ENTITLED
    none = ask("sso", plans=())
    assert (none.allowed, none.reason) == (False, Reason.NO_SERVICE)


def test_of_several_price_plans_the_last_counts() -> None:
    assert ask("seats", plans=("free", "pro")).value == "25"
    last = ask("seats", plans=("pro", "free"))
    assert (last.value, last.kind, last.price_plan) == ("1", "static", "free")
    assert ask("sso", plans=("pro", "free")).price_plan == "pro"


@pytest.mark.parametrize(
    ("feature", "remaining", "allowed", "reason"),
    [
        ("ask", Decimal("0.000000000001"), True, Reason.ENTITLED),
        ("ask", 0, False, Reason.USED_UP),
        ("ask_more", 1, True, Reason.ENTITLED),
        ("ask_more", 0, True, Reason.OVERAGE),
    ],
)
def test_an_allowance_is_left_or_used_up(
    feature: str, remaining: Any, allowed: bool, reason: Reason
) -> None:
    found = ask(feature, bucket(remaining))
    assert (found.allowed, found.reason, found.kind) == (allowed, reason, "metered")
    meter = found.balance
    assert meter is not None
    assert (meter.granted, meter.used, meter.remaining) == (1000, 1000 - remaining, remaining)
    assert (meter.unlimited, meter.overage_allowed) == (False, feature == "ask_more")
    assert meter.next_reset_at == NOVEMBER


def test_what_sessions_hold_is_not_left() -> None:
    held = ask("ask", bucket(300), reserved={"tokens": Decimal(299)})
    assert held.balance is not None
    assert (held.balance.used, held.balance.reserved, held.balance.remaining) == (700, 299, 1)
    assert held.allowed
    assert not ask("ask", bucket(300), reserved={"tokens": Decimal(300)}).allowed
    over = ask("ask", bucket(300), reserved={"tokens": Decimal(301)})
    assert over.balance is not None
    assert over.balance.remaining == 0


def test_open_buckets_count_together_until_the_first_ends() -> None:
    gift = bucket(50, end=NOW + DAY, granted=80, id="gift")
    for_good = bucket(7, start=BEGINNING, end=FOREVER, granted=7, id="welcome")
    found = ask("ask", gift, bucket(0), for_good).balance
    assert found is not None
    assert (found.granted, found.used, found.remaining) == (1087, 1030, 57)
    assert found.next_reset_at == NOW + DAY
    ended = ask("ask", gift, bucket(0), for_good, at=NOW + DAY).balance
    assert ended is not None
    assert (ended.granted, ended.remaining, ended.next_reset_at) == (1007, 7, NOVEMBER)
    before = ask("ask", bucket(5, start=NOW + 1, end=NOW + 2, granted=5, id="later"), bucket(0))
    assert not before.allowed


def test_what_the_first_use_will_grant_counts_already() -> None:
    """October's bucket is there still; November's is not opened yet."""
    last = ask("ask", bucket(0), at=NOVEMBER - 1)
    assert not last.allowed
    first = ask("ask", bucket(0), at=NOVEMBER)
    assert first.allowed
    assert first.balance is not None
    assert (first.balance.granted, first.balance.used) == (1000, 0)
    assert first.balance.next_reset_at == NOVEMBER + 30 * DAY


@pytest.mark.parametrize(
    ("feature", "total", "allowed", "reason"),
    [
        ("call", 99, True, Reason.ENTITLED),
        ("call", 100, False, Reason.USED_UP),
        ("call", 101, False, Reason.USED_UP),
        ("call_more", 100, True, Reason.OVERAGE),
        ("browse", 10**6, True, Reason.ENTITLED),
    ],
)
def test_a_total_is_counted_against_its_limit(
    feature: str, total: int, allowed: bool, reason: Reason
) -> None:
    weekly = OCTOBER + 4 * DAY
    totals = (
        ("calls", OCTOBER, NOVEMBER, total),
        ("calls", OCTOBER - 30 * DAY, OCTOBER, 5000),
        ("weekly", weekly, weekly + 7 * DAY, total),
    )
    found = ask(feature, totals=totals)
    assert (found.allowed, found.reason) == (allowed, reason)
    meter = found.balance
    assert meter is not None
    assert meter.used == total
    if feature == "browse":
        assert (meter.unlimited, meter.next_reset_at) == (True, weekly + 7 * DAY)
    else:
        assert (meter.granted, meter.remaining) == (100, max(100 - total, 0))
        assert meter.next_reset_at == NOVEMBER


def test_a_total_begins_anew_with_its_period() -> None:
    totals = (("calls", OCTOBER, NOVEMBER, 100),)
    assert not ask("call", totals=totals, at=NOVEMBER - 1).allowed
    anew = ask("call", totals=totals, at=NOVEMBER).balance
    assert anew is not None
    assert (anew.used, anew.remaining) == (0, 100)


def test_an_allowance_of_bill_units_begins_anew_with_them() -> None:
    (pro,) = (plan for plan in CATALOG.price_plans if plan.id == "pro")
    grants = tuple(replace(each, every=CYCLE) for each in pro.grants)
    catalog = replace(CATALOG, price_plans=(replace(pro, grants=grants),))
    months = BillingPeriod(id="billing", unit="month", day=15, time_zone="UTC")
    billing = Billing((BillingProfile(BEGINNING, months),))
    for own, month in ((billing, months), (None, MONTH)):
        held = Holdings(Balances(), Accumulators(), "Europe/Zurich", billing=own)
        balance = entitlement_of("ask", ("pro",), catalog, held, at=NOW).balance
        assert balance is not None
        assert balance.next_reset_at == period_at(NOW, month, "Europe/Zurich").end


def test_all_features_are_listed_by_name() -> None:
    held = Holdings(Balances(), Accumulators(), "Europe/Zurich")
    found = entitlements_of(("pro", "free"), CATALOG, held, at=NOW)
    assert [each.feature for each in found] == [
        "ask", "ask_more", "browse", "call", "call_more", "seats", "sso"
    ]  # fmt: skip
    assert entitlements_of((), CATALOG, held, at=NOW) == []


@pytest.mark.parametrize(
    ("at", "allowed", "reason"),
    [
        (NOW - 1, True, Reason.ENTITLED),
        (NOW, False, Reason.SUSPENDED),
        (NOW + 1, True, Reason.ENTITLED),
        (NOW + 2, False, Reason.TERMINATED),
    ],
)
def test_an_account_that_is_not_active_may_use_nothing(
    at: Instant, allowed: bool, reason: Reason
) -> None:
    statuses = (
        StatusMark(NOW, "suspended"),
        StatusMark(NOW + 1, "active"),
        StatusMark(NOW + 2, "terminated"),
    )
    held = Holdings(Balances((bucket(5),)), Accumulators(), "Europe/Zurich", statuses=statuses)
    found = entitlement_of("ask", ("pro",), CATALOG, held, at=at)
    assert (found.allowed, found.reason) == (allowed, reason)
    assert found.balance is not None
    assert found.balance.remaining == 5
    other = entitlement_of("fly", ("pro",), CATALOG, held, at=at)
    assert other.reason == Reason.NOT_ENTITLED
