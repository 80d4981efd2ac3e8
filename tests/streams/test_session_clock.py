"""Sessions of a test tenant end by its own time, those of others by the partition's."""

from streams.model.charging_session import AnswerCode, ChargingAnswer, ChargingRequest, Verb
from streams.model.command import ActivateCatalog, AdvanceClock, Tick
from streams.model.instant import DAY, HOUR, SECOND, Instant
from streams.session.signals import running_sessions
from streams.state import Table
from tests.streams.test_virtual_time import NOON, VERSIONS, Partition, _Slices


def _ask(partition: Partition, tenant: str, name: str, at: Instant, verb: Verb) -> ChargingAnswer:
    request = ChargingRequest(
        f"{name}/1", tenant, "", verb, name, 1 + (verb == "extend"), "k-a0", at, (), HOUR
    )
    return partition.core.ask(request, state=partition.state, effects=partition.effects)


def _running(partition: Partition) -> set[bytes]:
    return set(partition.state.table(Table.SESSIONS))


def _open(partition: Partition) -> None:
    partition.apply(Tick("t0", NOON))
    partition.open("real", 1, is_test=False)
    partition.open("test", 1, is_test=True)


def test_each_ends_by_its_own_time() -> None:
    partition = Partition()
    _open(partition)
    for tenant in ("real", "test"):
        _ask(partition, tenant, "before", NOON, "reserve")
    partition.apply(AdvanceClock("c1", "test", NOON + HOUR - SECOND))
    assert _running(partition) == {b"real\0before", b"test\0before"}
    answer = _ask(partition, "test", "after", NOON + 9 * DAY, "reserve")
    assert answer.valid_until == NOON + 2 * HOUR - SECOND
    partition.apply(AdvanceClock("c2", "test", NOON + HOUR))
    assert _running(partition) == {b"real\0before", b"test\0after"}
    partition.apply(Tick("t1", NOON + DAY))
    assert _running(partition) == {b"test\0after"}
    partition.apply(AdvanceClock("c3", "test", NOON + 2 * HOUR - SECOND))
    # An advance to before the partition's time is one as well: the tenant has its own.
    assert not _running(partition)
    assert running_sessions(partition.state) == 0
    assert not partition.state.table(Table.SESSION_ENDS)
    assert not partition.state.table(Table.OWN_SESSION_ENDS)


def test_of_a_tenant_that_becomes_real_they_end_by_the_partitions_time_again() -> None:
    partition = Partition()
    _open(partition)
    partition.apply(AdvanceClock("c1", "test", NOON + 40 * DAY))
    _ask(partition, "test", "one", NOON, "reserve")
    real = VERSIONS["test", False]
    partition.apply(ActivateCatalog("real now", "test", real, NOON + 40 * DAY))
    partition.apply(Tick("t1", NOON + 40 * DAY + HOUR - SECOND))
    assert _running(partition) == {b"test\0one"}
    later = NOON + 40 * DAY + HOUR - SECOND
    answer = _ask(partition, "test", "one", later, "extend")
    assert (answer.code, answer.valid_until) == (AnswerCode.SUCCESS, later + HOUR)
    partition.apply(Tick("t2", later + HOUR))
    assert not _running(partition)
    assert not partition.state.table(Table.OWN_SESSION_ENDS)


def test_many_end_in_slices() -> None:
    partition = Partition(_Slices)
    _open(partition)
    for number in range(7):
        _ask(partition, "test", f"s{number}", NOON, "reserve")
    partition.apply(AdvanceClock("c1", "test", NOON + HOUR))
    assert len(_running(partition)) == 5
    partition.settle()
    assert not _running(partition)
