"""Clusters fitted on a sample and assigned in SQL, against k-means on all accounts.

    python benchmarks/clusters.py --accounts 10000000      # fit and assign, DuckDB
    python benchmarks/clusters.py --assign postgres        # assign alone, against a bare recipe

The SQL is the compiled model `account_clusters` of this project, for a clustering of eight numbers;
only the join of accounts and KPIs is left out, and replaced by a table of points.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from crm_segmentation.fits import clusters

ROOT = Path(__file__).resolve().parents[1]
# in the order in which the compiled SQL numbers its values
FEATURES = sorted(
    f"{what}_count_{window}"
    for what in ("order", "visit")
    for window in ("30d", "90d", "180d", "365d")
)
K = 8
# Groups of customers of unequal size that overlap: what all KPIs of a customer share and the noise
# of each have a standard deviation of 0.5 and 1, group means one of 1.25.
CENTRES = np.random.default_rng(8).normal(size=(K, len(FEATURES))) * 1.25
SHARES = (24, 19, 15, 12, 10, 8, 7, 5)


def compiled(target: str, folder: Path, transform: str) -> str:
    """The SQL of account_clusters over the tables points and cluster_parameters."""
    features = [{"feature": name, "transform": transform} for name in FEATURES]
    declared: dict[str, Any] = {"value": {"k": K, "seed": 1, "features": features}}
    subprocess.run(
        [
            *(str(Path(sys.executable).parent / "dbt"), "--quiet", "compile"),
            *("-s", "account_clusters", "--target", target, "--target-path", str(folder)),
            *("--vars", json.dumps({"clusterings": declared})),
            *("--project-dir", str(ROOT), "--profiles-dir", str(ROOT)),
        ],
        check=True,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
    )
    file = folder / "compiled/crm_segmentation/models/marts/scoring/account_clusters.sql"
    sql = re.sub(r'"[^"]+"\."[^"]+"\."cluster_parameters"', "cluster_parameters", file.read_text())
    start, end = sql.index("value_inputs as ("), sql.index("value_prepared as (")
    sql = f"{sql[:start]}value_inputs as (select * from points),\n\n{sql[end:]}"
    first, last = sql.index("with"), sql.index("value_parameters as (")
    return f"{sql[:first]}with\n\n{sql[last:]}"


def cluster_alone(sql: str) -> str:
    """The same without distance, margin, label and version."""
    return f"{sql[: sql.index('value_placed as (')].rstrip().rstrip(',')}\n" + (
        "select account_id, position from value_chosen"
    )


def fit(sample: np.ndarray, transform: str) -> pd.DataFrame:
    """Rows of cluster_parameters as the Python model writes them, from points of a sample."""
    accounts = pd.DataFrame(sample, columns=FEATURES)
    features = [clusters.Feature(name, "number", 1.0, transform=transform) for name in FEATURES]
    columns = clusters.fit_columns(accounts, features)
    points = clusters.coordinates(accounts, columns)
    _, centroids = clusters.fit_kmeans(points, K, clusters.STARTS, 1)
    rows = [
        {
            **{"model_name": "cluster_value", "fit_version": 1, "cluster_id": c + 1},
            **{"cluster_label": f"cluster {c + 1}", "feature": column.feature.name},
            **{"category": None, "transform": transform, "if_missing": None, "lower_bound": None},
            **{"upper_bound": None, "feature_mean": column.mean, "weight": 1.0},
            **{"feature_scale": column.scale, "centroid": centroids[c, i]},
        }
        for c in range(K)
        for i, column in enumerate(columns)
    ]
    return pd.DataFrame(rows)


def literals(parameters: pd.DataFrame) -> list[list[float]]:
    wide = parameters.pivot(index="cluster_id", columns="feature", values="centroid")
    return wide.to_numpy().tolist()


class Timed:
    """Runs something and keeps CPU and wall seconds of it."""

    def __init__(self, run: Callable[[], Any]) -> None:
        wall, cpu = time.perf_counter(), time.process_time()
        self.result = run()
        self.cpu, self.wall = time.process_time() - cpu, time.perf_counter() - wall


def normal(key: int) -> str:
    """About normal: a sum of twelve uniform numbers, six of each of two hashes."""
    parts = [f"(hash(i * 31 + {2 * key + n}) >> {10 * m}) % 1024" for n in (0, 1) for m in range(6)]
    return f"((0.0 + {' + '.join(parts)}) / 1024 - 6)"


def points_sql(accounts: int) -> str:
    """KPIs of customers, skewed as money and counts are, the same on every run."""
    least = [sum(SHARES[:c]) for c in range(K)]
    values = ", ".join(
        "exp(1.5 + common / 2 + noise_{} + case {} end) as value_{}".format(
            f,
            " ".join(
                f"when share >= {least[c]} then {CENTRES[c, f]:.6f}" for c in reversed(range(K))
            ),
            f + 1,
        )
        for f in range(len(FEATURES))
    )
    noise = ", ".join(f"{normal(f + 1)} as noise_{f}" for f in range(len(FEATURES)))
    return (
        f"select cast(i as text) as account_id, date '2026-01-01' as as_of_date, {values} from"
        f" (select i, hash(i) % 100 as share, {normal(0)} as common, {noise}"
        f" from range({accounts}) as numbers (i)) as drawn"
    )


VALUES = ", ".join(f"value_{f + 1}" for f in range(len(FEATURES)))


def fit_and_assign(accounts: int, samples: list[int]) -> None:
    import duckdb
    from sklearn.cluster import KMeans
    from sklearn.metrics import adjusted_rand_score
    from threadpoolctl import threadpool_limits

    with tempfile.TemporaryDirectory() as folder, threadpool_limits(limits=1):
        dbt = Timed(lambda: compiled("duckdb", Path(folder), "log"))
        sql = dbt.result
        database = duckdb.connect(str(Path(folder) / "points.duckdb"))
        database.execute("set threads = 1")
        database.execute(f"create table points as {points_sql(accounts)}")
        read = Timed(lambda: database.execute(f"select {VALUES} from points").fetchnumpy())

        def standardised(values: dict[str, np.ndarray]) -> np.ndarray:
            points = np.column_stack(
                [np.log1p(values[f"value_{f + 1}"]) for f in range(len(FEATURES))]
            )
            points -= points.mean(axis=0)
            points /= points.std(axis=0)
            return points

        prepared = Timed(lambda: standardised(read.result))
        points = prepared.result
        read.result = prepared.result = None
        rows = []
        for starts in (1, 10):
            full = Timed(lambda n=starts: KMeans(K, n_init=n, random_state=1).fit(points))
            rows.append((f"k-means on all, n_init={starts}", full, full.result.inertia_))
            print(
                f"n_init={starts}: CPU {full.cpu:.2f} s, {full.result.n_iter_} rounds", flush=True
            )
        best = full.result
        around = {"read": read, "prepare": prepared} | written_back(database, best, points)
        taken = {name: timed.cpu for name, timed in around.items()}
        print("scikit-learn besides: " + ", ".join(f"{n} {cpu:.2f}" for n, cpu in taken.items()))
        from_table_to_table = {
            "the cluster alone": taken["read"] + taken["prepare"] + taken["write the cluster"],
            "a whole row": taken["read"] + taken["prepare"] + taken["measure"] + taken["write"],
        }
        one = KMeans(K, n_init=10, random_state=2)
        again = one.fit(points).labels_ if accounts <= 1_000_000 else None
        if again is not None:
            both = adjusted_rand_score(best.labels_, again)
            print(f"another ten starts on all: adjusted Rand index {both:.4f}")
        for size in samples:

            def sampled(size: int = size) -> None:
                # the first by a hash, as modelling_sample takes them
                sample = database.execute(
                    f"select {VALUES} from points order by md5(account_id) limit {size}"
                ).fetchnumpy()
                parameters = fit(
                    np.column_stack([sample[f"value_{f + 1}"] for f in range(len(FEATURES))]),
                    "log",
                )
                database.register("fitted", parameters)
                database.execute("create or replace table cluster_parameters as from fitted")

            fitted = Timed(sampled)
            placed = Timed(lambda: database.execute(f"create or replace table placed as {sql}"))
            alone = Timed(
                lambda: database.execute(f"create or replace table chosen as {cluster_alone(sql)}")
            )
            labels = database.execute(
                "select cluster_id from placed order by cast(account_id as bigint)"
            ).fetchnumpy()["cluster_id"]
            inertia = sum(
                float(((own - own.mean(axis=0)) ** 2).sum())
                for own in (points[labels == c + 1] for c in range(K))
            )
            both = adjusted_rand_score(best.labels_, labels)
            for what, sql_part in (("the cluster alone", alone), ("a whole row", placed)):
                whole = Timed(lambda: None)
                whole.cpu, whole.wall = fitted.cpu + sql_part.cpu, fitted.wall + sql_part.wall
                rows.append((f"sample of {size:,} and SQL, {what}", whole, inertia))
                ratios = [
                    (timed.cpu + from_table_to_table[what]) / whole.cpu for _, timed, _ in rows[:2]
                ]
                print(
                    f"sample of {size:,}, {what}: SQL {sql_part.cpu:.2f} s; from table to table"
                    f" {ratios[1]:.2f} times as fast as ten starts, {ratios[0]:.2f} as one"
                )
            print(f"sample of {size:,}: adjusted Rand index {both:.4f} against all", flush=True)
        single, ten = rows[0][1], rows[1][1]
        for name, timed, inertia in rows:
            print(
                f"{name}: CPU {timed.cpu:.2f} s, wall {timed.wall:.2f} s, "
                f"{ten.cpu / timed.cpu:.2f} times as fast as ten starts, "
                f"{single.cpu / timed.cpu:.2f} as one, inertia {inertia / rows[1][2]:.5f}"
            )
        print(f"dbt's own time (compile): wall {dbt.wall:.1f} s")
        print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB")


def written_back(database: Any, fitted: Any, points: np.ndarray) -> dict[str, Timed]:
    """What `KMeans` still has to do for the table that SQL writes, in the fastest way known.

    A copy of points is fetched and written in the order of the table, so no text leaves it.
    """

    def measure() -> tuple[np.ndarray, np.ndarray]:
        distances = fitted.transform(points)
        distances.partition(1, axis=1)
        return distances[:, 0].copy(), distances[:, 1] - distances[:, 0]

    measured = Timed(measure)
    distance, margin = measured.result

    def write(columns: dict[str, np.ndarray]) -> None:
        database.register("answers", pd.DataFrame(columns))
        database.execute(
            "create or replace table answered as"
            " select points.account_id, answers.* from points positional join answers"
        )
        database.unregister("answers")

    cluster = {"cluster_id": fitted.labels_ + 1}
    return {
        "measure": measured,
        "write the cluster": Timed(lambda: write(cluster)),
        "write": Timed(lambda: write({**cluster, "distance": distance, "margin": margin})),
    }


def recipe(target: str, parameters: pd.DataFrame) -> str:
    """The fastest way by hand: constants in the text, the expanded square, cluster alone."""
    scaling = parameters.drop_duplicates("feature").set_index("feature")
    coordinates = ", ".join(
        f"(value_{f + 1} - ({row.feature_mean!r})) / {row.feature_scale!r} as x{f}"
        for f, row in enumerate(scaling.sort_index().itertuples())
    )
    double = "double" if target == "duckdb" else "double precision"
    squared = [
        f"cast({sum(x * x for x in centroid)!r} as {double}) "
        + " ".join(f"+ x{f} * cast({-2 * x!r} as {double})" for f, x in enumerate(centroid))
        for centroid in literals(parameters)
    ]
    barrier = "" if target == "duckdb" else "offset 0"
    points = f"select account_id, {coordinates} from points {barrier}"
    if target == "duckdb":
        return (
            f"select account_id, list_position(l, list_min(l)) as position from (select account_id,"
            f" [{', '.join(squared)}] as l from ({points}) as p) as q"
        )
    distances = ", ".join(f"{one} as d{c}" for c, one in enumerate(squared))
    names = ", ".join(f"d{c}" for c in range(K))
    cases = " ".join(f"when d{c} then {c + 1}" for c in range(K))
    return (
        f"select account_id, case least({names}) {cases} end as position from"
        f" (select account_id, {distances} from ({points}) as p {barrier}) as q"
    )


def assign(target: str, accounts: int, pairs: int) -> None:
    """The model's SQL against the recipe, one after the other; the median of the pairs."""
    import duckdb

    with tempfile.TemporaryDirectory() as folder:
        sql = compiled(target, Path(folder), "none")
        memory = duckdb.connect()
        memory.execute("set threads = 1")
        memory.execute(f"create table points as {points_sql(accounts)}")
        sample = memory.execute(f"select {VALUES} from points limit 50000").fetchnumpy()
        parameters = fit(
            np.column_stack([sample[f"value_{f + 1}"] for f in range(len(FEATURES))]), "none"
        )
        if target == "duckdb":
            memory.register("fitted", parameters)
            memory.execute("create table cluster_parameters as from fitted")
            run: Callable[[str], Any] = memory.execute
            cpu: Callable[[], float] = time.process_time
        else:
            import psycopg2
            from psycopg2.extras import execute_values

            connection = psycopg2.connect("")
            connection.autocommit = True
            cursor = connection.cursor()
            run = cursor.execute
            run("set max_parallel_workers_per_gather = 0")
            run(
                "create temporary table points (account_id text, as_of_date date, "
                + ", ".join(f"value_{f + 1} double precision" for f in range(len(FEATURES)))
                + ")"
            )
            file = Path(folder) / "points.csv"
            memory.execute(f"copy points to '{file}' (header false)")
            with file.open() as lines:
                cursor.copy_expert("copy points from stdin (format csv)", lines)
            run(
                "create temporary table cluster_parameters (model_name text, fit_version bigint,"
                " cluster_id bigint, cluster_label text, feature text, category text,"
                " transform text, if_missing double precision, lower_bound double precision,"
                " upper_bound double precision, feature_mean double precision,"
                " weight double precision, feature_scale double precision,"
                " centroid double precision)"
            )
            rows = parameters.astype(object).where(parameters.notna(), None)
            execute_values(
                cursor, "insert into cluster_parameters values %s", rows.to_numpy().tolist()
            )
            run("analyze points")
            run("analyze cluster_parameters")
            cursor.execute("select pg_backend_pid()")
            stat = Path(f"/proc/{cursor.fetchone()[0]}/stat")
            tick = os.sysconf("SC_CLK_TCK")

            def cpu() -> float:
                words = stat.read_text().rsplit(")", 1)[1].split()
                return (int(words[11]) + int(words[12])) / tick

        ways = {
            "recipe, cluster alone": recipe(target, parameters),
            "model, cluster alone": cluster_alone(sql),
            "model, whole row": sql,
        }
        taken: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(pairs + 1):
            for name, text in ways.items():
                run("drop table if exists placed")
                start = cpu()
                run(f"create temporary table placed as {text}")
                taken[name].append(cpu() - start)
        print(f"{target}, {accounts:,} accounts, {K} centroids, CPU seconds of {pairs} rounds")
        base = np.array(taken["recipe, cluster alone"][1:])
        for name, times in taken.items():
            ratio = float(np.median(np.array(times[1:]) / base))
            print(f"{name}: {np.median(times[1:]):.2f}, {ratio:.2f} times the recipe")
        one = f"(select count(*) from ({ways['recipe, cluster alone']}) as a inner join"
        one += f" ({ways['model, cluster alone']}) as b using (account_id)"
        one += " where a.position <> b.position)"
        answer = memory.execute(f"select {one}") if target == "duckdb" else None
        if answer is not None:
            print(f"accounts placed otherwise: {answer.fetchone()[0]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int)
    parser.add_argument("--samples", type=int, nargs="+", default=[50_000, 200_000])
    parser.add_argument("--assign", choices=["duckdb", "postgres"])
    parser.add_argument("--pairs", type=int, default=5)
    arguments = parser.parse_args()
    if arguments.assign:
        assign(arguments.assign, arguments.accounts or 1_000_000, arguments.pairs)
    else:
        fit_and_assign(arguments.accounts or 10_000_000, arguments.samples)


if __name__ == "__main__":
    main()
