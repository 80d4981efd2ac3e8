"""Gifts and transfers: what one account gives, another gets, on whichever partition it lives.

The giver's step books what leaves against `in_transit` and puts a message in its outbox; the
getter's books it from there. In between it stands on `in_transit`, and both are counted once by the
id of the message, so the total of a resource is the same at every position. What an allowance
gives keeps its end, its priority and its products on the way.

Where there is no such account as it comes, it goes back in the same way. Whoever gives by a root
that the account has never had, or before it is there, has it back and can give again.
"""

from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from streams import outbox
from streams.accumulate.funds import money_place
from streams.accumulate.not_done import NotDone, tell_not_done
from streams.due.agenda import put_balances
from streams.due.movement import Holder, Movement
from streams.model.account import Account, Balances, Bucket, burn_order
from streams.model.balance_command import TakeTransfer, Transfer, TransferPart
from streams.model.instant import FOREVER
from streams.model.money import Quantity, added, minus
from streams.outcome import CommandReason
from streams.partition import partition_of
from streams.state import Effects, State, Table

GIVEN: Final = "transfer_out"
"""The usage type of what was given."""
GOT: Final = "transfer_in"
"""The usage type of what was got."""
BACK: Final = "transfer_back"
"""The usage type of what came back, as nobody was there to get it."""
IN_TRANSIT: Final = "in_transit"
"""The counter-account of what has left one account and not yet reached the other."""


def give(  # noqa: PLR0913 - a transfer, and where it is made
    command: Transfer,
    *,
    partition: int,
    partitions: int,
    version: str,
    state: State,
    effects: Effects,
) -> None:
    """Take what is given from the account, whole or not at all, and send it on."""
    key = f"{command.tenant}\0{command.account}".encode()
    account: Account | None = state.get(Table.ACCOUNTS, key)
    balances: Balances = state.get(Table.BALANCES, key) or Balances()
    buckets = list(balances.buckets)
    movement = Movement(GIVEN, command.command_id, command.occurred_at)
    parts: list[TransferPart] = []
    left = command.quantity
    for place in _drawn_on(command, buckets):
        bucket = buckets[place]
        taken = min(left, bucket.remaining)
        after = added(bucket.remaining, minus(taken))
        movement.move(bucket, after, against=IN_TRANSIT, before=bucket.remaining)
        buckets[place] = bucket.left_with(after)
        parts.append(_part_of(bucket, taken))
        left = added(left, minus(taken))
        if not left:
            break
    receiver = partition_of(command.tenant, command.to_root, partitions)
    why = _why_not(command, left, state if receiver == partition else None)
    if account is None or why is not None:
        why = why or _unknown(command.account, command.root, "account")
        nothing = Movement(GIVEN, command.command_id, command.occurred_at)
        tell_not_done(why, nothing, command, partition=partition, effects=effects)
        return
    put_balances(key, balances, replace(balances, buckets=tuple(buckets)), state)
    holder = Holder(command.tenant, command.account, command.root, account.currency)
    effects.make(movement.charge(holder, version=version, partition=partition), command)

    def taken_in(place: str, number: int) -> TakeTransfer:
        return TakeTransfer(
            f"transfer:{partition}:{place}",
            partition,
            number,
            command.tenant,
            command.to_account,
            command.to_root,
            command.command_id,
            command.account,
            command.resource,
            tuple(parts),
            command.occurred_at,
            command.root,
        )

    outbox.relay(taken_in, receiver=receiver, state=state, effects=effects)


def get(
    command: TakeTransfer, *, partition: int, version: str, state: State, effects: Effects
) -> None:
    """Put what was given into the account; what nobody can get goes back to who gave it."""
    key = f"{command.tenant}\0{command.account}".encode()
    account: Account | None = state.get(Table.ACCOUNTS, key)
    if account is None:
        _send_back(command, partition, state, effects)
        return
    balances: Balances = state.get(Table.BALANCES, key) or Balances()
    buckets = list(balances.buckets)
    movement = _movement_of(command)
    for part in command.parts:
        place = _place_back(command, part, buckets) if command.is_back else -1
        if place < 0:
            place = _place_of(command, part, buckets)
            filled = buckets[place].filled_with(part.quantity)
        else:
            filled = buckets[place].left_with(added(buckets[place].remaining, part.quantity))
        before, buckets[place] = buckets[place].remaining, filled
        movement.move(filled, filled.remaining, against=IN_TRANSIT, before=before)
    due = min((each.end for each in buckets if each.end != FOREVER), default=FOREVER)
    after_all = replace(balances, buckets=tuple(buckets), due=min(balances.due, due))
    put_balances(key, balances, after_all, state)
    holder = Holder(command.tenant, command.account, command.root, account.currency)
    effects.make(movement.charge(holder, version=version, partition=partition), command)


