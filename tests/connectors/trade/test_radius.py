"""RADIUS accounting on the wire: pyrad's client against our door."""

import asyncio
import json
import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from pyrad.client import Client, Timeout
from pyrad.dictionary import Dictionary

from connectors.errors import Refused
from connectors.settings import KafkaSettings
from connectors.trade.radius.door import AccountingDoor, clients_of
from connectors.trade.radius.records import read
from streams.mediate import Mediated, compile_mediation
from streams.model.usage import Usage
from tests.connectors.trade.worker import load
from tests.platforms import arrival
from tests.tidy.source import ROOT

SECRET = b"testing123"
CATALOG = """
tenant: t
currencies: [{code: CHF}]
usage_types: [{id: wifi, units: [b, s]}]
price_plans:
  - id: plan
    currency: CHF
    offers:
      - id: access
        usage_type: wifi
        from: 2020-01-01
        prices: [{per_unit: {amounts: {b: 1, s: 0}}}]
"""
DICTIONARY = """
ATTRIBUTE User-Name 1 string
ATTRIBUTE NAS-IP-Address 4 ipaddr
ATTRIBUTE Calling-Station-Id 31 string
ATTRIBUTE NAS-Identifier 32 string
ATTRIBUTE Acct-Status-Type 40 integer
ATTRIBUTE Acct-Input-Octets 42 integer
ATTRIBUTE Acct-Output-Octets 43 integer
ATTRIBUTE Acct-Session-Id 44 string
ATTRIBUTE Acct-Session-Time 46 integer
ATTRIBUTE Acct-Output-Gigawords 53 integer
ATTRIBUTE Event-Timestamp 55 integer
VALUE Acct-Status-Type Start 1
VALUE Acct-Status-Type Stop 2
"""


class Log:
    """Takes records as a producer does."""

    def __init__(self) -> None:
        self.written: list[tuple[str, dict[str, Any], bytes]] = []
        self.fails = 0
        self._due: list[Any] = []

    def produce(self, topic: str, value: bytes, key: bytes, on_delivery: Any) -> None:
        if self.fails:
            self.fails -= 1
            self._due.append(lambda: on_delivery("broker away", None))
            return
        self.written.append((topic, json.loads(value), key))
        self._due.append(lambda: on_delivery(None, None))

    def poll(self, timeout: float) -> int:
        while self._due:
            self._due.pop()()
        return 0

    def flush(self, timeout: float) -> int:
        return self.poll(timeout)


def send(port: int, **attributes: Any) -> Any:
    secret = attributes.pop("secret", SECRET)
    client = Client(
        "127.0.0.1", acctport=port, secret=secret, dict=Dictionary(StringIO(DICTIONARY))
    )
    client.timeout, client.retries = 1, attributes.pop("retries", 1)
    request = client.CreateAcctPacket()
    for name, value in attributes.items():
        request[name.replace("_", "-")] = value
    try:
        return client.SendPacket(request)
    finally:
        client._CloseSocket()


async def with_door(log: Log, ask: Any, clients: dict[str, bytes] | None = None) -> Any:
    allowed = {"127.0.0.1": SECRET} if clients is None else clients
    door = AccountingDoor(KafkaSettings(bootstrap="", prefix="p."), allowed, log)
    port = await door.open("127.0.0.1", 0)
    try:
        return await asyncio.to_thread(ask, port)
    finally:
        await door.close()


STOP: dict[str, Any] = {
    "Acct_Status_Type": "Stop",
    "Acct_Session_Id": "s-1",
    "User_Name": "ada",
    "NAS_IP_Address": "192.0.2.7",
    "Calling_Station_Id": "41790000001",
    "Acct_Input_Octets": 1_000,
    "Acct_Output_Octets": 5,
    "Acct_Output_Gigawords": 1,
    "Acct_Session_Time": 60,
    "Event_Timestamp": 1_740_873_660,
}


def test_a_stop_becomes_a_record_and_is_answered() -> None:
    log = Log()
    answer = asyncio.run(with_door(log, lambda port: send(port, **STOP)))
    assert answer.code == 5
    ((topic, record, key),) = log.written
    assert (topic, key) == ("p.usage", b"s-1")
    assert record == {
        "user_name": "ada",
        "calling_station_id": "41790000001",
        "acct_session_id": "s-1",
        "acct_input_octets": 1_000,
        "acct_output_octets": 5,
        "acct_session_time": 60,
        "acct_output_gigawords": 1,
        "event_timestamp": 1_740_873_660,
        "nas_ip_address": "192.0.2.7",
        "acct_status_type": "Stop",
        "nas": "192.0.2.7",
        "started_at": "2025-03-02T00:00:00.000000Z",
        "ended_at": "2025-03-02T00:01:00.000000Z",
        "input_octets": 1_000,
        "output_octets": 2**32 + 5,
        "total_octets": 2**32 + 1_005,
    }


def test_the_page_tells_how_a_record_is_read(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "reference" / "charging_doors.md").read_text()
    (platform,) = (part for part in re.findall(r"```yaml\n(.*?)```", page, re.S) if "wifi" in part)
    catalog = load(CATALOG + platform, tmp_path)
    log = Log()
    asyncio.run(with_door(log, lambda port: send(port, **STOP)))
    ((_, record, _),) = log.written
    mediation = compile_mediation(catalog.source_platforms, tenant="t", version="v")
    result = mediation.platforms[0].mediate(record, arrival(offset=9, index=0))
    assert isinstance(result, Mediated), result
    assert result.event.usages == (Usage("b", 2**32 + 1_005), Usage("s", 60))
    assert (result.event.service_id, result.event.event_id) == ("ada", "192.0.2.7/s-1")


def test_a_start_is_answered_and_is_no_usage() -> None:
    log = Log()
    start = {**STOP, "Acct_Status_Type": "Start"}
    assert asyncio.run(with_door(log, lambda port: send(port, **start))).code == 5
    assert not log.written


def test_what_is_not_on_the_log_is_not_answered_until_it_is() -> None:
    log = Log()
    log.fails = 1
    answer = asyncio.run(with_door(log, lambda port: send(port, retries=3, **STOP)))
    assert (answer.code, len(log.written)) == (5, 1)


@pytest.mark.parametrize(
    ("clients", "more"),
    [
        ({}, {}),
        ({"127.0.0.1": b"another"}, {}),
        (None, {"Acct_Session_Id": ""}),
    ],
)
def test_strangers_and_nameless_sessions_get_no_answer(
    clients: dict[str, bytes] | None, more: dict[str, Any]
) -> None:
    log = Log()

    def ask(port: int) -> None:
        with pytest.raises(Timeout):
            send(port, **{**STOP, **more})

    asyncio.run(with_door(log, ask, clients))
    assert not log.written


@pytest.mark.parametrize("packet", [b"", b"\x01" * 20, b"\x04" * 30, b"\x04" + b"\xff" * 5_000])
def test_a_packet_that_is_none_is_refused(packet: bytes) -> None:
    with pytest.raises(Refused):
        read(packet, SECRET)


def test_clients_are_named_with_their_secrets(tmp_path: Path) -> None:
    assert clients_of(" 192.0.2.1=a=b, ::1=c") == {"192.0.2.1": b"a=b", "::1": b"c"}
    with pytest.raises(Refused):
        clients_of("192.0.2.1")
