"""Billing by the door: an account's profile, and bill units that stand on invoices."""

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from connectors.api.commands import (
    Asked,
    Form,
    WrongField,
    command_route,
    currency,
    instant,
    known_root,
    name,
    time_zone,
)
from connectors.api.route import ACCOUNT
from connectors.catalog.resolution.dates import instant_at
from streams.model.billing_command import MarkBilled, PutBillingProfile
from streams.model.billing_period import BillingPeriod
from streams.model.instant import SECOND, Instant
from streams.model.time_unit import WEEKDAYS

CycleUnit = Literal["day", "week", "month", "quarter", "year"]
Day = Annotated[int, Meta(ge=1, le=31)]
GRACE_MAX_S: Final = 366 * 86_400


class CycleForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The cycle of bill units: `every` so many units, in a time zone, the account's by default.

    One unit at a time begins on its `day` of the month (the last one where it has fewer) or on its
    `weekday`. Several are counted from the day of `anchor`, from the profile's start by default.
    """

    unit: CycleUnit = "month"
    every: Annotated[int, Meta(ge=1, le=120)] = 1
    day: Day | None = None
    weekday: Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"] | None = None
    anchor: str = ""
    time_zone: str = ""


class BillingProfileForm(Form):
    """From `start` on (empty: now) the account's bill units go by `cycle`.

    A unit takes late usage for `grace_s` seconds past its end. `currency` must be the account's.
    """

    cycle: CycleForm
    start: str = ""
    grace_s: Annotated[int, Meta(ge=0, le=GRACE_MAX_S)] = 0
    currency: str = ""


class BilledForm(Form):
    """The bill unit that begins at `unit` stands on this `invoice`."""

    unit: str
    invoice: str


def cycle_of(form: CycleForm, start: Instant) -> BillingPeriod:
    """The cycle of a profile from `start` on. Raises WrongField."""
    if form.day is not None and form.unit in ("day", "week"):
        raise WrongField("day", f"A {form.unit} begins on no day of the month.")
    if form.weekday is not None and form.unit != "week":
        raise WrongField("weekday", f"A {form.unit} begins on no weekday.")
    anchored = form.every > 1 or bool(form.anchor)
    if anchored and (form.day or form.weekday):
        field = "day" if form.day else "weekday"
        raise WrongField(field, "Several units are counted from the day of `anchor`.")
    anchor = start if anchored else None
    if form.anchor:
        anchor = instant_at(form.anchor)
        if anchor is None:
            raise WrongField("anchor", f"{form.anchor!r} is no date and no time with offset.")
    return BillingPeriod(
        id="billing",
        unit=form.unit,
        every=form.every,
        anchor=anchor,
        day=form.day or 1,
        weekday=WEEKDAYS.index(form.weekday or "mon"),
        time_zone=time_zone(form.time_zone, "time_zone") if form.time_zone else "",
    )


def put_billing_profile(form: BillingProfileForm, asked: Asked) -> PutBillingProfile:
    """The profile; whether it may begin then, the account's owner says."""
    start = instant(form.start, "start", asked.at)
    return PutBillingProfile(
        asked.command_id,
        asked.tenant,
        asked.account,
        known_root(asked),
        cycle_of(form.cycle, start),
        start,
        form.grace_s * SECOND,
        currency(form.currency, "currency") if form.currency else "",
        asked.at,
    )


def mark_billed(form: BilledForm, asked: Asked) -> MarkBilled:
    """The mark; whether the unit is closed, the account's owner says."""
    if not form.unit:
        raise WrongField("unit", "Expected the start of a bill unit.")
    return MarkBilled(
        asked.command_id,
        asked.tenant,
        asked.account,
        known_root(asked),
        instant(form.unit, "unit", asked.at),
        name(form.invoice, "invoice"),
        asked.at,
    )


ROUTES: Final = (
    command_route(
        f"{ACCOUNT}/billing-profile",
        BillingProfileForm,
        put_billing_profile,
        summary="Say by which cycle an account is billed, and from when on",
    ),
    command_route(
        f"{ACCOUNT}/bill-units/billed",
        BilledForm,
        mark_billed,
        summary="Say that a closed bill unit stands on an invoice",
    ),
)
