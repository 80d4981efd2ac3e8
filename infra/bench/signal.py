"""How long until a gateway hears what its session is told: by a threshold, by a command."""

import time
from contextlib import closing
from decimal import Decimal
from statistics import quantiles
from threading import Condition, Thread
from typing import Any, Final

import httpx
from msgspec import Struct
from msgspec.structs import replace

from connectors.catalog.load import load_catalog
from connectors.clock import now
from connectors.kafka.catalog_topic import activate, publish
from connectors.kafka.commands import CommandSender
from connectors.settings import KafkaSettings
from infra.bench.cores import measured_cores, on_cores, other_cores
from infra.bench.doorway import READY_S, address_of, new_key, prepaid
from infra.bench.engines import BenchPlace
from infra.bench.measuring import Tell, own_place
from infra.bench.preload import make_place
from infra.bench.world import CATALOGS
from infra.load.plan import Workload
from streams.model.instant import BEGINNING
from streams.model.session_command import SignalSessions
from streams.model.threshold import Threshold

WORKER = "charging"
NAME: Final = "signalled"
_CATALOG = "ai-api"
_PLAN = "prepaid"
_HEARD_S = 10.0
_WARM = 10
"""Rounds at the beginning that are left out."""
_REQUESTS = 4_000
"""Requests of one debit: they cost more than the step between two levels, 1 USD."""


class Heard(Struct, kw_only=True):
    """Milliseconds until a session's gateway has heard."""

    p50_ms: float
    p99_ms: float
    rounds: int


class SignalResult(Struct, kw_only=True):
    """From sending what reaches a threshold, or from its answer; and from sending a command."""

    threshold: Heard
    after_answer: Heard
    command: Heard


def measure_signal(place: BenchPlace, *, rounds: int, tell: Tell) -> SignalResult:
    """Reach a threshold again and again, and command a session, while its gateway listens."""
    with own_place(place.site, Workload.API) as here:
        make_place(here)
        key = new_key(here)
        tenant = _publish(here.kafka)
        here.start(WORKER, cores=measured_cores())
        _open_account(here.kafka, tenant)
        address = address_of(here)
        with on_cores(other_cores()), _Gateway(address, tenant, key) as gateway:
            gateway.reserve()
            tell(f"{rounds} debits that reach a threshold")
            sent, answered = gateway.reach(rounds)
            tell(f"{rounds} commands")
            with closing(CommandSender(here.kafka)) as sender:
                commanded = gateway.command(sender, rounds)
        here.stop(WORKER)
    return SignalResult(
        threshold=_heard(sent), after_answer=_heard(answered), command=_heard(commanded)
    )


def _publish(kafka: KafkaSettings) -> str:
    catalog = load_catalog(CATALOGS / _CATALOG)
    step = Decimal(1)
    watched = Threshold(
        id=NAME, on="spend", resource="USD", levels=(step,), every=step, action="throttle"
    )
    catalog = replace(catalog, thresholds=(*catalog.thresholds, watched))
    version = publish(kafka, catalog)
    activate(kafka, tenant=catalog.tenant, version=version, start=BEGINNING)
    return catalog.tenant


def _open_account(kafka: KafkaSettings, tenant: str) -> None:
    commands = prepaid(tenant, NAME, plan=_PLAN, money=Decimal(10**9))
    with closing(CommandSender(kafka)) as sender:
        sender.wait(sender.send(commands), timeout_s=READY_S)


def _heard(took: list[float]) -> Heard:
    counted = [each * 1000 for each in took[_WARM:]]
    cuts = quantiles(counted, n=100, method="inclusive")
    return Heard(p50_ms=round(cuts[49], 2), p99_ms=round(cuts[98], 2), rounds=len(counted))


class _Gateway:
    """One caller, and the stream of what its sessions are told."""

    def __init__(self, address: str, tenant: str, key: str) -> None:
        headers = {"Authorization": f"Bearer {key}"}
        self._tenant = tenant
        self._door = httpx.Client(
            base_url=f"{address}/v1/tenants/{tenant}", headers=headers, timeout=_HEARD_S
        )
        self._stream = httpx.Client(headers=headers, timeout=60.0)
        self._path = f"{address}/v1/tenants/{tenant}/session-commands"
        self._heard_at: list[float] = []
        self._is_following = False
        self._told = Condition()
        self._thread = Thread(target=self._follow, daemon=True)

    def reserve(self) -> None:
        """Open the session that is told something, and listen."""
        self._thread.start()
        with self._told:
            self._told.wait_for(lambda: self._is_following, _HEARD_S)
        self._ask("sessions/one/reserve", 1)

    def reach(self, rounds: int) -> tuple[list[float], list[float]]:
        """Seconds until the session is told of a threshold, since the debit, and its answer."""
        sent, answered = list[float](), list[float]()
        for number in range(rounds + _WARM):
            count, began = len(self._heard_at), time.perf_counter()
            self._ask("debit", _REQUESTS, {"Idempotency-Key": f"d{number}"})
            ended = time.perf_counter()
            heard = self._first_after(count)
            sent.append(heard - began)
            answered.append(max(0.0, heard - ended))
        return sent, answered

    def command(self, sender: CommandSender, rounds: int) -> list[float]:
        """Seconds until the session is told what is commanded by `charging`."""
        took: list[float] = []
        for number in range(rounds + _WARM):
            told = SignalSessions(
                f"c{number}", self._tenant, NAME, NAME, "reauthorise", now(), cause="operator"
            )
            count, began = len(self._heard_at), time.perf_counter()
            sender.send([told])
            took.append(self._first_after(count) - began)
        return took

    def _ask(self, path: str, requests: int, headers: dict[str, str] | None = None) -> None:
        asked: dict[str, Any] = {
            "usage_type": "api_call",
            "attributes": {"endpoint": "x"},
            "requested": {"requests": requests},
        }
        body = {"service_id": NAME, "services": [asked]}
        self._door.post(path, json=body, headers=headers).raise_for_status()

    def _first_after(self, count: int) -> float:
        with self._told:
            assert self._told.wait_for(lambda: len(self._heard_at) > count, _HEARD_S)
        return self._heard_at[count]

    def _follow(self) -> None:
        with self._stream.stream("GET", self._path) as answer:
            for line in answer.iter_lines():
                with self._told:
                    self._is_following = True
                    if line.startswith("data: "):
                        self._heard_at.append(time.perf_counter())
                    self._told.notify_all()

    def __enter__(self) -> "_Gateway":
        return self

    def __exit__(self, *_: object) -> None:
        self._door.close()
