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
from conftest import ROOT, DbtProject, DbtRun

from crm_segmentation.fits import clusters, rfm

SCORING = [
    *("fit_settings", "clusterings", "modelling_sample", "rfm_cut_points"),
    *("rfm_dimensions", "rfm_measures", "rfm_drift"),
    *("cluster_parameters", "account_rfm", "account_clusters", "account_attributes"),
]
# weight and stand-in for NULL, as macros/scoring/demo/demo_clusterings.sql says
NUMBERS: dict[str, dict[str, tuple[float, Any]]] = {
    "value": {
        "average_order_value_all": (1.1, "median"),
        "employee_count": (0.6, "median"),
        "line_share_wear_parts_all": (0.65, 0.5),
        "order_count_all": (0.8, None),
        "web_order_share_all": (0.5, None),
        "web_session_count_all": (0.8, 0),
    },
    "market": {"average_order_value_all": (0.5, "median"), "revenue_365d": (1.0, 0)},
}
CATEGORIES = {
    "value": {"has_running_contract": 1.5, "kind": 1.0},
    "market": {"industry": 2.5, "kind": 2.0},
}
# these are neither drawn in nor put on a logarithm
SHARES = ["line_share_wear_parts_all", "web_order_share_all"]


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


def placed_customers(build: DbtRun, clustering: str) -> pd.DataFrame:
    """The base of a clustering of the demo, in the order of the sample."""
    described = frame(
        build,
        "select account_id, kind, industry, employee_count, line_share_wear_parts_all,"
        " case when exists (select * from crm_marts.contracts"
        " where contracts.account_id = accounts.account_id and is_running"
        " and renews_on >= date '2026-01-01' and status not in ('cancelled', 'terminated'))"
        " then 'true' else 'false' end as has_running_contract"
        " from crm_marts.accounts inner join crm_marts.account_category_kpis using (account_id)",
    )
    found = customers(build).merge(described, on="account_id")
    if clustering == "value":
        found = found[found["kind"].isin(["company", "person"])]
    salt = "sample:modelling:"
    keys = [hashlib.md5((salt + account).encode()).hexdigest() for account in found["account_id"]]
    return found.iloc[np.argsort(keys)].reset_index(drop=True)


def points_of(accounts: pd.DataFrame, clustering: str) -> np.ndarray:
    """Coordinates by the documented steps, from the accounts and not from the parameters."""
    columns = []
    for name in sorted([*NUMBERS[clustering], *CATEGORIES[clustering]]):
        if name in CATEGORIES[clustering]:
            weight = CATEGORIES[clustering][name]
            values = accounts[name].astype(object).where(accounts[name].notna(), "(unknown)")
            columns += [(values == one) * weight / np.sqrt(2) for one in sorted(set(values))]
            continue
        weight, missing = NUMBERS[clustering][name]
        known = accounts[name].astype(float)
        if missing == "median":
            missing = np.quantile(known.dropna(), 0.5, method="inverted_cdf")
        values = (known if missing is None else known.fillna(missing)).to_numpy()
        if name not in SHARES:
            outermost = np.quantile(values, [0.01, 0.99], method="inverted_cdf")
            values = log(np.clip(values, *outermost))
        columns.append((values - values.mean()) / values.std() * weight)
    return np.column_stack(columns)


@pytest.mark.parametrize("clustering", ["value", "market"])
def test_sql_places_accounts_as_scikit_learn_does(demo_build: DbtRun, clustering: str) -> None:
    """The same k-means from the accounts, and its own predict, against the mart."""
    from sklearn.cluster import KMeans

    accounts = placed_customers(demo_build, clustering)
    points = points_of(accounts, clustering)
    placed = frame(
        demo_build, f"select * from crm_marts.account_clusters where clustering = '{clustering}'"
    ).set_index("account_id")
    assert set(placed.index) == set(accounts["account_id"])
    placed = placed.loc[accounts["account_id"]]
    count = placed["cluster_id"].nunique()
    model = KMeans(n_clusters=count, n_init=10, random_state=20250101).fit(points)
    # the largest cluster is number 1
    order = np.argsort(-np.bincount(model.labels_), kind="stable")
    number = {label: position for position, label in enumerate(order, start=1)}
    assert list(placed["cluster_id"]) == [number[label] for label in model.predict(points)]
    distances = np.sort(model.transform(points), axis=1)
    assert np.allclose(placed["distance"], distances[:, 0], atol=1.1e-6)
    assert np.allclose(placed["margin"], distances[:, 1] - distances[:, 0], atol=2e-6)


