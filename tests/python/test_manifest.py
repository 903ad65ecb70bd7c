"""What the manifest must hold: layers, contracts, keys, descriptions, one clock.

Each rule is a function from a manifest to a list of complaints, so that it can be
shown red on a small planted manifest before it judges the project.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from conftest import ROOT, DbtProject, DbtRun

Manifest = dict[str, Any]
Rule = Callable[[Manifest], list[str]]

PACKAGE = "crm_segmentation"

# A layer reads from its own number and smaller ones. `history` is the door to what
# earlier runs recorded: it stands at the top, since it hangs on no model of this run.
LAYERS = {
    "models/staging/": 10,
    "models/intermediate/history/": 10,
    "models/intermediate/identity/": 20,
    "models/intermediate/contactability/": 30,
    "models/intermediate/activity/": 30,
    # activity rejects rows, too: those for which there is no exchange rate
    "models/intermediate/quarantine/": 40,
    "models/marts/accounts/": 50,
    # fits of who is in which group read what the groups became
    "python_models/targets/": 105,
    "models/marts/products/": 55,
    # they read the attributes and give some to rules
    "python_models/objectives/": 75,
    "python_models/": 60,
    "models/marts/scoring/": 60,
    "models/intermediate/attributes/": 55,
    "models/marts/attributes/": 70,
    "models/marts/objectives/": 75,
    "models/marts/profiles/": 80,
    "models/marts/target_groups/": 90,
    "models/marts/campaigns/": 100,
    "models/marts/modelling/": 105,
    "models/marts/outcomes/": 110,
    "snapshots/": 120,
}
DOORS = ("models/staging/", "models/intermediate/history/")
RAW_SEEDS = "seeds/demo/"
RELATIONS = ("model", "snapshot", "seed")

# Columns that say who somebody is or how to reach him; has_email does not.
DIRECT_IDENTIFIERS = re.compile(
    r"(?!has_|is_)(?:\w+_)?"
    r"(?:e?mail|email_address|phone|phone_number|contact_point|street|(?:first|last)_name)"
    r"(?:_key)?"
)

# PostgreSQL cuts longer names without an error
LONGEST_NAME = 63

# Written as words; a name like `known_now` is none of them.
CLOCKS = re.compile(
    r"""(?<![\w.])(?:
        current_(?:date|time|timestamp)(?:_in_utc\w*|_backcompat)?
        | local(?:time|timestamp)
        | (?:get_current|clock|statement|transaction)_timestamp
        | (?:now|today|getdate|sysdate|sysdatetime|utc_timestamp|timeofday)\s*\(
        | dbt(?:_utils)?\.(?:current_timestamp|now)\w*
        | (?:modules\.)?datetime\.(?:datetime\.|date\.)?(?:now|utcnow|today)\b
        | (?:date|pd\.timestamp|pandas\.timestamp)\.(?:now|today)\b
        | time\.(?:time|localtime|gmtime)\b
        | run_started_at
    )""",
    re.VERBOSE | re.IGNORECASE,
)
# the one macro that resolves the day
CLOCK_MACRO = "as_of_date"
COMMENTS = re.compile(r"\{#.*?#\}|/\*.*?\*/|--[^\n]*", re.DOTALL)
# what is no name in SQL, and what is one
TOKENS = re.compile(
    r"""'(?:[^']|'')*' | --[^\n]* | /\*.*?\*/
    | "(?P<quoted>(?:[^"]|"")+)" | (?P<bare>[^\W\d]\w*)""",
    re.VERBOSE | re.DOTALL,
)
PYTHON_COMMENTS = re.compile(r"#[^\n]*")


def path_of(node: dict[str, Any]) -> str:
    return str(node["original_file_path"]).replace("\\", "/")


def layer_of(node: dict[str, Any]) -> int | None:
    path = path_of(node)
    return next((layer for start, layer in LAYERS.items() if path.startswith(start)), None)


def ours(manifest: Manifest, *types: str) -> Iterator[dict[str, Any]]:
    for node in manifest["nodes"].values():
        if node["package_name"] == PACKAGE and node["resource_type"] in types:
            yield node


def is_mart(node: dict[str, Any]) -> bool:
    return path_of(node).startswith("models/marts/")


