"""Closest fits of the demo company, computed once more in Python from what the segments say."""

from __future__ import annotations

from math import log1p

import duckdb
import pandas as pd
import pytest
from conftest import DbtRun

from crm_segmentation.rules.meaning import fold

LOGS = {"employee_count", "annual_revenue_amount", "order_count_365d"}
HIGH = {"annual_revenue_amount", "order_count_365d"}


def frame(build: DbtRun, sql: str) -> pd.DataFrame:
    with duckdb.connect(str(build.database), read_only=True) as connection:
        return connection.execute(sql).df()


def penalty(trait: str, rows: pd.DataFrame, value: object) -> float | None:
    """By the documentation: docs/objectives.md."""
    if value is None or pd.isna(value):
        return None
    whole = rows[rows["value"] == ""].iloc[0]
    if not pd.isna(whole["target"]):
        x, target = float(str(value)), float(whole["target"])
        if trait in LOGS:
            x, target = log1p(x), log1p(target)
        away = max(0.0, target - x) if trait in HIGH else abs(x - target)
        return min(1.0, away / float(whole["scale"]))
    text = str(value).lower() if isinstance(value, bool) else fold(str(value))
    listed = rows[rows["value"] == text]
    found = (listed if len(listed) else rows[rows["value"] == ""])["penalty"].iloc[0]
    return None if pd.isna(found) else float(found)


def test_the_closest_fit_is_that_of_gower(demo_build: DbtRun) -> None:
    segments = frame(demo_build, "select * from crm_marts.objective_segments")
    fits = frame(
        demo_build,
        "select * from crm_marts.account_closest_fits"
        " inner join crm_marts.account_attributes using (account_id)"
        " where objective = 'valves_for_companies'",
    )
    assert len(fits) > 300
    assert set(fits["kind"]) == {"company"}
    far = 0
    for account in fits.to_dict("records"):
        measured = []
        for number, rows in segments.groupby("segment_id"):
            known = [
                (float(of_trait["weight"].iloc[0]), one)
                for trait, of_trait in rows.groupby("trait")
                if (one := penalty(str(trait), of_trait, account[str(trait)])) is not None
            ]
            if known:
                total = sum(weight * one for weight, one in known)
                measured.append((total / sum(weight for weight, _ in known), number))
        if not measured:
            assert account["closest_fit"] == "none" and pd.isna(account["distance"])
            continue
        distance, number = min(measured)
        assert float(account["distance"]) == pytest.approx(distance, abs=3e-6)
        if len(measured) > 1 and sorted(measured)[1][0] - distance > 1e-5:
            assert account["segment_id"] == number
        if abs(distance - 0.4) > 1e-5:
            assert (account["closest_fit"] == "none") == (distance > 0.4)
        far += distance > 0.4
    assert 0 < far < len(fits)
    # ideals are nearer than others
    means = fits.groupby("is_ideal")["distance"].mean()
    assert means[True] < 0.75 * means[False]


def test_contributions_add_up_to_the_distance(demo_build: DbtRun) -> None:
    wrong = demo_build.query(
        """
        select fits.account_id
        from crm_marts.account_closest_fits as fits
        inner join crm_marts.account_closest_fit_traits as traits
            on fits.account_id = traits.account_id
            and fits.objective = traits.objective
        group by fits.account_id, fits.objective, fits.distance
        having abs(sum(traits.contribution) - fits.distance) > 0.00001
        """
    )
    assert wrong == []


def test_rules_can_ask_for_the_closest_fit(demo_build: DbtRun) -> None:
    told = demo_build.query(
        """
        select count(*), count(attributes.closest_fit_valves_for_companies)
        from crm_marts.account_fit_attributes as attributes
        """
    )
    fits = demo_build.query("select count(*) from crm_marts.account_closest_fits")
    assert told[0][1] == fits[0][0] < told[0][0]
    known = demo_build.query(
        "select attribute from crm_marts.attribute_catalog where model = 'account_fit_attributes'"
    )
    assert sorted(known) == [
        ("closest_fit_valves_for_companies",),
        ("fit_distance_valves_for_companies",),
    ]
