"""One request of a credit dialogue, whatever protocol it came by, and its results by rating group.

The dialogue's verbs are those of sessions: the initial request reserves, updates extend, the
termination confirms, a one-time event debits. Requests that come again are known by their number.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from connectors.trade.charging import Call, SessionVerb, Told, Worker, ask
from connectors.trade.terms import (
    Asked,
    Counts,
    Fact,
    Terms,
    Unrated,
    counts_of,
    merged,
    service_body,
)
from streams.model.instant import SECOND, Instant, format_instant, instant_of
from streams.model.money import ZERO
from streams.model.rating_group import RatingGroup

VALID_FOR_S: Final = 3_600
"""How long a grant is valid where the catalog does not say less."""
GRACE_S: Final = 60
"""The network is to ask again so long before a session would be settled: reports take their time.

Of a grant that is valid for less than twice as much, half.
"""
CLOCK: Final = "clock_out_of_bounds"
UNKNOWN: Final = ("", "unknown_session", "idempotency_conflict", "out_of_order", CLOCK)
"""Answers that tell nothing of any service."""


class Result(StrEnum):
    """What became of a rating group."""

    SUCCESS = "success"
    LIMIT_REACHED = "limit_reached"
    """Nothing can be granted any more."""
    DENIED = "denied"
    """A policy, a limit on sessions or an operator does not let it be served now."""
    RATING_FAILED = "rating_failed"
    """Nobody can say what it costs."""
    FREE = "free"
    """It needs no credit."""


_RESULTS: Final = {
    "success": Result.SUCCESS,
    "partial": Result.SUCCESS,
    "credit_limit_reached": Result.LIMIT_REACHED,
    "budget_exhausted": Result.LIMIT_REACHED,
    "not_rated": Result.RATING_FAILED,
}


@dataclass(frozen=True, slots=True)
class FinalUnit:
    """What becomes of service when the grant is used up: `action` as sessions name it, and `to`."""

    action: str = "terminate"
    to: str = ""


@dataclass(frozen=True, slots=True)
class GroupResult:
    """What a rating group is granted. `group` None: the catalog does not know it.

    `is_asked`: the request asked for credit, not only told what was used. `final`: what is granted
    is the last. Ask again once `ask_again_at` is left; at `tariff_change` the tariff changes.
    `amount` is what the grant costs at most.
    """

    number: int
    result: Result
    group: RatingGroup | None = None
    granted: Counts = field(default_factory=dict)
    is_asked: bool = True
    final: FinalUnit | None = None
    ask_again_at: Counts = field(default_factory=dict)
    ask_again_before_s: int = 0
    tariff_change: Instant | None = None
    amount: Decimal = ZERO
    detail: str = ""

    @property
    def is_graceful(self) -> bool:
        """True where service does not end with the last unit, but goes on in another way."""
        return self.final is not None and self.final.action in ("redirect", "restrict")


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A request. `name` is the session's, or an event's own; `sequence` rises from 0 on.

    `gateway` is who hears what is commanded of the session. It `began_at` by the network's clock,
    or when it comes here.
    """

    tenant: str
    key: str
    name: str
    subscriber: str
    sequence: int
    asked: list[Asked]
    fact: Fact
    gateway: str = ""
    began_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a request is told: `told` by the worker, and by rating group."""

    told: Told
    results: list[GroupResult]

    @property
    def is_served(self) -> bool:
        """True where the answer tells what became of each service."""
        if self.told.code == "not_rated":
            return bool(self.told.services)
        return self.told.code not in UNKNOWN

    @property
    def is_refused(self) -> bool:
        """True where credit was asked for, and nothing is granted at all."""
        asked = [each for each in self.results if each.is_asked]
        refused = (Result.LIMIT_REACHED, Result.DENIED)
        return bool(asked) and all(each.result in refused for each in asked)

    def validity_s(self, result: GroupResult, now: Instant) -> int:
        """How long the network may go on without asking again; 0: nothing is said."""
        if not self.told.valid_until:
            return 0
        left = max(0, (_instant(self.told.valid_until) - now) // SECOND)
        return left - (result.ask_again_before_s or min(GRACE_S, left // 2))


async def converse(worker: Worker, terms: Terms, verb: SessionVerb, dialogue: Dialogue) -> Outcome:
    """Ask the worker, in the catalog's words. Raises Unavailable."""
    services: list[dict[str, Any]] = []
    build: list[Callable[[Told], GroupResult]] = []
    for asked in merged(_events(dialogue.asked) if verb == "debit" else dialogue.asked):
        try:
            group = terms.group(asked.number)
            if group.is_free:
                build.append(_free(asked, group))
                continue
            services.append(service_body(group, asked, dialogue.fact))
        except Unrated as error:
            build.append(_unrated(asked, str(error)))
        else:
            build.append(_served(asked, group))
    body = {
        "service_id": terms.service_id(dialogue.subscriber),
        "services": services,
        "sequence": dialogue.sequence + 1,
        "valid_for": VALID_FOR_S,
        "gateway": dialogue.gateway,
    }
    if dialogue.began_at is not None:
        body["at"] = format_instant(dialogue.began_at)
    call = Call(verb, dialogue.tenant, dialogue.key, dialogue.name)
    told = await ask(worker, call, body)
    return Outcome(told, [result(told) for result in build])


