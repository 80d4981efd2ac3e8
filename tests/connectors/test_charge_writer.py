"""Charges packed a few at a time are the list that packing all of them at once would make."""

import msgspec
import pytest

from connectors.kafka.charge_writer import ChargeWriter
from connectors.kafka.codec import decode_ledger, encode_ledger
from streams.model.ledger import LEDGER_FORMAT, LedgerRecord
from streams.model.money import ZERO
from streams.model.rated import RatedUsage
from streams.model.usage import SourcePosition, UsageRecord


def charge(number: int) -> RatedUsage:
    record_id = number.to_bytes(16, "big")
    words = ("x", "key", "root", 0, 0, (), {})
    record = UsageRecord(record_id, "t", "s", f"e{number}", 0, number, 0, *words)  # type: ignore[arg-type]
    where = SourcePosition("topic", 0, number, 0)
    names = ("account", "root", "subscription", "plan", "product", "USD")
    return RatedUsage(record, where, *names, ZERO, "", "", (), (), (), "version")


@pytest.mark.parametrize("count", [0, 1, 15, 16, 300, 65_535, 65_536])
def test_slices_make_the_list_that_one_packing_makes(count: int) -> None:
    charges = [charge(number) for number in range(count)]
    writer = ChargeWriter()
    for first in range(0, count, 7 if count < 1000 else 30_000):
        writer.write(charges[first : first + (7 if count < 1000 else 30_000)])
    writer.write([])
    assert writer.packed() == msgspec.Raw(msgspec.msgpack.encode(charges))
    assert writer.records == [each.record for each in charges]


def test_a_ledger_record_holds_charges_packed_before() -> None:
    charges, writer = (charge(0), charge(1)), ChargeWriter()
    writer.write(charges)
    step = LedgerRecord(LEDGER_FORMAT, "step", -1, b"owner", 1, (0, 1))
    whole = LedgerRecord(LEDGER_FORMAT, "step", -1, b"owner", 1, (0, 1), rated=charges)
    assert encode_ledger(step, writer.packed()) == encode_ledger(whole)
    assert decode_ledger(encode_ledger(step, writer.packed())).rated == charges
