"""vivace account adjust, convert: money by hand, and points for money or an allowance."""

from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer

from connectors.clock import now
from infra.cli.options import TenantOption
from infra.cli.said import amount_of
from infra.cli.sending import Account, Root, sent
from streams.model.balance_command import Adjust, ConvertPoints


@sent
def adjust(  # noqa: PLR0913 - an adjustment by its fields
    command_id: str,
    account: Account,
    amount: Annotated[
        str, typer.Argument(help="Above zero it is given; below zero, after --, it is taken.")
    ],
    tenant: TenantOption,
    currency: Annotated[str, typer.Option(help="ISO 4217 code, the account's own.")],
    reason: Annotated[str, typer.Option(help="Kept with the money.")],
    reference: Annotated[
        str, typer.Option(help="What it corrects, such as a top-up's id.", show_default="nothing")
    ] = "",
    approved_by: Annotated[
        str,
        typer.Option(
            help="Who agreed to it, needed above the catalog's approval_limit.",
            show_default="nobody",
        ),
    ] = "",
    wallet: Annotated[
        str, typer.Option(help="Of which wallet.", show_default="the account's own money")
    ] = "",
    subscription: Annotated[
        str, typer.Option(help="Of this one's money.", show_default="the account")
    ] = "",
    root: Root = "",
) -> Adjust:
    """Give an account money by hand, or take it, such as a top-up that is taken back.

    What the catalog's limit forbids, or an account that is not known, ends as an ignored record
    with its code.
    """
    if not reason.strip():
        raise typer.BadParameter("an adjustment has a reason")
    if wallet and subscription:
        raise typer.BadParameter("expected either --wallet or --subscription")
    value = _signed(amount)
    return Adjust(
        command_id,
        tenant,
        account,
        root or account,
        value,
        currency,
        now(),
        reason,
        reference,
        approved_by,
        wallet,
        subscription,
    )


@sent
def convert(  # noqa: PLR0913 - a conversion by its fields
    command_id: str,
    account: Account,
    conversion: Annotated[str, typer.Argument(help="The conversion, as the catalog names it.")],
    points: Annotated[str, typer.Argument(help="How many points.")],
    tenant: TenantOption,
    root: Root = "",
) -> ConvertPoints:
    """Convert points to money or to an allowance.

    What cannot be converted ends as an ignored record with its code.
    """
    value = amount_of(points)
    if not value:
        raise typer.BadParameter("a conversion is of more than nothing")
    return ConvertPoints(command_id, tenant, account, root or account, conversion, value, now())


def _signed(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation as error:
        raise typer.BadParameter(f"{text!r} is no amount") from error
    if not amount.is_finite() or not amount:
        raise typer.BadParameter(f"{text} is no amount, or nothing")
    return amount
