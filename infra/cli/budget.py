"""vivace budget: how much may be used in a time, by whom."""

from decimal import Decimal
from typing import Annotated, Any, cast, get_args

import typer

from connectors.clock import now
from infra.cli.options import TenantOption
from infra.cli.said import amount_of, instant_of
from infra.cli.sending import Account, Root, sent
from streams.model.budget import Budget, Limited, WindowUnit
from streams.model.budget_command import PutBudget, RemoveBudget
from streams.model.instant import FOREVER
from streams.model.money import Quantity
from streams.rate.quantity import exact

app = typer.Typer()
commands = typer.Typer(
    name="budget", help="Budgets of accounts, agents, applications, teams.", no_args_is_help=True
)
app.add_typer(commands)

Name = Annotated[str, typer.Argument(help="What the budget is called.")]
Many = list[str] | None


@commands.command()
@sent
def put(  # noqa: PLR0913 - a budget by its fields
    command_id: str,
    account: Account,
    budget: Name,
    limits: Annotated[str, typer.Argument(help="spend, units, requests or sessions.")],
    tenant: TenantOption,
    limit: Annotated[
        str, typer.Option(help="The most in a window; of values without a limit of their own.")
    ] = "",
    every: Annotated[str, typer.Option(help="minute, hour, day, week, month or life.")] = "month",
    rolling: Annotated[
        int, typer.Option(help="The last so many minutes, hours or days.", show_default="calendar")
    ] = 0,
    level: Annotated[str, typer.Option(help="What a refusal calls it, such as agent.")] = "",
    unit: Annotated[Many, typer.Option(help="Counts this unit; may be repeated.")] = None,
    currency: Annotated[str, typer.Option(help="The currency of spend.")] = "",
    by: Annotated[
        str,
        typer.Option(help="Kept apart by an attribute, service_id, account or usage_type."),
    ] = "",
    limit_of: Annotated[
        Many, typer.Option(help="The limit of a value, such as bot=10; may be repeated.")
    ] = None,
    when: Annotated[
        Many, typer.Option(help="Counts usage with app=chat alone; may be repeated.")
    ] = None,
    parent: Annotated[str, typer.Option(help="Counts only what this budget counts.")] = "",
    member: Annotated[
        Many, typer.Option(help="Counts the usage of this account; may be repeated.")
    ] = None,
    end_oldest: Annotated[
        bool, typer.Option(help="Of sessions: the oldest ends where a new one finds no place.")
    ] = False,
    time_zone: Annotated[str, typer.Option(help="Whose calendar the windows go by.")] = "UTC",
    start: Annotated[str, typer.Option("--from", help="Date or time.", show_default="now")] = "",
    end: Annotated[str, typer.Option("--until", help="Date or time.", show_default="no end")] = "",
    root: Root = "",
) -> PutBudget:
    """Put a budget for an account; put again, it goes on by the new terms."""
    made = Budget(
        budget,
        cast(Limited, _one_of(limits, Limited)),
        _quantity(limit) if limit else None,
        cast(WindowUnit, _one_of(every, WindowUnit)),
        rolling,
        level,
        tuple(unit or ()),
        currency,
        by,
        {value: _quantity(most) for value, most in _pairs(limit_of)},
        dict(_pairs(when)),
        parent,
        tuple(member or ()),
        "end_oldest" if end_oldest else "refuse",
        time_zone,
        instant_of(start) if start else now(),
        instant_of(end) if end else FOREVER,
    )
    if made.mistake is not None:
        raise typer.BadParameter(made.mistake[1])
    return PutBudget(command_id, tenant, account, root or account, made)


@commands.command()
@sent
def remove(  # noqa: PLR0913 - the end of a budget by its fields
    command_id: str,
    account: Account,
    budget: Name,
    tenant: TenantOption,
    end: Annotated[str, typer.Option("--at", help="Date or time.", show_default="now")] = "",
    root: Root = "",
) -> RemoveBudget:
    """Have a budget count no more."""
    at = instant_of(end) if end else now()
    return RemoveBudget(command_id, tenant, account, root or account, budget, at)


def _quantity(text: str) -> Quantity:
    return exact(Decimal(amount_of(text)))


def _one_of(text: str, words: Any) -> str:
    known = get_args(words)
    if text not in known:
        raise typer.BadParameter(f"{text!r} is none of {', '.join(known)}")
    return text


def _pairs(said: Many) -> list[tuple[str, str]]:
    pairs = [text.rpartition("=") for text in said or ()]
    for name, _, value in pairs:
        if not name or not value:
            raise typer.BadParameter("expected a name and a value, such as bot=10")
    return [(name, value) for name, _, value in pairs]
