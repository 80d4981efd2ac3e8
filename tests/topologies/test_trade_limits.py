"""Spending limits over a real log, worker and door: what a policy function hears by HTTP/2."""

from collections.abc import Iterator
from decimal import Decimal
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors import clock
from connectors.kafka.commands import CommandSender
from connectors.settings import KafkaSettings
from connectors.trade.nchf import app, limits
from streams.model.balance_command import TopUp
from streams.model.command import AdvanceClock, Command, PutStatus
from streams.model.instant import DAY, HOUR, SECOND, format_instant
from tests.connectors.trade import flows
from tests.connectors.trade.shapes import check_shape
from tests.topologies.test_trade_doors import SUBSCRIBER, Doors
from tests.topologies.toys import wait_for

pytestmark = pytest.mark.xdist_group("online_door")
CATALOG = f"""{flows.CATALOG}
test: true
thresholds:
  - {{id: low, watch: balance, resource: CHF, level: 3}}
  - id: spent
    watch: spend
    resource: CHF
    levels: [2, 1000]
    period: day
    statuses: [full, slow, stop]
"""


class Policies:
    """A policy function: what it asks, what it has heard, and whoever spends meanwhile."""

    def __init__(self, doors: Doors, kafka: KafkaSettings) -> None:
        self.doors = doors
        self.kafka = kafka
        self.client = httpx.Client(
            base_url=f"http://127.0.0.1:{doors.http}",
            http1=False,
            http2=True,
            timeout=30,
            headers={"Authorization": f"Bearer {doors.key}"},
        )
        self.number = 0

    def body(self, name: str, **more: Any) -> dict[str, Any]:
        uri = f"http://127.0.0.1:{self.doors.network.server_port}/notify/{name}"
        return {"supi": f"msisdn-{SUBSCRIBER}", "notifUri": uri, **more}

    def subscribe(self, name: str, **more: Any) -> httpx.Response:
        return self.client.post(limits.ROOT, json=self.body(name, **more))

    def is_subscribed(self, name: str) -> str:
        """Where the subscription stands; empty while the doors are not open yet."""
        try:
            answer = self.subscribe(name)
        except httpx.TransportError:
            return ""
        if answer.status_code != HTTPStatus.CREATED:
            return ""
        check_shape(answer.json(), "SpendingLimitStatus")
        return httpx.URL(answer.headers["Location"]).path

    def spend(self, seconds: int) -> bool:
        """A call that has ended; False where the worker is away."""
        self.number += 1
        usage = {"ratingGroup": 1, "requestedUnit": {"time": seconds}}
        body = {
            "subscriberIdentifier": f"msisdn-{SUBSCRIBER}",
            "nfConsumerIdentification": {"nodeFunctionality": "SMF"},
            "invocationTimeStamp": "2025-03-02T00:00:00Z",
            "invocationSequenceNumber": self.number,
            "oneTimeEvent": True,
            "oneTimeEventType": "IEC",
            "multipleUnitUsage": [usage],
        }
        return self.client.post(app.ROOT, json=body).status_code == HTTPStatus.CREATED

    def command(self, command: Command) -> None:
        with CommandSender(self.kafka) as sender:
            sender.wait(sender.send([command]), timeout_s=30)

    def top_up(self, amount: str) -> None:
        self.number += 1
        name = f"more/{self.number}"
        at = clock.now()
        self.command(TopUp(name, "net", "ada", "ada", Decimal(amount), "CHF", at, "x"))

    @property
    def addresses(self) -> set[str]:
        """Where something was heard."""
        return {path for path, _, _ in self.doors.network.heard}

    def heard(self, name: str, counter: str) -> list[str]:
        """The statuses of a counter that were heard at an address, in order."""
        return [
            body["statusInfos"][counter]["currentStatus"]
            for path, body, _ in self.doors.network.heard
            if path == f"{name}/notify" and counter in body["statusInfos"]
        ]

    def waits_for(self, name: str, counter: str, status: str) -> None:
        last = lambda: self.heard(name, counter)[-1:] == [status]  # noqa: E731
        wait_for(last, f"{counter} {status} at {name}\n{self.doors.engine.logs()}", 60)


