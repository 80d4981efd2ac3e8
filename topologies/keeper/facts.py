"""Facts: what the ledger says of accounts, services and catalogs, for topic `accounts`."""

from collections.abc import Iterator

import msgspec

from connectors.kafka.codec import TABLE_DECODERS
from connectors.kafka.ledger import ValidRecord
from streams.model.account import Service, ServiceAssignment
from streams.model.fact import CatalogVersions, Subject, fact_key
from streams.partition import partition_of
from streams.state import Table

CATALOG_PARTITION = 0
"""All partitions take a catalog's marker; the one of this partition is told to the world."""

_encode = msgspec.msgpack.Encoder().encode
_decode_service = msgspec.msgpack.Decoder(Service).decode


def _newest(told: tuple[ServiceAssignment, ...]) -> Iterator[ServiceAssignment]:
    """Without what homes say of an assignment that went on with its account."""
    moves: dict[tuple[str, int], int] = {}
    for at in told:
        place = at.account, at.start
        moves[place] = max(moves.get(place, 0), len(at.homes))
    return (at for at in told if len(at.homes) == moves[at.account, at.start])


def catalog_marks(valid: ValidRecord) -> Iterator[CatalogVersions]:
    """The catalog versions that a ledger record set in its partition."""
    for key, value in valid.record.delta:
        if key[0] == Table.CATALOGS and value is not None:
            marks = TABLE_DECODERS[Table.CATALOGS](value).marks
            yield CatalogVersions(key[1:].decode(), tuple(marks))


class ServiceHomes:
    """Puts together what several partitions say of one service id.

    A service that moved between roots has assignments at each of its homes. Every home tells its
    own; an assignment's root says whose it is, so a home's news replaces its own and no others.
    Where its account moved, the home that it came to last says what an assignment is, whichever
    home is heard first.
    """

    def __init__(self, partitions: int) -> None:
        self._partitions = partitions
        self._known: dict[str, bytes] = {}

    def __len__(self) -> int:
        return len(self._known)

    def note(self, service: Service) -> None:
        """What topic `accounts` says of it."""
        self._known[fact_key(service)] = _encode(service)

    def merged(self, news: Service, *, home: int) -> Service:
        """The service as all its homes together see it; noted."""
        packed = self._known.get(fact_key(news))
        if packed is not None:
            known = _decode_service(packed)
            elsewhere = [at for at in known.assignments if self._home(known, at) != home]
            if elsewhere:
                told = _newest((*elsewhere, *news.assignments))
                assignments = sorted(told, key=lambda at: at.start)
                version = max(news.version, known.version + 1)
                news = Service(news.tenant, news.service_id, tuple(assignments), version)
        self.note(news)
        return news

    def _home(self, service: Service, assignment: ServiceAssignment) -> int:
        return partition_of(service.tenant, assignment.root, self._partitions)

    def subjects(self, valid: ValidRecord) -> Iterator[Subject]:
        """The facts of one ledger record, for topic `accounts`."""
        for fact in valid.record.facts:
            yield self.merged(fact, home=valid.partition) if isinstance(fact, Service) else fact
        if valid.partition == CATALOG_PARTITION:
            yield from catalog_marks(valid)
