"""How much of an allowance usage takes by a factor: nothing is lost, nothing is covered twice."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from streams.model.allowance import Allowance, Factor
from streams.model.catalog import PriceOffer
from streams.model.money import LINE_QUANTUM, ROUNDING_MODES
from streams.rate.terms import OfferTerms, PlanTerms
from streams.rate.weight import Weight

PLAN = PlanTerms(
    "plan", "CHF", Decimal("0.01"), Decimal("0.00"), ROUNDING_MODES["half_even"], "receivable", ()
)
OFFER = PriceOffer(id="o", usage_type="u", product="p", start=0, prices=())
TERMS = OfferTerms(PLAN, OFFER, "o", None, None, (), {}, ("u",))
FACTORS = st.decimals("0.000001", "1000", places=6)
AMOUNTS = st.one_of(st.integers(0, 10**9), st.decimals(0, 10**9, places=12))
STEPS = st.none() | st.decimals("0.001", "100", places=3)


def weight_of(factor: Decimal, step: Decimal | None) -> Weight:
    factors = (Factor(factor=factor),)
    return Weight(
        Allowance(id="a", unit="u", usage_units=("u",), factors=factors, burns_by=step), TERMS
    )


@given(FACTORS, STEPS, AMOUNTS, AMOUNTS)
def test_a_bucket_covers_what_it_can(
    factor: Decimal, step: Decimal | None, left: Decimal | int, wanted: Decimal | int
) -> None:
    if not wanted:
        return
    weight = weight_of(factor, step)
    taken, burned = weight.drawn(factor, (left, left), wanted, is_owed=False)
    assert 0 <= taken <= wanted
    assert 0 <= burned <= left
    # To the last digit of a line, what is gone is what was covered.
    assert abs(Decimal(burned) - Decimal(taken) * factor) <= max(factor, Decimal(1)) * LINE_QUANTUM
    if taken < wanted:
        assert burned == left if step is None else Decimal(taken) % step == 0
        if step is not None:
            assert Decimal(left) - burned < step * factor + LINE_QUANTUM


@given(FACTORS, STEPS, AMOUNTS, AMOUNTS)
def test_what_is_taken_back_whole_is_there_again(
    factor: Decimal, step: Decimal | None, granted: Decimal | int, wanted: Decimal | int
) -> None:
    weight = weight_of(factor, step)
    taken, burned = weight.drawn(factor, (granted, granted), wanted or 1, is_owed=False)
    if not taken:
        return
    left = Decimal(granted) - burned
    back, filled = weight.drawn(factor, (left, granted), -taken, is_owed=False)
    assert back == -taken
    assert abs(Decimal(filled) + burned) <= max(factor, Decimal(1)) * LINE_QUANTUM
    assert left - filled <= granted


@given(FACTORS, AMOUNTS)
def test_what_is_owed_has_no_end(factor: Decimal, wanted: Decimal | int) -> None:
    if not wanted:
        return
    weight = weight_of(factor, None)
    taken, burned = weight.drawn(factor, (-5, 0), wanted, is_owed=True)
    assert taken == wanted
    assert abs(Decimal(burned) - Decimal(wanted) * factor) <= LINE_QUANTUM
