"""Movements: what changes a balance without usage, as charges of nothing with postings.

A grant, a top-up, an expiry: each stands in the ledger like a charge, so that a statement, the
audit and `explain` know one kind of row. Its record is made from its cause.
"""

from typing import NamedTuple

from msgspec.structs import replace

from streams.due.made import made_position, make_record
from streams.model.account import Account, Bucket
from streams.model.instant import Instant, Period
from streams.model.money import ZERO, Currency, Quantity, added, minus
from streams.model.rated import BalanceChange, Posting, RatedUsage, RecordVerdict
from streams.model.usage import MADE, UsageRecord
from streams.outcome import CommandReason, Verdict


class Holder(NamedTuple):
    """Whose balances are moved, with the currency that the charge of nothing is in."""

    tenant: str
    account: str
    root: str
    currency: Currency


def holder_of(account: Account) -> Holder:
    """The account as the holder of its own balances."""
    return Holder(account.tenant, account.account, account.root, account.currency)


class Movement:
    """What one cause moves in the balances of an account: `kind` is the usage type it stands under.

    `cause` names it within the tenant and kind, once for all; `at` is when it counts. What is
    `told` of it are its record's attributes.
    """

    __slots__ = ("_changes", "_postings", "_told", "at", "cause", "kind")

    def __init__(
        self, kind: str, cause: str, at: Instant, told: dict[str, str] | None = None
    ) -> None:
        self.kind = kind
        self.cause = cause
        self.at = at
        self._told = told
        self._postings: list[Posting] = []
        self._changes: list[BalanceChange] = []

    def __bool__(self) -> bool:
        """True where it moves something."""
        return bool(self._changes)

    @property
    def postings(self) -> tuple[Posting, ...]:
        """All legs so far."""
        return tuple(self._postings)

    def move(self, bucket: Bucket, after: Quantity, *, against: str, before: Quantity) -> None:
        """A bucket goes from `before` to `after`; the counter-account `against` bears it.

        What is set aside of it is there before and after.
        """
        moved = added(after, minus(before))
        change = BalanceChange(bucket.resource, bucket.start, before, after, bucket.id)
        self._changes.append(change.beside(bucket.reserved))
        if not moved:
            return
        self._postings += (
            Posting("account", bucket.resource, moved),
            Posting(against, bucket.resource, minus(moved)),
        )

    def give(self, bucket: Bucket, after: Quantity, *, holder: str) -> None:
        """A bucket, of another account where `holder` says so, goes up; who bears it is booked."""
        before = bucket.remaining
        change = BalanceChange(bucket.resource, bucket.start, before, after, bucket.id, holder)
        self._changes.append(change.beside(bucket.reserved))
        leg = f"account:{holder}" if holder else "account"
        self._postings.append(Posting(leg, bucket.resource, added(after, minus(before))))

    def book(self, ledger_account: str, resource: str, amount: Quantity) -> None:
        """A leg on a counter-account."""
        self._postings.append(Posting(ledger_account, resource, amount))

    def end(self, bucket: Bucket, *, against: str) -> None:
        """All that is not used of a bucket goes, with what is set aside of it."""
        self.move(replace(bucket, reserved=0), 0, against=against, before=bucket.unused)

    def owe(self, amount: Quantity, resource: str, owed_on: str, *, against: str) -> None:
        """What no bucket could bear is owed on a counter-account."""
        self._postings += (
            Posting(owed_on, resource, minus(amount)),
            Posting(against, resource, amount),
        )

    def record(self, tenant: str, root: str) -> UsageRecord:
        """The record of its cause."""
        return make_record(
            self.kind,
            tenant=tenant,
            root=root,
            event_id=self.cause,
            span=Period(self.at, self.at),
            attributes=self._told,
        )

    def refusal(
        self, holder: Holder, code: CommandReason, text: str, *, field: str, partition: int
    ) -> RecordVerdict:
        """Why nothing was moved, as the end of its record."""
        record = self.record(holder.tenant, holder.root)
        position = made_position(record, partition)
        return RecordVerdict(Verdict.IGNORED, code, text, field, "", position, record)

    def charge(self, holder: Holder, *, version: str, partition: int) -> RatedUsage:
        """The movement as it stands in the ledger; `version` is the catalog it came by."""
        record = self.record(holder.tenant, holder.root)
        return RatedUsage(
            record,
            made_position(record, partition),
            holder.account,
            holder.root,
            "",
            "",
            "",
            holder.currency,
            ZERO,
            "",
            "",
            (),
            self.postings,
            tuple(self._changes),
            version,
        )


def is_movement(charge: RatedUsage) -> bool:
    """True of a made charge that moves a balance and prices nothing."""
    return charge.position.topic_id == MADE and bool(charge.changes) and not charge.lines
