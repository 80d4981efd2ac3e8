"""A scenario in the making: what the fields of a case have said so far.

One customer, one service, one usage type, one price plan with one offer, unless a field says more.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from tests.cases.fields import NotYet

Words = dict[str, Any]

CUSTOMER: Final = "customer"
SERVICE: Final = "service"
USAGE_TYPE: Final = "usage"
PLAN: Final = "plan"
OFFER: Final = "offer"
USED: Final = "used"
RECORDS: Final = "records"
SIGNED: Final = "signed"
MONEY: Final = "amount"
BEGIN: Final = datetime(2026, 3, 2, 10, tzinfo=UTC)
"""When usage without a time begins: a Monday, the second day of a month."""
EXACT: Final = 12
"""Digits of an amount that is not rounded."""


@dataclass(slots=True)
class Event:
    """One usage of the case. `quantity` is of the priced unit, `amount` is money it brings."""

    id: str
    at: datetime
    until: datetime | None = None
    quantity: Decimal | None = None
    amount: Decimal | None = None
    prorated: Decimal | None = None
    """Of the quantity, what is left where it is counted for its part of the period alone."""
    bucket: str = ""
    """Which span of time it is in, where such spans have numbers."""
    values: tuple[Decimal, ...] = ()
    """Several quantities, one after the other."""
    units: dict[str, Decimal] = field(default_factory=dict)
    attributes: dict[str, str] = field(default_factory=dict)
    service: str = SERVICE
    meter: str = ""
    happened: tuple[str, ...] = ()
    """What happened, one after the other, where the event stands for several."""
    parts: int = 1
    """How many records of unknown size the amount is made of."""
    receiver: str = ""
    """Who is paid: then it is no usage, but what becomes of it."""
    falls_due: str = ""
    """What is due then: it is no usage."""
    is_prior: bool = False

    @property
    def is_nothing(self) -> bool:
        """Nothing was used."""
        return not (self.quantity or self.amount or any(self.units.values()))


@dataclass(slots=True)
class PlanDraft:
    """A price plan with one offer: its price rows, and whatever else it and its offer say."""

    id: str = PLAN
    rows: list[Words] = field(default_factory=list)
    words: Words = field(default_factory=dict)
    offer: Words = field(default_factory=dict)


@dataclass(slots=True)
class Draft:
    """All parts of the scenario."""

    currency: str = "USD"
    digits: int = EXACT
    rounding: str = "half_even"
    over: str = ""
    unit: str = "units"
    compared_at: int | None = None
    """Digits of the expected numbers, where the case rounds only to compare."""
    money_is_attribute: bool = False
    """The event's amount is a price that it brings, not a quantity to be priced."""
    events: list[Event] = field(default_factory=list)
    plans: list[PlanDraft] = field(default_factory=lambda: [PlanDraft()])
    services: list[Words] | None = None
    account: Words = field(default_factory=dict)
    attributes: set[str] = field(default_factory=set)
    free_units: Decimal | None = None
    exchange_rate: str = ""
    exchange_fee: str | None = None
    currencies: list[Words] = field(default_factory=list)
    """Currencies beside that of the price plans."""
    accounts: list[Words] = field(default_factory=list)
    """Accounts beside the customer, with their services."""
    fixed_amount: Decimal = Decimal(0)
    """What each paid event of a percentage costs beside its share."""
    sign: int = 1
    """-1 where the case tells as a positive number what the customer gets."""
    sections: dict[str, list[Words]] = field(default_factory=dict)
    before: list[Words] = field(default_factory=list)
    """Steps before all usage."""
    timed: list[tuple[datetime, Words]] = field(default_factory=list)
    """Steps among the usage, before what happens at the same time."""
    until: datetime | None = None
    """Up to when the case asks."""
    reset_at: datetime | None = None
    """The last reset of all grants."""
    due: list[Event] = field(default_factory=list)
    """What falls due without usage, told in its order after that."""
    credits: dict[str, Decimal] = field(default_factory=dict)
    """Wallets by name, with what was put in."""
    holders: dict[str, str] = field(default_factory=dict)
    """Wallets that another account than the customer holds: which."""
    asked: set[str] = field(default_factory=set)
    """The accounts that usage names."""
    steps: list[Words] = field(default_factory=list)
    then: dict[str, list[Words]] = field(default_factory=dict)
    unit_of_money: Decimal = Decimal(1)
    """How many of the case's amounts are one of the currency: 100, where it tells cents."""
    is_derived: bool = False
    """Usage may be taken back: the quantity is a signed number that each event brings."""
    is_made_alone: bool = False
    """The total is of the charges without usage: the case tells only what usage came to."""
    made: list[str] = field(default_factory=list)
    """The charges without usage that the case tells, in its order."""
    notes: str = ""
    held: str = ""
    """Units stay, and usage tells each `change`."""
    month: str | None = None
    """The only month that the total is of."""
    is_asked: bool = False
    """The usage is asked for, not charged."""

    @property
    def plan(self) -> PlanDraft:
        """The plan, where there is one."""
        return self.plans[0]

    @property
    def now(self) -> list[Event]:
        """The events of the case itself, without those before it."""
        return [event for event in self.events if not event.is_prior]

    def section(self, name: str, words: Words) -> None:
        """Add an object to a section of the catalog, once."""
        held = self.sections.setdefault(name, [])
        if words not in held:
            held.append(words)

    def expect(self, name: str, words: Words) -> None:
        """Add something to `then`."""
        self.then.setdefault(name, []).append(words)

    def impact(self, name: str) -> None:
        """The offers of all plans move this accumulator or burn this allowance."""
        for plan in self.plans:
            impacts = plan.offer.setdefault("impacts", [])
            if name not in impacts:
                impacts.append(name)

    def reference(self, unit: str) -> str:
        """The accumulator of a priced unit, declared."""
        name = f"{USED}-{unit}"
        self.section("accumulators", {"id": name, "usage_units": [unit]})
        self.impact(name)
        return name

    def records(self) -> str:
        """The accumulator that counts records, declared."""
        self.section("accumulators", {"id": RECORDS, "sums": "records"})
        self.impact(RECORDS)
        return RECORDS

    def sum(self, **words: Any) -> None:
        """Expect what lines add up to; only lines of the case's own events."""
        if any(event.is_prior for event in self.events):
            words.setdefault("charges", [event.id for event in self.now])
        if self.compared_at is not None:
            words["digits"] = self.compared_at
        self.expect("sums", words)


