"""The words of evaluations: what earlier periods say, for tiers to go by."""

from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct

from connectors.catalog.forms.words import Id
from streams.model.evaluation import EvaluatedAs


class EvaluationForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The last `periods` closed periods of an accumulator as one value, which tiers may go by.

    `initial` is the value where there is none yet. `every`: how long a value holds, a billing
    period or a unit of the calendar; without it, as long as a period of the accumulator.
    """

    id: Id
    accumulator: str
    periods: Annotated[int, Meta(ge=1, le=120)]
    value: EvaluatedAs = "total"
    initial: Decimal = Decimal(0)
    every: str = ""
