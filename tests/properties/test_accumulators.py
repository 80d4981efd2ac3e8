"""Every kind of total is what a slow look at all records says, whatever their order and cuts."""

from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.catalog.compile import compile_plan
from connectors.catalog.load import load_catalog
from connectors.kafka.codec import TABLE_DECODERS, encode_value
from streams.charge import Charging
from streams.memory import MemoryState
from streams.model.billing_period import BillingPeriod, period_at
from streams.model.command import ActivateCatalog, AssignService, PutAccount, Tick
from streams.model.instant import BEGINNING, DAY, FOREVER, HOUR, MINUTE, Instant, Period
from streams.model.money import Quantity
from streams.model.usage import SourcePosition, Usage, UsageRecord, record_id_of
from streams.rate.plan import Plan
from streams.state import Effects, Table

START = 1_774_569_600_000_000
"""2026-03-27T00:00:00Z, two days before the clock of Zurich changes."""
ZONE = "Europe/Zurich"
AGGREGATES = ("sum", "min", "max", "latest", "unique", "average", "weighted_sum")
WINDOWS = {
    "month": "period: month",
    "day": "period: day",
    "days": "rolling: 3d",
    "hours": "rolling: 5h",
    "life": "period: life",
}
PARTS = {"account": "", "service": "per: service,", "by": "by: [kind],", "kept": "when: {kind: a},"}
MOST = 3
NAMES = [
    (aggregate, window, part)
    for aggregate in AGGREGATES
    for window in WINDOWS
    for part in PARTS
    if aggregate != "weighted_sum" or window in ("month", "day")
]


def words(aggregate: str, window: str, part: str) -> str:
    of = f"of: mark, most: {MOST}," if aggregate == "unique" else ""
    name = f"{aggregate}.{window}.{part}"
    return f"  - {{id: {name}, aggregate: {aggregate}, {of} {PARTS[part]} {WINDOWS[window]}}}"


CATALOG = f"""
tenant: t
currencies: [{{code: CHF, digits: 6}}]
usage_types: [{{id: talk, units: [s], attributes: [kind, mark]}}]
accumulators:
{chr(10).join(words(*name) for name in NAMES)}
price_plans:
  - id: plan
    currency: CHF
    offers:
      - id: talks
        usage_type: talk
        from: 2020-01-01
        impacts: [{", ".join(".".join(name) for name in NAMES)}]
        prices:
          - graduated:
              unit: s
              reference: sum.days.account
              tiers: [{{up_to: 20, unit_amount: 1}}, {{unit_amount: 0.1}}]
"""


class Event(NamedTuple):
    at: Instant
    service: str
    kind: str
    mark: str
    quantity: Quantity


