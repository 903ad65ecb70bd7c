"""The demo company: the same to the byte, hard in the ways it promises, and never more than that.

Hard cases are counted in the raw files. The truth is asked only who is who.
"""

from __future__ import annotations

import csv
import hashlib
import math
import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path

import duckdb
import numpy as np
import pytest
import yaml
from conftest import ROOT
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import cross_val_predict

from crm_segmentation.demo import archetypes, scale
from crm_segmentation.demo.__main__ import main
from crm_segmentation.demo.clock import AS_OF, VISIBLE_BEFORE, history
from crm_segmentation.demo.schema import LOADED_AT, PRIMARY_KEYS, TABLES, seed_name

SEEDS = ROOT / "seeds" / "demo"
TRUTH = ROOT / "tests" / "python" / "data" / "demo_truth"
AT_LEAST = 20

Row = dict[str, str]
Key = tuple[str, str, str]

# The required time of every table that has one, by which lateness is judged.
TIMES = {
    "crm.accounts": "created_at",
    "crm.contacts": "created_at",
    "crm.leads": "created_at",
    "crm.marketing_attributes": "updated_at",
    "crm.consents": "occurred_at",
    "crm.suppressions": "occurred_at",
    "crm.campaign_contacts": "contacted_at",
    "crm.campaign_responses": "responded_at",
    "crm.service_interactions": "opened_at",
    "crm.survey_answers": "answered_at",
    "crm.feedback_scores": "given_at",
    "erp.customers": "created_at",
    "erp.orders": "ordered_at",
    "erp.returns": "returned_at",
    "web.events": "occurred_at",
}
# Required values that must parse, beside the times.
NUMBERS = {
    "crm.feedback_scores": ("score",),
    "erp.order_lines": ("quantity", "net_amount"),
    "erp.returns": ("quantity", "net_amount"),
    "erp.exchange_rates": ("rate",),
}


