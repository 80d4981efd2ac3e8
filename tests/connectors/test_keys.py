"""Keys are found by their text, and are found no more once they are taken away."""

from pathlib import Path

import pytest

from connectors.api.keys import KeyStore, Scope


@pytest.mark.parametrize(("trusted_s", "is_found"), [(0.0, False), (3600.0, True)])
def test_a_key_is_trusted_as_long_as_it_may_be(
    tmp_path: Path, trusted_s: float, is_found: bool
) -> None:
    other, keys = KeyStore(tmp_path), KeyStore(tmp_path, trusted_s=trusted_s)
    made, text = other.create(name="a", scope=Scope.WRITE, tenant="t", at=0)
    assert keys.find(text) == keys.find(text) == made
    other.revoke(made.key_id)
    assert (keys.find(text) is not None) == is_found


def test_a_key_that_it_takes_away_itself_is_refused_at_once(tmp_path: Path) -> None:
    keys = KeyStore(tmp_path, trusted_s=3600.0)
    made, text = keys.create(name="a", scope=Scope.WRITE, tenant="t", at=0)
    assert keys.find(text) == made
    keys.revoke(made.key_id)
    assert keys.find(text) is None


def test_a_key_made_by_another_process_counts_at_once(tmp_path: Path) -> None:
    other, keys = KeyStore(tmp_path), KeyStore(tmp_path, trusted_s=3600.0)
    _, first = other.create(name="a", scope=Scope.READ, tenant="t", at=0)
    assert keys.find(first) is not None
    made, second = other.create(name="b", scope=Scope.WRITE, tenant="t", at=1)
    assert keys.find(second) == made
    assert keys.find(second[:-1]) is None
