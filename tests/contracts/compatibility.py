"""Can readers of a newer schema read what an older one wrote? What stands in the way, if not."""

from collections.abc import Iterator
from typing import Any

_WIDER = {
    "int": {"long", "float", "double"},
    "long": {"float", "double"},
    "float": {"double"},
    "string": {"bytes"},
    "bytes": {"string"},
}


def breaks(written: Any, reader: Any, at: str = "") -> Iterator[str]:
    """Every place where a reader of `reader` cannot read what was written by `written`."""
    if isinstance(written, list):
        for branch in written:
            yield from breaks(branch, reader, at)
        return
    if isinstance(reader, list):
        tries = [list(breaks(written, branch, at)) for branch in reader]
        if all(tries):
            yield f"{at}: no branch reads {_name(written)}"
        return
    was, now = _kind(written), _kind(reader)
    if was != now:
        if now not in _WIDER.get(was, set()):
            yield f"{at}: {was} became {now}"
        return
    match was:
        case "record":
            yield from _record(written, reader, at)
        case "array":
            yield from breaks(written["items"], reader["items"], f"{at}[]")
        case "map":
            yield from breaks(written["values"], reader["values"], f"{at}{{}}")
        case "enum":
            if gone := set(written["symbols"]) - set(reader["symbols"]):
                yield f"{at}: symbols {sorted(gone)} are gone"
        case "fixed":
            if written["size"] != reader["size"]:
                yield f"{at}: another size"
    yield from _logical(written, reader, at)


def _record(written: Any, reader: Any, at: str) -> Iterator[str]:
    if _name(written) != _name(reader):
        yield f"{at}: record {_name(written)} became {_name(reader)}"
    before = {field["name"]: field for field in written["fields"]}
    for field in reader["fields"]:
        names = [field["name"], *field.get("aliases", [])]
        known = next((before[name] for name in names if name in before), None)
        if known is not None:
            yield from breaks(known["type"], field["type"], f"{at}.{field['name']}")
        elif "default" not in field:
            yield f"{at}.{field['name']}: new, without a default"


def _logical(written: Any, reader: Any, at: str) -> Iterator[str]:
    for name in ("logicalType", "precision", "scale"):
        was = written.get(name) if isinstance(written, dict) else None
        now = reader.get(name) if isinstance(reader, dict) else None
        if was != now:
            yield f"{at}: {name} {was} became {now}"


def _kind(schema: Any) -> str:
    kind = schema["type"] if isinstance(schema, dict) else schema
    return str(kind)


def _name(schema: Any) -> str:
    if isinstance(schema, dict):
        return str(schema.get("name", schema["type"])).rsplit(".", 1)[-1]
    return str(schema)
