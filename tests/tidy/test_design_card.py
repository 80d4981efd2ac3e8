"""The engine is made of what it says it is made of."""

import tomllib

import grimp
import pytest

from infra.processes import PROCESSES
from tests.tidy.source import PACKAGES, ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CARRIED_BY = {
    "faust-streaming": ("faust", "topologies.charging"),
    "confluent-kafka": ("confluent_kafka", "topologies.sink"),
    "rocksdict": ("rocksdict", "topologies.charging"),
    "fastavro": ("fastavro", "topologies.dispatcher"),
    "clickhouse-connect": ("clickhouse_connect", "topologies.sink"),
}


@pytest.fixture(scope="module")
def imports() -> grimp.ImportGraph:
    """Who imports whom, the packages of others included."""
    return grimp.build_graph(*PACKAGES, include_external_packages=True)


def _named() -> set[str]:
    everything = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]]
    return {line.split("==")[0].split(">")[0].split("[")[0] for line in everything}


def test_the_project_names_its_parts() -> None:
    assert {*CARRIED_BY, "pytest"} <= _named()


def test_every_dependency_is_locked_with_hashes() -> None:
    text = (ROOT / "requirements" / "dev.txt").read_text()
    locked = {line.split("==")[0] for line in text.splitlines() if "==" in line}
    assert {name.lower() for name in _named()} <= locked
    assert text.count("==") <= text.count("--hash=sha256:")
    assert "://" not in text


@pytest.mark.parametrize("package", CARRIED_BY)
def test_each_part_is_on_the_running_path(imports: grimp.ImportGraph, package: str) -> None:
    module, process = CARRIED_BY[package]
    assert process in {p.module for p in PROCESSES.values()}
    assert module in imports.find_upstream_modules(process)


def test_the_stages_stand_in_their_order() -> None:
    text = (ROOT / "streams" / "pipeline.py").read_text()
    _, _, stages = text.partition("STAGES")
    order = ["parse", "filter", "split", "enrich", "rate", "accumulate"]
    places = [stages.find(f'"{stage}"') for stage in order]
    assert min(places) >= 0
    assert places == sorted(places)
