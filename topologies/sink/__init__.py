"""The sink: ledger, raw messages, refused records and commands → ClickHouse, each row once.

`ledger.py` follows the ledger, `intake.py` the other topics, each in a thread of its own with its
own connection. Both do the same: take a batch, insert its rows until the database has them, then
store how far they have come. Whatever dies in between, the batch is read again and its rows take
the places of the first.
"""

from topologies.sink.process import run

__all__ = ["run"]
