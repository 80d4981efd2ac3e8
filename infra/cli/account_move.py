"""vivace account move: an account goes to another root, with all that it has."""

from typing import Annotated

import typer

from connectors.clock import now
from infra.cli.options import TenantOption
from infra.cli.sending import Account, Root, sent
from streams.model.move_command import MoveAccount


@sent
def move(  # noqa: PLR0913 - a move by its fields
    command_id: str,
    account: Account,
    to_root: Annotated[str, typer.Argument(help="The root that it has from now on.")],
    tenant: TenantOption,
    reason: Annotated[str, typer.Option(help="Kept with the move.")] = "",
    root: Root = "",
) -> MoveAccount:
    """Take an account to another root with all that it has: balances, totals, services, fees.

    What still comes for its old root is sent on.
    """
    return MoveAccount(command_id, tenant, account, root or account, to_root, now(), reason)
