"""Which rate unit measures a record: the map of a service type, compiled.

Of the rows for the record's transaction type that hold at its time, the one whose `when` has most
words wins. The catalog has been checked: no two of equally many words can hold at once.
"""

from streams.model.attribute import held_key
from streams.model.rate_unit import TRANSACTION_TYPE, USAGE, RateUnit, RateUnitMap
from streams.outcome import Reject, RejectReason
from streams.rate.derivation import Derive, compile_derivation
from streams.rate.meter import compile_meter
from streams.rate.rating import Rating
from streams.rate.terms import RateUnitTerms

_Words = tuple[tuple[str, str | None, str], ...]
"""What a row asks for: word, its `held_key`, and the value that it must have."""


class RateUnits:
    """The rate units of one usage type, and which of them measures a record."""

    __slots__ = ("_maps", "_service_type")

    def __init__(self, terms: RateUnitTerms) -> None:
        self._service_type = terms.usage_type.service_type
        derivations = {unit.id: (unit.unit, _compile(unit, terms)) for unit in terms.units}
        self._maps: dict[str, list[tuple[RateUnitMap, _Words, str, Derive]]] = {}
        for row in sorted(terms.maps, key=lambda each: -len(each.when)):
            unit, derive = derivations[row.rate_unit]
            words = tuple((word, held_key(word), value) for word, value in row.when.items())
            self._maps.setdefault(row.transaction_type, []).append((row, words, unit, derive))

    def find(self, rating: Rating) -> tuple[str, Derive] | Reject:
        """The unit that the record is measured in, and how."""
        record = rating.record
        kind, at = record.attributes.get(TRANSACTION_TYPE, USAGE), record.occurred_at
        for row, words, unit, derive in self._maps.get(kind, ()):
            if row.start <= at < row.end and _holds(words, rating):
                return unit, derive
        return Reject(
            RejectReason.NO_RATE_UNIT,
            f"service type {self._service_type} has no rate unit for transaction type {kind}",
            lacks=f"rate_unit_map:{record.tenant}:{self._service_type}:{kind}",
        )


def _compile(unit: RateUnit, terms: RateUnitTerms) -> Derive:
    if unit.meter is not None:
        return compile_meter(unit, unit.meter)
    return compile_derivation(
        unit, terms.functions, units=terms.usage_type.units, accumulators=terms.accumulators
    )


def _holds(words: _Words, rating: Rating) -> bool:
    attributes = rating.record.attributes
    for word, key, value in words:
        if (attributes.get(word) if key is None else rating.word(word)) != value:
            return False
    return True
