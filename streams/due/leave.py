"""An account leaves for another root: taken out whole, in slices, and left as a signpost.

What it holds is booked against `in_transit`, as a gift is, so the total of a resource is the same
at every position of the ledger. The ids of its records stay: those of events before the next day
that none has been seen of are judged here for good, and sent on to be charged.
"""

from collections.abc import Iterator
from typing import Any, Final

from msgspec.structs import replace

from streams import outbox
from streams.accumulate.not_done import NotDone
from streams.belongings import COMMAND_ID, SERVICE, after, belonging, names_of
from streams.budgets import follow_root, let_members_go, take_budgets
from streams.due.agenda import put_balances
from streams.due.movement import Movement, holder_of
from streams.due.transfer import IN_TRANSIT
from streams.model.account import Account, Accumulators, Balances, Fees, Service
from streams.model.account_prices import AccountPrices
from streams.model.billing import BilledUnits
from streams.model.budget import BudgetTotal
from streams.model.charging_session import Reservations
from streams.model.command import Moving, Receipt, SentOn
from streams.model.grant import Grants
from streams.model.instant import BEGINNING, DAY, FOREVER, Instant
from streams.model.meter import MeterState
from streams.model.move_command import AccountSlice, AccountWhole, MoveAccount, TakeAccount
from streams.model.pool import Memberships
from streams.model.top_up_request import TopUpRequests
from streams.moved import NOTHING_MOVES, Home, moving_key, send_next
from streams.outcome import CommandReason
from streams.session.moving import (
    has_sessions,
    shared_budgets,
    take_answers,
    take_sessions,
    why_it_stays,
)
from streams.state import TIME, Effects, State, Table, record_id_key

MOVED_OUT: Final = "move_out"
"""The usage type of what left with an account."""
_LAST_ID: Final = b"\xff" * 5


def leave(
    command: MoveAccount, home: Home, *, version: str, state: State, effects: Effects
) -> None:
    """Take the account to its new root; on the same partition, at once."""
    key = f"{command.tenant}\0{command.account}".encode()
    account: Account | None = state.get(Table.ACCOUNTS, key)
    refusal = _refusal(command, account, key, state)
    if account is None or refusal is not None:
        _refuse(command, account, refusal, home, effects)
        return
    if home.of(command.tenant, command.to_root) == home.partition:
        _rename(account, key, command.to_root, state, effects)
        return
    held: Balances = state.get(Table.BALANCES, key) or Balances()
    put_balances(key, held, replace(held, due=FOREVER), state)
    state.put(Table.ACCOUNTS, key, replace(account, moved_to=command.to_root))
    let_members_go(account, state, effects)
    since, at = _since(state), command.occurred_at
    before: Moving = state.get(Table.MOVES, moving_key(key)) or NOTHING_MOVES
    move, root = command.command_id, command.to_root
    moving = Moving(move, root, since, at, -1, False, before.commands)
    _send_slice(key, moving, home, command, version=version, state=state, effects=effects)


def received(  # noqa: PLR0913 - a message with its receipt, and where that goes
    message: TakeAccount | SentOn,
    receipt: Receipt,
    home: Home,
    *,
    version: str,
    state: State,
    effects: Effects,
) -> None:
    """A slice has been taken in, and the next one leaves; after the last, what came meanwhile."""
    key = f"{message.tenant}\0{message.account}".encode()
    moving: Moving | None = state.get(Table.MOVES, moving_key(key))
    if moving is None or moving.message_id != message.message_id:
        return
    if isinstance(message, TakeAccount):
        _tell_gone(message, state, effects)
        if not message.slice.is_last:
            _send_slice(key, moving, home, receipt, version=version, state=state, effects=effects)
            return
    send_next(key, home, state, effects)


def _tell_gone(taken: TakeAccount, state: State, effects: Effects) -> None:
    """Tell of the services without the account's assignments: they are told of elsewhere now."""
    for each in taken.slice.services:
        at = f"{each.tenant}\0{each.service_id}".encode()
        left: Service = state.get(Table.SERVICES, at)
        told = replace(left, version=left.version + 1)
        state.put(Table.SERVICES, at, told)
        effects.facts.append(told)


def _refusal(
    command: MoveAccount, account: Account | None, key: bytes, state: State
) -> NotDone | None:
    """Why the account stays where it is; None: it goes."""
    name, root = command.account, command.to_root
    if account is None:
        text = f"account {name} is not known"
        return NotDone(CommandReason.ACCOUNT_NOT_KNOWN, text, "account")
    if account.root == root:
        return NotDone(
            CommandReason.SAME_ROOT, f"account {name} is under {root} already", "to_root"
        )
    held: Balances = state.get(Table.BALANCES, key) or Balances()
    running: Reservations = state.get(Table.RESERVATIONS, key) or Reservations()
    if running.sessions or any(bucket.reserved for bucket in held.buckets):
        text = why_it_stays(account, held, state)
        return NotDone(CommandReason.SESSIONS_OPEN, text, "account") if text else None
    return None