def is_interface(node: dict[str, Any]) -> bool:
    """Staging models are what an installing project replaces, marts are what it reads."""
    return is_mart(node) or (
        path_of(node).startswith("models/staging/") and node["name"].startswith("stg_")
    )


def layers_read_downward(manifest: Manifest) -> list[str]:
    """A model reads from its own layer and the ones above it in the way of the data."""
    complaints = []
    for node in ours(manifest, "model", "snapshot"):
        mine = layer_of(node)
        if mine is None:
            complaints.append(f"{path_of(node)} stands in no layer; allowed: {', '.join(LAYERS)}")
            continue
        for parent_id in node["depends_on"]["nodes"]:
            parent = manifest["nodes"].get(parent_id)
            if parent is None or parent["resource_type"] == "seed":
                continue
            theirs = layer_of(parent)
            if theirs is not None and theirs > mine:
                complaints.append(f"{node['name']} reads {parent['name']}, which is below it")
            if path_of(node).startswith("models/intermediate/history/") and theirs != mine:
                complaints.append(f"{node['name']} is history and reads {parent['name']}")
    return complaints


def only_doors_read_sources(manifest: Manifest) -> list[str]:
    """Sources and raw seeds are read by staging, recorded history by its door."""
    complaints = []
    for node in ours(manifest, "model", "snapshot"):
        if path_of(node).startswith(DOORS):
            continue
        for parent_id in node["depends_on"]["nodes"]:
            parent = manifest["sources"].get(parent_id) or manifest["nodes"].get(parent_id, {})
            if parent.get("resource_type") == "source" or (
                parent.get("resource_type") == "seed" and path_of(parent).startswith(RAW_SEEDS)
            ):
                complaints.append(f"{node['name']} reads {parent['name']}; only staging may")
    return complaints


def marts_have_contracts(manifest: Manifest) -> list[str]:
    """Staging is the input contract, marts are the output; both are enforced."""
    return [
        f"{node['name']} has no enforced contract"
        for node in ours(manifest, "model")
        if is_interface(node)
        and node["language"] == "sql"
        and not node["config"]["contract"]["enforced"]
    ]


def marts_have_primary_keys(manifest: Manifest) -> list[str]:
    """A mart proves its grain: one column not_null and unique, or unique_combination."""
    tests: dict[str, list[dict[str, Any]]] = {}
    for test in ours(manifest, "test"):
        if test.get("test_metadata"):
            tests.setdefault(test.get("attached_node") or "", []).append(test)
    complaints = []
    for node in ours(manifest, "model"):
        if not is_interface(node):
            continue
        mine = tests.get(node["unique_id"], [])
        columns = {
            name: {test["column_name"] for test in mine if test["test_metadata"]["name"] == name}
            for name in ("unique", "not_null")
        }
        combined = any(test["test_metadata"]["name"] == "unique_combination" for test in mine)
        if not combined and not columns["unique"] & columns["not_null"]:
            complaints.append(f"{node['name']} has no primary-key test")
    return complaints


def everything_is_described(manifest: Manifest) -> list[str]:
    """Models, seeds and snapshots are described, and every column of staging and marts."""
    complaints = []
    for node in ours(manifest, *RELATIONS):
        if not node["description"].strip():
            complaints.append(f"{node['name']} has no description")
        if node["resource_type"] == "model" and is_interface(node):
            if not node["columns"]:
                complaints.append(f"{node['name']} declares no columns")
            complaints += [
                f"{node['name']}.{column['name']} has no description"
                for column in node["columns"].values()
                if not column["description"].strip()
            ]
    return complaints


def clocks_in(code: str, language: str = "sql") -> list[str]:
    """The wall clocks that a text reads, comments left out."""
    bare = PYTHON_COMMENTS.sub("", code) if language == "python" else COMMENTS.sub("", code)
    return sorted({match.group(0).strip(" (") for match in CLOCKS.finditer(bare)})


def nothing_reads_the_wall_clock(manifest: Manifest) -> list[str]:
    """One macro knows what day it is; everything else asks it."""
    complaints = [
        f"{node['name']} reads {clock}"
        for node in ours(manifest, "model", "snapshot", "analysis", "test", "operation")
        for code in {node["raw_code"], node.get("compiled_code") or ""}
        for clock in clocks_in(code, node["language"])
    ]
    complaints += [
        f"macro {macro['name']} reads {clock}"
        for macro in manifest["macros"].values()
        if macro["package_name"] == PACKAGE and macro["name"] != CLOCK_MACRO
        for clock in clocks_in(macro["macro_sql"])
    ]
    return sorted(set(complaints))


