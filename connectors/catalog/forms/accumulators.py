"""The words of accumulators: what usage comes to, of whom, over which time."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from connectors.catalog.forms.when import MONTH
from connectors.catalog.forms.words import Duration, Id
from streams.expression import Expression
from streams.model.accumulator import UNIQUE_MOST, Aggregate, Scope

LIFE = "life"
"""The period of a total that never begins anew."""


class AccumulatorForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A running total: of quantity, of records, of money, or of an expression (`of`).

    Without `usage_units` it sums all units. `period` is a billing period, a unit of the calendar,
    or `life`; `rolling` a window of the last days or hours, cut into steps. `by` names attributes:
    there is a total for each combination of their values; `per` has one for each part of the
    account. `aggregate` says what the records' values come to, `when` which records count. A total
    over a `life` is forgotten `closes_after` its last record.
    """

    id: Id
    usage_units: tuple[Id, ...] = ()
    sums: Literal["quantity", "records", "amount"] = "quantity"
    period: str = MONTH
    by: tuple[str, ...] = ()
    aggregate: Aggregate = "sum"
    of: Expression | None = None
    per: Scope = "account"
    when: dict[str, str] = {}
    rolling: (
        Annotated[str, Meta(pattern=r"^\d+(h|d)$", description="A span", examples=["30d", "24h"])]
        | None
    ) = None
    step: Literal["hour", "day"] | None = None
    most: int = UNIQUE_MOST
    closes_after: Duration | None = None

    @property
    def adds_up(self) -> bool:
        """True of a sum of what records are measured in, or cost, or of how many they are."""
        return self.aggregate == "sum" and self.of is None

    @property
    def has_periods(self) -> bool:
        """True where it begins anew."""
        return self.rolling is None and self.period != LIFE

    @property
    def is_plain(self) -> bool:
        """True of a sum by periods of all that the account uses."""
        return self.adds_up and self.has_periods and self.per == "account" and not self.when
