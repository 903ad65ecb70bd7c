"""RFM of the demo company from its raw files, and of other declarations."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from conftest import ROOT, DbtProject, DbtRun

BERLIN = ZoneInfo("Europe/Berlin")
AS_OF = date(2026, 1, 1)


def seed_rows(table: str) -> list[dict[str, str]]:
    with (ROOT / "seeds" / "demo" / f"raw_{table}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def local_day(text: str) -> date:
    """Local day of an instant of UTC."""
    return datetime.fromisoformat(text + "+00:00").astimezone(BERLIN).date()


def test_response_cells_are_those_of_the_raw_files(demo_build: DbtRun) -> None:
    """Cells and responses of the contacts of the CRM, counted without the models' SQL."""
    accounts = dict(
        demo_build.query(
            "select record_key, account_id from crm_intermediate.int_account_keys"
            " where source = 'crm' and record_type = 'account'"
        )
    )
    cuts: dict[str, list[float]] = {}
    for name, cut in demo_build.query(
        "select dimension, cut_point from crm_fits.rfm_cut_points order by dimension, cut_number"
    ):
        cuts.setdefault(name, []).append(cut)
    codes = {}
    for account, day, *values in demo_build.query(
        "select account_id, as_of_date, days_since_last_order, order_count_all, revenue_all"
        " from crm_marts.account_kpis_monthly where days_since_last_order is not null"
    ):
        passed = [
            int(np.searchsorted(cuts[name], float(value), side="left"))
            for name, value in zip(("recency", "frequency", "monetary"), values, strict=True)
        ]
        codes[account, day] = f"{5 - passed[0]}{1 + passed[1]}{1 + passed[2]}"

    # of a row that was sent again, the later one
    sent = sorted(seed_rows("crm__campaign_contacts"), key=lambda row: row["_loaded_at"])
    first: dict[tuple[str, str], tuple[str, str, str]] = {}
    for row in {row["contact_event_id"]: row for row in sent}.values():
        key = (row["campaign_id"], accounts[row["account_no"]])
        here = (row["contacted_at"], row["contact_event_id"], row["arm"])
        first[key] = min(first.get(key, here), here)
    answers: dict[tuple[str, str], list[str]] = {}
    for row in seed_rows("crm__campaign_responses"):
        if row["response_type"] == "order":
            key = (row["campaign_id"], accounts[row["account_no"]])
            answers.setdefault(key, []).append(row["responded_at"])
    counts: dict[str, list[int]] = {}
    for key, (contacted_at, _, arm) in first.items():
        day = local_day(contacted_at)
        code = codes.get((key[1], day.replace(day=1)))
        if arm == "control" or day > AS_OF - timedelta(days=30) or code is None:
            continue
        responded = any(
            contacted_at <= at and local_day(at) < day + timedelta(days=30)
            for at in answers.get(key, [])
        )
        cell = counts.setdefault(code, [0, 0])
        cell[0] += 1
        cell[1] += responded
    found = {
        code: [contacts, responses]
        for code, contacts, responses in demo_build.query(
            "select rfm_code, contact_count, response_count from crm_marts.rfm_response_cells"
        )
    }
    assert len(found) == 125
    assert {code: cell for code, cell in found.items() if cell[0]} == counts
    assert sum(cell[1] for cell in counts.values()) > 30


def test_worth_contacting_is_break_even_of_the_published_figures(demo_build: DbtRun) -> None:
    cells = demo_build.query(
        "select rfm_code, expected_response_rate, break_even_rate, is_worth_contacting"
        " from crm_marts.rfm_response_cells"
    )
    assert {worth for *_, worth in cells} == {True, False}
    for _, rate, even, worth in cells:
        assert float(even) == 0.1
        assert worth is (float(rate) >= 0.1)
    rates = {code: (rate, worth) for code, rate, _, worth in cells}
    accounts = demo_build.query(
        "select rfm_code, expected_response_rate, is_worth_contacting"
        " from crm_marts.account_rfm_response"
    )
    assert len(accounts) > 1000
    assert all(rates[code] == (rate, worth) for code, rate, worth in accounts)
    members = demo_build.query("select count(*) from crm_marts.worth_a_mailing")[0][0]
    assert 0 < members <= sum(worth for *_, worth in accounts)


def test_nothing_has_drifted_on_the_day_of_the_fit(demo_build: DbtRun) -> None:
    assert demo_build.query(
        "select distinct verdict, stability_index, expected_share = found_share"
        " from crm_marts.rfm_drift"
    ) == [("stable", 0, True)]


