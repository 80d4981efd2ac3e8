"""What thresholds on spend and first usage count, and which of them an offer has."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from streams.model.fee import FEE
from streams.model.threshold import Threshold
from streams.rate.rules.spend import compile_spend
from streams.rate.terms import OfferTerms
from tests.streams.rate.catalogs import plan_of

PLAN = """
tenant: t
currencies: [{code: CHF}, {code: EUR}]
usage_types: [{id: talk, units: [s], attributes: [kind]}]
price_plans:
  - id: plan
    currency: CHF
    offers:
      - {id: o, usage_type: talk, from: 2020-01-01, prices: [{per_unit: {amounts: {s: 1}}}]}
"""
LEVELS = (Decimal(10),)


class Charged:
    """What the rule asks of a rating."""

    def __init__(self) -> None:
        self.amount = Decimal("1.50")
        self.zone, self.band = "far", "peak"
        self.caps: tuple[Any, ...] = ()
        self.entered: tuple[Any, ...] = ()
        self.moved: dict[str, Decimal] = {}

    def move(self, total: str, quantity: Decimal) -> None:
        """As a rating does."""
        self.moved[total] = quantity

    def word(self, name: str) -> str | None:
        """As a rating does."""
        return {"kind": "a/b"}.get(name)


def terms(folder: Path, *thresholds: Threshold) -> OfferTerms:
    plan = plan_of(folder, PLAN).price_plans["plan"]
    found = plan.offers["talk"][0].terms
    return replace(found, money=replace(found.money, thresholds=thresholds))


def charged(found: OfferTerms) -> Charged:
    rating: Any = Charged()
    rule = compile_spend(found)
    assert rule is not None
    rule(rating)
    assert isinstance(rating, Charged)
    return rating


def spend(name: str, **words: Any) -> Threshold:
    return Threshold(id=name, on="spend", levels=LEVELS, **words)


def test_usage_counts_for_what_is_on_its_currency_and_its_plan_alone(tmp_path: Path) -> None:
    found = charged(
        terms(
            tmp_path,
            spend("any"),
            spend("here", resource="CHF", price_plans=("plan",)),
            spend("elsewhere", resource="EUR"),
            spend("another", price_plans=("other",)),
        )
    )
    assert found.moved == {"spent:any": Decimal("1.50"), "spent:here": Decimal("1.50")}
    assert (found.caps, found.entered) == ((), ())


def test_a_cap_is_noted_with_its_level(tmp_path: Path) -> None:
    assert charged(terms(tmp_path, spend("most", action="cap"))).caps == (
        ("spent:most", Decimal(10)),
    )


def test_a_first_usage_counts_for_no_spend_and_is_kept_apart_by_its_words(tmp_path: Path) -> None:
    entry = Threshold(id="abroad", on="entry", by=("zone", "band", "kind", "none"))
    found = charged(terms(tmp_path, entry))
    assert found.moved == {}
    group = "/zone=far/band=peak/kind=a%2Fb/none="
    assert found.entered == (("abroad", group, "entry:abroad"),)


@pytest.mark.parametrize("usage_type", [FEE, "talk"])
def test_a_fee_is_no_usage(tmp_path: Path, usage_type: str) -> None:
    found = terms(tmp_path, spend("any"))
    found = replace(found, offer=replace(found.offer, usage_type=usage_type))
    assert (compile_spend(found) is None) == (usage_type == FEE)


def test_an_offer_without_any_has_no_rule(tmp_path: Path) -> None:
    other = spend("another", price_plans=("other",))
    assert compile_spend(terms(tmp_path, other)) is None
