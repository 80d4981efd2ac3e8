"""Gifts and transfers: what one account gives, another gets, on whichever partition it lives.

The giver's step books what leaves against `in_transit` and puts a message in its outbox; the
getter's books it from there. In between it stands on `in_transit`, and both are counted once by the
id of the message, so the total of a resource is the same at every position. What an allowance
gives keeps its end, its priority and its products on the way.
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
        parts.append(TransferPart(taken, bucket.end, bucket.priority, bucket.products))
        left = added(left, minus(taken))
        if not left:
            break
    if account is None or left:
        why = NotDone(CommandReason.INSUFFICIENT_BALANCE, _short(command, left), "quantity")
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
        )

    receiver = partition_of(command.tenant, command.to_root, partitions)
    outbox.relay(taken_in, receiver=receiver, state=state, effects=effects)


def get(
    command: TakeTransfer, *, partition: int, version: str, state: State, effects: Effects
) -> None:
    """Put what was given into the account. One that is not known yet finds it when it comes."""
    key = f"{command.tenant}\0{command.account}".encode()
    account: Account | None = state.get(Table.ACCOUNTS, key)
    balances: Balances = state.get(Table.BALANCES, key) or Balances()
    buckets = list(balances.buckets)
    movement = Movement(GOT, command.command_id, command.occurred_at)
    for part in command.parts:
        place = _place_of(command, part, buckets)
        bucket = buckets[place]
        filled = buckets[place] = bucket.filled_with(part.quantity)
        movement.move(bucket, filled.remaining, against=IN_TRANSIT, before=bucket.remaining)
    due = min((each.end for each in buckets if each.end != FOREVER), default=FOREVER)
    after_all = replace(balances, buckets=tuple(buckets), due=min(balances.due, due))
    put_balances(key, balances, after_all, state)
    currency = command.resource if account is None else account.currency
    holder = Holder(command.tenant, command.account, command.root, currency)
    effects.make(movement.charge(holder, version=version, partition=partition), command)


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
