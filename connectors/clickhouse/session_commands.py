"""What sessions were told as rows of `session_commands`."""

from collections.abc import Sequence
from typing import Final

from connectors.clickhouse.columns import Columns, instants, strings
from connectors.clickhouse.steps import StoredStep, place_columns
from streams.model.session_command import SessionCommand

_TEXTS: Final = (
    "tenant",
    "account",
    "command_id",
    "session",
    "service_id",
    "gateway",
    "action",
    "value",
    "reason",
    "cause",
)


def session_command_columns(steps: Sequence[StoredStep]) -> Columns:
    """Rows of `session_commands`."""
    told: list[SessionCommand] = [each for step in steps for each in step.frame.signals]
    counts = [len(step.frame.signals) for step in steps]
    return {
        **{name: strings([getattr(each, name) for each in told]) for name in _TEXTS},
        "occurred_at": instants([each.occurred_at for each in told]),
        **place_columns(steps, counts, "told_at"),
    }
