"""A broker and a database that a test may kill and start again where they were."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.bench.site import Site
from infra.child import Child
from infra.engines import Starter, choose_ports, jar_cache, publish, start_all, starters
from infra.kafka.jars import ensure_jars
from topologies.settings import Settings


@dataclass
class Engines:
    """The engines by name, and how to start each again."""

    starters: dict[str, Starter]
    children: dict[str, Child]

    def kill(self, name: str) -> None:
        """Kill an engine at once and start it again."""
        self.children[name].kill()
        self.children[name] = self.starters[name]()


@contextmanager
def own_engines(folder: Path) -> Iterator[tuple[Engines, Site]]:
    """Engines of this test's own, and a site on them."""
    fresh = Settings(
        data=folder, kafka_port=0, clickhouse_port=0, kafka_bootstrap="", clickhouse_host=""
    )
    ports = choose_ports(fresh)
    jars = ensure_jars(jar_cache(fresh), repository=fresh.maven_repository)
    found = starters(fresh, ports, jars)
    engines = Engines(found, start_all(found))
    try:
        running = publish(fresh, ports)
        with Site(running.kafka, running.clickhouse, folder / "site") as site:
            yield engines, site
    finally:
        for child in engines.children.values():
            child.kill()
