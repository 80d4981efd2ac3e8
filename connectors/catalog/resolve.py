"""Forms that have been checked become the catalog: dates, days, digits, number plans resolved."""

from msgspec.structs import replace

from connectors.catalog import form
from connectors.catalog.forms.evaluations import EvaluationForm
from connectors.catalog.forms.prices import PriceForm
from connectors.catalog.number_plans import number_plan
from connectors.catalog.resolution import money
from connectors.catalog.resolution.accumulators import accumulator
from connectors.catalog.resolution.attributes import attribute, segment
from connectors.catalog.resolution.budgets import usual_budget
from connectors.catalog.resolution.commission import commission_plan
from connectors.catalog.resolution.dates import duration_of, instant_at
from connectors.catalog.resolution.entitlements import entitlement
from connectors.catalog.resolution.fees import fee
from connectors.catalog.resolution.grants import grant
from connectors.catalog.resolution.holding import holding
from connectors.catalog.resolution.multi_rate import multi_rate
from connectors.catalog.resolution.outcomes import outcome_rule
from connectors.catalog.resolution.policies import use_policy
from connectors.catalog.resolution.prices import price_kind
from connectors.catalog.resolution.quantity import measure
from connectors.catalog.resolution.rate_units import rate_unit, rate_unit_map
from connectors.catalog.resolution.rating_groups import rating_group, subscriber_rule
from connectors.catalog.resolution.rounding import currency_rule, rounding
from connectors.catalog.resolution.sessions import session_policy
from connectors.catalog.resolution.shared_caps import shared_cap
from connectors.catalog.resolution.spend import commitment, maximum_spend
from connectors.catalog.resolution.thresholds import threshold
from connectors.catalog.resolution.when import (
    Periods,
    billing_period,
    own_period,
    period_named,
    time_unit,
)
from connectors.catalog.resolution.where import zone_unit
from connectors.catalog.sheets import Sheets
from streams.model import catalog as model
from streams.model.allowance import Factor
from streams.model.evaluation import Evaluation
from streams.model.instant import FOREVER, HOUR
from streams.model.mediation import NumberRule, SourcePlatform


def catalog_from(sheets: Sheets) -> model.Catalog:
    """The catalog of sheets without problems."""
    grace, is_test = sheets.settings.get("grace"), sheets.settings.get("is_test")
    periods = {entry.form.id: entry.form for entry in sheets.billing_periods}
    return model.Catalog(
        tenant=sheets.settings["tenant"].form,
        grace=HOUR if grace is None else duration_of(grace.form),
        is_test=is_test is not None and is_test.form,
        currencies=tuple(currency_rule(entry.form, periods) for entry in sheets.currencies),
        usage_types=tuple(
            model.UsageType(
                id=entry.form.id,
                units=entry.form.units,
                attributes=entry.form.attributes,
                service_type=entry.form.service_type,
                held=entry.form.held or "",
                at_change=entry.form.at_change,
                sessions=session_policy(entry.form.sessions),
            )
            for entry in sheets.usage_types
        ),
        allowances=tuple(_allowance(entry.form) for entry in sheets.allowances),
        accumulators=tuple(accumulator(entry.form, periods) for entry in sheets.accumulators),
        evaluations=tuple(_evaluation(entry.form, periods) for entry in sheets.evaluations),
        zone_units=tuple(
            zone_unit(entry.form, sheets.rows_of(entry.form)) for entry in sheets.zone_units
        ),
        time_units=tuple(time_unit(entry.form, sheets.calendars()) for entry in sheets.time_units),
        billing_periods=tuple(billing_period(entry.form) for entry in sheets.billing_periods),
        price_plans=tuple(_price_plan(entry.form, periods) for entry in sheets.price_plans),
        thresholds=tuple(threshold(entry.form, periods) for entry in sheets.thresholds),
        budgets=tuple(usual_budget(entry.form) for entry in sheets.budgets),
        policies=tuple(use_policy(entry.form) for entry in sheets.policies),
        shared_caps=tuple(shared_cap(entry.form, periods) for entry in sheets.shared_caps),
        discounts=tuple(money.discount(entry.form, periods) for entry in sheets.discounts),
        taxes=tuple(money.tax(entry.form) for entry in sheets.taxes),
        partners=tuple(money.partner(entry.form) for entry in sheets.partners),
        revenue_shares=tuple(money.revenue_share(entry.form) for entry in sheets.revenue_shares),
        commission_plans=tuple(
            commission_plan(entry.form, sheets, periods) for entry in sheets.commission_plans
        ),
        loyalty_rules=tuple(
            money.loyalty_rule(entry.form, periods) for entry in sheets.loyalty_rules
        ),
        conversions=tuple(
            money.conversion(entry.form, [each.form for each in sheets.currencies], periods)
            for entry in sheets.conversions
        ),
        exchange_rates=tuple(money.exchange_rate(entry.form) for entry in sheets.exchange_rates),
        source_platforms=tuple(_platform(entry.form) for entry in sheets.source_platforms),
        service_types=tuple(
            model.ServiceType(id=entry.form.id, name=entry.form.name)
            for entry in sheets.service_types
        ),
        rate_units=tuple(
            rate_unit(entry.form, [each.form for each in sheets.usage_types])
            for entry in sheets.rate_units
        ),
        rate_unit_maps=tuple(rate_unit_map(entry.form) for entry in sheets.rate_unit_maps),
        outcomes=tuple(outcome_rule(entry.form) for entry in sheets.outcomes),
        multi_rates=tuple(multi_rate(entry.form) for entry in sheets.multi_rates),
        attributes=tuple(attribute(entry.form) for entry in sheets.attributes),
        segments=tuple(segment(entry.form) for entry in sheets.segments),
        rating_groups=tuple(rating_group(entry.form) for entry in sheets.rating_groups),
        subscribers=tuple(subscriber_rule(entry.form) for entry in sheets.subscribers),
    )


