"""Leases: grants that are signed, and a book by which a gateway decides with no round trip.

A lease is a reservation whose answer says what was granted, to whom and until when, signed with a
key that only the bearer of an API key and the engine know. Whoever holds it may decide by it, and
sends it along with its report: a grant that was made up or altered is found out at both ends.

Whoever decides by a lease can lose no more than its slice: the units are set aside before, nothing
is used after its validity, and what was not reported by then is all that can be missing.
"""

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import Enum
from threading import Lock
from typing import Final
from uuid import uuid4

from connectors.client.calls import Course
from connectors.client.dialogue import Desk, Dialogue
from connectors.client.words import Answer, Service
from connectors.errors import Refused

_VERSION: Final = "v1"
_PURPOSE: Final = b"vivace lease v1"


@dataclass(frozen=True, kw_only=True)
class Lease:
    """What a lease says. `granted` are units by rating group; `key_id` is the key that signed."""

    key_id: str
    tenant: str
    session: str
    sequence: int
    service_id: str
    valid_until: str
    granted: Mapping[str, Mapping[str, str]]

    def signed(self, digest: str) -> str:
        """The lease as text. `digest` is the SHA-256 of the API key's secret, in hexadecimals."""
        said = _packed(json.dumps(vars(self), sort_keys=True, separators=(",", ":")).encode())
        return f"{_VERSION}.{said}.{_signature(said, digest)}"


def key_id_of(token: str) -> str:
    """Which key a lease says that it is signed with; nothing is proved. Raises Refused."""
    return _said(token).key_id


def read_lease(token: str, digest: str) -> Lease:
    """The lease, if this key has signed it. Raises Refused."""
    version, _, rest = token.partition(".")
    said, _, signature = rest.partition(".")
    expected = _signature(said, digest)
    if version != _VERSION or not hmac.compare_digest(signature.encode(), expected.encode()):
        raise Refused("the lease is not signed with this key")
    return _said(token)


def digest_of_key(key: str) -> str:
    """What an API key's secret leaves with the engine: the digest that leases are signed by."""
    secret = key.partition("_")[2].partition("_")[2]
    return hashlib.sha256(secret.encode()).hexdigest()


def _signature(said: str, digest: str) -> str:
    key = hmac.new(digest.encode(), _PURPOSE, hashlib.sha256).digest()
    return _packed(hmac.new(key, said.encode(), hashlib.sha256).digest())


