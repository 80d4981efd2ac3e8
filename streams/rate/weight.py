"""How fast usage takes an allowance: by the first factor that fits, else one to one."""

from collections.abc import Callable, Iterable
from decimal import ROUND_DOWN, Decimal
from typing import Final

from streams.model.allowance import Allowance, Factor
from streams.model.money import CONTEXT, LINE_QUANTUM, Quantity, added, minus, quantize_line
from streams.rate.carried import is_debt
from streams.rate.eligibility import compile_when
from streams.rate.quantity import exact
from streams.rate.rating import Part, Rating
from streams.rate.terms import OfferTerms

_ONE: Final = Decimal(1)
_Fits = Callable[[Rating, Part], bool]


class Weight:
    """One allowance as the usage of one offer draws on it."""

    __slots__ = ("_factors", "_step")

    def __init__(self, allowance: Allowance, terms: OfferTerms) -> None:
        self._step = allowance.burns_by
        self._factors = [
            (_compile_fits(each), each.factor) for each in allowance.factors if _is_for(each, terms)
        ]

    def of(self, rating: Rating, part: Part) -> Decimal:
        """How much of the allowance one unit of the part takes."""
        return next((factor for fits, factor in self._factors if fits(rating, part)), _ONE)

    def worth(self, rating: Rating, part: Part, quantity: Quantity) -> Quantity:
        """For how much of the part so much of the allowance is."""
        return self._part_of(quantity, self.of(rating, part))[0]

    def drawn(
        self, factor: Decimal, held: tuple[Quantity, Quantity], wanted: Quantity, *, is_owed: bool
    ) -> tuple[Quantity, Quantity]:
        """How much of what is wanted a bucket covers, and what that takes of it.

        `held` is what is left of it and what it was granted. Below zero it is given back, at most
        what is gone. Of what is `is_owed` there is always more. Where it does not cover all that is
        wanted, the last of it covers what it can, rounded down, unless it burns by whole amounts.
        """
        remaining, granted = held
        needed = exact(quantize_line(CONTEXT.multiply(Decimal(wanted), factor)))
        if wanted > 0:
            if is_owed or needed <= remaining:
                return wanted, needed
            return self._part_of(max(0, remaining), factor)
        gone = added(granted, minus(remaining))
        if minus(needed) <= gone:
            return wanted, needed
        taken, burned = self._part_of(max(0, gone), factor)
        return minus(taken), minus(burned)

    def _part_of(self, left: Quantity, factor: Decimal) -> tuple[Quantity, Quantity]:
        covered = CONTEXT.divide(Decimal(left), factor)
        if self._step is None:
            return exact(covered.quantize(LINE_QUANTUM, ROUND_DOWN, CONTEXT)), left
        whole = CONTEXT.multiply(CONTEXT.divide_int(covered, self._step), self._step)
        return exact(whole), exact(quantize_line(CONTEXT.multiply(whole, factor)))


def weights_of(allowances: Iterable[Allowance], terms: OfferTerms) -> dict[str, Weight]:
    """Those allowances that are not plain, by their ids; all of them, where one is not."""
    found = tuple(allowances)
    if all(each.is_plain for each in found):
        return {}
    return {each.id: Weight(each, terms) for each in found}


def draw(  # noqa: PLR0913 - a bucket, and what is wanted of it
    weight: Weight, rating: Rating, part: Part, *, place: int, left: Quantity, wanted: Quantity
) -> tuple[Quantity, Quantity]:
    """What the bucket at a place, which has so much left, covers of a part, and what it gives."""
    bucket = rating.buckets[place]
    factor = weight.of(rating, part)
    return weight.drawn(factor, (left, bucket.granted), wanted, is_owed=is_debt(bucket))


def _is_for(factor: Factor, terms: OfferTerms) -> bool:
    offer = terms.offer
    return (not factor.usage_types or offer.usage_type in factor.usage_types) and (
        not factor.products or offer.product in factor.products
    )


def _compile_fits(factor: Factor) -> _Fits:
    units, zones, bands = factor.units, factor.zones, factor.bands
    holds = compile_when(factor.when)

    def fits(rating: Rating, part: Part) -> bool:
        return (
            (not units or part.unit in units)
            and (not zones or rating.zone in zones)
            and (not bands or part.band in bands)
            and holds(rating)
        )

    return fits
