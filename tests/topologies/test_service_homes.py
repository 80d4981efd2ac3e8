"""One service id, several homes: topic `accounts` tells what all of them together know."""

from hypothesis import given
from hypothesis import strategies as st

from streams.model.account import Service, ServiceAssignment
from streams.model.instant import FOREVER
from streams.partition import partition_of
from tests.topologies.small_ledger import TENANT
from topologies.keeper.facts import ServiceHomes

PARTITIONS = 4
ROOTS = [f"root-{number}" for number in range(6)]


def home_of(root: str) -> int:
    return partition_of(TENANT, root, PARTITIONS)


def assignment(root: str, start: int, end: int = FOREVER, moved_to: str = "") -> ServiceAssignment:
    return ServiceAssignment(f"account-of-{root}", root, "sub", "plan", start, end, moved_to)


@given(st.lists(st.tuples(st.sampled_from(ROOTS), st.integers(0, 9)), min_size=1, max_size=12))
def test_each_home_replaces_its_own_assignments_and_no_others(
    told: list[tuple[str, int]],
) -> None:
    homes = ServiceHomes(PARTITIONS)
    known: dict[int, list[ServiceAssignment]] = {}
    versions: list[int] = []
    for root, start in told:
        own = known.setdefault(home_of(root), [])
        own[:] = sorted([*own, assignment(root, start)], key=lambda each: each.start)
        news = Service(TENANT, "number", tuple(own), version=len(own))
        merged = homes.merged(news, home=home_of(root))
        expected = [each for assignments in known.values() for each in assignments]
        assert sorted(merged.assignments, key=repr) == sorted(expected, key=repr)
        assert list(merged.assignments) == sorted(merged.assignments, key=lambda each: each.start)
        versions.append(merged.version)
    if len(known) > 1:
        assert versions[-1] >= versions[0]


def test_a_service_that_moved_is_known_at_both_homes_over_a_restart() -> None:
    first, second = ROOTS[0], next(root for root in ROOTS if home_of(root) != home_of(ROOTS[0]))
    homes = ServiceHomes(PARTITIONS)
    homes.merged(Service(TENANT, "n", (assignment(first, 0),)), home=home_of(first))
    ended = Service(TENANT, "n", (assignment(first, 0, 5, second),), version=2)
    told = homes.merged(ended, home=home_of(first))
    again = ServiceHomes(PARTITIONS)
    again.note(told)
    merged = again.merged(Service(TENANT, "n", (assignment(second, 5),)), home=home_of(second))
    assert merged.assignments == (assignment(first, 0, 5, second), assignment(second, 5))
    assert merged.version == 3