@pytest.fixture
def policies(
    kafka_settings: KafkaSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Policies]:
    doors = Doors(kafka_settings, tmp_path, monkeypatch, CATALOG)
    opened = Policies(doors, kafka_settings)
    yield opened
    opened.client.close()
    codes = doors.engine.stop()
    doors.network.close()
    assert codes["trade"] == 0, doors.engine.logs()


def test_policy_functions_hear_of_limits(policies: Policies) -> None:
    doors = policies.doors
    wait_for(lambda: policies.is_subscribed("one"), f"a subscription\n{doors.engine.logs()}", 90)
    one = policies.is_subscribed("one")

    def is_told() -> bool:
        """A first notice waits for the consumer group: it is crossed and left until one comes."""
        if policies.spend(250):
            policies.top_up("2.50")
        return bool(policies.heard("one", "low"))

    wait_for(is_told, f"a notice\n{doors.engine.logs()}", 60)
    policies.waits_for("one", "low", "clear")
    assert policies.spend(250)
    policies.waits_for("one", "low", "3")
    # The owner dies: the subscription is part of its state.
    doors.engine.kill("charging")
    doors.engine.start("charging")
    policies.top_up("2.50")
    policies.waits_for("one", "low", "clear")
    changed = policies.client.put(one, json=policies.body("two", policyCounterIds=["spent"]))
    assert changed.status_code == HTTPStatus.OK, changed.text
    check_shape(changed.json(), "SpendingLimitStatus")
    (spent,) = changed.json()["statusInfos"].values()
    assert (spent["currentStatus"], spent["penPolCounterStatuses"][0]["policyCounterStatus"]) == (
        "slow",
        "full",
    )
    policies.command(AdvanceClock("next", "net", clock.now() + DAY))
    policies.waits_for("two", "spent", "full")
    _refuses(policies)
    _ends_by_its_time(policies)
    gone = policies.is_subscribed("gone")
    assert policies.client.delete(gone).status_code == HTTPStatus.NO_CONTENT
    assert policies.client.delete(gone).status_code == HTTPStatus.NOT_FOUND
    assert policies.subscribe("end", notifId="e").status_code == HTTPStatus.CREATED
    policies.command(PutStatus("end", "net", "ada", "ada", "terminated", clock.now()))
    ends = lambda: {"two/terminate", "end/terminate"} <= policies.addresses  # noqa: E731
    wait_for(ends, f"an end\n{doors.engine.logs()}", 60)
    assert policies.addresses == {"one/notify", "two/notify", "two/terminate", "end/terminate"}
    (told,) = [body for path, body, _ in doors.network.heard if path == "end/terminate"]
    check_shape(told, "SubscriptionTerminationInfo")
    assert (told["notifId"], told["termCause"]) == ("e", "REMOVED_SUBSCRIBER")


def _ends_by_its_time(policies: Policies) -> None:
    expiry = format_instant(clock.now() + 60 * SECOND)
    short = policies.subscribe("short", expiry=expiry)
    assert short.status_code == HTTPStatus.CREATED
    policies.command(AdvanceClock("later", "net", clock.now() + DAY + HOUR))
    location = httpx.URL(short.headers["Location"]).path

    def is_over() -> bool:
        answer = policies.client.put(location, json=policies.body("short"))
        return answer.status_code == HTTPStatus.NOT_FOUND

    wait_for(is_over, f"an end by time\n{policies.doors.engine.logs()}", 30)


def _refuses(policies: Policies) -> None:
    unknown = policies.subscribe("x", policyCounterIds=["none"])
    assert unknown.json()["cause"] == "UNKNOWN_POLICY_COUNTERS"
    nobody = policies.client.post(limits.ROOT, json=policies.body("x", supi="msisdn-999"))
    assert (nobody.status_code, nobody.json()["cause"]) == (400, "USER_UNKNOWN")
