"""Whom discounts, taxes, shares and points are for: does every word lead somewhere."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Final

from connectors.catalog.checks.asked import is_of_payer, wrong_value
from connectors.catalog.form import OfferForm
from connectors.catalog.forms.eligibility import EligibilityForm, StepForm
from connectors.catalog.names import Names
from connectors.catalog.problem import Place, ProblemBook, unknown
from connectors.catalog.resolution.dates import instant_at
from streams.model.catalog import BAND, ZONE

HUNDRED: Final = Decimal(100)


class MoneyCheck:
    """A rule of money at its place; reports what is wrong there."""

    def __init__(self, place: Place, names: Names, book: ProblemBook) -> None:
        self.place = place
        self.names = names
        self.book = book

    def report(self, message: str, *steps: str | int) -> None:
        """A problem here, or at a place below."""
        self.book.report(self.place.at(*steps), message)

    def known(self, kind: str, name: str, known: Iterable[str], *steps: str | int) -> None:
        """A name that must lead somewhere."""
        names = set(known)
        if name not in names:
            self.report(unknown(kind, name, names), *steps)

    def one_of(self, given: Iterable[str], words: Iterable[str]) -> None:
        """Exactly one of these words is to be given."""
        found = list(given)
        if len(found) != 1:
            told = " and ".join(found) or "none"
            self.report(f"expected exactly one of {', '.join(words)}, found {told}")

    def percent(self, number: Decimal | None, *steps: str | int) -> None:
        """A share of something: more than nothing, and not more than all of it."""
        if number is not None and not 0 < number <= HUNDRED:
            self.report(f"expected more than 0 and at most 100, found {number}", *steps)

    def positive(self, number: Decimal | None, *steps: str | int) -> None:
        """A number that is more than nothing."""
        if number is not None and number <= 0:
            self.report(f"expected more than 0, found {number}", *steps)

    def words(
        self,
        when: Iterable[str] | Mapping[str, str],
        *steps: str | int,
        more: Iterable[str] = (),
    ) -> None:
        """Words of usage, of whoever pays, and `zone` and `band`."""
        usage_types = self.names.usage_types.values()
        attributes = {name for usage_type in usage_types for name in usage_type.attributes}
        for word in when:
            if not is_of_payer(word, self.names):
                known = attributes | {ZONE, BAND, *more} | self.names.declared()
                self.known("attribute", word, known, *steps, word)
            elif isinstance(when, Mapping):
                self.value(word, when[word], *steps, word)

    def value(self, word: str, value: str, *steps: str | int) -> None:
        """A value that a declared word can have."""
        message = wrong_value(word, value, self.names)
        if message is not None:
            self.report(message, *steps)

    def steps(self, tiers: tuple[StepForm, ...], reference: str) -> None:
        """Steps that rise on an accumulator, each a share."""
        if tiers and not reference:
            self.report('"reference" is missing: expected the accumulator that tiers go by')
        if reference and not tiers:
            self.report('stands only beside "tiers"', "reference")
        if reference:
            self.known("accumulator", reference, self.names.totals(), "reference")
        for number, step in enumerate(tiers):
            if not 0 <= step.percent <= HUNDRED:
                message = f"expected 0 to 100, found {step.percent}"
                self.report(message, "tiers", number, "percent")
            if step.start < 0:
                self.report(f"expected 0 or more, found {step.start}", "tiers", number, "from")
        for number, (one, other) in enumerate(pairwise(tiers), start=1):
            if other.start <= one.start:
                message = f"tiers must rise: expected more than {one.start}"
                self.report(message, "tiers", number, "from")

    def money(self, currency: str, *, is_needed: bool) -> None:
        """The currency of an amount: said, or the only one that there is."""
        if currency:
            self.known("currency", currency, self.names.currencies, "currency")
        elif is_needed and len(self.names.currencies) > 1:
            self.report('"currency" is missing: expected that of the amount')

    def eligibility(
        self, form: EligibilityForm, offers: Iterable[OfferForm], more: Iterable[str] = ()
    ) -> None:
        """What every rule of money says of whom it is for."""
        names = self.names
        self.words(form.when, "when", more=more)
        products = {offer.product or offer.usage_type for offer in offers}
        for kind, word, known in (
            ("usage type", "usage_types", set(names.usage_types)),
            ("product", "products", products),
            ("price plan", "price_plans", set(names.price_plans)),
        ):
            for number, name in enumerate(getattr(form, word)):
                self.known(kind, name, known, word, number)
        found = {}
        for word, value in (("from", form.start), ("until", form.end)):
            found[word] = value and instant_at(value)
            if value and found[word] is None:
                message = f'"{value}" is no date: expected one like 2026-01-31'
                self.book.spoil(self.place.at(word), message)
        start, end = found["from"], found["until"]
        if isinstance(start, int) and isinstance(end, int) and end <= start:
            self.report(f"{form.end} is not after {form.start}", "until")
