"""The stored charges against the ledger itself: counted and hashed on both sides.

A charge's fingerprint is the MD5 of its place, record id, account and amount; those of a partition
are combined by exclusive or, so that neither order nor batches matter.
"""

from hashlib import md5
from typing import Any, Final

from connectors.clickhouse.audit.cut import Cut
from connectors.clickhouse.audit.finding import Finding, shown
from connectors.clickhouse.client import Database
from connectors.clickhouse.columns import decimals, scaled_ints
from connectors.clickhouse.steps import Frame, decode_frame
from connectors.kafka.ledger import Chain, LedgerReader
from connectors.settings import KafkaSettings

# An amount is a whole number of 10⁻¹² as it is stored: multiplied, a large one would not fit.
_STORED: Final = """
SELECT count(), groupBitXor(reinterpretAsUInt64(substring(MD5(concat(
    toString(ledger_offset), ' ', toString(ledger_index), ' ', lower(hex(record_id)), ' ', account,
    ' ', toString(reinterpretAsInt128(amount)))), 1, 8)))
FROM rated FINAL
WHERE ledger_partition = {partition:UInt32} AND ledger_offset <= {end:Int64}
"""


def compare_with_log(database: Database, cut: Cut, settings: KafkaSettings) -> Finding:
    """Read the whole ledger up to the cut. Raises Unavailable, Corrupted where it was trimmed."""
    reader = LedgerReader(settings)
    different: list[tuple[Any, ...]] = []
    records = 0
    try:
        for partition, end in cut.ledger.items():
            read = _read(reader, partition, end)
            ((count, digest),) = database.query(_STORED, {"partition": partition, "end": end})
            if (count, digest) != read:
                different.append((f"ledger[{partition}]", f"has {read[0]}, stored", count))
                records += max(1, abs(count - read[0]))
    finally:
        reader.close()
    return Finding(
        "same_as_ledger",
        "the stored charges are those of the ledger",
        records=records,
        examples=shown(different),
    )


def _read(reader: LedgerReader, partition: int, end: int) -> tuple[int, int]:
    chain, count, digest = Chain(), 0, 0
    for found in reader.read(partition, 0, end) if end >= 0 else ():
        for offset, value in found:
            frame = decode_frame(value)
            if chain.accept(offset, frame):
                count += frame.charges
                digest ^= _fingerprint(offset, frame)
    return count, digest


def _fingerprint(offset: int, frame: Frame) -> int:
    rows = frame.charge_rows()
    amounts = scaled_ints(decimals([row[8] for row in rows], "rated.amount"))
    digest = 0
    for index, (row, amount) in enumerate(zip(rows, amounts, strict=True)):
        text = f"{offset} {index} {row[0][0].hex()} {row[2]} {amount}"
        first = md5(text.encode(), usedforsecurity=False).digest()[:8]
        digest ^= int.from_bytes(first, "little")
    return digest
