"""Nothing that a fit reads or writes says who somebody is: checked on the demo company."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable

import pytest
from conftest import DbtRun

# Raw columns that say who somebody is, where, or how to reach him, and keys of the sources.
PERSONAL = re.compile(
    r"(?:account|contact|lead|customer|order|crm_account|converted_account|parent_account)_no"
    r"|line_id|event_id|contact_event_id|response_id|interaction_id|consent_id|contract_id"
    r"|visitor_id|session_id|user_id|cookie_id"
    r"|name|first_name|last_name|company|owner_name|birth_date"
    r"|(?:user_)?email|phone|website|street|postal_code|city|tax_id|contact_point"
)
# what these hold is no person
IMPERSONAL_TABLES = ("raw_crm__campaigns", "raw_erp__products", "raw_erp__exchange_rates")


def read_by_fits_or_written(build: DbtRun) -> list[str]:
    """Every relation that a Python model reads, and every table of parameters."""
    nodes = build.manifest()["nodes"]
    fits = [node for node in nodes.values() if node.get("language") == "python"]
    read = {parent for fit in fits for parent in fit["depends_on"]["nodes"]}
    told = {
        key
        for key, node in nodes.items()
        if node["config"].get("meta", {}).get("deidentified") is True
    }
    wanted = [nodes[key] for key in sorted(read | told)] + fits
    return [f'"{node["schema"]}"."{node["alias"]}"' for node in wanted]


def texts(build: DbtRun, relation: str) -> set[str]:
    """The different values of every column that is no number."""
    schema, table = (part.strip('"') for part in relation.split("."))
    columns = build.query(
        "select column_name from information_schema.columns"
        f" where table_schema = '{schema}' and table_name = '{table}'"
        " and data_type not in ('DOUBLE', 'BIGINT', 'INTEGER', 'BOOLEAN')"
        " and data_type not like 'DECIMAL%'"
    )
    return {
        str(value)
        for (column,) in columns
        for (value,) in build.query(f'select distinct "{column}" from {relation}')
        if value is not None
    }


def identifiers(build: DbtRun) -> set[str]:
    """What the sources hold about somebody, the ids that were made of it, and hashes of both."""
    columns = build.query(
        "select table_name, column_name from information_schema.columns"
        " where table_schema = 'crm_raw'"
    )
    queries = [
        f'select distinct "{column}" from crm_raw."{table}"'
        for table, column in columns
        if PERSONAL.fullmatch(column) and table not in IMPERSONAL_TABLES
    ]
    queries += [
        "select account_id from crm_intermediate.int_accounts",
        "select record_key from crm_intermediate.int_account_keys",
        "select contact_point from crm_intermediate.int_contact_points",
        "select household_id from crm_marts.accounts",
    ]
    plain = {
        str(value).strip()
        for query in queries
        for (value,) in build.query(query)
        if value is not None and len(str(value).strip()) > 1
    }
    # a city that is a region of its own says no more than its region, which is no identifier
    plain -= {region for (region,) in build.query("select distinct region from crm_marts.accounts")}
    hashed = {hashlib.md5(value.encode()).hexdigest() for value in plain}
    return {value.lower() for value in plain | hashed}


def leaks(values: Iterable[str], known: set[str]) -> set[str]:
    """Identifiers that are a value, or a word or a quoted part of one.

    Words of digits alone are numbers in a text of parameters; as a whole value they count.
    """
    found = set()
    for value in values:
        whole = value.lower().strip()
        parts = {whole}
        words = {word.strip(".-") for word in re.split(r"[^\w@.+-]+", whole)}
        quoted = {part.strip() for part in re.findall(r'"([^"]*)"', whole)}
        parts |= {part for part in words | quoted if not re.fullmatch(r"[\d.+-]*", part)}
        digits = re.sub(r"\D", "", whole)
        if len(digits) > 7 and re.fullmatch(r"[\d\s()+/-]+", whole):
            parts.add(digits)
        found |= parts & known
    return found


@pytest.fixture(scope="module")
def known(demo_build: DbtRun) -> set[str]:
    return identifiers(demo_build)


@pytest.mark.slow
def test_nothing_that_a_fit_reads_or_writes_names_anybody(
    demo_build: DbtRun, known: set[str]
) -> None:
    relations = read_by_fits_or_written(demo_build)
    assert {"modelling_sample", "modelling_targets", "rfm_cut_points", "cluster_parameters"} <= {
        relation.split(".")[1].strip('"') for relation in relations
    }
    found = {
        relation: sorted(leaked)[:5]
        for relation in relations
        if (leaked := leaks(texts(demo_build, relation), known))
    }
    assert not found


@pytest.mark.slow
def test_a_leak_would_be_found(demo_build: DbtRun, known: set[str]) -> None:
    """The search is shown every kind of identifier, as a value and inside a text."""
    assert len(known) > 20_000
    for sql in (
        "select account_id from crm_marts.accounts limit 1",
        "select first_name || ' ' || last_name from crm_raw.raw_crm__accounts"
        " where type = 'person' and length(last_name) > 3 limit 1",
        "select email from crm_raw.raw_crm__accounts where email like '%@%' limit 1",
        "select upper(account_no) from crm_raw.raw_crm__accounts limit 1",
        "select street from crm_raw.raw_crm__accounts where street like '% %' limit 1",
        "select city from crm_raw.raw_crm__accounts where length(city) > 3 limit 1",
        "select customer_no from crm_raw.raw_erp__customers limit 1",
        "select order_no from crm_raw.raw_erp__orders limit 1",
        "select md5(account_id) from crm_marts.accounts limit 1",
    ):
        [(value,)] = demo_build.query(sql)
        assert leaks([json.dumps({"top": [value, 1.5]})], known), sql
    for sql in (
        "select postal_code from crm_raw.raw_crm__accounts where postal_code <> '' limit 1",
        "select phone from crm_raw.raw_crm__contacts where length(phone) > 6 limit 1",
        "select cast(birth_date as text) from crm_marts.accounts where birth_date is not null"
        " limit 1",
    ):
        [(value,)] = demo_build.query(sql)
        assert leaks([value], known), sql
    assert not leaks(["other", '{"bounds": [1010.0, 22.5]}', "1980-1989"], known)


@pytest.mark.slow
def test_no_group_in_the_sample_is_small(demo_build: DbtRun) -> None:
    assert not demo_build.query(
        "select feature, category from crm_marts.modelling_sample where category is not null"
        " group by feature, category, as_of_date having count(*) < 10"
        " union all select target, coalesce(category, cast(value as text))"
        " from crm_marts.modelling_targets"
        " group by target, category, value having count(*) < 10"
    )


@pytest.mark.slow
def test_the_record_counts_what_was_drawn(demo_build: DbtRun) -> None:
    [(population, sampled, rows)] = demo_build.query(
        "select population_count, sampled_count, row_count from crm_marts.modelling_sample_record"
    )
    [(customers,)] = demo_build.query(
        "select count(*) from crm_marts.account_kpis where order_count_all > 0"
    )
    counted = demo_build.query(
        "select count(distinct sample_key), count(*) from crm_marts.modelling_sample"
    )
    assert (population, [(sampled, rows)]) == (customers, counted)


@pytest.mark.slow
def test_protected_shares_are_those_of_the_accounts(demo_build: DbtRun) -> None:
    counted = {
        (segment, category): count
        for segment, category, count in demo_build.query(
            "select rfm_segment, coalesce(gender, 'unknown'), count(*)"
            " from crm_marts.account_attributes where rfm_segment is not null group by all"
        )
    }
    rows = demo_build.query(
        "select segment, category, account_count, share, is_suppressed"
        " from crm_marts.protected_shares"
        " where segmentation = 'rfm_segment' and attribute = 'gender'"
    )
    assert {(segment, category) for segment, category, *_ in rows} == set(counted)
    totals: dict[str, int] = {}
    for (segment, _), count in counted.items():
        totals[segment] = totals.get(segment, 0) + count
    hidden: dict[str, int] = {}
    for segment, category, count, share, is_suppressed in rows:
        true = counted[segment, category]
        if is_suppressed:
            assert (count, share) == (None, None)
            hidden[segment] = hidden.get(segment, 0) + true
        else:
            assert count == true >= 10
            assert float(share) == pytest.approx(true / totals[segment], abs=1e-6)
    # what is withheld is not what is missing from the whole
    assert all(size >= 10 or size == totals[segment] for segment, size in hidden.items())
    assert {
        attribute
        for (attribute,) in demo_build.query(
            "select distinct attribute from crm_marts.protected_shares"
        )
    } == {"birth_date", "gender", "language"}
    kinds = {
        kind
        for (kind,) in demo_build.query(
            "select distinct segmentation from crm_marts.protected_shares"
        )
    }
    assert {"all", "rfm_segment", "cluster_value", "group"} <= kinds
