"""Random catalogs, accounts and usage, and a partition to charge them in."""

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from streams.accumulate.top_up import TOP_UP
from streams.charge import Charging
from streams.memory import MemoryState
from streams.model.balance_command import TopUp
from streams.model.billing_period import PERIOD_UNITS, BillingPeriod
from streams.model.catalog import (
    Accumulator,
    Allowance,
    Catalog,
    CurrencyRule,
    Graduated,
    Grant,
    PerUnit,
    Price,
    PriceOffer,
    PricePlan,
    Threshold,
    Tier,
    UsageType,
)
from streams.model.command import ActivateCatalog, AssignService, Command, PutAccount
from streams.model.fee import FEE, Fee, FeeGrant
from streams.model.instant import BEGINNING, DAY, FOREVER, SECOND, Instant
from streams.model.money import ROUNDING_MODES, Quantity
from streams.model.prices import Flat
from streams.model.rated import RatedUsage
from streams.model.time_unit import Band, TimeUnit
from streams.model.usage import MADE, SourcePosition, Usage, UsageRecord, record_id_of
from streams.rate.plan import compile_catalog
from streams.state import Effects, Table

TENANT = "t"
START: Instant = 1_740_787_200 * SECOND
"""2025-03-01T00:00:00Z."""

amounts = st.decimals(0, 100, places=4, allow_nan=False, allow_infinity=False)
quantities = st.one_of(
    st.integers(1, 500),
    st.decimals("0.001", 500, places=3, allow_nan=False, allow_infinity=False),
)


@st.composite
def graduated_prices(draw: Any, reference: str = "monthly") -> Graduated:
    """A graduated price with one to four tiers."""
    bounds = sorted(draw(st.sets(st.integers(1, 1000), max_size=3)))
    tiers = [Tier(Decimal(bound), draw(amounts), draw(amounts)) for bound in bounds]
    tiers.append(Tier(None, draw(amounts), draw(amounts)))
    per = draw(st.sampled_from([Decimal(1), Decimal(100), Decimal(3)]))
    return Graduated(unit="u", tiers=tuple(tiers), reference=reference, per=per)


_granted = st.sampled_from(["free", "paid"])


@st.composite
def fees(draw: Any) -> Fee:
    """A fee of any kind."""
    unit = draw(st.sampled_from([None, *PERIOD_UNITS[1:]]))
    charged = "forward" if unit is None else draw(st.sampled_from(["forward", "arrears"]))
    with_grant = charged == "forward" and draw(st.booleans())
    return Fee(
        id=draw(st.sampled_from(["f", "g", "h"])),
        product="fee",
        price=Flat(units=(FEE,), amount=draw(amounts)),
        every=None if unit is None else BillingPeriod(id="p", unit=unit),
        charged=charged,
        proration=draw(st.sampled_from(["none", "full", "prorate"])),
        by=draw(st.sampled_from(["day", "exact"])),
        grants=(FeeGrant(allowance=draw(_granted), quantity=draw(st.none() | amounts)),)
        if with_grant
        else (),
    )


def _paid(amount: Decimal) -> tuple[Grant, ...]:
    return (Grant(allowance="paid", quantity=amount),)


@st.composite
def catalogs(draw: Any) -> Catalog:
    """A catalog with an allowance, a tier, bands, and any rounding and policy."""
    bands = TimeUnit(
        id="hours",
        bands=(Band(name="day", weekdays=("mon", "tue", "sat"), start=480, end=1200),),
        default="night",
    )
    prices = [Price(price=draw(graduated_prices()))]
    prices.append(Price(price=PerUnit(amounts={"v": draw(amounts)}, per=Decimal(1000))))
    if draw(st.booleans()):
        prices.append(Price(when={"band": "day"}, price=PerUnit(amounts={"v": draw(amounts)})))
    offer = PriceOffer(
        id="o",
        usage_type="x",
        product="x",
        start=BEGINNING,
        prices=tuple(prices),
        time_unit="hours" if draw(st.booleans()) or len(prices) > 2 else "",
        impacts=("free", "paid", "monthly"),
    )
    plan = PricePlan(
        id="p",
        currency="CHF",
        offers=(offer,),
        grants=(
            Grant(allowance="free", quantity=draw(quantities.map(Decimal))),
            *draw(st.just(()) | amounts.map(_paid)),
        ),
        fees=tuple(draw(st.lists(fees(), max_size=3, unique_by=lambda fee: fee.id))),
        overrun=draw(st.sampled_from(["receivable", "write_off", "suspend"])),
    )
    rounding = draw(st.sampled_from(sorted(ROUNDING_MODES)))
    return Catalog(
        tenant=TENANT,
        currencies=(CurrencyRule(code="CHF", digits=draw(st.integers(0, 4)), rounding=rounding),),
        usage_types=(UsageType(id="x", units=("u", "v")),),
        allowances=(
            Allowance(id="free", unit="u", usage_units=("u", "v")),
            Allowance(id="paid", unit="CHF", usage_units=(), taxed=draw(st.booleans())),
        ),
        accumulators=(Accumulator(id="monthly", usage_units=draw(_sums)),),
        time_units=(bands,),
        thresholds=(
            Threshold(id="half", on="credit_use", percents=(Decimal(50),), resource="CHF"),
            Threshold(id="low", on="balance", levels=(Decimal(5),), resource="CHF"),
            Threshold(id="used", on="allowance", percents=(Decimal(80),), resource="free"),
        ),
        price_plans=(plan,),
    )


