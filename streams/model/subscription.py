"""Subscriptions of an account: their service ids, and what supplements them."""

from msgspec import Struct


class Subscription(Struct, frozen=True, array_like=True):
    """One subscription: the `services` that have been assigned under it, and the `supplements`,
    service ids whose plans are added to its own.

    A subscription that is named like its one service id needs no entry for that.
    """

    services: tuple[str, ...] = ()
    supplements: tuple[str, ...] = ()
