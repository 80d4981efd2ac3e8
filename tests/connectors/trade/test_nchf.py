"""Converged charging at its door: TS 32.291 in, sessions behind it, TS 32.291 out."""

from decimal import Decimal
from http import HTTPStatus
from pathlib import Path

import pytest

from streams.model.instant import SECOND
from tests.connectors.trade.network import Network, data, reference


@pytest.fixture
def network(tmp_path: Path) -> Network:
    return Network(tmp_path)


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
