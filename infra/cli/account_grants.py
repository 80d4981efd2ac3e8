"""vivace account grant, void: allowances for one account, besides what its price plan grants."""

from decimal import Decimal
from typing import Annotated, Final, get_args

import typer

from connectors.clock import now
from infra.cli.options import TenantOption
from infra.cli.said import amount_of, instant_of
from infra.cli.sending import Account, Root, sent
from streams.model.account_period import BILLING_CYCLE, Recurrence, recurring
from streams.model.balance_command import GrantAllowance, VoidGrant
from streams.model.billing_period import BillingPeriod
from streams.model.grant import RollOver
from streams.model.instant import FOREVER

_RECURRENCES: Final[tuple[Recurrence, ...]] = get_args(Recurrence)

GrantId = Annotated[str, typer.Argument(help="The grant's id, one of its own in the account.")]


@sent
def grant(  # noqa: PLR0913 - a grant by its fields
    command_id: str,
    account: Account,
    grant_id: GrantId,
    allowance: Annotated[str, typer.Argument(help="The allowance, as the catalog names it.")],
    quantity: Annotated[str, typer.Argument(help="How much of it.")],
    tenant: TenantOption,
    start: Annotated[
        str, typer.Option("--from", help="Date or time, past or to come.", show_default="now")
    ] = "",
    end: Annotated[str, typer.Option("--until", help="Date or time.", show_default="no end")] = "",
    priority: Annotated[
        int | None,
        typer.Option(help="Of several the lowest burns first.", show_default="the allowance's"),
    ] = None,
    product: Annotated[
        list[str] | None, typer.Option(help="What it pays for; may be repeated.")
    ] = None,
    every: Annotated[
        str, typer.Option(help=f"Anew for each {', '.join(_RECURRENCES)}.", show_default="once")
    ] = "",
    anchor: Annotated[
        str, typer.Option(help="When a period begins.", show_default="the calendar's")
    ] = "",
    roll_over: Annotated[
        int, typer.Option(help="How many periods long the rest of one can still be used.")
    ] = 0,
    roll_over_quantity: Annotated[
        str, typer.Option(help="The most that rolls over.", show_default="no bound")
    ] = "",
    roll_over_percent: Annotated[
        str, typer.Option(help="The same, in percent of the grant.", show_default="no bound")
    ] = "",
    renews_for: Annotated[
        str, typer.Option(help="What each period after the first costs.", show_default="nothing")
    ] = "",
    reason: Annotated[str, typer.Option(help="Kept with the grant.")] = "",
    root: Root = "",
) -> GrantAllowance:
    """Grant an account so much of an allowance: once, or for each period."""
    value = amount_of(quantity)
    if not value:
        raise typer.BadParameter("a grant is more than nothing")
    begins = instant_of(start) if start else now()
    ends = instant_of(end) if end else FOREVER
    if ends <= begins:
        raise typer.BadParameter("--until is not after --from")
    if not every and (anchor or roll_over):
        raise typer.BadParameter("--anchor and --roll-over are for a grant --every period")
    if renews_for and not every:
        raise typer.BadParameter("--renews-for is for a grant --every period")
    return GrantAllowance(
        command_id,
        tenant,
        account,
        root or account,
        grant_id,
        allowance,
        value,
        begins,
        ends,
        reason,
        priority,
        tuple(product or ()),
        _recurrence(every, anchor),
        _roll_over(roll_over, roll_over_quantity, roll_over_percent),
        _bound(renews_for),
    )


@sent
def void(  # noqa: PLR0913 - a void by its fields
    command_id: str,
    account: Account,
    grant_id: GrantId,
    tenant: TenantOption,
    keeps: Annotated[
        str, typer.Option(help="So much stays, and the grant goes on.", show_default="nothing")
    ] = "",
    reason: Annotated[str, typer.Option(help="Kept with the command.")] = "",
    root: Root = "",
) -> VoidGrant:
    """Take back what is left of a grant; what was used stays used."""
    kept = amount_of(keeps) if keeps else None
    return VoidGrant(command_id, tenant, account, root or account, grant_id, now(), reason, kept)


def _roll_over(periods: int, quantity: str, percent: str) -> RollOver | None:
    if not periods and (quantity or percent):
        raise typer.BadParameter("say for how many periods with --roll-over")
    if not periods:
        return None
    return RollOver(quantity=_bound(quantity), percent=_bound(percent), periods=periods)


def _bound(text: str) -> Decimal | None:
    return amount_of(text) if text else None


def _recurrence(every: str, anchor: str) -> BillingPeriod | None:
    if not every:
        return None
    found: Recurrence | None = next((each for each in _RECURRENCES if each == every), None)
    if found is None:
        raise typer.BadParameter(f"--every is one of {', '.join(_RECURRENCES)}, not {every!r}")
    if found == BILLING_CYCLE and anchor:
        raise typer.BadParameter("bill units begin as the account's billing profile says")
    return recurring(found, instant_of(anchor) if anchor else None)
