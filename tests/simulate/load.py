"""Load: accounts, services, money and moves as they are told, and usage as it comes."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from connectors.kafka.codec import encode_commands
from streams.model.balance_command import TopUp, Transfer
from streams.model.command import (
    ActivateCatalog,
    AssignService,
    Command,
    EndService,
    PutAccount,
    Tick,
)
from streams.model.instant import BEGINNING, FOREVER, SECOND, Instant
from streams.model.move_command import MoveAccount
from streams.partition import partition_of
from tests.simulate.broker import SimBroker
from tests.simulate.business import (
    CURRENCY,
    EPOCH,
    PARTNER,
    PARTNER_ACCOUNT,
    PLAN,
    SIM_PLAN,
    TENANT,
    Event,
)
from tests.simulate.dice import Dice
from tests.simulate.process import Process

LOAD_S = 20.0
"""How long usage comes, in simulated seconds."""

BROUGHT = {"partner": PARTNER.id}
"""What every other account has: who brought it."""

SHORT = "short"
WALLETS = ("", "gift", SHORT)
"""What is topped up: the account's own money, a wallet, and one that ends before usage does."""

SHORT_S = 10
"""When that is, in seconds."""

PLACES = ("north", "south", "east")
"""Where accounts move to, beside their own root."""

CALLER = "caller"
CALLERS = 2
"""Accounts `caller-N` with a service `line-N` each, which nobody uses but by the online door."""

