"""Filter rules: expressions over the source record, tried in their order."""

from collections.abc import Callable

from streams.expression import Failure, compile_expression
from streams.model.event import UsageEvent
from streams.model.mediation import FilterRule
from streams.outcome import Drop, DropReason, Reject, RejectReason

Filter = Callable[[UsageEvent], Drop | Reject | None]


def compile_filters(rules: tuple[FilterRule, ...]) -> Filter | None:
    """The filter of a platform; None where it has no rules.

    A rule that cannot be computed for a record (a field is missing, or of another type) rejects it:
    usage is never ignored by accident.
    """
    if not rules:
        return None
    tests = tuple((rule.id, compile_expression(rule.drop_when)) for rule in rules)

    def filter_usage(event: UsageEvent) -> Drop | Reject | None:
        for rule_id, test in tests:
            dropped = test(event.plain)
            if dropped is False:
                continue
            if dropped is True:
                return Drop(DropReason.FILTERED, rule_id)
            cause = dropped.cause if type(dropped) is Failure else "it is neither true nor false"
            return Reject(RejectReason.RULE_FAILED, f"filter {rule_id}: {cause}", rule_id)
        return None

    return filter_usage
