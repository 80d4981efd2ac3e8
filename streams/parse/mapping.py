"""Mapping: the words of a source → the words of the engine, compiled once per platform."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from streams.model.event import Arrival, PlainRecord, UsageEvent
from streams.model.holding import HeldBy
from streams.model.instant import SECOND, Instant
from streams.model.mediation import FieldMapping, SourcePlatform
from streams.model.money import CONTEXT, Quantity
from streams.model.usage import Usage
from streams.outcome import Reject
from streams.parse.identity import compile_identity
from streams.plain.fields import compile_path
from streams.plain.values import (
    AHEAD_MAX,
    EARLIEST,
    is_word,
    read_change,
    read_change_text,
    read_instant,
    read_quantity,
    read_quantity_text,
    refuse_range,
    refuse_word,
    wrong_type,
)

Parse = Callable[[PlainRecord, Arrival], UsageEvent | Reject]
"""A decoded record and its place → what the mapping found, or why it could not."""

_ReadNumber = Callable[[Any, str], Quantity | Reject]
_ReadEnd = Callable[[PlainRecord, Instant, Instant], Instant | Reject]
_ReadUsages = Callable[[PlainRecord], tuple[Usage, ...] | Reject]
_ReadAttributes = Callable[[PlainRecord], dict[str, str] | Reject]


def compile_mapping(
    platform: SourcePlatform, *, keeps_nothing: bool = False, held: HeldBy = ""
) -> Parse:
    """The parser of a platform's records.

    Fields are read in this order, so that of several mistakes the same one is always told:
    identity, service id, time, end, quantities, attributes. Quantities of zero are left out; with
    `keeps_nothing` a record of nothing else has them all, since its offer charges for it. Of units
    that are `held`, a change may be negative, and a level of zero says something.
    """
    mapping = platform.mapping
    identify = compile_identity(platform)
    service_field, time_field = mapping.service_id, mapping.occurred_at
    get_service, get_time = compile_path(service_field), compile_path(time_field)
    read_number = read_quantity_text if platform.format == "csv" else read_quantity
    read_end = _compile_end(mapping, read_number)
    read_usages = _compile_usages(
        mapping,
        _read_change(platform) if held == "change" else read_number,
        keeps_nothing=keeps_nothing,
        keeps_zeros=held == "level",
    )
    read_attributes = _compile_attributes(mapping)

    def parse(plain: PlainRecord, arrival: Arrival) -> UsageEvent | Reject:
        identity = identify(plain, arrival)
        if type(identity) is Reject:
            return identity
        source, event_id = identity
        service_id = get_service(plain)
        if not is_word(service_id):
            return refuse_word(service_id, service_field)
        time = get_time(plain)
        occurred_at = read_instant(time, time_field)
        if type(occurred_at) is Reject:
            return occurred_at
        latest = arrival.recorded_at + AHEAD_MAX
        if not EARLIEST <= occurred_at <= latest:
            return refuse_range(time, time_field)
        ended_at = read_end(plain, occurred_at, latest) if read_end else occurred_at
        if type(ended_at) is Reject:
            return ended_at
        usages = read_usages(plain) if read_usages else ()
        if type(usages) is Reject:
            return usages
        attributes = read_attributes(plain)
        if type(attributes) is Reject:
            return attributes
        return UsageEvent(
            plain, source, event_id, service_id, occurred_at, ended_at, usages, attributes
        )

    return parse


def _compile_end(mapping: FieldMapping, read_number: _ReadNumber) -> _ReadEnd | None:
    field = mapping.ended_at or mapping.duration_s
    if not field:
        return None
    get = compile_path(field)

    def read_end(plain: PlainRecord, occurred_at: Instant, latest: Instant) -> Instant | Reject:
        ended_at = read_instant(get(plain), field)
        if type(ended_at) is Reject or occurred_at <= ended_at <= latest:
            return ended_at
        return refuse_range(get(plain), field)

    def add_duration(plain: PlainRecord, occurred_at: Instant, latest: Instant) -> Instant | Reject:
        seconds = read_number(get(plain), field)
        if type(seconds) is Reject:
            return seconds
        if type(seconds) is int:
            ended_at = occurred_at + seconds * SECOND
        else:
            ended_at = occurred_at + int(CONTEXT.multiply(Decimal(seconds), Decimal(SECOND)))
        return ended_at if ended_at <= latest else refuse_range(get(plain), field)

    return read_end if mapping.ended_at else add_duration


def _read_change(platform: SourcePlatform) -> _ReadNumber:
    return read_change_text if platform.format == "csv" else read_change


def _compile_usages(
    mapping: FieldMapping, read_number: _ReadNumber, *, keeps_nothing: bool, keeps_zeros: bool
) -> _ReadUsages | None:
    if not mapping.quantities:
        return None
    constants = tuple(Usage(entry.unit, entry.value) for entry in mapping.quantities)
    if not any(entry.field for entry in mapping.quantities):
        return lambda plain: constants
    entries = tuple(
        (entry.unit, entry.field, compile_path(entry.field) if entry.field else None, entry.value)
        for entry in mapping.quantities
    )
    units = dict.fromkeys(entry.unit for entry in mapping.quantities)
    nothing = tuple(Usage(unit, 0) for unit in units) if keeps_nothing else ()

    def read_usages(plain: PlainRecord) -> tuple[Usage, ...] | Reject:
        usages: list[Usage] = []
        for unit, field, get, constant in entries:
            quantity = read_number(get(plain), field) if get else constant
            if type(quantity) is Reject:
                return quantity
            if quantity or keeps_zeros:
                usages.append(Usage(unit, quantity))
        return tuple(usages) or nothing

    return read_usages


def _compile_attributes(mapping: FieldMapping) -> _ReadAttributes:
    entries = tuple(
        (name, field, compile_path(field), name in mapping.required_attributes)
        for name, field in sorted(mapping.attributes.items())
    )

    def read_attributes(plain: PlainRecord) -> dict[str, str] | Reject:
        attributes: dict[str, str] = {}
        for name, field, get, required in entries:
            value = get(plain)
            if is_word(value):
                attributes[name] = value
                continue
            text = _text_of(value)
            if is_word(text):
                attributes[name] = text
            elif required or not (text is None or text == ""):
                is_text = type(text) is str
                return refuse_word(text, field) if is_text else wrong_type(text, field, "text")
        return attributes

    return read_attributes


def _text_of(value: Any) -> Any:
    """Numbers and truths as text; what is neither stays what it is."""
    if type(value) is bool:
        return "true" if value else "false"
    return str(value) if type(value) in (int, Decimal) else value
