"""How a client asks, and what its sessions share by that."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from connectors.client.addresses import Addresses
from connectors.client.calls import Caller, Patience
from connectors.client.dialogue import Desk
from connectors.client.journal import ENTRIES_MAX, Journal
from connectors.client.offline import OfflineRule


@dataclass(frozen=True, kw_only=True)
class ClientOptions:
    """How a client asks. `direct`: it goes to the door of the worker that a gateway names.

    `rules` say by usage type what to do without an answer; `journal` is the file of what is to be
    told later, None: it is kept in memory. `gateway` is the name by which it is told of what is
    commanded of its sessions. `connections` are kept at most.
    """

    patience: Patience = field(default_factory=Patience)
    direct: bool = False
    rules: Mapping[str, OfflineRule] = field(default_factory=dict)
    journal: Path | None = None
    journal_entries: int = ENTRIES_MAX
    gateway: str = ""
    connections: int = 128
    now: Callable[[], float] = time.monotonic
    dice: Random = field(default_factory=Random)


def desk_of(addresses: Sequence[str], tenant: str, key: str, options: ClientOptions) -> Desk:
    """What a client's sessions share."""
    caller = Caller(
        Addresses(addresses, direct=options.direct),
        key=key,
        patience=options.patience,
        now=options.now,
        dice=options.dice,
    )
    journal = Journal(options.journal, limit=options.journal_entries)
    return Desk(tenant, caller, journal, options.rules, options.now, options.gateway)
