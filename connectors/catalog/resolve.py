"""Forms that have been checked become the catalog: dates, days, digits, number plans resolved."""

from datetime import UTC, datetime
from decimal import Decimal

from msgspec.structs import replace

from connectors.catalog import form
from connectors.catalog.currencies import minor_digits
from connectors.catalog.names import EVERYTHING_ELSE
from connectors.catalog.number_plans import number_plan
from connectors.catalog.sheets import Sheets
from streams.model import catalog as model
from streams.model.instant import DAY, FOREVER, HOUR, MINUTE, SECOND, Instant, instant_of
from streams.model.mediation import NumberRule, SourcePlatform

_SPANS = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}


def catalog_from(sheets: Sheets) -> model.Catalog:
    """The catalog of sheets without problems."""
    grace = sheets.settings.get("grace")
    return model.Catalog(
        tenant=sheets.settings["tenant"].form,
        grace=HOUR if grace is None else duration_of(grace.form),
        currencies=tuple(_currency(entry.form) for entry in sheets.currencies),
        usage_types=tuple(
            model.UsageType(
                id=entry.form.id, units=entry.form.units, attributes=entry.form.attributes
            )
            for entry in sheets.usage_types
        ),
        allowances=tuple(_allowance(entry.form) for entry in sheets.allowances),
        accumulators=tuple(
            model.Accumulator(id=entry.form.id, usage_units=entry.form.usage_units)
            for entry in sheets.accumulators
        ),
        zone_units=tuple(_zone_unit(entry.form) for entry in sheets.zone_units),
        time_units=tuple(_time_unit(entry.form) for entry in sheets.time_units),
        price_plans=tuple(_price_plan(entry.form) for entry in sheets.price_plans),
        thresholds=tuple(_threshold(entry.form) for entry in sheets.thresholds),
        source_platforms=tuple(_platform(entry.form) for entry in sheets.source_platforms),
    )


def instant_at(text: str) -> Instant | None:
    """The instant of a date (its beginning in UTC) or time with offset; None: it is neither."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant_of(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def minute_of(hour: str) -> int:
    """`08:30` → 510."""
    hours, _, minutes = hour.partition(":")
    return int(hours or 0) * 60 + int(minutes or 0)


def weekdays_of(days: tuple[str, ...]) -> tuple[model.Weekday, ...]:
    """`("fri-mon",)` → fri, sat, sun, mon, sorted by the week."""
    found: set[int] = set()
    for span in days:
        first, _, last = span.partition("-")
        if first not in model.WEEKDAYS:
            continue
        place = model.WEEKDAYS.index(first)
        until = model.WEEKDAYS.index(last or first)
        found |= {(place + step) % 7 for step in range((until - place) % 7 + 1)}
    return tuple(model.WEEKDAYS[place] for place in sorted(found))


def duration_of(text: str) -> Instant:
    """`2h` → microseconds."""
    return int(text[:-1]) * _SPANS[text[-1]]


def _currency(each: form.CurrencyForm) -> model.CurrencyRule:
    digits = minor_digits(each.code) if each.digits is None else each.digits
    return model.CurrencyRule(code=each.code, digits=digits, rounding=each.rounding)


def _allowance(each: form.AllowanceForm) -> model.Allowance:
    return model.Allowance(
        id=each.id,
        unit=each.unit,
        usage_units=each.usage_units,
        zones=each.zones,
        bands=each.bands,
        priority=each.priority,
    )


def _zone_unit(each: form.ZoneUnitForm) -> model.ZoneUnit:
    rows = sorted((prefix, zone) for prefix, zone in each.rows.items() if prefix != EVERYTHING_ELSE)
    return model.ZoneUnit(
        id=each.id,
        attribute=each.attribute,
        rows=tuple(model.ZoneRow(prefix, zone) for prefix, zone in rows),
        default=each.rows.get(EVERYTHING_ELSE, ""),
    )


def _time_unit(each: form.TimeUnitForm) -> model.TimeUnit:
    bands = tuple(
        model.Band(
            name=band.band,
            weekdays=weekdays_of(band.days),
            start=minute_of(band.start),
            end=minute_of(band.end),
        )
        for band in each.bands
    )
    return model.TimeUnit(id=each.id, bands=bands, default=each.default)


def _price_plan(each: form.PricePlanForm) -> model.PricePlan:
    return model.PricePlan(
        id=each.id,
        currency=each.currency,
        overrun=each.overrun,
        grants=tuple(
            model.Grant(allowance=grant.allowance, quantity=grant.quantity) for grant in each.grants
        ),
        offers=tuple(_offer(offer) for offer in each.offers),
    )


def _offer(each: form.OfferForm) -> model.PriceOffer:
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
        measures=tuple(
            model.Measure(unit, measure.minimum, measure.increment)
            for unit, measure in each.measures.items()
        ),
        impacts=each.impacts,
        prices=tuple(
            model.Price(when=price.when, price=_price_kind(price)) for price in each.prices
        ),
    )


def _price_kind(each: form.PriceForm) -> model.PriceKind:
    if each.per_unit is not None:
        return model.PerUnit(amounts=each.per_unit.amounts, per=each.per_unit.per)
    assert each.graduated is not None
    return model.Graduated(
        unit=each.graduated.unit,
        reference=each.graduated.reference,
        per=each.graduated.per,
        tiers=tuple(
            model.Tier(tier.up_to, tier.unit_amount, tier.flat_amount)
            for tier in each.graduated.tiers
        ),
    )


def _threshold(each: form.ThresholdForm) -> model.Threshold:
    level = each.level if each.on == "balance" else each.percent
    return model.Threshold(
        id=each.id, on=each.on, level=level or Decimal(0), resource=each.resource
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
