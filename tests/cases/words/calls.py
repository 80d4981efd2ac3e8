"""Calls: rates by slots, destinations by prefix, bands of the week, who has no rate at all."""

import re
from calendar import month_abbr
from typing import Final

from tests.cases.draft import Draft, Words, slug
from tests.cases.fields import Fields, UnknownField, each

CONTINUED: Final = "continuation"
_DESTINATION: Final = "destination"
_ZONES: Final = "destinations"
_HOURS: Final = "hours"
_WEEK_PART: Final = re.compile(r"([A-Z][a-z]{2}(?:-[A-Z][a-z]{2})?)(?: from (\d\d:\d\d))?")
_MONTHS: Final = tuple(month_abbr)[1:]
_DATE: Final = re.compile(r"(\d{1,2}) ([A-Z][a-z]{2,8})")


def call_price(draft: Draft, model: Fields, unit: str) -> Words:
    """The fields of a `telecom_rate` (without `model`)."""
    words: Words = {"unit": unit, "connect_fee": model.take("connect_fee", "0")}
    slots = []
    for slot in each(model.take("slots"), f"{model.path}.slots"):
        slots.append({word: slot.take(word) for word in ("from_s", "rate", "per_s", "increment_s")})
        slot.done()
    words["slots"] = slots
    if "rounding" in model:
        words["rounding"] = model.take("rounding")
    if "max_cost" in model:
        words["max_cost"] = model.take("max_cost")
        words["max_cost_strategy"] = model.take("on_max_cost", "free")
    if any(CONTINUED in event.attributes for event in draft.events):
        words["continuation"] = CONTINUED
    return {"telecom_rate": words}


def rate(draft: Draft, given: Fields) -> None:
    """`rate`: one rate for all calls."""
    draft.plan.rows.append(_rate(draft, Fields(given.take("rate"), "given.rate")))


def plan(draft: Draft, given: Fields) -> None:
    """`plan`: a rate for each part of the week."""
    bands: list[Words] = []
    for row in each(given.take("plan"), "given.plan"):
        name, words = _band(row.take("when"))
        bands.append(words)
        price = _rate(draft, Fields(row.take("rate"), f"{row.path}.rate"))
        draft.plan.rows.append({"when": {"band": name}, **price})
        row.done()
    _add_hours(draft, bands)


def intervals(draft: Draft, given: Fields) -> None:
    """`intervals`: parts of the week and days of the year; the heaviest that holds decides."""
    bands: list[Words] = []
    for row in each(given.take("intervals"), "given.intervals"):
        name, words = _band(row.take("when"))
        bands.append({**words, "weight": int(row.take("weight", "0"))})
        row.done()
        price = {"per_unit": {"amounts": {draft.unit: "1"}}}
        draft.plan.rows.append({"when": {"band": name}, **price})
    _add_hours(draft, bands)


def destinations(draft: Draft, given: Fields) -> None:
    """`destinations`: prefixes, or prefix to name; a number without one is not rated."""
    value = given.take("destinations")
    named = value if isinstance(value, dict) else {prefix: prefix for prefix in value}
    rows = {prefix: slug(name) for prefix, name in named.items()}
    draft.section("zone_units", {"id": _ZONES, "attribute": _DESTINATION, "rows": rows})
    draft.plan.offer["zone_unit"] = _ZONES


def timezone(draft: Draft, given: Fields) -> None:
    """`timezone`: the account's."""
    draft.account["time_zone"] = given.take("timezone")


def profiles(draft: Draft, given: Fields) -> None:
    """`profiles`: none, so that nobody is known."""
    if given.take("profiles"):
        raise UnknownField("given.profiles")
    draft.services = []


def _rate(draft: Draft, fields: Fields) -> Words:
    model = fields.take("model")
    if model != "telecom_rate":
        raise UnknownField(f"{fields.path}.model: {model!r}")
    words = call_price(draft, fields, draft.unit)
    fields.done()
    return words


def _band(when: str) -> tuple[str, Words]:
    """The band that a text names: `Mon-Fri from 18:00`, `Sat-Sun`, `1 May`."""
    name = slug(when)
    part = _WEEK_PART.fullmatch(when)
    if part:
        return name, {"band": name, "days": [part[1].lower()], "from": part[2] or "00:00"}
    date = _DATE.fullmatch(when)
    if date and date[2][:3] in _MONTHS:
        day = f"{_MONTHS.index(date[2][:3]) + 1:02}-{int(date[1]):02}"
        return name, {"band": name, "dates": [day]}
    raise UnknownField(f"when: {when!r}")


def _add_hours(draft: Draft, bands: list[Words]) -> None:
    """A band of the week ends where the next of the same days begins; the last one is the rest."""
    for number, band in enumerate(bands):
        if "days" in band:
            same = (other for other in bands[number + 1 :] if other.get("days") == band["days"])
            band["to"] = next((other["from"] for other in same), "24:00")
    rest = [band for band in bands if "days" in band][-1]
    bands = [band for band in bands if band is not rest]
    unit = {"id": _HOURS, "bands": bands, "default": rest["band"]}
    draft.section("time_units", unit)
    draft.plan.offer["time_unit"] = _HOURS
