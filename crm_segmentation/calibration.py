"""`crm-segmentation calibration`: how well the propensities held when they were tried.

Reads the newest fits through dbt's own connection, prints their measures as a table of Markdown and
draws foretold against observed shares as an SVG.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from crm_segmentation.summary import DbtReader, Reader, SummaryError

BINS = """
select calibration.model_name, calibration.account_count, calibration.predicted_share,
    calibration.observed_share
from {{ ref('propensity_calibration') }} as calibration
inner join {{ ref('model_versions') }} as versions
    on calibration.model_name = versions.model_name
    and calibration.fit_version = versions.fit_version
where versions.is_current
order by calibration.model_name, calibration.bin
"""
QUALITY = """
select model_name, quality from {{ ref('model_versions') }}
where is_current and parameter_table = 'propensity_parameters'
order by model_name
"""
# size of a plot, room at its left and below, and between two
SIDE, LEFT, BELOW, ABOVE, GAP = 240, 46, 44, 30, 30
COLORS = ("#1b6ca8", "#b3541e")


@dataclass(frozen=True)
class Bin:
    """Customers of about the same probability: how many, foretold and observed shares."""

    accounts: int
    predicted: float
    observed: float


def read_bins(reader: Reader) -> dict[str, list[Bin]]:
    found: dict[str, list[Bin]] = {}
    for name, accounts, predicted, observed in reader.rows(BINS):
        line = Bin(int(accounts), float(predicted), float(observed))
        found.setdefault(str(name), []).append(line)
    return found


def svg(models: dict[str, list[Bin]]) -> str:
    """A square for each model: points on the diagonal came true as often as foretold."""
    width = GAP + len(models) * (LEFT + SIDE + GAP)
    height = ABOVE + SIDE + BELOW
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="11">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    for position, (name, bins) in enumerate(models.items()):
        x0 = GAP + position * (LEFT + SIDE + GAP) + LEFT
        parts += axes(name, x0)
        points = [
            (round(x0 + line.predicted * SIDE), round(ABOVE + SIDE - line.observed * SIDE))
            for line in bins
        ]
        color = COLORS[position % len(COLORS)]
        path = " ".join(f"{x},{y}" for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{color}"/>')
        parts += [f'<circle cx="{x}" cy="{y}" r="4" fill="{color}"/>' for x, y in points]
    return "\n".join([*parts, "</svg>"]) + "\n"


def axes(name: str, x0: int) -> list[str]:
    middle, bottom = x0 + SIDE // 2, ABOVE + SIDE
    parts = [
        f'<text x="{middle}" y="{ABOVE - 12}" text-anchor="middle" font-size="13">{name}</text>',
        f'<rect x="{x0}" y="{ABOVE}" width="{SIDE}" height="{SIDE}" fill="none" stroke="#555555"/>',
        f'<line x1="{x0}" y1="{bottom}" x2="{x0 + SIDE}" y2="{ABOVE}" stroke="#999999" '
        'stroke-dasharray="4 3"/>',
        f'<text x="{middle}" y="{bottom + 34}" text-anchor="middle">foretold share</text>',
        f'<text transform="translate({x0 - 34} {ABOVE + SIDE // 2}) rotate(-90)" '
        'text-anchor="middle">observed share</text>',
    ]
    for tenths in (0, 5, 10):
        at, label = tenths * SIDE // 10, f"{tenths / 10:.1f}"
        parts += [
            f'<text x="{x0 + at}" y="{bottom + 16}" text-anchor="middle">{label}</text>',
            f'<text x="{x0 - 6}" y="{bottom - at + 4}" text-anchor="end">{label}</text>',
        ]
    return parts


def quality_table(reader: Reader) -> str:
    """The measures of each model, beside the same share for all and a rule by recency."""
    lines = [
        "| model | customers tried on | share | measure | model | same recency | all alike |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, text in reader.rows(QUALITY):
        found = json.loads(str(text))
        share = f"{found['test_accounts']:,} | {found['test_share']:.3f}"
        lines.append(
            f"| {name} | {share} | AUC | {found['auc']:.3f} | "
            f"{found['auc_recency_rule']:.3f} | 0.500 |"
        )
        for label, key in (("Brier score", "brier"), ("log loss", "log_loss")):
            values = [found[key], found[f"{key}_recency_rule"], found[f"{key}_base_rate"]]
            lines.append(f"| | | | {label} | {' | '.join(f'{value:.3f}' for value in values)} |")
        told = [found["foretold_share"], found["train_share"]]
        lines.append(f"| | | | share foretold | {told[0]:.3f} | | {told[1]:.3f} |")
        for label, key in (
            ("calibration error", "calibration_error"),
            ("at the share that came", "calibration_error_at_level"),
            ("by chance alone", "calibration_error_by_chance"),
        ):
            lines.append(f"| | | | {label} | {found[key]:.3f} | | |")
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="crm-segmentation calibration",
        description="Print how well the propensities held when tried on newer months, and draw it.",
    )
    parser.add_argument("--svg", type=Path, help="file to draw foretold against observed into")
    for option in ("project-dir", "profiles-dir", "profile", "target", "vars", "target-path"):
        parser.add_argument(f"--{option}", help="as for dbt")
    arguments = vars(parser.parse_args(argv))
    drawing: Path | None = arguments.pop("svg")
    options = [
        text
        for name, value in arguments.items()
        if value is not None
        for text in (f"--{name.replace('_', '-')}", value)
    ]
    try:
        reader = DbtReader(options)
        models = read_bins(reader)
        if not models:
            raise SummaryError(
                "no propensity is fitted: the log of the build says why. Build with more "
                "customers or a shorter horizon (settings churn_horizon_months, "
                "purchase_horizon_months)."
            )
        print(quality_table(reader))
        if drawing:
            drawing.write_text(svg(models))
    except SummaryError as error:
        print(f"crm-segmentation calibration: {error}", file=sys.stderr)
        return 1
    return 0
