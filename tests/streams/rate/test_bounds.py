"""Thresholds on an account's money: levels as the account's limit is written, highest first."""

from decimal import Decimal

from streams.model.account import Account, Payment
from streams.model.catalog import Catalog, Threshold
from streams.rate.bounds import MoneyBounds
from streams.rate.plan import compile_catalog

_ALL = (
    Threshold(id="low", on="balance", levels=(Decimal(5),), resource="CHF"),
    Threshold(id="full", on="credit_use", percents=(Decimal(100),), resource="CHF"),
    Threshold(id="half", on="credit_use", percents=(Decimal(50),), resource="CHF"),
    Threshold(id="elsewhere", on="balance", levels=(Decimal(1),), resource="USD"),
    Threshold(id="used", on="allowance", percents=(Decimal(80),), resource="CHF"),
)
BOUNDS = MoneyBounds(_ALL)


def account(payment: Payment, limit: str | None = None) -> Account:
    credit_limit = None if limit is None else Decimal(limit)
    return Account("t", "ada", "ada", payment, "CHF", "UTC", credit_limit)


def test_a_postpaid_account_is_watched_by_what_it_owes() -> None:
    bounds = BOUNDS.of(account("postpaid", "200"))
    assert [(bound.level.threshold, bound.balance) for bound in bounds] == [
        ("half", -100),
        ("full", -200),
    ]
    assert [bound.value(Decimal(-150)) for bound in bounds] == [150, 150]


def test_a_prepaid_account_is_watched_by_what_is_left() -> None:
    (bound,) = BOUNDS.of(account("prepaid"))
    assert (bound.level.threshold, bound.balance, bound.value(Decimal(3))) == ("low", 5, 3)


def test_a_postpaid_account_without_a_limit_has_no_bounds() -> None:
    assert BOUNDS.of(account("postpaid")) == ()


def test_equal_limits_keep_their_own_digits() -> None:
    """A level is told as its own account's limit is written, whoever was asked for before."""
    for limit in ("100", "100.00", "1E+2"):
        (_, full) = BOUNDS.of(account("postpaid", limit))
        assert str(full.level.at) == str(
            MoneyBounds(_ALL).of(account("postpaid", limit))[1].level.at
        )
    assert (
        len({str(BOUNDS.of(account("postpaid", text))[1].level.at) for text in ("7", "7.00")}) == 2
    )


def test_bounds_that_differ_in_their_last_digit_alone_stand_in_their_order() -> None:
    finer = Decimal("50.00000000000000000000000000000001")
    levels = {"later": finer, "sooner": Decimal(50)}
    bounds = MoneyBounds(
        Threshold(id=name, on="credit_use", percents=(level,), resource="CHF")
        for name, level in levels.items()
    ).of(account("postpaid", "200"))
    assert [bound.level.threshold for bound in bounds] == ["sooner", "later"]


def test_the_first_whole_number_that_reaches_a_threshold_on_an_allowance() -> None:
    catalog = Catalog(
        tenant="t",
        currencies=(),
        usage_types=(),
        price_plans=(),
        thresholds=(
            Threshold(id="most", on="allowance", percents=(Decimal(80),), resource="free"),
            Threshold(id="half", on="allowance", percents=(Decimal(50),), resource="free"),
        ),
    )
    thresholds = compile_catalog(catalog).thresholds
    # Half of 100 is reached by 50, not by 49; half of 5, which is 2.5, by 3.
    firsts = [
        thresholds.first_of_allowance("free", granted) for granted in (100, 5, 1, Decimal("0.5"))
    ]
    assert firsts == [50, 3, 1, 1]
    levels = thresholds.of_allowance("free", 5)
    assert [(each.level.mark, each.used) for each in levels] == [
        ("most", 4),
        ("half", Decimal("2.5")),
    ]
