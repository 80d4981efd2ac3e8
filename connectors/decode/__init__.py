"""Bytes → plain values, one file a format; what cannot be read is a `Reject`, no exception."""

from connectors.decode.message import Lines, Several, decode_message

__all__ = ["Lines", "Several", "decode_message"]
