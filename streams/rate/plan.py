"""A catalog version compiled: dictionaries and closures, nothing left to interpret per record."""

from collections.abc import Iterable
from decimal import Decimal

from msgspec.structs import replace

from streams.functions import NO_FUNCTIONS, Functions
from streams.mediate import compile_mediation
from streams.model.catalog import (
    Accumulator,
    AtChange,
    Catalog,
    CurrencyRule,
    Price,
    PriceOffer,
    PricePlan,
    UsageType,
    version_of,
)
from streams.model.commitment import COMMITMENT, TRUE_UP
from streams.model.fee import FEE, Fee
from streams.model.instant import BEGINNING, datetime_of
from streams.model.money import ROUNDING_MODES
from streams.rate.account_prices import AccountOffers
from streams.rate.attributes import attributes_of
from streams.rate.best_price_plan import with_best_prices
from streams.rate.budgets import deepest_first
from streams.rate.combined import AND, alone_as_supplement, combined
from streams.rate.commission import Commissions
from streams.rate.evaluation import evaluations_of
from streams.rate.fee import CompiledFee
from streams.rate.grant import plan_grant
from streams.rate.money_terms import money_terms
from streams.rate.multi_rate import CompiledMultiRate
from streams.rate.offer import CompiledOffer
from streams.rate.price_plan import CompiledPricePlan
from streams.rate.rounded_totals import plan_rounding
from streams.rate.rounding import with_rounding
from streams.rate.session_policies import has_session_policies
from streams.rate.settled import settled_prices
from streams.rate.settlement import Settlement
from streams.rate.spans import MONTH, spans_of
from streams.rate.tally import banded, tallies_of
from streams.rate.terms import Impacts, OfferTerms, PlanTerms, RateUnitTerms
from streams.rate.thresholds import Thresholds
from streams.rate.time_unit import BandCalendar
from streams.rate.true_up import TrueUp, alone, true_up_offer
from streams.rate.use_policies import use_policies
from streams.rate.volume_settlement import VolumeSettlement
from streams.rate.zone_unit import ZoneTable
from streams.record_ids import KEPT_DAYS
from streams.subscriptions import Supplement


