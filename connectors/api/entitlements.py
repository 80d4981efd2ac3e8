"""What an account may use by the catalog in force and its stored balances; advisory."""

from http import HTTPStatus
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from connectors import clock
from connectors.api.answers import (
    AccountAnswer,
    BalanceAnswer,
    EntitlementAnswer,
    LedgerPosition,
    MeterAnswer,
)
from connectors.api.gateway import Gateway
from connectors.api.problems import Problem
from connectors.api.queries import account_of, balance_of
from connectors.api.route import ACCOUNT, Route, json_answer
from connectors.catalog.resolution.dates import instant_at
from connectors.clickhouse.client import Database
from streams.entitle import Entitled, Holdings, MeterBalance, entitlement_of, entitlements_of
from streams.model.account import Accumulators, Balances, Bucket
from streams.model.billing import Billing, BillingProfile
from streams.model.billing_period import PERIOD_UNITS, BillingPeriod, PeriodUnit
from streams.model.catalog import Catalog
from streams.model.instant import BEGINNING, FOREVER, Instant, format_instant
from streams.model.money import trimmed
from streams.model.status import StatusMark
from streams.model.time_unit import WEEKDAYS

_UNITS: Final[dict[str, PeriodUnit]] = {unit: unit for unit in PERIOD_UNITS}


def entitlements(
    database: Database,
    catalog: Catalog,
    account: str,
    *,
    at: Instant,
    feature: str = "",
) -> list[EntitlementAnswer] | None:
    """The answers about all features of an account, or about one; None where it is not known.

    Of one feature there is always an answer, if only that nothing entitles to it. Raises
    Unavailable.
    """
    known = account_of(database, catalog.tenant, account)
    if known is None:
        return None
    balance = balance_of(database, catalog.tenant, account)
    held, plans = _held(known, balance), _plans_at(known, at)
    if feature:
        found = [entitlement_of(feature, plans, catalog, held, at=at)]
    else:
        found = entitlements_of(plans, catalog, held, at=at)
    ledger = [known.ledger] if balance is None else balance.ledger
    return [_answer(each, ledger, at) for each in found]


def _plans_at(account: AccountAnswer, at: Instant) -> list[str]:
    """The price plans of its service ids at an instant, by when they were assigned."""
    running = sorted(
        (_bound(each.start, BEGINNING), each.service_id, each.price_plan)
        for each in account.services
        if _bound(each.start, BEGINNING) <= at < _bound(each.end, FOREVER)
    )
    return [price_plan for _, _, price_plan in running]


def _held(account: AccountAnswer, balance: BalanceAnswer | None) -> Holdings:
    buckets = () if balance is None else balance.buckets
    totals = () if balance is None else balance.totals
    return Holdings(
        Balances(
            tuple(
                Bucket(
                    each.resource,
                    _bound(each.period_start, BEGINNING),
                    _bound(each.period_end, FOREVER),
                    each.granted,
                    each.remaining,
                    each.id,
                    reserved=each.reserved,
                )
                for each in buckets
            )
        ),
        Accumulators(
            tuple(
                (
                    each.accumulator,
                    _bound(each.period_start, BEGINNING),
                    _bound(each.period_end, FOREVER),
                    each.total,
                )
                for each in totals
            )
        ),
        account.time_zone,
        statuses=tuple(
            StatusMark(_bound(each.start, BEGINNING), each.status) for each in account.statuses
        ),
        billing=_billing(account),
    )


def _billing(account: AccountAnswer) -> Billing:
    """Its billing profiles as the account's answer tells them."""
    profiles = [
        BillingProfile(
            _bound(each.start, BEGINNING),
            BillingPeriod(
                id="billing",
                unit=_UNITS[each.unit],
                every=each.every,
                anchor=instant_at(each.anchor) if each.anchor else None,
                day=each.day,
                weekday=WEEKDAYS.index(each.weekday),
                time_zone=each.time_zone,
            ),
        )
        for each in account.billing
    ]
    return Billing(tuple(profiles))


def _bound(text: str, unbounded: Instant) -> Instant:
    """A start or an end as answers tell it; empty: it has none."""
    found = instant_at(text) if text else None
    return unbounded if found is None else found


def _answer(found: Entitled, ledger: list[LedgerPosition], at: Instant) -> EntitlementAnswer:
    return EntitlementAnswer(
        feature=found.feature,
        kind=found.kind,
        allowed=found.allowed,
        reason=found.reason,
        price_plan=found.price_plan,
        value=found.value,
        balance=None if found.balance is None else _meter(found.balance),
        at=format_instant(at),
        ledger=ledger,
    )


def _meter(balance: MeterBalance) -> MeterAnswer:
    reset = balance.next_reset_at
    return MeterAnswer(
        granted=trimmed(balance.granted),
        used=trimmed(balance.used),
        reserved=trimmed(balance.reserved),
        remaining=trimmed(balance.remaining),
        unlimited=balance.unlimited,
        overage_allowed=balance.overage_allowed,
        next_reset_at="" if reset is None else format_instant(reset),
    )


async def list_entitlements(request: Request, gateway: Gateway) -> Response:
    """All features of the account's price plans."""
    return json_answer(await _looked_up(request, gateway))


async def get_entitlement(request: Request, gateway: Gateway) -> Response:
    """One feature, whether a price plan has it or not."""
    (found,) = await _looked_up(request, gateway, request.path_params["feature"])
    return json_answer(found)


async def _looked_up(
    request: Request, gateway: Gateway, feature: str = ""
) -> list[EntitlementAnswer]:
    tenant, account = request.path_params["tenant"], request.path_params["account"]
    catalog = await run_in_threadpool(lambda: gateway.catalogs.of(tenant))
    at = clock.now()
    found = await gateway.ask(
        lambda database: entitlements(database, catalog, account, at=at, feature=feature)
    )
    if found is None:
        raise Problem(HTTPStatus.NOT_FOUND, f"There is no account {account} of {tenant}.")
    return found


ROUTES: Final = (
    Route(
        path=f"{ACCOUNT}/entitlements",
        answering=list_entitlements,
        summary="What the account's price plans let it do, and how much is left",
        answer=list[EntitlementAnswer],
    ),
    Route(
        path=f"{ACCOUNT}/entitlements/{{feature}}",
        answering=get_entitlement,
        summary="Whether the account may use a feature, and how much is left",
        answer=EntitlementAnswer,
    ),
)
