"""Balances that a group shares: wallets of a pool that the customer draws on."""

from decimal import Decimal
from typing import Any

from tests.cases.draft import CUSTOMER, Draft, time_of
from tests.cases.fields import Fields, NotYet, UnknownField, each
from tests.cases.words.wallets import OPENED

_ALIKE = {"lowest", "highest", "random"}
"""How a group chooses among several shared balances: of one, there is no choice."""


def group(draft: Draft, given: Fields) -> None:
    """`group` with the `balances` of an account: what has more weight pays first."""
    words = Fields(given.take("group"), "given.group")
    pool, strategy = words.take("id"), words.take("strategy")
    words.done()
    if strategy not in _ALIKE:
        raise UnknownField(f"given.group.strategy: {strategy!r}")
    held: Any = given.take("balances")
    if set(held) != draft.asked:
        raise NotYet("several accounts")
    weights: dict[bool, list[Decimal]] = {True: [], False: []}
    for balances in held.values():
        for balance in each(balances, "given.balances"):
            shared = balance.take("group", "")
            if shared not in ("", pool):
                raise UnknownField(f"given.balances.group: {shared!r}")
            weights[bool(shared)].append(Decimal(balance.take("weight")))
            _fill(draft, balance.take("id"), balance.take("value"), pool if shared else CUSTOMER)
            balance.done()
    own, of_pool = weights[False], weights[True]
    if len(of_pool) > 1:
        raise NotYet("several shared balances")
    is_own_first = not own or not of_pool or min(own) > max(of_pool)
    if not is_own_first and max(own) > min(of_pool):
        raise NotYet("shared balances among others")
    order = "own_first" if is_own_first else "pool_first"
    draft.account |= {"payment": "prepaid", "root": pool}
    draft.accounts.append({"account": pool, "currency": draft.currency, "payment": "prepaid"})
    draft.before.append({"join_pool": {"account": CUSTOMER, "pool": pool, "order": order}})


def _fill(draft: Draft, name: str, amount: str, account: str) -> None:
    top_up = {"account": account, "wallet": name, "amount": amount, "at": time_of(OPENED)}
    draft.credits[name] = Decimal(amount)
    draft.holders[name] = account
    draft.before.append({"top_up": top_up})
