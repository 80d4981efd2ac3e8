"""Budgets by the door: bodies become commands, wrong ones say which field."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.api.budgets import BudgetForm, RemoveForm, put_budget, remove_budget
from connectors.api.commands import Asked
from connectors.api.keys import Scope
from connectors.settings import ClickHouseSettings, KafkaSettings
from streams.model.budget import Budget
from streams.model.budget_command import PutBudget, RemoveBudget
from streams.model.instant import FOREVER
from tests.connectors.door import Door, DoorSettings, is_problem

NOON = 1_767_268_800_000_000
BUDGETS = "/v1/tenants/acme/accounts/ada/budgets"
DAY: dict[str, Any] = {"budget": "day", "limits": "spend", "limit": 5, "currency": "EUR"}


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Door]:
    """A door whose engines are away."""
    nowhere = ClickHouseSettings(host="127.0.0.1", port=1, user="u", password="p")
    opened = Door(DoorSettings(KafkaSettings(bootstrap="127.0.0.1:1"), nowhere, tmp_path))
    yield opened
    opened.close()


def test_a_budget_and_its_end_are_commands() -> None:
    asked = Asked("acme", "ada", "", "corp", "id", NOON)
    said = BudgetForm(
        budget="agents",
        limits="units",
        every="hour",
        rolling=5,
        by="agent",
        limits_of={"a": Decimal("10.5")},
        accounts=("ada", "bob"),
        units=("output",),
    )
    budget = Budget(
        "agents",
        "units",
        None,
        "hour",
        5,
        units=("output",),
        by="agent",
        limits_of={"a": Decimal("10.5")},
        accounts=("ada", "bob"),
        start=NOON,
        end=FOREVER,
    )
    assert put_budget(said, asked) == PutBudget("id", "acme", "ada", "corp", budget)
    end = RemoveBudget("id", "acme", "ada", "corp", "agents", NOON)
    assert remove_budget(RemoveForm(budget="agents"), asked) == end


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"limit": None}, "limit"),
        ({"limit": -1}, "limit"),
        ({"currency": ""}, "currency"),
        ({"limits_of": {"a": 1}}, "by"),
        ({"rolling": 3}, "rolling"),
        ({"rolling": 1441, "every": "minute"}, "rolling"),
        ({"at_limit": "end_oldest"}, "at_limit"),
        ({"time_zone": "Mars"}, "time_zone"),
        ({"accounts": [""]}, "accounts"),
        ({"start": "2026-02-01", "end": "2026-02-01"}, "end"),
        ({"by": "a", "limits_of": {str(n): 1 for n in range(1_001)}}, "limits_of"),
    ],
)
def test_what_is_no_budget_is_refused_by_its_field(
    alone: Door, terms: dict[str, Any], field: str
) -> None:
    client = alone.client(Scope.WRITE, tenant="acme")
    refused = client.post(BUDGETS, json={**DAY, **terms, "root": "ada"})
    assert is_problem(refused, 422), refused.text
    assert refused.json()["field"] == field
