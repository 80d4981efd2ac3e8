"""Tariff folders: destinations, timings that outweigh each other, slots, dated profiles."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.catalog.importers.folder import SourceRefused
from connectors.catalog.load import load_catalog
from streams.model.instant import instant_of
from tests.connectors.importers.charged import Charged, imported

FILES = {
    "Timings.csv": """\
#Tag,Years,Months,MonthDays,WeekDays,Time
WORK,*any,*any,*any,1;2;3;4;5,00:00:00
EVENING,*any,*any,*any,1;2;3;4;5,18:00:00
WEEKEND,*any,*any,*any,6;7,00:00:00
MAY_DAY,*any,5,1,*any,00:00:00
""",
    "Destinations.csv": """\
#Id,Prefix
UK,+44
LONDON,4420
""",
    "Rates.csv": """\
#Id,ConnectFee,Rate,RateUnit,RateIncrement,GroupIntervalStart
DAY,1,0.6,60s,60s,0s
DAY,0,0.06,1s,1s,60s
LOW,0,0.3,1m,1s,0s
FREE,0,0,60s,60s,0s
FLAT,0,0.01,1s,1s,0s
""",
    "DestinationRates.csv": """\
#Id,DestinationId,RatesTag,RoundingMethod,RoundingDecimals,MaxCost,MaxCostStrategy
DR_DAY,UK,DAY,*up,2,0,
DR_LOW,UK,LOW,*middle,4,0.5,*free
DR_FREE,UK,FREE,,,0,
DR_LONDON,LONDON,FLAT,*up,4,0,
DR_ANY,*any,FLAT,*up,4,0,
""",
    "RatingPlans.csv": """\
#Id,DestinationRatesId,TimingTag,Weight
PLAN,DR_DAY,WORK,10
PLAN,DR_LOW,EVENING,10
PLAN,DR_LOW,WEEKEND,10
PLAN,DR_FREE,MAY_DAY,20
PLAN,DR_LONDON,*any,10
NEXT,DR_ANY,*any,10
""",
    "RatingProfiles.csv": """\
#Tenant,Category,Subject,ActivationTime,RatingPlanId,RatesFallbackSubject
acme.org,call,*any,2014-01-14T00:00:00Z,PLAN,
acme.org,call,*any,2026-01-01T00:00:00Z,NEXT,
""",
}


def tariff(tmp_path: Path, **changes: str) -> Path:
    source = tmp_path / "tariff"
    source.mkdir()
    for name, text in FILES.items():
        (source / name).write_text(changes.get(name.removesuffix(".csv"), text))
    return source


@pytest.mark.parametrize(
    ("start", "seconds", "number", "amount"),
    [
        ("2025-03-03T12:00:00", 30, "44777", "1.6"),
        ("2025-03-03T12:00:00", 60, "44777", "1.6"),
        ("2025-03-03T12:00:00", 61, "44777", "1.66"),
        ("2025-03-03T18:00:00", 60, "44777", "0.3"),
        ("2025-03-03T17:59:59", 1, "44777", "1.6"),
        ("2025-03-08T12:00:00", 60, "44777", "0.3"),
        ("2025-03-08T12:00:00", 600, "44777", "0.5"),
        ("2025-05-01T12:00:00", 600, "44777", "0"),
        ("2025-04-30T23:59:59", 1, "44777", "0.005"),
        ("2025-05-02T00:00:00", 1, "44777", "1.6"),
        ("2025-05-01T12:00:00", 60, "442071", "0.6"),
        ("2025-12-31T23:59:59", 0, "44777", "0"),
        ("2026-01-01T00:00:00", 60, "33", "0.6"),
    ],
)
def test_a_call_costs_what_the_tariff_says(
    tmp_path: Path, start: str, seconds: int, number: str, amount: str
) -> None:
    charged = Charged(imported("cgrates", tariff(tmp_path), tmp_path / "out"))
    at = instant_of(datetime.fromisoformat(f"{start}+00:00"))
    if seconds:
        found = charged.amount(at, {"s": seconds}, seconds, destination=number)
        assert found == Decimal(amount)


def test_profiles_become_dated_offers_of_price_plans(tmp_path: Path) -> None:
    catalog = load_catalog(imported("cgrates", tariff(tmp_path), tmp_path / "out"))
    (plan,) = catalog.price_plans
    assert catalog.tenant == "acme.org"
    assert plan.id == "call.any"
    assert [offer.zone_unit for offer in plan.offers] == ["plan", "next"]


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("Timings", "18:00:00", "18:00:30", "Timings.csv:3: error: Time '18:00:30': expected"),
        ("Timings", "6;7", "6;9", "Timings.csv:4: error: WeekDays '6;9': expected numbers of 0"),
        ("Rates", "0.6,60s", "x,60s", "Rates.csv:2: error: Rate 'x': expected a number"),
        ("Rates", "60s,60s,0s\nDAY", "60s,0s,0s\nDAY", "RateIncrement '0s': expected whole"),
        ("DestinationRates", "*middle", "*odd", "RoundingMethod '*odd': expected *up"),
        ("DestinationRates", "UK,DAY", "UK,NONE", "RatesTag 'NONE': is nowhere"),
        ("DestinationRates", "DR_DAY,UK", "DR_DAY,X", "DestinationId 'X': is nowhere"),
        ("RatingPlans", "WORK,10", "NIGHT,10", "RatingPlans.csv:2: error: TimingTag 'NIGHT'"),
        ("RatingPlans", "DR_DAY,WORK", "DR_X,WORK", "DestinationRatesId 'DR_X': is nowhere"),
        ("RatingPlans", "PLAN,DR_LOW,WEEKEND,10\n", "", "destination uk has no rate at any"),
        ("RatingProfiles", "PLAN,", "PLAN,other", "RatesFallbackSubject 'other': a fallback"),
        ("RatingProfiles", "Z,PLAN", "Z,NO", "RatingProfiles.csv:2: error: RatingPlanId 'NO'"),
        (
            "RatingProfiles",
            "acme.org,call,*any,2026",
            "other.org,call,*any,2026",
            "RatingProfiles.csv:3: error: Tenant 'other.org': a catalog is of one tenant",
        ),
        ("RatingProfiles", "2014-01-14T00:00:00Z", "soon", "ActivationTime 'soon': expected"),
    ],
)
def test_mistakes_are_told_by_file_line_and_field(
    tmp_path: Path, file: str, old: str, new: str, told: str
) -> None:
    text = FILES[f"{file}.csv"]
    assert old in text
    source = tariff(tmp_path, **{file: text.replace(old, new, 1)})
    with pytest.raises(SourceRefused) as refused:
        imported("cgrates", source, tmp_path / "out")
    assert told in str(refused.value)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    source = tariff(tmp_path)
    (source / "Rates.csv").unlink()
    with pytest.raises(SourceRefused, match=r"Rates\.csv: error: No such file"):
        imported("cgrates", source, tmp_path / "out")
    with pytest.raises(SourceRefused, match="expected a folder"):
        imported("cgrates", tmp_path / "none", tmp_path / "out")
