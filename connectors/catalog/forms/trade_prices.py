"""The words of prices that a trade has of its own: calls, model tokens, charging sessions."""

from decimal import Decimal
from typing import Literal

from msgspec import Struct, field

from connectors.catalog.forms.when import Days
from connectors.catalog.forms.words import Hour


class RangeForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Numbers from `from` (inclusive) to `below` (exclusive); either may be left out."""

    start: Decimal | None = field(default=None, name="from")
    below: Decimal | None = None


class SlotForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From second `from_s` of the call on: `rate` for `per_s` seconds, in full `increment_s`."""

    from_s: int = 0
    rate: Decimal
    per_s: Decimal = Decimal(60)
    increment_s: int = 1


class CallRoundingForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a call's amount is rounded: `up`, `down`, or to the nearest (`middle`)."""

    method: Literal["up", "down", "middle"]
    decimals: int


class TelecomRateForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A call: a fee when it begins, then slots by its length; limited and rounded as one."""

    unit: str
    slots: tuple[SlotForm, ...]
    connect_fee: Decimal = Decimal(0)
    rounding: CallRoundingForm | None = None
    max_cost: Decimal | None = None
    max_cost_strategy: Literal["free", "disconnect"] = "free"
    continuation: str = ""
    elapsed: str = ""


class BeatForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An amount for each started beat; past `max_s` nothing more is added."""

    unit: str
    beat_s: Decimal
    amount_per_beat: Decimal
    max_s: Decimal | None = None
    reference: str = "record"


class TokenContextForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Amounts of requests with more than `above` input tokens, in place of those before."""

    above: int
    amounts: dict[str, Decimal]


class TokenBatchForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Requests in a batch: `amounts` of their own, and `percent` of all others."""

    when: dict[str, str]
    percent: Decimal = Decimal(100)
    amounts: dict[str, Decimal] = {}


class TokenShareForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A markup for usage whose attributes are as in `when`; the best match counts."""

    percent: Decimal
    when: dict[str, str] = {}


class LlmTokensForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model's prices by kind of token, for `per` tokens; `calls` are for `calls_per`."""

    amounts: dict[str, Decimal]
    per: Decimal = Decimal(1_000_000)
    contexts: tuple[TokenContextForm, ...] = ()
    calls: dict[str, Decimal] = {}
    calls_per: Decimal = Decimal(1000)
    batch: TokenBatchForm | None = None
    markup: tuple[TokenShareForm, ...] = ()


class EvUnitsForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The unit of each dimension that is measured."""

    energy: str = ""
    time: str = ""
    parking: str = ""
    reservation: str = ""


class EvWhenForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a component counts: days and hours of the account, ranges of what was measured."""

    days: tuple[Days, ...] = ()
    start: Hour = "00:00"
    end: Hour = "24:00"
    current: RangeForm | None = None
    power: RangeForm | None = None
    energy: RangeForm | None = None
    duration: RangeForm | None = None


class EvComponentForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a kWh, an hour or a session costs; `step` counts in full steps of the unit."""

    dimension: Literal["flat", "energy", "time", "parking", "reservation"]
    amount: Decimal
    step: Decimal = Decimal(0)
    when: EvWhenForm = EvWhenForm()
    tax_class: str = ""


class EvForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A charging session: of each dimension the first component whose restrictions hold."""

    units: EvUnitsForm
    components: tuple[EvComponentForm, ...]
    hour: Decimal = Decimal(3600)
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    minimum_with_tax: Decimal | None = None
    maximum_with_tax: Decimal | None = None
