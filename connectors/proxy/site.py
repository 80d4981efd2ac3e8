"""Who may use the proxy and what it stands before: the file that setting `proxy` names.

No secret is in it. `key_from` names a variable of the environment, or `file:<path>`; a caller's key
is known by its SHA-256.
"""

import hmac
import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from connectors.errors import Refused

_FILE: Final = "file:"


class Charging(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The gateways or doors that are asked, and how much is held at a time.

    `slice` is in output tokens. `answer_tokens` are held for an answer that is no stream, where
    the request does not bound it. `gateway` is the proxy's name among those that hold sessions;
    empty: one that is made up at each start. `attributes` are taken from the headers named.
    """

    addresses: Annotated[tuple[str, ...], Meta(min_length=1)]
    tenant: str
    key_from: str
    usage_type: str = "llm_tokens"
    slice: Annotated[int, Meta(ge=1)] = 256
    answer_tokens: Annotated[int, Meta(ge=1)] = 4_096
    deadline_s: float = 5.0
    offline_tokens: Annotated[int, Meta(ge=0)] = 0
    direct: bool = False
    gateway: str = ""
    attributes: dict[str, str] = {}


class Upstream(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A provider, or what speaks like it, and the key that the proxy has there."""

    provider: str
    url: str
    key_from: str = ""


class Caller(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whoever presents the key of this SHA-256 uses the service."""

    service_id: str
    key_sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class ProxySite(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that the file says."""

    charging: Charging
    upstream: Annotated[tuple[Upstream, ...], Meta(min_length=1)]
    caller: tuple[Caller, ...] = ()

    def service_of(self, key: str) -> str:
        """The service of the key that was presented; empty where it is none of ours."""
        digest, found = sha256(key.encode()).hexdigest(), ""
        for each in self.caller:
            if hmac.compare_digest(each.key_sha256, digest):
                found = each.service_id
        return found


def read_site(path: Path) -> ProxySite:
    """The file's content. Raises Refused, with what is wrong."""
    try:
        return msgspec.toml.decode(path.read_bytes(), type=ProxySite)
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}") from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Refused(f"{path}: {error}") from error


def secret_at(place: str, environment: Mapping[str, str] = os.environ) -> str:
    """What stands at `key_from`; empty for an empty place. Raises Refused."""
    if not place:
        return ""
    try:
        if place.startswith(_FILE):
            return Path(place.removeprefix(_FILE)).read_text(encoding="utf-8").strip()
        return environment[place].strip()
    except (KeyError, OSError, UnicodeDecodeError) as error:
        raise Refused(f"there is no key at {place}") from error