def _events(asked: list[Asked]) -> list[Asked]:
    """Of an event that has happened, what was used is what is asked for."""
    return [replace(each, requested=each.requested or each.used, used={}) for each in asked]


def _unrated(asked: Asked, why: str) -> Callable[[Told], GroupResult]:
    def result(_: Told) -> GroupResult:
        return GroupResult(asked.number, Result.RATING_FAILED, detail=why)

    return result


def _free(asked: Asked, group: RatingGroup) -> Callable[[Told], GroupResult]:
    is_asked = asked.requested is not None

    def result(_: Told) -> GroupResult:
        return GroupResult(asked.number, Result.FREE, group, is_asked=is_asked)

    return result


def _served(asked: Asked, group: RatingGroup) -> Callable[[Told], GroupResult]:
    is_asked = asked.requested is not None

    def result(told: Told) -> GroupResult:
        found = told.services.get(asked.number, {})
        code = _RESULTS.get(found.get("code", told.code), Result.DENIED)
        granted = counts_of(group, found.get("granted", {})) if is_asked else {}
        if is_asked and code is Result.SUCCESS and not any(granted.values()):
            code = Result.LIMIT_REACHED
        served = GroupResult(
            asked.number,
            code,
            group,
            is_asked=is_asked,
            final=_final(found, code, told.control),
            detail=found.get("detail", told.detail),
        )
        if code is not Result.SUCCESS:
            return served
        change = found.get("tariff_change")
        return replace(
            served,
            granted=granted,
            ask_again_at=_ask_again(group, found),
            ask_again_before_s=int(found.get("ask_again_before", 0)),
            tariff_change=_instant(change) if change else None,
            amount=Decimal(found["amount"]),
        )

    return result


def _ask_again(group: RatingGroup, found: dict[str, Any]) -> Counts:
    """The rest at which to ask again is one of the last unit that is granted."""
    if "ask_again_at" not in found or not found["granted"]:
        return {}
    return counts_of(group, {list(found["granted"])[-1]: found["ask_again_at"]})


def _final(found: dict[str, Any], code: Result, control: dict[str, str]) -> FinalUnit | None:
    """What comes after the grant: as was last commanded of the session, or as the catalog says."""
    if control.get("action") in ("redirect", "restrict"):
        return FinalUnit(control["action"], control.get("value", ""))
    if not found.get("final") and code is not Result.LIMIT_REACHED:
        return None
    told = found.get("final_unit")
    return FinalUnit() if told is None else FinalUnit(told["action"], told["to"])


def _instant(text: str) -> Instant:
    return instant_of(datetime.fromisoformat(text))
