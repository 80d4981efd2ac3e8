"""vivace account attributes: what an account, a subscription or a service id is, and when."""

from typing import Annotated

import typer

from connectors.clock import now
from infra.cli.options import TenantOption
from infra.cli.said import instant_of
from infra.cli.sending import Account, Root, sent
from streams.model.command import PutAttributes
from streams.model.instant import FOREVER


@sent
def put_attributes(  # noqa: PLR0913 - attributes by their fields
    command_id: str,
    account: Account,
    values: Annotated[list[str], typer.Argument(help="name=value, as the catalog declares it.")],
    tenant: TenantOption,
    start: Annotated[
        str, typer.Option("--from", help="Date or time, past or to come.", show_default="now")
    ] = "",
    end: Annotated[str, typer.Option("--until", help="Date or time.", show_default="no end")] = "",
    subscription: Annotated[
        str, typer.Option(help="Of this subscription of the account.", show_default="the account")
    ] = "",
    service_id: Annotated[
        str, typer.Option("--service", help="Of this service id.", show_default="the account")
    ] = "",
    reason: Annotated[str, typer.Option(help="Kept with the command.")] = "",
    root: Root = "",
) -> PutAttributes:
    """Say what attributes are from a time on: of an account, a subscription or a service id.

    What was put for the same start is replaced. A wrong value refuses all of them.
    """
    if subscription and service_id:
        raise typer.BadParameter("expected either --subscription or --service")
    begins = instant_of(start) if start else now()
    ends = instant_of(end) if end else FOREVER
    if ends <= begins:
        raise typer.BadParameter("--until is not after --from")
    return PutAttributes(
        command_id,
        tenant,
        account,
        root or account,
        dict(map(_pair, values)),
        begins,
        ends,
        subscription,
        service_id,
        reason,
    )


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals or not value:
        raise typer.BadParameter(f"expected name=value, not {text!r}")
    return name, value
