"""Converged charging: who may not ask, what is wrong, and where notices go."""

import asyncio
import json
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from connectors.api.keys import Scope
from connectors.errors import Refused
from connectors.settings import KafkaSettings
from connectors.trade.nchf.app import ROOT
from connectors.trade.nchf.notify import Notifier
from connectors.trade.notices import Notices
from streams.model.instant import HOUR
from streams.model.session_command import SessionCommand
from tests.connectors.trade.network import Network, data, reference
from tests.connectors.trade.shapes import check_shape
from tests.connectors.trade.worker import START


@pytest.fixture
def network(tmp_path: Path) -> Network:
    return Network(tmp_path)


def test_who_may_not_ask_is_told_why(network: Network) -> None:
    network.worker.account("ada", "sim:228011", "5")
    asked = data(1000)
    assert network.post("", asked, key="").status_code == 401
    assert network.post("", asked, key=network.key_of(Scope.READ)).status_code == 403
    assert network.post("", asked, key=network.key_of(Scope.WRITE, "other")).status_code == 404
    every = network.key_of(Scope.WRITE, "")
    assert network.post("", asked, key=every).json()["cause"] == "MANDATORY_IE_MISSING"
    assert network.post("", asked, key=every, tenantIdentifier="net").status_code == 201
    assert network.post("", asked, tenantIdentifier="other").status_code == 403
    unknown = network.post("", asked, subscriberIdentifier="imsi-999")
    assert (unknown.status_code, unknown.json()["cause"]) == (404, "USER_UNKNOWN")
    nobody = network.post("", asked, subscriberIdentifier=None)
    assert (nobody.status_code, nobody.json()["cause"]) == (400, "MANDATORY_IE_MISSING")
    network.worker.is_away = True
    assert network.post("", asked).status_code == 503


def test_a_session_begins_here_or_where_the_network_says(tmp_path: Path) -> None:
    hour_ago, days_ago = "2025-03-01T23:00:00Z", "2025-02-27T23:00:00Z"
    for trusts_clocks, began in ((False, START), (True, START - HOUR)):
        network = Network(tmp_path, trusts_clocks=trusts_clocks)
        network.worker.account("ada", "sim:228011", "5")
        opened = network.post("", data(1000), invocationTimeStamp=hour_ago)
        network.worker.tick(600)
        network.post(reference(opened) + "/release", data(used=1000))
        assert network.worker.charges[-1].record.occurred_at == began
        late = network.post("", data(1000), invocationTimeStamp=days_ago)
        if trusts_clocks:
            assert (late.status_code, late.json()["cause"]) == (400, "MANDATORY_IE_INCORRECT")
        else:
            assert late.status_code == 201


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ({"invocationSequenceNumber": -1}, "$.invocationSequenceNumber"),
        ({"invocationTimeStamp": "2025-03-02T00:00:00"}, "$.invocationTimeStamp"),
        ({"invocationSequenceNumber": 2**32}, "$.invocationSequenceNumber"),
        ({"nfConsumerIdentification": {}}, "$.nfConsumerIdentification"),
        ({"multipleUnitUsage": [{}]}, "$.multipleUnitUsage[0]"),
        ({"multipleUnitUsage": [{"ratingGroup": 2**32}]}, "$.multipleUnitUsage[0].ratingGroup"),
        (
            {"multipleUnitUsage": [{"ratingGroup": 1, "requestedUnit": {"time": "9"}}]},
            "$.multipleUnitUsage[0].requestedUnit.time",
        ),
        (
            {"multipleUnitUsage": [{"ratingGroup": 1, "usedUnitContainer": [{"time": 9}]}]},
            "$.multipleUnitUsage[0].usedUnitContainer[0]",
        ),
        ({"multipleUnitUsage": [{"ratingGroup": 1}] * 33}, "$.multipleUnitUsage"),
    ],
)
def test_what_is_wrong_is_told_by_its_place(
    network: Network, wrong: dict[str, Any], place: str
) -> None:
    answer = network.post("", **wrong)
    assert (answer.status_code, answer.json()["cause"]) == (400, "INVALID_MSG_FORMAT")
    assert place in answer.json()["detail"]


