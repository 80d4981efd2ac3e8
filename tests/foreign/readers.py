"""Two ways out: an Avro consumer that knows broker and registry, and curl against every level."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from connectors.settings import ClickHouseSettings

HERE = Path(__file__).parent
WITHIN_S = 120


def avro_consumer_reads(
    bootstrap: str, registry: str, topic: str, *, within_s: float = WITHIN_S
) -> list[dict[str, Any]]:
    """All records of a topic, as confluent-kafka's own deserializer reads them."""
    done = subprocess.run(
        [sys.executable, HERE / "avro_reader.py", bootstrap, registry, topic],
        capture_output=True,
        text=True,
        timeout=within_s,
        check=False,
        # Nothing of this repository is on its path.
        cwd=HERE,
        env={"PATH": os.environ["PATH"]},
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def curl_reads(clickhouse: ClickHouseSettings, query: str) -> str:
    """The answer of ClickHouse's HTTP door to curl; without curl, to any HTTP client."""
    url = f"http://{clickhouse.host}:{clickhouse.port}/?database={clickhouse.database}"
    credentials = {
        "X-ClickHouse-User": clickhouse.user,
        "X-ClickHouse-Key": clickhouse.password,
    }
    curl = shutil.which("curl")
    if curl is None:
        answer = httpx.post(url, content=query, headers=credentials, timeout=WITHIN_S)
        assert answer.status_code == 200, answer.text
        return answer.text.strip()
    headers = [part for pair in credentials.items() for part in ("-H", f"{pair[0]}: {pair[1]}")]
    done = subprocess.run(
        [curl, "-sS", "--fail-with-body", *headers, "--data-binary", query, url],
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()
