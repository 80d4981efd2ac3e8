"""Fetch pinned files once: resumed where they stopped, checked by their hash, several at a time."""

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import httpx

from infra.errors import CannotStart

ATTEMPTS = 5
PARALLEL = 6
_CHUNK_BYTES = 1 << 18
_OK, _PARTIAL, _RANGE_NOT_SATISFIABLE = 200, 206, 416

Progress = Callable[[int], None]
"""Told the number of bytes that have just arrived."""

NO_HEADERS = MappingProxyType[str, str]({})


@dataclass(frozen=True, kw_only=True)
class PinnedFile:
    """A file that is what its hash says, wherever it comes from."""

    path: str
    sha256: str
    size: int

    @property
    def name(self) -> str:
        """The last part of the path, which is unique in one manifest."""
        return self.path.rsplit("/", 1)[-1]


def read_manifest(text: str) -> tuple[PinnedFile, ...]:
    """Read lines of `sha256 size path`; lines that begin with `#` are remarks."""
    lines = (line.split() for line in text.splitlines() if line and not line.startswith("#"))
    return tuple(
        PinnedFile(sha256=digest, size=int(size), path=path) for digest, size, path in lines
    )


def missing(files: Sequence[PinnedFile], directory: Path) -> list[PinnedFile]:
    """Return the files that `directory` does not hold whole.

    Only sizes are compared: hashes were checked when the files got their final names.
    """
    return [f for f in files if not _has_size(directory / f.name, f.size)]


def fetch(
    files: Sequence[PinnedFile], *, base: str, directory: Path, progress: Progress | None = None
) -> None:
    """Bring all `files` below the address `base` into `directory`.

    A file has its final name only once its hash is right, so an interrupted fetch goes on where it
    stopped. Raises `CannotStart` when the repository is away, lacks a file or sends other bytes.
    """
    directory.mkdir(parents=True, exist_ok=True)
    told = progress or (lambda _: None)
    limits = httpx.Timeout(30.0)
    with (
        httpx.Client(timeout=limits, follow_redirects=True) as client,
        ThreadPoolExecutor(PARALLEL) as pool,
    ):
        jobs = [
            pool.submit(_fetch_one, client, f"{base.rstrip('/')}/{f.path}", f, directory, told)
            for f in missing(files, directory)
        ]
        for job in jobs:
            job.result()


def _fetch_one(
    client: httpx.Client, url: str, file: PinnedFile, directory: Path, progress: Progress
) -> None:
    part = directory / (file.name + ".part")
    problem = ""
    for _ in range(ATTEMPTS):
        try:
            _download(client, url, part, progress)
        except httpx.TransportError as error:
            problem = f"{type(error).__name__}: {error}"
            continue
        if _has_size(part, file.size) and _sha256(part) == file.sha256:
            part.replace(directory / file.name)
            return
        problem = f"got {part.stat().st_size} bytes that are not the pinned file"
        part.unlink()
    raise CannotStart(
        f"{url} cannot be fetched ({problem}). Check the network, or set "
        f"VIVACE_MAVEN_REPOSITORY to the address of a Maven repository that is reachable."
    )


def _download(client: httpx.Client, url: str, part: Path, progress: Progress) -> None:
    have = part.stat().st_size if part.exists() else 0
    headers = {"Range": f"bytes={have}-"} if have else NO_HEADERS
    with client.stream("GET", url, headers=headers) as answer:
        if answer.status_code == _RANGE_NOT_SATISFIABLE:
            return
        if answer.status_code not in (_OK, _PARTIAL):
            raise CannotStart(
                f"{url} answers {answer.status_code}. Is VIVACE_MAVEN_REPOSITORY the base address "
                f"of a Maven repository?"
            )
        mode = "ab" if answer.status_code == _PARTIAL else "wb"
        with part.open(mode) as out:
            for chunk in answer.iter_bytes(_CHUNK_BYTES):
                out.write(chunk)
                progress(len(chunk))


def _sha256(path: Path) -> str:
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def _has_size(path: Path, size: int) -> bool:
    return path.exists() and path.stat().st_size == size
