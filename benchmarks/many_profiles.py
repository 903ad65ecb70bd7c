"""How fast rules run: one profile beside SQL by hand, many profiles beside the fastest recipe.

    python benchmarks/many_profiles.py --engine duckdb --accounts 1000000 --activities 20000000

All that is compared runs in turns in one process on the same tables, and ratios are of medians of
CPU seconds, the engine's own (the server's, with its helpers, on PostgreSQL); wall time moves with
whatever else runs and is shown beside them.

- one: members of one profile, by the macros and by hand: attributes, events, chains, rankings
- many: 1,000 profiles of five attribute leaves: in batches (setting `batch_profiles`), by the
  fastest recipe by hand for the engine, and in a statement each
- passes: how often the activity table is scanned for a profile of five event leaves
- dbt (with --dbt): a whole `dbt run` of the 1,000 models, and how much of it is not SQL
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "python"))

from criteria.engine import Engine, install  # noqa: E402  (needs the path above)

AS_OF = "2026-01-01"
# how rules fold text
FROM, TO = "\u0130\u03a3\u03c2", "i\u03c3\u03c3"
NUMBERS, TEXTS = 14, 6
SCHEMA = "rule_consumer.rules"
VARIABLES: dict[str, Any] = {
    "as_of_date": AS_OF,
    "time_zone": "UTC",
    "extra_attributes": {
        **{f"n{index}": {"type": "number", "sql_type": "integer"} for index in range(NUMBERS)},
        **{f"t{index}": {"type": "text"} for index in range(TEXTS)},
    },
    "extra_events": {
        "purchase": {
            "model": "activities",
            "label": "Purchase",
            "description": "One row per purchase",
            "columns": {"amount": "number", "category": "text"},
        },
        "page_view": {
            "model": "activities",
            "label": "Page view",
            "description": "One row per page view",
            "columns": {"category": "text"},
        },
    },
}
for _name, _declared in VARIABLES["extra_attributes"].items():
    _declared.update(label=_name, description=_name, model="account_attributes")


def nodes_of(plan: Any, below: str) -> Iterator[dict[str, Any]]:
    """The nodes of a plan as JSON."""
    rest = plan if isinstance(plan, list) else [plan]
    while rest:
        node = rest.pop()
        yield node
        rest = rest + node.get(below, [])


class DuckDb:
    name = "duckdb"

    def __init__(self, folder: Path, threads: int) -> None:
        import duckdb

        self.file = folder / "rule_consumer.duckdb"
        self.connection = duckdb.connect(str(self.file))
        self.connection.execute(f"set threads = {threads}")
        self.connection.execute("set preserve_insertion_order = false")
        self.connection.execute("create schema rules")

    def run(self, sql: str) -> None:
        self.connection.execute(sql)

    def value(self, sql: str) -> Any:
        row = self.connection.execute(sql).fetchone()
        return row[0] if row else None

    def scans(self, sql: str, table: str) -> int:
        """How often the plan reads a table."""
        plan = self.connection.execute("explain (format json) " + sql).fetchall()[0][1]
        return sum(
            str(node.get("extra_info", {}).get("Table", "")).split(".")[-1] == table
            for node in nodes_of(json.loads(plan), "children")
        )

    def cpu(self) -> float:
        return time.process_time()

    def fingerprints(self, relation: str, key: str = "0") -> dict[int, Any]:
        """By key, members as numbers: the same for the same set."""
        rows = self.connection.execute(
            f"select {key}, count(*), sum(hash(account_id)) from {relation} group by 1"
        ).fetchall()
        return {row[0]: row[1:] for row in rows}

    def load(self, accounts: int, activities: int) -> None:
        columns = [f"(hash(i * 31 + {k}) % 10000)::integer as n{k}" for k in range(NUMBERS)]
        columns += [
            f"chr((65 + hash(i * 17 + {k}) % 20)::integer) || 'x' as t{k}" for k in range(TEXTS)
        ]
        account = "'A' || lpad(i::varchar, 8, '0')"
        self.run(
            f"create table rules.account_attributes as select {account} as account_id, "
            f"{', '.join(columns)} from range({accounts}) as numbered(i)"
        )
        self.run(
            "create table rules.rule_base as select account_id from rules.account_attributes "
            "order by hash(account_id)"
        )
        self.run(
            "create table rules.activities as select 'E' || i as event_id, "
            f"'A' || lpad((hash(i) % {accounts})::varchar, 8, '0') as account_id, "
            "case when i % 4 = 0 then 'purchase' else 'page_view' end as event_name, "
            f"timestamp '{AS_OF}' - interval 1 second * (hash(i * 7) % 94608000) as occurred_at, "
            f"timestamp '{AS_OF}' as loaded_at, (hash(i * 3) % 100000)::integer as amount, "
            "chr((65 + hash(i * 5) % 20)::integer) as category "
            f"from range({activities}) as numbered(i)"
        )

    def recipe(self, rules: list[list[str]]) -> list[str]:
        """UNION ALL of plain filters, 100 a statement."""
        statements = []
        for start in range(0, len(rules), 100):
            branches = [
                f"select {start + index} as profile_key, account_id from rules.account_attributes "
                f"where {' and '.join(leaves)}"
                for index, leaves in enumerate(rules[start : start + 100])
            ]
            statements.append("insert into rules.members_by_hand " + " union all ".join(branches))
        return statements

    def binned_recipe(self, rules: list[list[str]]) -> list[str]:
        """The same on columns that were made small integers once, which is part of it."""
        columns = [f"n{k}::usmallint as n{k}" for k in range(NUMBERS)]
        columns += [
            f"(ascii(lower(translate(t{k}, '{FROM}', '{TO}'))) - {ord('a')})::utinyint as t{k}"
            for k in range(TEXTS)
        ]
        return [
            "create or replace temp table binned as "
            f"select account_id, {', '.join(columns)} from rules.account_attributes",
            *(
                sql.replace("from rules.account_attributes", "from binned")
                for sql in self.recipe([[binned(leaf) for leaf in leaves] for leaves in rules])
            ),
        ]


def binned(leaf: str) -> str:
    """A leaf by hand on columns of small integers: letters become their place."""
    text, found, listed = leaf.partition(") in (")
    if not found:
        return leaf
    column = text.removeprefix("lower(translate(").partition(",")[0]
    places = [str(ord(letter) - ord("a")) for letter in re.findall("'(.)x'", listed)]
    return f"{column} in ({', '.join(places)})"


def process_times(process: int) -> tuple[int, int, int]:
    """Parent, ticks of its own, ticks of its children that have ended."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    user, system, child_user, child_system = map(int, fields[11:15])
    return int(fields[1]), user + system, child_user + child_system


