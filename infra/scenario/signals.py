"""Steps that command running sessions, and what their gateways were told."""

from collections.abc import Sequence
from typing import Final

from infra.scenario.messages import instant
from infra.scenario.step_form import SignalForm
from infra.scenario.then_form import SessionCommandForm
from streams.model.session_command import SessionCommand, SignalSessions

_SECOND: Final = 1_000_000
_WORDS: Final = ("session", "action", "value", "reason", "cause", "gateway")


def signal_command(form: SignalForm, *, root: str, tenant: str, step: int) -> SignalSessions:
    """The command to sessions. An id given in the scenario may stand there twice."""
    return SignalSessions(
        f"{tenant}/signal/{form.id or step}",
        tenant,
        form.account,
        root,
        form.action,
        instant(form.at),
        form.session,
        form.service,
        form.value,
        form.reason,
        grace=form.grace * _SECOND,
    )


def signal_differences(
    expected: Sequence[SessionCommandForm], found: Sequence[SessionCommand]
) -> list[str]:
    """What of the commands to sessions is not as expected, in their order."""
    if len(expected) != len(found):
        told = ", ".join(
            f"{each.action} {each.session} {each.reason} {each.value}" for each in found
        )
        return [f"signals: expected {len(expected)}, found {len(found)} ({told})"]
    return [
        f"signals[{place}] {word}: expected {getattr(form, word)}, found {getattr(one, word)}"
        for place, (form, one) in enumerate(zip(expected, found, strict=True))
        for word in _WORDS
        if getattr(form, word) not in (None, getattr(one, word))
    ]
