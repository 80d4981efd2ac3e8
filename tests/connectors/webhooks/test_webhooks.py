"""Webhooks against a receiver that is down, slow, forgetful or gone; order, signatures, the end."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

import httpx
import pytest
import standardwebhooks

from connectors.clock import now
from connectors.webhooks.body import body_of
from connectors.webhooks.delivery import Deliverer, Ended, Patience, Stopped, Webhook, new_client
from connectors.webhooks.lane import Lane, Taken
from connectors.webhooks.receivers import Receiver
from connectors.webhooks.signature import Secret, headers_of
from streams.model.instant import SECOND, instant_of
from streams.model.rated import Alert
from tests.infra.waiting import until

SECRET: Final = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NOW_S: Final = 1_790_000_000
QUICK: Final = Patience(attempts=4, first_s=0.001, most_s=0.004, timeout_s=0.5)


@dataclass
class Listener:
    """A receiver: answers what `answers` says, in order, then 204."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    pause_s: float = 0.0
    repeats: bool = False
    """It keeps connections, and sends each answer twice."""
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def ids(self) -> list[str]:
        """What was heard, in order."""
        return [headers["webhook-id"] for headers, _ in self.heard]


class _Never:
    def random(self) -> float:
        return 0.0


@pytest.fixture
def listener() -> Iterator[Listener]:
    told = Listener()

    class Answering(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            with told.lock:
                told.heard.append(({k.lower(): v for k, v in self.headers.items()}, body))
                status = told.answers.pop(0) if told.answers else 204
            threading.Event().wait(told.pause_s)
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("location", f"{told.url}/elsewhere")
            self.send_header("content-length", "0")
            self.end_headers()
            if told.repeats:
                self.wfile.write(b"HTTP/1.1 200 Again\r\ncontent-length: 0\r\n\r\n")

        def log_message(self, *_: Any) -> None:
            """Nothing is told."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    told.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield told
    server.shutdown()
    server.server_close()
    thread.join()


def deliverer(
    url: str,
    *,
    patience: Patience = QUICK,
    waits: list[float] | None = None,
    stop: bool = False,
    now_s: int = NOW_S,
) -> Deliverer:
    paused = [] if waits is None else waits

    def wait(seconds: float) -> bool:
        paused.append(seconds)
        return stop

    return Deliverer(
        receiver(url),
        Secret.read(SECRET),
        new_client(patience),
        patience=patience,
        chance=_Never(),
        now_s=lambda: now_s,
        wait=wait,
    )


def receiver(url: str, **words: Any) -> Receiver:
    return Receiver(id="crm", url=url, secret_from="CRM", **words)


def alert(number: int, account: str = "ada", **words: Any) -> Alert:
    at = instant_of(datetime(2026, 3, 10, 10, tzinfo=UTC))
    level, value = Decimal("50"), Decimal("50.0185")
    told = {"to": ("manager",), "action": "block"} | words
    return Alert(
        f"a{number}", "acme", account, "shock", "EUR", "crossed", level, value, at, at, **told
    )


def taken(each: Alert) -> Taken:
    return Taken(f"{each.tenant}/{each.account}".encode(), b"avro", each)


def test_a_foreign_library_takes_our_signatures(listener: Listener) -> None:
    sent = Webhook("a1", body_of(alert(1)))
    now_s = now() // SECOND
    assert deliverer(listener.url, now_s=now_s).deliver(sent) == Ended(1)
    ((headers, body),) = listener.heard
    hook = standardwebhooks.Webhook(SECRET)
    assert hook.verify(body, headers)["type"] == "alert.crossed"
    for changed in (body + b" ", body.replace(b"50.0185", b"50.0186")):
        with pytest.raises(standardwebhooks.WebhookVerificationError):
            hook.verify(changed, headers)
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        hook.verify(body, headers | {"webhook-id": "a2"})


def test_the_signature_is_the_specifications() -> None:
    """The example of the specification's own test suite."""
    headers = headers_of(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        b'{"test": 2432232314}',
        at_s=1614265330,
        secret=Secret.read(SECRET),
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_body_tells_the_alert_and_loses_no_digit() -> None:
    assert json.loads(body_of(alert(1))) == {
        "type": "alert.crossed",
        "timestamp": "2026-03-10T10:00:00.000000Z",
        "data": {
            "alert_id": "a1",
            "tenant": "acme",
            "account": "ada",
            "threshold": "shock",
            "resource": "EUR",
            "kind": "crossed",
            "level": "50",
            "value": "50.0185",
            "period_start": "2026-03-10T10:00:00.000000Z",
            "to": ["manager"],
            "action": "block",
        },
    }


def test_what_is_not_taken_is_sent_again_under_its_id_further_and_further_apart(
    listener: Listener,
) -> None:
    listener.answers, waits = [500, 429, 404], list[float]()
    assert deliverer(listener.url, waits=waits).deliver(Webhook("a1", b"{}")) == Ended(4)
    assert listener.ids() == ["a1"] * 4
    assert {body for _, body in listener.heard} == {b"{}"}
    assert waits == [0.0005, 0.001, 0.002]


def test_attempts_have_an_end(listener: Listener) -> None:
    listener.answers = [500] * 9
    ended = deliverer(listener.url).deliver(Webhook("a1", b"{}"))
    assert (ended.attempts, ended.is_delivered) == (4, False)
    assert ended.problem == "answered 500"


def test_a_receiver_that_is_gone_is_not_asked_again(listener: Listener) -> None:
    listener.answers = [410]
    assert deliverer(listener.url).deliver(Webhook("a1", b"{}")) == Ended(1, "answered 410")


def test_redirections_are_not_followed(listener: Listener) -> None:
    listener.answers = [302, 307]
    assert deliverer(listener.url).deliver(Webhook("a1", b"{}")) == Ended(3)
    assert listener.ids() == ["a1"] * 3


def test_a_receiver_that_is_down_gets_it_once_it_is_up(listener: Listener) -> None:
    waits: list[float] = []
    down = deliverer("http://127.0.0.1:9", waits=waits)
    assert not down.deliver(Webhook("a1", b"{}")).is_delivered
    assert len(waits) == QUICK.attempts - 1


def test_a_receiver_that_is_too_slow_is_asked_again(listener: Listener) -> None:
    listener.pause_s = 1.0
    patience = QUICK._replace(timeout_s=0.3, attempts=2)
    ended = deliverer(listener.url, patience=patience).deliver(Webhook("a1", b"{}"))
    assert ended.problem.startswith("ReadTimeout")
    until(lambda: len(listener.heard) == 2)


def test_what_is_asked_to_end_ends_at_once(listener: Listener) -> None:
    listener.answers = [500]
    with pytest.raises(Stopped):
        deliverer(listener.url, stop=True).deliver(Webhook("a1", b"{}"))


def test_pauses_grow_up_to_the_longest_and_half_of_each_is_chance() -> None:
    class Highest:
        def random(self) -> float:
            return 0.999

    patience = Patience(first_s=1, most_s=8)
    assert [patience.pause_s(n, _Never()) for n in range(1, 6)] == [0.5, 1, 2, 4, 4]
    assert 7.9 < patience.pause_s(9, Highest()) < 8


def test_each_account_is_told_in_its_order_and_none_waits_for_another(listener: Listener) -> None:
    listener.answers = [500, 503] * 10
    given_up: list[str] = []
    lane = Lane(
        receiver(listener.url),
        deliverer(listener.url, patience=QUICK._replace(attempts=30)),
        lambda each, _: given_up.append(each.alert.alert_id),
    )
    batch = [taken(alert(n, account=f"acc{n % 3}")) for n in range(30)]
    assert lane.deliver(batch) == (30, 0)
    lane.close()
    for account in range(3):
        heard = [name for name in listener.ids() if int(name[1:]) % 3 == account]
        assert list(dict.fromkeys(heard)) == [f"a{n}" for n in range(account, 30, 3)]
    assert given_up == []


def test_what_is_given_up_is_kept_and_the_next_goes_on(listener: Listener) -> None:
    listener.answers = [410]
    given_up: list[tuple[str, str]] = []
    lane = Lane(
        receiver(listener.url),
        deliverer(listener.url),
        lambda each, ended: given_up.append((each.alert.alert_id, ended.problem)),
    )
    assert lane.deliver([taken(alert(1)), taken(alert(2))]) == (1, 1)
    lane.close()
    assert given_up == [("a1", "answered 410")]
    assert listener.ids() == ["a1", "a2"]


def test_a_lane_that_cannot_keep_what_is_given_up_says_so(listener: Listener) -> None:
    """Nothing is acknowledged then: the batch comes again."""
    listener.answers = [410]

    def broken(_: Taken, __: Ended) -> None:
        raise ConnectionError("no broker")

    lane = Lane(receiver(listener.url), deliverer(listener.url), broken)
    with pytest.raises(ConnectionError):
        lane.deliver([taken(alert(1))])
    lane.close()


def test_only_what_a_receiver_wants_is_sent(listener: Listener) -> None:
    wanted = receiver(
        listener.url, tenants=("acme",), accounts=("ada",), kinds=("crossed",), to=("manager", "x")
    )
    lane = Lane(wanted, deliverer(listener.url), lambda *_: None)
    others = [alert(2, account="bob"), alert(3, to=("partner",)), alert(4, to=())]
    assert lane.deliver([taken(each) for each in (alert(1), *others)]) == (1, 0)
    lane.close()
    assert listener.ids() == ["a1"]


def test_a_client_follows_nothing() -> None:
    with new_client(QUICK) as client:
        assert client.follow_redirects is False
        assert client.timeout == httpx.Timeout(QUICK.timeout_s)


def test_an_answer_that_comes_twice_answers_one_request_alone(listener: Listener) -> None:
    """A broken proxy repeats its answer: the next alert is refused all the same."""
    listener.repeats = True
    listener.answers = [204, 500, 500]
    delivering = deliverer(listener.url, patience=QUICK._replace(attempts=2))
    assert delivering.deliver(Webhook("a1", b"{}")).is_delivered
    assert delivering.deliver(Webhook("a2", b"{}")) == Ended(2, "answered 500")
