"""Memory and disk an engine cannot do without, checked before it starts."""

import shutil
from pathlib import Path

import psutil

from infra.errors import CannotStart

MIB = 1024 * 1024


def require_memory(needed: int, *, of: str, instead: str) -> None:
    """Raise `CannotStart` when less than `needed` bytes are free; `instead` is the way out."""
    available = psutil.virtual_memory().available
    if available < needed:
        raise CannotStart(
            f"{of} needs {needed // MIB} MiB of free memory, {available // MIB} MiB are free. "
            f"End other programs, or set {instead} to one elsewhere."
        )


def require_disk(needed: int, *, of: str, directory: Path) -> None:
    """Raise `CannotStart` when the disk of `directory` has less than `needed` bytes free."""
    free = shutil.disk_usage(directory).free
    if free < needed:
        raise CannotStart(
            f"{of} needs {needed // MIB} MiB of free disk in {directory}, {free // MIB} MiB are "
            f"free. Make room, or choose another folder with --data."
        )
