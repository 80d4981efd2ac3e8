"""CloudEvents 1.0: the attributes that every event must bring, whatever its mapping reads."""

from streams.model.event import PlainRecord
from streams.outcome import Reject, RejectReason
from streams.plain.values import is_word, refuse_word, shown


def is_cloudevent(plain: PlainRecord) -> bool:
    """True for what calls itself a CloudEvent."""
    return "specversion" in plain


def refuse_cloudevent(plain: PlainRecord) -> Reject | None:
    """Why it is no valid CloudEvent 1.0, None where it is one."""
    version = plain.get("specversion")
    if version != "1.0":
        detail = f"specversion is {shown(version)}, 1.0 is understood"
        return Reject(RejectReason.NOT_PARSABLE, detail, "specversion")
    kind = plain.get("type")
    return None if is_word(kind) else refuse_word(kind, "type")
