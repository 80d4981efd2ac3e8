"""Decisions: what was said to a request that budgets or policies have a say in."""

from decimal import Decimal
from typing import Literal

from msgspec import Struct

from streams.model.instant import Instant
from streams.model.money import Currency
from streams.model.usage import Usage

Outcome = Literal["allow", "downgrade", "throttle", "stop"]


class Decision(Struct, frozen=True, array_like=True):
    """What became of one service of a request, and by what; a retry is no other decision.

    `decision_id` is made of the request and the service. `rule` is the budget or the policy that
    decided (empty: none had anything against it), of `kind`; `reason` is its reason code.
    `attributes` are as they were asked with, `instead` what they were changed to. `amount` is what
    is set aside or charged for what was `granted`.
    """

    decision_id: str
    tenant: str
    account: str
    service_id: str
    session: str
    verb: str
    rating_group: str
    usage_type: str
    at: Instant
    outcome: Outcome
    code: str
    kind: str
    rule: str
    level: str
    reason: str
    detail: str
    attributes: dict[str, str]
    instead: dict[str, str]
    requested: tuple[Usage, ...]
    granted: tuple[Usage, ...]
    amount: Decimal
    currency: Currency
