"""One request at work: what it lifts, sets aside and charges in the balances of its account."""

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from msgspec.structs import replace

from streams.caps.slices import Place, end_promises
from streams.caps.slices import lift as lift_slices
from streams.commands import catalog_of
from streams.due.made import made_position
from streams.due.movement import Movement, holder_of
from streams.ends import refuse
from streams.layer import Layer
from streams.model.account import Account
from streams.model.budget import Budget
from streams.model.charging_session import (
    AnswerCode,
    ChargingRequest,
    HeldService,
    Paid,
    ServiceAnswer,
    ServiceRequest,
    Trigger,
)
from streams.model.instant import BEGINNING, FOREVER, Instant
from streams.model.money import CONTEXT, ZERO, Quantity, minus
from streams.model.session_policy import SessionPolicy
from streams.model.usage import Usage
from streams.rate.guide import Elsewhere
from streams.rate.plan import Plan
from streams.rate.use_policies import Asking
from streams.session.budgets import hold_budgets, lift_budgets
from streams.session.caps import Slices
from streams.session.decisions import decision_of
from streams.session.holds import grant_movement, lift, set_aside
from streams.session.most import most
from streams.session.probe import Attempt, Probe, both, dearer, probe
from streams.session.records import record_of, together
from streams.session.refunds import paid_of
from streams.session.ruling import Ruling, rule
from streams.session.running import reserve_totals
from streams.session.tariff_change import Change, change_of
from streams.session.terms import covered_until, offer_of, policy_of, with_terms
from streams.session.told import told_of
from streams.session.usage_shares import charged_of
from streams.state import Effects, State


class Granted(NamedTuple):
    """What a service is granted: until when it holds, and how long without use."""

    held: HeldService
    answer: ServiceAnswer
    until: Instant = FOREVER
    inactive_after: Instant = 0


