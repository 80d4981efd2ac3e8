"""Amounts and times as the command line says them."""

from decimal import Decimal, InvalidOperation

import typer

from connectors.catalog.resolution.dates import instant_at
from streams.model.instant import Instant


def amount_of(text: str) -> Decimal:
    """An amount that is not below zero; `typer.BadParameter` where it is none."""
    try:
        amount = Decimal(text)
    except InvalidOperation as error:
        raise typer.BadParameter(f"{text!r} is no amount") from error
    if not amount.is_finite() or amount < 0:
        raise typer.BadParameter(f"{text} is no amount")
    return amount


def instant_of(text: str) -> Instant:
    """A date or a time with offset; `typer.BadParameter` where it is none."""
    found = instant_at(text)
    if found is None:
        raise typer.BadParameter(f"{text!r} is no date and no time")
    return found
