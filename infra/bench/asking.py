"""What the measurements of online charging have in common: the accounts, and what callers send."""

from collections.abc import Iterator
from decimal import Decimal

import msgspec

from streams.model.balance_command import TopUp
from streams.model.charging_session import Verb
from streams.model.command import AssignService, Command, PutAccount
from streams.model.instant import BEGINNING, FOREVER

CATALOG = "ai-api"
ACCOUNTS = 1_000
_PLAN = "prepaid"
_WORDS: tuple[tuple[int, Verb, str], ...] = ((1, "reserve", "requested"), (2, "confirm", "used"))


def service_of(number: int) -> str:
    """The service of an account by its number."""
    return f"online-{number}"


def accounts_of(tenant: str, count: int = ACCOUNTS) -> Iterator[Command]:
    """Accounts with a wallet that never runs dry, each with a service."""
    for number in range(count):
        name = service_of(number)
        yield PutAccount(f"a/{name}", tenant, name, name, "prepaid", "USD", "UTC", None)
        yield AssignService(f"s/{name}", tenant, name, name, name, name, _PLAN, BEGINNING, FOREVER)
        yield TopUp(f"t/{name}", tenant, name, name, Decimal(1_000_000), "USD", BEGINNING, "bench")


def bodies_of(service: str) -> Iterator[tuple[Verb, bytes]]:
    """The verbs of one session with what their requests say: reserve, then confirm."""
    for sequence, verb, word in _WORDS:
        asked = {"usage_type": "api_call", "attributes": {"endpoint": "x"}, word: {"requests": 10}}
        body = {"service_id": service, "sequence": sequence, "services": [asked]}
        yield verb, msgspec.json.encode(body)


def messages_of(tenant: str, key: str, session: str, service: str) -> Iterator[bytes]:
    """The requests of one session, as a caller sends them."""
    for verb, body in bodies_of(service):
        head = (
            f"POST /v1/tenants/{tenant}/sessions/{session}/{verb} HTTP/1.1\r\n"
            f"host: x\r\nauthorization: Bearer {key}\r\n"
            f"content-length: {len(body)}\r\n\r\n"
        )
        yield head.encode() + body
