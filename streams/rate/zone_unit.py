"""Where: the zone of a value by the longest prefix that has a row; `*` is the row of all others."""

from streams.model.catalog import ZoneUnit


class ZoneTable:
    """A zone unit compiled to one dictionary; a look-up tries only lengths that some row has."""

    __slots__ = ("_by_prefix", "_default", "_lengths", "attribute", "id")

    def __init__(self, unit: ZoneUnit) -> None:
        self.id = unit.id
        self.attribute = unit.attribute
        self._by_prefix = {row.prefix: row.zone for row in unit.rows}
        self._lengths = sorted({len(row.prefix) for row in unit.rows}, reverse=True)
        self._default = unit.default

    def zone_of(self, value: str) -> str:
        """The zone, or the empty string where no row matches and there is no default."""
        by_prefix = self._by_prefix
        size = len(value)
        for length in self._lengths:
            if length <= size:
                zone = by_prefix.get(value[:length])
                if zone is not None:
                    return zone
        return self._default
