"""What the declarations of clusterings, trees, objectives and lookalikes may say, and what is said
of those that are wrong: all at once, each with the place, what was got, what is allowed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import yaml

from criteria.engine import Engine

TARGETS = [
    {"name": "vips", "group": "vips"},
    {"name": "segment", "attribute": "rfm_segment"},
    {"name": "cluster", "attribute": "cluster_value"},
    {"name": "branch", "attribute": "industry"},
]
READERS = {
    "clusterings": "clusterings",
    "decision_trees": "decision_tree_declarations",
    "objectives": "objective_declarations",
}
SOUND: dict[str, dict[str, Any]] = {
    "clusterings": {"k": 3, "features": [{"feature": "order_count_all"}]},
    "decision_trees": {"target": "vips"},
    "objectives": {"ideal": {"order_count_365d": {"gte": 3}}, "traits": {"industry": {}}},
}
TREES, OBJECTIVES, CLUSTERINGS = "decision_trees", "objectives", "clusterings"


@pytest.fixture
def read(engine: Engine) -> Iterator[Any]:
    def declared(setting: str, given: Any) -> Any:
        engine.set_variables({"modelling_targets": TARGETS, setting: given})
        return engine.call(READERS[setting])

    yield declared
    engine.set_variables({})


@pytest.mark.parametrize("setting", READERS)
def test_a_sound_declaration_is_read(read: Any, setting: str) -> None:
    (found,) = read(setting, {"one": SOUND[setting]})
    assert found["name"] == "one"


@pytest.mark.parametrize("setting", READERS)
def test_none_is_none(read: Any, setting: str) -> None:
    assert read(setting, {}) == []


@pytest.mark.parametrize(
    ("setting", "changes", "wanted"),
    [
        (TREES, {"targt": "vips"}, "Unknown key in var 'decision_trees', one: got 'targt'; allow"),
        (TREES, {"max_dept": 3}, "Did you mean 'max_depth'?"),
        (TREES, {"target": "vip"}, "Unknown target in var 'decision_trees', one: got 'vip'; allo"),
        (TREES, {"target": "vip"}, "Did you mean 'vips'?"),
        (TREES, {"target": "segment"}, "No value in var 'decision_trees', one: got 'None"),
        (TREES, {"value": "a"}, "A value in var 'decision_trees', one: got 'a'; allowed: a value"),
        (TREES, {"target": "segment", "value": "x", "features": ["rfm_segment"]}, "Target as a fe"),
        (
            TREES,
            {"target": "cluster", "value": "three"},
            "No number in var 'decision_trees', one, v",
        ),
        (
            TREES,
            {"reasons": ["gender"]},
            "No mapping in var 'decision_trees', one, reasons: got '[",
        ),
        (TREES, {"max_depth": 9}, "Bad max_depth in var 'decision_trees', one: got '9'; allowed"),
        (TREES, {"max_depth": True}, "allowed: a whole number from 1 to 8."),
        (TREES, {"minimum_leaf": 9}, "got '9'; allowed: a whole number from 10."),
        (TREES, {"seed": -1}, "Bad seed in var 'decision_trees', one: got '-1'"),
        (TREES, {"features": "industry"}, "No list in var 'decision_trees', one, features: got"),
        (TREES, {"features": ["industri"]}, "got 'industri'; allowed: an attribute of the catal"),
        (TREES, {"features": ["industri"]}, "Did you mean 'industry'?"),
        (TREES, {"exclude": ["tear"]}, "Unknown attribute in var 'decision_trees', one, exclude"),
        (TREES, {"features": ["kpi_flags"]}, "Feature of type values in var 'decision_trees', one"),
        (TREES, {"features": ["tier"], "exclude": ["tier"]}, "No feature in var 'decision_trees'"),
        (OBJECTIVES, {"ideals": 1}, "Unknown key in var 'objectives', one: got 'ideals'; allowed"),
        (OBJECTIVES, {"ideals": 1}, "Did you mean 'ideal'?"),
        (OBJECTIVES, {"ideal": None}, "No ideal in var 'objectives', one: got none; allowed: crit"),
        (
            OBJECTIVES,
            {"reasons": ["gender"]},
            "No mapping in var 'objectives', one, reasons: got '[",
        ),
        (OBJECTIVES, {"segments": 9}, "Bad segments in var 'objectives', one: got '9'; allowed: a"),
        (OBJECTIVES, {"segments": 1.5}, "allowed: a whole number from 1 to 8."),
        (OBJECTIVES, {"minimum_support": 9}, "a whole number from 10 to 1000000."),
        (OBJECTIVES, {"minimum_lift": 0.9}, "Bad minimum_lift in var 'objectives', one: got '0.9'"),
        (OBJECTIVES, {"max_distance": 1.1}, "got '1.1'; allowed: a number from 0 to 1."),
        (OBJECTIVES, {"traits": []}, "No traits in var 'objectives', one: got '[]'; allowed: a m"),
        (OBJECTIVES, {"traits": {"industri": {}}}, "Did you mean 'industry'?"),
        (OBJECTIVES, {"traits": {"account_opened_on": {}}}, "Trait of type date in var 'objective"),
        (OBJECTIVES, {"traits": {"tier": {"wieght": 2}}}, "Did you mean 'weight'?"),
        (OBJECTIVES, {"traits": {"tier": {"target": 2}}}, "allowed for a text: weight, missing"),
        (OBJECTIVES, {"traits": {"tier": {"weight": 0}}}, "Bad weight in var 'objectives', one, t"),
        (OBJECTIVES, {"traits": {"tier": {"missing": "near"}}}, "allowed: leave_out, far."),
        (OBJECTIVES, {"traits": {"tier": {"favoured": "A"}}}, "Bad favoured in var 'objectives'"),
        (OBJECTIVES, {"traits": {"revenue_365d": {"better": "more"}}}, "allowed: near, high, low."),
        (OBJECTIVES, {"traits": {"revenue_365d": {"transform": "ln"}}}, "allowed: none, log."),
        (CLUSTERINGS, {"feature": []}, "Unknown key in var 'clusterings', one: got 'feature'; all"),
        (CLUSTERINGS, {"feature": []}, "Did you mean 'features'?"),
        (CLUSTERINGS, {"k": [5, 3]}, "Bad number of clusters in var 'clusterings', one, k: got"),
        (CLUSTERINGS, {"k": 21}, "allowed: a whole number from 1 to 20, or [least, most]."),
        (CLUSTERINGS, {"seed": 1.5}, "Bad seed in var 'clusterings', one: got '1.5'"),
        (CLUSTERINGS, {"features": []}, "No features in var 'clusterings', one: got '[]'"),
        (CLUSTERINGS, {"features": ["tier"]}, "No feature in var 'clusterings', one: got 'tier'"),
        (CLUSTERINGS, {"base": "accounts"}, "Bad base in var 'clusterings', one, base: got 'acc"),
        (CLUSTERINGS, {"base": {"tier": {"gt": 1}}}, "allowed: a text or a list of texts."),
    ],
)
def test_a_wrong_declaration_says_where_and_what_is_allowed(
    read: Any, setting: str, changes: dict[str, Any], wanted: str
) -> None:
    with pytest.raises(Exception, match=f"The var '{setting}' has [0-9]+ error") as caught:
        read(setting, {"one": {**SOUND[setting], **changes}})
    assert wanted in str(caught.value)


@pytest.mark.parametrize(
    ("item", "wanted"),
    [
        ({"wieght": 2}, "Did you mean 'weight'?"),
        ({"weight": -1}, "Bad weight in var 'clusterings', one, order_count_all: got '-1'"),
        ({"transform": "ln"}, "Unknown transform in var 'clusterings', one, order_count_all"),
        ({"winsorise": [0.9, 0.1]}, "allowed: two numbers from 0 to 1, the lower one first"),
        ({"standardise": "yes"}, "Not a switch in var 'clusterings', one, order_count_all"),
        ({"missing": "mean"}, "got 'mean'; allowed: a number, median, exclude."),
        ({"feature": "tier", "transform": "log"}, "Key of a number in var 'clusterings', one, ti"),
        ({"feature": "tier", "missing": 0}, "allowed: exclude, or a text that is a category of"),
        ({"feature": "birth_date"}, "Protected attribute without a reason in var 'clusterings'"),
        ({"feature": "city"}, "Identifying attribute as a feature in var 'clusterings', one"),
        ({"feature": "rfm_score"}, "Score as a feature in var 'clusterings', one"),
        ({"feature": "order_count"}, "Unknown feature in var 'clusterings', one"),
    ],
)
def test_a_wrong_feature_says_where_and_what_is_allowed(
    read: Any, item: dict[str, Any], wanted: str
) -> None:
    with pytest.raises(Exception, match="The var 'clusterings' has") as caught:
        read(CLUSTERINGS, {"one": {"features": [{"feature": "order_count_all", **item}]}})
    assert wanted in str(caught.value)


@pytest.mark.parametrize(
    ("setting", "given", "count"),
    [
        (TREES, {"one": {"target": "x", "seed": -1, "colour": 1}, "two": 7}, 4),
        (OBJECTIVES, {"one": {"ideal": None, "segments": 0, "traits": {"x": {}}}, "two": 7}, 4),
        (CLUSTERINGS, {"one": {"k": 0, "features": [], "seed": -1}, "two": 7, "3": 7}, 6),
    ],
)
def test_all_that_is_wrong_is_said_at_once(
    read: Any, setting: str, given: dict[str, Any], count: int
) -> None:
    with pytest.raises(Exception, match=f"The var '{setting}' has {count} error") as caught:
        read(setting, given)
    assert str(caught.value).count("\n  - ") == count
    assert f"No declaration in var '{setting}', two: got '7'" in str(caught.value)


def test_a_protected_trait_or_feature_needs_a_reason(engine: Engine, read: Any) -> None:
    tree = {"target": "vips", "features": ["gender", "tier"]}
    objective = {**SOUND[OBJECTIVES], "traits": {"gender": {}}}
    with pytest.raises(Exception, match="The features of the fits have 2 error") as caught:
        engine.set_variables(
            {"modelling_targets": TARGETS, TREES: {"one": tree}, OBJECTIVES: {"two": objective}}
        )
        engine.call("modelling_feature_declarations")
    for where in ("'decision_trees', one", "'objectives', two"):
        wanted = f"Protected attribute without a reason in var {where}: got 'gender'"
        assert wanted in str(caught.value)
    why = "an offer for women alone"
    engine.set_variables(
        {
            "modelling_targets": TARGETS,
            TREES: {"one": {**tree, "reasons": {"gender": why}}},
            OBJECTIVES: {"two": {**objective, "traits": {"gender": {"reason": why}}}},
        }
    )
    found = engine.call("modelling_feature_declarations")
    assert {one["reason"] for one in found if one["feature"] == "gender"} == {why}


@pytest.mark.parametrize(
    "criteria",
    [
        {"gender": ["f"]},
        {"all": [{"kind": "person"}, {"not": {"any": [{"gender": {"not_null": True}}]}}]},
        {"changed": {"attribute": "gender", "within": "60d"}},
        {"region": {"eq_attribute": "gender"}},
    ],
)
@pytest.mark.parametrize("part", ["considered", "ideal"])
def test_protected_criteria_of_an_objective_need_a_reason(
    read: Any, part: str, criteria: dict[str, Any]
) -> None:
    """Who is ideal is what the fit learns from, as the target of a tree is."""
    objective = {**SOUND[OBJECTIVES], part: criteria}
    with pytest.raises(Exception, match="The var 'objectives' has 1 error") as caught:
        read(OBJECTIVES, {"one": objective})
    wanted = f"Protected attribute without a reason in var 'objectives', one, {part}: got 'gender'"
    assert wanted in str(caught.value)
    assert "write reasons: {gender: <text>}." in str(caught.value)
    (found,) = read(OBJECTIVES, {"one": {**objective, "reasons": {"gender": "for women"}}})
    assert found[part] == criteria


def test_values_that_are_named_like_a_protected_attribute_are_none(read: Any) -> None:
    criteria = {"industry": ["gender", "language"]}
    assert read(OBJECTIVES, {"one": {**SOUND[OBJECTIVES], "ideal": criteria}})


def test_a_target_belongs_to_the_declaration_of_its_tree(engine: Engine) -> None:
    """What the name of a target stands for is what the tree learns; a label is for people."""

    def declared(target: dict[str, Any], **keys: Any) -> str:
        tree = {"target": "vips", **keys}
        engine.set_variables({"modelling_targets": [target], TREES: {"one": tree}})
        return engine.call("declaration_hash", engine.call("tree_fit_declarations")["one"])

    first = declared(TARGETS[0])
    assert declared(TARGETS[0], label="Who becomes a VIP") == first
    assert declared({**TARGETS[0], "reason": "asked for"}, reasons={"tier": "so"}) == first
    for other in (declared({"name": "vips", "group": "gold"}), declared(TARGETS[0], max_depth=3)):
        assert other != first
    engine.set_variables({})


def test_a_default_tree_does_not_ask_for_its_target(read: Any) -> None:
    for value in (3, 3.0, "3", "-1.5"):
        (tree,) = read(TREES, {"one": {"target": "cluster", "value": value}})
        assert "industry" in tree["features"]
    (tree,) = read(TREES, {"one": {"target": "branch", "value": "water"}})
    assert "industry" not in tree["features"] and "kind" in tree["features"]


def test_a_day_in_criteria_is_hashed(engine: Engine) -> None:
    """YAML reads 2024-01-31 as a day, in vars as in a profile."""

    def declared(day: Any) -> str:
        ideal = {"all": [{"kind": "company"}, {"account_opened_on": {"gte": day}}]}
        engine.set_variables({OBJECTIVES: {"one": {**SOUND[OBJECTIVES], "ideal": ideal}}})
        return engine.call("declaration_hash", engine.call("objective_fit_declarations")["one"])

    first = declared(date(2024, 1, 31))
    assert declared(date(2024, 1, 31)) == first
    assert declared(date(2024, 2, 1)) != first
    engine.set_variables({})


def test_a_clustering_is_not_named_like_the_label_of_another(read: Any) -> None:
    with pytest.raises(Exception, match="Bad name in var 'clusterings': got 'one_label'"):
        read(CLUSTERINGS, {"one": SOUND[CLUSTERINGS], "one_label": SOUND[CLUSTERINGS]})


def test_words_of_an_objective_declare_no_other_one(engine: Engine) -> None:
    """Its own label, why a trait counts, and what the catalogue calls it."""

    def declared(trait: dict[str, Any], **keys: Any) -> str:
        objective = {**SOUND[OBJECTIVES], "traits": {"gender": trait}, **keys}
        engine.set_variables({OBJECTIVES: {"one": objective}})
        return engine.call("declaration_hash", engine.call("objective_fit_declarations")["one"])

    first = declared({"reason": "for women alone"})
    assert declared({"reason": "asked for"}, label="Best", max_distance=0.5) == first
    labels = "macros/attributes/base_attributes.sql", "'label': 'Gender',", "'label': 'Sex',"
    with engine.patched(*labels):
        engine.declared = {}
        assert declared({"reason": "for women alone"}) == first
        assert engine.call("objective_declarations")[0]["traits"][0]["label"] == "Sex"
    engine.declared = {}
    assert declared({"reason": "for women alone", "weight": 2}) != first
    engine.set_variables({})


# lookalikes


def lookalike(engine: Engine, **keys: Any) -> Any:
    text = yaml.safe_dump({"of": "vips", "traits": ["industry", {"revenue_365d": 2}], **keys})
    return engine.call("read_lookalike", text, "likes")


def test_a_sound_lookalike_is_read(engine: Engine) -> None:
    assert lookalike(engine) == {
        "wanted": {
            "of": "vips",
            "among": "accounts",
            "traits": {"industry": 1, "revenue_365d": 2},
            "to": None,
        },
        "problems": [],
    }


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        ({"amon": "accounts"}, "'amon' is not a key; did you mean 'among'? allowed: of, among"),
        ({"of": ["vips"]}, "of: got '['vips']'; allowed: the name of a model with account_id"),
        ({"of": "likes"}, "of: got 'likes', the lookalike itself; allowed: another model"),
        ({"among": "Vips"}, "among: got 'Vips'; allowed: the name of a model with account_id"),
        ({"traits": "industry"}, "traits: got 'industry'; allowed: a list of attributes. Write"),
        ({"traits": ["industri"]}, "'industri' is not an attribute; did you mean 'industry'?"),
        ({"traits": ["birth_date"]}, "traits: got 'birth_date', whose type is date; allowed"),
        ({"traits": [{"tier": 0}]}, "traits: got the weight '0' of tier; allowed: a number above"),
        ({"traits": [{"tier": {"wieght": 2}}]}, "'wieght' is not a key; did you mean 'weight'?"),
        ({"traits": ["tier"], "exclude": ["tier"]}, "traits: got none; allowed: at least one"),
        ({"traits": ["gender"]}, "traits: got 'gender', which is protected; allowed: attributes t"),
        ({"traits": [{"gender": 2}]}, "or write {gender: {weight: 1, reason: <text>}}"),
        ({"traits": {"language": 2}}, "traits: got 'language', which is protected"),
        ({"to": 0}, "to: got '0'; allowed: a whole number from 1."),
    ],
)
def test_a_wrong_lookalike_says_what_is_allowed(
    engine: Engine, keys: dict[str, Any], wanted: str
) -> None:
    found = lookalike(engine, **keys)["problems"]
    assert any(wanted in problem for problem in found), found


def test_all_that_is_wrong_with_a_lookalike_is_said_at_once(engine: Engine) -> None:
    keys = {"to": 1.5, "traits": ["gender", "x"], "among": 3, "colour": "red"}
    assert len(lookalike(engine, **keys)["problems"]) == 5


def test_a_protected_trait_counts_with_a_reason(engine: Engine) -> None:
    trait = {"gender": {"weight": 2, "reason": "an offer for women alone"}}
    read = lookalike(engine, traits=["tier", trait])
    assert read["problems"] == []
    assert read["wanted"]["traits"] == {"tier": 1, "gender": 2}
    assert read["wanted"]["reasons"] == {"gender": "an offer for women alone"}


def test_no_default_trait_is_protected(engine: Engine) -> None:
    catalog = engine.call("attribute_catalog")
    assert not [one for one in engine.call("default_tree_features") if catalog[one]["protected"]]
