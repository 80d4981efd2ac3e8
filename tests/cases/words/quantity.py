"""Quantities before they are priced: conversion, rounding, free units, what was used before."""

from decimal import Decimal
from typing import Final

from tests.cases.draft import BEGIN, Draft, Event, text_of
from tests.cases.fields import Fields, UnknownField

FREE: Final = "free"
_CONVERTED: Final = {
    "up": "ceiling",
    "down": "floor",
    "half_up": "half_up",
    "half_even": "half_even",
    "none": "none",
}
_ROUNDED: Final = {"ceil": "ceiling", "floor": "floor", "round": "half_up"}


def prior(draft: Draft, given: Fields) -> None:
    """`prior`: an earlier usage of the period, and what was billed for it."""
    fields = Fields(given.take("prior"), "given.prior")
    before = Event(id="before", at=BEGIN.replace(hour=0), is_prior=True)
    before.quantity = fields.number("quantity")
    draft.events.insert(0, before)
    if "billed" in fields:
        draft.expect("sums", {"charges": [before.id], "amount": fields.take("billed")})
    fields.done()


def conversion(draft: Draft, given: Fields) -> None:
    """`unit_conversion`: divided or multiplied, then rounded, each usage by itself."""
    fields = Fields(given.take("unit_conversion"), "given.unit_conversion")
    words = {name: fields.take(name) for name in ("divide_by", "multiply_by") if name in fields}
    rounding = fields.take("round_quantity", "none")
    if rounding not in _CONVERTED:
        raise UnknownField(f"{fields.path}.round_quantity: {rounding!r}")
    fields.done()
    _measure(draft, {"convert": {**words, "rounding": _CONVERTED[rounding]}})


def rounded(draft: Draft, given: Fields) -> None:
    """`round_quantity`: to so many digits, which may stand before the point."""
    fields = Fields(given.take("round_quantity"), "given.round_quantity")
    method = fields.take("method")
    if method not in _ROUNDED:
        raise UnknownField(f"{fields.path}.method: {method!r}")
    words = {"method": _ROUNDED[method], "decimals": int(fields.take("decimals", "0"))}
    fields.done()
    _measure(draft, {"round": words})


def free_units(draft: Draft, given: Fields) -> None:
    """`free_units`: an allowance of the period; of a priced quantity, units that do not count."""
    draft.free_units = Decimal(given.take("free_units"))
    if draft.plan.rows:
        words = {"free_units": text_of(draft.free_units)}
        if len(draft.events) > 1 or "prior" in given:
            words["reference"] = draft.reference(draft.unit)
        _measure(draft, words)
        return
    draft.section("allowances", {"id": FREE, "unit": draft.unit, "usage_units": [draft.unit]})
    draft.impact(FREE)
    grant = {"allowance": FREE, "quantity": text_of(draft.free_units)}
    draft.plan.words.setdefault("grants", []).append(grant)


def _measure(draft: Draft, words: dict[str, object]) -> None:
    draft.plan.offer.setdefault("measures", {}).setdefault(draft.unit, {}).update(words)