_sums = st.sampled_from([(), ("u",)])


@st.composite
def records(draw: Any, *, accounts: int = 2) -> list[UsageRecord]:
    """Records of a few accounts over two months, some twice."""
    made = []
    for number in range(draw(st.integers(1, 25))):
        at = START + draw(st.integers(0, 45 * 86_400)) * SECOND
        account = f"a{draw(st.integers(0, accounts - 1))}"
        usages = [Usage("u", draw(quantities))] if draw(st.booleans()) else []
        usages += [Usage("v", draw(quantities))] if draw(st.booleans()) or not usages else []
        event_id = f"e{draw(st.integers(0, number))}" if draw(st.booleans()) else f"e{number}"
        made.append(
            UsageRecord(
                record_id_of(tenant=TENANT, source="s", event_id=event_id, part=0),
                TENANT,
                "s",
                event_id,
                0,
                number,
                0,
                "x",
                f"k-{account}",
                account,
                at,
                at + draw(st.sampled_from([0, 60 * SECOND, DAY])),
                tuple(usages),
                {},
            )
        )
    return made


def commands(catalog: Catalog, version: str, *, wallet: Decimal) -> list[Command]:
    """The catalog in force, a prepaid account and one with a credit limit."""
    made: list[Command] = [ActivateCatalog("activate", TENANT, version, BEGINNING)]
    for number, payment in enumerate(("prepaid", "postpaid")):
        account = f"a{number}"
        zone = ("Europe/Zurich", "Asia/Kathmandu")[number]
        said = {"segment": "gold"} if payment == "postpaid" else {}
        limit = None if payment == "prepaid" else wallet
        made.append(
            PutAccount(account, TENANT, account, account, payment, "CHF", zone, limit, said)  # type: ignore[arg-type]
        )
        made.append(
            AssignService(
                f"s-{account}",
                TENANT,
                f"k-{account}",
                account,
                account,
                "1",
                "p",
                START - 10 * DAY + number * 3600 * SECOND,
                FOREVER,
            )
        )
    made.append(TopUp("top-up", TENANT, "a0", "a0", wallet, "CHF", START, "first"))
    return made


class World:
    """One partition in memory; `effects` leave out the money that it was set up with."""

    def __init__(self, catalog: Catalog, *, wallet: Decimal = Decimal(20)) -> None:
        plan = compile_catalog(catalog)
        self.core = Charging(plans={plan.version: plan}, partitions=1, partition=0)
        self.state = MemoryState()
        self.effects = Effects()
        for command in commands(catalog, plan.version, wallet=wallet):
            self.apply(command)
        charged = self.effects.rated
        charged[:] = [each for each in charged if each.record.usage_type != TOP_UP]
        causes = self.effects.causes
        causes[:] = [each for each in causes if each[0].usage_type != TOP_UP]

    def totals(self, account: str) -> tuple[tuple[str, Instant, Instant, Quantity], ...]:
        """The running totals of an account."""
        held = self.state.get(Table.ACCUMULATORS, f"{TENANT}\0{account}".encode())
        return () if held is None else held.totals

    def charge(self, records_: list[UsageRecord]) -> None:
        """Charge in order, as one step."""
        step = Effects()
        for record in records_:
            self.core.charge_record(
                record,
                position=SourcePosition("t", 0, record.offset, 0),
                state=self.state,
                effects=step,
            )
        self.core.settle(self.state, step)
        self.effects.extend(step)

    def apply(self, command: Command) -> None:
        """Apply one command, as one step."""
        step = Effects()
        self.core.apply_command(command, state=self.state, effects=step)
        self.core.settle(self.state, step)
        self.effects.extend(step)

    def sent(self) -> list[RatedUsage]:
        """The charges of records that a source has sent."""
        return [charge for charge in self.effects.rated if charge.position.topic_id != MADE]
