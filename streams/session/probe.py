"""What a charge would do, without doing it: the one rating core, on a layer that is thrown away."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Final, NamedTuple

from msgspec.structs import replace

from streams.accumulate.partner_totals import plus
from streams.layer import Layer
from streams.model.account import Accumulators, Balances
from streams.model.budget import BudgetTotal
from streams.model.charging_session import BudgetHold, Reservations, Total
from streams.model.instant import Period
from streams.model.money import CONTEXT, ZERO, Quantity, added, minus
from streams.model.rated import RatedUsage
from streams.model.shared_cap import CapSlice
from streams.model.usage import MADE, SourcePosition, UsageRecord
from streams.outcome import Drop, Reject
from streams.rate.guide import Elsewhere
from streams.rate.prices.price import UNBOUNDED
from streams.session.budgets import Beyond, dearer_holds, held_of_budgets, summed_holds
from streams.session.holds import Place, Taken, place_of, taken_between
from streams.state import Effects, State, Table

Attempt = Callable[[UsageRecord, SourcePosition, State, Effects], Elsewhere | Drop | Reject | None]
"""The chain that charges a record, or says why not."""

BEYOND: Final = ("overrun", "write_off")
"""Where what nobody can pay is booked."""
_NO_BALANCES: Final = Balances()
_NO_TOTALS: Final = Accumulators()


class CapMove(NamedTuple):
    """What a charge would take of a cap's slice as it is `held`, and what that is `short` of."""

    key: bytes
    held: CapSlice
    quantity: Decimal
    short: Decimal


class Probe(NamedTuple):
    """What a charge would do: its amount, what it takes of buckets, what it adds to totals.

    `refusal` says why there is none. `is_covered`: money, credit, allowances, caps and budgets bear
    it whole; `beyond` is the first budget that does not. `counted` are totals of budgets as they
    would stand. `version` of the catalog and `price_plan` are what it was rated by. Totals could be
    higher by `room`, and all this would be the same.
    """

    refusal: Elsewhere | Drop | Reject | None
    amount: Decimal = ZERO
    is_covered: bool = True
    taken: tuple[Taken, ...] = ()
    totals: tuple[Total, ...] = ()
    version: str = ""
    price_plan: str = ""
    caps: tuple[CapMove, ...] = ()
    budgets: tuple[BudgetHold, ...] = ()
    beyond: Beyond | None = None
    counted: tuple[tuple[bytes, BudgetTotal], ...] = ()
    room: Quantity = 0

    @property
    def is_granted(self) -> bool:
        """True where it can be charged, and is borne whole."""
        return self.refusal is None and self.is_covered


def probe(
    record: UsageRecord, account: str, state: State, attempt: Attempt, *, step: object = None
) -> Probe:
    """Charge the record on a layer of its own: as if no other session used what it may, and as if
    all did.

    By tiers of either kind, those that grow dearer and those that grow cheaper, it then costs at
    most what the dearer of the two says, whatever becomes of the others. Where no tier is near, the
    two are the same, and one is enough. `step` is that of the effects of whoever asks.
    """
    key = f"{record.tenant}\0{account}".encode()
    reserved: Reservations | None = state.get(Table.RESERVATIONS, key)
    alone = _charge(record, account, Layer(state), attempt, under=state, step=step)
    if reserved is None or not reserved.totals or alone.refusal is not None:
        return alone
    if all(0 <= quantity <= alone.room for _, _, _, quantity in reserved.totals):
        return alone
    layer = Layer(state)
    _count(reserved, key, layer)
    among = _charge(record, account, layer, attempt, under=state, step=step)
    return among if among.refusal is not None else dearer(alone, among)


def dearer(one: Probe, other: Probe) -> Probe:
    """What covers both: the one or the other is charged."""
    taken: dict[tuple[str, Place], Taken] = {}
    for each in (*one.taken, *other.taken):
        place = (each.account, place_of(each.bucket))
        held = taken.get(place)
        if held is None or held.quantity < each.quantity:
            taken[place] = each
    return Probe(
        None,
        max(one.amount, other.amount),
        one.is_covered and other.is_covered,
        tuple(taken.values()),
        one.totals,
        one.version,
        one.price_plan,
        tuple(_larger(one.caps, other.caps)),
        dearer_holds(one.budgets, other.budgets),
        one.beyond or other.beyond,
        (*one.counted, *other.counted),
    )


def both(one: Probe, other: Probe) -> Probe:
    """What covers one charge and then the other."""
    taken: dict[tuple[str, Place], Taken] = {}
    for each in (*one.taken, *other.taken):
        place = (each.account, place_of(each.bucket))
        held = taken.get(place)
        quantity = each.quantity if held is None else added(held.quantity, each.quantity)
        taken[place] = (held or each)._replace(quantity=quantity)
    return other._replace(
        amount=CONTEXT.add(one.amount, other.amount),
        is_covered=one.is_covered and other.is_covered,
        taken=tuple(taken.values()),
        totals=(*one.totals, *other.totals),
        caps=tuple(_sum(one.caps, other.caps)),
        budgets=summed_holds(one.budgets, other.budgets),
        beyond=one.beyond or other.beyond,
        counted=(*one.counted, *other.counted),
    )


