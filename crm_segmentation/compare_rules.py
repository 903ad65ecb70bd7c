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
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from crm_segmentation.did_you_mean import did_you_mean
from crm_segmentation.explain import (
    DBT_OPTIONS,
    dbt_options,
    jinja_text,
    published_profiles,
)
from crm_segmentation.summary import QUIETLY, DbtReader, Row, SummaryError

Tree = dict[str, Any]
Mask = str | None

# the head of a profile's file, up to the arguments
CALL = re.compile(r"(\{%-?\s*call\s+)(?:crm_segmentation\.)?profile\s*\(")
COUNTED = ("at_least", "at_most", "exactly")
TREE_WORDS = ("all", "any", "not", *COUNTED)


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


def model_folders(folder: Path) -> list[str]:
    settings = yaml.safe_load((folder / "dbt_project.yml").read_text(encoding="utf-8"))
    return list(settings.get("model-paths") or ["models"])


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


def holds(tree: Tree, bits: Iterator[bool]) -> bool:
    """Does a rule hold for a mask? Its bits are taken in the order of the text."""
    ((word, content),) = tree.items()
    if word not in TREE_WORDS:
        own = next(bits)
        for branch in branches(tree):
            holds(branch, bits)
        return own
    held = [holds(branch, bits) for branch in branches(tree)]
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


def deciding(rule: Rule, mask: Mask) -> set[int]:
    """The leaves each of which alone, turned round, would turn the verdict on a mask."""
    if mask is None:
        return set()

    def verdict(turned: int) -> bool:
        return holds(
            rule.tree, iter([(bit == "1") != (at == turned) for at, bit in enumerate(mask)])
        )

    now = verdict(-1)
    return {at for at in range(len(mask)) if verdict(at) != now}


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

    def leaf_text(self, rule: Rule, at: int, before: bool) -> str:
        """A leaf in words, with what stood there before where one leaf took its place."""
        assert self.old is not None and self.new is not None
        text = str(rule.leaves[at]["text"])
        word = next(iter(rule.leaves[at]["tree"]))
        other = self.old if rule is self.new else self.new
        twins = [
            one
            for one in self.only_in(other, rule)
            if next(iter(other.leaves[one]["tree"])) == word
        ]
        own = [
            one for one in self.only_in(rule, other) if next(iter(rule.leaves[one]["tree"])) == word
        ]
        if own == [at] and len(twins) == 1:
            twin = other.leaves[twins[0]]["text"]
            return f"{twin} -> {text}" if rule is self.new else f"{text} -> {twin}"
        return f"{text} (no longer asked)" if before else text

    def responsible(self, old_mask: Mask, new_mask: Mask, was: bool, now: bool) -> str:
        """
        The leaves by which an account entered or left: of those that only one of the rules
        has, the ones that decide by themselves, first where they keep the account out;
        else leaves of both rules that decide; else it takes several.
        """
        if self.old is None:
            return "the profile is new"
        if self.new is None:
            return "the profile is deleted"
        if new_mask is None or old_mask is None:
            base = self.old.base if old_mask is None else self.new.base
            return f"not in the base {base} {'before' if old_mask is None else 'now'}"
        if (holds(self.old.tree, iter(bit == "1" for bit in old_mask)), now) != (
            was,
            holds(self.new.tree, iter(bit == "1" for bit in new_mask)),
        ):
            return "the macros: they read the same rule in another way"
        removed = self.only_in(self.old, self.new)
        added = self.only_in(self.new, self.old)
        by_old, by_new = deciding(self.old, old_mask), deciding(self.new, new_mask)
        # an account that left is kept out by the new rule, one that entered was by the old
        out, inside = (
            ((self.new, added, by_new), (self.old, removed, by_old))
            if was
            else ((self.old, removed, by_old), (self.new, added, by_new))
        )
        for rule, changed, decide in (out, inside):
            found = [at for at in changed if at in decide]
            if found:
                return "; ".join(self.leaf_text(rule, at, rule is self.old) for at in found)
        rule, _, decide = out
        if decide:
            return "; ".join(str(rule.leaves[at]["text"]) for at in sorted(decide))
        return "several leaves together"

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
            rules = [
                one and Rule(one["base"], one["text"], one["tree"], one["leaves"])
                for one in (card["old"], card["new"])
            ]
            found[name] = Change(name, rules[0], rules[1], card["as_of"])
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
        return f"{before:,} members before, {now:,} now: {counts}"

    def status(self, change: Change) -> str:
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
        return lines

    def as_text(self) -> str:
        lines = [self.title(), ""]
        for change in self.changes:
            lines.append(f"{change.name} ({self.status(change)})")
            for word, rule in (("before", change.old), ("now", change.new)):
                if rule is not None:
                    lines.append(f"  {word:<7} {rule.text} [base {rule.base}]")
            lines.append(f"  {self.summary(change)}")
            for word, was, now in MOVES:
                causes = change.causes(was, now)
                if causes:
                    lines.append(f"  {word}, by the leaf")
                    lines += [f"    {count:>9,}  {cause}" for cause, count in causes]
                    lines.append(f"  {word}, for example")
                    lines += [
                        f"    {account}" + (f"  {cause}" if len(causes) > 1 else "")
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
            lines.append(
                f"| `{change.name}` | {self.status(change)} | {stayed + left:,} | {entered:,} | "
                f"{left:,} | {stayed:,} | {stayed + entered:,} |"
            )
        for change in self.changes:
            lines += ["", f"### `{change.name}`", ""]
            for word, rule in (("before", change.old), ("now", change.new)):
                if rule is not None:
                    lines.append(f"- {word}: {markdown(rule.text)} (base `{rule.base}`)")
            for word, was, now in MOVES:
                causes = change.causes(was, now)
                if causes:
                    lines += ["", f"| {word} | by the leaf |", "|---:|---|"]
                    lines += [f"| {count:,} | {markdown(cause)} |" for cause, count in causes]
                    lines += ["", f"<details><summary>{word}, for example</summary>", ""]
                    lines += [
                        f"- `{account}`" + (f": {markdown(cause)}" if len(causes) > 1 else "")
                        for account, cause in change.examples_of(was, now)
                    ]
                    lines += ["", "</details>"]
        return "\n".join([*lines, "", *(f"{markdown(line)}\n" for line in self.closing())]).strip()


def markdown(text: str) -> str:
    """A text that Markdown shows as it is."""
    one_line = " ".join(text.split())
    return re.sub(r"([\\`*_{}\[\]<>|#~])", r"\\\1", one_line)


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
            f"If a rule of {commit} is not one for the macros of the working tree, "
            "try --base-macros."
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