def names_in(code: str) -> set[str]:
    """The names that SQL uses: of CTEs, of aliases, of columns."""
    found = TOKENS.finditer(code)
    return {match["quoted"] or match["bare"] for match in found if match.lastgroup}


def names_fit_every_engine(manifest: Manifest) -> list[str]:
    """At most 63 characters: PostgreSQL cuts the rest and says nothing."""
    complaints = [
        f"{name} in the SQL of {node['name']} has {len(name.encode())} characters"
        for node in ours(manifest, "model", "snapshot", "analysis", "test")
        if node["language"] == "sql"
        for name in sorted(names_in(node.get("compiled_code") or ""))
        if len(name.encode()) > LONGEST_NAME
    ]
    for node in ours(manifest, *RELATIONS):
        names = [node["name"], node.get("alias") or "", *node["columns"]]
        complaints += [
            f"{name} in {node['name']} has {len(name.encode())} characters"
            for name in names
            if len(name.encode()) > LONGEST_NAME
        ]
    # dbt names a table after a unit test
    complaints += [
        f"unit test {test['name']} has {len(test['name'])} characters"
        for test in manifest.get("unit_tests", {}).values()
        if len(test["name"]) > LONGEST_NAME
    ]
    return complaints


def profiles_are_catalogued(manifest: Manifest) -> list[str]:
    """Each profile is named in the setting `catalogued_profiles`."""
    named = {
        parent
        for node in ours(manifest, "model")
        if node["name"] in ("profile_catalog", "profile_funnel")
        for parent in node["depends_on"]["nodes"]
    }
    return [
        f"{node['name']} is in no catalogue"
        for node in ours(manifest, "model")
        if node["config"].get("meta", {}).get("crm_segmentation", {}).get("kind") == "profile"
        and node["unique_id"] not in named
    ]


def marts_name_no_contact_point(manifest: Manifest) -> list[str]:
    """How to reach a person stays in intermediate; marts say whether, and how many."""
    return [
        f"{node['name']}.{column} names a person or how to reach one"
        for node in ours(manifest, "model")
        if is_mart(node)
        for column in node["columns"]
        if DIRECT_IDENTIFIERS.fullmatch(column)
    ]


def fits_read_what_is_deidentified(manifest: Manifest) -> list[str]:
    """A Python model reads only relations that say `deidentified: true` in their meta."""
    complaints = []
    for node in ours(manifest, "model"):
        if node.get("language") != "python":
            continue
        for parent_id in node["depends_on"]["nodes"]:
            parent = manifest["nodes"].get(parent_id, {})
            if parent.get("config", {}).get("meta", {}).get("deidentified") is not True:
                complaints.append(f"{node['name']} reads {parent_id}, which is not deidentified")
    return complaints


RULES: list[Rule] = [
    fits_read_what_is_deidentified,
    profiles_are_catalogued,
    marts_name_no_contact_point,
    layers_read_downward,
    only_doors_read_sources,
    marts_have_contracts,
    marts_have_primary_keys,
    everything_is_described,
    nothing_reads_the_wall_clock,
    names_fit_every_engine,
]


# --- the rules, shown red --------------------------------------------------------


def planted(name: str, path: str, *reads: str, **other: Any) -> dict[str, Any]:
    """A node of a small manifest that breaks nothing yet."""
    return {
        "unique_id": f"model.{PACKAGE}.{name}",
        "name": name,
        "alias": name,
        "resource_type": "model",
        "package_name": PACKAGE,
        "original_file_path": f"{path}{name}.sql",
        "depends_on": {"nodes": list(reads)},
        "description": "One row per account.",
        "columns": {"account_id": {"name": "account_id", "description": "The account."}},
        "config": {"contract": {"enforced": True}},
        "language": "sql",
        "raw_code": "select 1 as one",
        **other,
    }


def planted_test(name: str, model: str, column: str | None = "account_id") -> dict[str, Any]:
    return planted(
        f"{name}_{model}_{column}",
        "models/",
        f"model.{PACKAGE}.{model}",
        resource_type="test",
        test_metadata={"name": name, "kwargs": {}},
        attached_node=f"model.{PACKAGE}.{model}",
        column_name=column,
    )


