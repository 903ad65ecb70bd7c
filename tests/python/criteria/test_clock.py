"""The clock's SQL against pytz itself: U(d), and the local day of an instant."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta

import duckdb
import pytest
import pytz

from criteria.engine import Engine

# half-hour summer time, midnight that is skipped, offsets of 45 minutes, a day left out
ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/Havana",
    "America/New_York",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
]


@pytest.fixture(params=ZONES)
def zone(request: pytest.FixtureRequest, engine: Engine):
    engine.set_variables({"as_of_date": "2026-01-01", "time_zone": request.param})
    yield pytz.timezone(request.param)
    engine.set_variables({})


def instants(zone) -> list[datetime]:
    """Random ones, and those around every change of the zone's offset."""
    draw = random.Random(7)
    start, end = datetime(1990, 2, 1), datetime(2026, 12, 31)
    found = [
        start + timedelta(seconds=draw.randrange(int((end - start).total_seconds())))
        for _ in range(2000)
    ]
    for change in getattr(zone, "_utc_transition_times", []):
        if start < change < end:
            found += [change + timedelta(seconds=step) for step in (-1, 0, 1)]
    return found


def test_local_day_is_the_zones(zone, engine: Engine) -> None:
    given = instants(zone)
    rows = ", ".join(f"(timestamp '{instant}')" for instant in given)
    sql = f"select {engine.call('local_date', 'instant')} from (values {rows}) as given(instant)"
    got = [day for (day,) in duckdb.sql(sql).fetchall()]
    assert got == [pytz.utc.localize(instant).astimezone(zone).date() for instant in given]


def test_day_begins_with_its_first_instant(zone, engine: Engine) -> None:
    for ordinal in range(date(2024, 1, 1).toordinal(), date(2026, 1, 1).toordinal()):
        day = date.fromordinal(ordinal)
        first = engine.call("first_instant", day)
        around = [first + timedelta(seconds=step) for step in (-1, 0)]
        days = [pytz.utc.localize(instant).astimezone(zone).date() for instant in around]
        assert days == [day - timedelta(days=1), day], day


def test_left_out_day_begins_where_the_next_one_does(engine: Engine) -> None:
    engine.set_variables({"time_zone": "Pacific/Apia"})
    left_out, following = date(2011, 12, 30), date(2011, 12, 31)
    assert engine.call("first_instant", left_out) == engine.call("first_instant", following)
    engine.set_variables({})
