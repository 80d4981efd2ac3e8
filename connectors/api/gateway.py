"""What the routes work with: settings, keys, schemas, and connections to the database."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, LifoQueue
from threading import Lock
from typing import Protocol, TypeVar

from starlette.concurrency import run_in_threadpool

from connectors.api.doors import Doors
from connectors.api.health import Health
from connectors.api.keys import KeyStore
from connectors.clickhouse.client import Database
from connectors.errors import ConnectorError
from connectors.kafka.client import await_broker
from connectors.kafka.commands import CommandSender
from connectors.kafka.newest_catalogs import NewestCatalogs
from connectors.kafka.registry import Registry
from connectors.settings import ClickHouseSettings, KafkaSettings
from streams.model.command import Command

T = TypeVar("T")


class GatewaySettings(Protocol):
    """What the door asks of the settings; docs/reference/settings.md says what they mean."""

    @property
    def kafka(self) -> KafkaSettings:
        """The broker."""

    @property
    def clickhouse(self) -> ClickHouseSettings:
        """The database."""

    @property
    def data(self) -> Path:
        """Where the keys are kept."""

    @property
    def api_host(self) -> str:
        """The address to listen on."""

    @property
    def api_port(self) -> int:
        """The port; 0 for any."""

    @property
    def registry_open(self) -> bool:
        """Whether schemas can be read without a key."""


class Gateway:
    """The running door's parts. Questions to the database run in threads, each on its own
    connection; connections are kept and used again."""

    def __init__(self, settings: GatewaySettings) -> None:
        self.settings = settings
        self.keys = KeyStore(settings.data)
        self.registry = Registry(prefix=settings.kafka.prefix)
        self.catalogs = NewestCatalogs(settings.kafka)
        self.doors = Doors(settings.kafka)
        self.health = Health({"kafka": self._reach_kafka, "clickhouse": self._reach_clickhouse})
        self._free: LifoQueue[Database] = LifoQueue()
        self._sender: CommandSender | None = None
        self._sender_lock = Lock()

    async def ask(self, question: Callable[[Database], T]) -> T:
        """The answer of a question to the database. Raises Unavailable, Refused."""

        def answer() -> T:
            with self._database() as database:
                return question(database)

        return await run_in_threadpool(answer)

    async def send(self, commands: Sequence[Command]) -> None:
        """Put commands on the log for good. Raises Unavailable, Refused; some may stand then."""

        def put() -> None:
            with self._sender_lock:
                if self._sender is None:
                    self._sender = CommandSender(self.settings.kafka)
            self._sender.send(commands)

        await run_in_threadpool(put)

    @contextmanager
    def _database(self) -> Iterator[Database]:
        try:
            database = self._free.get_nowait()
        except Empty:
            database = Database(self.settings.clickhouse)
        try:
            yield database
        except ConnectorError:
            database.close()
            raise
        else:
            self._free.put(database)

    def _reach_kafka(self) -> str:
        try:
            await_broker(self.settings.kafka, patience_s=0)
        except ConnectorError as error:
            return str(error)
        return "ok"

    def _reach_clickhouse(self) -> str:
        try:
            with self._database() as database:
                database.query("SELECT 1")
        except ConnectorError as error:
            return str(error)
        return "ok"

    def close(self) -> None:
        """Let the connections go."""
        while not self._free.empty():
            self._free.get().close()
        if self._sender is not None:
            self._sender.close()
