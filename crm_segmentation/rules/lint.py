"""`crm-segmentation lint-rules`: what YAML hides in rules, and rules that cannot be meant.

Errors fail; warnings do with --fail-on-warnings. A comment `# lint: ok` at the end of a line, or
`# lint: ok <code>: why`, silences what is found there; above the first line of a rule it stands for
all of the rule.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from crm_segmentation.did_you_mean import did_you_mean
from crm_segmentation.generated import command_again, model_folders, settle
from crm_segmentation.rules.alone import attribute_alone, kind_alone
from crm_segmentation.rules.domains import (
    COMPARISONS,
    MODIFIERS,
    Literal,
    conjunctions,
    contradiction,
    empty_window,
    literals_of,
    nodes_inside,
)
from crm_segmentation.rules.implied import Implications
from crm_segmentation.rules.lookback import look_backs
from crm_segmentation.rules.meaning import (
    TREE_WORDS,
    Reader,
    fold,
    is_negative,
    meaning,
    meaning_hash,
)
from crm_segmentation.rules.project import RulesError, ask_dbt, rule_project
from crm_segmentation.rules.schema import SCHEMA_FILE, schema_text
from crm_segmentation.rules.sheet import (
    MODELS,
    SHEET,
    advice_of_written,
    rules_again,
    settle_sheet,
    sheet_text,
)
from crm_segmentation.rules.text import (
    Place,
    RuleText,
    nearest,
    nodes_by_path,
    place,
    rules_in,
    said,
)

BOOLEANS = "tag:yaml.org,2002:bool"
DAYS = "tag:yaml.org,2002:timestamp"
NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
# digits that everybody reads as YAML does
PLAIN_NUMBER = re.compile(r"[-+]?(0|[1-9][0-9]*)(\.[0-9]+)?\Z")
SILENCE = re.compile(r"#\s*lint:\s*ok\b(?P<codes>[a-z ,-]*)(:.*)?$")
LISTED = re.compile(r"\b(where|has|if|some|none|every)\.all\[")
NAMES_OF_MODELS = re.compile(r"(^|\.)(member_of|listed_in)(\[\d+\])?$")
# how dbt says that a `ref` leads nowhere
NOT_FOUND = re.compile(r"depends on a node named '([a-z][a-z0-9_]*)'")
# of more conditions in one list no two are compared
MOST_SIBLINGS = 200
# of more sums of points the least and the greatest are looked at alone
MOST_SUMS = 10_000
# models that read every profile say nothing about whether one is used
READS_ALL = ("profile_catalog", "profile_funnel", "profile_explanation")


@dataclass(frozen=True, order=True)
class Finding:
    file: Path
    line: int
    column: int
    level: str
    code: str
    message: str

    def __str__(self) -> str:
        return (
            f"{self.file.as_posix()}:{self.line}:{self.column}: {self.level}: {self.message} "
            f"[{self.code}]"
        )


# ---------------------------------------------------------------- YAML as it is written


def read_strictly(rule: RuleText) -> Iterator[Finding]:
    """What YAML 1.1 reads otherwise than people, in the text of one rule."""

    def found(where: Place, level: str, code: str, message: str) -> Finding:
        return Finding(rule.file, where.line, where.column, level, code, message)

    if rule.has_jinja:
        first = Place(rule.line, 1)
        message = "Jinja stands in the rule, so its text is not read here."
        yield found(first, "note", "jinja", message + " Put braces that are meant between raw.")
        return
    try:
        root = yaml.compose(rule.text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        where = place(rule, mark) if mark else Place(rule.line, 1)
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        yield found(where, "error", "yaml", f"no YAML: {problem}.")
        return
    if root is None:
        yield found(Place(rule.line, 1), "error", "yaml", "an empty rule; write one node.")
        return
    lines = rule.text.split("\n")
    stack, seen = [root], set()
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            stack += node.value
        elif isinstance(node, yaml.MappingNode):
            yield from (found(*one) for one in wrong_keys(rule, node))
            for key, value in node.value:
                stack += [value] if isinstance(key, yaml.ScalarNode) else [key, value]
        elif node.style is None:
            yield from (found(*one) for one in hidden_in_scalar(rule, node, lines))


Described = tuple[Place, str, str, str]


def wrong_keys(rule: RuleText, node: yaml.MappingNode) -> Iterator[Described]:
    first: dict[str, Any] = {}
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            continue
        if key.value in first:
            line = place(rule, first[key.value].start_mark).line
            yield (
                place(rule, key.start_mark),
                "error",
                "duplicate-key",
                f"the key {key.value!r} stands in this mapping already, in line {line}; YAML "
                "keeps the last one silently. Write each as an item of a list under 'all'.",
            )
        first.setdefault(key.value, key)
        if key.tag == BOOLEANS and key.style is None:
            yield (
                place(rule, key.start_mark),
                "error",
                "boolean-key",
                f"YAML reads the key {key.value} as true or false. Put it in quotes.",
            )


def hidden_in_scalar(
    rule: RuleText, node: yaml.ScalarNode, lines: list[str]
) -> Iterator[Described]:
    where, text = place(rule, node.start_mark), node.value
    if node.tag == BOOLEANS and text not in ("true", "false"):
        yield (
            where,
            "warning",
            "boolean-word",
            f"YAML reads {text} as {'true' if text.lower() in ('yes', 'on', 'true') else 'false'}."
            f' Write true or false, or "{text}" for the text.',
        )
    elif node.tag in NUMBERS and not PLAIN_NUMBER.match(text) and not re.search("nan|inf", text):
        try:
            read = yaml.safe_load(text)
        except ValueError:
            read = "no number"
        yield (
            where,
            "warning",
            "odd-number",
            f'YAML reads {text} as {read}. Write plain digits, or "{text}" for the text.',
        )
    elif node.tag == NUMBERS[1] and PLAIN_NUMBER.match(text) and loses_digits(text):
        yield (
            where,
            "warning",
            "long-number",
            f"YAML keeps some 15 digits of {text} and reads {float(text)!r}. Put it in quotes to "
            "have it read exactly.",
        )
    elif re.fullmatch(r"0[0-9]+", text):
        yield (
            where,
            "warning",
            "odd-number",
            f'a number with a zero in front: {text}. Write plain digits, or "{text}" for the '
            "text; of a number with a thousands comma YAML makes two.",
        )
    elif node.tag == DAYS and not is_calendar_day(text):
        yield (
            where,
            "error",
            "no-day",
            f"not a calendar day: got {text}; allowed: a day like 2024-01-31. YAML does not read "
            "the rule with it.",
        )
    # what follows a plain value behind ` #` is a comment, mostly meant as one: `# so`
    end = node.end_mark
    comment = re.match(r"[ \t]+#[^\s#!]", lines[end.line][end.column :]) if text else None
    if comment and end.line < len(lines):
        yield (
            Place(rule.line + end.line, end.column + 2),
            "warning",
            "comment",
            f"YAML reads what follows {text!r} as a comment. Put the text in quotes, or a blank "
            "behind #.",
        )


def is_calendar_day(text: str) -> bool:
    try:
        yaml.safe_load(text)
    except ValueError:
        return False
    return True


def loses_digits(text: str) -> bool:
    """Whether a number with a decimal point is another one as binary floating point."""
    return Decimal(text) != Decimal(repr(float(text)))


# ---------------------------------------------------------------- what rules mean


def published_findings(
    entry: dict[str, Any], project: dict[str, Any]
) -> Iterator[tuple[str, str, str]]:
    """(path, code, message) for the published tree of one profile."""
    found = [*wrong_conditions(entry, project), *alone(entry["published"]["tree"], project)]
    yield from found
    wrong = [path for path, code, _ in found if code in ("contradiction", "always")]
    yield from beside_each_other(entry["published"]["tree"], project, wrong)


def wrong_conditions(
    entry: dict[str, Any], project: dict[str, Any]
) -> Iterator[tuple[str, str, str]]:
    """What cannot hold, or always does, and what says less than it seems to."""
    attributes, as_of = project["attributes"], date.fromisoformat(project["as_of"])
    tree = entry["published"]["tree"]
    told: list[str] = []
    for together in conjunctions(tree, attributes, project):
        by_subject = defaultdict(list)
        for literal in together:
            # DE as it is written and de in whatever letters may both hold
            by_subject[literal.attribute, literal.folded].append(literal)
        for (name, _), literals in by_subject.items():
            if all(literal.operator == "years" for literal in literals):
                # said of their number
                continue
            subject = literals[0].label or name
            if contradiction(literals, as_of):
                asked = ", ".join(str(literal) for literal in literals)
                mend = "Mend it." if len(literals) == 1 else "Mend one of them, or say 'any'."
                message = f"no value of {subject} satisfies {asked}. {mend}"
                told.append(literals[-1].path)
                yield literals[-1].path, "contradiction", message
            yield from always_true(literals, as_of)
    # from within: what is around a node that is always so is so for that reason
    for path, node in reversed(list(nodes_of(tree))):
        ((word, _),) = node.items()
        if word not in TREE_WORDS or any(is_below(one, path) for one in told):
            continue
        form = meaning(node, attributes, project)
        if word != "any" and form is False:
            message = "a condition and its contrary: nobody passes. Take one of them away."
            told.append(path)
            yield path, "contradiction", message
        elif word != "all" and form is True:
            message = "a condition or its contrary: everybody passes. Take one of them away."
            if word in ("at_least", "at_most", "exactly"):
                message = "whatever holds, so many do: everybody passes. Mend the count."
            told.append(path)
            yield path, "always", message
    yield from unknown_values(tree, attributes)
    for path, node in nodes_of(tree):
        ((word, given),) = node.items()
        if word not in TREE_WORDS and word not in attributes and isinstance(given, dict):
            empty = empty_window(word, given, as_of)
            if empty:
                message = f"no row is in this window: {empty[1]}. Mend it."
                yield f"{path}.{empty[0]}", "contradiction", message
            yield from kind_alone(path, word, given, as_of)
            if word == "points":
                yield from sums_of_points(path, given)
            if word == "changed" and same_text(given.get("from", ...), given.get("to", -1)):
                message = "from and to are the same value, which is no change. Mend one of them."
                yield f"{path}.to", "contradiction", message


def is_below(path: str, parent: str) -> bool:
    return path.startswith((f"{parent}.", f"{parent}["))


def alone(tree: dict[str, Any], project: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """What is wrong with a leaf on an attribute, or on a column of one row, by itself."""
    for prefix, root, columns in roots_of(tree, project):
        known = project["attributes"] if columns is None else None
        for path, node in nodes_of(root, prefix):
            ((word, given),) = node.items()
            entry = known.get(word) if known is not None else {"type": (columns or {}).get(word)}
            if entry and entry["type"] and isinstance(given, dict) and word not in TREE_WORDS:
                yield from attribute_alone(path, word, given, entry)


def always_true(literals: list[Literal], as_of: date) -> Iterator[tuple[str, str, str]]:
    """Comparisons of a number of rows that every number satisfies."""
    by_leaf = defaultdict(list)
    for literal in literals:
        if literal.kind == "count" and literal.holds:
            by_leaf[literal.path.rpartition(".")[0]].append(literal)
    for path, of_leaf in by_leaf.items():
        if all(contradiction([replace(one, holds=False)], as_of) for one in of_leaf):
            yield path, "always", "every number of rows satisfies this, no row included. Mend it."


def sums_of_points(path: str, given: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Comparisons that no sum of the points, or every one, satisfies."""
    adds = [int(item["add"]) for item in given["of"]]
    low, high = sum(add for add in adds if add < 0), sum(add for add in adds if add > 0)
    attribute = {"points": {"type": "number"}}
    comparison = {key: given[key] for key in given if key != "of"}
    asked = literals_of({"points": comparison}, path, attribute, {})
    sums = {0}
    for add in adds:
        sums |= {one + add for one in sums} if len(sums) <= MOST_SUMS else set()
    possible = Literal("points", "number", "between", [low, high], "exclude", True, path)
    if len(sums) <= MOST_SUMS:
        possible = replace(possible, operator="in", value=sorted(sums))
    as_of = date.min
    if contradiction([possible, *asked], as_of):
        message = f"the points add up to {low} at least and {high} at most. Mend the comparison."
        if 1 < len(sums) <= 8:
            *others, last = (str(one) for one in sorted(sums))
            message = f"the points add up to {', '.join(others)} or {last}. Mend the comparison."
        yield path, "contradiction", message
    elif all(contradiction([possible, replace(one, holds=False)], as_of) for one in asked):
        message = f"all sums of the points, from {low} to {high}, satisfy this. Mend it."
        yield path, "always", message


