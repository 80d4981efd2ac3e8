"""The words of outcomes: what is achieved in a session, and charged."""

from typing import Literal

from msgspec import Struct

from connectors.catalog.forms.words import Duration, Id
from streams.expression import Expression


class AtMostForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One outcome a session; with `every: month`, one a session and month."""

    per: Literal["session"] = "session"
    every: Literal["month"] | None = None


class OutcomeForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Records with the same value of attribute `session` are a session; it is charged if resolved.

    `resolved` and `reopened` see `count` (of the `events`), `sum` (of units) and `last` (the event
    of the record). `unit` is what offers price.
    """

    id: Id
    usage_type: str
    unit: str
    session: str
    event: str = "event"
    events: tuple[str, ...] = ()
    resolved: Expression
    reopened: Expression | None = None
    at_most: AtMostForm = AtMostForm()
    closes_after: Duration = "60d"
