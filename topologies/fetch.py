"""One fetch on its way through decode, match, parse, filter, split and enrich, record by record.

An exception inside the chain is our fault and ends that record alone (`internal_error`), up to the
reject limit.
"""

from msgspec.structs import replace

from connectors.decode import Lines, decode_message
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

    def take(self, arrival: Arrival) -> None:
        """Run one message's records through the chain; `arrival.index` is that of its first.

        Raises TooManyRejects.
        """
        self._taken += 1
        delimiters = self._plans.delimiters.get(arrival.topic, _COMMA)
        try:
            decoded = decode_message(arrival.raw, arrival.headers, delimiters)
        except Exception as error:
            self.fail(arrival, error)
            return
        if isinstance(decoded, dict):
            self._take_record(decoded, arrival)
        elif type(decoded) is Reject:
            self.refuse(arrival, Refusal("decode", decoded))
        else:
            delimiter = decoded.delimiter if isinstance(decoded, Lines) else ""
            for index, (raw, item) in enumerate(decoded.items, arrival.index):
                one = replace(arrival, raw=raw, index=index)
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
