"""What the usage costs the tenant, priced beside its price, by the same kinds of price.

It is worked out before the price, which may be a markup on it; its lines stand last, with an amount
of nothing: the customer does not pay them.
"""

from decimal import Decimal

from msgspec.structs import replace

from streams.model.money import CONTEXT, ZERO
from streams.model.rated import ChargeLine
from streams.outcome import Drop, Reject
from streams.rate.exchange import exchanged_line, no_rate
from streams.rate.prices.price import total_of
from streams.rate.rating import Rating
from streams.rate.rule import Rule
from streams.rate.rules.price import compile_price
from streams.rate.terms import OfferTerms

RULE = "cost"


def compile_cost(terms: OfferTerms) -> Rule | None:
    """Set `cost` and what it is made of; a leaf without a cost refuses the record."""
    offer = terms.offer
    if not offer.costs:
        return None
    costs = replace(
        terms,
        offer=replace(offer, prices=offer.costs, costs=()),
        source=f"{terms.source}/{RULE}",
        allowances=(),
        impacts={},
        agreed=0,
        money=replace(terms.money, discounts=()),
    )
    price_costs = compile_price(costs)
    currency, exchange = terms.plan.currency, terms.money.exchange
    source = offer.cost_currency or currency

    def find_cost(rating: Rating) -> Drop | Reject | None:
        beside = Rating(
            rating.record,
            rating.payer,
            rating.plan,
            rating.period,
            [],
            (),
            rating.totals,
            rating.held,
            zone=rating.zone,
            band=rating.band,
            segments=rating.segments,
            closed_before=rating.closed_before,
            state=rating.state,
        )
        refusal = price_costs(beside)
        if refusal is not None:
            return refusal
        lines = beside.lines
        if source != currency:
            rate = exchange.rate_at(source, currency, rating.record.occurred_at)
            if rate is None:
                return no_rate(rating.record, source, currency, plan=rating.plan.id)
            detail = {"rate": f"{rate:f}", "currency": source}
            lines = [
                replace(line, amount=exchanged_line(line.amount, rate), detail=line.detail | detail)
                for line in lines
            ]
        costs_of: dict[str, Decimal] = {}
        for line in lines:
            costs_of[line.unit] = CONTEXT.add(costs_of.get(line.unit, ZERO), line.amount)
        rating.costs = costs_of
        rating.cost = total_of(lines)
        rating.cost_lines = tuple(map(_told, lines))
        return None

    return find_cost


def compile_cost_lines(terms: OfferTerms) -> Rule | None:
    """Put the lines of the cost where no rule takes them for the price's."""
    if not terms.offer.costs:
        return None

    def tell_cost(rating: Rating) -> None:
        rating.lines += rating.cost_lines

    return tell_cost


def _told(line: ChargeLine) -> ChargeLine:
    detail = line.detail | {"kind": line.rule, "cost": f"{line.amount:f}"}
    return ChargeLine(RULE, line.price, line.unit, line.quantity, line.unit_amount, ZERO, detail)
