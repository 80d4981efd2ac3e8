"""What online charging is measured to be, and what is needed of it."""

from collections.abc import Iterator
from decimal import Decimal

from msgspec import Struct

from infra.bench.callers import Answered


class Series(Struct, kw_only=True):
    """By number of callers: on many accounts, on one, and what the broker alone asks for."""

    callers: dict[str, Answered]
    hot: dict[str, Answered]
    bare_produce: dict[str, Answered]


class Beside(Series, kw_only=True):
    """The same beside a batch load: what the worker can charge, was sent, and has charged."""

    capacity_per_s: int
    sent_per_s: int
    charged_per_s: int = 0


class Need(Struct, kw_only=True):
    """A figure that is asked for: at most or at least so much."""

    what: str
    needed: str
    found: str
    holds: bool


class OnlineResult(Series, kw_only=True):
    """All figures, and how they stand to what is needed.

    `verbs` are those of a whole dialogue of 8 callers, `reserves` of 64 that only reserve, on many
    accounts and on one. `overspend` is what accounts used beyond their money, `refused` how often
    the one that ran dry was told so; `errors` are all other answers, by status.
    """

    fsync: bool
    beside: Beside
    verbs: dict[str, Answered]
    reserves: dict[str, Answered]
    overspend: str
    refused: int
    errors: dict[str, int]
    needs: list[Need] = []


def needs_of(result: OnlineResult) -> list[Need]:
    """Each figure that is needed, and whether it holds."""
    return [*_needs(result)]


def _needs(result: OnlineResult) -> Iterator[Need]:
    p50, p99, reserves = (4.1, 7.4, 5_000) if result.fsync else (4.0, 10.0, 8_000)
    for name, by_callers in (("many accounts", result.callers), ("one account", result.hot)):
        yield _at_most(f"8 callers on {name}: p50 ms", by_callers["8"].p50_ms, p50)
        yield _at_most(f"8 callers on {name}: p99 ms", by_callers["8"].p99_ms, p99)
    many, hot = result.reserves["many"], result.reserves["hot"]
    yield _at_least("64 callers on many accounts: reserves/s", many.per_s, reserves)
    yield _at_least("64 callers on one account: reserves/s", hot.per_s, 3_000)
    ratio = round(result.callers["8"].p50_ms / result.bare_produce["8"].p50_ms, 1)
    yield _at_most("8 callers: p50 over that of a bare produce", ratio, 5)
    yield _at_most("overspend", float(Decimal(result.overspend)), 0)


def _at_most(what: str, found: float, most: float) -> Need:
    return Need(what=what, needed=f"≤ {most:g}", found=f"{found:g}", holds=found <= most)


def _at_least(what: str, found: float, least: float) -> Need:
    return Need(what=what, needed=f"≥ {least:,g}", found=f"{found:,g}", holds=found >= least)
