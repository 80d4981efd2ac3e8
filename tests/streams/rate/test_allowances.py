"""What allowances leave to pay, which lines they make, and which totals are kept for them."""

from pathlib import Path
from typing import Any

import pytest

from infra.scenario.outcome import Outcome
from streams.model.money import Quantity
from tests.streams.rate.prices.asked import d
from tests.streams.rate.ran import ran, used

UNITS = ["u", "v", "w"]


def catalog(
    allowances: list[dict[str, Any]], *prices: dict[str, Any], **offer: Any
) -> dict[str, Any]:
    """An offer that draws on these allowances; each has the `quantity` that the plan grants."""
    named = [each["id"] for each in allowances]
    words = {"id": "offer", "usage_type": "used", "from": "2020-01-01", "prices": list(prices)}
    return {
        "usage_types": [{"id": "used", "units": UNITS, "attributes": ["kind"]}],
        "allowances": [
            {word: value for word, value in each.items() if word != "quantity"}
            for each in allowances
        ],
        "price_plans": [
            {
                "id": "plan",
                "currency": "CHF",
                "grants": [
                    {"allowance": each["id"], "quantity": each["quantity"]} for each in allowances
                ],
                "offers": [words | {"impacts": named} | offer],
            }
        ],
    }


def of(name: str, quantity: int, *units: str, **words: Any) -> dict[str, Any]:
    return {"id": name, "unit": "u", "usage_units": list(units), "quantity": quantity} | words


def money(name: str, quantity: int, priority: int) -> dict[str, Any]:
    return {"id": name, "unit": "CHF", "quantity": quantity, "priority": priority}


def taken(found: Outcome) -> list[list[tuple[str, Quantity]]]:
    """What each charge has as lines of allowances."""
    return [
        [(line.price, line.quantity) for line in charge.lines if "allowance" in line.rule]
        for charge in found.charges
    ]


def amounts(found: Outcome) -> list[Any]:
    return [charge.amount for charge in found.charges]


def totals(found: Outcome) -> set[str]:
    held = found.accumulators.get("ada")
    return set() if held is None else {name for name, *_ in held.totals}


EACH = {"per_unit": {"amounts": {"u": 2, "v": 10, "w": 1}}}


def test_one_that_is_used_up_makes_no_line_and_its_last_unit_goes_to_the_next_part(
    tmp_path: Path,
) -> None:
    words = catalog([of("some", 3, "u", "v")], EACH)
    when = [used(1, units={"u": 2, "v": 2}), used(2, units={"u": 1})]
    found = ran(tmp_path, words, when)
    assert (amounts(found), taken(found)) == ([10, 2], [[("some", 2), ("some", 1)], []])


def test_the_record_that_opens_a_bucket_tells_that_it_held_nothing_before(tmp_path: Path) -> None:
    found = ran(
        tmp_path, catalog([of("some", 9, "u")], EACH), [used(n, units={"u": 2}) for n in (1, 2)]
    )
    told = [
        (change.before, change.after)
        for charge in found.charges
        for change in charge.changes
        if change.resource == "some"
    ]
    assert told == [(0, 7), (7, 5)]


def test_a_second_allowance_covers_the_units_after_those_of_the_first(tmp_path: Path) -> None:
    tiers = [{"up_to": 5, "unit_amount": 3}, {"unit_amount": 1}]
    words = catalog(
        [of("first", 3, "u", priority=1), of("second", 4, "u", priority=2)],
        {"graduated": {"unit": "u", "tiers": tiers}},
    )
    found = ran(tmp_path, words, [used(1, units={"u": 10})])
    assert amounts(found) == [3]


def test_units_that_their_measure_makes_free_leave_the_others_covered(tmp_path: Path) -> None:
    words = catalog([of("some", 9, *UNITS)], EACH, measures={"u": {"free_units": 3}})
    found = ran(tmp_path, words, [used(1, units={"u": 2, "v": 5})])
    assert (amounts(found), taken(found)) == ([0], [[("some", 5)]])


@pytest.mark.parametrize("price", [1, "0.1"])
def test_money_is_drawn_in_order_and_by_as_many_as_are_needed(tmp_path: Path, price: Any) -> None:
    words = catalog(
        [money("later", 5, 2), money("sooner", 5, 1)], {"per_unit": {"amounts": {"u": price}}}
    )
    found = ran(tmp_path, words, [used(1, units={"u": 4}), used(2, units={"u": 8})])
    paid = [4 * d(str(price)), 8 * d(str(price))]
    if price == 1:
        assert (amounts(found), taken(found)) == (
            [0, 2],
            [[("sooner", 4)], [("sooner", 1), ("later", 5)]],
        )
    else:
        assert taken(found) == [[("sooner", each)] for each in paid]
    assert totals(found) == set()


