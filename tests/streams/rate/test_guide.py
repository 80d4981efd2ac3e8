"""Who pays is looked up again as soon as the state says that something about it has changed."""

from streams.memory import MemoryState
from streams.model.account import Account, Service, ServiceAssignment
from streams.model.catalog import Catalog, CurrencyRule
from streams.model.commission import PARTNER_TIER
from streams.model.instant import BEGINNING
from streams.model.partner import Partner
from streams.model.status import StatusMark
from streams.model.usage import UsageRecord
from streams.outcome import Reject
from streams.rate.guide import Elsewhere, Guide, find_assignment
from streams.rate.payer import Payer
from streams.rate.plan import compile_catalog
from streams.rate.ranked_guide import new_guide
from streams.state import Table

RECORD = UsageRecord(
    b"0" * 16, "t", "s", "e", 0, 0, 0, "x", "key", "one", 1000, 1000, (), {}
)  # fmt: skip
PLAN = compile_catalog(
    Catalog(
        tenant="t",
        currencies=(CurrencyRule(code="EUR", digits=2, rounding="half_up"),),
        usage_types=(),
        price_plans=(),
    )
)


class Watched(MemoryState):
    """A state that tells of changes when it is asked to."""

    __slots__ = ("told",)

    def __init__(self) -> None:
        super().__init__()
        self.told = object()
        for name in ("one", "two"):
            account = Account("t", name, name, "postpaid", "EUR", "UTC")
            self.put(Table.ACCOUNTS, f"t\0{name}".encode(), account)

    def paying(self) -> object:
        return self.told

    def assign(self, *accounts: tuple[str, int, int]) -> None:
        assigned = tuple(
            ServiceAssignment(name, name, "sub", "plan", start, end)
            for name, start, end in accounts
        )
        self.put(Table.SERVICES, b"t\0key", Service("t", "key", assigned))


def payer(guide: Guide, state: Watched) -> str:
    found = guide.payer_of(RECORD, state, state.paying())
    assert isinstance(found, Payer)
    return found.account.account


def test_a_change_that_is_told_is_seen() -> None:
    state, guide = Watched(), Guide(PLAN)
    state.assign(("one", BEGINNING, 5000))
    assert payer(guide, state) == payer(guide, state) == "one"
    state.assign(("two", BEGINNING, 5000))
    state.told = object()
    assert payer(guide, state) == "two"
    state.assign(("one", BEGINNING, 5000))
    assert guide.payer_of(RECORD, state).account.account == "one"  # type: ignore[union-attr]


def test_an_answer_counts_within_its_assignment_alone() -> None:
    state, guide = Watched(), Guide(PLAN)
    state.assign(("one", 1000, 1001))
    assert payer(guide, state) == "one"
    for at in (999, 1001):
        moved = UsageRecord(
            b"1" * 16, "t", "s", "e", 0, 0, 0, "x", "key", "one", at, at, (), {}
        )  # fmt: skip
        assert not isinstance(guide.payer_of(moved, state, state.paying()), Payer)


def test_of_several_assignments_none_is_kept() -> None:
    state, guide = Watched(), Guide(PLAN)
    state.assign(("one", BEGINNING, 1001), ("two", 1001, 5000))
    assert payer(guide, state) == "one"
    state.assign(("two", BEGINNING, 1001), ("one", 1001, 5000))
    assert payer(guide, state) == "two"


def at(instant: int) -> UsageRecord:
    return UsageRecord(
        b"2" * 16, "t", "s", "e", 0, 0, 0, "x", "key", "one", instant, instant, (), {}
    )  # fmt: skip


