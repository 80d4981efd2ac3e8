"""Rate deck: a CSV file of prefixes, each with a zone, a rate, increments and dates.

Columns may stand in any order: `prefix`, `zone`, `rate` (for `per` seconds, 60 by default),
`connect_fee`, `increments` (`60/60`: the first seconds, then steps), `from`, `until`.

A rate is the zone's: rows of one zone with another rate become a zone of their own, `zone.2`. Of
rows with one prefix, the one with the later `from` takes over.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, NamedTuple

from connectors.catalog.importers.folder import (
    CatalogFolder,
    ImportOptions,
    NameBook,
    ProblemList,
    Progress,
)
from connectors.catalog.importers.values import Line, line_count, read_table
from streams.model.instant import BEGINNING, FOREVER, Instant, datetime_of

COLUMNS: Final = {
    "prefix": ("code", "dial_code", "dialcode", "dial code"),
    "zone": ("destination", "description", "name"),
    "rate": ("price", "amount", "rate_per_minute"),
    "per": ("per_s", "rate_unit"),
    "connect_fee": ("setup", "setup_fee", "connection_fee"),
    "increments": ("increment", "billing_increment"),
    "from": ("start", "start_date", "effective", "effective_from", "effective date"),
    "until": ("end", "end_date", "effective_to"),
}
_REQUIRED: Final = ("prefix", "zone", "rate")
_TOLD_EVERY: Final = 50_000
_START: Final = "1970-01-01"


class Rate(NamedTuple):
    """What a second of a zone costs."""

    zone: str
    rate: Decimal
    per: Decimal
    connect_fee: Decimal
    first: int
    step: int


class _Entry(NamedTuple):
    start: Instant
    end: Instant | None
    line: int
    zone: str


def import_rate_deck(source: Path, options: ImportOptions, progress: Progress) -> CatalogFolder:
    """The catalog of a deck. Raises SourceRefused."""
    problems = ProblemList(source.name)
    size = line_count(source)
    names, zones = NameBook(), dict[Rate, str]()
    entries: dict[str, list[_Entry]] = {}
    done = 0
    for line in read_table(source, problems, columns=COLUMNS, required=_REQUIRED):
        done += 1
        if done % _TOLD_EVERY == 0:
            progress(min(done, size), size)
        entry, prefix = _entry(line, zones, names), line.text("prefix")
        if prefix and not prefix.isalnum():
            line.refuse("prefix", "expected the first digits of numbers")
        entries.setdefault(prefix, []).append(entry)
    if not done:
        problems.add(1, "", "", "no line below the header")
    rows = sorted(_rows(entries, problems))
    problems.check()
    progress(size, size)
    return _folder(source, options, zones, rows)


def _entry(line: Line, zones: dict[Rate, str], names: NameBook) -> _Entry:
    if not line.fields.get("rate", ""):
        line.refuse("rate", "expected a number, found nothing")
    first, step = _increments(line)
    per = line.seconds("per", Decimal(60))
    if per <= 0:
        line.refuse("per", "expected more than 0 seconds")
    rate = Rate(
        line.text("zone"), line.amount("rate"), per, line.amount("connect_fee"), first, step
    )
    start, end = line.instant("from"), line.instant("until")
    if start is not None and end is not None and end <= start:
        line.refuse("until", "expected a date after `from`")
    zone = zones.get(rate)
    if zone is None:
        alike = sum(1 for known in zones if known.zone == rate.zone)
        zone = names.id_of(f"{rate.zone}.{alike + 1}" if alike else rate.zone)
        zones[rate] = zone
    return _Entry(BEGINNING if start is None else start, end, line.number, zone)


def _increments(line: Line) -> tuple[int, int]:
    text = line.fields.get("increments", "") or "1/1"
    parts = text.split("/")
    if len(parts) > 2 or not all(part.isdecimal() and int(part) > 0 for part in parts):
        line.refuse("increments", "expected seconds such as 60/60 or 1")
        return 1, 1
    return int(parts[0]), int(parts[-1])


def _rows(
    entries: dict[str, list[_Entry]], problems: ProblemList
) -> Iterator[tuple[str, str, str, str]]:
    for prefix, dated in entries.items():
        dated.sort(key=lambda entry: (entry.start, entry.line))
        for one, other in pairwise(dated):
            if other.start == one.start:
                problems.add(other.line, "prefix", prefix, f"line {one.line} has it from then too")
            elif one.end is not None and one.end > other.start:
                problems.add(other.line, "from", prefix, f"line {one.line} has it until after that")
        ends = [entry.start for entry in dated[1:]] + [FOREVER]
        for entry, following in zip(dated, ends, strict=True):
            end = following if entry.end is None else entry.end
            yield prefix, entry.zone, _date(entry.start), _date(end)


def _date(instant: Instant) -> str:
    if instant in (BEGINNING, FOREVER):
        return ""
    moment = datetime_of(instant)
    whole_day = (moment.hour, moment.minute, moment.second) == (0, 0, 0)
    return moment.strftime("%Y-%m-%d" if whole_day else "%Y-%m-%dT%H:%M:%SZ")


def _folder(
    source: Path, options: ImportOptions, zones: dict[Rate, str], rows: Sequence[Sequence[object]]
) -> CatalogFolder:
    folder = CatalogFolder()
    comment = f"Imported from rate deck {source.name}."
    folder.put_rows("zones.csv", ("prefix", "zone", "from", "until"), rows)
    folder.put_yaml(
        "catalog.yaml",
        {
            "tenant": options.tenant,
            "currencies": [{"code": options.currency}],
            "usage_types": [{"id": "voice_call", "units": ["s"], "attributes": ["called"]}],
            "zone_units": [{"id": "deck", "destination": ["called"], "rows_file": "zones.csv"}],
        },
        comment=comment,
    )
    prices = [
        {"when": {"zone": zone}, "telecom_rate": telecom_rate(rate)} for rate, zone in zones.items()
    ]
    offer = {
        "id": "calls",
        "usage_type": "voice_call",
        "product": "voice",
        "from": _START,
        "zone_unit": "deck",
        "prices": prices,
    }
    plan = {"id": options.price_plan, "currency": options.currency, "offers": [offer]}
    folder.put_yaml("price_plans.yaml", {"price_plans": [plan]}, comment=comment)
    return folder


def telecom_rate(rate: Rate) -> dict[str, Any]:
    """The price of a zone's seconds: the first ones at once, then in steps."""
    slot = {"rate": rate.rate, "per_s": rate.per}
    slots = [{"from_s": 0, **slot, "increment_s": rate.first}]
    if rate.step != rate.first:
        slots.append({"from_s": rate.first, **slot, "increment_s": rate.step})
    price: dict[str, Any] = {"unit": "s"}
    if rate.connect_fee:
        price["connect_fee"] = rate.connect_fee
    return {**price, "slots": slots}
