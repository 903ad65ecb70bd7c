"""Clusters without a database: hand counts, independent oracles, and what happens at the edges."""

from __future__ import annotations

import itertools
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from test_fits import DAYS, ORDERS, REVENUE, clusterings, company, fit_clusters, long_sample

from crm_segmentation.fits import clusters
from crm_segmentation.fits.clusters import Candidate, Feature

KIND = {"feature": "kind", "type": "category", "weight": 2, "category_label": "mostly {} accounts"}


def with_categories(accounts: list[dict[str, Any]]) -> pd.DataFrame:
    """The shape of the model modelling_sample, texts in `category`."""
    return pd.DataFrame(
        [
            (f"{number:032x}", name, *((None, value) if name == "kind" else (value, None)))
            for number, account in enumerate(accounts)
            for name, value in account.items()
        ],
        columns=["sample_key", "feature", "value", "category"],
    )


def nearest(parameters: pd.DataFrame, accounts: list[dict[str, Any]]) -> list[int]:
    """Assignment written from the documentation of the parameters, in plain Python."""
    found = []
    for account in accounts:
        distances: dict[int, float] = {}
        for row in parameters.to_dict("records"):
            value = account[row["feature"]]
            if isinstance(row["category"], str):
                coordinate = row["weight"] * (value == row["category"])
            else:
                value = row["if_missing"] if value is None else value
                value = (
                    max(value, row["lower_bound"])
                    if row["lower_bound"] == row["lower_bound"]
                    else value
                )
                value = (
                    min(value, row["upper_bound"])
                    if row["upper_bound"] == row["upper_bound"]
                    else value
                )
                if row["transform"] == "log":
                    value = np.sign(value) * np.log1p(abs(value))
                coordinate = (value - row["feature_mean"]) / row["feature_scale"] * row["weight"]
            distance = (coordinate - row["centroid"]) ** 2
            distances[row["cluster_id"]] = distances.get(row["cluster_id"], 0.0) + distance
        found.append(min(distances, key=lambda number: (distances[number], number)))
    return found


def number(**changes: Any) -> Feature:
    return Feature(**{"name": "x", "type": "number", "weight": 1.0, **changes})


def fit_number(values: list[float], **changes: Any) -> clusters.Column:
    return clusters.fit_number(np.array(values, dtype=float), number(**changes))


# what becomes of a value


def test_clusters_find_three_kinds_of_customers() -> None:
    accounts = company()
    fitted = fit_clusters(long_sample(accounts), None)
    found = nearest(fitted, accounts)
    assert [len(set(found[i::3])) for i in range(3)] == [1, 1, 1]
    assert len(set(found)) == 3
    assert fitted["cluster_label"].nunique() == 3
    assert dict(fitted.groupby("cluster_id")["cluster_size"].first()) == {1: 30, 2: 30, 3: 30}


def test_missing_values_are_filled_as_declared_or_leave_the_account_out() -> None:
    accounts = company(30)
    accounts[0]["days"] = None
    accounts[1]["orders"] = None
    fitted = fit_clusters(long_sample(accounts), None)
    assert set(fitted["sample_size"]) == {29}
    orders = [account["orders"] or 0 for account in accounts[1:]]
    mean = fitted.loc[fitted["feature"] == "orders", "feature_mean"].iloc[0]
    assert mean == pytest.approx(sum(orders) / 29)


def test_the_median_of_the_sample_stands_in_where_declared() -> None:
    column = fit_number([1, 2, 9, 100, np.nan], missing="median")
    assert column.if_missing == 2  # the lower one of two
    assert column.mean == pytest.approx((1 + 2 + 9 + 100 + 2) / 5)


def test_winsorising_draws_in_to_quantiles_that_occur() -> None:
    column = fit_number([*range(100), 10**9], winsorise=(0.02, 0.98))
    # 101 values: the 3rd smallest is 2, the 99th smallest 98
    drawn_in = [2, 2, *range(2, 98), 98, 98, 98]
    assert (column.lower, column.upper) == (2, 98)
    assert column.mean == pytest.approx(np.mean(drawn_in))
    assert column.scale == pytest.approx(np.std(drawn_in))
    points = clusters.coordinates(pd.DataFrame({"x": [10.0**12, 98.0, -5.0, 2.0]}), [column])
    assert points[0] == points[1] and points[2] == points[3]


