"""How often identity is right: on the demo company's truth and on public data."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from itertools import combinations
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from identity_project import ROOT, IdentityProject, make_identity_project

TRUTH = ROOT / "tests" / "python" / "data" / "demo_truth" / "keys.csv"
Key = tuple[str, str, str]


def pairs(party_of: dict[Key, str]) -> set[tuple[Key, Key]]:
    """All pairs of keys of one party."""
    members: dict[str, list[Key]] = defaultdict(list)
    for key, party in party_of.items():
        members[party].append(key)
    return {pair for keys in members.values() for pair in combinations(sorted(keys), 2)}


def precision_and_recall(
    found: set[tuple[Key, Key]], true: set[tuple[Key, Key]]
) -> tuple[float, float]:
    right = len(found & true)
    return (right / len(found) if found else 1.0, right / len(true) if true else 1.0)


def test_pairs_and_measures_by_hand() -> None:
    truth = pairs({("s", "t", "a"): "1", ("s", "t", "b"): "1", ("s", "t", "c"): "1"})
    assert len(truth) == 3
    found = pairs({("s", "t", "a"): "x", ("s", "t", "b"): "x", ("s", "t", "d"): "x"})
    assert precision_and_recall(found, truth) == (1 / 3, 1 / 3)


def test_demo_company(demo_build: Any, record_property: Callable[[str, object], None]) -> None:
    rows = pd.read_csv(TRUTH, dtype=str, keep_default_na=False).to_dict("records")
    truth = {(row["source"], row["record_type"], row["record_key"]): row for row in rows}
    found = {
        (source, record_type, key): account_id
        for source, record_type, key, account_id in demo_build.query(
            "select source, record_type, record_key, account_id"
            " from crm_intermediate.int_account_keys"
        )
    }
    # every true key has an account; beyond the truth we know web users by their e-mail
    assert truth.keys() <= found.keys()
    assert {key[1] for key in found.keys() - truth.keys()} <= {"user"}

    true_pairs = pairs({key: row["party_id"] for key, row in truth.items()})
    found_pairs = pairs({key: found[key] for key in truth})

    def of_difficulty(some: Iterable[tuple[Key, Key]], name: str) -> set[tuple[Key, Key]]:
        return {
            pair
            for pair in some
            if any(name in truth[key]["difficulties"].split(";") for key in pair)
        }

    names = sorted({name for row in rows for name in row["difficulties"].split(";")} - {""})
    report = {}
    for name in names:
        measured = precision_and_recall(
            of_difficulty(found_pairs, name), of_difficulty(true_pairs, name)
        )
        report[name] = measured
        record_property(name, measured)
        print(f"{name:20} precision {measured[0]:.4f} recall {measured[1]:.4f}")
    precision, recall = precision_and_recall(found_pairs, true_pairs)
    print(f"{'all':20} precision {precision:.4f} recall {recall:.4f} of {len(true_pairs)} pairs")
    assert precision >= 0.99
    assert recall >= 0.95
    # no difficulty may hide behind the others
    for name, (precision, recall) in report.items():
        assert precision >= 0.97, name
        # what nothing in the data tells is nothing that rules can find
        assert recall >= 0.9 or name == "unknowable", name


def test_decisions_of_the_demo_company_are_true() -> None:
    rows = pd.read_csv(TRUTH, dtype=str, keep_default_na=False).to_dict("records")
    party = {(row["source"], row["record_type"], row["record_key"]): row for row in rows}
    decisions = pd.read_csv(ROOT / "seeds" / "rules" / "identity_decisions.csv", dtype=str)
    assert set(decisions["decision"]) == {"same", "not same"}
    for row in decisions.to_dict("records"):
        left, right = (
            party[row[f"{end}source"], row[f"{end}record_type"], row[f"{end}record_key"]]
            for end in ("", "other_")
        )
        assert (left["party_id"] == right["party_id"]) == (row["decision"] == "same"), row


@pytest.fixture(scope="module")
def new_project(
    make_project: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], IdentityProject]:
    def new() -> IdentityProject:
        return make_identity_project(make_project, tmp_path_factory.mktemp("measured") / "project")

    return new


def test_febrl_4(new_project: Callable[[], IdentityProject], real_data: Path) -> None:
    """10,000 records of 5,000 people, misspelt, with fields lost and swapped."""
    folder = real_data / "entity_resolution"
    raw = pd.concat(
        [
            pd.read_csv(folder / f"febrl_dataset4{part}.csv", dtype=str, skipinitialspace=True)
            for part in "ab"
        ]
    )
    assert len(raw) == 10_000
    raw = raw.apply(lambda column: column.str.strip()).replace("", None)
    people = pd.DataFrame(
        {
            "crm_account_id": raw["rec_id"],
            "account_type": "person",
            "first_name": raw["given_name"],
            "last_name": raw["surname"],
            # a day that no calendar has is no day, as in staging
            "birth_date": pd.to_datetime(
                raw["date_of_birth"], format="%Y%m%d", errors="coerce"
            ).dt.strftime("%Y-%m-%d"),
            "street": (raw["street_number"].fillna("") + " " + raw["address_1"].fillna("")),
            "postal_code": raw["postcode"],
            "city": raw["suburb"],
            "country_code": "AU",
            "tax_id": raw["soc_sec_id"],
            "created_at": "2020-01-01",
        }
    )
    project = new_project()
    project.write_rows({"stg_crm__accounts": people})
    project.build()
    found = {
        ("crm", "account", record.split(" ")[2]): account_id
        for record, account_id in project.accounts().items()
    }
    truth = {key: key[2].split("-")[1] for key in found}
    assert len(pairs(truth)) == 5_000
    precision, recall = precision_and_recall(pairs(found), pairs(truth))
    print(f"FEBRL 4: precision {precision:.4f} recall {recall:.4f}")
    assert precision >= 0.99
    assert recall >= 0.96
    # no single rule carries it
    rules = Counter(dict(project.query(
        "select rule_name, count(*) from crm.int_identity_edges group by rule_name"
    )))  # fmt: skip
    assert len(rules) >= 5


def test_adventureworks_people_who_share_a_phone_stay_apart(
    new_project: Callable[[], IdentityProject], real_data: Path
) -> None:
    folder = real_data / "adventureworks"
    with duckdb.connect() as connection:
        people = connection.execute(
            f"""
            select
                'P' || p.BusinessEntityID as crm_account_id,
                'person' as account_type,
                p.FirstName as first_name,
                p.LastName as last_name,
                e.EmailAddress as email,
                t.PhoneNumber as phone,
                a.AddressLine1 as street,
                a.PostalCode as postal_code,
                a.City as city,
                'US' as country_code,
                '2014-01-01' as created_at
            from '{folder}/Person.Person.parquet' as p
            join '{folder}/Person.EmailAddress.parquet' as e using (BusinessEntityID)
            join '{folder}/Person.PersonPhone.parquet' as t using (BusinessEntityID)
            join (
                select BusinessEntityID, min(AddressID) as AddressID
                from '{folder}/Person.BusinessEntityAddress.parquet' group by all
            ) as b using (BusinessEntityID)
            join '{folder}/Person.Address.parquet' as a using (AddressID)
            where p.PersonType = 'IN'
            """
        ).df()
    assert len(people) == 18_484
    shared = people.groupby("phone")["crm_account_id"].transform("size") > 1
    assert shared.sum() == 10_309
    project = new_project()
    project.write_rows({"stg_crm__accounts": people})
    project.build()
    accounts = project.accounts()
    phone_of = dict(zip(people["crm_account_id"], people["phone"], strict=True))
    people_of = defaultdict(list)
    for record, account_id in accounts.items():
        people_of[account_id].append(phone_of[record.split(" ")[2]])
    merged = [phones for phones in people_of.values() if len(phones) > 1]
    print(f"AdventureWorks: {len(people_of)} accounts of {len(accounts)} people")
    assert not [phones for phones in merged if len(set(phones)) < len(phones)]
    assert project.query(
        "select count(*) from crm.int_identity_edges where rule_name like '%phone%'"
    ) == [(0,)]
