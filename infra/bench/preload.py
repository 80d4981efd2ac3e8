"""Everything in its place before a measurement: topics, tables, catalogs, accounts, usage."""

from contextlib import closing

from confluent_kafka import TopicPartition
from confluent_kafka.admin import NewTopic

from connectors.clickhouse.client import Database
from connectors.clickhouse.migrate import migrate
from connectors.kafka.catalog_topic import activate, publish
from connectors.kafka.client import bounds, new_admin, new_consumer, take
from connectors.kafka.topics import TOPICS, Topic
from connectors.settings import KafkaSettings
from infra.bench.site import Site
from infra.bench.world import example_catalogs
from infra.kafka.topics import ensure_topics, name_of
from infra.load.plan import LoadPlan
from infra.load.population import TENANTS, population
from infra.load.sending import Sending, send_customers
from streams.model.instant import Instant

_KNOWN_WITHIN_S = 300.0
_MORE_FOR_EACH_S = 0.002
"""And so much longer for each account: a million of them take minutes."""
_MADE_WITHIN_S = 30.0
WORKER = "worker"
WORKER_PROGRAM = ("infra.bench.worker",)


FLOOR_TOPIC = "floor"
"""Where the floor writes to; only measurements have it."""


def make_place(site: Site, *, flush: bool = False) -> None:
    """Make the site's topics and tables, and the floor's topic.

    `flush`: each record of money, and of the floor, is on disk before it is acknowledged.
    """
    ensure_topics(site.kafka, flush=flush or None)
    migrate(site.clickhouse)
    floor = NewTopic(
        f"{site.kafka.prefix}{FLOOR_TOPIC}",
        num_partitions=site.kafka.partitions,
        config={"flush.messages": "1"} if flush else {},
    )
    admin = new_admin(site.kafka)  # must outlive its answers
    for made in admin.create_topics([floor]).values():
        made.result(_MADE_WITHIN_S)


def load_reference(site: Site, *, accounts: int, at: Instant) -> None:
    """Activate the example catalogs and put the accounts in; worker and keeper must run.

    Returns when the ledger has them and topic `accounts` tells of every service.
    """
    for catalog in example_catalogs():
        activate(site.kafka, tenant=catalog.tenant, version=publish(site.kafka, catalog))
    send_customers(site.kafka, population(accounts), at=at)
    patience = _KNOWN_WITHIN_S + accounts * _MORE_FOR_EACH_S
    site.wait(site.charged, "accounts charged", within_s=patience)
    # Of each tenant: an account and a service for each customer, and the mark of its catalog.
    facts = TENANTS * (2 * accounts + 1)
    site.wait(lambda: known_facts(site.kafka) >= facts, "accounts told", within_s=patience)


def prepare(site: Site, *, accounts: int, at: Instant, flush: bool = False) -> None:
    """Topics, tables, catalogs and accounts; nothing runs any more when this returns."""
    make_place(site, flush=flush)
    site.start(WORKER, program=WORKER_PROGRAM)
    site.start("keeper")
    load_reference(site, accounts=accounts, at=at)
    site.close()


def preload(kafka: KafkaSettings, plan: LoadPlan) -> None:
    """Put the plan's messages into topic `usage`."""
    sending = Sending(kafka)
    sending.send_plan(plan)
    sending.finish()


def known_facts(kafka: KafkaSettings) -> int:
    """How many different keys topic `accounts` holds."""
    topic = name_of(Topic.ACCOUNTS, kafka)
    keys: set[bytes] = set()
    with closing(new_consumer(kafka, {"isolation.level": "read_committed"})) as consumer:
        reached, end = bounds(consumer, topic, 0)
        consumer.assign([TopicPartition(topic, 0, reached)])
        while reached < end:
            keys.update(m.key() for m in take(consumer, 1000, 0.5) if m.error() is None)
            (place,) = consumer.position(consumer.assignment())
            reached = max(reached, place.offset)
    return len(keys)


def remove_place(site: Site) -> None:
    """Delete the site's topics and its database."""
    names = [name_of(topic, site.kafka) for topic in TOPICS]
    admin = new_admin(site.kafka)
    for gone in admin.delete_topics([*names, f"{site.kafka.prefix}{FLOOR_TOPIC}"]).values():
        gone.result(_MADE_WITHIN_S)
    with Database(site.clickhouse, database="default") as database:
        database.command(f"DROP DATABASE IF EXISTS {site.clickhouse.database}")
