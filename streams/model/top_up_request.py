"""Automatic top-ups: what is asked of an outside billing system, and what has been asked of it."""

from decimal import Decimal
from typing import Literal

from msgspec import Struct

from streams.model.billing_period import BillingPeriod
from streams.model.instant import DAY, Instant
from streams.model.money import Currency

RequestStatus = Literal["open", "declined", "expired"]


class AutoTopUp(Struct, frozen=True, kw_only=True):
    """Ask for `amount` when the money is low: `limit` times a period at most, the month if not
    said. What is not answered `within` so long has expired."""

    amount: Decimal
    limit: int
    every: BillingPeriod | None = None
    within: Instant = DAY


class TopUpRequest(Struct, frozen=True, array_like=True):
    """Money that was asked for, of which nothing has come yet.

    Open and declined ones keep another of the same threshold from being asked `until` then. An
    expired one is kept, as its money may still come. `to` are those who are told.
    """

    id: str
    threshold: str
    amount: Decimal
    currency: Currency
    until: Instant
    status: RequestStatus = "open"
    to: tuple[str, ...] = ()


class Asked(Struct, frozen=True, array_like=True):
    """How often a threshold has asked for money: ever, and in the period that began at `start`."""

    threshold: str
    ever: int
    start: Instant
    count: int


class TopUpRequests(Struct, frozen=True, array_like=True):
    """The requests of an account, and how often each threshold has asked."""

    requests: tuple[TopUpRequest, ...] = ()
    asked: tuple[Asked, ...] = ()