UNKNOWN_SERVICES = ("nobody-0", "nobody-1")
"""Services that no account ever gets."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """How large a run is; the shares of services and accounts that move, of events sent again."""

    events: int = 120
    sessions: int = 20
    moves: float = 0.5
    leaves: float = 0.5
    repeats: float = 0.1
    accounts: int = 8
    services: int = 12
    usage: int = 2
    partitions: int = 3
    workers: int = 2


def assignment(service: str, account: str, start: Instant) -> AssignService:
    """The command that gives a service to an account from `start` on."""
    return AssignService(
        f"assign:{service}:{account}:{start}",
        TENANT,
        service,
        account,
        account,
        f"subscription-{service}",
        PLAN,
        start,
        FOREVER,
    )


class Load:
    """What the world outside sends. `top_ups` sums up the money it put in, by account."""

    def __init__(
        self,
        broker: SimBroker,
        dice: Dice,
        shape: Shape,
        outside: Process,
        begin: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        self.top_ups: dict[str, Decimal] = {}
        self._leaving: set[str] = set()
        self._broker = broker
        self._dice = dice
        self._shape = shape
        self._outside = outside
        self._begin = begin

    def _now(self) -> Instant:
        return EPOCH + int(asyncio.get_running_loop().time() * SECOND)

    async def operate(self) -> None:
        """Accounts, services, money and moves, some told twice."""
        for partition in range(self._shape.partitions):
            self._begin(self._activate(partition))
        for number in range(self._shape.accounts):
            account = f"account-{number}"
            await self._open_account(account, BROUGHT if number % 2 else {})
            if self._dice.happens(self._shape.leaves):
                self._leaving.add(account)
                self._begin(self._leave(account))
        self._begin(self._open_account(PARTNER_ACCOUNT, {}))
        for number in range(CALLERS):
            account = f"{CALLER}-{number}"
            await self._open_account(account, BROUGHT if number % 2 else {})
            await self._command(account, assignment(f"line-{number}", account, EPOCH))
        for number in range(self._shape.services):
            await asyncio.sleep(self._dice.between(0, LOAD_S / self._shape.services / 2))
            account = f"account-{self._dice.random.randrange(self._shape.accounts)}"
            await self._command(account, assignment(f"service-{number}", account, EPOCH))
            # A service's end must be known before it comes. One that waits for an account which is
            # under way may be known later, and nobody promises anything then.
            if account not in self._leaving and self._dice.happens(self._shape.moves):
                self._begin(self._move(f"service-{number}", account))
            if self._dice.happens(0.5):
                await self._top_up(
                    account, f"again-{number}", wallet=WALLETS[number % len(WALLETS)]
                )
            await self._give(account, number)

    async def tick(self) -> None:
        """Time goes on in every partition, by a clock that is behind."""
        while asyncio.get_running_loop().time() < LOAD_S:
            await asyncio.sleep(self._dice.between(0.5, 2))
            at = self._now() - self._dice.random.randint(0, 2) * SECOND
            for partition in range(self._shape.partitions):
                self._broker.land(
                    ("charging", partition), encode_commands((Tick(f"tick/{at}", at),))
                )

    async def _activate(self, partition: int) -> None:
        """Usage that comes before its catalog waits in suspense."""
        await asyncio.sleep(self._dice.between(0, 6))
        await self._command_to(
            partition, ActivateCatalog("activate", TENANT, SIM_PLAN.version, BEGINNING)
        )

    async def _open_account(self, account: str, attributes: dict[str, str]) -> None:
        put = PutAccount(
            f"put:{account}",
            TENANT,
            account,
            account,
            "prepaid",
            CURRENCY,
            "UTC",
            None,
            attributes,
        )
        await self._command(account, put)
        await self._top_up(account, "first")

    async def _top_up(self, account: str, why: str, *, wallet: str = "") -> None:
        amount = Decimal(self._dice.random.randint(1, 30))
        self.top_ups[account] = self.top_ups.get(account, Decimal(0)) + amount
        await self._command(
            account,
            TopUp(
                f"top-up:{account}:{why}",
                TENANT,
                account,
                account,
                amount,
                CURRENCY,
                EPOCH,
                why,
                wallet,
                end=EPOCH + SHORT_S * SECOND if wallet == SHORT else FOREVER,
            ),
        )

    async def _give(self, giver: str, number: int) -> None:
        """A gift to anybody, himself and nobody included; sometimes more than there is."""
        getter = f"account-{self._dice.random.randrange(self._shape.accounts + 1)}"
        quantity = Decimal(self._dice.random.choice((1, 3, 9, 40)))
        name = f"give:{number}"
        gift = Transfer(
            name, TENANT, giver, giver, getter, getter, CURRENCY, quantity, EPOCH, "gift"
        )
        await self._command(giver, gift)

    async def _leave(self, account: str) -> None:
        """The account goes from root to root, and back; told twice, and to whom it was once."""
        known = [account]
        for number in range(self._dice.random.choice((1, 1, 2, 3))):
            await asyncio.sleep(self._dice.between(0, LOAD_S / 3))
            # One root for several accounts would let a service that goes from one of them to
            # another be assigned in an order that nobody promises.
            away = [f"{account}-{place}" for place in PLACES]
            to_root = self._dice.random.choice((account, *away))
            name = f"leave:{account}:{number}"
            move = MoveAccount(
                name, TENANT, account, self._dice.random.choice(known), to_root, self._now()
            )
            await self._command(move.root, move)
            known.append(to_root)

    async def _move(self, service: str, old: str) -> None:
        """The service goes to another root, from a time that is told before it comes."""
        await asyncio.sleep(self._dice.between(0, LOAD_S / 3))
        new = f"account-{self._dice.random.randrange(self._shape.accounts)}"
        if new == old:
            return
        at = self._now() + 5 * SECOND
        self._land(old, EndService(f"end:{service}:{old}", TENANT, service, old, at, new))
        await asyncio.sleep(self._dice.between(0, 3))
        self._land(new, assignment(service, new, at))

    def _land(self, root: str, command: Command) -> None:
        place = ("charging", partition_of(TENANT, root, self._shape.partitions))
        self._broker.land(place, encode_commands((command,)))

    async def _command(self, root: str, command: Command) -> None:
        partition = partition_of(TENANT, root, self._shape.partitions)
        await self._command_to(partition, command)

    async def _command_to(self, partition: int, command: Command) -> None:
        value = encode_commands((command,))
        for _ in range(2 if self._dice.happens(0.1) else 1):
            await self._broker.append_surely(self._outside, ("charging", partition), value)

    async def send(self) -> None:
        """Usage as it comes: late, doubled, broken, of nobody."""
        dice = self._dice
        sent: list[Event] = []
        for number in range(self._shape.events):
            await asyncio.sleep(dice.between(0, 2 * LOAD_S / self._shape.events))
            place = ("usage", dice.random.randrange(self._shape.usage))
            chance = dice.random.random()
            if chance < 0.02:
                self._broker.land(place, b"\xff broken")
                continue
            if chance < 0.02 + self._shape.repeats and sent:
                self._broker.land(place, dice.random.choice(sent[-20:]).packed())
                continue
            service = f"service-{dice.random.randrange(self._shape.services)}"
            if dice.happens(0.03):
                service = dice.random.choice(sorted(UNKNOWN_SERVICES))
            late = dice.random.choice((0, 0, 0, 1, 3)) * SECOND
            units = dice.random.choice((0, 1, 1, 2, 5, 30))
            at = max(EPOCH, self._now() - late)
            event = Event(f"event-{number}", service, units, at, dice.happens(0.03))
            sent.append(event)
            self._broker.land(place, event.packed())