def test_a_feature_that_few_accounts_have_is_not_drawn_in() -> None:
    column = fit_number([0.0] * 99 + [50.0], winsorise=(0.02, 0.98))
    assert column.lower is None
    assert column.scale == pytest.approx(np.std([0.0] * 99 + [50.0]))


def test_what_is_drawn_in_is_so_before_the_logarithm() -> None:
    column = fit_number([1, 1, 1, 7, 1000], winsorise=(0.0, 0.8), transform="log")
    assert column.upper == 7
    assert column.mean == pytest.approx((3 * np.log(2) + 2 * np.log(8)) / 5)


def test_a_number_that_is_not_standardised_stays_as_it_is() -> None:
    column = fit_number([1, 2, 6], standardise=False, weight=2.0)
    points = clusters.coordinates(pd.DataFrame({"x": [3.0]}), [column])
    assert points.tolist() == [[6.0]]


def test_one_giant_is_no_cluster_of_its_own() -> None:
    accounts = [*company(), {"days": 5, "orders": 10**6, "revenue": 5000.0}]
    declared = clusterings(DAYS, {**ORDERS, "winsorise": [0.02, 0.98]}, REVENUE)
    found = nearest(fit_clusters(long_sample(accounts), None, declared=declared), accounts)
    assert found.count(found[-1]) > 1


@given(st.floats(0.1, 10), st.sampled_from("abc"), st.sampled_from("abc"))
def test_accounts_of_different_categories_are_as_far_apart_as_declared(
    weight: float, one: str, other: str
) -> None:
    feature = Feature("kind", "category", weight)
    columns = clusters.fit_category(pd.Series(list("cab")), feature)
    assert [column.category for column in columns] == ["a", "b", "c"]
    points = clusters.coordinates(pd.DataFrame({"kind": [one, other]}), columns)
    expected = weight if one != other else 0
    assert np.linalg.norm(points[0] - points[1]) == pytest.approx(expected)


def test_categories_and_numbers_make_groups_together() -> None:
    # two kinds, each with small and large revenue
    accounts = [
        {"kind": kind, "revenue": revenue * (1 + 0.01 * i)}
        for i in range(10)
        for kind in ("firm", "person")
        for revenue in (100.0, 9000.0)
    ]
    declared = clusterings(KIND, {**REVENUE, "weight": 1}, k=(4, 4))
    fitted = fit_clusters(with_categories(accounts), None, declared=declared)
    found = nearest(fitted, accounts)
    groups = {
        (account["kind"], account["revenue"] > 1000, cluster)
        for account, cluster in zip(accounts, found, strict=True)
    }
    assert len(groups) == 4
    assert {frozenset(label.split(", ")) for label in fitted["cluster_label"]} == {
        frozenset({f"mostly {kind} accounts", size})
        for kind in ("firm", "person")
        for size in ("small", "large")
    }


def test_a_missing_category_is_one_of_its_own_or_leaves_the_account_out() -> None:
    accounts = [{"kind": kind, "days": 1 + i} for i in range(10) for kind in ("a", None)]
    sample = with_categories(accounts)
    left_out = fit_clusters(sample, None, declared=clusterings(KIND, DAYS, k=(2, 2)))
    assert set(left_out["sample_size"]) == {10}
    kept = fit_clusters(
        sample, None, declared=clusterings({**KIND, "missing": "(none)"}, DAYS, k=(2, 2))
    )
    assert set(kept["sample_size"]) == {20}
    assert set(kept["category"].dropna()) == {"(none)", "a"}
    assert not any("(none)" in label for label in kept["cluster_label"])


