"""The pinned jars of the broker and its console tools, in the user's cache."""

from pathlib import Path

from platformdirs import user_cache_path

from infra.fetch import PinnedFile, Progress, fetch, missing, read_manifest
from infra.lock import exclusively

MANIFEST = Path(__file__).with_name("jars.txt")


def default_cache() -> Path:
    """Return the folder of downloads that all checkouts of this user share."""
    return user_cache_path("vivace")


def pinned_jars() -> tuple[PinnedFile, ...]:
    """Return what the manifest pins."""
    return read_manifest(MANIFEST.read_text())


def missing_bytes(cache: Path) -> int:
    """Return how much `ensure_jars` would have to fetch, 0 when all is there."""
    return sum(jar.size for jar in missing(pinned_jars(), _folder(cache)))


def ensure_jars(cache: Path, *, repository: str, progress: Progress | None = None) -> Path:
    """Fetch what is missing and return the folder of jars. Raises `CannotStart`."""
    folder = _folder(cache)
    folder.mkdir(parents=True, exist_ok=True)
    with exclusively(folder / "fetch.lock"):
        fetch(pinned_jars(), base=repository, directory=folder, progress=progress)
    return folder


def _folder(cache: Path) -> Path:
    return cache / "kafka-4.1.0"
