"""Rate decks: what a line says is what a call costs; mistakes are told by line and field."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.catalog.importers.folder import SourceRefused
from connectors.catalog.load import load_catalog
from connectors.errors import Refused
from streams.model.instant import instant_of
from tests.connectors.importers.charged import Charged, imported

DECK = """\
Prefix;Destination;Rate;Increments;Effective;Connect_fee
41;Switzerland;0.06;1/1;2025-01-01;
4179;"Switzerland; Mobile";0.12;60/60;2025-01-01;0.05
4179;"Switzerland; Mobile";0.60;30/6;2025-06-01;
44;UK;0.30;1;;
4420;UK;0.60;1;;
"""


def deck(tmp_path: Path, text: str) -> Path:
    source = tmp_path / "deck.csv"
    source.write_text(text)
    return source


def at(day: str) -> int:
    return instant_of(datetime.fromisoformat(day).replace(tzinfo=UTC))


@pytest.mark.parametrize(
    ("called", "day", "seconds", "amount"),
    [
        ("41443334455", "2025-03-01", 61, "0.061"),
        ("41791234567", "2025-05-31", 61, "0.29"),
        ("41791234567", "2025-06-01", 30, "0.3"),
        ("41791234567", "2025-06-01", 31, "0.36"),
        ("447700900123", "2025-03-01", 10, "0.05"),
        ("442071234567", "2025-03-01", 10, "0.1"),
    ],
)
def test_a_call_costs_what_its_line_says(
    tmp_path: Path, called: str, day: str, seconds: int, amount: str
) -> None:
    charged = Charged(imported("rate-deck", deck(tmp_path, DECK), tmp_path / "out"))
    assert charged.amount(at(day), {"s": seconds}, called=called) == Decimal(amount)


def test_zones_are_named_by_destination_and_numbered_by_rate(tmp_path: Path) -> None:
    catalog = load_catalog(imported("rate-deck", deck(tmp_path, DECK), tmp_path / "out"))
    (unit,) = catalog.zone_units
    names = {"switzerland", "switzerland_mobile", "switzerland_mobile.2", "uk", "uk.2"}
    assert {row.zone for row in unit.rows} == names


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a,b\n1,2\n", "deck.csv:1: error: prefix 'a,b': the header names no such column"),
        ("prefix,zone,rate\n", "deck.csv:1: error: no line below the header"),
        ("prefix,zone,rate\n41,CH,x\n", "deck.csv:2: error: rate 'x': expected a number"),
        ("prefix,zone,rate\n41,CH,-1\n", "deck.csv:2: error: rate '-1': expected a number"),
        ("prefix,zone,rate\n41,CH,\n", "deck.csv:2: error: rate '': expected a number"),
        ("prefix,zone,rate\n41,,1\n", "deck.csv:2: error: zone '': expected text"),
        ("prefix,zone,rate\n4*,CH,1\n", "deck.csv:2: error: prefix '4*': expected the first"),
        ("prefix,zone,rate\n41,CH\n", "deck.csv:2: error: expected 3 fields, found 2"),
        ("prefix,zone,rate,from\n41,CH,1,1.2.25\n", "from '1.2.25': expected a date"),
        (
            "prefix,zone,rate,from,until\n41,CH,1,2025-02-01,2025-01-01\n",
            "until '2025-01-01': expected a date after `from`",
        ),
        ("prefix,zone,rate,increments\n41,CH,1,0/1\n", "increments '0/1': expected seconds"),
        ("prefix,zone,rate\n41,CH,1\n41,CH,2\n", "deck.csv:3: error: prefix '41': line 2 has it"),
        (
            "prefix,zone,rate,from,until\n41,CH,1,2025-01-01,2025-03-01\n41,CH,2,2025-02-01,\n",
            "deck.csv:3: error: from '41': line 2 has it until after that",
        ),
    ],
)
def test_mistakes_are_told_by_line_field_and_value(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(SourceRefused) as refused:
        imported("rate-deck", deck(tmp_path, text), tmp_path / "out")
    assert told in str(refused.value)
    assert not (tmp_path / "out").exists()


def test_a_source_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourceRefused, match="No such file"):
        imported("rate-deck", tmp_path / "none.csv", tmp_path / "out")


def test_a_folder_with_a_catalog_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "catalog.yaml").write_text("tenant: mine\n")
    with pytest.raises(Refused, match=r"already has catalog\.yaml"):
        imported("rate-deck", deck(tmp_path, DECK), tmp_path)
    assert (tmp_path / "catalog.yaml").read_text() == "tenant: mine\n"