def manifest_of(*nodes: dict[str, Any], macros: dict[str, str] | None = None) -> Manifest:
    sources = {node["unique_id"]: node for node in nodes if node["resource_type"] == "source"}
    return {
        "nodes": {node["unique_id"]: node for node in nodes if node["unique_id"] not in sources},
        "sources": sources,
        "macros": {
            name: {"name": name, "package_name": PACKAGE, "macro_sql": code}
            for name, code in (macros or {}).items()
        },
    }


STAGED = planted("stg_erp__orders", "models/staging/erp/")
STAGED_KEY = [
    planted_test("unique", "stg_erp__orders"),
    planted_test("not_null", "stg_erp__orders"),
]
RAW = planted("raw_erp__orders", "seeds/demo/", resource_type="seed")
SOURCE = planted("orders", "models/staging/erp/", resource_type="source")
MART_ID = f"model.{PACKAGE}.accounts"


@pytest.mark.parametrize("rule", RULES)
def test_rule_is_silent_on_a_sound_manifest(rule: Rule) -> None:
    mart = planted("accounts", "models/marts/accounts/", STAGED["unique_id"])
    combined = planted("account_kpi_flags", "models/marts/accounts/", MART_ID)
    door = planted("int_past", "models/intermediate/history/", SOURCE["unique_id"])
    other_package = planted("theirs", "nowhere/", description="", package_name="other")
    sound = manifest_of(
        {**STAGED, "depends_on": {"nodes": [RAW["unique_id"], SOURCE["unique_id"]]}},
        mart,
        combined,
        door,
        RAW,
        SOURCE,
        other_package,
        *STAGED_KEY,
        planted_test("unique", "accounts"),
        planted_test("not_null", "accounts"),
        planted_test("unique_combination", "account_kpi_flags", None),
        macros={"as_of_date": "{{ run_started_at }}", "other": "{# now() #} -- now()"},
    )
    assert rule(sound) == []


