"""Charging stations: components by dimension, with steps and restrictions."""

import re
from typing import Any, Final

from tests.cases.draft import Draft, Words
from tests.cases.fields import Fields, UnknownField, each
from tests.cases.words.taxes import tax_class

_DIMENSIONS: Final = {
    "flat": "flat",
    "energy_kWh": "energy",
    "time_h": "time",
    "parking_h": "parking",
    "reservation_h": "reservation",
}
_UNITS: Final = {"energy": "energy_kWh", "time": "charging_min", "parking": "parking_min"}
_DAYS: Final = {
    "weekday": "mon-fri",
    "weekend": "sat-sun",
    "Monday": "mon",
    "Tuesday": "tue",
    "Wednesday": "wed",
    "Thursday": "thu",
    "Friday": "fri",
    "Saturday": "sat",
    "Sunday": "sun",
}
_CURRENT: Final = re.compile(r"(?:current )?(under|over) (\d+) A")
_WINDOW: Final = re.compile(rf"({'|'.join(_DAYS)})(?: (\d\d:\d\d)-(\d\d:\d\d))?")


def components(draft: Draft, given: Fields) -> None:
    """`components`: the first of a dimension whose restrictions hold counts."""
    rows = [
        _component(draft, component)
        for component in each(given.take("components"), "given.components")
    ]
    used = {unit for event in draft.events for unit in event.units}
    named = {row["dimension"] for row in rows} - {"flat"}
    units = {name: unit for name, unit in _UNITS.items() if name in named or unit in used}
    words: Words = {"units": units, "hour": 60, "components": rows}
    for bound in ("minimum", "maximum"):
        if bound in given:
            amounts = Fields(given.take(bound), f"given.{bound}")
            words[bound] = amounts.take("excl")
            words[f"{bound}_with_tax"] = amounts.take("incl")
            amounts.done()
    if any("when" in row and "current" in row["when"] for row in rows):
        draft.attributes.add("current")
    draft.plan.rows.append({"ev": words})


def _component(draft: Draft, component: Fields) -> Words:
    dimension = component.take("dimension")
    if dimension not in _DIMENSIONS:
        raise UnknownField(f"{component.path}.dimension: {dimension!r}")
    words: Words = {"dimension": _DIMENSIONS[dimension], "amount": component.take("price")}
    for step in ("step", "step_min"):
        if step in component:
            words["step"] = component.take(step)
    if "when" in component:
        words["when"] = _when(component.take("when"))
    if "tax_percent" in component:
        words["tax_class"] = tax_class(draft, component.take("tax_percent"))
    component.done()
    return words


def _when(text: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in text.split(", "):
        current, window = _CURRENT.fullmatch(part), _WINDOW.fullmatch(part)
        if current:
            found["current"] = {"below" if current[1] == "under" else "from": current[2]}
        elif window:
            found["days"] = [_DAYS[window[1]]]
            if window[2]:
                found |= {"start": window[2], "end": window[3]}
        else:
            raise UnknownField(f"given.components.when: {part!r}")
    return found
