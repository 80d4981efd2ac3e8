"""The words of policies: what may be asked for at all."""

from decimal import Decimal

from msgspec import Struct

from streams.model.use_policy import PolicyAction


class PolicyForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One condition on what is asked for before and during service, and what becomes of the rest.

    Exactly one of: an `attribute` whose values are `allowed` (a `*` at the end stands for any
    rest) or a number of `most` at most; a `unit` of which a session has `most`; a `time_unit` with
    the `bands` that are open. What does not keep it is stopped, is granted no more than that
    (`throttle`, of a unit), or goes on with the attributes `instead` (`downgrade`).
    """

    id: str
    usage_types: tuple[str, ...] = ()
    when: dict[str, str] = {}
    attribute: str = ""
    allowed: tuple[str, ...] = ()
    unit: str = ""
    most: Decimal | None = None
    time_unit: str = ""
    bands: tuple[str, ...] = ()
    otherwise: PolicyAction = "stop"
    instead: dict[str, str] = {}
    reason: str = ""
