"""Identity: which source a record is from, and which record of that source it is.

The tenant is not in here: it comes from the catalog that the source platform stands in.
"""

from collections.abc import Callable
from decimal import Decimal
from hashlib import blake2b
from typing import Any, Final

from streams.model.event import Arrival, PlainRecord
from streams.model.mediation import SourcePlatform
from streams.outcome import Reject
from streams.plain.fields import compile_path
from streams.plain.values import TEXT_LENGTH_MAX, is_word, refuse_word

Identify = Callable[[PlainRecord, Arrival], tuple[str, str] | Reject]
"""A record and its place → (source, event id)."""

RecordIdOf = Callable[[str, str], bytes]
"""Source and event id → record id."""

SOURCES_KEPT: Final = 10_000
_FIRST_PART: Final = "\0" + "0"


def compile_identity(platform: SourcePlatform) -> Identify:
    """The identity of a platform's records; CloudEvents bring their own."""
    identity = platform.identity
    if platform.format == "cloudevents" and not identity.id_fields:
        return _cloudevents_identity
    read_source = _compile_source(platform)
    read_id = _compile_id(identity.id_fields)
    if not identity.source_field and len(identity.id_fields) == 1:
        return _compile_constant(platform, read_id)

    def identify(plain: PlainRecord, arrival: Arrival) -> tuple[str, str] | Reject:
        source = read_source(plain)
        if type(source) is Reject:
            return source
        event_id = read_id(plain, arrival)
        return event_id if type(event_id) is Reject else (source, event_id)

    return identify


def compile_record_id(tenant: str) -> RecordIdOf:
    """`record_id_of` for whole records of a tenant.

    Sources come again and again: the hash of what stands before the event id is kept and copied.
    """
    begun: dict[str, blake2b] = {}

    def record_id(source: str, event_id: str) -> bytes:
        hashed = begun.get(source)
        if hashed is None:
            if len(begun) >= SOURCES_KEPT:
                begun.clear()
            hashed = begun[source] = blake2b(f"{tenant}\0{source}\0".encode(), digest_size=16)
        hashed = hashed.copy()
        hashed.update((event_id + _FIRST_PART).encode())
        return hashed.digest()

    return record_id


def _cloudevents_identity(plain: PlainRecord, arrival: Arrival) -> tuple[str, str] | Reject:
    source, event_id = plain.get("source"), plain.get("id")
    if not is_word(source):
        return refuse_word(source, "source")
    return (source, event_id) if is_word(event_id) else refuse_word(event_id, "id")


def _compile_constant(
    platform: SourcePlatform, read_id: Callable[[PlainRecord, Arrival], Any]
) -> Identify:
    """A source that is always the same, and one field for the id: the most frequent kind."""
    source = platform.identity.source or platform.id
    get = compile_path(platform.identity.id_fields[0])

    def identify(plain: PlainRecord, arrival: Arrival) -> tuple[str, str] | Reject:
        event_id = get(plain)
        if not is_word(event_id):
            event_id = read_id(plain, arrival)
            if type(event_id) is Reject:
                return event_id
        return source, event_id

    return identify


def _compile_source(platform: SourcePlatform) -> Callable[[PlainRecord], Any]:
    field = platform.identity.source_field
    if not field:
        constant = platform.identity.source or platform.id
        return lambda plain: constant
    get = compile_path(field)

    def read(plain: PlainRecord) -> Any:
        source = get(plain)
        return source if is_word(source) else refuse_word(source, field)

    return read


def _compile_id(fields: tuple[str, ...]) -> Callable[[PlainRecord, Arrival], Any]:
    if not fields:
        return lambda plain, arrival: (
            f"{arrival.topic_id}/{arrival.partition}/{arrival.offset}/{arrival.index}"
        )
    getters = tuple((field, compile_path(field)) for field in fields)

    def read(plain: PlainRecord, arrival: Arrival) -> Any:
        parts: list[str] = []
        for field, get in getters:
            value = get(plain)
            if type(value) in (int, Decimal):
                value = str(value)
            if not is_word(value):
                return refuse_word(value, field)
            # With several parts, "/" and "%" inside one must not look like the joint.
            parts.append(value if len(getters) == 1 else _escaped(value))
        joined = "/".join(parts)
        return joined if len(joined) <= TEXT_LENGTH_MAX else refuse_word(joined, fields[0])

    return read


def _escaped(part: str) -> str:
    return part.replace("%", "%25").replace("/", "%2F")