def beside_each_other(
    tree: dict[str, Any], project: dict[str, Any], wrong: Sequence[str]
) -> Iterator[tuple[str, str, str]]:
    """Of conditions under one `all` or `any`: what another makes needless or impossible.

    `wrong` are the paths of what was found before, of which no more is said.
    """
    as_of = date.fromisoformat(project["as_of"])
    types = {name: entry["type"] for name, entry in project["attributes"].items()}
    for prefix, root, columns in roots_of(tree, project):
        reader = Reader(columns or types, project)
        known = Implications(columns or types, as_of, project)
        for path, node in nodes_of(root, prefix):
            word, given = side_by_side(node, path, columns or types)
            if word and 1 < len(given) <= MOST_SIBLINGS:
                told = [item for item in given if not is_told(item[0], path, wrong)]
                yield from pairs(word, told, reader, known)


def is_told(path: str, parent: str, wrong: Sequence[str]) -> bool:
    return any(one == parent or f"{one}.".startswith(f"{path}.") for one in wrong)


def roots_of(
    tree: dict[str, Any], project: dict[str, Any]
) -> Iterator[tuple[str, dict[str, Any], dict[str, str] | None]]:
    """The tree of a rule and those within its leaves, over rows whose columns have types."""
    yield "", tree, None
    for path, node in nodes_of(tree):
        ((word, given),) = node.items()
        if word not in TREE_WORDS and word not in project["attributes"]:
            for where, inner, columns in nodes_inside(word, given, project, path):
                if columns is not None:
                    listed = {"all": inner} if isinstance(inner, list) else inner
                    yield where, listed, {name: entry["type"] for name, entry in columns.items()}


