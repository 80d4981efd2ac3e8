"""The client against the real door: asked once, told once, whatever gets lost on the way."""

import asyncio
import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.client.aio import AsyncClient
from connectors.client.calls import Patience
from connectors.client.offline import SETTLE_LATER, allow_up_to
from connectors.client.sync import Client
from connectors.client.words import Service
from connectors.errors import Refused, Unavailable
from streams.model.charging_session import ChargingRequest
from tests.connectors.client.shop import Shop

CALL = "api_call"


def calls(asked: int = 0, used: int = 0) -> Service:
    return Service(
        usage_type=CALL,
        requested={"requests": asked} if asked else {},
        used={"requests": used} if used else {},
    )


def client(shop: Shop, **options: Any) -> Client:
    return Client(shop.address, tenant=shop.tenant, key=shop.key, options=shop.options(**options))


def test_a_session_is_led_from_its_reserve_to_its_confirm(shop: Shop) -> None:
    shop.account("ada", Decimal(10))
    with client(shop) as here, here.session("key-ada") as session:
        assert here.check("key-ada", calls(1)).services[0].amount == Decimal("0.01")
        first = session.reserve(calls(600))
        assert (first.granted("requests"), first.is_final, first.currency) == (600, False, "CHF")
        assert shop.held("ada") == 6
        more = session.extend(calls(900, used=600))
        assert (more.code, more.granted("requests"), more.is_final) == ("partial", 400, True)
        assert session.confirm(calls(used=150)).services[0].amount == Decimal("7.5")
    assert (shop.used("requests"), shop.left("ada"), shop.held("ada")) == (750, Decimal("2.5"), 0)
    assert shop.verbs["release"] == 0


def test_what_nobody_ends_is_released_with_its_context(shop: Shop) -> None:
    shop.account("ada", Decimal(10))
    with client(shop) as here, here.session("key-ada") as session:
        session.reserve(calls(5))
    assert (shop.verbs["release"], shop.held("ada")) == (1, 0)


def test_what_was_debited_is_refunded_once(shop: Shop) -> None:
    shop.account("ada", Decimal(10))
    with client(shop) as here:
        here.debit("key-ada", calls(100), key="order")
        for _ in range(2):
            assert here.refund("key-ada", key="back", debit="order").code == "success"
        (left,) = here.balance("key-ada").told["balances"]
        assert Decimal(left["remaining"]) == 10
    assert shop.left("ada") == 10


def test_so_much_usage_is_refunded(shop: Shop) -> None:
    shop.account("ada", Decimal(10))
    with client(shop) as here:
        here.debit("key-ada", calls(100), key="order")
        assert here.refund("key-ada", key="some", debit="order", usage={"requests": 40}).code
    assert shop.left("ada") == Decimal("9.4")


def test_on_asyncio_it_is_the_same(shop: Shop) -> None:
    shop.account("ada", Decimal(10))

    async def main() -> None:
        async with AsyncClient(
            shop.address, tenant=shop.tenant, key=shop.key, options=shop.options()
        ) as here:
            async with here.session("key-ada") as session:
                assert (await session.reserve(calls(5))).granted("requests") == 5
                await session.extend(calls(5, used=5))
                await session.confirm(calls(used=2))
            answers = [here.debit("key-ada", calls(1), key=f"d{each % 5}") for each in range(20)]
            assert {each.code for each in await asyncio.gather(*answers)} == {"success"}

    asyncio.run(main())
    assert shop.used("requests") == 7 + 5


def test_a_refusal_is_an_answer_and_a_wrong_key_is_not(shop: Shop) -> None:
    shop.account("ada", Decimal("0.01"))
    with client(shop) as here:
        none = here.session("key-ada").reserve(
            Service(usage_type=CALL, requested={"requests": 2}, whole=True)
        )
        assert (none.status, none.code, none.is_granted) == (402, "credit_limit_reached", False)
        unrated = here.check("key-ada", Service(usage_type="teleport", requested={"requests": 1}))
        assert (unrated.status, unrated.code) == (422, "not_rated")
    with (
        Client(
            shop.address, tenant=shop.tenant, key="vivace_x_y", options=shop.options()
        ) as stranger,
        pytest.raises(Refused),
    ):
        stranger.check("key-ada", calls(1))


