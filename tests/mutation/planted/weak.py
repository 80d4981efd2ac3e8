"""Asks on both sides of a boundary, not at it."""

from tests.mutation.planted.toll import COMPILED, toll


def test_within_the_free_kilometres() -> None:
    assert COMPILED(4) == 0


def test_past_them() -> None:
    assert COMPILED(14) == 12


def test_another_road() -> None:
    assert toll(2, 0)(5) == 10