def side_by_side(
    node: dict[str, Any], path: str, names: Collection[str]
) -> tuple[str, list[tuple[str, dict[str, Any]]]]:
    """`all` or `any`, and what stands under it with its paths; else no word.

    Of a leaf on one of the names (attributes, or columns) the operators stand side by side, and so
    they do beside other leaves.
    """
    ((word, given),) = node.items()
    if word not in TREE_WORDS:
        return "all", operators_of(node, path, names)
    if word not in ("all", "any"):
        return "", []
    items: list[tuple[str, dict[str, Any]]] = []
    for index, child in enumerate(given):
        ((inner, _),) = child.items()
        where = f"{path}[{index}].{inner}"
        if inner == word:
            items += side_by_side(child, where, names)[1]
        elif word == "all" and inner not in TREE_WORDS:
            items += operators_of(child, where, names)
        else:
            items.append((where, child))
    return word, items


def operators_of(
    leaf: dict[str, Any], path: str, names: Collection[str]
) -> list[tuple[str, dict[str, Any]]]:
    ((word, given),) = leaf.items()
    if not isinstance(given, dict):
        return [(path, leaf)]
    counted = given.get("count") if word == "event" else None
    if isinstance(counted, dict) and len(counted) > 1:
        return [
            (f"{path}.count.{key}", {word: {**given, "count": {key: counted[key]}}})
            for key in counted
            if key in COMPARISONS
        ]
    rest = {key: given[key] for key in given if key in MODIFIERS}
    operators = [key for key in given if key not in MODIFIERS]
    if len(operators) < 2 or word not in names:
        return [(path, leaf)]
    return [(f"{path}.{key}", {word: {key: given[key], **rest}}) for key in operators]