@pytest.mark.parametrize(
    ("base", "left"),
    [
        ({}, 6),
        ({"days": {"type": "number", "operators": {"gt": 2, "lte": 4}}}, 2),
        ({"days": {"type": "number", "values": [1, 6]}}, 2),
        ({"kind": {"type": "category", "values": ["a"]}}, 3),
        (
            {
                "kind": {"type": "category", "values": ["a", "b"]},
                "days": {"type": "number", "operators": {"gte": 5, "lt": 99}},
            },
            1,
        ),
    ],
)
def test_who_is_not_of_the_base_is_not_seen(base: dict[str, Any], left: int) -> None:
    wide = pd.DataFrame({"days": [1, 2, 3, 4, 5, 6.0], "kind": ["a", "b", "a", None, "a", None]})
    assert len(clusters.in_base(wide, base)) == left
    # nothing is true of what is unknown
    unknown = wide.assign(days=np.nan, kind=None)
    assert len(clusters.in_base(unknown, base)) == (6 if not base else 0)


# how many clusters


def test_the_best_silhouette_among_the_stable_ones_is_chosen() -> None:
    tried = [
        Candidate(2, 0.40, 0.99, 9.0),
        Candidate(3, 0.50, 0.80, 8.0),
        Candidate(4, 0.90, 0.74, 7.0),
        Candidate(5, 0.50, 0.99, 6.0),
    ]
    assert clusters.choose(tried).k == 3
    assert clusters.choose([tried[2], Candidate(6, 0.1, 0.7, 5.0)]).k == 4
    assert clusters.choose([Candidate(1, None, None, 0.0)]).k == 1


def test_k_is_the_number_of_kinds_that_there_are() -> None:
    fitted = fit_clusters(long_sample(company(150)), None, declared=clusterings(k=(2, 6)))
    quality = json.loads(fitted["quality"].iloc[0])
    assert quality["k"] == 3 == fitted["cluster_id"].nunique()
    assert [one["k"] for one in quality["candidates"]] == [2, 3, 4, 5, 6]
    assert quality["stability"] == 1
    assert quality["silhouette"] > 0.7


def test_silhouette_and_stability_are_those_of_their_definitions() -> None:
    """Both measures from their definitions, on points with a doubtful third cluster."""
    draw = np.random.default_rng(4)
    points = np.concatenate([draw.normal(c, 0.7, size=(15, 2)) for c in (0, 4)])
    judged = clusters.judge(points, 3, seed=1)
    _, centroids = clusters.fit_kmeans(points, 3, clusters.STARTS, 1)
    labels = clusters.nearest(points, centroids)
    apart = np.linalg.norm(points[:, None] - points[None], axis=2)
    widths = []
    for i, label in enumerate(labels):
        own = (labels == label) & (np.arange(len(labels)) != i)
        near = min(apart[i][labels == other].mean() for other in set(labels) - {label})
        inside = apart[i][own].mean() if own.any() else near
        widths.append((near - inside) / max(near, inside) if own.any() else 0.0)
    assert judged.silhouette == pytest.approx(np.mean(widths))

    def rand(a: np.ndarray, b: np.ndarray) -> float:
        pairs = list(itertools.combinations(range(len(a)), 2))
        same_a = np.array([a[i] == a[j] for i, j in pairs])
        same_b = np.array([b[i] == b[j] for i, j in pairs])
        expected = same_a.sum() * same_b.sum() / len(pairs)
        most = (same_a.sum() + same_b.sum()) / 2
        return float(((same_a & same_b).sum() - expected) / (most - expected))

    draw = np.random.default_rng(1)
    alike = []
    for _ in range(clusters.RESAMPLES):
        again = points[draw.integers(0, 30, 30)]
        _, other = clusters.fit_kmeans(again, 3, clusters.STARTS_OF_RESAMPLE, 1)
        alike.append(rand(labels, clusters.nearest(points, other)))
    assert judged.stability == pytest.approx(np.mean(alike))
    assert judged.stability < 1, "the case is too easy"


# what cannot be clustered well


def test_there_are_no_more_clusters_than_different_customers() -> None:
    accounts = [{"days": 3, "orders": i % 2, "revenue": 10} for i in range(20)]
    fitted = fit_clusters(long_sample(accounts), None, declared=clusterings(k=(4, 6)))
    assert fitted["cluster_id"].nunique() == 2


