"""Commission plans: is there something to sum, somebody to pay, and time enough to know it."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

from connectors.catalog.checks.eligibility import HUNDRED, MoneyCheck
from connectors.catalog.checks.when import check_period_named
from connectors.catalog.forms.partners import CommissionPlanForm, PartnerForm
from connectors.catalog.names import Names
from connectors.catalog.problem import ProblemBook
from connectors.catalog.resolution.dates import duration_of
from connectors.catalog.sheets import Sheets
from streams.model.instant import HOUR

_EARNS = ("milestones", "tiers", "levels")


def check_commission(sheets: Sheets, names: Names, book: ProblemBook) -> None:
    """Report partners above themselves, and commission plans that cannot be settled."""
    offers = [offer for plan in sheets.price_plans for offer in plan.form.offers]
    for partner in sheets.partners:
        _check_above(partner.form, MoneyCheck(partner.place, names, book))
    for entry in sheets.commission_plans:
        check = MoneyCheck(entry.place, names, book)
        check.eligibility(entry.form, offers)
        _check_sum(entry.form, check)
        _check_partner(entry.form, check, sheets)
        _check_earned(entry.form, check)
        _check_times(entry.form, check, sheets)


def _check_above(form: PartnerForm, check: MoneyCheck) -> None:
    partners = check.names.partners
    if not form.of:
        return
    check.known("partner", form.of, partners, "of")
    seen, above = {form.id}, form.of
    while above in partners:
        if above in seen:
            check.report(f'"{form.of}" is itself below "{form.id}"', "of")
            return
        seen.add(above)
        above = partners[above].of


def _check_sum(form: CommissionPlanForm, check: MoneyCheck) -> None:
    names = check.names
    check_period_named(form.every, check.place.at("every"), names, check.book)
    check.money(form.currency, is_needed=True)
    units = {unit for usage_type in names.usage_types.values() for unit in usage_type.units}
    for number, unit in enumerate(form.units):
        check.known("unit", unit, units, "units", number)
    if form.sums == "quantity" and not form.units:
        check.report('"units" is missing: expected those whose quantity is summed')
    if form.sums != "quantity" and form.units:
        check.report('stands only beside "sums: quantity"', "units")


def _check_partner(form: CommissionPlanForm, check: MoneyCheck, sheets: Sheets) -> None:
    if form.partner and form.partner_from:
        check.report('expected either "partner" or "partner_from"')
    if form.partner:
        check.known("partner", form.partner, check.names.partners, "partner")
    if form.partner_from:
        check.words((form.partner_from,), "partner_from")
    summed = [
        each.form
        for each in sheets.partners
        if each.form.account and form.partner in ("", each.form.id)
    ]
    if not summed:
        check.report("no partner of it has an account: expected one, to sum up in", "partner")
    pairs = {(rate.form.source, rate.form.target) for rate in sheets.exchange_rates}
    source = form.currency or next((each.form.code for each in sheets.currencies), "")
    for partner in summed:
        if partner.currency != source and (source, partner.currency) not in pairs:
            check.report(f"there is no exchange rate from {source} to {partner.currency}")


def _check_earned(form: CommissionPlanForm, check: MoneyCheck) -> None:
    if not any(getattr(form, word) for word in _EARNS):
        check.report(f"expected at least one of {', '.join(_EARNS)}")
    if form.tiers and form.sums != "amount":
        check.report('percents are of money: expected "sums: amount"', "tiers")
    for word in _EARNS:
        starts = [step.start for step in getattr(form, word)]
        _check_rising(starts, word, check)
    for number, milestone in enumerate(form.milestones):
        check.positive(milestone.bonus, "milestones", number, "bonus")
    for number, step in enumerate(form.tiers):
        if not 0 <= step.percent <= HUNDRED:
            message = f"expected 0 to 100, found {step.percent}"
            check.report(message, "tiers", number, "percent")


def _check_rising(starts: Sequence[Decimal], word: str, check: MoneyCheck) -> None:
    for number, start in enumerate(starts):
        if start < 0:
            check.report(f"expected 0 or more, found {start}", word, number, "from")
    for number, (one, other) in enumerate(pairwise(starts), start=1):
        if other <= one:
            check.report(f"{word} must rise: expected more than {one}", word, number, "from")


def _check_times(form: CommissionPlanForm, check: MoneyCheck, sheets: Sheets) -> None:
    grace = sheets.settings.get("grace")
    closed = HOUR if grace is None else duration_of(grace.form)
    if duration_of(form.settled_after) <= closed:
        check.report("expected more than the catalog's grace", "settled_after")
    if form.levels and duration_of(form.levels_after) <= duration_of(form.settled_after):
        message = f'expected more than "settled_after", {form.settled_after}'
        check.report(message, "levels_after")
