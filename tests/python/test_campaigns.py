"""Campaigns: lift against published figures, and against the demo's known uplift."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from math import sqrt
from pathlib import Path

import pytest
from conftest import ROOT, DbtRun
from tiny_project import write_consumer


def seed_rows(table: str) -> Iterator[dict[str, str]]:
    with (ROOT / "seeds" / "demo" / f"raw_{table}.csv").open(newline="") as file:
        yield from csv.DictReader(file)


# The macro over counts, as `campaign_results` uses it
LIFT = """\
with

customers as (

    select
        case segment
            when 'No E-Mail' then 'control'
            when 'Mens E-Mail' then 'mens'
            else 'womens'
        end as arm,
        visit
    from read_parquet('{{ var("hillstrom") }}')

),

counts as (

    select
        'visit' as outcome,
        arm,
        count(*) as account_count,
        sum(visit) as success_count
    from customers
    group by arm

)

{{ crm_segmentation.lift_over_control('counts', ['outcome']) }}
"""


def test_hillstrom_gives_the_published_lift(tmp_path: Path, real_data: Path):
    path = str(real_data / "hillstrom" / "hillstrom.parquet")
    project = write_consumer(tmp_path / "project", {"lift": LIFT}, vars={"hillstrom": path})
    rows = project.run("run", "-s", "lift").query(
        "select arm, account_count, success_count, lift_points, lift_points_low,"
        " lift_points_high, success_rate, control_rate from crm.lift order by arm"
    )
    found = {row[0]: row[1:] for row in rows}
    assert {arm: row[:2] for arm, row in found.items()} == {
        "control": (21306, 2262),
        "mens": (21307, 3894),
        "womens": (21387, 3238),
    }
    # the figures of the data's own README, to its three decimals
    assert found["control"][2:5] == (None, None, None)
    assert [round(value, 3) for value in found["mens"][2:5]] == [7.659, 6.995, 8.323]
    assert [round(value, 3) for value in found["womens"][2:5]] == [4.523, 3.889, 5.157]
    # and to more, from the counts by hand
    for arm, treated, visits in (("mens", 21307, 3894), ("womens", 21387, 3238)):
        p1, p0 = visits / treated, 2262 / 21306
        half = 1.959963984540054 * sqrt(p1 * (1 - p1) / treated + p0 * (1 - p0) / 21306)
        expected = [100 * (p1 - p0), 100 * (p1 - p0 - half), 100 * (p1 - p0 + half), p1, p0]
        assert found[arm][2:] == pytest.approx(tuple(expected), abs=1e-9)


def test_the_demo_campaign_shows_the_uplift_that_its_generator_caused(demo_build: DbtRun):
    """Caused orders are reported as responses; who would have bought anyway adds no buyer."""
    arms: Counter[str] = Counter()
    caused: set[str] = set()
    for row in seed_rows("crm__campaign_contacts"):
        arms[row["arm"]] += row["campaign_id"] == "CA04"
    for row in seed_rows("crm__campaign_responses"):
        if row["campaign_id"] == "CA04" and row["response_type"] == "order":
            caused.add(row["account_no"])
    ((rate, lift, low, high),) = demo_build.query(
        "select control_response_rate, lift_points, lift_points_low, lift_points_high"
        " from crm_marts.campaign_results where campaign_id = 'CA04'"
        " and arm = 'treatment' and response_type = 'purchase'"
    )
    uplift = 100 * len(caused) / arms["treatment"] * (1 - float(rate))
    assert low < uplift < high
    assert float(lift) == pytest.approx(uplift, abs=1.5)
    # large enough that chance is no explanation, which a campaign without control cannot say
    assert low > 0
    assert demo_build.query(
        "select distinct campaign_id from crm_marts.campaign_results where lift_points is not null"
    ) == [("CA04",)]
