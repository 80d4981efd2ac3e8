"""What a road costs: a closure, as compiled prices are, and a table that keeps some."""

from collections.abc import Callable

Toll = Callable[[int], int]


def toll(each: int, free: int) -> Toll:
    """So much for each kilometre past the free ones."""

    def cost(kilometres: int) -> int:
        if kilometres <= free:
            return 0
        return (kilometres - free) * each

    return cost


COMPILED = toll(3, 10)
"""Alive before anything is changed."""