class Postgres:
    name = "postgres"

    def __init__(self, folder: Path, threads: int) -> None:
        import psycopg2

        from crm_segmentation.postgres import Server

        self.server = Server(folder / "server")
        self.server.start()
        settings = self.server.environment("postgres")
        with_database = {"host": settings["PGHOST"], "user": settings["PGUSER"]}
        first = psycopg2.connect(dbname="postgres", **with_database)
        first.autocommit = True
        first.cursor().execute("create database rule_consumer")
        first.close()
        self.connection = psycopg2.connect(dbname="rule_consumer", **with_database)
        self.connection.autocommit = True
        self.run("create schema rules")
        self.run(f"set max_parallel_workers_per_gather = {threads - 1}")
        self.run("set work_mem = '256MB'")

    def run(self, sql: str) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(sql)

    def value(self, sql: str) -> Any:
        with self.connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchone()[0]

    def scans(self, sql: str, table: str) -> int:
        """How often the plan reads a table."""
        plan = self.value("explain (format json) " + sql)
        return sum(
            node.get("Relation Name") == table for node in nodes_of(plan[0]["Plan"], "Plans")
        )

    def cpu(self) -> float:
        """Of all processes of the server, those that have ended too."""
        ticks = os.sysconf("SC_CLK_TCK")
        backend = self.value("select pg_backend_pid()")
        parent = process_times(backend)[0]
        seconds = sum(process_times(parent)[1:])
        for place in Path("/proc").glob("[0-9]*"):
            try:
                of, own, _ = process_times(int(place.name))
            except OSError:
                continue
            if of == parent:
                seconds += own
        return seconds / ticks

    def fingerprints(self, relation: str, key: str = "0") -> dict[int, Any]:
        """By key, members as numbers: the same for the same set."""
        with self.connection.cursor() as cursor:
            cursor.execute(
                f"select {key}, count(*), sum(hashtextextended(account_id, 0)) from {relation} "
                "group by 1"
            )
            return {row[0]: row[1:] for row in cursor.fetchall()}

    def load(self, accounts: int, activities: int) -> None:
        columns = [f"abs(hashint8(i * 31 + {k})) % 10000 as n{k}" for k in range(NUMBERS)]
        columns += [
            f"chr(65 + abs(hashint8(i * 17 + {k})) % 20) || 'x' as t{k}" for k in range(TEXTS)
        ]
        account = "'A' || lpad(cast(i as text), 8, '0')"
        self.run(
            f"create table rules.account_attributes as select {account} as account_id, "
            f"{', '.join(columns)} from generate_series(0, {accounts - 1}) as numbered(i)"
        )
        self.run(
            "create table rules.rule_base as select account_id from rules.account_attributes "
            "order by md5(account_id)"
        )
        self.run(
            "create table rules.activities as select 'E' || i as event_id, "
            f"'A' || lpad(cast(abs(hashint8(i)) % {accounts} as text), 8, '0') as account_id, "
            "case when i % 4 = 0 then 'purchase' else 'page_view' end as event_name, "
            f"timestamp '{AS_OF}' - interval '1 second' * (abs(hashint8(i * 7)::bigint) % 94608000)"
            f" as occurred_at, timestamp '{AS_OF}' as loaded_at, "
            "abs(hashint8(i * 3)) % 100000 as amount, "
            "chr(65 + abs(hashint8(i * 5)) % 20) as category "
            f"from generate_series(0, {activities - 1}) as numbered(i)"
        )
        self.run("vacuum analyze")

    def recipe(self, rules: list[list[str]]) -> list[str]:
        """unnest(array_remove(array[case ..], null)) in one scan."""
        cases = [
            f"case when {' and '.join(leaves)} then {index} end"
            for index, leaves in enumerate(rules)
        ]
        return [
            "insert into rules.members_by_hand select unnest(array_remove(array["
            + ", ".join(cases)
            + "], null)), account_id from rules.account_attributes"
        ]


