"""Accumulators: are they moved, by what they can be moved by, over a time that there is."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from connectors.catalog.checks.asked import is_of_payer, scope_over, unknown_below, wrong_value
from connectors.catalog.checks.resources import all_impacts
from connectors.catalog.checks.when import check_period_named
from connectors.catalog.form import OfferForm, UsageTypeForm
from connectors.catalog.forms.accumulators import LIFE, AccumulatorForm
from connectors.catalog.forms.when import MONTH
from connectors.catalog.names import Names
from connectors.catalog.problem import Place, ProblemBook, unknown
from connectors.catalog.resolution.accumulators import rolling
from connectors.catalog.sheets import Sheets
from streams.expression import Kind, check_expression
from streams.model.accumulator import UNIQUE_MOST
from streams.model.catalog import BAND, ZONE
from streams.model.rate_unit import TRANSACTION_TYPE
from streams.rate.asked import names_below
from streams.rate.plain_usage import ACCOUNT as ACCOUNT_FIELD
from streams.rate.plain_usage import DURATION, UNITS

STEPS_MAX: Final = 400
"""The most steps of a rolling window: each record of it carries them all."""
MOST_MAX: Final = 10_000
"""The most different values that are told apart."""
_KINDS: Final[dict[str, Kind]] = {
    TRANSACTION_TYPE: "string",
    DURATION: "number",
    UNITS: "map",
    ACCOUNT_FIELD: "map",
}
_WHOLE: Final = "a sum by periods of all that an account uses"


def check_accumulators(sheets: Sheets, names: Names, book: ProblemBook) -> None:
    """Report accumulators that nothing can happen to."""
    for entry in sheets.accumulators:
        check = _Check(entry.form, entry.place, sheets, names, book)
        check.time()
        check.value()
        check.parts()
        check.movers()


@dataclass(frozen=True, slots=True)
class _Check:
    form: AccumulatorForm
    place: Place
    sheets: Sheets
    names: Names
    book: ProblemBook

    def report(self, message: str, *steps: str | int) -> None:
        self.book.report(self.place.at(*steps), message)

    def time(self) -> None:
        """A period that there is, or a window of so many steps."""
        form = self.form
        if form.period != LIFE:
            check_period_named(form.period, self.place.at("period"), self.names, self.book)
        if LIFE in self.names.billing_periods and form.period == LIFE:
            self.report(
                '"life" is all time, and a billing period: choose another id there', "period"
            )
        if form.closes_after is not None and (form.has_periods or form.rolling):
            self.report('stands only beside "period: life"', "closes_after")
        if form.rolling is None:
            if form.step is not None:
                self.report('stands only beside "rolling"', "step")
            return
        if form.period != MONTH:
            self.report('"rolling" takes the place of a period', "period")
        if form.rolling.endswith("h") and form.step == "day":
            self.report("a window of hours has steps of an hour", "step")
        steps = rolling(form.rolling, form.step).steps
        if not 1 <= steps <= STEPS_MAX:
            self.report(f"expected 1 to {STEPS_MAX} steps, found {steps}", "rolling")

    def value(self) -> None:
        """What the values come to."""
        form = self.form
        if form.aggregate == "unique" and form.of is None:
            self.report('"of" is missing: expected what is to be told apart')
        if form.aggregate != "unique" and form.most != UNIQUE_MOST:
            self.report('stands only beside "aggregate: unique"', "most")
        if not 1 <= form.most <= MOST_MAX:
            self.report(f"expected 1 to {MOST_MAX}, found {form.most}", "most")
        if form.aggregate == "weighted_sum" and not form.has_periods:
            self.report("a sum by time is that of a period, which ends", "aggregate")
        if form.of is not None:
            for word in ("usage_units", "sums"):
                if getattr(form, word) not in ((), "quantity"):
                    self.report('"of" says what is counted: expected nothing beside it', word)

    def parts(self) -> None:
        """What `when` asks for is there."""
        for word, value in self.form.when.items():
            if word in (ZONE, BAND):
                continue
            if is_of_payer(word, self.names):
                wrong = wrong_value(word, value, self.names)
                if wrong is not None:
                    self.report(wrong, "when", word)
                continue
            known = {name for each in self.names.usage_types.values() for name in each.attributes}
            if word not in known:
                known |= {ZONE, BAND} | self.names.declared()
                self.report(unknown("attribute", word, known), "when", word)

    def movers(self) -> None:
        """All that moves it has what it goes by."""
        form = self.form
        is_moved = False
        for plan in self.sheets.price_plans:
            if any(form.id in fee.impacts for fee in plan.form.fees):
                is_moved = True
                self._fees()
            for offer in plan.form.offers:
                usage_type = self.names.usage_types.get(offer.usage_type)
                if form.id in all_impacts(offer):
                    is_moved = True
                    if usage_type is not None:
                        self._offer(offer, usage_type)
        if not is_moved:
            self.report(f'accumulator "{form.id}" is moved by no offer: name it in impacts')

    def _fees(self) -> None:
        if self.form.by:
            self.report("fees move it, and have no attributes", "by")
        if self.form.per == "session":
            self.report("fees move it, and have no session", "per")
        if self.form.of is not None:
            self.report("fees move it, and are no usage", "of")
        elif not self.form.adds_up:
            self.report("fees move it: they can be taken back", "aggregate")

    def _offer(self, offer: OfferForm, usage_type: UsageTypeForm) -> None:
        form = self.form
        sells = any(entry.form.usage_type == usage_type.id for entry in self.sheets.outcomes)
        if sells and form.by:
            self.report(f"outcomes of {usage_type.id} move it", "by")
        if sells and not form.adds_up:
            word = "aggregate" if form.of is None else "of"
            self.report(f"outcomes of {usage_type.id} move it: they can be taken back", word)
        if form.per == "session" and not sells:
            self.report(f"usage type {usage_type.id} has no outcomes, so no sessions", "per")
        if usage_type.held and not form.is_plain:
            self.report(f"units of {usage_type.id} are held: expected {_WHOLE}")
        known = set(usage_type.attributes)
        for number, word in enumerate(form.by):
            if word not in known and not is_of_payer(word, self.names):
                known |= self.names.declared()
                self.report(unknown("attribute", word, known), "by", number)
        for problem in self._expression(usage_type):
            self.report(f"of usage type {usage_type.id}: {problem}", "of")

    def _expression(self, usage_type: UsageTypeForm) -> Iterator[str]:
        of = self.form.of
        if of is None:
            return
        fields: dict[str, Kind] = dict.fromkeys(usage_type.attributes, "string")
        scope = scope_over({**fields, **_KINDS}, {UNITS: "number"}, self.names)
        wanted: Kind = "dyn" if self.form.aggregate == "unique" else "number"
        yield from check_expression(of, scope, wanted=wanted)
        yield from unknown_below(of, self.names)
        for name in names_below(of, UNITS):
            if name not in usage_type.units:
                yield unknown("unit", name, set(usage_type.units))
