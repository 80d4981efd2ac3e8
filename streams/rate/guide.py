"""Who pays: service id → assignment in force at the event's time → account.

Mediation only found the root; here the owner decides for good. A service that has moved to a root
of another partition is told as `Elsewhere`.
"""

from sys import intern
from typing import Final, NamedTuple

from msgspec import Struct

from streams.model.account import Account, Service, ServiceAssignment
from streams.model.instant import BEGINNING, FOREVER, Instant, Period, format_instant
from streams.model.usage import UsageRecord
from streams.outcome import Reject, RejectReason
from streams.ranges import ranges_over, seen_as_one
from streams.rate.budgets import budgets_of
from streams.rate.payer import Payer, floor_of
from streams.rate.plan import Plan
from streams.rate.standing import standing_of
from streams.route import lacks_service
from streams.state import State, Table, View
from streams.subscriptions import Supplement, supplements_at

_SERVICES: Final = Table.SERVICES
_ACCOUNTS: Final = Table.ACCOUNTS
_ACCOUNT_PRICES: Final = Table.ACCOUNT_PRICES
_KEPT = 65_536
_NOT_IN_FORCE: Final = frozenset(
    (RejectReason.UNKNOWN_SERVICE, RejectReason.NOT_YET_ACTIVE, RejectReason.SERVICE_ENDED)
)
"""Why a range is looked for that holds the id."""
ALWAYS: Final = Period(BEGINNING, FOREVER)


class Elsewhere(Struct, frozen=True, gc=False):
    """The service lives under another root by now."""

    root: str


class Gone(Elsewhere, frozen=True, gc=False):
    """The account has left with its services: its new home charges what comes here."""


class Earlier(Elsewhere, frozen=True, gc=False):
    """The account came from `root`, whose home keeps the ids of events of that time."""


class Sought(NamedTuple):
    """Whose service, and when: all that an assignment is found by."""

    tenant: str
    service_id: str
    occurred_at: Instant


JUDGED: Final = object()
"""In place of what a state tells of changes: the record's id has been judged where it is kept."""


class Guide:
    """Finds the payer of each record of a tenant under one version, by way of its last answers.

    An answer is given again only while the state holds the very structs that it was made from:
    values of the state never change, so the same object says the same. Where the state tells that
    nothing about who pays has changed, not even these are looked up.
    """

    __slots__ = ("_known", "_paying", "_sure", "plan")

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._known: dict[bytes, Payer] = {}
        self._paying: object = None
        self._sure: dict[str, Payer] = {}

    def payer_of(
        self, record: UsageRecord, state: State, paying: object = None
    ) -> Payer | Elsewhere | Reject:
        """The payer at the event's time. `paying` is what the state tells of changes."""
        if paying is None:
            return self._look(record, state)
        if paying is not self._paying:
            if paying is JUDGED:
                return self._look(record, state, is_judged=True)
            self._paying = paying
            self._sure.clear()
        payer = self._sure.get(record.service_id)
        if payer is not None and payer.start <= record.occurred_at < payer.end:
            return payer
        found = self._look(record, state)
        if isinstance(found, Payer) and len(found.service.assignments) == 1:
            self._sure[record.service_id] = found
        return found

    def _look(
        self, record: UsageRecord, state: State, *, is_judged: bool = False
    ) -> Payer | Elsewhere | Reject:
        key = f"{record.tenant}\0{record.service_id}".encode()
        service: Service | None = state.get(_SERVICES, key)
        found = self._by(service, key, record, state, is_judged=is_judged)
        if isinstance(found, Reject) and found.reason in _NOT_IN_FORCE:
            wider = _with_ranges(service, record, state)
            if wider is not service:
                return self._by(wider, key, record, state, is_judged=is_judged)
        return found

    def _by(
        self,
        service: Service | None,
        key: bytes,
        record: UsageRecord,
        state: State,
        *,
        is_judged: bool,
    ) -> Payer | Elsewhere | Reject:
        payer = self._known.get(key)
        if (
            payer is not None
            and payer.service is service
            and payer.start <= record.occurred_at < payer.end
            and (payer.stored or payer.account) is state.get(_ACCOUNTS, payer.key)
        ):
            return payer
        found = _assignment_in(service, record, state)
        if not isinstance(found, ServiceAssignment):
            return found
        assert service is not None
        if not found.homes:
            return self._make(key, service, found, record=record, state=state)
        since = found.homes[-1][1]
        if record.occurred_at >= since:
            within = Period(since, FOREVER)
        elif is_judged:
            within = Period(BEGINNING, since)
        else:
            return Earlier(found.root_at(record.occurred_at))
        return self._make(key, service, found, record=record, state=state, within=within)

    def _make(  # noqa: PLR0913 - a payer by all that it comes from
        self,
        key: bytes,
        service: Service,
        assignment: ServiceAssignment,
        *,
        record: UsageRecord,
        state: State,
        within: Period = ALWAYS,
    ) -> Payer | Elsewhere | Reject:
        account_key = f"{record.tenant}\0{assignment.account}".encode()
        account: Account | None = state.get(_ACCOUNTS, account_key)
        if account is None:
            return Reject(
                RejectReason.UNKNOWN_ACCOUNT,
                f"account {assignment.account} of service {record.service_id} is not known",
                lacks=f"account:{record.tenant}:{assignment.account}",
            )
        if account.moved_to:
            return Gone(account.moved_to)
        start, end = max(assignment.start, within.start), min(assignment.end, within.end)
        if service.statuses or account.statuses:
            standing = standing_of(record, service, account)
            if isinstance(standing, Reject):
                return standing
            start, end = max(start, standing.start), min(end, standing.end)
        price_plan, supplements = assignment.price_plan, tuple[Supplement, ...]()
        if assignment.supplements:
            supplements = (Supplement(service.service_id, assignment),)
            price_plan = self.plan.as_supplement(price_plan)
        elif account.has_supplements:
            supplements, held = supplements_at(assignment, record.tenant, record.occurred_at, state)
            start, end = max(start, held.start), min(end, held.end)
            price_plan = self.plan.with_supplements(price_plan, supplements)
        stored, plain, attributes = None, None, self.plan.attributes
        if attributes is not None:
            stored, at = account, record.occurred_at
            account, plain, holds = attributes.tell(stored, service, assignment.subscription, at)
            start, end = max(start, holds.start), min(end, holds.end)
        budgets = self.plan.budgets
        payer = Payer(
            service,
            account,
            assignment,
            BEGINNING if start == BEGINNING else start,
            FOREVER if end == FOREVER else end,
            account_key,
            intern(price_plan),
            intern(account.currency),
            intern(account.time_zone),
            floor_of(account),
            self.plan.thresholds.money.of(account),
            state.get(_ACCOUNT_PRICES, account_key) if account.has_prices else None,
            supplements,
            stored,
            plain,
            budgets_of(account, budgets, state) if account.has_budgets or budgets else (),
        )
        # Of several assignments another may claim the service within this one's time.
        if len(service.assignments) == 1 and within.end == FOREVER:
            if len(self._known) >= _KEPT:
                self._known.clear()
                self._sure.clear()
            self._known[key] = payer
        return payer


