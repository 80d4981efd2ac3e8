"""Meter read: a record says what the meter shows, and the difference to the reading before counts.

- The first reading of a register is its base: nothing is charged (`first_reading`).
- A reading later than the last one counts the difference. On a register of `digits` a lower one
  means that it has begun again at 0: 99 998 → 3 of five digits is 5. Without `digits`, a reading
  that fell is not believed (`implausible_reading`), nor is one that does not fit the digits, nor a
  difference of more than `most` (exactly `most` is believed; corrections are not asked).
- A reading at the very time of the last one corrects it: the signed difference counts, so what was
  charged too much is given back. Across the register's end it is the shorter way round; of two
  equally short ones the forward one.
- A reading earlier than the last one, by its time and then by its place in its source, waits for a
  human (`late_reading`). A register runs on, so its consumption has been charged with the later
  reading already: it is to be discarded, or, where the later one was wrong, to be mended by a
  correction of that one.
- Another meter than the last one's, where both are named, is an exchange: what the old one counted
  up to `end_reading` counts (without it, nothing: `first_reading`), and the reading is the base of
  the new one. An exchange may stand at the time of the old meter's last reading.

- A service that moves to another account hierarchy begins anew there, wherever that is kept: a
  last reading under the old one tells what it has used, the first under the new one is a base.

The state moves only where the record is charged or ignored: what waits in suspense has not been
read.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from streams.model.instant import format_instant
from streams.model.meter import MeterState, meter_key
from streams.model.money import CONTEXT, ZERO, Quantity
from streams.model.rate_unit import MeterRead, RateUnit
from streams.model.rated import ChargeLine
from streams.model.usage import SourcePosition, UsageRecord
from streams.outcome import Drop, DropReason, Reject, RejectReason
from streams.rate.derivation import RULE, Derive, Derived, no_quantity
from streams.rate.quantity import exact, quantity_of
from streams.rate.rating import Rating
from streams.state import Table

_METERS: Final = Table.METERS
_read_number: Final = CONTEXT.create_decimal


def compile_meter(unit: RateUnit, meter: MeterRead) -> Derive:
    """How much was counted since the reading before."""
    count = _compile_counting(unit, meter)

    def derive(rating: Rating) -> Derived | Drop | Reject:
        record, state = rating.record, rating.state
        assert state is not None
        attributes = record.attributes
        reading = _number(record, meter.reading)
        if reading is None:
            return no_quantity(rating, unit.id, f"{meter.reading} holds no reading")
        register = attributes.get(meter.register, "")
        root = rating.payer.account.root
        key = meter_key(record.tenant, root, record.service_id, register)
        last: MeterState | None = state.get(_METERS, key)
        serial = attributes.get(meter.meter, "")
        if not serial and last is not None:
            serial = last.meter
        found = count(rating, reading, serial, last)
        if not isinstance(found, Reject):
            rating.read = (key, reading, serial)
        if not isinstance(found, int | Decimal):
            return found
        detail = {"derivation": "meter", "reading": str(reading)}
        detail |= {"register": register} if register else {}
        detail |= {"meter": serial} if serial else {}
        if last is not None:
            detail |= {"before": str(last.reading), "before_at": format_instant(last.read_at)}
        line = ChargeLine(RULE, unit.id, unit.unit, found, ZERO, ZERO, detail)
        return Derived(found, line)

    return derive


def keep_reading(rating: Rating) -> None:
    """Put what the meter showed, once the record is charged or ignored."""
    state, position = rating.state, rating.position
    if rating.read is not None and state is not None and position is not None:
        key, reading, serial = rating.read
        at = rating.record.occurred_at
        state.put(
            _METERS,
            key,
            MeterState(
                reading,
                at,
                serial,
                position.topic_id,
                position.partition,
                position.offset,
                position.index,
            ),
        )


_Count = Callable[[Rating, Quantity, str, MeterState | None], Quantity | Drop | Reject]


def _compile_counting(unit: RateUnit, meter: MeterRead) -> _Count:
    span = None if meter.digits is None else 10**meter.digits

    def implausible(why: str) -> Reject:
        return Reject(
            RejectReason.IMPLAUSIBLE_READING, f"rate unit {unit.id}: {why}", meter.reading
        )

    def forward(reading: Quantity, before: Quantity) -> Quantity | Reject:
        """From the reading before to this one, as the register runs."""
        difference = _difference(reading, before)
        if difference < 0:
            if span is None:
                return implausible(f"the reading fell from {before} to {reading}")
            difference += span
        if meter.most is not None and difference > meter.most:
            return implausible(f"{before} to {reading} is {difference}, more than {meter.most}")
        return difference

    def count(
        rating: Rating, reading: Quantity, serial: str, last: MeterState | None
    ) -> Quantity | Drop | Reject:
        if span is not None and reading >= span:
            return implausible(f"{reading} has more than {meter.digits} digits")
        if last is None:
            return Drop(DropReason.FIRST_READING, f"base {reading}")
        at = rating.record.occurred_at
        if at < last.read_at or (at == last.read_at and _is_before(rating.position, last)):
            return Reject(
                RejectReason.LATE_READING,
                f"read at {format_instant(at)}, the last reading is of"
                f" {format_instant(last.read_at)}",
                meter.reading,
            )
        if last.meter and serial != last.meter:
            if not meter.end_reading or meter.end_reading not in rating.record.attributes:
                return Drop(DropReason.FIRST_READING, f"meter {serial} begins at {reading}")
            end = _number(rating.record, meter.end_reading)
            if end is None or (span is not None and end >= span):
                return implausible(f"{meter.end_reading} holds no reading of the old meter")
            return forward(end, last.reading)
        if at > last.read_at:
            return forward(reading, last.reading)
        return _shorter(_difference(reading, last.reading), span)

    return count


def _is_before(position: SourcePosition | None, last: MeterState) -> bool:
    """True where the source had sent this record before that of the last reading."""
    assert position is not None
    return (position.topic_id, position.partition) == (last.topic_id, last.partition) and (
        position.offset,
        position.index,
    ) < (last.offset, last.index)


def _shorter(difference: Quantity, span: int | None) -> Quantity:
    """The signed difference of two readings, the shorter way round the register."""
    if span is None:
        return difference
    if difference * 2 > span:
        return difference - span
    return difference + span if difference * 2 <= -span else difference


def _difference(reading: Quantity, before: Quantity) -> Quantity:
    return exact(CONTEXT.subtract(Decimal(reading), Decimal(before)))


def _number(record: UsageRecord, name: str) -> Quantity | None:
    """A reading by the name of its attribute, or of its unit; None where it is none."""
    text = record.attributes.get(name)
    if text is None:
        return next((usage.quantity for usage in record.usages if usage.unit == name), None)
    if not text.isascii() or not text.replace(".", "", 1).isdigit():
        return None
    return quantity_of(_read_number(text))
