"""A markup on the cost: is there a cost that it can be on."""

from decimal import Decimal

from connectors.catalog.checks.kinds.check import KindCheck
from connectors.catalog.forms.prices import CostPlusForm

_ALL = Decimal(-100)


def check_cost_plus(form: CostPlusForm, check: KindCheck) -> None:
    """Units that have a cost, counted as they are measured; markups that leave something."""
    if not check.offer.costs:
        check.report('a markup on the cost needs "costs" at the offer')
    check.some(form.units, "unit", "units")
    for number, unit in enumerate(form.units):
        check.unit(unit, "units", number)
        if any(unit in (name, _counted(check, name)) for name in check.offer.measures):
            check.report(f"{unit} is counted by a measure of the offer: its cost is not", "units")
    _check_percent(form.markup_percent, check, "markup_percent")
    for number, markup in enumerate(form.markup):
        _check_percent(markup.percent, check, "markup", number, "percent")
        check.words(markup.when, "markup", number, "when")


def _counted(check: KindCheck, unit: str) -> str:
    convert = check.offer.measures[unit].convert
    return unit if convert is None else convert.unit or unit


def _check_percent(percent: Decimal, check: KindCheck, *steps: str | int) -> None:
    if percent <= _ALL:
        check.report(f"expected more than -100, found {percent}", *steps)
