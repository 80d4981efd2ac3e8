"""`vivace top`: rates between two looks, out of what only rises."""

import msgspec

from infra.top import Watching, picture_of, within
from topologies.figures import BOUNDS_MS, PartitionFigures, WorkerFigures


def partition(
    requests: int, *, sessions: int = 0, took: dict[int, int] | None = None
) -> PartitionFigures:
    counts = [0] * (len(BOUNDS_MS) + 1)
    for place, count in (took or {}).items():
        counts[place] = count
    return PartitionFigures(
        sessions=sessions,
        requests=requests,
        records=2 * requests,
        steps=requests,
        in_transit=0,
        cpu_s=requests / 1000,
        took=counts,
    )


def worker(partitions: dict[int, PartitionFigures], **answers: int) -> WorkerFigures:
    told = {word.replace("_", "/", 1): count for word, count in answers.items()}
    return WorkerFigures(partitions=partitions, answers=told, streams=1)


def test_rates_are_what_has_come_since_the_look_before() -> None:
    before = {
        "a": worker({0: partition(100, took={3: 100})}, reserve_success=90, reserve_partial=10)
    }
    now = {
        "a": worker(
            {0: partition(300, sessions=7, took={3: 299, 9: 1})},
            reserve_success=190,
            reserve_partial=60,
            confirm_unknown_session=50,
        ),
        "b": worker({1: partition(1000, sessions=2, took={3: 5})}),
    }
    picture = picture_of(before, now, over_s=2.0)
    first, second = picture.partitions
    assert (first.worker, first.partition, first.sessions) == ("a", 0, 7)
    assert (first.requests_per_s, first.records_per_s, first.cpu_percent) == (100.0, 200.0, 10.0)
    assert (first.p50_ms, first.p99_ms) == (BOUNDS_MS[3], BOUNDS_MS[3])
    # A partition that was not there before has no rates yet.
    assert (second.sessions, second.requests_per_s, second.p50_ms) == (2, 0.0, None)
    assert (picture.total.sessions, picture.total.requests_per_s) == (9, 100.0)
    assert (picture.granted_per_s, picture.refused_per_s, picture.streams) == (75.0, 25.0, 2)


def test_a_share_is_within_the_first_bound_that_holds_so_many() -> None:
    counts = [0] * (len(BOUNDS_MS) + 1)
    assert within(counts, 50) is None
    counts[0], counts[5] = 99, 1
    assert (within(counts, 50), within(counts, 99), within(counts, 100)) == (
        BOUNDS_MS[0],
        BOUNDS_MS[0],
        BOUNDS_MS[5],
    )
    counts[-1] = 10_000
    assert within(counts, 99) == BOUNDS_MS[-1]


class Doors:
    def __init__(self) -> None:
        self.told = {"a": worker({0: partition(5)}), "b": worker({1: partition(5)})}

    def addresses(self) -> dict[str, str]:
        return {name: name for name in (*self.told, "gone")}

    def get(self, address: str, path: str) -> bytes | None:
        assert path == "figures"
        found = self.told.get(address)
        return None if found is None else msgspec.json.encode(found)


def test_a_worker_that_does_not_answer_is_left_out() -> None:
    doors = Doors()
    watching = Watching(doors)
    assert len(watching.look().partitions) == 2
    doors.told["a"] = worker({0: partition(50)})
    picture = watching.look()
    assert picture.total.requests_per_s > 0
    assert [line.worker for line in picture.partitions] == ["a", "b"]
