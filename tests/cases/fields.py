"""Fields of a case, taken one by one: one that nobody takes fails the case and is named."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any


class UnknownField(Exception):
    """The case has a field, or a field a value, that no translator knows."""


class NotYet(Exception):
    """The case asks for something that scenarios and catalogs have no word for. Its text: what."""


class Fields:
    """A mapping of a case; `done` refuses what has not been taken."""

    def __init__(self, values: Any, path: str) -> None:
        if not isinstance(values, dict):
            raise UnknownField(f"{path}: expected fields, found {values!r}")
        self._values: dict[str, Any] = dict(values)
        self.path = path

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def names(self) -> list[str]:
        """The fields that nobody has taken yet."""
        return list(self._values)

    def take(self, name: str, default: Any = None) -> Any:
        """The value of a field, which is known from now on."""
        return self._values.pop(name, default)

    def peek(self, name: str) -> Any:
        """The value of a field that somebody else takes."""
        return self._values.get(name)

    def number(self, name: str, default: str = "0") -> Decimal:
        """The decimal number of a field."""
        return Decimal(self.take(name, default))

    def rest(self) -> Iterator[tuple[str, Any]]:
        """All fields left, taken."""
        left, self._values = self._values, {}
        yield from left.items()

    def done(self) -> None:
        """Refuse the fields that nobody has taken."""
        if self._values:
            raise UnknownField(", ".join(f"{self.path}.{name}" for name in self._values))


def each(values: Any, path: str) -> list[Fields]:
    """The items of a list, each as fields."""
    return [Fields(value, f"{path}[{number}]") for number, value in enumerate(values)]
