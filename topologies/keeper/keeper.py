"""One turn of the keeper: ledger and suspense in, facts, suspense entries and releases out.

Everything a turn writes is one transaction with the ledger positions it took in, so that a keeper
that dies at any point goes on as if it had not: what it had in memory is read again from topics
`accounts` and `suspense`.
"""

import time
from typing import Any, Final, Self

import structlog

from connectors import clock
from connectors.kafka.avro import decode, encode
from connectors.kafka.ledger import LedgerFollower, ValidRecord
from connectors.kafka.topic_reader import TopicReader
from connectors.kafka.topics import Topic
from connectors.kafka.transactions import OutgoingMessage, PositionedWriter
from connectors.settings import KafkaSettings
from connectors.steps import Step
from streams.model.account import Account, Service
from streams.model.fact import CatalogVersions, Fact, Subject, fact_key
from streams.model.instant import Instant
from streams.route import lacks_service
from topologies.follower_metrics import SUSPENDED, observe_progress, observe_sent
from topologies.keeper.facts import ServiceHomes, catalog_marks
from topologies.keeper.index import RETRY_AFTER, FactPlace, SuspenseIndex
from topologies.keeper.suspense import release_message, suspense_changes

NAME: Final = "keeper"

LEDGER_RECORDS_MAX: Final = 200
"""Ledger records taken in at once."""

RELEASES_MAX: Final = 2_000
"""Records released in one transaction."""

_log: Any = structlog.get_logger()


class Keeper:
    """The leader's work. Raises ConnectorError; a new one then goes on."""

    def __init__(self, settings: KafkaSettings, *, retry_after: Instant = RETRY_AFTER) -> None:
        self.index = SuspenseIndex(retry_after)
        self._homes = ServiceHomes(settings.partitions)
        self._writer = PositionedWriter(settings, name=NAME, after_produce=Step.KEEPER_AFTER_SEND)
        taken = self._writer.take_over(())
        self._restore_facts(settings)
        self._suspense = TopicReader(settings, Topic.SUSPENSE)
        self._follow_suspense()
        self._ledger = LedgerFollower(settings, taken)
        _log.info("keeper ready", suspended=len(self.index), services=len(self._homes))

    def _restore_facts(self, settings: KafkaSettings) -> None:
        with TopicReader(settings, Topic.ACCOUNTS) as accounts:
            for message in accounts.to_end():
                if message.value() is None:
                    continue
                fact: Fact = decode(Topic.ACCOUNTS, message.value())
                if isinstance(fact.subject, Service):
                    self._homes.note(fact.subject)
                self._place(fact, message.offset())

    def _place(self, fact: Fact, accounts_offset: int) -> None:
        place = FactPlace(accounts_offset, fact.ledger_partition, fact.ledger_offset)
        for name in awaited_names(fact.subject):
            self.index.fact(name, place)

    def _follow_suspense(self) -> None:
        """Take in what mediation has suspended, and our own entries again after a start."""
        at = clock.now()
        for message in self._suspense.to_end():
            if message.value() is None:
                self.index.forget(message.key())
                continue
            refused = decode(Topic.SUSPENSE, message.value())
            if refused.state == "suspended":
                if not self._is_known(refused.record_id, message.value()):
                    self.index.open(refused, message.value(), at=at)
            else:
                self.index.close(refused.record_id, refused.position)

    def _is_known(self, record_id: bytes, packed: bytes) -> bool:
        return any(entry.packed == packed for entry in self.index.entries_of(record_id))

    def turn(self, *, timeout_s: float = 0.1) -> int:
        """Take in what is new and release what can be released; the number of messages written.

        Suspense is read to its end after the ledger: a record that mediation suspended and, after
        a redelivery, passed on is known to wait by the time its charge is seen.
        """
        records = self._ledger.poll(records_max=LEDGER_RECORDS_MAX, timeout_s=timeout_s)
        self._follow_suspense()
        at = clock.now()
        changes = [
            message for valid in records for message in suspense_changes(valid, self.index, at=at)
        ]
        facts = self._facts_of(records)
        if not records and not self.index.has_due(at) and not self._writer.needs_commit:
            observe_progress(NAME, self._ledger.progress())
            return 0
        written = self._commit(facts, changes)
        observe_progress(NAME, self._ledger.progress())
        SUSPENDED.set(len(self.index))
        return written

    def _facts_of(self, records: list[ValidRecord]) -> dict[str, Fact]:
        """The newest fact of each object; what a fact may help is due only once it is written."""
        facts: dict[str, Fact] = {}
        for valid in records:
            for marks in catalog_marks(valid):
                self.index.catalog_activated(marks.tenant, partition=valid.partition)
            for subject in self._homes.subjects(valid):
                facts[fact_key(subject)] = Fact(subject, valid.partition, valid.offset)
        return facts

    def _commit(self, facts: dict[str, Fact], changes: list[OutgoingMessage]) -> int:
        began = time.perf_counter()
        self._writer.begin()
        offsets = self._writer.produce(
            [
                OutgoingMessage(Topic.ACCOUNTS, key.encode(), encode(Topic.ACCOUNTS, fact))
                for key, fact in facts.items()
            ]
        )
        for fact, offset in zip(facts.values(), offsets, strict=True):
            self._place(fact, offset)
        releases = [
            release_message(entry, accounts_offset)
            for entry, accounts_offset in self.index.take_due(clock.now(), RELEASES_MAX)
        ]
        self._writer.produce(changes + releases)
        self._writer.end(self._ledger.positions())
        topics = [Topic.ACCOUNTS] * len(facts) + [sent.topic for sent in changes + releases]
        observe_sent(NAME, topics, time.perf_counter() - began)
        return len(facts) + len(changes) + len(releases)

    def close(self) -> None:
        """Let the connections go."""
        self._writer.close()
        self._suspense.close()
        self._ledger.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def awaited_names(subject: Subject) -> tuple[str, ...]:
    """The names by which suspended records wait for this object's facts."""
    match subject:
        case Account(tenant=tenant, account=account):
            return (f"account:{tenant}:{account}",)
        case Service(tenant=tenant, service_id=service_id):
            return (lacks_service(tenant, service_id),)
        case CatalogVersions(tenant=tenant):
            return (f"catalog:{tenant}", "catalog:")