@pytest.mark.parametrize(
    ("rule", "manifest", "complaint"),
    [
        pytest.param(
            profiles_are_catalogued,
            manifest_of(
                planted(
                    "vip",
                    "models/marts/profiles/",
                    config={"meta": {"crm_segmentation": {"kind": "profile"}}},
                )
            ),
            "vip is in no catalogue",
            id="profile-not-catalogued",
        ),
        pytest.param(
            fits_read_what_is_deidentified,
            manifest_of(
                planted("sample", "models/marts/scoring/", config={"meta": {"deidentified": True}}),
                planted("accounts", "models/marts/accounts/"),
                planted(
                    "cuts",
                    "python_models/",
                    f"model.{PACKAGE}.sample",
                    MART_ID,
                    language="python",
                ),
            ),
            f"cuts reads {MART_ID}, which is not deidentified",
            id="fit-reads-accounts",
        ),
        pytest.param(
            layers_read_downward,
            manifest_of(
                planted("account_kpis", "models/marts/accounts/", f"model.{PACKAGE}.vip"),
                planted("vip", "models/marts/profiles/demo/"),
            ),
            "account_kpis reads vip",
            id="upward",
        ),
        pytest.param(
            layers_read_downward,
            manifest_of(planted("stray", "models/reports/")),
            "stands in no layer",
            id="no-layer",
        ),
        pytest.param(
            layers_read_downward,
            manifest_of(
                planted("int_past", "models/intermediate/history/", STAGED["unique_id"]),
                planted("stg_erp__orders", "models/intermediate/identity/"),
            ),
            "int_past is history and reads",
            id="history-reads-a-model-of-this-run",
        ),
        pytest.param(
            only_doors_read_sources,
            manifest_of(planted("a", "models/marts/accounts/", SOURCE["unique_id"]), SOURCE),
            "a reads orders",
            id="mart-reads-source",
        ),
        pytest.param(
            only_doors_read_sources,
            manifest_of(planted("a", "models/intermediate/identity/", RAW["unique_id"]), RAW),
            "a reads raw_erp__orders",
            id="identity-reads-raw-seed",
        ),
        pytest.param(
            marts_have_contracts,
            manifest_of(
                planted("a", "models/marts/accounts/", config={"contract": {"enforced": False}})
            ),
            "a has no enforced contract",
            id="no-contract",
        ),
        pytest.param(
            marts_have_primary_keys,
            manifest_of(
                planted("a", "models/marts/accounts/"),
                planted_test("unique", "a", "account_id"),
                planted_test("not_null", "a", "as_of_date"),
            ),
            "a has no primary-key test",
            id="key-tests-on-two-columns",
        ),
        pytest.param(
            everything_is_described,
            manifest_of(planted("a", "models/intermediate/identity/", description=" ")),
            "a has no description",
            id="model-without-description",
        ),
        pytest.param(
            everything_is_described,
            manifest_of(
                planted(
                    "a",
                    "models/marts/accounts/",
                    columns={"account_id": {"name": "account_id", "description": ""}},
                )
            ),
            "a.account_id has no description",
            id="column-without-description",
        ),
        pytest.param(
            everything_is_described,
            manifest_of(planted("a", "models/marts/accounts/", columns={})),
            "a declares no columns",
            id="no-columns",
        ),
        pytest.param(
            nothing_reads_the_wall_clock,
            manifest_of(planted("a", "models/marts/accounts/", raw_code="select NOW ()")),
            "a reads NOW",
            id="clock-in-model",
        ),
        pytest.param(
            nothing_reads_the_wall_clock,
            manifest_of(
                planted("a", "models/marts/accounts/", compiled_code="where d < current_date")
            ),
            "a reads current_date",
            id="clock-in-compiled-code",
        ),
        pytest.param(
            nothing_reads_the_wall_clock,
            manifest_of(macros={"window": "{{ run_started_at.date() }}"}),
            "macro window reads run_started_at",
            id="clock-in-macro",
        ),
        pytest.param(
            marts_name_no_contact_point,
            manifest_of(
                planted(
                    "a",
                    "models/marts/accounts/",
                    columns={
                        name: {"name": name, "description": "A."}
                        for name in ("has_email", "work_email")
                    },
                )
            ),
            "a.work_email names a person",
            id="contact-point-in-mart",
        ),
        pytest.param(
            names_fit_every_engine,
            manifest_of(planted("a" * 64, "models/marts/accounts/")),
            "has 64 characters",
            id="long-name",
        ),
        pytest.param(
            names_fit_every_engine,
            {**manifest_of(), "unit_tests": {"a": {"name": f"a__{'b' * 62}"}}},
            "has 65 characters",
            id="long-name-of-unit-test",
        ),
        *(
            pytest.param(
                names_fit_every_engine,
                manifest_of(planted("a", "models/marts/accounts/", compiled_code=code)),
                f"in the SQL of a has {characters} characters",
                id=f"long-name-in-sql-{place}",
            )
            for place, (code, characters) in enumerate(
                [
                    (f"with {'c' * 64} as (select 1) select 1", 64),
                    (f"select 'it''s' as it, '--', 1 as {'ü' * 32}", 64),
                    (f'select 1 as "{"quoted " * 10}"', 70),
                ]
            )
        ),
    ],
)
def test_rule_is_red_on_a_planted_fault(rule: Rule, manifest: Manifest, complaint: str) -> None:
    assert any(complaint in found for found in rule(manifest)), rule(manifest)


@pytest.mark.parametrize(
    "code",
    [
        "current_timestamp",
        "Current_Date",
        "localtimestamp",
        "getdate()",
        "today()",
        "{{ dbt.current_timestamp() }}",
        "{{ modules.datetime.datetime.now() }}",
        "{{ modules.datetime.date.today() }}",
        "clock_timestamp()",
        "(now())",
    ],
)
def test_clocks_are_found(code: str) -> None:
    assert clocks_in(f"select {code} as moment")


@pytest.mark.parametrize(
    "code",
    ["known_now", "now_amount", "-- now()", "{# current_date #}", "my_current_date", "order.now()"],
)
def test_other_words_are_no_clocks(code: str) -> None:
    assert clocks_in(f"select {code}\nas moment") == []


# --- the project -----------------------------------------------------------------


@pytest.fixture(scope="module")
def parse(make_project: Callable[..., DbtProject]) -> DbtRun:
    return make_project().run(
        "parse", "--no-partial-parse", "--show-all-deprecations", "--warn-error", check=False
    )


