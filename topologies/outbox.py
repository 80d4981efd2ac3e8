"""Messages to other partitions: kept in the state, sent until a receipt clears them.

A message leaves only after the ledger has acknowledged the step that made it. Sending twice is
harmless: the receiver knows it by its command id and answers with a receipt again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

import structlog

from connectors.errors import ConnectorError
from connectors.kafka.codec import encode_commands
from connectors.steps import OutboxStep, passed
from streams.model.command import FoldPeriods, OutboxMessage, Receipt, Relayed
from topologies.turns import Room

_log = structlog.get_logger()

Send = Callable[[int, bytes], Awaitable[None]]
"""Put a message into `charging[partition]` and wait for the acknowledgement."""


def receipt_for(forwarded: Relayed, receiver: int) -> OutboxMessage:
    """Tells the sender that its message has been taken in; its own `message_id` stays unused."""
    name = f"receipt:{forwarded.sender}:{forwarded.message_id}:{receiver}"
    return OutboxMessage(-1, forwarded.sender, Receipt(name, receiver, forwarded.message_id))


class Outbox:
    """What a partition still has to send. `run` sends; the others only note."""

    def __init__(self, send: Send, resend_s: float, room: Room) -> None:
        self._send = send
        self._resend_s = resend_s
        self._pending: dict[int, OutboxMessage] = {}
        self._due_at: dict[int, float] = {}
        self._receipts: list[OutboxMessage] = []
        self._room = room
        self._folding: set[int] = set()
        self._wake = asyncio.Event()

    def __len__(self) -> int:
        return len(self._pending)

    def load(self, messages: Iterable[OutboxMessage]) -> None:
        """What the state holds, after it has been read from the ledger."""
        self._pending = {message.message_id: message for message in messages}
        self._due_at = dict.fromkeys(self._pending, 0.0)
        self._wake.set()

    def note(self, messages: Iterable[OutboxMessage], cleared: Iterable[int]) -> None:
        """A step has been applied that made these messages and cleared those."""
        for message in messages:
            self._pending[message.message_id] = message
            self._due_at[message.message_id] = 0.0
            self._wake.set()
        for message_id in cleared:
            self._pending.pop(message_id, None)
            self._due_at.pop(message_id, None)
            self._folded(message_id)

    def answer(self, receipts: Iterable[OutboxMessage]) -> None:
        """Send these once; if one is lost, its cause comes again and so does it."""
        self._receipts.extend(receipts)
        if self._receipts:
            self._wake.set()

    def forget(self) -> None:
        """The partition is lost: whoever owns it now sends."""
        self._pending.clear()
        self._due_at.clear()
        self._receipts.clear()
        for message_id in [*self._folding]:
            self._folded(message_id)

    async def run(self) -> None:
        """Send what is due, for ever."""
        loop = asyncio.get_running_loop()
        while True:
            self._wake.clear()
            await self._send_due(loop.time())
            if self._wake.is_set():
                continue
            try:
                async with asyncio.timeout(self._resend_s if self._pending else None):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def _send_due(self, now: float) -> None:
        receipts, self._receipts = self._receipts, []
        for receipt in receipts:
            await self._try_send(receipt)
        for message_id in [key for key, due_at in self._due_at.items() if due_at <= now]:
            message = self._pending.get(message_id)
            if message is not None and self._may_go(message):
                self._due_at[message_id] = now + self._resend_s
                await self._try_send(message)

    def _may_go(self, message: OutboxMessage) -> bool:
        """Idle accounts are folded by few partitions at a time: nobody waits for them."""
        number = message.message_id
        if number in self._folding or not isinstance(message.command, FoldPeriods):
            return True
        if not self._room.take(self._wake.set):
            return False
        self._folding.add(number)
        return True

    def _folded(self, message_id: int) -> None:
        if message_id in self._folding:
            self._folding.remove(message_id)
            self._room.give()

    async def _try_send(self, message: OutboxMessage) -> None:
        passed(OutboxStep.BEFORE_SEND)
        try:
            await self._send(message.partition, encode_commands((message.command,)))
        except ConnectorError as error:
            _log.warning("message not sent", partition=message.partition, why=str(error))
        else:
            passed(OutboxStep.AFTER_SEND)
