"""Random worlds: accounts, attributes, events and groups, hostile on purpose.

A world is drawn from a seed, row by row, so that it is small to describe; what
is drawn sits on the edges that rules are known to miss: NULLs, ties, duplicate
values, instants on the first instant of a day and one microsecond before it, 29
February, the turn of the year, days of 23 and 25 hours, text that is syntax
somewhere, accounts without attributes and attributes without accounts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from criteria import records
from criteria.catalogues import ATTRIBUTES, EVENTS, EXPRESSIONS, GROUPS, RELATIONS
from criteria.oracle import World, first_instant, period, shift

LINE_BREAKS = ["line one\nline two", "line one line two", "line one\rline two"]

# Texts that are taken for each other where folding, wildcards or escapes go wrong.
FAMILIES = [
    ["Pumps", "pumps", "PUMPS & Valves", "Valves"],
    ["O'Brien's", "O''Brien''s", "'); drop table rule_base; --"],
    ["50% off", "50 off", "50x off"],
    ["a_b", "axb", "a%b", "A_B"],
    ["back\\slash", "back\\\\slash", "trailing\\", "trailing"],
    ['say "hi"', "say hi", "SAY HI"],
    ["İstanbul", "istanbul", "Istanbul"],
    ["ΣΊΣΥΦΟΣ", "σίσυφος", "σίσυφοσ"],
    ["Straße", "STRASSE", "strasse"],
    ["ÄRZTE", "ärzte", "Arzte"],
    ["café", "CAFÉ", "cafe"],
    ["😀 shop", "👩‍🔧 shop", "? shop"],
    ["tab\there", "tab here"],
    ["NO", "no", "null", "true", "False"],
    ["01067", "1067", "1e3", "12:30", "2024-01-31"],
    ["{{ 1 + 1 }}", "2", "{% raw %}", "{# none #}"],
    ["-- comment", "/* comment */", "comment"],
    ["Nr #1", "Nr", "key: value"],
    ["[a-z]+(x|y)?", "az", "$1.00"],
    ["a", "A", "e", " padded "],
    ["x" * 300, "x" * 299],
]
TEXTS = [text for family in [LINE_BREAKS, *FAMILIES] for text in family]

MARKETS = ["DE", "AT", "CH", "NO"]
SMALL_WORDS = ["red", "Red", "green", "O'Neil", "50%", "sale_1", "salé", "sale"]

PAIRS = [
    ("turnover", "credit"),
    ("stock", "headcount"),
    ("sector", "nickname"),
    ("contract_ends_on", "joined_on"),
    ("last_login_at", "first_seen_at"),
]

# Days that are hard somewhere, with zones in which they are.
DAYS = [
    ("Europe/Berlin", date(2025, 3, 30)),  # a day of 23 hours
    ("Europe/Berlin", date(2025, 3, 31)),
    ("Europe/Berlin", date(2025, 10, 26)),  # a day of 25 hours
    ("Europe/Berlin", date(2025, 10, 27)),
    ("Europe/Berlin", date(2024, 2, 29)),
    ("Europe/Berlin", date(2025, 2, 28)),
    ("Europe/Berlin", date(2025, 3, 1)),
    ("Europe/Berlin", date(2024, 12, 31)),
    ("Europe/Berlin", date(2025, 1, 1)),
    ("Europe/Berlin", date(2024, 3, 31)),
    ("Europe/Berlin", date(2025, 5, 31)),
    ("Europe/Berlin", date(2025, 7, 1)),
    ("UTC", date(2025, 1, 1)),
    ("UTC", date(2024, 2, 29)),
    ("America/New_York", date(2025, 11, 2)),
    ("America/Sao_Paulo", date(2018, 11, 4)),  # midnight is left out
    ("America/Havana", date(2025, 11, 2)),  # midnight comes twice
    ("Asia/Kathmandu", date(2025, 4, 14)),
    ("Pacific/Apia", date(2011, 12, 31)),  # the day before it never was
    ("Pacific/Kiritimati", date(2025, 1, 1)),
]

DURATIONS = ["1d", "7d", "30d", "31d", "90d", "180d", "365d", "1w", "4w", "12w"]
DURATIONS += ["1m", "2m", "3m", "6m", "12m", "1y", "2y"]

# A town, places a few streets and a few hundred kilometres away, the other side of
# the date line, and a pole.
PLACES = [
    ("48.137154", "11.576124"),
    ("48.137154", "11.576125"),
    ("48.150000", "11.600000"),
    ("52.520008", "13.404954"),
    ("-33.868820", "151.209290"),
    ("0.000000", "179.999999"),
    ("0.000000", "-180.000000"),
    ("90.000000", "0.000000"),
]


def edge_days(as_of: date, durations: Iterable[str], week_start: str) -> list[date]:
    """Days on which windows of the day begin or end."""
    days = {as_of, shift(as_of, "1d", 1)}
    days |= {shift(as_of, duration, sign) for duration in durations for sign in (-1, 1)}
    for unit in ("week", "month", "quarter", "year"):
        for which in ("last", "this", "next"):
            days |= set(period(f"{which} {unit}", as_of, week_start))
    return sorted(days)


@dataclass(frozen=True, repr=False)
class DrawnWorld(World):
    """A world that knows on which durations its days lie."""

    durations: tuple[str, ...] = ()
    known: dict[str, Any] = field(default_factory=dict)
    """What was found out about this world while rules were drawn."""


class Maker:
    """Draws the values of one world."""

    def __init__(self, random: Random, as_of: date, zone: str, week_start: str) -> None:
        self.random = random
        self.as_of = as_of
        self.zone = zone
        # few different values a world, so that there are ties, values meet the edges of
        # windows, and no rule selects next to nobody
        self.durations = tuple(random.sample(DURATIONS, 4))
        self.edges = edge_days(as_of, self.durations, week_start)
        families = random.sample(FAMILIES, 3)
        if random.random() < 0.6:
            families.append(LINE_BREAKS)
        self.texts = [text for family in families for text in family]
        self.words = random.sample(SMALL_WORDS, 5)
        self.unknown = random.choice([0.0, 0.1, 0.3])
        self.places = [tuple(Decimal(part) for part in place) for place in random.sample(PLACES, 4)]
        self.instants: dict[str, list[datetime]] = {}

    def maybe(self, value: Any, unknown: float | None = None) -> Any:
        chance = self.unknown if unknown is None else unknown
        return None if self.random.random() < chance else value

    def day(self) -> date:
        if self.random.random() < 0.6:
            return self.random.choice(self.edges) + timedelta(days=self.random.choice([-1, 0, 0]))
        return self.as_of + timedelta(days=round(self.random.gauss(-60, 150)))

    def birthday(self) -> date:
        """A day, often of another year: completed years begin on its anniversaries."""
        day = self.day()
        if self.random.random() < 0.1:
            day = date(self.random.choice([1988, 2000, 2020]), 2, 29)
        years = self.random.choice([0, 0, 0, 1, 2, 5, 40])
        return shift(day, f"{years}y", -1) if years else day

    def instant(self) -> datetime:
        start = first_instant(self.day(), self.zone)
        return start + self.random.choice(
            [
                timedelta(0),
                timedelta(0),
                timedelta(microseconds=-1),
                timedelta(seconds=-1),
                timedelta(seconds=1),
                timedelta(hours=self.random.randrange(26), minutes=self.random.randrange(60)),
            ]
        )

    def money(self) -> Decimal:
        return Decimal(self.random.choice([0, 1, 4999, 5000, 5001, -250, 999999])) / 100 + Decimal(
            self.random.choice([0, 0, 0, self.random.randrange(10000)])
        )

    def attributes(self) -> dict[str, Any]:
        pick = self.random.choice
        row = {
            "sector": pick(self.texts),
            "market": pick(MARKETS),
            "headcount": pick([0, 1, 9, 10, 11, 249, 250, 251, self.random.randrange(1000)]),
            "turnover": self.money(),
            "credit": self.money(),
            "is_vip": pick([True, False]),
            "contract_ends_on": self.day(),
            "last_login_at": self.instant(),
            "nickname": pick([*self.texts, pick(TEXTS)]),
            "quality_score": Decimal(pick([0, 1, 499999, 500000, 500001, 1000000])) / 1000000,
            "stock": pick([0, 5, 2**53, 2**53 + 1, -(2**53) - 1, self.random.randrange(100)]),
            "is_blocked": pick([True, False]),
            "joined_on": self.birthday(),
            "site": pick(self.places),
            "first_seen_at": self.instant(),
        }
        # pairs that are equal, which chance alone seldom makes
        for one, other in PAIRS:
            if self.random.random() < 0.2:
                row[one] = row[other]
        row = {name: self.maybe(value) for name, value in row.items()}
        # half a point is none
        row["half_site"] = self.maybe(pick(self.places)[0]) if row["site"] is None else None
        if self.random.random() < 0.1:  # no row in the second model
            row |= {
                name: None
                for name, declared in ATTRIBUTES.items()
                if declared["model"] == "account_extras"
            }
        for name in ("tags", "hobbies"):
            row[name] = [self.maybe(pick(self.words), 0.2) for _ in range(pick([0, 0, 1, 1, 2, 3]))]
        return row

    def instant_beside(self, account_id: str) -> datetime:
        """An instant, often one that lies an exact duration from another of the account."""
        known = self.instants.setdefault(account_id, [])
        found = self.instant()
        if known and self.random.random() < 0.5:
            step = self.random.choice([0, 1, 24, 24, 48, 7 * 24, 30 * 24])
            found = self.random.choice(known) + timedelta(
                hours=step * self.random.choice([-1, 1]),
                microseconds=self.random.choice([0, 0, 0, -1, 1]),
            )
        known.append(found)
        return found

    def event(self, number: int, account_ids: list[str]) -> dict[str, Any]:
        pick = self.random.choice
        account_id = pick(account_ids)
        happened = self.instant_beside(account_id)
        name = pick(["purchase", "purchase", "purchase", "page_view", "call"])
        row: dict[str, Any] = {
            # by bytes e10 comes before e2, and Z before both
            "event_id": f"{pick('eeZ')}{number}",
            "account_id": account_id,
            "event_name": name,
            "occurred_at": self.maybe(happened, 0.03),
            "loaded_at": self.maybe(
                pick([happened, self.instant(), first_instant(self.as_of, self.zone)]), 0.05
            ),
        }
        values = {
            "amount": lambda: self.money() / pick([1, 1, -1]),
            "quantity": lambda: pick([-1, 0, 1, 1, 2, 3, 10]),
            "category": lambda: pick(self.texts[:4]),
            "product": lambda: pick(["P1", "p1", "P2", "Ä3", "P 4"]),
            "channel": lambda: pick(["web", "Web", "phone"]),
            "is_rush": lambda: pick([True, False]),
            "due_on": self.day,
            "shipped_at": self.instant,
            "topic": lambda: pick(self.texts[:3]),
            "score": lambda: Decimal(pick([0, 50, 700, 999, 1000])) / 100,
            "is_resolved": lambda: pick([True, False]),
        }
        row |= {column: self.maybe(values[column]()) for column in EVENTS[name]["columns"]}
        return row

    def related(self, name: str, account_id: str) -> dict[str, Any]:
        pick = self.random.choice
        values = {
            "role": lambda: pick(self.words),
            "nick": lambda: pick([*self.words, pick(self.texts)]),
            "level": lambda: pick([1, 2, 2, 3]),
            "score": lambda: Decimal(pick([100, 200, 250])) / 100,
            "is_main": lambda: pick([True, False]),
            "born_on": self.day,
            "seen_at": self.instant,
            "town": lambda: pick(self.texts),
            "size": lambda: pick([0, 10, 10, 50]),
        }
        columns = RELATIONS[name]["columns"]
        return {"account_id": account_id} | {
            column: self.maybe(values[column]()) for column in columns
        }


def make_world(
    seed: int,
    accounts: int,
    events: int,
    zone: str,
    as_of: date,
    week_start: str,
    known_as_of: date | None,
) -> DrawnWorld:
    random = Random(seed)
    maker = Maker(random, as_of, zone, week_start)
    # by bytes B comes before a, and by the rules of a language after it
    beginnings = ["A", "A", "b", "Z", "Ü-", "o'"]
    account_ids = [f"{random.choice(beginnings)}{number}" for number in range(accounts)]
    strangers = ["x'1", "X2"]
    attributes = {
        account_id: maker.attributes()
        for account_id in [*account_ids, *strangers]
        if random.random() < 0.95
    }
    owners = [*account_ids, *account_ids, *strangers]
    groups = {
        group: frozenset(
            account_id for account_id in [*account_ids, *strangers] if random.random() < share
        )
        for group, share in zip(GROUPS, (0.5, random.choice([0.1, 0.9]), 0.0), strict=True)
    }
    everyone = [*account_ids, *strangers]
    since = records.recorded_since(maker)
    points = records.contact_points(maker, everyone)
    return DrawnWorld(
        as_of=as_of,
        base=tuple(account_ids),
        attribute_types={name: declared["type"] for name, declared in ATTRIBUTES.items()},
        attributes=attributes,
        event_types={name: declared["columns"] for name, declared in EVENTS.items()},
        events=[maker.event(number, owners) for number in range(events)],
        groups=groups,
        relation_types={name: declared["columns"] for name, declared in RELATIONS.items()},
        relations={
            "people": [
                maker.related("people", account_id)
                for account_id in everyone
                for _ in range(random.choice([0, 1, 1, 2, 3]))
            ],
            "depots": [
                maker.related("depots", account_id)
                for account_id in everyone
                if events and random.random() < 0.4
            ],
        },
        recorded_members=records.recorded_members(maker, everyone, since),
        recorded_since=since,
        recorded_values=records.recorded_values(maker, everyone),
        contact_points=points,
        consents=records.consents(maker, points),
        suppressions=records.suppressions(maker, points),
        lists=records.lists(maker, everyone),
        expressions=EXPRESSIONS,
        zone=zone,
        week_start=week_start,
        known_as_of=known_as_of,
        durations=maker.durations,
    )
