"""The pages of docs/reference say what the code says."""

import pytest

from infra.reference import FOLDER, PAGES
from infra.reference.codes import COMMANDS, DROPS, REJECTS, VERDICTS
from streams.outcome import CommandReason, DropReason, RejectReason, Verdict
from topologies.settings import Settings


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_current(name: str) -> None:
    written = (FOLDER / name).read_text()
    assert written == PAGES[name](), "run `make docs` to write the pages anew"


def test_every_code_is_explained() -> None:
    assert set(VERDICTS) == set(Verdict)
    assert set(DROPS) == set(DropReason)
    assert set(REJECTS) == set(RejectReason)
    assert set(COMMANDS) == set(CommandReason)


def test_every_setting_is_explained() -> None:
    assert not [name for name, field in Settings.model_fields.items() if not field.description]


def test_every_command_and_option_is_explained() -> None:
    page = PAGES["commands.md"]()
    assert "|  |" not in page, "an option has no help"
    assert "\n\n\n" not in page, "a command has no help"


def test_every_metric_is_explained() -> None:
    page = PAGES["metrics.md"]()
    assert " |  |\n" not in page, "a metric does not say which question it answers"
