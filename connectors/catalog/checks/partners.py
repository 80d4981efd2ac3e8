"""Partners and shares: does every share lead to a partner, do shares leave something to share."""

from decimal import Decimal

from connectors.catalog.checks.eligibility import HUNDRED, MoneyCheck
from connectors.catalog.forms.partners import RevenueShareForm
from connectors.catalog.names import Names
from connectors.catalog.problem import ProblemBook
from connectors.catalog.resolution.dates import instant_at
from connectors.catalog.sheets import Sheets

_KINDS = ("percent", "amount", "rest", "partner_tiers", "tiers")


def check_partners(sheets: Sheets, names: Names, book: ProblemBook) -> None:
    """Report shares that cannot be given, currencies and rates that cannot be."""
    offers = [offer for plan in sheets.price_plans for offer in plan.form.offers]
    for partner in sheets.partners:
        check = MoneyCheck(partner.place, names, book)
        check.known("currency", partner.form.currency, names.currencies, "currency")
    _check_rates(sheets, names, book)
    for entry in sheets.revenue_shares:
        check = MoneyCheck(entry.place, names, book)
        check.eligibility(entry.form, offers)
        _check_share(entry.form, check)
        _check_partner(entry.form, check, sheets)
        _check_chain(entry.form, check)
    _check_sums(sheets, names, book)


def _check_rates(sheets: Sheets, names: Names, book: ProblemBook) -> None:
    seen: set[tuple[str, str, int | None]] = set()
    for entry in sheets.exchange_rates:
        form = entry.form
        check = MoneyCheck(entry.place, names, book)
        for word, code in (("from", form.source), ("to", form.target)):
            check.known("currency", code, names.currencies, word)
        if form.source == form.target:
            check.report(f'"{form.target}" is the same currency', "to")
        check.positive(form.rate, "rate")
        start = instant_at(form.since)
        if start is None:
            message = f'"{form.since}" is no date: expected one like 2026-01-31'
            book.spoil(entry.place.at("since"), message)
        key = (form.source, form.target, start)
        if key in seen:
            check.report(f"another rate of {form.source} to {form.target} begins then", "since")
        seen.add(key)


def _check_share(form: RevenueShareForm, check: MoneyCheck) -> None:
    given = [word for word in _KINDS if getattr(form, word) not in (None, (), {}, False)]
    check.one_of(given, _KINDS)
    check.percent(form.percent, "percent")
    check.positive(form.amount, "amount")
    for tier, percent in form.partner_tiers.items():
        check.percent(percent, "partner_tiers", tier)
    check.steps(form.tiers, form.reference)
    check.money(form.currency, is_needed=form.amount is not None)


def _check_partner(form: RevenueShareForm, check: MoneyCheck, sheets: Sheets) -> None:
    if bool(form.partner) == bool(form.partner_from):
        check.report('expected either "partner" or "partner_from"')
    if form.partner:
        check.known("partner", form.partner, check.names.partners, "partner")
    if form.partner_from:
        check.words((form.partner_from,), "partner_from")
    for partner in sheets.partners:
        if not form.partner or form.partner == partner.form.id:
            _check_currency(form, partner.form.currency, check, sheets)


def _check_currency(form: RevenueShareForm, target: str, check: MoneyCheck, sheets: Sheets) -> None:
    """From the currency of every price plan that is shared there is a rate to the partner's."""
    pairs = {(rate.form.source, rate.form.target) for rate in sheets.exchange_rates}
    for plan in sheets.price_plans:
        source = plan.form.currency
        if form.price_plans and plan.form.id not in form.price_plans:
            continue
        if form.currency in ("", source) and source != target and (source, target) not in pairs:
            check.report(f"there is no exchange rate from {source} to {target}")


def _check_chain(form: RevenueShareForm, check: MoneyCheck) -> None:
    shares = check.names.revenue_shares
    if not form.of:
        return
    check.known("revenue share", form.of, shares, "of")
    seen = {form.id}
    above = form.of
    while above in shares:
        if above in seen:
            check.report(f'"{form.of}" is itself taken from "{form.id}"', "of")
            return
        seen.add(above)
        above = shares[above].of


def _check_sums(sheets: Sheets, names: Names, book: ProblemBook) -> None:
    """Shares of the same whole that all are always due are not more than it."""
    sums: dict[tuple[str, str], Decimal] = {}
    for entry in sheets.revenue_shares:
        form = entry.form
        narrows = (form.when, form.usage_types, form.products, form.price_plans)
        if form.percent is None or any(narrows) or form.start or form.end or form.partner_from:
            continue
        whole = (form.of, "" if form.of else form.basis)
        total = sums[whole] = sums.get(whole, Decimal(0)) + form.percent
        if total > HUNDRED:
            check = MoneyCheck(entry.place, names, book)
            check.report(f"shares of the same whole add up to {total} percent", "percent")
