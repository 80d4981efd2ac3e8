"""Fetching pinned files."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.errors import CannotStart
from infra.fetch import PinnedFile, fetch, missing, read_manifest
from infra.kafka.jars import pinned_jars
from infra.ports import free_port
from tests.infra.repository import Repository, serving

CONTENT = bytes(range(256)) * 4000


@pytest.fixture
def repository() -> Iterator[Repository]:
    with serving() as found:
        yield found


def test_files_arrive_whole_and_are_not_fetched_again(
    repository: Repository, tmp_path: Path
) -> None:
    files = [repository.add(f"org/x/{n}.jar", CONTENT + bytes([n])) for n in range(8)]
    arrived: list[int] = []
    fetch(files, base=repository.address, directory=tmp_path, progress=arrived.append)
    assert (tmp_path / "3.jar").read_bytes() == CONTENT + b"\x03"
    assert sum(arrived) == sum(file.size for file in files)
    asked = len(repository.asked)
    fetch(files, base=repository.address + "/", directory=tmp_path)
    assert len(repository.asked) == asked
    assert not list(tmp_path.glob("*.part"))


def test_a_broken_line_is_taken_up_where_it_broke(repository: Repository, tmp_path: Path) -> None:
    file = repository.add("a.jar", CONTENT)
    repository.breaks_after = 300_000
    fetch([file], base=repository.address, directory=tmp_path)
    assert (tmp_path / "a.jar").read_bytes() == CONTENT
    assert repository.asked[0] == ("/a.jar", "")
    assert repository.asked[1][1].startswith("bytes=")


def test_an_ended_program_leaves_what_the_next_goes_on_with(
    repository: Repository, tmp_path: Path
) -> None:
    file = repository.add("a.jar", CONTENT)
    (tmp_path / "a.jar.part").write_bytes(CONTENT[:1000])
    assert missing([file], tmp_path) == [file]
    fetch([file], base=repository.address, directory=tmp_path)
    assert repository.asked == [("/a.jar", "bytes=1000-")]
    assert (tmp_path / "a.jar").read_bytes() == CONTENT


def test_spoilt_remains_of_an_earlier_fetch_are_thrown_away(
    repository: Repository, tmp_path: Path
) -> None:
    file = repository.add("a.jar", CONTENT)
    (tmp_path / "a.jar.part").write_bytes(b"nonsense")
    fetch([file], base=repository.address, directory=tmp_path)
    assert (tmp_path / "a.jar").read_bytes() == CONTENT


def test_other_bytes_than_pinned_are_refused(repository: Repository, tmp_path: Path) -> None:
    file = repository.add("a.jar", CONTENT)
    repository.files["/a.jar"] = CONTENT[::-1]
    with pytest.raises(CannotStart, match="not the pinned file"):
        fetch([file], base=repository.address, directory=tmp_path)
    assert not (tmp_path / "a.jar").exists()


def test_a_wrong_base_address_says_which_setting(repository: Repository, tmp_path: Path) -> None:
    file = repository.add("a.jar", CONTENT)
    with pytest.raises(CannotStart, match=r"answers 404.*VIVACE_MAVEN_REPOSITORY"):
        fetch([file], base=repository.address + "/maven", directory=tmp_path)


def test_an_absent_repository_says_which_setting(tmp_path: Path) -> None:
    file = PinnedFile(path="a.jar", sha256="0" * 64, size=1)
    with pytest.raises(CannotStart, match=r"ConnectError.*VIVACE_MAVEN_REPOSITORY"):
        fetch([file], base=f"http://127.0.0.1:{free_port()}", directory=tmp_path)


def test_the_manifest_pins_the_broker_its_tools_and_codecs() -> None:
    names = {jar.name.rsplit("-", 1)[0] for jar in pinned_jars()}
    assert {"kafka_2.13", "kafka-tools", "kafka-clients", "lz4-java", "snappy-java"} <= names
    assert all(len(jar.sha256) == 64 and jar.size > 0 for jar in pinned_jars())


def test_a_manifest_has_remarks() -> None:
    (file,) = read_manifest(f"# remark\n{'a' * 64} 12 org/x.jar\n")
    assert file == PinnedFile(path="org/x.jar", sha256="a" * 64, size=12)