def test_the_chosen_k_is_the_one_reported(demo_build: DbtRun) -> None:
    rows = demo_build.query(
        "select clustering, cluster_count, is_chosen, silhouette, stability"
        " from crm_marts.cluster_quality order by clustering, cluster_count"
    )
    assert [row[:2] for row in rows] == [*(("market", k) for k in range(6, 11)), ("value", 5)]
    for clustering in ("market", "value"):
        tried = [row for row in rows if row[0] == clustering]
        chosen = [row for row in tried if row[2]]
        stable = [row for row in tried if row[4] >= 0.75]
        assert chosen == [max(stable, key=lambda row: row[3])]
        found = demo_build.query(
            "select count(distinct cluster_id) from crm_marts.account_clusters"
            f" where clustering = '{clustering}'"
        )
        assert found == [(chosen[0][1],)]


def test_profiles_of_clusters_are_means_and_counts_of_their_members(demo_build: DbtRun) -> None:
    members = frame(
        demo_build,
        "select attributes.*, clusters.cluster_id as number from crm_marts.account_attributes"
        " as attributes inner join crm_marts.account_clusters as clusters"
        " using (account_id) where clusters.clustering = 'market'",
    )
    profiles = frame(
        demo_build, "select * from crm_marts.cluster_profiles where clustering = 'market'"
    )
    sizes = members.groupby("number").size()
    assert (profiles["member_count"] == profiles["cluster_id"].map(sizes)).all()
    assert set(profiles["placed_count"]) == {len(members)}
    for row in profiles.to_dict("records"):
        inside = members[members["number"] == row["cluster_id"]]
        if isinstance(row["category"], str):
            for whose, count in ((inside, "category_count"), (members, "category_count_of_all")):
                values = whose[row["feature"]].fillna("(unknown)")
                assert row[count] == (values == row["category"]).sum()
        else:
            for whose, mean in ((inside, "mean_value"), (members, "mean_of_all")):
                expected = whose[row["feature"]].astype(float).mean()
                assert float(row[mean]) == pytest.approx(expected, abs=0.006)


def test_the_id_of_a_cluster_is_an_attribute_of_each_clustering(demo_build: DbtRun) -> None:
    assert demo_build.query(
        "select count(*) from crm_marts.account_attributes as attributes"
        " inner join crm_marts.account_cluster_attributes using (account_id)"
        " inner join crm_marts.account_clusters as clusters using (account_id)"
        " where (clustering = 'value' and (cluster_value, cluster_value_label)"
        " is distinct from (cluster_id, cluster_label))"
        " or (clustering = 'market' and cluster_market is distinct from cluster_id)"
    ) == [(0,)]
    assert demo_build.query(
        "select count(cluster_value), count(cluster_market) from crm_marts.account_attributes"
        " inner join crm_marts.account_cluster_attributes using (account_id)"
    ) == demo_build.query(
        "select count(case when clustering = 'value' then 1 end),"
        " count(case when clustering = 'market' then 1 end) from crm_marts.account_clusters"
    )


# clusters against the planted archetypes


def archetypes_of_accounts(build: DbtRun) -> pd.DataFrame:
    """Account and true party of the buyers who were drawn from the densities alone.

    Accounts that hold keys of two parties say nothing; of two accounts of a party the first counts.
    """
    truth = ROOT / "tests" / "python" / "data" / "demo_truth"
    keys = frame(
        build,
        "select source, record_type, record_key, account_id"
        " from crm_intermediate.int_account_keys order by all",
    )
    on = ["source", "record_type", "record_key"]
    found = keys.merge(pd.read_csv(truth / "keys.csv", dtype=str), on=on)
    pairs = found[["account_id", "party_id"]].drop_duplicates()
    pairs = pairs[~pairs["account_id"].duplicated(keep=False)]
    parties = pd.read_csv(truth / "parties.csv").query(
        "archetype != 'prospect' and archetype_before.isna()"
        " and presence not in ('guest_only', 'nameless_guest')"
    )
    return pairs.merge(parties, on="party_id").drop_duplicates("party_id").set_index("account_id")


