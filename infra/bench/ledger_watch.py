"""Sees the ledger grow: when each charge came, and what was made for accounts without usage."""

import threading
import time
from collections import Counter
from typing import Any, Final, Self

import msgspec
from msgspec import Raw, Struct

from connectors.errors import Refused
from connectors.kafka.codec import LEDGER_V1
from connectors.kafka.ledger import LedgerFollower
from connectors.settings import KafkaSettings
from infra.bench.progress import ledger_positions
from streams.model.usage import MADE, SourcePosition
from streams.state import Table

Place = tuple[int, int]
"""Partition and offset of a message on topic `usage`."""

_TURN_S: Final = 0.1


class _Record(Struct, frozen=True, array_like=True):
    record_id: Raw
    tenant: Raw
    source: Raw
    event_id: Raw
    part: Raw
    offset: Raw
    index: Raw
    usage_type: str


class _Charge(Struct, frozen=True, array_like=True):
    record: _Record
    position: SourcePosition
    account: str
    root: Raw
    subscription: Raw
    price_plan: Raw
    product: Raw
    currency: Raw
    amount: Raw
    zone: Raw
    band: Raw
    lines: Raw
    postings: Raw


class _Step(Struct, frozen=True, array_like=True):
    """A ledger record's first fields; what is not looked at stays packed, or the watch is late."""

    format: int
    kind: str
    prev: int
    owner: bytes
    generation: int
    written: Raw
    engine: Raw = Raw()
    inputs: Raw = Raw()
    delta: tuple[tuple[bytes, bytes | None], ...] = ()
    dropped: Raw = Raw()
    rated: tuple[_Charge, ...] = ()


_decode: Final = msgspec.msgpack.Decoder(_Step).decode


def step_of(message: bytes) -> _Step:
    """What measurements look at of a ledger record. Raises Refused for an unknown format."""
    if message[0] != LEDGER_V1:
        raise Refused(f"ledger: unknown format {message[:1]!r}")
    return _decode(memoryview(message)[1:])


class LedgerWatch:
    """Follows the ledger from now on, in a thread of its own, until it is closed.

    `named` is what accounts begin with whose movements are counted and whose balances are kept.
    """

    def __init__(self, kafka: KafkaSettings, *, named: str = "") -> None:
        self.seen: dict[Place, float] = {}
        """When the charge of each message was seen, by the monotonic clock."""
        self.made: Counter[str] = Counter()
        """Movements by kind."""
        self.balances: dict[bytes, bytes | None] = {}
        """What each account held at last, packed."""
        self._named = named
        self._ended = threading.Event()
        self._follower = LedgerFollower(kafka, ledger_positions(kafka), decode=step_of)
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def _follow(self) -> None:
        while not self._ended.is_set():
            for valid in self._follower.poll(timeout_s=_TURN_S):
                self._take(valid.record, time.monotonic())

    def _take(self, step: Any, now: float) -> None:
        for charge in step.rated:
            at = charge.position
            if at.topic_id != MADE:
                self.seen[at.partition, at.offset] = now
            elif self._named and charge.account.startswith(self._named):
                self.made[charge.record.usage_type] += 1
        if self._named:
            name = b"\0" + self._named.encode()
            for key, value in step.delta:
                if key[0] == Table.BALANCES and name in key:
                    self.balances[key[1:]] = value

    def close(self) -> None:
        """Stop following."""
        self._ended.set()
        self._thread.join()
        self._follower.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
