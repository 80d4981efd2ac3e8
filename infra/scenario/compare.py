"""Compare what came out with what `then` says; every difference is one sentence."""

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from connectors.catalog.resolution.dates import instant_at
from infra.scenario.bill_units import compare_bill_unit
from infra.scenario.outcome import Outcome, meant
from infra.scenario.requests import answer_differences
from infra.scenario.signals import signal_differences
from infra.scenario.sums import compare_sum
from infra.scenario.then_form import BalanceForm, ChargeForm, ThenForm, TotalForm
from streams.due.movement import is_movement
from streams.model.instant import Instant, format_instant, instant_of, month_of
from streams.model.rated import RatedUsage


def differences(then: ThenForm, found: Outcome) -> list[str]:
    """All that is not as expected, in the order of `then`; empty: the scenario holds."""
    told: list[str] = []
    if then.charges is not None:
        priced = [each for each in found.charges if not is_movement(each)]
        told += _compare_charges("charges", then.charges, priced)
    if then.movements is not None:
        moved = [each for each in found.charges if is_movement(each)]
        told += _compare_charges("movements", then.movements, moved)
    told += _lists(
        "verdicts",
        [f"{each.id} {each.verdict} {each.code}".rstrip() for each in then.verdicts],
        [f"{each.event_id} {each.verdict} {each.code}".rstrip() for each in found.refused],
    )
    if then.alerts is not None:
        told += _pairwise("alerts", then.alerts, found.alerts)
    if then.answers is not None:
        told += answer_differences(then.answers, found.answers)
    if then.signals is not None:
        told += signal_differences(then.signals, found.signals)
    for balance in then.balances:
        told += _compare_balance(balance, found)
    for total in then.accumulators:
        told += _compare_total(total, found)
    for counter in then.counters:
        held = found.counters.get((counter.ledger_account, counter.resource), Decimal(0))
        what = f"counter {counter.ledger_account} {counter.resource}"
        told += _number(what, counter.total, held)
    for unit in then.bill_units:
        told += compare_bill_unit(unit, found)
    for wanted in then.sums:
        told += compare_sum(wanted, found)
    return told


def _compare_charges(
    kind: str, expected: Sequence[ChargeForm], found: Sequence[RatedUsage]
) -> list[str]:
    wanted = [meant(each.id) for each in expected]
    told = _lists(kind, wanted, [meant(each.record.event_id) for each in found])
    if told:
        return told
    for charge, rated in zip(expected, found, strict=True):
        what = f"{kind[:-1]} {charge.id}"
        told += _fields(
            what, charge, rated, skip=("id", "lines", "postings", "changes", "bill_unit")
        )
        if charge.bill_unit is not None and instant_at(charge.bill_unit) != rated.bill_unit:
            unit = format_instant(rated.bill_unit)
            told.append(f"{what} bill_unit: expected {charge.bill_unit}, found {unit}")
        if charge.lines is not None:
            told += _pairwise(f"{what} lines", charge.lines, rated.lines)
        if charge.postings is not None:
            told += _pairwise(f"{what} postings", charge.postings, rated.postings)
        if charge.changes is not None:
            told += _pairwise(f"{what} changes", charge.changes, rated.changes)
    return told


def _pairwise(what: str, expected: Sequence[Any], found: Sequence[Any]) -> list[str]:
    if len(expected) != len(found):
        seen = "; ".join(_short(each) for each in found) or "none"
        return [f"{what}: expected {len(expected)}, found {len(found)}: {seen}"]
    told: list[str] = []
    for number, (one, other) in enumerate(zip(expected, found, strict=True)):
        told += _fields(f"{what}[{number}]", one, other)
    return told


def _fields(what: str, expected: Any, found: Any, *, skip: Sequence[str] = ()) -> list[str]:
    told: list[str] = []
    for name in expected.__struct_fields__:
        wanted = getattr(expected, name)
        if name in skip or wanted is None:
            continue
        value = getattr(found, name)
        if isinstance(wanted, Decimal):
            told += _number(f"{what} {name}", wanted, value)
        elif wanted != value:
            told.append(f"{what} {name}: expected {wanted!r}, found {value!r}")
    return told


def _number(what: str, expected: Decimal, found: Decimal | int | None) -> list[str]:
    if expected == found:
        return []
    return [f"{what}: expected {expected}, found {found}"]


def _lists(what: str, expected: list[str], found: list[str]) -> list[str]:
    if expected == found:
        return []
    shown: Callable[[list[str]], str] = lambda names: ", ".join(names) or "none"  # noqa: E731
    return [f"{what}: expected {shown(expected)}; found {shown(found)}"]


def _compare_balance(balance: BalanceForm, found: Outcome) -> list[str]:
    what = f"balance of {balance.account} in {balance.resource}"
    held = found.balances.get(balance.account)
    is_meant = _spans_meant(balance, found)
    meant = [
        bucket
        for bucket in (held.buckets if held else ())
        if bucket.resource == balance.resource
        and is_meant(bucket.start, bucket.end)
        and balance.bucket in (None, bucket.id)
    ]
    if not meant and balance.remaining:
        return [f"{what}: expected {balance.remaining}, found none"]
    remaining = sum((Decimal(bucket.remaining) for bucket in meant), Decimal(0))
    reserved = sum((Decimal(bucket.reserved) for bucket in meant), Decimal(0))
    told = _number(what, balance.remaining, remaining)
    if balance.reserved is not None:
        told += _number(f"{what}, reserved", balance.reserved, reserved)
    return told


def _compare_total(total: TotalForm, found: Outcome) -> list[str]:
    held = found.accumulators.get(total.account)
    is_meant = _spans_meant(total, found)
    value = next(
        (
            value
            for name, start, end, value in (held.totals if held else ())
            if name == total.accumulator and is_meant(start, end)
        ),
        0,
    )
    where = f"in {total.month}" if total.at is None else f"at {total.at}"
    return _number(f"{total.accumulator} of {total.account} {where}", total.total, value)


def _spans_meant(
    form: BalanceForm | TotalForm, found: Outcome
) -> Callable[[Instant, Instant], bool]:
    """Whether a period is the one that is meant: a month, or the one that holds an instant."""
    if form.at is not None:
        at = instant_at(form.at)
        return lambda start, end: at is not None and start <= at < end
    if form.month is None:
        return lambda start, end: True
    zone_name = found.time_zones.get(form.account, "UTC")
    noon = datetime.fromisoformat(f"{form.month}-02T12:00").replace(tzinfo=ZoneInfo(zone_name))
    month = month_of(instant_of(noon), zone_name)
    return lambda start, end: start == month.start


def _short(value: Any) -> str:
    words = {name: getattr(value, name) for name in value.__struct_fields__}
    return " ".join(f"{name}={word}" for name, word in words.items() if word)