def draw_rules(count: int) -> list[tuple[str, list[str]]]:
    """Rules of five attribute leaves as YAML and as the SQL of their leaves by hand.

    A leaf keeps a bit more than half of the accounts, a rule some five percent.
    """
    draw = random.Random(1)
    rules = []
    for _ in range(count):
        lines, leaves = [], []
        for index in draw.sample(range(NUMBERS), 4):
            threshold = draw.randint(3500, 5500)
            lines.append(f"  - n{index}: {{gte: {threshold}}}")
            leaves.append(f"n{index} >= {threshold}")
        index = draw.randrange(TEXTS)
        letters = draw.sample("ABCDEFGHIJKLMNOPQRST", 11)
        lines.append(f"  - t{index}: [{', '.join(letter + 'x' for letter in letters)}]")
        listed = ", ".join(f"'{letter.lower()}x'" for letter in letters)
        leaves.append(f"lower(translate(t{index}, '{FROM}', '{TO}')) in ({listed})")
        rules.append(("all:\n" + "\n".join(lines) + "\n", leaves))
    return rules


EVENTS = """
all:
  - event: {name: purchase, within: 365d, count: {gte: 2}}
  - event: {name: purchase, where: {category: [A, B, C]}, within: 180d}
  - event: {name: purchase, within: 365d, sum: {of: amount, gte: 50000}}
  - event: {name: purchase, where: {amount: {gte: 90000}}, within: 90d, count: {lte: 3}}
  - event: {name: purchase, within: 30d, count: {lt: 5}}
"""
DAY = f"timestamp '{AS_OF}'"
EVENTS_BY_HAND = f"""
with evidence as (
    select
        account_id,
        count(*) as purchases,
        count(*) filter (where lower(translate(category, '{FROM}', '{TO}')) in ('a', 'b', 'c')
            and occurred_at >= {DAY} - interval '180 days') as in_categories,
        sum(amount) as amount,
        count(*) filter (where amount >= 90000
            and occurred_at >= {DAY} - interval '90 days') as large,
        count(*) filter (where occurred_at >= {DAY} - interval '30 days') as recent
    from {SCHEMA}.activities
    where event_name = 'purchase'
        and occurred_at < {DAY} and occurred_at >= {DAY} - interval '365 days'
    group by account_id
)
select rule_base.account_id, date '{AS_OF}' as as_of_date, 'hash' as rule_hash
from {SCHEMA}.rule_base
inner join evidence on evidence.account_id = rule_base.account_id
where purchases >= 2 and in_categories >= 1 and amount >= 50000 and large <= 3 and recent < 5
"""

