"""Travellers of the tariff in `catalog/`, and the usage that they send."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

from connectors.catalog.load import load_catalog
from streams.model.catalog import Catalog
from streams.model.command import AssignService, Command, PutAccount
from streams.model.instant import BEGINNING, FOREVER, SECOND, Instant

CATALOG: Final = Path(__file__).parent / "catalog"
TENANT: Final = "roaming"
COUNTRIES: Final = ("CH", "CH", "CH", "DE", "DE", "FR", "US", "JP")
_EVENT: Final = (
    '{"specversion":"1.0","id":"%s","source":"/gateway","type":"data.used","subject":"%s",'
    '"time":"%s","datacontenttype":"application/json","data":{"country":"%s","n":"%s"}}'
)
_AGAIN: Final = 0.03
_BACK: Final = 0.25


class Sent(NamedTuple):
    """A message of topic `usage`."""

    key: bytes
    value: bytes


def tariff() -> Catalog:
    """The tariff."""
    return load_catalog(CATALOG)


def travellers(count: int) -> Iterator[Command]:
    """What makes the travellers known."""
    for number in range(count):
        account = f"line-{number:06d}"
        yield PutAccount(
            command_id=f"account/{account}",
            tenant=TENANT,
            account=account,
            root=account,
            payment="postpaid",
            currency="EUR",
            time_zone="UTC",
            credit_limit=None,
        )
        yield AssignService(
            command_id=f"service/{account}",
            tenant=TENANT,
            service_id=f"card-{number:06d}",
            account=account,
            root=account,
            subscription=f"{account}/1",
            price_plan="abroad",
            start=BEGINNING,
            end=FOREVER,
        )


class Usage:
    """Usage without an end: some of it takes back, some comes twice. `at` tells an event's time."""

    def __init__(self, *, accounts: int, seed: int, name: str = "e") -> None:
        self.made = 0
        self._rng = Random(seed)
        self._accounts = accounts
        self._name = name
        self._last = Sent(b"", b"")

    def messages(self, count: int, at: Callable[[int], Instant]) -> Iterator[Sent]:
        """The next `count` messages, a message that is sent twice counted once."""
        rng = self._rng
        for _ in range(count):
            if self._last.value and rng.random() < _AGAIN:
                yield self._last
            number, self.made = self.made, self.made + 1
            service = f"card-{rng.randrange(self._accounts):06d}"
            used = rng.randint(1, 400) / 10
            told = f"{-used if rng.random() < _BACK else used}"
            body = _EVENT % (
                f"{self._name}{number}",
                service,
                moment(at(number)),
                rng.choice(COUNTRIES),
                told,
            )
            self._last = Sent(service.encode(), body.encode())
            yield self._last


def moment(at: Instant) -> str:
    """An instant as RFC 3339 with microseconds."""
    seconds, micros = divmod(at, SECOND)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{micros:06d}Z"
