"""Spending limits at their door: TS 29.594 in, sessions that follow behind it, notices out."""

import asyncio
import json
from base64 import urlsafe_b64encode
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from connectors.api.keys import KeyStore, Scope
from connectors.settings import KafkaSettings
from connectors.trade.charging import TermsBook
from connectors.trade.nchf.door import app_of
from connectors.trade.nchf.limits import ROOT, SpendingLimits
from connectors.trade.nchf.notify import Notifier
from connectors.trade.notices import Notices
from streams.model.balance_command import TopUp
from streams.model.instant import DAY, SECOND, format_instant
from streams.model.session_command import SessionCommand
from tests.connectors.trade.shapes import check_shape
from tests.connectors.trade.worker import MemoryWorker, load

CATALOG = """
tenant: net
currencies: [{code: CHF}]
usage_types: [{id: sms, units: [n]}]
thresholds:
  - {id: spent, watch: spend, resource: CHF, levels: [3, 4], statuses: [full, slow, stop]}
  - {id: low, watch: balance, resource: CHF, level: 2}
price_plans:
  - id: plan
    currency: CHF
    offers:
      - {id: texts, usage_type: sms, from: 2020-01-01, prices: [{per_unit: {amounts: {n: 1}}}]}
subscribers: [{prefix: imsi-, instead: "sim:"}]
"""
PCF = "http://10.0.0.5:8080"


class Policies:
    """A policy function, the door that it asks, and what it hears."""

    def __init__(self, folder: Path) -> None:
        self.worker = MemoryWorker(load(CATALOG, folder))
        self.worker.account("ada", "sim:228011", "5")
        self.keys = KeyStore(folder)
        self.key = self.key_of(Scope.WRITE)
        self.heard: list[tuple[str, Any]] = []
        client = httpx.AsyncClient(transport=httpx.MockTransport(self._hear))
        terms = TermsBook(lambda _: self.worker.catalog)
        self.door = SpendingLimits(
            self.worker, terms, self.keys, Notifier([PCF], client), now=lambda: self.worker.at
        )
        self.client = TestClient(app_of(self.door.routes()))

    def key_of(self, scope: Scope, tenant: str = "net") -> str:
        return self.keys.create(name="k", scope=scope, tenant=tenant, at=0)[1]

    def _hear(self, request: httpx.Request) -> httpx.Response:
        path = str(request.url).removeprefix(PCF)
        body = json.loads(request.content)
        is_end = path.endswith("/terminate")
        check_shape(body, "SubscriptionTerminationInfo" if is_end else "SpendingLimitStatus")
        self.heard.append((path, body))
        return httpx.Response(HTTPStatus.NO_CONTENT)

    def ask(self, method: str, path: str = "", **more: Any) -> Any:
        self.worker.at += SECOND
        headers = {"Authorization": f"Bearer {more.pop('key', self.key)}"}
        body = {"supi": "imsi-228011", "notifUri": f"{PCF}/pcf/1", **more}
        body = {name: value for name, value in body.items() if value is not None}
        content = json.dumps(body).encode() if method != "DELETE" else b""
        path = path if path.startswith(ROOT) else f"{ROOT}{path}"
        answer = self.client.request(method, path, content=content, headers=headers)
        if answer.status_code in (200, 201):
            check_shape(answer.json(), "SpendingLimitStatus")
        elif answer.status_code != 204:
            check_shape(answer.json(), "ProblemDetails")
        return answer

    def spend(self, number: int, name: str) -> None:
        """As a charging function would."""
        body = {
            "service_id": "sim:228011",
            "services": [{"usage_type": "sms", "requested": {"n": number}}],
        }
        sent = self.worker.send(
            "/v1/tenants/net/debit",
            json.dumps(body).encode(),
            {"idempotency-key": name},
            tenant="net",
            service_id="sim:228011",
        )
        assert asyncio.run(sent).status_code == HTTPStatus.OK

    def carry(self) -> list[tuple[str, Any]]:
        """Carry what was told since; what was heard of it."""
        notices = Notices(KafkaSettings(bootstrap=""), None, {"limits": self.door.bring})  # type: ignore[arg-type]
        told, self.worker.signals[:] = [*self.worker.signals], []
        asyncio.run(notices.bring_all(told))
        heard, self.heard[:] = [*self.heard], []
        return heard


