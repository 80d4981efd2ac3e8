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

from streams.belongings import COMMAND_ID, belonging
from streams.generations import Generations, start_of
from streams.model.balance_command import (
    Adjust,
    AnswerTopUp,
    ConvertPoints,
    GrantAllowance,
    TakeTransfer,
    TopUp,
    Transfer,
)
from streams.model.cap_command import GrantSlice, RecallSlice, ReportCap
from streams.model.command import (
    ActivateCatalog,
    AdvanceClock,
    EndService,
    Forwarded,
    OfAccount,
    PartnerVolume,
    SentOn,
)
from streams.model.instant import DAY
from streams.model.move_command import MoveAccount, TakeAccount
from streams.record_ids import KEPT_DAYS
from streams.state import State, Table

Identified = (
    OfAccount
    | EndService
    | ActivateCatalog
    | AdvanceClock
    | Forwarded
    | TakeAccount
    | SentOn
    | ReportCap
    | GrantSlice
    | RecallSlice
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
    MoveAccount,
)
COMMAND_IDS: Final = Generations(Table.COMMANDS, "commands", KEPT_DAYS * DAY)
"""The ids that are forgotten in time."""
_FOR_GOOD: Final = start_of(0xFFFF_FFFF)


def note(command: Identified, state: State) -> bool:
    """Remember the command; True where its id is new."""
    digest, starts = _digest(command), _starts_of(command, state)
    if _stands(digest, starts, state):
        return False
    state.put(Table.COMMANDS, starts[0] + digest, 1)
    if isinstance(command, _OF_MONEY):
        key = f"{command.tenant}\0{command.account}".encode()
        state.put(Table.BELONGINGS, belonging(key, COMMAND_ID, digest), 1)
    return True


def is_known(command: Identified, state: State) -> bool:
    """True where its id has been seen."""
    return _stands(_digest(command), _starts_of(command, state), state)


def put_for_good(key: bytes, digests: tuple[bytes, ...], state: State) -> None:
    """Ids that came with the account: they count as seen here."""
    for digest in digests:
        state.put(Table.COMMANDS, _FOR_GOOD + digest, 1)
        state.put(Table.BELONGINGS, belonging(key, COMMAND_ID, digest), 1)


def _digest(command: Identified) -> bytes:
    return blake2b(command.command_id.encode(), digest_size=16).digest()


def _stands(digest: bytes, starts: tuple[bytes, ...], state: State) -> bool:
    return any(state.get(Table.COMMANDS, start + digest) is not None for start in starts)


def _starts_of(command: Identified, state: State) -> tuple[bytes, ...]:
    return (_FOR_GOOD,) if isinstance(command, _OF_MONEY) else COMMAND_IDS.kept(state)
