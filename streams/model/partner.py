"""Partners and their shares of what is charged."""

from decimal import Decimal
from typing import Literal

from msgspec import Struct

from streams.model.eligibility import Eligibility, Step
from streams.model.instant import Instant
from streams.model.money import Currency


class Partner(Struct, frozen=True, kw_only=True):
    """Who gets shares, in `currency`. `tier` is what shares may go by.

    `account` is his own, a root: there all that his customers bring is summed. `of` is the partner
    above him, who gets the same totals. `tier` is the one he begins with, and falls back to.
    """

    id: str
    currency: Currency
    tier: str = ""
    account: str = ""
    of: str = ""


class PartnerTiers(Struct, frozen=True, array_like=True):
    """The tiers that a partner was given: (from, commission plan, tier), by rising start.

    Of the same start, the last by the plan's name counts.
    """

    tiers: tuple[tuple[Instant, str, str], ...] = ()

    def at(self, instant: Instant) -> str | None:
        """The tier in force; None before the first."""
        for start, _, tier in reversed(self.tiers):
            if start <= instant:
                return tier
        return None

    def given(self, start: Instant, plan: str, tier: str) -> "PartnerTiers":
        """With one more; the same once more changes nothing, in whatever order they come."""
        kept = [each for each in self.tiers if each[:2] != (start, plan)]
        return PartnerTiers(tuple(sorted([*kept, (start, plan, tier)])))


class RevenueShare(Eligibility, frozen=True, kw_only=True):
    """What a partner gets of each charge: `percent`, an `amount`, or the `rest`.

    `percent` may go by the partner's tier (`partner_tiers`), or by `tiers`: the total of the
    accumulator `reference` before the record. The partner is `partner`, or the one that
    `partner_from` (an attribute of usage or account) names; without that attribute there is no
    share. `basis` is what percents are of: all that the customer pays (`gross`), that without
    taxes (`net`), or without taxes and cost (`margin`). A share `of` another one is taken from
    that one. `currency` narrows it to price plans in that currency.
    """

    id: str
    partner: str = ""
    partner_from: str = ""
    percent: Decimal | None = None
    amount: Decimal | None = None
    rest: bool = False
    partner_tiers: dict[str, Decimal] = {}
    tiers: tuple[Step, ...] = ()
    reference: str = ""
    basis: Literal["gross", "net", "margin"] = "net"
    of: str = ""
    currency: Currency = ""
