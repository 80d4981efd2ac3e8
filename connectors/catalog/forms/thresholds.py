"""The words of thresholds: what is watched, at which levels, and who is told."""

from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct, field

from connectors.catalog.forms.eligibility import EligibilityForm
from connectors.catalog.forms.when import MONTH
from connectors.catalog.forms.words import Duration, Id
from streams.model.threshold import Action, Watched


class AutoTopUpForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Ask a billing system for `amount`, `limit` times a period at most, `every` month if not said.

    What is not answered `within` so long has expired, and may be asked anew.
    """

    amount: Decimal
    limit: Annotated[int, Meta(ge=1)]
    every: str = MONTH
    within: Duration = "1d"


class ThresholdForm(EligibilityForm, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A warning at one `level` or several `levels`, or at a `percent` or several `percents`.

    `watch`: a wallet's `balance` or what is left of an allowance, the `credit_use`, what is used of
    an `allowance`, the `spend` of a period, an `accumulator`, the `entry` of a first usage, or what
    accounts use of a `shared_cap`.
    `every` goes on after the last level. `of` is what the percents are shares of, where the credit
    limit or the grant is not. `period` is that of a spend or an entry; `by` tells entries apart.
    `to` names who is told; with `action`, what is to be done. `top_up` asks for money. `value` is
    the rate to throttle to, or the address to redirect to. `statuses` are words for whoever follows
    it: for none of the levels, then for each in the order in which they are reached.
    """

    id: Id
    on: Watched = field(name="watch")
    resource: str = ""
    level: Decimal | None = None
    levels: tuple[Decimal, ...] = ()
    percent: Decimal | None = None
    percents: tuple[Decimal, ...] = ()
    every: Decimal | None = None
    of: Decimal | None = None
    period: str = MONTH
    by: tuple[str, ...] = ()
    to: tuple[Annotated[str, Meta(min_length=1)], ...] = ()
    action: Action = "notify"
    top_up: AutoTopUpForm | None = None
    value: str = ""
    statuses: tuple[Annotated[str, Meta(min_length=1, max_length=100)], ...] = ()

    @property
    def all_levels(self) -> tuple[Decimal, ...]:
        """The levels as amounts or quantities."""
        return self.levels if self.level is None else (self.level,)

    @property
    def all_percents(self) -> tuple[Decimal, ...]:
        """The levels as shares."""
        return self.percents if self.percent is None else (self.percent,)
