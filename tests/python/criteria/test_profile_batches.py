"""Many rules in few statements: the members are those of each rule alone."""

from __future__ import annotations

from typing import Any

from criteria.bench import Bench
from criteria.oracle import members
from criteria.rules import Seeded, as_text, draw_rule, draw_world

TABLE = "rule_consumer.rules.profile_members"


def rules_of(texts: list[str]) -> list[dict[str, Any]]:
    return [
        {"text": text, "base": "rule_base", "name": f"rule_{index}", "relations": None}
        for index, text in enumerate(texts)
    ]


def batch_members(bench: Bench, texts: list[str]) -> list[frozenset[str]]:
    """Members of each rule, of which all are built in one batch."""
    call = bench.engine.call
    rules = rules_of(texts)
    connection = bench.database.connection
    connection.execute(f"create or replace table {TABLE} (profile_key bigint, account_id text)")
    for statement in call("batch_statements", TABLE, rules):
        connection.execute(statement)
    rows = connection.execute(f"select profile_key, account_id from {TABLE}").fetchall()
    found = []
    for rule in rules:
        key = call("profile_key", rule["name"])
        ids = [account_id for profile_key, account_id in rows if profile_key == key]
        assert len(ids) == len(set(ids))
        found.append(frozenset(ids))
    return found


def test_a_batch_gives_each_rule_its_members(bench: Bench) -> None:
    for seed in (3, 4):
        draw = Seeded(seed)
        world = draw_world(draw)
        texts = [as_text(draw_rule(draw, world)) for _ in range(50)]
        bench.load(world)
        for text, found in zip(texts, batch_members(bench, texts), strict=True):
            assert found == members(text, world), text


def test_a_batch_of_attributes_gives_each_rule_its_members(bench: Bench) -> None:
    draw = Seeded(6)
    world = draw_world(draw)
    bench.load(world)
    texts = [
        "sector: {neq: a}",
        "all: [{headcount: {gte: 3}}, {sector: {not_null: true}}]",
        "not: {all: [{headcount: {gte: 3}}, {sector: {contains: [a, b], nulls: include}}]}",
        "any: [{headcount: {lt: 3, gt: 1}}, {is_vip: false}, {sector: [A, b]}]",
        "all: [{bucket: {salt: spring, below_percent: 40}}, {headcount: {gte: 3}}]",
        "exactly: {count: 1, of: [{headcount: {lt: 3}}, {is_vip: true}]}",
    ]
    for text, found in zip(texts, batch_members(bench, texts), strict=True):
        assert found == members(text, world), text


def test_names_of_columns_in_a_text_are_no_columns(bench: Bench) -> None:
    draw = Seeded(5)
    world = draw_world(draw)
    bench.load(world)
    texts = [
        "sector: {neq: 'account_attributes.nothing and activities_evidence.nothing'}",
        "event: {name: purchase, where: {channel: 'activities_evidence.nothing'}, count: 0}",
    ]
    for text, found in zip(texts, batch_members(bench, texts), strict=True):
        assert found == members(text, world), text


def test_events_of_a_batch_share_one_pass(bench: Bench) -> None:
    texts = [f"event: {{name: purchase, within: {days}d, count: {{gte: 2}}}}" for days in (30, 60)]
    statements = bench.engine.call("batch_statements", TABLE, rules_of(texts))
    assert sum(sql.count("as activities\n") for sql in statements) == 1
