"""What charging made of a record: lines, postings, alerts. Frozen; each result explains itself."""

from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from streams.model.instant import Instant
from streams.model.money import ZERO, Currency, Quantity, added
from streams.model.usage import SourcePosition, UsageRecord


class ChargeLine(Struct, frozen=True, array_like=True, gc=False):
    """One step of pricing: which rule by which price made which amount of which quantity.

    `rule` is the price kind or rule that fired (`per_unit`, `graduated`, `allowance`, `rounding`);
    `price` names the catalog's object (`<price plan>/<offer>@<from>#<n>`); `amount` is in the
    record's currency at scale 12. `detail` holds what the rule decided by: band, zone, tier, model.
    """

    rule: str
    price: str
    unit: str
    quantity: Quantity
    unit_amount: Decimal
    amount: Decimal
    detail: dict[str, str] = {}


class Posting(Struct, frozen=True, array_like=True, gc=False):
    """One leg of a charge. The legs of one record sum to zero for every resource.

    `ledger_account` is `account` (what the customer holds or owes; `account:<id>` where another
    account of the root holds it), or a counter-account of the partition: `revenue`, `overrun`,
    `allowance_liability`, `rounding`, `funding`, `in_transit`, …
    """

    ledger_account: str
    resource: str
    amount: Quantity


class BalanceChange(Struct, frozen=True, array_like=True, gc=False):
    """One bucket before and after the record.

    `bucket` is its id, `account` who holds it where that is not the account that is charged.
    """

    resource: str
    period_start: Instant
    before: Quantity
    after: Quantity
    bucket: str = ""
    account: str = ""

    def beside(self, reserved: Quantity) -> "BalanceChange":
        """The change with what sessions have set aside of the bucket, before and after."""
        if not reserved:
            return self
        before, after = added(self.before, reserved), added(self.after, reserved)
        return replace(self, before=before, after=after)


class RatedUsage(Struct, frozen=True, array_like=True):
    """One charge: the full harmonised input, its lines and postings, and balances around it.

    `amount` is what the customer pays for the record, with taxes. `product` is what revenue is
    reported by; `zone` and `band` are empty where the price did not ask. `tax` is what of
    the amount is tax. `cost` is what the usage costs the tenant, None where its offer does not say.
    `bill_unit` is the start of the account's bill unit that it belongs to; usage that came too late
    for its own is from before that.
    """

    record: UsageRecord
    position: SourcePosition
    account: str
    root: str
    subscription: str
    price_plan: str
    product: str
    currency: Currency
    amount: Decimal
    zone: str
    band: str
    lines: tuple[ChargeLine, ...]
    postings: tuple[Posting, ...]
    changes: tuple[BalanceChange, ...]
    catalog_version: str
    tax: Decimal = ZERO
    cost: Decimal | None = None
    bill_unit: Instant = 0


class Alert(Struct, frozen=True, array_like=True):
    """A threshold was crossed, or left again (`recovered`). `alert_id` is made from its cause.

    `to` names who is told, as the catalog does, and `action` what is to be done.
    """

    alert_id: str
    tenant: str
    account: str
    threshold: str
    resource: str
    kind: str
    level: Quantity
    value: Quantity
    period_start: Instant
    occurred_at: Instant
    to: tuple[str, ...] = ()
    action: str = "notify"


class RecordVerdict(Struct, frozen=True, array_like=True):
    """The end of a record that was not charged. `record` is its full harmonised input.

    `verdict` is a `Verdict` word but `charged`; `code` a reason's; `reference` is where the fact
    that was judged by stands (the ledger's next offset of this partition, or the accounts topic's).
    """

    verdict: str
    code: str
    detail: str
    field: str
    lacks: str
    position: SourcePosition
    record: UsageRecord | None
