"""Attributes and segments, from their words."""

from msgspec.structs import replace

from connectors.catalog.forms.attributes import AttributeForm, SegmentForm
from streams.model.attribute import Attribute, Segment, read_value


def attribute(each: AttributeForm) -> Attribute:
    """The attribute, its default as its type tells it."""
    plain = plain_attribute(each)
    return replace(plain, default=read_value(plain, each.default) or "")


def plain_attribute(each: AttributeForm) -> Attribute:
    """The attribute by its type alone, whatever its default."""
    return Attribute(name=each.name, of=each.of, type=each.type, values=each.values)


def segment(each: SegmentForm) -> Segment:
    """The segment of a form that has been checked."""
    return Segment(id=each.id, expression=each.expression)
