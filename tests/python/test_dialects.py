"""What differs between engines stands in macros/cross_db and nowhere else.

Each rule takes the text of files and returns complaints, so that it is shown red on planted text
first. tests/python/test_cross_db.py holds the macros themselves, tests/python/test_parity.py what
is built with them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from conftest import ROOT, DbtRun

HOME = "macros/cross_db/"
FOLDERS = ("macros", "models", "snapshots", "analyses", "tests/generic", "tests/invariants")

Files = Mapping[str, str]

COMMENTS = re.compile(r"\{#.*?#\}|/\*.*?\*/|--[^\n]*", re.DOTALL)

# Jinja's own words: `text.lower()`, `number | round(2)`, but not `a || lower(b)`.
OF_JINJA = re.compile(r"(?<!adapter)(?<!target)\.\w+(?=\()|(?<!\|)\|(?!\|)\s*\w+(?=\()")

# What an engine reads in its own way, and what to write instead.
OF_ONE_ENGINE = {
    r"\btarget\.type\b|\badapter\.type\(": "a macro in macros/cross_db with a variant per engine",
    r"\badapter\.dispatch\(": "a macro in macros/cross_db",
    r"\b(?:default|duckdb|postgres|postgres_python|spark)__\w+": "a macro in macros/cross_db",
    r"::": "cast()",
    r"\btry_cast\b|\bpg_\w+\(|\bisfinite\(|\bisnan\(": "cast_or_null()",
    r"\bcollate\b": "by_bytes() or fold()",
    r"\b(?:lower|upper|initcap|casefold)\(": "fold() or upper_code()",
    r"\b[lrb]?trim\(": "trim_text() or clean_text()",
    r"\bround\(": "a cast to decimal, or exact_quotient()",
    r"\bregexp_\w+|\bsimilar +to\b|\bglob\b": "matches_pattern() or keep_digits()",
    r"\b(?:string_agg|listagg|group_concat)\(": "join_texts()",
    r"\b(?:array_\w+|unnest|list_(?:agg\w*|any|append|apply|avg|concat|contains|count|distinct|"
    r"extract|filter|first|has\w*|last|max|min|position|reduce|reverse|slice|sort|sum|transform|"
    r"unique|value|zip))\(": "a macro in macros/cross_db",
    r"\b(?:string_split|string_to_array|str_split|generate_series|struct_\w+)\(":
        "a macro in macros/cross_db",
    r"\b(?:date_trunc|date_part|datediff|date_diff|dateadd|date_add|date_sub|epoch|age|"
    r"strptime|to_char|to_date|to_timestamp|make_date|make_timestamp|last_day)\(":
        "literals of macros/project/clock.sql, or days_between()",
    r"\bstrftime\(": "literals of macros/project/clock.sql",
    # of a year, a month and a day all engines say the same
    r"\bextract\((?!(?:year|month|day) from)": "days_between()",
    r"\bat +time +zone\b|\btimestamptz\b": "UTC times and local_date()",
    r"\b(?:hash|sha256|random|uuid|gen_random_uuid|setseed)\(|\btablesample\b|\busing +sample\b":
        "hash_bucket() or md5",
    r"\bqualify\b|\b(?:group|order) +by +all\b|\bdistinct +on\b|\blateral\b": "the portable subset",
    r"\* *(?:exclude|except|replace) *\(|\bcolumns\(|\bunpivot\b|\bpivot\b": "columns by name",
    r"\b(?:asof|positional|semi|anti) +join\b": "a plain join",
    r"\b(?:count_if|countif|arg_min|arg_max|min_by|max_by|any_value|median|quantile\w*|approx_\w+)"
    r"\(": "a case in an aggregate, or row_number()",
    r"\b(?:concat|concat_ws|printf)\(": "||",
    r"\b(?:ifnull|nvl|iff|decode)\(": "coalesce() or case",
    r"\b(?:strpos|instr|contains|levenshtein|soundex|metaphone|jaro\w*|damerau\w*)\(":
        "position(x in y)",
    r"\bas +(?:double|float|real|varchar|string|numeric|hugeint|int[248]|float[48]|bool|datetime)"
    r"(?: precision)? *\)": "text, integer, bigint, decimal(p, s) or type_double()",
    r"\b(?:to_json|row_to_json|json_\w+|jsonb_\w+)\(|->>": "row_as_json()",
    r"\bas +(?:not +)?materialized\b": "materialized() or not_materialized()",
    r"\binformation_schema\b|\bpg_catalog\b|\bduckdb_\w+\(|\bpragma\b": "adapter's own methods",
    r"\bdesc\b(?!\s*(?:nulls +last|'))": "desc nulls last",
}  # fmt: skip

DISPATCH = re.compile(r"adapter\.dispatch\(\s*'(\w+)'\s*,\s*'(\w+)'\s*\)")
MACRO = re.compile(r"\{%-? *macro +(\w+)")
VARIANT = re.compile(r"(default|duckdb|postgres|postgres_python|spark)__(\w+)")


def sql_files(root: Path = ROOT) -> dict[str, str]:
    """The SQL of the package by path, without comments."""
    return {
        path.relative_to(root).as_posix(): without_comments(path.read_text(encoding="utf-8"))
        for folder in FOLDERS
        for path in sorted((root / folder).rglob("*.sql"))
    }


def without_comments(text: str) -> str:
    """The text with its lines in their places."""
    return COMMENTS.sub(blank, text)


def line_of(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1


def speaks_one_dialect(files: Files) -> list[str]:
    """No word that one engine reads in its own way."""
    return [
        f"{path}:{line_of(text, found.start())}: {found[0].strip()!r} differs between engines; "
        f"write {instead}"
        for path, text in files.items()
        if not path.startswith(HOME)
        for pattern, instead in OF_ONE_ENGINE.items()
        for found in re.finditer(pattern, OF_JINJA.sub(blank, text))
    ]


def blank(found: re.Match[str]) -> str:
    """As many blanks as letters, so that lines stay in their places."""
    return re.sub(r"[^\n]", " ", found[0])


def every_variant_is_called(files: Files) -> list[str]:
    """A macro that differs dispatches under its own name; it has a default, and no strays."""
    complaints = []
    for path, text in files.items():
        if not path.startswith(HOME):
            continue
        macros = MACRO.findall(text)
        variants = [found for name in macros if (found := VARIANT.fullmatch(name))]
        dispatched = DISPATCH.findall(text)
        for name, package in dispatched:
            if package != "crm_segmentation":
                complaints.append(f"{path}: {name} is dispatched in {package!r}")
            if name not in macros:
                complaints.append(f"{path}: {name} is dispatched by a macro of another name")
            if f"default__{name}" not in macros:
                complaints.append(f"{path}: {name} has no variant default__{name}")
        names = [name for name, _ in dispatched]
        complaints += [
            f"{path}: {found[0]} is a variant of nothing that is dispatched there"
            for found in variants
            if found[2] not in names
        ]
    return complaints


def clauses(text: str) -> Iterator[tuple[int, str]]:
    """What stands in `order by`, `min(` and `max(`, without what macros render."""
    for found in re.finditer(r"\border +by\b|\b(?:min|max)\((?!\w+\.\w+ *\|)", text):
        depth, end = 0 if found[0].startswith("order") else 1, found.end()
        while end < len(text):
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            if depth < 0 or (depth == 0 and text[end] == ")" and not found[0].startswith("order")):
                break
            if depth == 0 and re.match(r"\{%|\b(?:limit|union|rows|from)\b", text[end:]):
                break
            end += 1
        clause = re.sub(r"\{\{.*?\}\}|\bnulls +\w+", " ", text[found.end() : end], flags=re.S)
        # of a case its results count, not what it asks
        yield found.start(), re.sub(r"\bcase\b.*?\bthen\b|\bwhen\b.*?\bthen\b", " ", clause,
                                    flags=re.DOTALL)  # fmt: skip


def orders_text_by_bytes(files: Files, text_columns: set[str]) -> list[str]:
    """Text is ordered, and its smallest and greatest taken, through by_bytes()."""
    return [
        f"{path}:{line_of(text, start)}: {name} is text: order it by_bytes()"
        for path, text in files.items()
        if not path.startswith("macros/")
        for start, clause in clauses(text)
        for name in re.findall(r"\w+", clause)
        if name in text_columns
    ]


def text_columns_of(manifest: Mapping) -> set[str]:
    """Names of columns that are text wherever they are declared."""
    types: dict[str, set[str]] = {}
    for node in manifest["nodes"].values():
        for name, column in node.get("columns", {}).items():
            if column.get("data_type"):
                types.setdefault(name, set()).add(column["data_type"])
    return {name for name, known in types.items() if known == {"text"}}


# -- the rules, on planted text ------------------------------------------------------------------

PLANTED = [
    "select x::date", "{% if target.type == 'duckdb' %}", "{{ adapter.dispatch('x')() }}",
    "{% macro postgres__x() %}", "try_cast(x as date)", "pg_input_is_valid(x, 'date')",
    "order by x collate \"C\"", "select lower(name)", "'upper(' ~ x ~ ')'", "a || lower(b)",
    "trim(name)",
    "ltrim(name)", "round(x, 2)", "regexp_replace(x, 'a', 'b')", "string_agg(x, ',')",
    "unnest(x)", "list_sort(x)", "date_trunc('month', x)", "extract(dow from x)",
    "x at time zone 'UTC'", "hash(x)", "random()", "group by all", "select distinct on (x) y",
    "select * exclude (x)", "arg_max(x, y)", "concat(a, b)", "nvl(a, b)", "strpos(a, b)",
    "cast(x as double)", "cast(x as varchar)", "to_json(x)", "with a as materialized (",
    "from information_schema.columns", "order by x desc\n", "qualify x = 1", "count_if(x)",
]  # fmt: skip

ALLOWED = [
    "{%- set a = b.lower() | trim -%}", "text | round(2)", "{{ parts | join(', ') }}",
    "cast(x as text)", "order by x desc nulls last", "' desc' if high else ' asc'",
    "extract(month from x)", "{{ day.strftime('%Y') }}", "-- lower(x)", "{# x::date #}",
    "/* round(x) */", "modules.re.sub('x', '', text.lower())", "is_description", "listed(x)",
    "cast(null as {{ crm_segmentation.type_double() }})", "a || b", "coalesce(a, b)",
    "crm_segmentation.list_in_words(x)", "roundness", "is_trimmed(x)", "x as double_opt_in",
]  # fmt: skip


@pytest.mark.parametrize("sql", PLANTED)
def test_a_word_of_one_engine_is_found(sql: str) -> None:
    files = {"models/planted.sql": without_comments("select 1\n" + sql)}
    assert any(line.startswith("models/planted.sql:2: ") for line in speaks_one_dialect(files))
    assert speaks_one_dialect({HOME + "planted.sql": sql}) == []


@pytest.mark.parametrize("sql", ALLOWED)
def test_what_all_engines_read_alike_is_none(sql: str) -> None:
    assert speaks_one_dialect({"models/planted.sql": without_comments(sql)}) == []


DISPATCHED = (
    "{% macro x() %}{{ return(adapter.dispatch('x', 'crm_segmentation')()) }}{% endmacro %}"
    "{% macro default__x() %}1{% endmacro %}{% macro postgres__x() %}2{% endmacro %}"
)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("", "", None),
        ("default__x", "duckdb__x", "x has no variant default__x"),
        ("postgres__x", "postgres__y", "postgres__y is a variant of nothing"),
        ("'crm_segmentation'", "'dbt'", "x is dispatched in 'dbt'"),
        ("macro x()", "macro y()", "x is dispatched by a macro of another name"),
    ],
)
def test_a_variant_that_nobody_calls_is_found(old: str, new: str, complaint: str | None) -> None:
    complaints = every_variant_is_called({HOME + "x.sql": DISPATCHED.replace(old, new)})
    assert [line.split(": ", 1)[1][: len(complaint or "")] for line in complaints] == (
        [complaint] if complaint else []
    )


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("select a order by name", ["name"]),
        ("row_number() over (partition by name order by day nulls last, t.name desc)", ["name"]),
        ("order by {{ crm_segmentation.by_bytes('name') }} nulls last", []),
        ("row_number() over (order by day) as a, name", []),
        ("min(name), max(t.kind)", ["name", "kind"]),
        ("max(case when kind = 'x' then day end)", []),
        ("max(case when day = 1 then name else kind end)", ["name", "kind"]),
        ("order by case kind when 'a' then 1 else 2 end, day\nlimit 3", []),
        ("partition by name", []),
    ],
)
def test_text_in_a_language_s_order_is_found(sql: str, found: list[str]) -> None:
    complaints = orders_text_by_bytes({"models/planted.sql": sql}, {"name", "kind"})
    assert [line.split(": ")[1].split(" ")[0] for line in complaints] == found


# -- the project -------------------------------------------------------------------------------


def test_nothing_of_one_engine_stands_outside_its_home() -> None:
    assert "\n".join(speaks_one_dialect(sql_files())) == ""


def test_each_macro_that_differs_is_dispatched() -> None:
    files = sql_files()
    assert "\n".join(every_variant_is_called(files)) == ""
    assert sum(len(DISPATCH.findall(text)) for text in files.values()) > 10


@pytest.mark.slow
def test_text_is_ordered_by_bytes(demo_build: DbtRun) -> None:
    columns = text_columns_of(json.loads((demo_build.target / "manifest.json").read_text()))
    assert {"account_id", "event_id", "group_name"} <= columns
    assert "\n".join(orders_text_by_bytes(sql_files(), columns)) == ""
