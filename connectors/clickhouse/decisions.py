"""Decisions of budgets and policies as rows of `decisions`."""

from collections.abc import Sequence
from typing import Final

from connectors.clickhouse.columns import Columns, decimals, instants, maps, strings
from connectors.clickhouse.steps import StoredStep, place_columns
from streams.model.decision import Decision
from streams.model.usage import Usage

_TEXTS: Final = (
    "tenant",
    "account",
    "decision_id",
    "service_id",
    "session",
    "verb",
    "rating_group",
    "usage_type",
    "outcome",
    "rule",
    "reason",
    "detail",
    "currency",
)


def decision_columns(steps: Sequence[StoredStep]) -> Columns:
    """Rows of `decisions`."""
    made: list[Decision] = [each for step in steps for each in step.frame.decisions]
    counts = [len(step.frame.decisions) for step in steps]
    return {
        **{name: strings([getattr(each, name) for each in made]) for name in _TEXTS},
        "answer": strings([each.code for each in made]),
        "rule_kind": strings([each.kind for each in made]),
        "budget_level": strings([each.level for each in made]),
        "requested_at": instants([each.at for each in made]),
        "attributes": maps([each.attributes for each in made]),
        "instead": maps([each.instead for each in made]),
        "requested_units": maps([_told(each.requested) for each in made]),
        "granted_units": maps([_told(each.granted) for each in made]),
        "amount": decimals([str(each.amount) for each in made], "decisions.amount"),
        **place_columns(steps, counts, "decided_at"),
    }


def _told(usages: Sequence[Usage]) -> dict[str, str]:
    return {usage.unit: str(usage.quantity) for usage in usages}
