"""The I/O floor: what it costs to read usage, decode it, and write it again. Nothing else.

A program of its own (`python -m infra.bench.floor`), so that it can be pinned to one core. aiokafka
consumes, msgspec decodes each value, and each 1,000 records leave as one message with acks=all,
awaited. Prints one JSON line. Warm-up is left out: measuring starts after a twentieth.
"""

import argparse
import gc
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

_RECORDS_A_MESSAGE = 1000
_WARM_UP = 20
_decode_json = msgspec.json.Decoder().decode
_encode = msgspec.msgpack.Encoder().encode


@dataclass(frozen=True)
class Stretch:
    """A measured stretch of work: events, wall seconds, CPU seconds of the process."""

    events: int
    wall_s: float
    cpu_s: float


def decode(value: bytes) -> object:
    """The message as plain values: JSON, or the columns of CSV."""
    if value[:1] in b"{[":
        return _decode_json(value)
    return value.decode().split(",")


async def measure(*, bootstrap: str, source: str, sink: str, events: int) -> Stretch:
    """Copy `events` messages from topic `source` to `sink`; time all but the warm-up."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, auto_offset_reset="earliest", enable_auto_commit=False
    )
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)
    await consumer.start()
    await producer.start()
    try:
        await consumer._client._wait_on_metadata(source)
        partitions = [
            TopicPartition(source, number) for number in consumer.partitions_for_topic(source) or ()
        ]
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        return await _copy(consumer, producer, sink, events)
    finally:
        await producer.stop()
        await consumer.stop()


async def _copy(
    consumer: AIOKafkaConsumer, producer: AIOKafkaProducer, sink: str, events: int
) -> Stretch:
    done, first, wall, cpu = 0, 0, 0.0, 0.0
    while done < events:
        fetched = await consumer.getmany(timeout_ms=1000, max_records=_RECORDS_A_MESSAGE)
        for records in fetched.values():
            message = _encode([decode(record.value) for record in records])
            await producer.send_and_wait(sink, message)
            done += len(records)
        if not first and done >= events // _WARM_UP:
            first, wall, cpu = done, time.perf_counter(), time.process_time()
    return Stretch(done - first, time.perf_counter() - wall, time.process_time() - cpu)


def main(argv: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--source", required=True)
    parser.add_argument("--sink", required=True)
    parser.add_argument("--events", type=int, required=True)
    wanted = parser.parse_args(argv)
    gc.freeze()
    gc.set_threshold(200_000, 20, 50)
    stretch = uvloop.run(
        measure(
            bootstrap=wanted.bootstrap,
            source=wanted.source,
            sink=wanted.sink,
            events=wanted.events,
        )
    )
    json.dump(stretch.__dict__, sys.stdout)


if __name__ == "__main__":
    main()
