"""The other renderings of a rule, against figures that Python counts by itself.

Leaves are judged by the evaluator, one by one. What is counted from them (masks,
prefixes, what a rule would be without a leaf) is counted here by taking leaves out of
trees, where the macros set bits of masks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pytest
import yaml

from criteria.bench import Bench
from criteria.engine import ROOT
from criteria.oracle import TREE_WORDS, Tree, World, members
from criteria.rules import Seeded, as_text, draw_rule, draw_world
from crm_segmentation import explain

CRITERIA = ROOT / "macros" / "criteria"
Accounts = frozenset[str]


def test_every_kind_asks_one_macro_for_relations() -> None:
    """A kind that calls `ref` itself can be rendered in its own model and nowhere else."""
    found = {
        f"{path.relative_to(CRITERIA)}: {line.strip()}"
        for path in CRITERIA.rglob("*.sql")
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(r"(?<!`)\bref\(", line)
    }
    assert found == {"reading/read_rule.sql: {{ return(ref(name) | string) }}"}


# --- the same by Python ----------------------------------------------------------


def branches(tree: Tree) -> list[Tree]:
    """The nodes right below a node; none below a leaf, but what earns points."""
    ((word, content),) = tree.items()
    if word == "not":
        return [content]
    if word in ("all", "any"):
        return list(content)
    if word in TREE_WORDS:
        return list(content["of"])
    if word == "points":
        return [as_node(item["if"]) for item in content["of"]]
    return []


def as_node(given: Any) -> Tree:
    return {"all": given} if isinstance(given, list) else given


def is_leaf(tree: Tree) -> bool:
    return next(iter(tree)) not in TREE_WORDS


def leaves(tree: Tree) -> Iterator[Tree]:
    """In the order of the text; a leaf of points stands before those that earn them."""
    if is_leaf(tree):
        yield tree
    for branch in branches(tree):
        yield from leaves(branch)


@dataclass
class Judge:
    """Members of any tree whose leaves are known, with one leaf left out."""

    world: World
    dropped: int | None = None
    """The id of the leaf that is left out."""
    known: dict[int, Accounts] = field(default_factory=dict)
    """Members of the leaves that were judged, by the id of the leaf."""

    def without(self, leaf: Tree) -> Judge:
        return Judge(self.world, id(leaf), self.known)

    def everybody(self) -> Accounts:
        return frozenset(self.world.base)

    def goes(self, tree: Tree) -> bool:
        """Is the node dropped: the leaf itself, or a `not` around it?"""
        if id(tree) == self.dropped:
            return True
        return "not" in tree and self.goes(tree["not"])

    def members(self, tree: Tree) -> Accounts:
        if self.goes(tree):  # the root: nothing is asked any more
            return self.everybody()
        ((word, content),) = tree.items()
        if word == "points" and self.dropped is not None:
            return self.points(content)
        if is_leaf(tree):
            if id(tree) not in self.known:
                self.known[id(tree)] = members(as_text(tree), self.world)
            return self.known[id(tree)]
        kept = [self.members(branch) for branch in branches(tree) if not self.goes(branch)]
        if word == "not":
            return self.everybody() - kept[0]
        held = {one: sum(one in branch for branch in kept) for one in self.world.base}
        if word in ("all", "any"):
            wanted = len(kept) if word == "all" else 1
            return frozenset(one for one in held if held[one] >= wanted)
        meets = {"at_least": int.__ge__, "at_most": int.__le__, "exactly": int.__eq__}[word]
        return frozenset(one for one in held if meets(held[one], content["count"]))

    def points(self, content: dict[str, Any]) -> Accounts:
        kept = [
            {"if": {"sql": None}, "add": 0} if self.goes(as_node(item["if"])) else item
            for item in content["of"]
        ]
        earned = [
            (self.members(as_node(item["if"])), item["add"])
            for item in kept
            if item["if"] != {"sql": None}
        ]
        sums = {one: sum(add for branch, add in earned if one in branch) for one in self.world.base}
        asked = {key: value for key, value in content.items() if key != "of"}
        return frozenset(one for one in sums if compares(sums[one], asked))


def compares(value: int | Decimal, asked: dict[str, Any]) -> bool:
    tests = {
        "eq": lambda wanted: value == wanted,
        "neq": lambda wanted: value != wanted,
        "gt": lambda wanted: value > wanted,
        "gte": lambda wanted: value >= wanted,
        "lt": lambda wanted: value < wanted,
        "lte": lambda wanted: value <= wanted,
        "between": lambda ends: Decimal(str(ends[0])) <= value <= Decimal(str(ends[1])),
        "not_between": lambda ends: not Decimal(str(ends[0])) <= value <= Decimal(str(ends[1])),
    }
    return all(
        tests[word](wanted if isinstance(wanted, list) else Decimal(str(wanted)))
        for word, wanted in asked.items()
    )


def masks(tree: Tree, world: World) -> dict[str, str]:
    judged = [Judge(world).members(leaf) for leaf in leaves(tree)]
    return {one: "".join("1" if one in passed else "0" for passed in judged) for one in world.base}


def funnel(tree: Tree, world: World) -> list[tuple[int, ...]]:
    """base, alone, left after the prefix, gained if dropped, members: a row a leaf."""
    judge = Judge(world)
    inside = judge.members(tree)
    items = tree.get("all", [tree])
    rows = []
    left = judge.everybody()
    for item in items:
        left = left & judge.members(item)
        for leaf in leaves(item):
            without = judge.without(leaf).members(tree)
            rows.append(
                (
                    len(world.base),
                    len(judge.members(leaf)),
                    len(left),
                    len(without - inside),
                    len(inside),
                )
            )
    return rows


# --- and by the macros -----------------------------------------------------------


@dataclass
class Renderings:
    bench: Bench
    rules: dict[str, Any] = field(default_factory=dict)

    def load(self, world: World) -> None:
        self.bench.load(world)
        self.rules.clear()

    def read(self, tree: Tree) -> Any:
        text = as_text(tree)
        if text not in self.rules:
            self.rules[text] = self.bench.engine.call("read_rule", text, "rule_base", "rule")
        return self.rules[text]

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.bench.database.connection.execute(sql).fetchall()

    def masks(self, tree: Tree, members_only: bool = False) -> dict[str, str]:
        sql = self.bench.engine.call("render_mask", self.read(tree), members_only)
        return dict(self.rows(str(sql)))

    def funnel(self, tree: Tree) -> list[tuple[Any, ...]]:
        sql = self.bench.engine.call("funnel_sql", self.read(tree))
        return self.rows(
            "select base_count, passes_alone_count, left_after_count, "
            "gained_if_dropped_count, member_count, near_threshold_count "
            f"from ({sql}) as funnel order by leaf_number"
        )

    def explained(self, tree: Tree, account: str | None = None) -> list[tuple[Any, ...]]:
        engine = self.bench.engine
        rule = engine.call("read_rule", as_text(tree), "rule_base", "rule", with_values=True)
        sql = engine.call("explanation_sql", rule, account)
        return self.rows(f"{sql} order by account_id, line_number")

    def words(self, tree: Tree) -> str:
        return str(self.bench.engine.call("rule_in_words", self.read(tree)["tree"]))


@pytest.fixture(scope="module")
def renderings(bench: Bench) -> Renderings:
    return Renderings(bench)


def fresh(tree: Tree) -> Tree:
    """A copy in which every leaf is an object of its own."""
    return yaml.safe_load(as_text(tree))


WORLDS = 6
RULES_A_WORLD = 5


def test_masks_and_funnels_of_random_rules(renderings: Renderings) -> None:
    shapes: set[str] = set()
    gained = 0
    for seed in range(WORLDS):
        draw = Seeded(7000 + seed)
        world = draw_world(draw)
        renderings.load(world)
        for _ in range(RULES_A_WORLD):
            tree = fresh(draw_rule(draw, world))
            shapes |= {next(iter(tree))}
            assert renderings.masks(tree) == masks(tree, world), as_text(tree)
            wanted = funnel(tree, world)
            assert [row[:5] for row in renderings.funnel(tree)] == wanted, as_text(tree)
            gained += sum(row[3] > 0 for row in wanted)
            # what is put in words is never nothing, whatever the rule
            assert len(renderings.words(tree)) > 5
    # else the figures agree about nothing
    assert gained > 30 and {"all", "any", "not"} <= shapes


def test_the_mask_of_members_is_that_of_the_members(renderings: Renderings) -> None:
    draw = Seeded(42)
    world = draw_world(draw)
    renderings.load(world)
    tree = fresh(draw_rule(draw, world))
    inside = members(as_text(tree), world)
    wanted = {one: mask for one, mask in masks(tree, world).items() if one in inside}
    assert wanted and renderings.masks(tree, members_only=True) == wanted


# --- an example that was counted by hand -------------------------------------------


def company(**turnovers: tuple[Any, ...]) -> World:
    """Accounts with (turnover, sector, is_vip)."""
    from criteria.worlds import ATTRIBUTES, EVENTS

    empty = {name: [] if entry["type"] == "values" else None for name, entry in ATTRIBUTES.items()}
    return World(
        as_of=date(2026, 1, 1),
        base=tuple(turnovers),
        attribute_types={name: entry["type"] for name, entry in ATTRIBUTES.items()},
        attributes={
            name: empty
            | {
                "turnover": None if turnover is None else Decimal(str(turnover)),
                "sector": sector,
                "is_vip": is_vip,
            }
            for name, (turnover, sector, is_vip) in turnovers.items()
        },
        event_types={name: entry["columns"] for name, entry in EVENTS.items()},
        events=[],
        groups={"group_a": frozenset(), "group_b": frozenset(), "group_c": frozenset()},
    )


SIX = company(
    a=(100, "retail", True),
    b=(95, "retail", False),
    c=(94.99, "energy", None),
    d=(105, "energy", True),
    e=(105.01, None, True),
    f=(None, "retail", True),
)
RULE: Tree = {
    "all": [
        {"turnover": {"gte": 100}},
        {"any": [{"sector": "retail"}, {"is_vip": True}]},
        {"not": {"sector": "energy"}},
    ]
}


def test_a_funnel_counted_by_hand(renderings: Renderings) -> None:
    renderings.load(SIX)
    assert renderings.masks(RULE) == {
        "a": "1110",
        "b": "0100",
        "c": "0001",
        "d": "1011",
        "e": "1010",
        "f": "0110",
    }
    # members: a and e
    assert renderings.funnel(RULE) == [
        # turnover from 100: a, d, e pass and are left; without it b and f come in;
        # 95 and 105 are within 5 % of 100, a cent beside them is not: a, b, d
        (6, 3, 3, 2, 2, 3),
        # retail: a, b, f; a, d, e pass the whole item; under `any` it counts as false
        (6, 3, 3, 0, 2, None),
        (6, 4, 3, 0, 2, None),
        # energy: c, d; with `not` a and e are left; without it d comes in
        (6, 2, 2, 1, 2, None),
    ]


def test_a_dropped_root_lets_everybody_in(renderings: Renderings) -> None:
    renderings.load(SIX)
    assert renderings.funnel({"turnover": {"gte": 100}}) == [(6, 3, 3, 3, 3, 3)]
    # a `not` goes with its leaf
    assert renderings.funnel({"not": {"turnover": {"gte": 100}}}) == [(6, 3, 3, 3, 3, 3)]


def test_a_dropped_leaf_earns_no_points(renderings: Renderings) -> None:
    renderings.load(SIX)
    rule: Tree = {
        "points": {
            "of": [
                {"if": {"is_vip": True}, "add": 10},
                {"if": {"sector": "retail"}, "add": -5},
            ],
            "gte": 10,
        }
    }
    # points: a 5, b -5, c 0, d 10, e 10, f 5
    assert renderings.masks(rule) == {
        "a": "011",
        "b": "001",
        "c": "000",
        "d": "110",
        "e": "110",
        "f": "011",
    }
    assert renderings.funnel(rule) == [
        (6, 2, 2, 4, 2, 2),
        (6, 4, 2, 0, 2, None),
        # without the five points less a and f reach ten
        (6, 3, 2, 2, 2, None),
    ]


def test_an_empty_base_has_its_leaves(renderings: Renderings) -> None:
    renderings.load(company())
    assert renderings.funnel(RULE) == [
        (0, 0, 0, 0, 0, 0),
        (0, 0, 0, 0, 0, None),
        (0, 0, 0, 0, 0, None),
        (0, 0, 0, 0, 0, None),
    ]


@pytest.mark.parametrize(
    ("threshold", "ends"),
    [
        ("100", ["95", "105"]),
        ("0", ["0", "0"]),
        ("-20", ["-21", "-19"]),
        ("0.00001", ["0.0000095", "0.0000105"]),
        ("12345678901234567890.5", ["11728394956172839495.975", "12962962846296296285.025"]),
    ],
)
def test_five_percent_are_exact(bench: Bench, threshold: str, ends: list[str]) -> None:
    assert bench.engine.call("five_percent_around", threshold) == ends


def test_a_mask_of_many_leaves(renderings: Renderings) -> None:
    """More than an engine lets one expression nest."""
    renderings.load(SIX)
    rule: Tree = {"any": [{"turnover": {"gte": number}} for number in range(1, 601)]}
    found = renderings.masks(rule)
    assert found["a"] == "1" * 100 + "0" * 500
    assert found["f"] == "0" * 600


# --- why -------------------------------------------------------------------------


def holds(tree: Tree, bits: dict[int, bool]) -> bool:
    """A tree over the verdicts of its leaves, by their ids."""
    if is_leaf(tree):
        return bits[id(tree)]
    ((word, content),) = tree.items()
    held = [holds(branch, bits) for branch in branches(tree)]
    if word == "not":
        return not held[0]
    return {
        "all": lambda: all(held),
        "any": lambda: any(held),
        "at_least": lambda: sum(held) >= content["count"],
        "at_most": lambda: sum(held) <= content["count"],
        "exactly": lambda: sum(held) == content["count"],
    }[word]()


def test_what_is_missing_is_what_would_let_an_account_in(renderings: Renderings) -> None:
    """Turn the missing leaves round, and the account is a member; a member lacks none."""
    turned = 0
    for seed in range(WORLDS):
        draw = Seeded(7100 + seed)
        world = draw_world(draw)
        renderings.load(world)
        for _ in range(3):
            tree = fresh(draw_rule(draw, world))
            judged = {id(leaf): Judge(world).members(leaf) for leaf in leaves(tree)}
            rows: dict[str, list[tuple[Any, ...]]] = {}
            for row in renderings.explained(tree):
                rows.setdefault(row[0], []).append(row)
            assert set(rows) == set(world.base)
            inside = members(as_text(tree), world)
            for account, lines in rows.items():
                asked = [line for line in lines if not re.search(WORDS_OF_TREES, line[5])]
                assert lines[0][8] == (account in inside)
                assert [line[8] for line in asked] == [
                    account in judged[id(leaf)] for leaf in leaves(tree)
                ]
                missing = [line[9] for line in asked]
                if account in inside:
                    assert not any(line[9] for line in lines)
                elif "exactly" not in as_text(tree) and "points" not in as_text(tree):
                    bits = {
                        id(leaf): (account in judged[id(leaf)]) != is_missing
                        for leaf, is_missing in zip(leaves(tree), missing, strict=True)
                    }
                    assert any(missing) and holds(tree, bits), as_text(tree)
                    turned += 1
    assert turned > 50


WORDS_OF_TREES = r"^(all of|any of|not|(at least|at most|exactly) \d+ of)$"

GOLDEN = {
    "a": """\