class Plan:
    """What charging and mediation work by. Immutable but for its look-up caches."""

    __slots__ = (
        "account_offers",
        "approval_limits",
        "at_change",
        "attributes",
        "automatic",
        "budgets",
        "carried",
        "charges_zero",
        "commissions",
        "conversions",
        "dedupe_days",
        "grace",
        "has_session_policies",
        "is_test",
        "mediation",
        "multi_rates",
        "points",
        "price_plans",
        "priorities",
        "session_policies",
        "tallies",
        "tenant",
        "thresholds",
        "use_policies",
        "version",
    )

    def __init__(self, catalog: Catalog, functions: Functions) -> None:
        self.version = version_of(catalog)
        self.tenant = catalog.tenant
        self.grace = catalog.grace
        self.is_test = catalog.is_test
        compiler = _Compiler(catalog, functions)
        self.attributes = compiler.attributes
        self.price_plans = compiler.price_plans()
        self.tallies = compiler.tallies
        self.commissions = Commissions(catalog)
        self.priorities = {each.id: each.priority for each in catalog.allowances}
        self.carried = _carried(catalog)
        self.charges_zero = _taken_without_quantity(catalog)
        usage_types = {each.id: each for each in catalog.usage_types}
        self.at_change: dict[str, AtChange] = {
            each.id: each.at_change for each in catalog.usage_types if each.at_change != "start"
        }
        self.multi_rates = {
            each.usage_type: CompiledMultiRate(each, usage_types) for each in catalog.multi_rates
        }
        self.dedupe_days: dict[str, int] = {}
        for platform in catalog.source_platforms:
            usage_type = platform.mapping.usage_type
            days = max(platform.dedupe_window_days, self.dedupe_days.get(usage_type, 0))
            self.dedupe_days[usage_type] = days
        self.mediation = compile_mediation(
            catalog.source_platforms,
            tenant=catalog.tenant,
            version=self.version,
            functions=functions,
            charges_zero=self.charges_zero,
            held={each.id: each.held for each in catalog.usage_types if each.held},
        )
        self.approval_limits = {
            rule.code: rule.approval_limit
            for rule in catalog.currencies
            if rule.approval_limit is not None
        }
        self.thresholds = Thresholds(catalog)
        self.conversions = {each.id: each for each in catalog.conversions}
        self.automatic = tuple(each for each in catalog.conversions if each.automatic)
        self.points = frozenset(rule.resource for rule in catalog.loyalty_rules)
        self.account_offers = AccountOffers()
        self.session_policies = {each.id: each.sessions for each in catalog.usage_types}
        self.budgets = deepest_first(catalog.budgets)
        self.use_policies = use_policies(catalog, compiler.bands)
        self.has_session_policies = has_session_policies(catalog)

    def with_supplements(self, price_plan: str, supplements: Iterable[Supplement]) -> str:
        """The name of a price plan with what supplements it, put together when first asked for.

        Where one of them is not in the catalog, neither is the whole.
        """
        names = [price_plan, *(each.assignment.price_plan for each in supplements)]
        if len(names) == 1:
            return price_plan
        name = AND.join(names)
        plans = [self.price_plans.get(each) for each in names]
        if name not in self.price_plans and None not in plans:
            master, *others = (plan for plan in plans if plan is not None)
            self.price_plans[name] = combined(name, master, others)
        return name

    def as_supplement(self, price_plan: str) -> str:
        """The name of a price plan by itself that supplements another: it grants as it does there.

        Itself where it is not in the catalog.
        """
        name, plan = f"{AND}{price_plan}", self.price_plans.get(price_plan)
        if plan is None:
            return price_plan
        if name not in self.price_plans:
            self.price_plans[name] = alone_as_supplement(name, plan)
        return name

    def dedupe_window(self, usage_type: str) -> int:
        """How many days back an event of this type is charged: its source's window."""
        return self.dedupe_days.get(usage_type, KEPT_DAYS)


