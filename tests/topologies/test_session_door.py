"""The door of a worker as gateways and operators see it: sessions listed, what they are told."""

from collections.abc import Iterator
from decimal import Decimal
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from connectors.api.keys import KeyStore, Scope
from connectors.catalog.load import read_catalog
from streams.model.catalog import Catalog
from streams.model.command import Tick
from streams.model.instant import HOUR, SECOND
from streams.model.session_command import SignalSessions
from streams.state import Effects, State
from tests.connectors.client.shop import Shop
from topologies.requests import OwnerFigures

TENANT = "site"
CATALOG = """
tenant: site
currencies: [{code: CHF}]
usage_types: [{id: page, units: [n]}]
thresholds:
  - id: slow
    watch: spend
    resource: CHF
    level: 10
    action: redirect
    value: "https://pay.example/"
price_plans:
  - id: plan
    currency: CHF
    offers:
      - id: pages
        product: pages
        usage_type: page
        from: 2020-01-01
        prices: [{per_unit: {amounts: {n: "1"}}}]
"""


class Site(Shop):
    """A shop that can be looked into."""

    in_transit = 0

    def __init__(self, folder: Path, catalog: Catalog) -> None:
        self.figures = OwnerFigures()
        super().__init__(folder, catalog, "plan")
        _, self.stranger = KeyStore(folder).create(name="r", scope=Scope.READ, tenant="x", at=0)
        _, self.watcher = KeyStore(folder).create(name="a", scope=Scope.READ, tenant="", at=0)

    def look(self) -> State:
        return self._state

    def _settle(self, effects: Effects) -> None:
        super()._settle(effects)
        if effects.signals:
            self._door.wake(0, effects.signals)

    def tell(self, action: Any, *, name: str = "ada", session: str = "", at: int = 0) -> None:
        self.apply(
            SignalSessions(
                f"{action}/{session}/{at or self.now()}",
                TENANT,
                name,
                name,
                action,
                at or self.now(),
                session,
            )
        )


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    (tmp_path / "catalog").mkdir()
    (tmp_path / "catalog" / "catalog.yaml").write_text(CATALOG)
    catalog = read_catalog(tmp_path / "catalog")
    assert isinstance(catalog, Catalog), catalog
    opened = Site(tmp_path, catalog)
    for name in ("ada", "bob"):
        opened.account(name, Decimal(100))
    yield opened
    opened.close()


def caller(site: Site, key: str = "") -> httpx.Client:
    headers = {"Authorization": f"Bearer {key or site.key}"}
    return httpx.Client(base_url=f"{site.address}/v1", headers=headers, timeout=10)


def ask(
    door: httpx.Client, session: str, verb: str, sequence: int, *, name: str = "ada", **units: int
) -> Any:
    service = {"usage_type": "page", **{word: {"n": n} for word, n in units.items()}}
    body = {
        "service_id": f"key-{name}",
        "sequence": sequence,
        "gateway": "edge",
        "services": [service],
    }
    return door.post(f"tenants/{TENANT}/sessions/{session}/{verb}", json=body)


