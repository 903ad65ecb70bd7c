"""What a fit reads beside its own declaration, and which changes of it a hash tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from criteria.engine import Engine

KPIS = "macros/kpis/kpi_declarations.sql"
# a feature of rfm and lifetime, and a divisor of another one
REVENUE = "{'name': 'revenue', 'sum': 'net_amount', 'add': sold, 'less': returned,"
COUNT = "{'name': 'order_count', 'count': 'order',"
TREE = {
    "modelling_targets": [{"name": "wanted", "group": "vips"}],
    "decision_trees": {"one": {"target": "wanted", "features": ["industry"]}},
}
OBJECTIVE = {
    "objectives": {
        "two": {
            "considered": {"country_code": ["DE"]},
            "ideal": {"any": [{"member_of": "vips"}, {"churn_probability": {"lt": 0.1}}]},
            "traits": {"industry": {}},
        }
    }
}
EXTRAS: dict[str, Any] = {
    "extra_events": {
        "call": {"model": "calls", "label": "Call", "description": "A call", "columns": {}}
    },
    "extra_kpis": [
        {"name": "call_count", "count": "call", "label": "Calls", "description": "Calls"}
    ],
    "clusterings": {"calls": {"k": 2, "features": [{"feature": "call_count_90d"}]}},
}

Found = dict[tuple[str, str, str], str]


def profile(name: str, rule: Any, rule_hash: str = "1") -> dict[str, Any]:
    published = {"kind": "profile", "base": "accounts", "tree": rule, "rule_hash": rule_hash}
    return {
        "name": name,
        "resource_type": "model",
        "raw_code": "",
        "config": {"meta": {"crm_segmentation": published}},
    }


def model(name: str, sql: str) -> dict[str, Any]:
    return {"name": name, "resource_type": "model", "raw_code": sql, "config": {"meta": {}}}


@pytest.fixture
def read(engine: Engine) -> Iterator[Callable[..., Found]]:
    graph = engine.manifest.flat_graph
    kept = graph.get("nodes")

    def found(*nodes: dict[str, Any], **variables: Any) -> Found:
        if "extra_kpis" in variables:
            # they are attributes, too
            engine.declared = {}
        engine.set_variables(variables)
        graph["nodes"] = {one["name"]: one for one in nodes}
        engine.forget()
        rows = engine.call("fit_definitions")
        return {(row["model_name"], row["kind"], row["name"]): row["hash"] for row in rows}

    yield found
    graph.pop("nodes", None)
    if kept is not None:
        graph["nodes"] = kept
    engine.declared = {}
    engine.set_variables({})


def names(found: Found, fit: str) -> set[str]:
    return {f"{kind} {name}" for model_name, kind, name in found if model_name == fit}


def changed(before: Found, after: Found) -> set[str]:
    """What has another hash, whichever fit reads it."""
    assert set(before) == set(after)
    return {
        f"{kind} {name}"
        for (_, kind, name) in before
        if before[_, kind, name] != after[_, kind, name]
    }


def test_every_fit_reads_its_features(read: Any) -> None:
    found = read()
    assert names(found, "rfm") == {
        "attribute days_since_last_order",
        "attribute order_count_all",
        "attribute revenue_all",
    }
    assert "attribute order_day_count_all" in names(found, "lifetime")
    assert "attribute visit_count_90d" in names(found, "churn")
    assert "attribute visit_count_90d" in names(found, "cluster_value")
    # one thing has one hash, whoever reads it
    assert found["rfm", "attribute", "revenue_all"] == found["lifetime", "attribute", "revenue_all"]


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        (
            REVENUE,
            REVENUE.replace("'less': returned,", ""),
            {"revenue_all", "revenue_365d", "average_order_value_all"},
        ),
        (
            COUNT,
            f"{COUNT} 'where': {{'channel': 'web'}},",
            {"order_count_all", "order_count_365d", "order_count_90d", "average_order_value_all"},
        ),
        # words for people
        ("'label': 'Revenue', 'desc", "'label': 'Sales', 'desc", set()),
        (
            "'unit': 'visits', 'description': 'Visits of",
            "'unit': 'hits', 'description': 'Hits",
            set(),
        ),
    ],
)
def test_a_changed_kpi_is_told_and_its_words_are_not(
    engine: Engine, read: Any, old: str, new: str, wanted: set[str]
) -> None:
    before = read()
    with engine.patched(KPIS, old, new):
        after = read()
    assert changed(before, after) == {f"attribute {name}" for name in wanted}


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        ({"max_rate_age_days": 30}, {"revenue_all", "revenue_365d", "average_order_value_all"}),
        ({"reporting_currency": "CHF"}, {"revenue_all", "revenue_365d", "average_order_value_all"}),
        # rows of other windows; an attribute that no fit reads
        ({"purchase_outlook": {"window_days": 365}}, set()),
        ({"contract_statuses_without_renewal": ["ended"]}, set()),
    ],
)
def test_a_setting_belongs_to_what_hangs_on_it(
    read: Any, settings: dict[str, Any], wanted: set[str]
) -> None:
    assert changed(read(), read(**settings)) == {f"attribute {name}" for name in wanted}


def test_another_zone_moves_every_day(read: Any) -> None:
    before = read()
    kpis = {f"{kind} {name}" for _, kind, name in before}
    assert changed(before, read(time_zone="Asia/Tokyo")) == kpis


def test_the_order_of_what_is_listed_counts_for_nothing(read: Any) -> None:
    one, other = (
        {
            "name": "contact_count",
            "count": counted,
            "where": {"channel": channels},
            "label": "Contacts",
            "description": "Contacts",
        }
        for counted, channels in (
            (["visit", "portal_login"], ["web", "app"]),
            (["portal_login", "visit"], ["app", "web"]),
        )
    )
    clusterings = {"contacts": {"k": 2, "features": [{"feature": "contact_count_90d"}]}}
    before = read(extra_kpis=[one], clusterings=clusterings)
    assert "attribute contact_count_90d" in names(before, "cluster_contacts")
    assert changed(before, read(extra_kpis=[other], clusterings=clusterings)) == set()
    less = {**one, "count": "visit"}
    after = read(extra_kpis=[less], clusterings=clusterings)
    assert changed(before, after) == {"attribute contact_count_90d"}


def test_a_target_is_followed_to_what_its_rule_asks_for(read: Any) -> None:
    """Through groups of groups and scores to the KPIs behind a fit."""
    rule = {"all": [{"member_of": "inner"}, {"kpi_flags": ["vip"]}]}
    inner = profile("inner", {"rfm_segment": ["Champions"]})
    found = read(profile("vips", rule), inner, **TREE)
    assert names(found, "one") == {
        "attribute industry",
        "attribute order_count_all",
        "group vips",
        "group inner",
        "flag all",
        "flag member_of",
        "flag inner",
        "flag accounts",
        "flag vip",
        "attribute rfm_segment",
        "fit rfm",
        "attribute days_since_last_order",
        "attribute revenue_all",
    }
    again = read(profile("vips", rule), {**inner, **profile("inner", {}, "2")}, **TREE)
    assert found["one", "group", "vips"] == again["one", "group", "vips"]
    assert found["one", "group", "inner"] != again["one", "group", "inner"]
    # the cut points of RFM are its own affair, its declaration is not
    bins = {"rfm": {"bins": 4, "segments": None}}
    after = read(profile("vips", rule), inner, **TREE, **bins)
    assert "fit rfm" in changed(found, after)


def test_criteria_of_an_objective_are_followed(read: Any) -> None:
    found = read(profile("vips", {"city": ["Ulm"]}), **OBJECTIVE)
    assert names(found, "two") > {
        "attribute industry",
        "attribute country_code",
        "attribute city",
        "attribute churn_probability",
        "group vips",
        "fit churn",
        "attribute visit_count_90d",
    }


def test_sql_counts_without_comments_and_white_space(read: Any) -> None:
    """Of the model that an attribute or an event names, and of a group that is plain SQL."""
    first = model("calls", "select *\nfrom phone -- by hand\nwhere length > 1")
    same = model("calls", "{# new #}\n\nselect *  from phone /* .. */ where length > 1 -- a")
    other = model("calls", "select * from phone where length > 2")
    before = read(first, **EXTRAS)
    assert names(before, "cluster_calls") == {"attribute call_count_90d", "event call"}
    assert changed(before, read(same, **EXTRAS)) == set()
    assert changed(before, read(other, **EXTRAS)) == {"event call"}

    before = read(model("vips", "select 1"), **TREE)
    assert changed(before, read(model("vips", "select 2"), **TREE)) == {"group vips"}


def test_an_attribute_of_a_model_is_its_sql(read: Any) -> None:
    clusterings = {"tags": {"k": 2, "features": [{"feature": "extra_number"}]}}
    extra = {
        "extra_number": {
            "type": "number", "label": "Extra", "description": "Extra", "model": "extras"
        }
    }  # fmt: skip
    variables = {"clusterings": clusterings, "extra_attributes": extra}
    before = read(model("extras", "select 1"), **variables)
    assert names(before, "cluster_tags") == {"attribute extra_number"}
    after = read(model("extras", "select 2"), **variables)
    assert changed(before, after) == {"attribute extra_number"}


def test_nothing_is_known_of_models_in_unit_tests(read: Any) -> None:
    """There the graph is empty: names are known, what they stand for is not."""
    assert "group vips" in names(read(**TREE), "one")
