"""What an offer and its price plan say, with every name resolved: all that a rule compiles from."""

from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from streams.functions import Functions
from streams.model.catalog import Allowance, OverrunPolicy, PriceOffer, UsageType
from streams.model.commitment import Commitment
from streams.model.holding import HeldBy
from streams.model.maximum_spend import MaximumSpend
from streams.model.money import Currency
from streams.model.rate_unit import RateUnit, RateUnitMap
from streams.model.rounding import RoundingScope
from streams.model.session import OutcomeRule
from streams.model.session_policy import SessionPolicy
from streams.rate.attributes import CompiledAttributes
from streams.rate.evaluation import Evaluations
from streams.rate.grant import PlanGrant
from streams.rate.money_terms import MoneyTerms
from streams.rate.spans import Spans
from streams.rate.tally import Tallies
from streams.rate.time_unit import BandCalendar
from streams.rate.zone_unit import ZoneTable


class PlanTerms(Struct, frozen=True):
    """What a price plan says of all it sells.

    `quantum` is the smallest amount that is charged, `nothing` is zero of it, and `rounding` the
    decimal module's mode; `rounds` says what is rounded, over a period with the others that count
    in the total `rounded_in`. `grants` are the allowances of each period. `spans` are the catalog's
    running totals and allowances with a period of their own, `evaluations` what may be asked of
    periods before. `tallies` are the accumulators that are more than sums by periods. Usage of a
    period costs no more than `maximum_spend`, and `commitments` are what it costs at least. What
    `carried` allowances do not cover is owed to their next grant. `sessions` are terms of grants.
    `owes_by_subscription`: what usage owes is its subscription's own. Of what subscriptions have
    for themselves, `shares` are those that they have together.
    """

    id: str
    currency: Currency
    quantum: Decimal
    nothing: Decimal
    rounding: str
    overrun: OverrunPolicy
    grants: tuple[PlanGrant, ...]
    spans: Spans = {}
    rounds: RoundingScope = "record"
    rounded_in: str = ""
    maximum_spend: MaximumSpend | None = None
    commitments: tuple[Commitment, ...] = ()
    evaluations: Evaluations = {}
    tallies: Tallies = {}
    carried: frozenset[str] = frozenset()
    sessions: SessionPolicy | None = None
    owes_by_subscription: bool = False
    shares: frozenset[str] = frozenset()

    @property
    def not_waiting(self) -> "PlanTerms":
        """The same for what cannot wait for credit: what is beyond that is owed."""
        return replace(self, overrun="receivable") if self.overrun == "suspend" else self


class RateUnitTerms(Struct, frozen=True):
    """What a usage type is measured by: the rate units and the map of its service type.

    `accumulators` are all that the catalog has; `functions` are those that are plugged in.
    """

    usage_type: UsageType
    units: tuple[RateUnit, ...]
    maps: tuple[RateUnitMap, ...]
    accumulators: tuple[str, ...]
    functions: Functions


class Impacts(Struct, frozen=True):
    """What usage at a price does: accumulators moved by unit, and by one; allowances burned."""

    moves: dict[str, tuple[str, ...]]
    counts: tuple[str, ...]
    allowances: frozenset[str]


class OfferTerms(Struct, frozen=True):
    """What an offer says. `allowances` stand in the order they burn.

    `source` names the offer in charge lines; `moves` are the accumulators moved by usage, by unit;
    `counts` those that a record moves by one, `amounts` those that it moves by what it costs;
    `units` and `attributes` are all of the usage type, and `held` says whether its units stay.
    `driven` are the price plan's fees that these units drive, by the rate unit that measures them.
    `rate_units` are there where they say how much a record is, not its source. `outcome` is what
    its sessions are charged for. `money` is what the catalog says of discounts, taxes and the like:
    rules look there for what is for this offer. Of the offer's prices the first `agreed` are those
    of one account, which `agreed_source` names: they come before all others.


    `impacts` are those of prices that have their own, by number in the offer, and under 0 those of
    all others; empty where none has. `allowances` are then all that any of them burns. `banded` are
    the accumulators that count what is used in one band, with that band. `declared` is what
    the catalog declares of whoever pays.
    """

    plan: PlanTerms
    offer: PriceOffer
    source: str
    zones: ZoneTable | None
    bands: BandCalendar | None
    allowances: tuple[Allowance, ...]
    moves: dict[str, tuple[str, ...]]
    units: tuple[str, ...]
    attributes: tuple[str, ...] = ()
    held: HeldBy = ""
    driven: dict[str, tuple[str, ...]] = {}
    counts: tuple[str, ...] = ()
    amounts: tuple[str, ...] = ()
    rate_units: RateUnitTerms | None = None
    outcome: OutcomeRule | None = None
    money: MoneyTerms = MoneyTerms()
    agreed: int = 0
    agreed_source: str = ""
    impacts: dict[int, Impacts] = {}
    banded: dict[str, str] = {}
    declared: CompiledAttributes | None = None

    def source_of(self, number: int) -> str:
        """What a price is called in charge lines: an account's and the offer's count apart."""
        if number <= self.agreed:
            return f"{self.agreed_source}#{number}"
        return f"{self.source}#{number - self.agreed}"

    @property
    def charges_zero(self) -> bool:
        """True where records that measured nothing are charged too."""
        return self.offer.zero_usage == "charge"
