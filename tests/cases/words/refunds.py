"""Refunds of what balances have paid: it was taken from them before, where the case begins."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from tests.cases.draft import CUSTOMER, PLAN, SERVICE, Words, text_of, time_of
from tests.cases.fields import Fields, UnknownField, each
from tests.cases.words.times import in_order
from tests.cases.words.weights import MONEY

_CURRENCY: Final = "CHF"
_UNIT: Final = "units"


def has_refunds(usage: list[dict[str, Any]]) -> bool:
    """True where the case gives back to balances that it names."""
    return bool(usage) and all("refund" in event for event in usage)


def scenario_of_refunds(
    given: dict[str, Any], usage: list[dict[str, Any]], expected: dict[str, Any]
) -> Words:
    """The whole scenario: what is refunded is debited first, of what each balance had with it."""
    fields = Fields(given, "given")
    held = {name: Decimal(value) for name, value in fields.take("balances").items()}
    fields.done()
    steps: list[Words] = []
    refunds: list[Words] = []
    for number, (name, quantity) in enumerate(_increments(usage), start=1):
        if name not in held:
            raise UnknownField(f"usage.refund: {name!r}")
        held[name] += quantity
        units, kind = {_UNIT: text_of(quantity)}, f"debit-{number}"
        asked = {"session": kind, "service": SERVICE, "at": time_of(in_order(number))}
        steps.append({"debit": {**asked, "services": [{"type": name, "units": units}]}})
        at = time_of(in_order(number + len(usage) * 2))
        back = {"name": f"refund-{number}", "service": SERVICE, "at": at, "debit": kind}
        refunds.append({"refund": {**back, "usage": units}})
    fields = Fields(expected, "expect")
    left = fields.take("balances")
    fields.done()
    return _document(held, [*steps, *refunds], left)


def _increments(usage: list[dict[str, Any]]) -> Iterator[tuple[str, Decimal]]:
    """Each balance that something goes back to, and how much."""
    for event in each(usage, "usage"):
        name = event.take("refund")
        yield name, Decimal(event.take("quantity", event.take("amount", None)))
        if "and_money" in event:
            yield MONEY, Decimal(event.take("and_money"))
        event.done()


def _document(held: dict[str, Decimal], steps: list[Words], left: dict[str, str]) -> Words:
    """Each balance pays for usage of its own kind alone, one to one."""
    others = [name for name in held if name != MONEY]
    price = [{"per_unit": {"amounts": {_UNIT: "1"}}}]
    offers = [
        {
            "id": name,
            "usage_type": name,
            "from": "2000-01-01",
            "impacts": [name] if name != MONEY else [],
            "prices": price,
        }
        for name in held
    ]
    grants: list[Words] = [
        {
            "grant": {
                "account": CUSTOMER,
                "grant": name,
                "allowance": name,
                "quantity": text_of(held[name]),
                "from": "2000-01-01",
            }
        }
        for name in others
    ]
    return {
        "it": "refunds",
        "catalog": {
            "currencies": [{"code": _CURRENCY, "digits": 12}],
            "usage_types": [{"id": name, "units": [_UNIT]} for name in held],
            "allowances": [{"id": name, "unit": _UNIT, "usage_units": [_UNIT]} for name in others],
            "price_plans": [{"id": PLAN, "currency": _CURRENCY, "offers": offers}],
        },
        "given": {
            "accounts": [
                {
                    "account": CUSTOMER,
                    "currency": _CURRENCY,
                    "payment": "prepaid",
                    "wallet": text_of(held.get(MONEY, Decimal(0))),
                    "services": [{"service": SERVICE, "price_plan": PLAN}],
                }
            ]
        },
        "when": [*grants, *steps],
        "then": {
            "answers": [{"code": "success"} for _ in steps],
            "balances": [
                {
                    "account": CUSTOMER,
                    "resource": _CURRENCY if name == MONEY else name,
                    "remaining": value,
                }
                for name, value in left.items()
            ],
        },
    }
