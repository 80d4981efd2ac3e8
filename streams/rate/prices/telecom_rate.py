"""A call: a fee when it begins, then slots by how long it has lasted.

The connect fee is due once, by the rate in force when the call begins, and not for a call of no
length. A slot begins at its second of the call, in whichever band that lies; its increments are
paid whole from their first second on, which takes no longer for a long call than for a short one.
The call's amount is first held at `max_cost`, then rounded, as one: past the maximum a call is
free, or should have been disconnected; either way it costs no more.

A part of a call that says it is a continuation pays no second fee; one that says how many seconds
have `elapsed` goes on in its slot, and its rounding and maximum count what came before.
"""

from collections.abc import Iterable
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal
from typing import Final, NamedTuple

from streams.model.money import CONTEXT, Quantity, quantize_line
from streams.model.price import RECORD
from streams.model.rated import ChargeLine
from streams.model.trade_prices import TelecomRate
from streams.outcome import Reject
from streams.plain.values import read_quantity_text
from streams.rate.prices.price import (
    NO_AMOUNT,
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

_MODES: Final = {"up": ROUND_UP, "down": ROUND_DOWN, "middle": ROUND_HALF_UP}
_TRUE: Final = "true"


class _Slot(NamedTuple):
    start: int
    end: int | None
    rate: Decimal
    per: Decimal
    increment: int
    each: Decimal
    detail: dict[str, str]

    def covered(self, position: Quantity) -> Quantity:
        """The seconds of this slot that are paid by a call that has reached this second."""
        if position <= self.start:
            return 0
        reached = position if self.end is None else min(position, self.end)
        return started(reached - self.start, self.increment) * self.increment


class CallPrice(CompiledPrice):
    """The price of a call of which `elapsed` seconds came before."""

    __slots__ = ("_elapsed", "_fee", "_slots", "closing")

    rule = "telecom_rate"

    def __init__(
        self,
        rate: TelecomRate,
        label: Label,
        *,
        elapsed: Quantity = 0,
        is_continued: bool = False,
    ) -> None:
        super().__init__(rate.unit, label, reference=RECORD)
        self._fee = quantize_line(rate.connect_fee)
        self._slots = _slots(rate, label.detail)
        before = NO_AMOUNT
        self._elapsed: Quantity = 0
        if elapsed:
            before = total_of(self.lines(elapsed, 0))
        elif is_continued:
            self._fee = NO_AMOUNT
        self._elapsed = elapsed
        self.closing: Closing | None = None
        if rate.rounding is not None or rate.max_cost is not None:
            self.closing = CallClosing(rate, label, before=before)

    def lines(self, quantity: Quantity, used: Quantity) -> Lines:
        """The fee where the call begins here, then one line for each slot that is entered."""
        if quantity < 0:
            return given_back(self, quantity, used)
        first = used + self._elapsed
        last = first + quantity
        made: list[ChargeLine] = []
        if first <= 0 < last and self._fee:
            detail = self.detail | {"part": "connect_fee"}
            made.append(self.line(0, each=self._fee, amount=self._fee, detail=detail))
        for slot in self._slots:
            if slot.start >= last:
                break
            before, after = slot.covered(first), slot.covered(last)
            if after > before:
                amount = CONTEXT.subtract(
                    product_of(after, slot.rate, slot.per), product_of(before, slot.rate, slot.per)
                )
                made.append(
                    self.line(after - before, each=slot.each, amount=amount, detail=slot.detail)
                )
        return tuple(made)


class CallClosing:
    """The maximum and the rounding of a call of which `before` has been charged by other parts."""

    __slots__ = ("_before", "_label", "_rate")

    def __init__(self, rate: TelecomRate, label: Label, *, before: Decimal) -> None:
        self._rate = rate
        self._before = before
        self._label = label

    def close(self, lines: Iterable[ChargeLine]) -> Lines:
        """What the maximum takes off, then what rounding adds or takes off."""
        called = tuple(line for line in lines if line.rule == CallPrice.rule)
        called_for = total_of(called)
        if called_for < 0:
            return taken_back(self.close(taken_back(called)))
        exact = CONTEXT.add(self._before, called_for)
        held, held_before = self._hold(exact), self._hold(self._before)
        off = CONTEXT.subtract(CONTEXT.subtract(held, exact), held_before - self._before)
        rounded = CONTEXT.subtract(self._round(held), held)
        rounded_before = CONTEXT.subtract(self._round(held_before), held_before)
        made: list[ChargeLine] = []
        if off:
            made.append(self._line("max_cost", self._rate.max_cost_strategy, off))
        difference = CONTEXT.subtract(rounded, rounded_before)
        if difference and self._rate.rounding is not None:
            made.append(self._line("rounding", self._rate.rounding.method, difference))
        return tuple(made)

    def _hold(self, amount: Decimal) -> Decimal:
        return amount if self._rate.max_cost is None else min(amount, self._rate.max_cost)

    def _round(self, amount: Decimal) -> Decimal:
        rounding = self._rate.rounding
        if rounding is None:
            return amount
        quantum = Decimal(1).scaleb(-rounding.decimals)
        return amount.quantize(quantum, _MODES[rounding.method], CONTEXT)

    def _line(self, part: str, method: str, amount: Decimal) -> ChargeLine:
        amount = quantize_line(amount)
        source, detail, *_ = self._label.told({"part": part, "method": method})
        return ChargeLine(CallPrice.rule, source, self._rate.unit, 0, amount, amount, detail)


class CallOfRecord(Binder):
    """A rate that asks the record whether it goes on with a call."""

    __slots__ = ("_begun", "_continued", "_label", "_rate")

    def __init__(self, rate: TelecomRate, label: Label) -> None:
        super().__init__(rate.units)
        self._rate = rate
        self._label = label
        self._begun = CallPrice(rate, label)
        self._continued = CallPrice(rate, label, is_continued=True)

    def bind(self, asking: Asking) -> dict[str, UnitPrice] | Reject:
        """The price of a call's beginning, or of what follows."""
        rate, attributes = self._rate, asking.record.attributes
        text = attributes.get(rate.elapsed) if rate.elapsed else None
        if text is not None:
            elapsed = read_quantity_text(text, rate.elapsed)
            if isinstance(elapsed, Reject):
                return elapsed
            if elapsed:
                later = CallPrice(rate, self._label, elapsed=elapsed)
                return {rate.unit: later}
        is_continued = bool(rate.continuation) and attributes.get(rate.continuation) == _TRUE
        return {rate.unit: self._continued if is_continued else self._begun}


def _slots(rate: TelecomRate, detail: dict[str, str]) -> tuple[_Slot, ...]:
    ends: list[int | None] = [slot.from_s for slot in rate.slots[1:]]
    return tuple(
        _Slot(
            slot.from_s,
            end,
            slot.rate,
            slot.per_s,
            slot.increment_s,
            quantize_line(CONTEXT.divide(slot.rate, slot.per_s)),
            detail | {"slot": str(number)},
        )
        for number, (slot, end) in enumerate(zip(rate.slots, [*ends, None], strict=True), start=1)
    )
