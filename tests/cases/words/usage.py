"""Fields of the events: what was used, when, with which attributes."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from tests.cases.draft import Draft, Event, after
from tests.cases.fields import Fields, NotYet, each
from tests.cases.words import alerts
from tests.cases.words.calls import CONTINUED
from tests.cases.words.grants import RESET
from tests.cases.words.held import bucket, prorated_quantity
from tests.cases.words.outcomes import HAPPENED, SESSION, conversation, happened, kind_of
from tests.cases.words.progressive import TERMINATE
from tests.cases.words.shares import payer, receivers
from tests.cases.words.times import in_order, moment_of
from tests.cases.words.tokens import token_units
from tests.cases.words.wallets import charge
from tests.cases.words.weights import is_all_back, take_all_back


def read_usage(draft: Draft, usage: list[dict[str, Any]]) -> None:
    """Each event with its copies; times that are not given keep the order."""
    cumulative = Decimal(0)
    received: list[tuple[str, Decimal]] = []
    for number, fields in enumerate(each(usage, "usage"), start=1):
        event = Event(id=f"e{number}", at=in_order(number))
        copies = int(fields.take("repeat", "1")) * int(fields.take("count", "1"))
        if "cumulative_quantity" in fields:
            total = fields.number("cumulative_quantity")
            event.quantity, cumulative = total - cumulative, total
        for name, value in fields.rest():
            _WORDS[name](draft, event, value)
        if HAPPENED in event.attributes and SESSION not in event.attributes:
            raise NotYet("events that are no usage")
        if draft.unit == "s" and event.until is None and event.quantity:
            event.until = after(event.at, event.quantity)
        if event.falls_due:
            draft.due.append(event)
        elif event.receiver:
            received.append((event.receiver, event.amount or Decimal(0)))
        else:
            draft.events += _copies(event, copies)
    if received:
        receivers(draft, received)


def known_fields() -> set[str]:
    """All fields that an event may have."""
    return {*_WORDS, *LATER, "repeat", "count", "cumulative_quantity"}


def _copies(event: Event, count: int) -> list[Event]:
    """The event so many times, or in as many parts as its amount has."""
    if event.parts > 1 and event.amount is not None:
        count, event.amount = event.parts, event.amount / event.parts
    if event.values:
        return [
            replace(
                event,
                id=f"{event.id}.{number}",
                at=event.at + timedelta(seconds=number),
                quantity=value,
            )
            for number, value in enumerate(event.values, start=1)
        ]
    if event.happened:
        return [
            replace(
                event,
                id=f"{event.id}.{number}",
                at=event.at + timedelta(seconds=number),
                attributes=event.attributes | {HAPPENED: kind},
            )
            for number, kind in enumerate(event.happened, start=1)
        ]
    if count == 1:
        return [event]
    step = timedelta(microseconds=1)
    return [
        replace(event, id=f"{event.id}.{number}", at=event.at + step * number)
        for number in range(1, count + 1)
    ]


def _quantity(draft: Draft, event: Event, value: str) -> None:
    event.quantity = Decimal(value)


def _amount(draft: Draft, event: Event, value: str) -> None:
    event.amount = Decimal(value)


def _unit(draft: Draft, event: Event, value: str) -> None:
    draft.unit = value


def _time(draft: Draft, event: Event, value: str) -> None:
    event.at = moment_of(value, "usage.t")


def _end(draft: Draft, event: Event, value: str) -> None:
    event.until = moment_of(value, "usage.end")


def _attributes(draft: Draft, event: Event, value: dict[str, str]) -> None:
    fields = Fields(value, "usage.attributes")
    event.units |= token_units(fields)
    event.attributes |= {name: str(held) for name, held in fields.rest()}


def _quantities(draft: Draft, event: Event, value: dict[str, str]) -> None:
    event.units |= {unit: Decimal(quantity) for unit, quantity in value.items()}


def _events(draft: Draft, event: Event, value: Any) -> None:
    if isinstance(value, list):
        event.happened = tuple(kind_of(each) for each in value)
    else:
        event.parts = int(value)


def _values(draft: Draft, event: Event, value: list[str]) -> None:
    event.values = tuple(map(Decimal, value))


def _event(draft: Draft, event: Event, value: str) -> None:
    """What happened in a conversation; or a fee that is due."""
    if re.search(r"\bfee\b", value) or value in (RESET, TERMINATE):
        event.falls_due = value
    elif is_all_back(value):
        take_all_back(draft, event)
    else:
        happened(draft, event, value)


def _continued(draft: Draft, event: Event, value: bool) -> None:
    event.attributes[CONTINUED] = "true" if value else "false"


def _meter(draft: Draft, event: Event, value: str) -> None:
    event.meter = value


def _from(draft: Draft, event: Event, value: str) -> None:
    event.service = payer(draft, value)
    event.attributes["payer"] = value


def _to(draft: Draft, event: Event, value: str) -> None:
    event.receiver = value


def _minor(draft: Draft, event: Event, value: str) -> None:
    event.amount = Decimal(value) / 100


def _discount(draft: Draft, event: Event, value: str) -> None:
    """So much off this event."""
    event.attributes["discounted"] = event.id
    discount = {"id": f"off-{event.id}", "amount": value, "when": {"discounted": event.id}}
    draft.section("discounts", discount)


def _measured(unit: str) -> Callable[[Draft, Event, str], None]:
    def take(draft: Draft, event: Event, value: str) -> None:
        event.units[unit] = Decimal(value)

    return take


def _account(draft: Draft, event: Event, value: str) -> None:
    """Who used it: the only customer there is."""
    draft.asked.add(value)


def _attribute(name: str) -> Callable[[Draft, Event, str], None]:
    def take(draft: Draft, event: Event, value: str) -> None:
        event.attributes[name] = value

    return take


_WORDS: Final[dict[str, Callable[[Draft, Event, Any], None]]] = {
    "quantity": _quantity,
    "qty": _quantity,
    "amount": _amount,
    "charge": charge,
    "unit": _unit,
    "t": _time,
    "end": _end,
    "attributes": _attributes,
    "quantities": _quantities,
    "events": _events,
    "continuation": _continued,
    "discount": _discount,
    "from": _from,
    "to": _to,
    "minor": _minor,
    "used_cents": _minor,
    "meter": _meter,
    "conversation": conversation,
    "event": _event,
    "prorated_quantity": prorated_quantity,
    "bucket": bucket,
    "values": _values,
    "availability_percent": _measured("availability_percent"),
    "energy_kWh": _measured("energy_kWh"),
    "charging_min": _measured("charging_min"),
    "parking_min": _measured("parking_min"),
    "value": alerts.value,
    "current_A": _attribute("current"),
    "account": _account,
}

LATER: Final[dict[str, str]] = {
    "and_money": "refund",
    "batch": "batches",
    "id": "ids of records",
    "op": "reserve and commit",
    "refund": "refund",
    "service": "rating groups",
    "used": "rating groups",
}
"""Fields that wait for a word of scenarios or catalogs: which one."""
