"""Accounts, their service ids and their money by the door, as commands to their owners."""

from decimal import Decimal
from typing import Final

from connectors.api.commands import (
    Asked,
    Form,
    WrongField,
    amount,
    command_route,
    currency,
    instant,
    known_root,
    limit,
    name,
    reason,
    span,
    time_zone,
)
from connectors.api.route import ACCOUNT, SERVICE
from streams.model.account import Payment
from streams.model.balance_command import Adjust, ConvertPoints, TopUp
from streams.model.command import AssignService, EndService, PutAccount, PutStatus
from streams.model.instant import FOREVER, Instant
from streams.model.number_range import wrong_range
from streams.model.status import StatusWord

ATTRIBUTES_MAX: Final = 100
PRODUCTS_MAX: Final = 100
PRIORITY_MAX: Final = 1_000_000


class AccountForm(Form):
    """An account; attributes that are not named are gone. `credit_limit` null: no bound.

    `root` is the account itself where it is neither said nor known.
    """

    payment: Payment
    currency: str
    time_zone: str
    credit_limit: Decimal | None = None
    attributes: dict[str, str] = {}


class AssignmentForm(Form):
    """A service id belongs to an account under a price plan; `start` is now, `end` never.

    With `supplements`, the plan is added to that subscription of the account, and ends with it.
    """

    account: str
    price_plan: str
    subscription: str = ""
    start: str = ""
    end: str = ""
    supplements: str = ""

    def whose(self) -> str:
        """The account that gets it."""
        return self.account


class EndForm(Form):
    """The assignment of a service id ends; `root` is that of the account that has it.

    `moved_to` is the root of the account that has it then.
    """

    end: str = ""
    moved_to: str = ""


class TopUpForm(Form):
    """Money in, in the account's currency: the account's own, a `wallet`'s or a `subscription`'s.

    A new wallet ends at `end`, pays before those of a higher `priority`, and for its `products`.
    """

    amount: Decimal
    currency: str
    reason: str = ""
    occurred_at: str = ""
    wallet: str = ""
    priority: int = 0
    end: str = ""
    products: tuple[str, ...] = ()
    subscription: str = ""


class AdjustmentForm(Form):
    """Money given, or taken where `amount` is below zero, with its reason.

    Above the `approval_limit` of the currency it needs `approved_by`. `reference` is what it
    corrects, such as the id of a top-up.
    """

    amount: Decimal
    currency: str
    reason: str
    reference: str = ""
    approved_by: str = ""
    occurred_at: str = ""
    wallet: str = ""
    subscription: str = ""


class StatusForm(Form):
    """From `start` on (empty: now) an account, or a service id of it, is as `status` says."""

    status: StatusWord
    start: str = ""
    reason: str = ""
    service_id: str = ""


class ConversionForm(Form):
    """So many points become what a `conversion` of the catalog says."""

    conversion: str
    points: Decimal
    occurred_at: str = ""


def put_account(form: AccountForm, asked: Asked) -> PutAccount:
    """The account, as it shall be from now on."""
    if len(form.attributes) > ATTRIBUTES_MAX:
        raise WrongField("attributes", f"An account has at most {ATTRIBUTES_MAX} attributes.")
    for key, value in form.attributes.items():
        name(key, "attributes")
        name(value, f"attributes.{key}")
    bound = form.credit_limit
    return PutAccount(
        asked.command_id,
        asked.tenant,
        asked.account,
        asked.root or asked.account,
        form.payment,
        currency(form.currency, "currency"),
        time_zone(form.time_zone, "time_zone"),
        None if bound is None else limit(bound, "credit_limit"),
        form.attributes,
    )


def assign_service(form: AssignmentForm, asked: Asked) -> AssignService:
    """The service id is the account's from `start` on."""
    account = name(asked.account, "account")
    start, end = span(form.start, form.end, asked.at, what="An assignment")
    if wrong := wrong_range(asked.service_id):
        raise WrongField("service_id", wrong)
    return AssignService(
        asked.command_id,
        asked.tenant,
        asked.service_id,
        account,
        asked.root or account,
        name(form.subscription or asked.service_id, "subscription"),
        name(form.price_plan, "price_plan"),
        start,
        end,
        name(form.supplements, "supplements") if form.supplements else "",
    )


