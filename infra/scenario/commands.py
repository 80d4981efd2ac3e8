"""What a scenario's accounts, services and money are as commands, in the core and live alike."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from connectors.catalog.account_prices import price_list
from infra.scenario.form import AccountForm, EndServiceForm, PricesForm, ServiceForm, TopUpForm
from infra.scenario.messages import instant
from streams.model.command import (
    AssignService,
    Command,
    EndService,
    PutAccount,
    PutPrices,
    TopUp,
)
from streams.model.instant import BEGINNING, FOREVER

_BEFORE: Final = instant("2000-01-01")
"""When first top-ups happen: before all usage."""


def account_commands(form: AccountForm, *, tenant: str, step: int) -> Iterator[Command]:
    """The account, its first top-up, its services."""
    root = form.root or form.account
    yield PutAccount(
        command_id=f"{tenant}/{step}/account/{form.account}",
        tenant=tenant,
        account=form.account,
        root=root,
        payment=form.payment,
        currency=form.currency,
        time_zone=form.time_zone,
        credit_limit=form.credit_limit,
        attributes=form.attributes,
    )
    if form.wallet is not None:
        yield TopUp(
            command_id=f"{tenant}/{step}/wallet/{form.account}",
            tenant=tenant,
            account=form.account,
            root=root,
            amount=Decimal(form.wallet),
            currency=form.currency,
            occurred_at=_BEFORE,
            reason="first top-up",
        )
    for service in form.services:
        yield assign_command(service, account=form.account, root=root, tenant=tenant, step=step)


def assign_command(
    form: ServiceForm, *, account: str, root: str, tenant: str, step: int
) -> AssignService:
    """A service id's assignment."""
    return AssignService(
        command_id=f"{tenant}/{step}/service/{form.service}/{account}/{form.start}",
        tenant=tenant,
        service_id=form.service,
        account=account,
        root=root,
        subscription=f"{account}/1",
        price_plan=form.price_plan,
        start=BEGINNING if form.start is None else instant(form.start),
        end=FOREVER if form.end is None else instant(form.end),
    )


def end_command(form: EndServiceForm, *, tenant: str, step: int) -> EndService:
    """The end of a service's assignment."""
    return EndService(
        command_id=f"{tenant}/{step}/end/{form.service}",
        tenant=tenant,
        service_id=form.service,
        root=form.root,
        end=instant(form.at),
        moved_to=form.moved_to,
    )


def prices_command(form: PricesForm, *, root: str, tenant: str, step: int) -> PutPrices:
    """Prices agreed with an account."""
    return PutPrices(
        command_id=f"{tenant}/{step}/prices/{form.account}",
        tenant=tenant,
        account=form.account,
        root=root,
        prices=price_list(form),
    )


def top_up_command(form: TopUpForm, currency: str, *, root: str, tenant: str, step: int) -> TopUp:
    """Money in. An id given in the scenario may stand there twice: then it counts once."""
    return TopUp(
        command_id=f"{tenant}/top_up/{form.id or step}",
        tenant=tenant,
        account=form.account,
        root=root,
        amount=form.amount,
        currency=currency,
        occurred_at=instant(form.at),
        reason="scenario",
        wallet=form.wallet,
        priority=form.priority,
        end=FOREVER if form.end is None else instant(form.end),
        products=form.products,
    )