def test_customers_who_are_all_alike_are_one_cluster_of_unknown_quality() -> None:
    fitted = fit_clusters(long_sample([{"days": 3, "orders": 1, "revenue": 10}] * 20), None)
    assert set(fitted["cluster_id"]) == {1}
    assert set(fitted["cluster_label"]) == {"average"}
    quality = json.loads(fitted["quality"].iloc[0])
    assert (quality["silhouette"], quality["stability"]) == (None, None)
    # what was constant counts for nothing, also where it is not any more
    assert nearest(fitted, [{"days": 900, "orders": 1, "revenue": 10}]) == [1]
    assert (fitted["lower_bound"] == fitted["upper_bound"]).all()


def test_one_customer_is_one_cluster() -> None:
    fitted = fit_clusters(long_sample(company(1)), None, fit_minimum_accounts="1")
    assert list(fitted["cluster_size"]) == [1, 1, 1]
    assert (fitted["feature_scale"] == 1).all()
    assert (fitted["centroid"] == 0).all()


def test_a_number_that_nobody_has_counts_for_nothing_where_the_median_stands_in() -> None:
    accounts = [{**account, "days": None} for account in company()]
    declared = clusterings({**DAYS, "missing": "median"}, ORDERS, REVENUE)
    fitted = fit_clusters(long_sample(accounts), None, declared=declared)
    days = fitted[fitted["feature"] == "days"]
    assert len(days) == 3
    assert (days["centroid"] == 0).all() and (days["if_missing"] == 0).all()


def test_as_many_clusters_as_customers() -> None:
    judged = clusters.judge(np.array([[0.0], [1.0], [5.0]]), 3, seed=1)
    assert judged.silhouette is None


# ids and labels


@given(st.integers(0, 10**6), st.integers(2, 5), st.integers(2, 5))
def test_matching_is_the_cheapest_of_all_pairings(seed: int, new: int, old: int) -> None:
    draw = np.random.default_rng(seed)
    a, b = draw.normal(size=(new, 3)), draw.normal(size=(old, 3))
    ids = clusters.match_ids(a, b, [10 + i for i in range(old)], 100)
    assert len(set(ids)) == new

    def cost(pairs) -> float:
        return sum(float(((a[i] - b[j]) ** 2).sum()) for i, j in pairs)

    matched = [(i, number - 10) for i, number in enumerate(ids) if number < 100]
    assert len(matched) == min(new, old)
    if new <= old:
        every = (
            list(zip(range(new), p, strict=True)) for p in itertools.permutations(range(old), new)
        )
    else:
        every = (
            list(zip(p, range(old), strict=True)) for p in itertools.permutations(range(new), old)
        )
    assert cost(matched) == pytest.approx(min(cost(pairs) for pairs in every))


def test_ids_stay_with_their_customers_after_a_refit() -> None:
    accounts = company(300)
    first = fit_clusters(long_sample(accounts), None)
    # the sizes change, so that ids by size would be others; so do mean and scale
    later = [account for i, account in enumerate(accounts) if i % 3 != 0 or i < 60]
    second = fit_clusters(long_sample(later), first, asked=True)
    assert nearest(first, accounts) == nearest(second, accounts)
    fresh = fit_clusters(long_sample(later), None)
    assert nearest(fresh, accounts) != nearest(first, accounts), "the case is too easy"


def test_ids_stay_where_categories_come_and_go() -> None:
    def accounts(kinds: str) -> list[dict[str, Any]]:
        return [{"kind": kind, "days": 1 + i % 3} for i, kind in enumerate(kinds)]

    declared = clusterings({**KIND, "weight": 9}, DAYS, k=(2, 2))
    before, after = accounts("a" * 30 + "b" * 20), accounts("a" * 20 + "b" * 40 + "c" * 3)
    first = fit_clusters(with_categories(before), None, declared=declared)
    second = fit_clusters(with_categories(after), first, asked=True, declared=declared)
    assert nearest(first, before[:1] + before[-1:]) == [1, 2]
    assert nearest(second, before[:1] + before[-1:]) == [1, 2]


