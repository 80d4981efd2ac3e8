"""How large a message may be before it is refused unread."""

from typing import Final

MESSAGE_BYTES_MAX: Final = 1024 * 1024
"""The largest source message; broker and client defaults are the same."""
RECORDS_MAX: Final = 10_000
"""The most records in one message."""
