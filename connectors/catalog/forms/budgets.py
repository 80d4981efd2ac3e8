"""The words of budgets: those that every account of a tenant has, and what all budgets say."""

from decimal import Decimal
from typing import Literal

from msgspec import Struct

from connectors.catalog.forms.words import Id
from streams.model.budget import Limited, WindowUnit


class BudgetTerms(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much of what it `limits` in a window, of which usage; the same wherever one is put."""

    limits: Limited
    limit: Decimal | None = None
    every: WindowUnit = "month"
    rolling: int = 0
    level: str = ""
    units: tuple[str, ...] = ()
    currency: str = ""
    by: str = ""
    limits_of: dict[str, Decimal] = {}
    when: dict[str, str] = {}
    parent: str = ""
    at_limit: Literal["refuse", "end_oldest"] = "refuse"
    time_zone: str = "UTC"


class CatalogBudgetForm(BudgetTerms, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So much of what it `limits` in a window, for each account by itself.

    An account that has a budget of the same name of its own goes by that one.
    """

    id: Id
