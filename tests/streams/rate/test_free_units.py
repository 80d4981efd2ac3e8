"""Free units with usage that is taken back: what a month costs follows from its sum alone."""

from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.streams.rate.prices.asked import d
from tests.streams.rate.ran import ran, used

FREE, ALLOWED = 5, 10
ONE_PROMO = [{"id": "trial", "free_units": FREE, "units": ["u"]}]
TWO_PROMOS = [
    {"id": "trial", "free_units": 2, "units": ["u"]},
    {"id": "none", "free_units": 9, "units": ["v"]},
    {"id": "more", "free_units": 3, "units": ["u"]},
]
TIERS = [{"up_to": 7, "unit_amount": 5}, {"up_to": 16, "unit_amount": 3}, {"unit_amount": 1}]
PRICES: dict[str, dict[str, Any]] = {
    "by unit": {"per_unit": {"amounts": {"u": 2, "v": 1}}},
    "by tier": {"graduated": {"unit": "u", "reference": "month", "tiers": TIERS}},
}


def cost(price: str, total: Decimal, covered: int) -> Decimal:
    """What the units past the covered ones cost, or those below nothing."""
    if price == "by unit":
        return 2 * (min(total, d("0")) + max(d("0"), total - covered))
    if total < 0:
        return 5 * total
    tiers = ((d("0"), d("7"), 5), (d("7"), d("16"), 3), (d("16"), d("1000"), 1))
    return sum(
        (
            each * max(d("0"), min(total, end) - max(start, d(str(covered))))
            for start, end, each in tiers
        ),
        d("0"),
    )


def catalog(price: str, discounts: list[dict[str, Any]], allowed: int) -> dict[str, Any]:
    offer = {
        "id": "offer",
        "usage_type": "used",
        "from": "2020-01-01",
        "time_unit": "day",
        "impacts": ["month", *(["free"] if allowed else [])],
        "prices": [PRICES[price]],
    }
    plan: dict[str, Any] = {"id": "plan", "currency": "CHF", "offers": [offer]}
    words: dict[str, Any] = {
        "service_types": [{"id": "counted"}],
        "usage_types": [
            {"id": "used", "units": ["u", "v"], "attributes": ["q"], "service_type": "counted"}
        ],
        "rate_units": [
            {"id": "counted", "service_type": "counted", "unit": "u", "expression": "decimal(q)"}
        ],
        "rate_unit_maps": [{"service_type": "counted", "rate_unit": "counted"}],
        "accumulators": [{"id": "month"}],
        "time_units": [
            {
                "id": "day",
                "bands": [{"band": "late", "from": "10:00", "to": "22:00"}],
                "default": "early",
            }
        ],
        "discounts": discounts,
        "price_plans": [plan],
    }
    if allowed:
        words["allowances"] = [{"id": "free", "unit": "u", "usage_units": ["u"]}]
        plan["grants"] = [{"allowance": "free", "quantity": allowed}]
    return words


def walk(seed: int) -> list[Decimal]:
    """Steps up and down around what is free and what is not, some by halves."""
    if not seed:
        return [d("17"), d("-12")]
    rng = Random(seed - 1)
    return [d(str(rng.randrange(-14, 18))) / rng.choice((1, 1, 2)) for _ in range(12)]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("discounts", [ONE_PROMO, TWO_PROMOS], ids=["one promo", "two promos"])
@pytest.mark.parametrize("allowed", [0, ALLOWED])
@pytest.mark.parametrize("price", PRICES)
def test_a_month_costs_what_its_sum_costs(
    price: str, allowed: int, discounts: list[dict[str, Any]], seed: int, tmp_path: Path
) -> None:
    steps = [quantity for quantity in walk(seed) if quantity]
    # Every other step is cut in halves by a band's switch.
    ends = ({"until": "2026-01-05T11:00:00Z"}, {})
    when = [
        used(n, attributes={"q": str(quantity)}, **ends[n % 2]) for n, quantity in enumerate(steps)
    ]
    found = ran(tmp_path, catalog(price, discounts, allowed), when)
    assert len(found.charges) == len(steps)
    total = billed = d("0")
    for quantity, charge in zip(steps, found.charges, strict=True):
        total += quantity
        billed += charge.amount
        assert billed == cost(price, total, FREE + allowed), (steps, total)
        assert all(line.quantity for line in charge.lines if line.rule == "discount")
    left = {each.resource: each.remaining for each in found.balances["ada"].buckets}
    assert left.get("free", 0) == allowed - min(allowed, max(0, total - FREE))