def read_rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def moment(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S")
    except ValueError:
        return None


def is_number(text: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?", text) is not None


def plain_name(text: str) -> str:
    """A name as a careful clerk compares it: no case, no signs, no order."""
    return " ".join(sorted(re.findall(r"\w+", text.lower())))


def plain_phone(text: str) -> str:
    return re.sub(r"\D", "", text.replace("(0)", "")).removeprefix("00")


@dataclass(frozen=True)
class World:
    """The raw files of a folder and the truth about them."""

    folder: Path
    truth_folder: Path

    @cached_property
    def delivered(self) -> dict[str, list[Row]]:
        """Every row, bad ones too."""
        return {table: read_rows(self.folder / f"{seed_name(table)}.csv") for table in TABLES}

    @cached_property
    def raw(self) -> dict[str, list[Row]]:
        """The rows that are no bad rows."""
        bad = {(row["raw_table"], int(row["row_number"])) for row in self.truth("bad_rows")}
        return {
            table: [row for number, row in enumerate(rows, 1) if (table, number) not in bad]
            for table, rows in self.delivered.items()
        }

    def truth(self, name: str) -> list[Row]:
        return read_rows(self.truth_folder / f"{name}.csv")

    @cached_property
    def party(self) -> dict[Key, str]:
        return {
            (row["source"], row["record_type"], row["record_key"]): row["party_id"]
            for row in self.truth("keys")
        }

    @cached_property
    def difficulties(self) -> dict[Key, set[str]]:
        return {
            (row["source"], row["record_type"], row["record_key"]): set(
                filter(None, row["difficulties"].split(";"))
            )
            for row in self.truth("keys")
        }

    def labelled(self, difficulty: str) -> set[str]:
        """The parties of whom some key bears the label."""
        return {
            self.party[key] for key, labels in self.difficulties.items() if difficulty in labels
        }

    def cases(self, name: str, table: str) -> set[str]:
        return {
            row["record_key"]
            for row in self.truth("cases")
            if (row["case"], row["raw_table"]) == (name, table)
        }

    def order_party(self, order: Row) -> str:
        if order["customer_no"]:
            return self.party["erp", "customer", order["customer_no"]]
        key = order["email"].strip().lower() or f"order:{order['order_no']}"
        return self.party["erp", "guest", key]

    @cached_property
    def registered(self) -> list[tuple[Key, Row]]:
        """CRM accounts and ERP customers, with a name of one column."""
        accounts = [
            (("crm", "account", row["account_no"]), row) for row in self.raw["crm.accounts"]
        ]
        customers = [
            (("erp", "customer", row["customer_no"]), row) for row in self.raw["erp.customers"]
        ]
        return [
            (key, {**row, "name": row["name"] or f"{row['first_name']} {row['last_name']}"})
            for key, row in accounts + [(key, {"first_name": "", **row}) for key, row in customers]
        ]

    def parties_by(self, value: Callable[[Row], str]) -> dict[str, set[str]]:
        """Who bears each value of the two registers."""
        found: dict[str, set[str]] = defaultdict(set)
        for key, row in self.registered:
            if value(row).strip():
                found[value(row)].add(self.party[key])
        return found


@pytest.fixture(scope="module")
def world() -> World:
    return World(SEEDS, TRUTH)


def several(values: dict[str, set[str]]) -> list[str]:
    return [value for value, parties in values.items() if len(parties) > 1]


# --- the same to the byte -----------------------------------------------------------------------


def digests(folder: Path, pattern: str) -> dict[str, str]:
    return {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.glob(pattern))
    }


def generate(folder: Path, *arguments: str, hash_seed: str = "0") -> Path:
    subprocess.run(
        [sys.executable, "-m", "crm_segmentation.demo", "--output", str(folder), *arguments],
        check=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
    )
    return folder


def test_a_fresh_company_is_the_committed_one_whatever_the_hash_seed(tmp_path: Path) -> None:
    for hash_seed in ("1", "2"):
        fresh = generate(tmp_path / hash_seed, hash_seed=hash_seed)
        assert digests(fresh, "*.*") == digests(SEEDS, "*.*")
        assert digests(fresh / "truth", "*.csv") == digests(TRUTH, "*.csv")


def test_another_seed_makes_another_company(tmp_path: Path) -> None:
    main(["--accounts", "200", "--output", str(tmp_path / "a"), "--seed", "1"])
    main(["--accounts", "200", "--output", str(tmp_path / "b"), "--seed", "2"])
    same = digests(tmp_path / "a", "*.csv").items() & digests(tmp_path / "b", "*.csv").items()
    assert {name for name, _ in same} == {"raw_crm__campaigns.csv", "raw_erp__products.csv"}


def test_the_seeds_stay_small() -> None:
    files = list(SEEDS.glob("*.csv"))
    rows = sum(len(read_rows(file)) for file in files)
    assert 10_000 < rows <= 25_000
    assert sum(file.stat().st_size for file in files) <= 1_500_000
    assert sum(file.stat().st_size for file in TRUTH.glob("*.csv")) <= 400_000


def test_about_two_thousand_customers(world: World) -> None:
    assert len(world.truth("parties")) == 2000
    assert set(world.party.values()) <= {row["party_id"] for row in world.truth("parties")}


# --- the shape ----------------------------------------------------------------------------------


def test_every_column_of_every_file_is_declared_as_text() -> None:
    declared = {
        seed["name"]: list(seed["config"]["column_types"].items())
        for seed in yaml.safe_load((SEEDS / "_seeds.yml").read_text(encoding="utf-8"))["seeds"]
    }
    for file in SEEDS.glob("*.csv"):
        with file.open(encoding="utf-8", newline="") as lines:
            header = next(csv.reader(lines))
        assert declared.pop(file.stem) == [(column, "text") for column in header]
        assert header[-1] == LOADED_AT
    assert not declared


def test_the_truth_lies_where_no_model_reads_it() -> None:
    assert {file.stem for file in SEEDS.glob("**/*.csv")} == {seed_name(table) for table in TABLES}
    models = [*(ROOT / "models").rglob("*.sql"), *(ROOT / "macros").rglob("*.sql")]
    assert not [file for file in models if "demo_truth" in file.read_text(encoding="utf-8")]


REFERENCES = [
    ("crm.contacts", "account_no", "crm.accounts"),
    ("crm.leads", "converted_account_no", "crm.accounts"),
    ("crm.accounts", "merged_into", "crm.accounts"),
    ("crm.accounts", "parent_account_no", "crm.accounts"),
    ("crm.accounts", "erp_customer_no", "erp.customers"),
    ("crm.marketing_attributes", "account_no", "crm.accounts"),
    ("crm.consents", "account_no", "crm.accounts"),
    ("crm.campaign_contacts", "account_no", "crm.accounts"),
    ("crm.campaign_contacts", "campaign_id", "crm.campaigns"),
    ("crm.campaign_responses", "account_no", "crm.accounts"),
    ("crm.campaign_responses", "campaign_id", "crm.campaigns"),
    ("crm.service_interactions", "account_no", "crm.accounts"),
    ("crm.survey_answers", "account_no", "crm.accounts"),
    ("crm.feedback_scores", "account_no", "crm.accounts"),
    ("crm.contracts", "account_no", "crm.accounts"),
    ("erp.customers", "crm_account_no", "crm.accounts"),
    ("erp.order_lines", "order_no", "erp.orders"),
    ("erp.order_lines", "product_no", "erp.products"),
    ("erp.returns", "line_id", "erp.order_lines"),
    ("erp.returns", "order_no", "erp.orders"),
    ("web.events", "product_no", "erp.products"),
]


@pytest.mark.parametrize(("table", "column", "target"), REFERENCES)
def test_references_lead_somewhere(world: World, table: str, column: str, target: str) -> None:
    known = {row[PRIMARY_KEYS[target][0]] for row in world.raw[target]}
    used = {row[column] for row in world.raw[table]} - {""}
    assert used
    assert used <= known


def test_every_order_has_lines_and_customers_exist_but_for_the_unknown(world: World) -> None:
    ordered = {row["order_no"] for row in world.raw["erp.order_lines"]}
    assert {row["order_no"] for row in world.raw["erp.orders"]} == ordered
    known = {row["customer_no"] for row in world.raw["erp.customers"]}
    unknown = {row["customer_no"] for row in world.raw["erp.orders"]} - known - {""}
    assert len(unknown) >= AT_LEAST
    for key in unknown:
        assert world.difficulties["erp", "customer", key] == {"unknown_customer"}


def test_nobody_can_be_reached_under_these_addresses(world: World) -> None:
    emails = {
        row[column].strip().lower()
        for rows in world.delivered.values()
        for row in rows
        for column in ("email", "user_email", "contact_point")
        if "@" in row.get(column, "")
    }
    assert len(emails) > 1000
    assert all(re.fullmatch(r"[a-z0-9.]+@[a-z0-9-]+\.example", email) for email in emails)
    phones = {plain_phone(row["phone"]) for _, row in world.registered if row["phone"].strip()}
    fictional = re.compile(
        r"49(3023125|4066969|6990009|8999998|2214710)\d{3}|43(1|316|732)0\d+|41(44|61|22)0\d{6}"
        r"|33(19900|63998)\d{4}|390110\d{6}|31[34]00\d{6}|441134960\d{3}"
        r"|46(4062804\d\d|701740\d{3})|1(937|614)55501\d\d"
    )
    assert [phone for phone in phones if not fictional.fullmatch(phone)] == []


# --- the hard cases, counted in the raw files ---------------------------------------------------


def test_one_customer_has_keys_in_all_three_sources(world: World) -> None:
    sources: dict[str, set[str]] = defaultdict(set)
    for (source, _, _), party in world.party.items():
        sources[party].add(source)
    assert sum(found == {"crm", "erp", "web"} for found in sources.values()) >= AT_LEAST


@pytest.mark.parametrize(
    ("label", "register"), [("erp_duplicate", "erp"), ("crm_duplicate", "crm")]
)
def test_one_source_holds_a_customer_twice(world: World, label: str, register: str) -> None:
    merged = {row["account_no"] for row in world.raw["crm.accounts"] if row["merged_into"]}
    times = Counter(
        world.party[key]
        for key, _ in world.registered
        if key[0] == register and key[2] not in merged
    )
    twice = {party for party, count in times.items() if count > 1} - world.labelled("merged")
    assert len(twice) >= AT_LEAST
    assert twice == world.labelled(label)


def test_customers_share_telephones(world: World) -> None:
    phones = world.parties_by(lambda row: plain_phone(row["phone"]))
    shared = several(phones)
    assert len(shared) >= AT_LEAST
    sharers = {party for phone in shared for party in phones[phone]}
    assert sharers <= world.labelled("shared_phone") | world.labelled("shared_mailbox")


def test_customers_share_mailboxes(world: World) -> None:
    mailboxes = world.parties_by(lambda row: row["email"])
    shared = several(mailboxes)
    assert len(shared) >= AT_LEAST
    assert sum(mailbox.startswith("info@") for mailbox in shared) >= AT_LEAST
    assert {party for mailbox in shared for party in mailboxes[mailbox]} == world.labelled(
        "shared_mailbox"
    )


def test_different_customers_have_one_name(world: World) -> None:
    names = world.parties_by(lambda row: plain_name(row["name"]))
    labelled = world.labelled("same_name")
    assert len(labelled) >= 2 * AT_LEAST
    named = {party for name in several(names) for party in names[name]}
    assert labelled <= named


def test_some_changed_their_address(world: World) -> None:
    emails: dict[str, dict[str, str]] = defaultdict(dict)
    for key, row in world.registered:
        if row["email"].strip():
            emails[world.party[key]][key[0]] = row["email"]
    changed = {party for party, found in emails.items() if len(set(found.values())) > 1}
    changed -= world.labelled("merged")
    assert len(changed) >= AT_LEAST
    assert changed == world.labelled("changed_email")


def test_guests_become_customers(world: World) -> None:
    first_order: dict[str, str] = {}
    for order in world.raw["erp.orders"]:
        if not order["customer_no"] and order["email"]:
            email = order["email"].lower()
            first_order[email] = min(order["ordered_at"], first_order.get(email, "9"))
    later = {
        world.party["erp", "customer", row["customer_no"]]
        for row in world.raw["erp.customers"]
        if first_order.get(row["email"], "9") < row["created_at"]
    }
    assert len(later) >= AT_LEAST
    assert later == world.labelled("guest_buys_later")


def test_companies_were_merged(world: World) -> None:
    accounts = {row["account_no"]: row for row in world.raw["crm.accounts"]}
    pairs = [(row, accounts[row["merged_into"]]) for row in accounts.values() if row["merged_into"]]
    assert len(pairs) >= AT_LEAST
    for merged, survivor in pairs:
        assert merged["tax_id"] != survivor["tax_id"]
        assert not survivor["merged_into"]
        parties = {world.party["crm", "account", row["account_no"]] for row in (merged, survivor)}
        assert len(parties) == 1
        assert parties <= world.labelled("merged")


def test_what_nobody_can_know_is_rare_and_labelled(world: World) -> None:
    unknowable = [key for key, labels in world.difficulties.items() if "unknowable" in labels]
    assert 5 <= len(unknowable) <= 0.005 * len(world.party)
    assert {record_type for _, record_type, _ in unknowable} == {"guest"}


def test_goods_come_back_and_orders_are_cancelled(world: World) -> None:
    assert len(world.raw["erp.returns"]) >= AT_LEAST
    negative = {
        row["order_no"] for row in world.raw["erp.order_lines"] if row["quantity"].startswith("-")
    }
    assert len(negative) >= AT_LEAST
    assert negative == world.cases("negative_line", "erp.orders")
    cancelled = {row["order_no"] for row in world.raw["erp.orders"] if row["cancelled_at"]}
    assert len(cancelled) >= AT_LEAST
    assert cancelled == world.cases("cancelled", "erp.orders")
    quantity = {row["line_id"]: row["quantity"] for row in world.raw["erp.order_lines"]}
    for row in world.raw["erp.returns"]:
        assert 0 < int(row["quantity"]) <= int(quantity[row["line_id"]])


def test_fields_are_empty_or_hold_nothing_but_spaces(world: World) -> None:
    cells = [value for row in world.raw["crm.accounts"] for value in row.values()]
    assert sum(value == "" for value in cells) >= AT_LEAST
    assert sum(value != "" and not value.strip() for value in cells) >= AT_LEAST


def visible(text: str) -> bool:
    found = moment(text)
    assert found is not None
    return found < VISIBLE_BEFORE


def test_rows_come_late_and_some_only_after_the_clock(world: World) -> None:
    late = held_up = 0
    for table in ("erp.orders", "web.events"):
        for row in world.raw[table]:
            happened, loaded = moment(row[TIMES[table]]), moment(row[LOADED_AT])
            assert happened is not None
            assert loaded is not None
            late += loaded - happened > timedelta(days=7)
            held_up += happened < VISIBLE_BEFORE and loaded.date() > AS_OF
    assert late >= AT_LEAST
    assert held_up >= AT_LEAST
    assert len(world.cases("late", "erp.orders")) >= AT_LEAST


def test_rows_after_the_clock_wait(world: World) -> None:
    for table in ("erp.orders", "web.events", "crm.campaign_contacts"):
        waiting = [row[TIMES[table]] for row in world.raw[table] if not visible(row[TIMES[table]])]
        assert len(waiting) >= AT_LEAST
        assert max(waiting) < "2026-01-12"
    assert min(row["ordered_at"] for row in world.raw["erp.orders"]) >= "2024-01-01"


def test_money_comes_in_two_currencies_and_one_that_has_no_rate(world: World) -> None:
    currencies = Counter(row["currency"] for row in world.raw["erp.orders"])
    assert currencies["EUR"] >= AT_LEAST
    assert currencies["CHF"] >= AT_LEAST
    months = defaultdict(set)
    for row in world.raw["erp.exchange_rates"]:
        assert row["to_currency"] == "EUR"
        assert 0.8 < float(row["rate"]) < 1.2
        months[row["from_currency"]].add(row["rate_date"][:7])
    wanted = {f"{year}-{month:02d}" for year in (2024, 2025) for month in range(1, 13)}
    assert all(found >= wanted | {"2026-01"} for found in months.values())
    without = {
        row["order_no"]
        for row in world.raw["erp.orders"]
        if row["currency"] not in {"EUR", *months}
    }
    lines = {row["line_id"] for row in world.raw["erp.order_lines"] if row["order_no"] in without}
    assert AT_LEAST <= len(lines) <= 100
    assert lines == world.cases("missing_rate", "erp.order_lines")


def test_consents_are_given_and_withdrawn_and_addresses_suppressed(world: World) -> None:
    history_of: dict[tuple[str, str, str], list[tuple[str, str]]] = defaultdict(list)
    for row in world.raw["crm.consents"]:
        point = (row["channel"], row["contact_point"], row["purpose"])
        history_of[point].append((row["occurred_at"], row["status"]))
    last = Counter(max(found)[1] for found in history_of.values())
    assert last["granted"] >= AT_LEAST
    assert last["withdrawn"] >= AT_LEAST
    returned = [
        found
        for found in history_of.values()
        if [status for _, status in sorted(found)][-3:] == ["granted", "withdrawn", "granted"]
    ]
    assert returned
    assert len(world.raw["crm.suppressions"]) >= AT_LEAST


def test_contracts_fall_due_within_sixty_days(world: World) -> None:
    end = (AS_OF + timedelta(days=60)).isoformat()
    due = [row for row in world.raw["crm.contracts"] if AS_OF.isoformat() <= row["renews_on"] < end]
    assert AT_LEAST <= len(due) < len(world.raw["crm.contracts"])


def test_trade_has_seasons(world: World) -> None:
    for year in ("2024", "2025"):
        orders = Counter(
            row["ordered_at"][5:7]
            for row in world.raw["erp.orders"]
            if row["ordered_at"].startswith(year)
        )
        high = sum(orders[month] for month in ("03", "04", "05", "09", "10", "11"))
        assert high > 1.5 * (sum(orders.values()) - high)


def test_many_buy_equally_often(world: World) -> None:
    orders = Counter(world.order_party(row) for row in world.raw["erp.orders"])
    ties = Counter(orders.values())
    assert sum(count >= AT_LEAST for count in ties.values()) >= 4
    assert max(orders.values()) >= 12


def yearly_revenue(world: World) -> dict[str, dict[str, float]]:
    """Revenue in EUR (roughly: at one rate) per party and year."""
    rates = {"EUR": 1.0, "CHF": 1.03, "USD": 0.93}
    orders = {row["order_no"]: row for row in world.raw["erp.orders"]}
    revenue: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for line in world.raw["erp.order_lines"]:
        order = orders[line["order_no"]]
        if order["cancelled_at"] or order["currency"] not in rates:
            continue
        amount = float(line["net_amount"]) * rates[order["currency"]]
        revenue[world.order_party(order)][order["ordered_at"][:4]] += amount
    return revenue


def test_customers_drift_between_segments(world: World) -> None:
    revenue = yearly_revenue(world)
    thirds: dict[str, dict[str, int]] = {}
    for year in ("2024", "2025"):
        spent = {party: years[year] for party, years in revenue.items() if years[year] > 0}
        cuts = np.quantile(list(spent.values()), [1 / 3, 2 / 3])
        thirds[year] = {party: int(np.searchsorted(cuts, value)) for party, value in spent.items()}
    both = thirds["2024"].keys() & thirds["2025"].keys()
    moved = [party for party in both if thirds["2024"][party] != thirds["2025"][party]]
    assert len(moved) >= AT_LEAST
    left = thirds["2024"].keys() - thirds["2025"].keys()
    came = thirds["2025"].keys() - thirds["2024"].keys()
    assert min(len(left), len(came)) >= AT_LEAST
    switched = {row["party_id"] for row in world.truth("parties") if row["archetype_before"]}
    assert len(switched) >= AT_LEAST


def test_a_marketer_finds_enough_customers(world: World) -> None:
    dach = {
        world.party[key] for key, row in world.registered if row["country"] in ("DE", "AT", "CH")
    }
    revenue = yearly_revenue(world)
    vips = {party for party, years in revenue.items() if max(years["2024"], years["2025"]) > 10_000}
    fallen = {party for party in vips if revenue[party]["2025"] < 0.7 * revenue[party]["2024"]}
    assert len(vips) >= 60
    assert len(fallen & dach) >= AT_LEAST
    category = {row["product_no"]: row["category"] for row in world.raw["erp.products"]}
    orders = {row["order_no"]: row for row in world.raw["erp.orders"]}
    buyers: dict[str, set[str]] = defaultdict(set)
    for line in world.raw["erp.order_lines"]:
        buyers[category[line["product_no"]]].add(world.order_party(orders[line["order_no"]]))
    assert {"Pumps", "Valves", "Filters", "Sensors", "Spare parts"} == set(buyers)
    assert all(100 <= len(found) <= 1000 for found in buyers.values())
    events = Counter(row["event_name"] for row in world.raw["web.events"])
    wanted = ("visit", "portal_login", "product_view", "checkout", "newsletter_signup", "quote")
    assert min(events[name] for name in wanted) >= AT_LEAST
    values = Counter(
        (row["attribute"], row["value"]) for row in world.raw["crm.marketing_attributes"]
    )
    assert values["newsletter_frequency", "weekly"] >= AT_LEAST
    assert values["interests", "pumps"] >= AT_LEAST
    answers = Counter((row["question"], row["answer"]) for row in world.raw["crm.survey_answers"])
    for question in ("values_innovation", "price_sensitivity"):
        assert all(answers[question, level] >= AT_LEAST for level in ("high", "medium", "low"))
    assert Counter(row["kind"] for row in world.raw["crm.feedback_scores"])["nps"] >= AT_LEAST


# --- bad rows -----------------------------------------------------------------------------------


def faults(table: str, rows: list[Row]) -> Iterator[tuple[int, str]]:
    """Number and fault of every row that breaks the input contract, found without the truth."""
    newest: dict[tuple[str, ...], str] = {}
    for row in rows:
        key = tuple(row[column] for column in PRIMARY_KEYS[table])
        newest[key] = max(newest.get(key, ""), row[LOADED_AT])
    for number, row in enumerate(rows, 1):
        key = tuple(row[column] for column in PRIMARY_KEYS[table])
        loaded = moment(row[LOADED_AT])
        assert loaded is not None
        happened = moment(row[TIMES[table]]) if table in TIMES else datetime.min
        if not all(part.strip() for part in key):
            yield number, "missing_key"
        elif happened is None or not all(is_number(row[name]) for name in NUMBERS.get(table, ())):
            yield number, "unparseable_value"
        elif happened > loaded:
            yield number, "time_after_load"
        elif row[LOADED_AT] < newest[key]:
            yield number, "superseded"


@pytest.mark.parametrize("table", TABLES)
def test_the_bad_rows_are_exactly_those_labelled(world: World, table: str) -> None:
    labelled = {
        (int(row["row_number"]), row["reason"])
        for row in world.truth("bad_rows")
        if row["raw_table"] == table
    }
    assert set(faults(table, world.delivered[table])) == labelled


def test_there_is_a_handful_of_each_kind_of_bad_row(world: World) -> None:
    kinds = Counter(row["reason"] for row in world.truth("bad_rows"))
    assert set(kinds) == {"missing_key", "unparseable_value", "time_after_load", "superseded"}
    assert min(kinds.values()) >= AT_LEAST
    for row in world.truth("bad_rows"):
        delivered = world.delivered[row["raw_table"]][int(row["row_number"]) - 1]
        assert delivered[PRIMARY_KEYS[row["raw_table"]][0]] == row["record_key"]
        assert delivered[LOADED_AT] == row["loaded_at"]


def test_an_old_version_stands_now_before_now_after_the_new_one(world: World) -> None:
    sides = set()
    for bad in world.truth("bad_rows"):
        if bad["reason"] == "superseded":
            rows = world.delivered[bad["raw_table"]]
            column = PRIMARY_KEYS[bad["raw_table"]][0]
            both = [n for n, row in enumerate(rows, 1) if row[column] == bad["record_key"]]
            assert len(both) == 2
            old, new = (rows[number - 1] for number in both)
            assert {k: v for k, v in old.items() if k != LOADED_AT} != {
                k: v for k, v in new.items() if k != LOADED_AT
            }
            sides.add(both.index(int(bad["row_number"])))
    assert sides == {0, 1}


# --- identity can be known ----------------------------------------------------------------------


class Forest:
    """Sets of keys that grow together."""

    def __init__(self, keys: Iterable[Key]) -> None:
        self._above = {key: key for key in keys}

    def root(self, key: Key) -> Key:
        while self._above[key] != key:
            self._above[key] = self._above[self._above[key]]
            key = self._above[key]
        return key

    def join(self, one: Key, other: Key) -> None:
        self._above[self.root(one)] = self.root(other)


def pairs(sizes: Iterable[int]) -> int:
    return sum(math.comb(size, 2) for size in sizes)


def evidence(world: World) -> Iterator[tuple[tuple[str, ...], Key, str]]:
    """Identifier, key and name: what plain rules would link by."""
    for key, row in world.registered:
        name = plain_name(row["name"])
        if row["email"].strip():
            yield ("email", row["email"]), key, name
        if row["tax_id"].strip():
            yield ("tax", row["tax_id"]), key, name
        if row["phone"].strip():
            yield ("phone", plain_phone(row["phone"]), name), key, name
        if row["street"].strip():
            yield ("address", row["street"], row["postal_code"], name), key, name
        reference = row.get("erp_customer_no") or row.get("crm_account_no") or ""
        if reference:
            yield ("reference", *sorted((key[2], reference))), key, name
            other = ("erp", "customer") if key[0] == "crm" else ("crm", "account")
            yield ("reference", *sorted((key[2], reference))), (*other, reference), name
        if row.get("merged_into"):
            yield ("merged", row["merged_into"], key[2]), key, ""
            yield ("merged", row["merged_into"], key[2]), ("crm", "account", row["merged_into"]), ""
    for row in world.raw["crm.contacts"]:
        key = ("crm", "contact", row["contact_no"])
        if row["account_no"]:
            yield ("contact", row["contact_no"]), key, ""
            yield ("contact", row["contact_no"]), ("crm", "account", row["account_no"]), ""
        else:
            yield ("email", row["email"]), key, ""
    for row in world.raw["crm.leads"]:
        name = plain_name(row["company"] or f"{row['first_name']} {row['last_name']}")
        yield ("email", row["email"]), ("crm", "lead", row["lead_no"]), name
    for row in world.raw["erp.orders"]:
        if not row["customer_no"] and row["email"]:
            email = row["email"].lower()
            yield ("email", email), ("erp", "guest", email), ""
    for row in world.raw["web.events"]:
        key = ("web", "visitor", row["visitor_id"])
        if row["user_email"]:
            yield ("email", row["user_email"]), key, ""
        if row["customer_no"]:
            yield ("visitor", row["customer_no"]), key, ""
            yield ("visitor", row["customer_no"]), ("erp", "customer", row["customer_no"]), ""


def test_plain_rules_reach_the_precision_and_recall_that_are_asked_for(world: World) -> None:
    found: dict[tuple[str, ...], list[tuple[Key, str]]] = defaultdict(list)
    for identifier, key, name in evidence(world):
        found[identifier].append((key, name))
    forest = Forest(world.party)
    for identifier, bearers in found.items():
        names = {name for _, name in bearers if name}
        if identifier[0] == "email" and len(names) > 2:
            continue
        for key, _ in bearers[1:]:
            forest.join(bearers[0][0], key)
    components: dict[Key, list[Key]] = defaultdict(list)
    for key in world.party:
        components[forest.root(key)].append(key)
    joined = pairs(len(keys) for keys in components.values())
    true = pairs(Counter(world.party.values()).values())
    right = pairs(
        count
        for keys in components.values()
        for count in Counter(world.party[key] for key in keys).values()
    )
    assert true > 2000
    assert right / joined >= 0.99
    assert 0.95 <= right / true < 1


# --- archetypes ---------------------------------------------------------------------------------


def judged_buyers(world: World) -> list[Row]:
    """Buyers drawn from the densities alone: no guests, none who switched."""
    return [
        row
        for row in world.truth("parties")
        if row["archetype"] != archetypes.PROSPECT
        and not row["archetype_before"]
        and row["presence"] not in ("guest_only", "nameless_guest")
    ]


def test_one_who_knows_the_generator_is_right_nine_times_in_ten(world: World) -> None:
    buyers = judged_buyers(world)
    named = [
        archetypes.most_likely(
            archetypes.Traits(*(float(row[name]) for name in archetypes.TRAIT_NAMES)), row["kind"]
        )
        for row in buyers
    ]
    right = [name == row["archetype"] for name, row in zip(named, buyers, strict=True)]
    assert len(right) > 800
    assert 0.90 <= np.mean(right) <= 0.95


def test_one_who_learns_from_the_traits_does_no_better(world: World) -> None:
    buyers = judged_buyers(world)
    features = [
        [*(float(row[name]) for name in archetypes.TRAIT_NAMES), row["kind"] == "company"]
        for row in buyers
    ]
    forest = RandomForestClassifier(n_estimators=100, min_samples_leaf=3, random_state=0)
    answers = [row["archetype"] for row in buyers]
    learned = cross_val_predict(forest, features, answers, cv=5)
    assert 0.86 <= np.mean(learned == np.array(answers)) <= 0.95


# --- the experiment -----------------------------------------------------------------------------


def test_the_measured_uplift_is_the_known_one(world: World) -> None:
    contacts = {
        row["account_no"]: row
        for row in world.raw["crm.campaign_contacts"]
        if row["campaign_id"] == "CA04"
    }
    people = world.truth("experiment")
    assert {row["account_no"]: row["arm"] for row in people} == {
        account_no: row["arm"] for account_no, row in contacts.items()
    }
    ordered = {
        world.order_party(row)
        for row in world.raw["erp.orders"]
        if "2025-09-16" <= row["ordered_at"] < "2025-10-15"
    }
    share, size = {}, {}
    for arm in ("treatment", "control"):
        members = [row for row in people if row["arm"] == arm]
        size[arm] = len(members)
        share[arm] = float(np.mean([row["party_id"] in ordered for row in members]))
    treated = [row for row in people if row["arm"] == "treatment"]
    known = np.mean(
        [row["is_caused"] == "true" and row["orders_anyway"] == "false" for row in treated]
    )
    error = math.sqrt(sum(share[arm] * (1 - share[arm]) / size[arm] for arm in share))
    assert min(size.values()) >= 250
    assert 0.08 <= known <= 0.2
    assert abs(share["treatment"] - share["control"] - known) < 1.96 * error
    assert share["treatment"] - share["control"] > 1.96 * error
    assert not any(row["is_caused"] == "true" for row in people if row["arm"] == "control")


def test_only_who_was_written_to_answers(world: World) -> None:
    treated = {
        (row["campaign_id"], row["account_no"]): row["contacted_at"]
        for row in world.raw["crm.campaign_contacts"]
        if row["arm"] == "treatment"
    }
    answers = world.raw["crm.campaign_responses"]
    assert len(answers) > 100
    for row in answers:
        assert treated[row["campaign_id"], row["account_no"]] < row["responded_at"]
    assert len(world.raw["crm.campaigns"]) >= 4


# --- Parquet and scale --------------------------------------------------------------------------


def test_parquet_holds_what_the_csv_holds(tmp_path: Path) -> None:
    for file_format in ("csv", "parquet"):
        main(
            ["--accounts", "300", "--format", file_format, "--output", str(tmp_path / file_format)]
        )
    for table, columns in TABLES.items():
        name = seed_name(table)
        stored = duckdb.sql(f"select * from '{tmp_path / 'parquet' / name}.parquet'")
        assert stored.columns == list(columns)
        assert {str(kind) for kind in stored.types} == {"VARCHAR"}
        rows = read_rows(tmp_path / "csv" / f"{name}.csv")
        assert stored.fetchall() == [
            tuple(row[column] or None for column in columns) for row in rows
        ]


def scale_of(lines: int) -> scale.Scale:
    return scale.Scale(seed=5, order_lines=lines, customers=900, span=history(2))


def test_pieces_of_any_size_hold_the_same_rows(tmp_path: Path) -> None:
    for pieces in (7, 10_000):
        scale.write_scale(tmp_path / str(pieces), scale_of(12_347), blocks_a_piece=pieces)
    for name in ("raw_erp__orders", "raw_erp__order_lines"):
        few, many = (
            duckdb.sql(f"select * from '{tmp_path / str(pieces) / name}.parquet'").fetchall()
            for pieces in (10_000, 7)
        )
        assert few == many


@pytest.mark.parametrize("lines", [1, 19, 20, 21, 12_347])
def test_large_tables_fit_together(tmp_path: Path, lines: int) -> None:
    scale.write_scale(tmp_path, scale_of(lines), blocks_a_piece=50)
    orders = f"'{tmp_path}/raw_erp__orders.parquet'"
    order_lines = f"'{tmp_path}/raw_erp__order_lines.parquet'"
    (found,) = duckdb.sql(
        f"""
        select
            count(*), count(distinct line_id), count(*) filter (where orders.order_no is null)
        from {order_lines} as order_lines
        left join {orders} as orders on order_lines.order_no = orders.order_no
        """
    ).fetchall()
    assert found == (lines, lines, 0)
    (found,) = duckdb.sql(
        f"""
        select count(*) - count(distinct order_no), min(customer_no) >= 1, max(customer_no) <= 900
        from {orders} where order_no in (select order_no from {order_lines})
        """
    ).fetchall()
    assert found == (0, True, True)
    assert duckdb.sql(
        f"""
        select count(*) from {orders}
        where order_no not in (select order_no from {order_lines})
            or ordered_at >= _loaded_at or ordered_at >= timestamp '2026-01-01'
            or ordered_at < timestamp '2024-01-01'
        """
    ).fetchall() == [(0,)]
    assert duckdb.sql(
        f"""
        select count(*)
        from {order_lines} as former
        inner join {order_lines} as latter on former.line_id + 1 = latter.line_id
        where former.order_no > latter.order_no
        """
    ).fetchall() == [(0,)]
    for table, path in (("erp.orders", orders), ("erp.order_lines", order_lines)):
        assert duckdb.sql(f"select * from {path}").columns == list(TABLES[table])


def test_money_of_large_tables_is_exact() -> None:
    cents = np.array([0, 1, -1, 12_345, -987_654_321_012], dtype=np.int64)
    assert [str(value) for value in scale.as_money(cents).to_pylist()] == [
        "0.00",
        "0.01",
        "-0.01",
        "123.45",
        "-9876543210.12",
    ]


PEAK = """
import resource, sys
from pathlib import Path
from crm_segmentation.demo.clock import history
from crm_segmentation.demo.scale import Scale, write_scale
what = Scale(seed=1, order_lines=int(sys.argv[2]), customers=9000, span=history(2))
write_scale(Path(sys.argv[1]), what, blocks_a_piece=5_000)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    peak = {}
    for lines in (200_000, 3_000_000):
        done = subprocess.run(
            [sys.executable, "-c", PEAK, str(tmp_path / str(lines)), str(lines)],
            check=True,
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
        peak[lines] = int(done.stdout)
    assert peak[3_000_000] < 1.2 * peak[200_000]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--accounts", "5"], "got 5; allowed: from 100"),
        (["--years", "0"], "got 0; allowed: 1 to 20"),
        (["--order-lines", "10"], "add --format parquet"),
        (["--order-lines", "0", "--format", "parquet"], "got 0; allowed: from 1"),
    ],
)
def test_wrong_options_are_refused(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([*arguments, "--output", str(tmp_path / "none")])
    assert message in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(("accounts", "years"), [(100, 1), (2500, 3)])
def test_other_sizes_work(tmp_path: Path, accounts: int, years: int) -> None:
    main(["--accounts", str(accounts), "--years", str(years), "--output", str(tmp_path)])
    other = World(tmp_path, tmp_path / "truth")
    assert len(other.truth("parties")) == accounts
    for table in TABLES:
        labelled = {
            int(row["row_number"]) for row in other.truth("bad_rows") if row["raw_table"] == table
        }
        assert {number for number, _ in faults(table, other.delivered[table])} == labelled
    first = date(AS_OF.year - years, 1, 1).isoformat()
    assert min(row["ordered_at"] for row in other.raw["erp.orders"]) >= first