class Stream:
    """Reads a stream of events one by one."""

    def __init__(self, response: httpx.Response) -> None:
        self._lines = response.iter_lines()

    def next(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for line in self._lines:
            if not line and found:
                return found
            word, _, text = line.partition(": ")
            if word:
                found[word] = msgspec.json.decode(text) if word == "data" else text
        raise AssertionError("the stream has ended")


PATH = f"tenants/{TENANT}/session-commands"


def test_sessions_of_an_account_are_listed_with_what_they_hold(site: Site) -> None:
    with caller(site) as door:
        ask(door, "one", "reserve", 1, requested=5)
        ask(door, "two", "reserve", 1, requested=7)
        ask(door, "two", "extend", 2, used=3, requested=7)
        ask(door, "three", "reserve", 1, name="bob", requested=7)
        site.tell("throttle", session="two")
        found = door.get(f"tenants/{TENANT}/accounts/ada/sessions").json()
        assert [each["session"] for each in found["sessions"]] == ["one", "two"]
        one, two = found["sessions"]
        assert (one["control"], two["control"], two["gateway"]) == ("", "throttle", "edge")
        assert two["services"] == [
            {
                "rating_group": "page",
                "usage_type": "page",
                "attributes": {},
                "used": {"n": "3"},
                "granted": {"n": "7"},
                "holds": [{"account": "ada", "resource": "CHF", "bucket": "", "quantity": "10"}],
            }
        ]
        after = door.get(f"tenants/{TENANT}/accounts/ada/sessions", params={"after": "one"})
        assert [each["session"] for each in after.json()["sessions"]] == ["two"]
        nobody = door.get(f"tenants/{TENANT}/accounts/eve/sessions")
        assert nobody.status_code == HTTPStatus.MISDIRECTED_REQUEST


def test_who_may_not_look_is_told_so(site: Site) -> None:
    with caller(site, site.stranger) as door:
        for path in (PATH, f"tenants/{TENANT}/accounts/ada/sessions", "figures"):
            assert door.get(path).status_code == HTTPStatus.FORBIDDEN
            assert door.get(path, headers={"Authorization": ""}).status_code == 401
    with caller(site) as door:
        wrong = door.get(PATH, headers={"Last-Event-ID": "yesterday"})
        assert wrong.status_code == HTTPStatus.BAD_REQUEST
        assert door.get("figures").status_code == HTTPStatus.FORBIDDEN
        assert door.get("nothing").status_code == HTTPStatus.METHOD_NOT_ALLOWED


def test_a_gateway_hears_at_once_what_its_sessions_are_told(site: Site) -> None:
    with caller(site) as door, caller(site) as other:
        ask(door, "one", "reserve", 1, requested=5)
        ask(door, "far", "reserve", 1, name="bob", requested=5)
        with other.stream("GET", PATH, params={"account": "ada"}) as response:
            assert response.headers["content-type"] == "text/event-stream"
            events = Stream(response)
            assert events.next() == {"id": "0:0"}
            site.tell("reauthorise", name="bob")
            site.tell("throttle")
            told = events.next()
            assert (told["event"], told["id"]) == ("session-command", "0:2")
            assert (told["data"]["session"], told["data"]["action"]) == ("one", "throttle")
            assert told["data"]["gateway"] == "edge"
            door.headers["Idempotency-Key"] = "d"
            body = {
                "service_id": "key-ada",
                "services": [{"usage_type": "page", "requested": {"n": 10}}],
            }
            assert door.post(f"tenants/{TENANT}/debit", json=body).is_success
            moved = events.next()["data"]
            assert (moved["action"], moved["cause"], moved["reason"]) == (
                "redirect",
                "threshold",
                "slow",
            )
            assert moved["value"] == "https://pay.example/"
            site.tell("terminate")
            assert events.next()["data"]["action"] == "terminate"
        gone = ask(door, "one", "extend", 2, used=1, requested=5)
        assert (gone.status_code, gone.json()["code"]) == (HTTPStatus.GONE, "terminated")
        assert ask(door, "one", "confirm", 3, used=1).is_success


def test_who_comes_back_goes_on_from_where_he_was(site: Site) -> None:
    with caller(site) as door:
        ask(door, "one", "reserve", 1, requested=5)
        for action in ("throttle", "resume", "restrict"):
            site.tell(action)
        with door.stream("GET", PATH, headers={"Last-Event-ID": "0:1"}) as response:
            events = Stream(response)
            assert events.next() == {"id": "0:1"}
            assert [events.next()["data"]["action"] for _ in range(2)] == ["resume", "restrict"]
        with door.stream(
            "GET", PATH, params={"gateway": "another"}, headers={"Last-Event-ID": "0:0"}
        ) as response:
            events = Stream(response)
            assert events.next() == {"id": "0:0"}
            site.tell("terminate")
            ask(door, "two", "reserve", 1, requested=5)


def test_what_is_kept_no_longer_is_told_as_a_gap(site: Site) -> None:
    with caller(site) as door:
        ask(door, "one", "reserve", 1, requested=5)
        site.tell("throttle")
        for hours in (1, 3, 5):
            site.apply(Tick(f"t{hours}", site.now() + hours * HOUR))
        ask(door, "two", "reserve", 1, requested=5)
        site.tell("restrict", session="two", at=site.now() + 5 * HOUR + SECOND)
        with door.stream("GET", PATH, headers={"Last-Event-ID": "0:0"}) as response:
            events = Stream(response)
            assert events.next() == {"id": "0:0"}
            assert events.next()["event"] == "gap"
            assert events.next()["data"]["action"] == "restrict"


def test_figures_tell_sessions_requests_and_how_long_they_took(site: Site) -> None:
    with caller(site, site.watcher) as watcher, caller(site) as door:
        ask(door, "one", "reserve", 1, requested=5)
        ask(door, "two", "reserve", 1, requested=500)
        ask(door, "two", "confirm", 2, used=5)
        figures = watcher.get("figures").json()
        assert figures["partitions"]["0"]["sessions"] == 1
        assert sum(figures["partitions"]["0"]["took"]) == 3
        assert figures["answers"] == {
            "reserve/success": 1,
            "reserve/partial": 1,
            "confirm/success": 1,
        }


def test_streams_share_what_they_look_up_and_each_hears_all_of_its_own(site: Site) -> None:
    with caller(site) as door, caller(site) as one, caller(site) as other:
        ask(door, "one", "reserve", 1, requested=5)
        ask(door, "far", "reserve", 1, name="bob", requested=5)
        path, narrow = PATH, {"account": "bob"}
        with one.stream("GET", path) as all_of, other.stream("GET", path, params=narrow) as some_of:
            whole, part = Stream(all_of), Stream(some_of)
            assert whole.next() == part.next() == {"id": "0:0"}
            for number in range(3):
                site.tell("throttle", name="ada" if number % 2 else "bob")
            told = [whole.next() for _ in range(3)]
            assert [each["id"] for each in told] == ["0:1", "0:2", "0:3"]
            assert [each["data"]["account"] for each in told] == ["bob", "ada", "bob"]
            assert [part.next()["id"] for _ in range(2)] == ["0:1", "0:3"]


def test_more_is_told_than_goes_at_once(site: Site) -> None:
    with caller(site) as door:
        ask(door, "one", "reserve", 1, requested=5)
        ask(door, "far", "reserve", 1, name="bob", requested=5)
        for _ in range(150):
            site.tell("reauthorise", name="bob")
        site.tell("throttle")
        headers = {"Last-Event-ID": "0:0"}
        with door.stream("GET", PATH, params={"account": "ada"}, headers=headers) as response:
            events = Stream(response)
            assert [events.next() for _ in range(2)] == [{"id": "0:0"}, {"id": "0:100"}]
            last = events.next()
            assert (last["id"], last["data"]["action"]) == ("0:151", "throttle")


def test_a_gap_is_told_where_nothing_is_kept_any_more(site: Site) -> None:
    with caller(site) as door:
        ask(door, "one", "reserve", 1, requested=5)
        site.tell("throttle")
        for hours in (1, 3, 5):
            site.apply(Tick(f"t{hours}", site.now() + hours * HOUR))
        with door.stream("GET", PATH, headers={"Last-Event-ID": "0:0"}) as response:
            events = Stream(response)
            assert events.next() == {"id": "0:0"}
            assert (gap := events.next())["event"] == "gap", gap
            assert gap["id"] in ("0:1", "0:2")
