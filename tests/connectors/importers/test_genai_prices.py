"""The price table of genai-prices: every model costs what that package says it costs."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
from genai_prices.data import providers
from genai_prices.data_units import unit_data
from genai_prices.types import ModelInfo, Provider, Usage

from connectors.catalog.importers.folder import SourceRefused
from connectors.catalog.importers.genai_units import PricedUnit, read_units
from connectors.catalog.load import load_catalog
from streams.model.instant import instant_of
from tests.connectors.importers.charged import Charged, imported

UNITS = {unit.name: unit for unit in read_units(unit_data).values()}
TOLERANCE = Decimal("1e-10")
"""Each line is exact to twelve digits."""
AT_LEAST_TEN_SECONDS = {("groq", "whisper-large-v3"), ("groq", "whisper-large-v3-turbo")}
"""Differences: see docs/reference/imports.md."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return imported("genai-prices", Path("package"), tmp_path_factory.mktemp("x") / "genai")


@pytest.fixture(scope="module")
def charged(folder: Path) -> Charged:
    return Charged(folder)


@pytest.fixture(scope="module")
def leaves(folder: Path) -> list[PricedUnit]:
    return [UNITS[name] for name in load_catalog(folder).usage_types[0].units]


def random_leaves(rng: Random, leaves: list[PricedUnit]) -> dict[str, int]:
    """Few or many kinds at once, on both sides of every context."""
    sizes = (10, 5_000, 100_000, 300_000)
    found = {}
    for leaf in leaves:
        if leaf.key != "requests" and rng.random() < 0.5:
            found[leaf.name] = rng.randrange(rng.choice(sizes)) + 1
    return {**found, "requests": 1}


def theirs(
    model: ModelInfo, provider: Provider, at: datetime, units: dict[str, int], asked: dict[str, str]
) -> Decimal:
    """What the package says: its counts are wholes that include their parts."""
    wholes = {
        whole.key: sum(n for name, n in units.items() if whole.dimensions <= UNITS[name].dimensions)
        for whole in UNITS.values()
        if whole.key != "requests"
    }
    usage = Usage(**wholes)
    return model.calc_price(
        usage, provider, genai_request_timestamp=at, price_context=asked
    ).total_price


MOMENTS = (
    datetime(2025, 5, 21, 23, 59, 59, tzinfo=UTC),
    datetime(2026, 10, 19, 3, 59, 59, tzinfo=UTC),
    datetime(2027, 1, 1, 16, 30, tzinfo=UTC),
)


@pytest.mark.parametrize(
    "usages", [1, pytest.param(50, marks=[pytest.mark.soak, pytest.mark.timeout(2400)])]
)
def test_every_model_costs_what_the_package_says(
    charged: Charged, leaves: list[PricedUnit], usages: int
) -> None:
    rng = Random(31)
    wrong: list[Any] = []
    for provider in providers:
        for model in provider.models:
            for moment in MOMENTS:
                for _ in range(usages):
                    units = random_leaves(rng, leaves)
                    asked = variant_of(rng, model)
                    if (provider.id, model.id) in AT_LEAST_TEN_SECONDS:
                        units["audio_seconds"] = 10 + units.get("audio_seconds", 0)
                    expected = theirs(model, provider, moment, units, asked)
                    words = {"provider": provider.id, "model": model.id} | asked
                    found = charged.amount(instant_of(moment), units, **words)
                    if abs(found - expected) > TOLERANCE:
                        wrong.append((provider.id, model.id, moment, asked, found, expected, units))
    assert not wrong, (len(wrong), wrong[:3])


def variant_of(rng: Random, model: ModelInfo) -> dict[str, str]:
    """Nothing, or what one or two of the variants ask for."""
    asked: dict[str, str] = {}
    variants = model.price_variants or []
    for variant in rng.sample(variants, k=min(len(variants), rng.randrange(3))):
        asked |= variant.when
    return asked


@pytest.mark.parametrize(
    ("moment", "amount"),
    [
        ("2026-03-12T23:59:59+00:00", "10"),
        ("2026-03-13T00:00:00+00:00", "5"),
    ],
)
def test_a_dated_entry_begins_on_its_day(charged: Charged, moment: str, amount: str) -> None:
    at = instant_of(datetime.fromisoformat(moment))
    words = {"provider": "anthropic", "model": "claude-opus-4-6"}
    assert charged.amount(at, {"input_tokens": 1_000_000}, **words) == Decimal(amount)


@pytest.mark.parametrize(
    ("time", "amount"),
    [("00:29:59", "0.135"), ("00:30:00", "0.27"), ("16:29:59", "0.27"), ("16:30:00", "0.135")],
)
def test_a_time_of_day_ends_before_its_end(charged: Charged, time: str, amount: str) -> None:
    at = instant_of(datetime.fromisoformat(f"2026-01-15T{time}+00:00"))
    words = {"provider": "deepseek", "model": "deepseek-chat"}
    assert charged.amount(at, {"input_tokens": 1_000_000}, **words) == Decimal(amount)


def test_a_model_is_found_by_how_its_name_begins(charged: Charged) -> None:
    at = instant_of(datetime(2026, 1, 1, tzinfo=UTC))
    words = {"provider": "anthropic", "model": "claude-3-5-haiku-20241022"}
    assert charged.amount(at, {"input_tokens": 1_000_000}, **words) == Decimal("0.8")


def test_mistakes_are_told_and_nothing_is_made(tmp_path: Path) -> None:
    for text, message in [
        ("{", "is no data file of genai-prices"),
        ("{}", "expected a list of providers"),
        ('[{"id": "p", "models": [{"id": "m"}]}]', "model 'p/m': is no entry of the table"),
    ]:
        source = tmp_path / "data.json"
        source.write_text(text)
        with pytest.raises(SourceRefused) as refused:
            imported("genai-prices", source, tmp_path / "out")
        assert message in str(refused.value)
        assert not (tmp_path / "out").exists()


def test_a_data_file_gives_the_same_as_the_package_would(tmp_path: Path) -> None:
    source = tmp_path / "data.json"
    source.write_text(
        '[{"id": "p", "models": [{"id": "m", "match": {"or": [{"equals": "n"}, {"regex": "x"}]},'
        ' "prices": {"input_mtok": {"base": 3, "tiers": [{"start": 200000, "price": 6}]},'
        ' "output_mtok": 0.1}}]}]'
    )
    charged = Charged(imported("genai-prices", source, tmp_path / "out"))
    for tokens, amount in ((200_000, "0.6"), (200_001, "1.200006")):
        found = charged.amount(0, {"input_tokens": tokens}, provider="p", model="n")
        assert found == Decimal(amount)
    assert charged.amount(0, {"output_tokens": 10_000_000}, provider="p", model="m") == 1
