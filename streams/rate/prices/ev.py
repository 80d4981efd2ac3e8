"""A charging session: energy, time, parking, the session itself, a reservation.

Of each dimension the first component counts whose restrictions hold; a dimension without one costs
nothing. Ranges include their lower end and exclude their upper one; weekdays and hours are those of
the account's clock when the dimension begins: parking begins when charging has ended.

A `step` counts in full steps. For time that is the last time-based dimension of the session alone,
parking where there is some (OCPI 2.2); energy has its own. The flat component stands on the first
unit of the record. The session costs at least `minimum` and at most `maximum`.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from streams.model.instant import HOUR, Instant, datetime_of, zone
from streams.model.money import CONTEXT, Quantity, quantize_line
from streams.model.price import RECORD
from streams.model.rated import ChargeLine
from streams.model.time_unit import WEEKDAYS
from streams.model.trade_prices import Ev, EvComponent, EvDimension, EvWhen
from streams.rate.prices.flat import first_of
from streams.rate.prices.matrix import holds, is_within
from streams.rate.prices.price import (
    Asking,
    Binder,
    Closing,
    CompiledPrice,
    Label,
    Lines,
    UnitPrice,
    given_back,
    product_of,
    started,
    taken_back,
    total_of,
)
from streams.rate.quantity import exact, size_of

_LAST_FIRST: Final[tuple[EvDimension, ...]] = ("parking", "time", "reservation")
"""Dimensions of time, by which comes last in a session."""
_MINUTES: Final = 60
_ONE: Final = Decimal(1)
_ANY_TIME: Final = (EvWhen().start, EvWhen().end, EvWhen().weekdays)

Measured = dict[EvDimension, Quantity]


class SessionPart(CompiledPrice):
    """One dimension of a session; `flat` comes with the first unit of the record."""

    __slots__ = ("_component", "_flat", "_per", "_step", "closing")

    rule = "ev"

    def __init__(self, unit: str, label: Label, *, component: EvComponent | None) -> None:
        super().__init__(unit, label, reference=RECORD)
        self._component = component
        self._per = _ONE
        self._step: Quantity = 0
        self._flat: EvComponent | None = None
        self.closing: Closing | None = None

    def count(self, *, per: Decimal, in_steps: bool) -> None:
        """`per` units cost the component's amount; where `in_steps`, they count in full steps."""
        self._per = per
        if in_steps and self._component is not None:
            self._step = exact(self._component.step)

    def carry(self, flat: EvComponent | None, closing: Closing | None) -> None:
        """Take on the session's flat component and its bounds."""
        self._flat = flat
        self.closing = closing

    def lines(self, quantity: Quantity, used: Quantity) -> Lines:
        """The flat component first, then what was measured."""
        if quantity < 0:
            return given_back(self, quantity, used)
        made: list[ChargeLine] = []
        if self._flat is not None and not used:
            amount = quantize_line(self._flat.amount)
            detail = self._told(self._flat)
            made.append(self.line(0, each=amount, amount=amount, detail=detail))
        component = self._component
        if component is not None:
            before, after = self._billed(used), self._billed(used + quantity)
            amount = product_of(after, component.amount, self._per)
            if before:
                earlier = product_of(before, component.amount, self._per)
                amount = CONTEXT.subtract(amount, earlier)
            each = quantize_line(CONTEXT.divide(component.amount, self._per))
            detail = self._told(component)
            made.append(self.line(after - before, each=each, amount=amount, detail=detail))
        return tuple(made)

    def _billed(self, counted: Quantity) -> Quantity:
        return started(counted, self._step) * self._step if self._step else counted

    def _told(self, component: EvComponent) -> dict[str, str]:
        told = {"dimension": str(component.dimension)}
        if component.tax_class:
            told["tax_class"] = component.tax_class
        return self.detail | told


