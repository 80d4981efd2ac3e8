"""Compare a bill unit with what `then` says of it."""

from decimal import Decimal

from connectors.catalog.resolution.dates import instant_at
from infra.scenario.outcome import Outcome
from infra.scenario.then_form import BillUnitForm
from streams.due.movement import is_movement


def compare_bill_unit(wanted: BillUnitForm, found: Outcome) -> list[str]:
    """What is not as expected."""
    start = instant_at(wanted.bill_unit)
    assert start is not None
    held = [
        each
        for each in found.charges
        if each.account == wanted.account and each.bill_unit == start and not is_movement(each)
    ]
    values = {
        "charges": len(held),
        "amount": sum((each.amount for each in held), Decimal(0)),
        "late": sum(each.record.occurred_at < start for each in held),
        "invoice": found.invoices.get((wanted.account, start), ""),
    }
    what = f"bill unit {wanted.bill_unit} of {wanted.account}"
    return [
        f"{what} {name}: expected {expected}, found {value}"
        for name, value in values.items()
        if (expected := getattr(wanted, name)) is not None and expected != value
    ]