def _sum(one: tuple[CapMove, ...], other: tuple[CapMove, ...]) -> Iterator[CapMove]:
    found = {each.key: each for each in one}
    for each in other:
        held = found.get(each.key)
        if held is None:
            found[each.key] = each
        else:
            quantity = CONTEXT.add(held.quantity, each.quantity)
            short = CONTEXT.add(held.short, each.short)
            found[each.key] = held._replace(quantity=quantity, short=short)
    return iter(found.values())


def _larger(one: tuple[CapMove, ...], other: tuple[CapMove, ...]) -> Iterator[CapMove]:
    found = {each.key: each for each in one}
    for each in other:
        held = found.get(each.key)
        if held is None or held.quantity < each.quantity:
            found[each.key] = each
    return iter(found.values())


def _charge(  # noqa: PLR0913 - what is charged, whom, and where that is tried
    record: UsageRecord,
    account: str,
    layer: Layer,
    attempt: Attempt,
    *,
    under: State,
    step: object,
) -> Probe:
    key, effects = f"{record.tenant}\0{account}".encode(), Effects(step)
    before: Accumulators = layer.get(Table.ACCUMULATORS, key) or _NO_TOTALS
    room = list[Quantity]()
    effects.room = room
    refusal = attempt(record, SourcePosition(MADE, 0, 0, 0), layer, effects)
    if refusal is not None:
        return Probe(refusal)
    after: Accumulators = layer.get(Table.ACCUMULATORS, key) or _NO_TOTALS
    first = effects.rated[0] if effects.rated else None
    caps = tuple(_of_caps(under, layer))
    counted = tuple(layer.put_in(Table.BUDGET_TOTALS))
    budgets, beyond = held_of_budgets(counted, under) if counted else ((), None)
    is_borne = beyond is None and not (caps and any(each.short for each in caps))
    return Probe(
        None,
        sum([rated.amount for rated in effects.rated], ZERO),
        is_borne and _is_covered(effects.rated),
        tuple(_taken(record.tenant, account, effects.rated, under, layer)),
        tuple(_moved(before, after)),
        first.catalog_version if first is not None else "",
        first.price_plan if first is not None else "",
        caps,
        budgets,
        beyond,
        counted,
        min(room, default=UNBOUNDED),
    )


def _count(reserved: Reservations, key: bytes, layer: Layer) -> None:
    """Tiers and caps see what running sessions may still use."""
    totals: Accumulators = layer.get(Table.ACCUMULATORS, key) or Accumulators()
    for name, start, end, quantity in reserved.totals:
        totals = plus(totals, name, Period(start, end), quantity)
    layer.put(Table.ACCUMULATORS, key, totals)


def _of_caps(state: State, layer: Layer) -> Iterator[CapMove]:
    """Of slices as far as they have been granted: nothing that others may have is counted on."""
    for key, after in layer.changed(Table.CAP_SLICES):
        if after is None:
            continue
        before: CapSlice = state.get(Table.CAP_SLICES, key) or _not_touched(after)
        quantity = CONTEXT.subtract(after.used, before.used)
        short = CONTEXT.subtract(after.beyond, before.beyond)
        if quantity > ZERO and after.left < ZERO:
            short = CONTEXT.subtract(short, after.left)
        yield CapMove(key, replace(before, most=after.most), quantity, short)


def _not_touched(opened: CapSlice) -> CapSlice:
    return CapSlice(opened.end, opened.most, opened.granted)


def _is_covered(charges: list[RatedUsage]) -> bool:
    beyond = [
        Decimal(posting.amount)
        for charge in charges
        for posting in charge.postings
        if posting.ledger_account in BEYOND
    ]
    return not any(CONTEXT.compare(amount, ZERO) for amount in beyond)


def _taken(
    tenant: str, account: str, charges: list[RatedUsage], state: State, layer: Layer
) -> Iterator[Taken]:
    """From the account's own buckets, and from those of its pools."""
    holders = {"", *[change.account for charge in charges for change in charge.changes]}
    for holder in sorted(holders):
        of = holder or account
        key = f"{tenant}\0{of}".encode()
        before: Balances = state.get(Table.BALANCES, key) or _NO_BALANCES
        after: Balances = layer.get(Table.BALANCES, key) or _NO_BALANCES
        yield from taken_between(of, before, after)


def _moved(before: Accumulators, after: Accumulators) -> Iterator[Total]:
    if after is before:
        return
    known: dict[tuple[str, int, int], Quantity] = {
        (name, start, end): total for name, start, end, total in before.totals
    }
    for name, start, end, total in after.totals:
        quantity = added(total, minus(known.get((name, start, end), 0)))
        if quantity:
            yield name, start, end, quantity
