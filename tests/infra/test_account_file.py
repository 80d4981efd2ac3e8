"""Accounts from a file: commands by rows, every problem at once, ids made from their cause."""

from decimal import Decimal
from pathlib import Path

import pytest

from infra.account_file import COLUMNS, read_account_file
from streams.model.balance_command import TopUp
from streams.model.command import AssignService, PutAccount
from streams.model.instant import BEGINNING, FOREVER

HEADER = "account,payment,currency,time_zone,credit_limit,service_id,price_plan,start,top_up\n"


def write(folder: Path, text: str) -> Path:
    path = folder / "accounts.csv"
    path.write_text(text)
    return path


def test_a_row_makes_an_account_its_service_and_its_money(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER + "acc-1,prepaid,CHF,Europe/Zurich,,key-1,basic,,20.50\n")
    commands, problems = read_account_file(path, tenant="acme", at=7)
    assert problems == []
    put, assign, top_up = commands
    assert isinstance(put, PutAccount)
    assert (put.account, put.root, put.credit_limit) == ("acc-1", "acc-1", None)
    assert isinstance(assign, AssignService)
    assert (assign.service_id, assign.subscription) == ("key-1", "key-1")
    assert (assign.start, assign.end) == (BEGINNING, FOREVER)
    assert isinstance(top_up, TopUp)
    assert (top_up.amount, top_up.occurred_at) == (Decimal("20.50"), 7)
    again, _ = read_account_file(path, tenant="acme", at=7)
    assert again == commands
    assert len({command.command_id for command in commands}) == 3


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("acc,prepaid,CHF,UTC,,,,,", ""),
        (",prepaid,CHF,UTC,,,,,", "account is empty"),
        ("acc,later,CHF,UTC,,,,,", "payment is 'later'"),
        ("acc,prepaid,CHF,Mars/Base,,,,,", "no time zone"),
        ("acc,postpaid,CHF,UTC,NaN,,,,", "not an amount"),
        ("acc,postpaid,CHF,UTC,-1,,,,", "not an amount"),
        ("acc,postpaid,CHF,UTC,many,,,,", "not a number"),
        ("acc,prepaid,CHF,UTC,,key,,,", "has no price_plan"),
        ("acc,prepaid,CHF,UTC,,key,basic,yesterday,", "no date"),
        ("acc,prepaid,CHF,UTC,,,,,0", "not an amount"),
        ("acc,prepaid,CHF", "another number of cells"),
        ("acc,prepaid,CHF,UTC,,,,,,,,", "another number of cells"),
    ],
)
def test_a_wrong_cell_is_named_with_its_line(tmp_path: Path, row: str, complaint: str) -> None:
    good = "ok,prepaid,CHF,UTC,,,,,\n"
    commands, problems = read_account_file(
        write(tmp_path, HEADER + good + row + "\n"), tenant="acme", at=0
    )
    if not complaint:
        assert problems == []
        return
    assert commands == []
    (problem,) = problems
    assert problem.line == 3
    assert complaint in problem.message


def test_all_problems_come_at_once(tmp_path: Path) -> None:
    rows = "acc,later,CHF,UTC,,,,,\nacc,prepaid,CHF,Nowhere,,,,,\n"
    _, problems = read_account_file(write(tmp_path, HEADER + rows), tenant="acme", at=0)
    assert [problem.line for problem in problems] == [2, 3]


def test_columns_are_checked_first(tmp_path: Path) -> None:
    _, problems = read_account_file(write(tmp_path, "account,colour\n"), tenant="acme", at=0)
    texts = " ".join(problem.message for problem in problems)
    assert "'colour'" in texts
    assert "'payment' is missing" in texts
    assert all(name in texts for name in COLUMNS)


def test_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"\xff\xfe\x00")
    commands, problems = read_account_file(path, tenant="acme", at=0)
    assert commands == []
    assert "UTF-8" in problems[0].message


def test_other_columns_say_what_the_account_is(tmp_path: Path) -> None:
    header = "account,payment,currency,time_zone,account.segment,account.country\n"
    path = write(tmp_path, header + "ada,prepaid,CHF,UTC,gold,CH\nbob,prepaid,CHF,UTC,,CH\n")
    commands, problems = read_account_file(path, tenant="acme", at=0)
    assert problems == []
    attributes = [command.attributes for command in commands if isinstance(command, PutAccount)]
    assert attributes == [{"segment": "gold", "country": "CH"}, {"country": "CH"}]