class _Compiler:
    """Finds what offers refer to by name; the catalog has been checked, so all of it is there."""

    def __init__(self, catalog: Catalog, functions: Functions) -> None:
        self.catalog = catalog
        self.functions = functions
        self.attributes = attributes_of(catalog)
        self.currencies = {rule.code: rule for rule in catalog.currencies}
        self.usage_types = {each.id: each for each in catalog.usage_types}
        self.usage_types[FEE] = UsageType(id=FEE, units=(FEE,))
        self.usage_types.setdefault(TRUE_UP, UsageType(id=TRUE_UP, units=(TRUE_UP,)))
        self.allowances = {each.id: each for each in catalog.allowances}
        self.accumulators = {each.id: each for each in catalog.accumulators}
        self.zones = {unit.id: ZoneTable(unit) for unit in catalog.zone_units}
        self.money = money_terms(catalog)
        self.bands = {unit.id: BandCalendar(unit) for unit in catalog.time_units}
        self.outcomes = {rule.usage_type: rule for rule in catalog.outcomes}
        self.spans = spans_of(catalog)
        self.evaluations = evaluations_of(catalog)
        self.tallies = tallies_of(catalog)

    def price_plans(self) -> dict[str, CompiledPricePlan]:
        plans = {plan.id: self._price_plan(plan) for plan in self.catalog.price_plans}
        for plan in self.catalog.price_plans:
            if plan.best_of:
                plans[plan.id] = with_best_prices(plan, plans)
        return plans

    def _price_plan(self, plan: PricePlan) -> CompiledPricePlan:
        rule: CurrencyRule = self.currencies[plan.currency]
        terms = PlanTerms(
            id=plan.id,
            currency=plan.currency,
            quantum=Decimal(1).scaleb(-rule.digits),
            nothing=Decimal(0).scaleb(-rule.digits),
            rounding=ROUNDING_MODES[rule.rounding],
            overrun=plan.overrun,
            grants=tuple(
                plan_grant(grant, self.allowances[grant.allowance], plan.shares)
                for grant in plan.grants
            ),
            spans=self.spans,
            maximum_spend=plan.maximum_spend,
            commitments=plan.commitments,
            evaluations=self.evaluations,
            tallies=self.tallies,
            carried=_carried(self.catalog),
            sessions=plan.sessions,
            owes_by_subscription=rule.per == "subscription",
            shares=frozenset(plan.shares),
        )
        rounding = plan_rounding(rule, plan.rounding)
        terms = with_rounding(terms, rounding, plan.id)
        offers: dict[str, tuple[CompiledOffer, ...]] = {}
        settlements = self._true_ups(plan, terms)
        for offer in sorted(plan.offers, key=lambda each: -each.start):
            own = terms
            if offer.rounding is not None:
                scope = f"{plan.id}/{offer.id}"
                own = with_rounding(terms, offer.rounding.within(rounding), scope)
            driven = self._driven(offer, plan.fees)
            compiled = CompiledOffer(replace(self._offer_terms(own, offer), driven=driven))
            settlements |= self._volumes(compiled.terms)
            offers[offer.usage_type] = (*offers.get(offer.usage_type, ()), compiled)
        fees = {fee.id: CompiledFee(fee, self._fee_offer(terms, fee)) for fee in plan.fees}
        return CompiledPricePlan(terms, offers, fees, settlements)

    def _volumes(self, terms: OfferTerms) -> dict[str, Settlement]:
        """The prices of an offer that are settled, by the period of what they are measured on."""
        return {
            settled.name: VolumeSettlement(
                terms, self.accumulators[settled.price.reference].period or MONTH, settled
            )
            for settled in settled_prices(terms.plan.id, terms.offer)
        }

    def _true_ups(self, plan: PricePlan, terms: PlanTerms) -> dict[str, Settlement]:
        """What a price plan's commitments ask for."""
        settled: dict[str, Settlement] = {}
        for commitment in plan.commitments:
            own = alone(self._offer_terms(terms, true_up_offer(commitment)))
            own = replace(own, source=f"{plan.id}/{commitment.id}")
            true_up = settled[f"{COMMITMENT}{commitment.id}"] = TrueUp(commitment, own)
            counted = self.accumulators.get(commitment.accumulator)
            if counted is not None and counted.per == "group":
                true_up.of_group = counted.id
        return settled

    def _fee_offer(self, plan: PlanTerms, fee: Fee) -> CompiledOffer:
        """What a fee is priced by."""
        offer = PriceOffer(
            id=fee.id,
            usage_type=FEE,
            product=fee.product,
            start=BEGINNING,
            prices=(Price(price=fee.price),),
            impacts=fee.impacts,
        )
        terms = self._offer_terms(plan.not_waiting, offer)
        return CompiledOffer(replace(terms, source=f"{plan.id}/{fee.id}"))

    def _offer_terms(self, plan: PlanTerms, offer: PriceOffer) -> OfferTerms:
        since = datetime_of(offer.start).strftime("%Y-%m-%d")
        named = dict.fromkeys((*offer.impacts, *_of_prices(offer)))
        allowances = [self.allowances[name] for name in named if name in self.allowances]
        return OfferTerms(
            plan=plan,
            offer=offer,
            source=f"{plan.id}/{offer.id}@{since}",
            zones=self.zones[offer.zone_unit] if offer.zone_unit else None,
            bands=self.bands[offer.time_unit] if offer.time_unit else None,
            allowances=tuple(sorted(allowances, key=lambda each: each.priority)),
            moves=self._moves(offer),
            impacts=self._impacts(offer),
            units=self.usage_types[offer.usage_type].units,
            attributes=self.usage_types[offer.usage_type].attributes,
            held=self.usage_types[offer.usage_type].held,
            rate_units=self._rate_units(self.usage_types[offer.usage_type]),
            counts=self._summing("records", offer),
            amounts=self._summing("amount", offer),
            outcome=self.outcomes.get(offer.usage_type),
            banded=banded(self.accumulators.values()),
            money=self.money,
            declared=self.attributes,
        )

    def _driven(self, offer: PriceOffer, fees: Iterable[Fee]) -> dict[str, tuple[str, ...]]:
        """The fees that the offer's usage drives, by the rate unit that measures it."""
        service_type = self.usage_types[offer.usage_type].service_type
        return {
            unit.id: tuple(fee.id for fee in fees if fee.driven_by == unit.id)
            for unit in self.catalog.rate_units
            if unit.service_type == service_type and any(fee.driven_by == unit.id for fee in fees)
        }

    def _impacts(self, offer: PriceOffer) -> dict[int, Impacts]:
        """Those of each price that has its own, and the offer's; none where no price has."""
        own = {
            number: price.impacts
            for number, price in enumerate(offer.prices, start=1)
            if price.impacts is not None
        }
        if not own:
            return {}
        found: dict[int, Impacts] = {}
        for number, named in {0: offer.impacts, **own}.items():
            meant = replace(offer, impacts=named)
            burned = frozenset(named) & self.allowances.keys()
            found[number] = Impacts(self._moves(meant), self._summing("records", meant), burned)
        return found

    def _rate_units(self, usage_type: UsageType) -> RateUnitTerms | None:
        """What measures records of this type; None where their source says how much they are."""
        catalog, name = self.catalog, usage_type.service_type
        units = tuple(unit for unit in catalog.rate_units if unit.service_type == name)
        maps = tuple(row for row in catalog.rate_unit_maps if row.service_type == name)
        if not units:
            return None
        return RateUnitTerms(usage_type, units, maps, tuple(self.accumulators), self.functions)

    def _summing(self, what: str, offer: PriceOffer) -> tuple[str, ...]:
        """The accumulators among the offer's impacts that sum this."""
        return tuple(
            name
            for name in offer.impacts
            if name in self.accumulators and _value_of(self.accumulators[name]) == what
        )

    def _moves(self, offer: PriceOffer) -> dict[str, tuple[str, ...]]:
        moves: dict[str, tuple[str, ...]] = {}
        for unit in self.usage_types[offer.usage_type].units:
            moved = tuple(
                name
                for name in offer.impacts
                if name in self.accumulators and _sums(self.accumulators[name], unit)
            )
            if moved:
                moves[unit] = moved
        return moves


