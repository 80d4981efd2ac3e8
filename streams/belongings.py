"""What moves with an account and stands in tables that are not by account: found by it."""

from typing import Final

from streams.state import State, Table

SERVICE: Final = b"s"
"""A service id that is or was the account's."""
COMMAND_ID: Final = b"c"
"""The digest of a command that counts for good."""


def belonging(key: bytes, kind: bytes, name: bytes) -> bytes:
    """The key of BELONGINGS for something of the account that stands at `key`."""
    return key + b"\0" + kind + name


def names_of(key: bytes, kind: bytes, limit: int, state: State) -> list[bytes]:
    """The first names of a kind, in their order."""
    start = belonging(key, kind, b"")
    found = state.scan(Table.BELONGINGS, start, after(start), limit)
    return [each.removeprefix(start) for each, _ in found]


def after(prefix: bytes) -> bytes:
    """The first key behind all that begin with this; its last byte is never the highest."""
    return prefix[:-1] + bytes((prefix[-1] + 1,))
