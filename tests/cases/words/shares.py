"""Shares of a charge for a partner."""

from tests.cases.draft import Draft, Words
from tests.cases.fields import Fields

_NAME = "partner"
PARTNER = f"partner_payable:{_NAME}"
"""The ledger account of the partner."""


def split(draft: Draft, given: Fields) -> None:
    """`split`: the partner's percent of what is charged, or of what is left of it."""
    fields = Fields(given.take("split"), "given.split")
    words: Words = {"partner": _NAME, "percent": fields.take("partner_percent")}
    words["basis"] = fields.take("basis")
    draft.plan.offer["shares"] = [words]
    fields.done()
