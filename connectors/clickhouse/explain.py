"""From an event to its money: raw bytes, container, lines, postings, balances, versions, places."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from connectors.clickhouse.client import Database

FOUND_MAX: Final = 50
"""Records an event may be explained by; more means that the event's name is not specific."""

_RECORD_ID_HEX: Final = 32
_BY_ID: Final = "record_id = unhex({event:String})"
_BY_EVENT: Final = "event_id = {event:String}"
_BY_SOURCE: Final = "source = {source:String} AND event_id = {event:String}"
_STATEMENTS: Final[Mapping[str, str]] = {
    table: f"SELECT * FROM {table} FINAL WHERE {{condition}} LIMIT {FOUND_MAX}"  # noqa: S608 - names are constants
    for table in ("rated", "verdicts", "suspense", "errors", "outcomes")
}
_RAW: Final = """
SELECT topic, topic_id, source_partition, source_offset, recorded_at, key, value,
    headers.name, headers.value
FROM raw FINAL
WHERE topic_id = {topic_id:String} AND source_partition = {partition:Int32}
    AND source_offset = {offset:Int64}
"""
_RAW_BYTES: Final = ("key", "value", "headers.value")
_BYTES: Final = dict.fromkeys(
    ("suspense", "errors", "outcomes"), ("raw", "record", "headers.value")
)
_NESTED: Final = ("usages", "lines", "postings", "changes", "headers")


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that is stored about one event; each part as rows by column name."""

    event: str
    raw: list[dict[str, Any]]
    charges: list[dict[str, Any]]
    verdicts: list[dict[str, Any]]
    suspense: list[dict[str, Any]]
    errors: list[dict[str, Any]]
    outcomes: list[dict[str, Any]]

    @property
    def is_found(self) -> bool:
        """True where anything is stored about it."""
        return any((self.charges, self.verdicts, self.suspense, self.errors, self.outcomes))

    def as_json(self) -> dict[str, Any]:
        """The parts for machines: exact amounts as text, bytes as text or hex."""
        parts = ("raw", "charges", "verdicts", "suspense", "errors", "outcomes")
        return {"event": self.event, **{name: _plain(getattr(self, name)) for name in parts}}


def explain(database: Database, event: str) -> Explanation:
    """Explain an event named by its id, by `source:id`, or by a record id of 32 hex digits."""
    found = _found(database, event)
    rows = [row for part in found.values() for row in part]
    positions = sorted(
        {(row["topic_id"], row["source_partition"], row["source_offset"]) for row in rows}
    )
    raw = [
        _nested(row)
        for topic_id, partition, offset in positions
        for row in database.records(
            _RAW,
            {"topic_id": topic_id, "partition": partition, "offset": offset},
            as_bytes=_RAW_BYTES,
        )
    ]
    return Explanation(
        event,
        raw,
        found["rated"],
        found["verdicts"],
        found["suspense"],
        found["errors"],
        found["outcomes"],
    )


def _found(database: Database, event: str) -> dict[str, list[dict[str, Any]]]:
    """What is stored under the first reading of the name that finds something."""
    found: dict[str, list[dict[str, Any]]] = {}
    for condition, parameters in _readings(event):
        found = {
            table: [
                _nested(row)
                for row in database.records(
                    sql.replace("{condition}", condition),
                    parameters,
                    as_bytes=_BYTES.get(table, ()),
                )
            ]
            for table, sql in _STATEMENTS.items()
        }
        if any(found.values()):
            break
    return found


def _readings(event: str) -> list[tuple[str, dict[str, str]]]:
    readings = [(_BY_EVENT, {"event": event})]
    if len(event) == _RECORD_ID_HEX and set(event.lower()) <= set("0123456789abcdef"):
        readings.insert(0, (_BY_ID, {"event": event}))
    # An id or a source may hold colons of its own: every cut is tried.
    cuts = [place for place, sign in enumerate(event) if sign == ":"]
    readings += [(_BY_SOURCE, {"source": event[:at], "event": event[at + 1 :]}) for at in cuts]
    return readings


def _nested(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with `lines.rule`, `lines.price`, … gathered into one list of lines."""
    flat = {name: value for name, value in row.items() if "." not in name}
    for group in _NESTED:
        names = [name for name in row if name.startswith(f"{group}.")]
        if names:
            columns: Sequence[Sequence[Any]] = [row[name] for name in names]
            short = [name.partition(".")[2] for name in names]
            flat[group] = [
                dict(zip(short, values, strict=True)) for values in zip(*columns, strict=True)
            ]
    return flat


def _plain(value: Any) -> Any:
    match value:
        case Decimal():
            return f"{value:f}"
        case datetime():
            return f"{value:%Y-%m-%dT%H:%M:%S.%f}Z"
        case bytes():
            return _text_of(value)
        case dict():
            return {name: _plain(item) for name, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case _:
            return value


def _text_of(value: bytes) -> str:
    """Bytes as the text they are, or `0x…` where they are none."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return f"0x{value.hex()}"
    return text if text.isprintable() or _is_json(text) else f"0x{value.hex()}"


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