@pytest.fixture
def policies(tmp_path: Path) -> Policies:
    return Policies(tmp_path)


def statuses(answer: Any) -> dict[str, str]:
    return {name: each["currentStatus"] for name, each in answer.json()["statusInfos"].items()}


def test_a_subscription_hears_of_each_change(policies: Policies) -> None:
    created = policies.ask("POST", notifId="7", supportedFeatures="3")
    assert created.status_code == HTTPStatus.CREATED
    end = format_instant(policies.worker.at + 7 * DAY)
    assert created.json() == {
        "supi": "imsi-228011",
        "notifId": "7",
        "supportedFeatures": "0",
        "expiry": end,
        "statusInfos": {
            "spent": {"policyCounterId": "spent", "currentStatus": "full"},
            "low": {"policyCounterId": "low", "currentStatus": "clear"},
        },
    }
    location = httpx.URL(created.headers["Location"]).path
    assert policies.ask("POST", notifId="7").headers["Location"].endswith(location)
    assert len(policies.worker.sessions()) == 1
    policies.spend(3, "one")
    slow = {"policyCounterId": "spent", "currentStatus": "slow"}
    low = {"policyCounterId": "low", "currentStatus": "2"}
    told = {"supi": "imsi-228011", "notifId": "7"}
    assert policies.carry() == [
        ("/pcf/1/notify", {**told, "statusInfos": {"spent": slow}}),
        ("/pcf/1/notify", {**told, "statusInfos": {"low": low}}),
    ]
    changed = policies.ask("PUT", location, policyCounterIds=["spent"], notifUri=f"{PCF}/pcf/2/")
    assert changed.status_code == HTTPStatus.OK
    pending = {"policyCounterStatus": "full", "activationTime": "2025-04-01T00:00:00.000000Z"}
    assert changed.json()["statusInfos"] == {"spent": {**slow, "penPolCounterStatuses": [pending]}}
    more = TopUp("more", "net", "ada", "ada", 5, "CHF", policies.worker.at, "x")  # type: ignore[arg-type]
    policies.worker.apply(more)
    policies.spend(1, "two")
    (stop,) = policies.carry()
    assert (stop[0], stop[1]["statusInfos"]["spent"]["currentStatus"]) == ("/pcf/2/notify", "stop")
    assert policies.ask("DELETE", location).status_code == HTTPStatus.NO_CONTENT
    gone = policies.ask("DELETE", location)
    assert (gone.status_code, gone.json()["cause"]) == (404, "SUBSCRIPTION_NOT_FOUND")
    gone = policies.ask("PUT", location)
    assert (gone.status_code, gone.json()["cause"]) == (404, "SUBSCRIPTION_NOT_FOUND")
    assert policies.carry() == []
    again = policies.ask("POST", notifId="7")
    assert (again.status_code, statuses(again)) == (201, {"spent": "stop", "low": "clear"})


def test_a_period_that_ends_is_heard_of(policies: Policies) -> None:
    policies.worker.at += 28 * DAY
    policies.ask("POST", policyCounterIds=["spent"])
    policies.spend(4, "one")
    assert len(policies.carry()) == 1
    policies.worker.tick(86_400 * 2)
    ((path, told),) = policies.carry()
    assert (path, told["statusInfos"]["spent"]["currentStatus"]) == ("/pcf/1/notify", "full")


def test_a_subscription_ends_by_its_time_and_with_its_subscriber(policies: Policies) -> None:
    expiry = format_instant(policies.worker.at + 61 * SECOND)
    created = policies.ask("POST", expiry=expiry)
    assert created.json()["expiry"] == expiry
    longest = policies.ask("POST", notifId="long", expiry="2099-01-01T00:00:00Z")
    assert longest.json()["expiry"] == format_instant(policies.worker.at + 7 * DAY)
    policies.worker.tick(60)
    assert policies.carry() == []
    location = httpx.URL(created.headers["Location"]).path
    assert policies.ask("PUT", location).status_code == HTTPStatus.NOT_FOUND
    ended = SessionCommand("c", "net", "ada", "s", "s", "", "terminate", "", "", "status", 0)
    (session,) = policies.worker.sessions()
    place = session.gateway.partition(":")[2]
    asyncio.run(policies.door.bring(ended, place))
    told = {"supi": "imsi-228011", "notifId": "long", "termCause": "REMOVED_SUBSCRIBER"}
    assert policies.heard == [("/pcf/1/terminate", told)]


