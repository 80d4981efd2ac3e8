"""What thresholds count: what usage costs, tax included, and the first usage of a period.

What is paid in between changes nothing of it. Fees are no usage, and neither is what is missing to
a commitment. A cap says by itself how much of the record the account bears: see `take_funds`.
"""

from streams.model.fee import FEE
from streams.model.threshold import Threshold
from streams.rate.eligibility import Applies, compile_eligibility, is_for
from streams.rate.rating import Rating
from streams.rate.rule import Rule
from streams.rate.spans import entry_span, escaped, spent_total
from streams.rate.terms import OfferTerms


def compile_spend(terms: OfferTerms) -> Rule | None:
    """Move the totals of spend that the record counts in, and note the notices it is meant by."""
    if terms.offer.usage_type == FEE:
        return None
    found = [
        (each, spent_total(each.id), compile_eligibility(each))
        for each in terms.money.thresholds
        if is_for(each, terms) and each.resource in ("", terms.plan.currency)
    ]
    spends = [each for each in found if each[0].on == "spend"]
    entries = [_entry(each, applies) for each, _, applies in found if each.on == "entry"]
    if not spends and not entries:
        return None

    def count_spend(rating: Rating) -> None:
        for threshold, total, applies in spends:
            if applies(rating):
                if rating.amount:
                    rating.move(total, rating.amount)
                if threshold.bounds:
                    rating.caps = (*rating.caps, (total, threshold.levels[0]))
        for enter in entries:
            enter(rating)

    return count_spend


def _entry(threshold: Threshold, applies: Applies) -> Rule:
    name, span, by = threshold.id, entry_span(threshold.id), threshold.by

    def enter(rating: Rating) -> None:
        if applies(rating):
            group = "".join(f"/{word}={escaped(_word(rating, word))}" for word in by)
            rating.entered = (*rating.entered, (name, group, span))

    return enter


def _word(rating: Rating, word: str) -> str:
    if word in ("zone", "band"):
        return rating.zone if word == "zone" else rating.band
    return rating.word(word) or ""
