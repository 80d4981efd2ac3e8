"""Random discounts, taxes, shares, points and costs on top of a random catalog."""

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from msgspec.structs import replace

from streams.model.catalog import Catalog, CurrencyRule, PerUnit, Price
from streams.model.discount import Discount, Need
from streams.model.eligibility import Step
from streams.model.exchange import ExchangeRate
from streams.model.instant import BEGINNING
from streams.model.loyalty import LoyaltyRule
from streams.model.money import ROUNDING_MODES
from streams.model.partner import Partner, RevenueShare
from streams.model.tax import Tax
from tests.properties.worlds import amounts, catalogs

percents = st.decimals("0.01", 100, places=2, allow_nan=False, allow_infinity=False)
small_percents = st.decimals("0.01", 40, places=3, allow_nan=False, allow_infinity=False)
words = st.sampled_from([{}, {"account.segment": "gold"}, {"band": "day"}])
groups = st.sampled_from(["", "", "one"])


@st.composite
def _steps(draw: Any) -> tuple[Step, ...]:
    starts = sorted(draw(st.sets(st.integers(0, 800), min_size=1, max_size=3)))
    return tuple(Step(Decimal(start), draw(small_percents)) for start in starts)


@st.composite
def discounts(draw: Any, number: int) -> Discount:
    kind: dict[str, Any] = draw(
        st.one_of(
            percents.map(lambda value: {"percent": value}),
            amounts.map(lambda value: {"amount": value}),
            _steps().map(lambda value: {"tiers": value, "reference": "monthly"}),
            st.integers(1, 400).map(
                lambda value: {"free_units": Decimal(value), "units": ("u", "v")}
            ),
        )
    )
    if "free_units" not in kind and draw(st.booleans()):
        kind["at_most"] = draw(amounts)
    return Discount(
        id=f"d{number}",
        when=draw(words),
        order=draw(st.integers(0, 2)),
        exclusive=draw(groups),
        each=draw(st.sampled_from(["record", "month"])),
        needs=draw(st.sampled_from([(), (Need("monthly", Decimal(100)),)])),
        **kind,
    )


@st.composite
def taxes(draw: Any, number: int) -> Tax:
    return Tax(
        id=f"t{number}",
        percent=draw(small_percents),
        when=draw(st.sampled_from([{}, {"tax_class": "reduced"}, {"account.segment": "gold"}])),
        mode=draw(st.sampled_from(["exclusive", "inclusive"])),
        compound=draw(st.booleans()),
        over=draw(st.sampled_from(["line", "total"])),
        rounding=draw(st.sampled_from(["", *sorted(ROUNDING_MODES)])),
    )


@st.composite
def shares(draw: Any, number: int) -> RevenueShare:
    kind: dict[str, Any] = draw(
        st.one_of(
            percents.map(lambda value: {"percent": value}),
            amounts.map(lambda value: {"amount": value}),
            _steps().map(lambda value: {"tiers": value, "reference": "monthly"}),
            st.just({"rest": True}),
            small_percents.map(lambda value: {"partner_tiers": {"gold": value}}),
        )
    )
    return RevenueShare(
        id=f"r{number}",
        partner=draw(st.sampled_from(["at-home", "abroad"])),
        of=f"r{draw(st.integers(0, number - 1))}" if number and draw(st.booleans()) else "",
        basis=draw(st.sampled_from(["gross", "net", "margin"])),
        when=draw(words),
        **kind,
    )


@st.composite
def rich_catalogs(draw: Any) -> Catalog:
    """A random catalog with everything that money can meet."""
    catalog = draw(catalogs())
    (plan,) = catalog.price_plans
    (offer,) = plan.offers
    prices = tuple(
        replace(price, tax_class=draw(st.sampled_from(["", "reduced"]))) for price in offer.prices
    )
    costs = (Price(price=PerUnit(amounts={"u": draw(amounts), "v": draw(amounts)})),)
    offer = replace(offer, prices=prices, costs=costs if draw(st.booleans()) else ())
    numbers = range(draw(st.integers(0, 3)))
    return replace(
        catalog,
        price_plans=(replace(plan, offers=(offer,)),),
        currencies=(*catalog.currencies, CurrencyRule(code="JPY", digits=0, rounding="half_up")),
        discounts=tuple(draw(discounts(number)) for number in numbers),
        taxes=tuple(draw(taxes(number)) for number in range(draw(st.integers(0, 3)))),
        partners=(
            Partner(id="at-home", currency="CHF", tier="gold"),
            Partner(id="abroad", currency="JPY"),
        ),
        revenue_shares=tuple(draw(shares(number)) for number in range(draw(st.integers(0, 4)))),
        loyalty_rules=(LoyaltyRule(id="p", resource="points", points=Decimal(1), per=Decimal(3)),),
        exchange_rates=(
            ExchangeRate(source="CHF", target="JPY", rate=Decimal("163.27"), start=BEGINNING),
        ),
    )
