"""The command that shows clusters, on rows made by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from test_fits import DAYS, REVENUE, clusterings, company, fit_clusters, long_sample

from crm_segmentation import show_clusters


class Rows:
    """A reader whose models are frames."""

    def __init__(self, **models: pd.DataFrame) -> None:
        self.models = models

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        columns = sql.removeprefix("select ").split(" from ", 1)[0].split(", ")
        model = next(name for name in self.models if f"ref('{name}')" in sql)
        frame = self.models[model][columns].astype(object)
        return [tuple(row) for row in frame.where(frame.notna(), None).itertuples(index=False)]

    def has(self, model: str) -> bool:
        return model in self.models

    def models_of(self, kind: str) -> list[str]:
        return []


@pytest.mark.parametrize(
    ("mean", "of_all", "shown"),
    [
        (0.52, 0.65, ("0.52 +", "0.65")),
        (12.4, 9.99, ("12.40 +", "9.99")),
        (1200.0, 10.0, ("1,200 +", "10")),
        (None, None, ("- +", "-")),
    ],
)
def test_shares_are_shown_with_their_digits(
    mean: float | None, of_all: float | None, shown: tuple[str, str]
) -> None:
    row = {"category": None, "mean_value": mean, "mean_of_all": of_all, "deviation": 0.6}
    assert show_clusters.cells_of_feature([row], 1, 1) == shown


@pytest.fixture(scope="module")
def reader() -> Rows:
    declared = clusterings(DAYS, REVENUE, k=(2, 3)).assign(label="Value & behaviour")
    sample = long_sample(company()).assign(as_of_date="2026-01-01", category=None)
    parameters = fit_clusters(sample, None, declared=declared)
    tried = json.loads(parameters["quality"].iloc[0])
    quality = pd.DataFrame(tried["candidates"]).rename(columns={"k": "cluster_count"})
    profile = {
        **{"clustering": "value", "placed_count": 90, "feature": "days", "category": None},
        **{"category_count": None},
    }
    lows_and_highs = [(1, "silent", 30, 200, 1.2), (2, "<large>", 60, 17, -0.6)]
    profiles = pd.DataFrame(
        [
            {
                **profile,
                **{"cluster_id": number, "cluster_label": label, "member_count": members},
                **{"mean_value": mean, "mean_of_all": 78, "deviation": deviation},
            }
            for number, label, members, mean, deviation in lows_and_highs
        ]
    )
    kinds = profiles.assign(
        feature="kind", category="firm", category_count=[30, 45], mean_value=None, deviation=None
    )
    return Rows(
        clusterings=declared,
        cluster_profiles=pd.concat([profiles, kinds]),
        cluster_quality=quality.assign(
            clustering="value", fit_version=1, is_chosen=quality["cluster_count"] == tried["k"]
        ),
        cluster_parameters=parameters,
        modelling_sample=sample,
    )


def test_sizes_profiles_and_the_choice_are_shown(reader: Rows) -> None:
    lines = show_clusters.report(reader, None).splitlines()
    assert "value: Value & behaviour" in lines
    table = [line.split() for line in lines]
    assert ["1", "silent", "30", "33.3", "%", "200", "++", "firm", "100", "%"] in table
    assert ["2", "<large>", "60", "66.7", "%", "17", "-", "firm", "75", "%"] in table
    assert ["all", "90", "100.0", "%", "78"] in table
    assert [row[-1] for row in table if row[:1] == ["3"]] == ["chosen"]
    assert not any("Picture" in line for line in lines)


def test_a_picture_has_a_dot_per_account_and_says_nothing_of_them(
    reader: Rows, tmp_path: Path
) -> None:
    text = show_clusters.report(reader, tmp_path)
    assert f"Picture: {tmp_path / 'value.svg'}" in text
    svg = (tmp_path / "value.svg").read_text(encoding="utf-8")
    root = ElementTree.fromstring(svg)
    circles = [one for one in root if one.tag.endswith("circle")]
    dots = [one for one in circles if one.get("r") == "2.6"]
    assert len(dots) == 90
    # three kinds of customers, three colours, thirty dots each
    colours = pd.Series([one.get("fill") for one in dots]).value_counts()
    assert sorted(colours) == [30, 30, 30]
    assert len([one for one in circles if one.get("r") == "12"]) == 3
    words = " ".join(one.text or "" for one in root.iter())
    assert "Value & behaviour" in words
    keys = reader.models["modelling_sample"]["sample_key"]
    assert not any(key in svg for key in keys)
    # two pictures of the same are the same
    show_clusters.report(reader, tmp_path)
    assert (tmp_path / "value.svg").read_text(encoding="utf-8") == svg


def test_nothing_declared_and_nothing_fitted_are_said(reader: Rows, tmp_path: Path) -> None:
    none = Rows(**{**reader.models, "clusterings": reader.models["clusterings"].head(0)})
    assert "No clustering is declared" in show_clusters.report(none, tmp_path)
    emptied = {name: frame.head(0) for name, frame in reader.models.items()}
    unfitted = Rows(**{**emptied, "clusterings": reader.models["clusterings"]})
    text = show_clusters.report(unfitted, tmp_path / "none")
    assert "nobody is placed" in text
    assert not (tmp_path / "none").exists()


def test_the_axes_are_those_of_greatest_spread() -> None:
    draw = np.random.default_rng(2)
    points = draw.normal(size=(500, 3)) * [1.0, 5.0, 3.0]
    middle, axes = show_clusters.two_axes(points)
    assert np.allclose(middle, points.mean(axis=0))
    assert np.allclose(axes.T @ axes, np.eye(2))
    assert axes[1, 0] > 0.99 and axes[2, 1] > 0.99
    # a single coordinate has one axis, and the other is nothing
    _, flat = show_clusters.two_axes(points[:, :1])
    assert flat.tolist() == [[1.0, 0.0]]
