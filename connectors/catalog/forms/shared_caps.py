"""The words of caps that accounts share."""

from decimal import Decimal

from connectors.catalog.forms.eligibility import EligibilityForm
from connectors.catalog.forms.when import MONTH
from connectors.catalog.forms.words import Id
from streams.model.shared_cap import Bound


class SharedCapForm(EligibilityForm, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The `most` that all usage that it is for may come to in a period (`every`, in UTC), of
    however many accounts: what they pay in `currency`, or the quantity of `units`.

    Each combination of values of `by` has a cap of its own. `bound` says what bounds usage that has
    happened: what is `told` of the others, or the partition's own part (`slices`).
    """

    id: Id
    most: Decimal
    every: str = MONTH
    currency: str = ""
    units: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    bound: Bound = "told"
