"""Price every leaf of the record, cut at band switches, and note what it moves.

A tier on an accumulator goes on where earlier leaves and parts of the same record have left off.
"""

from streams.model.catalog import RECORD
from streams.model.money import Quantity
from streams.outcome import Reject, RejectReason
from streams.rate.offer import PricesByUnit, UnitPrice
from streams.rate.quantity import divided
from streams.rate.rating import Part, Rating


def price_usages(rating: Rating) -> Reject | None:
    """Append the lines and parts of each usage; a leaf without a price refuses the record."""
    offer, record = rating.offer, rating.record
    band = ""
    if offer.bands is not None:
        start, end = record.occurred_at, record.ended_at
        found = offer.bands.band_of(start, end, rating.account.time_zone)
        if found is None:
            return _price_by_band(rating)
        band = rating.band = found
    prices = offer.prices_for(record.attributes, rating.zone, band)
    if offer.is_plain:
        return _price_plainly(rating, prices)
    for usage in record.usages:
        price = prices.get(usage.unit)
        if price is None:
            return _no_price(rating, usage.unit, band)
        _price(rating, price, _counted(rating, usage.unit, usage.quantity), 0, band)
    return None


def _price_plainly(rating: Rating, prices: PricesByUnit) -> Reject | None:
    """Leaves counted as they are, at prices without tiers, all moving the same accumulators."""
    lines, offer = rating.lines, rating.offer
    parts = rating.parts if rating.burns else None
    moved: Quantity = 0
    for usage in rating.record.usages:
        price, quantity = prices.get(usage.unit), usage.quantity
        if price is None:
            return _no_price(rating, usage.unit, rating.band)
        priced = price.lines(quantity, 0)
        lines += priced
        moved += quantity
        if parts is not None:
            parts.append(Part(price.unit, quantity, 0, rating.band, price, priced))
    for accumulator in offer.moved_alike:
        rating.moved[accumulator] = moved
    return None


def _price_by_band(rating: Rating) -> Reject | None:
    """Usage that spans a switch: each leaf divided by the time in each band."""
    offer, record = rating.offer, rating.record
    assert offer.bands is not None
    zone_name = rating.account.time_zone
    segments = offer.bands.segments(record.occurred_at, record.ended_at, zone_name)
    rating.band = segments[0].band
    for usage in record.usages:
        quantity = _counted(rating, usage.unit, usage.quantity)
        before: Quantity = 0
        for segment, part in zip(segments, divided(quantity, segments), strict=True):
            prices = offer.prices_for(record.attributes, rating.zone, segment.band)
            price = prices.get(usage.unit)
            if price is None:
                return _no_price(rating, usage.unit, segment.band)
            _price(rating, price, part, before, segment.band)
            before += part
    return None


def _price(
    rating: Rating,
    price: UnitPrice,
    quantity: Quantity,
    before: Quantity,
    band: str,
) -> None:
    """One part of a leaf; `before` is how much of the leaf earlier parts have taken."""
    unit, reference = price.unit, price.reference
    used: Quantity = 0
    if reference:
        used = before if reference == RECORD else rating.used_of(reference)
    priced = price.lines(quantity, used)
    rating.lines += priced
    if rating.burns:
        rating.parts.append(Part(unit, quantity, used, band, price, priced))
    moved = rating.moved
    for accumulator in rating.offer.moves.get(unit, ()):
        moved[accumulator] = moved.get(accumulator, 0) + quantity


def _counted(rating: Rating, unit: str, quantity: Quantity) -> Quantity:
    measure = rating.offer.measures.get(unit)
    return quantity if measure is None else measure(quantity)


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
