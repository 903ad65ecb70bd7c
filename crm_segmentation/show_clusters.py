"""`crm-segmentation clusters`: what the clusters are, before a rule is written on them.

For each declared clustering its sizes, what sets each cluster apart, how the number of clusters was
chosen, and a picture on two axes. Pictures are drawn from the modelling sample, which knows nobody.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crm_segmentation.fits import clusters
from crm_segmentation.summary import (
    DbtReader,
    Reader,
    Row,
    SummaryError,
    Table,
    as_text,
    number,
    share,
)

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

# deviations of a centroid from the mean from which on a number is marked
MARKS = ((1.0, "++"), (0.5, "+"))
MOST_POINTS = 1500
COLOURS = (
    *("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c564b", "#7f7f7f"),
    *("#b2a800", "#5c3d99"),
)
WIDTH, HEIGHT, LEGEND, EDGE = 660, 560, 330, 56


# the tables


def mark(deviation: float | None) -> str:
    """++ for a mean far above that of all, - for one below, nothing near it."""
    for least, sign in MARKS:
        if deviation is not None and abs(deviation) >= least:
            return f" {sign if deviation > 0 else sign.replace('+', '-')}"
    return ""


def cells_of_feature(rows: Sequence[dict[str, Any]], count: int, of_all: int) -> tuple[str, str]:
    """What a cluster and all accounts have of a feature: a mean, or the most frequent category."""
    if rows[0]["category"] is None:
        row = rows[0]
        of_all = row["mean_of_all"]
        # of shares and small counts the digits after the point tell more than those before it
        decimals = 2 if of_all is not None and abs(of_all) < 10 else 0
        return (
            number(row["mean_value"], decimals) + mark(row["deviation"]),
            number(of_all, decimals),
        )
    inside = max(rows, key=lambda row: (int(row["category_count"]), row["category"]))
    return (
        f"{inside['category']} {100 * int(inside['category_count']) // count} %",
        "",
    )


def table_of_profiles(name: str, label: str, profiles: Sequence[dict[str, Any]]) -> Table:
    """A row per cluster, a column per feature, and a row of all accounts."""
    features = sorted({row["feature"] for row in profiles})
    found: list[Row] = []
    of_all: list[Any] = []
    placed = int(profiles[0]["placed_count"]) if profiles else 0
    for cluster in sorted({int(row["cluster_id"]) for row in profiles}):
        mine = [row for row in profiles if int(row["cluster_id"]) == cluster]
        size = int(mine[0]["member_count"])
        cells = [
            cells_of_feature([row for row in mine if row["feature"] == feature], size, placed)
            for feature in features
        ]
        found.append(
            (
                *(f"{cluster}", mine[0]["cluster_label"], number(size), share(size, placed)),
                *(inside for inside, _ in cells),
            )
        )
        of_all = [whole for _, whole in cells]
    if found:
        found.append(("all", "", number(placed), share(placed, placed), *of_all))
    return Table(
        f"{name}: {label}",
        ["cluster", "label", "accounts", "of all", *features],
        found,
        empty="nobody is placed",
        note="means; ++ and --: a standard deviation or more from the mean of all, + and -: half\n"
        "  of one, as the clustering measures (where it takes logarithms, of those)",
    )


def table_of_choice(quality: Sequence[dict[str, Any]]) -> Table:
    rows = [
        (
            f"{int(row['cluster_count'])}",
            *(
                "-" if row[key] is None else f"{float(row[key]):.3f}"
                for key in ("silhouette", "stability")
            ),
            "chosen" if row["is_chosen"] else "",
        )
        for row in quality
    ]
    return Table(
        "Numbers of clusters tried", ["clusters", "silhouette", "stability", ""], rows, "none"
    )


# the picture


@dataclass(frozen=True)
class Picture:
    """Points and centroids on two axes, and what is written beside them."""

    title: str
    axes: tuple[str, str]
    points: np.ndarray
    clusters_of_points: Sequence[int]
    centroids: np.ndarray
    ids: Sequence[int]
    labels: Sequence[str]


def column_of(row: Any, features: dict[str, clusters.Feature]) -> clusters.Column:
    def known(value: Any) -> float | None:
        return None if value is None or value != value else float(value)

    return clusters.Column(
        feature=features[row.feature],
        category=row.category if isinstance(row.category, str) else None,
        mean=float(row.feature_mean),
        scale=float(row.feature_scale),
        weight=float(row.weight),
        if_missing=known(row.if_missing),
        lower=known(row.lower_bound),
        upper=known(row.upper_bound),
    )


def two_axes(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The mean, and the two directions in which the points differ most, as columns.

    The sign of a direction is free: its largest part is made positive, so that pictures agree.
    """
    import numpy as np

    middle = points.mean(axis=0)
    _, _, directions = np.linalg.svd(points - middle, full_matrices=False)
    axes = np.zeros((2, points.shape[1]))
    axes[: min(2, len(directions))] = directions[:2]
    for axis in axes:
        if axis[np.abs(axis).argmax()] < 0:
            axis *= -1
    return middle, axes.T


