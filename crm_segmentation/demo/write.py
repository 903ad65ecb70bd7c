"""Writing tables: CSV as dbt seeds, Parquet, and the YAML that declares the seeds."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from crm_segmentation.demo.schema import ROW_MEANINGS, TABLES, seed_name

Row = Mapping[str, Any]


def as_text(value: Any) -> str:
    """A value as the sources deliver it."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def as_lines(table: str, rows: Sequence[Row]) -> list[list[str]]:
    return [[as_text(row.get(column)) for column in TABLES[table]] for row in rows]


def write_csv(path: Path, columns: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(lines)


def write_parquet(path: Path, columns: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
    """Raw text as in the CSV; an empty field is NULL, which is what a seed makes of it."""
    arrays = [
        pa.array([line[position] or None for line in lines], pa.string())
        for position in range(len(columns))
    ]
    pq.write_table(pa.table(arrays, names=list(columns)), path, compression="zstd")


def seeds_yaml() -> str:
    """The declaration of the seeds: every column is text, as the sources deliver it."""
    lines = [
        "# Written by `python -m crm_segmentation.demo`, like the files beside it.",
        "# Bad rows are part of the content, so nothing is tested here: staging does that.",
        "version: 2",
        "",
        "seeds:",
    ]
    for table, columns in TABLES.items():
        lines += [
            f"  - name: {seed_name(table)}",
            f"    description: One row per {ROW_MEANINGS[table]}, as delivered; all text.",
            "    config:",
            '      delimiter: ","',
            "      quote_columns: false",
            "      column_types:",
            *(f"        {column}: text" for column in columns),
        ]
    return "\n".join(lines) + "\n"


def write_tables(folder: Path, tables: Mapping[str, Sequence[Row]], file_format: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for table, columns in TABLES.items():
        path = folder / f"{seed_name(table)}.{file_format}"
        write = write_csv if file_format == "csv" else write_parquet
        write(path, columns, as_lines(table, tables[table]))
    if file_format == "csv":
        (folder / "_seeds.yml").write_text(seeds_yaml(), encoding="utf-8")
