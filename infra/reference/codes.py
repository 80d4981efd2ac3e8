"""docs/reference/codes.md"""

from collections.abc import Mapping

from infra.reference.table import table
from streams.outcome import CommandReason, DropReason, RejectReason, Verdict, is_suspense

_INTRODUCTION = """# Codes

Every source position ends with exactly one verdict; one that is not charged carries a code that
says why. Codes are never renamed and never reused. Where several apply, the first in this order is
reported.

"""

VERDICTS: Mapping[Verdict, str] = {
    Verdict.CHARGED: "Rated, and posted to its account.",
    Verdict.IGNORED: "A rule says that it is not ours to charge.",
    Verdict.DUPLICATE: "The same record id came from another position before.",
    Verdict.SUSPENDED: "Waits in `suspense` for a fact that is missing.",
    Verdict.ERROR: "Cannot be read; its bytes are in `errors`.",
}
DROPS: Mapping[DropReason, str] = {
    DropReason.FILTERED: "A filter of the source platform leaves it out.",
    DropReason.ZERO_USAGE: "Nothing was used: every quantity is zero.",
    DropReason.FIRST_READING: "A meter is read for the first time: later readings count from it.",
}
REJECTS: Mapping[RejectReason, tuple[str, str]] = {
    RejectReason.EMPTY_MESSAGE: ("The message has no bytes.", "Mend the source."),
    RejectReason.MESSAGE_TOO_LARGE: (
        "The message is larger than the source platform allows.",
        "Let the source send smaller messages.",
    ),
    RejectReason.NOT_PARSABLE: ("The bytes are not of the format.", "Mend the source."),
    RejectReason.UNKNOWN_SOURCE: (
        "No source platform of the topic matches.",
        "Add a source platform to the catalog, then release.",
    ),
    RejectReason.MISSING_FIELD: ("A required field is absent.", "Mend the source."),
    RejectReason.WRONG_TYPE: ("A field has another type.", "Mend the source."),
    RejectReason.NOT_A_NUMBER: ("A quantity is not a finite number.", "Mend the source."),
    RejectReason.NUMBER_TOO_LARGE: (
        "A quantity has more digits than can be kept exactly.",
        "Mend the source, or use a larger unit.",
    ),
    RejectReason.NEGATIVE_QUANTITY: ("A quantity is below zero.", "Mend the source."),
    RejectReason.TIME_NOT_PARSABLE: ("A time is not of the format.", "Mend the source."),
    RejectReason.TIME_OUT_OF_RANGE: (
        "The event's time is before 2000 or more than a day ahead of its arrival.",
        "Set the source's clock.",
    ),
    RejectReason.RULE_FAILED: (
        "A rule of the catalog has no result for this record.",
        "Mend the rule, activate, release.",
    ),
    RejectReason.INTERNAL_ERROR: (
        "The engine failed on this record; its effects were undone.",
        "Report it with the record's bytes, which are kept.",
    ),
    RejectReason.NO_CATALOG: ("The tenant has no active catalog.", "Activate one."),
    RejectReason.UNKNOWN_SERVICE: (
        "No subscription has the service id at the event's time.",
        "Add the service; the record is then released by itself.",
    ),
    RejectReason.AMBIGUOUS_SERVICE: (
        "Several subscriptions claim the service id at the event's time.",
        "End all claims but one, then release.",
    ),
    RejectReason.UNKNOWN_ACCOUNT: ("The account is not known.", "Add it."),
    RejectReason.NOT_YET_ACTIVE: (
        "The subscription begins after the event.",
        "Correct its start, or discard the record.",
    ),
    RejectReason.SERVICE_ENDED: (
        "The subscription ended before the event, or the service id is terminated.",
        "Correct its end, or discard the record.",
    ),
    RejectReason.SERVICE_SUSPENDED: (
        "The service id is suspended at the event's time.",
        "Make it active for that time: the record is then released by itself; or discard it.",
    ),
    RejectReason.ACCOUNT_SUSPENDED: (
        "The account is suspended at the event's time.",
        "Make it active for that time: the record is then released by itself; or discard it.",
    ),
    RejectReason.ACCOUNT_TERMINATED: (
        "The account is terminated at the event's time.",
        "Correct its status, or discard the record.",
    ),
    RejectReason.SPANS_CHANGE: (
        "Who pays, the plan or a status changes within the record, and its usage type says so.",
        "Correct the change's time, let the usage type `split` or count by its `start`, or discard"
        " the record.",
    ),
    RejectReason.WRONG_HOME: (
        "The record came to a partition that is not its account's, more than once.",
        "Report it; release once the account is settled.",
    ),
    RejectReason.OUTSIDE_DEDUPE_WINDOW: (
        "So late that a repeat could no longer be told.",
        "Check that it was not charged, then release or discard.",
    ),
    RejectReason.UNKNOWN_PRICE_PLAN: (
        "The subscription's price plan is not in the catalog.",
        "Add the plan and activate.",
    ),
    RejectReason.NO_PRICE: (
        "The price plan has no price for this usage.",
        "Add the price and activate; the record is then released by itself.",
    ),
    RejectReason.NO_RATE_UNIT: (
        "No rate unit is mapped to the record's service type and transaction type.",
        "Map one and activate; the record is then released by itself.",
    ),
    RejectReason.NO_QUANTITY: (
        "The rate unit has no quantity for this record.",
        "Mend the rate unit and activate, or discard the record.",
    ),
    RejectReason.LATE_READING: (
        "A meter reading, or a level of held units, is older than the last one,"
        " whose charge covers it already.",
        "Discard it; where the later one was wrong, send that one again, corrected.",
    ),
    RejectReason.IMPLAUSIBLE_READING: (
        "A meter reading fell, has too many digits, or is too far from the last one.",
        "Read again, then discard it; or widen the rate unit's bounds and release.",
    ),
    RejectReason.NOT_HELD: (
        "More units are taken away than are held, or none can be held any more.",
        "Release it once those that were added have come, or discard it.",
    ),
    RejectReason.NO_ZONE: ("No zone matches, not even `*`.", "Add the zone and activate."),
    RejectReason.UNKNOWN_CURRENCY: (
        "The account is in another currency than its price plan, or no exchange rate has begun.",
        "Assign a price plan in the account's currency, or add the rate and activate.",
    ),
    RejectReason.OVER_LIMIT: (
        "The account's limit is reached and its policy is to suspend.",
        "Top up or raise the limit; the record is then released by itself.",
    ),
}