def name_of_axis(axis: np.ndarray, columns: Sequence[clusters.Column], spread: float) -> str:
    """The two coordinates that an axis follows most, in words."""
    words = []
    for i in sorted(range(len(axis)), key=lambda i: -abs(axis[i]))[:2]:
        feature, category = columns[i].feature, columns[i].category
        if abs(axis[i]) < 0.2:
            continue
        sign = "" if axis[i] > 0 else "not "
        if category is None:
            words.append(feature.high_label if axis[i] > 0 else feature.low_label)
        else:
            words.append(f"{sign}{feature.name} {category}")
    return f"{', '.join(words)} ({100 * spread:.0f} % of the spread)"


def picture_of(
    title: str, clustering: clusters.Clustering, sample: pd.DataFrame, parameters: pd.DataFrame
) -> Picture:
    import numpy as np

    accounts = clusters.in_base(clusters.read_accounts(sample, clustering), clustering.base)
    accounts = clusters.complete(accounts, clustering.features).head(MOST_POINTS)
    features = {feature.name: feature for feature in clustering.features}
    by_cluster = [rows for _, rows in parameters.sort_values("cluster_id").groupby("cluster_id")]
    order = ["feature", "category"]
    first = by_cluster[0].sort_values(order)
    columns = [column_of(row, features) for row in first.itertuples()]
    centroids = np.array([rows.sort_values(order)["centroid"].astype(float) for rows in by_cluster])
    points = clusters.coordinates(accounts, columns)
    middle, axes = two_axes(points)
    spread = ((points - middle) @ axes).var(axis=0) / max(points.var(axis=0).sum(), 1e-12)
    ids = [int(rows["cluster_id"].iloc[0]) for rows in by_cluster]
    return Picture(
        title=title,
        axes=(
            name_of_axis(axes[:, 0], columns, spread[0]),
            name_of_axis(axes[:, 1], columns, spread[1]),
        ),
        points=(points - middle) @ axes,
        clusters_of_points=[ids[i] for i in clusters.nearest(points, centroids)],
        centroids=(centroids - middle) @ axes,
        ids=ids,
        labels=[str(rows["cluster_label"].iloc[0]) for rows in by_cluster],
    )


def words_in_lines(text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) + 1 > width and lines[-1]:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def as_svg(picture: Picture) -> str:
    """A scalable picture that needs nothing beside itself."""
    import numpy as np

    everything = np.vstack([picture.points, picture.centroids])
    low, high = everything.min(axis=0), everything.max(axis=0)
    span = np.where(high > low, high - low, 1.0)

    def place(point: np.ndarray) -> tuple[float, float]:
        x, y = (point - low) / span
        return EDGE + x * (WIDTH - 2 * EDGE), HEIGHT - EDGE - y * (HEIGHT - 2 * EDGE)

    colour = {one: COLOURS[i % len(COLOURS)] for i, one in enumerate(picture.ids)}
    text = 'font-family="sans-serif" fill="#333"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH + LEGEND} {HEIGHT}"'
        f' width="{WIDTH + LEGEND}" height="{HEIGHT}">',
        f'<rect width="{WIDTH + LEGEND}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{EDGE}" y="30" font-size="17" {text}>{escape(picture.title)}</text>',
        f'<rect x="{EDGE - 14}" y="{EDGE - 14}" width="{WIDTH - 2 * EDGE + 28}"'
        f' height="{HEIGHT - 2 * EDGE + 28}" fill="none" stroke="#bbb"/>',
        f'<text x="{WIDTH / 2}" y="{HEIGHT - 16}" font-size="13" text-anchor="middle" {text}>'
        f"{escape(picture.axes[0])} →</text>",
        f'<text x="24" y="{HEIGHT / 2}" font-size="13" text-anchor="middle" {text}'
        f' transform="rotate(-90 24 {HEIGHT / 2})">{escape(picture.axes[1])} →</text>',
    ]
    for point, one in zip(picture.points, picture.clusters_of_points, strict=True):
        x, y = place(point)
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6" fill="{colour[one]}" fill-opacity="0.5"/>'
        )
    for point, one in zip(picture.centroids, picture.ids, strict=True):
        x, y = place(point)
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="12" fill="{colour[one]}" stroke="white"'
            f' stroke-width="2"/><text x="{x:.1f}" y="{y + 4.5:.1f}" font-size="13"'
            f' text-anchor="middle" font-family="sans-serif" fill="white">{one}</text>'
        )
    y = EDGE
    for one, label in zip(picture.ids, picture.labels, strict=True):
        parts.append(
            f'<circle cx="{WIDTH + 10}" cy="{y - 5}" r="9" fill="{colour[one]}"/>'
            f'<text x="{WIDTH + 10}" y="{y - 1}" font-size="11" text-anchor="middle"'
            f' font-family="sans-serif" fill="white">{one}</text>'
        )
        for line in words_in_lines(label, 44):
            parts.append(
                f'<text x="{WIDTH + 28}" y="{y}" font-size="13" {text}>{escape(line)}</text>'
            )
            y += 17
        y += 8
    return "\n".join([*parts, "</svg>", ""])


