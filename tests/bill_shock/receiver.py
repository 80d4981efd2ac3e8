"""A receiver of webhooks with every fault that one may have, and what it has heard."""

import json
import socket
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any, NamedTuple

import standardwebhooks

_STATUS = {"no": b"500 Not Now", "gone": b"410 Gone"}


class Manners(NamedTuple):
    """How it answers: each number tells of how many requests one is answered so; 0: none."""

    fails: int = 0
    """Answers 500, and has not taken it."""
    loses: int = 0
    """Has taken it, and hangs up without an answer."""
    doubles: int = 0
    """Answers twice, as a broken proxy does."""
    slow_s: float = 0.0
    """It takes up to so long."""
    is_gone: bool = False
    """Answers 410 to everything: it wants nothing any more."""

    def answer(self, number: int) -> str:
        """How the `number`th request is answered: `no`, `gone`, `never`, `twice`, `yes`."""
        if self.is_gone:
            return "gone"
        ways = (("no", self.fails), ("never", self.loses), ("twice", self.doubles))
        return next((how for how, each in ways if each and number % each == 0), "yes")


class Heard(NamedTuple):
    """A request: of whose alert, and whether it was taken."""

    alert_id: str
    account: str
    is_taken: bool


class Receiver:
    """Listens on one port, where it can be down for a while; `manners` may change at any time."""

    def __init__(self, secret: str, seed: int = 1) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}/alerts"
        self.manners = Manners()
        self.heard: list[Heard] = []
        self.forged: list[str] = []
        """What the signature did not fit."""
        self.answered_twice = 0
        self.hung_up = 0
        self._hook = standardwebhooks.Webhook(secret)
        self._rng = Random(seed)
        self._number = 0
        self._lock = threading.Lock()

    @contextmanager
    def up(self) -> Iterator[None]:
        """Listen; outside, nobody answers at the port."""
        server = _server(self)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def taken(self) -> set[str]:
        """Ids of all alerts that it has taken."""
        with self._lock:
            return {each.alert_id for each in self.heard if each.is_taken}

    def told(self) -> set[str]:
        """Ids of all alerts that it has heard of, taken or not."""
        with self._lock:
            return {each.alert_id for each in self.heard}

    def by_account(self) -> dict[str, list[Heard]]:
        """What it has heard of each account, in order."""
        found: dict[str, list[Heard]] = defaultdict(list)
        with self._lock:
            for each in self.heard:
                found[each.account].append(each)
        return found

    def take(self, body: bytes, headers: dict[str, str]) -> tuple[str, float]:
        """Note a request; how it is answered, and after how long."""
        with self._lock:
            self._number += 1
            how = self.manners.answer(self._number)
            slow_s = self._rng.random() * self.manners.slow_s
        try:
            self._hook.verify(body, headers)
        except standardwebhooks.WebhookVerificationError as error:
            self.forged.append(f"{error}: {body!r}")
        told = json.loads(body)["data"]
        assert told["alert_id"] == headers["webhook-id"]
        with self._lock:
            is_taken = how not in ("no", "gone")
            self.heard.append(Heard(told["alert_id"], told["account"], is_taken))
            self.answered_twice += how == "twice"
            self.hung_up += how == "never"
        return how, slow_s


def _server(receiver: Receiver) -> ThreadingHTTPServer:
    class Answering(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            body = self.rfile.read(length)
            if len(body) < length:
                return  # its sender was killed in the middle of it
            headers = {name.lower(): value for name, value in self.headers.items()}
            how, slow_s = receiver.take(body, headers)
            threading.Event().wait(slow_s)
            if how == "never":
                self.close_connection = True
                return
            answer = b"HTTP/1.1 %s\r\ncontent-length: 0\r\n\r\n"
            told = answer % _STATUS.get(how, b"200 Taken")
            self.wfile.write(told)
            if how == "twice":
                self.wfile.flush()
                threading.Event().wait(0.001)
                self.wfile.write(told)

        def log_message(self, *_: Any) -> None:
            """Nothing is told."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 64

        def handle_error(self, *_: Any) -> None:
            """A sender that was killed is no error of the receiver."""

    return Server(("127.0.0.1", receiver.port), Answering)
