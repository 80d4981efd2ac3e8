"""Charges straight from the ledger's msgpack to Avro, for topic `rated`.

Half of what a charge says are the same few hundred words as in the charge before it, so their bytes
are remembered; amounts stay text from the ledger to the last step. This takes a third of what a
general writer takes over a row of values. The order of the fields is the schema's; a test compares
the bytes with the general writer's.
"""

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from connectors.kafka.avro_rows import exact_bytes

_WORDS: Final = 16_384
_AMOUNTS: Final = 4_096
_END: Final = b"\0"
"""The block of no items that ends an array or a map."""


def _number(value: int) -> bytes:
    """An int or a long: zigzag, then seven bits a byte, the lowest first."""
    rest = value << 1 if value >= 0 else ~(value << 1)
    if rest < 0x80:
        return _ONE_BYTE[rest]
    found = bytearray()
    while rest > 0x7F:
        found.append(rest & 0x7F | 0x80)
        rest >>= 7
    found.append(rest)
    return bytes(found)


_ONE_BYTE: Final = tuple(bytes((value,)) for value in range(0x80))


def _text(value: str) -> bytes:
    packed = value.encode()
    return _number(len(packed)) + packed


_word = lru_cache(_WORDS)(_text)
"""For what repeats: names out of the catalog, accounts, services."""


@lru_cache(_AMOUNTS)
def _amount(value: Any) -> bytes:
    """A decimal(38,12) out of a whole number or its exact text."""
    packed = exact_bytes(value if isinstance(value, int) else Decimal(value))
    return _number(len(packed)) + packed


def _pairs(pairs: dict[str, str]) -> bytes:
    """A map; the words of a charge's details repeat as whole pairs."""
    if not pairs:
        return _END
    return _number(len(pairs)) + b"".join(map(_pair, pairs.items())) + _END


@lru_cache(_WORDS)
def _pair(pair: tuple[str, str]) -> bytes:
    return _text(pair[0]) + _text(pair[1])


def encode_rated_row(row: Sequence[Any]) -> bytes:
    """The Avro bytes of a `RatedUsage` that was decoded by its `packed_type`, without framing."""
    record, (topic_id, partition, offset, index), account, root, *names = row
    subscription, price_plan, product, currency, amount, zone, band = names[:7]
    lines, postings, changes, catalog_version, *later = names[7:]
    record_id, tenant, source, event_id, part, _, _, usage_type, service_id, _ = record[:10]
    occurred_at, ended_at, usages, attributes = record[10:]
    word, number = _word, _number
    return b"".join(
        (
            _text(record_id.hex()),
            *(word(tenant), word(source), _text(event_id), number(part)),
            *(word(topic_id), number(partition), number(offset), number(index)),
            *(word(usage_type), word(service_id), word(account), word(root)),
            *(word(subscription), word(price_plan), word(product), word(currency)),
            *(_amount(amount), word(zone), word(band)),
            *(number(occurred_at), number(ended_at)),
            _items([word(unit) + _amount(quantity) for unit, quantity in usages]),
            _pairs(attributes),
            _items([_line(line) for line in lines]),
            _items(
                [word(at) + word(resource) + _amount(value) for at, resource, value in postings]
            ),
            _items(
                [
                    word(resource) + number(start) + _amount(before) + _amount(after) + _whose(rest)
                    for resource, start, before, after, *rest in changes
                ]
            ),
            word(catalog_version),
            _optional(later[0] if later else 0),
            _optional(later[1] if later else None),
            _unit(later[2] if len(later) > 2 else 0),
        )
    )


def _whose(names: Sequence[str]) -> bytes:
    """The bucket's id and its holder; an earlier engine told neither."""
    return _word(names[0]) + _word(names[1]) if names else _NAMELESS


_NAMELESS: Final = _text("") + _text("")


def _optional(value: Any) -> bytes:
    """Nothing, or a decimal, by the place in its union."""
    return _NOTHING if value is None else _SOMETHING + _amount(value)


def _unit(start: int) -> bytes:
    """The start of a bill unit; an earlier engine told none."""
    return _SOMETHING + _number(start) if start else _NOTHING


_NOTHING: Final = _number(0)
_SOMETHING: Final = _number(1)


def _line(line: Sequence[Any]) -> bytes:
    rule, price, unit, quantity, unit_amount, amount, detail = line
    amounts = _amount(quantity) + _amount(unit_amount) + _amount(amount)
    return _word(rule) + _word(price) + _word(unit) + amounts + _pairs(detail)


def _items(items: list[bytes]) -> bytes:
    """An array as one block."""
    return _number(len(items)) + b"".join(items) + _END if items else _END
