"""Rating groups and subscribers, from their words."""

from connectors.catalog.forms.rating_groups import RatingGroupForm, SubscriberForm
from streams.model.rating_group import AttributeSource, Count, RatingGroup, SubscriberRule


def rating_group(each: RatingGroupForm) -> RatingGroup:
    """The rating group of a form that has been checked."""
    return RatingGroup(
        each.number,
        each.usage_type,
        tuple(Count(found.count, found.unit, found.per) for found in each.counts),
        each.quota or 0,
        tuple(AttributeSource(found.name, found.sources, found.value) for found in each.attributes),
        each.is_free,
    )


def subscriber_rule(each: SubscriberForm) -> SubscriberRule:
    """The rule of a form that has been checked."""
    return SubscriberRule(each.prefix, each.instead)
