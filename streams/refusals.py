"""Why a record cannot be charged before anything is known of its price: one sentence each."""

from streams.model.instant import format_instant
from streams.model.usage import UsageRecord
from streams.outcome import Reject, RejectReason
from streams.rate.guide import Elsewhere
from streams.rate.plan import Plan
from streams.route import lacks_service


def wrong_home(record: UsageRecord, elsewhere: Elsewhere) -> Reject:
    """A record that was sent on to a partition which is not its home either."""
    return Reject(
        RejectReason.WRONG_HOME,
        f"service {record.service_id} was sent on here, but lives under {elsewhere.root}",
        field="service_id",
        lacks=lacks_service(record.tenant, record.service_id),
    )


def no_catalog(record: UsageRecord) -> Reject:
    """Its tenant has no catalog in force at the event's time."""
    return Reject(
        RejectReason.NO_CATALOG,
        f"tenant {record.tenant} has no catalog at {format_instant(record.occurred_at)}",
        lacks=f"catalog:{record.tenant}",
    )


def outside_window(record: UsageRecord, plan: Plan) -> Reject:
    """So late that a repeat of it could no longer be told."""
    return Reject(
        RejectReason.OUTSIDE_DEDUPE_WINDOW,
        f"{format_instant(record.occurred_at)} is more than"
        f" {plan.dedupe_window(record.usage_type)} days before the partition's time",
        field="occurred_at",
    )
