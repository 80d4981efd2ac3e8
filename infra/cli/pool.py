"""vivace pool: who draws on whose balances; and gifts from one account to another."""

from typing import Annotated, Final

import typer

from connectors.clock import now
from infra.cli.options import TenantOption
from infra.cli.said import amount_of, instant_of
from infra.cli.sending import Account, Root, sent
from streams.model.balance_command import JoinPool, LeavePool, Transfer
from streams.model.instant import FOREVER
from streams.model.pool import Membership, PoolCap, PoolOrder
from streams.rate.quantity import exact

app = typer.Typer()
commands = typer.Typer(
    name="pool", help="Balances that several accounts share, and gifts.", no_args_is_help=True
)
app.add_typer(commands)

Pool = Annotated[str, typer.Argument(help="The pool: an account of the same root.")]
_ORDERS: Final[dict[str, PoolOrder]] = {"own-first": "own_first", "pool-first": "pool_first"}


@commands.command()
@sent
def join(  # noqa: PLR0913 - a membership by its fields
    command_id: str,
    account: Account,
    pool: Pool,
    tenant: TenantOption,
    root: Annotated[str, typer.Option("--root", help="Root of both.")],
    order: Annotated[str, typer.Option(help="own-first or pool-first.")] = "own-first",
    hard_cap: Annotated[
        list[str] | None,
        typer.Option(help="Never draws more in a month, such as data=500; may be repeated."),
    ] = None,
    soft_cap: Annotated[
        list[str] | None, typer.Option(help="Warns when so much is drawn in a month.")
    ] = None,
    start: Annotated[str, typer.Option("--from", help="Date or time.", show_default="now")] = "",
    end: Annotated[str, typer.Option("--until", help="Date or time.", show_default="no end")] = "",
) -> JoinPool:
    """Have an account draw on a pool. Joined again, it does so by the new terms."""
    if order not in _ORDERS:
        raise typer.BadParameter(f"an order is own-first or pool-first, not {order!r}")
    caps = [_cap(text, is_hard=True) for text in hard_cap or ()]
    caps += [_cap(text, is_hard=False) for text in soft_cap or ()]
    membership = Membership(
        pool,
        instant_of(start) if start else now(),
        instant_of(end) if end else FOREVER,
        _ORDERS[order],
        tuple(caps),
    )
    return JoinPool(command_id, tenant, account, root, membership)


@commands.command()
@sent
def leave(  # noqa: PLR0913 - the end of a membership by its fields
    command_id: str,
    account: Account,
    pool: Pool,
    tenant: TenantOption,
    root: Annotated[str, typer.Option("--root", help="Root of both.")],
    end: Annotated[str, typer.Option("--at", help="Date or time.", show_default="now")] = "",
) -> LeavePool:
    """Have an account draw on a pool no longer."""
    at = instant_of(end) if end else now()
    return LeavePool(command_id, tenant, account, root, pool, at)


@commands.command()
@sent
def give(  # noqa: PLR0913 - a transfer by its fields
    command_id: str,
    account: Account,
    to: Annotated[str, typer.Argument(help="The account that gets it.")],
    resource: Annotated[str, typer.Argument(help="A currency or an allowance.")],
    quantity: Annotated[str, typer.Argument(help="How much, more than nothing.")],
    tenant: TenantOption,
    bucket: Annotated[
        str, typer.Option(help="Out of this grant or wallet.", show_default="what burns first")
    ] = "",
    reason: Annotated[str, typer.Option(help="Kept with the transfer.")] = "",
    root: Root = "",
    to_root: Annotated[
        str, typer.Option(help="Root of the other's hierarchy.", show_default="itself")
    ] = "",
) -> Transfer:
    """Give of an account's balance to another account, all of it or nothing."""
    wanted = amount_of(quantity)
    if not wanted:
        raise typer.BadParameter("a gift is more than nothing")
    return Transfer(
        command_id,
        tenant,
        account,
        root or account,
        to,
        to_root or to,
        resource,
        exact(wanted),
        now(),
        reason,
        bucket,
    )


def _cap(text: str, *, is_hard: bool) -> PoolCap:
    resource, _, quantity = text.partition("=")
    if not resource or not quantity:
        raise typer.BadParameter(f"{text!r} is no cap, such as data=500")
    return PoolCap(resource, exact(amount_of(quantity)), is_hard)
