"""A partner's period settled: commissions as a charge of its own, and the tier for what follows.

The charge stands in the partner's account with an amount of 0: he pays nothing. Its lines say what
he is owed, and its legs put that from revenue to `partner_payable`.
"""

from decimal import Decimal
from typing import Final

from streams import outbox
from streams.due.made import last_of, made_position, make_record, moment
from streams.due.moment import AccountMoment
from streams.model.command import PutPartnerTier
from streams.model.commission import CommissionPlan
from streams.model.instant import Instant, Period
from streams.model.money import CONTEXT, ZERO, Quantity, trimmed
from streams.model.partner import Partner, PartnerTiers
from streams.model.rated import ChargeLine, Posting, RatedUsage
from streams.model.usage import Usage
from streams.rate.bounds import HUNDRED
from streams.rate.eligibility import percent_at
from streams.rate.exchange import Exchange
from streams.rate.payable import payable
from streams.state import Table

COMMISSION: Final = "commission"
"""The usage type of a settlement, and the rule of its lines."""
VOLUME: Final = "volume"
"""The unit of a settlement: what the plan sums."""
_ONE: Final = Decimal(1)


def make_commission(
    terms: CommissionPlan, partner: Partner, period: Period, total: Quantity, at: AccountMoment
) -> bool:
    """Charge what the period's total earns; False where its currency has no exchange rate yet."""
    name = f"{at.account.account}/{terms.id}/{partner.id}/{moment(period.start)}"
    told = last_of(period.end)
    record = make_record(
        COMMISSION,
        tenant=at.account.tenant,
        root=at.account.root,
        event_id=name,
        span=Period(told, told),
        usages=(Usage(VOLUME, total),),
        attributes={
            "commission_plan": terms.id,
            "partner": partner.id,
            "from": moment(period.start),
            "until": moment(period.end),
        },
    )
    exchange = at.plan_at(told).commissions.exchange
    lines: list[ChargeLine] = []
    postings: list[Posting] = []
    for amount, line in _earned(terms, total, exchange):
        owed = payable(amount, terms.currency, partner, exchange=exchange, at=told)
        if owed is None:
            return False
        detail = {"partner": partner.id, "amount": f"{amount:f}"} | line.detail | owed.detail
        lines.append(
            ChargeLine(
                COMMISSION, terms.id, line.unit, line.quantity, line.unit_amount, ZERO, detail
            )
        )
        postings += owed.postings
    if not total and not lines:
        return True
    at.tell(
        RatedUsage(
            record,
            made_position(record, at.partition),
            at.account.account,
            at.account.root,
            "",
            "",
            COMMISSION,
            terms.currency,
            ZERO,
            "",
            "",
            tuple(lines),
            tuple(postings),
            (),
            at.version_at(told),
        )
    )
    return True


def _earned(
    terms: CommissionPlan, total: Quantity, exchange: Exchange
) -> list[tuple[Decimal, ChargeLine]]:
    """What is owed for the total, each with the line that says why."""
    found: list[tuple[Decimal, ChargeLine]] = []
    reached = [each for each in terms.milestones if each.start <= total]
    if terms.pays == "highest":
        reached = reached[-1:]
    for milestone in reached:
        detail = {"milestone": f"{trimmed(milestone.start):f}"}
        line = ChargeLine(COMMISSION, "", VOLUME, total, ZERO, ZERO, detail)
        found.append((milestone.bonus, line))
    percent = percent_at(terms.tiers, total)
    if percent:
        exact = CONTEXT.divide(CONTEXT.multiply(Decimal(total), percent), HUNDRED)
        amount = exchange.rounded(exact, _ONE, terms.currency)
        if amount:
            rate = CONTEXT.divide(percent, HUNDRED)
            detail = {"percent": f"{percent:f}"}
            line = ChargeLine(COMMISSION, "", VOLUME, total, rate, ZERO, detail)
            found.append((amount, line))
    return found


def give_tier(
    terms: CommissionPlan, partner: Partner, end: Instant, total: Quantity, at: AccountMoment
) -> None:
    """Tell every partition the tier that the total leads to, where it is another one."""
    if not terms.levels:
        return
    tenant = at.account.tenant
    key = f"{tenant}\0{partner.id}".encode()
    known: PartnerTiers = at.state.get(Table.PARTNER_TIERS, key) or PartnerTiers()
    tier = next(
        (level.tier for level in reversed(terms.levels) if level.start <= total), partner.tier
    )
    start = end + terms.levels_after
    before = known.at(start)
    if tier == (partner.tier if before is None else before):
        return
    at.state.put(Table.PARTNER_TIERS, key, known.given(start, terms.id, tier))

    def tiered(place: str, number: int) -> PutPartnerTier:
        return PutPartnerTier(
            f"tier:{at.partition}:{place}",
            at.partition,
            number,
            tenant,
            partner.id,
            terms.id,
            tier,
            start,
        )

    # To the own partition too: its history is that of its commands.
    for partition in range(at.partitions):
        outbox.relay(tiered, receiver=partition, state=at.state, effects=at.effects)
