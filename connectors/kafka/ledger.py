"""Reading topic `ledger`: the one rule of validity, bounded reads, and following it for ever.

Only records that `Chain` accepts count, for every reader alike: recovery, sink, dispatcher,
keeper, audit. The others are void: an owner that had lost its partition wrote them too late, or a
retry wrote the same bytes twice.
"""

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any, Protocol, Self

from confluent_kafka import Consumer, KafkaError, TopicPartition

from connectors.errors import ConnectorError, Corrupted, Refused, Unavailable
from connectors.kafka.client import bounds
from connectors.kafka.codec import decode_ledger
from connectors.kafka.progress import Progress, progress_of
from connectors.kafka.topics import MESSAGE_BYTES_MAX, Topic
from connectors.settings import KafkaSettings
from streams.model.ledger import LedgerRecord

FETCH_MESSAGES_MAX = 500
"""Messages taken from the client at once by a bounded read."""

STALL_S = 15.0
"""A bounded read that gets nothing for so long gives up as `Unavailable`."""

_CORRUPTED = frozenset((KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE))
_REFUSED = frozenset((KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError._AUTHENTICATION))


class Link(Protocol):
    """What the chain asks of a record: the offset it was computed from, and whose it is."""

    @property
    def prev(self) -> int:
        """Offset of the record this one was computed from, -1 at the beginning."""

    @property
    def owner(self) -> bytes:
        """The opening of the state that wrote it."""


class Chain:
    """The validity of one ledger partition, seen in log order.

    A record is valid only if `prev` is the offset of the last valid one. `last` is that offset (-1
    before the first) and `owner` the writer of it; an owner that reads another's name here has lost
    the partition.
    """

    __slots__ = ("last", "owner")

    def __init__(self, last: int = -1, owner: bytes = b"") -> None:
        self.last = last
        self.owner = owner

    def accept(self, offset: int, record: Link) -> bool:
        """True where the record at `offset` is valid; it is the last valid one from then on."""
        if record.prev != self.last:
            return False
        self.last = offset
        self.owner = record.owner
        return True


@dataclass(frozen=True, slots=True)
class ValidRecord:
    """A ledger record that counts; `size` is its bytes on the wire."""

    partition: int
    offset: int
    timestamp_ms: int
    record: LedgerRecord
    size: int


def ledger_topic(settings: KafkaSettings) -> str:
    """The broker's name of topic `ledger`."""
    return f"{settings.prefix}{Topic.LEDGER}"


def _new_consumer(settings: KafkaSettings) -> Any:
    return Consumer(
        {
            "bootstrap.servers": settings.bootstrap,
            # No group: positions are the reader's own, kept where its effects are kept.
            "group.id": f"{settings.prefix}ledger-reader",
            "enable.auto.commit": False,
            "auto.offset.reset": "error",
            "isolation.level": "read_uncommitted",
            "fetch.wait.max.ms": 50,
            # The default of one second idles a partition whenever its queue was full.
            "fetch.queue.backoff.ms": 2,
            "fetch.error.backoff.ms": 20,
            "reconnect.backoff.ms": 20,
            "reconnect.backoff.max.ms": 500,
            "fetch.message.max.bytes": MESSAGE_BYTES_MAX,
            "queued.max.messages.kbytes": 65_536,
            "log_level": 3,
        }
    )


def _failure(error: KafkaError, what: str) -> ConnectorError | None:
    """What an error of the client means to us; None where the client tries again by itself."""
    if error.code() in _CORRUPTED:
        return Corrupted(f"{what}: not in the log: {error.str()}")
    if error.code() in _REFUSED:
        return Refused(f"{what}: {error.str()}")
    if error.fatal() or error.code() in (
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError._UNKNOWN_TOPIC,
    ):
        return Unavailable(f"{what}: {error.str()}")
    return None


def _take(consumer: Any, messages_max: int, timeout_s: float) -> list[Any]:
    """What is there, after waiting for the first: `consume(n)` alone waits for the n-th."""
    first: list[Any] = consumer.consume(1, timeout_s)
    if first and messages_max > 1:
        first.extend(consumer.consume(messages_max - 1, 0))
    return first


