"""What must hold for every rule, whatever it says."""

from __future__ import annotations

from datetime import date
from random import Random
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from criteria.bench import Bench
from criteria.oracle import Tree, parse, shift
from criteria.rules import as_text
from criteria.strategies import rules, worlds
from criteria.worlds import DrawnWorld, make_world

WORLDS = 8
RULES_A_WORLD = 4


def over_worlds(check: Any) -> Any:
    """The same random worlds every time: what is drawn anew is in the test of random rules."""
    drawn = given(st.data())(check)
    return settings(
        max_examples=WORLDS,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )(drawn)


def draw_rules(data: st.DataObject, world: DrawnWorld) -> list[Tree]:
    return [data.draw(rules(world)) for _ in range(RULES_A_WORLD)]


def test_not_is_the_exact_complement(bench: Bench) -> None:
    @over_worlds
    def check(data: st.DataObject) -> None:
        world = data.draw(worlds())
        bench.load(world)
        trees = draw_rules(data, world)
        found = bench.by_sql([*trees, *({"not": tree} for tree in trees)])
        for members, others in zip(found[: len(trees)], found[len(trees) :], strict=True):
            assert members.isdisjoint(others)
            assert members | others == set(world.base)

    check()


def test_a_higher_threshold_never_adds_a_member(bench: Bench) -> None:
    @over_worlds
    def check(data: st.DataObject) -> None:
        world = data.draw(worlds())
        bench.load(world)
        low, high = sorted(data.draw(st.lists(st.integers(-3, 60), min_size=2, max_size=2)))
        near, far = sorted(
            data.draw(st.lists(st.sampled_from(world.durations), min_size=2, max_size=2)),
            key=lambda duration: shift(world.as_of, duration, -1),
            reverse=True,
        )
        smaller_and_larger = [
            ({"headcount": {"gte": high}}, {"headcount": {"gte": low}}),
            ({"headcount": {"gt": high}}, {"headcount": {"gt": low}}),
            ({"headcount": {"lt": low}}, {"headcount": {"lt": high}}),
            ({"headcount": {"lte": low}}, {"headcount": {"lt": high + 1}}),
            (event(count={"gte": high}), event(count={"gte": low})),
            (event(sum={"of": "amount", "gt": high}), event(sum={"of": "amount", "gt": low})),
            (event(avg={"of": "amount", "lt": low}), event(avg={"of": "amount", "lt": high})),
            (event(within=near), event(within=far)),
            ({"joined_on": {"within": near}}, {"joined_on": {"within": far}}),
            ({"joined_on": {"in_next": "1w"}}, {"joined_on": {"in_next": "30d"}}),
            ({"joined_on": {"older_than": far}}, {"joined_on": {"older_than": near}}),
            ({"joined_on": {"years": {"gte": 2}}}, {"joined_on": {"years": {"gte": 1}}}),
            (
                {"joined_on": {"anniversary_in_next": "7d"}},
                {"joined_on": {"anniversary_in_next": "30d"}},
            ),
            ({"turnover": {"top_percent": 20}}, {"turnover": {"top_percent": 60}}),
            ({"turnover": {"bottom": 2}}, {"turnover": {"bottom": 9}}),
            ({"site": {"within_km": circle(5)}}, {"site": {"within_km": circle(600)}}),
            (lasting(gap="1d"), lasting(gap="30d")),
            (lasting(gap="30d"), lasting()),
            (unfinished("30d"), unfinished("1d")),
            (usual(3), usual(1)),
            (bucket(10), bucket(12.5)),
            (scored(2), scored(1)),
        ]
        found = bench.by_sql([tree for pair in smaller_and_larger for tree in pair])
        for index, pair in enumerate(smaller_and_larger):
            assert found[2 * index] <= found[2 * index + 1], pair

    check()


def circle(km: int) -> Tree:
    return {"of": ["48.137154", "11.576124"], "km": km}


def lasting(**parts: str) -> Tree:
    return {"sequence": {"steps": ["purchase", "purchase"], **parts}}


def unfinished(length: str) -> Tree:
    return {"abandoned": {"name": "purchase", "without": "call", "for": length}}


def usual(least: int) -> Tree:
    spec = {"name": "purchase", "column": "channel", "in": ["web"], "min_count": least}
    return {"usual": spec}


def bucket(percent: float) -> Tree:
    return {"bucket": {"salt": "spring", "below_percent": percent}}


def scored(least: int) -> Tree:
    parts = [{"is_vip": True}, {"is_blocked": True}, {"headcount": {"gte": 10}}]
    return {"points": {"of": [{"if": part, "add": 1} for part in parts], "gte": least}}


def event(**parts: Any) -> Tree:
    return {"event": {"name": "purchase", **parts}}


