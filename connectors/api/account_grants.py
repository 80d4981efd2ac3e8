"""Grants of allowances by the door: given to one account, and taken back."""

from decimal import Decimal
from typing import Final

from msgspec import Struct

from connectors.api.commands import (
    NAME_LENGTH_MAX,
    Asked,
    Form,
    WrongField,
    amount,
    command_route,
    instant,
    known_root,
    limit,
    name,
    span,
)
from connectors.api.route import ACCOUNT
from streams.model.account_period import BILLING_CYCLE, Recurrence, recurring
from streams.model.balance_command import GrantAllowance, VoidGrant
from streams.model.billing_period import BillingPeriod
from streams.model.grant import RollOver

PERIODS_MAX: Final = 1000
PRODUCTS_MAX: Final = 100


class RollOverTerms(Struct, kw_only=True, forbid_unknown_fields=True):
    """How much of a period's rest rolls over, for how many periods. null: no bound."""

    quantity: Decimal | None = None
    percent: Decimal | None = None
    periods: int = 1


class GrantForm(Form):
    """So much of an allowance, from `start` (now) until `end` (never), once or for each `every`.

    `grant` is its id in the account. A start in the past does not change what was charged.
    `anchor` is when a period begins; bill units have theirs in the account's profile. `priority`
    null: that of the allowance. With `renews_for`, each period after the first costs so much of the
    account's money, or does not come.
    """

    grant: str
    allowance: str
    quantity: Decimal
    start: str = ""
    end: str = ""
    priority: int | None = None
    products: tuple[str, ...] = ()
    every: Recurrence | None = None
    anchor: str = ""
    roll_over: RollOverTerms | None = None
    renews_for: Decimal | None = None
    reason: str = ""


class VoidForm(Form):
    """What is left of the grant goes back, above what it `keeps`; what was used stays used."""

    grant: str
    reason: str = ""
    keeps: Decimal | None = None


def grant_allowance(form: GrantForm, asked: Asked) -> GrantAllowance:
    """The grant, for good: its id is never forgotten."""
    start, end = span(form.start, form.end, asked.at, what="A grant")
    if len(form.products) > PRODUCTS_MAX:
        raise WrongField("products", f"A grant has at most {PRODUCTS_MAX} products.")
    return GrantAllowance(
        asked.command_id,
        asked.tenant,
        asked.account,
        known_root(asked),
        name(form.grant, "grant"),
        name(form.allowance, "allowance"),
        amount(form.quantity, "quantity"),
        start,
        end,
        _reason(form.reason),
        form.priority,
        tuple(name(each, "products") for each in form.products),
        _recurrence(form),
        _roll_over(form),
        _renews_for(form),
    )


def void_grant(form: VoidForm, asked: Asked) -> VoidGrant:
    """The grant is void from now on, or keeps so much and goes on."""
    return VoidGrant(
        asked.command_id,
        asked.tenant,
        asked.account,
        known_root(asked),
        name(form.grant, "grant"),
        asked.at,
        _reason(form.reason),
        None if form.keeps is None else limit(form.keeps, "keeps"),
    )


def _recurrence(form: GrantForm) -> BillingPeriod | None:
    if form.every is None:
        if form.anchor:
            raise WrongField("anchor", "Only a grant for each period has an anchor.")
        return None
    if form.every == BILLING_CYCLE and form.anchor:
        raise WrongField("anchor", "Bill units begin as the account's billing profile says.")
    return recurring(form.every, instant(form.anchor, "anchor", 0) if form.anchor else None)


def _roll_over(form: GrantForm) -> RollOver | None:
    terms = form.roll_over
    if terms is None:
        return None
    if form.every is None:
        raise WrongField("roll_over", "Only a grant for each period rolls over.")
    if not 1 <= terms.periods <= PERIODS_MAX:
        raise WrongField("roll_over.periods", f"Expected 1 to {PERIODS_MAX} periods.")
    for bound in ("quantity", "percent"):
        value: Decimal | None = getattr(terms, bound)
        if value is not None:
            amount(value, f"roll_over.{bound}")
    return RollOver(quantity=terms.quantity, percent=terms.percent, periods=terms.periods)


def _renews_for(form: GrantForm) -> Decimal | None:
    if form.renews_for is None:
        return None
    if form.every is None:
        raise WrongField("renews_for", "Only a grant for each period renews itself.")
    return amount(form.renews_for, "renews_for")


def _reason(text: str) -> str:
    if len(text) > NAME_LENGTH_MAX:
        raise WrongField("reason", f"A reason has at most {NAME_LENGTH_MAX} characters.")
    return text


ROUTES: Final = (
    command_route(
        f"{ACCOUNT}/grants", GrantForm, grant_allowance, summary="Grant so much of an allowance"
    ),
    command_route(
        f"{ACCOUNT}/voids", VoidForm, void_grant, summary="Take back what is left of a grant"
    ),
)
