"""What policies of the catalog say to a request, before anything is rated."""

from typing import NamedTuple

from msgspec.structs import replace

from streams.model.charging_session import (
    AnswerCode,
    HeldService,
    Restriction,
    ServiceAnswer,
    ServiceRequest,
)
from streams.rate.plan import Plan
from streams.rate.use_policies import Asking, CompiledPolicy


class Ruling(NamedTuple):
    """What is left of a request, and which policy has changed it; None: all were kept.

    `is_cut`: it is less than was asked for.
    """

    asked: ServiceRequest
    restriction: Restriction | None = None
    detail: str = ""
    is_cut: bool = False

    @property
    def is_stop(self) -> bool:
        """True where nothing may be granted."""
        return self.restriction is not None and self.restriction.action == "stop"

    def after(self, earlier: "Ruling") -> "Ruling":
        """With the attributes and the rate that earlier policies have changed."""
        before, bound = earlier.restriction, self.restriction
        if before is None or bound is None or self.is_stop:
            return self
        is_cut = self.is_cut or earlier.is_cut
        return self._replace(restriction=_together(bound, before), is_cut=is_cut)

    def told(self, answer: ServiceAnswer) -> ServiceAnswer:
        """The answer with what the policies have changed; a budget that bounds it comes first."""
        if self.is_stop:
            return replace(
                answer,
                code=AnswerCode.STOPPED_BY_POLICY,
                granted=(),
                is_final=True,
                detail=self.detail,
                restriction=self.restriction,
            )
        if self.restriction is None:
            return answer
        if answer.restriction is not None:
            return replace(answer, restriction=_together(answer.restriction, self.restriction))
        if self.is_cut and answer.code == AnswerCode.SUCCESS:
            answer = replace(answer, code=AnswerCode.PARTIAL, is_final=True)
        detail = answer.detail or self.detail
        return replace(answer, restriction=self.restriction, detail=detail)


def rule(asking: Asking, held: HeldService, plan: Plan) -> Ruling | None:
    """Ask the policies in their order, each about what the one before has left.

    None: no policy looks at such a request.
    """
    asked = asking.asked
    ruling: Ruling | None = None
    for each in plan.use_policies.get(asked.usage_type, ()):
        asking = asking._replace(asked=asked)
        if not each.meets(asking):
            continue
        if ruling is None:
            ruling = Ruling(asked)
        if not each.keeps(asking):
            ruling = _broken(each, asking, held).after(ruling)
            asked = ruling.asked
            if ruling.is_stop:
                break
    return ruling


def _broken(each: CompiledPolicy, asking: Asking, held: HeldService) -> Ruling:
    policy, asked, action = each.policy, asking.asked, each.policy.otherwise
    if action == "throttle" and policy.rate:
        return Ruling(asked, _restriction(each, "throttle"), _detail(each, asking))
    if action == "throttle":
        cut = each.cut(asking)
        if all(usage.quantity for usage in cut.requested):
            restriction = _restriction(each, "throttle")
            return Ruling(cut, restriction, _detail(each, asking), is_cut=True)
    elif action == "downgrade":
        changed = {**asked.attributes, **policy.instead}
        restriction = _restriction(each, "downgrade")
        return Ruling(replace(asked, attributes=changed), restriction, _detail(each, asking))
    nothing = replace(asked, requested=(), attributes=held.attributes)
    return Ruling(nothing, _restriction(each, "stop"), _detail(each, asking))


def _restriction(each: CompiledPolicy, action: str) -> Restriction:
    policy = each.policy
    found = Restriction("policy", policy.id, "stop", reason=policy.reason or policy.id)
    if action == "downgrade":
        return replace(found, action="downgrade", instead=policy.instead)
    if action == "throttle":
        return replace(found, action="throttle", rate=policy.rate)
    return found


def _together(bound: Restriction, before: Restriction) -> Restriction:
    """What bounds a request, with the attributes and the rate that policies have given it."""
    instead = {**before.instead, **bound.instead}
    return replace(bound, instead=instead, rate=bound.rate or before.rate)


def _detail(each: CompiledPolicy, asking: Asking) -> str:
    """One sentence with the value seen."""
    policy, asked = each.policy, asking.asked
    if policy.time_unit:
        return f"policy {policy.id}: not at this time"
    if policy.unit:
        return f"policy {policy.id}: a session has at most {policy.most} {policy.unit}"
    value = asked.attributes.get(policy.attribute, "")
    if policy.allowed:
        return f"policy {policy.id}: {policy.attribute} {value:.60} is not allowed"
    return f"policy {policy.id}: {policy.attribute} {value:.60} is more than {policy.most}"
