"""Turns of a worker's thread: one step at a time, requests first, nobody waits for ever."""

import asyncio
import socket
from collections.abc import Awaitable, Callable

import pytest

from topologies import turns as module
from topologies.turns import PATIENCE_S, SHORT_STEP_S, Place, Room, Turns


@pytest.fixture
def for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps wait as long as there is somebody to be answered."""
    monkeypatch.setattr(module, "PATIENCE_S", 3600)


def run(scene: Callable[[], Awaitable[None]]) -> None:
    async def whole() -> None:
        async with asyncio.timeout(10):
            await scene()

    asyncio.run(whole())


def test_the_first_has_its_turn_at_once() -> None:
    async def scene() -> None:
        assert await Place(Turns()).come()

    run(scene)


def test_between_two_steps_the_loop_looks_at_its_sockets() -> None:
    async def scene() -> None:
        turns, ours, theirs = Turns(), *socket.socketpair()
        ours.setblocking(False)
        order: list[str] = []

        async def step(name: str) -> None:
            await Place(turns).come()
            order.append(name)
            if name == "first":
                theirs.send(b"?")

        async def listen() -> None:
            await asyncio.get_running_loop().sock_recv(ours, 1)
            order.append("asked")

        listening = asyncio.create_task(listen())
        await asyncio.sleep(0)
        await asyncio.gather(step("first"), step("second"), step("third"))
        await listening
        assert order.index("asked") < order.index("third")
        assert order[0] == "first"
        for end in (ours, theirs):
            end.close()

    run(scene)


def test_steps_wait_for_those_who_ask_and_come_when_they_are_answered(for_ever: None) -> None:
    async def scene() -> None:
        turns, loop = Turns(), asyncio.get_running_loop()
        answer: asyncio.Future[None] = loop.create_future()
        turns.asked(answer)
        coming = asyncio.create_task(Place(turns).come())
        await asyncio.sleep(0)
        assert not coming.done()
        answer.set_result(None)
        assert await asyncio.wait_for(coming, 30)

    run(scene)


def test_a_step_has_its_turn_in_the_end_whoever_asks() -> None:
    async def scene() -> None:
        turns, loop = Turns(), asyncio.get_running_loop()
        turns.asked(loop.create_future())
        began = loop.time()
        assert await Place(turns).come()
        assert loop.time() - began >= PATIENCE_S

    run(scene)


def test_who_is_interrupted_keeps_its_place(for_ever: None) -> None:
    async def scene() -> None:
        turns, loop = Turns(), asyncio.get_running_loop()
        answer: asyncio.Future[None] = loop.create_future()
        turns.asked(answer)
        order: list[str] = []
        first, second = Place(turns), Place(turns)

        async def take(name: str, place: Place) -> None:
            while not await place.come():
                order.append(f"{name} interrupted")
            order.append(name)

        taking = [
            asyncio.create_task(take("first", first)),
            asyncio.create_task(take("second", second)),
        ]
        await asyncio.sleep(0)
        first.interrupt()
        await asyncio.sleep(0)
        answer.set_result(None)
        await asyncio.gather(*taking)
        assert order == ["first interrupted", "first", "second"]

    run(scene)


def test_one_that_waits_no_longer_is_in_nobodys_way(for_ever: None) -> None:
    async def scene() -> None:
        turns = Turns()
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        turns.asked(answer)
        gone = asyncio.create_task(Place(turns).come())
        await asyncio.sleep(0)
        gone.cancel()
        coming = asyncio.create_task(Place(turns).come())
        await asyncio.sleep(0)
        answer.set_result(None)
        assert await coming

    run(scene)


def test_steps_are_short_while_somebody_asks() -> None:
    async def scene() -> None:
        turns = Turns(long_step_s=1.0)
        assert turns.step_s() == 1.0
        turns.asked(asyncio.get_running_loop().create_future())
        assert turns.step_s() == SHORT_STEP_S

    run(scene)


def test_a_turn_is_kept_for_as_long_as_a_step_lasts() -> None:
    async def scene() -> None:
        turns = Turns(long_step_s=1000.0)
        place = Place(turns)
        await place.come()
        other = asyncio.create_task(Place(turns).come())
        await place.go_on()
        assert not other.done()
        await other
        turns.asked(asyncio.get_running_loop().create_future())
        await asyncio.sleep(SHORT_STEP_S)
        began = asyncio.get_running_loop().time()
        await place.go_on()
        assert asyncio.get_running_loop().time() - began >= PATIENCE_S

    run(scene)


def test_room_goes_to_those_who_wait_for_it_in_their_order() -> None:
    room, told = Room(1), list[str]()
    assert room.take(lambda: told.append("nobody"))
    assert not room.take(lambda: told.append("a"))
    assert not room.take(lambda: told.append("b"))
    room.give()
    assert told == ["a"]
    assert room.take(lambda: told.append("a again"))
    room.give()
    assert told == ["a", "b"]