def document(draft: Draft) -> Words:
    """The scenario as a file would say it."""
    if draft.is_derived:
        _derive(draft)
    units = sorted(
        {unit for event in draft.events for unit in _units(draft, event)} | _priced(draft)
    )
    attributes = {name for event in draft.events for name in event.attributes} | draft.attributes
    catalog = {
        "currencies": [_currency(draft), *draft.currencies],
        "usage_types": [
            {"id": USAGE_TYPE, "units": units, "attributes": sorted(attributes)}
            | ({"held": draft.held} if draft.held else {})
            | ({"service_type": SIGNED} if draft.is_derived else {}),
        ],
        "price_plans": [_plan(plan, draft) for plan in draft.plans],
        **draft.sections,
    }
    services = draft.services
    if services is None:
        services = [{"service": SERVICE, "price_plan": PLAN}]
    account = {"account": CUSTOMER, "currency": draft.currency, "services": services}
    return {
        "it": "holds",
        "catalog": catalog,
        "given": {"accounts": [account | draft.account, *draft.accounts]},
        "when": [*draft.before, *_in_time(draft), *draft.steps],
        "then": draft.then,
    }


def _in_time(draft: Draft) -> list[Words]:
    """The usage as the case tells it; where steps have a time, all in the order of time."""
    usage = [(event.at, _usage(draft, event)) for event in draft.events]
    if not draft.timed:
        return [words for _, words in usage]
    return [words for _, words in sorted([*draft.timed, *usage], key=lambda timed: timed[0])]


def slug(text: str) -> str:
    """A name that may stand in a catalog."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", text).strip("-.") or "x"


def text_of(number: Decimal) -> str:
    """A number without exponent."""
    return format(number, "f")


def time_of(moment: datetime) -> str:
    """A time as scenarios write it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def after(moment: datetime, seconds: Decimal) -> datetime:
    """So many seconds later."""
    return moment + timedelta(microseconds=int(seconds * 1_000_000))


def _derive(draft: Draft) -> None:
    """The quantity as an attribute, which a rate unit takes it from."""
    for event in draft.events:
        event.attributes[SIGNED] = text_of(event.quantity or Decimal(0))
    unit = {"id": SIGNED, "service_type": SIGNED, "unit": draft.unit}
    draft.section("service_types", {"id": SIGNED})
    draft.section("rate_units", unit | {"expression": f"decimal({SIGNED})"})
    draft.section("rate_unit_maps", {"service_type": SIGNED, "rate_unit": SIGNED})


def _currency(draft: Draft) -> Words:
    words: Words = {"code": draft.currency, "digits": draft.digits, "rounding": draft.rounding}
    if draft.digits > EXACT:
        raise NotYet(f"a currency of {draft.digits} digits")
    if draft.over:
        words["rounding"] = {"mode": draft.rounding, "over": draft.over}
    return words


def _plan(plan: PlanDraft, draft: Draft) -> Words:
    offer = {"id": OFFER, "usage_type": USAGE_TYPE, "from": "2000-01-01", "prices": plan.rows}
    return {
        "id": plan.id,
        "currency": draft.currency,
        "offers": [offer | plan.offer] if plan.rows else [],
        **plan.words,
    }


def _units(draft: Draft, event: Event) -> dict[str, Decimal]:
    units = dict(event.units)
    if event.quantity is not None and not draft.is_derived:
        units[draft.unit] = event.quantity
    if event.amount is not None and not draft.money_is_attribute:
        units[MONEY] = event.amount
    return units


def _priced(draft: Draft) -> set[str]:
    """Units that prices name, beside those of the usage."""
    found: set[str] = set()
    for kind in (kind for plan in draft.plans for row in plan.rows for kind in row.values()):
        if not isinstance(kind, dict):
            continue
        found |= {kind["unit"]} if "unit" in kind else set()
        amounts, units = kind.get("amounts"), kind.get("units", ())
        found |= set(amounts) if isinstance(amounts, dict) else set()
        found |= set(units.values() if isinstance(units, dict) else units)
    return found


def _usage(draft: Draft, event: Event) -> Words:
    attributes = dict(event.attributes)
    if event.amount is not None and draft.money_is_attribute:
        attributes[MONEY] = text_of(event.amount)
    units = _units(draft, event)
    words: Words = {
        "id": event.id,
        "service": event.service,
        "type": USAGE_TYPE,
        "at": time_of(event.at),
        "units": {unit: text_of(quantity) for unit, quantity in units.items()},
        "attributes": attributes,
    }
    if draft.is_asked:
        asked = {name: words[name] for name in ("type", "units", "attributes")}
        place = {"session": event.id, "service": event.service, "at": words["at"]}
        return {"check": {**place, "services": [asked]}}
    if event.until is not None:
        words["until"] = time_of(event.until)
    return {"usage": words}
