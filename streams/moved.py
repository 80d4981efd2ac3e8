"""What comes to a home that its account has left: sent on, once the account is where it went.

The old home keeps the account's record as a signpost. Nothing is noted of what is sent on, so that
the new home alone tells which delivery of a command came first.
"""

from typing import Final, NamedTuple

from msgspec.structs import replace

from streams import outbox
from streams.command_ids import is_known
from streams.model.account import Account, Service, ServiceAssignment
from streams.model.command import (
    AssignService,
    EndService,
    Moving,
    OfAccount,
    PartnerVolume,
    Released,
    SentOn,
)
from streams.partition import partition_of
from streams.ranges import note_range
from streams.services import ends
from streams.state import Effects, State, Table


class Home(NamedTuple):
    """One partition of several; `at_once` is how much of an account leaves in one message."""

    partition: int
    partitions: int
    at_once: int = 200

    def of(self, tenant: str, root: str) -> int:
        """The partition of a root."""
        return partition_of(tenant, root, self.partitions)


NOTHING_MOVES: Final = Moving("", "", 0, 0, -1, True)
"""Of an account that has moved, and that commands are sent on for."""
ARRIVING: Final = -2
"""In place of the message of an account that is on its way from here: it is on its way to here."""
_MOVING: Final = b"a"
_SENT_ON: Final = b"r"


def moving_key(key: bytes) -> bytes:
    """Where the `Moving` of the account at `key` stands in MOVES."""
    return _MOVING + key


def sent_on_key(record_key: bytes) -> bytes:
    """Where it stands in MOVES which partition the record of this id was sent on to."""
    return _SENT_ON + record_key


def drop_sent_on(until: bytes, state: State) -> None:
    """Forget where records were sent on to whose ids are dropped up to this key."""
    state.drop(Table.MOVES, _SENT_ON, _SENT_ON + until)


def is_sent_on(command: object, home: Home, state: State, effects: Effects) -> bool:
    """True where the account of the command has left: its new home carries it out.

    Or where it has not arrived with all it has: then the command waits for that.
    """
    if isinstance(command, OfAccount):
        name = command.account
    elif isinstance(command, EndService):
        name = _ended_account(command, state)
    else:
        return False
    key = f"{command.tenant}\0{name}".encode()
    account: Account | None = state.get(Table.ACCOUNTS, key) if name else None
    if account is None or not (account.moved_to or is_arriving(key, state)):
        return False
    if not is_known(command, state):
        if isinstance(command, AssignService):
            _let_go(command, state)
        _queue(key, command, home, state, effects)
    return True


def is_arriving(key: bytes, state: State) -> bool:
    """True where some of the account's services are still to come."""
    moving: Moving | None = state.get(Table.MOVES, moving_key(key))
    return moving is not None and moving.message_id == ARRIVING


def await_rest(key: bytes, state: State) -> None:
    """The account is here, but not all of its services."""
    moving: Moving = state.get(Table.MOVES, moving_key(key)) or NOTHING_MOVES
    state.put(Table.MOVES, moving_key(key), replace(moving, message_id=ARRIVING))


def _queue(
    key: bytes, command: OfAccount | EndService, home: Home, state: State, effects: Effects
) -> None:
    """Send the command on, once those have been received that came before it."""
    waiting: Moving = state.get(Table.MOVES, moving_key(key)) or NOTHING_MOVES
    if any(each.command_id == command.command_id for each in waiting.commands):
        return
    state.put(Table.MOVES, moving_key(key), replace(waiting, commands=(*waiting.commands, command)))
    if waiting is NOTHING_MOVES:
        send_next(key, home, state, effects)


def send_next(key: bytes, home: Home, state: State, effects: Effects) -> None:
    """Send the first command that waits for the account; with none, nothing is under way."""
    moving: Moving = state.get(Table.MOVES, moving_key(key))
    if not moving.commands:
        state.delete(Table.MOVES, moving_key(key))
        return
    account: Account = state.get(Table.ACCOUNTS, key)
    root, command = account.moved_to or account.root, moving.commands[0]
    if isinstance(command, EndService):
        command = replace(command, root=root, account=account.account)
    elif not isinstance(command, PartnerVolume):
        command = replace(command, root=root)
    receiver = home.of(account.tenant, root)
    number = _relay(command, account.account, receiver, home, state, effects)
    sent = replace(NOTHING_MOVES, message_id=number, commands=moving.commands[1:])
    state.put(Table.MOVES, moving_key(key), sent)


def take_waiting(key: bytes, state: State) -> tuple[OfAccount | EndService, ...]:
    """The commands that have waited for an account which is here by now, with all it has."""
    account: Account | None = state.get(Table.ACCOUNTS, key)
    moving: Moving | None = state.get(Table.MOVES, moving_key(key))
    if account is None or account.moved_to or moving is None:
        return ()
    state.delete(Table.MOVES, moving_key(key))
    return moving.commands


def _let_go(command: AssignService, state: State) -> None:
    """The service id goes where its account went, and what comes for it with it."""
    key = f"{command.tenant}\0{command.service_id}".encode()
    known: Service = state.get(Table.SERVICES, key) or Service(
        command.tenant, command.service_id, ()
    )
    gone = ServiceAssignment(
        command.account,
        command.root,
        command.subscription,
        command.price_plan,
        command.start,
        command.end,
    )
    if gone not in known.gone:
        note_range(command.tenant, command.service_id, state)
        state.put(Table.SERVICES, key, replace(known, gone=(*known.gone, gone)))


def release_on(  # noqa: PLR0913 - a release, and whither
    release: Released, receiver: int, hops: int, home: Home, *, state: State, effects: Effects
) -> None:
    """Have a record tried again where it was sent on to.

    One that comes round in a circle is on its way between two homes, and is tried as it arrives.
    """
    if hops < home.partitions:
        _relay(release, "", receiver, home, state, effects, hops=hops + 1)


def _relay(  # noqa: PLR0913 - one message: what, whose, whither
    command: OfAccount | EndService | Released,
    account: str,
    receiver: int,
    home: Home,
    state: State,
    effects: Effects,
    *,
    hops: int = 0,
) -> int:
    tenant = command.batch.records[0].tenant if isinstance(command, Released) else command.tenant

    def sent(place: str, number: int) -> SentOn:
        name = f"sent:{home.partition}:{place}"
        return SentOn(name, home.partition, number, tenant, account, command, hops)

    return outbox.relay(sent, receiver=receiver, state=state, effects=effects)


def _ended_account(command: EndService, state: State) -> str:
    """The account that has left and took the assignment along that is to end; else nobody."""
    if command.account:
        return command.account
    key = f"{command.tenant}\0{command.service_id}".encode()
    service: Service | None = state.get(Table.SERVICES, key)
    if service is None or not service.gone:
        return ""
    for each in (*service.assignments, *service.gone):
        if ends(command, each, state):
            return each.account
    return ""
