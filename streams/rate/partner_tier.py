"""The tier that a partner has at a time: as his commission plans gave it, else as the catalog says.

Where partners have tiers, an account is charged as if it had one attribute more: the tier of its
partner, by the event's time. So prices, discounts and shares ask for `account.partner.tier` as for
any other word.
"""

from typing import Any, Final

from msgspec.structs import replace

from streams.model.account import Account
from streams.model.catalog import ACCOUNT
from streams.model.commission import PARTNER, PARTNER_TIER
from streams.model.instant import Instant
from streams.model.partner import Partner, PartnerTiers
from streams.rate.commission import Commissions
from streams.state import State, Table

_PARTNER_ATTRIBUTE: Final = PARTNER.removeprefix(ACCOUNT)
"""The attribute of an account that names its partner."""
_PARTNER_TIERS: Final = Table.PARTNER_TIERS


def tier_at(partner: Partner, tenant: str, at: Instant, state: State) -> str:
    """The partner's tier in force; empty where he has none."""
    given: PartnerTiers | None = state.get(_PARTNER_TIERS, f"{tenant}\0{partner.id}".encode())
    tier = None if given is None else given.at(at)
    return partner.tier if tier is None else tier


def ranked(account: Account, commissions: Commissions, at: Instant, state: State) -> Account:
    """The account with its partner's tier; as it is where it has no partner."""
    partner = partner_of(account, commissions)
    if partner is None or not commissions.ranks:
        return account
    return with_tier(account, tier_at(partner, account.tenant, at, state))


def partner_of(account: Account, commissions: Commissions) -> Partner | None:
    """The partner that the account names, where the catalog knows him."""
    return commissions.partners.get(account.attributes.get(_PARTNER_ATTRIBUTE, ""))


def with_tier(account: Account, tier: str) -> Account:
    """The account as one of a partner of this tier."""
    return replace(account, attributes=account.attributes | {PARTNER_TIER: tier})


def plain_with_tier(plain: dict[str, Any] | None, tier: str) -> dict[str, Any] | None:
    """The same for the values that expressions see, where there are any."""
    return plain and {**plain, "account": {**plain["account"], PARTNER_TIER: tier}}
