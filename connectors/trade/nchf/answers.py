"""What a network function is told, in the shape of TS 32.291."""

from typing import Any, Final

from connectors.trade.dialogue import GroupResult, Outcome, Result
from connectors.trade.nchf.forms import TOLD, ChargingDataRequest
from connectors.trade.terms import threshold_of
from streams.model.instant import Instant, format_instant
from streams.model.rating_group import CountName, RatingGroup

_RESULTS: Final = {
    Result.SUCCESS: "SUCCESS",
    Result.LIMIT_REACHED: "QUOTA_LIMIT_REACHED",
    Result.RATING_FAILED: "RATING_FAILED",
}
_THRESHOLDS: Final[dict[CountName, str]] = {
    "time": "timeQuotaThreshold",
    "total_volume": "volumeQuotaThreshold",
    "service_units": "unitQuotaThreshold",
}


def charging_data(request: ChargingDataRequest, outcome: Outcome, *, at: Instant) -> dict[str, Any]:
    """The answer to a request that was served, at least in part."""
    answer: dict[str, Any] = {
        "invocationTimeStamp": format_instant(at),
        "invocationSequenceNumber": request.invocation_sequence_number,
    }
    told = [
        _information(each, outcome.validity_s)
        for each in outcome.results
        if each.is_asked or each.result is not Result.SUCCESS
    ]
    if told:
        answer["multipleUnitInformation"] = told
    return answer


def _information(result: GroupResult, validity_s: int) -> dict[str, Any]:
    told: dict[str, Any] = {
        "resultCode": _RESULTS[result.result],
        "ratingGroup": result.number,
    }
    if result.group is None:
        return told
    if result.granted:
        told["grantedUnit"] = {
            TOLD[name]: int(value) for name, value in result.granted.items() if name in TOLD
        }
        told["validityTime"] = validity_s
        told["triggers"] = _triggers(result.group)
        for name, value in result.granted.items():
            threshold = threshold_of(result.group, value)
            if threshold and name in _THRESHOLDS:
                told[_THRESHOLDS[name]] = threshold
    if result.is_final:
        told["finalUnitIndication"] = _final(result.group)
    return told


def _triggers(group: RatingGroup) -> list[dict[str, str]]:
    """When the network is to report at once."""
    types = ["QUOTA_EXHAUSTED", "VALIDITY_TIME"]
    if group.threshold:
        types.insert(0, "QUOTA_THRESHOLD")
    return [{"triggerType": each, "triggerCategory": "IMMEDIATE_REPORT"} for each in types]


def _final(group: RatingGroup) -> dict[str, Any]:
    """What becomes of service when the grant is used up."""
    if group.redirect_to:
        server = {"redirectAddressType": "URL", "redirectServerAddress": group.redirect_to}
        return {"finalUnitAction": "REDIRECT", "redirectServer": server}
    if group.restrict_to:
        told: dict[str, Any] = {
            "finalUnitAction": "RESTRICT_ACCESS",
            "filterId": group.restrict_to[0],
        }
        if group.restrict_to[1:]:
            told["filterIdList"] = list(group.restrict_to)
        return told
    return {"finalUnitAction": "TERMINATE"}
