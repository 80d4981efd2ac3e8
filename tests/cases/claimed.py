"""The groups of cases that hold: a case of theirs that does not pass fails the run.

A group is the beginning of a feature's name. What is in `EXCEPT` is not claimed, and why.
"""

from typing import Final

CLAIMED: Final = (
    "aggregation",
    "commitment",
    "correction.delta_rating",
    "currency",
    "discount.free_units",
    "ev",
    "llm",
    "outcome",
    "plan_change",
    "proration.graduated",
    "proration.graduated_running",
    "proration.plan_change",
    "proration.subscription",
    "price",
    "quantity",
    "rounding",
    "split",
    "tax",
    "telecom",
)

EXCEPT: Final[dict[str, str]] = {
    "tax.jurisdiction": "the parties, the product class and the rate stand in the title alone",
}


def is_claimed(feature: str) -> bool:
    """True where the feature must pass."""
    if feature in EXCEPT:
        return False
    return any(feature == group or feature.startswith(f"{group}.") for group in CLAIMED)
