"""`crm-segmentation compare-rules BASE`: what a change of rules changes.

The profiles of another commit and those of the working tree are asked on the same data and
the same day. By default the texts of the other commit's profiles are rendered by the macros
of the working tree: the difference is then one of rules alone. With --base-macros that
commit's own macros render them.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from crm_segmentation.did_you_mean import did_you_mean
from crm_segmentation.explain import (
    DBT_OPTIONS,
    dbt_options,
    jinja_text,
    one_line,
    published_profiles,
)
from crm_segmentation.generated import model_folders
from crm_segmentation.summary import QUIETLY, DbtReader, Row, SummaryError

Tree = dict[str, Any]
Mask = str | None

# the head of a profile's file, up to the arguments
CALL = re.compile(r"(\{%[-+]?\s*call(?:\s*\(\s*\)\s*|\s+))(?:crm_segmentation\.)?profile\s*\(")
COUNTED = ("at_least", "at_most", "exactly")
LISTS = ("all", "any", *COUNTED)
TREE_WORDS = ("not", *LISTS)


class CompareError(Exception):
    """There is nothing to compare; the text says why and what to do."""


# --- the other commit ------------------------------------------------------------


def git(folder: Path, *arguments: str) -> bytes | None:
    """What git says in a folder, or nothing where it fails."""
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else None


def commit_of(folder: Path, ref: str) -> str:
    """The short id of a commit, from any name of it."""
    if git(folder, "rev-parse", "--git-dir") is None:
        raise CompareError(
            f"No git repository in the project's folder: got '{folder}'; allowed: a folder of a "
            "clone. Rules are compared with those of another commit."
        )
    # a name that begins with - would be an option
    found = None
    if not ref.startswith("-"):
        found = git(folder, "rev-parse", "--short", "--verify", "--quiet", f"{ref}^{{commit}}")
    if not found:
        listed = git(folder, "for-each-ref", "--format=%(refname:short)") or b""
        raise CompareError(
            f"Unknown commit in BASE: got '{ref}'; allowed: a branch, tag or commit of this "
            f"repository.{did_you_mean(ref, ['HEAD', *listed.decode().split()])}"
        )
    return found.decode().strip()


def profiles_at(folder: Path, commit: str) -> dict[str, str]:
    """Name and text of each file with a profile's call, as the commit has them."""
    listed = git(folder, "ls-tree", "-r", "-z", "--name-only", commit, "--", *model_folders(folder))
    paths = [path for path in (listed or b"").decode().split("\0") if path.endswith(".sql")]
    texts = {Path(path).stem: git(folder, "show", f"{commit}:./{path}") for path in paths}
    return {
        name: text.decode()
        for name, text in texts.items()
        if text is not None and CALL.search(text.decode())
    }


def members_by_base_macros(
    folder: Path, commit: str, names: Iterable[str], options: list[str]
) -> dict[str, str]:
    """SQL of the members of profiles as the commit's own macros render it."""
    from dbt.cli.main import dbtRunner

    archive = git(folder, "archive", "--format=tar", commit, ".")
    if archive is None:
        raise CompareError(f"git cannot give out the files of {commit}.")
    with tempfile.TemporaryDirectory(prefix="compare_rules_") as place:
        with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
            packed.extractall(place, filter="data")
        installed = folder / "dbt_packages"
        if installed.is_dir() and not (Path(place) / "dbt_packages").exists():
            (Path(place) / "dbt_packages").symlink_to(installed.resolve())
        kept = [
            text
            for option, value in zip(options[::2], options[1::2], strict=True)
            if option not in ("--project-dir", "--target-path")
            for text in (option, value)
        ]
        if "--profiles-dir" not in kept and (folder / "profiles.yml").exists():
            kept += ["--profiles-dir", str(folder)]
        done: Any = dbtRunner().invoke(
            [
                *("compile", *QUIETLY, "--project-dir", place, "--target-path", f"{place}/target"),
                *("--select", *names, *kept),
            ]
        )
        if not done.success:
            raise CompareError(f"{commit} does not compile with its own macros: {done.exception}")
        return {result.node.name: str(result.node.compiled_code) for result in done.result.results}


