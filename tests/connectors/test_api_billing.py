"""Billing by the door: what a body says becomes a command, and what it cannot mean is refused."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from connectors.api.account_commands import AdjustmentForm, TopUpForm, adjust, top_up
from connectors.api.billing import (
    BilledForm,
    BillingProfileForm,
    CycleForm,
    cycle_of,
    mark_billed,
    put_billing_profile,
)
from connectors.api.commands import Asked, WrongField
from streams.model.billing_command import MarkBilled, PutBillingProfile
from streams.model.billing_period import BillingPeriod
from streams.model.instant import DAY, SECOND

NOON = 1_767_268_800_000_000
MIDNIGHT = NOON - DAY // 2
ASKED = Asked("acme", "ada", "", "family", "b-1", NOON)


def test_a_profile_is_for_now_by_calendar_months_where_nothing_is_said() -> None:
    monthly = BillingPeriod(id="billing", unit="month")
    assert put_billing_profile(BillingProfileForm(cycle=CycleForm()), ASKED) == PutBillingProfile(
        "b-1", "acme", "ada", "family", monthly, NOON, 0, "", NOON
    )


def test_a_profile_says_day_zone_grace_and_currency() -> None:
    said = BillingProfileForm(
        cycle=CycleForm(day=31, time_zone="Europe/Zurich"),
        start="2026-01-01",
        grace_s=60,
        currency="CHF",
    )
    found = put_billing_profile(said, ASKED)
    cycle = BillingPeriod(id="billing", unit="month", day=31, time_zone="Europe/Zurich")
    assert (found.cycle, found.start) == (cycle, MIDNIGHT)
    assert (found.grace, found.currency) == (60 * SECOND, "CHF")


def test_several_units_are_counted_from_an_anchor() -> None:
    assert cycle_of(CycleForm(unit="week", every=2), NOON).anchor == NOON
    anchored = CycleForm(every=3, anchor="2026-01-02")
    assert cycle_of(anchored, NOON).anchor == MIDNIGHT + DAY
    assert cycle_of(CycleForm(unit="week", weekday="sun"), NOON).weekday == 6


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"unit": "week", "day": 3}, "day"),
        ({"unit": "month", "weekday": "mon"}, "weekday"),
        ({"every": 2, "day": 3}, "day"),
        ({"anchor": "soon"}, "anchor"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
    ],
)
def test_a_cycle_that_cannot_be_is_refused(said: dict[str, Any], field: str) -> None:
    with pytest.raises(WrongField) as wrong:
        cycle_of(CycleForm(**said), NOON)
    assert wrong.value.field == field


@pytest.mark.parametrize("said", [b'{"day": 32}', b'{"every": 0}', b'{"unit": "hour"}'])
def test_numbers_out_of_bounds_are_no_cycle(said: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(said, type=CycleForm)


def test_a_mark_names_the_unit_by_its_start() -> None:
    marked = mark_billed(BilledForm(unit="2026-01-01", invoice="I-1"), ASKED)
    assert marked == MarkBilled("b-1", "acme", "ada", "family", MIDNIGHT, "I-1", NOON)
    for form, field in (
        (BilledForm(unit="", invoice="I-1"), "unit"),
        (BilledForm(unit="2026-01-01", invoice=""), "invoice"),
    ):
        with pytest.raises(WrongField) as wrong:
            mark_billed(form, ASKED)
        assert wrong.value.field == field


def test_money_is_for_a_wallet_or_for_a_subscription() -> None:
    said: dict[str, Any] = {"amount": Decimal(5), "currency": "CHF", "subscription": "home"}
    assert top_up(TopUpForm(**said), ASKED).subscription == "home"
    assert adjust(AdjustmentForm(**said, reason="sorry"), ASKED).subscription == "home"
    with pytest.raises(WrongField) as wrong:
        top_up(TopUpForm(**said, wallet="sport"), ASKED)
    assert wrong.value.field == "subscription"
