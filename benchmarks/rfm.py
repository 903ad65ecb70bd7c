"""Order lines in Parquet to the RFM segment of every account: dbt, SQL by hand, pandas, pymc.

    python benchmarks/rfm.py --order-lines 10000000 --accounts 1000000 --ids text

makes order lines (orders of one to four lines, few of many customers, so frequency has ties; ids
as numbers or as text, days as dates, amounts as decimals; with --lines-per-order 1 and --even a
list of transactions, as rfm_segments is made for), and then runs, each in a process of its own:

- dbt: a project that installs this package and writes one model, the measures of RFM from its
  order lines (macro rfm_measures_of_order_lines), and one for the sample of the fit. Everything
  else is the package's own: rfm_cut_points is fitted in Python, account_rfm scores in SQL.
  Once with the fit, once more with its frozen cut points. dbt's own time is the same command on
  a hundredth of a million lines.
- dbt, distinct orders: the same, orders counted by their ids instead of their first lines
- dbt, a day more: the same with totals (rfm_order_totals) built up to the day before, cut points
  frozen; the project is parsed already, as it is where no var of it changes
- hand: the same answer by one SQL statement in DuckDB, cut points over all accounts; once by first
  lines, once by distinct ids
- pandas, plain: read_parquet, nunique of the order ids, qcut; amounts become floats and days
  timestamps first, since Decimal and date objects are slow in pandas
- pandas, as read: the same without that, on what read_parquet gives (--as-read)
- pandas, tuned: counts first lines, groups unsorted, hands the memory of the file over
- pymc (with --pymc <python>): rfm_segments of pymc-marketing, plain and tuned (as above, and
  sort_transactions=False). It counts days with orders, cuts into four and names other segments.

CPU seconds and the peak of memory are those of the whole process; bytecode is compiled before.
What it makes it deletes.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
import yaml

ROOT = Path(__file__).resolve().parents[1]
AS_OF = "2026-01-01"
DAY_BEFORE = "2025-12-31"
PARTS = (
    "dbt_project.yml",
    "macros",
    "models/intermediate/history/_history__sources.yml",
    "models/marts/scoring/account_rfm.sql",
    "models/marts/scoring/fit_definitions.sql",
    "models/marts/scoring/fit_settings.sql",
    "models/marts/scoring/rfm_dimensions.sql",
    "models/marts/scoring/_rfm__models.yml",
    "models/marts/scoring/_models.yml",
    "python_models/rfm_cut_points.py",
    "python_models/_fits.yml",
    "seeds/rules/kpi_flags.csv",
    "seeds/reference",
)

ARGUMENTS = """
    "read_parquet('" ~ var('order_lines') ~ "')",
    account_id='customer_id',
    ordered_on='ordered_on',
    net_amount='net_amount',
    order_id='order_id'"""
FIRST_LINES = ",\n    is_first_line='line_number = 1'"
MEASURES = """\
{{{{ config(materialized='{materialized}') }}}}
{{{{ crm_segmentation.rfm_measures_of_order_lines({arguments}
) }}}}
"""
TOTALS = """\
{{{{ config(
    materialized='incremental', incremental_strategy='delete+insert', unique_key='account_id'
) }}}}
{{{{ crm_segmentation.rfm_order_totals({arguments}
) }}}}
"""
# the measures of each project; the first also measures SQL by hand
PROJECTS = {
    "first lines": {
        "rfm_measures": MEASURES.format(materialized="table", arguments=ARGUMENTS + FIRST_LINES)
    },
    "distinct orders": {"rfm_measures": MEASURES.format(materialized="table", arguments=ARGUMENTS)},
    "a day more": {
        "rfm_order_totals": TOTALS.format(arguments=ARGUMENTS + FIRST_LINES),
        "rfm_measures": MEASURES.format(
            materialized="view",
            arguments=ARGUMENTS + FIRST_LINES + ",\n    totals=ref('rfm_order_totals')",
        ),
    },
}
# a view: only a fit reads it
SAMPLE = """\
{{ config(materialized='view') }}
{{ crm_segmentation.rfm_sample(ref('rfm_measures')) }}
"""
HAND = """\
create table account_rfm as
with measures as materialized (
    select
        customer_id,
        date '{as_of}' - max(ordered_on) as recency,
        {order_count} as frequency,
        sum(net_amount) as monetary
    from {source}
    group by customer_id
),
cuts as (
    select
        quantile_disc(recency, [0.2, 0.4, 0.6, 0.8]) as r,
        quantile_disc(frequency, [0.2, 0.4, 0.6, 0.8]) as f,
        quantile_disc(monetary, [0.2, 0.4, 0.6, 0.8]) as m
    from measures
),
scored as (
    select
        customer_id, recency, frequency, monetary,
        case when recency > r[4] then 1 when recency > r[3] then 2 when recency > r[2] then 3
            when recency > r[1] then 4 else 5 end as recency_score,
        case when frequency > f[4] then 5 when frequency > f[3] then 4 when frequency > f[2] then 3
            when frequency > f[1] then 2 else 1 end as frequency_score,
        case when monetary > m[4] then 5 when monetary > m[3] then 4 when monetary > m[2] then 3
            when monetary > m[1] then 2 else 1 end as monetary_score
    from measures, cuts
)
select
    cast(customer_id as varchar) as account_id, date '{as_of}' as as_of_date,
    recency, frequency, monetary, recency_score, frequency_score, monetary_score,
    recency_score || '' || frequency_score || monetary_score as rfm_code, rfm_segment