# --- the comparison in SQL ---------------------------------------------------------


def replaced(call: str, found: re.Match[str]) -> str:
    return found[1] + call


def comparison_sql(
    base: Mapping[str, str], added: Iterable[str], members: Mapping[str, str]
) -> str:
    """One statement over all profiles: the texts of BASE in calls that compare them."""
    blocks = []
    for name, text in sorted(base.items()):
        given = "none" if name not in members else jinja_text(members[name])
        compared = f"{{'name': {jinja_text(name)}, 'members': {given}}}"
        call = f"crm_segmentation.compare_with_published({compared}, "
        blocks.append(CALL.sub(partial(replaced, call), text))
    blocks += [
        f"{{{{ crm_segmentation.compare_with_nothing({jinja_text(name)}) }}}}"
        for name in sorted(added)
    ]
    return "\n".join([*blocks, "{{ crm_segmentation.compared_nothing() }}"])


# --- what the rows say -------------------------------------------------------------


@dataclass(frozen=True)
class Rule:
    base: str
    text: str
    tree: Tree
    leaves: list[dict[str, Any]]

    def keys(self) -> list[str]:
        return [json.dumps(leaf["tree"], sort_keys=True) for leaf in self.leaves]


def branches(tree: Tree) -> list[Tree]:
    """The nodes below a node; a leaf of points has those that earn them."""
    ((word, content),) = tree.items()
    if word == "not":
        return [content]
    if word in ("all", "any"):
        return list(content)
    if word in COUNTED:
        return list(content["of"])
    return [item["if"] for item in content["of"]] if word == "points" else []


def judged(tree: Tree, bits: Iterator[bool | None]) -> bool | None:
    """
    Does a rule hold for a mask? Its bits are taken in the order of the text. A leaf whose
    bit is None is left out: its list is asked without it, and nothing if it is empty then.
    """
    ((word, content),) = tree.items()
    if word not in TREE_WORDS:
        own = next(bits)
        for branch in branches(tree):
            judged(branch, bits)
        return own
    found = [judged(branch, bits) for branch in branches(tree)]
    held = [one for one in found if one is not None]
    if not held:
        return None
    if word == "not":
        return not held[0]
    if word in ("all", "any"):
        return all(held) if word == "all" else any(held)
    wanted = content["count"]
    return {
        "at_least": sum(held) >= wanted,
        "at_most": sum(held) <= wanted,
        "exactly": sum(held) == wanted,
    }[word]


def holds(tree: Tree, bits: Iterable[bool]) -> bool:
    return bool(judged(tree, iter(bits)))


def bits_of(mask: str) -> list[bool]:
    return [bit == "1" for bit in mask]


def shape(content: Any, key: str = "") -> Any:
    """A leaf without its values: two of one shape ask the same with other thresholds."""
    if isinstance(content, dict):
        return tuple(sorted((name, shape(value, name)) for name, value in content.items()))
    if isinstance(content, list):
        return tuple(sorted({repr(shape(value)) for value in content}))
    return content if key in ("name", "attribute", "group", "column", "of") else ""


def twins(rule: Rule, other: Rule) -> dict[int, int]:
    """
    Leaf of a rule -> the leaf of the other one that stands for it: the same one; else the
    only one of its shape that is left, else the only one about the same.
    """
    found: dict[int, int] = {}
    for key, is_alone in (
        (lambda leaf: json.dumps(leaf, sort_keys=True), False),
        (lambda leaf: repr(shape(leaf)), True),
        (lambda leaf: str(next(iter(leaf))), True),
    ):
        own, theirs = (
            grouped(
                None if at in taken else key(leaf["tree"]) for at, leaf in enumerate(one.leaves)
            )
            for one, taken in ((rule, set(found)), (other, set(found.values())))
        )
        for name, places in own.items():
            others = theirs.get(name, [])
            if not is_alone or len(places) == len(others) == 1:
                found |= dict(zip(places, others, strict=False))
    return found


