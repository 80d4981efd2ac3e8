"""What a rule of rating is: a closure over one offer's terms, run for each of its records."""

from collections.abc import Callable

from streams.outcome import Drop, Reject
from streams.rate.rating import Rating
from streams.rate.terms import OfferTerms

Rule = Callable[[Rating], Drop | Reject | None]
"""Amends the rating, or says why the record is not, or cannot be, charged."""

CompileRule = Callable[[OfferTerms], Rule | None]
"""Binds a rule to an offer; None where the offer does not need it."""
