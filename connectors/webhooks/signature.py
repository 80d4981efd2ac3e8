"""Signatures as the Standard Webhooks specification has them: HMAC-SHA256 of id, time and body."""

import base64
import binascii
import hashlib
import hmac
from typing import Final, NamedTuple

PREFIX: Final = "whsec_"
_LEAST, _MOST = 24, 64
"""Bytes of a secret."""


class Secret(NamedTuple):
    """What a webhook is signed with; never shown."""

    key: bytes

    @classmethod
    def read(cls, text: str) -> "Secret":
        """`whsec_` and base64. Raises ValueError where it is neither, or too short."""
        try:
            key = base64.b64decode(text.removeprefix(PREFIX), validate=True)
        except (binascii.Error, ValueError):
            raise ValueError(f"expected {PREFIX} and base64") from None
        if not _LEAST <= len(key) <= _MOST:
            raise ValueError(f"expected {_LEAST} to {_MOST} bytes, found {len(key)}")
        return cls(key)

    def __repr__(self) -> str:
        return "Secret(…)"


def headers_of(message_id: str, body: bytes, *, at_s: int, secret: Secret) -> dict[str, str]:
    """The headers of one attempt; `at_s` is its time in seconds since 1970."""
    signed = b".".join((message_id.encode(), str(at_s).encode(), body))
    signature = base64.b64encode(hmac.new(secret.key, signed, hashlib.sha256).digest())
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(at_s),
        "webhook-signature": f"v1,{signature.decode()}",
        "content-type": "application/json",
    }
