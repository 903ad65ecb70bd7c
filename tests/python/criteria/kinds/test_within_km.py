"""Kind 16: a distance on the sphere."""

from __future__ import annotations

import math

import pytest

from criteria.kinds.conftest import Asker

MUNICH = (48.137154, 11.576124)
# one degree of a great circle
DEGREE_KM = 6371 * math.pi / 180


def north_of(km: float) -> dict[str, float]:
    return {"place_lat": MUNICH[0] + km / DEGREE_KM, "place_lon": MUNICH[1]}


def test_edges_and_unknown(asker: Asker) -> None:
    # columns hold six digits of a degree, 11 cm
    asker.fill(
        {
            "here": north_of(0),
            "2 m inside": north_of(49.998),
            "2 m outside": north_of(50.002),
            "half known": {"place_lat": MUNICH[0]},
            "other half": {"place_lon": MUNICH[1]},
            "unknown": {},
        }
    )
    rule = f"place: {{within_km: {{of: [{MUNICH[0]}, {MUNICH[1]}], km: 50}}%s}}"
    unknown = {"half known", "other half", "unknown"}
    assert asker.ask(rule % "") == {"here", "2 m inside"}
    assert asker.ask(rule % ", nulls: include") == {"here", "2 m inside"} | unknown
    assert asker.ask("place: {is_null: true}") == unknown
    assert asker.ask("place: {not_null: true}") == {"here", "2 m inside", "2 m outside"}


def test_the_whole_earth(asker: Asker) -> None:
    """Over the date line, at the poles, at the antipode: by way of the angle between vectors."""
    places = {
        "date line": (0.5, 179.9),
        "beyond it": (0.5, -179.9),
        "north pole": (90.0, 12.0),
        "south pole": (-90.0, 99.0),
        "antipode": (-48.1, -168.4),
        "equator": (0.0, 0.0),
    }
    asker.fill({name: {"place_lat": lat, "place_lon": lon} for name, (lat, lon) in places.items()})

    def vector(lat: float, lon: float) -> tuple[float, float, float]:
        phi, lam = math.radians(lat), math.radians(lon)
        return math.cos(phi) * math.cos(lam), math.cos(phi) * math.sin(lam), math.sin(phi)

    for center in [(48.1, 11.6), (0.5, -180.0), (-90.0, 0.0)]:
        for km in [30, 5000, 10007, 15000, 20015.2, 50000]:
            wanted = {
                name
                for name, place in places.items()
                if 2 * 6371 * math.asin(min(1, math.dist(vector(*center), vector(*place)) / 2))
                <= km
            }
            found = asker.ask(f"place: {{within_km: {{of: [{center[0]}, {center[1]}], km: {km}}}}}")
            assert found == wanted, (center, km)


@pytest.mark.parametrize(
    ("rule", "parts"),
    [
        ("place: {within_km: 50}", ["place.within_km", "50", "{of: ["]),
        ("place: {within_km: {of: [48.1, 11.6]}}", ["place.within_km", "'km' is missing"]),
        ("place: {within_km: {km: 5}}", ["place.within_km", "'of' is missing", "latitude"]),
        ("place: {within_km: {of: [48.1], km: 5}}", ["place.within_km.of", "two numbers"]),
        ("place: {within_km: {of: [91, 11], km: 5}}", ["of[0]", "91", "-90 to 90"]),
        ("place: {within_km: {of: [48, -180.5], km: 5}}", ["of[1]", "-180.5", "-180 to 180"]),
        ("place: {within_km: {of: [48, x], km: 0}}", ["of[1]", "'x'", "within_km.km", "above 0"]),
        ("place: {within_km: {of: [48, 11], kms: 5}}", ["kms", "Did you mean 'km'"]),
        ("place: [48, 11]", ["place", "point", "within_km"]),
        ("revenue: {within_km: {of: [48, 11], km: 5}}", ["revenue", "number"]),
    ],
)
def test_errors(rule: str, parts: list[str], reader: Asker) -> None:
    reader.refuses(rule, parts)
