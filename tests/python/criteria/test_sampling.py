"""The modelling sample's macros on small relations: folding, strata, and who may be a feature."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import duckdb
import pytest

from criteria.engine import Engine

K = 10


@pytest.fixture
def settings(engine: Engine) -> Any:
    """Sets vars for one test."""
    yield engine.set_variables
    engine.set_variables({})


def folded(engine: Engine, sizes: dict[str, int]) -> dict[str, str | None]:
    """What each category becomes, given how many rows it has."""
    rows = ", ".join(f"('f', '{name}', {size})" for name, size in sizes.items())
    sql = engine.call("folded_categories", "given", "feature", K)
    found = duckdb.sql(
        f"with given as (select feature, category from (values {rows}) as v (feature, category, n),"
        f" range(n)) select category, folded_category from ({sql}) as folded"
    ).fetchall()
    return dict(found)


@pytest.mark.parametrize(
    ("sizes", "told"),
    [
        ({"a": 10, "b": 11}, {"a": "a", "b": "b"}),
        # two rare ones are enough together
        ({"a": 9, "b": 1, "c": 10}, {"a": "other", "b": "other", "c": "c"}),
        # one is not: the smallest that could be told joins it
        ({"a": 9, "b": 30, "c": 20}, {"a": "other", "b": "b", "c": "other"}),
        # ties by bytes
        ({"a": 9, "c": 20, "b": 20}, {"a": "other", "b": "other", "c": "c"}),
        ({"a": 4, "b": 5}, {"a": None, "b": None}),
        ({"a": 9, "b": 10}, {"a": "other", "b": "other"}),
        ({"a": 10}, {"a": "a"}),
    ],
)
def test_rare_categories_become_other(
    sizes: dict[str, int], told: dict[str, str | None], engine: Engine
) -> None:
    assert folded(engine, sizes) == told


def test_no_category_that_is_told_has_fewer_rows(engine: Engine) -> None:
    draw = random.Random(5)
    for _ in range(60):
        sizes = {f"c{i}": draw.choice([1, 2, 9, 10, 11, 40]) for i in range(draw.randint(1, 8))}
        after: Counter[str | None] = Counter()
        for name, category in folded(engine, sizes).items():
            after[category] += sizes[name]
        assert all(count >= K for name, count in after.items() if name is not None), sizes
        if sum(sizes.values()) >= K:
            assert None not in after, sizes
            rare = [size for size in sizes.values() if size < K]
            # nothing is folded that need not be
            kept = len(sizes) - len(rare) - (0 < sum(rare) < K)
            assert len(set(after) - {"other"}) == kept, sizes


# strata

STRATA = {
    "modelling_sample_base": "accounts",
    "modelling_sample_stratum": "kind",
    "modelling_sample_size": 100,
    "modelling_sample_least_stratum": 12,
}


def relations(sizes: dict[str, int]) -> str:
    """The CTEs that the draw reads; each account has an order but those of `lead`."""
    rows = ", ".join(f"('{kind}', {size})" for kind, size in sizes.items())
    return (
        "with accounts as (select kind || i as account_id, kind"
        f" from (values {rows}) as v (kind, n), range(n) as r (i)), kpis as ("
        "select account_id, case when kind = 'lead' then 0 else 1 end as order_count_all"
        " from accounts)"
    )


def quotas(engine: Engine, sizes: dict[str, int]) -> dict[str, tuple[int, float]]:
    found = duckdb.sql(
        f"{relations(sizes)} select stratum, population_count, sampled_count, sampling_weight"
        f" from ({engine.call('sample_quotas')}) as quotas"
    ).fetchall()
    assert {stratum: population for stratum, population, _, _ in found} == sizes
    return {stratum: (sampled, weight) for stratum, _, sampled, weight in found}


def drawn(engine: Engine, sizes: dict[str, int]) -> list[tuple[str, str, float]]:
    return duckdb.sql(
        f"{relations(sizes)} select account_id, sample_key, sampling_weight"
        f" from ({engine.call('drawn_accounts')}) as drawn order by 1"
    ).fetchall()


def test_proportional_strata_have_their_least_number(engine: Engine, settings: Any) -> None:
    settings(STRATA)
    # 12 each are reserved, the other 64 shared 988 : 88 : 8, rounded down
    found = quotas(engine, {"company": 1000, "person": 100, "guest": 20})
    assert {name: sampled for name, (sampled, _) in found.items()} == {
        "company": 12 + 58,
        "person": 12 + 5,
        "guest": 12,
    }
    assert found["guest"][1] == pytest.approx(20 / 12)


def test_equal_strata_share_what_small_ones_leave(engine: Engine, settings: Any) -> None:
    settings({**STRATA, "modelling_sample_allocation": "equal"})
    found = quotas(engine, {"company": 1000, "person": 100, "guest": 20})
    # 33 each, but there are 20 guests; the 14 left go to the others
    assert found["guest"] == (20, 1.0)
    assert (found["company"][0], found["person"][0]) == (33 + 13, 33 + 0)


def test_a_sample_is_never_larger_than_it_may_be(engine: Engine, settings: Any) -> None:
    draw = random.Random(3)
    for _ in range(30):
        size, least = draw.randint(1, 300), draw.choice([1, 5, 100])
        allocation = draw.choice(["proportional", "equal"])
        settings(
            {
                **STRATA,
                "modelling_sample_size": size,
                "modelling_sample_least_stratum": least,
                "modelling_sample_allocation": allocation,
            }
        )
        sizes = {f"k{i}": draw.choice([10, 11, 50, 400]) for i in range(draw.randint(1, 6))}
        found = quotas(engine, sizes)
        sampled = {name: count for name, (count, _) in found.items()}
        assert sum(sampled.values()) <= size
        assert all(count <= sizes[name] for name, count in sampled.items())
        if sum(sizes.values()) <= size:
            assert sampled == sizes
        else:
            # only what is lost in rounding is missing
            assert sum(sampled.values()) > size - len(sizes)
        each = size // len(sizes)
        due = each if allocation == "equal" else min(least, each)
        assert all(count >= min(sizes[name], due) for name, count in sampled.items())
        assert sum(1 for _ in drawn(engine, sizes)) == sum(sampled.values())


@pytest.mark.parametrize("stratum", [None, "kind"])
def test_the_draw_asks_for_the_hash_and_nothing_else(
    stratum: str | None, engine: Engine, settings: Any
) -> None:
    settings({**STRATA, "modelling_sample_stratum": stratum, "modelling_sample_size": 40})
    once = drawn(engine, {"company": 200, "person": 100})
    # as above, the accounts in another order
    assert drawn(engine, {"person": 100, "company": 200}) == once
    assert len(once) <= 40
    # a larger sample holds the smaller one
    settings({**STRATA, "modelling_sample_stratum": stratum, "modelling_sample_size": 80})
    more = drawn(engine, {"company": 200, "person": 100})
    assert {account for account, _, _ in once} < {account for account, _, _ in more}
    settings(
        {
            **STRATA,
            "modelling_sample_stratum": stratum,
            "modelling_sample_size": 40,
            "modelling_sample_salt": "another",
        }
    )
    other = drawn(engine, {"company": 200, "person": 100})
    assert {account for account, _, _ in once} != {account for account, _, _ in other}
    assert not {key for _, key, _ in once} & {key for _, key, _ in other}


@pytest.mark.parametrize(("base", "count"), [("customers", 30), ("accounts", 60)])
def test_customers_are_accounts_with_an_order(
    base: str, count: int, engine: Engine, settings: Any
) -> None:
    settings({"modelling_sample_base": base})
    assert len(drawn(engine, {"lead": 30, "person": 30})) == count


@pytest.mark.parametrize(
    ("sizes", "strata"),
    [
        ({"company": 50, "guest": 6, "visitor": 7}, [("company", 50), ("other", 13)]),
        ({"guest": 6}, [("other", 6)]),
    ],
)
def test_small_strata_are_one(
    sizes: dict[str, int], strata: list[tuple[str, int]], engine: Engine, settings: Any
) -> None:
    settings(STRATA)
    rows = duckdb.sql(
        f"{relations(sizes)} select stratum, count(*)"
        f" from ({engine.call('sample_population')}) as population group by all order by all"
    ).fetchall()
    assert rows == strata


@pytest.mark.parametrize("name", ["gender", "city", "employee_count", "nothing", "rfm_segment"])
def test_what_is_no_stratum_is_refused(name: str, engine: Engine, settings: Any) -> None:
    settings({"modelling_sample_stratum": name})
    with pytest.raises(Exception, match=f"'modelling_sample_stratum': got '{name}'; allowed: "):
        engine.call("sample_stratum")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("modelling_sample_size", 0),
        ("modelling_sample_size", 2.5),
        ("modelling_sample_base", "all"),
        ("modelling_sample_allocation", "fair"),
        ("modelling_sample_least_group", -1),
    ],
)
def test_a_wrong_setting_of_the_sample_is_refused(
    name: str, value: Any, engine: Engine, settings: Any
) -> None:
    settings({name: value})
    with pytest.raises(Exception, match=f"in var '{name}': got '{value}'; allowed: "):
        engine.call("sample_setting", name)


# who may be a feature


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ({"feature": "gender"}, "Protected attribute without a reason"),
        ({"feature": "birth_date", "reason": ""}, "Protected attribute without a reason"),
        ({"feature": "postal_code"}, "Identifying attribute as a feature"),
        ({"feature": "city", "reason": "near us"}, "Identifying attribute as a feature"),
        ({"feature": "owner_name"}, "Identifying attribute as a feature"),
        ({"feature": "rfm_segment"}, "Score as a feature"),
        ({"feature": "kpi_flags"}, "Feature of type values"),
        ({"feature": "revenue_365"}, "Did you mean 'revenue_365d'?"),
        ({"feature": "revenue_365d", "past_months": [24]}, "Bad number of months"),
        ({"feature": "revenue_365d", "past_months": [-1]}, "Bad number of months"),
        ({"feature": "industry", "past_months": [0, 6]}, "No past of a feature"),
    ],
)
def test_what_is_no_feature_is_refused(
    entry: dict[str, Any], complaint: str, engine: Engine
) -> None:
    problems = engine.call("feature_problems", entry, "var 'cluster_features'")
    assert len(problems) == 1
    assert complaint in problems[0]
    assert f" in var 'cluster_features': got '{entry['feature']}'" in problems[0]
    assert "; allowed: " in problems[0]


@pytest.mark.parametrize(
    "entry",
    [
        {"feature": "gender", "reason": "the law asks for equal offers, legal agreed"},
        {"feature": "industry"},
        {"feature": "revenue_365d", "past_months": [0, 6, 12, 23]},
        {"feature": "is_partner"},
    ],
)
def test_what_is_a_feature_is_taken(entry: dict[str, Any], engine: Engine) -> None:
    assert engine.call("feature_problems", entry, "here") == []


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ({"name": "t", "group": "vip", "flag": "vip"}, "got 'group, flag'; allowed: exactly one"),
        ({"name": "t"}, "got ''; allowed: exactly one of group, flag, attribute, campaign"),
        ({"name": "T", "group": "vip"}, "Bad name"),
        ({"name": "t", "group": "vip", "grop": 1}, "Unknown key"),
        ({"name": "t", "attribute": "gender"}, "Protected attribute without a reason"),
        ({"name": "t", "attribute": "city"}, "Attribute that is no target"),
        ({"name": "t", "attribute": ["tier"]}, "Attribute that is no target"),
        ({"name": "t", "campaign": "C1", "response": "smile"}, "Unknown response"),
    ],
)
def test_what_is_no_target_is_refused(
    entry: dict[str, Any], complaint: str, engine: Engine, settings: Any
) -> None:
    settings({"modelling_targets": [entry]})
    with pytest.raises(Exception, match="in var 'modelling_targets', entry 1") as raised:
        engine.call("modelling_target_declarations")
    assert complaint in str(raised.value)


def test_dates_are_bands_of_years(engine: Engine) -> None:
    sql = engine.call("sampled_value", "day", "date")
    found = duckdb.sql(
        f"select {sql} from (values (date '1989-12-31'), (date '1990-01-01'), (null)) as v (day)"
    ).fetchall()
    assert found == [("1980-1989",), ("1990-1999",), (None,)]


def test_pins_and_names_to_refit_are_checked(engine: Engine, settings: Any) -> None:
    for vars_, macro in (
        ({"model_version_pins": {"rfm": "1"}}, "model_version_pins"),
        ({"model_version_pins": {"rfn": 1}}, "model_version_pins"),
        ({"refit": ["rfn"]}, "refit_asked"),
        ({"refit": 3}, "refit_asked"),
    ):
        settings(vars_)
        with pytest.raises(Exception, match="allowed: "):
            engine.call(macro)
    settings({"refit": ["rfm"]})
    assert engine.call("refit_asked") == ["rfm"]
    settings({"model_version_pins": {"rfm": 1}})
    assert "and fit_version = 1" in engine.call("current_fit", "rfm", "parameters")
