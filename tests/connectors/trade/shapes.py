"""The fields that TS 32.291, 29.594 and 29.571 give what we answer: a list of our own.

They go by their names. A field is a kind, or a list of one, or a tuple of one where it is a map of
texts to that, or the names that may stand there; `!` marks those that must. The published documents
may not be copied, so this is what they say of the fields we use.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

UINT32, UINT64 = range(2**32), range(2**64)

SHAPES: Mapping[str, Mapping[str, Any]] = {
    "ChargingDataResponse": {
        "invocationTimeStamp!": "date-time",
        "invocationSequenceNumber!": UINT32,
        "multipleUnitInformation": ["MultipleUnitInformation"],
    },
    "MultipleUnitInformation": {
        "ratingGroup!": UINT32,
        "resultCode": {
            "SUCCESS",
            "END_USER_SERVICE_DENIED",
            "QUOTA_MANAGEMENT_NOT_APPLICABLE",
            "QUOTA_LIMIT_REACHED",
            "END_USER_SERVICE_REJECTED",
            "RATING_FAILED",
        },
        "grantedUnit": "GrantedUnit",
        "triggers": ["Trigger"],
        "validityTime": UINT32,
        "finalUnitIndication": "FinalUnitIndication",
        "timeQuotaThreshold": UINT32,
        "volumeQuotaThreshold": UINT64,
        "unitQuotaThreshold": UINT64,
    },
    "GrantedUnit": {
        "tariffTimeChange": "date-time",
        "time": UINT32,
        "totalVolume": UINT64,
        "uplinkVolume": UINT64,
        "downlinkVolume": UINT64,
        "serviceSpecificUnits": UINT64,
    },
    "Trigger": {
        "triggerType!": {"QUOTA_THRESHOLD", "QUOTA_EXHAUSTED", "VALIDITY_TIME"},
        "triggerCategory!": {"IMMEDIATE_REPORT", "DEFERRED_REPORT"},
    },
    "FinalUnitIndication": {
        "finalUnitAction!": {"TERMINATE", "REDIRECT", "RESTRICT_ACCESS"},
        "filterId": "text",
        "redirectServer": "RedirectServer",
    },
    "RedirectServer": {
        "redirectAddressType!": {"IPV4", "IPV6", "URL"},
        "redirectServerAddress!": "text",
    },
    "ProblemDetails": {
        "type": "text",
        "title": "text",
        "status": UINT32,
        "detail": "text",
        "cause": "text",
        "invalidParams": ["InvalidParam"],
    },
    "InvalidParam": {"param!": "text", "reason": "text"},
    "SpendingLimitStatus": {
        "supi": "text",
        "notifId": "text",
        "statusInfos": ("PolicyCounterInfo",),
        "expiry": "date-time",
        "supportedFeatures": "text",
    },
    "PolicyCounterInfo": {
        "policyCounterId!": "text",
        "currentStatus!": "text",
        "penPolCounterStatuses": ["PendingPolicyCounterStatus"],
    },
    "PendingPolicyCounterStatus": {
        "policyCounterStatus!": "text",
        "activationTime!": "date-time",
    },
    "SubscriptionTerminationInfo": {
        "supi!": "text",
        "notifId": "text",
        "termCause": {"REMOVED_SUBSCRIBER"},
    },
    "ChargingNotifyRequest": {
        "notificationType!": {"REAUTHORIZATION", "ABORT_CHARGING"},
        "reauthorizationDetails": ["ReauthorizationDetails"],
    },
    "ReauthorizationDetails": {"ratingGroup": UINT32},
}


def check_shape(value: Any, kind: Any, place: str = "$") -> None:
    """Fails with the place that is not as it should be."""
    if isinstance(kind, str) and kind in SHAPES:
        fields = SHAPES[kind]
        known = {name.rstrip("!"): each for name, each in fields.items()}
        assert isinstance(value, dict), place
        assert set(value) <= set(known), (place, set(value) - set(known))
        must = {name[:-1] for name in fields if name.endswith("!")}
        assert must <= set(value), (place, must - set(value))
        for name, each in value.items():
            check_shape(each, known[name], f"{place}.{name}")
    elif isinstance(kind, list):
        assert isinstance(value, list), place
        for number, each in enumerate(value):
            check_shape(each, kind[0], f"{place}[{number}]")
    elif isinstance(kind, tuple):
        assert isinstance(value, dict), place
        for name, each in value.items():
            check_shape(each, kind[0], f"{place}.{name}")
    elif isinstance(kind, range):
        assert type(value) is int, place
        assert value in kind, place
    elif isinstance(kind, set):
        assert value in kind, place
    else:
        assert isinstance(value, str), place
        if kind == "date-time":
            assert datetime.fromisoformat(value).tzinfo is not None, place