LEVELS = [
    (d("0.5"), 2, 1), (4, 2, 1), (4, 4, 1), (9, 4, 2), (6, 6, 2), (3, 6, 3), (9, 1, 1), (9, 5, 1),
    (1, 1, 1),
]  # fmt: skip


def test_each_unit_has_back_what_its_own_allowances_gave(tmp_path: Path) -> None:
    words = catalog(
        [of("a", 2, "u", priority=1), of("b", 3, "u", priority=2), of("c", 3, "v")],
        EACH,
        impacts=["a", "b", "c", *(f"last_{unit}" for unit in UNITS)],
        measures={unit: {"aggregate": "latest", "reference": f"last_{unit}"} for unit in UNITS},
    )
    words["accumulators"] = [{"id": f"last_{unit}", "usage_units": [unit]} for unit in UNITS]
    when = [
        used(n, units=dict(zip(UNITS, map(str, each), strict=True)))
        for n, each in enumerate(LEVELS)
    ]
    for count in range(1, len(LEVELS) + 1):
        u, v, w = LEVELS[count - 1]
        found = ran(tmp_path, words, when[:count])
        assert sum(amounts(found)) == 2 * max(0, u - 5) + 10 * max(0, v - 3) + w
        left = {each.resource: each.remaining for each in found.balances["ada"].buckets}
        assert (left["a"], left["b"], left["c"]) == (
            max(0, 2 - u),
            3 - min(3, max(0, u - 2)),
            max(0, 3 - v),
        )
        assert all(quantity for lines in taken(found) for _, quantity in lines)
        assert "uncovered:plan/used/w" not in totals(found)


def derived(allowance: dict[str, Any], *prices: dict[str, Any], **offer: Any) -> dict[str, Any]:
    """Units that are told by an attribute, less than nothing too."""
    words = catalog([allowance], *prices, **offer)
    words["service_types"] = [{"id": "counted"}]
    words["usage_types"] = [
        {"id": "used", "units": ["u"], "attributes": ["q", "to", "kind"], "service_type": "counted"}
    ]
    words["rate_units"] = [{"id": "counted", "service_type": "counted", "expression": "decimal(q)"}]
    words["rate_unit_maps"] = [{"service_type": "counted", "rate_unit": "counted"}]
    return words


ONE = {"per_unit": {"amounts": {"u": 2}}}
DAY, NIGHT = {"at": "2026-01-05T09:00:00Z"}, {"at": "2026-01-05T23:00:00Z"}


@pytest.mark.parametrize("where", ["zone", "band", "price"])
def test_what_is_taken_back_elsewhere_gives_no_allowance_back(tmp_path: Path, where: str) -> None:
    inside: dict[str, Any] = {"attributes": {"to": "41", "kind": "in"}, **NIGHT}
    outside: dict[str, Any] = {"attributes": {"to": "33", "kind": "out"}, **DAY}
    if where == "zone":
        words = derived(of("some", 10, "u", zones=["home"]), ONE, zone_unit="world")
        words["zone_units"] = [
            {"id": "world", "attribute": "to", "rows": {"41": "home"}, "default": "abroad"}
        ]
    elif where == "band":
        words = derived(of("some", 10, "u", bands=["night"]), ONE, time_unit="hours")
        words["time_units"] = [
            {
                "id": "hours",
                "bands": [{"band": "night", "from": "22:00", "to": "06:00"}],
                "default": "day",
            }
        ]
    else:
        words = derived(
            of("some", 10, "u"),
            {"when": {"kind": "in"}, "impacts": ["some"], **ONE},
            {"when": {"kind": "out"}, **ONE},
            impacts=[],
        )
    steps = [("3", inside), ("3", outside), ("-2", outside), ("-1", inside), ("0.5", inside)]
    when = [
        used(n, **place | {"attributes": place["attributes"] | {"q": q}})
        for n, (q, place) in enumerate(steps)
    ]
    found = ran(tmp_path, words, when)
    assert amounts(found) == [0, 6, -4, 0, 0]
    left = {each.resource: each.remaining for each in found.balances["ada"].buckets}
    assert left["some"] == d("7.5")
