"""What a scenario's accounts, services and money are as commands, in the core and live alike."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Final

from connectors.catalog.account_prices import price_list
from infra.scenario.billing import billed_command, billing_command
from infra.scenario.budgets import budget_command, remove_command
from infra.scenario.grants import grant_command, void_command
from infra.scenario.messages import instant
from infra.scenario.money import adjust_command, answer_command, convert_command
from infra.scenario.signals import signal_command
from infra.scenario.step_form import (
    AccountForm,
    AttributesForm,
    EndServiceForm,
    JoinPoolForm,
    LeavePoolForm,
    MoveAccountForm,
    PricesForm,
    ServiceForm,
    StatusForm,
    StepForm,
    TopUpForm,
    TransferForm,
)
from streams.model.balance_command import JoinPool, LeavePool, TopUp, Transfer
from streams.model.command import (
    AccountOrder,
    AssignService,
    Command,
    EndService,
    PutAccount,
    PutAttributes,
    PutPrices,
    PutStatus,
)
from streams.model.instant import BEGINNING, FOREVER
from streams.model.move_command import MoveAccount
from streams.model.pool import Membership, PoolCap
from streams.rate.quantity import exact

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


RootCommand = AccountOrder | EndService
"""A command that goes to the home of its root."""


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
        subscription=form.subscription or f"{account}/1",
        price_plan=form.price_plan,
        start=BEGINNING if form.start is None else instant(form.start),
        end=FOREVER if form.end is None else instant(form.end),
        supplements=form.supplements,
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


def status_command(form: StatusForm, *, root: str, tenant: str, step: int) -> PutStatus:
    """A dated change of status."""
    command_id, start = f"{tenant}/{step}/status/{form.account}", instant(form.start)
    return PutStatus(command_id, tenant, form.account, root, form.status, start, form.service)


def attributes_command(form: AttributesForm, *, root: str, tenant: str, step: int) -> PutAttributes:
    """A dated change of attributes."""
    return PutAttributes(
        command_id=f"{tenant}/attributes/{form.id or step}",
        tenant=tenant,
        account=form.account,
        root=root,
        attributes=form.put,
        start=instant(form.start),
        end=FOREVER if form.end is None else instant(form.end),
        subscription=form.subscription,
        service_id=form.service,
        reason="scenario",
    )


def join_command(form: JoinPoolForm, *, root: str, tenant: str, step: int) -> JoinPool:
    """An account's membership of a pool."""
    membership = Membership(
        form.pool,
        BEGINNING if form.start is None else instant(form.start),
        FOREVER if form.end is None else instant(form.end),
        form.order,
        tuple(PoolCap(cap.resource, exact(cap.quantity), cap.hard) for cap in form.caps),
    )
    command_id = f"{tenant}/{step}/pool/{form.account}/{form.pool}"
    return JoinPool(command_id, tenant, form.account, root, membership)


def leave_command(form: LeavePoolForm, *, root: str, tenant: str, step: int) -> LeavePool:
    """The end of a membership."""
    command_id = f"{tenant}/{step}/pool/{form.account}/{form.pool}"
    return LeavePool(command_id, tenant, form.account, root, form.pool, instant(form.at))


def transfer_command(
    form: TransferForm, *, roots: tuple[str, str], tenant: str, step: int
) -> Transfer:
    """A gift. An id given in the scenario may stand there twice: then it counts once."""
    return Transfer(
        f"{tenant}/transfer/{form.id or step}",
        tenant,
        form.account,
        roots[0],
        form.to,
        roots[1],
        form.resource,
        exact(form.quantity),
        instant(form.at),
        "scenario",
        form.bucket,
    )


def move_command(form: MoveAccountForm, *, root: str, tenant: str, step: int) -> MoveAccount:
    """A move. It goes to the root that the account began with, unless another is given."""
    command_id, at = f"{tenant}/move/{form.id or step}", instant(form.at)
    return MoveAccount(command_id, tenant, form.account, root, form.to, at, "scenario")


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
        subscription=form.subscription,
    )


_OF_ACCOUNT: Final[Mapping[str, Callable[..., RootCommand]]] = {
    "prices": prices_command,
    "status": status_command,
    "attributes": attributes_command,
    "billing": billing_command,
    "billed": billed_command,
    "join_pool": join_command,
    "leave_pool": leave_command,
    "budget": budget_command,
    "remove_budget": remove_command,
    "convert": convert_command,
    "signal": signal_command,
    "grant": grant_command,
    "void": void_command,
}
"""By the word of a step: what makes its command for the account that it names."""


def step_command(
    step: StepForm, accounts: Mapping[str, AccountForm], *, tenant: str, number: int
) -> RootCommand:
    """The command of a step that concerns an account there is."""

    def root_of(account: str) -> str:
        return accounts[account].root or account

    for word, make in _OF_ACCOUNT.items():
        if (form := getattr(step, word)) is not None:
            return make(form, root=root_of(form.account), tenant=tenant, step=number)
    if step.service is not None:
        account = step.service.account
        root = root_of(account)
        return assign_command(step.service, account=account, root=root, tenant=tenant, step=number)
    if step.end_service is not None:
        return end_command(step.end_service, tenant=tenant, step=number)
    if step.answer is not None:
        return answer_command(step.answer, root=root_of(step.answer.account), tenant=tenant)
    if step.transfer is not None:
        roots = root_of(step.transfer.account), root_of(step.transfer.to)
        return transfer_command(step.transfer, roots=roots, tenant=tenant, step=number)
    if step.move_account is not None:
        root = step.move_account.root or root_of(step.move_account.account)
        return move_command(step.move_account, root=root, tenant=tenant, step=number)
    if step.adjust is not None:
        currency, root = accounts[step.adjust.account].currency, root_of(step.adjust.account)
        return adjust_command(step.adjust, currency, root=root, tenant=tenant, step=number)
    assert step.top_up is not None
    currency, root = accounts[step.top_up.account].currency, root_of(step.top_up.account)
    return top_up_command(step.top_up, currency, root=root, tenant=tenant, step=number)
