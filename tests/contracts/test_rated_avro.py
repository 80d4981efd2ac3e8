"""The quick writer of topic `rated` writes what the general one writes, byte for byte."""

import json
from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from connectors.kafka.avro import AvroCodec
from connectors.kafka.codec import encode_ledger
from connectors.kafka.contracts import contracts
from connectors.kafka.outgoing import OutgoingStep, decode_outgoing
from connectors.kafka.packed import packed_type
from connectors.kafka.rated_avro import encode_rated_row
from connectors.kafka.topics import Topic
from streams.model.ledger import LedgerRecord
from streams.model.rated import BalanceChange, ChargeLine, Posting, RatedUsage
from streams.model.usage import SourcePosition, Usage, UsageRecord
from tests.contracts.compatibility import breaks

texts = st.text(max_size=200)
details = st.dictionaries(texts, texts, max_size=3)
longs = st.integers(-(2**63), 2**63 - 1)
ints = st.integers(-(2**31), 2**31 - 1)
decimals = st.decimals(allow_nan=False, allow_infinity=False, places=14).filter(
    lambda value: abs(value) < 10**20
)
quantities = st.integers(-(2**63), 2**63 - 1) | decimals
records = st.builds(
    UsageRecord,
    record_id=st.binary(min_size=16, max_size=16),
    **dict.fromkeys(("tenant", "source", "event_id", "usage_type", "service_id", "root"), texts),
    **dict.fromkeys(("part", "index"), ints),
    **dict.fromkeys(("offset", "occurred_at", "ended_at"), longs),
    usages=st.lists(st.builds(Usage, texts, quantities), max_size=3).map(tuple),
    attributes=details,
)
names = ("account", "root", "subscription", "price_plan", "product", "currency", "zone", "band")
lines = st.builds(ChargeLine, texts, texts, texts, quantities, decimals, decimals, details)
rated = st.builds(
    RatedUsage,
    record=records,
    position=st.builds(SourcePosition, texts, ints, longs, ints),
    **dict.fromkeys((*names, "catalog_version"), texts),
    amount=decimals,
    lines=st.lists(lines, max_size=3).map(tuple),
    postings=st.lists(st.builds(Posting, texts, texts, quantities), max_size=3).map(tuple),
    changes=st.lists(
        st.builds(BalanceChange, texts, longs, quantities, quantities, texts, texts), max_size=3
    ).map(tuple),
    tax=decimals,
    cost=st.none() | decimals,
    bill_unit=longs,
)


@settings(max_examples=200, deadline=None)
@given(rated)
def test_both_writers_write_the_same_bytes(value: RatedUsage) -> None:
    row: Any = msgspec.msgpack.decode(msgspec.msgpack.encode(value), type=packed_type(RatedUsage))
    codec = AvroCodec()
    quick = codec.framed(Topic.RATED, encode_rated_row(row))
    assert quick == codec.encode(Topic.RATED, value)


@settings(max_examples=20, deadline=None)
@given(rated, st.sampled_from((-1, -3)))
def test_charges_of_earlier_engines_are_written_too(value: RatedUsage, until: int) -> None:
    """Before changes told their bucket; before charges told tax and cost."""
    record = LedgerRecord(1, "step", 4, b"owner", 2, (7, 3), rated=(value,))
    older = msgspec.msgpack.decode(encode_ledger(record)[1:])
    place = LedgerRecord.__struct_fields__.index("rated")
    at = RatedUsage.__struct_fields__.index("changes")
    for charge in older[place]:
        charge[at] = [change[:4] for change in charge[at]]
    older[place] = [charge[:until] for charge in older[place]]
    message = encode_ledger(record)[:1] + msgspec.msgpack.encode(older)
    (row,) = decode_outgoing(message).rated
    told = {"bill_unit": 0} | ({} if until == -1 else {"tax": Decimal(0), "cost": None})
    changes = tuple(replace(change, bucket="", account="") for change in value.changes)
    codec = AvroCodec()
    expected = codec.encode(Topic.RATED, replace(value, changes=changes, **told))
    assert codec.framed(Topic.RATED, encode_rated_row(row)) == expected


def test_a_reader_of_the_first_version_reads_what_is_written_now() -> None:
    first, newest = contracts()["rated"][0], contracts()["rated"][-1]
    assert list(breaks(json.loads(newest.text), json.loads(first.text))) == []


def test_steps_have_the_fields_of_ledger_records() -> None:
    fields = OutgoingStep.__struct_fields__
    assert fields == LedgerRecord.__struct_fields__[: len(fields)]
    record = LedgerRecord(1, "step", 4, b"owner", 2, (7, 3), engine="e", counts={"charged": 1})
    step = decode_outgoing(encode_ledger(record))
    assert (step.prev, step.owner, step.engine, step.rated) == (4, b"owner", "e", [])
