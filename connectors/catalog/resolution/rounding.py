"""Rounding from its words: a mode alone, or all of it."""

from connectors.catalog.currencies import minor_digits
from connectors.catalog.form import CurrencyForm
from connectors.catalog.forms.words import RoundingForm
from connectors.catalog.resolution.when import Periods, period_named
from streams.model.catalog import CurrencyRule
from streams.model.rounding import Rounding


def currency_rule(form: CurrencyForm, periods: Periods) -> CurrencyRule:
    """A currency: half even, by record, at the digits of ISO 4217, unless it says otherwise."""
    told = rounding(form.rounding, periods) or Rounding()
    digits = told.digits if form.digits is None else form.digits
    return CurrencyRule(
        code=form.code,
        digits=minor_digits(form.code) if digits is None else digits,
        rounding=told.mode or "half_even",
        over=told.over or "record",
        every=told.every,
        approval_limit=form.approval_limit,
        per=form.per,
    )


def rounding(form: str | RoundingForm | None, periods: Periods) -> Rounding | None:
    """What an offer, a price plan or a currency says of it."""
    if isinstance(form, RoundingForm):
        every = None if form.every is None else period_named(form.every, periods)
        return Rounding(mode=form.mode or "", digits=form.digits, over=form.over, every=every)
    return None if form is None else Rounding(mode=form)