def test_neighbouring_windows_tile(bench: Bench) -> None:
    @over_worlds
    def check(data: st.DataObject) -> None:
        world = data.draw(worlds())
        bench.load(world)
        near, far = sorted(
            data.draw(st.lists(st.sampled_from(world.durations), min_size=2, max_size=2)),
            key=lambda duration: shift(world.as_of, duration, -1),
            reverse=True,
        )
        for name in ("joined_on", "contract_ends_on", "last_login_at"):
            inner, outer, both, older, future, unknown, known = bench.by_sql(
                [
                    {name: {"within": near}},
                    {name: {"ago": [near, far]}},
                    {name: {"within": far}},
                    {name: {"older_than": far}},
                    {name: {"on_or_after": world.as_of}},
                    {name: {"is_null": True}},
                    {name: {"not_null": True}},
                ]
            )
            assert tiles([inner, outer], both)
            assert tiles([both, older, future], known)
            assert tiles([known, unknown], frozenset(world.base))
            last, this, following, days = bench.by_sql(
                [
                    *({name: {"in_period": f"{which} month"}} for which in PERIODS),
                    {name: {"between": three_months(world.as_of)}},
                ]
            )
            assert tiles([last, this, following], days)
        # of facts an account has some in each, and they add up
        inner, outer, both = (
            counts(bench, **window)
            for window in ({"within": near}, {"ago": [near, far]}, {"within": far})
        )
        for account_id in world.base:
            assert inner[account_id] + outer[account_id] == both[account_id]

    check()


def counts(bench: Bench, **window: Any) -> dict[str, int]:
    """How many events each account has in a window, by one rule for each number."""
    found = bench.by_sql([event(**window, count=number) for number in range(16)])
    return {account_id: number for number, members in enumerate(found) for account_id in members}


PERIODS = ("last", "this", "next")


def three_months(as_of: date) -> list[date]:
    first = as_of.replace(day=1)
    return [shift(first, "1m", -1), shift(shift(first, "2m", 1), "1d", -1)]


def tiles(parts: list[frozenset[str]], whole: frozenset[str]) -> bool:
    return sum(len(part) for part in parts) == len(whole) and frozenset().union(*parts) == whole


def turned(node: Any, random: Random) -> Any:
    """The same rule with its conditions and keys in another order."""
    if isinstance(node, dict):
        items = [(key, turned(value, random)) for key, value in node.items()]
        random.shuffle(items)
        turned_node = dict(items)
        for word in ("all", "any", "of", "in", "not_in", "has_any", "has_all", "has_only"):
            # but not latitude and longitude
            if isinstance(turned_node.get(word), list) and "km" not in turned_node:
                random.shuffle(turned_node[word])
        return turned_node
    if isinstance(node, list):
        return [turned(one, random) for one in node]
    return node


def test_order_does_not_matter(bench: Bench) -> None:
    @over_worlds
    def check(data: st.DataObject) -> None:
        world = data.draw(worlds())
        trees = draw_rules(data, world)
        bench.load(world)
        first = bench.by_sql(trees)
        seed = data.draw(st.integers(0, 1000))
        bench.load(world, shuffle=seed)
        assert bench.by_sql(trees) == first
        assert bench.by_sql([turned(tree, Random(seed)) for tree in trees]) == first

    check()


def test_building_twice_changes_nothing(bench: Bench) -> None:
    @over_worlds
    def check(data: st.DataObject) -> None:
        world = data.draw(worlds())
        bench.load(world)
        for tree in draw_rules(data, world):
            once = bench.engine.render(as_text(tree))
            assert bench.engine.render(as_text(tree)) == once
            # block and flow style, and the order of keys, are the same rule
            assert bench.engine.render(as_text(tree, flow=True)) == once
            first, second = bench.database.members([once, once])
            assert first == second

    check()


def test_halves_of_what_was_recorded_tile(bench: Bench) -> None:
    """A share and its rest, and the rows of a relation that do and do not."""

    @over_worlds
    def check(data: st.DataObject) -> None:
        world = data.draw(worlds())
        bench.load(world)
        buyers = {"role": ["red", "green"]}
        below, above, some, every, none, anyone = bench.by_sql(
            [
                bucket(50),
                {"not": bucket(50)},
                {"related": {"name": "people", "some": buyers}},
                {"related": {"name": "people", "every": {"not": buyers}}},
                {"related": {"name": "people", "none": buyers}},
                {"related": {"name": "people", "some": {"any": [buyers, {"not": buyers}]}}},
            ]
        )
        assert tiles([below, above], frozenset(world.base))
        assert tiles([some, none], frozenset(world.base))
        assert tiles([some, every], anyone)

    check()


