"""What the broker alone asks for: messages that are acknowledged, as the ledger's are."""

import asyncio
import time

import uvloop
from aiokafka import AIOKafkaProducer

from connectors.settings import KafkaSettings
from infra.bench.callers import Answered, answered
from infra.bench.preload import FLOOR_TOPIC

_VALUE = b"x" * 600


def bare_produce(kafka: KafkaSettings, callers: int, seconds: float) -> Answered:
    """So many at a time, each waiting for the acknowledgement of all replicas before the next."""
    return uvloop.run(_produce(kafka, callers, seconds))


async def _produce(kafka: KafkaSettings, callers: int, seconds: float) -> Answered:
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka.bootstrap, acks="all", enable_idempotence=True, linger_ms=0
    )
    await producer.start()
    took: list[float] = []

    async def call(number: int) -> None:
        while (began := time.perf_counter()) < until:
            await producer.send_and_wait(
                f"{kafka.prefix}{FLOOR_TOPIC}", _VALUE, partition=number % kafka.partitions
            )
            took.append(time.perf_counter() - began)

    try:
        for number in range(kafka.partitions):
            await producer.send_and_wait(f"{kafka.prefix}{FLOOR_TOPIC}", _VALUE, partition=number)
        until = time.perf_counter() + seconds
        await asyncio.gather(*(call(number) for number in range(callers)))
    finally:
        await producer.stop()
    return answered(took, seconds)
