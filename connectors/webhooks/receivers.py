"""Who gets webhooks: the file that setting `webhooks` names, one table `[[receiver]]` each.

A secret is never in it: `secret_from` names a variable of the environment, or `file:<path>`.
"""

import os
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Struct

from connectors.errors import Refused
from connectors.webhooks.signature import Secret
from streams.model.rated import Alert

_FILE: Final = "file:"


class Receiver(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where alerts go, and which: an empty list means any.

    `plain` allows what is refused otherwise: addresses that are not `https`, but for the loopback.
    """

    id: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
    url: str
    secret_from: str
    tenants: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    thresholds: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    to: tuple[str, ...] = ()
    plain: bool = False

    def wants(self, alert: Alert) -> bool:
        """True where the alert is for this receiver; `to` is met by any of its names."""
        return (
            _is_in(alert.tenant, self.tenants)
            and _is_in(alert.account, self.accounts)
            and _is_in(alert.threshold, self.thresholds)
            and _is_in(alert.kind, self.kinds)
            and (not self.to or not set(self.to).isdisjoint(alert.to))
        )

    def secret(self, environment: Mapping[str, str] = os.environ) -> Secret:
        """What its webhooks are signed with. Raises Refused where it cannot be found."""
        place = self.secret_from
        try:
            if place.startswith(_FILE):
                text = Path(place.removeprefix(_FILE)).read_text(encoding="utf-8")
            else:
                text = environment[place]
        except (KeyError, OSError, UnicodeDecodeError) as error:
            raise Refused(f"webhook {self.id}: no secret at {place}") from error
        try:
            return Secret.read(text.strip())
        except ValueError as error:
            raise Refused(f"webhook {self.id}: {place} is no secret: {error}") from None


class _Receivers(Struct, frozen=True, forbid_unknown_fields=True):
    receiver: tuple[Receiver, ...] = ()


def read_receivers(path: Path | None) -> tuple[Receiver, ...]:
    """All receivers of a file; none without one. Raises Refused where it says what cannot be."""
    if path is None:
        return ()
    try:
        read = msgspec.toml.decode(path.read_bytes(), type=_Receivers)
    except (OSError, msgspec.MsgspecError) as error:
        raise Refused(f"{path}: {error}") from error
    seen: set[str] = set()
    for each in read.receiver:
        problem = f'"{each.id}" stands there twice' if each.id in seen else _problem(each)
        if problem:
            raise Refused(f"{path}: webhook {each.id}: {problem}")
        seen.add(each.id)
    return read.receiver


def _problem(receiver: Receiver) -> str:
    try:
        parts = urlsplit(receiver.url)
        host = parts.hostname or ""
    except ValueError as error:
        return str(error)
    if parts.scheme not in ("http", "https") or not host:
        return f'"{receiver.url}" is no address: expected https://…'
    if parts.username or parts.password:
        return "an address with a password in it: expected a secret elsewhere"
    if parts.scheme == "http" and not receiver.plain and not _is_loopback(host):
        return f"{parts.scheme}://{host} is read by everybody on the way: expected https"
    return ""


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_in(word: str, words: tuple[str, ...]) -> bool:
    return not words or word in words
