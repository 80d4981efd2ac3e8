"""Thresholds compiled: what each goes by, and which are on allowances."""

from decimal import Decimal

from streams.model.billing_period import BillingPeriod
from streams.model.catalog import Allowance, Catalog, CurrencyRule
from streams.model.threshold import Threshold
from streams.rate.thresholds import Thresholds

DAY = BillingPeriod(id="day", unit="day")
LEVEL = (Decimal(5),)
CATALOG = Catalog(
    tenant="t",
    currencies=(CurrencyRule(code="CHF", digits=2, rounding="half_up"),),
    usage_types=(),
    allowances=(Allowance(id="free", unit="u", usage_units=("u",)),),
    price_plans=(),
    thresholds=(
        Threshold(id="low", on="balance", resource="CHF", levels=LEVEL),
        Threshold(id="full", on="credit_use", resource="CHF", levels=LEVEL),
        Threshold(id="left", on="balance", resource="free", levels=LEVEL),
        Threshold(id="used", on="allowance", resource="free", levels=LEVEL),
        Threshold(id="counted", on="accumulator", resource="calls", levels=LEVEL),
        Threshold(id="spent", on="spend", resource="CHF", levels=LEVEL, period=DAY),
        Threshold(id="monthly", on="spend", resource="CHF", levels=LEVEL),
        Threshold(id="abroad", on="entry", period=DAY),
    ),
)


def test_each_goes_by_the_period_of_what_it_watches_but_those_on_money() -> None:
    thresholds = Thresholds(CATALOG)
    assert thresholds.spans == {
        "left": "free",
        "used": "free",
        "counted": "calls",
        "spent": "spent:spent",
        "monthly": "spent:monthly",
        "abroad": "entry:abroad",
    }
    own = {name for name, notice in thresholds.notices.items() if notice.has_span}
    assert own == {"spent", "abroad"}


def test_allowances_are_watched_by_what_is_used_and_by_what_is_left() -> None:
    thresholds = Thresholds(CATALOG)
    assert thresholds.allowances == {"free"}
    found = thresholds.of_allowance("free", 20)
    assert [(each.level.threshold, each.used, each.left) for each in found] == [
        ("left", 15, True),
        ("used", 5, False),
    ]
    assert thresholds.first_of_allowance("free", 20) == 5
    assert thresholds.of_allowance("CHF", 20) == ()
