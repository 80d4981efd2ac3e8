"""What a check found: nothing, or how many differences, worth how much, and the first of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from connectors.clickhouse.audit.cut import Cut
from connectors.clickhouse.client import Database
from streams.model.money import ZERO


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one check.

    `records` counts records lost or doubled, `rows` other rows that are wrong; `value` is the sum
    of the differences in amount or quantity, whatever their resource, taken as positive.
    """

    name: str
    meaning: str
    records: int = 0
    rows: int = 0
    value: Decimal = ZERO
    examples: tuple[str, ...] = ()

    @property
    def is_clean(self) -> bool:
        """True where nothing differs."""
        return not self.records and not self.rows and not self.value


Check: TypeAlias = Callable[[Database, Cut], Finding]

EXAMPLES_MAX = 5


def shown(rows: Sequence[Sequence[Any]]) -> tuple[str, ...]:
    """The first rows of an answer, for people."""
    return tuple(" ".join(_text(value) for value in row) for row in rows[:EXAMPLES_MAX])


def _text(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