IN_90_DAYS = f"occurred_at < {DAY} and occurred_at >= {DAY} - interval '90 days'"
ROWS = f"from {SCHEMA}.activities where {IN_90_DAYS} and event_name"
VALUED = (
    f"from {SCHEMA}.rule_base inner join {SCHEMA}.account_attributes "
    "on account_attributes.account_id = rule_base.account_id where n0 is not null"
)
# a window over the rows of both events, as rules ask for no other order of one instant
NEXT_TO = """
    {what}(case when {other} then occurred_at end) over (
        partition by account_id order by occurred_at {direction}
        groups between unbounded preceding and 1 preceding
    ) as other_at
"""
THREE_STEPS = (
    "sequence: {{steps: [page_view, {{name: purchase, where: {{amount: {{gte: 50000}}}}}}, "
    "page_view], within: 365d{gap}}}"
)


def joined(gap: bool) -> str:
    """Three steps as a join of rows with rows, which is the fastest where an account has few."""
    steps = [
        ("viewed", "event_name = 'page_view'"),
        ("bought", "event_name = 'purchase' and amount >= 50000"),
        ("viewed_again", "event_name = 'page_view'"),
    ]
    joins = []
    for index, (name, condition) in enumerate(steps):
        rows = (
            f"(select account_id, occurred_at from {SCHEMA}.activities where {condition} "
            f"and occurred_at < {DAY} and occurred_at >= {DAY} - interval '365 days') as {name}"
        )
        if index:
            before = steps[index - 1][0]
            rows += f" on {name}.account_id = {before}.account_id"
            rows += f" and {name}.occurred_at > {before}.occurred_at"
            if gap:
                rows += f" and {name}.occurred_at < {before}.occurred_at + interval '14 days'"
        joins.append(rows)
    return f"select distinct viewed.account_id from {' inner join '.join(joins)}"


OTHERS = {
    "sequence": (
        "sequence: {steps: [page_view, {name: purchase, where: {category: [A, B]}}], "
        "gap: 14d, within: 90d}",
        "select distinct account_id from (select *, "
        + NEXT_TO.format(what="max", other="is_view", direction="")
        + "from (select account_id, occurred_at, event_name = 'page_view' as is_view "
        f"{ROWS} = 'page_view' or {IN_90_DAYS} and event_name = 'purchase' "
        f"and lower(translate(category, '{FROM}', '{TO}')) in ('a', 'b')) as read_rows) as placed "
        "where not is_view and other_at > occurred_at - interval '14 days'",
    ),
    "sequence of three": (THREE_STEPS.format(gap=", gap: 14d"), joined(gap=True)),
    "the same without gap": (THREE_STEPS.format(gap=""), joined(gap=False)),
    "abandoned": (
        "abandoned: {name: page_view, without: purchase, for: 7d, within: 90d}",
        "select distinct account_id from (select *, "
        + NEXT_TO.format(what="min", other="not is_view", direction="desc")
        + "from (select account_id, occurred_at, event_name = 'page_view' as is_view "
        f"{ROWS} in ('page_view', 'purchase')) as read_rows) as placed "
        f"where is_view and occurred_at <= {DAY} - interval '7 days' "
        "and coalesce(other_at >= occurred_at + interval '7 days', true)",
    ),
    "top_percent": (
        "n0: {top_percent: 10}",
        "select account_id from (select rule_base.account_id, count(*) over () as accounts, "
        f"count(*) over (order by n0 desc) as place {VALUED}) as placed "
        "where 100 * place <= 10 * accounts",
    ),
    "top, over": (
        "n0: {top: 100, over: t0}",
        "select account_id from (select rule_base.account_id, row_number() over "
        f"(partition by t0 order by n0 desc, rule_base.account_id) as place {VALUED}) as placed "
        "where place <= 100",
    ),
    "top": (
        "n0: {top: 100}",
        f"select rule_base.account_id {VALUED} order by n0 desc, rule_base.account_id limit 100",
    ),
}


Seconds = dict[str, list[tuple[float, float]]]


