"""The proxy as a process: it starts, it ends in order, and one that was killed is no gift."""

import os
import socket
import subprocess
import sys
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

import httpx

from tests.connectors.client.shop import Shop
from tests.connectors.proxy.conftest import KEY, SLICE
from tests.connectors.proxy.provider import Provider, served
from tests.infra.waiting import until

SITE = """
[charging]
addresses = ["{charging}"]
tenant = "shop"
key_from = "CHARGING_KEY"
slice = {slice}

[[upstream]]
provider = "openai"
url = "{provider}"

[[caller]]
service_id = "key-ada"
key_sha256 = "{digest}"
"""
BODY = {
    "model": "m",
    "messages": [{"role": "user", "content": "1000000"}],
    "stream": True,
}


class Process:
    """`vivace run proxy` on a port of its own."""

    def __init__(self, folder: Path, shop: Shop) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}/v1/chat/completions"
        environment = os.environ | {
            "VIVACE_DATA": str(folder),
            "VIVACE_PROXY": str(folder / "proxy.toml"),
            "VIVACE_PROXY_PORT": str(port),
            "CHARGING_KEY": shop.key,
        }
        command = [sys.executable, "-m", "infra.cli", "run", "proxy"]
        self.process = subprocess.Popen(command, env=environment)
        until(lambda: self.ask("sk-nobody") == 401)

    def ask(self, key: str) -> int:
        try:
            headers = {"authorization": f"Bearer {key}"}
            return httpx.post(self.address, json=BODY, headers=headers).status_code
        except httpx.TransportError:
            return 0


def test_what_a_killed_proxy_had_passed_on_is_charged_by_its_next_start(
    shop: Shop, tmp_path: Path
) -> None:
    shop.account("ada", Decimal(100))
    provider = Provider(pause_s=0.002)
    with served(provider.application()) as upstream:
        digest = sha256(KEY.encode()).hexdigest()
        (tmp_path / "proxy.toml").write_text(
            SITE.format(charging=shop.address, provider=upstream, slice=SLICE, digest=digest)
        )
        proxy = Process(tmp_path, shop)
        came = 0
        headers = {"authorization": f"Bearer {KEY}"}
        with httpx.stream("POST", proxy.address, json=BODY, headers=headers) as answer:
            for line in answer.iter_lines():
                came += '"content": "w' in line
                if came == 180:
                    break
            proxy.process.kill()
        proxy.process.wait(10)
        assert shop.used("output_tokens") == 0
        again = Process(tmp_path, shop)
        until(lambda: shop.used("output_tokens") > 0, within_s=20)
        assert shop.used("output_tokens") > came - SLICE
        assert shop.used("output_tokens") <= provider.requests[0].written
        assert shop.held("ada") == 0
        again.process.terminate()
        assert again.process.wait(20) == 0