def _packed(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _said(token: str) -> Lease:
    said = token.split(".")[1] if token.count(".") == 2 else ""
    try:
        told = json.loads(base64.b64decode(said + "=" * (-len(said) % 4), b"-_", validate=True))
        return Lease(**told)
    except (binascii.Error, ValueError, TypeError) as error:
        raise Refused("this is no lease") from error


class Decision(Enum):
    """What a book says to a request for units."""

    GRANTED = "granted"
    """They are counted."""
    USED_UP = "used_up"
    """There is a lease, and it has no more, or not for long enough."""
    NO_LEASE = "no_lease"
    """Nothing is leased for this service: renew, then ask again."""


@dataclass(frozen=True, kw_only=True)
class LeaseTerms:
    """What is leased: so many units of a usage type at a time, each time for so many seconds.

    A lease is due again when less than `low` of its slice is left, or of its time.
    """

    usage_type: str
    unit: str
    slice: int | Decimal
    valid_for: int = 60
    low: Decimal = Decimal("0.5")
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Leased:
    """What one service has leased; `until` is a time of the holder's own clock."""

    dialogue: Dialogue
    left: Decimal = Decimal(0)
    used: Decimal = Decimal(0)
    until: float = 0.0
    is_final: bool = False
    is_renewed: bool = False
    token: str = ""


class LeaseBook:
    """The leases that a gateway holds, by service id. `take` decides here and now.

    Renewals and ends are courses, for `client.drive`. Safe to be used by several threads.
    """

    def __init__(
        self,
        desk: Desk,
        terms: LeaseTerms,
        *,
        key: str,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._wall = wall
        self._desk = desk
        self._terms = terms
        self._digest = digest_of_key(key)
        self._now: Callable[[], float] = desk.now
        self._leased: dict[str, _Leased] = {}
        self._lock = Lock()

    def take(self, service_id: str, units: int | Decimal = 1) -> Decision:
        """Count units as used, if the lease has them."""
        with self._lock:
            held = self._leased.get(service_id)
            if held is None:
                return Decision.NO_LEASE
            if held.left < units or self._now() >= held.until:
                return Decision.USED_UP
            held.left -= units
            held.used += units
            return Decision.GRANTED

    def due(self) -> list[str]:
        """The services whose leases should be renewed now."""
        with self._lock:
            return [name for name, held in self._leased.items() if self._is_due(held)]

    def renewal(self, service_id: str) -> Course[Answer | None]:
        """Report what was used and lease a slice anew; None where a renewal is on its way already.

        Raises Unavailable: the lease goes on as long as it is valid. Raises Refused where the
        answer is signed by somebody else.
        """
        terms = self._terms
        with self._lock:
            held = self._leased.get(service_id) or self._begin(service_id)
            if held.is_renewed:
                return None
            held.is_renewed = True
            used, began_at = held.used, self._now()
            held.used = Decimal(0)
        try:
            service = self._service(used, {terms.unit: terms.slice})
            answer = yield from held.dialogue.ask("lease", [service], lease=held.token)
        except Refused:
            with self._lock:
                held.used += used
            raise
        else:
            self._note(held, answer, began_at)
        finally:
            held.is_renewed = False
        return answer

    def end(self, service_id: str) -> Course[Answer | None]:
        """Report the last use and give the rest back; None where nothing is leased."""
        with self._lock:
            held = self._leased.pop(service_id, None)
        if held is None:
            return None
        service = self._service(held.used, {})
        return (yield from held.dialogue.ask("confirm", [service], lease=held.token))

    def _begin(self, service_id: str) -> _Leased:
        dialogue = Dialogue(
            self._desk, service_id, session=str(uuid4()), valid_for=self._terms.valid_for
        )
        held = self._leased[service_id] = _Leased(dialogue)
        return held

    def _service(self, used: Decimal, requested: Mapping[str, int | Decimal]) -> Service:
        terms = self._terms
        return Service(
            usage_type=terms.usage_type,
            requested=requested,
            used={terms.unit: used} if used else {},
            attributes=terms.attributes,
        )

    def _note(self, held: _Leased, answer: Answer, began_at: float) -> None:
        """What was used while the answer was on its way is of the new grant."""
        if answer.lease:
            lease = read_lease(answer.lease, self._digest)
            granted = _granted(lease, self._terms.unit)
        else:
            granted = answer.granted(self._terms.unit) if answer.is_offline else Decimal(0)
        with self._lock:
            held.token = answer.lease
            held.left = granted - held.used
            held.until = began_at + min(self._terms.valid_for, self._left_s(answer.valid_until))
            held.is_final = answer.is_final

    def _left_s(self, valid_until: str) -> float:
        """For how long by the wall's clock: an owner may grant for less than was asked."""
        if not valid_until:
            return self._terms.valid_for
        return datetime.fromisoformat(valid_until).timestamp() - self._wall()

    def _is_due(self, held: _Leased) -> bool:
        if held.is_renewed or held.is_final:
            return False
        least = Decimal(self._terms.slice) * self._terms.low
        ends_soon = held.until - self._now() < self._terms.valid_for * float(self._terms.low)
        return held.left < least or ends_soon


def _granted(lease: Lease, unit: str) -> Decimal:
    try:
        quantities = [Decimal(units.get(unit, "0")) for units in lease.granted.values()]
    except InvalidOperation as error:
        raise Refused("the lease grants no quantity") from error
    return sum(quantities, Decimal(0))