def test_ids_of_new_clusters_were_never_used() -> None:
    first = fit_clusters(long_sample(company()), None)
    more = fit_clusters(long_sample(company()), first, True, clusterings(k=(5, 5)))
    assert set(more["cluster_id"]) == {1, 2, 3, 4, 5}
    recorded = pd.concat([first, more])
    fewer = fit_clusters(long_sample(company()), recorded, True, clusterings(k=(2, 2)))
    assert set(fewer["cluster_id"]) < {1, 2, 3, 4, 5}


def test_ids_are_new_where_no_feature_is_shared() -> None:
    first = fit_clusters(long_sample(company()), None)
    renamed = first.assign(feature="other_" + first["feature"])
    second = fit_clusters(long_sample(company()), renamed, asked=True)
    assert set(second["cluster_id"]) == {4, 5, 6}


def test_several_clusterings_stand_side_by_side() -> None:
    two = pd.concat([clusterings(), clusterings(DAYS, k=(2, 2)).assign(clustering="lately")])
    hashes = {"declaration_hash.cluster_lately": "as first declared"}
    first = fit_clusters(long_sample(company()), None, declared=two, **hashes)
    found = first.groupby("model_name")["cluster_id"].nunique()
    assert dict(found) == {"cluster_lately": 2, "cluster_value": 3}
    # one alone is fitted anew; ids of the other are none of its own
    again = fit_clusters(long_sample(company()), first, ["cluster_lately"], declared=two, **hashes)
    assert set(again["model_name"]) == {"cluster_lately"}
    assert set(again["fit_version"]) == {2}
    assert set(again["cluster_id"]) == {1, 2}


def test_labels_say_what_sets_clusters_apart_in_the_declared_words() -> None:
    days = Feature("days", "number", 1.0, low_label="recent", high_label="silent")
    kind = Feature("kind", "category", 2.0, words="mostly {} accounts")
    columns = [
        clusters.Column(days, None, 0.0, 1.0, 1.0),
        *clusters.fit_category(pd.Series(["firm", "person"]), kind),
    ]
    mean, deviation = np.array([0.0, 0.7, 0.7]), np.array([1.0, 0.7, 0.7])
    whole = columns[1].weight

    def said(days: float, firms: float) -> list[str]:
        centroid = np.array([days, firms * whole, (1 - firms) * whole])
        found = clusters.traits_of(centroid, mean, deviation, columns)
        return [trait.words for trait in found]

    # (1.414 - 0.7) / 0.7 deviations of the share
    assert said(2.0, 1.0) == ["silent", "mostly firm accounts"]
    assert said(-0.5, 1.0) == ["mostly firm accounts", "recent"]
    assert said(-0.2, 0.4) == []
    trait = clusters.Trait
    same = [trait(2, "silent"), trait(1, "frequent")]
    assert clusters.labels(
        [[*same, trait(0.3, "large")], [*same, trait(0.3, "small")], [], []]
    ) == [
        "silent, frequent, large",
        "silent, frequent, small",
        "average (1)",
        "average (2)",
    ]


def test_starts_are_compared_on_some_accounts_and_end_on_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    draw = np.random.default_rng(3)
    points = draw.normal(size=(6, 4))[draw.integers(0, 6, 4000)] * 2 + draw.normal(size=(4000, 4))
    whole = KMeans(6, n_init=10, random_state=1).fit(points)
    model, _ = clusters.fit_kmeans(points, 6, 10, 1)
    assert model.inertia_ == whole.inertia_
    monkeypatch.setattr(clusters, "ACCOUNTS_FOR_STARTS", 400)
    model, centroids = clusters.fit_kmeans(points, 6, 10, 1)
    assert model.inertia_ == pytest.approx(whole.inertia_, rel=0.0005)
    assert len(model.labels_) == len(points)
    assert adjusted_rand_score(model.labels_, whole.labels_) > 0.99
    again, _ = clusters.fit_kmeans(points, 6, 10, 1)
    assert (again.cluster_centers_ == model.cluster_centers_).all()
    assert sorted(map(tuple, centroids)) == sorted(map(tuple, model.cluster_centers_))
