"""Commands: accounts, services, money, catalog markers and time, applied once by their id.

Commands whose effect is the same the second time (tick, receipt, discard) need none.
"""

from collections.abc import Mapping

from msgspec.structs import replace

from streams import command_ids
from streams.accumulate.adjust import adjust
from streams.accumulate.answer_top_up import answer_top_up
from streams.accumulate.convert import convert_points
from streams.accumulate.partner_totals import take_volume
from streams.accumulate.sessions import drop_closed
from streams.accumulate.top_up import top_up
from streams.attributes import put_attributes
from streams.billing import apply_billing
from streams.budgets import put_budget
from streams.caps.messages import take_message
from streams.caps.slices import Place
from streams.command_ids import COMMAND_IDS
from streams.due.arrive import arrive
from streams.due.clock import advance_clock
from streams.due.grants import stand, void
from streams.due.leave import leave, received
from streams.due.transfer import get, give
from streams.memberships import put_membership
from streams.model.account import Account
from streams.model.account_prices import AccountPrices
from streams.model.balance_command import (
    Adjust,
    AnswerTopUp,
    ConvertPoints,
    GrantAllowance,
    JoinPool,
    LeavePool,
    TakeTransfer,
    TopUp,
    Transfer,
    VoidGrant,
)
from streams.model.billing_command import MarkBilled, PutBillingProfile
from streams.model.budget_command import PutBudget, RemoveBudget
from streams.model.cap_command import GrantSlice, RecallSlice, ReportCap
from streams.model.charging_session import ChargingRequest
from streams.model.command import (
    ActivateCatalog,
    AdvanceClock,
    AssignService,
    Command,
    DiscardSuspended,
    EndService,
    FoldPeriods,
    Forwarded,
    PartnerVolume,
    PutAccount,
    PutAttributes,
    PutPartnerTier,
    PutPrices,
    PutStatus,
    Receipt,
    Released,
    SentOn,
    Tick,
)
from streams.model.commission import CommissionPlan
from streams.model.instant import Instant
from streams.model.move_command import MoveAccount, TakeAccount
from streams.model.partner import PartnerTiers
from streams.model.rated import RecordVerdict
from streams.model.session_command import SignalSessions
from streams.model.usage import SourcePosition
from streams.moved import Home, drop_sent_on, is_sent_on
from streams.outbox import clear
from streams.outcome import Verdict
from streams.rate.plan import Plan
from streams.record_ids import dropped_range, mark_of, position_of
from streams.services import assign_service, end_service
from streams.session.answers import ANSWERS
from streams.session.signals import COMMANDS
from streams.state import TIME, CatalogMarks, Effects, RecordState, State, Table, record_id_key
from streams.status import put_status
from streams.subscriptions import has_supplements
from streams.tenant_time import end_own_time, own_times, time_of

DISCARDED = "discarded"
_NOWHERE = SourcePosition("", -1, -1, -1)


def catalog_of(tenant: str, instant: Instant, state: State) -> str | None:
    """The catalog version that the tenant uses at an instant."""
    marks: CatalogMarks | None = state.get(Table.CATALOGS, tenant.encode())
    return None if marks is None else marks.at(instant)


def version_from(command: PutAttributes, state: State) -> str | None:
    """The catalog version in force as the values begin to count, or by now."""
    time = time_of(command.tenant, state)
    return catalog_of(command.tenant, max(command.start, time), state)


