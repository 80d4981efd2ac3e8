"""vivace budget: what is sent, and what is refused before."""

from typing import Any

import pytest
from typer.testing import CliRunner

from infra.cli import app, sending
from streams.model.budget_command import PutBudget, RemoveBudget
from streams.model.instant import FOREVER

PUT = ("budget", "put", "acme", "agents", "spend", "-t", "t", "--currency", "EUR")


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What would have gone to the accounts' owners."""
    commands: list[Any] = []
    monkeypatch.setattr(sending, "send", lambda found, **_: commands.extend(found))
    return commands


def test_a_budget_of_the_command_line_is_whole(sent: list[Any]) -> None:
    said = "--limit 5 --by agent --limit-of a=10 --limit-of b=50 --when app=chat --member ann"
    done = CliRunner().invoke(app, [*PUT, *said.split(), "--level", "agent", "--every", "day"])
    assert done.exit_code == 0, done.output
    (command,) = sent
    assert isinstance(command, PutBudget)
    budget = command.budget
    assert (command.account, command.root, budget.id, budget.limit) == ("acme", "acme", "agents", 5)
    assert (budget.by, budget.limits_of) == ("agent", {"a": 10, "b": 50})
    assert (budget.when, budget.accounts, budget.end) == ({"app": "chat"}, ("ann",), FOREVER)


def test_a_budget_is_removed(sent: list[Any]) -> None:
    said = "budget remove acme agents -t t --at 2025-03-02 --root corp"
    assert CliRunner().invoke(app, said.split()).exit_code == 0
    (command,) = sent
    assert isinstance(command, RemoveBudget)
    assert (command.root, command.budget) == ("corp", "agents")


@pytest.mark.parametrize(
    "said",
    [
        "--limit 5 --every year",
        "--limit -1",
        "",
        "--limit 5 --limit-of a=1",
        "--by agent --limit-of a",
        "--limit 5 --rolling 3",
        "--limit 5 --rolling 1 --every hour",
        "--limit 5 --end-oldest",
    ],
)
def test_what_is_no_budget_is_not_sent(said: str, sent: list[Any]) -> None:
    assert CliRunner().invoke(app, [*PUT, *said.split()]).exit_code == 2
    assert not sent
