"""Points in their bucket: what it was granted, and each change of it."""

from pathlib import Path
from typing import Any

from streams.model.instant import BEGINNING
from streams.model.rated import BalanceChange
from tests.streams.rate.ran import ran, used

POINTS: dict[str, Any] = {
    "usage_types": [{"id": "used", "units": ["u"]}],
    "loyalty_rules": [{"id": "miles", "points": 2, "per": 1, "units": ["u"], "resource": "miles"}],
    "price_plans": [
        {
            "id": "plan",
            "currency": "CHF",
            "offers": [
                {
                    "id": "offer",
                    "usage_type": "used",
                    "from": "2020-01-01",
                    "prices": [{"per_unit": {"amounts": {"u": 1}}}],
                }
            ],
        }
    ],
}


def test_all_points_given_are_granted_and_told_as_changes(tmp_path: Path) -> None:
    found = ran(tmp_path, POINTS, [used(1, units={"u": 3}), used(2, units={"u": 4})])
    changes = [
        change
        for charge in found.charges
        for change in charge.changes
        if change.resource == "miles"
    ]
    assert changes == [
        BalanceChange("miles", BEGINNING, 0, 6),
        BalanceChange("miles", BEGINNING, 6, 14),
    ]
    (bucket,) = [each for each in found.balances["ada"].buckets if each.resource == "miles"]
    assert (bucket.granted, bucket.remaining) == (14, 14)