def _movement_of(command: TakeTransfer) -> Movement:
    if not command.is_back:
        return Movement(GOT, command.command_id, command.occurred_at)
    told = {
        "transfer": command.transfer,
        "to": command.giver,
        "code": str(CommandReason.ACCOUNT_NOT_KNOWN),
    }
    return Movement(BACK, command.command_id, command.occurred_at, told)


def _send_back(command: TakeTransfer, partition: int, state: State, effects: Effects) -> None:
    """There is no such account here: say so, and have the giver's home take it in again.

    A giver has been there, and where it has left for another home it is sent on.
    """
    assert not command.is_back
    why = _unknown(command.account, command.root, "account")
    nothing = Movement(GOT, command.command_id, command.occurred_at)
    tell_not_done(why, nothing, command, partition=partition, effects=effects)

    def back(place: str, number: int) -> TakeTransfer:
        return replace(
            command,
            command_id=f"transfer:{partition}:{place}",
            sender=partition,
            message_id=number,
            account=command.giver,
            root=command.giver_root,
            giver=command.account,
            giver_root=command.root,
            is_back=True,
        )

    outbox.relay(back, receiver=command.sender, state=state, effects=effects)


def _why_not(command: Transfer, left: Quantity, receivers: State | None) -> NotDone | None:
    """Why nothing is given; None: it is. `receivers` knows who is there, if it is known here."""
    getter = f"{command.tenant}\0{command.to_account}".encode()
    if receivers is not None and receivers.get(Table.ACCOUNTS, getter) is None:
        return _unknown(command.to_account, command.to_root, "to_account")
    if left:
        return NotDone(CommandReason.INSUFFICIENT_BALANCE, _short(command, left), "quantity")
    return None


def _unknown(account: str, root: str, field: str) -> NotDone:
    text = f"no account {account} is known under {root}"
    return NotDone(CommandReason.ACCOUNT_NOT_KNOWN, text, field)


def _part_of(bucket: Bucket, taken: Quantity) -> TransferPart:
    return TransferPart(
        taken, bucket.end, bucket.priority, bucket.products, bucket.start, bucket.id
    )


def _drawn_on(command: Transfer, buckets: list[Bucket]) -> list[int]:
    """The buckets that may be given from, in the order they burn."""
    at = command.occurred_at
    found = [
        place
        for place, bucket in enumerate(buckets)
        if bucket.resource == command.resource
        and bucket.start <= at < bucket.end
        and bucket.remaining > 0
        and command.bucket in ("", bucket.id)
    ]
    return sorted(found, key=lambda place: burn_order(buckets[place]))


def _place_back(command: TakeTransfer, part: TransferPart, buckets: list[Bucket]) -> int:
    """The bucket that a part came from; -1 where it has gone meanwhile."""
    came_from = (command.resource, part.start, part.end, part.bucket)
    for place, each in enumerate(buckets):
        if (each.resource, each.start, each.end, each.id) == came_from:
            return place
    return -1


def _place_of(command: TakeTransfer, part: TransferPart, buckets: list[Bucket]) -> int:
    """Where a part goes: own money, or a bucket of this transfer that ends when it does."""
    if part.end == FOREVER and not part.products and not part.priority:
        return money_place(buckets, command.resource)
    number = sum(bucket.id.startswith(f"{command.transfer}#") for bucket in buckets)
    name = f"{command.transfer}#{number}"
    buckets.append(
        Bucket(
            command.resource,
            command.occurred_at,
            part.end,
            0,
            0,
            name,
            part.priority,
            part.products,
        )
    )
    return len(buckets) - 1


def _short(command: Transfer, left: Quantity) -> str:
    return (
        f"account {command.account} has {Decimal(left):f} {command.resource} less than the"
        f" {Decimal(command.quantity):f} that is to be given"
    )