def test_what_is_not_there_and_what_fails_are_problems_too(network: Network) -> None:
    headers = {"Authorization": f"Bearer {network.key}"}
    for method, path, status in (("GET", ROOT, 405), ("POST", f"{ROOT}/x/steal", 404)):
        answer = network.client.request(method, path, headers=headers)
        assert answer.status_code == status
        check_shape(answer.json(), "ProblemDetails")
    network.worker.account("ada", "sim:228011", "5")

    async def fail(*_: Any, **__: Any) -> Any:
        raise OSError("disk")

    network.worker.send = fail  # type: ignore[method-assign]
    network.client = TestClient(network.client.app, raise_server_exceptions=False)
    failed = network.post("", data(1000))
    assert (failed.status_code, failed.json()["cause"]) == (500, "SYSTEM_FAILURE")


def test_a_tenant_without_a_catalog_cannot_be_charged(tmp_path: Path) -> None:
    def none(tenant: str) -> Any:
        raise Refused(f"tenant {tenant} has no catalog in force")

    network = Network(tmp_path, newest=none)
    answer = network.post("", data(1000))
    assert (answer.status_code, answer.json()["cause"]) == (403, "CHARGING_NOT_APPLICABLE")


def test_a_body_is_bounded(network: Network) -> None:
    answer = network.post("", notifyUri="x" * 70_000)
    assert answer.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    headers = {"Authorization": f"Bearer {network.key}"}
    deep = network.client.post(ROOT, content=b"[" * 60_000, headers=headers)
    assert deep.status_code == HTTPStatus.BAD_REQUEST


def command(action: Any, gateway: str, cause: Any = "operator") -> SessionCommand:
    return SessionCommand("c", "net", "ada", "s", "sim:1", gateway, action, "", "", cause, 0)


def test_a_session_names_where_notices_go(network: Network) -> None:
    network.worker.account("ada", "sim:228011", "5")
    uri = "http://10.0.0.5:8080/notify/7"
    network.post("", data(1000), notifyUri=uri)
    (session,) = network.worker.sessions()
    assert session.gateway == f"nchf:{uri}"
    network.post("", data(1000), notifyUri="http://10.0.0.5/" + "x" * 260)
    assert sorted(each.gateway for each in network.worker.sessions()) == ["", f"nchf:{uri}"]


def test_notices_go_where_they_may_alone() -> None:
    posted: list[tuple[str, Any]] = []
    answers = [HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.NO_CONTENT, HTTPStatus.NOT_FOUND]

    def answer(request: httpx.Request) -> httpx.Response:
        posted.append((str(request.url), json.loads(request.content)))
        check_shape(posted[-1][1], "ChargingNotifyRequest")
        return httpx.Response(answers[len(posted) - 1])

    async def bring() -> None:
        client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
        notifier = Notifier(["http://10.0.0.5:8080"], client)
        notices = Notices(KafkaSettings(bootstrap=""), None, {"nchf": notifier.bring})  # type: ignore[arg-type]
        allowed = "nchf:http://10.0.0.5:8080/notify/7"
        await notices.bring(command("reauthorise", allowed))
        await notices.bring(command("terminate", allowed))
        for elsewhere in (
            "http://10.0.0.5/notify",
            "https://10.0.0.5:8080/notify",
            "http://10.0.0.5:8080@evil.example/",
            "http://a:b@10.0.0.5:8080/notify",
            "file:///etc/passwd",
            "http://[::1",
        ):
            await notices.bring(command("terminate", f"nchf:{elsewhere}"))
        await notices.bring(command("terminate", "edge-4"))
        await notifier.close()

    asyncio.run(bring())
    # The first attempt was refused, and came again.
    assert [kind for _, kind in posted] == [
        {"notificationType": "REAUTHORIZATION"},
        {"notificationType": "REAUTHORIZATION"},
        {"notificationType": "ABORT_CHARGING"},
    ]
    assert {uri for uri, _ in posted} == {"http://10.0.0.5:8080/notify/7"}
