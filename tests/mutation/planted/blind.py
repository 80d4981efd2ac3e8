"""Asks nothing of what lies past the free kilometres."""

from tests.mutation.planted.toll import COMPILED


def test_within_the_free_kilometres() -> None:
    assert COMPILED(4) == 0
