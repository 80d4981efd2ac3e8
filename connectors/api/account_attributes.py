"""Dated attributes by the door: of an account, a subscription or a service id."""

from typing import Final

from connectors.api.commands import (
    NAME_LENGTH_MAX,
    Asked,
    Form,
    WrongField,
    command_route,
    known_root,
    name,
    span,
)
from connectors.api.route import ACCOUNT
from streams.model.command import PutAttributes

VALUES_MAX: Final = 100


class AttributesForm(Form):
    """What attributes are from `start` (now) until `end` (never): the account's, or those of a
    subscription or a service id of it.

    Values are text, read by the types that the catalog declares. What was put for the same start is
    replaced.
    """

    attributes: dict[str, str]
    start: str = ""
    end: str = ""
    subscription: str = ""
    service_id: str = ""
    reason: str = ""


def put_attributes(form: AttributesForm, asked: Asked) -> PutAttributes:
    """The values; whether they are of their types, the account's owner says."""
    if form.subscription and form.service_id:
        raise WrongField("service_id", "Expected either a subscription or a service id.")
    if not 1 <= len(form.attributes) <= VALUES_MAX:
        raise WrongField("attributes", f"Expected 1 to {VALUES_MAX} attributes.")
    if len(form.reason) > NAME_LENGTH_MAX:
        raise WrongField("reason", f"A reason has at most {NAME_LENGTH_MAX} characters.")
    start, end = span(form.start, form.end, asked.at, what="A value")
    return PutAttributes(
        asked.command_id,
        asked.tenant,
        asked.account,
        known_root(asked),
        {
            name(each, "attributes"): name(value, f"attributes.{each}")
            for each, value in form.attributes.items()
        },
        start,
        end,
        name(form.subscription, "subscription") if form.subscription else "",
        name(form.service_id, "service_id") if form.service_id else "",
        form.reason,
    )


ROUTES: Final = (
    command_route(
        f"{ACCOUNT}/attributes",
        AttributesForm,
        put_attributes,
        summary="Say what attributes of an account, a subscription or a service id are, and when",
    ),
)
