"""What an account is beside any record: for thresholds on what commands and pool members move."""

from streams.accumulate.periods import period_of
from streams.due.made import make_record
from streams.model.account import Account, Accumulators, Balances, Service, ServiceAssignment
from streams.model.instant import BEGINNING, FOREVER, Instant, Period
from streams.rate.attributes import Told
from streams.rate.payer import Payer
from streams.rate.plan import Plan
from streams.rate.rating import Rating
from streams.state import State, Table

_SEGMENTS = "segments"
"""The usage type of the record that stands for no usage."""


def account_at(account: Account, at: Instant, *, plan: Plan, state: State) -> Account:
    """The account with its attributes and segments at an instant, where thresholds ask for them.

    It stands alone: neither a subscription nor a service id belongs to it here.
    """
    attributes = plan.attributes
    if attributes is None or not plan.thresholds.by_words:
        return account
    told = attributes.tell(account, None, "", at)
    if not attributes.everywhere or not plan.price_plans:
        return told.account
    rating = _rating(told, account, at, plan=plan, state=state)
    return attributes.with_totals(rating.payer, attributes.everywhere, rating.used_of).account


def _rating(told: Told, account: Account, at: Instant, *, plan: Plan, state: State) -> Rating:
    """No usage at that instant: its totals are those that usage would find."""
    key = f"{account.tenant}\0{account.account}".encode()
    balances: Balances = state.get(Table.BALANCES, key) or Balances()
    totals: Accumulators = state.get(Table.ACCUMULATORS, key) or Accumulators()
    assignment = ServiceAssignment(account.account, account.root, "", "", BEGINNING)
    payer = Payer(
        Service(account.tenant, "", (assignment,)),
        told.account,
        assignment,
        BEGINNING,
        FOREVER,
        key,
        "",
        account.currency,
        account.time_zone,
        None,
        (),
        stored=account,
        plain=told.plain,
    )
    record = make_record(
        _SEGMENTS,
        tenant=account.tenant,
        root=account.root,
        event_id=account.account,
        span=Period(at, at),
    )
    return Rating(
        record,
        payer,
        next(iter(plan.price_plans.values())).terms,
        period_of(at, account.time_zone, closed_before=BEGINNING),
        list(balances.buckets),
        balances.thresholds,
        totals.totals,
        balances,
        state=state,
    )
