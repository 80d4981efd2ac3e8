"""Outcomes, from their words."""

from connectors.catalog.forms.outcomes import OutcomeForm
from connectors.catalog.resolution.dates import duration_of
from streams.model.session import OutcomeRule


def outcome_rule(words: OutcomeForm) -> OutcomeRule:
    """The rule of an outcome."""
    return OutcomeRule(
        id=words.id,
        usage_type=words.usage_type,
        unit=words.unit,
        session=words.session,
        event=words.event,
        events=words.events,
        resolved=words.resolved,
        reopened=words.reopened,
        monthly=words.at_most.every == "month",
        kept=duration_of(words.closes_after),
    )