def end_service(form: EndForm, asked: Asked) -> EndService:
    """The assignment in force at `end` ends there."""
    moved_to = name(form.moved_to, "moved_to") if form.moved_to else ""
    end = instant(form.end, "end", asked.at)
    root = name(asked.root, "root")
    return EndService(asked.command_id, asked.tenant, asked.service_id, root, end, moved_to)


def top_up(form: TopUpForm, asked: Asked) -> TopUp:
    """The money, for good: its id is never forgotten."""
    at = instant(form.occurred_at, "occurred_at", asked.at)
    return TopUp(
        asked.command_id,
        asked.tenant,
        asked.account,
        known_root(asked),
        amount(form.amount, "amount"),
        currency(form.currency, "currency"),
        at,
        reason(form.reason),
        *_wallet(form, at),
        _subscription(form),
    )


def _subscription(form: TopUpForm | AdjustmentForm) -> str:
    """Whose money it is, where it is one subscription's."""
    if not form.subscription:
        return ""
    if form.wallet:
        raise WrongField("subscription", "Expected either a wallet or a subscription.")
    return name(form.subscription, "subscription")


def _wallet(form: TopUpForm, at: Instant) -> tuple[str, int, Instant, tuple[str, ...]]:
    """The wallet that is filled, with the terms that it is opened by."""
    end = instant(form.end, "end", FOREVER)
    if not form.wallet:
        for field in ("priority", "end", "products"):
            if getattr(form, field):
                raise WrongField(field, "It is for a wallet.")
        return "", 0, FOREVER, ()
    if end <= at:
        raise WrongField("end", "A wallet ends after it is opened.")
    if abs(form.priority) > PRIORITY_MAX:
        raise WrongField("priority", f"A priority is at most {PRIORITY_MAX}.")
    if len(form.products) > PRODUCTS_MAX:
        raise WrongField("products", f"A wallet has at most {PRODUCTS_MAX} products.")
    products = tuple(name(each, "products") for each in form.products)
    return name(form.wallet, "wallet"), form.priority, end, products


def adjust(form: AdjustmentForm, asked: Asked) -> Adjust:
    """The adjustment; whether it may be, the account's owner says."""
    amount(abs(form.amount), "amount")
    for field in ("reference", "approved_by", "wallet"):
        if getattr(form, field):
            name(getattr(form, field), field)
    return Adjust(
        asked.command_id,
        asked.tenant,
        asked.account,
        known_root(asked),
        form.amount,
        currency(form.currency, "currency"),
        instant(form.occurred_at, "occurred_at", asked.at),
        name(form.reason, "reason"),
        form.reference,
        form.approved_by,
        form.wallet,
        _subscription(form),
    )


def put_status(form: StatusForm, asked: Asked) -> PutStatus:
    """The status from a moment on; one that was put for the same moment is replaced."""
    return PutStatus(
        asked.command_id,
        asked.tenant,
        asked.account,
        known_root(asked),
        form.status,
        instant(form.start, "start", asked.at),
        name(form.service_id, "service_id") if form.service_id else "",
        reason(form.reason),
    )


def convert_points(form: ConversionForm, asked: Asked) -> ConvertPoints:
    """The points; whether there are so many, the account's owner says."""
    return ConvertPoints(
        asked.command_id,
        asked.tenant,
        asked.account,
        known_root(asked),
        name(form.conversion, "conversion"),
        amount(form.points, "points"),
        instant(form.occurred_at, "occurred_at", asked.at),
    )


ROUTES: Final = (
    command_route(
        f"{ACCOUNT}/status",
        StatusForm,
        put_status,
        summary="Suspend an account or a service id of it, end it, or make it active",
    ),
    command_route(
        ACCOUNT, AccountForm, put_account, method="PUT", summary="Create an account or change it"
    ),
    command_route(
        f"{ACCOUNT}/top-ups",
        TopUpForm,
        top_up,
        summary="Put money into an account or a wallet of it",
    ),
    command_route(
        f"{ACCOUNT}/adjustments",
        AdjustmentForm,
        adjust,
        summary="Give an account money by hand, or take it",
    ),
    command_route(
        f"{ACCOUNT}/conversions",
        ConversionForm,
        convert_points,
        summary="Convert points to money or to an allowance",
    ),
    command_route(
        SERVICE,
        AssignmentForm,
        assign_service,
        method="PUT",
        summary="Give a service id to an account, under a price plan",
    ),
    command_route(
        f"{SERVICE}/end", EndForm, end_service, summary="End the assignment of a service id"
    ),
)
