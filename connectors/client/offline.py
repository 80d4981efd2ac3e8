"""What to do for a service while no owner answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from connectors.client.words import Service, Units


@dataclass(frozen=True)
class OfflineRule:
    """Units that a session may use of a service unasked, in all; None: as much as it asks for.

    What was used so is reported when the owner is back, and charged even where nothing covers it.
    """

    slice: Decimal | None

    def grants(self, asked: Service, used_up: Decimal) -> dict[str, Decimal]:
        """What of the last requested unit may be used, after so much was used up by this rule.

        The other units are granted as asked: they go with it. Empty: nothing.
        """
        if not asked.requested:
            return {}
        *fixed, last = asked.requested
        wanted = Decimal(asked.requested[last])
        allowed = wanted if self.slice is None else min(wanted, max(self.slice - used_up, _NONE))
        if allowed <= 0 or (asked.whole and allowed < wanted):
            return {}
        return {unit: Decimal(asked.requested[unit]) for unit in fixed} | {last: allowed}


_NONE: Final = Decimal(0)

DENY: Final = OfflineRule(_NONE)
"""Nothing may be used without an answer."""

SETTLE_LATER: Final = OfflineRule(None)
"""All that is asked for may be used; it is settled later."""


def allow_up_to(units: int | Decimal) -> OfflineRule:
    """So many units a session may be used; they are settled later."""
    return OfflineRule(Decimal(units))


def added(one: Units, other: Units) -> dict[str, Decimal]:
    """Both together, unit by unit."""
    sums = {unit: Decimal(quantity) for unit, quantity in one.items()}
    for unit, quantity in other.items():
        sums[unit] = sums.get(unit, _NONE) + Decimal(quantity)
    return sums


Rules = Mapping[str, OfflineRule]
"""By usage type; of one that is not named nothing may be used without an answer."""
