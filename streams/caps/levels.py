"""Levels of a cap that is shared: told once a period by the owner of the sum, and once as left.

They are of no account: whoever shares the cap has passed them.
"""

from decimal import Decimal

from streams.accumulate.watch import Fired, Seen, Watch, Watched
from streams.model.cap_command import ReportCap
from streams.model.instant import Instant
from streams.rate.thresholds import Thresholds
from streams.state import Effects


def judge_sum(  # noqa: PLR0913 - a sum, what was told of it, and where more is told
    of: ReportCap,
    used: Decimal,
    fired: Fired,
    thresholds: Thresholds,
    *,
    at: Instant,
    effects: Effects,
) -> Fired:
    """Tell which levels the sum has reached or left; what has been told of it then."""
    cap, _, _ = of.cap.partition("/")
    levels = thresholds.caps.get(cap, ())
    if not levels:
        return fired
    whose, notices = Watched(of.tenant, ""), thresholds.notices
    watch = Watch(whose, fired=fired, at=max(at, of.start), notices=notices)
    for level in levels:
        mark = f"{level.mark}/{of.cap}"
        seen = Seen(level.threshold, mark, of.cap, level.at, used)
        if used >= level.at:
            watch.reach(seen, of.start)
        else:
            watch.leave(seen, of.start)
    effects.alerts += watch.alerts
    return watch.fired
