"""What sessions are told, over a real broker: by the gateway's stream, and once on the topic."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

import httpx
import pytest
from typer.testing import CliRunner

from connectors.kafka.avro import AvroCodec, decode
from connectors.kafka.topics import Topic
from connectors.settings import ClickHouseSettings, KafkaSettings
from infra.cli import sessions as cli
from infra.cli import top
from tests.connectors.door import Door as ApiDoor
from tests.connectors.door import DoorSettings
from tests.topologies.small_ledger import committed
from tests.topologies.test_dispatcher import settle
from tests.topologies.test_online_door import TENANT, Door, ask, open_account
from tests.topologies.test_online_door import door as door
from tests.topologies.test_session_door import Stream
from tests.topologies.toys import wait_for
from topologies.dispatcher import Dispatcher

pytestmark = pytest.mark.xdist_group("online_door")


@contextmanager
def following(door: Door, address: str, place: str = "") -> Iterator[Stream]:
    headers = {"Authorization": f"Bearer {door.reader}"}
    if place:
        headers["Last-Event-ID"] = place
    path = f"{address}/v1/tenants/{TENANT}/session-commands"
    with httpx.stream("GET", path, headers=headers, timeout=30) as answer:
        assert answer.status_code == 200, answer.read()
        yield Stream(answer)


def test_a_gateway_hears_what_is_commanded_also_what_was_while_the_worker_was_away(
    door: Door,
    kafka_settings: KafkaSettings,
    clickhouse_settings: ClickHouseSettings,
) -> None:
    open_account(kafka_settings, "ada", Decimal(10))
    gateway = ApiDoor(DoorSettings(kafka_settings, clickhouse_settings, door.folder))
    try:
        with door.caller() as caller:
            ask(caller, "sessions/one/reserve", "ada", requested={"requests": 6})
            caller.base_url = httpx.URL(f"{gateway.address}/v1/tenants/{TENANT}")
            listed = caller.get("accounts/ada/sessions").json()
            assert [each["session"] for each in listed["sessions"]] == ["one"]
            # Only when it has all partitions open can a worker say that nobody has it.
            wait_for(lambda: caller.get("accounts/nobody/sessions").status_code == 404, "a 404")
            told = {"action": "throttle", "value": "64kbps", "root": "ada", "cause": "fraud"}
            with following(door, gateway.address) as events:
                place = events.next()["id"]
                assert caller.post("accounts/ada/sessions", json=told).status_code == 202
                first = events.next()
                assert (first["data"]["action"], first["data"]["cause"]) == ("throttle", "fraud")
            door.kill()
            ended = {"action": "terminate", "root": "ada", "reason": "stolen"}
            assert caller.post("accounts/ada/sessions?id=once", json=ended).status_code == 202
            assert caller.post("accounts/ada/sessions?id=once", json=ended).status_code == 202
            wrong = caller.post("accounts/ada/sessions", json=ended | {"cause": "limit"})
            assert wrong.status_code == 422
            door.start()
            with following(door, gateway.address, first["id"]) as events:
                second = events.next()
                while "data" not in second:
                    second = events.next()
                assert (second["data"]["action"], second["data"]["reason"]) == (
                    "terminate",
                    "stolen",
                )
            with following(door, door.address, place) as events:
                assert [events.next().get("data", {}).get("action") for _ in range(3)] == [
                    None,
                    "throttle",
                    "terminate",
                ]
        _is_once_on_the_topic(kafka_settings, [first["data"], second["data"]])
        _is_seen_on_the_command_line(door, kafka_settings)
    finally:
        gateway.close()


def _is_once_on_the_topic(kafka: KafkaSettings, told: list[dict[str, str]]) -> None:
    with Dispatcher(kafka, AvroCodec()) as dispatcher:

        def is_dispatched() -> bool:
            dispatcher.step(timeout_s=0.1)
            return len(committed(kafka, Topic.SESSION_COMMANDS)) >= len(told)

        wait_for(is_dispatched, "the topic", 60)
        settle(dispatcher)
    found = [
        decode(Topic.SESSION_COMMANDS, message.value())
        for message in committed(kafka, Topic.SESSION_COMMANDS)
    ]
    assert [(each.command_id, each.action, each.session) for each in found] == [
        (each["command_id"], each["action"], each["session"]) for each in told
    ]


def _is_seen_on_the_command_line(door: Door, kafka: KafkaSettings) -> None:
    environment = {
        "VIVACE_DATA": str(door.folder),
        "VIVACE_KAFKA_BOOTSTRAP": kafka.bootstrap,
        "VIVACE_KAFKA_PREFIX": kafka.prefix,
        "VIVACE_PARTITIONS": str(kafka.partitions),
    }
    words = ["sessions", "ada", "--tenant", TENANT, "--json"]
    done = CliRunner().invoke(cli.app, words, env=environment)
    assert done.exit_code == 0, done.output
    (session,) = json.loads(done.stdout)
    assert (session["session"], session["control"]) == ("one", "terminate")
    seen = CliRunner().invoke(top.app, ["--once", "--json", "--every", "0.2"], env=environment)
    assert seen.exit_code == 0, seen.output
    assert json.loads(seen.stdout)["total"]["sessions"] == 1
