"""What is given, field by field, in an order in which each can build on those before it."""

from collections.abc import Callable
from typing import Final

from tests.cases.draft import Draft
from tests.cases.fields import Fields
from tests.cases.words import (
    alerts,
    calls,
    fees,
    grants,
    held,
    levels,
    outcomes,
    plans,
    pools,
    prices,
    progressive,
    quantity,
    rounding,
    shares,
    spend,
    stations,
    taxes,
    tokens,
    wallets,
    weights,
)

Reader = Callable[[Draft, Fields], None]


def read_given(draft: Draft, given: Fields) -> None:
    """Every field by its reader."""
    for name, read in _WORDS.items():
        if name in given:
            read(draft, given)
    given.done()
    if not any(plan.rows for plan in draft.plans):
        _price_at_one(draft)


def known_fields() -> set[str]:
    """All fields that `given` may have."""
    return {*_WORDS, *_TAKEN_ALONG, *LATER}


def _price_at_one(draft: Draft) -> None:
    """Without a price, everything costs what it is: the total tells the quantity or the money."""
    units = {draft.unit: "1"}
    if any(event.amount is not None for event in draft.events):
        units = {"amount": "1"}
    draft.plan.rows.append({"per_unit": {"amounts": units}})


def _period_part(draft: Draft, given: Fields) -> None:
    """`period_part`: only what is due at the period's end asks for it."""
    given.take("period_part")


def _recurring(draft: Draft, given: Fields) -> None:
    """`recurring`: a fee; true says that units are carried into the next period."""
    (held if given.peek("recurring") is True else fees).recurring(draft, given)


def _rate(draft: Draft, given: Fields) -> None:
    """`rate`: of all calls; a number is a rate of exchange."""
    (shares.exchange if isinstance(given.peek("rate"), str) else calls.rate)(draft, given)


_WORDS: Final[dict[str, Reader]] = {
    "currency": rounding.currency,
    "rounding": rounding.rounding,
    "timezone": calls.timezone,
    "threshold_rule": tokens.threshold_rule,
    "price": prices.price,
    "prices": prices.prices,
    "rate": _rate,
    "plan": calls.plan,
    "plans": plans.plans,
    "intervals": calls.intervals,
    "components": stations.components,
    "credit_bands": levels.credit_bands,
    "destinations": calls.destinations,
    "profiles": calls.profiles,
    "markup_percent": tokens.markup,
    "split": shares.split,
    "tax_percent": taxes.tax_percent,
    "unit_conversion": quantity.conversion,
    "round_quantity": quantity.rounded,
    "free_units": quantity.free_units,
    "flat_cents": fees.flat_cents,
    "change": fees.change,
    "recurring": _recurring,
    "prior": quantity.prior,
    "group": pools.group,
    "balances": weights.balances,
    "balance": rounding.balances,
    "period_part": _period_part,
    "outcome": outcomes.outcome,
    "prorated": held.prorated,
    "aggregation": held.aggregation,
    "maximum_spend": spend.maximum,
    "minimum_spend": spend.minimum,
    "minimum_spend_cents": spend.minimum_in_cents,
    "group_by": held.group_by,
    "lines": wallets.lines,
    "line_discounts": wallets.line_discounts,
    "invoice_discount": wallets.invoice_discount,
    "invoice_discount_percent": wallets.invoice_percent,
    "credits": wallets.credits_,
    "credit_balance": wallets.credit_balance,
    "wallets": wallets.wallets,
    "wallet": wallets.wallet,
    "thresholds": alerts.thresholds,
    "monthly_fee_cents": progressive.monthly_fee,
    "grants": grants.grants,
    "grant": grants.by_period,
}
_TAKEN_ALONG: Final = {
    "monthly_fee_billing",
    "thresholds_cents",
    "recurring_threshold_cents",
    "snapshot_after_first_hour",
    "burn_order",
    "meter",
    "start",
    "until",
    "resets",
    "max_rollover_percent",
    "rollover_life",
    "credits_pay",
    "settlement",
    "monthly_fee",
    "added",
    "changed",
    "days",
    "from",
    "joined",
    "removed",
    "to",
    "fee",
    "ended",
    "period",
    "rule",
    "unit_amount",
    "target_percent",
    "last_value",
    "recurring_threshold",
    "minimum",
    "maximum",
}
"""Fields that the reader of another one takes."""

LATER: Final[dict[str, str]] = {
    "accounts": "ledger transfers",
    "buckets": "several balances",
    "check": "batches",
    "force_duration": "credit control",
    "max_rate": "credit control",
    "pool": "credit pool",
    "rate_after": "re-rating",
    "rate_before": "re-rating",
    "rates": "rates by balance",
    "reserved": "credit pool",
    "services": "credit pool",
}
"""Fields that wait for a word of scenarios or catalogs: which one."""
