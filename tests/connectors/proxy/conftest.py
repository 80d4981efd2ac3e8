"""A shop, a provider, and the proxy between them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from connectors.proxy.server import build
from connectors.proxy.site import Caller, Charging, ProxySite, Upstream
from tests.connectors.client.conftest import shop
from tests.connectors.client.shop import Shop
from tests.connectors.proxy.provider import Provider, served

__all__ = ["shop"]

SLICE = 50
KEY = "sk-ada"


@dataclass
class Proxied:
    """The proxy's address, and what is on both sides of it."""

    address: str
    shop: Shop
    provider: Provider
    clients: list[Any] = field(default_factory=list)

    def close(self) -> None:
        for client in self.clients:
            client.close()


@pytest.fixture
def proxied(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxied]:
    monkeypatch.setenv("CHARGING_KEY", shop.key)
    monkeypatch.setenv("PROVIDER_KEY", "provider-key")
    provider = Provider()
    with served(provider.application()) as upstream:
        site = ProxySite(
            charging=Charging(
                addresses=(shop.address,),
                tenant=shop.tenant,
                key_from="CHARGING_KEY",
                slice=SLICE,
                deadline_s=5.0,
                offline_tokens=30,
                attributes={"depth": "x-depth"},
            ),
            upstream=tuple(
                Upstream(provider=name, url=upstream, key_from="PROVIDER_KEY")
                for name in ("openai", "anthropic")
            ),
            caller=(Caller(service_id="key-ada", key_sha256=sha256(KEY.encode()).hexdigest()),),
        )
        with served(build(site, journal=tmp_path / "journal")) as address:
            opened = Proxied(address, shop, provider)
            yield opened
            opened.close()
