"""`crm-segmentation explain PROFILE ACCOUNT`: why an account is in a profile, or not.

The macro `explain_profile` judges; what stands here prints its rows as a tree. The same
rows are what the analysis `why_in_a_profile` gives to a consumer of the warehouse.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from crm_segmentation.did_you_mean import did_you_mean
from crm_segmentation.summary import DbtReader, Row, SummaryError

LEDGER = "identity_ledger"
DBT_OPTIONS = ("project-dir", "profiles-dir", "profile", "target", "vars", "target-path")


class ExplainError(Exception):
    """There is nothing to explain; the text says why and what to do."""


@dataclass
class Node:
    """One node of a rule and what it makes of the account."""

    depth: int
    asked: str
    value: str | None
    is_met: bool
    is_missing: bool
    children: list[Node] = field(default_factory=list)

    @property
    def is_at_fault(self) -> bool:
        return self.is_missing or any(child.is_at_fault for child in self.children)


def jinja_text(text: str) -> str:
    """A text as a literal of Jinja."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def one_line(text: str) -> str:
    """A text in one line: what would break it is written as an escape."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


def shown_value(value: str | None, is_number: bool) -> str | None:
    """Numbers alike on every engine: no zeros at the end, a comma at each thousand."""
    if is_number and value is not None and " against " in value:
        return " against ".join(shown_value(one, True) or "" for one in value.split(" against "))
    if value is None or not is_number or not re.fullmatch(r"-?\d+(\.\d+)?([eE][-+]?\d+)?", value):
        return value
    number = Decimal(value)
    if number != round(number, 4):
        number = round(number, 4)
    text = f"{number:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def tree_of(rows: Sequence[Row]) -> Node:
    """The rows of explain_profile, which stand in the order of the text, as a tree."""
    path: list[Node] = []
    for _, _, _, depth, _, asked, value, is_number, is_met, is_missing in rows:
        node = Node(
            int(depth),
            one_line(asked),
            value if value is None else one_line(shown_value(value, is_number) or ""),
            bool(is_met),
            bool(is_missing),
        )
        del path[node.depth :]
        if path:
            path[-1].children.append(node)
        path.append(node)
    return path[0]


def tree_lines(root: Node) -> list[str]:
    """Verdict, what was asked, and the account's value, in columns."""
    nodes: list[Node] = []

    def walk(node: Node) -> None:
        nodes.append(node)
        for child in node.children:
            walk(child)

    walk(root)
    asked = ["  " * node.depth + node.asked for node in nodes]
    # a long condition does not push the values of all others to the right
    width = max((len(text) for text in asked if len(text) <= 72), default=0)
    return [
        f"  {'yes' if node.is_met else 'no ':<4} {text:<{width}}  {node.value or ''}".rstrip()
        + ("  <- missing" if node.is_missing else "")
        for node, text in zip(nodes, asked, strict=True)
    ]


def missing_lines(node: Node, turned: bool = False, indent: str = "  ") -> list[str]:
    """What keeps the account out; `turned` under a `not`, where nothing should hold."""
    if not node.is_at_fault:
        return []
    if node.is_missing:
        must = "must not hold: " if node.is_met else ""
        value = f" (it has {node.value})" if node.value is not None else ""
        for none in ("(unknown)", "never"):
            value = value.replace(f"it has {none})", f"{none.strip('()')})")
        return [f"{indent}- {must}{node.asked}{value}"]
    turned = turned != (node.asked == "not" or node.asked.startswith("at most "))
    at_fault = [child for child in node.children if child.is_at_fault]
    is_choice = len(at_fault) > 1 and (node.asked == "all of") == turned
    if is_choice:
        head = "one or more of" if node.asked in ("any of", "all of") else f"for {node.asked}"
        return [f"{indent}- {head}"] + [
            line for child in at_fault for line in missing_lines(child, turned, indent + "    ")
        ]
    return [line for child in at_fault for line in missing_lines(child, turned, indent)]


def report(profile: str, label: str, rows: Sequence[Row]) -> str:
    root = tree_of(rows)
    account, day = one_line(rows[0][0]), rows[0][1]
    lines = [
        f"{profile}: {label}",
        f"Account {account} as of {day}: {'a member' if root.is_met else 'not a member'}",
        "",
        *tree_lines(root),
    ]
    if not root.is_met:
        lines += ["", "Missing", *missing_lines(root)]
    return "\n".join(lines)


def published_profiles(manifest: Any) -> dict[str, dict[str, Any]]:
    """What each profile of the project says of itself, by name."""
    found = {}
    for node in manifest.nodes.values():
        published = node.config.meta.get("crm_segmentation") or {}
        if node.resource_type == "model" and published.get("kind") == "profile":
            found[node.name] = published
    return found


def whereabouts(reader: DbtReader, account: str) -> str:
    """Of what account one is a part since they were merged; nothing for one that never was."""
    if not reader.has(LEDGER):
        return ""
    try:
        rows = reader.rows(
            f"select new_account_id, as_of_date from {{{{ ref('{LEDGER}') }}}} where old_account_id"
            f" = {{{{ crm_segmentation.text_literal({jinja_text(account)}) }}}}"
            " order by as_of_date desc, new_account_id"
        )
    except SummaryError:
        # a project may have the model and not build it
        return ""
    return f" Since {rows[0][1]} it is part of '{one_line(rows[0][0])}'." if rows else ""


def explain(reader: DbtReader, profile: str, account: str) -> str:
    profiles = published_profiles(reader.manifest)
    if profile not in profiles:
        plain = any(node.name == profile for node in reader.manifest.nodes.values())
        wrong = "No rule to explain" if plain else "Unknown profile"
        raise ExplainError(
            f"{wrong} in PROFILE: got '{profile}'; allowed: {', '.join(sorted(profiles))}."
            + did_you_mean(profile, profiles)
        )
    names = f"{jinja_text(profile)}, {jinja_text(account)}"
    rows = reader.rows(f"{{{{ crm_segmentation.explain_profile({names}) }}}} order by line_number")
    if not rows:
        like = reader.rows(f"{{{{ crm_segmentation.accounts_like({names}) }}}}")
        base = profiles[profile]["base"]
        raise ExplainError(
            f"Unknown account in ACCOUNT: got '{account}'; allowed: an account_id of '{base}', "
            f"of whose accounts the profile is asked."
            + (whereabouts(reader, account) or did_you_mean(account, [one for (one,) in like]))
        )
    return report(profile, str(profiles[profile]["label"]), rows)


def dbt_options(arguments: dict[str, Any]) -> list[str]:
    return [
        text
        for name in DBT_OPTIONS
        if arguments.get(name.replace("-", "_")) is not None
        for text in (f"--{name}", str(arguments[name.replace("-", "_")]))
    ]


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="crm-segmentation explain",
        description="Print why an account is in a profile, or which conditions it lacks.",
    )
    parser.add_argument("name", metavar="PROFILE", help="name of a profile's model")
    parser.add_argument("account", metavar="ACCOUNT", help="account_id")
    for option in DBT_OPTIONS:
        parser.add_argument(f"--{option}", help="as for dbt")
    arguments = parser.parse_args(argv)
    try:
        reader = DbtReader(dbt_options(vars(arguments)))
        print(explain(reader, arguments.name, arguments.account))
    except (ExplainError, SummaryError) as error:
        print(f"crm-segmentation explain: {error}", file=sys.stderr)
        return 1
    return 0
