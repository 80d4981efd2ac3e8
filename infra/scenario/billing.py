"""Steps of billing, as commands."""

from connectors.api.billing import cycle_of
from infra.scenario.messages import instant
from infra.scenario.step_form import BilledForm, BillingForm
from streams.model.billing_command import MarkBilled, PutBillingProfile
from streams.model.instant import SECOND


def billing_command(form: BillingForm, *, root: str, tenant: str, step: int) -> PutBillingProfile:
    """A billing profile."""
    start = instant(form.start)
    return PutBillingProfile(
        f"{tenant}/billing/{form.id or step}",
        tenant,
        form.account,
        root,
        cycle_of(form, start),
        start,
        form.grace_s * SECOND,
        form.currency,
        start,
    )


def billed_command(form: BilledForm, *, root: str, tenant: str, step: int) -> MarkBilled:
    """A bill unit on an invoice. An id given in the scenario may stand there twice."""
    unit = instant(form.bill_unit)
    command_id = f"{tenant}/billed/{form.id or step}"
    return MarkBilled(command_id, tenant, form.account, root, unit, form.invoice, unit)
