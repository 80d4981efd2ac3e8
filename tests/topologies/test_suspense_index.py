"""The suspense index: nothing that can be helped waits, nothing is tried in vain for ever."""

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from msgspec.structs import replace

from streams.model.instant import SECOND
from streams.model.number_range import range_of
from streams.model.refused import RefusedRecord
from streams.outcome import RejectReason
from tests.topologies.small_ledger import NOON, TENANT, suspended_by_mediation, usage_record
from topologies.keeper.index import RETRY_AFTER, FactPlace, SuspenseIndex, awaited_facts

SERVICES = ("10", "11", "12")
FACTS = (*SERVICES, "10..11", "11..12")


def refused(number: int, service: str, reference: int) -> RefusedRecord:
    return suspended_by_mediation(usage_record(number, service=service), reference=reference)


class Mediation(RuleBasedStateMachine):
    """Mediation workers that know the facts up to some offset, and a keeper that knows them all.

    A record is chargeable once its service is known. Whatever the order of events: when every
    worker knows everything and the keeper has had its turns, no chargeable record waits.
    """

    def __init__(self) -> None:
        super().__init__()
        self.index = SuspenseIndex()
        self.known: dict[str, int] = {}
        self.offset = 0
        self.now = NOON
        self.arrived = 0
        self.waiting: dict[int, str] = {}
        self.in_release: list[int] = []
        self.tries: dict[int, int] = {}

    def judge(self, number: int, service: str, view: int) -> None:
        """A worker that knows facts up to `view` passes the record on or suspends it."""
        if self.known.get(service, view + 1) <= view:
            self.waiting.pop(number, None)
            entry = refused(number, service, view)
            self.index.charged(entry.record_id, entry.position)
            return
        self.waiting[number] = service
        self.index.open(refused(number, service, view), b"%d" % number, at=self.now)

    @rule(service=st.sampled_from(SERVICES), lag=st.integers(0, 3))
    def a_record_arrives(self, service: str, lag: int) -> None:
        self.arrived += 1
        self.judge(self.arrived, service, max(self.offset - 1 - lag, -1))

    @rule(service=st.sampled_from(FACTS))
    def a_fact_comes(self, service: str) -> None:
        span = range_of(service)
        for each in SERVICES:
            if each == service or (span is not None and span.holds(each)):
                self.known.setdefault(each, self.offset)
        name = f"service:{TENANT}:{service}"
        self.index.fact(name, FactPlace(self.offset, 0, self.offset))
        self.offset += 1

    @rule(seconds=st.integers(0, 2))
    def the_keeper_has_a_turn(self, seconds: int) -> None:
        self.now += seconds * SECOND
        for entry, _ in self.index.take_due(self.now, 2):
            self.in_release.append(int(entry.packed))

    @precondition(lambda self: self.in_release)
    @rule(lag=st.integers(0, 3))
    def mediation_tries_again(self, lag: int) -> None:
        number = self.in_release.pop(0)
        self.tries[number] = self.tries.get(number, 0) + 1
        if number in self.waiting:
            self.judge(number, self.waiting[number], max(self.offset - 1 - lag, -1))

    @invariant()
    def the_count_is_right(self) -> None:
        assert len(self.index) == len(self.waiting)

    def teardown(self) -> None:
        for _ in range(200):
            self.now += RETRY_AFTER
            for entry, _ in self.index.take_due(self.now, 100):
                self.in_release.append(int(entry.packed))
            if not self.in_release:
                break
            while self.in_release:
                number = self.in_release.pop(0)
                if number in self.waiting:
                    self.judge(number, self.waiting[number], self.offset - 1)
        assert not [n for n, service in self.waiting.items() if service in self.known]
        assert not self.index.has_due(self.now + 10 * RETRY_AFTER)


TestMediation = Mediation.TestCase


@given(
    st.sampled_from(list(RejectReason)),
    st.sampled_from(["", "price:acme:p:u", "service:acme:x", "account:acme:x"]),
)
def test_what_a_record_waits_for_follows_from_its_code_and_what_it_lacks(
    code: RejectReason, lacks: str
) -> None:
    entry = suspended_by_mediation(usage_record(1))
    found = awaited_facts(
        RefusedRecord(
            record_id=entry.record_id,
            tenant=TENANT,
            source="",
            event_id="",
            position=entry.position,
            topic="usage",
            state="suspended",
            code=code,
            stage="",
            detail="",
            lacks=lacks,
            service_id="10",
        )
    )
    catalog, service = f"catalog:{TENANT}", f"service:{TENANT}:10"
    if code in ("unknown_price_plan", "no_price", "no_zone", "unknown_currency"):
        named = {lacks} if lacks.startswith(("service:", "account:")) else set()
        assert set(found) == {*named, catalog, service}
    elif lacks.startswith(("service:", "account:")):
        assert found == (lacks,)
    else:
        assert found == ((catalog,) if lacks or code == "no_catalog" else ())


def test_a_worker_that_lags_is_given_time_before_the_next_try() -> None:
    index = SuspenseIndex()
    index.fact(f"service:{TENANT}:a", FactPlace(5, 0, 5))
    index.open(refused(1, "a", 3), b"1", at=NOON)
    assert len(index.take_due(NOON, 10)) == 1
    index.open(refused(1, "a", 4), b"1", at=NOON)
    assert index.take_due(NOON, 10) == []
    assert len(index.take_due(NOON + RETRY_AFTER, 10)) == 1
    index.open(refused(1, "a", 5), b"1", at=NOON)
    assert not index.has_due(NOON + 100 * RETRY_AFTER)


def test_what_a_plan_cannot_price_is_tried_again_when_its_service_has_another() -> None:
    index = SuspenseIndex()
    unpriced = replace(refused(1, "a", 4), code="no_price", lacks=f"price:{TENANT}:p:u")
    index.fact(f"service:{TENANT}:a", FactPlace(3, 0, 3))
    index.open(unpriced, b"1", at=NOON)
    assert not index.has_due(NOON)
    index.fact(f"account:{TENANT}:x", FactPlace(5, 0, 5))
    assert not index.has_due(NOON)
    index.fact(f"service:{TENANT}:a", FactPlace(6, 0, 6))
    assert [(entry.packed, offset) for entry, offset in index.take_due(NOON, 10)] == [(b"1", 6)]
    index.fact(f"catalog:{TENANT}", FactPlace(7, 0, 7))
    assert [offset for _, offset in index.take_due(NOON, 10)] == [7]
    index.charged(unpriced.record_id, unpriced.position)
    assert len(index) == 0
    index.fact(f"service:{TENANT}:a", FactPlace(8, 0, 8))
    assert not index.has_due(NOON)
