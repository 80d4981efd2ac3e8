"""Who is charged: accounts of both tenants, their service ids and money, as commands.

Everything follows from the numbers of the plan, so that generator, loader and tests agree without
telling one another. Unknown service ids form a range of their own; `strangers` gives the commands
that make them known later.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from streams.model.command import AssignService, Command, PutAccount, TopUp
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
_STRANGER_OFFSET = 900_000


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


def ai_customer(number: int) -> Customer:
    """The `number`-th account of the AI tenant; every fifth is prepaid."""
    return Customer(
        AI_TENANT,
        f"acme-{number:06d}",
        f"key-{number:06d}",
        number % _PREPAID_EVERY == _PREPAID_EVERY - 1,
        _AI_ZONES[number % len(_AI_ZONES)],
    )


def voice_customer(number: int) -> Customer:
    """The `number`-th account of the operator, with a Swiss mobile number."""
    return Customer(
        VOICE_TENANT,
        f"line-{number:06d}",
        f"4179{number:07d}",
        number % _PREPAID_EVERY == _PREPAID_EVERY - 1,
        _VOICE_ZONES[number % len(_VOICE_ZONES)],
    )


def commands_of(customer: Customer, *, at: Instant) -> Iterator[Command]:
    """What makes a customer chargeable: the account, its service, a wallet if it is prepaid."""
    tenant, account = customer.tenant, customer.account
    ai = tenant == AI_TENANT
    currency = AI_CURRENCY if ai else VOICE_CURRENCY
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
        price_plan=price_plan_of(customer),
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


def price_plan_of(customer: Customer) -> str:
    """The price plan of the example catalogs that a customer is on."""
    if customer.tenant == VOICE_TENANT:
        return "basic"
    return "prepaid" if customer.prepaid else "developer"


def population(accounts: int) -> Iterator[Customer]:
    """All customers that are known from the start, of both tenants."""
    for number in range(accounts):
        yield ai_customer(number)
        yield voice_customer(number)


def strangers() -> Iterator[Customer]:
    """The customers behind the unknown service ids, of both tenants."""
    return (
        make(_STRANGER_OFFSET + number)
        for number in range(STRANGERS)
        for make in (ai_customer, voice_customer)
    )


def service_ids(accounts: int) -> tuple[list[bytes], list[bytes]]:
    """The service ids of both tenants' known customers, as they stand in events."""
    numbers = range(accounts)
    ai = [ai_customer(number).service_id.encode() for number in numbers]
    return ai, [b"+" + voice_customer(number).service_id.encode() for number in numbers]


def ai_stranger_id(draw: float) -> bytes:
    """An unknown key, by a draw from 0 to 1."""
    return b"key-%06d" % (_STRANGER_OFFSET + int(draw * STRANGERS))


def voice_stranger_id(draw: float) -> bytes:
    """An unknown number, by a draw from 0 to 1."""
    return b"+4179%07d" % (_STRANGER_OFFSET + int(draw * STRANGERS))
