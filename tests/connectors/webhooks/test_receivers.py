"""The file of receivers: what it may say, and that secrets stay out of it."""

from pathlib import Path

import pytest

from connectors.errors import Refused
from connectors.webhooks.receivers import read_receivers

GOOD = """
[[receiver]]
id = "crm"
url = "https://crm.example/hooks"
secret_from = "CRM_SECRET"
tenants = ["acme"]

[[receiver]]
id = "local"
url = "http://127.0.0.1:8000/hooks"
secret_from = "file:%s"
"""
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def written(folder: Path, text: str) -> Path:
    path = folder / "webhooks.toml"
    path.write_text(text)
    return path


def test_receivers_are_read_with_their_secrets(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    crm, local = read_receivers(written(tmp_path, GOOD % (tmp_path / "secret")))
    assert (crm.id, crm.tenants, local.id) == ("crm", ("acme",), "local")
    assert crm.secret({"CRM_SECRET": SECRET}) == local.secret({})
    assert SECRET[6:12] not in repr(crm.secret({"CRM_SECRET": SECRET}))


def test_without_a_file_there_are_none() -> None:
    assert read_receivers(None) == ()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('id = "local"', 'id = "crm"', "stands there twice"),
        ("https://crm.example/hooks", "http://crm.example/hooks", "expected https"),
        ("https://crm.example/hooks", "ftp://crm.example", "is no address"),
        ("https://crm.example/hooks", "https://u:p@crm.example", "password in it"),
        ("https://crm.example/hooks", "https://[1", "Invalid IPv6"),
        ("tenants", "tenant", "unknown field"),
        ('id = "crm"', 'id = "c/m"', "match"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, old: str, new: str, told: str) -> None:
    with pytest.raises(Refused, match=told):
        read_receivers(written(tmp_path, (GOOD % "/nowhere").replace(old, new)))


def test_plain_addresses_are_allowed_where_they_are_meant(tmp_path: Path) -> None:
    text = (GOOD % "/nowhere").replace("https://crm.example/hooks", "http://crm/hooks")
    text = text.replace('tenants = ["acme"]', "plain = true")
    assert len(read_receivers(written(tmp_path, text))) == 2


@pytest.mark.parametrize("secret", ["", "whsec_%%", "whsec_c2hvcnQ=", "not base64!"])
def test_secrets_that_are_none_are_refused_and_not_told(tmp_path: Path, secret: str) -> None:
    crm, local = read_receivers(written(tmp_path, GOOD % "/nowhere"))
    with pytest.raises(Refused, match="CRM_SECRET is no secret"):
        crm.secret({"CRM_SECRET": secret})
    with pytest.raises(Refused, match="no secret at CRM_SECRET"):
        crm.secret({})
    with pytest.raises(Refused, match="no secret at"):
        local.secret({})
