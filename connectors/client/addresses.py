"""Where a request goes: the door of the worker that served the account last, else a gateway."""

from collections.abc import Sequence
from typing import Final

_KEPT: Final = 65_536


class Addresses:
    """The addresses of one client. With `direct` it learns workers' doors from what gateways say.

    Safe to be used by several threads: what it forgets or learns twice costs a way, no more.
    """

    def __init__(self, addresses: Sequence[str], *, direct: bool) -> None:
        self._given = [address.rstrip("/") for address in addresses]
        if not self._given:
            raise ValueError("expected one address at least")
        self._direct = direct
        self._turn = 0
        self._doors: dict[str, str] = {}

    def find(self, service_id: str) -> str:
        """Where to ask next."""
        return self._doors.get(service_id) or self._given[self._turn % len(self._given)]

    def learn(self, service_id: str, door: str) -> None:
        """A gateway said which worker has answered."""
        if not self._direct or not door:
            return
        if len(self._doors) >= _KEPT:
            self._doors.clear()
        self._doors[service_id] = door.rstrip("/")

    def failed(self, service_id: str, address: str) -> bool:
        """It does not answer, or not for this service: True where another may be asked at once."""
        if self._doors.pop(service_id, None) == address:
            return True
        self._turn += 1
        return self._turn % len(self._given) != 0
