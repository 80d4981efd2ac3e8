"""Budgets, refunds and balances at a worker's door."""

from http import HTTPStatus

import pytest

from connectors.kafka.commands import CommandSender
from connectors.settings import KafkaSettings
from streams.model.budget import Budget
from streams.model.budget_command import PutBudget
from tests.topologies.test_online_door import PRICE, TENANT, Door, ask, open_account

# The fixture of the door is found by its name.
from tests.topologies.test_online_door import door as door

pytestmark = pytest.mark.xdist_group("online_door")


def test_a_level_that_does_not_bear_it_is_named_and_what_was_paid_comes_back(
    door: Door, kafka_settings: KafkaSettings
) -> None:
    open_account(kafka_settings, "ada", 1000 * PRICE)
    budgets = (
        Budget("spend", "spend", 500 * PRICE, "life", level="team", currency="CHF"),
        Budget("rpm", "requests", 2, "hour", level="agent"),
    )
    with CommandSender(kafka_settings) as sender:
        made = [PutBudget(each.id, TENANT, "ada", "ada", each) for each in budgets]
        sender.wait(sender.send(made), timeout_s=60)
    with door.caller() as caller:
        calls = {"usage_type": "api_call", "requested": {"requests": 400}}
        paid = caller.post(
            "debit",
            json={"service_id": "key-ada", "services": [calls]},
            headers={"Idempotency-Key": "one"},
        )
        assert paid.status_code == HTTPStatus.OK, paid.text
        refused = ask(caller, "sessions/s/reserve", "ada", requested={"requests": 101}, whole=True)
        assert refused.status_code == HTTPStatus.PAYMENT_REQUIRED
        told = refused.json()
        bound = told["services"][0]["restriction"]
        assert (told["code"], bound["name"], bound["level"]) == (
            "budget_exhausted",
            "spend",
            "team",
        )
        again = ask(caller, "sessions/t/reserve", "ada", requested={"requests": 1})
        assert again.status_code == HTTPStatus.OK
        limited = ask(caller, "sessions/u/reserve", "ada", requested={"requests": 1})
        assert limited.status_code == HTTPStatus.TOO_MANY_REQUESTS
        assert 0 < int(limited.headers["Retry-After"]) <= 3600
        part = {"service_id": "key-ada", "debit": "one", "part": {"CHF": "1.00"}}
        headers = {"Idempotency-Key": "back"}
        for hit in (None, "true"):
            back = caller.post("refund", json=part, headers=headers)
            assert back.status_code == HTTPStatus.OK, back.text
            assert back.headers.get("Idempotency-Hit") == hit
        left = caller.post("balance", json={"service_id": "key-ada"}).json()
        assert [each["remaining"] for each in left["balances"]] == ["6.99"]
        stands = {each["budget"]: (each["used"], each["reserved"]) for each in left["budgets"]}
        assert stands == {"spend": ("3", "0.01"), "rpm": ("1", "1")}
        assert caller.post("refund", json=part).status_code == HTTPStatus.BAD_REQUEST
