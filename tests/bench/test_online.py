"""The measurement of online charging, small and long: nothing is overspent, nothing fails."""

from pathlib import Path
from statistics import median

import pytest
from rich.console import Console

from connectors.settings import ClickHouseSettings, KafkaSettings
from infra.bench.callers import WHOLE, Answered
from infra.bench.engines import BenchPlace, bench_engines
from infra.bench.online import CALLERS, measure_online
from infra.bench.online_long import measure_long
from infra.bench.online_result import Beside, OnlineResult, needs_of
from infra.bench.online_world import OnlineAmount
from infra.bench.site import Site
from topologies.settings import Settings

MINUTES = 10
GROWTH = 1.25


def answered(p50: float, p99: float, per_s: int) -> Answered:
    return Answered(p50_ms=p50, p99_ms=p99, per_s=per_s)


def result(*, fsync: bool) -> OnlineResult:
    seen, bare = {"8": answered(4.0, 10.0, 2_000)}, {"8": answered(0.8, 3.0, 9_000)}
    beside = Beside(callers={}, hot={}, bare_produce={}, capacity_per_s=0, sent_per_s=0)
    return OnlineResult(
        callers=seen,
        hot=seen,
        bare_produce=bare,
        fsync=fsync,
        beside=beside,
        verbs={},
        reserves={"many": answered(1, 1, 7_999), "hot": answered(1, 1, 3_000)},
        overspend="0",
        refused=1,
        errors={},
    )


def test_what_is_needed_holds_up_to_its_bound() -> None:
    held = [need.holds for need in needs_of(result(fsync=False))]
    assert held == [True, True, True, True, False, True, True, True]
    held = [need.holds for need in needs_of(result(fsync=True))]
    assert held == [True, False, True, False, True, True, True, True]


@pytest.mark.timeout(300)
def test_online_is_measured_alone_and_beside_usage(
    kafka_settings: KafkaSettings, clickhouse_settings: ClickHouseSettings, tmp_path: Path
) -> None:
    amount = OnlineAmount(seconds=1.0, events=4_000, accounts=20)
    with Site(kafka_settings, clickhouse_settings, tmp_path) as site:
        found = measure_online(BenchPlace(site, 0), amount, lambda _: None)
    assert (found.overspend, found.errors) == ("0", {})
    assert found.refused > 0
    for series in (found, found.beside):
        for by_callers in (series.callers, series.hot, series.bare_produce):
            assert [*by_callers] == [str(callers) for callers in CALLERS]
            assert all(seen.per_s > 0 for seen in by_callers.values())
    assert found.beside.charged_per_s > 0
    assert tuple(found.verbs) == WHOLE


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_ten_minutes_are_as_the_first() -> None:
    with bench_engines(Settings()) as place:
        found = measure_long(place, OnlineAmount(), minutes=MINUTES, tell=Console().print)
    assert (found.overspend, found.errors) == ("0", {})
    assert found.refused > 0
    first, last = found.minutes[0], found.minutes[-1]
    Console().print(f"first minute {first}, last {last}")
    middle = median(minute.rss_mb for minute in found.minutes[1:4])
    assert last.rss_mb <= GROWTH * middle
