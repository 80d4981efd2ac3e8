"""CloudEvents over Kafka (protocol binding 1.0): which content mode, and binary mode's attributes.

Structured mode is one JSON object, batch mode an array of them; both need nothing but JSON. In
binary mode the attributes are headers named `ce_…`, and the value is the event's data.
"""

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from connectors.decode.json import decode_json
from streams.model.event import PlainRecord
from streams.outcome import Reject, RejectReason

Headers = Sequence[tuple[str, bytes]]

_PREFIX = "ce_"
_CLOUDEVENTS = b"application/cloudevents"
_JSON = ("", "application/json", "text/json")


def is_binary_mode(headers: Headers) -> bool:
    """True where the headers hold an event's attributes; a cloudevents content type overrules."""
    binary = False
    for name, value in headers:
        if name == "ce_specversion":
            binary = True
        elif name.lower() == "content-type" and (value or b"").startswith(_CLOUDEVENTS):
            return False
    return binary


def decode_binary(headers: Headers, value: bytes) -> PlainRecord | Reject:
    """The event of a message in binary mode, as structured mode would show it."""
    plain: PlainRecord = {}
    content_type = "application/json"
    for name, header in headers:
        is_attribute = name.startswith(_PREFIX)
        if not is_attribute and name.lower() != "content-type":
            continue
        try:
            text = (header or b"").decode()
        except UnicodeDecodeError:
            return Reject(RejectReason.NOT_PARSABLE, f"header {name} is not UTF-8 text", name)
        if is_attribute:
            plain[name[len(_PREFIX) :]] = text
        else:
            plain["datacontenttype"] = content_type = text
    data = _decode_data(content_type, value)
    if isinstance(data, Reject):
        return data
    plain["data"] = data
    return plain


def open_base64(plain: PlainRecord) -> PlainRecord | Reject:
    """The same event with its `data_base64` decoded to `data`."""
    encoded = plain["data_base64"]
    try:
        value = base64.b64decode(encoded, validate=True)
    except (binascii.Error, TypeError, ValueError):
        return Reject(RejectReason.NOT_PARSABLE, "data_base64 is not base64", "data_base64")
    content_type = plain.get("datacontenttype")
    data = _decode_data(content_type if isinstance(content_type, str) else "", value)
    return data if isinstance(data, Reject) else plain | {"data": data}


def _decode_data(content_type: str, value: bytes) -> Any:
    if not value:
        return None
    kind = content_type if content_type in _JSON else content_type.partition(";")[0].strip().lower()
    if kind in _JSON or kind.endswith("+json"):
        return decode_json(value)
    try:
        return value.decode()
    except UnicodeDecodeError:
        detail = f"data of content type {content_type[:80]} is not UTF-8 text"
        return Reject(RejectReason.NOT_PARSABLE, detail, "data")