class Work:
    """A request on the state of its account, which is there and folded forward."""

    __slots__ = (
        "_attempt",
        "_place",
        "_plan",
        "_plans",
        "account",
        "charged",
        "effects",
        "key",
        "paid",
        "request",
        "state",
    )

    def __init__(  # noqa: PLR0913 - a request, whose it is, and where it is done
        self,
        request: ChargingRequest,
        account: Account,
        attempt: Attempt,
        place: Place,
        state: State,
        effects: Effects,
        plans: Mapping[str, Plan],
    ) -> None:
        self.request = request
        self.account = account
        self.key = f"{account.tenant}\0{account.account}".encode()
        self.state = state
        self.effects = effects
        self.paid: tuple[Paid, ...] = ()
        self._attempt = attempt
        self._place = place
        self._plans = plans
        version = catalog_of(request.tenant, request.at, state)
        self._plan = None if version is None else plans.get(version)
        self.charged: dict[str, Decimal] = {}
        """By service: what was charged of it because its terms changed."""

    @property
    def usual_budgets(self) -> tuple[Budget, ...]:
        """Those that the catalog gives to every account."""
        return () if self._plan is None else self._plan.budgets

    @property
    def _partition(self) -> int:
        return self._place.partition

    @property
    def _slices(self) -> Slices:
        """The slices of caps: next to no request has any."""
        return Slices(self.request, self._place, self.state, self.effects)

    # What is asked of one service

    def estimate(self, asked: ServiceRequest) -> ServiceAnswer:
        """What could be granted now, and its price; nothing changes."""
        held = HeldService.opened(asked, self.request.began_at)
        ruling = self._ruled(held, asked)
        asked = self._bought(held, asked if ruling is None else ruling.asked)
        granted, found, short = self._most(held, (), asked)
        told = with_terms(told_of(asked, granted, found, short), self._policy(found, asked))
        return told if ruling is None else ruling.told(told)

    def grant(self, held: HeldService, asked: ServiceRequest) -> Granted:
        """Set aside what the service has used and may use next; where its terms change, anew.

        What was used under other attributes is charged by them (3GPP: a change of rating
        conditions).
        """
        said, ruling = asked, self._ruled(held, asked)
        asked = asked if ruling is None else ruling.asked
        promised = held.caps
        self.lift(held, is_charged=True)
        held, trigger = self._told_apart(held, asked)
        end_promises(promised, self.state)
        asked = self._bought(held, asked)
        granted, found, short = self._most(held, held.used, asked)
        policy = self._policy(found, asked)
        until = self.request.at + self._validity(policy)
        change = self._change(held, asked, found, until)
        if granted and found is not None and BEGINNING < change.at < until:
            granted, found = self._across(held, granted, found, change.at)
        borne = found if granted else self._probe(held, held.used) if held.used else None
        held = self._set_aside(replace(held, granted=granted, tariff_change=change.at), borne)
        if found is not None and not found.is_granted:
            self._slices.ask_more(found)
        told = with_terms(told_of(asked, granted, found, short), policy)
        if trigger:
            told = replace(told, trigger=trigger)
        told = self._decided(said, told, ruling, found)
        if granted and found is not None:
            until = min(until, change.again_at, covered_until(found, self.request.at))
            if BEGINNING < change.at < until:
                told = replace(told, tariff_change=change.at)
        return Granted(held, told, until, 0 if policy is None else policy.inactive_after)

    def _set_aside(self, held: HeldService, borne: Probe | None) -> HeldService:
        """The service with what the probe has found, which nothing else may take from now on."""
        if borne is None or borne.refusal is not None:
            return replace(held, holds=(), totals=(), caps=(), budgets=())
        holds, opened = set_aside(self.request.tenant, borne.taken, self.state)
        for each in opened:
            self._make(grant_movement(each))
        reserve_totals(self.key, borne.totals, self.state)
        caps = self._slices.hold(borne) if borne.caps else ()
        hold_budgets(borne.budgets, borne.counted, self.state)
        return replace(held, holds=holds, totals=borne.totals, caps=caps, budgets=borne.budgets)

    def report(self, held: HeldService, asked: ServiceRequest) -> HeldService:
        """Add what was used since the last report."""
        if not asked.used:
            return held
        return replace(held, used=together(held.used, asked.used), reported_at=self.request.at)

    def report_last(self, held: HeldService, asked: ServiceRequest) -> HeldService:
        """Add what was used since the last report, before and after a change of the tariff."""
        held = self.report(held, asked)
        if not asked.used_after:
            return held
        self.lift(held)
        return self._split(replace(held, holds=(), totals=()), asked)

    def debit(self, asked: ServiceRequest) -> ServiceAnswer:
        """Charge it if the account bears it whole."""
        held = HeldService.opened(asked, self.request.began_at)
        said, ruling = asked, self._ruled(held, asked)
        if ruling is not None:
            asked, held = ruling.asked, HeldService.opened(ruling.asked, self.request.began_at)
        told = ServiceAnswer(asked.group, asked.usage_type, AnswerCode.SUCCESS)
        if ruling is not None and ruling.is_stop:
            return self._decided(said, told, ruling, None)
        asked = self._bought(held, asked)
        found = self._probe(held, asked.requested)
        if not found.is_granted:
            self._slices.ask_more(found)
            return self._decided(said, told_of(asked, (), found, found), ruling, found)
        self._charge(replace(held, used=asked.requested))
        told = replace(told, granted=asked.requested, amount=found.amount)
        return self._decided(said, told, ruling, found)

    # What becomes of a session

    def settle(self, services: tuple[HeldService, ...]) -> list[ServiceAnswer]:
        """Give back what is held for the services, and charge each for what it has used."""
        for held in services:
            self.lift(held, is_charged=True)
        told = [self._settled(held) for held in services]
        for held in services:
            end_promises(held.caps, self.state)
        return told

    def lift(self, held: HeldService, *, is_charged: bool = False) -> None:
        """Give back what is set aside for the service, which may be charged next."""
        lift(self.request.tenant, held.holds, self.state)
        lift_budgets(held.budgets, self.state)
        if held.totals:
            lifted = tuple([(*each[:3], minus(each[3])) for each in held.totals])
            reserve_totals(self.key, lifted, self.state)
        lift_slices(held.caps, self.state, is_promised=is_charged)

    # What a change of terms does

    def _told_apart(self, held: HeldService, asked: ServiceRequest) -> tuple[HeldService, Trigger]:
        """What was used under terms that are over is charged by them; and why it is."""
        held = self.report(held, asked)
        at, trigger = self.request.at, _NO_TRIGGER
        if asked.used_after or BEGINNING < held.tariff_change <= at:
            held, trigger = self._split(held, asked), TARIFF_TIME_CHANGE
        if asked.attributes != held.attributes:
            held = self._renewed(replace(held, attributes=asked.attributes), held, at)
            trigger = RATING_CONDITION_CHANGE
        return held, trigger

    def _split(self, held: HeldService, asked: ServiceRequest) -> HeldService:
        """The tariff has changed: what was used after that is rated from there on."""
        if held.tariff_change == BEGINNING:
            return replace(held, used=together(held.used, asked.used_after))
        start = held.tariff_change if asked.used_after else self.request.at
        return replace(self._renewed(held, held, start), used=asked.used_after)

    def _renewed(self, terms: HeldService, held: HeldService, start: Instant) -> HeldService:
        """Charge what was used so far; the service goes on with a new record."""
        if any(usage.quantity for usage in held.used):
            before = self.charged.get(held.group, ZERO)
            self.charged[held.group] = CONTEXT.add(before, self._charge(held).amount)
        at, number = self.request.at, held.number + 1
        return HeldService(held.group, held.usage_type, terms.attributes, start, at, number=number)

    def _settled(self, held: HeldService) -> ServiceAnswer:
        told = self._charge(held)
        before = self.charged.get(held.group)
        return told if before is None else replace(told, amount=CONTEXT.add(before, told.amount))

    # What policies say

    def _ruled(self, held: HeldService, asked: ServiceRequest) -> Ruling | None:
        """What policies leave of what is asked for; None: none looks at it."""
        if self._plan is None or not self._plan.use_policies:
            return None
        used = together(charged_of(self.paid, asked.usage_type), held.used, asked.used)
        return rule(Asking(self.account, asked, used, self.request.at), held, self._plan)

    def _decided(
        self,
        asked: ServiceRequest,
        told: ServiceAnswer,
        ruling: Ruling | None,
        found: Probe | None,
    ) -> ServiceAnswer:
        """The answer as policies have it; recorded, where they or budgets had a say."""
        if ruling is not None:
            told = ruling.told(told)
        elif told.restriction is None and (found is None or not found.counted):
            return told
        self.effects.decisions.append(decision_of(asked, told, self.request, self.account))
        return told

    # What they are made of

    def _policy(self, found: Probe | None, asked: ServiceRequest) -> SessionPolicy | None:
        return None if found is None else policy_of(found, asked, self.request.at, self._plans)

    def _validity(self, policy: SessionPolicy | None) -> Instant:
        wanted = self.request.validity
        return min(wanted, policy.valid_for) if policy and policy.valid_for else wanted

    def _change(
        self, held: HeldService, asked: ServiceRequest, found: Probe | None, until: Instant
    ) -> Change:
        start = held.opened_at
        offer = None if found is None else offer_of(found, asked, start, self._plans)
        return change_of(offer, asked, start=start, until=until, zone=self.account.time_zone)

    def _across(
        self, held: HeldService, granted: tuple[Usage, ...], found: Probe, change: Instant
    ) -> tuple[tuple[Usage, ...], Probe]:
        """As much of it as is covered whether it is used before the change or after it."""
        *fixed, last = granted
        used, layer, own = Probe(None), Layer(self.state), Effects(self.effects.step)
        if any(usage.quantity for usage in held.used):
            used = self._probe(held, held.used)
            record = record_of(held, held.used, self.request)
            self._attempt(record, made_position(record, self._partition), layer, own)
        later = replace(held, opened_at=change, number=held.number + 1)

        def ask(quantity: Quantity) -> Probe:
            record = record_of(later, together(fixed, (Usage(last.unit, quantity),)), self.request)
            return probe(record, self.account.account, layer, self._attempt, step=own.step)

        quantity, after, _ = most(last.quantity, ask)
        if not after.is_granted:
            return (), after
        before = found
        if quantity != last.quantity:
            granted = (*fixed, Usage(last.unit, quantity))
            before = self._probe(held, together(held.used, granted))
        return granted, dearer(before, both(used, after))

    def _bought(self, held: HeldService, asked: ServiceRequest) -> ServiceRequest:
        """With money asked for: no more than that buys, beyond what was used."""
        money = asked.money
        if money is None or not asked.requested:
            return asked
        *fixed, last = asked.requested
        bound = money
        if held.used:
            bound = CONTEXT.add(bound, self._probe(held, held.used).amount)

        def ask(quantity: Quantity) -> Probe:
            found = self._probe(held, together(held.used, fixed, (Usage(last.unit, quantity),)))
            return found._replace(is_covered=found.amount <= bound)

        quantity, found, _ = most(last.quantity, ask)
        if found.refusal is not None:
            return asked
        bought = (*fixed, Usage(last.unit, quantity)) if found.is_covered else ()
        return replace(asked, requested=bought)

    def _most(
        self, held: HeldService, used: tuple[Usage, ...], asked: ServiceRequest
    ) -> tuple[tuple[Usage, ...], Probe | None, Probe | None]:
        """As much of what is requested as is covered after what was used; what more would do."""
        if not asked.requested:
            return (), None, None
        *fixed, last = asked.requested

        def ask(quantity: Quantity) -> Probe:
            return self._probe(held, together(used, fixed, (Usage(last.unit, quantity),)))

        if asked.is_whole:
            found = ask(last.quantity)
            quantity = last.quantity
            short: Probe | None = found
        else:
            quantity, found, short = most(last.quantity, ask)
        return ((*fixed, Usage(last.unit, quantity)) if found.is_granted else ()), found, short

    def _probe(self, held: HeldService, usages: tuple[Usage, ...]) -> Probe:
        record = record_of(held, usages, self.request)
        step = self.effects.step
        return probe(record, self.account.account, self.state, self._attempt, step=step)

    def _charge(self, held: HeldService) -> ServiceAnswer:
        """Charge what the service has used, as one record."""
        told = ServiceAnswer(held.group, held.usage_type, AnswerCode.SUCCESS, held.used)
        if not any(usage.quantity for usage in held.used):
            return told
        record = record_of(held, held.used, self.request)
        position = made_position(record, self._partition)
        first, caused = len(self.effects.rated), len(self.effects.causes)
        refusal = self._attempt(record, position, self.state, self.effects)
        if refusal is None:
            made = {id(cause) for cause, _ in self.effects.causes[caused:]}
            own = [each for each in self.effects.rated[first:] if id(each.record) not in made]
            self.effects.causes += [(each.record, self.request) for each in own]
            self.paid += tuple(paid_of(each, self.state) for each in own)
            return replace(told, amount=sum((each.amount for each in own), ZERO))
        if isinstance(refusal, Elsewhere):
            return replace(told, code=AnswerCode.NOT_RATED, detail=f"lives under {refusal.root}")
        refuse(record, position, refusal, self.effects)
        return replace(told, code=AnswerCode.NOT_RATED, detail=refusal.detail)

    def _make(self, movement: Movement) -> None:
        holder = holder_of(self.account)
        charge = movement.charge(holder, version="", partition=self._partition)
        self.effects.make(charge, self.request)


_NO_TRIGGER: Trigger = ""
RATING_CONDITION_CHANGE: Trigger = "rating_condition_change"
TARIFF_TIME_CHANGE: Trigger = "tariff_time_change"
