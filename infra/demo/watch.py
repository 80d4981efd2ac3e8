"""How far a running engine is, in counts that a progress bar can show."""

from dataclasses import dataclass

from connectors.clickhouse.client import Database
from connectors.kafka.topics import Topic
from infra.bench.lag import lag
from topologies.settings import Settings

_STORED = """
SELECT
    (SELECT count() FROM rated) AS charged,
    (SELECT count() FROM verdicts) AS judged,
    (SELECT count() FROM raw) AS raw,
    (SELECT uniqExact(record_id) FROM suspense FINAL WHERE state = 'suspended') AS suspended
"""


@dataclass(frozen=True)
class Stored:
    """Rows in the database: charges, other verdicts of charging, raw messages, open suspense."""

    charged: int
    judged: int
    raw: int
    suspended: int


class Watch:
    """Looks at one engine."""

    def __init__(self, settings: Settings) -> None:
        self._kafka = settings.kafka
        self._database = Database(settings.clickhouse)

    def unmediated(self) -> int:
        """Messages of `usage` that mediation has not acknowledged."""
        return lag(self._kafka, "mediation", (Topic.USAGE, Topic.RELEASE))

    def uncharged(self) -> int:
        """Messages of `charging` that no owner has acknowledged."""
        return lag(self._kafka, "charging", (Topic.CHARGING,))

    def stored(self) -> Stored:
        """What the database has by now."""
        ((charged, judged, raw, suspended),) = self._database.query(_STORED)
        return Stored(charged, judged, raw, suspended)

    def suspended_for(self, code: str) -> int:
        """Records that wait for what `code` says."""
        ((count,),) = self._database.query(
            "SELECT count() FROM suspense FINAL WHERE state = 'suspended' AND code = {code:String}",
            {"code": code},
        )
        return int(count)

    def close(self) -> None:
        """Let the connection go."""
        self._database.close()
