"""Ranges of numbers: found by their prefixes as by looking at each of them."""

from hypothesis import given
from hypothesis import strategies as st

from streams.memory import MemoryState
from streams.model.account import Service, ServiceAssignment
from streams.model.command import AssignService
from streams.model.number_range import range_of
from streams.ranges import RangeBook, clash_of, note_range, ranges_over, seen_as_one
from streams.state import Table


def service(name: str, *spans: tuple[int, int], moved_to: str = "") -> Service:
    return Service(
        "t",
        name,
        tuple(ServiceAssignment(name, name, "s", "p", *span, moved_to=moved_to) for span in spans),
    )


def put(state: MemoryState, *services: Service) -> None:
    for each in services:
        state.put(Table.SERVICES, f"t\0{each.service_id}".encode(), each)
        note_range("t", each.service_id, state)


RANGES = st.lists(
    st.tuples(st.integers(0, 998), st.integers(1, 999)).filter(lambda pair: pair[0] < pair[1]),
    max_size=6,
    unique=True,
)


@given(RANGES, st.integers(0, 999))
def test_all_ranges_over_a_number_are_found_the_narrowest_first(
    pairs: list[tuple[int, int]], number: int
) -> None:
    names = [f"{low:03}..{high:03}" for low, high in pairs]
    state, book = MemoryState(), RangeBook()
    for each in (service(name, (0, 10)) for name in names):
        put(state, each)
        book.put(each)
        book.put(each)
    found = [each.service_id for each in ranges_over("t", f"{number:03}", state)]
    over = [name for name in names if (span := range_of(name)) and span.holds(f"{number:03}")]
    assert sorted(found) == sorted(over)
    assert sorted(book.names_over("t", f"{number:03}")) == sorted(over)
    widths = [span.width for name in found if (span := range_of(name))]
    assert widths == sorted(widths)
    assert ranges_over("other", f"{number:03}", state) == []
    assert ranges_over("t", f"{number:04}", state) == []


@given(st.lists(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 10)), max_size=2), max_size=3))
def test_at_each_time_the_narrowest_in_force_counts(spans: list[list[tuple[int, int]]]) -> None:
    told = [
        service(f"0..{number + 1}", *(span for span in each if span[0] < span[1]))
        for number, each in enumerate(spans)
    ]
    for at in range(11):
        merged = seen_as_one(told, at)
        in_force = [
            each for each in told if any(held.start <= at < held.end for held in each.assignments)
        ]
        if merged is None:
            assert told == []
            continue
        covering = {held.account for held in merged.assignments if held.start <= at < held.end}
        assert covering == ({in_force[0].service_id} if in_force else set())
        assert merged.service_id == (in_force[0] if in_force else told[0]).service_id


def test_what_a_narrower_one_cuts_off_has_not_moved_anywhere() -> None:
    wide, narrow = service("00..99", (0, 10), moved_to="there"), service("5", (4, 6))
    merged = seen_as_one([narrow, wide])
    assert merged is not None
    assert [(each.start, each.end, each.moved_to) for each in merged.assignments] == [
        (0, 4, ""), (4, 6, ""), (6, 10, "there"),
    ]  # fmt: skip
    assert seen_as_one([wide]) is wide


def test_ranges_of_one_width_both_claim_a_number() -> None:
    merged = seen_as_one([service("00..49", (0, 10)), service("25..74", (5, 20))])
    assert merged is not None
    assert [(each.account, each.start, each.end) for each in merged.assignments] == [
        ("00..49", 0, 10), ("25..74", 5, 20),
    ]  # fmt: skip


def assign(name: str, start: int, end: int) -> AssignService:
    return AssignService("c", "t", name, "a", "a", "s", "p", start, end)


def test_only_equal_width_numbers_and_time_in_common_clash() -> None:
    state = MemoryState()
    put(state, service("100..199", (0, 10)))
    assert clash_of(assign("150..249", 9, 20), state) == "100..199"
    assert clash_of(assign("001..100", 0, 1), state) == "100..199"
    assert clash_of(assign("150..249", 10, 20), state) == ""
    assert clash_of(assign("200..299", 0, 10), state) == ""
    assert clash_of(assign("150..250", 0, 10), state) == ""
    assert clash_of(assign("100..199", 0, 10), state) == ""
    assert clash_of(assign("150", 0, 10), state) == ""
