"""How accounts are billed, as columns, and back."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from connectors.clickhouse.columns import Columns, bounds, integers, lists, strings
from streams.model.account import Account
from streams.model.billing import CALENDAR, Billing, BillingProfile
from streams.model.billing_period import BillingPeriod
from streams.model.instant import SECOND


def billing_columns(accounts: Sequence[Account]) -> Columns:
    """The billing profiles of accounts, and until when they are billed."""
    profiles = [each for account in accounts for each in (account.billing or CALENDAR).profiles]
    values = {
        "start_at": bounds([each.start for each in profiles]),
        "cycle": strings([msgspec.json.encode(each.cycle).decode() for each in profiles]),
        "grace_s": integers([each.grace // SECOND for each in profiles]),
    }
    counts = [len((account.billing or CALENDAR).profiles) for account in accounts]
    return {
        **lists(counts, values, "billing"),
        "billed_until": bounds(
            [(account.billing or CALENDAR).billed_until for account in accounts]
        ),
    }


BILLING = """
    arrayMap(at -> toUnixTimestamp64Micro(at), billing.start_at) AS billing_starts,
    billing.cycle AS billing_cycles, billing.grace_s AS billing_graces,
    toUnixTimestamp64Micro(billed_until) AS billed_until_at"""
"""What a query for `billing_of` asks of `accounts`."""


def billing_of(row: Mapping[str, Any]) -> Billing:
    """The billing of a row of `accounts`, asked for by `BILLING`."""
    profiles = [
        BillingProfile(start, msgspec.json.decode(cycle, type=BillingPeriod), grace * SECOND)
        for start, cycle, grace in zip(
            row["billing_starts"], row["billing_cycles"], row["billing_graces"], strict=True
        )
    ]
    return Billing(tuple(profiles), row["billed_until_at"])
