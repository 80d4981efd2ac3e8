"""An account is one of its partner's tier where tiers are given at all."""

from typing import Any

import pytest
from msgspec.structs import replace

from streams.memory import MemoryState
from streams.model.account import Account
from streams.model.billing_period import BillingPeriod
from streams.model.catalog import Catalog
from streams.model.commission import CommissionPlan, Level
from streams.model.partner import Partner
from streams.rate.commission import Commissions
from streams.rate.partner_tier import ranked
from tests.streams.rate.prices.asked import d

MONTH = BillingPeriod(id="month", unit="month")
ACME, GOLDEN = Partner(id="acme", currency="EUR"), Partner(id="golden", currency="EUR", tier="gold")
PLAIN = CommissionPlan(id="plain", every=MONTH, currency="EUR")
LEVELLED = replace(PLAIN, id="levelled", levels=(Level(d("1"), "silver"),))


def account_of(partner: str) -> Account:
    return Account("t", "ada", "ada", "postpaid", "EUR", "UTC", attributes={"partner": partner})


def commissions(**words: Any) -> Commissions:
    return Commissions(Catalog(tenant="t", currencies=(), usage_types=(), price_plans=(), **words))


@pytest.mark.parametrize(
    ("words", "ranks"),
    [
        ({"partners": (ACME,), "commission_plans": (PLAIN,)}, False),
        ({"partners": (ACME, GOLDEN), "commission_plans": (PLAIN,)}, True),
        ({"partners": (ACME,), "commission_plans": (PLAIN, LEVELLED)}, True),
    ],
    ids=["nobody", "one partner", "one plan"],
)
def test_one_tier_is_enough_to_rank_all(words: dict[str, Any], ranks: bool) -> None:
    account = account_of("acme")
    found = ranked(account, commissions(**words), 0, MemoryState())
    assert found.attributes == account.attributes | ({"partner.tier": ""} if ranks else {})


def test_an_account_without_a_partner_stays_as_it_is() -> None:
    account = account_of("nobody")
    assert ranked(account, commissions(partners=(GOLDEN,)), 0, MemoryState()) is account
