"""`crm-segmentation summary`: what the last build made, as a plain text table.

Every figure is read through dbt's own connection (`dbt show`), so what dbt can build on,
this can report on. Counts and sums only: no name, no address, no identifier.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

Row = tuple[Any, ...]

# neither on the screen nor into target/, where the build left its artifacts
QUIETLY = ("--quiet", "--log-level", "none", "--no-write-json")

# rows of the table of moves; the rest is in segment_migration
MOST_MOVES = 8


class SummaryError(Exception):
    """The summary cannot be made; the text says why and what to do."""


class Reader(Protocol):
    """What a section needs: SQL with Jinja in, rows out; and which models exist."""

    def rows(self, sql: str) -> list[Row]: ...

    def has(self, model: str) -> bool: ...

    def models_of(self, kind: str) -> list[str]: ...


@dataclass(frozen=True)
class Table:
    """A titled table; without rows it says `empty` instead."""

    title: str
    header: Sequence[str]
    rows: Sequence[Row]
    empty: str = "none"
    note: str = ""


@dataclass
class DbtReader:
    """Reads through dbt: parses the project once, then shows inline queries."""

    options: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        # dbt takes seconds to import; --help should not
        from dbt.cli.main import dbtRunner

        parsed: Any = dbtRunner().invoke(["parse", *QUIETLY, *self.options])
        if not parsed.success:
            raise SummaryError(f"the dbt project does not parse: {parsed.exception}")
        self.manifest = parsed.result
        self.runner = dbtRunner(manifest=parsed.result)

    def rows(self, sql: str) -> list[Row]:
        shown: Any = self.runner.invoke(
            ["show", *QUIETLY, "--limit", "-1", "--inline", sql, *self.options]
        )
        if not shown.success:
            raise SummaryError(
                f"a table cannot be read: {shown.exception}\n"
                "Call `dbt build` first, with the same --vars and --target."
            )
        return [tuple(row) for row in shown.result.results[0].agate_table.rows]

    def has(self, model: str) -> bool:
        return any(
            node.name == model and node.resource_type in ("model", "snapshot", "seed")
            for node in self.manifest.nodes.values()
        )

    def models_of(self, kind: str) -> list[str]:
        """Names of the models that the macro `profile` (`target_group`) published as such."""
        return sorted(
            node.name
            for node in self.manifest.nodes.values()
            if node.resource_type == "model" and is_of_kind(node, kind)
        )


def is_of_kind(node: Any, kind: str) -> bool:
    """A profile or group says so in its meta; plain SQL ones are known by folder and contract."""
    published = node.config.meta.get("crm_segmentation") or {}
    if published.get("kind") == kind:
        return True
    folder = "/" + str(node.original_file_path).replace("\\", "/")
    return f"/{kind}s/" in folder and "account_id" in node.columns


def share(part: int, whole: int) -> str:
    return f"{Decimal(100) * part / whole:.1f} %" if whole else "-"


def number(value: Any, decimals: int = 0) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return str(value)
    return f"{value:,.{decimals}f}"


def cells_of(values: Sequence[Any]) -> list[str]:
    """The cells of a column: two decimals for all of it where one value has any."""
    numbers = [value for value in values if isinstance(value, float | Decimal)]
    decimals = 2 if any(value != int(value) for value in numbers) else 0
    return [number(value, decimals) for value in values]


def as_text(table: Table) -> list[str]:
    """Lines of a table: text to the left, numbers to the right."""
    lines = [table.title, "-" * len(table.title)]
    if not table.rows:
        return [*lines, f"  {table.empty}"]
    columns = [cells_of(values) for values in zip(*table.rows, strict=True)]
    cells = [list(row) for row in zip(*columns, strict=True)]
    widths = [
        max(len(line[column]) for line in [list(table.header), *cells])
        for column in range(len(table.header))
    ]
    is_number = [
        all(isinstance(row[column], int | float | Decimal | None) for row in table.rows)
        or all(cell[column].endswith(" %") or cell[column] == "-" for cell in cells)
        for column in range(len(table.header))
    ]
    for line in [list(table.header), *cells]:
        aligned = [
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, is_number, strict=True)
        ]
        lines.append(("  " + "  ".join(aligned)).rstrip())
    if table.note:
        lines.append(f"  {table.note}")
    return lines


def counts(reader: Reader, models: Iterable[str]) -> dict[str, int]:
    """Rows of each model, in one query."""
    queries = [
        f"select '{model}' as model_name, count(*) as row_count from {{{{ ref('{model}') }}}}"
        for model in models
    ]
    if not queries:
        return {}
    return {str(name): int(size) for name, size in reader.rows("\nunion all ".join(queries))}


def as_of(reader: Reader) -> list[str]:
    """The day of the build, nothing where it has no accounts."""
    rows = reader.rows("select max(as_of_date) as as_of_date from {{ ref('account_kpis') }}")
    return [f"As of {day}" for (day,) in rows if day is not None]


def accounts(reader: Reader) -> Table:
    rows = reader.rows(
        "select kind, count(*) as account_count from {{ ref('accounts') }} "
        "group by kind order by count(*) desc, {{ crm_segmentation.by_bytes('kind') }}"
    )
    return Table("Accounts", ["kind", "accounts"], rows, empty="0 accounts")


def members(title: str, kind: str) -> Callable[[Reader], Table]:
    def section(reader: Reader) -> Table:
        names = reader.models_of(kind)
        sizes = counts(reader, ["accounts", *names])
        whole = sizes.pop("accounts")
        rows = [
            (name, size, share(size, whole))
            for name, size in sorted(sizes.items(), key=lambda item: (-item[1], item[0]))
        ]
        return Table(title, [kind.replace("_", " "), "accounts", "of all"], rows)

    return section


def segments(reader: Reader) -> Table:
    rows = reader.rows(
        """
        select
            coalesce(rfm_segment, '(no orders)') as segment,
            count(*) as account_count,
            coalesce(sum(revenue_365d), 0) as revenue,
            cast(
                coalesce(sum(revenue_365d), 0) / nullif(count(*), 0) as decimal(18, 2)
            ) as revenue_per_account
        from {{ ref('account_attributes') }}
        group by coalesce(rfm_segment, '(no orders)')
        order by
            coalesce(sum(revenue_365d), 0) desc,
            {{ crm_segmentation.by_bytes("coalesce(rfm_segment, '(no orders)')") }}
        """
    )
    ((currency,),) = reader.rows(
        "select '{{ crm_segmentation.setting(\"reporting_currency\") }}' as currency"
    )
    return Table(
        f"RFM segments, revenue of 365 days in {currency}",
        ["segment", "accounts", "revenue", "per account"],
        rows,
    )


def moves(reader: Reader) -> Table:
    """The ways between segments that most accounts went in the last month."""
    rows = reader.rows(
        """
        with

        last_month as (

            select * from {{ ref('segment_migration') }}
            where
                period = 'month'
                and to_date = (
                    select max(to_date) from {{ ref('segment_migration') }}
                    where period = 'month'
                )

        )

        select from_date, to_date, from_segment, to_segment, account_count
        from last_month
        order by
            account_count desc,
            {{ crm_segmentation.by_bytes('from_segment') }},
            {{ crm_segmentation.by_bytes('to_segment') }}
        """
    )
    if not rows:
        return Table("Moves between segments", [], [], empty="0 accounts moved")
    moved = [row for row in rows if row[2] != row[3]]
    stayed = sum(int(row[4]) for row in rows if row[2] == row[3])
    gone = sum(int(row[4]) for row in moved)
    return Table(
        f"Moves between segments, {rows[0][0]} to {rows[0][1]}",
        ["from", "to", "accounts"],
        [row[2:] for row in moved[:MOST_MOVES]],
        empty="0 accounts moved",
        note=f"{number(gone)} accounts moved, {number(stayed)} stayed",
    )


def quarantine(reader: Reader) -> Table:
    rows = reader.rows(
        """
        select
            reason,
            count(*) as row_count,
            count(distinct source_name || '.' || table_name) as table_count
        from {{ ref('quarantined_rows') }}
        group by reason
        order by count(*) desc, {{ crm_segmentation.by_bytes('reason') }}
        """
    )
    return Table("Quarantined rows", ["reason", "rows", "in tables"], rows, empty="0 rows")


SECTIONS: list[tuple[Callable[[Reader], Table], list[str]]] = [
    # a section, and the models that it reads
    (accounts, ["accounts"]),
    (members("Profiles", "profile"), ["accounts"]),
    (members("Target groups", "target_group"), ["accounts"]),
    (segments, ["account_attributes"]),
    (moves, ["segment_migration"]),
    (quarantine, ["quarantined_rows"]),
]


def where_next(reader: Reader) -> str:
    """Commands that work on what this project has."""
    hints = [
        (f"dbt show --select {profile}", "members of a profile")
        for profile in reader.models_of("profile")[:1]
    ]
    hints += [
        ("dbt show --select attribute_catalog", "what a rule may ask"),
        ("dbt show --select quarantined_rows", "rows that were not used, and why"),
        ("dbt docs generate && dbt docs serve", "every table, column and rule, with its lineage"),
    ]
    width = max(len(command) for command, _ in hints)
    title = "Where to look next"
    lines = [f"  {command.ljust(width)}  {purpose}" for command, purpose in hints]
    return "\n".join([title, "-" * len(title), *lines])


def report(reader: Reader) -> str:
    """The whole summary; a section whose models are not enabled is left out."""
    blocks = [
        "\n".join(as_text(section(reader)))
        for section, models in SECTIONS
        if all(reader.has(model) for model in models)
    ]
    day = as_of(reader) if reader.has("account_kpis") else []
    return "\n\n".join([*day, *blocks, where_next(reader)])


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="crm-segmentation summary",
        description="Print what the last `dbt build` made: accounts, profiles, groups, segments.",
    )
    for option in ("project-dir", "profiles-dir", "profile", "target", "vars", "target-path"):
        parser.add_argument(f"--{option}", help="as for dbt")
    arguments = vars(parser.parse_args(argv))
    options = [
        text
        for name, value in arguments.items()
        if value is not None
        for text in (f"--{name.replace('_', '-')}", value)
    ]
    try:
        print(report(DbtReader(options)))
    except SummaryError as error:
        print(f"crm-segmentation summary: {error}", file=sys.stderr)
        return 1
    return 0
