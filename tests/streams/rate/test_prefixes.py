"""Prefixes: ends of the alphabet, dates, and large groups beside small ones."""

from itertools import permutations
from random import Random

from streams.model.instant import BEGINNING, FOREVER, Instant
from streams.model.usage import UsageRecord
from streams.rate.prefixes import PrefixTable, Way

LAST = chr(0x10FFFF)


def always(zone: str) -> Way:
    return Way(BEGINNING, FOREVER, zone)


def zone(table: PrefixTable, value: str, at: Instant = 0) -> str:
    named = {"called": value}
    record = UsageRecord(b"", "t", "s", "e", 0, 0, 0, "call", "x", "x", at, at, (), named)
    return table.finder("called")(record)


def test_of_one_prefix_the_way_that_starts_later_comes_first() -> None:
    ways = [
        ("44", Way(BEGINNING, 500, "old")),
        ("44", Way(100, 300, "new")),
        ("44", Way(150, 200, "newest")),
    ]
    for listed in permutations(ways):
        table = PrefixTable(listed, [], "rest")
        found = [zone(table, "441", at) for at in (99, 100, 149, 150, 199, 200, 299, 300)]
        assert found == ["old", "new", "new", "newest", "newest", "new", "new", "old"]
        assert [zone(table, "441", at) for at in (499, 500)] == ["old", "rest"]


def test_what_always_holds_hides_what_is_less_specific() -> None:
    prefixes = [("4", always("wide")), ("44", always("narrow"))]
    table = PrefixTable(prefixes, [("443", always("one"))], "rest")
    found = [zone(table, value) for value in ("44", "443", "4430", "4", "45", "5", "")]
    assert found == ["narrow", "one", "narrow", "wide", "wide", "rest", "rest"]


def test_a_way_that_has_a_beginning_or_an_end_hides_nothing() -> None:
    for way, without in ((Way(5, FOREVER, "dated"), 4), (Way(BEGINNING, 5, "dated"), 5)):
        table = PrefixTable([("4", always("wide")), ("44", way)], [], "rest")
        assert [zone(table, "441", at) for at in (without, 9 - without)] == ["wide", "dated"]


def test_the_last_letter_of_all_ends_no_prefix_too_early() -> None:
    table = PrefixTable([(LAST, always("last")), ("a" + LAST, always("inner"))], [], "rest")
    values = (LAST, LAST * 2, "a" + LAST, "a" + LAST * 2, "b", "a")
    found = [zone(table, value) for value in values]
    assert found == ["last", "last", "inner", "inner", "rest", "rest"]


def test_what_a_look_up_costs_is_told_by_the_largest_group() -> None:
    few = [(f"1{number:04}", always(f"z{number}")) for number in range(3)]
    many = [(f"2{number:04}", always(f"z{number}")) for number in range(3000)]
    assert PrefixTable(few, [], "rest").comparisons == 3
    assert PrefixTable([*few, *many], [], "rest").comparisons == 7


def test_a_deck_of_long_prefixes_alone_equals_a_search_through_all() -> None:
    rng = Random(11)
    deck = {str(rng.randrange(10**5, 10**6))[: rng.randrange(4, 7)] for _ in range(400)}
    table = PrefixTable([(text, always(text)) for text in deck], [], "rest")
    for number in range(10_000, 100_000, 7):
        value = f"{number}0"
        fitting = [text for text in deck if value.startswith(text)]
        assert zone(table, value) == max(fitting, key=len, default="rest")
