"""Outcomes that cannot be: told at their place, with what was expected.

Each mistake is written into a catalog that is sound without it.
"""

from pathlib import Path

import pytest

from connectors.catalog.load import read_catalog
from streams.model.catalog import Catalog, pack_catalog, unpack_catalog

SOUND = """\
tenant: shop
currencies: [{code: CHF}]
usage_types:
  - {id: talk, units: [tokens, solved], attributes: [ticket, event]}
  - {id: call, units: [s]}
outcomes:
  - id: solution
    usage_type: talk
    unit: solved
    session: ticket
    events: [asked, thanked]
    resolved: count.thanked > 0 && sum.tokens < 1000
    reopened: last == "asked"
price_plans:
  - id: plan
    currency: CHF
    offers:
      - {id: talks, usage_type: talk, from: 2020-01-01,
         prices: [{per_unit: {amounts: {solved: 1}}}]}
      - {id: calls, usage_type: call, from: 2020-01-01, prices: [{per_unit: {amounts: {s: 1}}}]}
"""


def read(folder: Path, text: str) -> Catalog | list[str]:
    (folder / "catalog.yaml").write_text(text)
    found = read_catalog(folder)
    return found if isinstance(found, Catalog) else [str(problem) for problem in found]


def test_an_outcome_is_part_of_the_catalog(tmp_path: Path) -> None:
    catalog = read(tmp_path, SOUND)
    assert isinstance(catalog, Catalog), catalog
    assert unpack_catalog(pack_catalog(catalog)) == catalog
    assert not catalog.outcomes[0].monthly


@pytest.mark.parametrize(
    ("sound", "wrong", "told"),
    [
        ("usage_type: talk\n", "usage_type: tlk\n", 'no usage type "tlk"'),
        ("unit: solved", "unit: solvd", 'no unit "solvd"'),
        ("session: ticket", "session: tickt", 'no attribute "tickt"'),
        ("    session", "    event: evnt\n    session", 'no attribute "evnt"'),
        ("[asked, thanked]", "[asked, thanked, asked]", '"asked" stands here twice'),
        ("count.thanked", "count.thankd", 'no event "thankd"'),
        ("sum.tokens", "sum.tokn", 'no unit "tokn"'),
        ("sum.tokens", "sum.solved", 'no unit "solved"'),
        ("sum.tokens < 1000", "cost < 1000", "unknown field cost"),
        ('last == "asked"', "last", "it gives a string, a bool is needed"),
        ("    session", "    closes_after: 0d\n    session", "expected more than nothing"),
        ("{solved: 1}", "{tokens: 1}", "tokens costs nothing by itself"),
        ("{id: talks, usage_type: talk", "{id: talks, usage_type: call", "is sold by no offer"),
        (
            "price_plans:",
            "  - {id: other, usage_type: talk, unit: solved, session: ticket, resolved: 'true'}\n"
            "price_plans:",
            'talk has outcome "solution" already',
        ),
    ],
)
def test_a_mistake_is_told(tmp_path: Path, sound: str, wrong: str, told: str) -> None:
    assert sound in SOUND
    problems = read(tmp_path, SOUND.replace(sound, wrong, 1))
    assert isinstance(problems, list)
    assert any(told in problem for problem in problems), problems
