"""The messages of a plan, in order, from its seed alone.

Every event's place in time follows from its number, its customer from a skewed draw (a few are
busy, most are not), its id from seed and number. A doubled event repeats one of the last few
hundred good messages byte for byte.
"""

from collections import deque
from collections.abc import Callable, Iterator
from random import Random

from infra.load.api_requests import api_binary, api_structured
from infra.load.bodies import Envelope, llm_event
from infra.load.broken import LLM_FAULTS, VOICE_FAULTS
from infra.load.calls import call_csv, call_json
from infra.load.plan import Kind, LoadPlan, Message, Workload
from infra.load.population import ai_stranger_id, service_ids, voice_stranger_id
from infra.load.time_text import TimeText
from infra.load.trade_messages import trade_messages
from infra.load.trades import TRADES

_RECENT = 400
_BATCH = 3
_GOOD = (Kind.GOOD,)
_UNKNOWN = (Kind.UNKNOWN,)


def messages(plan: LoadPlan) -> Iterator[Message]:
    """All messages of the plan; a batch of records counts as one of its `events`."""
    if plan.catalog:
        return trade_messages(plan, TRADES[plan.catalog])
    return _Stream(plan).messages()


class _Stream:
    """One pass over a plan."""

    def __init__(self, plan: LoadPlan) -> None:
        self._plan = plan
        self._rng = Random(plan.seed)
        self._ai, self._voice = service_ids(plan.accounts)
        self._recent: deque[Message] = deque(maxlen=_RECENT)
        self._clock = TimeText()
        self._late_clock = TimeText()
        self._number = 0
        self._faults = self._fault_limits()

    def _fault_limits(self) -> tuple[tuple[int, Callable[[bytes], Message]], ...]:
        """Upper bounds of each fault's share on a draw of 0..999, rising."""
        plan, limits, upper = self._plan, [], 0
        for share, make in (
            (plan.doubled, self._doubled),
            (plan.broken, self._broken),
            (plan.unknown, self._unknown),
            (plan.unpriced, self._unpriced),
            (plan.filtered, self._filtered),
        ):
            upper += share
            limits.append((upper, make))
        return tuple(limits)

    def messages(self) -> Iterator[Message]:
        plan, draw = self._plan, self._rng.random
        fault_share = self._faults[-1][0]
        late, start, span, events = plan.late, plan.start, plan.span, plan.events
        good = {
            Workload.LLM: self._llm,
            Workload.VOICE: self._call,
            Workload.API: self._api,
            Workload.MIXED: self._mixed,
        }[plan.workload]
        for number in range(events):
            self._number = number
            at = start + span * number // events
            if late and draw() * 1000 < late:
                time = self._late_clock.text(at - int(plan.lateness * draw()))
            else:
                time = self._clock.text(at)
            chance = draw() * 1000
            if chance < fault_share:
                made = next(make for upper, make in self._faults if chance < upper)(time)
            else:
                made = good(time)
                self._recent.append(made)
            yield made

    def _id(self) -> bytes:
        return b"e%d-%09d" % (self._plan.seed, self._number)

    def _customer(self, ids: list[bytes]) -> bytes:
        draw = self._rng.random()
        return ids[int(draw * draw * len(ids))]

    def _llm(self, time: bytes) -> Message:
        subject = self._customer(self._ai)
        value = llm_event(self._rng, Envelope(self._id(), subject, time))
        return Message(value, subject, (), _GOOD)

    def _call(self, time: bytes) -> Message:
        caller = self._customer(self._voice)
        render = call_csv if self._number % 5 < 2 else call_json
        return Message(render(self._rng, self._id(), caller, time), caller, (), _GOOD)

    def _api(self, time: bytes) -> Message:
        subject = self._customer(self._ai)
        if self._number % 2:
            return api_binary(self._rng, self._id(), subject, time)
        value = api_structured(self._rng, self._id(), subject, time)
        return Message(value, subject, (), _GOOD)

    def _mixed(self, time: bytes) -> Message:
        draw = self._rng.random()
        if draw < 0.01:
            return self._batch(time)
        if draw < 0.5:
            return self._llm(time)
        return self._call(time) if draw < 0.8 else self._api(time)

    def _batch(self, time: bytes) -> Message:
        """Several records in one message: a CloudEvents array, or CSV lines."""
        rng, base = self._rng, self._id()
        ids = [b"%s-%d" % (base, index) for index in range(_BATCH)]
        kinds = _GOOD * _BATCH
        if self._number % 2:
            lines = [call_csv(rng, one, self._customer(self._voice), time) for one in ids]
            return Message(b"\n".join(lines), None, (), kinds)
        events = [api_structured(rng, one, self._customer(self._ai), time) for one in ids]
        return Message(b"[" + b",".join(events) + b"]", None, (), kinds)

    def _doubled(self, time: bytes) -> Message:
        if not self._recent:
            return self._broken(time)
        again = self._recent[int(self._rng.random() * len(self._recent))]
        return again._replace(kinds=(Kind.DOUBLED,) * len(again.kinds))

    def _broken(self, time: bytes) -> Message:
        voice = self._plan.workload == Workload.VOICE or (
            self._plan.workload == Workload.MIXED and self._rng.random() < 0.2
        )
        faults = VOICE_FAULTS if voice else LLM_FAULTS
        fault = faults[int(self._rng.random() * len(faults))]
        subject = self._customer(self._voice if voice else self._ai)
        return Message(fault(self._id(), subject, time), subject, (), (Kind.BROKEN,))

    def _unknown(self, time: bytes) -> Message:
        rng = self._rng
        workload = self._plan.workload
        if workload == Workload.VOICE or (workload == Workload.MIXED and rng.random() < 0.3):
            caller = voice_stranger_id(rng.random())
            return Message(call_json(rng, self._id(), caller, time), caller, (), _UNKNOWN)
        subject = ai_stranger_id(rng.random())
        if workload == Workload.API:
            return Message(api_structured(rng, self._id(), subject, time), subject, (), _UNKNOWN)
        value = llm_event(rng, Envelope(self._id(), subject, time))
        return Message(value, subject, (), _UNKNOWN)

    def _unpriced(self, time: bytes) -> Message:
        subject = self._customer(self._ai)
        value = llm_event(self._rng, Envelope(self._id(), subject, time), priced=False)
        return Message(value, subject, (), (Kind.UNPRICED,))

    def _filtered(self, time: bytes) -> Message:
        subject = self._customer(self._ai)
        value = llm_event(self._rng, Envelope(self._id(), subject, time), status=429)
        return Message(value, subject, (), (Kind.FILTERED,))