def _refuse(
    command: MoveAccount,
    account: Account | None,
    why: NotDone | None,
    home: Home,
    effects: Effects,
) -> None:
    assert why is not None
    code, text, field = why
    name = command.account
    nothing = Movement(MOVED_OUT, command.command_id, command.occurred_at)
    holder = holder_of(account or Account(command.tenant, name, command.root, "prepaid", "", "UTC"))
    effects.verdicts.append(
        nothing.refusal(holder, code, text, field=field, partition=home.partition)
    )


def _rename(account: Account, key: bytes, root: str, state: State, effects: Effects) -> None:
    """The new root lives here too: nothing has to be carried."""
    renamed = under(root, account)
    state.put(Table.ACCOUNTS, key, renamed)
    effects.facts.append(renamed)
    follow_root(renamed, state, effects)
    names = names_of(key, SERVICE, 2**31, state)
    for name in names:
        at = account.tenant.encode() + b"\0" + name
        service: Service = state.get(Table.SERVICES, at)
        for suffix, meter in _meters(service, account, state):
            state.put(Table.METERS, meter_prefix(account.tenant, root) + suffix, meter)
        assignments = tuple(
            replace(each, root=root) if each.account == account.account else each
            for each in service.assignments
        )
        changed = replace(service, assignments=assignments, version=service.version + 1)
        state.put(Table.SERVICES, at, changed)
        effects.facts.append(changed)


def under(root: str, account: Account) -> Account:
    """The account under another root than it had."""
    former = dict.fromkeys((*account.former_roots, account.root))
    roots = tuple(each for each in former if each != root)
    version = account.version + 1
    return replace(account, root=root, version=version, moved_to="", former_roots=roots)


def _since(state: State) -> Instant:
    """The first day of which, and after which, no record has been seen here."""
    time: Instant = state.get(Table.META, TIME) or BEGINNING
    day = time // DAY
    while found := state.scan(Table.RECORD_IDS, record_id_key((day + 1) * DAY, b""), _LAST_ID, 1):
        day = int.from_bytes(found[0][0][:4], "big") - 2**31
    return min((day + 1) * DAY, FOREVER)


def _send_slice(  # noqa: PLR0913 - a slice by what it comes next to, and where it goes
    key: bytes,
    moving: Moving,
    home: Home,
    cause: MoveAccount | Receipt,
    *,
    version: str,
    state: State,
    effects: Effects,
) -> None:
    """Send what comes next of the account, and wait for its receipt."""
    account: Account = state.get(Table.ACCOUNTS, key)
    part = _next_slice(key, account, moving, home.at_once, state, effects)
    if part.whole is not None:
        movement = Movement(MOVED_OUT, moving.move, moving.at)
        for bucket in part.whole.balances.buckets:
            if bucket.unused:
                movement.end(bucket, against=IN_TRANSIT)
        if movement:
            charge = movement.charge(holder_of(account), version=version, partition=home.partition)
            effects.make(charge, cause)

    def take(place: str, number: int) -> TakeAccount:
        return TakeAccount(
            f"move:{home.partition}:{place}",
            home.partition,
            number,
            account.tenant,
            account.account,
            moving.root,
            moving.move,
            moving.at,
            part,
        )

    receiver = home.of(account.tenant, moving.root)
    number = outbox.relay(take, receiver=receiver, state=state, effects=effects)
    is_whole_sent = moving.is_whole_sent or part.whole is not None
    waiting = replace(moving, message_id=number, is_whole_sent=is_whole_sent)
    state.put(Table.MOVES, moving_key(key), waiting)


def _next_slice(  # noqa: PLR0913 - a slice by what it comes next to, and where that is told
    key: bytes, account: Account, moving: Moving, at_once: int, state: State, effects: Effects
) -> AccountSlice:
    """Take what comes next out of the state, so many things at most."""
    tallies = _taken(Table.TALLIES, key, at_once, state)
    left = at_once - len(tallies)
    sessions = _taken(Table.SESSION_TALLIES, key, left, state)
    left -= len(sessions)
    commands = tuple(names_of(key, COMMAND_ID, left, state)) if left else ()
    for digest in commands:
        state.delete(Table.BELONGINGS, belonging(key, COMMAND_ID, digest))
    left -= len(commands)
    totals = _budget_totals(key, left, state)
    left -= len(totals)
    answers = take_answers(key, left, state)
    left -= len(answers)
    before = AccountSlice(
        tallies, sessions, commands, is_last=False, budget_totals=totals, answers=answers
    )
    if not left:
        return before
    whole = None if moving.is_whole_sent else _take_whole(key, account, state)
    services: list[Service] = []
    meters: list[tuple[bytes, MeterState]] = []
    names = names_of(key, SERVICE, left, state)
    if whole is not None and account.has_supplements:
        # What a master's usage costs hangs on them: they are there before any master.
        names += [each for each in _supplements(key, account, state) if each not in names]
    for name in names:
        at = account.tenant.encode() + b"\0" + name
        service: Service = state.get(Table.SERVICES, at)
        meters += _meters(service, account, state)
        services.append(_take_service(service, account, moving, state))
        state.delete(Table.BELONGINGS, belonging(key, SERVICE, name))
    running = take_sessions(account, moving.root, max(left - len(names), 0), state, effects)
    return replace(
        before,
        whole=whole,
        services=tuple(services),
        meters=tuple(meters),
        running=running,
        is_last=not names_of(key, SERVICE, 1, state) and not has_sessions(account, state),
    )


