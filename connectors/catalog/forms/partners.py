"""The words of partners, their shares, and exchange rates."""

from decimal import Decimal
from typing import Literal

from msgspec import Struct, field

from connectors.catalog.forms.eligibility import EligibilityForm, StepForm
from connectors.catalog.forms.words import Date, Id


class PartnerForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who gets shares, in which currency; `tier` is what shares may go by."""

    id: Id
    currency: str
    tier: str = ""


class RevenueShareForm(EligibilityForm, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a partner gets of each charge: one of `percent`, `amount`, `rest`, tiers of either."""

    id: Id
    partner: str = ""
    partner_from: str = ""
    percent: Decimal | None = None
    amount: Decimal | None = None
    rest: bool = False
    partner_tiers: dict[str, Decimal] = {}
    tiers: tuple[StepForm, ...] = ()
    reference: str = ""
    basis: Literal["gross", "net", "margin"] = "net"
    of: str = ""
    currency: str = ""


class ExchangeRateForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One unit of the currency `from` is worth `rate` of `to`, until the pair's next `since`."""

    source: str = field(name="from")
    target: str = field(name="to")
    rate: Decimal
    since: Date
