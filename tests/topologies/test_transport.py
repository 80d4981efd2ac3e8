"""The batch transport on a real broker: an event is a fetch, acknowledged as a whole or not."""

import signal
from pathlib import Path
from types import SimpleNamespace

from connectors.settings import KafkaSettings
from tests.topologies.toys import committed, members, produce, times_seen, toy_worker, wait_for
from topologies.transport.thread import AT_REST, IN_FLOW, BatchConsumerThread

BATCH = 100
"""Records in one batch of the toy worker, at most."""


def test_one_event_holds_the_records_of_one_fetch(
    kafka_settings: KafkaSettings, tmp_path: Path
) -> None:
    """2,000 records of two partitions come as few whole batches, in order, with headers."""
    produce(kafka_settings, 1000, partitions=2)
    with toy_worker(kafka_settings, tmp_path) as worker:
        wait_for(lambda: worker.count() >= 2000, "all records")
        seen = worker.seen()
        assert all(batch.last - batch.first + 1 == batch.records <= BATCH for batch in seen)
        assert len(seen) <= 40
        for partition in (0, 1):
            firsts = [batch.first for batch in seen if batch.partition == partition]
            assert firsts == sorted(firsts)
        assert set(times_seen([worker]).values()) == {1}
        first = next(batch for batch in seen if batch.partition == 1)
        assert "('number', b'0')" in first.what
        assert "b'1:0'" in first.what


def test_what_is_done_is_committed_and_not_seen_again(
    kafka_settings: KafkaSettings, tmp_path: Path
) -> None:
    """SIGTERM ends a worker with exit code 0 and its last batch committed."""
    produce(kafka_settings, 500)
    with toy_worker(kafka_settings, tmp_path / "a", "slow") as worker:
        wait_for(lambda: worker.count() >= 300, "some batches")
        assert worker.end() == 0
        (reached,) = committed(kafka_settings)
        assert reached == worker.seen()[-1].last + 1
    with toy_worker(kafka_settings, tmp_path / "b") as following:
        wait_for(lambda: worker.count() + following.count() >= 500, "the rest")
        assert set(times_seen([worker, following]).values()) == {1}


def test_an_agent_that_raises_stops_its_process_with_the_batch_unacknowledged(
    kafka_settings: KafkaSettings, tmp_path: Path
) -> None:
    """Exit code not 0, the commit where the failing batch begins; the next start loses nothing."""
    produce(kafka_settings, 500)
    with toy_worker(kafka_settings, tmp_path / "a", "raise@250") as failing:
        assert failing.process.wait(30) != 0
        assert "RuntimeError: offset 250" in failing.output()
        (reached,) = committed(kafka_settings)
        assert reached <= 250
        assert reached in (-1001, *(batch.last + 1 for batch in failing.seen()))
    with toy_worker(kafka_settings, tmp_path / "b") as following:
        wait_for(lambda: {o for _, o in times_seen([failing, following])} >= set(range(500)), "all")
        assert following.seen()[0].first == max(reached, 0)


def test_a_poison_batch_comes_again_at_every_start(
    kafka_settings: KafkaSettings, tmp_path: Path
) -> None:
    """A batch that always fails is never skipped."""
    produce(kafka_settings, 50)
    for attempt in ("a", "b"):
        with toy_worker(kafka_settings, tmp_path / attempt, "raise@7") as failing:
            assert failing.process.wait(30) != 0
    assert committed(kafka_settings) == [-1001]


def test_three_batches_of_a_partition_are_out_at_most(
    kafka_settings: KafkaSettings, tmp_path: Path
) -> None:
    """Nothing more is delivered while batches are held; all of it once they are done."""
    produce(kafka_settings, 1000, partitions=2)
    with toy_worker(kafka_settings, tmp_path, "hold") as worker:
        wait_for(lambda: len(worker.seen()) >= 6, "three batches of two partitions")
        produce(kafka_settings, 10, partitions=2, first=1000)
        # A third partition has room: when it was read, the two others might have been as well.
        produce(kafka_settings, 1, partitions=3, first=1010)
        wait_for(lambda: 2 in worker.partitions(), "the third partition")
        assert [batch.partition for batch in worker.seen()].count(2) == len(worker.seen()) - 6
        assert committed(kafka_settings, 3) == [-1001] * 3
        (tmp_path / "release").touch()
        wait_for(lambda: worker.count() >= 2023, "the rest")
        wait_for(lambda: committed(kafka_settings, 3) == [1011, 1011, 1], "commits")
        assert set(times_seen([worker]).values()) == {1}


