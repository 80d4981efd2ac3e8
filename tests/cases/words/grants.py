"""Grants: several buckets of one allowance by command, or one of the plan for each period."""

import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from tests.cases.draft import BEGIN, CUSTOMER, PLAN, SERVICE, Draft, text_of, time_of
from tests.cases.fields import Fields, NotYet, UnknownField, each
from tests.cases.words.times import moment_of

GRANTED: Final = "granted"
RESET: Final = "reset"
_ORDER: Final = "priority ascending, then earliest expiry, then creation"
_SPAN: Final = re.compile(r"(\d+) (hour|day|year)s? after effective")
_BY_MONTH: Final = re.compile(r"(\d+) per month")
_LIFE: Final = re.compile(r"(\d+) months?")
_CLOSED: Final = timedelta(hours=1)
"""How long a period stays open past its end."""


def grants(draft: Draft, given: Fields) -> None:
    """`grants`: each a bucket; `burn_order`, `meter`, `start` and `until` are told with them.

    Usage from `until` on is past what is asked.
    """
    meter, order = given.take("meter"), given.take("burn_order")
    if meter is not None and meter != {"aggregation": "sum"}:
        raise NotYet("grants by the latest value")
    if order not in (None, _ORDER):
        raise UnknownField(f"given.burn_order: {order!r}")
    given.take("start")
    until = moment_of(given.take("until"), "given.until")
    draft.until = until
    draft.events[:] = [event for event in draft.events if event.at < until]
    _allowance(draft)
    for words in each(given.take("grants"), "given.grants"):
        _grant(draft, words)
    for at in sorted({event.at for event in draft.events} | {until}):
        draft.timed.append((at, {"tick": time_of(at)}))


def _grant(draft: Draft, words: Fields) -> None:
    name, start = words.take("id"), moment_of(words.take("effective_at"), "grants.effective_at")
    quantity, left = words.take("amount"), words.take("balance_at_start")
    step: dict[str, Any] = {
        "account": CUSTOMER,
        "grant": name,
        "allowance": GRANTED,
        "quantity": left or quantity,
        "from": time_of(start),
        "until": time_of(_end(start, words.take("expires"))),
        "priority": int(words.take("priority")),
    }
    recurrence = words.take("recurrence")
    if recurrence is not None:
        if left is not None:
            raise NotYet("the rest of a grant that recurs")
        step |= {"every": recurrence["interval"], "anchor": recurrence["anchor"]}
    draft.before.append({"grant": step})
    voided = words.take("voided_at")
    if voided is not None:
        at = moment_of(voided, "grants.voided_at")
        void = {"account": CUSTOMER, "grant": name, "at": time_of(at)}
        draft.timed.append((at, {"void": void}))
    words.done()


def _end(start: datetime, text: str) -> datetime:
    found = _SPAN.fullmatch(text)
    if found is None:
        raise UnknownField(f"grants.expires: {text!r}")
    number, unit = int(found[1]), found[2]
    if unit == "year":
        return start.replace(year=start.year + number)
    return start + timedelta(**{f"{unit}s": number})


def by_period(draft: Draft, given: Fields) -> None:
    """`grant`: so much a month; with `max_rollover_percent` and `rollover_life` some of it stays.

    A `reset` is the end of a month.
    """
    text, percent = given.take("grant"), given.take("max_rollover_percent")
    life = given.take("rollover_life")
    found, lives = _BY_MONTH.fullmatch(text), _LIFE.fullmatch(life or "1 month")
    if found is None or lives is None:
        raise UnknownField(f"given.grant: {text!r} for {life!r}")
    _allowance(draft)
    grant: dict[str, Any] = {"allowance": GRANTED, "quantity": found[1], "opens": "period"}
    if percent is not None:
        grant["roll_over"] = {"percent": percent, "periods": int(lives[1])}
    draft.plan.words["grants"] = [grant]
    first = BEGIN.replace(day=1, hour=0)
    draft.services = [{"service": SERVICE, "price_plan": PLAN, "from": time_of(first)}]
    draft.timed.append((first, {"tick": time_of(first)}))
    for number, reset in enumerate(draft.due, start=1):
        for event in draft.events:
            if int(event.id[1:]) > int(reset.id[1:]):
                event.at = _month(event.at, number)
        at = _month(first, number) + _CLOSED
        draft.timed.append((at, {"tick": time_of(at)}))


def _month(at: datetime, later: int) -> datetime:
    """The same day and hour so many months later."""
    years, month = divmod(BEGIN.month - 1 + later, 12)
    return at.replace(year=BEGIN.year + years, month=month + 1)


def _allowance(draft: Draft) -> None:
    draft.section("allowances", {"id": GRANTED, "unit": draft.unit, "usage_units": [draft.unit]})
    draft.impact(GRANTED)


def is_granted(draft: Draft) -> bool:
    """True where the case is of grants."""
    return GRANTED in {each["id"] for each in draft.sections.get("allowances", ())}


def left_over(draft: Draft, values: dict[str, str]) -> list[tuple[str, str]]:
    """Balances that are of no grant; those that are, as they are at the time that is asked for."""
    if not is_granted(draft):
        return list(values.items())
    for name, remaining in values.items():
        _left(draft, remaining, bucket=name)
    return []


def balance(draft: Draft, remaining: str) -> bool:
    """What all grants have left together."""
    if not is_granted(draft):
        return False
    _left(draft, remaining)
    return True


def _left(draft: Draft, remaining: str, **words: str) -> None:
    if draft.until is not None:
        words["at"] = time_of(draft.until - timedelta(microseconds=1))
    held = {"account": CUSTOMER, "resource": GRANTED, "remaining": remaining}
    draft.expect("balances", held | words)


def overage(draft: Draft, value: str) -> None:
    """What no grant covered is charged, at 1."""
    draft.sum(amount=value)


def after_each(draft: Draft, values: list[Any]) -> bool:
    """What is left at the last, and of that what was rolled over; before, what each month had."""
    if not is_granted(draft):
        return False
    steps = each(values, "expect.after_each")
    for step in steps[:-1]:
        step.take("remaining")
        step.take("rollovers")
        step.done()
    last = steps[-1]
    _left(draft, last.take("remaining"))
    rolled = last.take("rollovers")
    if rolled is not None:
        total = sum(map(Decimal, rolled), Decimal(0))
        _left(draft, text_of(total), bucket="+rolled")
    last.done()
    return True
