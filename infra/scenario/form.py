"""The words of a scenario file. A word that is not here is an error, never ignored."""

from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from connectors.catalog.form import CatalogFile
from connectors.catalog.forms.account_prices import AccountPricesForm
from connectors.catalog.forms.grants import RollOverForm
from streams.model.account import Payment
from streams.model.billing_period import PeriodUnit
from streams.model.pool import PoolOrder
from streams.model.status import StatusWord

SCHEMA_NAME = "scenario.schema.json"
SCHEMA_TITLE = "Vivace scenario file"

Time = Annotated[
    str,
    Meta(
        pattern=r"^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d))?$",
        description="A day (its beginning in UTC) or an instant with its offset",
    ),
]
Sides = dict[str, dict[str, tuple[str, ...]]]
"""By rule and boundary: sides."""
Month = Annotated[str, Meta(pattern=r"^\d{4}-\d\d$", description="A calendar month")]


class ServiceForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A service id of an account, under a price plan, from a time until another."""

    service: str
    price_plan: str
    account: str = ""
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


class GivenForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is there before: accounts, the partition's time, how many partitions."""

    accounts: tuple[AccountForm, ...] = ()
    time: Time | None = None
    partitions: int = 1


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
    """Money in, or a debt paid; with `wallet` it fills that one, or opens it."""

    account: str
    amount: Decimal
    at: Time
    id: str = ""
    wallet: str = ""
    priority: int = 0
    end: Time | None = field(default=None, name="until")
    products: tuple[str, ...] = ()


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


class GrantStepForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So much of an allowance for an account: once, or for each period of a unit."""

    account: str
    grant: str
    allowance: str
    quantity: Decimal
    start: Time = field(name="from")
    end: Time | None = field(default=None, name="until")
    priority: int | None = None
    products: tuple[str, ...] = ()
    every: PeriodUnit | None = None
    anchor: Time | None = None
    roll_over: RollOverForm | None = None
    id: str = ""


class VoidForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A grant is void: what is left of it goes back."""

    account: str
    grant: str
    at: Time
    id: str = ""


class ConvertForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many points become what a `conversion` of the catalog says."""

    account: str
    conversion: str
    points: Decimal
    at: Time
    id: str = ""


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


class PricesForm(AccountPricesForm, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Prices agreed with an account."""

    account: str


class StepForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that happens: exactly one of these.

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
    account: AccountForm | None = None
    service: ServiceForm | None = None
    prices: PricesForm | None = None
    end_service: EndServiceForm | None = None
    status: StatusForm | None = None
    join_pool: JoinPoolForm | None = None
    leave_pool: LeavePoolForm | None = None
    transfer: TransferForm | None = None
    tick: Time | None = None
    redeliver: str | None = None
    discard: str | None = None


class LineForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A charge line; what is left out is not compared."""

    rule: str | None = None
    price: str | None = None
    unit: str | None = None
    quantity: Decimal | None = None
    unit_amount: Decimal | None = None
    amount: Decimal | None = None
    detail: dict[str, str] | None = None


class PostingForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One leg of a charge."""

    ledger_account: str
    resource: str
    amount: Decimal


class ChangeForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A bucket before and after; what is left out is not compared."""

    resource: str
    bucket: str | None = None
    before: Decimal | None = None
    after: Decimal | None = None


class ChargeForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A charge by the id of its usage; what is left out is not compared, lists are complete."""

    id: str
    amount: Decimal | None = None
    account: str | None = None
    product: str | None = None
    zone: str | None = None
    band: str | None = None
    tax: Decimal | None = None
    cost: Decimal | None = None
    lines: tuple[LineForm, ...] | None = None
    postings: tuple[PostingForm, ...] | None = None
    changes: tuple[ChangeForm, ...] | None = None


class VerdictForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A record that was not charged."""

    id: str
    verdict: Literal["ignored", "duplicate", "suspended", "error"]
    code: str = ""


class AlertForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An alert; what is left out is not compared."""

    threshold: str
    kind: Literal["crossed", "entered", "recovered", "overrun"]
    account: str | None = None
    resource: str | None = None
    to: tuple[str, ...] | None = None
    action: str | None = None
    level: Decimal | None = None
    value: Decimal | None = None


class BalanceForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an account has left of a resource: all of it, or what fits the other words.

    `month`, or an instant `at`, is for allowances, `bucket` the id of a grant or a wallet.
    """

    account: str
    resource: str
    remaining: Decimal
    bucket: str | None = None
    month: Month | None = None
    at: Time | None = None


class TotalForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An accumulator of an account in a month, or in its period that holds the instant `at`."""

    account: str
    accumulator: str
    month: Month | None = None
    at: Time | None = None
    total: Decimal


class CounterForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A counter-account over all partitions."""

    ledger_account: str
    resource: str
    total: Decimal


class SumForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What charge lines add up to: all of them, or those that fit every word given.

    `charges` are ids of usage, `month` is the usage's month in the account's time zone, `without`
    are rules left out, `detail` is what a line's detail must hold among other things. `digits`
    rounds what was found, half up, before it is compared.
    """

    charges: tuple[str, ...] | None = None
    account: str | None = None
    product: str | None = None
    price_plan: str | None = None
    month: Month | None = None
    rule: str | None = None
    without: tuple[str, ...] = ()
    price: str | None = None
    units: tuple[str, ...] | None = None
    detail: dict[str, str] = {}
    amount: Decimal | None = None
    quantity: Decimal | None = None
    count: int | None = None
    digits: int | None = None


class ThenForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What must have come out. `charges`, `movements`, `alerts`, `verdicts` are complete, in order.

    `charges` are what was priced, `movements` what changed balances without usage: grants,
    top-ups, expiry. Of them and of `alerts`, what is left out is not compared; `verdicts` left out
    means that nothing was refused.
    """

    charges: tuple[ChargeForm, ...] | None = None
    movements: tuple[ChargeForm, ...] | None = None
    verdicts: tuple[VerdictForm, ...] = ()
    alerts: tuple[AlertForm, ...] | None = None
    balances: tuple[BalanceForm, ...] = ()
    accumulators: tuple[TotalForm, ...] = ()
    counters: tuple[CounterForm, ...] = ()
    sums: tuple[SumForm, ...] = ()


class ScenarioForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One scenario: `it` says what holds.

    `use` names a catalog folder, relative to the file; `catalog` holds a catalog's sections here,
    and what it names takes the place of a section of `use`. `shows` says which sides of which
    boundaries of which rules it shows. `core_only` says why it cannot run `--live`. With `focus`
    only such scenarios run, with `skip` it does not; both fail the run.
    """

    it: Annotated[str, Meta(min_length=1)]
    shows: Sides = {}
    use: str | None = None
    catalog: CatalogFile | None = None
    given: GivenForm = GivenForm()
    when: tuple[StepForm, ...]
    then: ThenForm
    core_only: str | None = None
    focus: bool = False
    skip: str | None = None
