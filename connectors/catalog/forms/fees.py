"""The words of fees: what a price plan charges without usage."""

from decimal import Decimal

from msgspec import Struct

from connectors.catalog.forms.prices import SimpleKindsForm
from connectors.catalog.forms.words import Id
from streams.model.fee import Charged, ProrateBy, Proration


class FeeGrantForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An allowance that comes with a fee; without `quantity`, as much of it as the fee costs."""

    allowance: str
    quantity: Decimal | None = None


class FeeForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An amount due for each period (`every`: a unit of the calendar, or a billing period), or once
    when a service is assigned.

    `amount` is what each of `quantity` costs; `price` instead of it prices that many of unit `fee`.
    `charged` says whether a period is charged as it begins or as it ends; `proration` what a part
    of it costs (nothing, the whole, its share), `by` what shares are measured in. `driven_by`: the
    quantity is what this rate unit of held units has come to.
    """

    id: Id
    product: str = ""
    amount: Decimal | None = None
    price: SimpleKindsForm | None = None
    quantity: Decimal = Decimal(1)
    driven_by: str = ""
    every: str = ""
    charged: Charged = "forward"
    proration: Proration = "prorate"
    by: ProrateBy = "day"
    impacts: tuple[str, ...] = ()
    grants: tuple[FeeGrantForm, ...] = ()
