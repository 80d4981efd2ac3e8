"""The words of taxes."""

from decimal import Decimal
from typing import Literal

from connectors.catalog.forms.eligibility import EligibilityForm
from connectors.catalog.forms.words import Id, RoundingWord


class TaxForm(EligibilityForm, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A tax on top of the price, or contained in it."""

    id: Id
    percent: Decimal
    mode: Literal["exclusive", "inclusive"] = "exclusive"
    compound: bool = False
    level: str = ""
    exempt: dict[str, str] = {}
    rounding: RoundingWord | None = None
    over: Literal["line", "total"] = "total"
