"""What a price plan's grant gives for a period, until when, and what of it stays."""

from pathlib import Path

import pytest

from streams.model.account import Account, Bucket, RollsOver
from streams.model.grant import RollOver
from streams.model.instant import DAY, FOREVER, Period, month_of
from streams.rate.grant import PlanGrant, plan_bucket, rolls_over
from streams.rate.pooled import RANK, account_rank
from streams.rate.spans import MONTH
from tests.streams.rate.catalogs import plan_of

ACCOUNT = Account("t", "ada", "ada", "postpaid", "CHF", "UTC")
MARCH = month_of(1_773_100_800_000_000, "UTC")
APRIL = month_of(MARCH.end, "UTC")
SINCE_THE_11TH = Period(MARCH.start + 10 * DAY, FOREVER)
UNTIL_THE_11TH = Period(MARCH.start, MARCH.start + 10 * DAY)
STAYS = RollOver(periods=1)


def opened(grant: PlanGrant, assigned: Period) -> Bucket:
    return plan_bucket(grant, MARCH, MARCH.start, assigned=assigned, account=ACCOUNT)


def test_a_share_is_granted_where_the_grant_is_prorated_alone() -> None:
    assert opened(PlanGrant("free", 31, prorate="day"), SINCE_THE_11TH).granted == 21
    assert opened(PlanGrant("free", 31), SINCE_THE_11TH).granted == 31


def test_a_bucket_ends_with_the_service_where_the_grant_does() -> None:
    with_service = PlanGrant("free", 31, ends="service")
    assert opened(with_service, UNTIL_THE_11TH).end == UNTIL_THE_11TH.end
    assert opened(with_service, SINCE_THE_11TH).end == MARCH.end
    assert opened(PlanGrant("free", 31), UNTIL_THE_11TH).end == MARCH.end


def test_what_stays_ends_with_the_service_where_the_grant_does() -> None:
    assigned = Period(MARCH.start, APRIL.start + DAY)
    stays = opened(PlanGrant("free", 31, ends="service", roll_over=STAYS), assigned)
    assert stays.roll_over == RollsOver(31, assigned.end)
    stays = opened(PlanGrant("free", 31, roll_over=STAYS), assigned)
    assert stays.roll_over == RollsOver(31, APRIL.end)


@pytest.mark.parametrize(("granted", "stays"), [(0, None), (1, RollsOver(1, APRIL.end))])
def test_of_nothing_nothing_stays(granted: int, stays: RollsOver | None) -> None:
    assert rolls_over(STAYS, granted, MONTH, closed_at=MARCH.end, account=ACCOUNT) == stays


@pytest.mark.parametrize(
    ("priority", "rank"),
    [
        (0, 0),
        (RANK // 2 - 1, 0),
        (RANK // 2, 1),
        (RANK, 1),
        (-RANK // 2, 0),
        (-RANK // 2 - 1, -1),
        (2 * RANK + 7, 2),
    ],
)
def test_the_order_of_accounts_goes_before_that_of_buckets(priority: int, rank: int) -> None:
    assert account_rank(Bucket("free", 0, 1, 1, 1, priority=priority)) == rank


PLAN = """
tenant: t
currencies: [{code: CHF}]
usage_types: [{id: talk, units: [s]}]
allowances: [{id: free, unit: s, usage_units: [s]}, {id: more, unit: s, usage_units: [s]}]
price_plans:
  - id: plan
    currency: CHF
    grants:
      - {allowance: free, quantity: 5}
      - {allowance: more, quantity: 5, opens: period}
    offers:
      - id: o
        usage_type: talk
        from: 2020-01-01
        impacts: [free, more]
        prices: [{per_unit: {amounts: {s: 1}}}]
"""


def test_what_opens_with_its_period_runs_under_a_name_and_is_not_plain(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, PLAN).price_plans["plan"]
    free, more = plan.terms.grants
    assert (free.is_plain, more.is_plain) == (True, False)
    (name,) = plan.running
    assert plan.grant_named(name) == more
    assert plan.grant_named(name.replace("more", "free")) is None
