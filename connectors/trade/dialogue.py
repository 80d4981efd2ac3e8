"""One request of a credit dialogue, whatever protocol it came by, and its results by rating group.

The dialogue's verbs are those of sessions: the initial request reserves, updates extend, the
termination confirms, a one-time event debits. Requests that come again are known by their number.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from connectors.trade.charging import Call, SessionVerb, Told, Worker, ask
from connectors.trade.terms import (
    GRACE_S,
    Asked,
    Counts,
    Fact,
    Terms,
    Unrated,
    counts_of,
    merged,
    service_body,
)
from streams.model.rating_group import RatingGroup


class Result(StrEnum):
    """What became of a rating group."""

    SUCCESS = "success"
    LIMIT_REACHED = "limit_reached"
    """Nothing can be granted any more."""
    RATING_FAILED = "rating_failed"
    """Nobody can say what it costs."""


@dataclass(frozen=True, slots=True)
class GroupResult:
    """What a rating group is granted. `group` None: the catalog does not know it.

    `is_asked`: the request asked for credit, not only told what was used. `is_final`: what is
    granted is the last.
    """

    number: int
    result: Result
    group: RatingGroup | None = None
    granted: Counts = field(default_factory=dict)
    is_asked: bool = True
    is_final: bool = False
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A request. `name` is the session's, or an event's own; `sequence` rises from 0 on."""

    tenant: str
    key: str
    name: str
    subscriber: str
    sequence: int
    asked: list[Asked]
    fact: Fact


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a request is told: `told` by the worker, and by rating group."""

    told: Told
    results: list[GroupResult]
    validity_s: int

    @property
    def is_refused(self) -> bool:
        """True where credit was asked for, and nothing is granted at all."""
        asked = [each for each in self.results if each.is_asked]
        return bool(asked) and all(each.result is Result.LIMIT_REACHED for each in asked)


async def converse(worker: Worker, terms: Terms, verb: SessionVerb, dialogue: Dialogue) -> Outcome:
    """Ask the worker, in the catalog's words. Raises Unavailable."""
    services: list[dict[str, Any]] = []
    build: list[Callable[[Told], GroupResult]] = []
    for asked in merged(_events(dialogue.asked) if verb == "debit" else dialogue.asked):
        try:
            group = terms.group(asked.number)
            services.append(service_body(group, asked, dialogue.fact))
        except Unrated as error:
            build.append(_unrated(asked, str(error)))
        else:
            build.append(_granted(asked, group))
    validity_s = terms.validity_s([asked.number for asked in dialogue.asked])
    body = {
        "service_id": terms.service_id(dialogue.subscriber),
        "services": services,
        "sequence": dialogue.sequence + 1,
        "valid_for": validity_s + GRACE_S,
    }
    call = Call(verb, dialogue.tenant, dialogue.key, dialogue.name)
    told = await ask(worker, call, body)
    return Outcome(told, [result(told) for result in build], validity_s)


def _events(asked: list[Asked]) -> list[Asked]:
    """Of an event that has happened, what was used is what is asked for."""
    return [replace(each, requested=each.requested or each.used, used={}) for each in asked]


def _unrated(asked: Asked, why: str) -> Callable[[Told], GroupResult]:
    def result(_: Told) -> GroupResult:
        return GroupResult(asked.number, Result.RATING_FAILED, detail=why)

    return result


def _granted(asked: Asked, group: RatingGroup) -> Callable[[Told], GroupResult]:
    is_asked = asked.requested is not None

    def result(told: Told) -> GroupResult:
        found = told.services.get(asked.number)
        if found is None or found["code"] == "not_rated":
            detail = told.detail if found is None else found.get("detail", "")
            return GroupResult(
                asked.number, Result.RATING_FAILED, group, is_asked=is_asked, detail=detail
            )
        granted = counts_of(group, found["granted"]) if is_asked else {}
        if is_asked and not any(granted.values()):
            return GroupResult(asked.number, Result.LIMIT_REACHED, group, is_final=True)
        return GroupResult(
            asked.number,
            Result.SUCCESS,
            group,
            granted,
            is_asked=is_asked,
            is_final=bool(found["final"]),
        )

    return result


KNOWN = (HTTPStatus.OK, HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.UNPROCESSABLE_ENTITY)
"""Answers that tell what became of each service."""