@pytest.mark.slow
def test_another_declaration_is_fitted_scored_and_watched(
    make_project: Callable[..., DbtProject], demo_build: DbtRun
) -> None:
    """Natural breaks, thresholds, four dimensions, other bins and weights; then a new declaration.

    Its drift is the index by which the fit asks for a refit.
    """
    import duckdb

    from crm_segmentation.fits import frames, rfm

    project = make_project()
    shutil.copyfile(demo_build.database, project.database)
    declared = {
        "segments": None,
        "bins": 4,
        "dimensions": {
            "recency": {"method": "natural_breaks"},
            "monetary": {"kpi": "revenue_365d", "weight": 2, "bins": 3, "method": "thresholds"},
            "variety": {"weight": 0.5},
        },
    }
    declared["dimensions"]["monetary"]["thresholds"] = [0, 1000]
    models = ["fit_settings", "modelling_sample", "rfm_dimensions", "rfm_measures"]
    models += ["rfm_measures_monthly", "rfm_cut_points", "account_rfm", "rfm_drift"]
    checks = ["every_customer_has_an_rfm_segment", "rfm_segments_map_every_code_once"]
    checks += ["rfm_cut_points_fit_the_declaration"]
    run = project.run(
        *("build", "-s", *models, *checks, "--exclude-resource-type", "unit_test"),
        vars={"rfm": declared},
    )
    with duckdb.connect(str(run.database), read_only=True) as connection:
        scored = connection.execute(
            "select account_rfm.*, account_kpis.* exclude (account_id, as_of_date)"
            " from crm_marts.account_rfm join crm_marts.account_kpis using (account_id)"
        ).df()
        recorded = connection.execute("select * from crm_fits.rfm_cut_points").df()
        sample = connection.execute("select * from crm_marts.modelling_sample").df()
    fitted = recorded[recorded["fit_version"] == 2]
    assert set(fitted["reason"]) == {"declaration"}
    weighted = 0
    code = ""
    for name, kpi, bins, weight in (
        ("recency", "days_since_last_order", 4, 1),
        ("frequency", "order_count_all", 4, 1),
        ("monetary", "revenue_365d", 3, 2),
        ("variety", "product_count_all", 4, 0.5),
    ):
        cuts = fitted[fitted["dimension"] == name].sort_values("cut_number")["cut_point"]
        passed = np.searchsorted(cuts.to_numpy(), scored[kpi].to_numpy(dtype=float), side="left")
        score = bins - passed if name == "recency" else 1 + passed
        assert list(scored[f"{name}_score"]) == list(score), name
        weighted = weighted + weight * (score - 1) / (bins - 1)
        code = code + score.astype(str).astype(object)
    assert list(scored["rfm_code"]) == list(code)
    assert np.allclose(scored["rfm_score"].astype(float), 100 * weighted / 4.5, atol=0.005001)
    assert scored["rfm_segment"].isna().all()
    assert scored["length_score"].isna().all()
    # returns leave some below zero, who have the lowest score like those at it
    monetary = scored["revenue_365d"].astype(float)
    assert set(scored[monetary <= 0]["monetary_score"]) == {1}

    # the year before, by the same cut points: the mart's index is that of the fit
    connection = duckdb.connect(str(run.database))
    connection.execute("update crm_fits.rfm_cut_points set sample_count = sample_count // 2")
    connection.close()
    run = project.run("run", "-s", "rfm_drift", vars={"rfm": declared})
    ((index,),) = run.query("select max(stability_index) from crm_marts.rfm_drift")
    halved = fitted.assign(sample_count=fitted["sample_count"] // 2)
    wide = frames.wide_sample(sample, sorted(set(fitted["kpi"]))).dropna()
    indices = []
    for _, rows in halved.sort_values("cut_number").groupby("dimension"):
        size = int(rows["sample_size"].iloc[0])
        before = [*rows["sample_count"], size - int(rows["sample_count"].sum())]
        after = rfm.interval_counts(wide[rows["kpi"].iloc[0]], list(rows["cut_point"]))
        both = ([count / sum(counts) for count in counts] for counts in (before, after))
        indices.append(frames.stability_index(*both))
    assert float(index) == pytest.approx(max(indices), abs=1e-6)
    assert run.query("select count(*) from crm_marts.rfm_drift where verdict = 'refit'")[0][0] > 0
