"""Sessions that close, and records of them that measured nothing of a unit."""

from pathlib import Path
from typing import Any

import pytest

from streams.memory import MemoryState
from streams.model.session import SessionTally
from streams.model.usage import Usage
from streams.rate.session import find_session
from streams.state import TIME, Table
from tests.streams.rate.ran import ran, used

TALKS: dict[str, Any] = {
    "usage_types": [
        {"id": "used", "units": ["tokens", "actions", "done"], "attributes": ["talk", "event"]}
    ],
    "outcomes": [
        {
            "id": "done",
            "usage_type": "used",
            "unit": "done",
            "session": "talk",
            "events": ["answer"],
            "resolved": 'last == "answer"',
            "at_most": {"per": "session"},
            "closes_after": "1d",
        }
    ],
    "price_plans": [
        {
            "id": "plan",
            "currency": "CHF",
            "offers": [
                {
                    "id": "offer",
                    "usage_type": "used",
                    "from": "2020-01-01",
                    "prices": [{"per_unit": {"amounts": {"done": 1}}}],
                }
            ],
        }
    ],
}


@pytest.mark.parametrize(("time", "is_open"), [(9, True), (10, False), (11, False)])
def test_a_session_is_gone_from_the_moment_that_closes_it(time: int, is_open: bool) -> None:
    state, tally = MemoryState(), SessionTally(10, 5)
    state.put(Table.SESSION_TALLIES, b"k", tally)
    state.put(Table.META, TIME, time)
    assert find_session(b"k", state) is (tally if is_open else None)


def test_a_charge_tells_its_record_as_it_came(tmp_path: Path) -> None:
    words = {"talk": "a", "event": "answer"}
    found = ran(tmp_path, TALKS, [used(1, units={"tokens": 0}, attributes=words)])
    (charge,) = found.charges
    assert charge.amount == 1
    assert charge.record.usages == tuple(Usage(unit, 0) for unit in ("tokens", "actions", "done"))
