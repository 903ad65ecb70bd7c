"""How long each model takes on PostgreSQL, beside the same SQL run bare in the same session type.

    python benchmarks/postgres_marts.py --order-lines 1000000 --accounts 100000

makes the order lines with the generator of the demo company, starts a server in a folder of its
own, loads them by COPY, builds everything below with dbt, and then runs each model's SQL again as
a bare `create table .. as`, with one index where the model has one and an ANALYZE; for the month
ends one `insert` more for each that the model's hook adds. Both are measured `--repeats` times,
in turn; the smallest counts. Measured is CPU time, of the server with its parallel workers and of
the client, since wall time moves with what else runs; processes that write what any statement left
behind (checkpointer and the like) are told apart. What it makes it deletes.

    python benchmarks/postgres_marts.py --models account_rfm account_attributes --repeats 3

builds what these read and themselves once, and then each of them in turns, dbt and bare, bare and
dbt. The first build of a model is shown as well: there it may be the first to read its inputs.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import io
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import psycopg2

from crm_segmentation.postgres import Server

ROOT = Path(__file__).resolve().parents[1]
BETWEEN = "-- the next month end"
# by how much dbt may take longer, where the work is more than its fixed cost
MOST = 1.5
WRITERS = ("postgres: checkpointer", "postgres: background writer", "postgres: walwriter")
SMALL = 0.1
LOADED = ("erp.orders", "erp.order_lines", "erp.products")
SETTINGS = {"demo": False, "as_of_date": "2026-01-01", "time_zone": "Europe/Berlin"}


def generate(folder: Path, accounts: int, lines: int) -> None:
    command = [sys.executable, "-m", "crm_segmentation.demo", "--format", "parquet"]
    command += ["--accounts", str(accounts), "--order-lines", str(lines), "--output", str(folder)]
    subprocess.run(command, check=True, cwd=ROOT)
    shutil.copy(ROOT / "seeds" / "demo" / "raw_erp__products.csv", folder)


def load(connection: Any, folder: Path) -> None:
    """The raw tables as staging wants them: every column text."""
    with connection.cursor() as cursor:
        cursor.execute("create schema erp")
        for name in LOADED:
            table = name.split(".")[1]
            (source,) = folder.glob(f"raw_erp__{table}.*")
            columns = [row[0] for row in duckdb.sql(f"describe from '{source}'").fetchall()]
            cursor.execute(f"create table {name} ({', '.join(f'{one} text' for one in columns)})")
            text = folder / f"{table}.csv"
            duckdb.sql(f"copy (from '{source}') to '{text}' (header false)")
            with text.open() as rows:
                cursor.copy_expert(f"copy {name} from stdin (format csv)", rows)
            text.unlink()
            cursor.execute(f"analyze {name}")


def absent_sources() -> list[str]:
    """Every table that the sources declare and that is not loaded here."""
    import yaml

    found = []
    for path in sorted((ROOT / "models" / "staging").glob("*/_*__sources.yml")):
        for source in yaml.safe_load(path.read_text())["sources"]:
            found += [f"{source['name']}.{table['name']}" for table in source["tables"]]
    return [name for name in found if name not in LOADED]


def cpu_seconds(server: Server) -> float:
    """CPU time so far of this process and of every process of the server, ended ones too.

    Without those that write what statements before may have left: whose it is nobody can say.
    """
    postmaster = server.pid()
    while True:
        ended = ticks_of(postmaster)[2:]
        running = [
            ticks_of(process, of=postmaster) for process in processes() if not is_writer(process)
        ]
        # a process that ends while the others are read is in neither sum
        if ticks_of(postmaster)[2:] == ended:
            break
    ticks = sum(ended) + sum(sum(one[:2]) for one in running)
    return ticks / os.sysconf("SC_CLK_TCK") + time.process_time()


def seconds_of_writers(server: Server) -> float:
    """CPU time so far of the server's own processes that write."""
    postmaster = server.pid()
    running = [ticks_of(process, of=postmaster) for process in processes() if is_writer(process)]
    return sum(sum(one[:2]) for one in running) / os.sysconf("SC_CLK_TCK")


def processes() -> list[int]:
    return [int(folder.name) for folder in Path("/proc").glob("[0-9]*")]


