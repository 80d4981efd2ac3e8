"""What partitions say to each other of a cap, each message at its receiver."""

from streams.caps.slices import Place, give_back, take_grant
from streams.caps.sums import take_report
from streams.model.cap_command import GrantSlice, OfCap, RecallSlice, ReportCap
from streams.rate.thresholds import Thresholds
from streams.state import Effects, State


def take_message(
    message: OfCap,
    place: Place,
    thresholds: Thresholds | None,
    *,
    state: State,
    effects: Effects,
) -> None:
    """Do what the message says, whose id is new; `thresholds` are those of the catalog in force."""
    match message:
        case ReportCap():
            take_report(message, place, thresholds, state=state, effects=effects)
        case GrantSlice():
            take_grant(message, place, state, effects)
        case RecallSlice():
            give_back(message, place, state, effects)