def _of_prices(offer: PriceOffer) -> tuple[str, ...]:
    """What prices have as impacts of their own."""
    return tuple(name for price in offer.prices for name in price.impacts or ())


def _taken_without_quantity(catalog: Catalog) -> frozenset[str]:
    """The usage types of which a record that measured nothing goes on to its offer."""
    charged = {
        offer.usage_type
        for plan in catalog.price_plans
        for offer in plan.offers
        if offer.zero_usage == "charge"
    }
    measured = {unit.service_type for unit in catalog.rate_units}
    derived = {each.id for each in catalog.usage_types if each.service_type in measured}
    outcomes = {rule.usage_type for rule in catalog.outcomes}
    parents = {each.usage_type for each in catalog.multi_rates}
    levels = {each.id for each in catalog.usage_types if each.held == "level"}
    return frozenset(charged | derived | parents | outcomes | levels)


def _sums(accumulator: Accumulator, unit: str) -> bool:
    """True where the accumulator sums quantities of this unit."""
    units = accumulator.usage_units
    return _value_of(accumulator) == "quantity" and (unit in units or not units)


def _value_of(accumulator: Accumulator) -> str:
    """What a record moves it by: an expression is asked once for each record."""
    return accumulator.sums if accumulator.of is None else "records"


def compile_catalog(catalog: Catalog, functions: Functions = NO_FUNCTIONS) -> Plan:
    """The plan of a checked catalog; equal catalogs give equal plans."""
    return Plan(catalog, functions)


def _carried(catalog: Catalog) -> frozenset[str]:
    """The allowances of which what they do not cover is owed to the next grant."""
    return frozenset(each.id for each in catalog.allowances if each.overage == "carried")
