"""What callers of the online door send, and what they get."""

import json
from decimal import Decimal
from http import HTTPStatus

import pytest

from connectors.errors import Refused
from connectors.online.forms import STATUS, answer_body, read_request, seconds_until_retry
from streams.model.charging_session import (
    AnswerCode,
    BalanceLeft,
    BudgetLeft,
    ChargingAnswer,
    Restriction,
    ServiceAnswer,
    ServiceRequest,
    ThresholdStatus,
    Verb,
)
from streams.model.instant import BEGINNING, FOREVER, SECOND
from streams.model.usage import Usage

AT = 1_740_873_600 * SECOND


@pytest.mark.parametrize(
    ("body", "refers"),
    [({"session": "a"}, "a"), ({"debit": "a"}, "debit\0a")],
)
def test_a_refund_names_what_it_is_of(body: dict[str, str], refers: str) -> None:
    said = json.dumps({"service_id": "s", **body, "part": {"CHF": "2.50"}}).encode()
    request = read_request("t", "refund", "key", said)
    assert (request.session, request.refers) == ("key", refers)
    part = request.services[0].requested
    assert part == ServiceRequest("", (Usage("CHF", part[0].quantity),)).requested
    whole = read_request("t", "refund", "key", json.dumps({"service_id": "s", **body}).encode())
    assert whole.services == ()


def test_a_refund_is_of_so_much_usage() -> None:
    said = json.dumps({"service_id": "s", "debit": "a", "usage": {"messages": "2.5"}}).encode()
    (service,) = read_request("t", "refund", "key", said).services
    assert (service.requested, service.used) == ((), (Usage("messages", Decimal("2.5")),))


def test_a_refund_is_of_resources_or_of_usage() -> None:
    both = {"service_id": "s", "debit": "a", "part": {"CHF": "1"}, "usage": {"messages": "2"}}
    with pytest.raises(Refused, match="part or usage"):
        read_request("t", "refund", "key", json.dumps(both).encode())


@pytest.mark.parametrize("body", [{}, {"session": "a", "debit": "b"}])
def test_a_refund_is_of_one_thing(body: dict[str, str]) -> None:
    with pytest.raises(Refused, match="session or of a debit"):
        read_request("t", "refund", "key", json.dumps({"service_id": "s", **body}).encode())


def test_a_balance_is_told_by_bucket_and_budget() -> None:
    answer = ChargingAnswer(
        AnswerCode.SUCCESS,
        balances=(BalanceLeft("ada", "CHF", "", 3, 2, BEGINNING, FOREVER),),
        budgets=(BudgetLeft("day", "agent", "a1", 10, 4, 1, AT, AT + 60 * SECOND),),
    )
    told = answer_body(answer)
    assert told["balances"] == [
        {"account": "ada", "resource": "CHF", "bucket": "", "remaining": "3", "reserved": "2"}
    ]
    assert (told["budgets"][0]["limit"], told["budgets"][0]["value"]) == ("10", "a1")
    assert told["budgets"][0]["end"] == "2025-03-02T00:01:00.000000Z"


@pytest.mark.parametrize(("ahead", "seconds"), [(0, 1), (1, 1), (60, 60)])
def test_a_caller_is_told_when_to_ask_again(ahead: int, seconds: int) -> None:
    bound = Restriction("budget", "rpm", "stop", "agent", retry_at=AT + ahead * SECOND)
    service = ServiceAnswer("g", "t", AnswerCode.RATE_LIMITED, restriction=bound)
    answer = ChargingAnswer(AnswerCode.RATE_LIMITED, (service,))
    assert seconds_until_retry(answer, AT) == seconds
    told = answer_body(answer)["services"][0]["restriction"]
    assert (told["name"], told["level"], told["action"]) == ("rpm", "agent", "stop")


def test_a_stamp_is_an_instant_with_its_offset() -> None:
    body = b'{"service_id": "key", "at": "2025-03-02T01:00:00.000001+01:00"}'
    stamped = read_request("t", "reserve", "s", body)
    assert stamped.occurred_at == 1_740_873_600_000_001
    assert read_request("t", "reserve", "s", b'{"service_id": "key"}').occurred_at == BEGINNING
    with pytest.raises(Refused, match="at"):
        read_request("t", "reserve", "s", b'{"service_id": "key", "at": "2025-03-02T01:00:00"}')


def test_what_is_too_far_from_the_time_here_cannot_be_done() -> None:
    assert STATUS[AnswerCode.CLOCK_OUT_OF_BOUNDS] == HTTPStatus.UNPROCESSABLE_ENTITY
    assert set(STATUS) == set(AnswerCode)


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("reserve", b'{"service_id": "s", "follow": [], "services": [{"usage_type": "call"}]}'),
        ("check", b'{"service_id": "s", "follow": []}'),
        ("confirm", b'{"service_id": "s", "follow": ["low"]}'),
        ("reserve", b'{"service_id": "s", "follow": [""]}'),
    ],
)
def test_what_follows_stands_alone(verb: Verb, body: bytes) -> None:
    with pytest.raises(Refused, match=r"follow"):
        read_request("t", verb, "one", body)


def test_what_is_followed_is_read_once_and_told() -> None:
    body = b'{"service_id": "s", "follow": ["low", "spent", "low"]}'
    assert read_request("t", "extend", "one", body).follow == ("low", "spent")
    assert read_request("t", "extend", "one", b'{"service_id": "s"}').follow is None
    known = ThresholdStatus("spent", "slow", Decimal("2.50"), AT, AT + 60 * SECOND, "full")
    always = ThresholdStatus("low", "clear", 7, BEGINNING, FOREVER)
    told = answer_body(ChargingAnswer(AnswerCode.SUCCESS, thresholds=(known, always)))
    assert told["thresholds"] == [
        {
            "threshold": "spent",
            "status": "slow",
            "value": "2.5",
            "start": "2025-03-02T00:00:00.000000Z",
            "end": "2025-03-02T00:01:00.000000Z",
            "then": "full",
        },
        {"threshold": "low", "status": "clear", "value": "7"},
    ]
