"""Moves by the door: an account goes to another root."""

from typing import Final

from connectors.api.commands import Asked, Form, command_route, instant, known_root, name, reason
from connectors.api.route import ACCOUNT
from streams.model.move_command import MoveAccount


class MoveForm(Form):
    """The root that the account has from now on, with all that it has; `occurred_at` dates it."""

    to_root: str
    occurred_at: str = ""
    reason: str = ""


def move_account(form: MoveForm, asked: Asked) -> MoveAccount:
    """The move; where the account is not known, its owner says so."""
    return MoveAccount(
        asked.command_id,
        asked.tenant,
        asked.account,
        known_root(asked),
        name(form.to_root, "to_root"),
        instant(form.occurred_at, "occurred_at", asked.at),
        reason(form.reason),
    )


ROUTES: Final = (
    command_route(
        f"{ACCOUNT}/move",
        MoveForm,
        move_account,
        summary="Take an account to another root with all that it has",
    ),
)
