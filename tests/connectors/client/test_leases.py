"""Leases: decided by the book, signed by the door, and found out where they were altered."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from decimal import Decimal
from typing import Any

import httpx
import pytest

from connectors.client.leases import Decision, LeaseBook, LeaseTerms, digest_of_key, read_lease
from connectors.client.sync import Client
from connectors.errors import Refused, Unavailable
from tests.connectors.client.shop import Shop

TERMS = LeaseTerms(usage_type="api_call", unit="requests", slice=100, valid_for=60)


class Clock:
    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        self.at += 0.0001
        return self.at


def client(shop: Shop, **options: Any) -> Client:
    return Client(shop.address, tenant=shop.tenant, key=shop.key, options=shop.options(**options))


def test_a_book_decides_without_a_round_trip_and_reports_later(shop: Shop) -> None:
    shop.account("ada", Decimal("1.50"))
    with client(shop) as here:
        book = LeaseBook(here.desk, TERMS, key=shop.key)
        assert book.take("key-ada") is Decision.NO_LEASE
        here.drive(book.renewal("key-ada"))
        asked = sum(shop.verbs.values())
        assert [book.take("key-ada") for _ in range(60)] == [Decision.GRANTED] * 60
        assert sum(shop.verbs.values()) == asked
        assert book.due() == ["key-ada"]
        here.drive(book.renewal("key-ada"))
        assert shop.held("ada") == Decimal("1.50")
        answers = [book.take("key-ada") for _ in range(91)]
        assert answers == [Decision.GRANTED] * 90 + [Decision.USED_UP]
        assert book.due() == []  # that was the last: there is no more to ask for
        here.drive(book.end("key-ada"))
    assert (shop.used("requests"), shop.left("ada"), shop.held("ada")) == (150, 0, 0)


def test_a_lease_ends_with_its_time_and_what_was_used_is_not_lost(shop: Shop) -> None:
    shop.account("ada", Decimal(10))
    clock = Clock()
    with client(shop, now=clock) as here:
        book = LeaseBook(here.desk, TERMS, key=shop.key, wall=lambda: shop.now() / 1e6)
        here.drive(book.renewal("key-ada"))
        clock.at += 59
        assert book.take("key-ada", 7) is Decision.GRANTED
        clock.at += 1
        assert book.take("key-ada") is Decision.USED_UP
        shop.pass_time(61)
        assert shop.held("ada") == 0
        here.drive(book.renewal("key-ada"))
        assert book.take("key-ada", 100) is Decision.GRANTED
        here.drive(book.end("key-ada"))
    assert shop.used("requests") == 107


def test_while_no_owner_answers_a_lease_goes_on_to_its_end(shop: Shop) -> None:
    shop.account("ada", Decimal(10))
    with client(shop) as here:
        book = LeaseBook(here.desk, TERMS, key=shop.key)
        here.drive(book.renewal("key-ada"))
        book.take("key-ada", 70)
        shop.is_away = True
        with pytest.raises(Unavailable):
            here.drive(book.renewal("key-ada"))
        assert book.take("key-ada", 30) is Decision.GRANTED
        assert book.take("key-ada") is Decision.USED_UP
        here.drive(book.end("key-ada"))
        shop.is_away = False
        here.settle()
    assert (shop.used("requests"), shop.held("ada")) == (100, 0)


def test_a_lease_that_was_altered_or_is_of_another_session_is_refused(shop: Shop) -> None:
    shop.account("ada", Decimal(10))
    with httpx.Client(
        base_url=f"{shop.address}/v1/tenants/{shop.tenant}/sessions",
        headers={"authorization": f"Bearer {shop.key}"},
    ) as caller:
        service = {"usage_type": "api_call", "requested": {"requests": 5}}
        body = {"service_id": "key-ada", "services": [service]}
        first, again = (caller.post("one/lease", json=body).json()["lease"] for _ in range(2))
        assert first == again
        lease = read_lease(first, digest_of_key(shop.key))
        assert lease.granted == {"api_call": {"requests": "5"}}
        assert (lease.session, lease.service_id) == ("one", "key-ada")
        with pytest.raises(Refused):
            read_lease(first, digest_of_key("vivace_x_other"))
        report = {"service_id": "key-ada", "sequence": 2}
        for token, path in (
            (_raised(first), "one/confirm"),
            (first, "two/confirm"),
            ("v1.e30.x", "one/confirm"),
            ("nonsense", "one/confirm"),
        ):
            refused = caller.post(path, json=report, headers={"vivace-lease": token})
            assert refused.status_code == 403, token
        report["services"] = [{"usage_type": "api_call", "used": {"requests": "5"}}]  # type: ignore[assignment]
        kept = caller.post("one/confirm", json=report, headers={"vivace-lease": first})
        assert kept.status_code == 200
        none = caller.post("three/lease", json={"service_id": "key-ada"})
        assert "lease" not in none.json()
    assert shop.used("requests") == 5


def _raised(token: str) -> str:
    """The lease with more units, and the signature of before."""
    version, said, signature = token.split(".")
    told = json.loads(urlsafe_b64decode(said + "=" * (-len(said) % 4)))
    told["granted"]["api_call"]["requests"] = "5000"
    forged = urlsafe_b64encode(json.dumps(told).encode()).decode().rstrip("=")
    return f"{version}.{forged}.{signature}"