def in_turns(database: Any, candidates: dict[str, Callable[[], None]], repeats: int) -> Seconds:
    """CPU and wall seconds of each candidate, all of them run in turns."""
    seconds: Seconds = {name: [] for name in candidates}
    for _ in range(repeats):
        for name, candidate in candidates.items():
            cpu, wall = database.cpu(), time.perf_counter()
            candidate()
            seconds[name].append((database.cpu() - cpu, time.perf_counter() - wall))
    return seconds


def show(title: str, seconds: Seconds, against: list[tuple[str, str]]) -> None:
    print(title)
    medians = {}
    for name, values in seconds.items():
        cpu, wall = [sorted(found) for found in zip(*values, strict=True)]
        medians[name] = statistics.median(cpu), statistics.median(wall)
        print(
            f"  {name:<12} CPU {medians[name][0]:8.2f} s ({cpu[0]:.2f} to {cpu[-1]:.2f})"
            f"   wall {medians[name][1]:8.2f} s ({wall[0]:.2f} to {wall[-1]:.2f})"
        )
    for name, other in against:
        cpu, wall = (medians[name][at] / max(medians[other][at], 0.001) for at in (0, 1))
        print(f"  {name} / {other}: CPU {cpu:.2f}, wall {wall:.2f}", flush=True)


def one_profile(database: Any, engine: Engine, repeats: int) -> None:
    text, leaves = draw_rules(1)[0]
    by_hand = (
        f"select rule_base.account_id, date '{AS_OF}' as as_of_date, 'hash' as rule_hash "
        f"from {SCHEMA}.rule_base inner join {SCHEMA}.account_attributes "
        "on account_attributes.account_id = rule_base.account_id "
        f"where {' and '.join(leaves)}"
    )
    compared = [("attributes", text, by_hand), ("events", EVENTS, EVENTS_BY_HAND)]
    compared += [
        (
            title,
            rule,
            f"select rule_base.account_id, date '{AS_OF}' as as_of_date, 'hash' as rule_hash "
            f"from {SCHEMA}.rule_base inner join ({found}) as found "
            "on found.account_id = rule_base.account_id",
        )
        for title, (rule, found) in OTHERS.items()
    ]
    for title, rule, hand in compared:
        macros = str(engine.call("rule_members", rule, base="rule_base"))
        counts = [
            database.value(f"select count(*) from ({sql}) as counted") for sql in (macros, hand)
        ]
        assert counts[0] == counts[1], counts

        def build(sql: str) -> Callable[[], None]:
            def run() -> None:
                database.run("drop table if exists rules.one_profile")
                database.run(f"create table rules.one_profile as {sql}")

            return run

        seconds = in_turns(database, {"macros": build(macros), "by hand": build(hand)}, repeats)
        show(f"one profile, {title}, {counts[0]} members", seconds, [("macros", "by hand")])
    macros = str(engine.call("rule_members", EVENTS, base="rule_base"))
    scans = database.scans(macros, "activities")
    print(f"  scans of the activity table in the plan of five event leaves: {scans}", flush=True)


def many_profiles(database: Any, engine: Engine, count: int, repeats: int) -> None:
    rules = draw_rules(count)
    start = time.process_time()
    batches = engine.call(
        "batch_transactions",
        "0123456789ab",
        [
            {
                "text": text,
                "base": "rule_base",
                "name": f"rule_{index}",
                "relations": None,
                "schema": "rules",
                "alias": f"rule_{index}",
                "indexes": [],
                "dropped": None,
            }
            for index, (text, _) in enumerate(rules)
        ],
    )
    rendering = time.process_time() - start
    singles = [str(engine.call("rule_members", text, base="rule_base")) for text, _ in rules]
    recipe = database.recipe([leaves for _, leaves in rules])

    def in_batches() -> None:
        for statements in batches:
            database.run("begin")
            for sql in statements:
                database.run(sql)
            database.run("commit")

    def by_recipe() -> None:
        database.run("drop table if exists rules.members_by_hand")
        database.run("create table rules.members_by_hand (profile_key bigint, account_id text)")
        for sql in recipe:
            database.run(sql)

    def by_binned_recipe() -> None:
        database.run("drop table if exists rules.members_by_hand")
        database.run("create table rules.members_by_hand (profile_key bigint, account_id text)")
        for sql in database.binned_recipe([leaves for _, leaves in rules]):
            database.run(sql)

    def one_by_one() -> None:
        for index, sql in enumerate(singles):
            database.run(f"drop table if exists rules.profile_{index}")
            database.run(f"create table rules.profile_{index} as {sql}")

    candidates = {"batches": in_batches, "recipe": by_recipe, "one by one": one_by_one}
    against = [("batches", "recipe"), ("one by one", "batches")]
    if hasattr(database, "binned_recipe"):
        candidates["binned"] = by_binned_recipe
        against.append(("batches", "binned"))
    seconds = in_turns(database, candidates, repeats)
    by_hand = database.fingerprints("rules.members_by_hand", "profile_key")
    for index in range(count):
        for way in ("rule", "profile"):
            found = database.fingerprints(f"rules.{way}_{index}")
            assert found == {0: by_hand[index]}, (way, index, found)
    members = database.value("select count(*) from rules.members_by_hand")
    show(
        f"{count} profiles of five leaves, {members} members, rendered in {rendering:.1f} s CPU",
        seconds,
        against,
    )
    for index in range(count):
        database.run(f"drop table rules.profile_{index}")


