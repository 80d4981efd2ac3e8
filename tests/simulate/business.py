"""The tenant of the simulation: one catalog, its accounts, and usage with every kind of flaw."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from streams.charge import Charging
from streams.model.accumulator import Rolling
from streams.model.billing_period import BillingPeriod
from streams.model.catalog import (
    Accumulator,
    Allowance,
    Catalog,
    CurrencyRule,
    Graduated,
    Grant,
    Price,
    PriceOffer,
    PricePlan,
    SharedCap,
    Threshold,
    Tier,
    UsageType,
)
from streams.model.commission import CommissionPlan, Level, Milestone
from streams.model.eligibility import Step
from streams.model.fee import FEE, Fee, FeeGrant
from streams.model.instant import BEGINNING, SECOND, Instant, format_instant
from streams.model.mediation import FieldMapping, Match, QuantityField, SourcePlatform
from streams.model.partner import Partner, RevenueShare
from streams.model.prices import Flat
from streams.model.usage import SourcePosition, UsageRecord
from streams.rate.plan import Plan, compile_catalog
from streams.state import Effects, State

TENANT = "sim"
PLAN = "metered"
USAGE_TYPE = "call"
UNIT = "requests"
CURRENCY = "EUR"
EPOCH: Instant = 1_701_388_790 * SECOND
"""The simulated world begins here, ten seconds before a month ends."""

MONTH_END: Instant = EPOCH + 10 * SECOND

GRACE: Instant = 3 * SECOND
HOURLY = BillingPeriod(id="hour", unit="hour")
ALLOWANCE = "free_calls"

POISON = "poison"
"""A usage attribute at which the core of the simulation breaks, after it has changed state."""


PLATFORM = SourcePlatform(
    id="calls",
    topic="usage",
    format="cloudevents",
    match=Match(type=USAGE_TYPE),
    mapping=FieldMapping(
        usage_type=USAGE_TYPE,
        service_id="subject",
        occurred_at="time",
        quantities=(QuantityField(unit=UNIT, field="data.units"),),
        attributes={POISON: "data.poison"},
    ),
)


_MONTH = BillingPeriod(id="month", unit="month")
_HOUR = BillingPeriod(id="hour", unit="hour")

PARTNER_ACCOUNT = "partner-north"
PARTNER = Partner(id="north", currency=CURRENCY, account=PARTNER_ACCOUNT, tier="base")
COMMISSION = CommissionPlan(
    id="growth",
    every=_HOUR,
    currency=CURRENCY,
    milestones=(Milestone(Decimal(5), Decimal("0.50")), Milestone(Decimal(20), Decimal(2))),
    tiers=(Step(Decimal(0), Decimal(10)),),
    levels=(Level(Decimal(5), "gold"),),
    settled_after=5 * SECOND,
    levels_after=7 * SECOND,
)
"""The hour ends where the month does, ten seconds after the beginning."""
SALE = RevenueShare(
    id="sale",
    partner_from="account.partner",
    partner_tiers={"base": Decimal(1), "gold": Decimal(20)},
)


CEILING = SharedCap(id="ceiling", most=Decimal(6), every=_HOUR, currency=CURRENCY, bound="slices")
"""What all accounts together pay for an hour's usage at most."""


def _fee(amount: str) -> Flat:
    return Flat(units=(FEE,), amount=Decimal(amount))


def build_plan() -> Plan:
    """A graduated price on a monthly total, free calls, fees, a partner, a threshold, a cap."""
    tiers = (Tier(Decimal(40), Decimal("0.10")), Tier(None, Decimal("0.07")))
    price = Price(price=Graduated(unit=UNIT, tiers=tiers, reference="monthly"))
    offer = PriceOffer(
        id="calls",
        usage_type=USAGE_TYPE,
        product="calls",
        start=BEGINNING,
        prices=(price,),
        impacts=("monthly", "recent", "largest", ALLOWANCE),
    )
    return compile_catalog(
        Catalog(
            tenant=TENANT,
            currencies=(CurrencyRule(code=CURRENCY, digits=2, rounding="half_up"),),
            usage_types=(UsageType(id=USAGE_TYPE, units=(UNIT,)),),
            accumulators=(
                Accumulator(id="monthly"),
                Accumulator(id="recent", rolling=Rolling(steps=2, step=HOURLY)),
                Accumulator(id="largest", aggregate="max", per="service"),
            ),
            allowances=(Allowance(id=ALLOWANCE, unit=UNIT, usage_units=(UNIT,)),),
            price_plans=(
                PricePlan(
                    id=PLAN,
                    currency=CURRENCY,
                    offers=(offer,),
                    grants=(Grant(allowance=ALLOWANCE, quantity=Decimal(10)),),
                    fees=(
                        Fee(id="base", product="base", price=_fee("3"), every=_MONTH, by="exact"),
                        Fee(
                            id="care",
                            product="care",
                            price=_fee("1.10"),
                            every=_HOUR,
                            charged="arrears",
                            by="exact",
                        ),
                        Fee(
                            id="setup",
                            product="setup",
                            price=_fee("2"),
                            grants=(FeeGrant(allowance=ALLOWANCE, quantity=Decimal(4)),),
                        ),
                    ),
                ),
            ),
            partners=(PARTNER,),
            commission_plans=(COMMISSION,),
            revenue_shares=(SALE,),
            grace=GRACE,
            source_platforms=(PLATFORM,),
            thresholds=(
                Threshold(id="low", on="balance", levels=(Decimal(5),), resource=CURRENCY),
            ),
            shared_caps=(CEILING,),
        )
    )


SIM_PLAN = build_plan()


class BreakableCharging(Charging):
    """The real core, with a bug that poisoned records meet half-way through."""

    folded_at_once = 1
    moved_at_once = 3

    def __init__(self, *, plans: Mapping[str, Plan], partitions: int, partition: int) -> None:
        super().__init__(plans=plans, partitions=partitions, partition=partition)
        attempt: Any = self._attempt

        def broken(
            record: UsageRecord, position: SourcePosition, state: State, effects: Effects
        ) -> Any:
            outcome = attempt(record, position, state, effects)
            if outcome is None and POISON in record.attributes:
                raise RuntimeError("poisoned")
            return outcome

        self._attempt = broken


def new_core(partition: int, partitions: int) -> Charging:
    """The core of one partition."""
    return BreakableCharging(
        plans={SIM_PLAN.version: SIM_PLAN}, partitions=partitions, partition=partition
    )


@dataclass(frozen=True)
class Event:
    """One usage event as its source sends it."""

    event_id: str
    service_id: str
    units: int
    at: Instant
    poison: bool = False

    def packed(self) -> bytes:
        """A CloudEvent in structured mode."""
        data: dict[str, Any] = {"units": self.units}
        if self.poison:
            data[POISON] = "1"
        plain = {
            "specversion": "1.0",
            "id": self.event_id,
            "source": "/sim",
            "type": USAGE_TYPE,
            "subject": self.service_id,
            "time": format_instant(self.at),
            "data": data,
        }
        return json.dumps(plain).encode()


def service_of(value: bytes) -> str | None:
    """The service id of an event as it was sent; None where the bytes cannot be read."""
    try:
        return str(json.loads(value)["subject"])
    except ValueError:
        return None
