"""The words of a scenario file. A word that is not here is an error, never ignored."""

from typing import Annotated

from msgspec import Meta, Struct

from connectors.catalog.form import CatalogFile
from infra.scenario.step_form import AccountForm, StepForm
from infra.scenario.then_form import ThenForm
from infra.scenario.times import Time

SCHEMA_NAME = "scenario.schema.json"
SCHEMA_TITLE = "Vivace scenario file"

Sides = dict[str, dict[str, tuple[str, ...]]]
"""By rule and boundary: sides."""


class GivenForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is there before: accounts, the partition's time, how many partitions."""

    accounts: tuple[AccountForm, ...] = ()
    time: Time | None = None
    partitions: int = 1


class ScenarioForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One scenario: `it` says what holds.

    `use` names a catalog folder, relative to the file; `catalog` holds a catalog's sections here,
    and what it names takes the place of a section of `use`. `shows` says which sides of which
    boundaries of which rules it shows. `core_only` says why it cannot run `--live`. With `focus`
    only such scenarios run, with `skip` it does not; both fail the run.
    """

    it: Annotated[str, Meta(min_length=1)]
    shows: Sides = {}
    use: str | None = None
    catalog: CatalogFile | None = None
    given: GivenForm = GivenForm()
    when: tuple[StepForm, ...]
    then: ThenForm
    core_only: str | None = None
    focus: bool = False
    skip: str | None = None
