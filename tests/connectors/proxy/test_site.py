"""The proxy's file: what it says, and what is wrong with it."""

import re
from hashlib import sha256
from pathlib import Path

import pytest

from connectors.errors import Refused
from connectors.proxy.server import build
from connectors.proxy.site import read_site, secret_at

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "proxy.md"


def example() -> str:
    (found,) = re.findall(r"```toml\n(.*?)```", PAGE.read_text(), re.S)
    return found


def test_the_example_of_the_page_is_a_site(tmp_path: Path) -> None:
    path = tmp_path / "proxy.toml"
    digest = sha256(b"sk-one").hexdigest()
    path.write_text(re.sub("[0-9a-f]{64}", digest, example()))
    site = read_site(path)
    assert [each.provider for each in site.upstream] == ["openai", "anthropic"]
    assert (site.service_of("sk-one"), site.service_of("sk-two")) == ("key-1", "")
    assert site.service_of("") == ""
    with pytest.raises(Refused, match="VIVACE_KEY_OF_NOBODY"):
        secret_at("VIVACE_KEY_OF_NOBODY")
    secret = tmp_path / "key"
    secret.write_text("one\n")
    assert (secret_at(f"file:{secret}"), secret_at("X", {"X": "two"}), secret_at("")) == (
        "one",
        "two",
        "",
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[charging]", "[charging"),
        ("tenant", "tennant"),
        ("slice = 256", "slice = 0"),
        ('addresses = ["http://localhost:8080"]', "addresses = []"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, old: str, new: str) -> None:
    path = tmp_path / "proxy.toml"
    path.write_text(example().replace(old, new))
    with pytest.raises(Refused, match=str(path)):
        read_site(path)
    with pytest.raises(Refused):
        read_site(tmp_path / "nothing.toml")


def test_a_provider_that_is_not_named_has_no_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("VIVACE_KEY", "OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.setenv(name, "x")
    path = tmp_path / "proxy.toml"
    path.write_text(example().replace('provider = "anthropic"', 'provider = "other"'))
    paths = [getattr(route, "path", "") for route in build(read_site(path), journal=None).routes]
    assert paths == ["/v1/chat/completions", "/v1/responses"]
