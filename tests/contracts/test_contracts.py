"""The contracts of avro/: documented, numbered for ever, compatible, with examples that hold."""

import copy
import io
import itertools
import json
from pathlib import Path
from typing import Any

import fastavro
import fastavro.validation
import pytest

from connectors.errors import Refused
from connectors.kafka.avro import AvroCodec, decode, encode
from connectors.kafka.contracts import CONTRACTS, Contract, contracts, examples
from connectors.kafka.topics import Topic
from tests.contracts.compatibility import breaks
from tests.contracts.rows import row_of

ALL = [contract for versions in contracts().values() for contract in versions]
EXAMPLES = [(contract, path) for contract in ALL for path in examples(contract)]


def schema_of(contract: Contract) -> Any:
    return json.loads(contract.text)


@pytest.mark.parametrize(("contract", "path"), EXAMPLES, ids=lambda value: Path(str(value)).stem)
def test_every_example_is_valid_and_survives_our_values(contract: Contract, path: Path) -> None:
    row = row_of(json.loads(path.read_text()), schema_of(contract))
    fastavro.validation.validate(row, contract.parsed, raise_errors=True)
    buffer = io.BytesIO()
    fastavro.schemaless_writer(buffer, contract.parsed, row)
    framed = b"\0" + contract.schema_id.to_bytes(4, "big") + buffer.getvalue()
    value = decode(contract.topic, framed)
    again = encode(contract.topic, value)
    assert decode(contract.topic, again) == value
    if contract is contracts()[contract.topic][-1]:
        assert again == framed


@pytest.mark.parametrize("contract", ALL, ids=lambda contract: contract.subject)
def test_every_schema_has_examples_of_all_it_can_say(contract: Contract) -> None:
    assert examples(contract)
    for branch in _branches(schema_of(contract)):
        texts = [path.read_text() for path in examples(contract)]
        assert any(branch in text for text in texts), f"no example of {branch}"


def _branches(schema: Any) -> list[str]:
    unions = [field["type"] for field in schema["fields"] if isinstance(field["type"], list)]
    return [
        f'"{schema["namespace"]}.{branch["name"]}"'
        for union in unions
        for branch in union
        if isinstance(branch, dict) and branch["type"] == "record"
    ]


def test_numbers_are_given_once_and_for_ever() -> None:
    numbers: dict[str, int] = json.loads((CONTRACTS / "ids.json").read_text())
    assert sorted(numbers.values()) == list(range(1, len(numbers) + 1))
    assert set(numbers) == {f"{contract.topic}/v{contract.version}" for contract in ALL}
    assert {topic: numbers[f"{topic}/v1"] for topic in ("alerts", "rated", "suspense")} == {
        "alerts": 1,
        "rated": 2,
        "suspense": 3,
    }


def test_every_field_is_explained() -> None:
    def unexplained(schema: Any, at: str) -> list[str]:
        if isinstance(schema, list):
            return [name for branch in schema for name in unexplained(branch, at)]
        if not isinstance(schema, dict):
            return []
        missing = [at] if schema["type"] == "record" and not schema.get("doc") else []
        for field in schema.get("fields", ()):
            name = f"{at}.{field['name']}"
            missing += ([] if field.get("doc") else [name]) + unexplained(field["type"], name)
        return missing + unexplained(schema.get("items"), at) + unexplained(schema["type"], at)

    assert [name for each in ALL for name in unexplained(schema_of(each), each.subject)] == []


def test_every_new_version_reads_what_the_one_before_wrote() -> None:
    for versions in contracts().values():
        for before, after in itertools.pairwise(versions):
            assert list(breaks(schema_of(before), schema_of(after))) == []


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda s: s["fields"].append({"name": "n", "type": "int"}), "new, without a default"),
        (lambda s: s["fields"][0].update(type="long"), "string became long"),
        (lambda s: s["fields"][6]["type"].update(scale=6), "scale 12 became 6"),
        (lambda s: s["fields"][0].update(name="renamed"), "new, without a default"),
        (lambda s: s.update(name="Warning"), "became Warning"),
        (lambda s: s["fields"][8].update(type="long"), "logicalType timestamp-micros became None"),
    ],
)
def test_an_incompatible_version_is_found(change: Any, complaint: str) -> None:
    written = schema_of(contracts()["alerts"][-1])
    reader = copy.deepcopy(written)
    change(reader)
    assert any(complaint in found for found in breaks(written, reader))


def test_a_compatible_version_is_let_through() -> None:
    written = schema_of(contracts()["alerts"][-1])
    reader = copy.deepcopy(written)
    reader["fields"].append({"name": "note", "type": ["null", "string"], "default": None})
    reader["fields"][1]["type"] = ["null", "string"]
    del reader["fields"][0]
    assert list(breaks(written, reader)) == []


@pytest.mark.parametrize(
    "message",
    [b"", b"\0", b"\0\0\0\0\1", b"\0\0\0\0\2xx", b"\1\0\0\0\1x", b"\0\0\0\0\1\xff\xff\xff\xff\x0f"],
)
def test_bytes_that_are_none_of_ours_are_refused(message: bytes) -> None:
    with pytest.raises(Refused):
        decode(Topic.ALERTS, message)


def test_an_outside_registrys_numbers_are_used() -> None:
    contract = contracts()["alerts"][-1]
    path = examples(contract)[0]
    row = row_of(json.loads(path.read_text()), schema_of(contract))
    buffer = io.BytesIO()
    fastavro.schemaless_writer(buffer, contract.parsed, row)
    outside = AvroCodec({("alerts", contract.version): 100_007})
    number = contract.schema_id.to_bytes(4, "big")
    alert = decode(Topic.ALERTS, b"\0" + number + buffer.getvalue())
    framed = outside.encode(Topic.ALERTS, alert)
    assert framed[:5] == b"\0" + (100_007).to_bytes(4, "big")
    assert outside.decode(Topic.ALERTS, framed) == alert
