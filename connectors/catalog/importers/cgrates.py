"""A CGRateS tariff folder: Timings, Destinations, Rates, DestinationRates, RatingPlans,
RatingProfiles (CSV).

A rating plan becomes a zone unit (prefix to destination), a time unit (its timings, cut so that
within a band the same ones hold), and a row of prices a zone and band: that of the greatest weight,
of equal weights the one that begins latest in the day. A subject of a rating profile becomes a
price plan, its activations become dated offers.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from connectors.catalog.importers.cgrates_bands import Bands, cut_bands
from connectors.catalog.importers.cgrates_files import (
    FILES,
    DestinationRate,
    Profile,
    Slot,
    Tariff,
    Timing,
)
from connectors.catalog.importers.folder import (
    CatalogFolder,
    ImportOptions,
    ImportProblem,
    NameBook,
    Progress,
    SourceRefused,
)
from connectors.catalog.importers.values import Line
from streams.model.instant import Instant, format_instant


class _Interval(NamedTuple):
    """A price of a destination at a timing."""

    timing: Timing
    weight: Decimal
    rate: DestinationRate
    line: Line


class _Plan(NamedTuple):
    """A rating plan as parts of a catalog."""

    prefixes: dict[str, str]
    bands: Bands
    prices: list[dict[str, Any]]


def import_cgrates(source: Path, options: ImportOptions, progress: Progress) -> CatalogFolder:
    """The catalog of a folder. Raises SourceRefused."""
    if not source.is_dir():
        message = f"expected a folder with {', '.join(FILES)}"
        raise SourceRefused([ImportProblem(str(source), 0, "", "", message)])
    tariff = Tariff(source)
    problems = tariff.problems
    plans: dict[str, _Plan] = {}
    for number, name in enumerate(tariff.plans):
        plans[name] = _plan(name, tariff, problems)
        progress(number + 1, len(tariff.plans))
    profiles = _profiles(tariff, plans, problems)
    if problems:
        raise SourceRefused(sorted(set(problems)))
    return _folder(source, options, plans, profiles)


def _plan(name: str, tariff: Tariff, problems: list[ImportProblem]) -> _Plan:
    by_destination = _intervals(name, tariff, problems)
    by_prefix: dict[str, set[str]] = {}
    for destination in by_destination:
        for prefix in tariff.destinations.get(destination, ()):
            by_prefix.setdefault(prefix, set()).add(destination)
    names = NameBook()
    zones = {prefix: names.id_of(".".join(sorted(of))) for prefix, of in by_prefix.items()}
    intervals = {
        zones[prefix]: [each for one in sorted(of) for each in by_destination[one]]
        for prefix, of in by_prefix.items()
    }
    timings = {each.timing for found in by_destination.values() for each in found}
    bands = cut_bands(sorted(timings))
    if bands.conflict:
        line = tariff.plans[name][0].line.number
        problems.append(ImportProblem("RatingPlans.csv", line, "TimingTag", name, bands.conflict))
    prices = [
        row for zone, found in intervals.items() for row in _prices(zone, found, bands, problems)
    ]
    return _Plan(zones, bands, prices)


def _intervals(
    name: str, tariff: Tariff, problems: list[ImportProblem]
) -> dict[str, list[_Interval]]:
    found: dict[str, list[_Interval]] = {}
    for entry in tariff.plans[name]:
        timing = tariff.timings.get(entry.timing)
        if timing is None:
            _unknown(entry.line, "RatingPlans.csv", "TimingTag", tariff.timings, problems)
        rates = tariff.destination_rates.get(entry.rates)
        if rates is None:
            known = tariff.destination_rates
            _unknown(entry.line, "RatingPlans.csv", "DestinationRatesId", known, problems)
        for rate in rates or ():
            file = "DestinationRates.csv"
            if rate.destination not in tariff.destinations:
                _unknown(rate.line, file, "DestinationId", tariff.destinations, problems)
            elif rate.rate not in tariff.rates:
                _unknown(rate.line, file, "RatesTag", tariff.rates, problems)
            elif timing is not None:
                interval = _Interval(timing, entry.weight, rate, entry.line)
                found.setdefault(rate.destination, []).append(interval)
    return found


def _prices(
    zone: str, intervals: list[_Interval], bands: Bands, problems: list[ImportProblem]
) -> Iterable[dict[str, Any]]:
    """The best price of the zone in each band; one row where it is the same in all."""
    best: dict[str, DestinationRate] = {}
    for band, holding in bands.holding.items():
        fitting = [each for each in intervals if each.timing in holding]
        if not fitting:
            line = intervals[0].line
            message = f"destination {zone} has no rate at {band}: expected one at every time"
            value = intervals[0].timing.id
            problems.append(
                ImportProblem("RatingPlans.csv", line.number, "TimingTag", value, message)
            )
            return
        best[band] = max(fitting, key=lambda each: (each.weight, each.timing.minute)).rate
    if len(set(map(id, best.values()))) == 1:
        yield {"when": {"zone": zone}, "rate": next(iter(best.values()))}
        return
    for band, rate in best.items():
        yield {"when": {"zone": zone, "band": band}, "rate": rate}


def _profiles(
    tariff: Tariff, plans: Mapping[str, _Plan], problems: list[ImportProblem]
) -> dict[str, list[Profile]]:
    """The profiles by the price plan they become, each by rising activation."""
    found: dict[tuple[str, str], list[Profile]] = {}
    for profile in tariff.profiles:
        if profile.plan not in plans:
            _unknown(profile.line, "RatingProfiles.csv", "RatingPlanId", plans, problems)
        first = tariff.profiles[0].tenant
        if profile.tenant != first:
            message = f"a catalog is of one tenant: expected {first}, as in the lines before"
            line = profile.line.number
            problems.append(
                ImportProblem("RatingProfiles.csv", line, "Tenant", profile.tenant, message)
            )
        found.setdefault((profile.category, profile.subject), []).append(profile)
    if not tariff.profiles and not problems:
        problems.append(ImportProblem("RatingProfiles.csv", 0, "", "", "has no profile"))
    names = NameBook()
    return {
        names.id_of(f"{category}.{subject.lstrip('*')}"): sorted(each, key=lambda one: one.start)
        for (category, subject), each in found.items()
    }


def _unknown(
    line: Line, file: str, name: str, known: Iterable[str], problems: list[ImportProblem]
) -> None:
    names = ", ".join(sorted(known)[:8])
    value = line.fields[name]
    problems.append(
        ImportProblem(file, line.number, name, value, f"is nowhere; there are: {names}")
    )


def _folder(
    source: Path,
    options: ImportOptions,
    plans: Mapping[str, _Plan],
    profiles: Mapping[str, list[Profile]],
) -> CatalogFolder:
    folder, names = CatalogFolder(), NameBook()
    tariff = Tariff(source)
    used = dict.fromkeys(one.plan for each in profiles.values() for one in each)
    comment = f"Imported from the tariff folder {source.name}."
    zone_units, time_units = [], []
    for plan in used:
        name = names.id_of(plan)
        file = f"zones.{name}.csv"
        folder.put_rows(file, ("prefix", "zone"), sorted(plans[plan].prefixes.items()))
        zone_units.append({"id": name, "destination": ["destination"], "rows_file": file})
        if len(plans[plan].bands.holding) > 1:
            time_units.append({"id": name, **plans[plan].bands.unit})
    sections: dict[str, Any] = {
        "tenant": next(iter(profiles.values()))[0].tenant,
        "currencies": [{"code": options.currency}],
        "usage_types": [{"id": "call", "units": ["s"], "attributes": ["destination"]}],
        "zone_units": zone_units,
    }
    if time_units:
        sections["time_units"] = time_units
    folder.put_yaml("catalog.yaml", sections, comment=comment)
    price_plans = [
        {
            "id": name,
            "currency": options.currency,
            "offers": [_offer(one, names, plans[one.plan], tariff) for one in dated],
        }
        for name, dated in profiles.items()
    ]
    folder.put_yaml("price_plans.yaml", {"price_plans": price_plans}, comment=comment)
    unused = sorted(set(plans) - set(used))
    if unused:
        folder.notes.append(f"rating plans of no profile: {', '.join(unused)}")
    return folder


def _offer(profile: Profile, names: NameBook, plan: _Plan, tariff: Tariff) -> dict[str, Any]:
    name = names.id_of(profile.plan)
    offer: dict[str, Any] = {
        "id": f"{name[:40]}.{_day(profile.start)}",
        "usage_type": "call",
        "from": format_instant(profile.start)[:19] + "Z",
        "zone_unit": name,
    }
    if len(plan.bands.holding) > 1:
        offer["time_unit"] = name
    prices = [
        {"when": row["when"], "telecom_rate": _price(row["rate"], tariff.rates[row["rate"].rate])}
        for row in plan.prices
    ]
    return {**offer, "prices": prices}


def _day(instant: Instant) -> str:
    return format_instant(instant)[:19].replace(":", "").replace("-", "")


def _price(rate: DestinationRate, slots: list[Slot]) -> dict[str, Any]:
    slots = sorted(slots, key=lambda slot: slot.from_s)
    price: dict[str, Any] = {"unit": "s"}
    if slots[0].connect_fee:
        price["connect_fee"] = slots[0].connect_fee
    price["slots"] = [
        {
            "from_s": slot.from_s,
            "rate": slot.rate,
            "per_s": slot.unit_s,
            "increment_s": slot.increment_s,
        }
        for slot in slots
    ]
    if rate.rounding:
        price["rounding"] = {"method": rate.rounding, "decimals": rate.decimals}
    if rate.max_cost:
        price["max_cost"] = rate.max_cost
        price["max_cost_strategy"] = rate.strategy or "free"
    return price
