"""Filter rules: what they ignore, and that usage is never ignored by accident."""

from typing import Any

import pytest

from connectors.catalog.cel import parse_expression
from streams.filter.rules import compile_filters
from streams.model.event import UsageEvent
from streams.model.mediation import FilterRule
from streams.outcome import Drop, DropReason, Reject, RejectReason


def filtered(plain: dict[str, Any], *rules: str) -> Drop | Reject | None:
    compiled = compile_filters(
        tuple(
            FilterRule(id=f"rule-{number}", drop_when=parse_expression(rule))
            for number, rule in enumerate(rules)
        )
    )
    assert compiled is not None
    return compiled(UsageEvent(plain, "s", "e", "k", 0, 0, (), {}))


def test_record_that_no_rule_names_goes_on() -> None:
    assert filtered({"status": 200}, "status != 200", 'has(test) && test == "yes"') is None


def test_first_rule_that_holds_is_told() -> None:
    assert filtered({"status": 500}, "status == 404", "status >= 500") == Drop(
        DropReason.FILTERED, "rule-1"
    )


@pytest.mark.parametrize(
    ("rule", "cause"),
    [
        ("gone == 1", "filter rule-0: gone is missing"),
        ("status > true", "filter rule-0: > between a number and a bool"),
        ("status + 1", "filter rule-0: it is neither true nor false"),
    ],
)
def test_rule_that_cannot_be_computed_rejects_the_record(rule: str, cause: str) -> None:
    assert filtered({"status": 200}, rule) == Reject(RejectReason.RULE_FAILED, cause, "rule-0")


def test_no_rules_are_no_stage() -> None:
    assert compile_filters(()) is None
