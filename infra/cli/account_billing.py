"""vivace account billing, billed: by which cycle an account is billed, and what has been."""

from typing import Annotated, Any

import msgspec
import typer

from connectors.api.billing import CycleForm, cycle_of
from connectors.api.commands import WrongField
from connectors.clock import now
from infra.cli.options import TenantOption
from infra.cli.said import instant_of
from infra.cli.sending import Account, Root, sent
from streams.model.billing_command import MarkBilled, PutBillingProfile
from streams.model.billing_period import BillingPeriod
from streams.model.instant import SECOND, Instant


@sent
def billing(  # noqa: PLR0913 - a profile by its fields
    command_id: str,
    account: Account,
    tenant: TenantOption,
    unit: Annotated[str, typer.Option(help="day, week, month, quarter or year.")] = "month",
    every: Annotated[int, typer.Option(help="So many of them, from --anchor on.")] = 1,
    day: Annotated[
        int, typer.Option(help="Day of the month, 31 the last.", show_default="the first")
    ] = 0,
    weekday: Annotated[str, typer.Option(help="mon to sun, of weeks.", show_default="monday")] = "",
    anchor: Annotated[
        str, typer.Option(help="A day on which one begins.", show_default="--from")
    ] = "",
    zone: Annotated[
        str, typer.Option(help="IANA name, such as Europe/Zurich.", show_default="the account's")
    ] = "",
    grace_s: Annotated[
        int, typer.Option(help="Seconds past its end that a unit takes late usage.", min=0)
    ] = 0,
    currency: Annotated[str, typer.Option(help="Refused where it is not the account's.")] = "",
    start: Annotated[
        str, typer.Option("--from", help="Date or time, in the open unit or later.")
    ] = "",
    root: Root = "",
) -> PutBillingProfile:
    """Say by which cycle an account is billed from a time on, now by default."""
    at = now()
    begins = instant_of(start) if start else at
    said: dict[str, Any] = {"unit": unit, "every": every, "anchor": anchor, "time_zone": zone}
    said |= {"day": day} if day else {}
    said |= {"weekday": weekday} if weekday else {}
    cycle, grace = _cycle(said, begins), grace_s * SECOND
    return PutBillingProfile(
        command_id, tenant, account, root or account, cycle, begins, grace, currency, at
    )


def _cycle(said: dict[str, Any], start: Instant) -> BillingPeriod:
    try:
        return cycle_of(msgspec.convert(said, CycleForm), start)
    except msgspec.ValidationError as error:
        raise typer.BadParameter(str(error)) from error
    except WrongField as error:
        raise typer.BadParameter(f"--{error.field}: {error}") from error


@sent
def billed(  # noqa: PLR0913 - a mark by its fields
    command_id: str,
    account: Account,
    unit: Annotated[str, typer.Argument(help="When the bill unit begins, as bill-units tells.")],
    invoice: Annotated[str, typer.Argument(help="The invoice of the outside billing system.")],
    tenant: TenantOption,
    root: Root = "",
) -> MarkBilled:
    """Say that a closed bill unit stands on an invoice: it does not change any more."""
    start = instant_of(unit)
    return MarkBilled(command_id, tenant, account, root or account, start, invoice, now())