class CommandBook:
    """Applies commands of one partition; `plans` are those of its charging core."""

    def __init__(self, plans: Mapping[str, Plan], home: Home) -> None:
        self._plans = plans
        self._home = home
        self._partition = home.partition
        self._partitions = home.partitions

    def is_sent_on(self, command: Command, state: State, effects: Effects) -> bool:
        """True where the account of the command has left, and its new home carries it out."""
        return is_sent_on(command, self._home, state, effects)

    def apply(self, command: Command, *, state: State, effects: Effects) -> None:
        """Apply a command that carries no usage; a known id does nothing."""
        match command:
            case ReportCap() | GrantSlice() | RecallSlice():
                if command_ids.note(command, state):
                    place = Place(self._partition, self._partitions)
                    version = catalog_of(command.tenant, time_of(command.tenant, state), state)
                    watched = self._plans[version].thresholds if version else None
                    take_message(command, place, watched, state=state, effects=effects)
            case Tick(at=at):
                _tick(at, state)
            case Receipt():
                self._clear(command, state, effects)
            case DiscardSuspended():
                _discard(command, state, effects)
            case PutPartnerTier():
                _put_tier(command, state)
            case AdvanceClock():
                self._advance(command, state, effects)
            case (
                Forwarded()
                | Released()
                | FoldPeriods()
                | ChargingRequest()
                | SentOn()
                | SignalSessions()
            ):
                raise AssertionError("usage is charged and periods are folded, not applied")
            case _:
                if command_ids.note(command, state):
                    self._apply_new(command, state=state, effects=effects)

    def _advance(self, command: AdvanceClock, state: State, effects: Effects) -> None:
        if command_ids.note(command, state):
            at = self._partition
            advance_clock(command, self._plans, partition=at, state=state, effects=effects)

    def _apply_new(
        self, command: command_ids.Identified, *, state: State, effects: Effects
    ) -> None:
        match command:
            case PutBillingProfile() | MarkBilled():
                at = self._partition
                apply_billing(command, self._plans, partition=at, state=state, effects=effects)
            case MoveAccount() | TakeAccount():
                self._move(command, state=state, effects=effects)
            case PutAccount():
                _put_account(command, state, effects)
            case AssignService():
                assign_service(command, self._partition, state, effects)
            case EndService():
                end_service(command, state, effects)
            case TopUp():
                version = catalog_of(command.tenant, command.occurred_at, state)
                plan = None if version is None else self._plans[version]
                top_up(command, plan=plan, partition=self._partition, state=state, effects=effects)
            case Adjust():
                plan = self._plan_now(command, state)
                adjust(command, plan=plan, partition=self._partition, state=state, effects=effects)
            case AnswerTopUp():
                plan, at = self._plan_now(command, state), self._partition
                answer_top_up(command, plan=plan, partition=at, state=state, effects=effects)
            case ConvertPoints():
                plan, at = self._plan_now(command, state), self._partition
                convert_points(command, plan=plan, partition=at, state=state, effects=effects)
            case ActivateCatalog():
                _activate(command, self._plans, state)
            case PutPrices():
                _put_prices(command, state, effects)
            case PutStatus():
                put_status(command, state, effects)
            case PutAttributes():
                self._put_attributes(command, state, effects)
            case PutBudget() | RemoveBudget():
                put_budget(command, state, effects)
            case JoinPool() | LeavePool():
                put_membership(command, state, effects)
            case Transfer():
                version = catalog_of(command.tenant, command.occurred_at, state) or ""
                give(
                    command,
                    partition=self._partition,
                    partitions=self._partitions,
                    version=version,
                    state=state,
                    effects=effects,
                )
            case TakeTransfer():
                version = catalog_of(command.tenant, command.occurred_at, state) or ""
                here = self._partition
                get(command, partition=here, version=version, state=state, effects=effects)
            case PartnerVolume():
                time = time_of(command.tenant, state)
                take_volume(command, self._terms_of(command, state), time, state)
            case GrantAllowance():
                stand(command, state)
            case VoidGrant():
                version = catalog_of(command.tenant, command.occurred_at, state) or ""
                void(
                    command,
                    version=version,
                    partition=self._partition,
                    state=state,
                    effects=effects,
                )

    def _move(self, command: MoveAccount | TakeAccount, *, state: State, effects: Effects) -> None:
        version = catalog_of(command.tenant, command.occurred_at, state) or ""
        if isinstance(command, MoveAccount):
            leave(command, self._home, version=version, state=state, effects=effects)
        else:
            arrive(command, self._home, version=version, state=state, effects=effects)

    def _clear(self, receipt: Receipt, state: State, effects: Effects) -> None:
        """A message has got there; of an account that moves, what comes after it may leave."""
        message = clear(receipt.message_id, state, effects)
        if message is not None and isinstance(message.command, TakeAccount | SentOn):
            sent, version = message.command, ""
            if isinstance(sent, TakeAccount):
                version = catalog_of(sent.tenant, sent.occurred_at, state) or ""
            received(sent, receipt, self._home, version=version, state=state, effects=effects)

    def _plan_now(self, command: Adjust | AnswerTopUp | ConvertPoints, state: State) -> Plan | None:
        """The plan in force, however far back the command is dated: limits are those of today."""
        time = time_of(command.tenant, state)
        version = catalog_of(command.tenant, max(command.occurred_at, time), state)
        return None if version is None else self._plans[version]

    def _put_attributes(self, command: PutAttributes, state: State, effects: Effects) -> None:
        """By the plan that the values will be read by: today's, or a later one's."""
        version = version_from(command, state)
        plan = None if version is None else self._plans[version]
        partition = self._partition
        put_attributes(command, plan=plan, partition=partition, state=state, effects=effects)

    def _terms_of(self, volume: PartnerVolume, state: State) -> CommissionPlan | None:
        """The commission plan as it was when the period ended, or is now."""
        marks: CatalogMarks | None = state.get(Table.CATALOGS, volume.tenant.encode())
        if marks is None:
            return None
        version = marks.at(volume.end - 1) or marks.marks[0][1]
        newest = marks.marks[-1][1]
        name = volume.commission_plan
        return next(
            (
                self._plans[each].commissions.plans[name]
                for each in (version, newest)
                if name in self._plans[each].commissions.plans
            ),
            None,
        )


