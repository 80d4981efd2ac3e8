"""Which charging partition an account root lives on: one function, used by everybody.

murmur2 as Kafka's default partitioner computes it (seed 0x9747b28c, org.apache.kafka.common.utils
.Utils.murmur2), over `tenant NUL root`, modulo the number of partitions fixed at creation.
"""

from functools import lru_cache
from typing import Final

_MASK = 0xFFFFFFFF
_M = 0x5BD1E995

ROOTS_KEPT: Final = 262_144
"""The most roots of a tenant whose partition is remembered."""


def murmur2(key: bytes) -> int:
    """The 32-bit unsigned murmur2 hash of Kafka's Java client."""
    length = len(key)
    h = (0x9747B28C ^ length) & _MASK
    whole = length & ~3
    for i in range(0, whole, 4):
        k = int.from_bytes(key[i : i + 4], "little")
        k = (k * _M) & _MASK
        k ^= k >> 24
        k = (k * _M) & _MASK
        h = ((h * _M) & _MASK) ^ k
    rest = length & 3
    if rest >= 3:
        h ^= key[whole + 2] << 16
    if rest >= 2:
        h ^= key[whole + 1] << 8
    if rest >= 1:
        h = ((h ^ key[whole]) * _M) & _MASK
    h ^= h >> 13
    h = (h * _M) & _MASK
    return h ^ (h >> 15)


@lru_cache(maxsize=262_144)
def partition_of(tenant: str, root: str, partitions: int) -> int:
    """The partition of `charging` and `ledger` that owns this account root."""
    return (murmur2(f"{tenant}\0{root}".encode()) & 0x7FFFFFFF) % partitions


class RootPartitions(dict[str, int]):
    """By root of one tenant: its partition, computed when it is first asked for.

    A plain dictionary, because `lru_cache` touches memory all over the place for each hit.
    """

    def __init__(self, tenant: str, partitions: int) -> None:
        super().__init__()
        self._tenant = tenant
        self._partitions = partitions

    def __missing__(self, root: str) -> int:
        if len(self) >= ROOTS_KEPT:
            self.clear()
        found = self[root] = partition_of(self._tenant, root, self._partitions)
        return found
