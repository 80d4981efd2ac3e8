"""Budgets: how much may be used in a time, by whom; one for each level of those who ask.

A usage counts in every budget that it is meant by: that of the agent, of the application, of the
team, of the account. What is granted before the usage must be borne by all of them; usage that has
happened counts in them all the same.
"""

from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from streams.model.instant import BEGINNING, FOREVER, Instant, Period
from streams.model.money import Currency, Quantity, added

Limited = Literal["spend", "units", "requests", "sessions"]
"""What is limited: what usage costs, its quantity, how many records, how many run at once."""

ROLLING_MOST: Final = 1_440
NAMED_MOST: Final = 1_000

WindowUnit = Literal["minute", "hour", "day", "week", "month", "life"]


class Budget(Struct, frozen=True, array_like=True):
    """So much of what it `limits` in a window, for usage from `start` until `end`.

    Windows are those of the calendar of `time_zone`; or the last so many, the one of the usage
    among them, where `rolling` says how many. `units` are those that are counted, empty: all;
    spend counts in `currency`, with taxes. It is kept apart by the word `by`: an attribute of the
    usage, `service_id`, `account` or `usage_type`. `limits_of` are the limits of single values,
    `limit` that of all others (None: they have none). It counts usage that is as `when` says, and
    only what its `parent` counts too, another budget of the same accounts. `accounts` are those
    whose usage counts, empty: the one that it is put for. `level` is what a refusal calls it.
    """

    id: str
    limits: Limited
    limit: Quantity | None
    every: WindowUnit = "month"
    rolling: int = 0
    level: str = ""
    units: tuple[str, ...] = ()
    currency: Currency = ""
    by: str = ""
    limits_of: dict[str, Quantity] = {}
    when: dict[str, str] = {}
    parent: str = ""
    accounts: tuple[str, ...] = ()
    at_limit: Literal["refuse", "end_oldest"] = "refuse"
    time_zone: str = "UTC"
    start: Instant = BEGINNING
    end: Instant = FOREVER

    @property
    def window(self) -> str:
        """What its windows are called: of another name, it begins anew."""
        return f"{self.limits} {self.rolling} {self.every} {self.time_zone}"

    @property
    def is_rate(self) -> bool:
        """True where waiting helps: its windows are shorter than a day."""
        return self.every in ("minute", "hour")

    @property
    def mistake(self) -> tuple[str, str] | None:
        """The field that is wrong, and why; None: it can be put."""
        if self.limit is None and not self.limits_of:
            return "limit", "A budget has a limit, or limits of single values."
        if self.limits == "spend" and not self.currency:
            return "currency", "A budget of spend is in a currency."
        if self.limits != "sessions" and self.at_limit != "refuse":
            return "at_limit", "Only a limit on sessions ends the oldest."
        steps = self.every in ("minute", "hour", "day")
        if self.rolling and not (steps and 2 <= self.rolling <= ROLLING_MOST):
            return (
                "rolling",
                f"Of minutes, hours or days, the last 2 to {ROLLING_MOST}.",
            )
        if self.limits_of and not self.by:
            return "by", "Limits of values need the word that has them."
        if max(len(self.limits_of), len(self.accounts)) > NAMED_MOST:
            return "limits_of", f"A budget names at most {NAMED_MOST} values, and so many accounts."
        return None

    def limit_of(self, value: str) -> Quantity | None:
        """What a value may use; None: it has no limit."""
        return self.limits_of.get(value, self.limit)


class CountedBudget(Struct, frozen=True, array_like=True):
    """A budget that counts an account's usage, and the account that it was put for."""

    holder: str
    budget: Budget


class Budgets(Struct, frozen=True, array_like=True):
    """The budgets of an account: those that were put for it, and those that count its usage.

    Of the latter, what is nested deepest stands first.
    """

    own: tuple[Budget, ...] = ()
    counted: tuple[CountedBudget, ...] = ()


class BudgetSpan(Struct, frozen=True, array_like=True, gc=False):
    """What a window, or a step of a rolling one, has come to: `held` is set aside for sessions."""

    start: Instant
    end: Instant
    used: Quantity = 0
    held: Quantity = 0


class BudgetTotal(Struct, frozen=True, array_like=True):
    """Where a budget stands, or the part of it that one value has.

    `terms` are its own as it was last counted, without those of single values; `limit` is this
    one's. `sessions` are those that run, where they are limited, by when they began. `closes_at` is
    the tenant's time from which on it is forgotten.
    """

    terms: Budget
    value: str
    limit: Quantity
    spans: tuple[BudgetSpan, ...] = ()
    closes_at: Instant = FOREVER
    sessions: tuple[tuple[Instant, str], ...] = ()

    def without_used(self) -> "BudgetTotal":
        """What is set aside alone."""
        return replace(self, spans=tuple(replace(each, used=0) for each in self.spans))

    def without_held(self) -> "BudgetTotal":
        """What is used alone: sessions have let go of it."""
        spans = tuple(replace(each, held=0) for each in self.spans if each.used)
        return replace(self, spans=spans, sessions=())

    def moved(self, window: Period, *, used: Quantity = 0, held: Quantity = 0) -> "BudgetTotal":
        """With so much more used and set aside in a window."""
        before = next((each for each in self.spans if each.start == window.start), None)
        span = before or BudgetSpan(*window)
        after = replace(span, used=added(span.used, used), held=added(span.held, held))
        others = [each for each in self.spans if each is not before]
        return replace(self, spans=tuple(sorted((*others, after), key=_start)))


def _start(span: BudgetSpan) -> Instant:
    return span.start
