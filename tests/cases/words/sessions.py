"""Online charging: what is reserved, committed and given back, and how much can be granted."""

from decimal import Decimal
from typing import Any, Final

from tests.cases.draft import CUSTOMER, PLAN, SERVICE, USAGE_TYPE, Draft, Words, text_of
from tests.cases.fields import Fields, NotYet, UnknownField, each
from tests.cases.words.operations import FREE, UNIT, Operations

_MONEY: Final = "CHF"


def granted_seconds(draft: Draft, value: str) -> None:
    """`granted_s`: the usage is not charged but asked for; so much of it can be granted."""
    if len(draft.now) != 1 or draft.now[0].quantity is None:
        raise NotYet("several calls that are asked for")
    draft.is_asked = True
    asked, granted = draft.now[0].quantity, Decimal(value)
    code = "success" if asked == granted else "partial" if granted else "credit_limit_reached"
    told = {draft.unit: value} if granted else {}
    draft.expect("answers", {"code": code, "services": [{"granted": told}]})


def has_operations(usage: list[dict[str, Any]]) -> bool:
    """True where the case reserves and commits."""
    return any("op" in event for event in usage)


def scenario_of_operations(
    given: dict[str, Any], usage: list[dict[str, Any]], expected: dict[str, Any]
) -> Words:
    """The whole scenario of a case that reserves and commits."""
    account, before, allowances, price = _holdings(Fields(given, "given"))
    when, answers = _steps(usage)
    then: Words = {"answers": answers}
    _read_expected(Fields(expected, "expect"), then, answers, usage)
    offer: Words = {
        "id": "offer",
        "usage_type": USAGE_TYPE,
        "from": "2000-01-01",
        "impacts": [each["id"] for each in allowances],
        "prices": [{"per_unit": {"amounts": {UNIT: price}}}],
    }
    return {
        "it": "holds",
        "catalog": {
            "currencies": [{"code": _MONEY, "digits": 12}],
            "usage_types": [{"id": USAGE_TYPE, "units": [UNIT]}],
            "allowances": allowances,
            "price_plans": [{"id": PLAN, "currency": _MONEY, "offers": [offer]}],
        },
        "given": {
            "accounts": [
                {
                    "account": CUSTOMER,
                    "currency": _MONEY,
                    "services": [{"service": SERVICE, "price_plan": PLAN}],
                    **account,
                }
            ]
        },
        "when": [*before, *when],
        "then": then,
    }


def _holdings(given: Fields) -> tuple[Words, list[Words], list[Words], str]:
    """The account, steps that fill it, its allowances and the price of a unit."""
    free: Words = {"id": FREE, "unit": UNIT, "usage_units": [UNIT]}
    if "accounts" in given:
        given.take("accounts")
        start = given.take("start", {})
        given.done()
        if any(Decimal(value) for value in start.values()):
            raise NotYet("ledger accounts that begin with a balance")
        return {}, [], [], "1"
    if "buckets" in given:
        account, before, price = {"payment": "prepaid"}, list[Words](), "1"
        for bucket in each(given.take("buckets"), "given.buckets"):
            name, value = bucket.take("id"), bucket.take("value")
            if "cost_per_action" in bucket:
                price = bucket.take("cost_per_action")
                account["wallet"] = value
            else:
                before.append(_grant(name, value))
            bucket.done()
        given.done()
        return account, before, [free], price
    before = []
    for grant in each(given.take("grants"), "given.grants"):
        before.append(_grant(grant.take("id"), grant.take("amount")))
        grant.done()
    given.done()
    return {"payment": "prepaid"}, before, [free], "1"


def _grant(name: str, quantity: str) -> Words:
    terms = {"grant": name, "allowance": FREE, "quantity": quantity, "from": "2000-01-01"}
    return {"grant": {"account": CUSTOMER, **terms}}


def _steps(usage: list[dict[str, Any]]) -> tuple[list[Words], list[Words]]:
    """The requests of the operations, and how each is answered."""
    operations = Operations()
    for number, operation in enumerate(each(usage, "usage"), start=1):
        operations.add(number, operation)
    return operations.steps, operations.answers


def _read_expected(
    expected: Fields, then: Words, answers: list[Words], usage: list[dict[str, Any]]
) -> None:
    """What is left of each balance, and what each operation took."""
    balances: list[Words] = []
    for name, value in expected.rest():
        if name == "remaining":
            balances.append({"resource": FREE, "remaining": value, "reserved": "0"})
        elif name == "events":
            _compare_events(value, usage)
        elif name == "A_debits_after_each":
            pending = [step["pending"] for step in value[1:]]
            for answer, held in zip(answers, pending, strict=True):
                if Decimal(held) and "services" in answer:
                    answer["services"][0]["amount"] = held
            last = value[-1]
            left = text_of(-Decimal(last["posted"]))
            balances.append({"resource": _MONEY, "remaining": left, "reserved": last["pending"]})
            if Decimal(last["pending"]):
                balances[-1]["remaining"] = text_of(
                    -Decimal(last["posted"]) - Decimal(last["pending"])
                )
        elif name == "credits":
            balances.append({"resource": _MONEY, "remaining": value, "reserved": "0"})
        elif name == "action":
            balances.append({"resource": FREE, "remaining": value, "reserved": "0"})
        else:
            raise UnknownField(f"expect.{name}")
    then["balances"] = [{"account": CUSTOMER, **each} for each in balances]


def _compare_events(events: list[str], usage: list[dict[str, Any]]) -> None:
    """What each operation adds to what is used: a commit, what it took beyond the reservation."""
    reserved = Decimal(0)
    for event, operation in zip(events, usage, strict=True):
        quantity = Decimal(operation.get("quantity", 0))
        moved = quantity - reserved if operation["op"] == "commit" else quantity
        if operation["op"] == "reserve":
            reserved = quantity
        if Decimal(event) != moved:
            raise UnknownField(f"expect.events: {event} where the operation takes {moved}")