def pairs(
    word: str, items: list[tuple[str, dict[str, Any]]], reader: Reader, known: Implications
) -> Iterator[tuple[str, str, str]]:
    forms = [(reader.node(node), reader.node(node, False)) for _, node in items]
    needless: set[int] = set()
    for at, (path, asked) in enumerate(items):
        for other, (_, node) in enumerate(items):
            # what is true or false by itself was found before
            if other == at or True in (*forms[at], *forms[other]) or other in needless:
                continue
            first, then = (other, at) if word == "all" else (at, other)
            follows = known.implies(forms[first][0], forms[then][0])
            equal = follows and known.implies(forms[then][0], forms[first][0])
            if follows and word == "any" and says_the_unknown(asked, node):
                continue
            if follows and (not equal or other < at):
                needless.add(at)
                yield path, "no-effect", no_effect(word, node)
                break
            if other > at:
                continue
            if word == "all" and known.implies(forms[other][0], forms[at][1]):
                message = f"nobody passes this who passes {said(node)}. Mend one of them."
                yield path, "contradiction", message
                break
            if word == "any" and known.implies(forms[other][1], forms[at][0]):
                message = f"everybody passes this or {said(node)}. Mend one of them."
                yield path, "always", message
                break


def says_the_unknown(node: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether a node asks for the unknown, of which the other says nothing though it holds."""
    ((name, given),) = node.items()
    is_asked = isinstance(given, dict) and "is_null" in given
    return is_asked and name in other and for_unknown(other, name) is None


def no_effect(word: str, other: dict[str, Any]) -> str:
    who = f"whoever passes {said(other)} passes this, too"
    if word == "any":
        who = f"whoever passes this passes {said(other)}, too"
    return f"{who}, so it changes nothing. Take it away, or mend one of them."


def same_text(left: Any, right: Any) -> bool:
    if isinstance(left, str) and isinstance(right, str):
        return fold(left) == fold(right)
    return bool(left == right)


def nodes_of(tree: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every node of a tree with the path of what stands under its word."""
    prefix = f"{path}.{next(iter(tree))}".lstrip(".")
    yield prefix, tree
    for where, child in nodes_below(tree, prefix):
        yield from nodes_of(child, where)


def nodes_below(tree: dict[str, Any], prefix: str) -> Iterator[tuple[str, dict[str, Any]]]:
    ((word, given),) = tree.items()
    if word == "not":
        yield prefix, given
    elif word in ("all", "any"):
        for index, child in enumerate(given):
            yield f"{prefix}[{index}]", child
    elif word in ("at_least", "at_most", "exactly"):
        for index, child in enumerate(given["of"]):
            yield f"{prefix}.of[{index}]", child
    elif word == "points":
        for index, item in enumerate(given["of"]):
            yield f"{prefix}.of[{index}].if", item["if"]


def unknown_values(
    tree: dict[str, Any],
    attributes: dict[str, Any],
    path: str = "",
    around: tuple[dict[str, Any], ...] = (),
) -> Iterator[tuple[str, str, str]]:
    """Negative conditions on what may be unknown, where nothing around them decides that."""
    ((word, given),) = tree.items()
    prefix = f"{path}.{word}".lstrip(".")
    for where, child in nodes_below(tree, prefix):
        yield from unknown_values(child, attributes, where, (*around, tree))
    if word not in attributes or attributes[word]["type"] == "values":
        return
    for operator, value in given.items():
        names = [word, value] if operator == "neq_attribute" else [word]
        undecided = [
            name
            for name in names
            if attributes[name]["nullable"]
            and all(for_unknown(one, name) is None for one in (*around, tree))
        ]
        if not undecided or not is_silently_negative(operator, value) or names == [word, word]:
            continue
        shown, advice = operator, "nulls: include, or exclude"
        if value is False:
            shown, advice = "false", "{eq: false, nulls: include}, or exclude"
        message = f"{shown} also holds where {' or '.join(undecided)} is unknown. Say so: {advice}."
        yield f"{prefix}.{operator}", "unknown-value", message


def for_unknown(tree: dict[str, Any], name: str) -> bool | None:
    """What a node makes of accounts whose attribute of this name is unknown.

    None: that hangs on something else, or on a negative condition that says nothing of it.
    """
    ((word, given),) = tree.items()
    if word == "not":
        found = for_unknown(given, name)
        return None if found is None else not found
    if word in ("all", "any"):
        each = {for_unknown(child, name) for child in given}
        if (word == "any") in each:
            return word == "any"
        return None if None in each else word == "all"
    if not isinstance(given, dict):
        return None
    asked = {
        operator: value
        for operator, value in given.items()
        if operator not in MODIFIERS
        and (word == name or (operator.endswith("_attribute") and value == name))
    }
    if not asked:
        return None
    if "nulls" in given or "is_null" in asked:
        # of an attribute that another is compared with, the other conditions on that one
        is_all = word == name or len(asked) == len(given.keys() - MODIFIERS)
        return False if given.get("nulls") == "exclude" else True if is_all else None
    return None if all(is_silently_negative(*one) for one in asked.items()) else False


def is_silently_negative(operator: str, value: Any) -> bool:
    """Whether an operator holds where the value is unknown, without saying so."""
    return is_negative(operator) or operator == "has_none" or (operator == "eq" and value is False)


def same_meanings(
    profiles: Sequence[dict[str, Any]], project: dict[str, Any]
) -> Iterator[tuple[dict[str, Any], str]]:
    known: dict[str, str] = {}
    for entry in sorted(profiles, key=lambda one: str(one["name"])):
        published = entry["published"]
        key = meaning_hash(published["base"], published["tree"], project)
        if key in known:
            yield entry, f"means the same as {known[key]}. Keep one of them."
        known.setdefault(key, entry["name"])


def is_unused(entry: dict[str, Any], project: dict[str, Any]) -> bool:
    users = [name for name in entry["used_by"] if name not in READS_ALL]
    return not users and entry["name"] not in project["recorded_groups"]


# ---------------------------------------------------------------- what the data says


def data_findings(
    entry: dict[str, Any], counted: dict[str, Any], project: dict[str, Any]
) -> Iterator[tuple[str, str, str]]:
    """Leaves that part nobody, and those that look back to before the history begins."""
    base = counted["base"]
    for leaf in counted["leaves"] if base else []:
        if leaf["passed"] in (0, base):
            who = "no account" if leaf["passed"] == 0 else "every account"
            message = f"{who} of the base passes this leaf ({base} accounts). Is it needed?"
            yield leaf["path"], "parts-nobody", message
    if base and counted["members"] == 0 and all(leaf["passed"] for leaf in counted["leaves"]):
        message = (
            f"nobody is a member ({base} accounts), and each leaf is passed by somebody. Mend how "
            "they are joined."
        )
        yield "", "no-members", message
    as_of = date.fromisoformat(project["as_of"])
    for path, node in nodes_of(entry["published"]["tree"]):
        for look_back in look_backs(path, node, project):
            problem = look_back.too_far(counted["first_days"], as_of)
            if problem:
                yield look_back.path, "long-window", problem


# ---------------------------------------------------------------- names that dbt does not know


def unknown_names(folder: Path, complaint: str) -> Iterator[Finding]:
    """Where the rules of a project name a model or a seed that dbt says is not there."""
    known = {
        path.stem
        for root in (folder, *sorted(folder.glob("dbt_packages/*")))
        for pattern in (
            *(f"{place}/**/*.{end}" for place in model_folders(root) for end in ("sql", "py")),
            "seeds/**/*.csv",
        )
        for path in root.glob(pattern)
    }
    for name in sorted(set(NOT_FOUND.findall(complaint)) - known):
        question = did_you_mean(name, known)
        for file in files_with_rules(folder):
            for rule in rules_in(file):
                if rule.has_jinja:
                    continue
                root = yaml.compose(rule.text, Loader=yaml.SafeLoader)
                for path, (_, node) in nodes_by_path(root).items():
                    if NAMES_OF_MODELS.search(path) and node.value == name:
                        where = place(rule, node.start_mark)
                        yield Finding(
                            file.relative_to(folder),
                            where.line,
                            where.column,
                            "error",
                            "unknown-name",
                            f"no model and no seed is called {name!r}.{question}",
                        )


# ---------------------------------------------------------------- the command


class Places:
    """Where the parts of a published rule stand in the file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.known: dict[str, tuple[RuleText, dict[str, Any]] | None] = {}

    def of(self, file: str, path: str) -> tuple[Path, Place]:
        if file not in self.known:
            self.known[file] = self.read(file)
        read = self.known[file]
        if read is None:
            return Path(file), Place(1, 1)
        rule, nodes = read
        # a list that is read as `all` has no word of its own in the file
        if path not in nodes:
            path = LISTED.sub(r"\1[", path)
        key, _ = nearest(nodes, path)
        return Path(file), place(rule, key.start_mark)

    def read(self, file: str) -> tuple[RuleText, dict[str, Any]] | None:
        for rule in rules_in(self.folder / file):
            if rule.kind == "profile" and not rule.has_jinja:
                root = yaml.compose(rule.text, Loader=yaml.SafeLoader)
                return rule, nodes_by_path(root)
        return None


def files_with_rules(folder: Path) -> list[Path]:
    return sorted(
        path for place in model_folders(folder) for path in (folder / place).rglob("*.sql")
    )


def read_files(folder: Path) -> Iterator[Finding]:
    for file in files_with_rules(folder):
        for rule in rules_in(file):
            for one in read_strictly(rule):
                yield Finding(
                    file.relative_to(folder), one.line, one.column, one.level, one.code, one.message
                )


def project_findings(
    folder: Path, project: dict[str, Any], data: dict[str, Any] | None = None
) -> Iterator[Finding]:
    """Warnings about the published profiles whose files stand in this project."""
    places = Places(folder)
    profiles = [
        entry
        for entry in project["groups"]
        if entry["published"]["kind"] == "profile" and (folder / entry["file"]).exists()
    ]

    def warning(entry: dict[str, Any], path: str, code: str, message: str) -> Finding:
        file, where = places.of(entry["file"], path)
        return Finding(file, where.line, where.column, "warning", code, message)

    for entry in profiles:
        for path, code, message in published_findings(entry, project):
            yield warning(entry, path, code, message)
        if is_unused(entry, project):
            message = (
                f"nothing uses {entry['name']}: no model, no exposure, no record of its members. "
                "Name it in an exposure, or delete it."
            )
            yield warning(entry, "", "unused", message)
    for entry, message in same_meanings(profiles, project):
        yield warning(entry, "", "same-meaning", f"{entry['name']} {message}")
    if data is None:
        return
    members: dict[str, str] = {}
    for entry in sorted(profiles, key=lambda one: str(one["name"])):
        counted = data["profiles"].get(entry["name"])
        if counted is None:
            continue
        counted = {**counted, "first_days": data["first_days"]}
        for path, code, message in data_findings(entry, counted, project):
            yield warning(entry, path, code, message)
        if counted["members"] and counted["fingerprint"]:
            other = members.setdefault(counted["fingerprint"], entry["name"])
            if other != entry["name"]:
                message = f"{entry['name']} has the same members as {other}. Keep one of them."
                yield warning(entry, "", "same-members", message)


def stale_files(
    folder: Path,
    project: dict[str, Any],
    arguments: argparse.Namespace,
    dbt_arguments: Sequence[str],
) -> Iterator[Finding]:
    """Generated files about rules that are not what would be written now."""
    sheet, models = arguments.sheet, arguments.models

    def stale(path: Path, command: str) -> Finding:
        message = f"stale. Run `crm-segmentation {command}` and commit what it writes."
        return Finding(path, 1, 1, "error", "stale", message)

    written = folder / SCHEMA_FILE
    if written.exists() and settle(written, schema_text(project), check=True):
        named = {"--project-dir": (arguments.project_dir, Path())}
        yield stale(SCHEMA_FILE, command_again("schema", named, dbt_arguments))
    if (folder / sheet).exists():
        text = sheet_text(folder / sheet)
        for path in settle_sheet(folder, sheet, text, models, project, dbt_arguments, check=True):
            yield stale(path, rules_again(arguments, dbt_arguments))


def silenced(finding: Finding, folder: Path) -> bool:
    """Whether a comment on the line, or above the rule, says that it is meant."""
    file = folder / finding.file
    if not file.exists():
        return False
    lines = file.read_text(encoding="utf-8").split("\n")
    candidates = [lines[finding.line - 1] if finding.line <= len(lines) else ""]
    for rule in rules_in(file):
        below = lines[rule.line : finding.line]
        for line in below:
            if line.strip() and not line.strip().startswith("#"):
                break
            candidates.append(line)
    for line in candidates:
        match = SILENCE.search(line.rstrip())
        if match:
            codes = re.split(r"[ ,]+", match["codes"].strip())
            if codes == [""] or finding.code in codes:
                return True
    return False


def report(findings: Iterable[Finding], folder: Path, *, fail_on_warnings: bool) -> int:
    shown = sorted({one for one in findings if not silenced(one, folder)})
    for finding in shown:
        print(finding)
    errors = sum(finding.level == "error" for finding in shown)
    warnings = sum(finding.level == "warning" for finding in shown)
    if errors or warnings:
        words = [
            f"{count} {word}{'' if count == 1 else 's'}"
            for count, word in ((errors, "error"), (warnings, "warning"))
        ]
        print(f"{', '.join(words)}.", file=sys.stderr)
    return 1 if errors or (warnings and fail_on_warnings) else 0


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="crm-segmentation lint-rules",
        description="Read the rules of a project strictly, warn of what cannot be meant, and fail "
        "where the JSON Schema or the profiles of the sheet are stale.",
        epilog="0: nothing to mend, 1: something, 2: dbt cannot read the project. Other "
        "arguments, like --target or --vars, go to dbt.",
    )
    parser.add_argument("--fail-on-warnings", action="store_true", help="warnings fail, too")
    parser.add_argument("--data", action="store_true", help="count in the built warehouse, too")
    parser.add_argument("--project-dir", type=Path, default=Path(), help="folder of the project")
    parser.add_argument("--sheet", type=Path, default=SHEET, help=f"the sheet ({SHEET})")
    parser.add_argument(
        "--models", type=Path, default=MODELS, help=f"folder of the sheet's models ({MODELS})"
    )
    arguments, dbt_arguments = parser.parse_known_args(argv)
    folder = arguments.project_dir.resolve()
    findings = list(read_files(folder))
    if any(finding.level == "error" for finding in findings):
        # dbt would stop at the first of them, without a line
        return report(findings, folder, fail_on_warnings=arguments.fail_on_warnings)
    try:
        project = rule_project(folder, dbt_arguments)
        findings += stale_files(folder, project, arguments, dbt_arguments)
        data = None
        if arguments.data:
            data = ask_dbt(folder, "rule_counts", dbt_arguments, reads_data=True)
        findings += project_findings(folder, project, data)
    except RulesError as error:
        print(error, file=sys.stderr)
        advice = advice_of_written(str(error), folder, arguments, dbt_arguments)
        if advice:
            print(advice, file=sys.stderr)
        findings += unknown_names(folder, str(error))
        report(findings, folder, fail_on_warnings=False)
        return 2
    return report(findings, folder, fail_on_warnings=arguments.fail_on_warnings)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
