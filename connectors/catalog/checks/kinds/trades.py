"""Prices of a trade: calls, model tokens, charging sessions."""

from itertools import pairwise

from connectors.catalog.checks.kinds.check import KindCheck
from connectors.catalog.checks.kinds.plain import check_range
from connectors.catalog.forms.trade_prices import (
    BeatForm,
    EvForm,
    EvWhenForm,
    LlmTokensForm,
    TelecomRateForm,
)
from connectors.catalog.problem import unknown

DECIMALS_MAX = 12
_DIMENSIONS = ("energy", "time", "parking", "reservation")
_RANGES = ("current", "power", "energy", "duration")


def check_telecom_rate(form: TelecomRateForm, check: KindCheck) -> None:
    """Slots one after another, each of whole increments."""
    check.unit(form.unit, "unit")
    check.at_least_zero(form.connect_fee, "connect_fee")
    check.at_least_zero(form.max_cost, "max_cost")
    if form.max_cost is None and form.max_cost_strategy != "free":
        check.report('stands only beside "max_cost"', "max_cost_strategy")
    if form.rounding is not None and not 0 <= form.rounding.decimals <= DECIMALS_MAX:
        message = f"expected 0 to {DECIMALS_MAX}, found {form.rounding.decimals}"
        check.report(message, "rounding", "decimals")
    for word in ("continuation", "elapsed"):
        if getattr(form, word):
            check.attribute(getattr(form, word), word)
    check.some(form.slots, "slot", "slots")
    for number, slot in enumerate(form.slots):
        check.at_least_zero(slot.rate, "slots", number, "rate")
        check.positive(slot.per_s, "slots", number, "per_s")
        check.positive(slot.increment_s, "slots", number, "increment_s")
    if form.slots and form.slots[0].from_s != 0:
        message = f"the first slot begins with the call: expected 0, found {form.slots[0].from_s}"
        check.report(message, "slots", 0, "from_s")
    for number, (slot, following) in enumerate(pairwise(form.slots), start=1):
        length = following.from_s - slot.from_s
        if length <= 0:
            message = f"slots must rise: expected more than {slot.from_s}"
            check.report(message, "slots", number, "from_s")
        elif slot.increment_s > 0 and length % slot.increment_s:
            message = (
                f"the slot before would end within an increment: expected {slot.from_s}"
                f" and a multiple of {slot.increment_s}"
            )
            check.report(message, "slots", number, "from_s")


def check_beat(form: BeatForm, check: KindCheck) -> None:
    """Beats of some length."""
    check.measured(form.unit, form.reference)
    check.positive(form.beat_s, "beat_s")
    check.at_least_zero(form.amount_per_beat, "amount_per_beat")
    check.positive(form.max_s, "max_s")


def check_llm_tokens(form: LlmTokensForm, check: KindCheck) -> None:
    """Amounts of kinds of token, contexts that rise, shares that can be told apart."""
    check.positive(form.per, "per")
    check.positive(form.calls_per, "calls_per")
    check.some((*form.amounts, *form.calls), "kind of token with its amount", "amounts")
    for word in ("amounts", "calls"):
        for unit, amount in getattr(form, word).items():
            check.unit(unit, word, unit)
            check.at_least_zero(amount, word, unit)
    for unit in form.calls:
        if unit in form.amounts:
            check.report(f"{unit} stands in amounts too", "calls", unit)
    before = 0
    for number, context in enumerate(form.contexts):
        below = check.below("contexts", number)
        if context.above <= before:
            below.report(f"contexts must rise: expected more than {before}", "above")
        before = max(before, context.above)
        below.some(context.amounts, "kind of token with its amount", "amounts")
        for unit, amount in context.amounts.items():
            if unit not in form.amounts:
                below.report(unknown("amount", unit, form.amounts), "amounts", unit)
            below.at_least_zero(amount, "amounts", unit)
    if form.batch is not None:
        below = check.below("batch")
        below.some(form.batch.when, "attribute that tells a batch", "when")
        below.words(form.batch.when, "when")
        below.at_least_zero(form.batch.percent, "percent")
        for unit, amount in form.batch.amounts.items():
            below.unit(unit, "amounts", unit)
            below.at_least_zero(amount, "amounts", unit)
    for number, share in enumerate(form.markup):
        below = check.below("markup", number)
        below.words(share.when, "when")
        if share.percent < -100:
            below.report(f"expected -100 or more, found {share.percent}", "percent")
        if any(earlier.when == share.when for earlier in form.markup[:number]):
            below.report("never reached: a markup before it asks for the same")


_BOUNDS = (
    ("minimum", "maximum"),
    ("minimum_with_tax", "maximum_with_tax"),
    ("minimum", "minimum_with_tax"),
    ("maximum", "maximum_with_tax"),
)
"""What must not be more than what: a session with its tax costs no less than without."""


def check_ev(form: EvForm, check: KindCheck) -> None:
    """Components of dimensions that are measured, each of which can be reached."""
    check.positive(form.hour, "hour")
    check.at_least_zero(form.minimum, "minimum")
    for lower, upper in _BOUNDS:
        least, most = getattr(form, lower), getattr(form, upper)
        if least is not None and most is not None and most < least:
            check.report(f"expected {least} or more, found {most}", upper)
    measured = {word for word in _DIMENSIONS if getattr(form.units, word)}
    check.some(measured, "dimension with its unit", "units")
    for word in sorted(measured):
        check.unit(getattr(form.units, word), "units", word)
    check.some(form.components, "component", "components")
    always: set[str] = set()
    for number, component in enumerate(form.components):
        below = check.below("components", number)
        dimension = component.dimension
        below.at_least_zero(component.amount, "amount")
        below.at_least_zero(component.step, "step")
        if dimension == "flat" and component.step:
            below.report("a session has no steps", "step")
        if dimension != "flat" and dimension not in measured:
            below.report(f'no unit is named for "{dimension}"', "dimension")
        if dimension in always:
            below.report(f"never reached: a component of {dimension} before it always holds")
        if component.when == EvWhenForm():
            always.add(dimension)
        _check_ev_when(component.when, below.below("when"))


def _check_ev_when(when: EvWhenForm, check: KindCheck) -> None:
    for word in _RANGES:
        bounds = getattr(when, word)
        if bounds is not None:
            check_range(bounds, check.below(word))
    for word in ("current", "power"):
        if getattr(when, word) is not None:
            check.attribute(word, word)
    if when.start == when.end:
        check.report(f"no time lies between {when.start} and {when.end}", "end")
