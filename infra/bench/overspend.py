"""Reads a ledger after a measurement: what stands beyond money, and what usage was charged."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct

from connectors.kafka.ledger import LedgerFollower
from connectors.settings import KafkaSettings
from infra.bench.ledger_watch import step_of
from streams.model.rated import Posting

_postings = msgspec.msgpack.Decoder(tuple[Posting, ...]).decode


class Spent(Struct, kw_only=True):
    """`overspend` is what accounts of these names used beyond their money.

    `charged` is how many records of all others were charged in each stretch.
    """

    overspend: Decimal
    charged: list[int]


def read_spent(
    kafka: KafkaSettings, named: Sequence[str], stretches: Sequence[tuple[float, float]]
) -> Spent:
    """All that the ledger has; stretches are seconds since 1970."""
    spent = Spent(overspend=Decimal(0), charged=[0] * len(stretches))
    start = dict.fromkeys(range(kafka.partitions), -1)
    with LedgerFollower(kafka, start, decode=step_of) as follower:
        ends = follower.end_positions()
        while any(follower.next_offsets()[p] < end for p, end in ends.items()):
            for valid in follower.poll(timeout_s=0.2, records_max=500):
                at, others = valid.timestamp_ms / 1000, 0
                step: Any = valid.record
                for charge in step.rated:
                    if charge.account.rpartition("-")[0] in named:
                        spent.overspend += _beyond(charge.postings)
                    else:
                        others += 1
                for number, (first, last) in enumerate(stretches):
                    spent.charged[number] += others if first <= at < last else 0
    return spent


def _beyond(packed: msgspec.Raw) -> Decimal:
    if b"overrun" not in bytes(packed):
        return Decimal(0)
    found = (each for each in _postings(packed) if each.ledger_account == "overrun")
    return sum((abs(Decimal(each.amount)) for each in found), Decimal(0))