def is_writer(process: int) -> bool:
    try:
        title = Path(f"/proc/{process}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return False
    return title.startswith(WRITERS)


def ticks_of(process: int | None, of: int | None = None) -> list[int]:
    """Its time, in user and system, and that of its ended children; of a server's only."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return [0, 0, 0, 0]
    is_asked = of is None or of in (process, int(fields[1]))
    return [int(field) if is_asked else 0 for field in fields[11:15]]


def invoke(target: Path, *arguments: str, callbacks: Sequence[Any] = ()) -> Any:
    """A dbt command on the server, with the settings of the benchmark."""
    from dbt.cli.main import dbtRunner

    variables = json.dumps({**SETTINGS, "absent_sources": absent_sources()})
    options = ("--quiet", "--target", "postgres", "--target-path", str(target))
    done = dbtRunner(callbacks=list(callbacks)).invoke([*arguments, *options, "--vars", variables])
    if not done.success:
        sys.exit("dbt failed")
    return done.result


def build(
    target: Path, environment: dict[str, str], server: Server, selected: Sequence[str] = ()
) -> dict[str, float]:
    """Build tables with dbt, all or those selected, from nothing, one at a time: CPU seconds."""
    began: dict[str, float] = {}
    took: dict[str, float] = {}

    def hear(event: Any) -> None:
        if event.info.name == "NodeStart":
            began[event.data.node_info.unique_id] = cpu_seconds(server)
        elif event.info.name == "NodeFinished":
            name = event.data.node_info.unique_id
            took[name] = cpu_seconds(server) - began[name]

    os.environ.update({**environment, "DBT_PROFILES_DIR": str(ROOT), "OMP_NUM_THREADS": "1"})
    os.chdir(ROOT)
    invoke(
        target,
        *("build", "--full-refresh", "--threads", "1"),
        *("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"),
        *(("--select", *selected) if selected else ()),
        callbacks=[hear],
    )
    return took


def month_ends(target: Path) -> list[str]:
    """The SQL of each month end, which the model's hook adds one by one."""
    every = (
        "{% for day in crm_segmentation.month_ends() %}"
        "{{ crm_segmentation.month_end_query([day], 'own') }}\n" + BETWEEN + "\n{% endfor %}"
    )
    # dbt prints what it compiled
    with contextlib.redirect_stdout(io.StringIO()):
        (result,) = invoke(target, "compile", "--inline", every).results
    return [sql for sql in result.node.compiled_code.split(BETWEEN) if sql.strip()]


def tables(target: Path) -> list[dict[str, Any]]:
    """Models that are tables written in SQL, in the order in which they were built."""
    nodes = json.loads((target / "manifest.json").read_text())["nodes"]
    results = json.loads((target / "run_results.json").read_text())["results"]
    built = [nodes[one["unique_id"]] for one in results]
    return [
        node
        for node in built
        if node["resource_type"] == "model"
        and node["language"] == "sql"
        and node["config"]["materialized"] in ("table", "incremental")
    ]


def added_to(node: dict[str, Any], monthly: list[str]) -> list[str]:
    """The statements that add to a model's table; its own SQL is the newest month end."""
    return monthly[:-1] if node["alias"] == "account_kpis_monthly" else []


def bare(connection: Any, node: dict[str, Any], more: list[str], server: Server) -> float:
    """CPU seconds of the model's SQL by itself, and of the statements that add rows to it."""
    table = f"by_hand.{node['alias']}"
    with connection.cursor() as cursor:
        started = cpu_seconds(server)
        cursor.execute(f"create table {table} as {node['compiled_code']}")
        for index in node["config"].get("indexes") or []:
            cursor.execute(f"create index on {table} ({', '.join(index['columns'])})")
        for sql in more:
            cursor.execute(f"insert into {table} {sql}")
        cursor.execute(f"analyze {table}")
        seconds = cpu_seconds(server) - started
        cursor.execute(f"drop table {table}")
    return seconds


def bound_by(connection: Any, node: dict[str, Any]) -> list[str]:
    """The steps of the plan that take longest by themselves."""
    with connection.cursor() as cursor:
        cursor.execute(
            "explain (analyze, buffers, format json) create table by_hand.explained as "
            + node["compiled_code"]
        )
        ((plan,),) = cursor.fetchall()
        cursor.execute("drop table if exists by_hand.explained")
    steps: dict[str, float] = defaultdict(float)

    def walk(step: dict[str, Any]) -> None:
        children = step.get("Plans", [])
        own = step["Actual Total Time"] * step["Actual Loops"] - sum(
            child["Actual Total Time"] * child["Actual Loops"] for child in children
        )
        name = step["Node Type"]
        if "Strategy" in step and step["Strategy"] != "Plain":
            name += f" ({step['Strategy'].lower()})"
        spilled = step.get("Temp Written Blocks", 0) - sum(
            child.get("Temp Written Blocks", 0) for child in children
        )
        name += f" of {step.get('Relation Name') or step.get('CTE Name')}" * (
            "Relation Name" in step or "CTE Name" in step
        )
        if spilled > 0:
            name += f", {spilled * 8 // 1024} MB on disk"
        steps[name] += own
        for child in children:
            walk(child)

    walk(plan[0]["Plan"])
    longest = sorted(steps.items(), key=lambda item: -item[1])[:3]
    return [f"{name} {own / 1000:.1f} s" for name, own in longest]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--order-lines", type=int, default=1_000_000)
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE",
        help="a setting of the server, for both sides: --set work_mem=256MB",
    )  # fmt: skip
    parser.add_argument("--models", nargs="+", metavar="MODEL", help="these only, in turns")
    parser.add_argument("--output", type=Path, help="CSV of model, dbt and bare seconds")
    parser.add_argument("--folder", type=Path, help="for data and server (default: a temporary)")
    arguments = parser.parse_args()

    folder = Path(tempfile.mkdtemp(prefix="crm-bench-", dir=arguments.folder))
    # the server runs as a user of its own where this runs as root
    folder.chmod(0o711)
    server = Server(folder / "server")
    try:
        generate(folder / "data", arguments.accounts, arguments.order_lines)
        server.create()
        # a build gathers statistics itself
        server.start({"autovacuum": "off", **dict(one.split("=", 1) for one in arguments.set)})
        server.make_database("crm_segmentation")
        environment = server.environment("crm_segmentation")
        connection = psycopg2.connect(
            host=environment["PGHOST"], port=environment["PGPORT"],
            user=environment["PGUSER"], dbname="crm_segmentation",
        )  # fmt: skip
        connection.autocommit = True
        started = time.perf_counter()
        load(connection, folder / "data")
        print(f"loaded in {time.perf_counter() - started:.1f} s", flush=True)
        with connection.cursor() as cursor:
            cursor.execute("create schema by_hand")

        if arguments.models:
            measure_in_turns(
                connection, folder / "target", environment, server,
                arguments.models, arguments.repeats,
            )  # fmt: skip
            return
        by_dbt: dict[str, float] = {}
        by_hand: dict[str, float] = {}
        for _ in range(arguments.repeats):
            target = folder / "target"
            for name, seconds in build(target, environment, server).items():
                by_dbt[name] = min(seconds, by_dbt.get(name, seconds))
            nodes = tables(target)
            monthly = month_ends(target)
            for node in nodes:
                name = node["unique_id"]
                more = added_to(node, monthly)
                seconds = bare(connection, node, more, server)
                by_hand[name] = min(seconds, by_hand.get(name, seconds))
        report(connection, nodes, by_dbt, by_hand, arguments.output)
        connection.close()
    finally:
        server.remove()
        shutil.rmtree(folder)


