"""Prices of a trade from their words: calls, model tokens, charging sessions."""

from collections.abc import Callable
from typing import Any, Final

from connectors.catalog.forms.trade_prices import (
    BeatForm,
    EvComponentForm,
    EvForm,
    LlmTokensForm,
    RangeForm,
    TelecomRateForm,
)
from connectors.catalog.resolution.dates import minute_of
from connectors.catalog.resolution.when import weekdays_of
from streams.model import trade_prices as model
from streams.model.price import Range
from streams.model.prices import SimpleKind


def bounds(words: RangeForm) -> Range:
    """A range of numbers."""
    return Range(words.start, words.below)


def _bounds(words: RangeForm | None) -> Range | None:
    return None if words is None else bounds(words)


def _telecom_rate(form: TelecomRateForm) -> SimpleKind:
    rounding = form.rounding
    return model.TelecomRate(
        unit=form.unit,
        slots=tuple(
            model.RateSlot(slot.from_s, slot.rate, slot.per_s, slot.increment_s)
            for slot in form.slots
        ),
        connect_fee=form.connect_fee,
        rounding=None
        if rounding is None
        else model.CallRounding(rounding.method, rounding.decimals),
        max_cost=form.max_cost,
        max_cost_strategy=form.max_cost_strategy,
        continuation=form.continuation,
        elapsed=form.elapsed,
    )


def _beat(form: BeatForm) -> SimpleKind:
    return model.Beat(
        unit=form.unit,
        beat_s=form.beat_s,
        amount_per_beat=form.amount_per_beat,
        max_s=form.max_s,
        reference=form.reference,
    )


def _llm_tokens(form: LlmTokensForm) -> SimpleKind:
    batch = form.batch
    return model.LlmTokens(
        amounts=form.amounts,
        per=form.per,
        contexts=tuple(model.TokenContext(each.above, each.amounts) for each in form.contexts),
        calls=form.calls,
        calls_per=form.calls_per,
        batch=None
        if batch is None
        else model.TokenBatch(when=batch.when, percent=batch.percent, amounts=batch.amounts),
        markup=tuple(
            model.TokenShare(percent=each.percent, when=each.when) for each in form.markup
        ),
    )


def _ev(form: EvForm) -> SimpleKind:
    units = form.units
    named: dict[model.EvDimension, str] = {
        "energy": units.energy,
        "time": units.time,
        "parking": units.parking,
        "reservation": units.reservation,
    }
    return model.Ev(
        measured_in={dimension: unit for dimension, unit in named.items() if unit},
        components=tuple(_component(each) for each in form.components),
        hour=form.hour,
        minimum=form.minimum,
        maximum=form.maximum,
        minimum_with_tax=form.minimum_with_tax,
        maximum_with_tax=form.maximum_with_tax,
    )


def _component(form: EvComponentForm) -> model.EvComponent:
    when = form.when
    return model.EvComponent(
        dimension=form.dimension,
        amount=form.amount,
        step=form.step,
        tax_class=form.tax_class,
        when=model.EvWhen(
            weekdays=weekdays_of(when.days),
            start=minute_of(when.start),
            end=minute_of(when.end),
            current=_bounds(when.current),
            power=_bounds(when.power),
            energy=_bounds(when.energy),
            duration=_bounds(when.duration),
        ),
    )


RESOLVE_TRADE: Final[dict[str, Callable[[Any], SimpleKind]]] = {
    "telecom_rate": _telecom_rate,
    "beat": _beat,
    "llm_tokens": _llm_tokens,
    "ev": _ev,
}
