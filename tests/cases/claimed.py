"""The groups of cases that hold: a case of theirs that does not pass fails the run.

A group is the beginning of a feature's name. What is in `ARGUED` is not claimed, and why.
"""

CLAIMED: tuple[str, ...] = (
    "discount.free_units",
    "plan_change",
    "rounding.line_items",
    "telecom.unrated",
)

ARGUED: dict[str, str] = {
    "tax.jurisdiction": "the parties, the product class and the rate stand in the title alone",
}


def is_claimed(feature: str) -> bool:
    """True where the feature must pass."""
    if feature in ARGUED:
        return False
    return any(feature == group or feature.startswith(f"{group}.") for group in CLAIMED)
