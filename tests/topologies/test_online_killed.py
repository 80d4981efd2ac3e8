"""Callers on one account while its owner is killed again and again: never more than there is."""

import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import httpx
import pytest

from connectors.clock import now
from connectors.kafka.commands import CommandSender
from connectors.settings import KafkaSettings
from streams.model.command import Tick
from streams.model.instant import SECOND
from tests.topologies.test_online_door import CALL, PRICE, TENANT, Door, door, open_account
from tests.topologies.toys import wait_for

__all__ = ["door"]

pytestmark = pytest.mark.xdist_group("online_door")

UNITS = 1000
TURNS = 8
VALID_S = 120
AGAIN_S = 1.0
"""As callers do: the worker that starts needs the processor."""
PATIENCE_S = 600.0
"""The luckless wait through all kills."""
GONE = (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.MISDIRECTED_REQUEST)


@dataclass
class Account:
    """What is known from outside: what sessions hold at most, and what has been charged."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    held: Counter[str] = field(default_factory=Counter)
    """The units that each running session was granted and has not used; an abandoned one's too."""
    reported: Counter[str] = field(default_factory=Counter)
    """What each abandoned session has reported: it is settled by that."""
    used: int = 0
    repeats: int = 0

    def check(self) -> None:
        """Nothing is granted that is not there."""
        assert self.used + sum(self.held.values()) <= UNITS


class Directory:
    """Where the worker is: who looks, looks for all, since each look asks the broker."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._lock = threading.Lock()
        self._looked_at = float("-inf")

    def url(self) -> str:
        """Where to ask now that nobody answers; it is looked up once for all callers."""
        with self._lock:
            if time.monotonic() - self._looked_at > AGAIN_S:
                self._found = f"{self._door.address}/v1/tenants/{TENANT}"
                self._looked_at = time.monotonic()
            return self._found


class Caller:
    """One that asks by a connection of its own, and asks again until it is answered."""

    def __init__(self, door: Door, workers: Directory, account: Account, number: int) -> None:
        self._door = door
        self._workers = workers
        self._account = account
        self._dice = random.Random(number)
        self._number = number

    def run(self) -> None:
        with self._door.caller() as self._http:
            for turn in range(TURNS):
                self._session(f"hot-{self._number}-{turn}")

    def _session(self, name: str) -> None:
        dice, account = self._dice, self._account
        granted = self._granted(name, 1, "reserve", 0)
        sequence, used = 1, 0
        while granted and dice.random() < 0.5:
            sequence += 1
            spent = dice.randrange(granted + 1)
            with account.lock:
                # What was reported is charged whatever comes; the rest may be granted to others.
                account.held[name] = used + spent
            used += spent
            granted = self._granted(name, sequence, "extend", used, used={"requests": spent})
        if account.held[name] or granted:
            self._end(name, sequence + 1, granted, used)

    def _end(self, name: str, sequence: int, granted: int, used: int) -> None:
        dice, account = self._dice, self._account
        end = dice.choice(["confirm", "confirm", "release", "abandon"])
        if end == "abandon":
            with account.lock:
                account.reported[name] = used
            return
        spent = dice.randrange(granted + 1) if end == "confirm" else 0
        with account.lock:
            account.held[name] = used + spent
        more = {"used": {"requests": spent}} if spent else {}
        done = self._ask(name, end, sequence, **more)
        assert done.status_code == HTTPStatus.OK, done.text
        with account.lock:
            account.held[name] = 0
            account.used += used + spent
            account.check()

    def _granted(self, name: str, sequence: int, verb: str, so_far: int, **service: Any) -> int:
        requested = {"requests": self._dice.randrange(1, 120)}
        answer = self._ask(name, verb, sequence, requested=requested, **service)
        granted = 0
        if answer.status_code == HTTPStatus.OK:
            granted = int(answer.json()["services"][0]["granted"].get("requests", 0))
        else:
            assert answer.status_code == HTTPStatus.PAYMENT_REQUIRED, answer.text
        with self._account.lock:
            self._account.held[name] = so_far + granted
            self._account.check()
        return granted

    def _ask(self, name: str, verb: str, sequence: int, **service: Any) -> httpx.Response:
        answer = self._patient(name, verb, sequence, service)
        if self._dice.random() < 0.2:
            again = self._patient(name, verb, sequence, service)
            assert again.json() == answer.json()
            assert again.headers["Idempotency-Hit"] == "true"
            with self._account.lock:
                self._account.repeats += 1
        return answer

    def _patient(self, name: str, verb: str, sequence: int, service: Any) -> httpx.Response:
        answers: list[httpx.Response] = []

        def is_answered() -> bool:
            try:
                body = {
                    "service_id": "key-hot",
                    "sequence": sequence,
                    "valid_for": VALID_S,
                    "services": [{**CALL, **service}],
                }
                answer = self._http.post(f"sessions/{name}/{verb}", json=body)
            except httpx.TransportError:
                time.sleep(AGAIN_S)
                self._http.base_url = httpx.URL(self._workers.url())
                return False
            answers.append(answer)
            if answer.status_code not in GONE:
                return True
            time.sleep(float(answer.headers.get("Retry-After", AGAIN_S)))
            return False

        wait_for(is_answered, f"an answer to {verb}", PATIENCE_S)
        return answers[-1]


def settle_abandoned(kafka: KafkaSettings, door: Door) -> None:
    """Tell a time at which the validity of what nobody ends is over, until no session is left."""
    numbers = iter(range(1_000))

    def is_settled() -> bool:
        at = now() + (VALID_S + 1) * SECOND
        with CommandSender(kafka) as sender:
            sender.send([Tick(f"tick/over/{next(numbers)}", at)])
        with door.caller() as caller:
            found = caller.get("accounts/hot/sessions")
        assert found.status_code == HTTPStatus.OK, found.text
        return not found.json()["sessions"]

    wait_for(is_settled, "no session to be left", 60)


@pytest.mark.parametrize(
    ("callers", "kills"),
    [(8, 1), pytest.param(64, 6, marks=[pytest.mark.soak, pytest.mark.timeout(1200)])],
)
def test_callers_get_no_more_than_there_is(
    door: Door, kafka_settings: KafkaSettings, callers: int, kills: int
) -> None:
    open_account(kafka_settings, "hot", UNITS * PRICE)
    account, workers = Account(), Directory(door)
    with ThreadPoolExecutor(callers) as pool:
        running = [
            pool.submit(Caller(door, workers, account, number).run) for number in range(callers)
        ]
        for kill in range(kills):
            wanted = len(account.held) + 3

            def is_further(wanted: int = wanted) -> bool:
                return len(account.held) >= wanted or all(each.done() for each in running)

            wait_for(is_further, f"sessions before kill {kill}", 120)
            door.kill()
            door.start()
        for each in running:
            each.result()
    settle_abandoned(kafka_settings, door)
    assert account.repeats > 0
    with door.caller() as caller:
        body = {"service_id": "key-hot", "services": [{**CALL, "requested": {"requests": 5000}}]}
        left = caller.post("check", json=body)
    unused = UNITS - account.used - sum(account.reported.values())
    if unused:
        assert left.json()["services"][0]["granted"] == {"requests": str(unused)}
    else:
        assert left.status_code == HTTPStatus.PAYMENT_REQUIRED
