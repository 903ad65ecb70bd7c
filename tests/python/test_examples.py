"""The examples install the package as a user does, on public data that lies elsewhere."""

from __future__ import annotations

import csv
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pytest
from conftest import AS_INSTALLED, ROOT, DbtProject, DbtRun

EXAMPLES = sorted(path.parent for path in (ROOT / "examples").glob("*/dbt_project.yml"))
NAMES = [folder.name for folder in EXAMPLES]

BuildExample = Callable[[str], DbtRun]

# weight and stand-in for NULL of the clustering that a project has by default
FEATURES: dict[str, tuple[float, str | int | None]] = {
    "average_order_value_all": (1.0, "median"),
    "days_since_last_order": (1.0, None),
    "order_count_365d": (1.0, 0),
    "product_count_365d": (0.5, 0),
    "revenue_365d": (1.0, 0),
    "visit_count_90d": (0.5, 0),
}


@pytest.fixture(scope="module")
def build_example(make_project: Callable[..., DbtProject], real_data: Path) -> BuildExample:
    """Build and test an example once a session."""
    done: dict[str, DbtRun] = {}

    def build(name: str) -> DbtRun:
        if name not in done:
            project = make_project(ROOT / "examples" / name)
            # a copy lies elsewhere, so its relative path to the package does not hold
            (project.folder / "packages.yml").write_text(f"packages:\n  - local: {ROOT}\n")
            environment = {
                "CRM_SEGMENTATION_DATA": str(real_data),
                f"{name.upper()}_DUCKDB": str(project.database),
            }
            project.environment.update(environment)
            project.run("deps")
            done[name] = project.run("build", *AS_INSTALLED)
        return done[name]

    return build


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_example_builds_and_its_figures_come_out(name: str, build_example: BuildExample) -> None:
    manifest = build_example(name).manifest()
    tests = [
        node["name"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test" and node["package_name"] == name
    ]
    assert "source_figures_come_out_exactly" in tests


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_example_gets_nothing_of_the_demo(name: str, build_example: BuildExample) -> None:
    manifest = build_example(name).manifest()
    of_the_demo = [
        unique_id
        for kind in ("nodes", "unit_tests")
        for unique_id, node in manifest[kind].items()
        # a test of a disabled seed stays among the nodes, as disabled
        if "demo" in node["fqn"][:-1] and node["config"].get("enabled", True)
    ]
    assert of_the_demo == []


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_profiles_of_an_example_are_neither_empty_nor_everybody(
    name: str, build_example: BuildExample
) -> None:
    build = build_example(name)
    profiles = [
        node
        for node in build.manifest()["nodes"].values()
        if (node["config"].get("meta") or {}).get("crm_segmentation", {}).get("kind") == "profile"
    ]
    assert len(profiles) >= 3
    ((whole,),) = build.query(f"select count(*) from {name}_marts.accounts")
    for node in profiles:
        ((size,),) = build.query(f'select count(*) from "{node["schema"]}"."{node["alias"]}"')
        assert 0 < size < 0.6 * whole, (node["name"], size, whole)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_rfm_scores_of_an_example_are_the_ranks_of_pandas(
    name: str, build_example: BuildExample
) -> None:
    """A score is one more for each whole fifth of the customers that lie below, ties together."""
    with duckdb.connect(str(build_example(name).database), read_only=True) as connection:
        scored = connection.execute(
            "select rfm.*, kpis.days_since_last_order, kpis.order_count_all,"
            " cast(100 * kpis.revenue_all as bigint) as cents"
            f" from {name}_marts.account_rfm as rfm"
            f" join {name}_marts.account_kpis as kpis using (account_id)"
        ).df()
        ((customers,),) = connection.execute(
            f"select count(days_since_last_order) from {name}_marts.account_kpis"
        ).fetchall()
        ((fitted,),) = connection.execute(
            f"select distinct sample_size from {name}_fits.rfm_cut_points"
        ).fetchall()
    # the sample holds all of them, so its cut points are those of everybody
    assert len(scored) == customers == fitted > 1000
    code = ""
    for dimension, kpi in (
        ("recency", "days_since_last_order"),
        ("frequency", "order_count_all"),
        ("monetary", "cents"),
    ):
        below = scored[kpi].rank(method="min").astype(int) - 1
        fifths = 5 * below // customers
        score = 5 - fifths if dimension == "recency" else 1 + fifths
        assert list(scored[f"{dimension}_score"]) == list(score), dimension
        code = code + score.astype(str).astype(object)
    assert list(scored["rfm_code"]) == list(code)
    with (ROOT / "seeds" / "reference" / "rfm_segments.csv").open(newline="") as file:
        segments = {row["rfm_code"]: row["rfm_segment"] for row in csv.DictReader(file)}
    assert list(scored["rfm_segment"]) == [segments[one] for one in code]
    assert scored["rfm_segment"].nunique() > 6


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_sql_places_accounts_as_scikit_learn_does(name: str, build_example: BuildExample) -> None:
    """Its own predict, of points made from the KPIs, against the mart."""
    from sklearn.cluster import KMeans

    with duckdb.connect(str(build_example(name).database), read_only=True) as connection:
        placed = connection.execute(
            f"select * from {name}_marts.account_clusters"
            f" inner join {name}_marts.account_kpis using (account_id)"
        ).df()
        ((able,),) = connection.execute(
            f"select count(*) from {name}_marts.account_kpis"
            " where order_count_all > 0 and days_since_last_order is not null"
        ).fetchall()
        fitted = connection.execute(
            f"select centroid from {name}_fits.cluster_parameters order by cluster_id, feature"
        ).fetchall()
    assert len(placed) == able > 1000
    columns = []
    for feature, (weight, missing) in FEATURES.items():
        values = placed[feature].astype(float)
        if missing == "median":
            missing = np.quantile(values.dropna(), 0.5, method="inverted_cdf")
        values = (values if missing is None else values.fillna(missing)).to_numpy()
        low, high = np.quantile(values, [0.02, 0.98], method="inverted_cdf")
        values = np.clip(values, low, high)
        values = np.sign(values) * np.log1p(np.abs(values))
        # neither shop counts visits: what is constant adds nothing
        columns.append((values - values.mean()) / (values.std() or 1) * weight)
    points = np.column_stack(columns)
    centroids = np.array(fitted).reshape(-1, len(FEATURES))
    # the points are scaled here, the centroids are those of the fit
    model = KMeans(len(centroids), init=centroids, n_init=1, max_iter=1).fit(points)
    model.cluster_centers_ = centroids
    assert list(placed["cluster_id"]) == list(model.predict(points) + 1)
    distances = np.sort(model.transform(points), axis=1)
    assert np.allclose(placed["distance"], distances[:, 0], atol=1.1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_example_names_the_folder_that_it_lacks(name: str, tmp_path: Path) -> None:
    done = subprocess.run(
        ["make", "--old-file=.venv/.ready", f"example-{name.replace('_', '-')}"],
        cwd=ROOT,
        env={**os.environ, "CRM_SEGMENTATION_DATA": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode
    assert "CRM_SEGMENTATION_DATA" in done.stderr
    assert f"examples/{name}/README.md" in done.stderr


def test_examples_hold_no_data_and_no_path() -> None:
    committed = subprocess.run(
        ["git", "ls-files", "examples"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert committed
    for name in committed:
        path = ROOT / name
        assert path.suffix in {".sql", ".yml", ".md", ".csv"}, name
        assert path.stat().st_size < 20_000, name
        assert not re.search(r"(?<![\w.{}])/(?:home|work|root|tmp|Users)/", path.read_text()), name
