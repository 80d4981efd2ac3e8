"""What must hold of online requests: judged by what callers were told and what the ledger says.

First answers stay with the account: a name that comes again after its service id has gone to
another account may be new there.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal
from http import HTTPStatus
from typing import Final

from streams.accumulate.adjust import OVERRUN
from streams.model.charging_session import AnswerCode, ChargingAnswer, ChargingRequest
from streams.model.rated import RatedUsage
from streams.session.answers import DEBIT, REFUND, kept_name
from streams.session.signals import RUNNING
from streams.state import Table
from tests.simulate.business import MONTH_END, USAGE_TYPE
from tests.simulate.callers import NOT_ANSWERED, Told
from tests.simulate.fold import Asked, Folded
from tests.simulate.load import CALLER
from topologies.online import told as told_by_door

Name = tuple[str, int]
"""The name that an answer is kept by, and the request's sequence."""

_UNNOTED: Final = frozenset(
    (
        AnswerCode.UNKNOWN_SESSION,
        AnswerCode.OUT_OF_ORDER,
        AnswerCode.IDEMPOTENCY_CONFLICT,
        AnswerCode.MOVING,
    )
)
"""Nothing was done, so the ledger need not know of it."""

ASKED: Final = f"{USAGE_TYPE}/call-"
"""What the event ids of charges that callers caused begin with."""

_RUNNING: Final = (
    Table.SESSIONS,
    Table.SESSION_ENDS,
    Table.ACCOUNT_SESSIONS,
    Table.RESERVATIONS,
)


def check_sessions(told: list[Told], folds: Mapping[int, Folded]) -> list[str]:
    """Every broken promise to callers, in words."""
    problems = []
    first: dict[Name, list[Asked]] = defaultdict(list)
    for folded in folds.values():
        here: set[Name] = set()
        for asked in _done(folded):
            name = (kept_name(asked.request), asked.request.sequence)
            if name in here:
                problems.append(f"{name} was done twice, at ledger {asked.offset} too")
            here.add(name)
            first[name].append(asked)
    problems += _check_told(told, first)
    problems += _check_ended(folds)
    problems += _check_used(folds)
    problems += _check_covered(folds)
    return problems


def _done(folded: Folded) -> Iterator[Asked]:
    """Requests that have had an effect, by their first answers."""
    for asked in folded.asked:
        answer = asked.answer
        if answer is not None and not answer.is_repeat and _is_noted(asked.request, answer):
            yield asked


def _is_noted(request: ChargingRequest, answer: ChargingAnswer) -> bool:
    """False where the answer says that nothing was done, or the request only looks."""
    if answer.code == AnswerCode.NOT_RATED and not answer.services:
        return False  # nobody knows the account
    is_kept = request.verb == "refund" or answer.code not in _UNNOTED
    return is_kept and request.verb not in ("check", "balance") and not request.expires


def _check_told(told: list[Told], first: Mapping[Name, list[Asked]]) -> list[str]:
    """Who asks again gets the first answer; nobody is told what the ledger does not say."""
    problems = []
    new: Counter[Name] = Counter()
    for each in told:
        if each.status in NOT_ANSWERED:
            continue
        document = each.document
        if each.status == HTTPStatus.INTERNAL_SERVER_ERROR:
            if "poisoned" not in document["detail"]:
                problems.append(f"{each.name}/{each.sequence} failed: {document}")
            continue
        if document["code"] in _UNNOTED or not document.get("services"):
            continue
        name = (_kept_by(each), each.sequence)
        new[name] += not each.is_repeat
        answers = [asked.answer for asked in first.get(name, ()) if asked.answer is not None]
        if each.body not in [told_by_door(answer).body for answer in answers]:
            problems.append(f"{name}: told {document}, the ledger says {answers}")
    problems += [
        f"{name}: {n} answers were new" for name, n in new.items() if n > len(first.get(name, ()))
    ]
    return problems


def _kept_by(told: Told) -> str:
    return {"debit": DEBIT, "refund": REFUND}.get(told.verb, "") + told.name


def _check_ended(folds: Mapping[int, Folded]) -> list[str]:
    """No session runs, and nothing is set aside."""
    problems = []
    for partition, folded in folds.items():
        for (table, key), value in folded.by_core.values.items():
            if table in _RUNNING or ((table, key) == (Table.META, RUNNING) and value):
                problems.append(f"partition {partition}: {Table(table).name} {key!r} is left")
            elif table == Table.BALANCES and any(bucket.reserved for bucket in value.buckets):
                problems.append(f"partition {partition}: {key!r} has something set aside: {value}")
    return problems


def _check_used(folds: Mapping[int, Folded]) -> list[str]:
    """What sessions reported is what they were charged for, and so with debits."""
    reported: dict[str, Decimal] = defaultdict(Decimal)
    for asked in (asked for folded in folds.values() for asked in _done(folded)):
        request, answer = asked.request, asked.answer
        assert answer is not None
        for service, became in zip(request.services, answer.services, strict=False):
            is_debit = request.verb == "debit"
            used = became.granted if is_debit else (*service.used, *service.used_after)
            if request.verb in ("extend", "confirm", "release") or is_debit:
                reported[request.session] += sum((Decimal(u.quantity) for u in used), Decimal(0))
    charged: dict[str, Decimal] = defaultdict(Decimal)
    for charge in _charges(folds):
        charged[_session_of(charge)] += sum(
            (Decimal(usage.quantity) for usage in charge.record.usages), Decimal(0)
        )
    return [
        f"{name}: reported {reported[name]}, charged {charged[name]}"
        for name in reported.keys() | charged.keys()
        if reported[name] != charged[name]
    ]


def _check_covered(folds: Mapping[int, Folded]) -> list[str]:
    """Where callers alone spend, what was granted is covered.

    Free calls end with the month, and what was set aside of them does too.
    """
    return [
        f"{_session_of(charge)} was granted more than {charge.account} had: {charge.postings}"
        for charge in _charges(folds)
        if charge.account.startswith(CALLER)
        and charge.record.occurred_at >= MONTH_END
        and any(posting.ledger_account == OVERRUN for posting in charge.postings)
    ]


def _charges(folds: Mapping[int, Folded]) -> Iterator[RatedUsage]:
    """The usage that callers were charged for."""
    for folded in folds.values():
        for _, record in folded.records:
            for charge in record.rated:
                is_asked = charge.record.event_id.startswith(ASKED)
                if is_asked and charge.record.usage_type == USAGE_TYPE:
                    yield charge


def _session_of(charge: RatedUsage) -> str:
    return charge.record.event_id.split("/")[1]
