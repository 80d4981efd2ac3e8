"""Terms of charging sessions: spans and shares that can be, final units that say what they need."""

from urllib.parse import urlsplit

from connectors.catalog.forms.sessions import FinalUnitForm, SessionsForm
from connectors.catalog.names import Names
from connectors.catalog.problem import Place, ProblemBook
from connectors.catalog.resolution.dates import duration_of
from connectors.catalog.sheets import Sheets, nested
from streams.model.session_policy import NEEDS_VALUE

_SPANS = ("valid_for", "inactive_after", "ask_again_before")


def check_sessions(sheets: Sheets, names: Names, book: ProblemBook) -> None:
    """Report what no grant could keep, wherever it stands."""
    for usage_type in sheets.usage_types:
        _check(usage_type.form.sessions, usage_type.place.at("sessions"), book)
    for plan in sheets.price_plans:
        _check(plan.form.sessions, plan.place.at("sessions"), book)
        for offer, place in nested(plan, "offers"):
            _check(offer.sessions, place.at("sessions"), book)


def _check(form: SessionsForm | None, place: Place, book: ProblemBook) -> None:
    if form is None:
        return
    for word in _SPANS:
        text = getattr(form, word)
        if text is not None and not duration_of(text):
            book.report(place.at(word), f"expected more than 0, found {text}")
    percent = form.ask_again_percent
    if percent is not None and not 0 < percent < 100:
        found = f"expected more than 0 and less than 100, found {percent}"
        book.report(place.at("ask_again_percent"), found)
    before, valid = form.ask_again_before, form.valid_for
    if before and valid and duration_of(before) >= duration_of(valid):
        found = f"expected less than valid_for ({valid}), found {before}"
        book.report(place.at("ask_again_before"), found)
    if form.final_unit is not None:
        _check_final(form.final_unit, place.at("final_unit"), book)


def _check_final(form: FinalUnitForm, place: Place, book: ProblemBook) -> None:
    if form.action in NEEDS_VALUE and not form.to:
        book.report(place, f'"to" is missing: {form.action} says whither, or how far')
    if form.action not in NEEDS_VALUE and form.to:
        book.report(place.at("to"), f"{form.action} goes nowhere: expected no value")
    if form.action == "redirect" and form.to:
        parts = urlsplit(form.to)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            book.report(place.at("to"), f"expected an address (https://…), found {form.to}")
