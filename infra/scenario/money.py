"""Steps that move money by hand, as commands."""

from connectors.api.top_ups import answer_id
from infra.scenario.messages import instant
from infra.scenario.step_form import AdjustForm, AnswerForm, ConvertForm
from streams.accumulate.ask_top_up import request_id
from streams.model.balance_command import Adjust, AnswerTopUp, ConvertPoints


def adjust_command(form: AdjustForm, currency: str, *, root: str, tenant: str, step: int) -> Adjust:
    """An adjustment. An id given in the scenario may stand there twice: then it counts once."""
    return Adjust(
        command_id=f"{tenant}/adjust/{form.id or step}",
        tenant=tenant,
        account=form.account,
        root=root,
        amount=form.amount,
        currency=form.currency or currency,
        occurred_at=instant(form.at),
        reason=form.reason,
        reference=form.reference,
        approved_by=form.approved_by,
        wallet=form.wallet,
        subscription=form.subscription,
    )


def convert_command(form: ConvertForm, *, root: str, tenant: str, step: int) -> ConvertPoints:
    """Points to be converted. An id given in the scenario may stand there twice."""
    return ConvertPoints(
        command_id=f"{tenant}/convert/{form.id or step}",
        tenant=tenant,
        account=form.account,
        root=root,
        conversion=form.conversion,
        points=form.points,
        occurred_at=instant(form.at),
    )


def answer_command(form: AnswerForm, *, root: str, tenant: str) -> AnswerTopUp:
    """A billing system's answer; the request's id is made as the engine makes it."""
    request = request_id(tenant, form.account, form.threshold, form.number)
    is_paid = form.answer == "paid"
    return AnswerTopUp(
        answer_id(request, is_paid=is_paid),
        tenant,
        form.account,
        root,
        request,
        is_paid,
        instant(form.at),
        "scenario",
    )