def test_why_nobody_pays() -> None:
    state, guide = Watched(), Guide(PLAN)

    def told(instant: int) -> tuple[str, str]:
        found = guide.payer_of(at(instant), state)
        assert isinstance(found, Reject)
        assert found.field in ("", "service_id")
        return str(found.reason), found.lacks

    assert told(1000) == ("unknown_service", "service:t:key")
    state.assign(("one", 1000, 2000), ("two", 3000, 4000), ("one", 3500, 3600))
    assert told(999) == ("not_yet_active", "service:t:key")
    assert told(2000) == ("service_ended", "service:t:key")
    assert told(3500) == ("ambiguous_service", "service:t:key")
    assert told(4000) == ("service_ended", "service:t:key")
    state.assign(("three", 1000, 2000))
    assert told(1000) == ("unknown_account", "account:t:three")


def test_after_its_end_a_service_is_where_its_last_assignment_has_moved_to() -> None:
    state = Watched()
    assigned = (
        ServiceAssignment("one", "one", "sub", "plan", 3000, 4000, moved_to="there"),
        ServiceAssignment("one", "one", "sub", "plan", 1000, 2000),
        ServiceAssignment("one", "one", "sub", "plan", 5000, 6000, moved_to="later"),
    )
    state.put(Table.SERVICES, b"t\0key", Service("t", "key", assigned))
    assert find_assignment(at(1500), state) == assigned[1]
    assert isinstance(find_assignment(at(2000), state), Reject)
    assert find_assignment(at(4000), state) == Elsewhere("there")
    assert find_assignment(at(6000), state) == Elsewhere("later")


RANKED = compile_catalog(
    Catalog(
        tenant="t",
        currencies=(CurrencyRule(code="EUR", digits=2, rounding="half_up"),),
        usage_types=(),
        price_plans=(),
        partners=(
            Partner(id="acme", currency="EUR", tier="gold"),
            Partner(id="shop", currency="EUR"),
        ),
    )
)


def test_accounts_know_the_tier_of_their_partner() -> None:
    state, guide = Watched(), new_guide(RANKED)
    assert isinstance(guide.payer_of(RECORD, state), Reject)
    state.assign(("one", BEGINNING, 5000))

    def told(**attributes: str) -> dict[str, str]:
        account = Account("t", "one", "one", "postpaid", "EUR", "UTC", attributes=attributes)
        state.put(Table.ACCOUNTS, b"t\0one", account)
        first, again = guide.payer_of(RECORD, state), guide.payer_of(RECORD, state)
        assert isinstance(first, Payer)
        assert again is first
        return first.account.attributes

    assert told(city="Bern") == {"city": "Bern"}
    tier = {PARTNER_TIER: "gold"}
    assert told(partner="acme", city="Bern") == {"partner": "acme", "city": "Bern"} | tier
    assert told(partner="acme", city="Basel") == {"partner": "acme", "city": "Basel"} | tier
    assert told(partner="shop") == {"partner": "shop", PARTNER_TIER: ""}
    assert told(partner="nobody") == {"partner": "nobody"}


def test_an_answer_counts_within_the_status_it_was_given_under() -> None:
    state, guide = Watched(), Guide(PLAN)
    assigned = ServiceAssignment("one", "one", "sub", "plan", BEGINNING, 5000)
    statuses = (StatusMark(1000, "active"), StatusMark(2000, "suspended"))
    of_account = (StatusMark(1500, "terminated"), StatusMark(1600, "active"))
    account = Account("t", "one", "one", "postpaid", "EUR", "UTC", statuses=of_account)
    state.put(Table.ACCOUNTS, b"t\0one", account)
    state.put(Table.SERVICES, b"t\0key", Service("t", "key", (assigned,), statuses=statuses))
    told = []
    for instant in (999, 1000, 1499, 1500, 1599, 1600, 1999, 2000):
        found = guide.payer_of(at(instant), state, state.paying())
        told.append(found.reason.value if isinstance(found, Reject) else "paid")
    assert told == [
        "paid", "paid", "paid", "account_terminated", "account_terminated", "paid", "paid",
        "service_suspended",
    ]  # fmt: skip
    found = guide.payer_of(at(1600), state)
    assert isinstance(found, Payer)
    assert (found.start, found.end) == (1600, 2000)