class LedgerReader:
    """Bounded reads of one partition, for recovery. Blocking; call it from a thread.

    Consumers are kept and used again, since making one costs a connection; several threads may
    read at once.
    """

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._topic = ledger_topic(settings)
        self._free: list[Any] = []

    def _borrow(self) -> Any:
        try:
            return self._free.pop()
        except IndexError:
            return _new_consumer(self._settings)

    def bounds(self, partition: int) -> tuple[int, int]:
        """The first offset in the log and the next to be written. Raises Unavailable."""
        consumer = self._borrow()
        try:
            return bounds(consumer, self._topic, partition)
        finally:
            self._free.append(consumer)

    def read(
        self, partition: int, first: int, last: int
    ) -> Generator[list[tuple[int, bytes]], None, None]:
        """The records `first..last`, both included, in lists of (offset, value), without a hole.

        `last` must be in the log. Raises Corrupted at a hole or where the log begins above
        `first`, Unavailable when nothing comes for `STALL_S`.
        """
        if first > last:
            return
        consumer = self._borrow()
        try:
            consumer.assign([TopicPartition(self._topic, partition, first)])
            yield from self._read_assigned(consumer, (partition, first, last))
        finally:
            consumer.unassign()
            self._free.append(consumer)

    def _read_assigned(
        self, consumer: Any, wanted: tuple[int, int, int]
    ) -> Generator[list[tuple[int, bytes]], None, None]:
        partition, following, last = wanted
        heard_at = monotonic()
        while following <= last:
            found: list[tuple[int, bytes]] = []
            for message in _take(consumer, FETCH_MESSAGES_MAX, 0.2):
                what = f"{self._topic}[{partition}] offset {following}"
                if message.error() is not None:
                    failure = _failure(message.error(), what)
                    if failure is not None:
                        raise failure
                    continue
                offset = message.offset()
                if offset > last:
                    break
                if offset != following:
                    raise Corrupted(f"{what}: a hole, the next record is {offset}")
                found.append((offset, message.value()))
                following += 1
            if found:
                heard_at = monotonic()
                yield found
            elif monotonic() - heard_at > STALL_S:
                raise Unavailable(
                    f"{self._topic}[{partition}]: nothing for {STALL_S:.0f} s at {following}"
                    f" of {last}"
                )

    def close(self) -> None:
        """Let the connections go."""
        while self._free:
            self._free.pop().close()


class LedgerFollower:
    """All valid records of some partitions, from a position on, for ever.

    `start[p]` is the offset of the last valid record of partition p that the caller has already
    taken, -1 for none. The caller keeps `positions()` with its own effects and passes them here at
    its next start. `decode` may give another view of a record, as long as it is a `Link`. Not for
    several threads at once.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        start: Mapping[int, int],
        *,
        decode: Callable[[bytes], Any] = decode_ledger,
    ) -> None:
        self._decode = decode
        self.voids = 0
        """Void records seen since the start."""
        self._topic = ledger_topic(settings)
        self._chains = {partition: Chain(last) for partition, last in start.items()}
        self._next = {partition: last + 1 for partition, last in start.items()}
        self._consumer = _new_consumer(settings)
        for partition, following in self._next.items():
            self._check_within(partition, following)
        self._consumer.assign(
            [TopicPartition(self._topic, partition, at) for partition, at in self._next.items()]
        )

    def _check_within(self, partition: int, following: int) -> None:
        first, end = bounds(self._consumer, self._topic, partition)
        if first > following:
            raise Corrupted(
                f"{self._topic}[{partition}] begins at {first}, wanted {following}: trimmed"
            )
        if following > end:
            raise Corrupted(f"{self._topic}[{partition}] ends at {end}, wanted {following}")

    def poll(self, *, records_max: int = 1000, timeout_s: float = 0.5) -> list[ValidRecord]:
        """The next valid records in each partition's order, after waiting for one at most so long.

        Raises Corrupted at a hole or a trimmed log, Refused at a record of an unknown format.
        """
        valid: list[ValidRecord] = []
        for message in _take(self._consumer, records_max, timeout_s):
            error = message.error()
            if error is not None:
                failure = _failure(error, f"{self._topic}[{message.partition()}]")
                if failure is not None:
                    raise failure
                continue
            taken = self._accept(message)
            if taken is not None:
                valid.append(taken)
        return valid

    def _accept(self, message: Any) -> ValidRecord | None:
        partition, offset, value = message.partition(), message.offset(), message.value()
        following = self._next[partition]
        if offset != following:
            raise Corrupted(
                f"{self._topic}[{partition}]: a hole at {following}, the next record is {offset}"
            )
        record = self._decode(value)
        self._next[partition] = offset + 1
        if not self._chains[partition].accept(offset, record):
            self.voids += 1
            return None
        return ValidRecord(partition, offset, message.timestamp()[1], record, len(value))

    def positions(self) -> dict[int, int]:
        """By partition: the offset of the last valid record handed out, -1 for none."""
        return {partition: chain.last for partition, chain in self._chains.items()}

    def next_offsets(self) -> dict[int, int]:
        """By partition: the next offset to be read, void records counted."""
        return dict(self._next)

    def end_positions(self) -> dict[int, int]:
        """By partition: the next offset to be written. Asks the broker. Raises Unavailable."""
        return {
            partition: bounds(self._consumer, self._topic, partition)[1] for partition in self._next
        }

    def progress(self) -> Iterator[Progress]:
        """How far each partition is, without asking the broker."""
        return progress_of(self._consumer)

    def close(self) -> None:
        """Let the connection go."""
        self._consumer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
