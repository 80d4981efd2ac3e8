"""The words of policies: what may be asked for at all."""

from streams.model.use_policy import UsePolicy


class PolicyForm(UsePolicy, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One condition on what is asked for before and during service, and what becomes of the rest.

    Exactly one of: an `attribute` whose values are `allowed` (a `*` at the end stands for any
    rest) or a number of `most` at most; a `unit` of which a session has `most`; a `time_unit` with
    the `bands` that are open. What does not keep it is stopped; goes on at a `rate` or, of a unit,
    is granted no more than that (`throttle`); or goes on with the attributes `instead`
    (`downgrade`).
    """
