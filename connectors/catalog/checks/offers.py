"""Price plans and offers: do references lead somewhere, do dates leave one offer at a time."""

from itertools import pairwise

from connectors.catalog.checks.grants import check_grants
from connectors.catalog.checks.kinds.check import KindCheck
from connectors.catalog.checks.where import fields_of
from connectors.catalog.form import OfferForm, PricePlanForm
from connectors.catalog.forms.quantity import ConvertForm, MeasureForm
from connectors.catalog.names import Names
from connectors.catalog.problem import Place, ProblemBook, unknown
from connectors.catalog.resolution.dates import instant_at
from connectors.catalog.sheets import Entry, Sheets, nested
from streams.model.instant import FOREVER, Instant
from streams.model.price import RECORD

_DECIMALS_MAX = 12


def check_offers(sheets: Sheets, names: Names, book: ProblemBook) -> None:
    """Report references into nothing, dates that contradict, numbers that cannot be."""
    periods: dict[str, str] = {}
    for plan in sheets.price_plans:
        if plan.form.currency not in names.currencies:
            book.report(
                plan.place.at("currency"), unknown("currency", plan.form.currency, names.currencies)
            )
        if not (plan.form.offers or plan.form.fees or plan.form.grants):
            book.report(plan.place.at("offers"), "expected at least one offer")
        check_grants(plan, periods, names=names, book=book)
        _check_dates(plan, book)
        seen: set[str] = set()
        for offer, place in nested(plan, "offers"):
            if offer.id in seen:
                book.report(place.at("id"), f'offer "{offer.id}" stands here twice')
            seen.add(offer.id)
            _check_references(offer, place, names, book)
            _check_measures(offer, place, names, book)


def _check_references(offer: OfferForm, place: Place, names: Names, book: ProblemBook) -> None:
    if offer.usage_type not in names.usage_types:
        message = unknown("usage type", offer.usage_type, names.usage_types)
        book.report(place.at("usage_type"), message)
    if offer.zone_unit and offer.zone_unit not in names.zone_units:
        book.report(place.at("zone_unit"), unknown("zone unit", offer.zone_unit, names.zone_units))
    if offer.time_unit and offer.time_unit not in names.time_units:
        book.report(place.at("time_unit"), unknown("time unit", offer.time_unit, names.time_units))
    usage_type = names.usage_types.get(offer.usage_type)
    zone_unit = names.zone_units.get(offer.zone_unit)
    for name, known in fields_of(zone_unit, usage_type) if zone_unit and usage_type else ():
        if name not in known:
            book.report(
                place.at("zone_unit"),
                f'"{offer.zone_unit}" goes by attribute "{name}",'
                f" which usage type {offer.usage_type} does not have",
            )
    resources = set(names.allowances) | set(names.accumulators)
    for number, impact in enumerate(offer.impacts):
        if impact not in resources:
            message = unknown("allowance or accumulator", impact, resources)
            book.report(place.at("impacts", number), message)
        elif impact in offer.impacts[:number]:
            book.report(place.at("impacts", number), f'"{impact}" stands here twice')


def _check_measures(offer: OfferForm, place: Place, names: Names, book: ProblemBook) -> None:
    usage_type = names.usage_types.get(offer.usage_type)
    for unit, measure in offer.measures.items():
        check = KindCheck(place.at("measures", unit), offer, names, book)
        if usage_type and unit not in usage_type.units:
            check.report(unknown("unit", unit, set(usage_type.units)))
        for word in ("minimum", "increment", "free_units"):
            check.at_least_zero(getattr(measure, word), word)
        if measure.convert is not None:
            _check_conversion(measure.convert, unit, check.below("convert"))
        digits = 0 if measure.round is None else measure.round.decimals
        if abs(digits) > _DECIMALS_MAX:
            message = f"expected {-_DECIMALS_MAX} to {_DECIMALS_MAX}, found {digits}"
            check.report(message, "round", "decimals")
        check.reference(measure.reference, unit)
        check.whole(measure.reference, "reference")
        if measure.aggregate != "sum":
            _check_aggregate(unit, measure, offer, check)


def _check_aggregate(unit: str, measure: MeasureForm, offer: OfferForm, check: KindCheck) -> None:
    """The highest and the last one are those of an accumulator that this unit alone moves."""
    accumulator = check.names.accumulators.get(measure.reference)
    if measure.reference == RECORD:
        check.report(f"the {measure.aggregate} of what? Name an accumulator", "reference")
    elif accumulator is not None and tuple(accumulator.usage_units) != (unit,):
        check.report(f'"{accumulator.id}" must count {unit} alone', "reference")
    if offer.time_unit:
        check.report("a quantity that is not added up cannot be cut at bands", "aggregate")


def _check_conversion(convert: ConvertForm, unit: str, check: KindCheck) -> None:
    given = [w for w in ("divide_by", "multiply_by") if getattr(convert, w) is not None]
    if len(given) != 1:
        found = " and ".join(given) or "neither"
        check.report(f"expected divide_by or multiply_by, found {found}")
    for word in given:
        check.positive(getattr(convert, word), word)
    usage_type = check.names.usage_types.get(check.offer.usage_type)
    if usage_type and convert.unit in set(usage_type.units) - {unit}:
        check.report(f'"{convert.unit}" is measured by itself: choose another name', "unit")


def _check_dates(plan: Entry[PricePlanForm], book: ProblemBook) -> None:
    """Of two offers of a usage type, the later one takes over, so each needs its own start."""
    spans: dict[str, list[tuple[Instant, Instant | None, str, Place]]] = {}
    for offer, place in nested(plan, "offers"):
        start = instant_at(offer.start)
        end = None if offer.end is None else instant_at(offer.end)
        for word, value, found in (("from", offer.start, start), ("until", offer.end, end)):
            if value and found is None:
                book.spoil(place.at(word), f'"{value}" is no date: expected one like 2026-01-31')
        if start is None:
            continue
        if end is not None and end <= start:
            book.report(place.at("until"), f"{offer.end} is not after {offer.start}")
        if offer.id in plan.form.best_of.get(offer.usage_type, ()):
            continue
        spans.setdefault(offer.usage_type, []).append((start, end, offer.id, place))
    for usage_type, dated in spans.items():
        _check_overlaps(usage_type, dated, book)


def _check_overlaps(
    usage_type: str,
    spans: list[tuple[Instant, Instant | None, str, Place]],
    book: ProblemBook,
) -> None:
    spans.sort(key=lambda span: (span[0], span[3].pointer))
    for (start, end, name, _), (next_start, _, next_name, place) in pairwise(spans):
        if start == next_start:
            book.report(
                place.at("from"),
                f'offers "{name}" and "{next_name}" of {usage_type} begin at the same time',
            )
        elif (end or 0) > next_start and end != FOREVER:
            book.report(
                place.at("from"),
                f'overlaps offer "{name}" of {usage_type}, which says that it ends later',
            )
