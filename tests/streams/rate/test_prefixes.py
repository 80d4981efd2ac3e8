"""Prefixes: ends of the alphabet, dates, and large groups beside small ones."""

from itertools import permutations

from streams.model.instant import BEGINNING, FOREVER
from streams.rate.prefixes import PrefixTable, Way


def always(zone: str) -> Way:
    return Way(BEGINNING, FOREVER, zone)


def zones(table: PrefixTable, value: str) -> list[str]:
    return [way.zone for way in table.ways_of(value)]


def test_of_one_prefix_the_way_that_starts_later_comes_first() -> None:
    ways = [
        ("44", Way(BEGINNING, 500, "old")),
        ("44", Way(100, 200, "new")),
        ("44", Way(150, FOREVER, "newest")),
    ]
    for listed in permutations(ways):
        assert zones(PrefixTable(listed, [], "rest"), "441") == ["newest", "new", "old", "rest"]


def test_what_always_holds_hides_what_is_less_specific() -> None:
    table = PrefixTable(
        [("4", always("wide")), ("44", always("narrow"))], [("443", always("one"))], "rest"
    )
    assert [zones(table, value) for value in ("44", "443", "4430", "4", "45", "5", "")] == [
        ["narrow"], ["one"], ["narrow"], ["wide"], ["wide"], ["rest"], ["rest"],
    ]  # fmt: skip


def test_a_way_that_has_a_beginning_or_an_end_hides_nothing() -> None:
    for way in (Way(5, FOREVER, "dated"), Way(BEGINNING, 5, "dated")):
        table = PrefixTable([("4", always("wide")), ("44", way)], [], "rest")
        assert zones(table, "441") == ["dated", "wide"]


def test_the_last_letter_of_all_ends_no_prefix_too_early() -> None:
    last = chr(0x10FFFF)
    table = PrefixTable([(last, always("last")), ("a" + last, always("inner"))], [], "rest")
    found = [
        zones(table, value) for value in (last, last * 2, "a" + last, "a" + last * 2, "b", "a")
    ]
    assert found == [["last"], ["last"], ["inner"], ["inner"], ["rest"], ["rest"]]


def test_what_a_look_up_costs_is_told_by_the_largest_group() -> None:
    few = [(f"1{number:04}", always(f"z{number}")) for number in range(3)]
    many = [(f"2{number:04}", always(f"z{number}")) for number in range(3000)]
    assert PrefixTable(few, [], "rest").comparisons == 3
    assert PrefixTable([*few, *many], [], "rest").comparisons >= 7