BY_HAND = [
    (
        "all: [joined_on: {years: {gte: 1}}, headcount: {gt_attribute: stock}]",
        """where extras.joined_on <= date '2024-01-01' and attributes.headcount > extras.stock""",
    ),
    (
        "last_event: {name: purchase, has: {is_rush: true}}",
        """where exists (
            select 1 from activities as mine where mine.account_id = base.account_id
            and mine.event_name = 'purchase' and mine.occurred_at < '2024-12-31 23:00:00'
            and mine.is_rush and not exists (
                select 1 from activities as other where other.account_id = mine.account_id
                and other.event_name = 'purchase' and other.occurred_at < '2024-12-31 23:00:00'
                and (other.occurred_at, other.event_id) > (mine.occurred_at, mine.event_id)
            )
        )""",
    ),
    (
        "sequence: {steps: [purchase, {name: call, where: {is_resolved: true}}], gap: 30d, "
        "same: product}",
        """where exists (
            select 1 from activities as one inner join calls as two
            on one.account_id = two.account_id and one.product = two.product
            where one.account_id = base.account_id and one.event_name = 'purchase'
            and two.is_resolved and two.occurred_at < '2024-12-31 23:00:00'
            and two.occurred_at > one.occurred_at
            and two.occurred_at < one.occurred_at + interval '720 hours'
        )""",
    ),
    (
        "abandoned: {name: purchase, without: page_view, for: 7d}",
        """where exists (
            select 1 from activities as one where one.account_id = base.account_id
            and one.event_name = 'purchase'
            and one.occurred_at + interval '168 hours' <= '2024-12-31 23:00:00'
            and not exists (
                select 1 from activities as two where two.account_id = base.account_id
                and two.event_name = 'page_view' and two.occurred_at > one.occurred_at
                and two.occurred_at < one.occurred_at + interval '168 hours'
            )
        )""",
    ),
    (
        "turnover: {top_percent: 25, over: market}",
        """where attributes.turnover_amount is not null and 100 * (
            select count(*) from rule_base as peers inner join account_attributes as theirs
            on peers.account_id = theirs.account_id
            where theirs.market_code is not distinct from attributes.market_code
            and theirs.turnover_amount >= attributes.turnover_amount
        ) <= 25 * (
            select count(theirs.turnover_amount) from rule_base as peers
            inner join account_attributes as theirs on peers.account_id = theirs.account_id
            where theirs.market_code is not distinct from attributes.market_code
        )""",
    ),
    (
        "sector: {neq: Pumps}",
        "where attributes.sector is null or lower(attributes.sector) <> 'pumps'",
    ),
    (
        "any: [is_vip: false, headcount: {between: [10, 250]}]",
        """where attributes.is_vip is null or not attributes.is_vip
        or attributes.headcount >= 10 and attributes.headcount <= 250""",
    ),
    (
        "all: [turnover: {gte: 50, nulls: include}, not: {tags: [red, blue]}]",
        """where (attributes.turnover_amount >= 50 or attributes.turnover_amount is null)
        and base.account_id not in (
            select account_id from account_tags
            where attribute = 'tags' and lower(value) in ('red', 'blue')
        )""",
    ),
    (
        "event: {name: purchase, where: [amount: {gte: 0}, is_rush: false], within: 180d, "
        "count: {lt: 2}}",
        """where (
            select count(*) from activities
            where activities.account_id = base.account_id and event_name = 'purchase'
            and amount >= 0 and is_rush is not true
            and occurred_at >= '2024-07-04 22:00:00' and occurred_at < '2024-12-31 23:00:00'
        ) < 2""",
    ),
    (
        "event: {name: purchase, in_period: last quarter, sum: {of: quantity, gte: 2}}",
        """where (
            select coalesce(sum(quantity), 0) from activities
            where activities.account_id = base.account_id and event_name = 'purchase'
            and occurred_at >= '2024-09-30 22:00:00' and occurred_at < '2024-12-31 23:00:00'
        ) >= 2""",
    ),
    (
        "at_least: {count: 2, of: [member_of: [group_a, group_b], is_blocked: true, "
        "last_login_at: {within: 6m}]}",
        """where case when base.account_id in (
            select account_id from group_a union all select account_id from group_b
        ) then 1 else 0 end
        + case when extras.is_blocked then 1 else 0 end
        + case when attributes.last_login_at >= '2024-06-30 22:00:00'
            and attributes.last_login_at < '2024-12-31 23:00:00' then 1 else 0 end >= 2""",
    ),
]


SEED = 6  # a world that knows pumps


@pytest.mark.parametrize(("rule", "where"), BY_HAND, ids=[rule for rule, _ in BY_HAND])
@pytest.mark.parametrize("accounts", [0, 300])
def test_rules_agree_with_sql_written_by_hand(
    bench: Bench, rule: str, where: str, accounts: int
) -> None:
    world = make_world(
        SEED, accounts, 8 * accounts, "Europe/Berlin", date(2025, 1, 1), "monday", None
    )
    bench.load(world)
    database = bench.database.connection
    database.execute("use rule_consumer.rules")
    by_hand = database.execute(
        f"""select base.account_id from rule_base as base
        left join account_attributes as attributes on attributes.account_id = base.account_id
        left join account_extras as extras on extras.account_id = base.account_id
        {where}"""
    ).fetchall()
    (found,) = bench.by_sql([parse(rule)])
    assert found == {account_id for (account_id,) in by_hand}
    assert not accounts or 0.02 < len(found) / accounts < 0.98
