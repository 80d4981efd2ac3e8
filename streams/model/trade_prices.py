"""Prices that a trade has of its own: calls, model tokens, charging sessions."""

from decimal import Decimal
from typing import Literal

from msgspec import Struct

from streams.model.price import NOTHING, RECORD, OfOneUnit, Range


class RateSlot(Struct, frozen=True, array_like=True):
    """From second `from_s` of the call on: `rate` for `per_s` seconds, in full `increment_s`."""

    from_s: int
    rate: Decimal
    per_s: Decimal
    increment_s: int


class CallRounding(Struct, frozen=True, array_like=True):
    """How a call's amount is rounded: `up`, `down` or to the nearest (`middle`, half up)."""

    method: Literal["up", "down", "middle"]
    decimals: int


class TelecomRate(OfOneUnit, frozen=True, tag="telecom_rate", tag_field="kind", kw_only=True):
    """A call: a fee when it begins, then slots by its length; rounded and limited as one.

    `continuation` names an attribute that is `true` for a later part of a call, `elapsed` one that
    holds the seconds before this part.
    """

    slots: tuple[RateSlot, ...]
    connect_fee: Decimal = NOTHING
    rounding: CallRounding | None = None
    max_cost: Decimal | None = None
    max_cost_strategy: Literal["free", "disconnect"] = "free"
    continuation: str = ""
    elapsed: str = ""


class Beat(OfOneUnit, frozen=True, tag="beat", tag_field="kind", kw_only=True):
    """`amount_per_beat` for each started `beat_s`; past `max_s` nothing more is added."""

    beat_s: Decimal
    amount_per_beat: Decimal
    max_s: Decimal | None = None
    reference: str = RECORD


TOKEN_PARENTS = {
    "cache_read_input_tokens": "input_tokens",
    "cache_creation_input_tokens": "input_tokens",
    "cache_creation_1h_input_tokens": "cache_creation_input_tokens",
    "input_audio_tokens": "input_tokens",
    "input_image_tokens": "input_tokens",
    "input_video_tokens": "input_tokens",
    "cache_read_audio_tokens": "cache_read_input_tokens",
    "cache_read_image_tokens": "cache_read_input_tokens",
    "reasoning_output_tokens": "output_tokens",
    "output_audio_tokens": "output_tokens",
    "output_image_tokens": "output_tokens",
    "output_video_tokens": "output_tokens",
    "output_citation_tokens": "output_tokens",
}
"""Kind of token → the kind that it is a special case of, whose price it takes without its own."""


def token_kinds_of(kind: str) -> tuple[str, ...]:
    """A kind of token, then what it is a special case of, up to the most general."""
    parent = TOKEN_PARENTS.get(kind)
    return (kind,) if parent is None else (kind, *token_kinds_of(parent))


class TokenContext(Struct, frozen=True, array_like=True):
    """Amounts of requests with more than `above` input tokens, in place of those before."""

    above: int
    amounts: dict[str, Decimal]


class TokenShare(Struct, frozen=True, kw_only=True):
    """A share of the price for usage whose attributes are as in `when`."""

    percent: Decimal
    when: dict[str, str] = {}


class TokenBatch(Struct, frozen=True, kw_only=True):
    """Requests in a batch: `amounts` of their own, and `percent` of all others."""

    when: dict[str, str]
    percent: Decimal = Decimal(100)
    amounts: dict[str, Decimal] = {}


class LlmTokens(Struct, frozen=True, tag="llm_tokens", tag_field="kind", kw_only=True):
    """A model's prices: `amounts` by kind of token for `per` of them, `calls` for `calls_per`.

    A kind without an amount costs what the kind costs that it is a special case of. `contexts`
    apply to all tokens of a request by the sum of its input tokens.
    """

    amounts: dict[str, Decimal]
    per: Decimal = Decimal(1_000_000)
    contexts: tuple[TokenContext, ...] = ()
    calls: dict[str, Decimal] = {}
    calls_per: Decimal = Decimal(1000)
    batch: TokenBatch | None = None
    markup: tuple[TokenShare, ...] = ()

    @property
    def units(self) -> tuple[str, ...]:
        """The units that it prices."""
        kinds = [*self.amounts, *(kind for kind in TOKEN_PARENTS if kind not in self.amounts)]
        priced = (kind for kind in kinds if any(k in self.amounts for k in token_kinds_of(kind)))
        return (*priced, *self.calls)


EvDimension = Literal["flat", "energy", "time", "parking", "reservation"]


class EvWhen(Struct, frozen=True, kw_only=True):
    """Restrictions: local weekdays and minutes `[start, end)`, ranges of what was measured."""

    weekdays: tuple[str, ...] = ()
    start: int = 0
    end: int = 1440
    current: Range | None = None
    power: Range | None = None
    energy: Range | None = None
    duration: Range | None = None


class EvComponent(Struct, frozen=True, kw_only=True):
    """A price of one dimension: a kWh, an hour, or the session. `step` counts in full steps."""

    dimension: EvDimension
    amount: Decimal
    step: Decimal = NOTHING
    when: EvWhen = EvWhen()
    tax_class: str = ""


class Ev(Struct, frozen=True, tag="ev", tag_field="kind", kw_only=True):
    """A charging session: of each dimension the first component whose restrictions hold.

    `measured_in` names the unit of each dimension, `hour` says how many units of time make an
    hour. A session costs at least `minimum` and at most `maximum`, without tax, and with it at
    least `minimum_with_tax` and at most `maximum_with_tax`.
    """

    measured_in: dict[EvDimension, str]
    components: tuple[EvComponent, ...]
    hour: Decimal = Decimal(3600)
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    minimum_with_tax: Decimal | None = None
    maximum_with_tax: Decimal | None = None

    @property
    def units(self) -> tuple[str, ...]:
        """The units that it prices."""
        return tuple(self.measured_in.values())
