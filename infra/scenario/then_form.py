"""The words of what must have come out of a scenario; what is left out is not compared."""

from decimal import Decimal
from typing import Literal

from msgspec import Struct

from infra.scenario.times import Month, Time
from streams.model.session_command import SignalCause, ToldAction


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
    bill_unit: Time | None = None
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
    kind: Literal["crossed", "entered", "recovered", "overrun", "requested", "declined", "expired"]
    account: str | None = None
    resource: str | None = None
    to: tuple[str, ...] | None = None
    action: str | None = None
    level: Decimal | None = None
    value: Decimal | None = None


class RestrictionForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What bounds a service of an answer; what is left out is not compared."""

    kind: str | None = None
    name: str | None = None
    action: str | None = None
    level: str | None = None
    instead: dict[str, str] | None = None
    rate: str | None = None
    retry_at: Time | None = None


class ServiceAnswerForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What became of one service of a request; what is left out is not compared.

    `final_unit` is its action and where `to`; an empty one, or an empty `tariff_change`, is none.
    """

    group: str | None = None
    code: str | None = None
    granted: dict[str, Decimal] | None = None
    amount: Decimal | None = None
    final: bool | None = None
    final_unit: dict[str, str] | None = None
    ask_again_at: Decimal | None = None
    ask_again_before: int | None = None
    tariff_change: str | None = None
    trigger: str | None = None
    restriction: RestrictionForm | None = None


class BudgetLeftForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A budget as a `balance` tells it; what is left out is not compared."""

    budget: str
    value: str | None = None
    level: str | None = None
    limit: Decimal | None = None
    used: Decimal | None = None
    reserved: Decimal | None = None


class ThresholdStatusForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a threshold stands; what is left out is not compared, nor is the `end` of none."""

    threshold: str
    status: str | None = None
    value: Decimal | None = None
    end: Time | None = None
    then: str | None = None


class AnswerForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The answer to a request; what is left out is not compared. `repeat`: it was given before.

    `inactive_after` is in seconds; `control` the action that the session was last told.
    """

    code: str
    services: tuple[ServiceAnswerForm, ...] | None = None
    valid_until: Time | None = None
    budgets: tuple[BudgetLeftForm, ...] | None = None
    thresholds: tuple[ThresholdStatusForm, ...] | None = None
    repeat: bool | None = None
    inactive_after: int | None = None
    control: str | None = None


class SessionCommandForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the gateway of a session was told; what is left out is not compared."""

    session: str
    action: ToldAction
    value: str | None = None
    reason: str | None = None
    cause: SignalCause | None = None
    gateway: str | None = None


class BalanceForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an account has left of a resource: all of it, or what fits the other words.

    `month`, or an instant `at`, is for allowances, `bucket` the id of a grant or a wallet.
    `reserved` is what running sessions have set aside of it.
    """

    account: str
    resource: str
    remaining: Decimal
    reserved: Decimal | None = None
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


class BillUnitForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the bill unit of an account that begins then holds; what is left out is not compared.

    `amount` is that of its charges, `late` how many of them are from before it began. An `invoice`
    that is empty: it is not billed.
    """

    account: str
    bill_unit: Time
    charges: int | None = None
    amount: Decimal | None = None
    late: int | None = None
    invoice: str | None = None


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
    """What must have come out. All lists but those of balances, bill units and sums
    are complete,
    in order.

    `charges` are what was priced, `movements` what changed balances without usage: grants,
    top-ups, expiry. Of them and of `alerts`, what is left out is not compared; `verdicts` left out
    means that nothing was refused.
    """

    charges: tuple[ChargeForm, ...] | None = None
    movements: tuple[ChargeForm, ...] | None = None
    answers: tuple[AnswerForm, ...] | None = None
    signals: tuple[SessionCommandForm, ...] | None = None
    verdicts: tuple[VerdictForm, ...] = ()
    alerts: tuple[AlertForm, ...] | None = None
    balances: tuple[BalanceForm, ...] = ()
    accumulators: tuple[TotalForm, ...] = ()
    counters: tuple[CounterForm, ...] = ()
    bill_units: tuple[BillUnitForm, ...] = ()
    sums: tuple[SumForm, ...] = ()
