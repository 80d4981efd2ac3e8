"""The generator: the same seed gives the same bytes, and what it says of its records is so."""

import json
from collections import Counter

import pytest

from infra.load.messages import messages
from infra.load.plan import Kind, LoadPlan, Workload
from infra.load.population import commands_of, population, strangers
from streams.model.command import AssignService

START = 1_763_800_000_000_000
FAULTY = LoadPlan(
    events=5_000, start=START, late=30, doubled=30, broken=30, unknown=30, unpriced=5, filtered=30
)


def test_same_seed_same_bytes() -> None:
    assert list(messages(FAULTY)) == list(messages(FAULTY))


def test_other_seed_other_ids() -> None:
    other = LoadPlan(events=10, start=START, seed=2)
    assert {m.value for m in messages(other)}.isdisjoint(
        m.value for m in messages(LoadPlan(events=10, start=START))
    )


def test_shares_are_kept() -> None:
    counts = Counter(kind for m in messages(FAULTY) for kind in m.kinds)
    for kind in (Kind.DOUBLED, Kind.BROKEN, Kind.UNKNOWN, Kind.FILTERED):
        assert 100 <= counts[kind] <= 200, (kind, counts)
    assert 10 <= counts[Kind.UNPRICED] <= 45


@pytest.mark.parametrize("workload", list(Workload))
def test_good_messages_can_be_read(workload: Workload) -> None:
    plan = LoadPlan(events=500, start=START, workload=workload)
    for message in messages(plan):
        if message.value.startswith(b"voice,"):
            lines = message.value.split(b"\n")
            assert len(lines) == len(message.kinds)
            assert all(line.count(b",") == 5 for line in lines)
        else:
            read = json.loads(message.value)
            assert (len(read) if isinstance(read, list) else 1) == len(message.kinds)


def test_doubled_repeat_earlier_bytes() -> None:
    seen: set[bytes] = set()
    for message in messages(FAULTY):
        if Kind.DOUBLED in message.kinds:
            assert message.value in seen
        seen.add(message.value)


def test_every_customer_gets_a_service_and_strangers_are_others() -> None:
    def services(customers: list) -> set[str]:
        return {
            command.service_id
            for customer in customers
            for command in commands_of(customer, at=START)
            if isinstance(command, AssignService)
        }

    known, unknown = services(list(population(50))), services(list(strangers()))
    assert len(known) == 100
    assert known.isdisjoint(unknown)
