"""The rules in a file of SQL: where they stand, and YAML with lines and columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

CALL = re.compile(
    r"\{%[-+]?\s*call(?:\s*\(\s*\)\s*|\s+)(?:crm_segmentation\.)?"
    r"(profile|target_group|profile_set)\s*\((?P<arguments>(?:[^%]|%(?!\}))*)\)\s*[-+]?%\}",
)
END = re.compile(r"\{%[-+]?\s*endcall\s*[-+]?%\}")
COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
RAW = re.compile(r"\{%-?\s*raw\s*-?%\}(.*?)\{%-?\s*endraw\s*-?%\}", re.DOTALL)
JINJA = re.compile(r"\{\{|\{%|\{#")


@dataclass(frozen=True)
class RuleText:
    """The text between `call` and `endcall`; `line` is that of its first character."""

    file: Path
    kind: str
    text: str
    line: int
    has_jinja: bool

    @property
    def name(self) -> str:
        return self.file.stem


def blanked(match: re.Match[str]) -> str:
    """As many characters and lines as before, so that places stay true."""
    return re.sub(r"[^\n]", " ", match.group())


def unraw(match: re.Match[str]) -> str:
    inner_start, inner_end = match.span(1)
    start, end = match.span()
    return " " * (inner_start - start) + match.group(1) + " " * (end - inner_end)


def rules_in(file: Path) -> Iterator[RuleText]:
    # a comment of Jinja that stands around a rule hides it
    source = COMMENT.sub(blanked, file.read_text(encoding="utf-8"))
    position = 0
    while call := CALL.search(source, position):
        end = END.search(source, call.end())
        stop = end.start() if end else len(source)
        body = source[call.end() : stop]
        plain = RAW.sub(unraw, body)
        outside = RAW.sub(blanked, body)
        # the call's own line is part of the text, as blanks: columns stay true there, too
        line_start = source.rfind("\n", 0, call.end()) + 1
        yield RuleText(
            file=file,
            kind=call.group(1),
            text=" " * (call.end() - line_start) * (not body.startswith("\n")) + plain,
            line=source.count("\n", 0, call.end()) + 1,
            has_jinja=bool(JINJA.search(outside)),
        )
        position = stop + 1


@dataclass(frozen=True)
class Place:
    line: int
    column: int


def place(rule: RuleText, mark: Any) -> Place:
    return Place(rule.line + mark.line, mark.column + 1)


def nodes_by_path(root: yaml.Node) -> dict[str, tuple[yaml.Node, yaml.Node]]:
    """Path in the tree, as rule errors write it -> the node of its key and of its value."""
    found: dict[str, tuple[yaml.Node, yaml.Node]] = {"": (root, root)}
    stack: list[tuple[str, yaml.Node]] = [("", root)]
    seen: set[tuple[str, int]] = set()
    while stack:
        path, node = stack.pop()
        # an anchor that holds itself has no end
        if (path, id(node)) in seen or path.count(".") + path.count("[") > 100:
            continue
        seen.add((path, id(node)))
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if isinstance(key, yaml.ScalarNode):
                    inner = f"{path}.{key.value}" if path else str(key.value)
                    found[inner] = (key, value)
                    stack.append((inner, value))
        elif isinstance(node, yaml.SequenceNode):
            for index, value in enumerate(node.value):
                inner = f"{path}[{index}]"
                found[inner] = (value, value)
                stack.append((inner, value))
    return found


def said(node: dict[str, Any]) -> str:
    """A mapping in one line, as it may be written."""
    text = yaml.safe_dump(
        node, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10_000
    ).strip()[1:-1]
    return text if len(text) <= 100 else f"{text[:97]}..."


def nearest(places: dict[str, Any], path: str) -> Any:
    """What stands at a path, or at the nearest one above it."""
    while path and path not in places:
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return places[path]
