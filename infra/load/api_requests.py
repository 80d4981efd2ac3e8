"""Flat API requests as CloudEvents, structured and binary."""

from random import Random

from infra.load.plan import Kind, Message

_STRUCTURED = (
    b'{"specversion":"1.0","id":"%s","source":"/api/%d","type":"api.request","subject":"%s",'
    b'"time":"%s","datacontenttype":"application/json","data":{"endpoint":"%s","units":1}}'
)
_BODY = b'{"endpoint":"%s","units":1}'
_ENDPOINTS = (b"/v1/search", b"/v1/rank", b"/v1/embed", b"/v1/files")
_SOURCES = tuple(b"/api/%d" % number for number in range(7))
_VERSION = ("ce_specversion", b"1.0")
_TYPE = ("ce_type", b"api.request")
_GOOD = (Kind.GOOD,)
_CONTENT = ("content-type", b"application/json")


def api_structured(rng: Random, event_id: bytes, subject: bytes, time: bytes) -> bytes:
    """One request in structured mode."""
    draw = int(rng.random() * 28)
    return _STRUCTURED % (event_id, draw % 7, subject, time, _ENDPOINTS[draw % 4])


def api_binary(rng: Random, event_id: bytes, subject: bytes, time: bytes) -> Message:
    """One request in binary mode: what names the event stands in the headers."""
    draw = int(rng.random() * 28)
    headers = (
        _VERSION,
        ("ce_id", event_id),
        ("ce_source", _SOURCES[draw % 7]),
        _TYPE,
        ("ce_subject", subject),
        ("ce_time", time),
        _CONTENT,
    )
    return Message(_BODY % _ENDPOINTS[draw % 4], subject, headers, _GOOD)
