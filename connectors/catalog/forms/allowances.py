"""The words of allowances: what draws on them, how fast, and what is beyond them."""

from decimal import Decimal

from msgspec import Struct

from connectors.catalog.forms.words import Id
from streams.model.allowance import AllowanceOverage, AllowancePer


class FactorForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much of the allowance one unit of usage takes, where it fits every word that is there."""

    factor: Decimal
    usage_types: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    bands: tuple[str, ...] = ()
    when: dict[str, str] = {}


class AllowanceForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A grant that usage burns before it costs; `zones` and `bands` narrow what draws on it.

    Where `unit` is a currency, it pays what usage costs, and has no `usage_units`. `taxed`: the tax
    on what it pays stays due.
    Usage takes it one to one, or by the first of the `factors` that fits; what it covers in part,
    by whole amounts of `burns_by`. `overage`: what is beyond it is paid, refused, or carried into
    the next grant. `per`: one for all subscriptions of an account, or one for each.
    """

    id: Id
    unit: Id
    usage_units: tuple[Id, ...] = ()
    zones: tuple[str, ...] = ()
    bands: tuple[str, ...] = ()
    priority: int = 0
    taxed: bool = False
    factors: tuple[FactorForm, ...] = ()
    burns_by: Decimal | None = None
    overage: AllowanceOverage = "paid"
    per: AllowancePer = "account"