def test_clusters_find_the_planted_archetypes(
    demo_build: DbtRun, record_property: Callable[[str, object], None]
) -> None:
    """Five clusters against five archetypes, each cluster standing for one archetype of its own.

    One who knows the generator names the archetype from the traits that drew a customer. Clusters
    see what the customer did; how much that tells is what a forest knows that learned the
    archetypes from the features of the clusters, with the truth at hand.
    """
    from scipy.optimize import linear_sum_assignment
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.model_selection import cross_val_predict

    from crm_segmentation.demo import archetypes

    accounts = placed_customers(demo_build, "value").set_index("account_id")
    truth = archetypes_of_accounts(demo_build)
    judged = accounts.index.intersection(truth.index)
    assert len(judged) > 900
    accounts, truth = accounts.loc[judged], truth.loc[judged]
    knows = [
        archetypes.most_likely(
            archetypes.Traits(*(row[name] for name in archetypes.TRAIT_NAMES)), row["kind"]
        )
        for row in truth.to_dict("records")
    ]
    of_traits = np.mean(np.array(knows) == truth["archetype"])

    learned = cross_val_predict(
        RandomForestClassifier(100, min_samples_leaf=3, random_state=0),
        points_of(accounts, "value"),
        truth["archetype"],
        cv=5,
    )
    of_features = np.mean(learned == truth["archetype"])

    placed = frame(
        demo_build,
        "select account_id, cluster_id from crm_marts.account_clusters where clustering = 'value'",
    ).set_index("account_id")["cluster_id"]
    table = pd.crosstab(placed.loc[judged].to_numpy(), truth["archetype"].to_numpy()).to_numpy()
    assert table.shape == (5, 5)
    found = table[linear_sum_assignment(-table)].sum() / len(judged)
    measured = {"traits": of_traits, "features": of_features, "clusters": found}
    record_property("archetypes", {name: float(share) for name, share in measured.items()})
    print(f"traits {of_traits:.3f}, features {of_features:.3f}, clusters {found:.3f}")
    assert 0.90 <= of_traits <= 0.95
    assert found >= 0.95 * of_traits


def test_a_second_fit_is_the_same_to_the_bit(demo_build: DbtRun) -> None:
    sample = frame(demo_build, "select * from crm_marts.modelling_sample")
    settings = frame(demo_build, "select * from crm_marts.fit_settings")
    declared = frame(demo_build, "select * from crm_marts.clusterings")
    dimensions = frame(demo_build, "select * from crm_marts.rfm_dimensions")
    for table, again in (
        ("rfm_cut_points", rfm.refit(sample, dimensions, settings, None)),
        ("cluster_parameters", clusters.refit(sample, declared, settings, None)),
    ):
        recorded = frame(demo_build, f"select * from crm_fits.{table}")
        pd.testing.assert_frame_equal(again, recorded, check_exact=True, check_dtype=False)


# the sample


def test_the_sample_says_nothing_about_who_an_account_is(demo_build: DbtRun) -> None:
    sample = frame(demo_build, "select * from crm_marts.modelling_sample")
    assert list(sample.columns) == ["sample_key", "as_of_date", "feature", "value", "category"]
    assert sample["sample_key"].nunique() == len(customers(demo_build))
    catalog = frame(
        demo_build,
        "select attribute from crm_marts.attribute_catalog"
        " where not (is_identifying or is_protected)",
    )
    assert set(sample["feature"]) <= set(catalog["attribute"])
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
    texts = {*sample["sample_key"], *sample["feature"], *sample["category"].dropna()}
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

    scores = (
        "select account_id, rfm_code, cluster_value, cluster_market"
        " from crm_marts.account_attributes"
        " inner join crm_marts.account_cluster_attributes using (account_id) order by 1"
    )
    # the same customers, fitted anew: another version, the same scores and cluster ids
    built = copied.run("run", "--full-refresh", "-s", *SCORING, vars={"refit": True})
    assert versions(built, "rfm_cut_points") == [(1, 12), (2, 12)]
    assert versions(built, "cluster_parameters") == [(1, 220), (2, 220)]
    assert built.query("select distinct fit_version from crm_marts.account_rfm") == [(2,)]
    assert built.query("select distinct fit_version from crm_marts.account_clusters") == [(2,)]
    assert built.query(scores) == demo_build.query(scores)
    # nobody asks any more: the switch does not outlive its run
    built = copied.run("run", "-s", "rfm_cut_points", "cluster_parameters")
    assert versions(built, "rfm_cut_points") == [(1, 12), (2, 12)]
    assert versions(built, "cluster_parameters") == [(1, 220), (2, 220)]


def test_too_few_customers_leave_scores_unknown(demo_build: DbtRun, copied: DbtProject) -> None:
    with duckdb.connect(str(copied.database)) as connection:
        connection.execute("drop table crm_fits.rfm_cut_points")
        connection.execute("drop table crm_fits.cluster_parameters")
    few = {"modelling_sample_size": 50, "fit_minimum_accounts": 51}
    built = copied.run("run", "-s", *SCORING, vars=few)
    assert built.output.count("no parameters written") == 3
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
    scores = (
        "select account_id, rfm_code, cluster_value, cluster_market"
        " from crm_marts.account_attributes"
        " inner join crm_marts.account_cluster_attributes using (account_id) order by 1"
    )
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
