"""The words of a scenario's steps: each thing that may happen, with what it needs."""

from decimal import Decimal
from typing import Literal

from msgspec import Struct, field

from connectors.api.billing import CycleForm
from connectors.catalog.forms.account_prices import AccountPricesForm
from connectors.catalog.forms.budgets import BudgetTerms
from connectors.catalog.forms.grants import RollOverForm
from infra.scenario.times import Time
from streams.model.account import Payment
from streams.model.account_period import Recurrence
from streams.model.pool import PoolOrder
from streams.model.session_command import SessionAction
from streams.model.status import StatusWord


class ServiceForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A service id of an account, under a price plan, from a time until another.

    It may supplement another subscription of the account.
    """

    service: str
    price_plan: str
    account: str = ""
    subscription: str = ""
    supplements: str = ""
    start: Time | None = field(default=None, name="from")
    end: Time | None = field(default=None, name="until")


class AccountForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An account with its services; `wallet` is a first top-up."""

    account: str
    root: str = ""
    payment: Payment = "postpaid"
    currency: str = "CHF"
    time_zone: str = "UTC"
    credit_limit: Decimal | None = None
    wallet: Decimal | None = None
    attributes: dict[str, str] = {}
    services: tuple[ServiceForm, ...] = ()


class UsageForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One record of usage, sent as a source would."""

    id: str
    service: str
    usage_type: str = field(name="type")
    at: Time
    until: Time | None = None
    units: dict[str, Decimal]
    attributes: dict[str, str] = {}


class MessageForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A source message as its bytes, for the catalog's own source platforms."""

    text: str
    received_at: Time
    topic: str = "usage"
    headers: dict[str, str] = {}


class TopUpForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Money in, or a debt paid: of the account, a `subscription`, or a `wallet`, which it opens."""

    account: str
    amount: Decimal
    at: Time
    id: str = ""
    wallet: str = ""
    priority: int = 0
    end: Time | None = field(default=None, name="until")
    products: tuple[str, ...] = ()
    subscription: str = ""


class AdjustForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Money given, or taken where `amount` is below zero, by hand."""

    account: str
    amount: Decimal
    at: Time
    id: str = ""
    reason: str = "scenario"
    reference: str = ""
    approved_by: str = ""
    wallet: str = ""
    currency: str = ""
    subscription: str = ""


class CapForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much a member draws of a resource in a month; a soft cap only warns."""

    resource: str
    quantity: Decimal
    hard: bool = True


class JoinPoolForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An account draws on a pool, an account of the same root, from a time until another."""

    account: str
    pool: str
    start: Time | None = field(default=None, name="from")
    end: Time | None = field(default=None, name="until")
    order: PoolOrder = "own_first"
    caps: tuple[CapForm, ...] = ()


class LeavePoolForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An account draws on a pool no longer."""

    account: str
    pool: str
    at: Time


class TransferForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An account gives of a resource to another, out of `bucket` or whichever burns first."""

    account: str
    to: str
    resource: str
    quantity: Decimal
    at: Time
    bucket: str = ""
    id: str = ""


class MoveAccountForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An account goes to another root with all it has; `root` is the one it is said to have."""

    account: str
    to: str
    at: Time
    root: str = ""
    id: str = ""


class SignalForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The running sessions of an account are told something, or `session` alone; `grace` seconds
    after an end its last report is awaited.
    """

    account: str
    action: SessionAction
    at: Time
    session: str = ""
    service: str = ""
    value: str = ""
    reason: str = ""
    grace: int = 60
    id: str = ""


class GrantStepForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So much of an allowance for an account: once, or for each period or bill unit."""

    account: str
    grant: str
    allowance: str
    quantity: Decimal
    start: Time = field(name="from")
    end: Time | None = field(default=None, name="until")
    priority: int | None = None
    products: tuple[str, ...] = ()
    every: Recurrence | None = None
    anchor: Time | None = None
    roll_over: RollOverForm | None = None
    renews_for: Decimal | None = None
    id: str = ""


class VoidForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A grant is void: what is left of it goes back; above what it `keeps`, if that is said."""

    account: str
    grant: str
    at: Time
    id: str = ""
    keeps: Decimal | None = None


class ConvertForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many points become what a `conversion` of the catalog says."""

    account: str
    conversion: str
    points: Decimal
    at: Time
    id: str = ""


class AnswerForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A billing system answers the `number`th request for money that a threshold has made."""

    account: str
    threshold: str
    answer: Literal["paid", "declined"] = field(name="is")
    at: Time
    number: int = 1


class EndServiceForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A service ends; `moved_to` is the root that has it from then on."""

    service: str
    root: str
    at: Time
    moved_to: str = ""


class StatusForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From when on an account, or one of its services, is active, suspended or terminated."""

    account: str
    status: StatusWord = field(name="is")
    start: Time = field(name="from")
    service: str = ""


class AttributesForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From a time until another, attributes of an account, a service or a subscription of it."""

    account: str
    put: dict[str, str]
    start: Time = field(name="from")
    end: Time | None = field(default=None, name="until")
    service: str = ""
    subscription: str = ""
    id: str = ""


class BillingForm(CycleForm, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From when on an account's bill units go by a cycle, with `grace_s` seconds for late usage."""

    account: str
    start: Time = field(name="from")
    grace_s: int = 0
    currency: str = ""
    id: str = ""


class BilledForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The bill unit that begins then stands on an invoice."""

    account: str
    bill_unit: Time
    invoice: str
    id: str = ""


class PricesForm(AccountPricesForm, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Prices agreed with an account."""

    account: str


class ServiceRequestForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One service of a request: what is asked for, and what was used since the last one.

    `used_after` was used after the change of the tariff; no more is granted than `money` buys.
    """

    usage_type: str = field(name="type")
    units: dict[str, Decimal] = {}
    used: dict[str, Decimal] = {}
    rating_group: str = ""
    attributes: dict[str, str] = {}
    whole: bool = False
    used_after: dict[str, Decimal] = {}
    money: Decimal | None = None


class RequestForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is asked before and during service, for one service or for several of one session.

    Without a `sequence` it is the session's next. A grant holds for `valid_for` seconds. `gateway`
    holds the session. `stamp` is when it began by the gateway's clock. `follow` names thresholds
    that the session follows, an empty list: all of them.
    """

    session: str
    service: str
    at: Time
    services: tuple[ServiceRequestForm, ...] = ()
    valid_for: int = 3600
    sequence: int | None = None
    gateway: str = ""
    stamp: Time | None = None
    follow: tuple[str, ...] | None = None


class BudgetForm(BudgetTerms, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So much of what it `limits` in a window, for all or by `by`, from a time until another.

    `limits_of` are those of single values. `accounts` are those that it counts; the account's own
    usage without.
    """

    account: str
    budget: str
    currency: str = "CHF"
    accounts: tuple[str, ...] = ()
    start: Time | None = field(default=None, name="from")
    end: Time | None = field(default=None, name="until")


class RemoveBudgetForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A budget counts no more from a time on."""

    account: str
    budget: str
    at: Time


class RefundForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a debit or an ended session has cost goes back, whole, a `part` by resource, or what
    so much of its `usage` has cost, by unit.

    `name` is the refund's own Idempotency-Key.
    """

    name: str
    service: str
    at: Time
    session: str = ""
    debit: str = ""
    part: dict[str, Decimal] = {}
    usage: dict[str, Decimal] = {}


class StepForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that happens: exactly one of these.

    `tick` moves the partition's time, `advance` that of the tenant, which is a test then.
    `redeliver` brings a message of `usage` once more from the same place, `discard` closes a
    suspended record; both by the id of the usage.
    """

    usage: UsageForm | None = None
    message: MessageForm | None = None
    top_up: TopUpForm | None = None
    adjust: AdjustForm | None = None
    grant: GrantStepForm | None = None
    void: VoidForm | None = None
    convert: ConvertForm | None = None
    answer: AnswerForm | None = None
    account: AccountForm | None = None
    service: ServiceForm | None = None
    prices: PricesForm | None = None
    end_service: EndServiceForm | None = None
    status: StatusForm | None = None
    attributes: AttributesForm | None = None
    billing: BillingForm | None = None
    billed: BilledForm | None = None
    join_pool: JoinPoolForm | None = None
    leave_pool: LeavePoolForm | None = None
    budget: BudgetForm | None = None
    remove_budget: RemoveBudgetForm | None = None
    transfer: TransferForm | None = None
    check: RequestForm | None = None
    reserve: RequestForm | None = None
    extend: RequestForm | None = None
    confirm: RequestForm | None = None
    release: RequestForm | None = None
    debit: RequestForm | None = None
    refund: RefundForm | None = None
    balance: RequestForm | None = None
    move_account: MoveAccountForm | None = None
    signal: SignalForm | None = None
    tick: Time | None = None
    advance: Time | None = None
    redeliver: str | None = None
    discard: str | None = None
