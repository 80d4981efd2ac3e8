"""The groups of cases that hold: a case of theirs that does not pass fails the run.

A group is the beginning of a feature's name. What is in `EXCEPT` is not claimed, and why.
"""

from typing import Final

CLAIMED: Final = (
    "aggregation",
    "alert.threshold",
    "charging.balance_factor",
    "charging.max_cost",
    "charging.refund",
    "charging.reserve_commit",
    "commitment",
    "correction.delta_rating",
    "credit.settlement",
    "credit.wallet_order",
    "currency",
    "discount.free_units",
    "discount.then_credit",
    "entitlement",
    "ev",
    "grant",
    "ledger.two_phase",
    "llm",
    "outcome",
    "plan_change",
    "proration.graduated",
    "proration.graduated_running",
    "proration.plan_change",
    "proration.quantity",
    "proration.subscription",
    "pool",
    "price",
    "quantity",
    "rounding",
    "split",
    "tax",
    "telecom",
    "threshold_billing",
    "wallet",
)

EXCEPT: Final[dict[str, str]] = {
    "grant.latest_meter": "between two changes of the grants the source counts the last level told"
    " as used, so the same levels use more where a grant begins among them: here a level is charged"
    " for the time that it holds, and grants burn by what is used",
    "tax.jurisdiction": "the parties, the product class and the rate stand in the title alone",
    "charging.credit_pool": "a pool by multipliers is kept by the client, over what was granted to"
    " several services: here each is granted what the balance that they share has left (RFC 4006,"
    " flow IX, in tests/connectors/trade/flows.py)",
}


def is_claimed(feature: str) -> bool:
    """True where the feature must pass."""
    if feature in EXCEPT:
        return False
    return any(feature == group or feature.startswith(f"{group}.") for group in CLAIMED)
