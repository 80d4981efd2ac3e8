"""What charge lines add up to, over as many charges as a scenario likes to look at."""

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from infra.scenario.outcome import Outcome
from infra.scenario.then_form import SumForm
from streams.model.instant import datetime_of
from streams.model.rated import ChargeLine, RatedUsage

_OF_LINES: Final = ("rule", "price")
_OF_CHARGES: Final = ("account", "product", "price_plan")


def compare_sum(wanted: SumForm, found: Outcome) -> list[str]:
    """Each number of `wanted` that is not the sum of what fits, as a sentence."""
    lines = [line for line in _lines(wanted, found) if _fits_line(wanted, line)]
    sums: dict[str, Decimal] = {
        "amount": sum((line.amount for line in lines), Decimal(0)),
        "quantity": sum((Decimal(line.quantity) for line in lines), Decimal(0)),
        "count": Decimal(len(lines)),
    }
    told: list[str] = []
    for word, value in sums.items():
        expected = getattr(wanted, word)
        if expected is not None and _at(value, wanted.digits) != expected:
            told.append(f"sum of {_shown(wanted)}: {word}: expected {expected}, found {value}")
    return told


def _lines(wanted: SumForm, found: Outcome) -> Iterator[ChargeLine]:
    for charge in found.charges:
        if _fits_charge(wanted, charge, found.time_zones.get(charge.account, "UTC")):
            yield from charge.lines


def _fits_charge(wanted: SumForm, charge: RatedUsage, time_zone: str) -> bool:
    if wanted.charges is not None and charge.record.event_id not in wanted.charges:
        return False
    if wanted.month is not None:
        moment = datetime_of(charge.record.occurred_at).astimezone(ZoneInfo(time_zone))
        if f"{moment:%Y-%m}" != wanted.month:
            return False
    return _holds(wanted, charge, _OF_CHARGES)


def _fits_line(wanted: SumForm, line: ChargeLine) -> bool:
    if line.rule in wanted.without:
        return False
    if wanted.units is not None and line.unit not in wanted.units:
        return False
    return _holds(wanted, line, _OF_LINES) and wanted.detail.items() <= line.detail.items()


def _holds(wanted: SumForm, value: Any, words: tuple[str, ...]) -> bool:
    asked = ((getattr(wanted, word), getattr(value, word)) for word in words)
    return all(expected is None or expected == held for expected, held in asked)


def _at(value: Decimal, digits: int | None) -> Decimal:
    return value if digits is None else value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def _shown(wanted: SumForm) -> str:
    words = (*_OF_CHARGES, "charges", "month", *_OF_LINES, "without", "units", "detail")
    named = ((word, getattr(wanted, word)) for word in words)
    return ", ".join(f"{word} {value}" for word, value in named if value) or "all lines"
