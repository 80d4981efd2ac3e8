"""Distances equal those of another library within a metre, everywhere on the globe."""

from decimal import Decimal
from random import Random

import pyproj
import pytest

from connectors.geodesic import distance_km
from streams.position import Position, position_of

OTHER = pyproj.Geod(ellps="WGS84")


def position(text: str) -> Position:
    found = position_of(text)
    assert found is not None
    return found


def metres_apart(one: Position, other: Position) -> float:
    _, _, metres = OTHER.inv(
        float(one.longitude), float(one.latitude), float(other.longitude), float(other.latitude)
    )
    return abs(metres - float(distance_km(one, other) * 1000))


def test_random_pairs_far_and_near() -> None:
    rng = Random(11)
    for number in range(3000):
        latitude, longitude = rng.uniform(-90, 90), rng.uniform(-180, 180)
        one = position(f"{latitude:.6f},{longitude:.6f}")
        reach = (180.0, 1.0, 0.001)[number % 3]
        north = max(-90.0, min(90.0, latitude + rng.uniform(-reach, reach)))
        east = (longitude + rng.uniform(-reach, reach) + 540) % 360 - 180
        assert metres_apart(one, position(f"{north:.6f},{east:.6f}")) < 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("0,0", "0,180"),
        ("0,0", "0.5,179.7"),
        ("90,0", "-90,0"),
        ("0,179.9", "0,-179.9"),
        ("47,8", "47,8"),
    ],
)
def test_opposite_ends_poles_and_the_meridian(one: str, other: str) -> None:
    assert metres_apart(position(one), position(other)) < 1


def test_a_well_known_distance() -> None:
    found = distance_km(position("47.3769,8.5417"), position("46.9480,7.4474"))
    assert round(found) == Decimal(96)
