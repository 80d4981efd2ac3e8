"""Look-up table: an attribute's value → what the catalog calls it, such as a model's alias."""

from collections.abc import Callable

from streams.model.event import UsageEvent
from streams.model.mediation import LookupRule
from streams.outcome import Reject, RejectReason
from streams.plain.values import shown


def compile_lookup(rule: LookupRule) -> Callable[[UsageEvent], Reject | None]:
    """The enricher of a look-up rule; an absent attribute stays absent."""
    attribute, values, keep = rule.attribute, rule.values, rule.missing == "keep"

    def look_up(event: UsageEvent) -> Reject | None:
        given = event.attributes.get(attribute)
        if given is None:
            return None
        found = values.get(given)
        if found is not None:
            event.attributes[attribute] = found
        elif not keep:
            detail = f"{attribute} is {shown(given)}, which its table does not have"
            return Reject(RejectReason.RULE_FAILED, detail, attribute)
        return None

    return look_up
