"""The time band of the record, where its offer has a time unit."""

from streams.rate.rating import Rating
from streams.rate.rule import Rule
from streams.rate.terms import OfferTerms


def compile_band(terms: OfferTerms) -> Rule | None:
    """Set `rating.band`; of usage that spans switches the first one, and all its segments."""
    if terms.bands is None:
        return None
    band_of, segments_of = terms.bands.band_of, terms.bands.segments

    def find_band(rating: Rating) -> None:
        record, zone_name = rating.record, rating.payer.time_zone
        band = band_of(record.occurred_at, record.ended_at, zone_name)
        if band is None:
            segments = segments_of(record.occurred_at, record.ended_at, zone_name)
            band = segments[0].band
            rating.segments = segments
        rating.band = band

    return find_band
