"""Children of a record: what later ones see of earlier ones, and what the parent's charge tells."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from connectors.catalog.cel import parse_expression
from streams.model.account import Account
from streams.model.catalog import UsageType
from streams.model.money import Quantity
from streams.model.multi_rate import PARTS, ChildRate, MultiRate
from streams.model.rated import BalanceChange, ChargeLine, Posting, RatedUsage
from streams.model.usage import SourcePosition, Usage, UsageRecord
from streams.outcome import Reject
from streams.rate.multi_rate import CompiledMultiRate, RatedChildren
from tests.streams.rate.prices.asked import d

ACCOUNT = Account("t", "ada", "ada", "postpaid", "CHF", "UTC", None)
PAYER: Any = SimpleNamespace(account=ACCOUNT, plain=None)
TYPES = {
    "call": UsageType(id="call", units=("min", "mb")),
    "voice": UsageType(id="voice", units=("min",)),
    "fee": UsageType(id="fee", units=("chf",)),
}


def record(*usages: Usage, usage_type: str = "call", part: int = 0) -> UsageRecord:
    return UsageRecord(b"", "t", "s", "e", part, 0, 0, usage_type, "x", "x", 0, 0, usages, {})


def charge(usage_type: str, *usages: Usage, **words: Any) -> RatedUsage:
    position = SourcePosition(b"", 0, 0, 0)  # type: ignore[arg-type]
    plain = RatedUsage(
        record(*usages, usage_type=usage_type), position, "ada", "ada", "s", "plan", usage_type,
        "CHF", d("0"), "", "", (), (), (), "v1",
    )  # fmt: skip
    return replace(plain, **words)


def multi_rate(fee: str) -> CompiledMultiRate:
    expression = parse_expression(fee)
    children = (ChildRate(usage_type="voice"), ChildRate(usage_type="fee", quantity=expression))
    return CompiledMultiRate(MultiRate(usage_type="call", children=children), TYPES)


def line(rule: str, quantity: Quantity) -> ChargeLine:
    return ChargeLine(rule, "p", "min", quantity, d("0"), d("0"), {"was": "there"})


@pytest.mark.parametrize(
    ("lines", "usages", "quantity"),
    [
        ((line("rate_unit", 7), line("per_unit", 3)), (Usage("min", 3),), 7),
        ((line("per_unit", 7), line("rate_unit", 9)), (Usage("min", 3), Usage("mb", 4)), 3),
        ((), (Usage("min", 3),), 3),
        ((), (), 0),
    ],
)
def test_a_later_child_sees_what_was_measured_and_paid_without_tax(
    lines: tuple[ChargeLine, ...], usages: tuple[Usage, ...], quantity: int
) -> None:
    earlier = RatedChildren()
    earlier.add("voice", charge("voice", *usages, lines=lines, amount=d("11"), tax=d("1")))
    assert (earlier.amounts, earlier.quantities) == ({"voice": 10}, {"voice": quantity})
    earlier.add("voice", None)
    assert (earlier.amounts, earlier.quantities) == ({"voice": 0}, {"voice": 0})


def test_a_child_has_a_number_that_no_other_part_of_the_event_has() -> None:
    voice, _ = multi_rate("1").children
    made = voice.record_of(
        record(Usage("min", 3), Usage("mb", 4), part=2), ACCOUNT, 1, earlier=RatedChildren()
    )
    assert isinstance(made, UsageRecord)
    assert (made.part, made.usage_type, made.usages) == (2 * PARTS + 1, "voice", (Usage("min", 3),))


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("amounts.voice * decimal('0.5')", None),
        ("'much'", "child fee of call: 'much' is no quantity"),
        ("decimal('much')", "child fee of call: decimal of 'much'"),
    ],
)
def test_a_child_without_a_quantity_says_why(expression: str, told: str | None) -> None:
    earlier = RatedChildren()
    earlier.add("voice", charge("voice", amount=d("3")))
    _, fee = multi_rate(expression).children
    made = fee.record_of(record(), PAYER, 2, earlier=earlier)
    if told is None:
        assert isinstance(made, UsageRecord)
        assert made.usages == (Usage("chf", d("1.5")),)
    else:
        assert isinstance(made, Reject)
        assert (made.detail, made.lacks) == (told, "multi_rate:t:call")


def test_a_child_s_charge_is_headed_by_its_place() -> None:
    compiled = multi_rate("1")
    told = compiled.told_of(charge("fee", Usage("chf", 4), lines=(line("flat", 4),)), 2)
    assert (told.lines[0].unit, told.lines[0].quantity) == ("chf", 4)
    assert (told.lines[0].detail, told.lines[1]) == ({"child": "2 of 2"}, line("flat", 4))
    assert compiled.told_of(charge("fee"), 2).lines[0].unit == "min"


def test_the_parent_s_charge_sums_its_children_s() -> None:
    voice = charge(
        "voice", Usage("min", 4), amount=d("2"), tax=d("1"), cost=d("0.5"), lines=(line("a", 4),),
        postings=(Posting("account", "CHF", d("-2")), Posting("allowance", "free", 3)),
        changes=(BalanceChange("CHF", 0, 10, 8),),
    )  # fmt: skip
    fee = charge(
        "fee", amount=d("3"), zone="home", band="night", cost=d("0.25"),
        postings=(Posting("account", "CHF", d("-3")), Posting("allowance", "free", -3)),
        changes=(BalanceChange("CHF", 0, 8, 5), BalanceChange("CHF", 9, 1, 0)),
    )  # fmt: skip
    free = charge("fee")
    parent = record(Usage("min", 4), Usage("mb", 6))
    merged = multi_rate("1").merged(parent, (voice, fee, free))
    assert (merged.amount, merged.tax, merged.cost) == (5, 1, d("0.75"))
    assert (merged.zone, merged.band, merged.product) == ("home", "night", "call")
    head, of_voice = merged.lines
    assert (head.unit, head.quantity, head.unit_amount) == ("min", 4, d("1.25"))
    assert of_voice.detail == {"was": "there", "child": "voice"}
    assert merged.postings == (Posting("account", "CHF", d("-5")),)
    assert merged.changes == (BalanceChange("CHF", 0, 10, 5), BalanceChange("CHF", 9, 1, 0))


def test_a_parent_of_children_without_a_cost_has_none() -> None:
    merged = multi_rate("1").merged(record(Usage("mb", 6)), (charge("voice"), charge("fee")))
    assert merged.cost is None
    assert (merged.lines[0].quantity, merged.lines[0].unit_amount) == (0, 0)


@pytest.mark.parametrize(
    ("one", "other", "total"),
    [(1, 2, 3), (d("1.5"), 2, d("3.5")), (1, d("2.5"), d("3.5")), (d("0.1"), d("0.2"), d("0.3"))],
)
def test_legs_of_counts_and_of_fractions_add_up(
    one: Quantity, other: Quantity, total: Quantity
) -> None:
    legs = [charge("voice", postings=(Posting("account", "r", each),)) for each in (one, other)]
    (leg,) = multi_rate("1").merged(record(), legs).postings
    assert leg.amount == total
    assert type(leg.amount) is (int if type(one) is type(other) is int else Decimal)
