"""The SQL of lifetime values against the formulas of the papers, and on the demo company."""

from __future__ import annotations

import hashlib
import re
from dataclasses import astuple
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from conftest import ROOT, DbtRun
from postgres_databases import Database
from psycopg2.extras import execute_values
from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from crm_segmentation import calibration
from crm_segmentation.fits import bg_nbd, gamma_gamma, lifetime, propensity

YEAR = lifetime.HORIZON_DAYS / 7
# the marts round to six decimals
TOLERANCE = 1e-6
SPEND = gamma_gamma.Parameters(6.25, 3.74, 15.44)
HARD = [
    bg_nbd.Parameters(0.243, 4.414, 0.793, 2.426),
    bg_nbd.Parameters(0.0022, 0.05, 0.0012, 0.0015),
    bg_nbd.Parameters(5, 0.3, 1.0, 40),
    bg_nbd.Parameters(40, 300, 900, 900),
    bg_nbd.Parameters(0.55, 19.9, 90.4, 1000),
]


def customers() -> pd.DataFrame:
    """From one order yesterday to 9,000 order days in forty years."""
    rows = [
        (orders, first, last)
        for first in (1, 2, 30, 365, 2000, 14600)
        for orders in (1, 2, 3, 10, 300, 9000)
        for last in sorted({1, first // 3, first - 1, first} - {0})
        if orders <= first - last + 1
    ]
    kpis = pd.DataFrame(
        rows, columns=["order_day_count_all", "days_since_first_order", "days_since_last_order"]
    )
    kpis["account_id"] = [f"a{number:04}" for number in range(len(kpis))]
    kpis["as_of_date"] = "2026-01-01"
    kpis["revenue_all"] = kpis["order_day_count_all"] * 12.5
    return kpis


def parameter_rows(parameters: bg_nbd.Parameters) -> list[tuple[Any, ...]]:
    nodes, _ = bg_nbd.fit_nodes(parameters, YEAR)
    rows = [
        (name, 0, float(value))
        for name, value in zip(
            ("r", "alpha", "a", "b", "p", "q", "gamma"),
            (*astuple(parameters), *astuple(SPEND)),
            strict=True,
        )
    ]
    for name, values in zip(("probability", "log_weight", "log_rest"), astuple(nodes), strict=True):
        rows += [(f"node_{name}", number, float(v)) for number, v in enumerate(values, start=1)]
    return [("lifetime", 1, *row) for row in rows]


def compiled(build: DbtRun) -> str:
    """The SQL of the mart, with its inputs as plain tables."""
    folder = build.target / "compiled" / "crm_segmentation" / "models" / "marts" / "scoring"
    sql = (folder / "account_lifetime_values.sql").read_text()
    return re.sub(r'"\w+"\."crm_(?:marts|fits)"\."(\w+)"', r"\1", sql)


KPIS = (
    *("account_id", "as_of_date", "order_day_count_all"),
    *("days_since_first_order", "days_since_last_order", "revenue_all"),
)
PARAMETERS = ("model_name", "fit_version", "parameter", "node", "value")


def expected(kpis: pd.DataFrame, parameters: bg_nbd.Parameters) -> pd.DataFrame:
    """By the printed formulas, hypergeometric function and all; by the nodes where a is 1."""
    x = kpis["order_day_count_all"].to_numpy(dtype=float) - 1
    age = kpis["days_since_first_order"].to_numpy(dtype=float) / 7
    recency = age - kpis["days_since_last_order"].to_numpy(dtype=float) / 7
    if parameters.a == 1:
        parameters = bg_nbd.Parameters(parameters.r, parameters.alpha, 1 + 1e-7, parameters.b)
    return pd.DataFrame(
        {
            "alive": bg_nbd.probability_alive(parameters, x, recency, age),
            "orders": bg_nbd.expected_orders_published(parameters, x, recency, age, YEAR),
            "spend": gamma_gamma.expected_spend(
                SPEND, x + 1, np.maximum(kpis["revenue_all"].to_numpy(float), 0) / (x + 1)
            ),
        }
    )


def compare(scored: pd.DataFrame, parameters: bg_nbd.Parameters) -> None:
    kpis = customers()
    assert list(scored["account_id"]) == list(kpis["account_id"])
    scores = scored.drop(columns=["account_id", "as_of_date"]).astype(float)
    assert not scores.isna().any(axis=None)
    exact = expected(kpis, parameters)
    assert len(kpis) > 50
    assert scores["probability_alive"].to_numpy() == pytest.approx(exact["alive"], abs=TOLERANCE)
    assert scores["expected_orders_365d"].to_numpy() == pytest.approx(
        exact["orders"], abs=TOLERANCE, rel=TOLERANCE
    )
    assert scores["expected_order_value"].to_numpy() == pytest.approx(exact["spend"], abs=0.006)
    assert scores["expected_revenue_365d"].to_numpy() == pytest.approx(
        exact["orders"] * exact["spend"], abs=0.006, rel=TOLERANCE
    )


@pytest.mark.parametrize("parameters", HARD)
def test_sql_gives_the_published_expectation(
    demo_build: DbtRun, parameters: bg_nbd.Parameters
) -> None:
    with duckdb.connect() as connection:
        connection.register("account_kpis", customers())
        connection.register(
            "lifetime_parameters", pd.DataFrame(parameter_rows(parameters), columns=PARAMETERS)
        )
        scored = connection.execute(compiled(demo_build) + " order by account_id").df()
    compare(scored, parameters)


def test_postgres_gives_the_published_expectation(
    demo_build: DbtRun, postgres_database: Database
) -> None:
    """There exp, power and products that under- or overflow are errors."""
    sql = re.sub(r"\bas double\b", "as double precision", compiled(demo_build))
    with postgres_database.connect() as connection, connection.cursor() as cursor:
        cursor.execute(
            "create table account_kpis (account_id text, as_of_date date, order_day_count_all"
            " integer, days_since_first_order integer, days_since_last_order integer,"
            " revenue_all decimal(18, 2));"
            "create table lifetime_parameters (model_name text, fit_version bigint,"
            " parameter text, node bigint, value double precision)"
        )
        kpis = customers()[list(KPIS)].itertuples(index=False, name=None)
        execute_values(cursor, "insert into account_kpis values %s", list(kpis))
        for parameters in HARD:
            cursor.execute("truncate lifetime_parameters")
            execute_values(
                cursor, "insert into lifetime_parameters values %s", parameter_rows(parameters)
            )
            cursor.execute(sql + " order by account_id")
            names = [column[0] for column in cursor.description]
            compare(pd.DataFrame(cursor.fetchall(), columns=names), parameters)


# the demo company


def test_scores_of_the_demo_are_those_of_python(demo_build: DbtRun) -> None:
    with duckdb.connect(str(demo_build.database), read_only=True) as connection:
        kpis = connection.execute(
            "select * from crm_marts.account_kpis where order_count_all > 0 order by account_id"
        ).df()
        scored = connection.execute(
            "select * from crm_marts.account_lifetime_values order by account_id"
        ).df()
        found = dict(
            connection.execute(
                "select parameter, value from crm_fits.lifetime_parameters where node = 0"
            ).fetchall()
        )
    assert list(scored["account_id"]) == list(kpis["account_id"])
    parameters = bg_nbd.Parameters(*(found[name] for name in ("r", "alpha", "a", "b")))
    spend = gamma_gamma.Parameters(*(found[name] for name in ("p", "q", "gamma")))
    orders = kpis["order_day_count_all"].to_numpy(dtype=float)
    age = kpis["days_since_first_order"].to_numpy(dtype=float) / 7
    recency = age - kpis["days_since_last_order"].to_numpy(dtype=float) / 7
    exact = bg_nbd.expected_orders_published(parameters, orders - 1, recency, age, YEAR)
    value = gamma_gamma.expected_spend(
        spend, orders, np.maximum(kpis["revenue_all"].to_numpy(float), 0) / orders
    )
    assert scored["probability_alive"].astype(float).to_numpy() == pytest.approx(
        bg_nbd.probability_alive(parameters, orders - 1, recency, age), abs=TOLERANCE
    )
    assert scored["expected_orders_365d"].astype(float).to_numpy() == pytest.approx(
        exact, abs=TOLERANCE
    )
    assert scored["expected_revenue_365d"].astype(float).to_numpy() == pytest.approx(
        exact * value, abs=0.006, rel=TOLERANCE
    )
    assert set(scored["fit_version"]) == {1}


def test_the_fit_of_the_demo_is_the_same_to_the_bit(demo_build: DbtRun) -> None:
    with duckdb.connect(str(demo_build.database), read_only=True) as connection:
        sample = connection.execute("select * from crm_marts.modelling_sample").df()
        settings = connection.execute("select * from crm_marts.fit_settings").df()
        recorded = connection.execute("select * from crm_fits.lifetime_parameters").df()
    again = lifetime.refit(sample.sample(frac=1, random_state=2), settings, None)
    pd.testing.assert_frame_equal(again, recorded, check_exact=True, check_dtype=False)


# propensities of the demo company

# transform is ln(1 + x) for all; what stands in for NULL
COLUMNS = {
    "days_since_first_order": None,
    "days_since_last_order": None,
    "order_count_365d": 0,
    "order_count_90d": 0,
    "order_day_count_all": None,
    "purchase_interval_days": 365,
    "return_count_365d": 0,
    "revenue_365d": 0,
    "service_interaction_count_90d": 0,
    "visit_count_90d": 0,
}


def features(kpis: pd.DataFrame) -> np.ndarray:
    filled = kpis[list(COLUMNS)].astype(float)
    filled = filled.fillna({name: value for name, value in COLUMNS.items() if value is not None})
    return (np.sign(filled) * np.log1p(filled.abs())).to_numpy()


@pytest.mark.parametrize(
    ("column", "day", "active_days"),
    [("churn_probability", "2025-07-01", 365), ("purchase_probability", "2025-10-01", None)],
)
def test_propensities_are_those_of_scikit_learn(
    demo_build: DbtRun, column: str, day: str, active_days: int | None
) -> None:
    """Learned here from the month ends themselves, without sample, parameters or SQL of ours."""
    with duckdb.connect(str(demo_build.database), read_only=True) as connection:

        def customers_of(table: str, where: str) -> pd.DataFrame:
            return connection.execute(
                f"select * from crm_marts.{table} where order_day_count_all > 0 and {where}"
            ).df()

        past = customers_of("account_kpis_monthly", f"as_of_date = '{day}'")
        later = customers_of("account_kpis_monthly", "as_of_date = '2026-01-01'")
        now = customers_of("account_kpis", "true").sort_values("account_id")
        scored = connection.execute(
            "select * from crm_marts.account_propensities order by account_id"
        ).df()
    # who cancelled his only order since then is no customer, and not in the sample
    past = past[past["account_id"].isin(now["account_id"])]
    # as the sample orders them: by its salted key
    keys = [hashlib.md5(f"sample:modelling:{key}".encode()).hexdigest() for key in past.account_id]
    past = past.assign(key=keys).sort_values("key")
    if active_days:
        past = past[past["days_since_last_order"] <= active_days]
        now = now[now["days_since_last_order"] <= active_days]
    # not by their number, which a cancellation takes back
    since = later.set_index("account_id")["days_since_last_order"].reindex(past["account_id"])
    bought = (since <= (pd.Timestamp("2026-01-01") - pd.Timestamp(day)).days).to_numpy()
    values = features(past)
    pipeline = make_pipeline(
        StandardScaler(),
        FunctionTransformer(lambda rows: np.clip(rows, -5, 5)),
        CalibratedClassifierCV(
            LogisticRegression(max_iter=1000, tol=1e-8),
            method="sigmoid",
            cv=StratifiedKFold(5, shuffle=True, random_state=propensity.RANDOM_STATE),
            ensemble=False,
        ),
    ).fit(values, bought if column == "purchase_probability" else ~bought)
    found = scored.dropna(subset=[column])
    assert list(found["account_id"]) == list(now["account_id"])
    assert found[column].astype(float).to_numpy() == pytest.approx(
        pipeline.predict_proba(features(now))[:, 1], abs=2e-6
    )


class Tables:
    """What `crm-segmentation calibration` reads, straight from the database."""

    def __init__(self, build: DbtRun) -> None:
        self.build = build

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.build.query(re.sub(r"\{\{ ref\('(\w+)'\) \}\}", r"crm_marts.\1", sql))

    def has(self, model: str) -> bool:
        return True

    def models_of(self, kind: str) -> list[str]:
        return []


def test_the_calibration_of_the_docs_is_that_of_the_demo(demo_build: DbtRun) -> None:
    reader = Tables(demo_build)
    assert calibration.quality_table(reader) in (ROOT / "docs" / "lifetime_value.md").read_text()
    drawn = calibration.svg(calibration.read_bins(reader))
    assert drawn == (ROOT / "docs" / "calibration.svg").read_text()
    assert drawn.count("<circle") == 20
