"""Lint's warning of windows longer than the history: every kind of leaf, to the day."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from criteria.catalogues import ATTRIBUTES, EVENTS, RELATIONS
from criteria.engine import Database, Engine, variables
from criteria.oracle import World, members
from criteria.postgres import PostgresDatabase
from criteria.rules import NAMES, Seeded, as_text, draw_leaf, draw_rule, draw_world
from criteria.worlds import make_world
from crm_segmentation.rules.lint import data_findings, published_findings

AS_OF = "2026-03-31"
PROJECT: dict[str, Any] = {
    "as_of": AS_OF,
    "week_start": 6,
    "attributes": {
        "since": {"type": "date"},
        "seen_at": {"type": "timestamp"},
        "revenue": {"type": "number"},
    },
    "events": {
        "order": {"columns": {"shipped_on": "date", "amount": "number"}},
        "quote": {"columns": {}},
    },
    "relations": {"contracts": {"columns": {"starts_on": "date"}}},
}
ORDER, QUOTE = ("events", "order"), ("events", "quote")
SINCE, VIP, TIER = ("attributes", "since"), ("groups", "vip"), ("recorded_attributes", "tier")
STEPS = [{"name": "quote"}, {"name": "order"}]
DONE = {"gte": 1}


def of_order(kind: str, **given: Any) -> dict[str, Any]:
    return {kind: {"name": "order", **given}}


# kind -> leaves: the leaf, where it looks back, at what, and the first day that it asks about
LOOKING_BACK: dict[str, list[tuple[dict[str, Any], str, tuple[str, ...], str]]] = {
    "within": [
        ({"since": {"within": "30d"}}, "since.within", SINCE, "2026-03-01"),
        ({"since": {"within": "1m"}}, "since.within", SINCE, "2026-02-28"),
        ({"seen_at": {"within": "2y"}}, "seen_at.within", ("attributes", "seen_at"), "2024-03-31"),
    ],
    "ago": [({"since": {"ago": ["30d", "2w"]}}, "since.ago", SINCE, "2026-03-17")],
    "older_than": [({"since": {"older_than": "3m"}}, "since.older_than", SINCE, "2025-12-31")],
    "in_period": [
        (of_order("event", in_period="last day"), "event.in_period", ORDER, "2026-03-30"),
        ({"since": {"in_period": "this week"}}, "since.in_period", SINCE, "2026-03-29"),
        ({"since": {"in_period": "last week"}}, "since.in_period", SINCE, "2026-03-22"),
        ({"since": {"in_period": "last month"}}, "since.in_period", SINCE, "2026-02-01"),
        ({"since": {"in_period": "last quarter"}}, "since.in_period", SINCE, "2025-10-01"),
        ({"since": {"in_period": "this year"}}, "since.in_period", SINCE, "2026-01-01"),
        ({"since": {"in_period": "last year"}}, "since.in_period", SINCE, "2025-01-01"),
    ],
    "between": [
        ({"since": {"between": ["2024-02-29", "2024-12-31"]}}, "since.between", SINCE, "2024-02-29")
    ],
    "years": [
        ({"since": {"years": {"eq": 5}}}, "since.years.eq", SINCE, "2021-03-31"),
        ({"since": {"years": {"gte": 4.5}}}, "since.years.gte", SINCE, "2021-03-31"),
        ({"since": {"years": {"between": [0, 2]}}}, "since.years.between", SINCE, "2024-03-31"),
    ],
    "event": [
        (of_order("event", within="30d", count=DONE), "event.within", ORDER, "2026-03-01"),
        (of_order("event", ago=["30d", "90d"], count=DONE), "event.ago", ORDER, "2025-12-31"),
        (of_order("event", in_period="this quarter"), "event.in_period", ORDER, "2026-01-01"),
        (
            of_order("event", between=["2025-01-05", "2025-06-30"]),
            "event.between",
            ORDER,
            "2025-01-05",
        ),
        (
            of_order("event", where=[{"shipped_on": {"older_than": "30d"}}]),
            "event.where.all[0].shipped_on.older_than",
            ("event_columns", "order", "shipped_on"),
            "2026-03-01",
        ),
        (
            of_order(
                "event",
                where={"at_least": {"count": 1, "of": [{"shipped_on": {"ago": ["0d", "30d"]}}]}},
            ),
            "event.where.at_least.of[0].shipped_on.ago",
            ("event_columns", "order", "shipped_on"),
            "2026-03-01",
        ),
        (
            of_order("event", where={"all": [{"shipped_on": {"within": "30d"}}]}),
            "event.where.all[0].shipped_on.within",
            ("event_columns", "order", "shipped_on"),
            "2026-03-01",
        ),
    ],
    "first_event": [
        (of_order("first_event", within="2w"), "first_event.within", ORDER, "2026-03-17")
    ],
    "last_event": [
        (of_order("last_event", within="2w"), "last_event.within", ORDER, "2026-03-17"),
        (
            of_order("last_event", has={"not": {"shipped_on": {"years": {"gt": 1}}}}),
            "last_event.has.not.shipped_on.years.gt",
            ("event_columns", "order", "shipped_on"),
            "2025-03-31",
        ),
    ],
    # two months from as_of, not one and one more
    "trend": [
        (
            of_order("trend", within="1m", change_percent={"lt": 0}),
            "trend.within",
            ORDER,
            "2026-01-31",
        )
    ],
    "stopped": [
        (of_order("stopped", active=["30d", "365d"]), "stopped.active", ORDER, "2025-03-31")
    ],
    # what was before the silence was the day before it, or earlier
    "restarted": [
        (of_order("restarted", silent=["30d", "210d"]), "restarted.silent", ORDER, "2025-09-01")
    ],
    "regular": [
        (
            of_order("regular", period="1m", periods=4, min_periods=2, count=DONE),
            "regular.periods",
            ORDER,
            "2025-11-30",
        )
    ],
    "sequence": [
        ({"sequence": {"steps": STEPS, "within": "30d"}}, "sequence.within", QUOTE, "2026-03-01"),
        ({"sequence": {"steps": STEPS, "within": "30d"}}, "sequence.within", ORDER, "2026-03-01"),
        ({"sequence": {"steps": STEPS, "gap": "2d"}}, "sequence.gap", QUOTE, "2026-03-29"),
        ({"sequence": {"steps": STEPS, "gap": "49h"}}, "sequence.gap", QUOTE, "2026-03-28"),
        (
            {
                "sequence": {
                    "steps": [
                        {"name": "quote"},
                        {"name": "order", "where": {"shipped_on": {"within": "1w"}}},
                    ]
                }
            },
            "sequence.steps[1].where.shipped_on.within",
            ("event_columns", "order", "shipped_on"),
            "2026-03-24",
        ),
    ],
    "abandoned": [
        (
            {"abandoned": {"name": "quote", "without": {"name": "order"}, "for": "1h", "ago": a}},
            "abandoned.ago",
            of,
            "2026-01-30",
        )
        for a in (["1d", "60d"],)
        for of in (QUOTE, ORDER)
    ]
    + [
        (
            {"abandoned": {"name": "quote", "without": {"name": "order"}, "for": "2w"}},
            "abandoned.for",
            QUOTE,
            "2026-03-17",
        )
    ],
    "usual": [
        (
            of_order("usual", column="amount", within="1y", **{"in": [1]}, min_count=1),
            "usual.within",
            ORDER,
            "2025-03-31",
        )
    ],
    "related": [
        (
            {"related": {"name": "contracts", word: {"starts_on": {"ago": ["0d", "3m"]}}}},
            f"related.{word}.starts_on.ago",
            ("relation_columns", "contracts", "starts_on"),
            "2025-12-31",
        )
        for word in ("some", "none", "every")
    ],
    "was_member": [
        (
            {"was_member": {"group": "vip", "day": "2025-12-31"}},
            "was_member.day",
            VIP,
            "2025-12-31",
        )
    ],
    "entered": [
        ({"entered": {"group": "vip", "within": "30d"}}, "entered.within", VIP, "2026-03-01")
    ],
    "left": [
        ({"left": {"group": "vip", "in_period": "last month"}}, "left.in_period", VIP, "2026-02-01")
    ],
    # what was in force just before the window
    "moved": [
        (
            {"moved": {"attribute": "tier", "from": "A", "to": "B", "within": "30d"}},
            "moved.within",
            TIER,
            "2026-02-28",
        )
    ],
    "changed": [
        (
            {"changed": {"attribute": "tier", "from": "A", "ago": ["1d", "30d"]}},
            "changed.ago",
            TIER,
            "2026-03-01",
        )
    ],
    "points": [
        (
            {"points": {"of": [{"if": {"since": {"within": "1w"}}, "add": 1}], "gte": 1}},
            "points.of[0].if.since.within",
            SINCE,
            "2026-03-24",
        )
    ],
}
# all other kinds, and why no history is too short for them
NOT_LOOKING_BACK = {
    **dict.fromkeys(["eq", "neq", "not_between"], "names values or days, not a time up to now"),
    **dict.fromkeys(["before", "on_or_before", "after", "on_or_after"], "names one day"),
    **dict.fromkeys(["in", "not_in", "gt", "gte", "lt", "lte"], "of text and numbers"),
    **dict.fromkeys(["is_null", "not_null"], "of no value"),
    **dict.fromkeys([f"{no}{word}" for no in ("", "not_") for word in
                     ("contains", "starts_with", "ends_with", "matches")], "of text"),
    **dict.fromkeys(["has_any", "has_all", "has_none", "has_only"], "of texts"),
    **dict.fromkeys(["in_next", "anniversary_in_next"], "looks ahead"),
    **dict.fromkeys([f"{sign}_attribute" for sign in ("eq", "neq", "gt", "gte", "lt", "lte")],
                    "of two values as they are"),
    "within_km": "of a place",
    **dict.fromkeys(["top", "bottom", "top_percent", "bottom_percent"], "has no window"),
    "member_of": "of today",
    "bucket": "of the id",
    "contactable": "of the latest consent, whenever that was",
    "listed_in": "of a list",
    "sql": "not read",
}  # fmt: skip
CASES = [(kind, *case) for kind, cases in LOOKING_BACK.items() for case in cases]


def found_with(tree: dict[str, Any], first_days: dict[str, Any]) -> list[tuple[str, str]]:
    entry = {"published": {"tree": tree}}
    counted = {"base": 0, "leaves": [], "first_days": first_days}
    return [(path, text) for path, code, text in data_findings(entry, counted, PROJECT)]


def days(of: tuple[str, ...], first: str | date) -> dict[str, Any]:
    """First days of one thing alone."""
    nested: Any = str(first)
    for name in reversed(of):
        nested = {name: nested}
    return dict(nested)


@pytest.mark.parametrize(
    ("kind", "tree", "path", "of", "first"),
    CASES,
    ids=[f"{case[0]}-{case[2]}-{case[3][-1]}" for case in CASES],
)
def test_a_window_may_be_as_long_as_the_history_and_no_day_longer(
    kind: str, tree: dict[str, Any], path: str, of: tuple[str, ...], first: str
) -> None:
    assert found_with(tree, days(of, first)) == []
    later = date.fromisoformat(first) + timedelta(days=1)
    ((where, text),) = found_with(tree, days(of, later))
    assert where == path
    assert f"looks back to {first}, and the first" in text and f"is of {later}." in text
    # wherever the leaf stands
    ((where, _),) = found_with({"any": [{"not": tree}]}, days(of, later))
    assert where == f"any[0].not.{path}"


def test_every_kind_looks_back_or_says_why_not(engine: Engine) -> None:
    project = json.loads(json.dumps(engine.call("rule_project"), default=str))
    words = {*project["operators"], *project["kinds"]}
    assert words == {*LOOKING_BACK, *NOT_LOOKING_BACK}
    assert not {*LOOKING_BACK} & {*NOT_LOOKING_BACK}
    # and none of those that do is left out of the tables that are counted
    tables = {case[3][0] for case in CASES}
    assert tables == {
        "events",
        "event_columns",
        "relation_columns",
        "attributes",
        "groups",
        "recorded_attributes",
    }


@pytest.mark.parametrize(
    "tree",
    [
        # a chain of any steps, however far apart
        {"sequence": {"steps": STEPS}},
        {"sequence": {"steps": STEPS[:1], "gap": "999d"}},
        of_order("event", count=DONE),
        {"entered": {"group": "vip"}},
        {"since": {"in_next": "2y"}},
        {"since": {"in_period": "next year"}},
        {"since": {"years": {"lt": 0}}},
        {"revenue": {"between": [1, 2]}},
        # names that are words elsewhere
        {"member_of": ["group", "attribute", "for"]},
        {"bucket": {"salt": "a", "below_percent": 5}},
        {"points": {"of": [{"if": {"revenue": {"gte": 1}}, "add": 1}], "between": [1, 2]}},
        of_order("event", where={"amount": {"between": [1, 2]}}),
        # nothing of it is recorded at all: other warnings tell
        {"was_member": {"group": "other", "day": "2020-01-01"}},
    ],
    ids=str,
)
def test_no_look_back(tree: dict[str, Any]) -> None:
    first_days = {
        "events": {"order": "2026-03-30", "quote": "2026-03-30"},
        "event_columns": {"order": {"shipped_on": "2026-03-30", "amount": "2026-03-30"}},
        "attributes": {"since": "2026-03-30", "revenue": "2026-03-30"},
        "groups": {"vip": "2026-03-30"},
    }
    assert found_with(tree, first_days) == []


def test_of_several_steps_the_one_that_begins_last_is_named() -> None:
    first_days = {"events": {"order": "2026-03-10", "quote": "2026-03-05"}}
    ((_, text),) = found_with({"sequence": {"steps": STEPS, "within": "30d"}}, first_days)
    assert text == (
        "it looks back to 2026-03-01, and the first order is of 2026-03-10. Shorten it, or leave "
        "the window away."
    )
    # a gap keeps two rows apart if one of the steps that it follows is as old
    three = [{"name": "order"}, {"name": "quote"}, {"name": "order"}]
    assert found_with({"sequence": {"steps": three, "gap": "24d"}}, first_days) == []
    ((path, text),) = found_with({"sequence": {"steps": three, "gap": "27d"}}, first_days)
    assert path == "sequence.gap" and "first quote is of 2026-03-05" in text
    assert found_with({"sequence": {"steps": three, "gap": "26d"}}, first_days) == []


@pytest.mark.parametrize(
    ("tree", "advice"),
    [
        (of_order("event", within="30d"), "Shorten it, or leave the window away."),
        (of_order("event", ago=["1d", "30d"]), "Let it begin later, or leave the window away."),
        (
            of_order("usual", column="amount", in_period="last month"),
            "Let it begin later, or leave the window away.",
        ),
        ({"moved": {"attribute": "tier", "within": "30d"}}, "is of 2026-03-30. Shorten it."),
        (
            {"moved": {"attribute": "tier", "ago": ["1d", "9d"]}},
            "of 2026-03-30. Let it begin later.",
        ),
        # without its window a leaf on a date asks for nothing
        ({"since": {"within": "30d"}}, "Shorten it, or ask for not_null: true."),
        (
            {"since": {"within": "30d", "nulls": "include"}},
            "Shorten it, or ask for not_null: true.",
        ),
        ({"since": {"within": "30d", "before": "2026-01-01"}}, "Shorten it, or leave it away."),
        ({"since": {"in_period": "last month"}}, "Let it begin later, or ask for not_null: true."),
        ({"since": {"older_than": "30d"}}, "Shorten it: none is older."),
        ({"since": {"years": {"gte": 5}}}, "Ask for fewer years."),
    ],
    ids=str,
)
def test_the_advice_can_be_followed(tree: dict[str, Any], advice: str) -> None:
    first_days = {of[0]: days(of[1:], "2026-03-30") for of in (ORDER, SINCE, TIER)}
    ((_, text),) = found_with(tree, first_days)
    assert text.endswith(advice), text


def test_dates_that_all_lie_ahead_have_no_history() -> None:
    asked = {"since": {"in_period": "this year"}}
    assert found_with(asked, days(SINCE, AS_OF)) == []
    assert len(found_with(asked, days(SINCE, "2026-03-30"))) == 1


@pytest.mark.parametrize(
    ("tree", "of"),
    [
        ({"since": {"years": {"gte": 9000}}}, SINCE),
        ({"since": {"between": ["0001-01-01", "2026-01-01"]}}, SINCE),
        (of_order("regular", period="999y", periods=366, min_periods=1, count=DONE), ORDER),
        ({"moved": {"attribute": "tier", "between": ["0001-01-01", "2026-01-01"]}}, TIER),
    ],
    ids=str,
)
def test_the_calendar_has_a_beginning(tree: dict[str, Any], of: tuple[str, ...]) -> None:
    assert len(found_with(tree, days(of, "2026-01-01"))) == 1


DATED = ("date", "timestamp")
RECORDED = """
select cast(kind as text) as kind, cast(name as text) as name, cast(day as date) as as_of_date
from (
    values ('group', 'group_a', '2024-05-02'), ('group', 'group_a', '2024-05-01'),
    ('attribute', 'sector', '2024-06-01'), ('group', 'group_b', '2024-07-01')
) as recorded (kind, name, day)
"""


def by_hand(world: World) -> dict[str, Any]:
    """The first days of a world, value by value."""

    def day(value: Any) -> date | None:
        if isinstance(value, datetime):
            return value.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(world.zone)).date()
        return value if isinstance(value, date) else None

    def first(values: Any) -> str | None:
        known = [one for one in map(day, values) if one is not None]
        return str(min(known)) if known else None

    def told(days: dict[str, str | None]) -> dict[str, str]:
        return {name: one for name, one in days.items() if one is not None}

    visible: dict[str, list[Any]] = {}
    for event in world.events:
        happened, loaded = day(event["occurred_at"]), day(event["loaded_at"])
        known = world.known_as_of is None or (loaded is not None and loaded < world.known_as_of)
        if happened is not None and happened < world.as_of and known:
            visible.setdefault(event["event_name"], []).append(event)
    found: dict[str, Any] = {
        "events": {
            name: first(row["occurred_at"] for row in rows) for name, rows in visible.items()
        },
        "event_columns": {
            name: told(
                {
                    column: first(row.get(column) for row in rows)
                    for column, kind in EVENTS[name]["columns"].items()
                    if kind in DATED
                }
            )
            for name, rows in visible.items()
        },
        "relation_columns": {},
        "attributes": told(
            {
                name: first(row[name] for row in world.attributes.values())
                for name, declared in ATTRIBUTES.items()
                if declared["type"] in DATED
            }
        ),
        "groups": {"group_a": "2024-05-01", "group_b": "2024-07-01"},
        "recorded_attributes": {"sector": "2024-06-01"},
    }
    for name, declared in RELATIONS.items():
        columns = [column for column, kind in declared["columns"].items() if kind in DATED]
        if columns:
            rows = world.relations.get(name, ())
            found["relation_columns"][name] = told(
                {column: first(row.get(column) for row in rows) for column in columns}
            )
    return found


def by_sql(engine: Engine, database: Database | PostgresDatabase) -> dict[str, Any]:
    """The same by the macro, of the tables that are loaded; nothing else is built."""
    database.create("int_recorded_days", RECORDED)
    models = {one["model"] for one in (*ATTRIBUTES.values(), *EVENTS.values(), *RELATIONS.values())}
    built = models - {"depots"} | {"int_recorded_days"}
    context, package = engine.context, engine.context["crm_segmentation"]
    kept = context["run_query"], package["built_model"], package["attribute_catalog"]
    context["run_query"] = lambda sql: SimpleNamespace(rows=database.query(sql))
    package["built_model"] = lambda name: database.place(name) if name in built else None
    catalog = {name: one for name, one in kept[2]().items() if name in ATTRIBUTES}
    package["attribute_catalog"] = lambda: catalog
    try:
        return dict(engine.call("first_days"))
    finally:
        context["run_query"], package["built_model"], package["attribute_catalog"] = kept


def hold_equal(engine: Engine, database: Database | PostgresDatabase) -> None:
    for seed, known_as_of in [(1, None), (2, date(2025, 3, 1)), (3, date(2020, 1, 1))]:
        zone = "America/St_Johns"
        world = make_world(seed, 30, 60, zone, date(2025, 3, 31), "monday", known_as_of)
        engine.set_variables(variables(world))
        database.load(world)
        assert by_sql(engine, database) == by_hand(world)


def test_where_the_history_begins(engine: Engine) -> None:
    hold_equal(engine, Database())


def test_where_the_history_begins_on_postgres(engine: Engine, collated_database: Any) -> None:
    connection = collated_database.connect()
    hold_equal(engine, PostgresDatabase(connection))
    connection.close()


WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
# within these one row is asked, not an account
OF_ROWS = (".where", ".has", ".some", ".none", ".every", ".if")


def test_lint_reads_whatever_rule_is_drawn(engine: Engine) -> None:
    """And a leaf that is said to be a contradiction has no members."""
    attributes = {
        name: {"nullable": True, "allowed": None, **declared}
        for name, declared in ATTRIBUTES.items()
    }
    first_days = {
        "events": dict.fromkeys(EVENTS, "2024-01-01"),
        "attributes": dict.fromkeys(ATTRIBUTES, "2020-01-01"),
    }
    codes = Counter[str]()
    for seed in range(3):
        draw = Seeded(seed)
        world = draw_world(draw)
        engine.set_variables(variables(world))
        project = {
            "as_of": world.as_of.isoformat(),
            "week_start": WEEKDAYS.index(world.week_start),
            "attributes": attributes,
            "events": EVENTS,
            "relations": RELATIONS,
        }
        trees = [draw_leaf(draw, world, name) for name in NAMES * 2]
        trees += [draw_rule(draw, world, depth=3) for _ in range(10)]
        for text in map(as_text, trees):
            tree = json.loads(json.dumps(engine.call("read_rule", text, "base", "a")["tree"]))
            counted = {"base": 0, "leaves": [], "first_days": first_days}
            found = list(data_findings({"published": {"tree": tree}}, counted, project))
            found += published_findings({"published": {"tree": tree}}, project)
            codes.update(code for _, code, _ in found)
            for path, code, message in found:
                is_leaf = path.split(".")[0] == next(iter(tree)) and "[" not in path
                of_row = any(word in path for word in OF_ROWS)
                # of a window without a row something may be true: that there is none
                of_window = "this window" in message
                if code == "contradiction" and is_leaf and not of_row and not of_window:
                    assert not members(text, world), f"{path} {message}\n{text}"
                    codes["held"] += 1
    assert codes["contradiction"] > 10 and codes["long-window"] > 10 and codes["held"] > 5, codes