def _put_account(command: PutAccount, state: State, effects: Effects) -> None:
    key = f"{command.tenant}\0{command.account}".encode()
    known: Account | None = state.get(Table.ACCOUNTS, key)
    account = Account(
        command.tenant,
        command.account,
        command.root if known is None else known.root,
        command.payment,
        command.currency,
        command.time_zone,
        command.credit_limit,
        1 if known is None else known.version + 1,
        command.attributes,
        state.get(Table.ACCOUNT_PRICES, key) is not None,
        state.get(Table.POOLS, key) is not None,
        () if known is None else known.statuses,
        has_supplements(key, state),
        () if known is None else known.dated,
        former_roots=() if known is None else known.former_roots,
        has_budgets=state.get(Table.BUDGETS, key) is not None,
        billing=None if known is None else known.billing,
    )
    state.put(Table.ACCOUNTS, key, account)
    effects.facts.append(account)


def _put_prices(command: PutPrices, state: State, effects: Effects) -> None:
    """The account changes with its prices: whoever knows a payer by it looks again."""
    key = f"{command.tenant}\0{command.account}".encode()
    known: AccountPrices = state.get(Table.ACCOUNT_PRICES, key) or AccountPrices()
    state.put(Table.ACCOUNT_PRICES, key, known.with_list(command.prices))
    account: Account | None = state.get(Table.ACCOUNTS, key)
    if account is not None:
        changed = replace(account, version=account.version + 1, has_prices=True)
        state.put(Table.ACCOUNTS, key, changed)
        effects.facts.append(changed)


def _put_tier(command: PutPartnerTier, state: State) -> None:
    key = f"{command.tenant}\0{command.partner}".encode()
    known: PartnerTiers = state.get(Table.PARTNER_TIERS, key) or PartnerTiers()
    given = known.given(command.start, command.commission_plan, command.tier)
    if given != known:
        state.put(Table.PARTNER_TIERS, key, given)


def _activate(command: ActivateCatalog, plans: Mapping[str, Plan], state: State) -> None:
    own = own_times(state)
    if own is not None and command.tenant in own and not plans[command.version].is_test:
        end_own_time(command.tenant, own, state)
    key = command.tenant.encode()
    known: CatalogMarks | None = state.get(Table.CATALOGS, key)
    marks = [] if known is None else list(known.marks)
    if (command.start, command.version) in marks:
        return
    marks.append((command.start, command.version))
    marks.sort(key=lambda mark: mark[0])
    state.put(Table.CATALOGS, key, CatalogMarks(tuple(marks)))


def _tick(at: Instant, state: State) -> None:
    """Advance the partition's time, never back; drop what is too old at it."""
    time = state.get(Table.META, TIME)
    if time is not None and at <= time:
        return
    state.put(Table.META, TIME, at)
    limit = dropped_range(at)
    if time is None or limit != dropped_range(time):
        state.drop(Table.RECORD_IDS, *limit)
        drop_sent_on(limit[1], state)
    COMMAND_IDS.turn(at, state)
    ANSWERS.turn(at, state)
    COMMANDS.turn(at, state)
    drop_closed(at, state)


def _discard(command: DiscardSuspended, state: State, effects: Effects) -> None:
    """Close a suspended record for good, known here or only suspended by mediation."""
    key = record_id_key(command.occurred_at, command.record_id)
    mark = state.get(Table.RECORD_IDS, key)
    if mark is not None and mark.state != RecordState.SUSPENDED:
        return
    position = _NOWHERE if mark is None else position_of(mark)
    state.put(Table.RECORD_IDS, key, mark_of(RecordState.DISCARDED, position))
    effects.verdicts.append(
        RecordVerdict(
            Verdict.IGNORED,
            DISCARDED,
            command.reason,
            "",
            f"record:{command.tenant}:{command.record_id.hex()}",
            position,
            None,
        )
    )
