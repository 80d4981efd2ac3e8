"""What must hold when everything has come to rest. Reads topics and disks, no code of the owner."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec

from connectors.kafka.codec import decode_refused
from streams.accumulate.top_up import TOP_UP
from streams.due.arrive import MOVED_IN
from streams.due.commission import COMMISSION
from streams.due.leave import MOVED_OUT
from streams.due.transfer import BACK, GIVEN, GOT, IN_TRANSIT
from streams.model.account import Balances
from streams.model.commission import partner_total
from streams.model.rated import RatedUsage
from streams.model.shared_cap import opening_slice
from streams.model.usage import MADE
from streams.state import Table
from tests.simulate.business import CEILING, PARTNER, TENANT, new_core, service_of
from tests.simulate.fold import Folded, decode_disk, fold_partition
from tests.simulate.load import UNKNOWN_SERVICES
from tests.simulate.sessions import ASKED, check_sessions
from tests.simulate.world import World

Place = tuple[str, int, int, int]


def verify(world: World) -> list[str]:
    """Every broken promise, in words; empty where all hold."""
    problems = list(world.failures)
    partitions = range(world.shape.partitions)
    folds = {p: fold_partition(world.broker, p, new_core(p, len(partitions))) for p in partitions}
    for partition, folded in folds.items():
        problems += [f"partition {partition}: {each}" for each in folded.problems]
        problems += _check_states(world, partition, folded)
    problems += _check_places(world, folds)
    problems += _check_charged_once(folds)
    problems += _check_balances(world, folds)
    problems += _check_aggregates(world, folds)
    problems += _check_partner(folds)
    problems += _check_ceiling(folds)
    problems += check_sessions(world.callers.told, folds)
    return problems


def _check_ceiling(folds: dict[int, Folded]) -> list[str]:
    """What is out of a cap is never more than the cap, and nobody waits for more of it."""
    granted: dict[bytes, list[Decimal]] = defaultdict(list)
    waiting: list[bytes] = []
    for folded in folds.values():
        for (table, key), held in folded.by_core.values.items():
            if table == Table.CAP_SLICES:
                granted[key].append(held.granted)
                waiting += [key] if held.is_asking or held.used > held.granted else []
    opening = opening_slice(CEILING.most, len(folds))
    problems = [f"{key!r} waits for its slice, or is beyond it" for key in waiting]
    for key, parts in granted.items():
        out = sum(parts, opening * (len(folds) - len(parts)))
        if out > CEILING.most:
            problems.append(f"{key!r}: {out} of {CEILING.most} is out")
    return problems


def _check_partner(folds: dict[int, Folded]) -> list[str]:
    """All that customers brought is with the partner, once; every home knows his tiers."""
    brought = sum((each.amount for each in _charges(folds) if _is_brought(each)), Decimal(0))
    settled = sum(
        (
            Decimal(usage.quantity)
            for each in _charges(folds)
            if each.record.usage_type == COMMISSION
            for usage in each.record.usages
        ),
        Decimal(0),
    )
    held = sum(
        (
            Decimal(quantity)
            for folded in folds.values()
            for (table, _), value in folded.by_core.values.items()
            if table == Table.ACCUMULATORS
            for name, _, _, quantity in value.totals
            if partner_total(name) is not None
        ),
        Decimal(0),
    )
    problems = []
    if brought != settled + held:
        problems.append(f"customers brought {brought}, settled are {settled}, held {held}")
    key = (int(Table.PARTNER_TIERS), f"{TENANT}\0{PARTNER.id}".encode())
    tiers = {str(folded.by_core.values.get(key)) for folded in folds.values()}
    if len(tiers) > 1:
        problems.append(f"the partner's tiers are not the same everywhere: {sorted(tiers)}")
    return problems


def _charges(folds: dict[int, Folded]) -> Iterator[RatedUsage]:
    for folded in folds.values():
        for _, record in folded.records:
            yield from record.rated


def _is_brought(charge: RatedUsage) -> bool:
    """True for charges of accounts that the partner brought."""
    number = charge.account.rpartition("-")[2]
    return number.isdigit() and int(number) % 2 == 1


def _check_states(world: World, partition: int, folded: Folded) -> list[str]:
    problems = []
    by_core = folded.by_core.values
    if by_core != folded.by_delta:
        problems.append(f"partition {partition}: deltas lead to another state than the core")
    for name, worker in world.workers.items():
        if partition in world.assignment[name] and partition in worker.owners:
            content = decode_disk(world.fleet.platters[name, partition].now)
            if content != by_core:
                keys = {
                    k for k in content.keys() | by_core.keys() if content.get(k) != by_core.get(k)
                }
                problems.append(
                    f"partition {partition}: {name} has another state in {sorted(keys)[:3]}"
                )
    waiting = [key for table, key in by_core if table == Table.OUTBOX]
    if waiting:
        problems.append(f"partition {partition}: {len(waiting)} messages still in transit")
    return problems


def _check_places(world: World, folds: dict[int, Folded]) -> list[str]:
    """Every source position ended in exactly one place; suspended only where nothing else is."""
    places: dict[Place, set[str]] = defaultdict(set)
    for folded in folds.values():
        for _, record in folded.records:
            for rated in record.rated:
                if rated.position.topic_id == MADE:
                    continue
                places[msgspec.structs.astuple(rated.position)].add("charged")
            for verdict in record.verdicts:
                if verdict.position.topic_id in ("", MADE):
                    continue  # on a command that was refused
                places[msgspec.structs.astuple(verdict.position)].add(str(verdict.verdict))
    for value in world.broker.logs["refused", 0]:
        refused = decode_refused(value)
        # That a released record goes on is told by the ledger; here it is no place.
        if refused.state != "charged":
            places[msgspec.structs.astuple(refused.position)].add(refused.state)
    problems = []
    for partition in range(world.shape.usage):
        for offset, value in enumerate(world.broker.logs["usage", partition]):
            found = places.pop(("usage", partition, offset, 0), set())
            is_lost = service_of(value) in UNKNOWN_SERVICES
            final = found - {"suspended"} or found
            if len(final) != 1 or (final == {"suspended"} and not is_lost):
                problems.append(f"usage[{partition}] {offset} {value!r}: ended as {sorted(found)}")
    problems += [f"{place} was never sent, but ended as {found}" for place, found in places.items()]
    return problems


def _check_charged_once(folds: dict[int, Folded]) -> list[str]:
    charged: Counter[tuple[bytes, int]] = Counter()
    for partition, folded in folds.items():
        for _, record in folded.records:
            for rated in record.rated:
                # What callers asked for is known by the partition that they asked.
                is_asked = rated.record.event_id.startswith(ASKED)
                charged[rated.record.record_id, partition if is_asked else -1] += 1
    return [f"record {key.hex()} charged {n} times" for (key, _), n in charged.items() if n > 1]


def _amounts(folds: dict[int, Folded]) -> dict[tuple[int, str], Decimal]:
    amounts: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    for partition, folded in folds.items():
        for _, record in folded.records:
            for rated in record.rated:
                amounts[partition, rated.account] += rated.amount
    return amounts


def _check_balances(world: World, folds: dict[int, Folded]) -> list[str]:
    """Wallet = top-ups − charges, with what went to overrun back on it; postings sum to zero."""
    problems = []
    spent: dict[str, Decimal] = defaultdict(Decimal)
    funded: dict[str, Decimal] = defaultdict(Decimal)
    for folded in folds.values():
        for offset, record in folded.records:
            for rated in record.rated:
                sums: dict[str, Any] = defaultdict(Decimal)
                for posting in rated.postings:
                    sums[posting.resource] += posting.amount
                    if rated.record.usage_type in (MOVED_OUT, MOVED_IN):
                        continue
                    if posting.ledger_account == "account":
                        moved = funded if rated.record.usage_type == TOP_UP else spent
                        moved[rated.account] += posting.amount
                if any(sums.values()):
                    problems.append(f"ledger {offset}: postings of {rated.position} sum to {sums}")
    for account, topped_up in world.load.top_ups.items():
        held = [
            value
            for folded in folds.values()
            for (table, key), value in folded.by_core.values.items()
            if table == Table.BALANCES and key == f"{TENANT}\0{account}".encode()
        ]
        if len(held) > 1:
            problems.append(f"{account} holds something in {len(held)} places")
        balances: Balances = held[0] if held else Balances()
        remaining = sum((Decimal(b.remaining) for b in balances.buckets), Decimal(0))
        if funded[account] != topped_up or remaining != topped_up + spent[account]:
            problems.append(
                f"{account}: holds {remaining}, topped up {topped_up}, {funded[account]} of it"
                f" posted, spent {spent[account]}"
            )
    problems += _check_transfers(folds)
    return problems


def _check_transfers(folds: dict[int, Folded]) -> list[str]:
    """What was given has been got or is back, and is the same whichever account holds it."""
    moved: dict[str, Decimal] = defaultdict(Decimal)
    times: Counter[str] = Counter()
    in_transit = Decimal(0)
    for folded in folds.values():
        for _, record in folded.records:
            for rated in record.rated:
                if rated.record.usage_type in (GIVEN, GOT, BACK, MOVED_OUT, MOVED_IN):
                    times[rated.record.event_id] += 1
                    for posting in rated.postings:
                        moved[posting.ledger_account] += posting.amount
        for (table, key), value in folded.by_core.values.items():
            if table == Table.COUNTERS and key.split(b"\0")[1] == IN_TRANSIT.encode():
                in_transit += Decimal(value)
    problems = [f"{name} was booked {count} times" for name, count in times.items() if count > 1]
    if any(moved.values()) or in_transit:
        problems.append(f"transfers are in flight for ever: {dict(moved)}, {in_transit}")
    return problems


def _check_aggregates(world: World, folds: dict[int, Folded]) -> list[str]:
    wanted = _amounts(folds)
    found = {key: total for key, (total, _) in world.warehouse.totals.items()}
    return [
        f"aggregate of {key}: {found.get(key)}, recomputed {wanted.get(key)}"
        for key in found.keys() | wanted.keys()
        if found.get(key) != wanted.get(key)
    ]
