"""What a rule is asked of, the tree, and the way in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Context, localcontext
from functools import cached_property
from typing import Any

import yaml

from criteria.oracle.basics import RuleError

Row = Mapping[str, Any]
Tree = Any


@dataclass(frozen=True)
class World:
    """All that a rule may ask about, at one day."""

    as_of: date
    base: tuple[str, ...]
    attribute_types: Mapping[str, str]
    """Name -> text, number, boolean, date, timestamp, values or point."""
    attributes: Mapping[str, Row]
    """account_id -> attribute -> value; what is absent is unknown.

    A value of type values is a list, one of type point is (latitude, longitude).
    """
    event_types: Mapping[str, Mapping[str, str]]
    """Event -> column -> type."""
    events: Sequence[Row]
    """Rows with event_id, account_id, event_name, occurred_at, loaded_at and the columns."""
    groups: Mapping[str, frozenset[str]] = field(default_factory=dict)
    relation_types: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Relation -> column -> type."""
    relations: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    """Relation -> rows with account_id and the columns."""
    recorded_members: Sequence[Row] = ()
    """What builds recorded: account_id, group, status, valid_from, valid_to (None: open)."""
    recorded_since: Mapping[str, date] = field(default_factory=dict)
    """Group -> the first day on which it was recorded."""
    recorded_values: Sequence[Row] = ()
    """Of attributes: account_id, attribute, value, valid_from, valid_to."""
    contact_points: Sequence[Row] = ()
    """Rows with account_id, channel, contact_point."""
    consents: Sequence[Row] = ()
    """Rows with channel, contact_point, purpose, status, occurred_at, expires_at, loaded_at."""
    suppressions: Sequence[Row] = ()
    """Suppressions and hard bounces: channel, contact_point, occurred_at, loaded_at."""
    lists: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """List seed -> the account ids that stand in it, known or not."""
    expressions: Mapping[str, Callable[[Row], bool | None]] = field(default_factory=dict)
    """The meaning of each SQL expression that a rule of this world may hold."""
    zone: str = "UTC"
    week_start: str = "monday"
    known_as_of: date | None = None

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        # of a world of a thousand values a failing test says what matters itself
        printer.text(f"World({self.as_of} in {self.zone}, {len(self.base)} accounts)")

    @cached_property
    def events_by_account(self) -> dict[str, list[Row]]:
        index: dict[str, list[Row]] = {}
        for event in self.events:
            index.setdefault(event["account_id"], []).append(event)
        return index


@dataclass
class Tally:
    """How often each kind of leaf was true and false, over accounts and over rows in `where`."""

    accounts: Counter[tuple[str, bool]] = field(default_factory=Counter)
    rows: Counter[tuple[str, bool]] = field(default_factory=Counter)
    words: Counter[tuple[str, bool]] = field(default_factory=Counter)
    """The same over accounts by word: a kind may have several, which are not alike."""


def members(rule: str | Tree, world: World, tally: Tally | None = None) -> frozenset[str]:
    """The accounts of the base for which the rule (YAML text, or its tree) holds."""
    tree = parse(rule) if isinstance(rule, str) else rule
    counted = tally or Tally()
    # sums and products of numbers are exact, whatever their length
    with localcontext(Context(prec=400)):
        return frozenset(
            account_id
            for account_id in world.base
            if holds(tree, Account(world, account_id, counted))
        )


def parse(text: str) -> Tree:
    try:
        tree = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:
        raise RuleError(f"no YAML: {error}") from error
    if not isinstance(tree, dict):
        raise RuleError(f"a rule is a mapping with one key, got {tree!r}")
    return tree


# Where a node is evaluated: an account, or one row of evidence of an account.


@dataclass(frozen=True)
class Account:
    world: World
    account_id: str
    tally: Tally

    def type_of(self, name: str) -> str:
        return self.world.attribute_types[name]

    def knows(self, name: str) -> bool:
        return name in self.world.attribute_types

    def value(self, name: str) -> Any:
        return self.world.attributes.get(self.account_id, {}).get(name)

    def count(self, kind: str, answer: bool) -> bool:
        self.tally.accounts[kind, answer] += 1
        return answer

    def count_word(self, word: str, answer: bool) -> None:
        self.tally.words[word, answer] += 1


