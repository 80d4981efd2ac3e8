"""vivace account: accounts, their service ids and their money, as commands to their owners."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, NoReturn, get_args

import typer

from connectors.api.answers import BillingProfileAnswer
from connectors.api.queries import account_of
from connectors.catalog.account_prices import read_account_prices
from connectors.clickhouse.client import Database
from connectors.clock import now
from connectors.kafka.newest_catalogs import NewestCatalogs
from infra.account_file import ATTRIBUTE, COLUMNS, read_account_file
from infra.cli import (
    account_attributes,
    account_billing,
    account_grants,
    account_money,
    account_move,
)
from infra.cli.options import DataOption, JsonOption, TenantOption, WaitOption
from infra.cli.said import amount_of, instant_of
from infra.cli.screen import ExitCode, console, errors, print_json, print_table
from infra.cli.sending import Account, CommandId, Root, Service, new_id, send, sent
from infra.up import load_settings
from streams.model.account import Payment
from streams.model.balance_command import TopUp
from streams.model.command import AssignService, EndService, PutAccount, PutPrices, PutStatus
from streams.model.instant import FOREVER, zone
from streams.model.number_range import wrong_range
from streams.model.status import StatusWord

app = typer.Typer()
commands = typer.Typer(
    name="account", help="Accounts, their services and their money.", no_args_is_help=True
)
app.add_typer(commands)
commands.command("attributes")(account_attributes.put_attributes)
commands.command()(account_billing.billing)
commands.command()(account_billing.billed)
commands.command()(account_grants.grant)
commands.command()(account_grants.void)
commands.command()(account_money.adjust)
commands.command()(account_money.convert)
commands.command()(account_move.move)


@commands.command()
@sent
def put(  # noqa: PLR0913 - an account by its fields
    command_id: str,
    account: Account,
    tenant: TenantOption,
    payment: Annotated[str, typer.Option(help="prepaid, postpaid or hybrid.")],
    currency: Annotated[str, typer.Option(help="ISO 4217 code.")],
    time_zone: Annotated[str, typer.Option(help="IANA name, such as Europe/Zurich.")],
    credit_limit: Annotated[
        str, typer.Option(help="What it may owe.", show_default="no bound")
    ] = "",
    attribute: Annotated[
        list[str] | None, typer.Option(help="What it is, such as segment=gold; may be repeated.")
    ] = None,
    root: Root = "",
) -> PutAccount:
    """Create an account or change it. Attributes that are not named are gone."""
    return PutAccount(
        command_id,
        tenant,
        account,
        root or account,
        _payment(payment),
        currency,
        _zone(time_zone),
        amount_of(credit_limit) if credit_limit else None,
        dict(map(_attribute, attribute or ())),
    )


@commands.command()
@sent
def assign(  # noqa: PLR0913 - an assignment by its fields
    command_id: str,
    service_id: Service,
    account: Account,
    tenant: TenantOption,
    price_plan: Annotated[str, typer.Option("--plan", help="The price plan.")],
    subscription: Annotated[
        str, typer.Option(help="The subscription's id.", show_default="the service id")
    ] = "",
    start: Annotated[str, typer.Option("--from", help="Date or time.", show_default="now")] = "",
    end: Annotated[str, typer.Option("--until", help="Date or time.", show_default="no end")] = "",
    supplements: Annotated[
        str, typer.Option(help="Subscription that the plan is added to.", show_default="none")
    ] = "",
    root: Root = "",
) -> AssignService:
    """Give a service id, or a range of them (41790000000..41790009999), to an account.

    It is the account's under a price plan. A number is charged by the narrowest range that has it.
    """
    if wrong := wrong_range(service_id):
        raise typer.BadParameter(wrong)
    return AssignService(
        command_id,
        tenant,
        service_id,
        account,
        root or account,
        subscription or service_id,
        price_plan,
        instant_of(start) if start else now(),
        instant_of(end) if end else FOREVER,
        supplements,
    )


@commands.command("end-service")
@sent
def end_service(  # noqa: PLR0913 - an end by its fields
    command_id: str,
    service_id: Service,
    tenant: TenantOption,
    root: Annotated[str, typer.Option("--root", help="Root of the account that has it.")],
    end: Annotated[str, typer.Option("--at", help="Date or time.", show_default="now")] = "",
    moved_to: Annotated[
        str, typer.Option(help="Root of the account that has it then.", show_default="nobody")
    ] = "",
) -> EndService:
    """End the assignment of a service id."""
    until = instant_of(end) if end else now()
    return EndService(command_id, tenant, service_id, root, until, moved_to)


@commands.command("status")
@sent
def put_status(  # noqa: PLR0913 - a status by its fields
    command_id: str,
    account: Account,
    status: Annotated[str, typer.Argument(help="active, suspended or terminated.")],
    tenant: TenantOption,
    start: Annotated[str, typer.Option("--from", help="Date or time.", show_default="now")] = "",
    service_id: Annotated[
        str, typer.Option("--service", help="This service id alone.", show_default="all")
    ] = "",
    reason: Annotated[str, typer.Option(help="Kept with the command.")] = "",
    root: Root = "",
) -> PutStatus:
    """Say from when on usage of an account, or of a service id of it, is taken.

    Usage of a time at which it is not waits in suspense; fees and balances go on.
    """
    since = instant_of(start) if start else now()
    home = root or account
    word = _status(status)
    return PutStatus(command_id, tenant, account, home, word, since, service_id, reason)


@commands.command("top-up")
@sent
def top_up(  # noqa: PLR0913 - a top-up by its fields
    command_id: str,
    account: Account,
    amount: Annotated[str, typer.Argument(help="A positive amount.")],
    tenant: TenantOption,
    currency: Annotated[str, typer.Option(help="ISO 4217 code, the account's own.")],
    reason: Annotated[str, typer.Option(help="Kept with the money.")] = "",
    wallet: Annotated[
        str,
        typer.Option(help="The wallet to fill or open.", show_default="the account's own money"),
    ] = "",
    priority: Annotated[int, typer.Option(help="Of several wallets the lowest pays first.")] = 0,
    end: Annotated[
        str, typer.Option("--until", help="When the wallet ends.", show_default="no end")
    ] = "",
    product: Annotated[
        list[str] | None, typer.Option(help="What the wallet may pay for; may be repeated.")
    ] = None,
    subscription: Annotated[
        str, typer.Option(help="For this one alone.", show_default="the account")
    ] = "",
    root: Root = "",
) -> TopUp:
    """Put money into an account: its own, a wallet's, or a subscription's."""
    value, at = amount_of(amount), now()
    if not value:
        raise typer.BadParameter("a top-up is more than nothing")
    if not wallet and (priority or end or product):
        raise typer.BadParameter("--priority, --until and --product are for a --wallet")
    if wallet and subscription:
        raise typer.BadParameter("expected either --wallet or --subscription")
    until = instant_of(end) if end else FOREVER
    if until <= at:
        raise typer.BadParameter(f"{end} is over")
    return TopUp(
        command_id,
        tenant,
        account,
        root or account,
        value,
        currency,
        at,
        reason,
        wallet,
        priority,
        until,
        tuple(product or ()),
        subscription,
    )


@commands.command()
def prices(  # noqa: PLR0913 - whose prices, and how they are sent
    account: Account,
    file: Annotated[Path, typer.Argument(help="YAML or JSON: one list of prices a document.")],
    tenant: TenantOption,
    root: Root = "",
    command_id: CommandId = "",
    wait: WaitOption = True,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put prices agreed with an account, before those of its plan.

    They are checked as a catalog's are, against the catalog that counts last.
    """
    if not file.is_file():
        raise typer.BadParameter(f"there is no file {file}")
    catalog = NewestCatalogs(load_settings(data).kafka).of(tenant)
    text = file.read_text(encoding="utf-8", errors="replace")
    found, problems = read_account_prices(text, name=str(file), catalog=catalog)
    if problems:
        _refuse([str(problem) for problem in problems], problems, as_json=as_json)
    cause = command_id or new_id()
    puts = [
        PutPrices(f"{cause}#{number}" if number else cause, tenant, account, root or account, each)
        for number, each in enumerate(found)
    ]
    send(puts, wait=wait, data=data, as_json=as_json)


