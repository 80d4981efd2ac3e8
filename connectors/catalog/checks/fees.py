"""Fees: one price each that makes sense, a period that is known, grants that lead somewhere."""

from dataclasses import replace

from connectors.catalog.checks.kinds import CHECK_KIND
from connectors.catalog.checks.kinds.check import KindCheck
from connectors.catalog.checks.when import check_period_named
from connectors.catalog.form import OfferForm, UsageTypeForm
from connectors.catalog.forms.fees import FeeForm
from connectors.catalog.names import Names
from connectors.catalog.problem import Place, ProblemBook, unknown
from connectors.catalog.resolution.prices import given_kinds
from connectors.catalog.sheets import Sheets, nested
from streams.model.fee import FEE


def check_fees(sheets: Sheets, names: Names, book: ProblemBook) -> None:
    """Report fees that cannot be charged."""
    for entry in sheets.usage_types:
        if entry.form.id == FEE:
            book.report(entry.place.at("id"), f'"{FEE}" is what fees are charged over')
    for plan in sheets.price_plans:
        seen: set[str] = set()
        for fee, place in nested(plan, "fees"):
            if fee.id in seen:
                book.report(place.at("id"), f'fee "{fee.id}" stands here twice')
            seen.add(fee.id)
            _check_fee(fee, place, names, book)


def _check_fee(fee: FeeForm, place: Place, names: Names, book: ProblemBook) -> None:
    if fee.every:
        check_period_named(fee.every, place.at("every"), names, book)
    else:
        for word, usual in (("charged", "forward"), ("proration", "prorate"), ("by", "day")):
            if getattr(fee, word) != usual:
                book.report(place.at(word), 'a fee without "every" is due once, and whole')
    if fee.proration == "average" and not (fee.driven_by and fee.charged == "arrears"):
        message = "an average is that of a quantity that changes, charged in arrears"
        book.report(place.at("proration"), message)
    if fee.quantity <= 0:
        book.report(place.at("quantity"), f"expected more than 0, found {fee.quantity}")
    if fee.driven_by:
        _check_driven(fee, place, names, book)
    _check_price(fee, place, names, book)
    for number, impact in enumerate(fee.impacts):
        if impact not in names.accumulators:
            message = unknown("accumulator", impact, names.accumulators)
            book.report(place.at("impacts", number), message)
    for number, grant in enumerate(fee.grants):
        below = place.at("grants", number)
        if grant.allowance not in names.allowances:
            book.report(
                below.at("allowance"), unknown("allowance", grant.allowance, names.allowances)
            )
        if grant.quantity is not None and grant.quantity <= 0:
            book.report(below.at("quantity"), f"expected more than 0, found {grant.quantity}")
        if fee.charged == "arrears":
            book.report(below, "a grant comes as its period begins: charge the fee forward")


def _check_driven(fee: FeeForm, place: Place, names: Names, book: ProblemBook) -> None:
    """Its quantity comes from a rate unit of units that stay, and from nothing else."""
    unit = names.rate_units.get(fee.driven_by)
    if unit is None:
        message = unknown("rate unit", fee.driven_by, names.rate_units)
        book.report(place.at("driven_by"), message)
    elif not unit.drives_recurring:
        message = f'rate unit "{unit.id}" drives no fees: say `drives_recurring: true` there'
        book.report(place.at("driven_by"), message)
    if fee.quantity != 1:
        book.report(place.at("quantity"), f"rate unit {fee.driven_by} says how many")
    if not fee.every:
        book.report(place.at("driven_by"), 'a quantity that changes needs "every"')
    if fee.grants:
        book.report(place.at("grants"), "a fee of changing quantity brings no allowances")
    if fee.proration == "full":
        message = "a quantity that changes pays its part, or nothing: expected prorate or none"
        book.report(place.at("proration"), message)
    elif fee.charged == "arrears" and fee.proration == "none":
        message = "in arrears each quantity pays its part: expected prorate or average"
        book.report(place.at("proration"), message)


def _check_price(fee: FeeForm, place: Place, names: Names, book: ProblemBook) -> None:
    if (fee.amount is None) == (fee.price is None):
        found = "neither" if fee.amount is None else "both"
        book.report(place, f'expected "amount" or "price", found {found}')
    if fee.price is None:
        return
    kinds = given_kinds(fee.price)
    if len(kinds) != 1:
        found = " and ".join(kinds) or "none"
        book.report(place.at("price"), f"expected exactly one kind of price, found {found}")
    sold = OfferForm(id=fee.id, usage_type=FEE, start="2000-01-01", impacts=fee.impacts, prices=())
    usage_types = names.usage_types | {FEE: UsageTypeForm(id=FEE, units=(FEE,))}
    check = KindCheck(place.at("price"), sold, replace(names, usage_types=usage_types), book)
    for kind, form in kinds.items():
        CHECK_KIND[kind](form, check.below("SLAB" if kind == "slab" else kind))
