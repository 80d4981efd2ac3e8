"""What is paid for a period at most, and at least."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Final

from tests.cases.draft import BEGIN, CUSTOMER, SERVICE, Draft, text_of
from tests.cases.fields import Fields, UnknownField, each
from tests.cases.words.taxes import RULE as TAX

MAXIMUM = "maximum_spend"
MINIMUM = "minimum_spend"
_CENTS = Decimal(100)


def maximum(draft: Draft, given: Fields) -> None:
    """`maximum_spend`: of the one price plan."""
    draft.plan.words[MAXIMUM] = {"amount": given.take(MAXIMUM)}


def minimum(draft: Draft, given: Fields) -> None:
    """`minimum_spend`: a commitment by month; the service has it from `start` to `end`."""
    amount = Decimal(given.take(MINIMUM))
    _commit(draft, given, amount)


def minimum_in_cents(draft: Draft, given: Fields) -> None:
    """`minimum_spend_cents`: the same, and all other amounts are in cents too."""
    draft.digits, draft.rounding, draft.unit_of_money = 2, "half_up", _CENTS
    _commit(draft, given, Decimal(given.take("minimum_spend_cents")) / _CENTS)


def _commit(draft: Draft, given: Fields, amount: Decimal) -> None:
    start, end = _span(draft, given)
    commitment = {"id": MINIMUM, "minimum": text_of(amount), "every": "month"}
    draft.plan.words["commitments"] = [commitment]
    service = {"service": SERVICE, "price_plan": draft.plan.id, "from": str(start)}
    draft.services = [service | {"until": str(end)}]
    month = start.replace(day=1)
    closes = (month + timedelta(days=32)).replace(day=1)
    draft.steps.append({"tick": f"{closes}T01:00:00Z"})
    draft.made.append(f"true_up/{CUSTOMER}/{SERVICE}/{MINIMUM}/{start.replace(day=1)}T00:00:00Z")
    draft.is_made_alone = not draft.plan.rows


def _span(draft: Draft, given: Fields) -> tuple[date, date]:
    """The days that the service has the plan, the last one exclusive."""
    period = given.take("period")
    if isinstance(period, dict):
        fields = Fields(period, "given.period")
        start = date.fromisoformat(fields.take("start"))
        end = date.fromisoformat(fields.take("end")) + timedelta(days=1)
        fields.take("full_days")  # those of the calendar month
        fields.done()
        _move(draft, start)
        return start, end
    start = min([event.at for event in draft.events], default=BEGIN).date().replace(day=1)
    ended = given.take("ended")
    if ended is not None:
        return start, date.fromisoformat(ended) + timedelta(days=1)
    return start, (start + timedelta(days=32)).replace(day=1)


def _move(draft: Draft, start: date) -> None:
    """Usage without a time was in the period."""
    for number, event in enumerate(draft.events, start=1):
        if event.at.date() == BEGIN.date():
            begin = datetime(start.year, start.month, start.day, tzinfo=UTC)
            event.at = begin + timedelta(minutes=number)


def before_maximum(draft: Draft, value: str) -> None:
    """`amount`: what usage would cost without the maximum."""
    draft.sum(without=[MAXIMUM], amount=value)


def above_maximum(draft: Draft, value: str) -> None:
    """`discount_for_cap`: what is taken off."""
    draft.sum(rule=MAXIMUM, amount=text_of(-Decimal(value)))


def true_up(draft: Draft, value: str) -> None:
    """`true_up`, `true_up_cents`: what is missing to the minimum, rounded."""
    amount = text_of(Decimal(value) / draft.unit_of_money)
    draft.sum(charges=draft.made, without=[TAX], amount=amount)


def exact_true_up(draft: Draft, value: str) -> None:
    """`precise_cents`: the same before it is rounded, as far as the case tells it."""
    amount = Decimal(value) / draft.unit_of_money
    digits = 10
    draft.sum(rule="true_up", amount=f"{amount:.{digits}f}", digits=digits)


def used(draft: Draft, value: str) -> None:
    """`usage_cents`: what usage alone costs without tax."""
    events = [event.id for event in draft.now]
    amount = text_of(Decimal(value) / draft.unit_of_money)
    draft.sum(charges=events, without=[TAX], amount=amount)


def without_tax(draft: Draft, value: str) -> None:
    """`fees_cents`: all that is charged, without tax."""
    draft.sum(without=[TAX], amount=text_of(Decimal(value) / draft.unit_of_money))


def tax_in_cents(draft: Draft, value: str) -> None:
    """`tax_cents`: all taxes."""
    draft.sum(rule=TAX, amount=text_of(Decimal(value) / draft.unit_of_money))


def minimum_lines(draft: Draft, values: list[dict[str, str]]) -> None:
    """`lines` of the kind `minimum_spend`."""
    for line in each(values, "expect.lines"):
        kind = line.take("kind")
        if kind != MINIMUM:
            raise UnknownField(f"{line.path}.kind: {kind!r}")
        draft.sum(charges=draft.made, amount=line.take("amount"))
        line.done()


WORDS: Final[dict[str, Callable[[Draft, str], None]]] = {
    "amount": before_maximum,
    "discount_for_cap": above_maximum,
    "true_up": true_up,
    "true_up_cents": true_up,
    "precise_cents": exact_true_up,
    "usage_cents": used,
    "fees_cents": without_tax,
    "tax_cents": tax_in_cents,
}
"""What `expect` says of it."""
