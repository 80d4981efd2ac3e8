"""What tells sessions something: commands, thresholds reached, accounts that are stopped."""

from collections.abc import Mapping
from typing import Final

from streams.due.fold import Folding
from streams.model.charging_session import Reservations
from streams.model.command import PutStatus
from streams.model.instant import Instant
from streams.model.rated import Alert
from streams.model.session_command import SessionAction, SignalSessions
from streams.rate.plan import Plan
from streams.session.signals import go_on, signal
from streams.state import CatalogMarks, Effects, State, Table
from streams.tenant_time import time_of

_COMMANDED: Final[Mapping[str, SessionAction]] = {
    "throttle": "throttle",
    "redirect": "redirect",
    "block": "terminate",
    "change_offer": "reauthorise",
}
"""What sessions are told where a threshold of this action is reached."""
_LIFTED: Final = ("throttle", "redirect")
"""Actions that end where the threshold is left again."""


class Signalling:
    """Tells the sessions of one partition; what is too much for a step goes with the next."""

    def __init__(self, folding: Folding, plans: Mapping[str, Plan]) -> None:
        self._folding = folding
        self._plans = plans

    def obey(self, command: SignalSessions, state: State, effects: Effects) -> None:
        """Tell the sessions what is commanded."""
        if signal(command, state, effects):
            self._folding.remind(state, effects)

    def go_on(self, state: State, effects: Effects) -> None:
        """Tell those that an earlier step has left."""
        if go_on(state, effects):
            self._folding.remind(state, effects)

    def heed_status(self, command: PutStatus, state: State, effects: Effects) -> None:
        """Who is suspended or has ended is served no longer; from later on is not foreseen."""
        time = time_of(command.tenant, state)
        if command.status == "active" or command.start > time:
            return
        told = SignalSessions(
            command.command_id,
            command.tenant,
            command.account,
            command.root,
            "terminate",
            time,
            service_id=command.service_id,
            reason=command.status,
            cause="status",
        )
        self.obey(told, state, effects)

    def heed_alerts(self, state: State, effects: Effects) -> None:
        """Tell the sessions of accounts whose thresholds ask for more than a message."""
        fresh = effects.alerts[effects.heeded :]
        effects.heeded = len(effects.alerts)
        for alert in fresh:
            action = self._action_of(alert)
            if action is None:
                continue
            key = f"{alert.tenant}\0{alert.account}".encode()
            running: Reservations | None = state.get(Table.RESERVATIONS, key)
            if running is not None and running.sessions:
                self._heed(alert, action, state, effects)

    def _action_of(self, alert: Alert) -> SessionAction | None:
        if alert.kind in ("crossed", "entered"):
            return _COMMANDED.get(alert.action)
        return "resume" if alert.kind == "recovered" and alert.action in _LIFTED else None

    def _heed(self, alert: Alert, action: SessionAction, state: State, effects: Effects) -> None:
        at = max(alert.occurred_at, time_of(alert.tenant, state))
        told = SignalSessions(
            alert.alert_id,
            alert.tenant,
            alert.account,
            "",
            action,
            at,
            value="" if action == "resume" else self._value_of(alert, at, state),
            reason=alert.threshold,
            cause="threshold",
        )
        self.obey(told, state, effects)

    def _value_of(self, alert: Alert, at: Instant, state: State) -> str:
        """The rate or address that the catalog names with the threshold."""
        marks: CatalogMarks | None = state.get(Table.CATALOGS, alert.tenant.encode())
        plan = None if marks is None else self._plans.get(marks.at(at) or "")
        notice = None if plan is None else plan.thresholds.notices.get(alert.threshold)
        return "" if notice is None else notice.value
