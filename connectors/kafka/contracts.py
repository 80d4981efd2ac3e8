"""The Avro schemas of `avro/`: one folder a topic, one file a version, one number each for ever."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import fastavro

CONTRACTS = Path(__file__).resolve().parents[2] / "avro"
"""The folder of the schemas; `ids.json` in it numbers them and is only ever added to."""


@dataclass(frozen=True, kw_only=True)
class Contract:
    """One version of one topic's schema. `text` is what a registry serves."""

    topic: str
    version: int
    schema_id: int
    text: str = field(repr=False)
    parsed: Any = field(repr=False)

    @property
    def subject(self) -> str:
        """Its name in a registry (Confluent's TopicNameStrategy)."""
        return f"{self.topic}-value"


@cache
def contracts() -> Mapping[str, tuple[Contract, ...]]:
    """All schemas by topic, versions rising. `KeyError` where a file has no number yet."""
    numbers: dict[str, int] = json.loads((CONTRACTS / "ids.json").read_text())
    found: dict[str, list[Contract]] = {}
    for path in sorted(CONTRACTS.glob("*/v*.avsc")):
        topic, version = path.parent.name, int(path.stem[1:])
        schema = json.loads(path.read_text())
        contract = Contract(
            topic=topic,
            version=version,
            schema_id=numbers[f"{topic}/{path.stem}"],
            text=json.dumps(schema, separators=(",", ":")),
            parsed=fastavro.parse_schema(schema),
        )
        found.setdefault(topic, []).append(contract)
    return {
        topic: tuple(sorted(versions, key=lambda contract: contract.version))
        for topic, versions in found.items()
    }


def examples(contract: Contract) -> list[Path]:
    """The example values that stand beside a schema, as Avro JSON."""
    return sorted((CONTRACTS / contract.topic / "examples" / f"v{contract.version}").glob("*.json"))