def root_served(tenant: str, service_id: str, state: View) -> str:
    """The root that a service id lives under here, be it in a range; empty where it does not."""
    service: Service | None = state.get(_SERVICES, f"{tenant}\0{service_id}".encode())
    found = ranges_over(tenant, service_id, state) if service is None else [service]
    here = [each for held in found for each in held.assignments if not each.moved_to]
    return here[-1].root if here else ""


def find_assignment(
    record: UsageRecord | Sought, state: State
) -> ServiceAssignment | Elsewhere | Reject:
    """The assignment of the record's service in force at the event's time."""
    key = f"{record.tenant}\0{record.service_id}".encode()
    service: Service | None = state.get(_SERVICES, key)
    found = _assignment_in(service, record, state)
    if isinstance(found, Reject) and found.reason in _NOT_IN_FORCE:
        return _assignment_in(_with_ranges(service, record, state), record, state)
    return found


def _with_ranges(
    service: Service | None, record: UsageRecord | Sought, state: State
) -> Service | None:
    """The service as its id and the ranges that hold it say together; itself without any."""
    ranges = ranges_over(record.tenant, record.service_id, state)
    if not ranges:
        return service
    return seen_as_one(ranges if service is None else [service, *ranges], record.occurred_at)


def _assignment_in(
    service: Service | None, record: UsageRecord | Sought, state: State
) -> ServiceAssignment | Elsewhere | Reject:
    if service is None:
        return _refuse(record, RejectReason.UNKNOWN_SERVICE, "is not known")
    at = record.occurred_at
    covering = [each for each in service.assignments if each.start <= at < each.end]
    if len(covering) == 1:
        return covering[0]
    if covering:
        accounts = ", ".join(sorted({each.account for each in covering}))
        return _refuse(record, RejectReason.AMBIGUOUS_SERVICE, f"is claimed by {accounts}")
    ended = [each for each in service.assignments if each.end <= at]
    if service.gone:
        newest = max(service.gone, key=lambda each: (each.start <= at, each.end, each.start))
        if all(each.end < newest.end for each in ended):
            return _gone(newest, record, state)
    if not ended:
        return _refuse(record, RejectReason.NOT_YET_ACTIVE, "has no account yet")
    last = max(ended, key=lambda each: each.end)
    if last.moved_to:
        return Elsewhere(last.moved_to)
    return _refuse(record, RejectReason.SERVICE_ENDED, "has no account any more")


def _gone(
    left: ServiceAssignment, record: UsageRecord | Sought, state: State
) -> Elsewhere | Reject:
    """Where the account went that took the assignment along."""
    account: Account | None = state.get(_ACCOUNTS, f"{record.tenant}\0{left.account}".encode())
    if account is None or not account.moved_to:
        return _refuse(record, RejectReason.UNKNOWN_SERVICE, f"has left with {left.account}")
    return Gone(account.moved_to)


def _refuse(record: UsageRecord | Sought, reason: RejectReason, what: str) -> Reject:
    return Reject(
        reason,
        f"service {record.service_id} {what} at {format_instant(record.occurred_at)}",
        field="service_id",
        lacks=lacks_service(record.tenant, record.service_id),
    )
