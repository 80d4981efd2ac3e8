"""Messages between partitions that nobody has acknowledged yet, the oldest first."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from connectors.clickhouse.client import Database

_OPEN: Final = """
SELECT ledger_partition, message_id, to_partition, kind, happened_at
FROM transfers FINAL
WHERE event = 'sent' AND (ledger_partition, message_id) NOT IN
    (SELECT ledger_partition, message_id FROM transfers FINAL WHERE event = 'received')
ORDER BY happened_at, ledger_partition, message_id
LIMIT 100
"""


@dataclass(frozen=True, slots=True)
class Transit:
    """A message on its way from one partition to another, since `sent_at`."""

    sender: int
    message_id: int
    receiver: int
    kind: str
    sent_at: datetime

    def as_json(self) -> dict[str, Any]:
        """The message for machines."""
        return {
            "from": self.sender,
            "message_id": self.message_id,
            "to": self.receiver,
            "kind": self.kind,
            "sent_at": f"{self.sent_at:%Y-%m-%dT%H:%M:%S.%f}Z",
        }


def in_transit(database: Database) -> Iterator[Transit]:
    """What is on its way now; at most a hundred."""
    return (Transit(*row) for row in database.query(_OPEN))
