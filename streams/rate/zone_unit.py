"""Where: the zone of a value by the longest prefix that has a row; `*` is the row of all others."""

from streams.model.catalog import ZoneUnit

_KEPT = 65_536


class ZoneTable:
    """A zone unit compiled to one dictionary.

    Only as many characters as the longest prefix has can matter, so the answer for those is kept;
    a search tries only lengths that some row has.
    """

    __slots__ = ("_by_prefix", "_default", "_found", "_lengths", "_longest", "attribute", "id")

    def __init__(self, unit: ZoneUnit) -> None:
        self.id = unit.id
        self.attribute = unit.attribute
        self._by_prefix = {row.prefix: row.zone for row in unit.rows}
        self._lengths = sorted({len(row.prefix) for row in unit.rows}, reverse=True)
        self._longest = max(self._lengths, default=0)
        self._default = unit.default
        self._found: dict[str, str] = {}

    def zone_of(self, value: str) -> str:
        """The zone, or the empty string where no row matches and there is no default."""
        head = value[: self._longest]
        zone = self._found.get(head)
        if zone is None:
            if len(self._found) >= _KEPT:
                self._found.clear()
            zone = self._found[head] = self._search(head)
        return zone

    def _search(self, head: str) -> str:
        size = len(head)
        for length in self._lengths:
            if length <= size:
                zone = self._by_prefix.get(head[:length])
                if zone is not None:
                    return zone
        return self._default
