"""Who may read what on a server: consumers read public marts and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from conftest import DbtProject, DbtRun
from dbt.adapters.postgres_python.build_lock import BuildLock
from postgres_databases import Database, credentials_of
from tiny_project import write_consumer

pytestmark = pytest.mark.xdist_group("postgres_demo")


def readable(database: Database, role: str) -> tuple[set[str], set[str]]:
    """Relations of all schemas that the role reads, and those that it is refused."""
    relations = database.query(
        "select schemaname, tablename from pg_tables where schemaname like 'crm%%' "
        "union all select schemaname, viewname from pg_views where schemaname like 'crm%%'"
    )
    read, refused = set(), set()
    connection = database.connect(user=role)
    with connection.cursor() as cursor:
        for schema, relation in relations:
            try:
                cursor.execute(f'select * from "{schema}"."{relation}" limit 1')
                cursor.fetchall()
                read.add(f"{schema}.{relation}")
            except psycopg2.errors.InsufficientPrivilege:
                refused.add(f"{schema}.{relation}")
    connection.close()
    return read, refused


def models(run: DbtRun, **wanted: Any) -> set[str]:
    return {
        f"{node['schema']}.{node['alias']}"
        for node in run.manifest()["nodes"].values()
        if node["resource_type"] == "model"
        and all(node[name] == value for name, value in wanted.items())
    }


def test_a_consumer_reads_the_public_marts_and_nothing_else(
    postgres_demo: DbtRun, consumer_role: str
) -> None:
    assert postgres_demo.postgres
    read, refused = readable(postgres_demo.postgres, consumer_role)
    assert read == models(postgres_demo, access="public")
    assert {"crm_marts.accounts", "crm_marts.account_attributes", "crm_marts.vip_dach"} <= read
    assert {name.split(".")[0] for name in read} == {"crm_marts"}
    # who is who, how he is reached, and what the sources say of him
    assert {
        "crm_intermediate.int_contact_points",
        "crm_intermediate.int_account_keys",
        "crm_staging.stg_crm__contacts",
        "crm_raw.raw_crm__contacts",
        "crm_history.group_membership_history",
        "crm_fits.cluster_parameters",
        "crm_marts.modelling_sample",
    } <= refused


PUBLIC = """
{{ config(
    materialized='table', access='public',
    post_hook="{{ crm_segmentation.let_consumers_read() }}"
) }}
select 1 as a
"""
OWN = "{{ config(materialized='table') }} select 1 as a"


@pytest.fixture
def small(tmp_path: Path, postgres_database: Database) -> DbtProject:
    """A project that installs this one and has two public models and two of its own."""
    models = {"accounts": PUBLIC, "kpis": PUBLIC, "sample": OWN, "settings": OWN}
    project = write_consumer(tmp_path / "project", models, vars={"as_of_date": "2026-01-01"})
    return replace(project, postgres=postgres_database)


@pytest.fixture
def roles(postgres_database: Database) -> Iterator[list[str]]:
    """Two roles that may log in."""
    names = [f'{who} "of" {postgres_database.name}' for who in ("One", "Other")]
    quoted = ['"' + name.replace('"', '""') + '"' for name in names]
    for name in quoted:
        postgres_database.execute(f"create role {name} login")
    yield names
    for name in quoted:
        postgres_database.execute(f"drop owned by {name}")
        postgres_database.execute(f"drop role {name}")


def test_a_role_that_is_named_no_longer_loses_what_it_was_given(
    small: DbtProject, roles: list[str]
) -> None:
    """With the next build, whatever it builds; what somebody else granted stays."""
    database = small.postgres
    assert database
    one, other = roles
    small.run("run", "-s", "package:consumer", vars={"consumer_roles": [one]})
    assert readable(database, one)[0] == {"crm.accounts", "crm.kpis"}
    quoted_one, quoted_other = ('"' + name.replace('"', '""') + '"' for name in roles)
    database.execute(
        f"grant usage on schema crm to {quoted_other};"
        f"grant select on crm.accounts to {quoted_other};"
        f"grant select on crm.sample to {quoted_one}"
    )
    small.run("run", "--select", "settings", vars={"consumer_roles": [other]})
    assert readable(database, one)[0] == set()
    assert readable(database, other)[0] == {"crm.accounts"}
    # which was granted beside what is the project's own
    has = "select has_table_privilege(%s, %s, 'select')"
    for table, granted in (("sample", True), ("kpis", False)):
        assert database.execute(has, (one, f"crm.{table}")) == [(granted,)]

    small.run("run", "--select", "settings")
    assert readable(database, other)[0] == set()
    assert database.query("select * from crm._consumer_roles") == []


def test_a_consumer_writes_nothing(postgres_demo: DbtRun, consumer_role: str) -> None:
    assert postgres_demo.postgres
    for sql in (
        "delete from crm_marts.accounts",
        "insert into crm_marts.vip_dach select * from crm_marts.vip_dach",
        "create table crm_marts.mine (a int)",
        "create table public.mine (a int)",
    ):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            postgres_demo.postgres.execute(sql, user=consumer_role)


def test_public_marts_are_tables(postgres_demo: DbtRun) -> None:
    """A view on PostgreSQL is gone from when a table below it is replaced until its own turn."""
    views = {
        f"{node['schema']}.{node['alias']}"
        for node in postgres_demo.manifest()["nodes"].values()
        if node["config"]["materialized"] == "view"
    }
    assert views
    assert not views & models(postgres_demo, access="public")


def test_a_build_that_may_not_begin_says_why(small: DbtProject) -> None:
    """Another build is under way; and then, a role is unknown. Nothing is built."""
    database = small.postgres
    assert database
    command = ("run", "--select", "settings")
    roles = {"consumer_roles": ["no such role"]}

    lock = BuildLock.take(credentials_of(database), "crm", wait=0)
    refused = small.run(*command, vars=roles, check=False)
    lock.release()
    assert refused.returncode != 0
    assert "Another build of schema 'crm' is under way" in refused.output
    assert "START sql" not in refused.output

    refused = small.run(*command, vars=roles, check=False)
    assert refused.returncode != 0
    assert "Unknown role in setting 'consumer_roles': got 'no such role'" in refused.output
    assert "START sql" not in refused.output
