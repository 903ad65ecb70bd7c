"""Many rules in few statements: the members are those of each rule alone."""

from __future__ import annotations

from typing import Any

import pytest

from criteria.bench import Bench
from criteria.engine import variables
from criteria.oracle import members
from criteria.rules import Seeded, as_text, draw_rule, draw_world

CLASS = "0123456789ab"


def rules_of(texts: list[str], schema: str) -> list[dict[str, Any]]:
    """What the materialization hands over for each profile."""
    return [
        {
            "text": text,
            "base": "rule_base",
            "name": f"rule_{index}",
            "relations": None,
            "schema": schema,
            "alias": f"rule_{index}",
            "indexes": [],
            "dropped": None,
        }
        for index, text in enumerate(texts)
    ]


def transactions(bench: Bench, texts: list[str], is_partly: bool = False) -> list[list[str]]:
    rules = rules_of(texts, bench.database.place("")[:-1])
    return bench.engine.call("batch_transactions", CLASS, rules, is_partly)


def batch_members(bench: Bench, texts: list[str], is_partly: bool = False) -> list[frozenset[str]]:
    """Members of each rule, of which all are built in one batch."""
    for statements in transactions(bench, texts, is_partly):
        for statement in statements:
            bench.database.run(statement)
    return bench.database.members(
        [f"select account_id from {bench.database.place(f'rule_{i}')}" for i in range(len(texts))]
    )


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


@pytest.mark.parametrize("kind", ["bench", "postgres_bench"])
def test_a_later_batch_takes_the_place_of_an_earlier(
    kind: str, request: pytest.FixtureRequest
) -> None:
    bench = request.getfixturevalue(kind)
    draw = Seeded(7)
    texts = ["sector: {neq: a}", "headcount: {gte: 3}", "is_vip: false"]
    for _ in range(2):
        world = draw_world(draw)
        bench.load(world)
        assert batch_members(bench, texts) == [members(text, world) for text in texts]
    before = [members(text, world) for text in texts]
    world = draw_world(draw)
    bench.load(world)
    # the first two alone: the third stays as it was built
    found = batch_members(bench, texts[:2], is_partly=True)
    assert found == [members(text, world) for text in texts[:2]] != before[:2]
    (kept,) = bench.database.members([f"select account_id from {bench.database.place('rule_2')}"])
    assert kept == before[2] != members(texts[2], world)


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
    name = "sector: {eq: account_attributes.sector, case_sensitive: true}"
    statements = [sql for statements in transactions(bench, [name]) for sql in statements]
    assert any("sector = 'account_attributes.sector'" in sql for sql in statements)


def test_events_of_a_batch_share_one_pass(bench: Bench) -> None:
    texts = [f"event: {{name: purchase, within: {days}d, count: {{gte: 2}}}}" for days in (30, 60)]
    statements = [sql for statements in transactions(bench, texts) for sql in statements]
    assert sum(sql.count("as activities\n") for sql in statements) == 1


def test_a_batch_folds_the_text_of_an_account_once(bench: Bench) -> None:
    texts = ["sector: [a, b]", "sector: {neq: c}", "sector: {eq: A, case_sensitive: true}"]
    statements = [sql for statements in transactions(bench, texts) for sql in statements]
    assert sum(sql.count("lower(") for sql in statements) == 1


@pytest.mark.parametrize("size", [1, 7, 100])
def test_a_batch_on_postgres_gives_each_rule_its_members(postgres_bench: Bench, size: int) -> None:
    draw = Seeded(8 + size)
    world = draw_world(draw)
    texts = [as_text(draw_rule(draw, world)) for _ in range(20)]
    postgres_bench.load(world)
    postgres_bench.engine.set_variables({**variables(world), "profile_batch_size": size})
    for text, found in zip(texts, batch_members(postgres_bench, texts), strict=True):
        assert found == members(text, world), text
