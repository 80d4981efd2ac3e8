"""How long a command's id is known: money for good, the rest for a stated while, none for less."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from streams.command_ids import COMMAND_IDS, note
from streams.memory import MemoryState
from streams.model.balance_command import Adjust, TopUp
from streams.model.command import ActivateCatalog, PutAccount
from streams.model.instant import BEGINNING, DAY, HOUR, SECOND, Instant
from streams.record_ids import KEPT_DAYS
from streams.state import Table

NOW: Instant = 1_740_787_200 * SECOND
KEPT: Instant = KEPT_DAYS * DAY


def put(command_id: str) -> PutAccount:
    return PutAccount(command_id, "t", "ada", "ada", "postpaid", "CHF", "UTC", None)


def pay(command_id: str) -> TopUp:
    return TopUp(command_id, "t", "ada", "ada", Decimal(5), "CHF", NOW, "")


def ids(state: MemoryState) -> int:
    return len(state.table(Table.COMMANDS))


def test_an_id_is_dropped_after_the_window_and_not_within_it() -> None:
    state = MemoryState()
    COMMAND_IDS.turn(NOW, state)
    COMMAND_IDS.turn(NOW + KEPT - 1, state)
    assert note(put("late in its group"), state)
    for at in (NOW + KEPT, NOW + 2 * KEPT - 1):
        COMMAND_IDS.turn(at, state)
        assert not note(put("late in its group"), state)
    COMMAND_IDS.turn(NOW + 2 * KEPT, state)
    assert ids(state) == 0
    assert note(put("late in its group"), state)


def test_ids_from_before_the_first_tick_are_known_after_it() -> None:
    state = MemoryState()
    assert note(ActivateCatalog("at the start", "t", "v", BEGINNING), state)
    for at in (NOW, NOW + KEPT, NOW + KEPT + DAY):
        COMMAND_IDS.turn(at, state)
        assert not note(ActivateCatalog("at the start", "t", "v", BEGINNING), state)


def correct(command_id: str) -> Adjust:
    return Adjust(command_id, "t", "ada", "ada", Decimal(-5), "CHF", NOW, "")


def test_the_id_of_money_is_known_for_good() -> None:
    state = MemoryState()
    assert note(pay("x"), state)
    assert note(correct("y"), state)
    for windows in range(10):
        COMMAND_IDS.turn(NOW + windows * KEPT, state)
        assert not note(pay("x"), state)
        assert not note(correct("y"), state)


def test_ids_after_a_long_silence_are_dropped_group_by_group() -> None:
    state = MemoryState()
    COMMAND_IDS.turn(NOW, state)
    note(put("before"), state)
    COMMAND_IDS.turn(NOW + 100 * KEPT, state)
    assert not note(put("before"), state)
    COMMAND_IDS.turn(NOW + 101 * KEPT, state)
    assert note(put("before"), state)


@given(st.lists(st.integers(1, 50 * 24), min_size=1, max_size=60), st.data())
def test_no_id_is_new_twice_within_the_window(pauses: list[int], data: st.DataObject) -> None:
    """Whatever the ticks: an id seen at a time is known at every tick less than the window later,
    and there are never more groups than two."""
    state = MemoryState()
    at, seen = NOW, dict[str, Instant]()
    for number, pause in enumerate(pauses):
        COMMAND_IDS.turn(at, state)
        groups = {key[:4] for key in state.table(Table.COMMANDS)}
        assert len(groups) <= 2
        for name in data.draw(st.lists(st.sampled_from(sorted(seen) or ["none"]), max_size=3)):
            if name in seen and at < seen[name] + KEPT:
                assert not note(put(name), state)
        assert note(put(str(number)), state)
        seen[str(number)] = at
        at += pause * HOUR
