"""What is paid at most and at least: amounts that can be, of what the price plan sells."""

from connectors.catalog.checks.when import check_period_named
from connectors.catalog.form import PricePlanForm
from connectors.catalog.forms.accumulators import AccumulatorForm
from connectors.catalog.forms.spend import CommitmentForm, MaximumSpendForm
from connectors.catalog.names import Names
from connectors.catalog.problem import Place, ProblemBook, unknown
from connectors.catalog.sheets import Entry, Sheets, nested

_MONTH = "month"


def check_spend(sheets: Sheets, names: Names, book: ProblemBook) -> None:
    """Report maxima that bound nothing, and commitments that nothing can be measured by."""
    for plan in sheets.price_plans:
        maximum, place = plan.form.maximum_spend, plan.place.at("maximum_spend")
        if maximum is not None:
            if maximum.amount < 0:
                book.report(place.at("amount"), f"expected 0 or more, found {maximum.amount}")
            _check_names(maximum, plan, place, book)
            check_period_named(maximum.every, place.at("every"), names, book)
        seen = {fee.id for fee in plan.form.fees}
        for commitment, below in nested(plan, "commitments"):
            if commitment.id in seen:
                message = f'fee or commitment "{commitment.id}" stands here twice'
                book.report(below.at("id"), message)
            seen.add(commitment.id)
            _check_names(commitment, plan, below, book)
            check_period_named(commitment.every, below.at("every"), names, book)
            _check_minimum(commitment, below, book)
            _check_total(commitment, below, names, book)


def _check_names(
    form: MaximumSpendForm | CommitmentForm,
    plan: Entry[PricePlanForm],
    place: Place,
    book: ProblemBook,
) -> None:
    if form.offers and form.products:
        book.report(place, 'expected "offers" or "products", found both')
    products = {offer.product or offer.usage_type for offer in plan.form.offers}
    if isinstance(form, CommitmentForm):
        products |= {fee.product or fee.id for fee in plan.form.fees}
    known = {"offers": {offer.id for offer in plan.form.offers}, "products": products}
    for word, kind in (("offers", "offer"), ("products", "product")):
        for number, name in enumerate(getattr(form, word)):
            if name not in known[word]:
                book.report(place.at(word, number), unknown(kind, name, known[word]))


def _check_minimum(form: CommitmentForm, place: Place, book: ProblemBook) -> None:
    if (form.minimum is None) == (form.quantity is None):
        found = "neither" if form.minimum is None else "both"
        book.report(place, f'expected "minimum" or "quantity", found {found}')
    for word in ("minimum", "quantity", "unit_amount"):
        number = getattr(form, word)
        if number is not None and number <= 0:
            book.report(place.at(word), f"expected more than 0, found {number}")
    if form.quantity is not None and form.unit_amount is None:
        book.report(place, '"unit_amount" is missing: expected what each that is missing costs')
    if form.quantity is None and form.unit_amount is not None:
        book.report(place.at("unit_amount"), 'stands only beside "quantity"')


def _check_total(form: CommitmentForm, place: Place, names: Names, book: ProblemBook) -> None:
    """The accumulator that it goes by, and those that it moves."""
    for number, impact in enumerate(form.impacts):
        if impact not in names.accumulators:
            message = unknown("accumulator", impact, names.accumulators)
            book.report(place.at("impacts", number), message)
    if not form.accumulator:
        if form.quantity is not None:
            book.report(place, '"accumulator" is missing: expected what sums the quantity')
        return
    if form.offers or form.products:
        book.report(
            place.at("accumulator"), 'says what counts: no "offers" and "products" beside it'
        )
    found = names.accumulators.get(form.accumulator)
    if found is None:
        message = unknown("accumulator", form.accumulator, names.accumulators)
        book.report(place.at("accumulator"), message)
        return
    if (found.sums == "amount") != (form.minimum is not None):
        message = f"{form.accumulator} sums {found.sums}: expected one that sums "
        message += "amount" if form.minimum is not None else "quantity or records"
        book.report(place.at("accumulator"), message)
    if not (found.is_plain or _is_of_group(found)):
        message = (
            f"{form.accumulator} is not a sum by periods of all that an account uses, or a group"
        )
        book.report(place.at("accumulator"), message)
    elif (found.period or _MONTH) != form.every:
        message = f"{form.accumulator} is by {found.period or _MONTH}: expected the same period"
        book.report(place.at("every"), message)


def _is_of_group(form: AccumulatorForm) -> bool:
    """True of a sum by periods of what all accounts of a root use."""
    return form.per == "group" and form.adds_up and form.has_periods and not form.by
