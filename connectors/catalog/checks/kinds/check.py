"""What checks of a price need, whatever its kind: where it stands, and what it may refer to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from connectors.catalog.checks.asked import is_of_payer, wrong_range, wrong_value
from connectors.catalog.form import OfferForm
from connectors.catalog.names import Names
from connectors.catalog.problem import Place, ProblemBook, unknown
from streams.model.price import RECORD


@dataclass(frozen=True, slots=True)
class KindCheck:
    """A price of `offer` that stands at `place`."""

    place: Place
    offer: OfferForm
    names: Names
    book: ProblemBook

    def below(self, *steps: str | int) -> "KindCheck":
        """The same for what stands below."""
        return replace(self, place=self.place.at(*steps))

    def report(self, message: str, *steps: str | int) -> None:
        """A problem here, or at a place below."""
        self.book.report(self.place.at(*steps), message)

    def at_least_zero(self, number: Decimal | int | None, *steps: str | int) -> None:
        """An amount or a count that may be nothing, but not less."""
        if number is not None and number < 0:
            self.report(f"expected 0 or more, found {number}", *steps)

    def positive(self, number: Decimal | int | None, *steps: str | int) -> None:
        """A number that something is divided by or counted in."""
        if number is not None and number <= 0:
            self.report(f"expected more than 0, found {number}", *steps)

    def some(self, found: Iterable[object], what: str, *steps: str | int) -> None:
        """A list or map that has to say something."""
        if not tuple(found):
            self.report(f"expected at least one {what}", *steps)

    def unit(self, name: str, *steps: str | int) -> None:
        """A unit of the usage type, or one that a measure converts it into."""
        usage_type = self.names.usage_types.get(self.offer.usage_type)
        if usage_type is None or not usage_type.units:
            return
        known = set(usage_type.units)
        for unit, measure in self.offer.measures.items():
            if measure.convert is not None and measure.convert.unit:
                known = known - {unit} | {measure.convert.unit}
        if name not in known:
            self.report(unknown("unit", name, known), *steps)

    def measured(self, unit: str, reference: str, *, may_be_evaluated: bool = False) -> None:
        """A unit and what its total is measured on, where the price's words say them."""
        self.unit(unit, "unit")
        if not may_be_evaluated or reference not in self.names.evaluations:
            self.reference(reference, unit)

    def reference(self, name: str, unit: str, *steps: str | int) -> None:
        """`record`, or an accumulator that the offer moves by this unit."""
        if name != RECORD:
            self.accumulator(name, unit, *(steps or ("reference",)))

    def accumulator(self, name: str, unit: str, *steps: str | int) -> None:
        """An accumulator of quantity that the offer moves by this unit."""
        accumulator = self.names.accumulators.get(name)
        if name in self.names.evaluations:
            self.report(f'evaluation "{name}" cannot be used here: expected an accumulator', *steps)
            return
        if accumulator is None:
            known = {RECORD, *self.names.accumulators}
            self.report(unknown("accumulator", name, known), *steps)
            return
        measured = {
            source
            for source, measure in self.offer.measures.items()
            if measure.convert is not None and measure.convert.unit == unit
        } | {unit}
        sums = not accumulator.usage_units or bool(measured & set(accumulator.usage_units))
        if name not in self.offer.impacts or not sums:
            self.report(
                f'no usage of this offer moves accumulator "{name}" by {unit}:'
                " name it in the offer's impacts",
                *steps,
            )
        elif accumulator.sums != "quantity":
            self.report(f'accumulator "{name}" counts {accumulator.sums}, not quantity', *steps)
        elif not accumulator.adds_up:
            self.report(f'accumulator "{name}" is no sum of quantity', *steps)

    def whole(self, name: str, *steps: str | int) -> None:
        """Where it is an accumulator, one by periods of all that the account uses."""
        accumulator = self.names.accumulators.get(name)
        if accumulator is not None and not accumulator.is_plain:
            self.report(f'"{name}" is not a sum by periods of all that an account uses', *steps)

    def record_count(self, name: str, *steps: str | int) -> None:
        """An accumulator that counts the records of the offer."""
        accumulator = self.names.accumulators.get(name)
        if accumulator is None:
            self.report(unknown("accumulator", name, self.names.accumulators), *steps)
        elif (
            accumulator.sums != "records"
            or not accumulator.adds_up
            or name not in self.offer.impacts
        ):
            self.report(
                f'accumulator "{name}" does not count the records of this offer:'
                " say `sums: records` and name it in the offer's impacts",
                *steps,
            )

    def attribute(self, name: str, *steps: str | int) -> None:
        """An attribute of the usage type."""
        usage_type = self.names.usage_types.get(self.offer.usage_type)
        if usage_type is not None and name not in usage_type.attributes:
            self.report(unknown("attribute", name, set(usage_type.attributes)), *steps)

    def words(self, when: Mapping[str, str], *steps: str | int) -> None:
        """Every attribute that something asks for, of the usage type or of whoever pays."""
        for name, value in when.items():
            wrong = wrong_value(name, value, self.names)
            if not is_of_payer(name, self.names):
                self._known(name, *steps, name)
            elif wrong is not None:
                self.report(wrong, *steps, name)

    def numbers(self, ranges: Iterable[str], *steps: str | int) -> None:
        """Every attribute that something asks for a range of."""
        for name in ranges:
            wrong = wrong_range(name, self.names)
            if not is_of_payer(name, self.names):
                self._known(name, *steps, name)
            elif wrong is not None:
                self.report(wrong, *steps, name)

    def _known(self, name: str, *steps: str | int) -> None:
        usage_type = self.names.usage_types.get(self.offer.usage_type)
        if usage_type is not None and name not in usage_type.attributes:
            known = set(usage_type.attributes) | self.names.declared()
            self.report(unknown("attribute", name, known), *steps)

    def rising(self, ends: Iterable[Decimal | None], word: str) -> None:
        """Ends of tiers: each above the one before, only the last may be left out."""
        known = list(ends)
        before = Decimal(0)
        for number, end in enumerate(known):
            if end is None:
                if number < len(known) - 1:
                    self.report(f"only the last tier has no end: expected {word}", "tiers", number)
                continue
            if end <= before:
                message = f"tiers must rise: expected more than {before}"
                self.report(message, "tiers", number, word)
            before = max(before, end)