def test_a_lost_answer_is_asked_for_again_by_the_same_name(shop: Shop) -> None:
    shop.account("ada", Decimal(10))
    seen: list[str] = []

    def lose_first(request: ChargingRequest) -> bool:
        seen.append(request.command_id)
        return seen.count(request.command_id) < 3

    shop.losing = lose_first
    with client(shop) as here:
        session = here.session("key-ada")
        assert session.reserve(calls(5)).is_repeat
        assert session.confirm(calls(used=5)).is_repeat
        assert here.debit("key-ada", calls(2), key="once").is_repeat
    assert (shop.used("requests"), len(seen)) == (7, 9)


def test_nothing_is_allowed_without_an_answer_unless_a_rule_says_so(shop: Shop) -> None:
    shop.account("ada", Decimal(10))
    shop.is_away = True
    with client(shop) as here, pytest.raises(Unavailable):
        here.session("key-ada").reserve(calls(5))
    with client(shop, rules={CALL: allow_up_to(8)}) as here:
        session = here.session("key-ada")
        first = session.reserve(calls(5))
        assert (first.is_offline, first.granted("requests"), first.is_final) == (True, 5, False)
        rest = session.extend(calls(5, used=5))
        assert (rest.granted("requests"), rest.is_final) == (3, True)
        with pytest.raises(Unavailable):
            session.extend(calls(5, used=3))
        assert session.confirm().is_offline
        assert shop.used("requests") == 0
        shop.is_away = False
        here.settle()
        shop.pass_time(5)
        assert shop.used("requests") == 8
        assert len(here.desk.journal) == 0


def test_what_was_used_without_an_answer_is_told_by_the_next_request(shop: Shop) -> None:
    shop.account("ada", Decimal("0.02"))
    with client(shop, rules={CALL: SETTLE_LATER}) as here:
        shop.is_away = True
        with here.session("key-ada") as session:
            assert session.reserve(calls(500)).granted("requests") == 500
            session.confirm(calls(used=500))
        shop.is_away = False
        here.desk.away.clear()
        here.session("key-ada").reserve(calls(1))
        shop.pass_time(5)
        assert (shop.used("requests"), len(here.desk.journal)) == (500, 0)


def test_the_journal_outlives_the_process_and_is_bounded(shop: Shop, tmp_path: Path) -> None:
    shop.account("ada", Decimal(10))
    shop.is_away = True
    place = {"journal": tmp_path / "journal", "rules": {CALL: SETTLE_LATER}, "journal_entries": 3}
    with client(shop, **place) as here:
        for _ in range(3):
            session = here.session("key-ada")
            session.reserve(calls(4))
            session.confirm(calls(used=4))
        with pytest.raises(Unavailable):
            here.session("key-ada").confirm(calls(used=4))
    with (tmp_path / "journal").open("ab") as file:
        file.write(b'{"put": {"sess')  # the machine died while it wrote
    shop.is_away = False
    with client(shop, **place) as here:
        assert here.settle().told == 3
    with client(shop, **place) as here:
        assert here.settle().told == 0
    shop.pass_time(5)
    assert shop.used("requests") == 12


@pytest.mark.parametrize("seed", range(25))
def test_whatever_is_lost_all_that_was_used_is_charged_once(shop: Shop, seed: int) -> None:
    """Answers get lost, the owner goes away, sessions end by their validity."""
    dice = random.Random(seed)
    shop.account("ada", Decimal(1000))
    shop.losing = lambda _: dice.random() < 0.4
    used = 0
    with client(shop, rules={CALL: SETTLE_LATER}, dice=random.Random(seed)) as here:
        here.desk.caller._patience = Patience(deadline_s=0.03, first_s=0.001, most_s=0.01)
        for _ in range(4):
            session = here.session("key-ada", valid_for=5)
            session.reserve(calls(10))
            for _ in range(dice.randrange(4)):
                shop.is_away = dice.random() < 0.4
                if dice.random() < 0.3:
                    shop.pass_time(6)
                here.desk.away.clear()
                quantity = dice.randrange(1, 10)
                used += quantity
                session.extend(calls(10, used=quantity))
            shop.is_away = dice.random() < 0.4
            if dice.random() < 0.8:
                here.desk.away.clear()
                quantity = dice.randrange(10)
                used += quantity
                session.confirm(calls(used=quantity))
        shop.is_away, shop.losing = False, lambda _: False
        here.desk.caller._patience = Patience()
        assert not here.settle().refused
        assert len(here.desk.journal) == 0
    shop.pass_time(60)
    assert (shop.used("requests"), shop.held("ada")) == (used, 0)
    assert shop.left("ada") == 1000 - used * Decimal("0.01")
