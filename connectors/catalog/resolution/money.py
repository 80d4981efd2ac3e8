"""Discounts, taxes, shares, points and exchange rates from their words."""

from collections.abc import Iterable
from typing import Any

from connectors.catalog.form import CurrencyForm
from connectors.catalog.forms.discounts import DiscountForm
from connectors.catalog.forms.eligibility import EligibilityForm, StepForm
from connectors.catalog.forms.loyalty import ConversionForm, LoyaltyRuleForm
from connectors.catalog.forms.partners import ExchangeRateForm, PartnerForm, RevenueShareForm
from connectors.catalog.forms.taxes import TaxForm
from connectors.catalog.forms.when import MONTH
from connectors.catalog.resolution.dates import duration_of, instant_at
from connectors.catalog.resolution.rounding import currency_rule
from connectors.catalog.resolution.when import Periods, own_period, period_named
from streams.model.discount import Discount, Need
from streams.model.eligibility import Step
from streams.model.exchange import ExchangeRate
from streams.model.instant import BEGINNING, FOREVER
from streams.model.loyalty import Conversion, LoyaltyRule, LoyaltyTier, Multiplier
from streams.model.partner import Partner, RevenueShare
from streams.model.tax import Tax


def discount(form: DiscountForm, periods: Periods) -> Discount:
    """A discount."""
    needs = tuple(Need(need.accumulator, need.at_least) for need in form.needs)
    period = own_period(form.period, periods)
    more = {"tiers": steps_of(form.tiers), "needs": needs, "period": period}
    return Discount(**words_of(form) | more)


def tax(form: TaxForm) -> Tax:
    """A tax."""
    return Tax(**words_of(form) | {"rounding": form.rounding or ""})


def partner(form: PartnerForm) -> Partner:
    """A partner."""
    return Partner(
        id=form.id, currency=form.currency, tier=form.tier, account=form.account, of=form.of
    )


def revenue_share(form: RevenueShareForm) -> RevenueShare:
    """A partner's share."""
    return RevenueShare(**words_of(form) | {"tiers": steps_of(form.tiers)})


def loyalty_rule(form: LoyaltyRuleForm, periods: Periods) -> LoyaltyRule:
    """A rule that gives points."""
    multipliers = tuple(Multiplier(each.when, each.times) for each in form.multipliers)
    tiers = tuple(LoyaltyTier(each.id, each.start, each.times) for each in form.tiers)
    every = period_named(form.tiers_every or MONTH, periods) if tiers else None
    own = {"multipliers": multipliers, "tiers": tiers, "tiers_every": every}
    return LoyaltyRule(**words_of(form) | own)


def conversion(
    form: ConversionForm, currencies: Iterable[CurrencyForm], periods: Periods
) -> Conversion:
    """What points become; of money, by the digits of its currency."""
    currency = next((each for each in currencies if each.code == form.target), None)
    return Conversion(
        id=form.id,
        source=form.source,
        target=form.target,
        rate=form.rate,
        minimum=form.minimum,
        kept=0 if form.expires_after is None else duration_of(form.expires_after),
        digits=None if currency is None else currency_rule(currency, periods).digits,
        automatic=form.automatic,
    )


def exchange_rate(form: ExchangeRateForm) -> ExchangeRate:
    """An exchange rate."""
    start = instant_at(form.since)
    assert start is not None
    return ExchangeRate(source=form.source, target=form.target, rate=form.rate, start=start)


def words_of(form: EligibilityForm) -> dict[str, Any]:
    """The words of a form, which are those of the model, with its dates as instants."""
    words = {word: getattr(form, word) for word in form.__struct_fields__}
    start = form.start and instant_at(form.start)
    end = form.end and instant_at(form.end)
    return words | {
        "start": BEGINNING if start is None else start,
        "end": FOREVER if end is None else end,
    }


def steps_of(steps: tuple[StepForm, ...]) -> tuple[Step, ...]:
    """Steps of a percent."""
    return tuple(Step(step.start, step.percent) for step in steps)
