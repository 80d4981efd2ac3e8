"""Callers of the online door: sessions, debits and refunds, asked again until somebody answers.

Requests get lost, come late or twice, and so do answers; a caller whose answer does not come asks
again by the same name. Each keeps what it was told, and reports no more use than it was granted.
"""

import asyncio
import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from decimal import Decimal
from http import HTTPStatus
from typing import Any, Final

from connectors.online.protocol import HttpAnswer, HttpRequest
from tests.simulate.business import POISON, TENANT, UNIT, USAGE_TYPE
from tests.simulate.dice import Dice
from tests.simulate.load import CALLERS, LOAD_S, Shape
from tests.simulate.worker import ChargingWorker

TRIES: Final = 6
"""Then a caller gives up, not knowing what has become of its request."""

NOT_ANSWERED: Final = (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.MISDIRECTED_REQUEST)


@dataclass(frozen=True)
class Told:
    """An answer that has left a door, whether it arrived or not."""

    verb: str
    name: str
    sequence: int
    status: HTTPStatus
    body: bytes
    is_repeat: bool

    @property
    def document(self) -> dict[str, Any]:
        """What it says."""
        found: dict[str, Any] = json.loads(self.body)
        return found


class Callers:
    """All who ask, beside the load. `told` is every answer that left a door."""

    def __init__(
        self,
        dice: Dice,
        shape: Shape,
        workers: dict[str, ChargingWorker],
        begin: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        self.told: list[Told] = []
        self.waiting = 0
        """Callers that are not done."""
        self._dice = dice
        self._shape = shape
        self._workers = workers
        self._begin = begin

    async def call(self) -> None:
        """Begin sessions and debits, as they come."""
        names = [f"line-{n}" for n in range(CALLERS)]
        names += [f"service-{n}" for n in range(self._shape.services)]
        for number in range(self._shape.sessions):
            await asyncio.sleep(self._dice.between(0, 2 * LOAD_S / self._shape.sessions))
            if asyncio.get_running_loop().time() > LOAD_S:
                return
            # Half of them crowd on the accounts that nobody else uses.
            first = self._dice.happens(0.5)
            service = self._dice.random.choice(names[:CALLERS] if first else names[CALLERS:])
            is_debit = self._dice.happens(0.3)
            one = _Caller(self, number, service)
            self.waiting += 1
            self._begin(one.debit() if is_debit else one.hold_session())

    # The way of a request to an owner and back

    async def ask(self, path: str, body: dict[str, Any], key: str = "") -> Told | None:
        """Ask until somebody answers; None: nobody knows what has become of it."""
        headers = {"authorization": "Bearer any", "idempotency-key": key}
        request = HttpRequest(
            "POST", f"/v1/tenants/{TENANT}/{path}", headers, json.dumps(body).encode()
        )
        for _ in range(TRIES):
            told = await self._try(request)
            if told is not None and told.status not in NOT_ANSWERED:
                return told
            await asyncio.sleep(self._dice.between(0.05, 1.5))
        return None

    async def _try(self, request: HttpRequest) -> Told | None:
        loop, dice = asyncio.get_running_loop(), self._dice
        answer: asyncio.Future[Told] = loop.create_future()
        if not dice.happens(0.03):
            hop = dice.between(0.5, 6) if dice.happens(0.03) else dice.latency()
            loop.call_later(hop, self._arrive, request, answer)
        if dice.happens(0.05):
            loop.call_later(dice.latency(), self._arrive, request, answer)
        try:
            async with asyncio.timeout(dice.between(0.3, 2.5)):
                return await answer
        except TimeoutError:
            return None

    def _arrive(self, request: HttpRequest, answer: "asyncio.Future[Told]") -> None:
        """At one worker, and from there at the next, until one knows the service."""
        names = list(self._workers)
        self._dice.random.shuffle(names)
        self._begin(self._go_round(request, answer, names))

    async def _go_round(
        self, request: HttpRequest, answer: "asyncio.Future[Told]", names: list[str]
    ) -> None:
        for name in names:
            worker, got = self._workers[name], asyncio.get_running_loop().create_future()
            if not worker.process.is_alive:
                continue
            serving = worker.process.spawn(self._serve(worker, request, got))
            await asyncio.wait((serving, got), return_when=asyncio.FIRST_COMPLETED)
            if not got.done():
                return
            told: Told = got.result()
            if told.status != HTTPStatus.MISDIRECTED_REQUEST:
                break
        else:
            return
        await asyncio.sleep(self._dice.latency())
        if not answer.done() and not self._dice.happens(0.05):
            answer.set_result(told)

    async def _serve(
        self, worker: ChargingWorker, request: HttpRequest, got: "asyncio.Future[Told]"
    ) -> None:
        await worker.process.pass_gate()
        replied: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        def reply(answer: object) -> None:
            if not replied.done():  # else its process has died meanwhile
                replied.set_result(answer)

        worker.door.answer(request, reply)
        answer = await replied
        await worker.process.pass_gate()
        assert isinstance(answer, HttpAnswer)
        told = _told(request, answer)
        self.told.append(told)
        got.set_result(told)


def _told(request: HttpRequest, answer: HttpAnswer) -> Told:
    *_, name, verb = request.path.split("/")
    if verb == "debit" or verb == "refund":
        name = request.headers["idempotency-key"]
    sequence = json.loads(request.body).get("sequence", 1)
    is_repeat = "Idempotency-Hit" in answer.headers
    return Told(verb, name, sequence, answer.status, answer.body, is_repeat)


class _Caller:
    """One session, or one debit that may be refunded."""

    def __init__(self, callers: Callers, number: int, service: str) -> None:
        self._callers = callers
        self._dice = callers._dice
        self._name = f"call-{number}"
        self._service = service
        self._sequence = 0

    async def debit(self) -> None:
        """Charge at once; ask again with the same key, or for the money back."""
        body = self._body(asked=self._dice.random.choice((1, 2, 10)))
        del body["sequence"]
        for _ in range(self._dice.random.choice((1, 1, 2))):
            told = await self._callers.ask("debit", body, self._name)
        if told is not None and told.status == HTTPStatus.OK and self._dice.happens(0.4):
            back = {"service_id": self._service, "debit": self._name}
            for _ in range(self._dice.random.choice((1, 2))):
                await self._callers.ask("refund", back, f"{self._name}-back")
        self._callers.waiting -= 1

    async def hold_session(self) -> None:
        """Reserve, extend, and confirm, release or forget; wait too long, sometimes."""
        granted = await self._ask("reserve", asked=self._dice.random.choice((1, 5, 20, 80)))
        for _ in range(self._dice.random.choice((0, 1, 1, 3))):
            if granted is None:
                break
            await asyncio.sleep(self._dice.between(0.1, 3))
            used = self._dice.random.randint(0, granted)
            asked = self._dice.random.choice((1, 5, 20))
            granted = await self._ask("extend", asked=asked, used=used)
        if granted is not None:
            await asyncio.sleep(self._dice.between(0, 2))
            end = self._dice.random.choice(("confirm", "confirm", "confirm", "release", "forget"))
            if end == "confirm":
                await self._ask(end, used=self._dice.random.randint(0, granted))
            elif end == "release":
                await self._ask(end)
        self._callers.waiting -= 1

    async def _ask(self, verb: str, *, asked: int = 0, used: int = 0) -> int | None:
        """What was granted; None where it is not known, or the session is over."""
        self._sequence += 1
        body = self._body(asked=asked, used=used)
        path = f"sessions/{self._name}/{verb}"
        told = await self._callers.ask(path, body)
        if told is not None and self._dice.happens(0.2):
            await self._ask_again(path, body)
        if told is None or told.status != HTTPStatus.OK:
            return None
        (service,) = told.document["services"]
        return int(Decimal(service["granted"].get(UNIT, "0")))

    async def _ask_again(self, path: str, body: dict[str, Any]) -> None:
        """By the same name; with another content, sometimes."""
        if self._dice.happens(0.3):
            body = {**body, "valid_for": body["valid_for"] + 1}
        await self._callers.ask(path, body)

    def _body(self, *, asked: int, used: int = 0) -> dict[str, Any]:
        service: dict[str, Any] = {"usage_type": USAGE_TYPE}
        if asked:
            service["requested"] = {UNIT: asked}
        if used:
            service["used"] = {UNIT: used}
        if self._dice.happens(0.02):
            service["attributes"] = {POISON: "1"}
        return {
            "service_id": self._service,
            "sequence": self._sequence,
            "valid_for": self._dice.random.choice((2, 4, 8)),
            "services": [service],
            "gateway": "edge",
        }