COMMANDS: Mapping[CommandReason, str] = {
    CommandReason.ACCOUNT_NOT_KNOWN: "There is no such account yet.",
    CommandReason.SAME_ROOT: "The account is under that root already.",
    CommandReason.SESSIONS_OPEN: "Charging sessions hold something that the account shares with"
    " others: of a pool, or of a shared cap.",
    CommandReason.OTHER_CURRENCY: "The account has another currency.",
    CommandReason.NOT_APPROVED: "It is above the currency's `approval_limit`, and names nobody who"
    " approved it.",
    CommandReason.INSUFFICIENT_BALANCE: "The account has less than it was to give.",
    CommandReason.REQUEST_NOT_KNOWN: "The account has not asked for this money, or has it already.",
    CommandReason.NOT_A_TEST_TENANT: "The tenant has a catalog that is no `test`, or none: its time"
    " is not moved.",
    CommandReason.CLOCK_IS_AHEAD: "The tenant's time is past that already.",
    CommandReason.CONVERSION_NOT_KNOWN: "The catalog in force has no such conversion.",
    CommandReason.TOO_FEW_POINTS: "Fewer points than the conversion's `minimum`, or worth nothing.",
    CommandReason.NOT_ENOUGH_POINTS: "The account has fewer points.",
    CommandReason.OVERLAPPING_RANGE: "Some of its numbers are in another range of the same width at"
    " that time.",
    CommandReason.SERVICE_NOT_KNOWN: "The account never had this service id.",
    CommandReason.ATTRIBUTE_NOT_KNOWN: "The catalog declares no such attribute of it.",
    CommandReason.WRONG_ATTRIBUTE_VALUE: "The value is not of the attribute's type.",
    CommandReason.BILL_UNIT_NOT_OPEN: "A billing profile cannot begin before the open bill unit.",
    CommandReason.BILL_UNIT_NOT_KNOWN: "No bill unit of the account begins then.",
    CommandReason.BILL_UNIT_NOT_CLOSED: "The bill unit still takes late usage, or is open.",
    CommandReason.BILL_UNIT_BILLED: "The bill unit stands on another invoice.",
}


def page() -> str:
    """Return verdicts, then the codes of what was ignored and of what was refused."""
    rejects = (
        (f"`{code}`", "`suspense`" if is_suspense(code) else "`errors`", *REJECTS[code])
        for code in RejectReason
    )
    return (
        _INTRODUCTION
        + "## Verdicts\n\n"
        + table(("verdict", "meaning"), ((f"`{v}`", VERDICTS[v]) for v in Verdict))
        + "\n## Ignored\n\n"
        + table(("code", "meaning"), ((f"`{d}`", DROPS[d]) for d in DropReason))
        + "\n## Commands that were not carried out\n\n"
        + "They end as `ignored`, under the id of their record: `adjustment/<command id>`,\n"
        + "`conversion/<command id>`, `assignment/<command id>`. A gift that nobody was\n"
        + "there to get ends under the id of its message, `transfer_in/<id>`.\n\n"
        + table(("code", "meaning"), ((f"`{c}`", COMMANDS[c]) for c in CommandReason))
        + "\n## Refused\n\n"
        + table(("code", "goes to", "meaning", "what to do"), rejects)
    )
