"""The words of discounts and promotions."""

from decimal import Decimal
from typing import Literal

from msgspec import Struct

from connectors.catalog.forms.eligibility import EligibilityForm, StepForm
from connectors.catalog.forms.when import MONTH
from connectors.catalog.forms.words import Id


class NeedForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The account's total of an accumulator is `at_least` this."""

    accumulator: str
    at_least: Decimal


class DiscountForm(EligibilityForm, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Less to pay, by exactly one of `percent`, `amount`, `free_units` and `tiers`.

    What is limited is so by `period`: a billing period, or a unit of the calendar.
    """

    id: Id
    percent: Decimal | None = None
    amount: Decimal | None = None
    free_units: Decimal | None = None
    units: tuple[str, ...] = ()
    each: Literal["record", "month"] = "month"
    tiers: tuple[StepForm, ...] = ()
    reference: str = ""
    at_most: Decimal | None = None
    currency: str = ""
    order: int = 0
    exclusive: str = ""
    needs: tuple[NeedForm, ...] = ()
    period: str = MONTH
