"""docs/reference/topics.md"""

from connectors.kafka.topics import TOPICS
from infra.reference.table import table

_INTRODUCTION = """# Topics

`vivace up` makes them. A prefix may stand before each name (setting `kafka_prefix`); "as charging"
is the number of the setting `partitions`, which never changes once the topics are made.

"""


def page() -> str:
    """Return one row for each topic."""
    rows = (
        (
            f"`{topic}`",
            spec.description,
            spec.key,
            str(spec.partitions or "as charging"),
            ", ".join(f"`{name}={value}`" for name, value in spec.config.items()),
        )
        for topic, spec in TOPICS.items()
    )
    return _INTRODUCTION + table(("topic", "what is in it", "key", "partitions", "settings"), rows)