from scored
left join read_csv('{segments}', types = {{'rfm_code': 'varchar'}}) as segments
    on segments.rfm_code = recency_score || '' || frequency_score || monetary_score
"""
LINES = "read_parquet('{lines}') where ordered_on < date '{as_of}'"
# the fastest exact way found to count distinct ids: each order first
ORDERS = """(
    select customer_id, order_id, max(ordered_on) as ordered_on, sum(net_amount) as net_amount
    from {lines}
    group by customer_id, order_id
)"""
# measures of both, and codes from those by hand with the cut points of the fit and of all accounts
COMPARE = """\
with cuts as (
    select
        list(cut_point) filter (where dimension = 'recency') as r,
        list(cut_point) filter (where dimension = 'frequency') as f,
        list(cut_point) filter (where dimension = 'monetary') as m
    from crm_fits.rfm_cut_points
)
select
    count(*),
    count(*) filter (
        where ours.recency_days = theirs.recency and ours.frequency = theirs.frequency
            and ours.monetary = theirs.monetary
    ),
    count(*) filter (
        where ours.rfm_code
            = (5 - len(list_filter(r, lambda cut: theirs.recency > cut)))
            || '' || (1 + len(list_filter(f, lambda cut: theirs.frequency > cut)))
            || (1 + len(list_filter(m, lambda cut: theirs.monetary > cut)))
    ),
    count(*) filter (where ours.rfm_code = theirs.rfm_code)
from crm_marts.account_rfm as ours
full join hand.account_rfm as theirs using (account_id)
cross join cuts
"""
READ = """\
import sys
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

def read(path, columns, **tuned):
    types = {"net_amount": pa.float64(), "ordered_on": pa.timestamp("s")}
    table = pq.read_table(path, columns=columns)
    for name, type_ in types.items():
        place = table.column_names.index(name)
        table = table.set_column(place, name, table[name].cast(type_))
    return table.to_pandas(**tuned)

def read_as_is(path, columns):
    return pd.read_parquet(path, columns=columns)

tuned = {"self_destruct": True, "split_blocks": True}
"""
DISTINCT = """\
lines = %s(sys.argv[1], ["customer_id", "order_id", "ordered_on", "net_amount"])
measures = lines.groupby("customer_id").agg(
    last=("ordered_on", "max"), frequency=("order_id", "nunique"), monetary=("net_amount", "sum")
)
measures["last"] = pd.to_datetime(measures["last"])
measures["monetary"] = measures["monetary"].astype(float)
"""
FIRST = """\
lines = read(
    sys.argv[1], ["customer_id", "ordered_on", "net_amount", "line_number"], **tuned
)
lines["is_order"] = lines["line_number"] == 1
measures = lines.groupby("customer_id", sort=False).agg(
    last=("ordered_on", "max"), frequency=("is_order", "sum"), monetary=("net_amount", "sum")
)
del lines
"""
QCUT = """\
measures["recency"] = (pd.Timestamp(sys.argv[2]) - measures["last"]).dt.days
points = [1, 2, 3, 4, 5]
for name, labels in (("recency", points[::-1]), ("frequency", points), ("monetary", points)):
    ranked = measures[name].rank(method="first") if name == "frequency" else measures[name]
    measures[name + "_score"] = pd.qcut(ranked, 5, labels=labels).astype(int)
