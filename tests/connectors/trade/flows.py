"""The flows of RFC 4006, appendix A, against one account: what is asked, and what is answered.

A call costs 0.01 a second, a message 0.50, data 0.10 a megabyte by one rating group and 0.20 by
another. Each flow is played by whoever can ask: the core alone, or a client on the wire.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

CATALOG = """
tenant: net
currencies: [{code: CHF}]
usage_types:
  - {id: call, units: [s], attributes: [called]}
  - {id: mms, units: [n]}
  - {id: access, units: [mb]}
  - {id: video, units: [mb]}
price_plans:
  - id: plan
    currency: CHF
    offers:
      - id: calls
        usage_type: call
        from: 2020-01-01
        sessions:
          valid_for: 20m
          ask_again_percent: 10
          final_unit: {action: redirect, to: "https://top-up.example.net"}
        prices:
          - {when: {called: "0900"}, per_unit: {amounts: {s: "0.05"}}}
          - {per_unit: {amounts: {s: "0.01"}}}
      - {id: mms, usage_type: mms, from: 2020-01-01, prices: [{per_unit: {amounts: {n: "0.50"}}}]}
      - id: access
        usage_type: access
        from: 2020-01-01
        prices: [{per_unit: {amounts: {mb: "0.10"}}}]
      - id: video
        usage_type: video
        from: 2020-01-01
        prices: [{per_unit: {amounts: {mb: "0.20"}}}]
rating_groups:
  - number: 1
    usage_type: call
    counts: [{count: time, unit: s}]
    quota: 100
    attributes: [{name: called, sources: [Called-Party-Address, Service-Parameter-Value]}]
  - {number: 2, usage_type: mms, counts: [{count: service_units, unit: n}]}
  - {number: 3, usage_type: access, counts: [{count: total_volume, unit: mb, per: 1000000}]}
  - {number: 4, usage_type: video, counts: [{count: total_volume, unit: mb, per: 1000000}]}
  - {number: 5, usage_type: access, free: true}
subscribers:
  - {prefix: msisdn-, instead: "+"}
