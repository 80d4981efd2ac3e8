"""Pools and gifts by the door: who draws on whose balances, and what one gives another."""

from decimal import Decimal
from typing import Final

from msgspec import Struct

from connectors.api.commands import (
    Asked,
    Form,
    WrongField,
    amount,
    command_route,
    instant,
    known_root,
    limit,
    name,
    reason,
    span,
)
from connectors.api.route import ACCOUNT
from streams.model.balance_command import JoinPool, LeavePool, Transfer
from streams.model.pool import Membership, PoolCap, PoolOrder
from streams.rate.quantity import exact

CAPS_MAX: Final = 100


class CapForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much of a resource is drawn in a month at most; a soft cap only warns."""

    resource: str
    quantity: Decimal
    hard: bool = True


class JoinForm(Form):
    """A pool, an account of the same root, from `start` (now) until `end` (no end)."""

    pool: str
    order: PoolOrder = "own_first"
    caps: tuple[CapForm, ...] = ()
    start: str = ""
    end: str = ""


class LeaveForm(Form):
    """When the account draws on the pool no longer (now)."""

    pool: str
    end: str = ""


class TransferForm(Form):
    """How much of what is given to whom, out of `bucket` or what burns first."""

    to: str
    resource: str
    quantity: Decimal
    to_root: str = ""
    bucket: str = ""
    occurred_at: str = ""
    reason: str = ""


def join_pool(form: JoinForm, asked: Asked) -> JoinPool:
    """The account draws on the pool within the caps."""
    start, end = span(form.start, form.end, asked.at, what="A membership")
    if len(form.caps) > CAPS_MAX:
        raise WrongField("caps", f"A membership has at most {CAPS_MAX} caps.")
    caps = tuple(
        PoolCap(
            name(cap.resource, "caps.resource"),
            exact(limit(cap.quantity, "caps.quantity")),
            cap.hard,
        )
        for cap in form.caps
    )
    membership = Membership(name(form.pool, "pool"), start, end, form.order, caps)
    root = known_root(asked)
    return JoinPool(asked.command_id, asked.tenant, asked.account, root, membership)


def leave_pool(form: LeaveForm, asked: Asked) -> LeavePool:
    """The account draws on the pool until `end`."""
    return LeavePool(
        asked.command_id,
        asked.tenant,
        asked.account,
        known_root(asked),
        name(form.pool, "pool"),
        instant(form.end, "end", asked.at),
    )


def transfer(form: TransferForm, asked: Asked) -> Transfer:
    """What is given, whole or not at all; its id is never forgotten."""
    to = name(form.to, "to")
    return Transfer(
        asked.command_id,
        asked.tenant,
        asked.account,
        known_root(asked),
        to,
        name(form.to_root or to, "to_root"),
        name(form.resource, "resource"),
        exact(amount(form.quantity, "quantity")),
        instant(form.occurred_at, "occurred_at", asked.at),
        reason(form.reason),
        name(form.bucket, "bucket") if form.bucket else "",
    )


ROUTES: Final = (
    command_route(
        f"{ACCOUNT}/pools", JoinForm, join_pool, summary="Have an account draw on a pool"
    ),
    command_route(
        f"{ACCOUNT}/pools/leave",
        LeaveForm,
        leave_pool,
        summary="Have an account draw on a pool no longer",
    ),
    command_route(
        f"{ACCOUNT}/transfers",
        TransferForm,
        transfer,
        summary="Give of an account's balance to another account",
    ),
)