def levels(*readings: tuple[int, int]) -> list[dict[str, Any]]:
    """Usage that says how much there is of two units."""
    return [used(n, units={"u": u, "v": v}) for n, (u, v) in enumerate(readings)]


LEVELS: dict[str, Any] = {
    "usage_types": [{"id": "used", "units": ["u", "v"]}],
    "accumulators": [
        {"id": "last_u", "usage_units": ["u"]},
        {"id": "last_v", "usage_units": ["v"]},
    ],
    "discounts": [
        {"id": "some", "free_units": 5, "units": ["u"]},
        {"id": "few", "free_units": 3, "units": ["v"]},
    ],
    "price_plans": [
        {
            "id": "plan",
            "currency": "CHF",
            "offers": [
                {
                    "id": "offer",
                    "usage_type": "used",
                    "from": "2020-01-01",
                    "impacts": ["last_u", "last_v"],
                    "measures": {
                        unit: {"aggregate": "latest", "reference": f"last_{unit}"} for unit in "uv"
                    },
                    "prices": [{"per_unit": {"amounts": {"u": 2, "v": 10}}}],
                }
            ],
        }
    ],
}


def test_one_unit_may_rise_as_the_other_falls_or_stays(tmp_path: Path) -> None:
    readings = [(4, 2), (4, 4), (9, 4), (6, 6), (3, 6), (9, 1), (9, 5), (1, 1)]
    found = ran(tmp_path, LEVELS, levels(*readings))
    billed = d("0")
    for (u, v), charge in zip(readings, found.charges, strict=True):
        billed += charge.amount
        assert billed == 2 * max(0, u - 5) + 10 * max(0, v - 3), (u, v)


def plainly(price: dict[str, Any], *discounts: dict[str, Any]) -> dict[str, Any]:
    """Usage of two units at a price for each, with these discounts."""
    offer = {"id": "offer", "usage_type": "used", "from": "2020-01-01", "prices": [price]}
    return {
        "usage_types": [{"id": "used", "units": ["u", "v"]}],
        "discounts": discounts,
        "price_plans": [{"id": "plan", "currency": "CHF", "offers": [offer]}],
    }


def test_units_of_little_or_no_price_use_up_free_units_too(tmp_path: Path) -> None:
    words = plainly(
        {"per_unit": {"amounts": {"u": "0.1", "v": 0}}},
        {"id": "promo", "free_units": 5, "units": ["u", "v"]},
    )
    when = [used(1, units={"v": 2}), used(2, units={"u": 2}), used(3, units={"u": 2})]
    amounts = [charge.amount for charge in ran(tmp_path, words, when).charges]
    assert amounts == [0, 0, d("0.1")]


def test_free_units_that_are_used_up_leave_their_group_to_another_discount(tmp_path: Path) -> None:
    words = plainly(
        {"per_unit": {"amounts": {"u": 1}}},
        {"id": "promo", "free_units": 5, "units": ["u"], "exclusive": "one"},
        {"id": "half", "percent": 50, "exclusive": "one"},
    )
    when = [used(n, units={"u": 4}) for n in range(3)]
    amounts = [charge.amount for charge in ran(tmp_path, words, when).charges]
    assert amounts == [0, 3, 2]


def test_free_units_come_back_to_those_alone_whom_they_are_for(tmp_path: Path) -> None:
    promo = {"id": "promo", "free_units": 5, "units": ["u"], "when": {"kind": "new"}}
    words = catalog("by unit", [promo], 0)
    words["usage_types"][0]["attributes"] = ["q", "kind"]
    steps = [("3", "new"), ("-2", "old"), ("-2", "new"), ("1", "old")]
    when = [used(n, attributes={"q": q, "kind": kind}) for n, (q, kind) in enumerate(steps)]
    amounts = [charge.amount for charge in ran(tmp_path, words, when).charges]
    # What another had taken back comes first: one of the last two makes up for it.
    assert amounts == [0, -4, 0, 2]
