"""What a price plan lets an account do: a feature, a value of one, or so much of it."""

from decimal import Decimal

from msgspec import Struct


class Entitlement(Struct, frozen=True, kw_only=True):
    """A feature that comes with a price plan.

    With an `allowance` or an `accumulator` it is metered: by what is left of the first, or by what
    the second has counted of `limit` (None: without bound). With a `value` it is a setting, such as
    a number of seats. With none of them it is there or not. `overage`: a metered one may be used
    beyond what was granted.
    """

    id: str
    value: str = ""
    allowance: str = ""
    accumulator: str = ""
    limit: Decimal | None = None
    overage: bool = False
