"""Fees follow the assignments of a service: begun with each, ended where it ends."""

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from streams.accumulate.held import taken_over
from streams.due.moment import AccountMoment
from streams.model.account import Account, Driven, Fees, RunningFee, Service, ServiceAssignment
from streams.model.instant import BEGINNING
from streams.model.number_range import range_of
from streams.rate.plan import Plan
from streams.rate.price_plan import CompiledPricePlan
from streams.state import CatalogMarks, State, Table


def follow_service(
    before: Service | None, after: Service, plans: Mapping[str, Plan], state: State
) -> tuple[bytes, ...]:
    """Bring the running fees of a service in line with its assignments; the accounts concerned."""
    marks: CatalogMarks | None = state.get(Table.CATALOGS, after.tenant.encode())
    known = set(() if before is None else before.assignments)
    known_starts = {_place(each) for each in known}
    changed: list[bytes] = []
    everyone = [*after.assignments, *known]
    for account in dict.fromkeys(each.account for each in everyone):
        key = f"{after.tenant}\0{account}".encode()
        owner: Account | None = state.get(Table.ACCOUNTS, key)
        if owner is not None and owner.moved_to:
            # Its fees have left, or will as they are: they follow where they arrive.
            continue
        held: Fees = state.get(Table.FEES, key) or Fees()
        ends = {_place(each): each.end for each in after.assignments if each.account == account}
        running = [_followed(fee, after.service_id, account, ends) for fee in held.running]
        for assignment in after.assignments:
            if assignment.account == account and _place(assignment) not in known_starts:
                begun_now = _begun(after, assignment, marks, plans)
                running += [_driven_on(fee, running) for fee in begun_now]
                running += _moved(after, assignment, tuple(running))
        if tuple(running) != held.running:
            state.put(Table.FEES, key, Fees(tuple(running)))
            changed.append(key)
    return tuple(changed)


def begun(waiting: RunningFee, at: AccountMoment) -> Iterable[RunningFee]:
    """The fees of an assignment that came before its catalog."""
    price_plan = at.plan_at(waiting.start).price_plans.get(waiting.price_plan)
    if price_plan is None:
        return
    for name in price_plan.running:
        yield replace(waiting, fee=name, driven=_driven(name, price_plan))


def _place(assignment: ServiceAssignment) -> tuple[str, str, int]:
    return assignment.account, assignment.price_plan, assignment.start


def _followed(
    fee: RunningFee, service_id: str, account: str, ends: Mapping[tuple[str, str, int], int]
) -> RunningFee:
    """The fee with the end that its assignment has now; of one that is gone, it never ran."""
    place = account, fee.price_plan, fee.start
    if fee.service_id != service_id:
        # What a number of a range holds ends with the range.
        span = range_of(service_id)
        if span is None or not span.holds(fee.service_id) or place not in ends:
            return fee
    end = ends.get(place, fee.start)
    return fee if end == fee.end else replace(fee, end=end)


def _moved(
    service: Service, assignment: ServiceAssignment, running: tuple[RunningFee, ...]
) -> Iterable[RunningFee]:
    """The units that the service held where the new assignment takes over: they stay with it."""
    for fee in running:
        if (
            fee.held is not None
            and fee.held.units
            and fee.service_id == service.service_id
            and max(fee.end, fee.start) == assignment.start
        ):
            yield taken_over(fee, assignment, service.version)


def _driven(name: str, price_plan: CompiledPricePlan | None) -> Driven | None:
    """What drives the fee of this name; None where nothing does, or it is not known yet."""
    compiled = None if price_plan is None else price_plan.fees.get(name)
    driven_by = "" if compiled is None else compiled.fee.driven_by
    return Driven(driven_by) if driven_by else None


def _driven_on(fee: RunningFee, running: list[RunningFee]) -> RunningFee:
    """A fee that begins with the quantity that usage had driven the one before it to."""
    for old in running:
        driven = old.driven
        if (
            driven is not None
            and fee.driven is not None
            and old.service_id == fee.service_id
            and max(old.end, old.start) == fee.start
            and driven.rate_unit == fee.driven.rate_unit
        ):
            return replace(fee, driven=replace(driven, since=(), changes=0))
    return fee


def _begun(
    service: Service,
    assignment: ServiceAssignment,
    marks: CatalogMarks | None,
    plans: Mapping[str, Plan],
) -> Iterable[RunningFee]:
    """The fees and commitments that the price plan of a new assignment has when it begins.

    Without a catalog, one without a name: it waits for them. An assignment without a beginning has
    none: nobody could say since when they are due.
    """
    if assignment.end <= assignment.start or assignment.start == BEGINNING:
        return
    names: Iterable[str] = ("",)
    price_plan: CompiledPricePlan | None = None
    if marks is not None:
        plan = plans[marks.at(assignment.start) or marks.marks[0][1]]
        price_plan = plan.price_plans.get(assignment.price_plan)
        names = () if price_plan is None else price_plan.running
    for name in names:
        yield RunningFee(
            service.service_id,
            assignment.subscription,
            assignment.price_plan,
            name,
            assignment.start,
            assignment.end,
            assignment.start,
            service.version,
            driven=_driven(name, price_plan),
            supplements=assignment.supplements,
        )
