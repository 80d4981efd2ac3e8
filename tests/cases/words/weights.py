"""Balances side by side, of units and of money: which usage takes how much of which."""

from decimal import Decimal
from typing import Any, Final

from tests.cases.draft import CUSTOMER, Draft, Event, text_of, time_of
from tests.cases.fields import Fields, NotYet, UnknownField, each
from tests.cases.words import rounding
from tests.cases.words.wallets import OPENED

MONEY: Final = "money"
_ALL_BACK: Final = "refund of all"


def balances(draft: Draft, given: Fields) -> None:
    """`balances`: a list of what is held, each with the `factor` that usage takes it by.

    Usage is counted one by one: what a balance covers in part, it covers by whole units.
    """
    values = given.peek("balances")
    if not isinstance(values, list):
        rounding.balances(draft, given)
        return
    for held in each(given.take("balances"), "given.balances"):
        name, value = held.take("id"), held.take("value")
        if name == MONEY:
            draft.account |= {"payment": "prepaid", "wallet": value}
            draft.credits[name] = Decimal(value)
            held.done()
            continue
        if {"destinations", "priced_by", "blocker", "unit"} & set(held.names()):
            raise NotYet("credit control")
        allowance: dict[str, Any] = {"id": name, "unit": draft.unit, "usage_units": [draft.unit]}
        allowance |= {"factors": [{"factor": held.take("factor", "1")}], "burns_by": 1}
        draft.section("allowances", allowance)
        draft.impact(name)
        grant = {"account": CUSTOMER, "grant": name, "allowance": name, "quantity": value}
        grant |= {"from": time_of(OPENED), "priority": -int(held.take("weight", "0"))}
        draft.before.append({"grant": grant})
        held.done()


def is_all_back(value: str) -> bool:
    """True of an event that takes back all that was used before it."""
    return value == _ALL_BACK


def take_all_back(draft: Draft, event: Event) -> None:
    """All that was used before comes back."""
    draft.is_derived = True
    used = sum((each.quantity or Decimal(0) for each in draft.events), Decimal(0))
    event.quantity = -used


def after_each(draft: Draft, values: list[Any]) -> bool:
    """What each balance has after each event; false: they are of something else."""
    granted = {step["grant"]["grant"]: step["grant"] for step in draft.before if "grant" in step}
    names = {*granted, *draft.credits}
    if MONEY not in draft.credits or not all(set(step) <= names for step in values):
        return False
    before = {name: Decimal(each["quantity"]) for name, each in granted.items()} | draft.credits
    for event, step in zip(draft.now, each(values, "expect.after_each"), strict=True):
        after = {name: step.number(name) for name in names if name in step}
        step.done()
        changed = [
            name for name in (*granted, MONEY) if after.get(name, before[name]) != before[name]
        ]
        changes = [
            {
                "resource": draft.currency if name == MONEY else name,
                "after": text_of(after[name]),
            }
            for name in changed
        ]
        draft.expect("charges", {"id": event.id, "changes": changes})
        before |= after
    if not draft.now:
        raise UnknownField("expect.after_each: of no usage")
    return True