# what is read


def records(reader: Reader, columns: Sequence[str], relation: str) -> list[dict[str, Any]]:
    rows = reader.rows(f"select {', '.join(columns)} from {relation}")
    return [dict(zip(columns, row, strict=True)) for row in rows]


def current_parameters(names: Sequence[str]) -> str:
    """SQL: the parameters that place accounts, of all clusterings."""
    parts = [
        "select * from ({{ crm_segmentation.current_fit("
        f"'cluster_{name}', ref('cluster_parameters')) }}}}) as current_{name}"
        for name in names
    ]
    return f"({' union all '.join(parts)}) as current_parameters"


PROFILE_COLUMNS = (
    *("clustering", "cluster_id", "cluster_label", "member_count", "placed_count", "feature"),
    *("category", "mean_value", "mean_of_all", "category_count", "deviation"),
)
PARAMETER_COLUMNS = (
    *("model_name", "fit_version", "cluster_id", "cluster_label", "feature", "category"),
    *("if_missing", "lower_bound", "upper_bound", "feature_mean", "feature_scale", "weight"),
    "centroid",
)


def report(reader: Reader, folder: Path | None) -> str:
    """Tables of every clustering; pictures go into the folder."""
    import pandas as pd

    declared = sorted(
        records(reader, ["clustering", "label", "declaration"], "{{ ref('clusterings') }}"),
        key=lambda row: row["clustering"],
    )
    if not declared:
        return "No clustering is declared (setting clusterings)."
    profiles = records(reader, PROFILE_COLUMNS, "{{ ref('cluster_profiles') }}")
    quality_columns = ["clustering", "fit_version", "cluster_count", "is_chosen", "silhouette"]
    quality = records(reader, [*quality_columns, "stability"], "{{ ref('cluster_quality') }}")
    parameters = pd.DataFrame(
        records(
            reader, PARAMETER_COLUMNS, current_parameters([row["clustering"] for row in declared])
        ),
        columns=list(PARAMETER_COLUMNS),
    )
    sample = None
    lines: list[str] = []
    for row in declared:
        name = row["clustering"]
        fitted = parameters[parameters["model_name"] == f"cluster_{name}"]
        version = int(fitted["fit_version"].iloc[0]) if len(fitted) else None
        mine = [one for one in profiles if one["clustering"] == name]
        lines += as_text(table_of_profiles(name, row["label"], mine))
        tried = [
            one
            for one in quality
            if one["clustering"] == name and int(one["fit_version"]) == version
        ]
        tried = sorted(tried, key=lambda one: int(one["cluster_count"]))
        lines += ["", *as_text(table_of_choice(tried))]
        if folder is not None and len(fitted) and mine:
            if sample is None:
                keys = ["sample_key", "as_of_date", "feature", "value", "category"]
                sample = pd.DataFrame(
                    records(reader, keys, "{{ ref('modelling_sample') }}"), columns=keys
                )
            folder.mkdir(parents=True, exist_ok=True)
            file = folder / f"{name}.svg"
            clustering = clusters.read_clustering(name, row["declaration"])
            picture = picture_of(f"{name}: {row['label']}", clustering, sample, fitted)
            file.write_text(as_svg(picture), encoding="utf-8")
            lines += ["", f"Picture: {file}"]
        lines.append("")
    return "\n".join([*lines, "A rule asks cluster_<name>: [<cluster>, ..]."])


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="crm-segmentation clusters",
        description="Show the clusters of the last `dbt build`: sizes, profiles, pictures.",
    )
    parser.add_argument(
        "--pictures",
        default="target/clusters",
        metavar="FOLDER",
        help="where a picture of each clustering goes (target/clusters); '' for none",
    )
    for option in ("project-dir", "profiles-dir", "profile", "target", "vars", "target-path"):
        parser.add_argument(f"--{option}", help="as for dbt")
    arguments = vars(parser.parse_args(argv))
    folder = arguments.pop("pictures")
    options = [
        text
        for name, value in arguments.items()
        if value is not None
        for text in (f"--{name.replace('_', '-')}", value)
    ]
    try:
        print(report(DbtReader(options), Path(folder) if folder else None))
    except SummaryError as error:
        print(f"crm-segmentation clusters: {error}", file=sys.stderr)
        return 1
    return 0
