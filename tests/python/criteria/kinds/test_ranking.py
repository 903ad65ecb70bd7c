"""Kinds 17 and 18: top_percent, bottom_percent, top, bottom, with and without `over`."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from criteria.kinds.conftest import Asker


def test_ten_of_a_hundred_and_ties(asker: Asker) -> None:
    asker.fill({f"a{n:03}": {"revenue": n} for n in range(1, 101)} | {"unknown": {}})
    assert asker.ask("revenue: {top_percent: 10}") == {f"a{n:03}" for n in range(91, 101)}
    assert asker.ask("revenue: {bottom_percent: 10}") == {f"a{n:03}" for n in range(1, 11)}
    # 9.9 % are nine accounts, never ten
    assert asker.ask("revenue: {top_percent: 9.9}") == {f"a{n:03}" for n in range(92, 101)}
    assert asker.ask("revenue: {top_percent: 100}") == {f"a{n:03}" for n in range(1, 101)}
    assert asker.ask("revenue: {top_percent: 0.5}") == set()
    # a tie over the edge stays out as a whole
    asker.fill({f"a{n}": {"revenue": 10 if n < 3 else n} for n in range(1, 11)})
    assert asker.ask("revenue: {top_percent: 30}") == {"a1", "a2", "a10"}
    assert asker.ask("revenue: {top_percent: 20}") == set()


def test_the_base_alone_is_ranked(asker: Asker) -> None:
    asker.fill(
        {"high": {"revenue": 2}, "low": {"revenue": 1}},
        strangers={f"s{n}": {"revenue": 100 + n} for n in range(10)},
    )
    assert asker.ask("revenue: {top: 1}") == {"high"}
    assert asker.ask("revenue: {top_percent: 50}") == {"high"}


def test_counts_and_ties_by_account_id_in_bytes(asker: Asker) -> None:
    asker.fill({name: {"revenue": 5} for name in "aBcD"} | {"E": {"revenue": 9}, "z": {}})
    assert asker.ask("revenue: {top: 3}") == {"E", "B", "D"}
    assert asker.ask("revenue: {bottom: 3}") == {"B", "D", "a"}
    assert asker.ask("revenue: {bottom: 4}") == {"B", "D", "a", "c"}
    # fewer have a value than are asked for
    assert asker.ask("revenue: {top: 6}") == {"a", "B", "c", "D", "E"}


def test_over_takes_unknown_for_a_value(asker: Asker) -> None:
    """`area` stands in another model, in which an account of unknown area has no row."""
    accounts = {
        "n1": {"area": "north", "revenue": 1},
        "n2": {"area": "north", "revenue": 2},
        "N3": {"area": "North", "revenue": 1},
        "u1": {"revenue": 1},
        "u2": {"revenue": 2},
        "u3": {"revenue": None, "town": "x"},
    }
    asker.fill(accounts)
    assert asker.ask("revenue: {top: 1, over: area}") == {"n2", "N3", "u2"}
    assert asker.ask("revenue: {bottom_percent: 50, over: area}") == {"n1", "u1"}
    assert asker.ask("revenue: {top: 1, over: area, gte: 2}") == {"n2", "u2"}


def test_nobody(asker: Asker) -> None:
    asker.fill({})
    assert asker.ask("revenue: {top: 1}") == set()
    asker.fill(["unknown"])
    assert asker.ask("revenue: {top_percent: 100}") == set()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("over", ["", ", over: area"])
def test_random_ranks(seed: int, over: str, asker: Asker) -> None:
    """By the definition, account by account."""
    draw = random.Random(seed)
    accounts = {
        f"{draw.choice('aB')}{n}": {
            "score": draw.choice([None, *range(6)]),
            "area": draw.choice([None, "x", "y"]),
        }
        for n in range(draw.choice([7, 40]))
    }
    known = [one for one, row in accounts.items() if row["score"] is not None]
    asker.fill(accounts)

    def rivals(one: str) -> list[str]:
        area = accounts[one]["area"]
        return [other for other in known if not over or accounts[other]["area"] == area]

    for word, sign in (("top", -1), ("bottom", 1)):
        rank = {one: (sign * accounts[one]["score"], one) for one in known}
        for count in (1, 2, 5):
            wanted = {
                one
                for one in known
                if sum(rank[other] <= rank[one] for other in rivals(one)) <= count
            }
            assert asker.ask(f"score: {{{word}: {count}{over}}}") == wanted
        for percent in ("12.5", "33", "50"):
            wanted = {
                one
                for one in known
                if 100 * sum(rank[other][0] <= rank[one][0] for other in rivals(one))
                <= Decimal(percent) * len(rivals(one))
            }
            assert asker.ask(f"score: {{{word}_percent: {percent}{over}}}") == wanted


def test_equal_ranks_share_a_pass_and_the_rest_of_the_rule_needs_no_value(reader: Asker) -> None:
    reader.fill(["a"])
    sql = reader.engine.render(
        "any: [revenue: {top: 3}, not: {revenue: {top: 3}}, revenue: {top_percent: 5, over: area}]"
    )
    assert sql.count("from base") == 3, sql
    # each ranking joins it, and the members are found without
    assert sql.count("as account_attributes\n") == 2, sql


@pytest.mark.parametrize(
    ("rule", "parts"),
    [
        ("revenue: {top: 0}", ["revenue.top", "0", "1 to"]),
        ("revenue: {top: 1.5}", ["revenue.top", "1.5", "whole"]),
        ("revenue: {top: true}", ["revenue.top", "true", "whole"]),
        ("revenue: {top_percent: 101}", ["revenue.top_percent", "101", "0 to 100"]),
        ("revenue: {top_percent: -1}", ["revenue.top_percent", "-1", "0 to 100"]),
        ("revenue: {top_percent: ten}", ["revenue.top_percent", "ten", "plain digits"]),
        ("revenue: {top: 3, nulls: include}", ["revenue.nulls", "rank"]),
        ("revenue: {top: 3, over: areaa}", ["revenue.over", "Did you mean 'area'"]),
        ("revenue: {top: 3, over: [area]}", ["revenue.over", "a list of 1"]),
        ("revenue: {top: 3, over: place}", ["revenue.over", "place"]),
        ("revenue: {gte: 3, over: area}", ["revenue.over", "ranking", "top_percent"]),
        ("born_on: {top: 3}", ["born_on", "date", "before"]),
        ("town: {eq: x, over: area}", ["town", "over", "case_sensitive"]),
        (
            "event: {name: purchase, where: {amount: {top: 3}}}",
            ["event.where.amount", "'top'", "asked of an account, not of one row"],
        ),
        ("event: {name: purchase, where: {amount: {gt: 3, over: size}}}", ["amount", "over"]),
    ],
)
def test_errors(rule: str, parts: list[str], reader: Asker) -> None:
    reader.refuses(rule, parts)
