"""The doors of the charging workers, for commands of this machine that look at them."""

from http import HTTPStatus
from typing import Self

import httpx

from connectors.api.keys import KeyStore, Scope
from connectors.clock import now
from connectors.errors import Unavailable
from connectors.kafka.owners import live_workers
from topologies.settings import Settings

TIMEOUT_S = 5.0


class WorkerDoors:
    """Asks workers with a key that lasts as long as this. Raises Unavailable where none is there.

    The key is made in the installation's own folder, which whoever runs the command may write.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._keys = KeyStore(settings.data)
        key, text = self._keys.create(name="command", scope=Scope.READ, tenant="", at=now())
        self._key_id = key.key_id
        headers = {"Authorization": f"Bearer {text}"}
        self._client = httpx.Client(headers=headers, timeout=TIMEOUT_S)

    def addresses(self) -> dict[str, str]:
        """The doors there are, by worker."""
        found = live_workers(self._settings.kafka)
        return {worker: said.address for worker, said in sorted(found.items()) if said.address}

    def get(self, address: str, path: str, **query: str) -> bytes | None:
        """What one worker answers; None where it does not, or does not have it."""
        try:
            answer = self._client.get(f"{address}/v1/{path}", params=query)
        except httpx.TransportError:
            return None
        return answer.content if answer.status_code == HTTPStatus.OK else None

    def look(self, path: str, **query: str) -> bytes | None:
        """What the worker answers that has it; None where none has. Raises Unavailable."""
        addresses = self.addresses()
        if not addresses:
            raise Unavailable("no charging worker is there")
        given = {name: value for name, value in query.items() if value}
        for address in addresses.values():
            found = self.get(address, path, **given)
            if found is not None:
                return found
        return None

    def close(self) -> None:
        """Let the connections and the key go."""
        self._client.close()
        self._keys.revoke(self._key_id)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
