"""Named steps between two durable acts, told as they are passed.

What must survive a death is decided between "the other side has it" and "we have noted so". Each
such place says that it was passed; in service nobody listens. The crash tests listen and end the
process there, so that every gap is hit on purpose and not by luck.
"""

from collections.abc import Callable
from enum import StrEnum

Observer = Callable[[str], None]


class Step(StrEnum):
    """Every place that tells, by process; those of charging are the points of an owner."""

    MEDIATION_BETWEEN_OUTPUTS = "mediation_between_outputs"
    """Some outputs of a batch are on their way to the broker, others are not."""
    MEDIATION_AFTER_PRODUCE = "mediation_after_produce"
    """All outputs of a batch are acknowledged; the batch is not."""
    CHARGING_AFTER_LEDGER = "acknowledged"
    """A step is acknowledged by the ledger; the local state does not have it."""
    CHARGING_AFTER_WRITE = "applied"
    """The local state has the step; its source batch is not acknowledged."""
    CHARGING_BEFORE_COMMIT = "told"
    """The source batch is acknowledged; the group's offset is not committed."""
    SINK_BETWEEN_TABLES = "sink_between_tables"
    """Some tables have the rows of a batch, others do not."""
    SINK_AFTER_INSERT = "sink_after_insert"
    """All tables have the rows; the sink's position is not stored."""
    DISPATCHER_AFTER_PRODUCE = "dispatcher_after_produce"
    """The messages are acknowledged; the dispatcher's position is not stored."""
    KEEPER_AFTER_SEND = "keeper_after_send"
    """Commands are acknowledged; the keeper's own note of it is not made."""


class WebhookStep(StrEnum):
    """The same of webhooks, which run only where there are receivers."""

    AFTER_ANSWER = "webhooks_after_answer"
    """A receiver has taken an alert; its batch is not acknowledged."""
    AFTER_KEPT = "webhooks_after_kept"
    """What was given up stands on topic `undelivered`; its batch is not acknowledged."""
    BEFORE_ACKNOWLEDGE = "webhooks_before_acknowledge"
    """All of a batch has ended; it is not acknowledged."""


class OutboxStep(StrEnum):
    """The same of messages between partitions, which few accounts have to do with.

    All that comes between is a step of an owner: it tells at the points of charging.
    """

    BEFORE_SEND = "outbox_before_send"
    """A step that made a message is in ledger and state; the message is not on its way."""
    AFTER_SEND = "outbox_after_send"
    """The receiver's topic has the message; the sender has not noted that it was sent."""


_observer: Observer | None = None


def passed(step: str) -> None:
    """Tell that `step` was passed. Costs a comparison where nobody listens."""
    if _observer is not None:
        _observer(step)


def observe(observer: Observer | None) -> None:
    """Let `observer` hear of every step from now on; None: nobody."""
    global _observer
    _observer = observer