QUANTITIES = st.one_of(
    st.integers(0, 30), st.decimals("0.001", 9, places=3, allow_nan=False, allow_infinity=False)
)
EVENTS = st.builds(
    Event,
    st.integers(0, 40 * 24 * 2).map(lambda halves: START + halves * HOUR // 2)
    | st.integers(0, 8 * 24 * 4).map(lambda quarters: START + quarters * 15 * MINUTE),
    st.sampled_from("12"),
    st.sampled_from("ab"),
    st.sampled_from("uvwxyz"),
    QUANTITIES.filter(bool),
)
DAYS = st.integers(0, 60).map(lambda days: START + days * DAY)


def make_plan() -> Plan:
    with TemporaryDirectory() as folder:
        (Path(folder) / "catalog.yaml").write_text(CATALOG)
        return compile_plan(load_catalog(Path(folder)))


PLAN = make_plan()


class World:
    """One account with two services."""

    def __init__(self) -> None:
        self.state, self.effects = MemoryState(), Effects()
        self.core = Charging(plans={PLAN.version: PLAN}, partitions=1, partition=0)
        self.counted = 0
        for command in (
            ActivateCatalog("c", "t", PLAN.version, BEGINNING),
            PutAccount("a", "t", "ada", "ada", "postpaid", "CHF", ZONE, None),
            AssignService("1", "t", "1", "ada", "ada", "x", "plan", BEGINNING, FOREVER),
            AssignService("2", "t", "2", "ada", "ada", "y", "plan", BEGINNING, FOREVER),
        ):
            self.core.apply_command(command, state=self.state, effects=self.effects)

    def tick(self, at: Instant) -> None:
        self.core.apply_command(Tick(f"tick-{at}", at), state=self.state, effects=self.effects)

    def charge(self, event: Event) -> Decimal | None:
        """What it costs; None where it is older than records are kept."""
        self.counted += 1
        name = f"e{self.counted}"
        record = UsageRecord(
            record_id_of(tenant="t", source="s", event_id=name, part=0),
            "t", "s", name, 0, self.counted, 0, "talk", event.service, "ada",
            event.at, event.at, (Usage("s", event.quantity),),
            {"kind": event.kind, "mark": event.mark},
        )  # fmt: skip
        position = SourcePosition("t", 0, self.counted, 0)
        self.core.charge_record(record, position=position, state=self.state, effects=self.effects)
        charged = self.effects.rated[-1:]
        return charged[0].amount if charged and charged[0].record == record else None

    def cut(self) -> None:
        """All totals go through their bytes."""
        for table in (Table.TALLIES, Table.ACCUMULATORS):
            for key, value in list(self.state.table(table).items()):
                self.state.put(table, key, TABLE_DECODERS[table](encode_value(value)))

    def totals(self) -> dict[tuple[str, Instant, Instant], Quantity]:
        return {
            (name, start, end): total
            for table in (Table.TALLIES, Table.ACCUMULATORS)
            for held in self.state.table(table).values()
            for name, start, end, total in held.totals
        }


def exactly(total: Decimal) -> Decimal:
    with localcontext(prec=60):
        return total.quantize(Decimal("1e-12"), ROUND_HALF_EVEN)


def told(aggregate: str, events: Sequence[Event], period: Period) -> Quantity:
    """By the book: `events` are those that count, in the order they came."""
    quantities = [event.quantity for event in events]
    match aggregate:
        case "sum":
            return sum(map(Decimal, quantities))
        case "min":
            return min(quantities)
        case "max":
            return max(quantities)
        case "unique":
            return min(MOST, len({event.mark for event in events}))
        case "latest":
            newest = max(event.at for event in events)
            return [event.quantity for event in events if event.at == newest][-1]
        case "average":
            with localcontext(prec=60):
                return exactly(sum(map(Decimal, quantities)) / len(quantities))
        case _:
            with localcontext(prec=60):
                area = sum(
                    Decimal(event.quantity) * (period.end - max(event.at, period.start))
                    for event in events
                )
                return exactly(Decimal(area) / (period.end - period.start))


def part_of(part: str, event: Event) -> str | None:
    if part == "service":
        return f"/service={event.service}"
    if part == "by":
        return f"/kind={event.kind}"
    return None if part == "kept" and event.kind != "a" else ""


def step_of(unit: Any, at: Instant) -> Period:
    return period_at(at, BillingPeriod(id=unit, unit=unit), ZONE)


def rolled(unit: Any, steps: int, events: Sequence[Event]) -> tuple[Period, list[Event]]:
    """The window that ends with the newest event, and what lies in it."""
    last = step_of(unit, max(event.at for event in events))
    first = last
    for _ in range(steps - 1):
        first = step_of(unit, first.start - 1)
    return Period(first.start, last.end), [event for event in events if event.at >= first.start]


def by_period(unit: Any) -> Callable[[Event, Instant], Period]:
    def period_of(event: Event, closed_before: Instant) -> Period:
        period = step_of(unit, event.at)
        return period if period.end > closed_before else step_of(unit, closed_before)

    return period_of


def expected(
    arrived: Sequence[tuple[Event, Instant]], windows: Sequence[str]
) -> dict[tuple[str, Instant, Instant], Quantity]:
    found: dict[tuple[str, Instant, Instant], Quantity] = {}
    for aggregate, window, part in NAMES:
        groups: dict[str, list[tuple[Event, Instant]]] = {}
        for event, closed in arrived:
            name = part_of(part, event)
            if name is not None and window in windows:
                groups.setdefault(name, []).append((event, closed))
        for name, entries in groups.items():
            key = f"{aggregate}.{window}.{part}{name}"
            events = [event for event, _ in entries]
            shown: dict[Period, list[Event]] = {}
            if window in ("days", "hours"):
                period, inside = rolled(*{"days": ("day", 3), "hours": ("hour", 5)}[window], events)
                shown[period] = inside
            elif window == "life":
                shown[Period(BEGINNING, FOREVER)] = events
            else:
                for event, closed in entries:
                    shown.setdefault(by_period(window)(event, closed), []).append(event)
            found |= {
                (key, *period): told(aggregate, inside, period) for period, inside in shown.items()
            }
    return found


@settings(max_examples=60)
@given(st.lists(EVENTS, max_size=25), st.sets(st.integers(0, 25)))
def test_totals_are_those_of_all_records_in_any_order(events: list[Event], cuts: set[int]) -> None:
    world = World()
    for number, event in enumerate(events):
        if number in cuts:
            world.cut()
        before = sum(Decimal(each.quantity) for each in rolled("day", 3, events[: number + 1])[1])
        inside = rolled("day", 3, events[: number + 1])[1]
        own = Decimal(event.quantity)
        if any(each is event for each in inside):
            before -= own
        cheap = max(Decimal(0), before + own - max(Decimal(20), before))
        assert world.charge(event) == own - cheap + cheap / 10
    arrived = [(event, BEGINNING) for event in events]
    assert world.totals() == expected(arrived, list(WINDOWS))


@settings(max_examples=60)
@given(st.lists(EVENTS | DAYS, max_size=25))
def test_what_is_late_counts_in_the_open_period_and_closed_ones_are_dropped(
    steps: list[Event | Instant],
) -> None:
    world = World()
    closed, arrived = BEGINNING, list[tuple[Event, Instant]]()
    for step in steps:
        if isinstance(step, Event):
            if world.charge(step) is not None:
                arrived.append((step, closed))
        elif step > closed + HOUR:
            world.tick(step)
            closed = step - HOUR
    windows = ["month", "day", "life"]
    wanted = expected(arrived, windows)
    for (name, start, end), total in world.totals().items():
        if name.split(".")[1] in windows:
            assert wanted[name, start, end] == total
    kept = {key for key in world.totals() if key[0].split(".")[1] in windows}
    assert {key for key in wanted if key[2] > closed} <= kept
