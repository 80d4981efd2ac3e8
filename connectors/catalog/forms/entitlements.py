"""The words of entitlements: what a price plan lets an account do."""

from decimal import Decimal

from msgspec import Struct

from connectors.catalog.forms.words import Id


class EntitlementForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A feature of a price plan: there or not, a setting (`value`), or metered: by what is left of
    an `allowance`, or by what an `accumulator` has counted of `limit` (without it: no bound).

    `overage`: a metered feature may be used beyond what was granted.
    """

    id: Id
    value: str = ""
    allowance: str = ""
    accumulator: str = ""
    limit: Decimal | None = None
    overage: bool = False
