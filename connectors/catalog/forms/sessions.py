"""The words of charging sessions: how long grants hold, when to ask again, what ends them."""

from decimal import Decimal

from msgspec import Struct

from connectors.catalog.forms.words import Duration
from streams.model.session_policy import FinalAction


class FinalUnitForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is done once the last granted unit is used: the service ends, goes to the address `to`,
    or goes on by the filter, at the rate, or with the model `to`.
    """

    action: FinalAction
    to: str = ""


class SessionsForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Terms of grants to sessions that are asked for before and during service.

    A grant holds for `valid_for` at most, and a session that reports no use for `inactive_after`
    is settled. The caller is told to ask again once `ask_again_percent` of a grant is left, and
    `ask_again_before` its end; and what to do after the `final_unit`. An offer's words come before
    those of its price plan, and these before those of the usage type.
    """

    valid_for: Duration | None = None
    inactive_after: Duration | None = None
    ask_again_percent: Decimal | None = None
    ask_again_before: Duration | None = None
    final_unit: FinalUnitForm | None = None
