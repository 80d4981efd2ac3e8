"""One way to ClickHouse: inserts of Arrow tables, questions with parameters, errors as ours.

Inserts are plain: no deduplication token (proven to lose acknowledged rows over a kill), nothing
asynchronous. An insert that fails may be sent again, since every table's key is made from its
row's cause.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, Self

import clickhouse_connect
import pyarrow as pa
from clickhouse_connect.driver.exceptions import (
    ClickHouseError,
    DataError,
    Error,
    InterfaceError,
    NotSupportedError,
    ProgrammingError,
)

from connectors.errors import ConnectorError, Refused, Unavailable
from connectors.settings import ClickHouseSettings

CONNECT_TIMEOUT_S: Final = 5
ANSWER_TIMEOUT_S: Final = 120
BACKOFF_FIRST_S: Final = 0.1
BACKOFF_LAST_S: Final = 5.0
PORTION_ROWS: Final = 100_000
"""Rows of one insert at most: about as many as the sink's usual batch has."""

_SETTINGS: Final = {
    "async_insert": 0,
    "insert_deduplicate": 0,
    # Late records of many months may share an insert; a table is partitioned by its rows' time.
    "max_partitions_per_insert_block": 0,
}
_INSERT_SETTINGS: Final = {
    # Rows of one key within an insert are for the merges: to look for them costs as much as the
    # rest. One thread does an insert for less than several, and the next batch uses the other.
    "optimize_on_insert": 0,
    "max_threads": 1,
    "max_insert_threads": 1,
}
_FULL: Final = frozenset((243, 75))
"""No space is left, a file cannot be written: waiting helps once somebody has made room."""
_BUSY: Final = frozenset((159, 160, 202, 209, 210, 241, 242, 252, 254, 319, 999)) | _FULL
"""Time-outs, too many queries or parts, out of memory, read-only while it recovers."""

_OURS: Final = (ProgrammingError, DataError, NotSupportedError, InterfaceError)
"""Without a server's code: the client refuses what we gave it."""

_log = logging.getLogger(__name__)


def error_of(error: Exception, what: str) -> ConnectorError:
    """What a client's error means to us: `Refused` where sending it again cannot help."""
    code = error.code if isinstance(error, Error) else None
    text = " ".join(str(error).split())[:400]
    if code in _FULL:
        return Unavailable(f"{what}: the database's disk is full or broken: {text}")
    if code in _BUSY or (code is None and not isinstance(error, _OURS)):
        return Unavailable(f"{what}: {text}")
    return Refused(f"{what}: {text}")


@contextmanager
def mapped_errors(what: str) -> Iterator[None]:
    """Turns the client's exceptions into ours; `what` was tried."""
    try:
        yield
    except (ClickHouseError, OSError) as error:
        raise error_of(error, what) from error


class Database:
    """A connection to one database. Not for several threads at once."""

    def __init__(self, settings: ClickHouseSettings, *, database: str | None = None) -> None:
        """Connect. Raises Unavailable where nobody answers, Refused for a wrong password."""
        self.name = settings.database if database is None else database
        self._where = f"ClickHouse {settings.host}:{settings.port}"
        with mapped_errors(self._where):
            self._client: Any = clickhouse_connect.get_client(
                host=settings.host,
                port=settings.port,
                username=settings.user,
                password=settings.password,
                database=self.name,
                compress=False if _is_near(settings.host) else "lz4",
                connect_timeout=CONNECT_TIMEOUT_S,
                send_receive_timeout=ANSWER_TIMEOUT_S,
                query_retries=0,
                autogenerate_session_id=False,
                tz_mode="aware",
                settings=dict(_SETTINGS),
            )

    def insert(self, table: str, rows: pa.Table) -> None:
        """Insert once; the rows are stored when this returns. Raises Unavailable, Refused."""
        with mapped_errors(f"{self._where}: insert of {rows.num_rows} rows into {table}"):
            self._client.insert_arrow(table, rows, settings=dict(_INSERT_SETTINGS))

    def query(
        self,
        sql: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        as_bytes: Sequence[str] = (),
    ) -> list[tuple[Any, ...]]:
        """All rows of an answer; `{name:Type}` in the text takes its value from `parameters`.

        `as_bytes` names columns of bytes, which need not be text.
        """
        return [tuple(row) for row in self._ask(sql, parameters, as_bytes).result_rows]

    def records(
        self,
        sql: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        as_bytes: Sequence[str] = (),
    ) -> list[dict[str, Any]]:
        """All rows of an answer, by column name."""
        return [dict(row) for row in self._ask(sql, parameters, as_bytes).named_results()]

    def _ask(self, sql: str, parameters: Mapping[str, Any] | None, as_bytes: Sequence[str]) -> Any:
        with mapped_errors(f"{self._where}: query"):
            return self._client.query(
                sql,
                parameters=dict(parameters or {}),
                column_formats=dict.fromkeys(as_bytes, "bytes"),
            )

    def command(self, sql: str) -> None:
        """A statement without an answer."""
        with mapped_errors(f"{self._where}: {sql.split(chr(10))[0][:80]}"):
            self._client.command(sql)

    def close(self) -> None:
        """Let the connection go."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _is_near(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")


def insert_until_stored(
    database: Database,
    tables: Sequence[tuple[str, pa.Table]],
    is_stopping: Callable[[], bool] = lambda: False,
    *,
    retrying: Callable[[], object] = lambda: None,
) -> bool:
    """Insert all tables in order, each retried until acknowledged; False where told to stop.

    What is large goes in portions, so that none is more than the database has memory for.
    `retrying` is called before each repeat. Raises Refused where the database says no to the rows
    themselves.
    """
    for table, rows in _portions(tables):
        wait_s = BACKOFF_FIRST_S
        while True:
            try:
                database.insert(table, rows)
                break
            except Unavailable as error:
                _log.warning("%s; trying again in %.1f s", error, wait_s)
                if not _waited(wait_s, is_stopping):
                    return False
                retrying()
                wait_s = min(2 * wait_s, BACKOFF_LAST_S)
    return True


def _portions(tables: Sequence[tuple[str, pa.Table]]) -> Iterator[tuple[str, pa.Table]]:
    for table, rows in tables:
        for start in range(0, rows.num_rows, PORTION_ROWS):
            yield table, rows.slice(start, PORTION_ROWS)


def _waited(wait_s: float, is_stopping: Callable[[], bool]) -> bool:
    until = time.monotonic() + wait_s
    while time.monotonic() < until:
        if is_stopping():
            return False
        time.sleep(0.05)
    return True


def await_database(
    settings: ClickHouseSettings,
    *,
    database: str | None = None,
    is_stopping: Callable[[], bool] = lambda: False,
) -> Database | None:
    """Connect, waiting until the database answers; None where told to stop. Raises Refused."""
    wait_s = BACKOFF_FIRST_S
    while True:
        try:
            return Database(settings, database=database)
        except Unavailable as error:
            _log.warning("%s; trying again in %.1f s", error, wait_s)
            if not _waited(wait_s, is_stopping):
                return None
            wait_s = min(2 * wait_s, BACKOFF_LAST_S)
