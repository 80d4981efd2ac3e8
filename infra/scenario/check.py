"""What a scenario says beyond its words: one thing a step, names that lead somewhere, real days."""

from collections.abc import Iterator
from typing import Any, Final

from msgspec import Struct

from connectors.catalog.problem import Place, ProblemBook, unknown
from connectors.catalog.resolution.dates import instant_at
from infra.scenario.form import ScenarioForm
from infra.scenario.step_form import StepForm

_STEPS: Final = StepForm.__struct_fields__
_SUMMED: Final = ("amount", "quantity", "count")
_TIMES: Final = {
    "at": "at",
    "until": "until",
    "start": "from",
    "end": "until",
    "time": "time",
    "tick": "tick",
    "advance": "advance",
    "received_at": "received_at",
    "anchor": "anchor",
    "bill_unit": "bill_unit",
}
"""Fields that hold a time, and their words."""


_OF_ACCOUNTS: Final = (
    *("service", "top_up", "adjust", "convert", "answer", "prices", "grant", "void", "status"),
    *("attributes", "billing", "billed"),
)
"""Steps that concern an account there is."""


def check_scenario(form: ScenarioForm, place: Place, book: ProblemBook) -> None:
    """Report everything that could not be carried out."""
    accounts = {account.account for account in form.given.accounts}
    usages: set[str] = set()
    for number, step in enumerate(form.when):
        where = place.at("when", number)
        given = [name for name in _STEPS if getattr(step, name) is not None]
        if len(given) != 1:
            found = " and ".join(given) or "nothing"
            book.report(where, f"expected one of {', '.join(_STEPS)}, found {found}")
        if step.account is not None:
            accounts.add(step.account.account)
        if step.usage is not None:
            usages.add(step.usage.id)
        for word in _OF_ACCOUNTS:
            named = getattr(step, word)
            if named is not None and named.account not in accounts:
                book.report(where.at(word), unknown("account", named.account, accounts))
        for word in ("redeliver", "discard"):
            name = getattr(step, word)
            if name is not None and name not in usages:
                book.report(where.at(word), unknown("usage", name, usages))
    for number, wanted in enumerate(form.then.sums):
        if all(getattr(wanted, word) is None for word in _SUMMED):
            book.report(place.at("then").at("sums", number), f"expected {' or '.join(_SUMMED)}")
    for number, total in enumerate(form.then.accumulators):
        if (total.month is None) == (total.at is None):
            book.report(place.at("then").at("accumulators", number), 'expected "month" or "at"')
    for where, text in (
        *_times(form.given, place.at("given")),
        *_times(form.when, place.at("when")),
        *_times(form.then, place.at("then")),
    ):
        if instant_at(text) is None:
            book.report(where, f'"{text}" is no time: there is no such day or hour')


def _times(value: Any, place: Place) -> Iterator[tuple[Place, str]]:
    if isinstance(value, tuple):
        for number, each in enumerate(value):
            yield from _times(each, place.at(number))
    elif isinstance(value, Struct):
        for name in value.__struct_fields__:
            held, word = getattr(value, name), _TIMES.get(name)
            if word is not None and isinstance(held, str) and held:
                yield place.at(word), held
            else:
                yield from _times(held, place.at(word or name))
