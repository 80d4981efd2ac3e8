"""Money that is asked for by webhook and comes by callback: once, however often either is sent."""

import json
from decimal import Decimal
from random import Random

import pytest
import standardwebhooks

from connectors.api.commands import Asked
from connectors.api.top_ups import DeclinedForm, PaidForm, top_up_declined, top_up_paid
from connectors.clock import now
from connectors.webhooks.body import body_of
from connectors.webhooks.delivery import Ended, Webhook
from streams.charge import Charging
from streams.memory import MemoryState
from streams.model.account import Balances
from streams.model.balance_command import Adjust, TopUp
from streams.model.catalog import Catalog, CurrencyRule, PricePlan, Threshold
from streams.model.command import ActivateCatalog, Command, PutAccount, Tick
from streams.model.instant import BEGINNING, HOUR, SECOND, Instant
from streams.model.money import ZERO
from streams.model.rated import Alert
from streams.model.top_up_request import AutoTopUp
from streams.rate.plan import compile_catalog
from streams.state import Effects, Table
from tests.connectors.webhooks.test_webhooks import SECRET, Listener, deliverer
from tests.connectors.webhooks.test_webhooks import listener as listener

NOON: Instant = 1_740_830_400 * SECOND
"""2025-03-01T12:00:00Z."""
LOW = Threshold(
    id="low",
    on="balance",
    resource="EUR",
    levels=(Decimal(10),),
    to=("billing",),
    action="top_up",
    top_up=AutoTopUp(amount=Decimal(25), limit=3, within=6 * HOUR),
)
PLAN = compile_catalog(
    Catalog(
        tenant="t",
        currencies=(CurrencyRule(code="EUR", digits=2, rounding="half_up"),),
        usage_types=(),
        price_plans=(PricePlan(id="p", currency="EUR", offers=()),),
        thresholds=(LOW,),
    )
)


class Engine:
    """One partition with a prepaid account that holds 30."""

    def __init__(self) -> None:
        self.core = Charging(plans={PLAN.version: PLAN}, partitions=1, partition=0)
        self.state, self.effects = MemoryState(), Effects()
        self.apply(
            Tick("t", NOON),
            ActivateCatalog("c", "t", PLAN.version, BEGINNING),
            PutAccount("a", "t", "ada", "ada", "prepaid", "EUR", "UTC", None),
            TopUp("first", "t", "ada", "ada", Decimal(30), "EUR", NOON, ""),
        )

    def apply(self, *commands: Command) -> None:
        for command in commands:
            self.core.apply_command(command, state=self.state, effects=self.effects)

    def take(self, amount: int, number: int = 0) -> None:
        self.apply(
            Adjust(f"take{number}", "t", "ada", "ada", Decimal(-amount), "EUR", NOON, "taken")
        )

    def money(self) -> Decimal:
        held: Balances = self.state.get(Table.BALANCES, b"t\0ada")
        return sum((Decimal(bucket.remaining) for bucket in held.buckets), ZERO)

    def asked(self) -> list[Alert]:
        return [alert for alert in self.effects.alerts if alert.kind == "requested"]


def asked_at_door(request: str, at: Instant = NOON) -> Asked:
    return Asked("t", "ada", "", "ada", "ignored", at, request)


def paid(request: str, reference: str = "bank/1") -> Command:
    return top_up_paid(PaidForm(reference=reference), asked_at_door(request))


def test_a_request_reaches_the_billing_system_and_its_answer_the_account(
    listener: Listener,
) -> None:
    engine = Engine()
    engine.take(22)
    (request,) = engine.asked()
    listener.answers = [503, 204, 204]
    webhook = Webhook(request.alert_id, body_of(request))
    by_clock = deliverer(listener.url, now_s=now() // SECOND)
    assert by_clock.deliver(webhook) == Ended(2)
    assert by_clock.deliver(webhook) == Ended(1)
    bodies = []
    for headers, body in listener.heard:
        assert headers["webhook-id"] == request.alert_id
        bodies.append(standardwebhooks.Webhook(SECRET).verify(body, headers))
    assert bodies[0] == bodies[1] == bodies[2]
    assert bodies[0] == {
        "type": "top_up.requested",
        "timestamp": "2025-03-01T12:00:00.000000Z",
        "data": {
            "alert_id": request.alert_id,
            "request": request.alert_id,
            "tenant": "t",
            "account": "ada",
            "threshold": "low",
            "currency": "EUR",
            "amount": "25",
            "left": "8",
            "until": "2025-03-01T18:00:00.000000Z",
            "to": ["billing"],
        },
    }
    for _, body in listener.heard:
        engine.apply(paid(json.loads(body)["data"]["request"]))
    assert engine.money() == 33
    assert engine.state.get(Table.TOP_UP_REQUESTS, b"t\0ada").requests == ()
    assert engine.effects.verdicts == []


def test_answers_about_nothing_are_told_as_ignored() -> None:
    engine = Engine()
    engine.take(22)
    (request,) = engine.asked()
    engine.apply(paid("0123"))
    assert [verdict.code for verdict in engine.effects.verdicts] == ["request_not_known"]
    engine.apply(paid(request.alert_id))
    # It has been paid; that it was declined comes too late.
    engine.apply(top_up_declined(DeclinedForm(), asked_at_door(request.alert_id)))
    assert [verdict.code for verdict in engine.effects.verdicts] == ["request_not_known"] * 2
    assert engine.money() == 33


def test_what_came_of_a_request_is_told_without_asking() -> None:
    engine = Engine()
    engine.take(22)
    (request,) = engine.asked()
    engine.apply(top_up_declined(DeclinedForm(reason="no"), asked_at_door(request.alert_id)))
    engine.apply(Tick("later", NOON + 6 * HOUR), Tick("last", NOON + 12 * HOUR))
    told = [json.loads(body_of(alert)) for alert in engine.effects.alerts][1:]
    words = [each["type"] for each in told]
    asked, expired = "top_up.requested", "top_up.expired"
    assert words == [asked, "top_up.declined", asked, expired, asked]
    assert ["request" in each["data"] for each in told] == [word == asked for word in words]
    assert len({each["data"]["alert_id"] for each in told}) == len(told)


@pytest.mark.parametrize("seed", range(40))
def test_no_more_is_asked_than_the_limit_and_all_that_is_paid_comes_once(seed: int) -> None:
    """Answers in any order, late and repeated; money is what it was, and what was paid for."""
    chance, engine = Random(seed), Engine()
    taken, at, answered = 22, NOON, set()
    engine.take(22)
    for number in range(1, 60):
        match chance.randrange(4):
            case 0:
                amount = chance.randrange(1, 15)
                taken += amount
                engine.take(amount, number)
            case 1:
                at += chance.randrange(1, 9) * HOUR
                engine.apply(Tick(f"t{number}", at))
            case 2:
                request = chance.choice(engine.asked()).alert_id
                answered.add(request)
                engine.apply(paid(request), paid(request))
            case _:
                request = chance.choice(engine.asked()).alert_id
                engine.apply(top_up_declined(DeclinedForm(), asked_at_door(request)))
        held = engine.state.get(Table.TOP_UP_REQUESTS, b"t\0ada")
        assert sum(each.status != "expired" for each in held.requests) <= 1
    assert len(engine.asked()) <= 3
    # What was taken below zero is owed on overrun, not by the account.
    engine.core.settle(engine.state, engine.effects)
    over = Decimal(engine.state.get(Table.COUNTERS, b"t\0overrun\0EUR") or 0)
    assert engine.money() == 30 - taken + 25 * len(answered) - over
