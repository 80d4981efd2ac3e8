"""What online requests cost is measured on requests that are all granted."""

from pathlib import Path

from infra.bench.session import CALLERS, TOGETHER, measure_session


def test_every_way_is_measured(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    result = measure_session(sessions=64, profile=seen)
    assert [*result.reserve_us] == [*result.confirm_us] == [str(each) for each in TOGETHER]
    assert [*result.door_us] == [str(each) for each in CALLERS]
    assert seen.stat().st_size
