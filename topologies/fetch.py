"""One fetch on its way through decode, match, parse, filter, split and enrich, record by record.

An exception inside the chain is our fault and ends that record alone (`internal_error`), up to the
reject limit.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from connectors.decode import Lines, Several, decode_message
from streams.mediate import Mediated, Refusal
from streams.model.event import Arrival
from streams.model.refused import RefusedRecord
from streams.outcome import Reject, RejectReason
from streams.sources import Item, MediationPlans
from topologies.refusals import refuse, refuse_again
from topologies.reject_limit import RejectGauge

_COMMA = (",",)


class Fetch:
    """Collects what the messages of one fetch become. `reference` is what the directory knew."""

    def __init__(
        self, plans: MediationPlans, gauge: RejectGauge, *, engine: str, reference: int
    ) -> None:
        self.passed: list[Mediated] = []
        self.refused: list[RefusedRecord] = []
        self._plans = plans
        self._gauge = gauge
        self._engine = engine
        self._reference = reference
        self._taken = 0

    def take(self, arrivals: Iterable[Arrival]) -> None:
        """Run the records of messages through the chain; `Arrival.index` is that of their first.

        Raises TooManyRejects.
        """
        mediate, passed, delimiters_of = self._plans.mediate, self.passed, self._plans.delimiters
        for arrival in arrivals:
            self._taken += 1
            delimiters = delimiters_of.get(arrival.topic, _COMMA)
            try:
                decoded = decode_message(arrival.raw, arrival.headers, delimiters)
                result = mediate(decoded, arrival) if type(decoded) is dict else None
            except Exception as error:
                self.fail(arrival, error)
                continue
            if type(result) is Mediated:
                passed.append(result)
            elif result is not None:
                self.refuse(arrival, result)
            elif not isinstance(decoded, dict):
                self._take_several(decoded, arrival)

    def _take_several(self, decoded: Several | Lines | Reject, arrival: Arrival) -> None:
        if type(decoded) is Reject:
            self.refuse(arrival, Refusal("decode", decoded))
            return
        delimiter = decoded.delimiter if isinstance(decoded, Lines) else ""
        for index, (raw, item) in enumerate(decoded.items, arrival.index):
            alone = raw is arrival.raw and index == arrival.index
            one = arrival if alone else replace(arrival, raw=raw, index=index)
            if type(item) is Reject:
                self.refuse(one, Refusal("decode", item))
            else:
                self._take_record(item, one, delimiter)

    def fail(self, arrival: Arrival, error: Exception) -> None:
        """End a record that an exception of ours came from. Raises TooManyRejects."""
        detail = f"{type(error).__name__}: {error}"[:500]
        self.refuse(arrival, Refusal("mediation", Reject(RejectReason.INTERNAL_ERROR, detail)))
        self._gauge.failed(self._taken - 1, detail)

    def refuse(self, arrival: Arrival, refusal: Refusal) -> None:
        """End a record by a verdict of the chain."""
        self.refused.append(
            refuse(arrival, refusal, reference=self._reference, engine=self._engine)
        )

    def refuse_again(self, original: RefusedRecord, reject: Reject) -> None:
        """A released record that still cannot go on: as it was, with what is known now."""
        self.refused.append(
            refuse_again(original, reject, reference=self._reference, engine=self._engine)
        )

    def _take_record(self, item: Item, arrival: Arrival, delimiter: str = "") -> None:
        try:
            result = self._plans.mediate(item, arrival, delimiter)
        except Exception as error:
            self.fail(arrival, error)
            return
        if type(result) is Refusal:
            self.refuse(arrival, result)
        else:
            self.passed.append(result)
