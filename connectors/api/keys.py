"""API keys: who may do what, for which tenant.

A key is shown once, when it is made; the file keeps a digest. Secrets are 256 random bits, so that
a plain SHA-256 is enough: there is nothing to guess that a slow hash would protect.
"""

import hmac
import os
import secrets
import time
from collections.abc import Iterable
from contextlib import suppress
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from connectors.errors import Corrupted, Refused
from streams.model.instant import Instant

KEYS_FILE: Final = "api-keys.json"
"""In the data folder, readable by its owner alone."""

FIRST_KEY_FILE: Final = "first-api-key"
"""In the data folder, until the first admin key has been shown."""

PREFIX: Final = "vivace"
_SECRET_BYTES: Final = 32
_ID_BYTES: Final = 6


class Scope(StrEnum):
    """What a key may do; each includes the ones before it."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"

    def includes(self, other: "Scope") -> bool:
        """True where whoever may do this may do `other`."""
        return _RANKS[self] >= _RANKS[other]


_RANKS: Final = {scope: rank for rank, scope in enumerate(Scope)}


class ApiKey(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key as it is kept. `tenant` empty: every tenant's."""

    key_id: str
    name: str
    digest: str
    scope: Scope
    tenant: str = ""
    created_at: Instant

    def allows(self, scope: Scope, tenant: str) -> bool:
        """True where the key reaches this far. `tenant` empty: the whole installation."""
        return self.scope.includes(scope) and self.tenant in ("", tenant)


_decode = msgspec.json.Decoder(list[ApiKey]).decode


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


class KeyStore:
    """The keys of a data folder. A change by another process counts from the next look-up on.

    A key that was found may be trusted for `trusted_s` seconds: one that another process takes
    away is refused so much later at most, and not every look-up asks the file system.
    """

    def __init__(self, folder: Path, *, trusted_s: float = 0.0) -> None:
        self._path = folder / KEYS_FILE
        self._first = folder / FIRST_KEY_FILE
        self._seen: tuple[int, int] | None = None
        self._trusted_s = trusted_s
        self._trusted_until = float("-inf")
        self._keys: dict[str, ApiKey] = {}
        self._found: dict[str, ApiKey] = {}
        """By their texts: keys of the file as it was seen last. What is none of ours is not kept,
        so there are no more than keys."""

    def keys(self) -> list[ApiKey]:
        """All keys, oldest first. Raises Corrupted for a file that is not ours."""
        self._refresh()
        return sorted(self._keys.values(), key=lambda key: (key.created_at, key.key_id))

    def create(self, *, name: str, scope: Scope, tenant: str, at: Instant) -> tuple[ApiKey, str]:
        """A new key and its text, which nothing will tell again."""
        self._refresh()
        key_id, secret = secrets.token_hex(_ID_BYTES), secrets.token_urlsafe(_SECRET_BYTES)
        key = ApiKey(
            key_id=key_id,
            name=name,
            digest=_digest(secret),
            scope=scope,
            tenant=tenant,
            created_at=at,
        )
        self._write([*self._keys.values(), key])
        return key, f"{PREFIX}_{key_id}_{secret}"

    def create_first(self, *, at: Instant) -> bool:
        """Make the admin key of a new installation; False where there are keys.

        Its text is handed over in a file that its owner alone can read, until it has been shown.
        """
        if self.keys():
            return False
        _, text = self.create(name="first", scope=Scope.ADMIN, tenant="", at=at)
        _write_private(self._first, text.encode())
        return True

    def has_first(self) -> bool:
        """True while the first key has not been shown."""
        return self._first.exists()

    def take_first(self) -> str | None:
        """The text of the first key, once: the file that handed it over is gone then."""
        try:
            text = self._first.read_text()
        except FileNotFoundError:
            return None
        self._first.unlink()
        return text

    def revoke(self, key_id: str) -> ApiKey:
        """Take a key away. Raises Refused where there is none."""
        self._refresh()
        key = self._keys.get(key_id)
        if key is None:
            raise Refused(f"there is no key {key_id}")
        self._write(other for other in self._keys.values() if other.key_id != key_id)
        return key

    def find(self, text: str) -> ApiKey | None:
        """The key that was presented; None where it is none of ours."""
        found = self._found.get(text)
        if found is not None and time.monotonic() < self._trusted_until:
            return found
        self._refresh()
        self._trusted_until = time.monotonic() + self._trusted_s
        found = self._found.get(text)
        return found if found is not None else self._check(text)

    def _check(self, text: str) -> ApiKey | None:
        prefix, _, rest = text.partition("_")
        key_id, _, secret = rest.partition("_")
        key = self._keys.get(key_id)
        # Compared even where there is no such id: the time taken must not tell.
        expected = key.digest if key is not None else _digest("")
        matches = hmac.compare_digest(expected, _digest(secret))
        if key is None or not matches or prefix != PREFIX:
            return None
        self._found[text] = key
        return key

    def named(self, key_id: str) -> ApiKey | None:
        """The key of an id; None where there is none any more."""
        self._refresh()
        return self._keys.get(key_id)

    def _refresh(self) -> None:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            self._seen, self._keys, self._found = None, {}, {}
            return
        seen = (status.st_mtime_ns, status.st_ino)
        if seen != self._seen:
            try:
                keys = _decode(self._path.read_bytes())
            except msgspec.MsgspecError as error:
                raise Corrupted(f"{self._path}: {error}") from error
            self._keys, self._found = {key.key_id: key for key in keys}, {}
            self._seen = seen

    def _write(self, keys: Iterable[ApiKey]) -> None:
        encoded = msgspec.json.format(msgspec.json.encode(list(keys)), indent=2)
        _write_private(self._path, encoded)
        self._refresh()


def _write_private(path: Path, content: bytes) -> None:
    """Replace a file as a whole by one that nobody else can read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    with suppress(FileNotFoundError):
        unfinished.unlink()
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
