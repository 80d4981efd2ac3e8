"""Messages to other partitions: part of the step that makes them, kept until they are received."""

from collections.abc import Callable

from streams.model.command import FoldPeriods, Forwarded, OutboxMessage, Relayed
from streams.model.usage import SourcePosition, UsageBatch, UsageRecord
from streams.state import Effects, State, Table

NEXT = b"outbox_next"


def forward(  # noqa: PLR0913 - one message: what, from where, to where, into what
    record: UsageRecord,
    position: SourcePosition,
    *,
    sender: int,
    receiver: int,
    hops: int,
    is_return: bool,
    state: State,
    effects: Effects,
) -> None:
    """Send a record on to the partition of its new home, with the position it came from."""
    number = _next_number(state)
    batch = UsageBatch(position.topic_id, position.partition, "", (record,))
    command = Forwarded(f"forward:{sender}:{number}", sender, number, batch, hops, is_return)
    _put(OutboxMessage(number, receiver, command), state, effects)


def remind(partition: int, *, state: State, effects: Effects) -> int:
    """Have the partition go on with folding after what waits before it; the message's number."""
    number = _next_number(state)
    command = FoldPeriods(f"fold:{partition}:{number}", partition, number)
    _put(OutboxMessage(number, partition, command), state, effects)
    return number


def relay(
    make: Callable[[str, int], Relayed], *, receiver: int, state: State, effects: Effects
) -> int:
    """Send the command that `make` gives for the end of its id and the message's number, which is
    the answer."""
    number = _next_number(state)
    _put(OutboxMessage(number, receiver, make(f"{receiver}:{number}", number)), state, effects)
    return number


def _next_number(state: State) -> int:
    number: int = state.get(Table.META, NEXT) or 0
    state.put(Table.META, NEXT, number + 1)
    return number


def _put(message: OutboxMessage, state: State, effects: Effects) -> None:
    state.put(Table.OUTBOX, message_key(message.message_id), message)
    effects.outbox.append(message)


def clear(message_id: int, state: State, effects: Effects) -> OutboxMessage | None:
    """The message, which has been taken in; told a second time, it does nothing."""
    key = message_key(message_id)
    message: OutboxMessage | None = state.get(Table.OUTBOX, key)
    if message is not None:
        state.delete(Table.OUTBOX, key)
        effects.cleared.append(message_id)
    return message


def message_key(number: int) -> bytes:
    """The key of a message in the state."""
    return number.to_bytes(8, "big")
