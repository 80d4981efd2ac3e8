"""Each side of each boundary is shown by a scenario, and what the code has stands in the table."""

from pathlib import Path

from connectors.catalog.forms.prices import PriceForm
from infra.scenario.table import read_boundaries, table_of, unknown_sides
from tests.scenarios.test_scenarios import SCENARIOS
from tests.scenarios.words import words_of_the_code

HERE = Path(__file__).parent
BOUNDARIES, PROBLEMS = read_boundaries([HERE])


def test_all_boundaries_can_be_read() -> None:
    assert PROBLEMS == []


def test_what_the_code_has_is_in_the_table() -> None:
    missing = []
    for rule, words in words_of_the_code().items():
        declared = BOUNDARIES.get(rule, {})
        missing += [rule] if not declared else []
        for word, sides in words.items():
            absent = sides - set(declared.get(word, ()))
            if absent or not declared.get(word):
                missing.append(f"{rule}.{word}: {' '.join(sorted(absent))}")
    assert missing == [], (
        "name their boundaries and sides in tests/scenarios/boundaries.yaml"
        " and show them by `shows` in scenarios"
    )


def test_no_cell_is_empty() -> None:
    cells = table_of(BOUNDARIES, SCENARIOS, folder=HERE)
    empty = [f"{cell.rule}.{cell.boundary}: {cell.side}" for cell in cells if not cell.scenarios]
    assert empty == [], "show each side by a scenario that says so in `shows`"


def test_every_side_that_is_shown_is_known() -> None:
    assert [str(problem) for problem in unknown_sides(BOUNDARIES, SCENARIOS)] == []


def test_a_kind_of_price_is_shown_where_one_stands() -> None:
    """A scenario that shows a kind of price has one in the text of its catalog."""
    for scenario in SCENARIOS:
        lines = scenario.path.read_text().splitlines()
        for kind in set(scenario.form.shows) & set(PriceForm.__struct_encode_fields__):
            assert any(f"{kind}:" in line for line in lines if "shows" not in line), (
                f"{scenario.path}:{scenario.line} shows {kind}, and has none"
            )
