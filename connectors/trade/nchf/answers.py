"""What a network function is told, in the shape of TS 32.291."""

from typing import Any, Final

from connectors.trade.dialogue import FinalUnit, GroupResult, Outcome, Result
from connectors.trade.nchf.forms import TOLD, ChargingDataRequest
from streams.model.instant import Instant, format_instant
from streams.model.rating_group import CountName

_RESULTS: Final = {
    Result.SUCCESS: "SUCCESS",
    Result.LIMIT_REACHED: "QUOTA_LIMIT_REACHED",
    Result.DENIED: "END_USER_SERVICE_DENIED",
    Result.RATING_FAILED: "RATING_FAILED",
    Result.FREE: "QUOTA_MANAGEMENT_NOT_APPLICABLE",
}
_THRESHOLDS: Final[dict[CountName, str]] = {
    "time": "timeQuotaThreshold",
    "total_volume": "volumeQuotaThreshold",
    "input_volume": "volumeQuotaThreshold",
    "output_volume": "volumeQuotaThreshold",
    "service_units": "unitQuotaThreshold",
}


def charging_data(request: ChargingDataRequest, outcome: Outcome, *, at: Instant) -> dict[str, Any]:
    """The answer to a request that was served, at least in part."""
    answer: dict[str, Any] = {
        "invocationTimeStamp": format_instant(at),
        "invocationSequenceNumber": request.invocation_sequence_number,
    }
    told = [
        _information(each, outcome, at)
        for each in outcome.results
        if each.is_asked or each.result not in (Result.SUCCESS, Result.FREE)
    ]
    if told:
        answer["multipleUnitInformation"] = told
    return answer


def _information(result: GroupResult, outcome: Outcome, at: Instant) -> dict[str, Any]:
    told: dict[str, Any] = {"resultCode": _RESULTS[result.result], "ratingGroup": result.number}
    if result.granted:
        granted: dict[str, Any] = {
            TOLD[name]: int(value) for name, value in result.granted.items() if name in TOLD
        }
        if result.tariff_change is not None:
            granted["tariffTimeChange"] = format_instant(result.tariff_change)
        told["grantedUnit"] = granted
        validity_s = outcome.validity_s(result, at)
        if validity_s:
            told["validityTime"] = validity_s
            told["triggers"] = _triggers(result)
        for name, value in result.ask_again_at.items():
            if name in _THRESHOLDS and value:
                told[_THRESHOLDS[name]] = int(value)
    if result.final is not None:
        told["finalUnitIndication"] = _final(result.final)
    return told


def _triggers(result: GroupResult) -> list[dict[str, str]]:
    """When the network is to report at once."""
    types = ["QUOTA_EXHAUSTED", "VALIDITY_TIME"]
    if any(result.ask_again_at.values()):
        types.insert(0, "QUOTA_THRESHOLD")
    return [{"triggerType": each, "triggerCategory": "IMMEDIATE_REPORT"} for each in types]


def _final(final: FinalUnit) -> dict[str, Any]:
    """What becomes of service when the grant is used up; what networks have no word for ends it."""
    match final.action:
        case "redirect":
            server = {"redirectAddressType": "URL", "redirectServerAddress": final.to}
            return {"finalUnitAction": "REDIRECT", "redirectServer": server}
        case "restrict":
            return {"finalUnitAction": "RESTRICT_ACCESS", "filterId": final.to}
        case _:
            return {"finalUnitAction": "TERMINATE"}
