"""Converged charging at its door: TS 32.291 in, sessions behind it, TS 32.291 out."""

import asyncio
import json
from decimal import Decimal
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from connectors.api.keys import KeyStore, Scope
from connectors.settings import KafkaSettings
from connectors.trade.charging import TermsBook
from connectors.trade.nchf.app import ROOT, ConvergedCharging
from connectors.trade.nchf.notify import Notifier
from connectors.trade.notices import Notices
from streams.model.instant import SECOND
from streams.model.session_command import SessionCommand
from tests.connectors.trade.shapes import check_shape
from tests.connectors.trade.worker import MemoryWorker, load

CATALOG = """
tenant: net
currencies: [{code: CHF}]
usage_types:
  - {id: data, units: [kb], attributes: [network]}
  - {id: call, units: [s]}
  - {id: sms, units: [n]}
  - {id: unpriced, units: [n]}
  - {id: chat, units: [n]}
time_units: [{id: hours, bands: [{band: night, from: "22:00", to: "06:00"}], default: day}]
price_plans:
  - id: plan
    currency: CHF
    offers:
      - id: surf
        usage_type: data
        from: 2020-01-01
        sessions:
          valid_for: 30m
          ask_again_percent: 20
          final_unit: {action: redirect, to: https://pay.example.com}
        prices:
          - {when: {network: mms}, per_unit: {amounts: {kb: "0.02"}}}
          - {per_unit: {amounts: {kb: "0.01"}}}
      - id: calls
        usage_type: call
        from: 2020-01-01
        sessions: {ask_again_before: 5m, final_unit: {action: restrict, to: top-up}}
        prices: [{per_unit: {amounts: {s: "0.01"}}}]
      - id: chats
        usage_type: chat
        from: 2020-01-01
        time_unit: hours
        prices:
          - {when: {band: day}, per_unit: {amounts: {n: "0.10"}}}
          - {when: {band: night}, per_unit: {amounts: {n: "0.05"}}}
      - id: texts
        usage_type: sms
        from: 2020-01-01
        prices: [{flat: {units: [n], amount: "0.20"}}]
rating_groups:
  - number: 10
    usage_type: data
    counts: [{count: total_volume, unit: kb, per: 1000}]
    quota: 100000
    attributes:
      - name: network
        sources: [pDUSessionChargingInformation.pduSessionInformation.dnnId]
        value: internet
  - {number: 20, usage_type: call, counts: [{count: time, unit: s}]}
  - {number: 30, usage_type: sms, counts: [{count: service_units, unit: n}]}
  - {number: 40, usage_type: unpriced, counts: [{count: service_units, unit: n}]}
  - {number: 60, usage_type: data, free: true}
  - {number: 50, usage_type: chat, counts: [{count: service_units, unit: n}]}
subscribers:
  - {prefix: imsi-, instead: "sim:"}
"""


