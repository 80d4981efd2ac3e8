"""True-up: what a period's usage is short of a committed minimum."""

from msgspec.structs import replace

from streams.model.catalog import PriceOffer
from streams.model.commitment import TRUE_UP, Commitment
from streams.model.days import Share
from streams.model.instant import BEGINNING
from streams.model.money import CONTEXT, ZERO, quantize_line
from streams.model.rated import ChargeLine
from streams.rate.offer import CompiledOffer
from streams.rate.rules import TRUE_UP_RULES
from streams.rate.settlement import Settlement, TotalOf
from streams.rate.spans import commitment_total
from streams.rate.terms import OfferTerms

_AFTER_CORRECTIONS = 2
_subtract, _multiply = CONTEXT.subtract, CONTEXT.multiply


class TrueUp(Settlement):
    """Asks for the difference to the minimum, or to the share of it that a part of a period has."""

    __slots__ = ("_commitment", "_currency", "_source", "_total")

    def __init__(self, commitment: Commitment, terms: OfferTerms) -> None:
        offer = CompiledOffer(terms, TRUE_UP_RULES)
        super().__init__(offer, commitment.every, usage_type=TRUE_UP, rank=_AFTER_CORRECTIONS)
        self.proration, self.by = commitment.proration, commitment.by
        self._commitment = commitment
        self._currency = terms.plan.currency
        self._source = terms.source
        own = commitment_total(terms.plan.id, commitment.id)
        self._total = commitment.accumulator or own

    def lines(self, total_of: TotalOf, share: Share) -> list[ChargeLine]:
        """One line, or none where the minimum is reached."""
        commitment = self._commitment
        minimum = commitment.minimum
        if share.part != share.whole:
            minimum = CONTEXT.divide(_multiply(minimum, share.part), share.whole)
        reached = CONTEXT.add(ZERO, total_of(self._total))
        missing = quantize_line(_subtract(minimum, reached))
        if missing <= 0:
            return []
        detail = {"minimum": f"{commitment.minimum:f}", "reached": f"{reached:f}"}
        if share.part != share.whole:
            detail["share"] = f"{share.part}/{share.whole}"
        each = commitment.unit_amount
        if each is None:
            unit, quantity, each, amount = self._currency, 1, missing, missing
            return [ChargeLine(TRUE_UP, self._source, unit, quantity, each, amount, detail)]
        amount = quantize_line(_multiply(missing, each))
        return [ChargeLine(TRUE_UP, self._source, TRUE_UP, missing, each, amount, detail)]


def true_up_offer(commitment: Commitment) -> PriceOffer:
    """What a true-up is sold as: without a price, as totals say what it costs."""
    return PriceOffer(
        id=commitment.id,
        usage_type=TRUE_UP,
        product=commitment.product,
        start=BEGINNING,
        prices=(),
        impacts=commitment.impacts,
    )


def alone(terms: OfferTerms) -> OfferTerms:
    """The terms of a charge that stands for itself: it does not wait, nor is rounded with usage."""
    plan = terms.plan.not_waiting
    rounds = "record" if plan.rounds == "period" else plan.rounds
    return replace(terms, plan=replace(plan, rounds=rounds))
