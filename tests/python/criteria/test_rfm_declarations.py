"""What the settings `rfm` and `rfm_response` may say, and how cells borrow from neighbours."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from criteria.engine import Engine


@pytest.fixture
def rfm(engine: Engine) -> Iterator[Any]:
    def declared(given: dict[str, Any], macro: str = "rfm_declaration") -> Any:
        engine.set_variables({macro.removesuffix("_declaration"): given})
        return engine.call(macro)

    yield declared
    engine.set_variables({})


def test_the_default_is_three_dimensions_of_five(rfm: Any) -> None:
    declared = rfm({})
    assert [(d["dimension"], d["kpi"], d["bins"], d["method"]) for d in declared["dimensions"]] == [
        ("recency", "days_since_last_order", 5, "quantile"),
        ("frequency", "order_count_all", 5, "quantile"),
        ("monetary", "revenue_all", 5, "quantile"),
    ]
    assert declared["code_count"] == 125
    assert declared["segments"] == "rfm_segments"
    assert len(declared["segment_names"]) == 11


@pytest.mark.parametrize(
    ("kpi", "of_lines", "of_totals"),
    [
        ("order_count_all", True, True),
        ("order_count_365d", True, False),
        ("product_count_all", True, False),
        # of orders, but not of all; and of no order
        ("web_order_count_all", False, False),
        ("visit_count_all", False, False),
    ],
)
def test_order_lines_and_their_totals_refuse_what_they_do_not_hold(
    engine: Engine, rfm: Any, kpi: str, of_lines: bool, of_totals: bool
) -> None:
    rfm({"dimensions": {"frequency": {"kpi": kpi}}})
    for totals, taken in ((False, of_lines), (True, of_totals)):
        if taken:
            found = engine.call("rfm_kpis_of_order_lines", totals)
            assert [one["dimension"] for one in found] == ["recency", "frequency", "monetary"]
            continue
        with pytest.raises(Exception, match="in var 'rfm', dimension frequency, kpi") as refused:
            engine.call("rfm_kpis_of_order_lines", totals)
        assert f"got '{kpi}'; allowed:" in str(refused.value)
        assert str(refused.value).count("got '") == 1


def test_what_is_declared_stands_over_what_is_for_all(rfm: Any) -> None:
    declared = rfm(
        {
            "bins": 4,
            "method": "natural_breaks",
            "segments": "our_map",
            "dimensions": {
                "variety": None,
                "monetary": {
                    "kpi": "revenue_365d",
                    "bins": 3,
                    "weight": 2.5,
                    "method": "thresholds",
                    "thresholds": [0, 99.99],
                },
            },
        }
    )
    assert [
        (d["dimension"], d["kpi"], d["bins"], d["method"], d["weight"])
        for d in declared["dimensions"]
    ] == [
        ("recency", "days_since_last_order", 4, "natural_breaks", 1),
        ("frequency", "order_count_all", 4, "natural_breaks", 1),
        ("monetary", "revenue_365d", 3, "thresholds", 2.5),
        ("variety", "product_count_all", 4, "natural_breaks", 1),
    ]
    assert declared["code_count"] == 4 * 4 * 3 * 4
    # any name is taken where the names of the map are not told
    assert declared["segment_names"] is None


def test_the_declaration_of_the_readme_is_sound(rfm: Any) -> None:
    readme = (Path(__file__).parents[3] / "README.md").read_text()
    (block,) = [one for one in readme.split("```") if one.startswith("yaml\nvars:\n  rfm:")]
    declared = yaml.safe_load(block.removeprefix("yaml"))["vars"]
    found = rfm(declared["rfm"])
    assert [(d["dimension"], d["weight"]) for d in found["dimensions"]] == [
        ("recency", 1),
        ("frequency", 1),
        ("monetary", 2),
        ("variety", 0.5),
    ]
    assert found["code_count"] == 4**4
    assert rfm(declared["rfm_response"], "rfm_response_declaration")["within_days"] == 30


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"dims": {}}, "Unknown key in var 'rfm': got 'dims'; allowed: dimensions, bins"),
        ({"dimensions": ["recency"]}, "No mapping in var 'rfm', dimensions: got"),
        ({"dimensions": {"frequncy": {}}}, "Did you mean 'frequency'?"),
        ({"dimensions": {"length": "days"}}, "Write {kpi: days} to name its KPI."),
        ({"dimensions": {"monetary": {"wieght": 2}}}, "got 'wieght'; allowed: kpi, bins, weight"),
        ({"dimensions": {"monetary": {"kpi": "revnue_all"}}}, "Did you mean 'revenue_all'?"),
        ({"dimensions": {"monetary": {"kpi": "preferred_category"}}}, "KPI column that is a numb"),
        ({"dimensions": {"recency": {"kpi": "order_count_all"}}}, "No days since the last order"),
        ({"dimensions": {"recency": {"kpi": "days_since_first_order"}}}, "No days since the last"),
        ({"bins": 1}, "Bad number of bins in var 'rfm', dimension recency, bins: got '1'"),
        ({"bins": 10}, "allowed: a whole number from 2 to 9"),
        ({"bins": True}, "allowed: a whole number from 2 to 9"),
        ({"dimensions": {"monetary": {"weight": 0}}}, "Bad weight in var 'rfm', dimension mon"),
        ({"method": "quantil"}, "Did you mean 'quantile'?"),
        ({"dimensions": {"monetary": {"thresholds": [1, 2, 3, 4]}}}, "Thresholds without their me"),
        ({"method": "thresholds"}, "allowed: 4 numbers (one fewer than bins), ascending"),
        (
            {"dimensions": {"monetary": {"method": "thresholds", "thresholds": [1, 2, 2, 3]}}},
            "Bad thresholds in var 'rfm', dimension monetary",
        ),
        (
            {"dimensions": {"monetary": {"method": "thresholds", "thresholds": [1, 2, 3, 4.001]}}},
            "with two decimals at most",
        ),
        ({"bins": 4}, "No map of segments for the codes of var 'rfm': got dimensions recency, fre"),
        (
            {"dimensions": {"length": {}}},
            "got dimensions recency, frequency, monetary, length of 5 x 5 x 5 x 5 bins",
        ),
        ({"segments": "a b"}, "No name of a seed in var 'rfm', segments: got 'a b'"),
        ({"segment_names": "Gold"}, "No list in var 'rfm', segment_names: got 'Gold'"),
    ],
)
def test_what_is_wrong_is_said(given: dict[str, Any], wanted: str, rfm: Any) -> None:
    with pytest.raises(Exception) as refused:
        rfm(given)
    assert wanted in str(refused.value)
    assert "; allowed: " in str(refused.value)


def test_all_that_is_wrong_is_said_together(rfm: Any) -> None:
    with pytest.raises(Exception, match=r"has 3 error\(s\)"):
        rfm({"dims": 1, "dimensions": {"monetary": {"bins": 1, "weight": -1}}})


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"respons": "order"}, "Did you mean 'response'?"),
        ({"response": "buy"}, "Unknown response in var 'rfm_response', response: got 'buy'"),
        ({"within_days": 0}, "allowed: a whole number from 1 to 365"),
        ({"contact_cost_amount": 2}, "Half of a break-even in var 'rfm_response'"),
        ({"contact_cost_amount": -1, "response_margin_amount": 5}, "contact_cost_amount: got '-1'"),
        ({"contact_cost_amount": 1, "response_margin_amount": 0}, "a number from 0.01, or null"),
        ({"prior_contacts": "many"}, "prior_contacts: got 'many'; allowed: a number from 1"),
    ],
)
def test_what_is_wrong_with_responses_is_said(given: dict[str, Any], wanted: str, rfm: Any) -> None:
    with pytest.raises(Exception) as refused:
        rfm(given, "rfm_response_declaration")
    assert wanted in str(refused.value)


# shrinkage

Cell = tuple[int, ...]
Counts = Mapping[Cell, tuple[int, int]]


def expected_rates(
    space: list[Cell], counts: Counts, prior: float | None = None
) -> dict[Cell, float]:
    """The documented formula, written apart from the macro."""
    seen = {cell: nr for cell, nr in counts.items() if nr[0]}
    all_n, all_r = (sum(nr[i] for nr in seen.values()) for i in (0, 1))
    p = all_r / all_n
    if prior is None:
        prior = float(all_n)
        spread = sum(n * (r / n - p) ** 2 for n, r in seen.values())
        chance = all_n - sum(n * n for n, _ in seen.values()) / all_n - (len(seen) - 1)
        if 0 < p < 1 and chance:
            rho = (spread / (p * (1 - p)) - (len(seen) - 1)) / chance
            if rho > 0:
                prior = max(1.0, min((1 - rho) / rho, float(all_n)))
    rates = {}
    for cell in space:
        near = [c for c in seen if sum(abs(a - b) for a, b in zip(c, cell, strict=True)) == 1]
        n, r = (sum(seen[c][i] for c in near) for i in (0, 1))
        borrowed = (r + prior * p) / (n + prior)
        n, r = seen.get(cell, (0, 0))
        rates[cell] = (r + prior * borrowed) / (n + prior)
    return rates


def rates_by_sql(
    engine: Engine, space: list[Cell], counts: Counts, prior: float | None = None
) -> dict[Cell, float | None]:
    names = [f"score_{i}" for i in range(len(space[0]))]
    query = engine.call("shrunk_response_rates", "cells", "counts", names, prior)
    with duckdb.connect() as connection:
        values = ", ".join(f"('{cell}', {', '.join(map(str, cell))})" for cell in space)
        connection.execute(
            f"create table cells as from (values {values}) as t(cell, {', '.join(names)})"
        )
        rows = [f"('{cell}', {n}, {r})" for cell, (n, r) in counts.items()]
        connection.execute(
            f"create table counts as from (values {', '.join(rows or ['(null, 0, 0)'])})"
            " as t(cell, contact_count, response_count)"
        )
        found = dict(
            connection.execute(f"select cell, expected_rate from ({query}) as rates").fetchall()
        )
    return {cell: found[str(cell)] for cell in space}


def test_rates_are_those_of_the_formula(engine: Engine) -> None:
    draw = random.Random(5)
    for shape in ((5, 5, 5), (2, 3), (4,)):
        space = list(itertools.product(*(range(1, size + 1) for size in shape)))
        counts = {}
        for cell in space:
            n = draw.choice([0, 0, 1, 3, 20, 200])
            counts[cell] = (n, sum(draw.random() < 0.03 * sum(cell) for _ in range(n)))
        counts[space[0]] = (30, 9)
        for prior in (None, 12):
            found = rates_by_sql(engine, space, counts, prior)
            assert found == pytest.approx(expected_rates(space, counts, prior), abs=1e-9)


@pytest.mark.parametrize(
    ("counts", "wanted"),
    [
        # nobody contacted: nothing is known
        ({}, {(1,): None, (2,): None, (3,): None}),
        # one cell with contacts: it is the mean
        ({(1,): (10, 2)}, {(1,): 0.2, (2,): 0.2, (3,): 0.2}),
        # nobody and everybody responded
        ({(1,): (10, 0), (2,): (5, 0)}, {(1,): 0, (2,): 0, (3,): 0}),
        ({(1,): (10, 10), (2,): (5, 5)}, {(1,): 1, (2,): 1, (3,): 1}),
        # single contacts tell nothing about how far cells differ
        ({(1,): (1, 1), (2,): (1, 0)}, None),
    ],
)
def test_rates_at_the_edges(counts: Counts, wanted: dict[Cell, float], engine: Engine) -> None:
    space = [(1,), (2,), (3,)]
    found = rates_by_sql(engine, space, counts)
    assert found == pytest.approx(wanted or expected_rates(space, counts))


def test_shrunk_rates_of_one_half_foretell_the_other(engine: Engine, real_data: Path) -> None:
    """Hillstrom's mailing: cells of recency and spending, visits of those who got one."""
    path = real_data / "hillstrom" / "hillstrom.parquet"
    with duckdb.connect() as connection:
        rows = connection.execute(
            "with mailed as (select *, row_number() over (order by recency, history, zip_code,"
            " channel, visit) % 2 as half"
            f" from read_parquet('{path}') where segment <> 'No E-Mail')"
            " select cast(recency as integer), cast(substr(history_segment, 1, 1) as integer),"
            " cast(newbie as integer) + 1, half, count(*), sum(visit)"
            " from mailed group by all"
        ).fetchall()
    space = list(itertools.product(range(1, 13), range(1, 8), (1, 2)))
    halves: list[dict[Cell, tuple[int, int]]] = [{}, {}]
    for recency, history, novelty, half, n, r in rows:
        halves[half][(recency, history, novelty)] = (n, int(r))
    learnt, later = halves
    shrunk = rates_by_sql(engine, space, learnt)
    assert shrunk == pytest.approx(expected_rates(space, learnt), abs=1e-9)
    mean = sum(r for _, r in learnt.values()) / sum(n for n, _ in learnt.values())

    def error(rate: Any) -> float:
        """Mean squared error of the rates of the other half, by contacts."""
        total = sum(n for n, _ in later.values())
        return sum(n * (r / n - rate(cell)) ** 2 for cell, (n, r) in later.items()) / total

    by_cell = error(lambda cell: learnt[cell][1] / learnt[cell][0] if cell in learnt else mean)
    by_mean = error(lambda cell: mean)
    by_shrinkage = error(lambda cell: shrunk[cell])
    assert by_shrinkage < 0.9 * by_cell
    assert by_shrinkage < 0.9 * by_mean
