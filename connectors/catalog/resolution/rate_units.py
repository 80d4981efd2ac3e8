"""Rate units and their map, from their words."""

from collections.abc import Iterable

from connectors.catalog.form import UsageTypeForm
from connectors.catalog.forms.rate_units import MeterForm, RateUnitForm, RateUnitMapForm
from connectors.catalog.resolution.dates import instant_at
from streams.model.instant import BEGINNING, FOREVER
from streams.model.rate_unit import MeterRead, RateUnit, RateUnitMap


def rate_unit(words: RateUnitForm, usage_types: Iterable[UsageTypeForm]) -> RateUnit:
    """The rate unit; without a unit of its own, in the only one of its service type."""
    return RateUnit(
        id=words.id,
        service_type=words.service_type,
        unit=words.unit or next(iter(units_of(words.service_type, usage_types))),
        expression=words.expression,
        function=words.function,
        meter=None if words.meter is None else _meter(words.meter),
        drives_recurring=words.drives_recurring,
    )


def units_of(service_type: str, usage_types: Iterable[UsageTypeForm]) -> dict[str, None]:
    """The units of all usage types of a service type, in their order."""
    return dict.fromkeys(
        unit for each in usage_types if each.service_type == service_type for unit in each.units
    )


def rate_unit_map(words: RateUnitMapForm) -> RateUnitMap:
    """One way from a kind of record to its rate unit."""
    start = None if words.start is None else instant_at(words.start)
    end = None if words.end is None else instant_at(words.end)
    return RateUnitMap(
        service_type=words.service_type,
        rate_unit=words.rate_unit,
        transaction_type=words.transaction_type,
        when=words.when,
        start=BEGINNING if start is None else start,
        end=FOREVER if end is None else end,
    )


def _meter(words: MeterForm) -> MeterRead:
    return MeterRead(
        reading=words.reading,
        register=words.register,
        meter=words.meter,
        end_reading=words.end_reading,
        digits=words.digits,
        most=words.most,
    )
