"""Order lines in Parquet to the RFM segment of every account: dbt, SQL by hand, pandas.

    python benchmarks/rfm.py --order-lines 10000000 --accounts 1000000

makes order lines (orders of one to four lines, few of many customers, so frequency has ties), and
then runs, each in a process of its own:

- dbt: a project that installs this package and writes one model, the measures of RFM from its
  order lines (macro rfm_measures_of_order_lines), and one for the sample of the fit. Everything
  else is the package's own: rfm_cut_points is fitted in Python, account_rfm scores in SQL.
  Once with the fit, once more with its frozen cut points. dbt's own time is the same command on
  a hundredth of a million lines.
- hand: the same answer by one SQL statement in DuckDB, cut points over all accounts
- pandas: groupby and qcut
- pymc (with --pymc <python>): rfm_segments of pymc-marketing, installed for that interpreter

CPU seconds and the peak of memory are those of the whole process. What it makes it deletes.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb
import yaml

ROOT = Path(__file__).resolve().parents[1]
AS_OF = "2026-01-01"
PARTS = (
    "dbt_project.yml",
    "macros",
    "models/intermediate/history/_history__sources.yml",
    "models/marts/scoring/account_rfm.sql",
    "models/marts/scoring/fit_settings.sql",
    "models/marts/scoring/rfm_dimensions.sql",
    "models/marts/scoring/_rfm__models.yml",
    "models/marts/scoring/_models.yml",
    "python_models/rfm_cut_points.py",
    "python_models/_fits.yml",
    "seeds/reference",
)

MEASURES = """\
{{ config(materialized='table') }}
{{ crm_segmentation.rfm_measures_of_order_lines(
    "read_parquet('" ~ var('order_lines') ~ "')",
    account_id='customer_id',
    ordered_on='ordered_on',
    net_amount='net_amount',
    is_first_line='line_number = 1'
) }}
"""
SAMPLE = """\
{{ config(materialized='table') }}
{{ crm_segmentation.rfm_sample(ref('rfm_measures')) }}
"""
HAND = """\
create table account_rfm as
with measures as materialized (
    select
        customer_id,
        date '{as_of}' - max(ordered_on) as recency,
        count(*) filter (where line_number = 1) as frequency,
        sum(net_amount) as monetary
    from read_parquet('{lines}')
    where ordered_on < date '{as_of}'
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
# amounts as floats and days as timestamps, which pandas handles fastest
READ = """\
import sys
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

def read(path, columns):
    types = {"net_amount": pa.float64(), "ordered_on": pa.timestamp("s")}
    table = pq.read_table(path, columns=columns)
    for name, type_ in types.items():
        place = table.column_names.index(name)
        table = table.set_column(place, name, table[name].cast(type_))
    return table.to_pandas(self_destruct=True, split_blocks=True)

"""
PANDAS = """\
lines = read(sys.argv[1], ["customer_id", "ordered_on", "net_amount", "line_number"])
lines["is_order"] = lines["line_number"] == 1
measures = lines.groupby("customer_id", sort=False).agg(
    last=("ordered_on", "max"), frequency=("is_order", "sum"), monetary=("net_amount", "sum")
)
del lines
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

lines = read(sys.argv[1], ["customer_id", "ordered_on", "net_amount"])
print(len(rfm_segments(
    lines, "customer_id", "ordered_on", "net_amount",
    observation_period_end=sys.argv[2], sort_transactions=False,
)))
"""


def generate(path: Path, lines: int, accounts: int) -> None:
    """Orders of 1 to 4 lines, customers drawn with a skew: the first have the most."""
    with duckdb.connect() as connection:
        connection.execute("set preserve_insertion_order = false")
        connection.execute(
            f"""
            copy (
                with orders as (
                    select
                        i as order_id,
                        1 + hash(i * 3) % 4 as line_count,
                        cast(floor(pow((hash(i * 7 + 1) % 1000000007) / 1000000007.0, 1.5)
                            * {accounts}) as bigint) as customer_id,
                        date '2024-01-01' + cast(hash(i * 11 + 2) % 730 as integer) as ordered_on
                    from range({int(lines / 2.5)}) as numbered(i)
                )
                select
                    order_id, cast(line_number as integer) as line_number, customer_id, ordered_on,
                    cast((100 + hash(order_id * 13 + line_number) % 50000) / 100
                        as decimal(18, 2)) as net_amount
                from orders, unnest(range(1, cast(line_count + 1 as bigint))) as u(line_number)
            ) to '{path}' (format parquet)
            """
        )


def write_project(folder: Path) -> None:
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
    (folder / "models" / "rfm_measures.sql").write_text(MEASURES)
    (folder / "models" / "modelling_sample.sql").write_text(SAMPLE)


def measured(command: list[str], cwd: Path, environment: dict[str, str]) -> dict[str, Any]:
    """Run it: wall and CPU seconds, and the peak of its memory in MiB."""
    started = time.monotonic()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command, cwd=cwd, env={**os.environ, **environment}, stdout=output, stderr=output
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            sys.exit(f"{' '.join(command)} failed:\n{output.read().decode()[-3000:]}")
    return {
        "wall": round(time.monotonic() - started, 2),
        "cpu": round(used.ru_utime + used.ru_stime, 2),
        "mib": used.ru_maxrss // 1024,
    }


def run_dbt(project: Path, lines: Path, folder: Path) -> dict[str, Any]:
    # under one name, since dbt parses everything anew when a var changes
    name = folder / "order_lines.parquet"
    name.unlink(missing_ok=True)
    name.symlink_to(lines)
    command = [str(Path(sys.executable).parent / "dbt"), "--quiet", "run"]
    command += ["--vars", json.dumps({"as_of_date": AS_OF, "order_lines": str(name)})]
    command += ["--target-path", str(folder / "target"), "--log-path", str(folder / "logs")]
    return measured(command, project, {"DBT_PROFILES_DIR": str(project), "OMP_NUM_THREADS": "1"})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--order-lines", type=int, default=10_000_000)
    parser.add_argument("--accounts", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--pandas", help="a Python that has pandas and pyarrow")
    parser.add_argument("--pymc", help="a Python that has pymc-marketing and pyarrow")
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="rfm-benchmark-", dir=os.environ.get("TMPDIR")))
    results: list[dict[str, Any]] = []
    try:
        lines, few = folder / "lines.parquet", folder / "few.parquet"
        # in processes that end, since what starts a process counts into its peak
        for path, size, accounts in (
            (lines, chosen.order_lines, chosen.accounts),
            (few, 10_000, 1_000),
        ):
            maker = multiprocessing.get_context("spawn").Process(
                target=generate, args=(path, size, accounts)
            )
            maker.start()
            maker.join()
        segments = ROOT / "seeds" / "reference" / "rfm_segments.csv"
        project = folder / "project"
        write_project(project)
        database = str(project / "benchmark.duckdb")
        dbt = str(Path(sys.executable).parent / "dbt")
        environment = {"DBT_PROFILES_DIR": str(project)}
        measured(
            [dbt, "--quiet", "seed", "-s", "rfm_segments", "--target-path", str(folder / "target"),
             "--vars", json.dumps({"as_of_date": AS_OF, "order_lines": ""})],
            project,
            environment,
        )  # fmt: skip
        run_dbt(project, few, folder)

        def note(what: str, figures: dict[str, Any]) -> None:
            results.append({"what": what, **figures})
            print(json.dumps(results[-1]), flush=True)

        for _ in range(chosen.repeats):
            for what, path in (("dbt, its own time", few), ("dbt", lines)):
                with duckdb.connect(database) as connection:
                    connection.execute("drop table crm_fits.rfm_cut_points")
                note(f"{what}, with the fit", run_dbt(project, path, folder))
                note(f"{what}, cut points frozen", run_dbt(project, path, folder))
            by_hand = HAND.format(as_of=AS_OF, lines=lines, segments=segments)
            script = (
                "import duckdb, sys; c = duckdb.connect(sys.argv[1]);"
                "c.execute('set threads = 2; set preserve_insertion_order = false');"
                "c.execute('drop table if exists account_rfm'); c.execute(sys.argv[2])"
            )
            hand = [sys.executable, "-c", script, str(folder / "hand.duckdb"), by_hand]
            note("hand", measured(hand, folder, {}))
            arguments = [str(lines), AS_OF, str(segments)]
            if chosen.pandas:
                note(
                    "pandas",
                    measured([chosen.pandas, "-c", READ + PANDAS, *arguments], folder, {}),
                )
            if chosen.pymc:
                note("pymc", measured([chosen.pymc, "-c", READ + PYMC, *arguments], folder, {}))
        with duckdb.connect(database) as connection:
            connection.execute(f"attach '{folder / 'hand.duckdb'}' as hand")
            same = connection.execute(COMPARE).fetchone()
        print(
            f"accounts: {same[0]:,}, with equal measures {same[1]:,}, with the code that the fit's"
            f" cut points give {same[2]:,}, that those of all accounts give {same[3]:,}"
        )
        if not same[0] == same[1] == same[2]:
            sys.exit("dbt and SQL by hand differ")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
