"""Who is charged: accounts of both tenants, their service ids and money, as commands.

Everything follows from the numbers of the plan, so that generator, loader and tests agree without
telling one another. Unknown service ids form a range of their own; `strangers` gives the commands
that make them known later.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from infra.load.trade import Trade
from infra.load.trades import TRADES
from streams.model.balance_command import TopUp
from streams.model.command import AssignService, Command, PutAccount
from streams.model.instant import BEGINNING, FOREVER, Instant

AI_TENANT = "ai-api"
VOICE_TENANT = "mobile-operator"
TENANTS = 2
AI_CURRENCY = "USD"
VOICE_CURRENCY = "CHF"
STRANGERS = 200
"""How many unknown service ids each tenant has."""

_AI_ZONES = ("UTC", "Europe/Zurich", "America/New_York", "Asia/Kathmandu")
_VOICE_ZONES = ("Europe/Zurich", "Europe/Zurich", "Europe/Zurich", "Europe/London")
_PREPAID_EVERY = 5
STRANGER_OFFSET = 900_000
"""The number of the first of them."""


@dataclass(frozen=True)
class Customer:
    """One account with one service id; commands and events are made from it.

    A telephone line's service id is its E.164 digits, as mediation normalises it.
    """

    tenant: str
    account: str
    service_id: str
    prepaid: bool
    time_zone: str
    currency: str
    price_plan: str


def ai_customer(number: int) -> Customer:
    """The `number`-th account of the AI tenant; every fifth is prepaid."""
    prepaid = number % _PREPAID_EVERY == _PREPAID_EVERY - 1
    return Customer(
        AI_TENANT,
        f"acme-{number:06d}",
        f"key-{number:06d}",
        prepaid,
        _AI_ZONES[number % len(_AI_ZONES)],
        AI_CURRENCY,
        "prepaid" if prepaid else "developer",
    )


def voice_customer(number: int) -> Customer:
    """The `number`-th account of the operator, with a Swiss mobile number."""
    return Customer(
        VOICE_TENANT,
        f"line-{number:06d}",
        f"4179{number:07d}",
        number % _PREPAID_EVERY == _PREPAID_EVERY - 1,
        _VOICE_ZONES[number % len(_VOICE_ZONES)],
        VOICE_CURRENCY,
        "basic",
    )


def trade_customer(trade: Trade, number: int) -> Customer:
    """The `number`-th account of an example catalog of its own; all of them pay by invoice."""
    return Customer(
        trade.catalog,
        trade.account % number,
        trade.service % number,
        False,
        trade.time_zones[number % len(trade.time_zones)],
        trade.currency,
        trade.price_plans[number % len(trade.price_plans)],
    )


def commands_of(customer: Customer, *, at: Instant) -> Iterator[Command]:
    """What makes a customer chargeable: the account, its service, a wallet if it is prepaid."""
    tenant, account, currency = customer.tenant, customer.account, customer.currency
    yield PutAccount(
        command_id=f"account/{tenant}/{account}",
        tenant=tenant,
        account=account,
        root=account,
        payment="prepaid" if customer.prepaid else "postpaid",
        currency=currency,
        time_zone=customer.time_zone,
        credit_limit=None if customer.prepaid else Decimal("500"),
    )
    yield AssignService(
        command_id=f"service/{tenant}/{customer.service_id}",
        tenant=tenant,
        service_id=customer.service_id,
        account=account,
        root=account,
        subscription=f"{account}/1",
        price_plan=customer.price_plan,
        start=BEGINNING,
        end=FOREVER,
    )
    if customer.prepaid:
        yield TopUp(
            command_id=f"top-up/{tenant}/{account}/1",
            tenant=tenant,
            account=account,
            root=account,
            amount=Decimal(20),
            currency=currency,
            occurred_at=at,
            reason="first top-up",
        )


def population(accounts: int, catalog: str = "") -> Iterator[Customer]:
    """All customers that are known from the start, of both tenants or of one catalog's."""
    for number in range(accounts):
        if catalog:
            yield trade_customer(TRADES[catalog], number)
            continue
        yield ai_customer(number)
        yield voice_customer(number)


def strangers(catalog: str = "") -> Iterator[Customer]:
    """The customers behind the unknown service ids, of both tenants or of one catalog's."""
    numbers = range(STRANGER_OFFSET, STRANGER_OFFSET + STRANGERS)
    if catalog:
        return (trade_customer(TRADES[catalog], number) for number in numbers)
    return (make(number) for number in numbers for make in (ai_customer, voice_customer))


def service_ids(accounts: int) -> tuple[list[bytes], list[bytes]]:
    """The service ids of both tenants' known customers, as they stand in events."""
    numbers = range(accounts)
    ai = [ai_customer(number).service_id.encode() for number in numbers]
    return ai, [b"+" + voice_customer(number).service_id.encode() for number in numbers]


def ai_stranger_id(draw: float) -> bytes:
    """An unknown key, by a draw from 0 to 1."""
    return b"key-%06d" % (STRANGER_OFFSET + int(draw * STRANGERS))


def voice_stranger_id(draw: float) -> bytes:
    """An unknown number, by a draw from 0 to 1."""
    return b"+4179%07d" % (STRANGER_OFFSET + int(draw * STRANGERS))
