"""`vivace signal`: what a person types becomes the command that the account's owner takes."""

from collections.abc import Sequence
from typing import Any

import pytest
from typer.testing import CliRunner

from infra.cli import sending
from infra.cli.sessions import app
from streams.model.command import Command
from streams.model.instant import SECOND
from streams.model.session_command import SignalSessions


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Command]:
    found: list[Command] = []

    def send(commands: Sequence[Command], **_: Any) -> None:
        found.extend(commands)

    monkeypatch.setattr(sending, "send", send)
    return found


def typed(*words: str) -> int:
    return CliRunner().invoke(app, ["signal", *words]).exit_code


def test_all_sessions_of_an_account_are_told(sent: list[Command]) -> None:
    assert typed("ada", "terminate", "-t", "acme", "--id", "one") == 0
    (told,) = sent
    assert isinstance(told, SignalSessions)
    assert (told.command_id, told.tenant, told.account, told.root) == ("one", "acme", "ada", "ada")
    assert (told.action, told.session, told.grace) == ("terminate", "", 60 * SECOND)


def test_one_session_is_told_how_to_go_on(sent: list[Command]) -> None:
    words = ("--session", "s1", "--value", "64kbps", "--reason", "fair use", "--cause", "policy")
    rest = ("--service", "key-1", "--grace", "5", "--root", "family")
    assert typed("ada", "throttle", "-t", "acme", *words, *rest) == 0
    (told,) = sent
    assert isinstance(told, SignalSessions)
    assert (told.session, told.service_id, told.root) == ("s1", "key-1", "family")
    assert (told.value, told.reason, told.cause) == ("64kbps", "fair use", "policy")
    assert told.grace == 5 * SECOND


@pytest.mark.parametrize(
    "words",
    [
        ("ada", "explode"),
        ("ada", "terminate", "--grace", "-1"),
        ("ada", "terminate", "--cause", "limit"),
        ("ada",),
    ],
    ids=["action", "grace", "cause", "nothing"],
)
def test_what_cannot_be_meant_is_refused(sent: list[Command], words: tuple[str, ...]) -> None:
    assert typed(*words, "-t", "acme") == 2
    assert not sent
