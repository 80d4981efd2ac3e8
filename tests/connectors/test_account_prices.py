"""Agreed prices at the door: checked as a catalog's prices are, every problem told at its place."""

from decimal import Decimal
from pathlib import Path

import pytest

from connectors.catalog.account_prices import PRICES_MAX, read_account_prices
from connectors.catalog.load import load_catalog
from connectors.kafka.codec import TABLE_DECODERS, decode_charging, encode_commands, encode_value
from streams.model.account_prices import AccountPrices, PriceList
from streams.model.catalog import Catalog, PerUnit, Price
from streams.model.command import PutPrices
from streams.model.instant import DAY, FOREVER
from streams.state import Table

CATALOG = """\
tenant: shop
currencies: [{code: CHF}]
usage_types:
  - {id: call, units: [sec], attributes: [kind, to]}
  - {id: other, units: [x]}
accumulators: [{id: month}]
zone_units: [{id: world, attribute: to, default: rest, rows: {"41": ch}}]
time_units: [{id: day, bands: [{band: peak, from: "08:00", to: "18:00"}], default: night}]
price_plans:
  - id: plan
    currency: CHF
    offers:
      - id: calls
        usage_type: call
        from: 2026-01-01
        until: 2027-01-01
        zone_unit: world
        time_unit: day
        impacts: [month]
        measures: {sec: {convert: {divide_by: 60, unit: min, rounding: ceiling}}}
        prices: [{per_unit: {amounts: {min: 1}}}]
"""
DAY_1 = 20_454 * DAY
"""2026-01-01."""
WHOSE = "price_plan: plan\nusage_type: call\nfrom: 2026-01-01\n"


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    folder = tmp_path_factory.mktemp("catalog")
    (folder / "catalog.yaml").write_text(CATALOG)
    return load_catalog(folder)


def problems_of(text: str, catalog: Catalog) -> list[str]:
    lists, problems = read_account_prices(text, name="p", catalog=catalog)
    assert not (lists and problems)
    return [str(problem) for problem in problems]


def test_lists_are_read_one_a_document_from_yaml_and_json(catalog: Catalog) -> None:
    text = (
        WHOSE
        + "prices: [{per_unit: {amounts: {min: 0.5}}}]\n---\n"
        + '{"price_plan": "plan", "usage_type": "call",'
        + ' "from": "2026-02-01", "subscription": "s"}'
    )
    lists, problems = read_account_prices(text, name="p", catalog=catalog)
    assert problems == []
    price = Price(price=PerUnit(amounts={"min": Decimal("0.5")}))
    assert lists == [
        PriceList("plan", "call", "", DAY_1, FOREVER, (price,)),
        PriceList("plan", "call", "s", DAY_1 + 31 * DAY),
    ]


def test_prices_may_ask_for_all_that_the_offer_knows(catalog: Catalog) -> None:
    when = "when: {zone: ch, band: peak, kind: video, account.segment: gold}"
    tiers = "tiers: [{up_to: 10, unit_amount: 1}, {unit_amount: 2}]"
    kind = f"graduated: {{unit: min, reference: month, {tiers}}}"
    assert problems_of(f"{WHOSE}prices: [{{{when}, {kind}}}]", catalog) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "price_plan: none\nusage_type: call\nfrom: 2026-01-01",
            ['p:1: error: no price plan "none" in this catalog; there are: plan (/price_plan)'],
        ),
        (
            "price_plan: plan\nusage_type: other\nfrom: 2026-01-01",
            ['p:2: error: price plan plan has no offer for "other"; it has: call (/usage_type)'],
        ),
        (
            "price_plan: plan\nusage_type: call\nfrom: 2027-01-01",
            [
                'p:2: error: price plan plan has no offer for "call" from 2027-01-01 on;'
                " it has: call (/usage_type)"
            ],
        ),
        (
            WHOSE + "until: 2025-01-01",
            [
                'p:2: error: price plan plan has no offer for "call" from 2026-01-01 on;'
                " it has: call (/usage_type)",
                "p:4: error: 2025-01-01 is not after 2026-01-01 (/until)",
            ],
        ),
        (
            "price_plan: plan\nusage_type: call\nfrom: 2026-02-30",
            ['p:3: error: "2026-02-30" is no date: expected one like 2026-01-31 (/from)'],
        ),
        (
            WHOSE + "prices:\n  - when: {zone: us}\n    per_unit: {amounts: {sec: 1}}\n"
            "  - when: {speed: fast}\n    flat: {units: [min], amount: 1}\n    per_unit: {}\n",
            [
                'p:5: error: no zone "us" in this catalog; there are: ch, rest'
                " (/prices/0/when/zone)",
                'p:6: error: no unit "sec" in this catalog; there are: min'
                " (/prices/0/per_unit/amounts/sec)",
                "p:7: error: expected exactly one kind of price, found per_unit and flat"
                " (/prices/1)",
                'p:7: error: no attribute "speed" in this catalog; there are: kind, to'
                " (/prices/1/when/speed)",
                'p:9: error: "amounts" is missing (/prices/1/per_unit/amounts)',
            ],
        ),
        ("", ["p:1: error: expected prices, found nothing"]),
        ("- 1", ["p:1: error: expected a mapping, found a list"]),
    ],
)
def test_what_is_wrong_is_told_and_nothing_taken(
    text: str, expected: list[str], catalog: Catalog
) -> None:
    assert problems_of(text, catalog) == expected


def test_a_list_is_bounded(catalog: Catalog) -> None:
    prices = [f'{{when: {{kind: "{n}"}}, flat: {{units: [min], amount: 1}}}}' for n in range(1001)]
    found = problems_of(f"{WHOSE}prices: [{', '.join(prices)}]", catalog)
    assert found == [f"p:4: error: expected at most {PRICES_MAX} prices, found 1001 (/prices)"]


def test_command_and_state_keep_every_word(catalog: Catalog, tmp_path: Path) -> None:
    text = WHOSE + "prices: [{when: {zone: ch}, per_unit: {amounts: {min: 0.50}, per: 3}}]"
    (found,), _ = read_account_prices(text, name="p", catalog=catalog)
    command = PutPrices("id", "shop", "ada", "root", found)
    assert decode_charging(encode_commands((command,))) == (command,)
    held = AccountPrices((found,))
    assert TABLE_DECODERS[Table.ACCOUNT_PRICES](encode_value(held)) == held


def test_prices_of_held_units_are_those_of_a_period(tmp_path: Path) -> None:
    text = CATALOG.replace("units: [x]}", "units: [x], held: change}").replace(
        "price_plans:\n  - id: plan\n    currency: CHF\n    offers:\n",
        "price_plans:\n  - id: plan\n    currency: CHF\n    offers:\n"
        "      - {id: x, usage_type: other, from: 2026-01-01, prorate: day,"
        " impacts: [month], prices: [{per_unit: {amounts: {x: 1}}}]}\n",
    )
    (tmp_path / "catalog.yaml").write_text(text)
    held = load_catalog(tmp_path)
    whose = "price_plan: plan\nusage_type: other\nfrom: 2026-01-01\nprices:\n"
    (problem,) = problems_of(whose + "  - flat: {units: [x], amount: 1}\n", held)
    assert "flat is no price of units that are held" in problem
    tiers = "  - graduated: {unit: x, reference: month, tiers: [{unit_amount: 1}]}\n"
    assert problems_of(whose + tiers, held) == []
