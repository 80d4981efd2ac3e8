"""Sliced holds: what is passed on was held before, and ends within one slice."""

from decimal import Decimal
from pathlib import Path
from threading import Thread
from typing import Any

from connectors.client.dialogue import Dialogue
from connectors.client.offline import allow_up_to
from connectors.client.slices import SlicedHold, Slicing
from connectors.client.sync import Client
from tests.connectors.client.shop import Shop

SLICING = Slicing(usage_type="llm_tokens", unit="output_tokens", slice=50)


def client(shop: Shop, **options: Any) -> Client:
    return Client(shop.address, tenant=shop.tenant, key=shop.key, options=shop.options(**options))


def hold(here: Client, name: str) -> SlicedHold:
    dialogue = Dialogue(here.desk, "key-ada", session=name, valid_for=60)
    return SlicedHold(dialogue, SLICING)


def stream(here: Client, name: str, *, tokens: int) -> int:
    """Pass tokens on while they are held; how many were."""
    held = hold(here, name)
    here.drive(held.opening({"input_tokens": 20}))
    for _ in range(tokens):
        if not held.has(1) and not here.drive(held.extension(1)):
            break
        held.count(1)
    here.drive(held.settlement({"input_tokens": 20, "output_tokens": held.counted}))
    return held.counted


def test_a_stream_is_extended_while_it_runs_and_charged_for_what_was_used(shop: Shop) -> None:
    shop.account("ada", Decimal(10))
    with client(shop) as here:
        assert stream(here, "one", tokens=175) == 175
    assert (shop.verbs["reserve"], shop.verbs["extend"], shop.verbs["confirm"]) == (1, 3, 1)
    assert (shop.left("ada"), shop.held("ada")) == (Decimal("8.25"), 0)
    assert (shop.used("input_tokens"), shop.used("output_tokens")) == (20, 175)


def test_a_runaway_ends_where_the_money_does(shop: Shop) -> None:
    shop.account("ada", Decimal("1.30"))
    with client(shop) as here:
        assert stream(here, "one", tokens=10**6) == 130
        assert stream(here, "two", tokens=10**6) == 0
    assert (shop.left("ada"), shop.held("ada")) == (0, 0)


def test_many_streams_of_one_budget_pass_on_what_there_is_and_no_more(shop: Shop) -> None:
    shop.account("ada", Decimal(10))
    passed: list[int] = []
    with client(shop) as here:

        def one(name: str) -> None:
            passed.append(stream(here, name, tokens=10**6))

        threads = [Thread(target=one, args=(f"s{each}",)) for each in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sum(passed) <= 1000
    assert sum(passed) == shop.used("output_tokens")
    assert (shop.held("ada"), shop.left("ada")) == (0, 10 - sum(passed) * Decimal("0.01"))
    # Whoever is told that a grant is the last stops there; what others give back later is left.
    assert shop.left("ada") < Decimal("0.01") * SLICING.slice * 16


def test_without_an_answer_a_stream_gets_what_the_rule_allows(shop: Shop) -> None:
    shop.account("ada", Decimal(10))
    with client(shop, rules={"llm_tokens": allow_up_to(30)}) as here:
        shop.is_away = True
        assert stream(here, "one", tokens=1000) == 30
        shop.is_away = False
        here.settle()
    shop.pass_time(5)
    assert shop.used("output_tokens") == 30


def test_a_stream_that_loses_its_owner_goes_on_for_a_slice(shop: Shop) -> None:
    shop.account("ada", Decimal(10))
    with client(shop, rules={"llm_tokens": allow_up_to(30)}) as here:
        held = hold(here, "one")
        here.drive(held.opening({}))
        held.count(50)
        shop.is_away = True
        assert here.drive(held.extension(1))
        assert held.granted == 80
        held.count(30)
        assert not here.drive(held.extension(1))
        here.drive(held.settlement({"output_tokens": 80}))
        shop.is_away = False
        here.settle()
    assert (shop.used("output_tokens"), shop.held("ada")) == (80, 0)


def test_a_stream_that_outlives_its_hold_is_held_anew(shop: Shop) -> None:
    shop.account("ada", Decimal(10))
    with client(shop) as here:
        held = hold(here, "one")
        here.drive(held.opening({"input_tokens": 5}))
        held.count(50)
        shop.pass_time(61)
        assert shop.held("ada") == 0
        assert here.drive(held.extension(1))
        assert shop.held("ada") == Decimal("1.01")
        held.count(1)
        here.drive(held.settlement({"input_tokens": 5, "output_tokens": 51}))
    assert (shop.used("output_tokens"), shop.held("ada")) == (51, 0)


def test_a_stream_that_outlives_its_owner_is_charged_all_the_same(shop: Shop) -> None:
    shop.account("ada", Decimal(10))
    with client(shop) as here:
        held = hold(here, "one")
        here.drive(held.opening({}))
        held.count(50)
        shop.pass_time(61)
        here.drive(held.settlement({"output_tokens": 50}))
    shop.pass_time(5)
    assert (shop.used("output_tokens"), shop.held("ada")) == (50, 0)


def test_what_a_gateway_that_died_had_passed_on_is_charged_by_the_next(
    shop: Shop, tmp_path: Path
) -> None:
    shop.account("ada", Decimal(10))
    dead = client(shop, journal=tmp_path / "journal")
    assert stream(dead, "whole", tokens=120) == 120
    for name, tokens in (("one", 130), ("two", 0), ("three", 50)):
        held = hold(dead, name)
        dead.drive(held.opening({"input_tokens": 20}))
        while held.counted < tokens:
            assert held.has(1) or dead.drive(held.extension(1))
            held.count(1)
    assert shop.used("output_tokens") == 120
    dead.drive(dead.desk.settle())  # what still runs is not told
    assert (shop.used("output_tokens"), len(dead.desk.journal)) == (120, 0)
    with client(shop, journal=tmp_path / "journal") as here:
        assert here.settle().told == 3
    # Of each stream less than a slice was not written down.
    assert shop.used("output_tokens") == 120 + 101
    assert shop.used("input_tokens") == 4 * 20
    assert shop.held("ada") == 0
    dead.close()


def test_an_end_that_was_told_just_before_is_not_told_again(shop: Shop, tmp_path: Path) -> None:
    shop.account("ada", Decimal(10))
    path, copy = tmp_path / "journal", tmp_path / "copy"
    with client(shop, journal=path) as here:
        held = hold(here, "one")
        here.drive(held.opening({}))
        held.count(50)
        assert here.drive(held.extension(1))
        copy.write_bytes(path.read_bytes())  # as it stands when the process dies after the answer
        held.count(30)
        here.drive(held.settlement({"output_tokens": 80}))
    with client(shop, journal=copy) as after:
        assert len(after.settle().refused) == 1
    shop.pass_time(5)
    assert (shop.used("output_tokens"), shop.held("ada")) == (80, 0)
