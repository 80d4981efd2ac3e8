"""A running HTTP door, and clients of it with keys."""

import socket
import threading
from dataclasses import dataclass
from pathlib import Path

import httpx
import uvicorn

from connectors.api.keys import KeyStore, Scope
from connectors.api.server import build
from connectors.settings import ClickHouseSettings, KafkaSettings
from tests.infra.waiting import until


@dataclass
class DoorSettings:
    """What the door asks of the settings."""

    kafka: KafkaSettings
    clickhouse: ClickHouseSettings
    data: Path
    api_host: str = "127.0.0.1"
    api_port: int = 0
    registry_open: bool = True


class Door:
    """A running door and clients with keys of several scopes."""

    def __init__(self, settings: DoorSettings) -> None:
        self.settings = settings
        self.keys = KeyStore(settings.data)
        self._clients: list[httpx.Client] = []
        listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        self._server = uvicorn.Server(uvicorn.Config(build(settings), log_level="error"))
        self._thread = threading.Thread(target=self._server.run, args=([listening],))
        self._thread.start()
        until(lambda: self._server.started, within_s=10)

    def client(self, scope: Scope | None = None, tenant: str = "") -> httpx.Client:
        headers = {}
        if scope is not None:
            _, text = self.keys.create(name="test", scope=scope, tenant=tenant, at=1)
            headers = {"Authorization": f"Bearer {text}"}
        client = httpx.Client(base_url=self.address, headers=headers, timeout=20)
        self._clients.append(client)
        return client

    def close(self) -> None:
        for client in self._clients:
            client.close()
        self._server.should_exit = True
        self._thread.join()


def is_problem(response: httpx.Response, status: int) -> bool:
    document = response.json()
    return (
        response.status_code == status
        and response.headers["content-type"] == "application/problem+json"
        and document["status"] == status
        and bool(document["title"])
        and bool(document["detail"])
    )
