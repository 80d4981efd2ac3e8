"""Taxes: a percent of what is charged, told apart by the class of what is taxed."""

from tests.cases.draft import Draft, slug
from tests.cases.fields import Fields

RULE = "tax"


def tax_percent(draft: Draft, given: Fields) -> None:
    """`tax_percent`: one tax on everything."""
    draft.section("taxes", {"id": "tax", "percent": given.take("tax_percent")})


def tax_class(draft: Draft, percent: str) -> str:
    """The class of what is taxed at this percent, with its tax."""
    name = slug(f"taxed-{percent}")
    draft.section("taxes", {"id": name, "percent": percent, "when": {"tax_class": name}})
    return name
