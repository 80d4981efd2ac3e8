"""Grants: several buckets of one allowance by command, or one of the plan for each period."""

import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from tests.cases.draft import BEGIN, CUSTOMER, PLAN, SERVICE, Draft, text_of, time_of
from tests.cases.fields import Fields, NotYet, UnknownField, each
from tests.cases.words.times import END, moment_of

GRANTED: Final = "granted"
RESET: Final = "reset"
_ORDER: Final = "priority ascending, then earliest expiry, then creation"
_SPAN: Final = re.compile(r"(\d+) (hour|day|week|month|year)s? after effective")
_BY_MONTH: Final = re.compile(r"(\d+) per month")
_LIFE: Final = re.compile(r"(\d+) months?")
_STEPS: Final = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}
_CLOSED: Final = timedelta(hours=1)
"""How long a period stays open past its end."""


def grants(draft: Draft, given: Fields) -> None:
    """`grants`: each a bucket; `burn_order`, `meter`, `start` and `until` are told with them.

    Usage from `until` on is past what is asked. Where no grant says when it begins and ends, all
    are of the `period` that begins with the case. A snapshot is what was true in its middle. What
    no grant covers is owed to the next one.
    """
    meter, order = given.take("meter"), given.take("burn_order")
    if meter is not None and meter != {"aggregation": "sum"}:
        raise NotYet("grants by the latest value")
    if order not in (None, _ORDER):
        raise UnknownField(f"given.burn_order: {order!r}")
    given.take("start")
    last = max((event.at for event in draft.events), default=BEGIN)
    until = moment_of(given.take("until", time_of(last + _CLOSED)), "given.until")
    draft.until = until
    draft.events[:] = [event for event in draft.events if event.at < until]
    _allowance(draft, overage="carried")
    period = given.take("period")
    resets = [moment_of(at, "given.resets") for at in given.take("resets", [])]
    for words in each(given.take("grants"), "given.grants"):
        _grant(draft, words, period, resets)
    draft.reset_at = max(resets, default=None)
    for at in sorted({event.at for event in draft.events} | {until}):
        draft.timed.append((at, {"tick": time_of(at)}))
    snapshot = given.take("snapshot_after_first_hour")
    if snapshot is not None:
        _snapshot(draft, Fields(snapshot, "given.snapshot"))


def _snapshot(draft: Draft, words: Fields) -> None:
    """What has been used up to the first hour, and a tick then; the rest follows from both."""
    at = BEGIN + timedelta(hours=1)
    first = [event.id for event in draft.events if event.at < at]
    draft.timed.append((at, {"tick": time_of(at)}))
    usage, left = words.number("usage"), words.number("balance")
    words.done()
    draft.sum(charges=first, rule="allowance", quantity=text_of(usage))
    granted = sum((Decimal(each["grant"]["quantity"]) for each in draft.before), Decimal(0))
    if granted - usage != left:
        raise UnknownField("given.snapshot: what grants and usage do not come to")


def _grant(draft: Draft, words: Fields, period: str | None, resets: list[datetime]) -> None:
    begins = words.take("effective_at", time_of(BEGIN))
    name, start = words.take("id"), moment_of(begins, "grants.effective_at")
    expires = words.take("expires", f"1 {period} after effective")
    quantity, left = words.take("amount"), words.take("balance_at_start")
    step: dict[str, Any] = {
        "account": CUSTOMER,
        "grant": name,
        "allowance": GRANTED,
        "quantity": left or quantity,
        "from": time_of(start),
        "until": time_of(_end(start, expires)),
        "priority": int(words.take("priority", "0")),
    }
    recurrence = words.take("recurrence")
    if recurrence is not None:
        if left is not None:
            raise NotYet("the rest of a grant that recurs")
        step |= {"every": recurrence["interval"], "anchor": recurrence["anchor"]}
    _reset(draft, words.take("max_rollover", "0"), step, resets)
    draft.before.append({"grant": step})
    voided = words.take("voided_at")
    if voided is not None:
        at = moment_of(voided, "grants.voided_at")
        void = {"account": CUSTOMER, "grant": name, "at": time_of(at)}
        draft.timed.append((at, {"void": void}))
    words.done()


def _reset(draft: Draft, keeps: str, grant: dict[str, Any], resets: list[datetime]) -> None:
    """What a grant has left at a reset, as far as it may; one that begins anew then has it all."""
    start, end = (moment_of(grant[word], word) for word in ("from", "until"))
    for at in resets:
        begins = at == start
        if "every" in grant:
            since = at - moment_of(grant["anchor"], "anchor")
            if grant["every"] not in _STEPS:
                raise NotYet("a reset of a grant that recurs by months")
            begins = not since % _STEPS[grant["every"]]
        if start <= at < end and not begins:
            void = {"account": CUSTOMER, "grant": grant["grant"], "at": time_of(at)}
            draft.timed.append((at, {"void": void | {"keeps": keeps}}))


