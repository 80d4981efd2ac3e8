"""Is a record one that a rule of money is for: what the offer decides, once; the rest by record."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from streams.model.attribute import HELD
from streams.model.catalog import ACCOUNT, BAND, ZONE
from streams.model.eligibility import Eligibility, Step
from streams.model.instant import BEGINNING, FOREVER
from streams.model.money import Quantity
from streams.rate.rating import Rating
from streams.rate.terms import OfferTerms

Applies = Callable[[Rating], bool]


def is_for(rule: Eligibility, terms: OfferTerms) -> bool:
    """True where records of the offer may be meant."""
    offer = terms.offer
    return (
        (not rule.usage_types or offer.usage_type in rule.usage_types)
        and (not rule.products or offer.product in rule.products)
        and (not rule.price_plans or terms.plan.id in rule.price_plans)
        and rule.start < offer.end
        and offer.start < rule.end
    )


def always(_rating: Rating) -> bool:
    """What a rule for every record of its offer applies by."""
    return True


def compile_eligibility(rule: Eligibility, when: Mapping[str, str] | None = None) -> Applies:
    """Whether a record of an offer that the rule is for is meant; `when` in place of the rule's."""
    holds = compile_when(rule.when if when is None else when)
    start, end = rule.start, rule.end
    if start == BEGINNING and end == FOREVER:
        return holds
    return lambda rating: start <= rating.record.occurred_at < end and holds(rating)


def compile_when(when: Mapping[str, str]) -> Applies:
    """Whether all words are as they say: of the usage, its account, `zone` and `band`."""
    tests = [_compile_word(word, value) for word, value in when.items()]
    match tests:
        case []:
            return always
        case [test]:
            return test
        case [first, second]:
            return lambda rating: first(rating) and second(rating)
        case _:
            return lambda rating: all(test(rating) for test in tests)


def _compile_word(word: str, value: str) -> Applies:
    if word == ZONE:
        return lambda rating: rating.zone == value
    if word == BAND:
        return lambda rating: rating.band == value
    if word.startswith(ACCOUNT):
        name = word.removeprefix(ACCOUNT)
        return lambda rating: rating.payer.account.attributes.get(name) == value
    if word.startswith(HELD):
        return lambda rating: rating.word(word) == value
    return lambda rating: rating.record.attributes.get(word) == value


def total_before(accumulator: str, rating: Rating) -> Quantity:
    """The accumulator's total before the record, whatever the record has added since."""
    tally = rating.plan.tallies.get(accumulator)
    if tally is not None:
        return tally.before(rating)
    return rating.used_of(accumulator) - rating.moved.get(accumulator, 0)


def percent_at(steps: tuple[Step, ...], total: Quantity) -> Decimal:
    """The percent of the last step that has begun; nothing before the first."""
    percent = Decimal(0)
    for step in steps:
        if step.start > total:
            break
        percent = step.percent
    return percent