def _allowance(each: form.AllowanceForm) -> model.Allowance:
    return model.Allowance(
        id=each.id,
        unit=each.unit,
        usage_units=each.usage_units,
        zones=each.zones,
        bands=each.bands,
        priority=each.priority,
        taxed=each.taxed,
        factors=tuple(
            Factor(
                factor=factor.factor,
                usage_types=factor.usage_types,
                products=factor.products,
                units=factor.units,
                zones=factor.zones,
                bands=factor.bands,
                when=factor.when,
            )
            for factor in each.factors
        ),
        burns_by=each.burns_by,
        overage=each.overage,
        per=each.per,
    )


def _evaluation(each: EvaluationForm, periods: Periods) -> Evaluation:
    return Evaluation(
        id=each.id,
        accumulator=each.accumulator,
        periods=each.periods,
        value=each.value,
        initial=each.initial,
        every=period_named(each.every, periods) if each.every else None,
    )


def _price_plan(each: form.PricePlanForm, periods: Periods) -> model.PricePlan:
    return model.PricePlan(
        id=each.id,
        currency=each.currency,
        overrun=each.overrun,
        grants=tuple(grant(words, periods) for words in each.grants),
        fees=tuple(fee(words, periods) for words in each.fees),
        offers=tuple(_offer(offer, periods) for offer in each.offers),
        best_of=each.best_of,
        best_over=each.best_over,
        best_every=own_period(each.best_every, periods),
        maximum_spend=maximum_spend(each.maximum_spend, periods),
        commitments=tuple(commitment(words, periods) for words in each.commitments),
        rounding=rounding(each.rounding, periods),
        entitlements=tuple(entitlement(words) for words in each.entitlements),
        sessions=session_policy(each.sessions),
        shares=each.shares,
    )


def _offer(each: form.OfferForm, periods: Periods) -> model.PriceOffer:
    start, end = instant_at(each.start), each.end and instant_at(each.end)
    assert start is not None
    return model.PriceOffer(
        id=each.id,
        usage_type=each.usage_type,
        product=each.product or each.usage_type,
        start=start,
        end=end or FOREVER,
        zone_unit=each.zone_unit,
        time_unit=each.time_unit,
        measures=tuple(measure(unit, words) for unit, words in each.measures.items()),
        impacts=each.impacts,
        zero_usage=each.zero_usage,
        prices=tuple(map(price_of, each.prices)),
        costs=tuple(map(price_of, each.costs)),
        cost_currency=each.cost_currency,
        holding=holding(each, periods),
        rounding=rounding(each.rounding, periods),
        sessions=session_policy(each.sessions),
    )


def price_of(each: PriceForm) -> model.Price:
    """The price of a form that has been checked."""
    return model.Price(
        when=each.when,
        price=price_kind(each),
        tax_class=each.tax_class,
        impacts=each.impacts,
        tier_impacts=each.tier_impacts,
    )


def _platform(each: SourcePlatform) -> SourcePlatform:
    """The platform with the plans of its number rules filled in."""
    return replace(
        each,
        enrich=tuple(
            replace(rule, plan=number_plan(rule.region)) if isinstance(rule, NumberRule) else rule
            for rule in each.enrich
        ),
    )