def test_workers_come_and_go_in_order(kafka_settings: KafkaSettings, tmp_path: Path) -> None:
    """A worker that joins takes partitions over, and gives them back by SIGTERM: nothing twice."""
    produce(kafka_settings, 200, partitions=4)
    with toy_worker(kafka_settings, tmp_path / "a") as first:
        wait_for(lambda: first.count() >= 800, "the first worker to have it all")
        with toy_worker(kafka_settings, tmp_path / "b") as second:
            number = 200
            while not second.count():
                produce(kafka_settings, 10, partitions=4, first=number)
                number += 10
                assert number < 20_000
            assert second.end() == 0
            produce(kafka_settings, 10, partitions=4, first=number)
            number += 10
            wait_for(lambda: len(times_seen([first, second])) >= 4 * number, "all of it")
            assert set(times_seen([first, second]).values()) == {1}


def test_a_killed_workers_partitions_go_to_another(
    kafka_settings: KafkaSettings, tmp_path: Path
) -> None:
    """SIGKILL: after the session everything unacknowledged comes again at the other worker."""
    produce(kafka_settings, 300, partitions=4)
    with (
        toy_worker(kafka_settings, tmp_path / "a", "slow") as first,
        toy_worker(kafka_settings, tmp_path / "b", "slow") as second,
    ):
        wait_for(lambda: first.count() + second.count() >= 800, "most of it")
        produce(kafka_settings, 300, partitions=4, first=300)
        first.kill()
        wait_for(lambda: len(times_seen([first, second])) == 2400, "all of it")
        wait_for(lambda: committed(kafka_settings, 4) == [600] * 4, "commits to the end")


def test_a_frozen_worker_that_wakes_commits_nothing_of_what_it_lost(
    kafka_settings: KafkaSettings, tmp_path: Path
) -> None:
    """SIGSTOP until its partitions moved, then SIGCONT: commits never go backwards, all is seen."""
    produce(kafka_settings, 300, partitions=4)
    with toy_worker(kafka_settings, tmp_path / "a", "slow") as zombie:
        wait_for(lambda: zombie.count() >= 400, "a start")
        zombie.tell(signal.SIGSTOP)
        with toy_worker(kafka_settings, tmp_path / "b") as second:
            wait_for(lambda: len(times_seen([zombie, second])) == 1200, "all of it", 40)
            wait_for(lambda: committed(kafka_settings, 4) == [300] * 4, "commits to the end")
            zombie.tell(signal.SIGCONT)
            wait_for(
                lambda: zombie.process.poll() is not None or members(kafka_settings) == 2, "awake"
            )
            produce(kafka_settings, 100, partitions=4, first=300)
            wait_for(lambda: len(times_seen([zombie, second])) == 1600, "what came later", 40)
            wait_for(lambda: committed(kafka_settings, 4) == [400] * 4, "commits to the end")


def test_fetches_wait_for_company_while_something_comes() -> None:
    thread = BatchConsumerThread.__new__(BatchConsumerThread)
    thread._consumer = None
    thread.have_patience(IN_FLOW)  # nothing is connected yet
    fetcher = SimpleNamespace()
    thread._consumer = SimpleNamespace(_fetcher=fetcher)
    for patience in (IN_FLOW, AT_REST):
        thread.have_patience(patience)
        assert (fetcher._fetch_max_wait_ms, fetcher._fetch_min_bytes) == patience
    assert AT_REST.bytes_min == 1 < IN_FLOW.bytes_min
    assert IN_FLOW.wait_ms < AT_REST.wait_ms
