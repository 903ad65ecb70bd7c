"""Compiled rules read as if a colleague had written them."""

from __future__ import annotations

import re

import pytest

from criteria.engine import Engine


@pytest.fixture
def written(engine: Engine) -> Engine:
    engine.set_variables({"as_of_date": "2026-01-01"})
    return engine


def members_where(sql: str) -> str:
    """The condition of members on one line, each space single."""
    condition = sql.partition("members as (")[2].partition("where\n")[2].partition("\n\n)")[0]
    return " ".join(condition.split())


@pytest.mark.parametrize(
    ("rule", "condition"),
    [
        ("not: {member_of: group_a}", "group_1.account_id is null"),
        ("not: {listed_in: list_a}", "list_1.account_id is null"),
        ("not: {turnover: {top: 3}}", "ranking_1.account_id is null"),
        ("not: {headcount: {is_null: true}}", "account_attributes.headcount is not null"),
        (
            "not: {sector: retail}",
            "not coalesce( lower(translate(account_attributes.sector, "
            "'İΣς', 'iσσ')) = 'retail', false )",  # noqa: RUF001  # Greek is meant
        ),
        ("not: {is_vip: true}", "not coalesce(account_attributes.is_vip, false)"),
        ("not: {not: {is_vip: true}}", "coalesce(account_attributes.is_vip, false)"),
        ("not: {event: {name: call}}", "coalesce(calls_evidence.evidence_1, 0) < 1"),
        (
            "not: {event: {name: call, count: {not_between: [2, 3]}}}",
            "coalesce(calls_evidence.evidence_1, 0) between 2 and 3",
        ),
        (
            "any: [is_vip: true, headcount: {gte: 3, lt: 9}]",
            "account_attributes.is_vip or ( account_attributes.headcount >= 3 "
            "and account_attributes.headcount < 9 )",
        ),
    ],
)
def test_a_condition_reads_as_by_hand(rule: str, condition: str, written: Engine) -> None:
    assert members_where(written.render(rule)) == condition


@pytest.mark.parametrize(
    ("rule", "filters"),
    [
        ("event: {name: call, where: {topic: x}, within: 30d}", 0),
        ("event: {name: call, where: {topic: x}, avg: {of: score, gte: 3}}", 0),
        ("tags: {has_any: [a, b]}", 0),
        # the rows of the one are not those of the other
        ("tags: {has_only: [a, b]}", 2),
        ("related: {name: people, every: {role: buyer}}", 1),
    ],
)
def test_what_all_columns_ask_stands_in_the_where_clause(
    rule: str, filters: int, written: Engine
) -> None:
    assert written.render(rule).count("filter (") == filters


def test_long_conditions_stand_on_lines_of_their_own(written: Engine) -> None:
    listed = ", ".join(f"industrial supplies {number}" for number in range(20))
    sql = written.render(
        f"""
        at_least:
          count: 2
          of:
            - last_login_at: {{neq: 2025-03-01}}
            - contract_ends_on: {{not_between: [2024-01-01, 2024-06-30]}}
            - first_event: {{name: purchase, within: 30d}}
            - sector: [{listed}]
            - sequence: {{steps: [page_view, purchase, page_view], gap: 14d}}
            - joined_on: {{years: {{neq: 5, lt: 20}}}}
        """
    )
    assert max(map(len, sql.splitlines())) < 110
    assert not re.search(r"coalesce\([^()\n]{90,}\)", sql)