def test_parse_shows_no_warning_and_no_deprecation(parse: DbtRun) -> None:
    assert parse.returncode == 0, parse.output
    assert "deprecat" not in parse.output.lower(), parse.output


@pytest.mark.parametrize("rule", RULES)
def test_project_keeps(rule: Rule, parse: DbtRun) -> None:
    assert parse.returncode == 0, "the project does not parse; see the test above"
    complaints = rule(parse.manifest())
    assert not complaints, f"{rule.__doc__}\n" + "\n".join(complaints)


def test_python_package_reads_no_wall_clock() -> None:
    found = {
        str(path.relative_to(ROOT)): clocks_in(path.read_text(), "python")
        for folder in (PACKAGE, "python_models")
        for path in sorted((ROOT / folder).rglob("*.py"))
    }
    assert {path: clocks for path, clocks in found.items() if clocks} == {}


@pytest.mark.slow
def test_marts_of_one_build_carry_one_day(demo_build: DbtRun) -> None:
    manifest = demo_build.manifest()
    # in a history the day is part of the key
    histories = {
        test["attached_node"]
        for test in ours(manifest, "test")
        if "as_of_date"
        in ((test.get("test_metadata") or {}).get("kwargs", {}).get("columns") or [])
    }
    days: dict[str, set[str]] = {}
    for node in ours(manifest, "model"):
        if is_mart(node) and "as_of_date" in node["columns"] and node["unique_id"] not in histories:
            relation = f'"{node["schema"]}"."{node["alias"]}"'
            rows = demo_build.query(f"select distinct cast(as_of_date as text) from {relation}")
            days[node["name"]] = {day for (day,) in rows}
    assert days, "no mart carries as_of_date"
    one = {day for found in days.values() for day in found}
    assert one == {"2026-01-01"}, {name: sorted(found) for name, found in days.items()}


@pytest.mark.slow
def test_compiled_code_reads_no_wall_clock(demo_build: DbtRun) -> None:
    manifest = demo_build.manifest()
    assert any(node.get("compiled_code") for node in ours(manifest, "model"))
    assert nothing_reads_the_wall_clock(manifest) == []


@pytest.mark.slow
def test_names_in_compiled_code_fit_every_engine(demo_build: DbtRun) -> None:
    manifest = demo_build.manifest()
    assert "account_kpis" in names_in(
        manifest["nodes"][f"model.{PACKAGE}.account_attributes"]["compiled_code"]
    )
    assert names_fit_every_engine(manifest) == []


def test_names_are_read_from_sql() -> None:
    long = "x" * 64
    sql = f"""select '{long}' as "a b", -- {long}
        'it''s {long}' as c /* it's {long} */ from t"""
    assert names_in(sql) == {"select", "as", "a b", "c", "from", "t"}


def test_profiles_publish_their_rule_in_words(parse: DbtRun) -> None:
    published = {
        node["name"]: node["config"]["meta"]["crm_segmentation"]
        for node in ours(parse.manifest(), "model")
        if node["config"].get("meta", {}).get("crm_segmentation", {}).get("kind") == "profile"
    }
    assert published["vip_dach"]["text"] == (
        "kind of account is company or person, and country is DE, AT or CH, "
        "and revenue in the last 365 days is at least 10,000"
    )
    assert all(entry["text"] for entry in published.values())


def test_manifest_is_the_demo_companys(parse: DbtRun) -> None:
    """Guards the rules against a manifest without nodes, on which all of them are silent."""
    assert json.dumps(parse.manifest()["metadata"]["project_name"]) == '"crm_segmentation"'
    assert list(ours(parse.manifest(), "model")), "no models"


def test_an_empty_group_stops_the_run_on_the_day_of_the_demo_only(
    demo_build: DbtRun, make_project: Callable[..., DbtProject]
) -> None:
    """Elsewhere it would skip what builds on it, and with that the history of all groups."""
    # nothing is built here, so what is compiled may ask no table
    past = make_project().run(
        "compile", "-s", "kpi_flags_name_declared_kpis", vars={"as_of_date": "2025-07-01"}
    )
    for run, severity in ((demo_build, "error"), (past, "warn")):
        found = {
            node["config"]["severity"].lower()
            for node in run.manifest()["nodes"].values()
            if node.get("test_metadata", {}) and node["test_metadata"]["name"] == "share_of_base"
        }
        assert found == {severity}
