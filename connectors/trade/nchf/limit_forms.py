"""What a policy function sends and gets of spending limits, by the names of TS 29.594."""

from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from connectors.errors import Refused
from connectors.trade.notices import gateway_of
from streams.model.session_command import SessionCommand

DOOR: Final = "limits"
_Text = Annotated[str, Meta(max_length=512)]
_Id = Annotated[str, Meta(min_length=1, max_length=256)]


class SpendingLimitContext(Struct, frozen=True, rename="camel", kw_only=True):
    """Whose counters are followed, which of them, and who is told. What we don't read stays away.

    Without `policy_counter_ids` all that there are.
    """

    supi: _Text = ""
    gpsi: _Text = ""
    policy_counter_ids: Annotated[tuple[_Id, ...], Meta(min_length=1, max_length=64)] | None = None
    notif_uri: _Text = ""
    notif_id: _Text = ""
    expiry: Annotated[datetime, Meta(tz=True)] | None = None
    supported_features: Annotated[str, Meta(pattern="^[A-Fa-f0-9]*$", max_length=64)] | None = None

    @property
    def subscribers(self) -> list[str]:
        """The identifiers that are there."""
        return [each for each in (self.supi, self.gpsi) if each]


class Holder(Struct, frozen=True, array_like=True):
    """Who holds a subscription: all that a notice needs."""

    subscriber: str
    notif_id: str
    uri: str

    @property
    def gateway(self) -> str:
        """What the subscription's session is held by; empty where that is too long to be kept."""
        return gateway_of(DOOR, msgspec.json.encode(self).decode()) if self.uri else ""


_context = msgspec.json.Decoder(SpendingLimitContext).decode
_holder = msgspec.json.Decoder(Holder).decode


def read_context(body: bytes) -> SpendingLimitContext:
    """The context of a body. Raises Refused, with the field and the value seen."""
    try:
        return _context(body)
    except msgspec.MsgspecError as error:
        raise Refused(str(error)) from error


def holder_of(place: str) -> Holder | None:
    """The holder that a session's gateway names; None where it is no door of ours that did."""
    try:
        return _holder(place.encode())
    except msgspec.MsgspecError:
        return None


def spending_limits(
    context: SpendingLimitContext, thresholds: tuple[dict[str, str], ...], *, expiry: str
) -> dict[str, Any]:
    """A SpendingLimitStatus: where each counter stands, and what is known to come."""
    told: dict[str, Any] = {
        "statusInfos": {each["threshold"]: _counter(each) for each in thresholds},
        "expiry": expiry,
    }
    if context.supi:
        told["supi"] = context.supi
    if context.notif_id:
        told["notifId"] = context.notif_id
    if context.supported_features is not None:
        told["supportedFeatures"] = "0"
    return told


def _counter(known: dict[str, str]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "policyCounterId": known["threshold"],
        "currentStatus": known["status"],
    }
    then = known.get("then", "")
    if then and then != known["status"]:
        pending = {"policyCounterStatus": then, "activationTime": known["end"]}
        told["penPolCounterStatuses"] = [pending]
    return told


def notice_of(command: SessionCommand, holder: Holder) -> tuple[str, dict[str, Any]] | None:
    """Where below the holder's address it is posted, and what; None: there is nothing to tell.

    Whose time is over knew of it from the answer.
    """
    told: dict[str, Any] = {"supi": holder.subscriber}
    if holder.notif_id:
        told["notifId"] = holder.notif_id
    if command.action == "notify":
        known = {"threshold": command.reason, "status": command.value}
        return "notify", {**told, "statusInfos": {command.reason: _counter(known)}}
    if command.action != "terminate" or command.cause == "expiry":
        return None
    if command.cause == "status":
        told["termCause"] = "REMOVED_SUBSCRIBER"
    return "terminate", told
