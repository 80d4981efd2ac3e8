"""The examples of avro/ as rows: decimals are strings, times RFC 3339, bytes base64."""

import base64
from datetime import datetime
from decimal import Decimal
from typing import Any


def row_of(example: Any, schema: Any) -> Any:
    """The value that an Avro writer takes, from a readable example of this schema."""
    if isinstance(schema, list):
        return _branch(example, schema)
    kind = schema["type"] if isinstance(schema, dict) else schema
    logical = schema.get("logicalType") if isinstance(schema, dict) else None
    if logical == "decimal":
        assert isinstance(example, str), "a decimal is a string"
        return Decimal(example)
    if logical == "timestamp-micros":
        return datetime.fromisoformat(example)
    match kind:
        case "record":
            fields = {field["name"]: field["type"] for field in schema["fields"]}
            assert set(example) == set(fields), set(example) ^ set(fields)
            return {name: row_of(example[name], fields[name]) for name in fields}
        case "array":
            return [row_of(item, schema["items"]) for item in example]
        case "map":
            return {name: row_of(item, schema["values"]) for name, item in example.items()}
        case "bytes":
            return base64.b64decode(example, validate=True)
        case _:
            return example


def _branch(example: Any, branches: list[Any]) -> Any:
    if example is None:
        assert "null" in branches
        return None
    named = [branch for branch in branches if branch != "null"]
    if len(named) == 1:
        return row_of(example, named[0])
    ((name, value),) = example.items()
    (chosen,) = (branch for branch in named if branch["name"] == name.rsplit(".", 1)[-1])
    return (name, row_of(value, chosen))
