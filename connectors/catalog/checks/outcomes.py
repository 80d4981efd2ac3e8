"""Outcomes: can they be told from the records, and are they sold."""

from collections.abc import Collection, Iterator

from connectors.catalog.checks.prices import units_of
from connectors.catalog.form import UsageTypeForm
from connectors.catalog.forms.outcomes import OutcomeForm
from connectors.catalog.names import Names
from connectors.catalog.problem import Place, ProblemBook, unknown
from connectors.catalog.resolution.dates import duration_of
from connectors.catalog.sheets import Sheets, nested
from streams.expression import (
    Expression,
    Field,
    Has,
    Member,
    Scope,
    check_expression,
    children_of,
)
from streams.model.session import EVENTS, LAST, QUANTITIES

_SCOPE = Scope(
    {EVENTS: "map", QUANTITIES: "map", LAST: "string"},
    members={EVENTS: "number", QUANTITIES: "number"},
)


def check_outcomes(sheets: Sheets, names: Names, book: ProblemBook) -> None:
    """Report outcomes that no record can lead to, that nothing sells, that say the same twice."""
    rules: dict[str, OutcomeForm] = {}
    for entry in sheets.outcomes:
        rule, place = entry.form, entry.place
        first = rules.setdefault(rule.usage_type, rule)
        if first is not rule:
            book.report(
                place.at("usage_type"), f'{rule.usage_type} has outcome "{first.id}" already'
            )
        usage_type = names.usage_types.get(rule.usage_type)
        if usage_type is None:
            message = unknown("usage type", rule.usage_type, names.usage_types)
            book.report(place.at("usage_type"), message)
        else:
            _check_words(rule, usage_type, place, book)
        for number, event in enumerate(rule.events):
            if event in rule.events[:number]:
                book.report(place.at("events", number), f'"{event}" stands here twice')
        if rule.closes_after and not duration_of(rule.closes_after):
            book.report(place.at("closes_after"), "expected more than nothing")
    _check_offers(rules, sheets, book)


def _check_words(
    rule: OutcomeForm, usage_type: UsageTypeForm, place: Place, book: ProblemBook
) -> None:
    units = set(usage_type.units)
    if rule.unit not in units:
        book.report(place.at("unit"), unknown("unit", rule.unit, units))
    needed = ("session", "event") if rule.events else ("session",)
    for word in needed:
        name = getattr(rule, word)
        if name not in usage_type.attributes:
            book.report(place.at(word), unknown("attribute", name, set(usage_type.attributes)))
    for word in ("resolved", "reopened"):
        expression = getattr(rule, word)
        if expression is not None:
            for problem in _problems(expression, rule.events, units - {rule.unit}):
                book.report(place.at(word), problem)


def _problems(
    expression: Expression, events: Collection[str], units: Collection[str]
) -> Iterator[str]:
    found = check_expression(expression, _SCOPE, wanted="bool")
    yield from found
    if not found:
        for holder, name in _members(expression):
            what, known = ("event", events) if holder == EVENTS else ("unit", units)
            if name not in known:
                yield unknown(what, name, set(known))


def _members(expression: Expression) -> Iterator[tuple[str, str]]:
    """What is asked of the two maps."""
    if isinstance(expression, Member | Has) and isinstance(expression.operand, Field):
        yield expression.operand.name, expression.name
    for child in children_of(expression):
        yield from _members(child)


def _check_offers(rules: dict[str, OutcomeForm], sheets: Sheets, book: ProblemBook) -> None:
    """An offer of such usage prices the outcome, and nothing else."""
    sold: set[str] = set()
    for plan in sheets.price_plans:
        for offer, place in nested(plan, "offers"):
            rule = rules.get(offer.usage_type)
            if rule is None:
                continue
            sold.add(offer.usage_type)
            for number, price in enumerate(offer.prices):
                for unit in set(units_of(price)) - {rule.unit}:
                    book.report(
                        place.at("prices", number),
                        f'{unit} costs nothing by itself: outcome "{rule.id}" is what'
                        f" {offer.usage_type} is charged for, by {rule.unit}",
                    )
    for entry in sheets.outcomes:
        if entry.form.usage_type not in sold:
            book.report(entry.place, f'outcome "{entry.form.id}" is sold by no offer')
