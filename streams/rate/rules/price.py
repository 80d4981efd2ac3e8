"""Price every leaf of the record, cut at band switches, and note what it moves.

A tier on an accumulator goes on where earlier leaves and parts of the same record have left off.
"""

from streams.model.catalog import RECORD
from streams.model.money import Quantity
from streams.model.usage import Usage
from streams.outcome import Reject, RejectReason
from streams.rate.offer import PricesByUnit
from streams.rate.quantity import divided, measured
from streams.rate.rating import Part, Rating


def price_usages(rating: Rating) -> Reject | None:
    """Append the lines and parts of each usage; a leaf without a price refuses the record."""
    offer, record = rating.offer, rating.record
    if offer.bands is not None:
        return _price_by_band(rating)
    prices = offer.prices_for(record.attributes, zone=rating.zone, band="")
    for usage in record.usages:
        refusal = _price(rating, prices, unit=usage.unit, quantity=_counted(rating, usage))
        if refusal is not None:
            return refusal
    return None


def _price_by_band(rating: Rating) -> Reject | None:
    offer, record = rating.offer, rating.record
    assert offer.bands is not None
    segments = offer.bands.segments(record.occurred_at, record.ended_at, rating.account.time_zone)
    rating.band = segments[0].band
    for usage in record.usages:
        quantity = _counted(rating, usage)
        parts = [quantity] if len(segments) == 1 else divided(quantity, segments)
        before: Quantity = 0
        for segment, part in zip(segments, parts, strict=True):
            prices = offer.prices_for(record.attributes, zone=rating.zone, band=segment.band)
            refusal = _price(
                rating, prices, unit=usage.unit, quantity=part, before=before, band=segment.band
            )
            if refusal is not None:
                return refusal
            before += part
    return None


def _counted(rating: Rating, usage: Usage) -> Quantity:
    measure = rating.offer.measures.get(usage.unit)
    return usage.quantity if measure is None else measured(usage.quantity, measure)


def _price(  # noqa: PLR0913 - one leaf's part; a struct for it would cost more than the pricing
    rating: Rating,
    prices: PricesByUnit,
    *,
    unit: str,
    quantity: Quantity,
    before: Quantity = 0,
    band: str = "",
) -> Reject | None:
    price = prices.get(unit)
    if price is None:
        return _no_price(rating, unit, band)
    reference = price.reference
    used: Quantity = 0
    if reference:
        used = before if reference == RECORD else rating.used_of(reference)
    rating.lines += price.lines(quantity, used)
    offer = rating.offer
    if offer.allowances:
        rating.parts.append(Part(unit, quantity, used, band, price))
    moves = offer.moves.get(unit)
    if moves is not None:
        moved = rating.moved
        for accumulator in moves:
            moved[accumulator] = moved.get(accumulator, 0) + quantity
    return None


def _no_price(rating: Rating, unit: str, band: str) -> Reject:
    record = rating.record
    asked = dict(sorted(record.attributes.items()))
    if rating.zone:
        asked["zone"] = rating.zone
    if band:
        asked["band"] = band
    words = ", ".join(f"{word}={value}" for word, value in asked.items())
    return Reject(
        RejectReason.NO_PRICE,
        f"price plan {rating.plan.id} has no price for {unit} of {record.usage_type} ({words})",
        field=unit,
        lacks=f"price:{record.tenant}:{rating.plan.id}:{record.usage_type}",
    )
