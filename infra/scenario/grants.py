"""Steps that grant allowances and take them back, as commands."""

from connectors.catalog.resolution.grants import roll_over
from infra.scenario.messages import instant
from infra.scenario.step_form import GrantStepForm, VoidForm
from streams.model.account_period import recurring
from streams.model.balance_command import GrantAllowance, VoidGrant
from streams.model.instant import FOREVER


def grant_command(form: GrantStepForm, *, root: str, tenant: str, step: int) -> GrantAllowance:
    """A grant. An id given in the scenario may stand there twice: then it counts once."""
    every = form.every
    anchor = None if form.anchor is None else instant(form.anchor)
    return GrantAllowance(
        command_id=f"{tenant}/grant/{form.id or step}",
        tenant=tenant,
        account=form.account,
        root=root,
        grant=form.grant,
        allowance=form.allowance,
        quantity=form.quantity,
        start=instant(form.start),
        end=FOREVER if form.end is None else instant(form.end),
        reason="scenario",
        priority=form.priority,
        products=form.products,
        every=None if every is None else recurring(every, anchor),
        roll_over=roll_over(form.roll_over),
        renews_for=form.renews_for,
    )


def void_command(form: VoidForm, *, root: str, tenant: str, step: int) -> VoidGrant:
    """A grant taken back."""
    return VoidGrant(
        command_id=f"{tenant}/void/{form.id or step}",
        tenant=tenant,
        account=form.account,
        root=root,
        grant=form.grant,
        occurred_at=instant(form.at),
        reason="scenario",
        keeps=form.keeps,
    )