class Network:
    """A network function, and what it talks to."""

    def __init__(self, folder: Path) -> None:
        self.worker = MemoryWorker(load(CATALOG, folder))
        self.keys = KeyStore(folder)
        self.key = self.key_of(Scope.WRITE)
        terms = TermsBook(lambda _: self.worker.catalog)
        door = ConvergedCharging(self.worker, terms, self.keys, now=lambda: self.worker.at)
        self.client = TestClient(door.app())
        self.sequence = 0

    def key_of(self, scope: Scope, tenant: str = "net") -> str:
        return self.keys.create(name="k", scope=scope, tenant=tenant, at=0)[1]

    def post(self, path: str, *usage: dict[str, Any], **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {more.pop('key', self.key)}"}
        body = {
            "subscriberIdentifier": "imsi-228011",
            "nfConsumerIdentification": {"nodeFunctionality": "SMF"},
            "invocationTimeStamp": "2025-03-02T00:00:00Z",
            "invocationSequenceNumber": self.sequence,
            "multipleUnitUsage": list(usage),
            **more,
        }
        body = {name: value for name, value in body.items() if value is not None}
        answer = self.client.post(f"{ROOT}{path}", json=body, headers=headers)
        self.sequence += 1
        if answer.status_code in (200, 201):
            check_shape(answer.json(), "ChargingDataResponse")
        elif answer.status_code != 204:
            check_shape(answer.json(), "ProblemDetails")
            assert answer.headers["content-type"] == "application/problem+json"
        return answer


@pytest.fixture
def network(tmp_path: Path) -> Network:
    return Network(tmp_path)


def data(requested: int | None = None, used: int | None = None) -> dict[str, Any]:
    told: dict[str, Any] = {"ratingGroup": 10}
    if requested is not None:
        told["requestedUnit"] = {"totalVolume": requested} if requested else {}
    if used is not None:
        told["usedUnitContainer"] = [{"localSequenceNumber": 1, "totalVolume": used}]
    return told


def reference(answer: Any) -> str:
    assert answer.status_code == HTTPStatus.CREATED, answer.text
    location = answer.headers["Location"]
    assert location.startswith(f"http://testserver{ROOT}/")
    return "/" + location.rsplit("/", 1)[1]


def test_a_session_is_created_updated_and_released(network: Network) -> None:
    network.worker.account("ada", "sim:228011", "5")
    created = network.post("", data(300_000))
    (told,) = created.json()["multipleUnitInformation"]
    assert told == {
        "resultCode": "SUCCESS",
        "ratingGroup": 10,
        "grantedUnit": {"totalVolume": 300_000},
        "validityTime": 1740,
        "volumeQuotaThreshold": 60_000,
        "triggers": [
            {"triggerType": "QUOTA_THRESHOLD", "triggerCategory": "IMMEDIATE_REPORT"},
            {"triggerType": "QUOTA_EXHAUSTED", "triggerCategory": "IMMEDIATE_REPORT"},
            {"triggerType": "VALIDITY_TIME", "triggerCategory": "IMMEDIATE_REPORT"},
        ],
    }
    assert created.json()["invocationSequenceNumber"] == 0
    assert network.worker.left("ada") == (Decimal(2), Decimal(3))
    name = reference(created)
    updated = network.post(f"{name}/update", data(400_000, 250_000))
    (told,) = updated.json()["multipleUnitInformation"]
    # 2.50 of 5.00 are used; what is left pays for 250 kB.
    assert told["grantedUnit"] == {"totalVolume": 250_000}
    assert told["finalUnitIndication"] == {
        "finalUnitAction": "REDIRECT",
        "redirectServer": {
            "redirectAddressType": "URL",
            "redirectServerAddress": "https://pay.example.com",
        },
    }
    released = network.post(f"{name}/release", data(used=101_000))
    assert (released.status_code, released.content) == (204, b"")
    (charge,) = network.worker.charges[1:]
    assert charge.amount == Decimal("3.51")
    assert network.worker.left("ada")[1] == 0
    gone = network.post(f"{name}/update", data(1000))
    assert (gone.status_code, gone.json()["cause"]) == (404, "CONTEXT_NOT_FOUND")


def test_what_is_sent_again_is_done_once(network: Network) -> None:
    network.worker.account("ada", "sim:228011", "5")
    network.worker.loses_answers = 1
    lost = network.post("", data(300_000))
    assert (lost.status_code, lost.headers["Retry-After"]) == (503, "1")
    network.sequence = 0
    again = network.post("", data(300_000), retransmissionIndicator=True)
    network.sequence = 0
    third = network.post("", data(300_000), retransmissionIndicator=True)
    assert reference(again) == reference(third)
    assert len(network.worker.sessions()) == 1
    assert network.worker.left("ada") == (Decimal(2), Decimal(3))
    name = reference(again)
    used = data(used=100_000)
    for _ in range(2):
        network.sequence = 7
        assert network.post(f"{name}/release", used).status_code == 204
    assert len(network.worker.charges) == 2
    assert network.worker.left("ada") == (Decimal(4), Decimal(0))
    network.sequence = 7
    other = network.post(f"{name}/release", data(used=1))
    assert other.status_code == HTTPStatus.CONFLICT


def test_several_rating_groups_are_served_from_one_balance(network: Network) -> None:
    network.worker.account("ada", "sim:228011", "3")
    created = network.post(
        "",
        data(0),
        {"ratingGroup": 20, "requestedUnit": {"time": 600}},
        {"ratingGroup": 30, "requestedUnit": {"serviceSpecificUnits": 1}},
        {"ratingGroup": 40, "requestedUnit": {"serviceSpecificUnits": 1}},
        {"ratingGroup": 99, "requestedUnit": {"time": 1}},
        {"ratingGroup": 60, "requestedUnit": {"totalVolume": 1}},
    )
    told = {each["ratingGroup"]: each for each in created.json()["multipleUnitInformation"]}
    # The catalog's quota: 100 kB for 1.00. What is left pays for 200 of 600 seconds.
    assert told[10]["grantedUnit"] == {"totalVolume": 100_000}
    assert told[20]["grantedUnit"] == {"time": 200}
    assert told[20]["finalUnitIndication"] == {
        "finalUnitAction": "RESTRICT_ACCESS",
        "filterId": "top-up",
    }
    assert "timeQuotaThreshold" not in told[20]
    assert (told[10]["validityTime"], told[20]["validityTime"]) == (1740, 1740)
    free = {"ratingGroup": 60, "resultCode": "QUOTA_MANAGEMENT_NOT_APPLICABLE"}
    assert told[60] == free
    first = network.post("", {"ratingGroup": 20, "requestedUnit": {"time": 60}})
    assert first.status_code == HTTPStatus.FORBIDDEN
    assert told[30]["resultCode"] == "QUOTA_LIMIT_REACHED"
    assert told[30]["finalUnitIndication"] == {"finalUnitAction": "TERMINATE"}
    assert (told[40]["resultCode"], told[99]["resultCode"]) == ("RATING_FAILED",) * 2


def test_what_is_counted_otherwise_adds_up(network: Network) -> None:
    network.worker.account("ada", "sim:228011", "5")
    name = reference(network.post("", data(300_000)))
    parts = [
        {"localSequenceNumber": 1, "uplinkVolume": 1_000, "downlinkVolume": 99_000, "time": 12},
        {"localSequenceNumber": 2, "totalVolume": 50_000, "uplinkVolume": 50_000},
    ]
    network.post(f"{name}/release", {"ratingGroup": 10, "usedUnitContainer": parts[:1]})
    assert network.worker.charges[-1].amount == Decimal("1.00")
    name = reference(network.post("", data(300_000)))
    network.post(f"{name}/release", {"ratingGroup": 10, "usedUnitContainer": parts})
    assert network.worker.charges[-1].amount == Decimal("1.50")


def test_attributes_are_found_where_the_catalog_says(network: Network) -> None:
    network.worker.account("ada", "sim:228011", "5")
    where = {"pduSessionInformation": {"pduSessionID": 1, "dnnId": "mms"}}
    created = network.post("", data(300_000), pDUSessionChargingInformation=where)
    (told,) = created.json()["multipleUnitInformation"]
    assert told["grantedUnit"] == {"totalVolume": 250_000}


def test_a_tariff_changes_inside_a_grant(network: Network) -> None:
    network.worker.account("ada", "sim:228011", "5")
    network.worker.at += (21 * 60 + 50) * 60 * SECOND
    asked = {"ratingGroup": 50, "requestedUnit": {"serviceSpecificUnits": 20}}
    created = network.post("", asked)
    (told,) = created.json()["multipleUnitInformation"]
    assert told["grantedUnit"] == {
        "serviceSpecificUnits": 20,
        "tariffTimeChange": "2025-03-02T22:00:00.000000Z",
    }
    network.worker.at += 20 * 60 * SECOND
    change = {"triggerType": "TARIFF_TIME_CHANGE", "triggerCategory": "DEFERRED_REPORT"}
    parts = [
        {"localSequenceNumber": 2, "serviceSpecificUnits": 10},
        {"localSequenceNumber": 1, "serviceSpecificUnits": 6, "triggers": [change]},
    ]
    used = {"ratingGroup": 50, "usedUnitContainer": parts}
    assert network.post(f"{reference(created)}/release", used).status_code == 204
    # Six by day, ten by night.
    assert [charge.amount for charge in network.worker.charges[1:]] == [
        Decimal("0.60"),
        Decimal("0.50"),
    ]


def test_an_event_is_charged_at_once(network: Network) -> None:
    network.worker.account("ada", "sim:228011", "0.50")
    text = {"ratingGroup": 30, "requestedUnit": {"serviceSpecificUnits": 1}}
    first = network.post("", text, oneTimeEvent=True, oneTimeEventType="IEC")
    assert first.json()["multipleUnitInformation"][0]["grantedUnit"] == {"serviceSpecificUnits": 1}
    network.sequence = 0
    again = network.post("", text, oneTimeEvent=True, oneTimeEventType="IEC")
    assert reference(first) == reference(again)
    assert network.worker.left("ada") == (Decimal("0.30"), Decimal(0))
    used = {
        "ratingGroup": 30,
        "usedUnitContainer": [{"localSequenceNumber": 1, "serviceSpecificUnits": 1}],
    }
    network.post("", used, oneTimeEvent=True, oneTimeEventType="PEC")
    assert network.worker.left("ada") == (Decimal("0.10"), Decimal(0))
    refused = network.post("", text, oneTimeEvent=True)
    assert (refused.status_code, refused.json()["cause"]) == (403, "QUOTA_LIMIT_REACHED")
    wrong = network.post("", text, oneTimeEvent=True, oneTimeEventType="ECUR")
    assert (wrong.status_code, wrong.json()["cause"]) == (400, "OPTIONAL_IE_INCORRECT")


def test_a_session_that_asks_for_nothing_yet_is_opened(network: Network) -> None:
    network.worker.account("ada", "sim:228011", "1")
    created = network.post("")
    assert "multipleUnitInformation" not in created.json()
    name = reference(created)
    updated = network.post(f"{name}/update", data(50_000))
    assert updated.json()["multipleUnitInformation"][0]["grantedUnit"] == {"totalVolume": 50_000}
    reported = network.post(f"{name}/update", data(used=50_000))
    assert "multipleUnitInformation" not in reported.json()
    assert network.post(f"{name}/release").status_code == 204
    assert network.worker.left("ada") == (Decimal("0.50"), Decimal(0))


def test_a_session_without_credit_goes_on_to_report(network: Network) -> None:
    network.worker.account("ada", "sim:228011", "1")
    name = reference(network.post("", data(100_000)))
    updated = network.post(f"{name}/update", data(100_000, 100_000))
    (told,) = updated.json()["multipleUnitInformation"]
    assert updated.status_code == HTTPStatus.OK
    assert told["resultCode"] == "QUOTA_LIMIT_REACHED"
    assert "grantedUnit" not in told
    assert network.post(f"{name}/release").status_code == 204
    assert network.worker.charges[-1].amount == Decimal(1)


def test_a_session_that_nobody_ends_is_settled(network: Network) -> None:
    network.worker.account("ada", "sim:228011", "5")
    name = reference(network.post("", data(300_000)))
    network.post(f"{name}/update", data(100_000, 100_000))
    network.worker.tick(1799)
    assert network.worker.sessions()
    network.worker.tick(1)
    assert not network.worker.sessions()
    assert network.worker.left("ada") == (Decimal(4), Decimal(0))


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


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ({"invocationSequenceNumber": -1}, "$.invocationSequenceNumber"),
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
