"""Prices without tiers: amounts, shares, what the source says, what attributes decide."""

from connectors.catalog.checks.kinds.check import KindCheck
from connectors.catalog.forms.prices import (
    ByAttributeForm,
    CapacityForm,
    DynamicForm,
    EventAmountForm,
    FlatForm,
    MatrixForm,
    MatrixRowForm,
    PercentageForm,
    PerUnitForm,
)
from connectors.catalog.forms.trade_prices import RangeForm
from connectors.catalog.problem import unknown


def check_per_unit(form: PerUnitForm, check: KindCheck) -> None:
    """Amounts of units."""
    check.positive(form.per, "per")
    for unit, amount in form.amounts.items():
        check.unit(unit, "amounts", unit)
        check.at_least_zero(amount, "amounts", unit)
    check.some(form.amounts, "unit with its amount", "amounts")


def check_flat(form: FlatForm, check: KindCheck) -> None:
    """An amount and what carries it."""
    check.some(form.units, "unit", "units")
    for number, unit in enumerate(form.units):
        check.unit(unit, "units", number)
    check.at_least_zero(form.amount, "amount")


def check_capacity(form: CapacityForm, check: KindCheck) -> None:
    """Limits that rise, of units that the price is for."""
    check.some(form.units, "unit", "units")
    for number, unit in enumerate(form.units):
        check.unit(unit, "units", number)
    for unit, name in form.references.items():
        if unit not in form.units:
            check.report(unknown("unit", unit, set(form.units)), "references", unit)
        if name in check.names.evaluations:
            message = "a capacity is paid by what its own period holds: expected an accumulator;"
            message += f' a fee may go by evaluation "{name}"'
            check.report(message, "references", unit)
        else:
            check.accumulator(name, unit, "references", unit)
    check.some(form.tiers, "tier", "tiers")
    for number, tier in enumerate(form.tiers):
        check.at_least_zero(tier.amount, "tiers", number, "amount")
        for unit, limit in tier.limits.items():
            if unit not in form.units:
                message = unknown("unit", unit, set(form.units))
                check.report(message, "tiers", number, "limits", unit)
            check.at_least_zero(limit, "tiers", number, "limits", unit)
        if not tier.limits and number < len(form.tiers) - 1:
            check.report("only the last tier has no limits", "tiers", number, "limits")
        earlier = form.tiers[number - 1].limits if number else {}
        if tier.limits and earlier and all(
            unit in earlier and limit <= earlier[unit] for unit, limit in tier.limits.items()
        ):  # fmt: skip
            check.report("never reached: the tier before holds as much", "tiers", number)


def check_percentage(form: PercentageForm, check: KindCheck) -> None:
    """A share with bounds that leave room, and what counts its free events."""
    check.unit(form.unit, "unit")
    for word in ("rate_percent", "fixed_amount", "min_per_event", "max_per_event",
                 "free_events", "free_amount"):  # fmt: skip
        check.at_least_zero(getattr(form, word), word)
    least, most = form.min_per_event, form.max_per_event
    if least is not None and most is not None and least > most:
        check.report(f"expected {least} or more, found {most}", "max_per_event")
    if form.free_events is not None:
        check.record_count(form.events, "events")
    if form.free_amount is not None:
        check.accumulator(form.amounts, form.unit, "amounts")
    if form.events and form.free_events is None:
        check.report('stands only beside "free_events"', "events")
    if form.amounts and form.free_amount is None:
        check.report('stands only beside "free_amount"', "amounts")


def check_dynamic(form: DynamicForm, check: KindCheck) -> None:
    """A multiplier, and where the cost stands."""
    check.unit(form.unit, "unit")
    check.at_least_zero(form.multiplier, "multiplier")
    if form.cost:
        _check_cost(form.unit, form.cost, "cost", check)


def check_event_amount(form: EventAmountForm, check: KindCheck) -> None:
    """Where the amount stands."""
    check.unit(form.unit, "unit")
    _check_cost(form.unit, form.amount, "amount", check)


def _check_cost(unit: str, attribute: str, word: str, check: KindCheck) -> None:
    check.attribute(attribute, word)
    if unit in check.offer.measures:
        check.report(f"{unit} is measured: a cost belongs to the quantity as it was sent", word)


def check_matrix(form: MatrixForm, check: KindCheck) -> None:
    """Groups of rows."""
    check.unit(form.unit, "unit")
    check.positive(form.per, "per")
    check.some(form.groups, "group", "groups")
    seen: set[str] = set()
    for number, group in enumerate(form.groups):
        if group.group in seen:
            check.report(f'group "{group.group}" stands here twice', "groups", number, "group")
        seen.add(group.group)
        _check_rows(group.rows, check.below("groups", number))


def check_by_attribute(form: ByAttributeForm, check: KindCheck) -> None:
    """Rows."""
    check.unit(form.unit, "unit")
    check.positive(form.per, "per")
    _check_rows(form.rows, check)


def _check_rows(rows: tuple[MatrixRowForm, ...], check: KindCheck) -> None:
    check.some(rows, "row", "rows")
    for number, row in enumerate(rows):
        below = check.below("rows", number)
        below.words(row.when, "when")
        below.numbers(row.ranges, "ranges")
        for word, bounds in row.ranges.items():
            check_range(bounds, below.below("ranges", word))
            if word in row.when:
                below.report(f'"{word}" stands in when too', "ranges", word)
        below.at_least_zero(row.unit_amount, "unit_amount")
        below.at_least_zero(row.flat_amount, "flat_amount")
        asked = (row.when, row.ranges)
        if any((earlier.when, earlier.ranges) == asked for earlier in rows[:number]):
            below.report("never reached: a row before it asks for the same")


def check_range(bounds: RangeForm, check: KindCheck) -> None:
    """A range that numbers can lie in."""
    start, below = bounds.start, bounds.below
    if start is None and below is None:
        check.report("expected from, below, or both")
    elif start is not None and below is not None and below <= start:
        check.report(f"expected more than {start}, found {below}", "below")