def grouped(keys: Iterable[str | None]) -> dict[str, list[int]]:
    """Key -> the places where it stands."""
    places: dict[str, list[int]] = {}
    for at, key in enumerate(keys):
        if key is not None:
            places.setdefault(key, []).append(at)
    return places


@dataclass(frozen=True)
class Turn:
    """A word of the tree in place of another one, and both rules with it turned back."""

    path: str
    before: str
    after: str
    old: Tree
    """The old rule, with this word of the new one."""
    new: Tree
    """The new rule, with this word of the old one."""

    def text(self) -> str:
        at = f"the tree at {self.path}" if self.path else "the tree"
        return f"{at}: {self.before} -> {self.after}"


def named(tree: Tree) -> str:
    ((word, content),) = tree.items()
    return f"{word} {content['count']}" if word in COUNTED else word


def with_branches(tree: Tree, inner: list[Tree]) -> Tree:
    """The same word over other nodes."""
    ((word, content),) = tree.items()
    if word == "not":
        return {"not": inner[0]}
    return {word: {**content, "of": inner}} if word in COUNTED else {word: inner}


def asked_in(tree: Tree) -> list[str]:
    """The words of the leaves below a node, sorted."""
    ((word, _),) = tree.items()
    if word not in TREE_WORDS:
        return [word]
    return sorted(name for branch in branches(tree) for name in asked_in(branch))


def may_hold(outer: Tree, inner: Tree) -> bool:
    """Is a node a list, and the other one rather an item of it than a list in its place?"""
    ((word, _),) = outer.items()
    return word in ("all", "any") and (
        next(iter(inner)) not in LISTS or asked_in(inner) in map(asked_in, branches(outer))
    )


def turned(old: Tree, new: Tree, path: str) -> Iterator[Turn]:
    """Where two nodes differ by a word; the path is that in the new rule."""
    (old_word,), (new_word,) = old, new
    if (old_word == "not") != (new_word == "not") and asked_in(old) == asked_in(new):
        if old_word == "not":
            yield Turn(path, "not", "no not", old["not"], {"not": new})
            for turn in turned(old["not"], new, path):
                yield replace(turn, old={"not": turn.old})
        else:
            yield Turn(path, "no not", "not", {"not": old}, new["not"])
            for turn in turned(old, new["not"], f"{path}.not".strip(".")):
                yield replace(turn, new={"not": turn.new})
    elif old_word != new_word and may_hold(new, old):
        # a list of one asks the same as that one
        yield from turned({new_word: [old]}, new, path)
    elif old_word != new_word and may_hold(old, new):
        inside = f"{path}.{old_word}[0]".strip(".")
        for turn in turned(old, {old_word: [new]}, path):
            yield replace(turn, path=turn.path.replace(inside, path, 1).strip("."))
    elif old_word in TREE_WORDS and new_word in TREE_WORDS:
        mine, theirs = branches(old), branches(new)
        if named(old) != named(new):
            yield Turn(
                path,
                named(old),
                named(new),
                with_branches(new, mine),
                with_branches(old, theirs),
            )
        for place, other in pairs_of(mine, theirs):
            inside = f"{path}.{new_word}{'' if new_word == 'not' else f'[{other}]'}".strip(".")
            for turn in turned(mine[place], theirs[other], inside):
                yield replace(
                    turn,
                    old=with_branches(old, [*mine[:place], turn.old, *mine[place + 1 :]]),
                    new=with_branches(new, [*theirs[:other], turn.new, *theirs[other + 1 :]]),
                )


