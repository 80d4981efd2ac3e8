"""Grants by the door: what a body says becomes a command, and what it cannot mean is refused."""

from decimal import Decimal
from typing import Any

import pytest

from connectors.api.account_grants import GrantForm, RollOverTerms, VoidForm
from connectors.api.account_grants import grant_allowance as grant
from connectors.api.account_grants import void_grant as void
from connectors.api.commands import Asked, WrongField
from streams.model.balance_command import GrantAllowance, VoidGrant
from streams.model.billing_period import BillingPeriod
from streams.model.grant import RollOver
from streams.model.instant import FOREVER

NOON = 1_767_268_800_000_000
ASKED = Asked("acme", "ada", "", "family", "g-1", NOON)
GIFT: dict[str, Any] = {"grant": "gift", "allowance": "free", "quantity": Decimal(5)}


def test_a_grant_is_for_now_and_for_good_where_nothing_is_said() -> None:
    assert grant(GrantForm(**GIFT), ASKED) == GrantAllowance(
        "g-1", "acme", "ada", "family", "gift", "free", Decimal(5), NOON, FOREVER
    )


def test_a_grant_may_recur_and_roll_over() -> None:
    terms = RollOverTerms(percent=Decimal(50), periods=2)
    said = GrantForm(
        **GIFT,
        every="week",
        anchor="2026-01-03",
        roll_over=terms,
        priority=3,
        renews_for=Decimal(5),
    )
    found = grant(said, ASKED)
    anchor = NOON - NOON % 86_400_000_000 + 2 * 86_400_000_000
    assert found.every == BillingPeriod(id="week", unit="week", anchor=anchor)
    assert found.roll_over == RollOver(percent=Decimal(50), periods=2)
    assert (found.priority, found.renews_for) == (3, 5)


def test_a_void_names_its_grant() -> None:
    found = void(VoidForm(grant="gift", reason="asked for"), ASKED)
    assert found == VoidGrant("g-1", "acme", "ada", "family", "gift", NOON, "asked for")


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"quantity": Decimal(0)}, "quantity"),
        ({"grant": ""}, "grant"),
        ({"start": "2026-01-02", "end": "2026-01-02"}, "end"),
        ({"anchor": "2026-01-02"}, "anchor"),
        ({"roll_over": RollOverTerms()}, "roll_over"),
        ({"renews_for": Decimal(5)}, "renews_for"),
        ({"every": "day", "renews_for": Decimal(-5)}, "renews_for"),
        ({"every": "billing_cycle", "anchor": "2026-01-01"}, "anchor"),
        ({"every": "day", "roll_over": RollOverTerms(periods=0)}, "roll_over.periods"),
        (
            {"every": "day", "roll_over": RollOverTerms(percent=Decimal(-1))},
            "roll_over.percent",
        ),
        ({"reason": "x" * 257}, "reason"),
        ({"products": ("",)}, "products"),
    ],
)
def test_what_a_grant_cannot_mean_is_refused(said: dict[str, Any], field: str) -> None:
    with pytest.raises(WrongField) as wrong:
        grant(GrantForm(**(GIFT | said)), ASKED)
    assert wrong.value.field == field