class SessionBounds:
    """The least and the most that a session costs."""

    __slots__ = ("_ev", "_label")

    def __init__(self, ev: Ev, label: Label) -> None:
        self._ev = ev
        self._label = label

    def close(self, lines: Iterable[ChargeLine]) -> Lines:
        """What is missing to the minimum, or lies above the maximum."""
        made = tuple(line for line in lines if line.rule == SessionPart.rule)
        amount = bound = total_of(made)
        if amount < 0:
            return taken_back(self.close(taken_back(made)))
        part = "minimum"
        if self._ev.minimum is not None:
            bound = max(bound, self._ev.minimum)
        if self._ev.maximum is not None and bound > self._ev.maximum:
            bound, part = self._ev.maximum, "maximum"
        difference = quantize_line(CONTEXT.subtract(bound, amount))
        if not difference:
            return ()
        unit = made[-1].unit if made else self._ev.units[0]
        source, detail, *_ = self._label.told({"part": part})
        return (ChargeLine(SessionPart.rule, source, unit, 0, difference, difference, detail),)


class EvPrice(Binder):
    """The price of one session, by what it measured and when."""

    __slots__ = ("_closing", "_components", "_dimension_of", "_ev", "_label")

    def __init__(self, price: Ev, label: Label) -> None:
        super().__init__(price.units)
        self._ev = price
        self._label = label
        self._dimension_of = {unit: dimension for dimension, unit in price.measured_in.items()}
        self._components: dict[EvDimension, list[EvComponent]] = {}
        for component in price.components:
            self._components.setdefault(component.dimension, []).append(component)
        self._closing: Closing | None = None
        if price.minimum is not None or price.maximum is not None:
            self._closing = SessionBounds(price, label)

    def bind(self, asking: Asking) -> dict[str, UnitPrice]:
        """A price for each unit; the flat component and the bounds go with the first."""
        ev = self._ev
        measured = self._measure(asking)
        stepped = next((each for each in _LAST_FIRST if measured.get(each)), None)
        first = first_of(asking, self.units)
        found: dict[str, UnitPrice] = {}
        for dimension, unit in ev.measured_in.items():
            component = self._component_of(dimension, asking, measured)
            part = SessionPart(unit, self._label, component=component)
            is_energy = dimension == "energy"
            part.count(
                per=_ONE if is_energy else ev.hour, in_steps=is_energy or dimension == stepped
            )
            flat = self._component_of("flat", asking, measured) if unit == first else None
            part.carry(flat, self._closing)
            found[unit] = part
        return found

    def _measure(self, asking: Asking) -> Measured:
        dimension_of = self._dimension_of
        measured: Measured = {}
        for usage in asking.record.usages:
            if usage.unit in dimension_of:
                dimension = dimension_of[usage.unit]
                measured[dimension] = measured.get(dimension, 0) + size_of(usage.quantity)
        return measured

    def _component_of(
        self, dimension: EvDimension, asking: Asking, measured: Measured
    ) -> EvComponent | None:
        began_at = asking.record.occurred_at
        if dimension == "parking":
            charged = CONTEXT.divide(CONTEXT.multiply(measured.get("time", 0), HOUR), self._ev.hour)
            began_at += int(charged)
        for component in self._components.get(dimension, ()):
            if _holds(component.when, asking, measured, began_at):
                return component
        return None


def _holds(when: EvWhen, asking: Asking, measured: Measured, began_at: Instant) -> bool:
    attributes = asking.record.attributes
    duration = measured.get("time", 0) + measured.get("parking", 0)
    return (
        (when.current is None or is_within(attributes.get("current"), when.current))
        and (when.power is None or is_within(attributes.get("power"), when.power))
        and (when.energy is None or holds(when.energy, measured.get("energy", 0)))
        and (when.duration is None or holds(when.duration, duration))
        and _is_in_hours(when, began_at, asking.payer.time_zone)
    )


def _is_in_hours(when: EvWhen, began_at: Instant, zone_name: str) -> bool:
    if (when.start, when.end, when.weekdays) == _ANY_TIME:
        return True
    local = datetime_of(began_at).astimezone(zone(zone_name))
    minute = local.hour * _MINUTES + local.minute
    today = WEEKDAYS[local.weekday()]
    yesterday = WEEKDAYS[local.weekday() - 1]
    if when.start < when.end:
        return when.start <= minute < when.end and _is_among(today, when)
    return (minute >= when.start and _is_among(today, when)) or (
        minute < when.end and _is_among(yesterday, when)
    )


def _is_among(weekday: str, when: EvWhen) -> bool:
    return not when.weekdays or weekday in when.weekdays