measures["rfm_code"] = (
    measures["recency_score"].astype(str)
    + measures["frequency_score"].astype(str)
    + measures["monetary_score"].astype(str)
)
segments = pd.read_csv(sys.argv[3], dtype=str).set_index("rfm_code")["rfm_segment"]
measures["rfm_segment"] = measures["rfm_code"].map(segments)
print(len(measures))
"""
PYMC = """\
from pymc_marketing.clv.utils import rfm_segments

lines = %s(sys.argv[1], ["customer_id", "ordered_on", "net_amount"]%s)
lines["net_amount"] = lines["net_amount"].astype(float)
print(len(rfm_segments(
    lines, "customer_id", "ordered_on", "net_amount",
    observation_period_end=sys.argv[2]%s,
)))
"""
PANDAS_WAYS = {
    "pandas, tuned": READ + FIRST + QCUT,
    "pandas, plain": READ + DISTINCT % "read" + QCUT,
    "pandas, as read": READ + DISTINCT % "read_as_is" + QCUT,
}
PYMC_WAYS = {
    "pymc, tuned": READ + PYMC % ("read", ", **tuned", ", sort_transactions=False"),
    "pymc, plain": READ + PYMC % ("read", "", ""),
    "pymc, as read": READ + PYMC % ("read_as_is", "", ""),
}


def generate(path: Path, lines: int, accounts: int, ids: str, most_lines: int, even: bool) -> None:
    """Orders of 1 to `most_lines` lines; customers drawn evenly, or the first most often."""
    orders = int(lines * 2 / (1 + most_lines))
    skew = 1 if even else 1.5
    customer_id, order_id = (
        ("'C' || lpad(cast(customer as text), 9, '0')", "'O' || lpad(cast(i as text), 10, '0')")
        if ids == "text"
        else ("customer", "i")
    )
    with duckdb.connect() as connection:
        connection.execute("set preserve_insertion_order = false")
        connection.execute(
            f"""
            copy (
                with orders as (
                    select
                        i,
                        1 + hash(i * 3) % {most_lines} as line_count,
                        cast(floor(pow((hash(i * 7 + 1) % 1000000007) / 1000000007.0, {skew})
                            * {accounts}) as bigint) as customer,
                        date '2024-01-01' + cast(hash(i * 11 + 2) % 731 as integer) as ordered_on
                    from range({orders}) as numbered(i)
                )
                select
                    {order_id} as order_id, cast(line_number as integer) as line_number,
                    {customer_id} as customer_id, ordered_on,
                    cast((100 + hash(i * 13 + line_number) % 50000) / 100
                        as decimal(18, 2)) as net_amount
                from orders, unnest(range(1, cast(line_count + 1 as bigint))) as u(line_number)
            ) to '{path}' (format parquet)
            """
        )


def write_project(folder: Path, models: dict[str, str]) -> None:
    """What an installing project needs that wants RFM from order lines and nothing else."""
    project = {
        "name": "rfm_benchmark",
        "version": "1.0.0",
        "profile": "rfm_benchmark",
        "flags": {"send_anonymous_usage_stats": False},
    }
    # the part of the package that the way goes through: dbt reads every file at every run
    package = folder / "dbt_packages" / "crm_segmentation"
    for name in PARTS:
        (package / name).parent.mkdir(exist_ok=True, parents=True)
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, package / name)
    profile = {
        "rfm_benchmark": {
            "target": "dev",
            "outputs": {
                "dev": {
                    "type": "duckdb",
                    "path": str(folder / "benchmark.duckdb"),
                    "schema": "crm",
                    "threads": 1,
                    "settings": {"threads": 2, "preserve_insertion_order": False},
                }
            },
        }
    }
    (folder / "models").mkdir(parents=True, exist_ok=True)
    (folder / "dbt_project.yml").write_text(yaml.safe_dump(project))
    (folder / "profiles.yml").write_text(yaml.safe_dump(profile))
    (folder / "packages.yml").write_text(
        yaml.safe_dump({"packages": [{"local": "dbt_packages/crm_segmentation"}]})
    )
    for name, sql in {**models, "modelling_sample": SAMPLE}.items():
        (folder / "models" / f"{name}.sql").write_text(sql)


def measured(
    command: list[str], cwd: Path, environment: dict[str, str], gib: int = 0
) -> dict[str, Any]:
    """Run it: wall and CPU seconds, and the peak of its memory in MiB.

    None of them where it failed for want of the `gib` that it may have.
    """
    started = time.monotonic()
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

    def limit() -> None:
        if gib:
            resource.setrlimit(resource.RLIMIT_DATA, (gib * 2**30, gib * 2**30))

    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command, cwd=cwd, env={**kept, **environment}, stdout=output, stderr=output,
            preexec_fn=limit,
        )  # fmt: skip
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            said = output.read().decode()[-3000:]
            if gib and ("MemoryError" in said or "malloc" in said or not said):
                return {"wall": None, "cpu": None, "mib": None}
            sys.exit(f"{' '.join(command)} failed:\n{said}")
    return {
        "wall": round(time.monotonic() - started, 2),
        "cpu": round(used.ru_utime + used.ru_stime, 2),
        "mib": used.ru_maxrss // 1024,
    }


class Project:
    """A dbt project of its own, which keeps what dbt parsed."""

    def __init__(self, folder: Path, models: dict[str, str]) -> None:
        self.folder = folder
        self.root = folder / "project"
        self.database = str(self.root / "benchmark.duckdb")
        write_project(self.root, models)
        self.dbt("seed", "-s", "rfm_segments", "kpi_flags")

    def dbt(self, *words: str, as_of: str = AS_OF) -> dict[str, Any]:
        # lines under one name, since dbt parses everything anew when a var changes
        variables = {"as_of_date": as_of, "order_lines": str(self.folder / "lines.parquet")}
        command = [str(Path(sys.executable).parent / "dbt"), "--quiet", *words]
        command += ["--vars", json.dumps(variables)]
        command += ["--target-path", str(self.folder / "target")]
        command += ["--log-path", str(self.folder / "logs")]
        environment = {"DBT_PROFILES_DIR": str(self.root), "OMP_NUM_THREADS": "1"}
        return measured(command, self.root, environment)

    def read(self, lines: Path) -> None:
        name = self.folder / "lines.parquet"
        name.unlink(missing_ok=True)
        name.symlink_to(lines)

    def forget(self, *tables: str) -> None:
        with duckdb.connect(self.database) as connection:
            for table in tables:
                connection.execute(f"drop table if exists {table}")


def run_projects(
    projects: dict[str, Project], lines: Path, few: Path, note: Callable[..., None]
) -> None:
    def run(name: str, how: str) -> dict[str, Any]:
        project = projects[name]
        if how == "with the fit":
            project.forget("crm_fits.rfm_cut_points")
        if name == "a day more":
            project.forget("crm.rfm_order_totals")
            project.dbt("run", as_of=DAY_BEFORE)
            project.dbt("parse")
        return project.dbt("run")

    for what, path in (("dbt, its own time", few), ("dbt", lines)):
        for project in projects.values():
            project.read(path)
        note(f"{what}, first lines, with the fit", run("first lines", "with the fit"))
        note(f"{what}, first lines, cut points frozen", run("first lines", "frozen"))
        if path == lines:
            note(f"{what}, distinct orders, with the fit", run("distinct orders", "with the fit"))
        note(f"{what}, a day more, cut points frozen", run("a day more", "frozen"))


def by_hand(folder: Path, lines: Path, orders: bool) -> dict[str, Any]:
    source = LINES.format(lines=lines, as_of=AS_OF)
    sql = HAND.format(
        as_of=AS_OF,
        segments=ROOT / "seeds" / "reference" / "rfm_segments.csv",
        source=ORDERS.format(lines=source) if orders else source,
        order_count="count(*)" if orders else "count(*) filter (where line_number = 1)",
    )
    script = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1]);"
        "c.execute('set threads = 2; set preserve_insertion_order = false');"
        "c.execute('drop table if exists account_rfm'); c.execute(sys.argv[2])"
    )
    return measured([sys.executable, "-c", script, str(folder / "hand.duckdb"), sql], folder, {})


def check(project: Project, folder: Path) -> None:
    """The same measures by dbt and by hand, and the codes that the fit's cut points give."""
    with duckdb.connect(project.database) as connection:
        connection.execute(f"attach '{folder / 'hand.duckdb'}' as hand")
        same = connection.execute(COMPARE).fetchone()
    print(
        f"accounts: {same[0]:,}, with equal measures {same[1]:,}, with the code that the fit's"
        f" cut points give {same[2]:,}, that those of all accounts give {same[3]:,}"
    )
    if not same[0] == same[1] == same[2]:
        sys.exit("dbt and SQL by hand differ")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--order-lines", type=int, default=10_000_000)
    parser.add_argument("--accounts", type=int, default=1_000_000)
    parser.add_argument("--ids", choices=["number", "text"], default="text")
    parser.add_argument("--lines-per-order", type=int, default=4, help="at most; 4 unless told")
    parser.add_argument("--even", action="store_true", help="customers that order equally often")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--as-read", action="store_true", help="pandas on types as they are read")
    parser.add_argument("--pandas", help="a Python that has pandas and pyarrow")
    parser.add_argument("--pymc", help="a Python that has pymc-marketing and pyarrow")
    parser.add_argument("--gib", type=int, default=0, help="memory that pandas and pymc may take")
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="rfm-benchmark-", dir=os.environ.get("TMPDIR")))
    results: dict[str, list[dict[str, Any]]] = {}

    def note(what: str, figures: dict[str, Any]) -> None:
        results.setdefault(what, []).append(figures)
        print(json.dumps({"what": what, **figures}), flush=True)

    try:
        lines, few = folder / "lines.parquet", folder / "few.parquet"
        # in processes that end, since what starts a process counts into its peak
        for path, size, accounts in (
            (lines, chosen.order_lines, chosen.accounts),
            (few, 10_000, 1_000),
        ):
            maker = multiprocessing.get_context("spawn").Process(
                target=generate,
                args=(path, size, accounts, chosen.ids, chosen.lines_per_order, chosen.even),
            )
            maker.start()
            maker.join()
        projects = {
            name: Project(folder / name.replace(" ", "_"), models)
            for name, models in PROJECTS.items()
        }
        others = {
            what: [python, "-c", script]
            for python, ways in ((chosen.pandas, PANDAS_WAYS), (chosen.pymc, PYMC_WAYS))
            for what, script in ways.items()
            if python and (chosen.as_read or "as read" not in what)
        }
        rest = [AS_OF, str(ROOT / "seeds" / "reference" / "rfm_segments.csv")]
        # once on few lines, so that bytecode is compiled and dbt has parsed
        for project in projects.values():
            project.read(few)
            project.dbt("run")
        for command in others.values():
            measured([*command, str(few), *rest], folder, {})
        for _ in range(chosen.repeats):
            run_projects(projects, lines, few, note)
            note("SQL by hand, distinct orders", by_hand(folder, lines, True))
            note("SQL by hand, first lines", by_hand(folder, lines, False))
            for what, command in others.items():
                note(what, measured([*command, str(lines), *rest], folder, {}, chosen.gib))
        print(f"\n{chosen.order_lines:,} lines, {chosen.accounts:,} accounts, ids: {chosen.ids}")
        for what, runs in results.items():
            middle = [
                median([run[key] for run in runs]) if runs[0][key] is not None else "too much"
                for key in ("cpu", "wall", "mib")
            ]
            print(f"| {what} | {middle[0]} | {middle[1]} | {middle[2]} |")
        for project in projects.values():
            check(project, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
