"""Scores of the demo company against numpy and scikit-learn, and what a refit does to them."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from conftest import DbtProject, DbtRun

from crm_segmentation.fits import clusters, rfm

SCORING = [
    *("fit_settings", "cluster_features", "modelling_sample", "rfm_cut_points"),
    *("rfm_dimensions", "rfm_measures", "rfm_drift"),
    *("cluster_parameters", "account_rfm", "account_clusters", "account_attributes"),
]
# transform, weight, stand-in for NULL: as the documentation of the defaults says
FEATURES = {
    "average_order_value_all": (1.0, None),
    "days_since_last_order": (1.0, None),
    "order_count_365d": (1.0, 0),
    "product_count_365d": (0.5, 0),
    "revenue_365d": (1.0, 0),
    "visit_count_90d": (0.5, 0),
}


def frame(build: DbtRun, sql: str) -> pd.DataFrame:
    with duckdb.connect(str(build.database), read_only=True) as connection:
        return connection.execute(sql).df()


def customers(build: DbtRun) -> pd.DataFrame:
    kpis = frame(build, "select * from crm_marts.account_kpis where order_count_all > 0")
    return kpis.sort_values("account_id", ignore_index=True)


def log(values: Any) -> Any:
    return np.sign(values) * np.log1p(np.abs(values))


# RFM


def test_rfm_scores_are_those_of_numpy(demo_build: DbtRun) -> None:
    kpis = customers(demo_build)
    scored = frame(demo_build, "select * from crm_marts.account_rfm order by account_id")
    assert list(scored["account_id"]) == list(kpis["account_id"])
    for column, score in (
        ("days_since_last_order", "recency_score"),
        ("order_count_all", "frequency_score"),
        ("revenue_all", "monetary_score"),
    ):
        values = kpis[column].to_numpy(dtype=float)
        cuts = np.quantile(values, [0.2, 0.4, 0.6, 0.8], method="inverted_cdf")
        below = np.searchsorted(cuts, values, side="left")
        expected = 5 - below if score == "recency_score" else 1 + below
        assert list(scored[score]) == list(expected), column
        # equal values score equal
        assert scored.groupby(values)[score].nunique().max() == 1


def test_every_segment_is_there_and_none_is_nearly_everything(demo_build: DbtRun) -> None:
    sizes = dict(
        demo_build.query("select rfm_segment, count(*) from crm_marts.account_rfm group by all")
    )
    assert None not in sizes
    assert len(sizes) == 11
    assert max(sizes.values()) < 0.35 * sum(sizes.values()), sizes


# clusters


def coordinates(build: DbtRun, kpis: pd.DataFrame) -> np.ndarray:
    """Coordinates by the recorded scaling, written apart from the package."""
    recorded = frame(
        build,
        "select distinct feature, feature_mean, feature_scale from crm_fits.cluster_parameters",
    ).set_index("feature")
    columns = []
    for name, (weight, missing) in FEATURES.items():
        values = kpis[name].astype(float)
        if missing is not None:
            values = values.fillna(missing)
        z = (log(values) - recorded.at[name, "feature_mean"]) / recorded.at[name, "feature_scale"]
        columns.append(np.clip(z, -5, 5) * weight)
    return np.column_stack(columns)


def test_accounts_go_to_the_centroid_that_scikit_learn_finds_nearest(demo_build: DbtRun) -> None:
    from sklearn.metrics import pairwise_distances

    kpis = customers(demo_build)
    points = coordinates(demo_build, kpis)
    complete = ~np.isnan(points).any(axis=1)
    assert complete.all(), "an account with an order has every feature"
    centroids = frame(demo_build, "select * from crm_fits.cluster_parameters").pivot(
        index="cluster_id", columns="feature", values="centroid"
    )
    distances = pairwise_distances(points, centroids[list(FEATURES)].to_numpy())
    nearest = centroids.index.to_numpy()[distances.argmin(axis=1)]
    placed = frame(demo_build, "select * from crm_marts.account_clusters order by account_id")
    assert list(placed["account_id"]) == list(kpis["account_id"])
    assert list(placed["cluster_id"]) == list(nearest)
    ordered = np.sort(distances, axis=1)
    assert np.allclose(placed["distance"], ordered[:, 0], atol=1e-6)
    assert np.allclose(placed["margin"], ordered[:, 1] - ordered[:, 0], atol=2e-6)


def test_the_centroids_are_those_of_scikit_learn(demo_build: DbtRun) -> None:
    """The same k-means by the documented steps, from the KPIs and not from the sample."""
    from sklearn.cluster import KMeans

    kpis = customers(demo_build)
    salt = "sample:modelling:"
    keys = [hashlib.md5((salt + account).encode()).hexdigest() for account in kpis["account_id"]]
    kpis = kpis.iloc[np.argsort(keys)]
    columns = []
    for name, (weight, missing) in FEATURES.items():
        values = kpis[name].astype(float)
        values = log(values if missing is None else values.fillna(missing)).to_numpy()
        low, high = np.quantile(values, [0.02, 0.98], method="inverted_cdf")
        trimmed = np.clip(values, low, high)
        z = np.clip((values - trimmed.mean()) / trimmed.std(), -5, 5)
        columns.append(z * weight)
    points = np.column_stack(columns)
    model = KMeans(n_clusters=6, n_init=10, random_state=clusters.RANDOM_STATE).fit(points)
    recorded = frame(demo_build, "select * from crm_fits.cluster_parameters").pivot(
        index="cluster_id", columns="feature", values="centroid"
    )[list(FEATURES)]
    sizes = np.bincount(model.labels_)
    expected = model.cluster_centers_[np.argsort(-sizes, kind="stable")]
    assert np.allclose(recorded.to_numpy(), expected, atol=1e-9)


def test_no_cluster_is_nearly_empty_or_nearly_everything(demo_build: DbtRun) -> None:
    sizes = dict(
        demo_build.query("select cluster_id, count(*) from crm_marts.account_clusters group by all")
    )
    assert len(sizes) == 6
    assert min(sizes.values()) > 0.02 * sum(sizes.values()), sizes
    assert max(sizes.values()) < 0.5 * sum(sizes.values()), sizes


def test_a_second_fit_is_the_same_to_the_bit(demo_build: DbtRun) -> None:
    sample = frame(demo_build, "select * from crm_marts.modelling_sample")
    settings = frame(demo_build, "select * from crm_marts.fit_settings")
    features = frame(demo_build, "select * from crm_marts.cluster_features")
    dimensions = frame(demo_build, "select * from crm_marts.rfm_dimensions")
    for table, again in (
        ("rfm_cut_points", rfm.refit(sample, dimensions, settings, None)),
        ("cluster_parameters", clusters.refit(sample, features, settings, None)),
    ):
        recorded = frame(demo_build, f"select * from crm_fits.{table}")
        pd.testing.assert_frame_equal(again, recorded, check_exact=True, check_dtype=False)


# the sample


def test_the_sample_says_nothing_about_who_an_account_is(demo_build: DbtRun) -> None:
    sample = frame(demo_build, "select * from crm_marts.modelling_sample")
    assert list(sample.columns) == ["sample_key", "as_of_date", "feature", "value", "category"]
    assert sample["sample_key"].nunique() == len(customers(demo_build))
    kpis = set(frame(demo_build, "select * from crm_marts.account_kpis limit 0").columns)
    assert set(sample["feature"]) <= kpis - {"account_id", "as_of_date"}
    identifiers = {
        row[0]
        for sql in (
            "select account_id from crm_intermediate.int_accounts",
            "select record_key from crm_intermediate.int_account_keys",
            "select contact_point from crm_intermediate.int_contact_points",
            "select md5(account_id) from crm_intermediate.int_accounts",
            "select md5(record_key) from crm_intermediate.int_account_keys",
            "select md5(contact_point) from crm_intermediate.int_contact_points",
        )
        for row in demo_build.query(sql)
    }
    texts = set(sample["sample_key"]) | set(sample["feature"])
    assert len(identifiers) > 1000
    assert not texts & identifiers


# refits, on a copy of the build


@pytest.fixture
def copied(make_project: Callable[..., DbtProject], demo_build: DbtRun) -> DbtProject:
    project = make_project()
    shutil.copyfile(demo_build.database, project.database)
    return project


def versions(run: DbtRun, table: str) -> list[tuple[Any, ...]]:
    return run.query(
        f"select fit_version, count(*) from crm_fits.{table} group by all order by all"
    )


def test_a_refit_adds_a_version_and_a_full_refresh_keeps_all(
    demo_build: DbtRun, copied: DbtProject
) -> None:
    before = versions(demo_build, "rfm_cut_points")
    assert before == [(1, 12)]

    scores = "select account_id, rfm_code, cluster_id from crm_marts.account_attributes order by 1"
    # the same customers, fitted anew: another version, the same scores and cluster ids
    built = copied.run("run", "--full-refresh", "-s", *SCORING, vars={"refit": True})
    assert versions(built, "rfm_cut_points") == [(1, 12), (2, 12)]
    assert versions(built, "cluster_parameters") == [(1, 36), (2, 36)]
    assert built.query("select distinct fit_version from crm_marts.account_rfm") == [(2,)]
    assert built.query("select distinct fit_version from crm_marts.account_clusters") == [(2,)]
    assert built.query(scores) == demo_build.query(scores)
    # nobody asks any more: the switch does not outlive its run
    built = copied.run("run", "-s", "rfm_cut_points", "cluster_parameters")
    assert versions(built, "rfm_cut_points") == [(1, 12), (2, 12)]
    assert versions(built, "cluster_parameters") == [(1, 36), (2, 36)]


def test_too_few_customers_leave_scores_unknown(demo_build: DbtRun, copied: DbtProject) -> None:
    with duckdb.connect(str(copied.database)) as connection:
        connection.execute("drop table crm_fits.rfm_cut_points")
        connection.execute("drop table crm_fits.cluster_parameters")
    few = {"modelling_sample_size": 50, "fit_minimum_accounts": 51}
    built = copied.run("run", "-s", *SCORING, vars=few)
    assert built.output.count("no parameters written") == 2
    assert versions(built, "rfm_cut_points") == versions(built, "cluster_parameters") == []
    assert built.query(
        "select count(rfm_code), count(recency_score), count(rfm_segment), count(*) > 0"
        " from crm_marts.account_rfm"
    ) == [(0, 0, 0, True)]
    assert built.query("select count(*) from crm_marts.account_clusters") == [(0,)]
    # the sample is bounded, and the same accounts come first
    keys = "select distinct sample_key from crm_marts.modelling_sample order by sample_key"
    assert built.query(keys) == demo_build.query(keys)[:50]

    # once there are enough, the first fit happens by itself, and then no other
    scores = "select account_id, rfm_code, cluster_id from crm_marts.account_attributes order by 1"
    for fitted in (True, False):
        built = copied.run("run", "-s", *SCORING)
        assert ("version 1" in built.output) is fitted
        assert versions(built, "rfm_cut_points") == [(1, 12)]
        assert built.query(scores) == demo_build.query(scores)


def test_the_key_of_the_sample_is_salted(demo_build: DbtRun) -> None:
    keys = {
        hashlib.md5(f"sample:modelling:{account}".encode()).hexdigest()
        for account in customers(demo_build)["account_id"]
    }
    found = demo_build.query("select distinct sample_key from crm_marts.modelling_sample")
    assert {key for (key,) in found} == keys