@commands.command()
def load(
    file: Annotated[
        Path, typer.Argument(help=f"CSV with columns {', '.join(COLUMNS)}, {ATTRIBUTE}<attribute>.")
    ],
    tenant: TenantOption,
    wait: WaitOption = True,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Load accounts, services and opening top-ups from a file.

    Loading it again within 35 days does nothing; later it puts accounts and services as they stand
    in it, and no money.
    """
    if not file.is_file():
        raise typer.BadParameter(f"there is no file {file}")
    found, problems = read_account_file(file, tenant=tenant, at=now())
    if problems:
        lines = [f"{file}:{problem.line}: error: {problem.message}" for problem in problems]
        _refuse(lines, problems, as_json=as_json)
    send(found, wait=wait, data=data, as_json=as_json)


@commands.command()
def show(
    account: Account, tenant: TenantOption, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """Show an account and its service ids."""
    with Database(load_settings(data).clickhouse) as database:
        found = account_of(database, tenant, account)
    if found is None:
        errors.print(f"There is no account {account} of {tenant}.", style="red")
        raise typer.Exit(ExitCode.FAILED)
    if as_json:
        print_json(found)
        return
    limit = "no bound" if found.credit_limit is None else f"{found.credit_limit} {found.currency}"
    console.print(f"[bold]{account}[/] of {tenant}: {found.payment}, credit limit {limit}")
    console.print(f"root {found.root}, {found.time_zone}, version {found.version}")
    for mark in found.statuses:
        console.print(f"{mark.status} from {mark.start or 'the beginning'}")
    for each_profile in found.billing:
        console.print(_profile_text(each_profile), markup=False)
    for dated in found.dated:
        of = dated.service_id or dated.subscription or account
        start, end = dated.start or "the beginning", dated.end or "no end"
        console.print(f"{dated.name}={dated.value} of {of} from {start} until {end}", markup=False)
    if found.attributes:
        told = ", ".join(f"{name}={value}" for name, value in sorted(found.attributes.items()))
        console.print(told, markup=False)
    print_table(
        *("service", "subscription", "supplements", "price plan", "from", "until"),
        rows=[
            (s.service_id, s.subscription, s.supplements, s.price_plan, s.start, s.end)
            for s in found.services
        ],
    )


def _profile_text(profile: BillingProfileAnswer) -> str:
    begins = f"on day {profile.day}"
    if profile.anchor or profile.unit == "day":
        begins = f"counted from {profile.anchor or 'the first'}"
    elif profile.unit == "week":
        begins = f"on {profile.weekday}"
    every = f"every {profile.every} {profile.unit}" if profile.every > 1 else f"by {profile.unit}"
    return f"billed {every}, {begins}, {profile.time_zone}, from {profile.start}"


def _refuse(lines: Sequence[str], problems: Sequence[Any], *, as_json: bool) -> NoReturn:
    if as_json:
        print_json({"ok": False, "commands": 0, "problems": problems})
    for line in lines if not as_json else ():
        console.print(line, markup=False, highlight=False)
    errors.print(f"{len(problems)} problems; nothing was sent", style="red")
    raise typer.Exit(ExitCode.FAILED)


def _status(text: str) -> StatusWord:
    for word in get_args(StatusWord):
        if text == word:
            found: StatusWord = word
            return found
    raise typer.BadParameter(f"status is active, suspended or terminated, not {text!r}")


def _payment(text: str) -> Payment:
    if text == "prepaid":
        return "prepaid"
    if text == "postpaid":
        return "postpaid"
    if text == "hybrid":
        return "hybrid"
    raise typer.BadParameter(f"payment is prepaid, postpaid or hybrid, not {text!r}")


def _zone(name: str) -> str:
    try:
        zone(name)
    except (KeyError, ValueError) as error:
        raise typer.BadParameter(f"there is no time zone {name!r}") from error
    return name


def _attribute(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not name or not sign or not value:
        raise typer.BadParameter(f"{text!r} is no attribute, such as segment=gold")
    return name, value