def measure_in_turns(
    connection: Any,
    target: Path,
    environment: dict[str, str],
    server: Server,
    models: list[str],
    repeats: int,
) -> None:
    """Each model with dbt and bare, `repeats` times, who is first changing from turn to turn."""
    first = build(target, environment, server, [f"+{name}" for name in models])
    nodes = [node for node in tables(target) if node["alias"] in models]
    print(f"written in the background: {seconds_of_writers(server):.1f} s", flush=True)
    monthly = month_ends(target)
    for node in nodes:
        turns: dict[str, list[float]] = {"dbt": [], "bare": []}
        for turn in range(repeats):
            for side in ("dbt", "bare") if turn % 2 == 0 else ("bare", "dbt"):
                if side == "dbt":
                    took = build(target, environment, server, [node["alias"]])
                    turns[side].append(took[node["unique_id"]])
                else:
                    turns[side].append(bare(connection, node, added_to(node, monthly), server))
        dbt, hand = (min(turns[side]) for side in ("dbt", "bare"))
        each = "; ".join(
            f"{side} {', '.join(f'{one:.2f}' for one in seconds)}"
            for side, seconds in turns.items()
        )
        print(
            f"{node['alias']:32} first {first[node['unique_id']]:8.2f} s  dbt {dbt:8.2f} s  "
            f"bare {hand:8.2f} s  {dbt / hand:.2f}{'  OVER' if dbt > MOST * hand else ''}"
            f"  ({each})",
            flush=True,
        )
    print(f"written in the background: {seconds_of_writers(server):.1f} s", flush=True)


def report(
    connection: Any,
    nodes: list[dict[str, Any]],
    by_dbt: dict[str, float],
    by_hand: dict[str, float],
    output: Path | None,
) -> None:
    names = [node["unique_id"] for node in nodes]
    print(f"all models: dbt {sum(by_dbt[name] for name in names):.1f} s, "
          f"bare {sum(by_hand[name] for name in names):.1f} s")  # fmt: skip
    rows = [
        (node["alias"], re.sub(r"models/([^/]*)/.*", r"\1", node["original_file_path"]),
         by_dbt[node["unique_id"]], by_hand[node["unique_id"]])
        for node in nodes
    ]  # fmt: skip
    rows.sort(key=lambda row: -row[2])
    for name, room, dbt, hand in rows:
        if dbt >= 0.5:
            print(
                f"{name:32} {room:13} dbt {dbt:8.2f} s  bare {hand:8.2f} s  {dbt / hand:.2f}"
                f"{'  OVER' if dbt > MOST * hand else ''}"
            )
    fixed = [dbt - hand for *_, dbt, hand in rows if hand < SMALL]
    if fixed:
        print(
            f"{len(fixed)} models of less than {SMALL} s: dbt adds "
            f"{statistics.median(fixed):.2f} s to each ({min(fixed):.2f} to {max(fixed):.2f})"
        )
    if output:
        with output.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("model", "room", "dbt_seconds", "bare_seconds"))
            writer.writerows((name, room, f"{d:.3f}", f"{h:.3f}") for name, room, d, h in rows)
    print("the slowest five, and what bounds them:")
    by_name = {node["alias"]: node for node in nodes}
    for name, *_ in rows[:5]:
        print(f"{name}: {'; '.join(bound_by(connection, by_name[name]))}", flush=True)


if __name__ == "__main__":
    main()
