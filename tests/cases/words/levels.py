"""Availability: bands of a measured level, each with a credit."""

from tests.cases.draft import Draft, Words
from tests.cases.fields import Fields, each

LEVEL = "availability_percent"


def credit_bands(draft: Draft, given: Fields) -> None:
    """`credit_bands` below `target_percent`: the credit on a fee of 100, so its percent.

    A band begins at `from`, inclusive, and ends below `to`; from the target on nothing is due.
    """
    bands: list[Words] = []
    target = given.take("target_percent")
    for band in each(given.take("credit_bands"), "given.credit_bands"):
        words = {"below": band.take("to", band.peek("below")), "percent": band.take("percent")}
        if "from" in band:
            words["from"] = band.take("from")
        band.take("below")
        band.done()
        bands.append(words)
    draft.unit = LEVEL
    row = {"unit": LEVEL, "target": target, "fee": "100", "bands": bands}
    draft.plan.rows.append({"sla": row})
