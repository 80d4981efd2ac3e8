"""Voice call records of a switch: plain JSON, or one CSV line."""

from random import Random

_JSON = (
    b'{"record_type":"voice","call_id":"%s","caller":"%s","called":"%s",'
    b'"started_at":"%s","duration_s":%d}'
)
_CSV = b"voice,%s,%s,%s,%s,%d"

CALLED_PREFIXES = (
    b"+4144",
    b"+4179",
    b"+4176",
    b"+4131",
    b"+4930",
    b"+49151",
    b"+331",
    b"+39333",
    b"+1212",
    b"+447700",
    b"+8190",
)
"""Called numbers: half of them national, some in zones of their own, some only in the default."""


def call_parts(rng: Random) -> tuple[bytes, int]:
    """A random called number and a duration in seconds."""
    draw = rng.random()
    prefix = CALLED_PREFIXES[int(draw * draw * len(CALLED_PREFIXES))]
    called = b"%s%07d" % (prefix, int(rng.random() * 10_000_000))
    short = rng.random()
    return called, 1 + int(short * short * 1800)


def call_json(rng: Random, call_id: bytes, caller: bytes, time: bytes) -> bytes:
    """One call as JSON."""
    called, seconds = call_parts(rng)
    return _JSON % (call_id, caller, called, time, seconds)


def call_csv(rng: Random, call_id: bytes, caller: bytes, time: bytes) -> bytes:
    """One call as a CSV line without line end."""
    called, seconds = call_parts(rng)
    return _CSV % (call_id, caller, called, time, seconds)
