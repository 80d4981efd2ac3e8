"""Thresholds: are they on something, at levels that can be, for whom they can concern."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Final

from connectors.catalog.checks.asked import asks_of_service, is_of_payer
from connectors.catalog.checks.eligibility import MoneyCheck
from connectors.catalog.checks.when import check_period_named
from connectors.catalog.form import OfferForm
from connectors.catalog.forms.thresholds import ThresholdForm
from connectors.catalog.forms.when import MONTH
from connectors.catalog.names import Names
from connectors.catalog.problem import ProblemBook
from connectors.catalog.resolution.dates import duration_of
from connectors.catalog.sheets import Sheets
from streams.model.catalog import ACCOUNT, BAND, ZONE
from streams.model.threshold import BOUNDING

_LEVEL: Final = ("level", "levels")
_PERCENT: Final = ("percent", "percents")
_WITH_VALUE: Final = ("throttle", "redirect")
_OF_RECORDS: Final = ("usage_types", "products", "price_plans", "start", "end")


def check_thresholds(sheets: Sheets, names: Names, book: ProblemBook) -> None:
    """Report thresholds that can never fire, and words that mean nothing where they stand."""
    offers = [offer for plan in sheets.price_plans for offer in plan.form.offers]
    for entry in sheets.thresholds:
        check = MoneyCheck(entry.place, names, book)
        _check_resource(entry.form, check)
        _check_levels(entry.form, check)
        _check_scope(entry.form, check, offers)
        _check_cap(entry.form, check)
        _check_top_up(entry.form, check)
        _check_shared(entry.form, check)
        _check_statuses(entry.form, check)
        if entry.form.value and entry.form.action not in _WITH_VALUE:
            check.report('stands only beside action "throttle" or "redirect"', "value")


def _check_resource(form: ThresholdForm, check: MoneyCheck) -> None:
    names = check.names
    if form.on == "entry":
        if form.resource:
            check.report("an entry is of usage, and has no resource", "resource")
        return
    if not form.resource:
        check.report(f'"resource" is missing: expected what the {form.on} is of')
        return
    known: dict[str, tuple[str, Iterable[str]]] = {
        "allowance": ("allowance", names.allowances),
        "accumulator": ("accumulator", names.accumulators),
        "balance": ("currency", {*names.currencies, *names.allowances}),
        "shared_cap": ("shared cap", names.shared_caps),
    }
    _check_rolling(form, check)
    kind, ids = known.get(form.on, ("currency", names.currencies))
    check.known(kind, form.resource, ids, "resource")


def _check_rolling(form: ThresholdForm, check: MoneyCheck) -> None:
    found = check.names.accumulators.get(form.resource)
    if form.on == "accumulator" and found is not None and found.rolling and form.every is not None:
        check.report("levels on a rolling window do not recur", "every")


def _check_levels(form: ThresholdForm, check: MoneyCheck) -> None:
    given = [word for word in (*_LEVEL, *_PERCENT) if getattr(form, word) not in (None, ())]
    if form.on == "entry":
        for word in (*given, *(["every"] if form.every is not None else [])):
            check.report("an entry has no level: its first usage is told", word)
        return
    check.one_of(given, (*_LEVEL, *_PERCENT))
    least = Decimal(0)
    for word, number, level in _levels(form):
        steps = (word,) if number is None else (word, number)
        if word in _PERCENT:
            check.positive(level, *steps)
        elif level < least:
            check.report(f"expected 0 or more, found {level}", *steps)
    check.positive(form.every, "every")
    check.positive(form.of, "of")
    by_percent = any(word in _PERCENT for word in given)
    needs_of = form.on in ("spend", "accumulator") or form.resource in check.names.currencies
    needs_of = needs_of and form.on != "credit_use"
    if by_percent and needs_of and form.of is None:
        check.report('"of" is missing: expected what the percents are shares of')
    if form.of is not None and not (by_percent and needs_of):
        check.report("stands only beside percents of what has no whole of its own", "of")
    _check_twice(form, check)


def _check_twice(form: ThresholdForm, check: MoneyCheck) -> None:
    seen: set[Decimal] = set()
    for word, number, level in _levels(form):
        if level in seen and number is not None:
            check.report(f"{level} stands there already", word, number)
        seen.add(level)


def _levels(form: ThresholdForm) -> Iterator[tuple[str, int | None, Decimal]]:
    for word in ("level", "percent"):
        if getattr(form, word) is not None:
            yield word, None, getattr(form, word)
    for word in ("levels", "percents"):
        for number, level in enumerate(getattr(form, word)):
            yield word, number, level


def _check_scope(form: ThresholdForm, check: MoneyCheck, offers: list[OfferForm]) -> None:
    if form.on in ("spend", "entry"):
        check.eligibility(form, offers)
        check_period_named(form.period, check.place.at("period"), check.names, check.book)
    else:
        for word, value in form.when.items():
            if not is_of_payer(word, check.names):
                message = "is about the account: expected account.<attribute>"
                check.report(f"a threshold on {form.on} {message}", "when", word)
            elif asks_of_service(word, check.names):
                message = f"is about the account: {word} asks of a subscription or a service id"
                check.report(f"a threshold on {form.on} {message}", "when", word)
            else:
                check.value(word, value, "when", word)
        for word in _OF_RECORDS:
            if getattr(form, word):
                shown = {"start": "from", "end": "until"}.get(word, word)
                check.report("stands only at thresholds on spend and entry", shown)
        if form.period != MONTH:
            check.report("stands only at thresholds on spend and entry", "period")
    if form.by and form.on != "entry":
        check.report("stands only at thresholds on entry", "by")
    for number, word in enumerate(form.by):
        attributes = {name for each in check.names.usage_types.values() for name in each.attributes}
        if not word.startswith(ACCOUNT):
            known = attributes | {ZONE, BAND} | check.names.declared()
            check.known("attribute", word, known, "by", number)


def _check_shared(form: ThresholdForm, check: MoneyCheck) -> None:
    """A level on what accounts share is of none of them."""
    if form.on != "shared_cap":
        return
    if form.when:
        check.report("a threshold on a shared cap is about no account", "when")
    if form.action != "notify":
        check.report("a threshold on a shared cap tells, and bounds nothing", "action")


def _check_statuses(form: ThresholdForm, check: MoneyCheck) -> None:
    """A word for each step, each another one: who hears it could not tell them apart."""
    words = form.statuses
    if not words:
        return
    if form.on in ("entry", "shared_cap"):
        check.report(f"nobody follows a threshold on {form.on}", "statuses")
    if form.every is not None:
        check.report("levels that recur have no words: they are told as they are", "statuses")
    expected = 1 + len(form.all_levels or form.all_percents)
    if len(words) != expected:
        message = f"expected {expected}, one for none of the levels and one for each"
        check.report(f"{message}, found {len(words)}", "statuses")
    for number, word in enumerate(words):
        if word in words[:number]:
            check.report(f"{word} stands there already", "statuses", number)


def _check_cap(form: ThresholdForm, check: MoneyCheck) -> None:
    if form.on == "spend" and form.action in BOUNDING:
        if form.level is None or form.every is not None:
            check.report(f'"{form.action}" bounds a spend: expected one "level"', "action")
    elif form.action == "cap":
        check.report("only a spend can be capped", "action")


def _check_top_up(form: ThresholdForm, check: MoneyCheck) -> None:
    terms = form.top_up
    if terms is None:
        return
    if form.action != "top_up":
        check.report('stands only beside "action: top_up"', "top_up")
    if form.on != "balance" or form.resource not in check.names.currencies:
        check.report("money is asked for where a balance of money is watched", "top_up")
    if form.level is None or form.every is not None:
        check.report('money is asked for at one "level"', "top_up")
    check.positive(terms.amount, "top_up", "amount")
    check_period_named(terms.every, check.place.at("top_up", "every"), check.names, check.book)
    if not duration_of(terms.within):
        check.report("expected more than nothing", "top_up", "within")