@pytest.mark.parametrize(
    ("wrong", "status", "cause"),
    [
        ({"supi": "imsi-999"}, 400, "USER_UNKNOWN"),
        ({"supi": None}, 400, "MANDATORY_IE_MISSING"),
        ({"policyCounterIds": ["spent", "none"]}, 400, "UNKNOWN_POLICY_COUNTERS"),
        ({"policyCounterIds": []}, 400, "INVALID_MSG_FORMAT"),
        ({"notifUri": "http://evil.example/"}, 400, "OPTIONAL_IE_INCORRECT"),
        ({"notifUri": f"{PCF}/{'x' * 256}"}, 400, "OPTIONAL_IE_INCORRECT"),
        ({"expiry": "2025-03-02T00:00:00Z"}, 400, "OPTIONAL_IE_INCORRECT"),
        ({"expiry": "soon"}, 400, "INVALID_MSG_FORMAT"),
        ({"key": ""}, 401, None),
    ],
)
def test_what_cannot_be_followed_is_told(
    policies: Policies, wrong: dict[str, Any], status: int, cause: str | None
) -> None:
    answer = policies.ask("POST", **wrong)
    assert (answer.status_code, answer.json().get("cause")) == (status, cause)
    if cause == "UNKNOWN_POLICY_COUNTERS":
        (param,) = answer.json()["invalidParams"]
        assert param["param"] == "none"
    assert policies.worker.sessions() == []


def test_who_may_not_ask_is_told_why(policies: Policies) -> None:
    created = policies.ask("POST")
    location = httpx.URL(created.headers["Location"]).path
    for key in (policies.key_of(Scope.READ), policies.key_of(Scope.WRITE, "")):
        assert policies.ask("POST", key=key).status_code == HTTPStatus.FORBIDDEN
        assert policies.ask("DELETE", location, key=key).status_code == HTTPStatus.FORBIDDEN
    other = policies.ask("PUT", location, supi="imsi-228012")
    assert (other.status_code, other.json()["cause"]) == (400, "OPTIONAL_IE_INCORRECT")
    unknown = urlsafe_b64encode(b"sim:1").decode()
    for name in ("/x", "/x.", "/x.%C3%A9", f"/x.{unknown}", f"/.{unknown}"):
        missed = policies.ask("DELETE", name)
        assert (missed.status_code, missed.json()["cause"]) == (404, "SUBSCRIPTION_NOT_FOUND")
    policies.worker.is_away = True
    assert policies.ask("PUT", location).headers["Retry-After"] == "1"


def test_an_account_without_thresholds_has_no_counters(tmp_path: Path) -> None:
    policies = Policies(tmp_path)
    catalog = "\n".join(line for line in CATALOG.splitlines() if "watch:" not in line)
    (tmp_path / "other").mkdir()
    policies.worker = MemoryWorker(load(catalog.replace("thresholds:", ""), tmp_path / "other"))
    policies.worker.account("ada", "sim:228011", "5")
    terms = TermsBook(lambda _: policies.worker.catalog)
    door = SpendingLimits(policies.worker, terms, policies.keys, Notifier([PCF]))
    policies.client = TestClient(app_of(door.routes()))
    answer = policies.ask("POST")
    assert (answer.status_code, answer.json()["cause"]) == (400, "NO_AVAILABLE_POLICY_COUNTERS")


def test_a_later_number_of_another_door_is_waited_for(policies: Policies) -> None:
    created = policies.ask("POST")
    location = httpx.URL(created.headers["Location"]).path
    policies.worker.at -= 60 * SECOND
    behind = policies.ask("PUT", location)
    assert (behind.status_code, behind.headers["Retry-After"]) == (503, "1")


def test_without_an_address_nobody_is_told(policies: Policies) -> None:
    assert policies.ask("POST", notifUri=None).status_code == HTTPStatus.CREATED
    policies.spend(4, "one")
    assert policies.carry() == []


def test_a_place_of_another_door_is_left_alone(policies: Policies) -> None:
    command = SessionCommand("c", "net", "a", "s", "s", "", "notify", "x", "y", "threshold", 0)
    for place in ("", "edge-4", "[1,2]", '["imsi-1","","http://evil.example/"]'):
        assert asyncio.run(policies.door.bring(command, place))
    assert policies.heard == []