"""
INITIAL, UPDATE, TERMINATION, EVENT = 1, 2, 3, 4
DEBIT, REFUND, CHECK, PRICE = 0, 1, 2, 3
MB = 1_000_000


@dataclass
class Ask:
    """A request: `units` by rating group, each requested and used; by count."""

    session: str
    type: int
    number: int = 0
    units: dict[int, tuple[dict[str, int] | None, dict[str, int]]] = field(default_factory=dict)
    is_multiple: bool = True
    action: int = DEBIT
    subscriber: str = "41790000001"
    correlation: str = ""


@dataclass
class Got:
    """An answer; `services` by rating group: code, granted, validity, final action and where to."""

    code: int
    services: dict[int, dict[str, Any]] = field(default_factory=dict)
    has_credit: bool | None = None
    cost: Decimal | None = None


class Caller(Protocol):
    """Whoever can ask."""

    def ask(self, ask: Ask) -> Got:
        """The answer."""

    def top_up(self, amount: str) -> None:
        """Money comes to the account, which has none at first."""

    def left(self) -> tuple[Decimal, Decimal]:
        """What is available, and what is set aside."""


def seconds(number: int) -> dict[str, int]:
    return {"time": number}


def flow_1_access_by_sessions(caller: Caller) -> None:
    """Initial, update, termination: used units are debited, the rest comes back."""
    caller.top_up("5")
    first = caller.ask(Ask("i", INITIAL, 0, {1: (seconds(200), {})}))
    assert (first.code, first.services[1]["granted"]) == (2001, seconds(200))
    assert first.services[1]["validity"] == 1140
    assert first.services[1]["threshold"] == seconds(20)
    assert caller.left() == (Decimal(3), Decimal(2))
    again = caller.ask(Ask("i", INITIAL, 0, {1: (seconds(200), {})}))
    assert again == first
    assert caller.left() == (Decimal(3), Decimal(2))
    more = caller.ask(Ask("i", UPDATE, 1, {1: (seconds(200), seconds(200))}))
    assert more.services[1]["granted"] == seconds(200)
    assert caller.left() == (Decimal(1), Decimal(4))
    last = caller.ask(Ask("i", TERMINATION, 2, {1: (None, seconds(50))}))
    assert last.code == 2001
    assert caller.left() == (Decimal("2.50"), Decimal(0))
    gone = caller.ask(Ask("i", UPDATE, 3, {1: (seconds(200), {})}))
    assert gone.code == 5002


def flow_2_a_call_without_multiple_services(caller: Caller) -> None:
    """The units stand in the request itself, their rating group is the Service-Identifier."""
    caller.top_up("5")
    first = caller.ask(Ask("ii", INITIAL, 0, {1: ({}, {})}, is_multiple=False))
    assert (first.code, first.services[0]["granted"]) == (2001, seconds(100))
    caller.ask(Ask("ii", UPDATE, 1, {1: ({}, seconds(100))}, is_multiple=False))
    caller.ask(Ask("ii", TERMINATION, 2, {1: (None, seconds(30))}, is_multiple=False))
    assert caller.left() == (Decimal("3.70"), Decimal(0))


def flow_3_a_message_is_debited(caller: Caller) -> None:
    caller.top_up("0.80")
    one = {"service_units": 1}
    first = caller.ask(Ask("iii", EVENT, 0, {2: (one, {})}))
    assert (first.code, first.services[2]["granted"]) == (2001, one)
    assert caller.ask(Ask("iii", EVENT, 0, {2: (one, {})})) == first
    assert caller.left() == (Decimal("0.30"), Decimal(0))
    second = caller.ask(Ask("iii-2", EVENT, 0, {2: (one, {})}))
    assert (second.code, second.services[2]["code"]) == (4012, 4012)
    unknown = caller.ask(Ask("iii-3", EVENT, 0, {2: (one, {})}, subscriber="999"))
    assert unknown.code == 5030
    unrated = caller.ask(Ask("iii-4", EVENT, 0, {77: (one, {})}))
    assert unrated.code == 5031
    free = caller.ask(Ask("iii-5", EVENT, 0, {5: (one, {})}))
    assert free.code == 4011


def flow_4_a_balance_is_checked_first(caller: Caller) -> None:
    """And what was debited for a message that was never delivered is given back."""
    caller.top_up("0.80")
    one, two = {"service_units": 1}, {"service_units": 2}
    enough = caller.ask(Ask("iv", EVENT, 0, {2: (one, {})}, action=CHECK))
    assert (enough.code, enough.has_credit) == (2001, True)
    short = caller.ask(Ask("iv", EVENT, 1, {2: (two, {})}, action=CHECK))
    assert (short.code, short.has_credit) == (2001, False)
    caller.ask(Ask("iv-2", EVENT, 0, {2: (one, {})}))
    assert caller.left() == (Decimal("0.30"), Decimal(0))
    back = caller.ask(Ask("iv-3", EVENT, 0, {}, action=REFUND, correlation="iv-2"))
    assert back.code == 2001
    assert caller.left() == (Decimal("0.80"), Decimal(0))
    caller.ask(Ask("iv-3", EVENT, 0, {}, action=REFUND, correlation="iv-2"))
    assert caller.left() == (Decimal("0.80"), Decimal(0))


def flow_5_a_price_is_enquired(caller: Caller) -> None:
    caller.top_up("5")
    price = caller.ask(Ask("v", EVENT, 0, {1: (seconds(60), {})}, action=PRICE))
    assert (price.code, price.cost) == (2001, Decimal("0.60"))
    assert caller.left() == (Decimal(5), Decimal(0))


def flow_6_a_bonus_is_no_refund(caller: Caller) -> None:
    """A refund gives back what was paid: one that names no debit is refused."""
    caller.top_up("1")
    points = {"service_units": 5}
    bonus = caller.ask(Ask("vi", EVENT, 0, {2: (points, {})}, action=REFUND))
    assert bonus.code == 5005
    assert caller.left() == (Decimal(1), Decimal(0))


def flow_7_service_ends_gracefully(caller: Caller) -> None:
    """The last units are told with where to go; after a top-up the session goes on."""
    caller.top_up("3")
    caller.ask(Ask("vii", INITIAL, 0, {1: (seconds(200), {})}, is_multiple=False))
    final = caller.ask(Ask("vii", UPDATE, 1, {1: (seconds(200), seconds(200))}, is_multiple=False))
    assert final.services[0]["granted"] == seconds(100)
    assert final.services[0]["final"] == (1, 2, "https://top-up.example.net")
    asked = {1: (seconds(200), seconds(100))}
    used_up = caller.ask(Ask("vii", UPDATE, 2, asked, is_multiple=False))
    assert used_up.code == 2001
    assert "granted" not in used_up.services[0]
    assert used_up.services[0]["validity"] == 1140
    caller.top_up("2")
    more = caller.ask(Ask("vii", UPDATE, 3, {1: (seconds(100), {})}, is_multiple=False))
    assert more.services[0]["granted"] == seconds(100)
    caller.ask(Ask("vii", TERMINATION, 4, {1: (None, seconds(40))}, is_multiple=False))
    assert caller.left() == (Decimal("1.60"), Decimal(0))


def flow_8_services_begin_and_end_in_one_session(caller: Caller) -> None:
    caller.top_up("5")
    mb = {"total_volume": 10 * MB}
    first = caller.ask(Ask("viii", INITIAL, 0, {3: (mb, {})}))
    assert first.services[3]["granted"] == mb
    second = caller.ask(Ask("viii", UPDATE, 1, {4: (mb, {})}))
    assert second.services[4]["granted"] == mb
    assert caller.left() == (Decimal(2), Decimal(3))
    third = caller.ask(Ask("viii", UPDATE, 2, {3: (mb, mb), 1: (seconds(50), {})}))
    assert {each["code"] for each in third.services.values()} == {2001}
    used = {3: (None, {"total_volume": 3 * MB}), 4: (None, {"total_volume": 2 * MB})}
    assert caller.ask(Ask("viii", TERMINATION, 3, used)).code == 2001
    # 13 MB at 0.10, 2 MB at 0.20.
    assert caller.left() == (Decimal("3.30"), Decimal(0))


def flow_9_services_share_one_balance(caller: Caller) -> None:
    """Pools by multipliers are a client's way to share what was granted; here the balance is the
    pool: each grant takes what the others have left, and what one gives back the other may use."""
    caller.top_up("1.10")
    first = caller.ask(Ask("ix", INITIAL, 0, {3: ({"total_volume": 5 * MB}, {})}))
    assert first.services[3]["granted"] == {"total_volume": 5 * MB}
    second = caller.ask(Ask("ix", UPDATE, 1, {1: (seconds(100), {})}))
    assert second.services[1]["granted"] == seconds(60)
    assert second.services[1]["final"][0] == 1
    third = caller.ask(Ask("ix", UPDATE, 2, {4: ({"total_volume": MB}, {})}))
    assert (third.code, third.services[4]["code"]) == (2001, 4012)
    back = {3: (None, {"total_volume": 2 * MB}), 1: (seconds(30), seconds(60))}
    fourth = caller.ask(Ask("ix", UPDATE, 3, back))
    assert fourth.services[1]["granted"] == seconds(30)
    assert caller.ask(Ask("ix", TERMINATION, 4, {1: (None, seconds(30))})).code == 2001
    assert caller.left() == (Decimal(0), Decimal(0))


FLOWS = [each for name, each in sorted(globals().items()) if name.startswith("flow_")]
