"""A fee of a price plan compiled: priced by the same rules as usage."""

from typing import NamedTuple

from streams.model.fee import Fee
from streams.rate.offer import CompiledOffer


class CompiledFee(NamedTuple):
    """A fee and the rules that a record of it goes through."""

    fee: Fee
    offer: CompiledOffer
