"""Opening a RocksDB whose contents can be had again from a topic.

What cannot be read is wiped, not repaired. What another process holds is left alone: it is whole,
and its owner is at work.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rocksdict import Rdict

from connectors.errors import Unavailable


def is_held(error: Exception) -> bool:
    """Whether a database did not open because it is open elsewhere; rocksdict knows one type."""
    text = str(error)
    return "While lock file" in text or "lock hold by" in text


def open_or_wipe(path: Path, options: Callable[[], Any], wiped: Callable[[str], None]) -> Any:
    """Open the folder, anew where it cannot be read; `wiped` hears why.

    Raises Unavailable where another process holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return Rdict(str(path), options=options())
    except Exception as error:
        if is_held(error):
            raise Unavailable(f"{path}: another process has it open") from error
        shutil.rmtree(path, ignore_errors=True)
        wiped(str(error))
    return Rdict(str(path), options=options())
