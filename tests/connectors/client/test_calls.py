"""Where requests go and how long they are tried, without I/O."""

import json
from random import Random
from typing import Any

import pytest

from connectors.client.addresses import Addresses
from connectors.client.calls import Call, Caller, Patience, Pause, Reply, Send
from connectors.errors import Refused, Unavailable

GATEWAY, OTHER, DOOR = "http://gateway", "http://other", "http://worker"
CALL = Call(service_id="s", path="/v1/x", key="k", body=b"{}")
DONE = b'{"code": "success", "services": []}'


class World:
    """A course is run against a table of replies; time passes as it says."""

    def __init__(self, *given: str, direct: bool = True) -> None:
        self.at = 0.0
        self.sent: list[str] = []
        self.waited: list[float] = []
        self.caller = Caller(
            Addresses(given or (GATEWAY,), direct=direct),
            key="key",
            patience=Patience(),
            now=lambda: self.at,
            dice=Random(1),
        )

    def call(self, *replies: Reply | None) -> Any:
        course, left = self.caller.call(CALL), list(replies)
        answer: Reply | None = None
        try:
            while True:
                step = course.send(answer)
                answer = None
                if isinstance(step, Pause):
                    self.waited.append(step.seconds)
                    self.at += step.seconds
                    continue
                assert isinstance(step, Send)
                assert step.headers["idempotency-key"] == "k"
                self.sent.append(step.url.removesuffix(CALL.path))
                answer = left.pop(0) if len(left) > 1 else left[0]
                self.at += 0 if answer else step.timeout_s
        except StopIteration as end:
            return end.value


def reply(status: int = 200, content: bytes = DONE, **headers: str) -> Reply:
    return Reply(
        status, {name.replace("_", "-"): value for name, value in headers.items()}, content
    )


def test_the_door_that_a_gateway_names_is_asked_directly_until_it_fails() -> None:
    world = World()
    world.call(reply(vivace_door=DOOR))
    world.call(reply())
    world.call(reply(421), reply(vivace_door=DOOR))
    world.call(None, reply())
    assert world.sent == [GATEWAY, DOOR, DOOR, GATEWAY, DOOR, GATEWAY]
    assert not world.waited
    timid = World(direct=False)
    timid.call(reply(vivace_door=DOOR))
    timid.call(reply())
    assert timid.sent == [GATEWAY, GATEWAY]


def test_of_several_addresses_the_next_is_asked_at_once_and_then_it_waits() -> None:
    world = World(GATEWAY, OTHER)
    world.call(reply(502), reply(502), reply(502), reply())
    assert world.sent == [GATEWAY, OTHER, GATEWAY, OTHER]
    assert len(world.waited) == 1


def test_it_waits_as_long_as_it_is_asked_to_and_some_more() -> None:
    world = World()
    busy = reply(503, b"", retry_after="1")
    world.call(busy, busy, reply(429, b"slow down", retry_after="2"), reply())
    assert [int(each) for each in world.waited] == [1, 1, 2]
    assert len(set(world.waited)) == 3
    assert world.call(reply(429, b'{"code": "rate", "services": []}')).code == "rate"


def test_it_gives_up_after_its_deadline() -> None:
    world = World()
    with pytest.raises(Unavailable, match="no answer in 10 s: status 503"):
        world.call(reply(503, b""))
    assert 10 <= world.at < 10.1
    assert max(world.waited) <= 2


def test_a_refusal_with_a_code_is_an_answer_and_others_are_errors() -> None:
    world = World()
    service = {
        "rating_group": "g",
        "code": "success",
        "restriction": {"action": "downgrade", "instead": {"model": "small"}},
    }
    content = json.dumps({"code": "stopped_by_policy", "services": [service]}).encode()
    stopped = world.call(reply(403, content))
    assert (stopped.status, stopped.code, stopped.is_granted) == (403, "stopped_by_policy", False)
    assert stopped.instead == {"model": "small"}
    for status, text in ((403, b"{}"), (401, DONE), (500, DONE), (200, b"[]"), (200, b"{")):
        with pytest.raises(Refused, match=f"status {status}"):
            world.call(reply(status, text))
