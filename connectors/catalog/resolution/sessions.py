"""Terms of charging sessions, from their words."""

from decimal import Decimal

from connectors.catalog.forms.sessions import SessionsForm
from connectors.catalog.resolution.dates import duration_of
from streams.model.session_policy import FinalUnit, SessionPolicy


def session_policy(form: SessionsForm | None) -> SessionPolicy | None:
    """The policy of what has one."""
    if form is None:
        return None
    last = form.final_unit
    return SessionPolicy(
        valid_for=duration_of(form.valid_for) if form.valid_for else 0,
        inactive_after=duration_of(form.inactive_after) if form.inactive_after else 0,
        ask_again_percent=form.ask_again_percent or Decimal(0),
        ask_again_before=duration_of(form.ask_again_before) if form.ask_again_before else 0,
        final_unit=None if last is None else FinalUnit(last.action, last.to),
    )