@dataclass(frozen=True)
class Evidence:
    """One row of an event or a relation, inside `where`, `has`, `some`, .."""

    world: World
    types: Mapping[str, str]
    row: Row
    tally: Tally

    def type_of(self, name: str) -> str:
        return self.types[name]

    def knows(self, name: str) -> bool:
        return name in self.types

    def value(self, name: str) -> Any:
        return self.row.get(name)

    def count(self, kind: str, answer: bool) -> bool:
        self.tally.rows[kind, answer] += 1
        return answer

    def count_word(self, word: str, answer: bool) -> None:
        """Words are counted over accounts alone."""


Place = Account | Evidence


# The tree.


def holds(node: Tree, place: Place) -> bool:
    word, content = only_item(node)
    if word in TREE_WORDS:
        return TREE_WORDS[word](content, place)
    if word in LEAVES:
        if not isinstance(place, Account):
            raise RuleError(f"{word} stands over one row")
        answer = LEAVES[word](content, place)
        place.count_word(word, answer)
        return answer
    if place.knows(word):
        return ATTRIBUTE_LEAF[0](word, content, place)
    raise RuleError(f"{word!r} is no word of the language and no attribute")


def only_item(node: Tree) -> tuple[str, Any]:
    if not isinstance(node, dict) or len(node) != 1:
        raise RuleError(f"a node is a mapping with exactly one key, got {node!r}")
    return next(iter(node.items()))


def nodes(content: Any) -> list[Tree]:
    if not isinstance(content, list) or not content:
        raise RuleError(f"a list of nodes is wanted, got {content!r}")
    return content


def tree_all(content: Any, place: Place) -> bool:
    # every node is visited, so that none is left out of the tally
    answers = [holds(node, place) for node in nodes(content)]
    return all(answers)


def tree_any(content: Any, place: Place) -> bool:
    answers = [holds(node, place) for node in nodes(content)]
    return any(answers)


def tree_not(content: Any, place: Place) -> bool:
    return not holds(content, place)


def tree_count(compare: Callable[[int, int], bool]) -> Callable[[Any, Place], bool]:
    def evaluate(content: Any, place: Place) -> bool:
        found = sum([holds(node, place) for node in nodes(content["of"])])
        return compare(found, content["count"])

    return evaluate


TREE_WORDS: dict[str, Callable[[Any, Place], bool]] = {
    "all": tree_all,
    "any": tree_any,
    "not": tree_not,
    "at_least": tree_count(lambda found, wanted: found >= wanted),
    "at_most": tree_count(lambda found, wanted: found <= wanted),
    "exactly": tree_count(lambda found, wanted: found == wanted),
}


def node_or_list(content: Any, place: Place) -> bool:
    """What stands in `where`, `has`, `if` and their like: a node, or a list read as `all`."""
    return holds({"all": content} if isinstance(content, list) else content, place)


# The leaves, which the modules of the kinds declare.

LEAVES: dict[str, Callable[[Any, Account], bool]] = {}
ATTRIBUTE_LEAF: list[Callable[[str, Any, Place], bool]] = []


def leaf(word: str) -> Callable[[Callable[[Any, Account], bool]], Callable[[Any, Account], bool]]:
    def declare(evaluate: Callable[[Any, Account], bool]) -> Callable[[Any, Account], bool]:
        LEAVES[word] = evaluate
        return evaluate

    return declare


def only_keys(spec: Any, *, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> None:
    if not isinstance(spec, dict):
        raise RuleError(f"a mapping is wanted, got {spec!r}")
    if not set(required) <= set(spec) <= {*required, *optional}:
        raise RuleError(f"keys are {required} and perhaps {optional}, got {list(spec)}")