rule: A rule
Account a as of 2026-01-01: a member

  yes  all of
  yes    turnover is at least 100                        100
  yes    any of
  yes      sector is retail                              retail
  yes      is_vip is yes                                 yes
  yes    not
  no       sector is energy                              retail
  yes    at most 1 of
  no       tags include Red                              none
  yes      has no purchase in the last 30 days           0
  yes    quality_score is less than 0.5 (or is unknown)  (unknown)""",
    "c": """\
rule: A rule
Account c as of 2026-01-01: not a member

  no   all of
  no     turnover is at least 100                        94.99  <- missing
  no     any of
  no       sector is retail                              energy  <- missing
  no       is_vip is yes                                 (unknown)  <- missing
  no     not
  yes      sector is energy                              energy  <- missing
  yes    at most 1 of
  no       tags include Red                              none
  yes      has no purchase in the last 30 days           0
  yes    quality_score is less than 0.5 (or is unknown)  (unknown)

Missing
  - turnover is at least 100 (it has 94.99)
  - one or more of
      - sector is retail (it has energy)
      - is_vip is yes (unknown)
  - must not hold: sector is energy (it has energy)""",
}


@pytest.mark.parametrize("account", sorted(GOLDEN))
def test_an_explanation_reads_so(renderings: Renderings, account: str) -> None:
    renderings.load(SIX)
    rule = {
        "all": [
            *RULE["all"],
            {
                "at_most": {
                    "count": 1,
                    "of": [
                        {"tags": "Red"},
                        {"event": {"name": "purchase", "within": "30d", "count": 0}},
                    ],
                }
            },
            {"quality_score": {"lt": 0.5, "nulls": "include"}},
        ]
    }
    assert explain.report("rule", "A rule", renderings.explained(rule, account)) == GOLDEN[account]


def test_at_most_and_exactly_name_what_is_too_much(renderings: Renderings) -> None:
    """a has both; f is a VIP of retail without turnover."""
    renderings.load(SIX)
    two = [{"turnover": {"gte": 100}}, {"sector": "retail"}]
    for word, count, account, missing in [
        ("at_most", 1, "a", [True, True]),
        ("at_most", 0, "f", [False, True]),
        ("exactly", 1, "a", [True, True]),
        ("exactly", 2, "f", [True, False]),
        ("at_least", 2, "f", [True, False]),
    ]:
        rows = renderings.explained({word: {"count": count, "of": two}}, account)
        assert [row[9] for row in rows] == [False, *missing], (word, count, account)
        turned = renderings.explained({"not": {word: {"count": count, "of": two}}}, account)
        assert turned[0][8] and not any(row[9] for row in turned)
    # to have more than one, turnover is what f lacks
    rows = renderings.explained({"not": {"at_most": {"count": 1, "of": two}}}, "f")
    assert [row[9] for row in rows] == [False, False, True, False]
    # any other count than one will do
    rows = renderings.explained({"not": {"exactly": {"count": 1, "of": two}}}, "f")
    assert [row[9] for row in rows] == [False, False, True, True]


@pytest.mark.parametrize(
    ("value", "is_number", "shown"),
    [
        ("19837.6900", True, "19,837.69"),
        ("100", True, "100"),
        ("-1200", True, "-1,200"),
        ("12.300000000000001", True, "12.3"),
        ("01067", False, "01067"),
        ("(unknown)", True, "(unknown)"),
        (None, False, None),
    ],
)
def test_values_are_shown_alike_on_every_engine(
    value: str | None, is_number: bool, shown: str | None
) -> None:
    assert explain.shown_value(value, is_number) == shown


# --- faults that the examples above must catch ---------------------------------------

RENDERINGS = "macros/criteria/renderings/"
FAULTS = [
    ("a bit is turned round", "mask.sql", "then '1' else '0' end", "then '0' else '1' end"),
    ("a prefix leaves its own item out", "funnel.sql", "'(item_number < '", "'(item_number <= '"),
    (
        "a dropped leaf is false under all",
        "funnel.sql",
        "1 if (node['list'] == 'all')",
        "1 if (node['list'] == 'any')",
    ),
    (
        "not stays when its leaf is dropped",
        "funnel.sql",
        "'is_turned': not parent.is_turned",
        "'is_turned': parent.is_turned",
    ),
    (
        "members are gained, too",
        "funnel.sql",
        "and not ({{ nodes[0].bare_sql",
        "or ({{ nodes[0].bare_sql",
    ),
    ("five percent above only", "funnel.sql", "[95, 105] if", "[100, 105] if"),
    ("five percent of one percent", "funnel.sql", "fraction | length + 2", "fraction | length + 3"),
    ("points are not added up anew", "mask.sql", "dropped is not none", "false"),
    (
        "dropped points are added up anew",
        "mask.sql",
        "'case when ' ~ dropped ~ ' = ' ~ node.leaf.number",
        "'case when ' ~ dropped ~ ' < ' ~ node.leaf.number",
    ),
    ("a base without accounts has no leaves", "funnel.sql", "left join masks", "inner join masks"),
    ("at most wants what it has", "explanation.sql", "['not', 'at_most']", "['not']"),
    ("the root is never at fault", "explanation.sql", "'fault': node.fails}", "'fault': 'false'}"),
]


@pytest.mark.parametrize(
    ("file", "old", "new"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS]
)
def test_a_planted_fault_is_found(renderings: Renderings, file: str, old: str, new: str) -> None:
    checks = [
        lambda: test_a_funnel_counted_by_hand(renderings),
        lambda: test_a_dropped_root_lets_everybody_in(renderings),
        lambda: test_a_dropped_leaf_earns_no_points(renderings),
        lambda: test_an_empty_base_has_its_leaves(renderings),
        lambda: test_an_explanation_reads_so(renderings, "c"),
        lambda: test_at_most_and_exactly_name_what_is_too_much(renderings),
    ]
    renderings.rules.clear()
    with renderings.bench.engine.patched(RENDERINGS + file, old, new):
        assert any(is_red(check) for check in checks)


def is_red(check: Callable[[], None]) -> bool:
    try:
        check()
    except (AssertionError, duckdb.Error):
        return True
    return False
