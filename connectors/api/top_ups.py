"""What a billing system answers to requests for money, by the door.

The command's id is made from the request, so an answer may be sent as often as it takes.
"""

from typing import Final

from connectors.api.commands import Asked, Form, command_route, known_root, name, reason
from connectors.api.route import ACCOUNT
from streams.model.balance_command import AnswerTopUp

REQUEST: Final = f"{ACCOUNT}/top-up-requests/{{request}}"


class PaidForm(Form):
    """The money has come. `reference` is what the payment is known by."""

    reference: str


class DeclinedForm(Form):
    """No money comes."""

    reason: str = ""


def answer_id(request: str, *, is_paid: bool) -> str:
    """The id of the command that answers a request."""
    return f"answer/{request}/{'paid' if is_paid else 'declined'}"


def top_up_paid(form: PaidForm, asked: Asked) -> AnswerTopUp:
    """The money is booked, once, also where the request has expired meanwhile."""
    return _answer(asked, is_paid=True, reference=name(form.reference, "reference"))


def top_up_declined(form: DeclinedForm, asked: Asked) -> AnswerTopUp:
    """No other is asked for before the time of this request is over."""
    return _answer(asked, is_paid=False, reference=reason(form.reason))


def _answer(asked: Asked, *, is_paid: bool, reference: str) -> AnswerTopUp:
    request = name(asked.request, "request")
    return AnswerTopUp(
        answer_id(request, is_paid=is_paid),
        asked.tenant,
        asked.account,
        known_root(asked),
        request,
        is_paid,
        asked.at,
        reference,
    )


ROUTES: Final = (
    command_route(
        f"{REQUEST}/paid", PaidForm, top_up_paid, summary="The money that was asked for has come"
    ),
    command_route(
        f"{REQUEST}/declined",
        DeclinedForm,
        top_up_declined,
        summary="The money that was asked for does not come",
    ),
)
