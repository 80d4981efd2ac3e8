"""Taxes."""

from decimal import Decimal
from typing import Literal

from streams.model.eligibility import Eligibility

TAX = "tax"
"""The rule of a tax's line."""
TAX_PAYABLE = "tax_payable"
"""What the ledger account of a tax begins with."""
TAX_CLASS = "tax_class"
"""The word of a tax's `when` and of a line's detail by which lines are taxed differently."""


class Tax(Eligibility, frozen=True, kw_only=True):
    """A tax of `percent`, on top of the price or contained in it (`inclusive`).

    A `compound` one is also on the taxes before it. `level` is whose tax it is, for reports. Where
    all words of `exempt` are as they say, nothing is due. `rounding` is a mode of the decimal
    module's words (empty: the currency's), applied to each priced line or to the record's total.
    """

    id: str
    percent: Decimal
    mode: Literal["exclusive", "inclusive"] = "exclusive"
    compound: bool = False
    level: str = ""
    exempt: dict[str, str] = {}
    rounding: str = ""
    over: Literal["line", "total"] = "total"
