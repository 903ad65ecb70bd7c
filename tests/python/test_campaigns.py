"""Campaigns: the lift of a randomised campaign against published figures."""

from __future__ import annotations

from math import sqrt
from pathlib import Path

import pytest
from tiny_project import write_consumer

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
