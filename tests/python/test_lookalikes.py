"""Lookalikes: closeness as pandas computes it, and whether members who were hidden come back."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from math import log

import duckdb
import pandas as pd
import pytest
from conftest import ROOT, DbtProject, DbtRun

from crm_segmentation.rules.meaning import fold

TRAITS = {
    "industry": 1,
    "employee_count": 1,
    "annual_revenue_amount": 1,
    "order_count_365d": 2,
    "product_count_365d": 1,
    "average_order_value_all": 1,
    "preferred_category": 1,
    "visit_count_90d": 1,
}
HIDDEN = """
select account_id, as_of_date from {{{{ ref('multi_category_buyers') }}}}
where {condition} cast('0x' || substr(md5(account_id), 1, 4) as integer) % 3 = 0
"""
LIKE = """
{% call crm_segmentation.lookalike() %}
of: shown_members
among: account_attributes
traits: [kind, industry, country_code, employee_count, annual_revenue_amount, tier,
         order_count_365d, revenue_365d, days_since_last_order, visit_count_90d]
{% endcall %}
"""


def frame(build: DbtRun, sql: str) -> pd.DataFrame:
    with duckdb.connect(str(build.database), read_only=True) as connection:
        return connection.execute(sql).df()


def band(value: object, cuts: list[float] | None) -> str:
    if value is None or pd.isna(value):
        return ""
    if cuts is None:
        return "=" + fold(str(value))
    return next((str(i) for i, cut in enumerate(cuts, 1) if float(value) <= cut), "10")


def test_closeness_is_the_sum_of_the_evidence(demo_build: DbtRun) -> None:
    accounts = frame(demo_build, "select * from crm_marts.account_attributes")
    members = set(frame(demo_build, "select account_id from crm_marts.vip_dach")["account_id"])
    is_member = accounts["account_id"].isin(members)
    inside, outside = int(is_member.sum()), int((~is_member).sum())
    closeness = pd.Series(0.0, index=accounts.index)
    for trait, weight in TRAITS.items():
        values = accounts[trait]
        cuts = None
        if trait not in ("industry", "preferred_category"):
            known = sorted(values.dropna().astype(float))
            # the smallest value with at least that share at or below it
            cuts = [known[-(-len(known) * tenth // 10) - 1] for tenth in range(1, 10)]
        bands = values.map(lambda value, cuts=cuts: band(value, cuts), na_action=None)
        for one in set(bands):
            mine = bands == one
            share = mine.mean()
            in_group = (int((mine & is_member).sum()) + 20 * share) / (inside + 20)
            elsewhere = (int((mine & ~is_member).sum()) + 20 * share) / (outside + 20)
            closeness[mine] += round(weight * (log(in_group) - log(elsewhere)), 6)
    ranked = accounts.assign(closeness=closeness.round(6))[~is_member]
    ranked = ranked.sort_values(["closeness", "account_id"], ascending=[False, True])[:100]
    found = frame(demo_build, "select * from crm_marts.vip_lookalikes order by closeness_rank")
    assert list(found["closeness_rank"]) == list(range(1, 101))
    assert list(found["account_id"]) == list(ranked["account_id"])
    assert found["closeness"].astype(float).to_numpy() == pytest.approx(
        ranked["closeness"].to_numpy(), abs=1e-5
    )


@pytest.mark.slow
def test_members_who_were_hidden_are_found_again(
    demo_build: DbtRun, make_project: Callable[..., DbtProject]
) -> None:
    project = make_project(ROOT)
    shutil.copyfile(demo_build.database, project.database)
    folder = project.folder / "models/intermediate"
    (folder / "shown_members.sql").write_text(HIDDEN.format(condition="not"))
    (folder / "like_members.sql").write_text(LIKE)
    (folder / "nobody.sql").write_text("select account_id from {{ ref('accounts') }} where 1 = 0")
    (folder / "like_nobody.sql").write_text(LIKE.replace("shown_members", "nobody"))
    (folder / "like_all.sql").write_text(LIKE.replace("of: shown_members", "of: accounts"))
    plain = ("shown_members", "nobody", "like_members", "like_nobody", "like_all")
    built = project.run("run", "-s", *plain)
    ranked = frame(built, "select * from crm_intermediate.like_members order by closeness_rank")
    every = set(
        frame(built, "select account_id from crm_marts.multi_category_buyers")["account_id"]
    )
    shown = set(frame(built, "select account_id from crm_intermediate.shown_members")["account_id"])
    hidden = every - shown
    assert len(hidden) > 20
    assert not set(ranked["account_id"]) & shown
    # of the first tenth, against what a random tenth holds
    first = set(ranked["account_id"][: len(ranked) // 10])
    lift = (len(first & hidden) / len(hidden)) / (len(first) / len(ranked))
    assert lift > 3, lift
    assert len(frame(built, "select * from crm_intermediate.like_nobody")) == 0
    assert len(frame(built, "select * from crm_intermediate.like_all")) == 0
