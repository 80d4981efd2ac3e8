"""The ClickHouse server program: `python -m infra.clickhouse.server DIRECTORY PORT`.

The chdb-core wheel holds ClickHouse's own HTTP server. One statement starts its listener and a
query that never ends holds the process; SIGTERM ends that query, and the engine shuts itself down.
"""

import importlib.util
import os
import secrets
import signal
import sys
import threading
from contextlib import chdir
from pathlib import Path
from types import FrameType, ModuleType

import httpx

from infra.clickhouse.config import ServerPlace, server_xml, users_xml
from infra.errors import CannotStart
from infra.lock import exclusively
from infra.ports import LOOPBACK

PASSWORD_VARIABLE = "VIVACE_CLICKHOUSE_PASSWORD"  # noqa: S105 a name, not a password
DURABLE_VARIABLE = "VIVACE_CLICKHOUSE_DURABLE"
USER = "vivace"
_STOP_USER = "vivace_stop"
_HOLD = "SELECT sleepEachRow(1) FROM system.numbers SETTINGS max_block_size=1, max_execution_time=0"
_STATEMENTS = f"SYSTEM START LISTEN HTTP; {_HOLD} FORMAT Null"
_END_HOLD = (
    "KILL QUERY WHERE interface = 'Local' AND query LIKE '%sleepEachRow(1) FROM system.numbers%'"
    " ASYNC"
)
_DRAIN_S = 2.0
"""The engine waits longer for idle connections; what was acknowledged is stored, so we leave."""


def main() -> int:
    """Serve until SIGTERM; 0 when asked to end, 1 when the engine ended by itself."""
    directory, port = Path(sys.argv[1]).resolve(), int(sys.argv[2])
    place = ServerPlace(
        directory=directory,
        http_port=port,
        user=USER,
        password=os.environ[PASSWORD_VARIABLE],
        durable=os.environ.get(DURABLE_VARIABLE) != "0",
    )
    try:
        with exclusively(directory / "server.lock", refusal=f"A ClickHouse holds {directory}."):
            return _serve(place)
    except CannotStart as problem:
        sys.stderr.write(f"{problem}\n")
        return 1


def _serve(place: ServerPlace) -> int:
    stop_password = secrets.token_hex(16)
    _write_private(place.directory / "config.xml", server_xml(place))
    _write_private(
        place.directory / "users.xml",
        users_xml(place, stop_user=_STOP_USER, stop_password=stop_password),
    )
    os.chdir(place.directory)  # the engine reads ./config.xml
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # it would take a pipe on stdin for a table
    asked, ended = threading.Event(), threading.Event()
    engine = threading.Thread(target=_run_engine, args=(place, ended), daemon=True)
    engine.start()

    def ask(_signal: int, _frame: FrameType | None) -> None:
        asked.set()

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, ask)
    while not asked.wait(0.1) and not ended.is_set():
        pass
    if not ended.is_set():
        _end_hold(place, stop_password)
        engine.join(_DRAIN_S)
    sys.stderr.flush()
    os._exit(0 if asked.is_set() else 1)  # the engine's own threads may outlive its end


def _run_engine(place: ServerPlace, ended: threading.Event) -> None:
    data = str(place.directory / "data")
    try:
        result = _load_engine().query(_STATEMENTS, "TabSeparated", path=data)
        if result.has_error():
            sys.stderr.write(f"{result.error_message()}\n")
    except RuntimeError as error:
        if "QUERY_WAS_CANCELLED" not in str(error):  # which is how we end it
            sys.stderr.write(f"{error}\n")
    finally:
        ended.set()


def _load_engine() -> ModuleType:
    """Load the extension alone: importing `chdb` would open a second engine in memory first."""
    package = importlib.util.find_spec("chdb")
    assert package is not None
    assert package.submodule_search_locations is not None
    folder = Path(package.submodule_search_locations[0])
    spec = importlib.util.spec_from_file_location("chdb._chdb", folder / "_chdb.abi3.so")
    assert spec is not None
    assert spec.loader is not None
    engine = importlib.util.module_from_spec(spec)
    with chdir(folder):  # it loads a library that lies beside it
        spec.loader.exec_module(engine)
    return engine


def _end_hold(place: ServerPlace, password: str) -> None:
    try:
        httpx.post(
            f"http://{LOOPBACK}:{place.http_port}/",
            content=_END_HOLD,
            auth=(_STOP_USER, password),
            headers={"Connection": "close"},
            timeout=5,
            trust_env=False,
        )
    except httpx.HTTPError as error:
        sys.stderr.write(f"The engine does not take its end: {error}\n")


def _write_private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)


if __name__ == "__main__":
    sys.exit(main())
