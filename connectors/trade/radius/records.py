"""Accounting requests, read by pyrad, as the records that mediation reads.

A record has the attributes of RFC 2865, 2866 and 2869 by their names in small letters, and what
they come to: octets with their gigawords, the beginning and the end. Only a Stop tells all that a
session has used.
"""

from io import StringIO
from typing import Any, Final

from pyrad.dictionary import Dictionary
from pyrad.packet import AccountingRequest, AcctPacket

from connectors.errors import Refused
from streams.model.instant import SECOND, Instant, format_instant

LARGEST_PACKET: Final = 4_096
TEXT_MAX: Final = 253
_GIGAWORD: Final = 2**32
_TEXT: Final = {
    "User-Name": 1,
    "Called-Station-Id": 30,
    "Calling-Station-Id": 31,
    "NAS-Identifier": 32,
    "Acct-Session-Id": 44,
    "Acct-Multi-Session-Id": 50,
    "NAS-Port-Id": 87,
}
_NUMBERS: Final = {
    "NAS-Port": 5,
    "Service-Type": 6,
    "Acct-Delay-Time": 41,
    "Acct-Input-Octets": 42,
    "Acct-Output-Octets": 43,
    "Acct-Session-Time": 46,
    "Acct-Input-Packets": 47,
    "Acct-Output-Packets": 48,
    "Acct-Terminate-Cause": 49,
    "Acct-Link-Count": 51,
    "Acct-Input-Gigawords": 52,
    "Acct-Output-Gigawords": 53,
    "Event-Timestamp": 55,
    "NAS-Port-Type": 61,
}
_ADDRESSES: Final = {"NAS-IP-Address": 4, "Framed-IP-Address": 8}
STATUS: Final = "Acct-Status-Type"
STATUSES: Final = {1: "Start", 2: "Stop", 3: "Interim-Update", 7: "Accounting-On"}


def _dictionary() -> Any:
    lines = [f"ATTRIBUTE {name} {number} string" for name, number in _TEXT.items()]
    lines += [f"ATTRIBUTE {name} {number} integer" for name, number in _NUMBERS.items()]
    lines += [f"ATTRIBUTE {name} {number} ipaddr" for name, number in _ADDRESSES.items()]
    lines.append(f"ATTRIBUTE {STATUS} 40 integer")
    return Dictionary(StringIO("\n".join(lines) + "\n"))


_KNOWN: Final = _dictionary()


def read(packet: bytes, secret: bytes) -> Any:
    """The accounting request. Raises Refused where it is none, or its secret is another's."""
    if len(packet) > LARGEST_PACKET or not packet or packet[0] != AccountingRequest:
        raise Refused("no accounting request")
    try:
        request = AcctPacket(secret=secret, dict=_KNOWN, packet=packet)
        is_known = request.VerifyAcctRequest()
    except Exception as error:  # what pyrad meets in a broken packet is of many kinds
        raise Refused(f"no accounting request: {error}") from error
    if not is_known:
        raise Refused("the authenticator is wrong: another secret")
    return request


def status_of(request: Any) -> str:
    """What the request tells of its session; empty where that is unknown."""
    told = request.get(STATUS, [0])
    return STATUSES.get(told[0], "")


def record_of(request: Any, *, peer: str, at: Instant) -> dict[str, Any]:
    """The record of a Stop that came from `peer` at `at`. Raises Refused where its name lacks."""
    try:
        told = {
            name: request[name][0] for name in (*_TEXT, *_NUMBERS, *_ADDRESSES) if request.get(name)
        }
    except Exception as error:  # as above: a value that its attribute cannot have
        raise Refused(f"an attribute cannot be read: {error}") from error
    if not told.get("Acct-Session-Id"):
        raise Refused("Acct-Session-Id is missing")
    ended_at = told.get("Event-Timestamp", at // SECOND - told.get("Acct-Delay-Time", 0)) * SECOND
    seconds = told.get("Acct-Session-Time", 0)
    received = _octets(told, "Acct-Input")
    sent = _octets(told, "Acct-Output")
    return {
        **{_field(name): _bounded(value) for name, value in told.items()},
        _field(STATUS): status_of(request),
        "nas": str(told.get("NAS-Identifier") or told.get("NAS-IP-Address") or peer)[:TEXT_MAX],
        "started_at": format_instant(ended_at - seconds * SECOND),
        "ended_at": format_instant(ended_at),
        "input_octets": received,
        "output_octets": sent,
        "total_octets": received + sent,
    }


def _field(name: str) -> str:
    """`Acct-Session-Id` → `acct_session_id`: a name that field paths can say."""
    return name.lower().replace("-", "_")


def _bounded(value: Any) -> Any:
    return value[:TEXT_MAX] if isinstance(value, str) else value


def _octets(told: dict[str, Any], name: str) -> int:
    count = told.get(f"{name}-Gigawords", 0) * _GIGAWORD + told.get(f"{name}-Octets", 0)
    return int(count)
