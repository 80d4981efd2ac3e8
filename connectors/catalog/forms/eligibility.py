"""Words that discounts, taxes, shares and points have in common: whom they are for."""

from decimal import Decimal

from msgspec import Struct, field

from connectors.catalog.forms.words import Date


class EligibilityForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom it is for: words that the usage or its account must have, and what is sold, and when."""

    when: dict[str, str] = {}
    usage_types: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    price_plans: tuple[str, ...] = ()
    start: Date | None = field(default=None, name="from")
    end: Date | None = field(default=None, name="until")


class StepForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From a total of `from` on, `percent`."""

    start: Decimal = field(name="from")
    percent: Decimal
