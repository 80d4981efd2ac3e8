"""Charges as they were written by earlier engines: the ledger is never written anew."""

from typing import Final

from connectors.kafka.packed import NOW, Widths
from streams.model.rated import BalanceChange, RatedUsage

CHARGE_WIDTHS: Final[tuple[Widths, ...]] = (
    NOW,
    {RatedUsage: 17},
    {BalanceChange: 4, RatedUsage: 17},
    {BalanceChange: 4, RatedUsage: 15},
)
"""The newest first: before charges told their bill unit; before changes told their bucket; before
charges told tax and cost."""
