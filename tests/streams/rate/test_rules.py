"""An offer is compiled to the rules it needs and no others, in one order."""

from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from streams.model.catalog import (
    Accumulator,
    Allowance,
    Catalog,
    CurrencyRule,
    Graduated,
    PerUnit,
    Price,
    PriceKind,
    PriceOffer,
    PricePlan,
    Tier,
    UsageType,
)
from streams.model.discount import Discount
from streams.model.instant import BEGINNING
from streams.model.loyalty import LoyaltyRule
from streams.model.partner import Partner, RevenueShare
from streams.model.prices import Matrix, MatrixGroup, MatrixRow
from streams.model.tax import Tax
from streams.model.time_unit import TimeUnit
from streams.model.zone_unit import ZoneUnit
from streams.rate.plan import compile_catalog

FLAT = PerUnit(amounts={"u": Decimal(1)})


def rules_of(
    kind: PriceKind = FLAT, *, money: dict[str, Any] | None = None, **words: Any
) -> list[str]:
    """The names of the rules that an offer with these words is compiled to."""
    offer = PriceOffer(
        id="o",
        usage_type="x",
        product="x",
        start=BEGINNING,
        prices=(Price(price=kind),),
        **words,
    )
    catalog = Catalog(
        tenant="t",
        currencies=(CurrencyRule(code="CHF", digits=2, rounding="half_up"),),
        usage_types=(UsageType(id="x", units=("u", "v")),),
        accumulators=(Accumulator(id="total"),),
        allowances=(
            Allowance(id="free", unit="u", usage_units=("u",)),
            Allowance(id="others", unit="v", usage_units=("v",)),
        ),
        zone_units=(ZoneUnit(id="world", destination=("to",), rows=(), default="all"),),
        time_units=(TimeUnit(id="day", bands=(), default="always"),),
        price_plans=(PricePlan(id="p", currency="CHF", offers=(offer,)),),
        **(money or {}),
    )
    plan = compile_catalog(catalog).price_plans["p"]
    compiled = plan.offer_at("x", BEGINNING)
    assert compiled is not None
    return [rule.__name__ for rule in compiled.rules]


def test_a_flat_price_runs_through_two_rules() -> None:
    assert rules_of() == ["price_plainly", "round_amount"]
    assert rules_of(impacts=("total",)) == ["price_plainly", "round_amount"]


def test_zone_and_band_come_before_price_and_allowances_after_it() -> None:
    assert rules_of(zone_unit="world", time_unit="day", impacts=("free", "total")) == [
        "find_zone",
        "find_band",
        "price_plainly",
        "burn_allowances",
        "round_amount",
    ]


def test_an_allowance_of_other_units_alone_is_no_rule() -> None:
    assert rules_of(impacts=("others",)) == ["price_plainly", "round_amount"]


def test_tiers_are_priced_part_by_part() -> None:
    tiers = Graduated(unit="u", tiers=(Tier(None, Decimal(1)),))
    assert rules_of(tiers) == ["price_leaves", "round_amount"]


def test_only_prices_of_one_unit_are_priced_plainly() -> None:
    """A plain leaf is one line, by which an allowance takes it back; other kinds make several."""
    groups = tuple(
        MatrixGroup(name, (MatrixRow(unit_amount=Decimal(1)),)) for name in ("energy", "network")
    )
    assert "price_plainly" not in rules_of(Matrix(unit="u", groups=groups), impacts=("free",))


def test_money_beyond_prices_takes_part_only_where_it_is_for_the_offer() -> None:
    money: dict[str, Any] = {
        "discounts": (
            Discount(id="units", free_units=Decimal(1), units=("u",)),
            Discount(id="tenth", percent=Decimal(10)),
            Discount(id="euros", amount=Decimal(1), currency="EUR"),
        ),
        "taxes": (Tax(id="vat", percent=Decimal(8)),),
        "partners": (Partner(id="p", currency="CHF"),),
        "revenue_shares": (RevenueShare(id="s", partner="p", percent=Decimal(1)),),
        "loyalty_rules": (LoyaltyRule(id="l", resource="x", points=Decimal(1), per=Decimal(1)),),
    }
    costs = (Price(price=FLAT),)
    assert rules_of(money=money, impacts=("free",), costs=costs) == [
        "find_cost",
        "price_plainly",
        "give_free_units",
        "burn_allowances",
        "discount_charge",
        "round_amount",
        "tax_charge",
        "share_out",
        "give_points",
        "tell_cost",
    ]
    others = {
        section: tuple(replace(each, usage_types=("y",)) for each in rules)
        for section, rules in money.items()
        if section != "partners"
    }
    assert rules_of(money=others) == ["price_plainly", "round_amount"]
