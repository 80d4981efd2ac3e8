"""What the catalog says of the grants of a charging session, whoever asks for them."""

from decimal import Decimal
from typing import Literal

from msgspec import Struct

from streams.model.instant import Instant
from streams.model.money import ZERO

FinalAction = Literal["terminate", "redirect", "restrict", "throttle", "cheaper_model"]
"""What is done once the last granted unit is used: the service ends, or goes on in another way."""

NEEDS_VALUE: tuple[FinalAction, ...] = ("redirect", "restrict", "throttle", "cheaper_model")
"""Actions that say whither, by which filter, how fast, to which model."""


class FinalUnit(Struct, frozen=True, array_like=True):
    """What is to be done once the last granted unit is used (RFC 8506: Final-Unit-Indication).

    `value` is the address to redirect to, the name of the filter that restricts, the rate to
    throttle to, or the cheaper model.
    """

    action: FinalAction = "terminate"
    value: str = ""


class SessionPolicy(Struct, frozen=True, kw_only=True):
    """How grants are bounded and when more is to be asked for. What is left out is not said.

    A grant holds for `valid_for` at most. A session that reports no use for `inactive_after` is
    settled. More is to be asked for once `ask_again_percent` of a grant or less is left, and
    `ask_again_before` its end. `final_unit` is told with a grant that is the last.
    """

    valid_for: Instant = 0
    inactive_after: Instant = 0
    ask_again_percent: Decimal = ZERO
    ask_again_before: Instant = 0
    final_unit: FinalUnit | None = None

    def over(self, wider: "SessionPolicy | None") -> "SessionPolicy":
        """This one, and what it does not say as the wider one says it."""
        if wider is None:
            return self
        return SessionPolicy(
            valid_for=self.valid_for or wider.valid_for,
            inactive_after=self.inactive_after or wider.inactive_after,
            ask_again_percent=self.ask_again_percent or wider.ask_again_percent,
            ask_again_before=self.ask_again_before or wider.ask_again_before,
            final_unit=self.final_unit or wider.final_unit,
        )


def narrowed(own: SessionPolicy | None, *wider: SessionPolicy | None) -> SessionPolicy | None:
    """The narrowest policy, filled up by wider ones in their order; None where nothing is said."""
    found = own
    for each in wider:
        found = each if found is None else found.over(each)
    return found