def since_reset(draft: Draft, value: str) -> None:
    """What was used from the last reset on."""
    if draft.reset_at is None:
        raise UnknownField("expect.usage_since_reset: without a reset")
    used = [each for each in draft.events if each.at >= draft.reset_at]
    total = sum((each.quantity or Decimal(0) for each in used), Decimal(0))
    if total != Decimal(value):
        raise UnknownField(f"expect.usage_since_reset: {value!r} of {total}")


def _end(start: datetime, text: str) -> datetime:
    found = _SPAN.fullmatch(text)
    if found is None:
        raise UnknownField(f"grants.expires: {text!r}")
    number, unit = int(found[1]), found[2]
    if unit in ("month", "year"):
        months = start.month - 1 + (number if unit == "month" else 12 * number)
        return start.replace(year=start.year + months // 12, month=months % 12 + 1)
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


def _allowance(draft: Draft, **terms: str) -> None:
    words = {"id": GRANTED, "unit": draft.unit, "usage_units": [draft.unit]}
    draft.section("allowances", words | terms)
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
    """What all grants have left together, without what is owed to the next one."""
    if not is_granted(draft):
        return False
    _left(draft, remaining)
    return True


def _left(draft: Draft, remaining: str, **words: str) -> None:
    if draft.until is not None:
        # What a reset at that very time has left is asked for.
        before = timedelta(microseconds=0 if draft.reset_at == draft.until else 1)
        words["at"] = time_of(draft.until - before)
    held = {"account": CUSTOMER, "resource": GRANTED, "remaining": remaining}
    draft.expect("balances", held | words)


def overage(draft: Draft, value: str) -> None:
    """What no grant covered is owed; where it is not carried, it is charged, at 1."""
    if not any(each.get("overage") for each in draft.sections["allowances"]):
        draft.sum(amount=value)
        return
    owed = -Decimal(value)
    words = {"account": CUSTOMER, "resource": GRANTED}
    draft.expect("balances", words | {"bucket": "+carried", "remaining": text_of(owed)})
    for each_left in draft.then["balances"]:
        if "bucket" not in each_left:
            each_left["remaining"] = text_of(Decimal(each_left["remaining"]) + owed)


def used(draft: Draft, value: str) -> None:
    """What was used in all, covered or not."""
    draft.sum(units=[draft.unit], without=["allowance"], quantity=value)


def granted(draft: Draft, value: str) -> None:
    """What was put into grants: nothing of it ends or is void while the case runs."""
    put_in = sum((Decimal(each["grant"]["quantity"]) for each in draft.before), Decimal(0))
    if put_in != Decimal(value):
        raise UnknownField(f"expect.granted_total: {value!r} of {put_in}")
    used = sum((event.quantity or Decimal(0) for event in draft.events), Decimal(0))
    held = {"ledger_account": "allowance_liability", "resource": GRANTED}
    draft.expect("counters", held | {"total": text_of(used - put_in)})


def segments(draft: Draft, values: list[Any]) -> None:
    """Spans between changes of the grants: what the first usage in each finds, where it has any.

    What is owed from before is taken out of what a span begins with.
    """
    spans = each(values, "expect.segments")
    if any("usage" in span for span in spans):
        raise NotYet("grants by the latest value")
    first, last = draft.events[0].at, draft.until or END
    told = [step["grant"] for step in draft.before]
    edges = {moment_of(grant[word], word) for grant in told for word in ("from", "until")}
    starts = [first, *sorted(edge for edge in edges if first < edge < last)]
    if len(starts) != len(spans):
        raise UnknownField(f"expect.segments: {len(spans)} of {len(starts)}")
    found: dict[str, str] = {}
    for start, end, span in zip(starts, [*starts[1:], last], spans, strict=True):
        left = span.number("balance_at_start") - span.number("overage_at_start")
        span.done()
        used = next((event for event in draft.events if start <= event.at < end), None)
        if used is not None and 0 < (used.quantity or 0) <= left:
            found[used.id] = text_of(left)
    for event in draft.events:
        change = [{"resource": GRANTED, "before": found[event.id]}] if event.id in found else None
        draft.expect("charges", {"id": event.id} | ({"changes": change} if change else {}))


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
