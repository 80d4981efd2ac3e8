"""Databases that can be had again: wiped where unreadable, never where another process is in."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from connectors.accounts.store import FactStore
from connectors.errors import Unavailable

HOLDER = """
import sys
from connectors.accounts.store import FactStore
from pathlib import Path
store = FactStore(Path(sys.argv[1]), origin="topic")
store.write([(b"key", b"value")], 7)
print("open", flush=True)
sys.stdin.read()
store.close()
"""


@contextmanager
def held_elsewhere(path: Path) -> Iterator[None]:
    """Another process has the store open."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        assert holder.stdout.readline() == b"open\n"
        yield
        holder.stdin.close()
        assert holder.wait(30) == 0


def test_what_another_process_holds_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "blocks" / "accounts"
    with held_elsewhere(path), pytest.raises(Unavailable, match="another process"):
        FactStore(path, origin="topic")
    store = FactStore(path, origin="topic")
    assert store.position == 7
    assert store.get_many([b"key"]) == [b"value"]
    store.close()


def test_what_cannot_be_read_is_begun_anew(tmp_path: Path) -> None:
    store = FactStore(tmp_path / "accounts", origin="topic")
    store.write([(b"key", b"value")], 7)
    store.close()
    (tmp_path / "accounts" / "CURRENT").write_bytes(b"nonsense")
    again = FactStore(tmp_path / "accounts", origin="topic")
    assert again.position == -1
    assert again.get_many([b"key"]) == [None]
    again.close()