def whole_dbt(database: DuckDb, count: int) -> None:
    """`dbt run` of all the models, as batches and one by one, and the time that is not SQL."""
    folder = database.file.parent / "project"
    install(folder)
    # the package's hook looks at recorded history, of which there is none
    (folder / "dbt_packages" / "crm_segmentation" / "dbt_project.yml").write_text(
        "name: crm_segmentation\nversion: 1.0.0\nconfig-version: 2\n"
    )
    models = folder / "models" / "many"
    models.mkdir()
    for index, (text, _) in enumerate(draw_rules(count)):
        call = "{% call crm_segmentation.profile(base='rule_base') %}"
        (models / f"many_{index}.sql").write_text(f"{call}\n{text}{{% endcall %}}\n")
    database.connection.close()
    shutil.copy(database.file, folder / "rule_consumer.duckdb")
    for batched in (True, False):
        variables = json.dumps({**VARIABLES, "batch_profiles": batched})
        options = ["--vars", variables, "--profiles-dir", "."]
        parsing = dbt_cpu(folder, "parse", "--no-partial-parse", *options)
        running = dbt_cpu(folder, "run", "-s", "many", *options)
        results = json.loads((folder / "target" / "run_results.json").read_text())["results"]
        # in batches the first model holds nearly all of the SQL
        longest = max(result["execution_time"] for result in results)
        print(
            f"dbt, {'in batches' if batched else 'one by one'}: parse {parsing:.1f} s CPU, run "
            f"{running:.1f}, {len(results)} models, the longest {longest:.1f} s wall",
            flush=True,
        )


def dbt_cpu(folder: Path, *arguments: str) -> float:
    """CPU seconds of a dbt command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [str(Path(sys.executable).with_name("dbt")), "--quiet", *arguments]
    subprocess.run(command, cwd=folder, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@contextmanager
def opened(engine: str, threads: int) -> Iterator[Any]:
    # a short path: a socket has room for 107 characters
    with tempfile.TemporaryDirectory(prefix="rules") as folder:
        Path(folder).chmod(0o755)
        database = (DuckDb if engine == "duckdb" else Postgres)(Path(folder), threads)
        try:
            yield database
        finally:
            if isinstance(database, Postgres):
                database.connection.close()
                database.server.stop()


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--engine", choices=["duckdb", "postgres"], default="duckdb")
    parser.add_argument("--accounts", type=int, default=1_000_000)
    parser.add_argument("--activities", type=int, default=20_000_000)
    parser.add_argument("--profiles", type=int, default=1_000)
    parser.add_argument("--batch-size", type=int, default=100, help="profiles in a statement")
    parser.add_argument("--repeats", type=int, default=5, help="of what is asked of one profile")
    parser.add_argument("--many-repeats", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--dbt", action="store_true", help="also run dbt on all (DuckDB)")
    arguments = parser.parse_args()
    with opened(arguments.engine, arguments.threads) as database:
        database.load(arguments.accounts, arguments.activities)
        with tempfile.TemporaryDirectory() as folder:
            engine = Engine(Path(folder) / "project", arguments.engine)
            engine.set_variables({**VARIABLES, "profile_batch_size": arguments.batch_size})
            one_profile(database, engine, arguments.repeats)
            if arguments.profiles:
                many_profiles(database, engine, arguments.profiles, arguments.many_repeats)
        if arguments.dbt and arguments.engine == "duckdb":
            whole_dbt(database, arguments.profiles)
    return 0


if __name__ == "__main__":
    sys.exit(main())
