"""Messages to other partitions: part of the step that makes them, kept until they are received."""

from streams.model.command import Forwarded, OutboxMessage, Receipt
from streams.model.usage import SourcePosition, UsageBatch, UsageRecord
from streams.state import Effects, State, Table

NEXT = b"outbox_next"


def forward(  # noqa: PLR0913 - one message: what, from where, to where, into what
    record: UsageRecord,
    position: SourcePosition,
    *,
    sender: int,
    receiver: int,
    state: State,
    effects: Effects,
) -> None:
    """Send a record on to the partition of its new home, with the position it came from."""
    number: int = state.get(Table.META, NEXT) or 0
    state.put(Table.META, NEXT, number + 1)
    batch = UsageBatch(position.topic_id, position.partition, "", (record,))
    command = Forwarded(f"forward:{sender}:{number}", sender, number, batch)
    message = OutboxMessage(number, receiver, command)
    state.put(Table.OUTBOX, message_key(number), message)
    effects.outbox.append(message)


def clear(receipt: Receipt, state: State, effects: Effects) -> None:
    """The message has been taken in elsewhere; a second receipt of it does nothing."""
    key = message_key(receipt.message_id)
    if state.get(Table.OUTBOX, key) is not None:
        state.delete(Table.OUTBOX, key)
        effects.cleared.append(receipt.message_id)


def message_key(number: int) -> bytes:
    """The key of a message in the state."""
    return number.to_bytes(8, "big")
