"""Which commands have been seen, by their id.

Ids of money and grants are kept for good: a top-up that is sent again is never paid twice, nor does
a partner get a customer's volume twice, and an audit counts the first of each id. Of the others,
whose repeat would only put again what was put before, two groups are kept: a tick that finds the
newer one `KEPT_DAYS` old begins another and drops the older one whole. So an id is known for
`KEPT_DAYS` of the partition's time, and for twice that at most, ticks being regular. Ids from
before the first tick are in the first group.
"""

from hashlib import blake2b
from typing import Final

from streams.model.balance_command import (
    Adjust,
    AnswerTopUp,
    ConvertPoints,
    GrantAllowance,
    JoinPool,
    LeavePool,
    TakeTransfer,
    TopUp,
    Transfer,
    VoidGrant,
)
from streams.model.command import (
    ActivateCatalog,
    AdvanceClock,
    AssignService,
    EndService,
    PartnerVolume,
    PutAccount,
    PutAttributes,
    PutPrices,
    PutStatus,
)
from streams.model.instant import DAY, Instant
from streams.record_ids import KEPT_DAYS
from streams.state import State, Table

Identified = (
    PutAccount
    | AssignService
    | EndService
    | TopUp
    | ActivateCatalog
    | AdvanceClock
    | PutPrices
    | PutStatus
    | PutAttributes
    | PartnerVolume
    | Adjust
    | AnswerTopUp
    | ConvertPoints
    | JoinPool
    | LeavePool
    | Transfer
    | TakeTransfer
    | GrantAllowance
    | VoidGrant
)
"""Commands that count once. The others have the same effect the second time."""

_OF_MONEY: Final = (
    TopUp,
    Adjust,
    AnswerTopUp,
    ConvertPoints,
    PartnerVolume,
    Transfer,
    TakeTransfer,
    GrantAllowance,
)

GROUP: Final = b"commands.group"
"""In META: number of the newest group."""
BEGAN: Final = b"commands.began"
"""In META: the partition's time when that group began; none before the first tick."""
_FOR_GOOD: Final = 0xFFFF_FFFF


def note(command: Identified, state: State) -> bool:
    """Remember the command; True where its id is new."""
    digest = blake2b(command.command_id.encode(), digest_size=16).digest()
    groups = (_FOR_GOOD,) if isinstance(command, _OF_MONEY) else _groups(state)
    for group in groups:
        if state.get(Table.COMMANDS, _start_of(group) + digest) is not None:
            return False
    state.put(Table.COMMANDS, _start_of(groups[0]) + digest, 1)
    return True


def _groups(state: State) -> tuple[int, ...]:
    """The groups that are kept, the newest first."""
    newest: int = state.get(Table.META, GROUP) or 0
    return (newest, newest - 1) if newest else (newest,)


def drop_old(time: Instant, state: State) -> None:
    """The partition's time is `time`: begin a group and drop one where it is due."""
    began: Instant | None = state.get(Table.META, BEGAN)
    if began is None:
        state.put(Table.META, BEGAN, time)
    elif time >= began + KEPT_DAYS * DAY:
        former: int = state.get(Table.META, GROUP) or 0
        state.put(Table.META, GROUP, former + 1)
        state.put(Table.META, BEGAN, time)
        state.drop(Table.COMMANDS, b"", _start_of(former))


def _start_of(group: int) -> bytes:
    return group.to_bytes(4, "big")
