"""The words of grants: allowances that price plans give for each period."""

from decimal import Decimal

from msgspec import Struct

from connectors.catalog.forms.when import MONTH
from streams.model.fee import ProrateBy
from streams.model.grant import GrantEnds, GrantOpens


class RollOverForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much of the rest of a grant's period rolls over, and for how many periods.

    `quantity` and `percent` of the grant bound all that was rolled over and is still there.
    """

    quantity: Decimal | None = None
    percent: Decimal | None = None
    periods: int = 1


class GrantForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A quantity of an allowance for each period; what is left over expires, or rolls over.

    `every` is a billing period, a unit of the calendar, or `billing_cycle`: the account's own bill
    units. `opens`: with the first usage of a
    period, or as it begins. `ends`: with its period, or with the service. `prorate`: a part of a
    period gets its share, by the day or exactly.
    """

    allowance: str
    quantity: Decimal
    every: str = MONTH
    opens: GrantOpens = "first_use"
    ends: GrantEnds = "period"
    prorate: ProrateBy | None = None
    roll_over: RollOverForm | None = None
