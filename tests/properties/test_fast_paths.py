"""Taxes and shares have a short way for the usual case: it says the same as the way for all."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from connectors.kafka.codec import encode_value
from streams.model.account import Account, Balances, Service, ServiceAssignment
from streams.model.catalog import (
    Catalog,
    CurrencyRule,
    PerUnit,
    Price,
    PriceOffer,
    PricePlan,
    UsageType,
)
from streams.model.instant import BEGINNING, FOREVER
from streams.model.money import CONTEXT, ROUNDING_MODES, allot, allot_whole, quantize_line
from streams.model.partner import Partner, RevenueShare
from streams.model.rated import ChargeLine
from streams.model.tax import Tax
from streams.model.usage import UsageRecord
from streams.rate.fixed_shares import compile_fixed_shares
from streams.rate.payer import Payer
from streams.rate.plan import compile_catalog
from streams.rate.rating import Rating
from streams.rate.rules.revenue_share import compile_any_shares
from streams.rate.rules.tax import compile_piecewise_tax
from streams.rate.terms import OfferTerms
from streams.rate.whole_tax import compile_whole_tax
from tests.properties.worlds import START

MANY = settings(max_examples=150, deadline=None)
WORDS = st.sampled_from([{}, {}, {"account.segment": "gold"}, {"zone": "far"}, {"kind": "a"}])
PERCENTS = st.decimals("0.01", 100, places=3, allow_nan=False, allow_infinity=False)
AMOUNTS = st.decimals(-5000, 5000, places=12, allow_nan=False, allow_infinity=False)


def _offer() -> OfferTerms:
    prices = (Price(price=PerUnit(amounts={"u": Decimal(1)})),)
    offer = PriceOffer(id="o", usage_type="x", product="x", start=BEGINNING, prices=prices)
    catalog = Catalog(
        tenant="t",
        currencies=(CurrencyRule(code="CHF", digits=2, rounding="half_up"),),
        usage_types=(UsageType(id="x", units=("u",)),),
        price_plans=(PricePlan(id="p", currency="CHF", offers=(offer,)),),
        partners=(Partner(id="one", currency="CHF"), Partner(id="two", currency="CHF")),
    )
    compiled = compile_catalog(catalog).price_plans["p"].offer_at("x", BEGINNING)
    assert compiled is not None
    return compiled.terms


OFFER = _offer()


@st.composite
def terms(draw: Any) -> OfferTerms:
    """The terms of an offer in a currency of any rounding."""
    digits, rounding = draw(st.integers(0, 12)), draw(st.sampled_from(sorted(ROUNDING_MODES)))
    plan = replace(
        OFFER.plan,
        quantum=Decimal(1).scaleb(-digits),
        nothing=Decimal(0).scaleb(-digits),
        rounding=ROUNDING_MODES[rounding],
    )
    return replace(OFFER, plan=plan)


@st.composite
def ratings(draw: Any, terms: OfferTerms) -> Rating:
    """A record at the point where it is taxed: rounded, of lines of one class."""
    amounts = [quantize_line(each) for each in draw(st.lists(AMOUNTS, min_size=1, max_size=3))]
    total = sum(amounts, Decimal(0))
    attributes = draw(st.sampled_from([{}, {"segment": "gold"}, {"segment": "gold", "free": "y"}]))
    assignment = ServiceAssignment("a", "a", "1", "p", BEGINNING)
    said = draw(st.sampled_from([{}, {"kind": "a"}]))
    record = UsageRecord(b"", "t", "s", "e", 0, 0, 0, "x", "s", "a", START, START, (), said)
    account = Account("t", "a", "a", "postpaid", "CHF", "UTC", None, 1, attributes)
    payer = Payer(
        Service("t", "s", (assignment,)),
        account,
        assignment,
        BEGINNING,
        FOREVER,
        b"a",
        "p",
        "CHF",
        "UTC",
        None,
        (),
    )
    return Rating(
        record,
        payer,
        terms.plan,
        (START, FOREVER),  # type: ignore[arg-type]
        [],
        (),
        (),
        Balances(),
        zone=draw(st.sampled_from(["near", "far"])),
        lines=[ChargeLine("per_unit", "p", "u", 1, each, each) for each in amounts],
        total=total,
        amount=total.quantize(terms.plan.quantum, terms.plan.rounding, CONTEXT),
        cost=draw(st.none() | AMOUNTS.map(quantize_line)),
    )


def after(rule: Callable[[Rating], Any], rating: Rating) -> bytes:
    """All that a rule has made of a rating, to the last digit."""
    own = replace(rating, lines=list(rating.lines), postings=list(rating.postings))
    assert rule(own) is None
    return encode_value([own.amount, own.total, own.tax, own.lines, own.postings])


@st.composite
def whole_taxes(draw: Any) -> list[Tax]:
    """Taxes that have a short way: one in the price, or any on top of it."""
    contained = draw(st.booleans())
    return [
        Tax(
            id=f"t{number}",
            percent=draw(PERCENTS),
            when=draw(WORDS),
            mode="inclusive" if contained else "exclusive",
            compound=not contained and draw(st.booleans()),
            level=draw(st.sampled_from(["", "state"])),
            exempt=draw(st.sampled_from([{}, {"account.free": "y"}])),
            rounding=draw(st.sampled_from(["", *sorted(ROUNDING_MODES)])),
            start=draw(st.sampled_from([BEGINNING, START + 1_000_000])),
        )
        for number in range(1 if contained else draw(st.integers(1, 3)))
    ]


@MANY
@given(st.data(), terms(), whole_taxes())
def test_taxes_on_all_of_a_record_are_as_those_on_its_pieces(
    data: Any, offer: OfferTerms, taxes: list[Tax]
) -> None:
    fast = compile_whole_tax(taxes, offer)
    assert fast is not None
    rating = data.draw(ratings(offer))
    assert after(fast, rating) == after(compile_piecewise_tax(taxes, offer), rating)


@st.composite
def fixed_shares(draw: Any) -> list[RevenueShare]:
    """Shares that have a short way: known percents for known partners, and shares of them."""
    return [
        RevenueShare(
            id=f"r{number}",
            partner=draw(st.sampled_from(["one", "two"])),
            percent=draw(PERCENTS),
            basis=draw(st.sampled_from(["gross", "net", "margin"])),
            of=f"r{draw(st.integers(0, number - 1))}" if number and draw(st.booleans()) else "",
            when=draw(WORDS),
        )
        for number in range(draw(st.integers(1, 4)))
    ]


@MANY
@given(st.data(), terms(), fixed_shares(), st.none() | whole_taxes())
def test_fixed_shares_are_as_any_shares(
    data: Any, offer: OfferTerms, shares: list[RevenueShare], taxes: list[Tax] | None
) -> None:
    rating = data.draw(ratings(offer))
    if taxes is not None:
        compile_piecewise_tax(taxes, offer)(rating)
    fast = compile_fixed_shares(shares, offer)
    assert fast is not None
    assert after(fast, rating) == after(compile_any_shares(shares, offer), rating)


@MANY
@given(st.data(), terms(), st.sampled_from(["gross", "net"]), PERCENTS, AMOUNTS)
def test_one_share_is_as_any_however_much_of_the_amount_is_tax(
    data: Any, offer: OfferTerms, basis: Any, percent: Decimal, tax: Decimal
) -> None:
    """Also where a tax is more than the amount, as the least tax of a session may be."""
    share = RevenueShare(id="r", partner="one", percent=percent, basis=basis)
    rating = data.draw(ratings(offer))
    rating.tax = tax.quantize(offer.plan.quantum, None, CONTEXT)
    fast = compile_fixed_shares([share], offer)
    assert fast is not None
    assert after(fast, rating) == after(compile_any_shares([share], offer), rating)


@MANY
@given(
    st.integers(-(10**15), 10**15),
    st.lists(st.integers(0, 10**6), min_size=1, max_size=6).filter(any),
    st.integers(0, 5),
)
def test_an_allotment_is_the_same_by_whole_and_by_decimal_weights(
    total: int, weights: list[int], places: int
) -> None:
    decimals = [Decimal(weight).scaleb(-places) for weight in weights]
    assert allot(total, decimals) == allot_whole(total, weights)