def pairs_of(mine: list[Tree], theirs: list[Tree]) -> list[tuple[int, int]]:
    """Items of two lists that stand for each other: alike, else those left in their order."""
    found: list[tuple[int, int]] = []
    for key in (
        lambda tree: json.dumps(tree, sort_keys=True),
        lambda tree: repr(asked_in(tree)),
        lambda tree: str(next(iter(tree)) in TREE_WORDS),
    ):
        own, others = (
            grouped(None if at in taken else key(tree) for at, tree in enumerate(trees))
            for trees, taken in (
                (mine, {one for one, _ in found}),
                (theirs, {other for _, other in found}),
            )
        )
        for name, places in own.items():
            found += zip(places, others.get(name, []), strict=False)
    return found


@dataclass
class Change:
    """What became of one profile."""

    name: str
    old: Rule | None
    new: Rule | None
    as_of: str
    groups: list[tuple[Mask, Mask, bool, bool, int]] = field(default_factory=list)
    """Masks by both rules, whether it was and is a member, and how many accounts."""
    examples: list[tuple[Mask, Mask, bool, bool, str]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    """Why the old rule cannot be read by the macros of the working tree."""
    is_counted: bool = True
    """Are the members by both rules known?"""

    def count(self, was: bool, now: bool) -> int:
        return sum(group[4] for group in self.groups if group[2:4] == (was, now))

    def only_in(self, rule: Rule, other: Rule) -> list[int]:
        """The leaves of a rule that the other one does not have."""
        spare = Counter(other.keys())
        found = []
        for at, key in enumerate(rule.keys()):
            if spare[key]:
                spare[key] -= 1
            else:
                found.append(at)
        return found

    @cached_property
    def turns(self) -> list[Turn]:
        """The words of the tree, and their counts, that differ."""
        return list(turned(self.old.tree, self.new.tree, "")) if self.old and self.new else []

    @cached_property
    def twins(self) -> tuple[dict[int, int], dict[int, int]]:
        """Leaf of the old rule -> that of the new one in its place, and the other way."""
        assert self.old is not None and self.new is not None
        found = twins(self.old, self.new)
        return found, {other: at for at, other in found.items()}

    def leaf_text(self, rule: Rule, at: int, before: bool) -> str:
        """A leaf in words, with what stood there before where one leaf took its place."""
        assert self.old is not None and self.new is not None
        text = str(rule.leaves[at]["text"])
        other = self.old if rule is self.new else self.new
        twin = self.twins[rule is self.new].get(at)
        if twin is not None:
            theirs = other.leaves[twin]["text"]
            return f"{theirs} -> {text}" if rule is self.new else f"{text} -> {theirs}"
        return f"{text} (no longer asked)" if before else text

    def turning(self, rule: Rule, mask: str, other_mask: str) -> list[str]:
        """
        The changes each of which, taken back in one rule alone, turns its verdict on a
        mask: a leaf in place of another one that this account passes otherwise, a leaf
        that the other rule does not have, a word of the tree.
        """
        assert self.old is not None and self.new is not None
        other = self.old if rule is self.new else self.new
        bits, other_bits = bits_of(mask), bits_of(other_mask)
        now = holds(rule.tree, bits)
        known = self.twins[rule is self.new]
        found = []
        for at in self.only_in(rule, other):
            back = other_bits[known[at]] if at in known else None
            verdict = judged(rule.tree, iter([*bits[:at], back, *bits[at + 1 :]]))
            # a rule of this leaf alone is nothing without it
            if verdict is None or verdict != now:
                found.append(self.leaf_text(rule, at, rule is self.old))
        for turn in self.turns:
            if holds(turn.old if rule is self.old else turn.new, bits) != now:
                found.append(turn.text())
        return found

    def responsible(self, old_mask: Mask, new_mask: Mask, was: bool, now: bool) -> str:
        """
        What an account entered or left by: of the changes, those that decide by themselves,
        first where they keep the account out; else it takes several.
        """
        if self.errors:
            return "the rule of before, which these macros cannot read"
        if self.old is None:
            return "the profile is new"
        if self.new is None:
            return "the profile is deleted"
        if new_mask is None or old_mask is None:
            base = self.old.base if old_mask is None else self.new.base
            return f"not in the base {base} {'before' if old_mask is None else 'now'}"
        if (holds(self.old.tree, bits_of(old_mask)), now) != (
            was,
            holds(self.new.tree, bits_of(new_mask)),
        ):
            return "the macros: they read the same rule in another way"
        by_old = partial(self.turning, self.old, old_mask, new_mask)
        by_new = partial(self.turning, self.new, new_mask, old_mask)
        # an account that left is kept out by the new rule, one that entered was by the old
        for found in (by_new, by_old) if was else (by_old, by_new):
            causes = found()
            if causes:
                return "; ".join(causes)
        return self.together(old_mask, new_mask)

    def together(self, old_mask: str, new_mask: str) -> str:
        """Where no change decides by itself."""
        assert self.old is not None and self.new is not None
        known = self.twins[False]
        is_same = len(known) == len(old_mask) == len(new_mask) and all(
            old_mask[at] == new_mask[other] for at, other in known.items()
        )
        if not is_same:
            return "several changes together"
        words = [turn.text() for turn in self.turns]
        return " and ".join(words) or "the tree: the same leaves in other lists"

    def causes(self, was: bool, now: bool) -> list[tuple[str, int]]:
        """Responsible leaves and how many accounts, the most first."""
        found: Counter[str] = Counter()
        for old_mask, new_mask, before, after, count in self.groups:
            if (before, after) == (was, now):
                found[self.responsible(old_mask, new_mask, was, now)] += count
        return sorted(found.items(), key=lambda item: (-item[1], item[0]))

    def examples_of(self, was: bool, now: bool) -> list[tuple[str, str]]:
        """Accounts and what is responsible for each."""
        return [
            (account, self.responsible(old_mask, new_mask, was, now))
            for old_mask, new_mask, before, after, account in self.examples
            if (before, after) == (was, now)
        ]


def changes_of(rows: Iterable[Row]) -> list[Change]:
    rows = list(rows)
    found: dict[str, Change] = {}
    for name, part, detail, *_ in rows:
        if part == "rules":
            card = json.loads(detail)
            old, new = (
                one and Rule(one["base"], one["text"], one["tree"], one["leaves"])
                for one in (card["old"], card["new"])
            )
            found[name] = Change(
                name,
                old,
                new,
                as_of=card["as_of"],
                errors=card["errors"],
                is_counted=card["is_counted"],
            )
    for name, part, _, old_mask, new_mask, was, now, count, account in rows:
        group = (old_mask, new_mask, bool(was), bool(now))
        if part == "masks":
            found[name].groups.append((*group, int(count)))
        elif part == "example":
            found[name].examples.append((*group, str(account)))
    for change in found.values():
        change.examples.sort(key=lambda example: example[4].encode())
    return [found[name] for name in sorted(found)]


# --- reports -----------------------------------------------------------------------

MOVES = (("entered", False, True), ("left", True, False))


@dataclass
class Report:
    """All that is printed, as text or as Markdown."""

    ref: str
    commit: str
    changes: list[Change]
    unchanged: int
    readers: dict[str, list[str]]
    """Changed profile -> groups that read it, which may change with it."""
    macros: str = "the working tree"

    def title(self) -> str:
        name = self.ref if self.ref.startswith(self.commit) else f"{self.ref} ({self.commit})"
        day = f", as of {self.changes[0].as_of}" if self.changes else ""
        return f"Rules of the working tree against {name}{day}"

    def summary(self, change: Change) -> str:
        before = change.count(True, True) + change.count(True, False)
        now = change.count(True, True) + change.count(False, True)
        counts = ", ".join(
            f"{change.count(was, now_in):,} {word}"
            for word, was, now_in in (*MOVES, ("stayed", True, True))
        )
        if not change.is_counted:
            return "not compared: the rule of before cannot be read"
        members = "member" if before == 1 else "members"
        return f"{before:,} {members} before, {now:,} now: {counts}"

    def status(self, change: Change) -> str:
        if change.errors:
            return "deleted" if change.new is None else "changed"
        if change.old is None or change.new is None:
            return "added" if change.old is None else "deleted"
        is_same = (change.old.base, change.old.tree) == (change.new.base, change.new.tree)
        return "the same rule, other macros" if is_same else "changed"

    def closing(self) -> list[str]:
        rules = "rule is" if self.unchanged == 1 else "rules are"
        lines = [f"{self.unchanged} other {rules} the same."]
        if self.changes:
            lines.append(f"Rendered by the macros of {self.macros}, on the data as built last.")
        for name, groups in sorted(self.readers.items()):
            lines.append(f"{name} is read by {', '.join(groups)}: they may change with it.")
        if not all(change.is_counted for change in self.changes):
            lines.append(
                "What these macros cannot read is asked by those of BASE with --base-macros "
                "(make: BASE_MACROS=1), as far as what it names is still in the warehouse."
            )
        return lines

    def as_text(self) -> str:
        lines = [self.title(), ""]
        for change in self.changes:
            lines.append(f"{change.name} ({self.status(change)})")
            lines += [f"  before  cannot be read: {error}" for error in change.errors]
            for word, rule in (("before", change.old), ("now", change.new)):
                if rule is not None:
                    lines.append(f"  {word:<7} {rule.text} [base {rule.base}]")
            lines.append(f"  {self.summary(change)}")
            for word, was, now in MOVES:
                causes = change.causes(was, now)
                if causes:
                    lines.append(f"  {word}, by the change")
                    lines += [f"    {count:>9,}  {cause}" for cause, count in causes]
                    lines.append(f"  {word}, for example")
                    lines += [
                        f"    {one_line(account)}" + (f"  {cause}" if len(causes) > 1 else "")
                        for account, cause in change.examples_of(was, now)
                    ]
            lines.append("")
        return "\n".join([*lines, *self.closing()])

    def as_markdown(self) -> str:
        lines = [f"## {markdown(self.title())}", ""]
        if self.changes:
            lines += ["| profile | | before | entered | left | stayed | now |"]
            lines += ["|---|---|---:|---:|---:|---:|---:|"]
        for change in self.changes:
            entered, left = change.count(False, True), change.count(True, False)
            stayed = change.count(True, True)
            counts = [
                f"{count:,}" if change.is_counted else "?"
                for count in (stayed + left, entered, left, stayed, stayed + entered)
            ]
            lines.append(f"| `{change.name}` | {self.status(change)} | {' | '.join(counts)} |")
        for change in self.changes:
            lines += ["", f"### `{change.name}`", ""]
            lines += [f"- before: cannot be read: {markdown(one)}" for one in change.errors]
            for word, rule in (("before", change.old), ("now", change.new)):
                if rule is not None:
                    lines.append(f"- {word}: {markdown(rule.text)} (base `{rule.base}`)")
            for word, was, now in MOVES:
                causes = change.causes(was, now)
                if causes:
                    lines += ["", f"| {word} | by the change |", "|---:|---|"]
                    lines += [f"| {count:,} | {markdown(cause)} |" for cause, count in causes]
                    lines += ["", f"<details><summary>{word}, for example</summary>", ""]
                    lines += [
                        f"- {code(account)}" + (f": {markdown(cause)}" if len(causes) > 1 else "")
                        for account, cause in change.examples_of(was, now)
                    ]
                    lines += ["", "</details>"]
        return "\n".join([*lines, "", *(f"{markdown(line)}\n" for line in self.closing())]).strip()


def markdown(text: str) -> str:
    """A text that Markdown shows as it is."""
    joined = " ".join(text.split())
    return re.sub(r"([\\`*_{}\[\]<>|#~&$])", r"\\\1", joined)


def code(text: str) -> str:
    """A text as a piece of code in Markdown, whatever marks it holds."""
    shown = one_line(text)
    marks = "`" * (1 + max((len(run) for run in re.findall("`+", shown)), default=0))
    # a blank on both sides is taken away
    pad = " " if shown.startswith(("`", " ")) or shown.endswith(("`", " ")) else ""
    return f"{marks}{pad}{shown}{pad}{marks}"


# --- the command -------------------------------------------------------------------


def readers_of(manifest: Any, names: Iterable[str]) -> dict[str, list[str]]:
    """The profiles and target groups that read a profile, at first hand or further on."""
    found = {}
    nodes = {key: node for key, node in manifest.nodes.items() if node.resource_type == "model"}
    kinds = {
        key: (node.config.meta.get("crm_segmentation") or {}).get("kind")
        for key, node in nodes.items()
    }
    for name in names:
        reached = {key for key, node in nodes.items() if node.name == name}
        start = set(reached)
        while True:
            more = {
                key
                for key, node in nodes.items()
                if key not in reached and reached & set(node.depends_on.nodes)
            }
            if not more:
                break
            reached |= more
        groups = sorted(nodes[key].name for key in reached - start if kinds[key])
        if groups:
            found[name] = groups
    return found


def compare(folder: Path, ref: str, options: list[str], base_macros: bool = False) -> Report:
    commit = commit_of(folder, ref)
    reader = DbtReader(options)
    package = reader.manifest.metadata.project_name
    published = {
        node.name: node
        for node in reader.manifest.nodes.values()
        if node.name in published_profiles(reader.manifest) and node.package_name == package
    }
    base = profiles_at(folder, commit)
    disabled = {node.name for nodes in reader.manifest.disabled.values() for node in nodes}
    base = {name: text for name, text in base.items() if name not in disabled - set(published)}
    added = set(published) - set(base)
    members = members_by_base_macros(folder, commit, sorted(base), options) if base_macros else {}
    sql = comparison_sql(base, added, members)
    try:
        rows = reader.rows(sql)
    except SummaryError as error:
        raise CompareError(
            f"The rules cannot be compared: {error}\n"
            + (
                f"What a rule of {commit} asks may be gone from the warehouse; without "
                "--base-macros the others are compared."
                if base_macros
                else f"If a rule of {commit} is not one for the macros of the working tree, "
                "try --base-macros."
            )
        ) from error
    changes = [
        change
        for change in changes_of(rows)
        # by other macros every rule is asked; those with the same members are no news
        if not base_macros
        or change.old is None
        or change.new is None
        or change.old.tree != change.new.tree
        or change.count(True, False) + change.count(False, True)
    ]
    return Report(
        ref,
        commit,
        changes,
        len(set(base) | set(published)) - len(changes),
        readers_of(reader.manifest, [change.name for change in changes]),
        f"{ref} and of the working tree" if base_macros else "the working tree",
    )


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="crm-segmentation compare-rules",
        description="Report whom a change of rules lets in and keeps out, on the data as built.",
    )
    parser.add_argument("base", metavar="BASE", help="a branch, tag or commit to compare with")
    parser.add_argument("--markdown", metavar="FILE", help="write the report there, for a review")
    parser.add_argument(
        "--base-macros",
        action="store_true",
        help="render the rules of BASE by the macros of BASE, not by those of the working tree",
    )
    for option in DBT_OPTIONS:
        parser.add_argument(f"--{option}", help="as for dbt")
    arguments = parser.parse_args(argv)
    folder = Path(arguments.project_dir or ".").resolve()
    try:
        report = compare(
            folder, arguments.base, dbt_options(vars(arguments)), arguments.base_macros
        )
    except (CompareError, SummaryError) as error:
        print(f"crm-segmentation compare-rules: {error}", file=sys.stderr)
        return 1
    print(report.as_text())
    if arguments.markdown:
        Path(arguments.markdown).write_text(report.as_markdown() + "\n", encoding="utf-8")
    return 0
