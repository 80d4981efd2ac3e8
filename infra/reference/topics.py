"""docs/reference/topics.md"""

from connectors.kafka.contracts import contracts
from connectors.kafka.topics import TOPICS, Topic
from infra.reference.table import table

_INTRODUCTION = """# Topics

`vivace up` makes them. A prefix may stand before each name (setting `kafka_prefix`); "as charging"
is the number of the setting `partitions`, which never changes once the topics are made.

Avro messages carry the registry framing (a zero byte, the schema's number in four bytes); the
gateway serves the schemas in the Confluent Schema Registry's shape, so that any Avro consumer reads
them knowing the broker's and the gateway's address alone. Readers of `alerts`, `rated`, `errors`
and `outcomes` should use `isolation.level=read_committed`: then they see each message once,
whatever was killed meanwhile. Header `ledger` of these messages is the place in the ledger that
they come from, `<partition>/<offset>`.

"""

_FORMATS = {
    Topic.USAGE: "the source platform's mapping says it",
    Topic.RELEASE: "internal",
    Topic.CHARGING: "internal, versioned",
    Topic.LEDGER: "internal, versioned",
    Topic.CATALOG: "internal, in chunks",
    Topic.OWNERS: "JSON",
    Topic.UNDELIVERED: "Avro, as on `alerts`",
}


def page() -> str:
    """Return one row for each topic."""
    rows = (
        (
            f"`{topic}`",
            spec.description,
            spec.key,
            str(spec.partitions or "as charging"),
            _format(topic),
            ", ".join(f"`{name}={value}`" for name, value in spec.config.items()),
        )
        for topic, spec in TOPICS.items()
    )
    return _INTRODUCTION + table(
        ("topic", "what is in it", "key", "partitions", "format", "settings"), rows
    )


def _format(topic: Topic) -> str:
    versions = contracts().get(topic)
    if versions is None:
        return _FORMATS[topic]
    newest = versions[-1]
    return f"Avro, `avro/{topic}/v{newest.version}.avsc`, schema {newest.schema_id}"
