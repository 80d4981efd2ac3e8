"""Charges what a file holds, and prints a digest of all that came of it: run by itself, by a test.

Another process has other hashes of texts, so that what hangs on the order of a set comes out.
"""

import pickle
import sys
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

from connectors.kafka.codec import encode_value
from streams.model.catalog import unpack_catalog
from streams.model.usage import UsageRecord
from streams.state import Table
from tests.properties.worlds import World

WALLET = Decimal(2000)

Case = tuple[bytes, list[UsageRecord]]
"""A packed catalog, and usage."""


def outcome_of(case: Case) -> bytes:
    """All effects and the whole state, to the last byte."""
    packed, usage = case
    world = World(unpack_catalog(packed), wallet=WALLET)
    world.charge(usage)
    effects = world.effects
    made = [encode_value(each) for each in (effects.rated, effects.verdicts, effects.alerts)]
    for table in Table:
        held = world.state.table(table)
        made.append(encode_value(sorted(held)))
        made.extend(encode_value(held[key]) for key in sorted(held))
    return b"".join(made)


def digest_of(cases: list[Case]) -> str:
    """One line that tells all that came of the cases."""
    return sha256(b"".join(map(outcome_of, cases))).hexdigest()


if __name__ == "__main__":
    sys.stdout.write(digest_of(pickle.loads(Path(sys.argv[1]).read_bytes())))