def _budget_totals(key: bytes, limit: int, state: State) -> tuple[tuple[bytes, BudgetTotal], ...]:
    """What its budgets have come to; of those that count others too, sessions have let go."""
    taken: tuple[tuple[bytes, BudgetTotal], ...] = _taken(Table.BUDGET_TOTALS, key, limit, state)
    shared = shared_budgets(key, state)
    return tuple(
        (name, total.without_held() if name.partition(b"\0")[0] in shared else total)
        for name, total in taken
    )


def _supplements(key: bytes, account: Account, state: State) -> Iterator[bytes]:
    """The account's services that supplement a subscription, or did."""
    for name in names_of(key, SERVICE, 2**31, state):
        service: Service = state.get(Table.SERVICES, account.tenant.encode() + b"\0" + name)
        if any(each.supplements for each in service.assignments):
            yield name


def _taken(table: Table, key: bytes, limit: int, state: State) -> tuple[tuple[bytes, Any], ...]:
    """The first values of a table that stand under the account, by what follows it."""
    prefix = key + b"\0"
    found = state.scan(table, prefix, after(prefix), limit) if limit else []
    for each, _ in found:
        state.delete(table, each)
    return tuple((each.removeprefix(prefix), value) for each, value in found)


def _take_whole(key: bytes, account: Account, state: State) -> AccountWhole:
    held: Balances = state.get(Table.BALANCES, key) or Balances()
    whole = AccountWhole(
        replace(account, moved_to=""),
        held,
        state.get(Table.ACCUMULATORS, key) or Accumulators(),
        state.get(Table.ACCOUNT_PRICES, key) or AccountPrices(),
        state.get(Table.FEES, key) or Fees(),
        state.get(Table.POOLS, key) or Memberships(),
        state.get(Table.GRANTS, key) or Grants(),
        state.get(Table.TOP_UP_REQUESTS, key) or TopUpRequests(),
        state.get(Table.BILLED_UNITS, key) or BilledUnits(),
        take_budgets(account, state),
        state.get(Table.RESERVATIONS, key) or Reservations(),
    )
    for table in (
        Table.BALANCES,
        Table.ACCUMULATORS,
        Table.ACCOUNT_PRICES,
        Table.FEES,
        Table.POOLS,
        Table.GRANTS,
        Table.TOP_UP_REQUESTS,
        Table.BILLED_UNITS,
        Table.RESERVATIONS,
    ):
        if state.get(table, key) is not None:
            state.delete(table, key)
    return whole


def _take_service(service: Service, account: Account, moving: Moving, state: State) -> Service:
    """The account's assignments leave; what still comes for them finds them gone."""
    mine = tuple(each for each in service.assignments if each.account == account.account)
    left = replace(
        service,
        assignments=tuple(each for each in service.assignments if each not in mine),
        gone=(*(each for each in service.gone if each.account != account.account), *mine),
    )
    state.put(Table.SERVICES, f"{service.tenant}\0{service.service_id}".encode(), left)
    carried = tuple(
        replace(each, root=moving.root, homes=(*each.homes, (each.root, moving.since)))
        for each in mine
    )
    return replace(service, assignments=carried, gone=())


def meter_prefix(tenant: str, root: str) -> bytes:
    """What the keys of all meters under a root begin with."""
    return f"{tenant}\0{root}\0".encode()


def _meters(service: Service, account: Account, state: State) -> list[tuple[bytes, MeterState]]:
    """Take what the meters of a service showed, unless somebody else of the root has it now."""
    newest = max(service.assignments, key=lambda each: (each.start, each.end))
    if newest.account != account.account:
        return []
    prefix = meter_prefix(account.tenant, account.root)
    start = prefix + f"{service.service_id}\0".encode()
    found = state.scan(Table.METERS, start, after(start), 2**31)
    for each, _ in found:
        state.delete(Table.METERS, each)
    return [(each.removeprefix(prefix), meter) for each, meter in found]
