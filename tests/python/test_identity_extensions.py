"""Normal forms, and what an installing project adds to the rules of identity."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb
import pytest
from identity_project import IdentityProject, make_identity_project

# as written, calling code and trunk prefix of the country, in international digits
PHONES = [
    ("+49 (0)30 23125-111", "49", "0", "493023125111"),
    ("0049 30 23125111", None, None, "493023125111"),
    ("030/23125 111", "49", "0", "493023125111"),
    ("30 23125111", "49", "0", "493023125111"),
    # an Italian number keeps its 0, an American one has none to lose
    ("011 0123456", "39", None, "390110123456"),
    ("(937) 555-0112", "1", "1", "19375550112"),
    ("1-937-555-0112", "1", "1", "19375550112"),
    ("06 1 234 5678", "36", "06", "3612345678"),
    # without a country the digits stand as they are
    ("030 23125111", None, None, "03023125111"),
    ("none", "49", "0", None),
    (None, "49", "0", None),
]
NAMES = [
    ("Müller, Dr. Anna", "anna mueller"),
    ("ANNA  MUELLER", "anna mueller"),
    ("Rhein-Pumpen GmbH & Co. KG", "pumpen rhein"),
    ("Seán O'Neill", "oneill sean"),
    ("Łukasz Żak", "lukasz zak"),
    ("Bakker B.V.", "bakker"),
    # letters of other scripts stay what they are
    ("Ольга Иванова", "иванова ольга"),
    ("GmbH", None),
    (" ", None),
    (None, None),
]
STREETS = [
    ("Hauptstraße 5", "5 hauptstr"),
    ("Hauptstr. 5", "5 hauptstr"),
    ("5, Hauptstrasse", "5 hauptstr"),
    ("12 High Street", "12 high st"),
]
MODELS = {
    "phones": "select number, written, {{ crm_segmentation.phone_key('written', 'code', 'trunk') }}"
    " as found from staged.phones",
    "names": "select number, written, {{ crm_segmentation.name_key('written') }} as found,"
    " {{ crm_segmentation.letters_key(crm_segmentation.name_key('written')) }} as letters"
    " from staged.names",
    "streets": "select number, written, {{ crm_segmentation.street_key('written') }} as found"
    " from staged.streets",
    # an installing project's own cross references
    "loyalty_cards": "select * from staged.loyalty_cards",
}


@pytest.fixture(scope="module")
def project(
    make_project: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> IdentityProject:
    made = make_identity_project(
        make_project, tmp_path_factory.mktemp("extensions") / "project", models=MODELS
    )
    company = {"account_type": "company", "created_at": "2023-01-01"}
    made.write_rows(
        {
            "stg_crm__accounts": [
                {**company, "crm_account_id": "A1", "name": "Harz Energie AG", "city": "Bad Harz"},
                {**company, "crm_account_id": "A2", "name": "Harz Energie", "city": "Harz, Bad"},
                {**company, "crm_account_id": "A3", "email": "a@x.example"},
                {**company, "crm_account_id": "A4", "email": "a@x.example"},
                {**company, "crm_account_id": "A5"},
            ],
            "stg_erp__customers": [{"erp_customer_id": "C5", "created_at": "2023-01-01"}],
        }
    )
    with duckdb.connect(str(made.project.database)) as connection:
        connection.execute("create table staged.phones (number int, written text, code text,"
                           " trunk text)")  # fmt: skip
        for number, row in enumerate(PHONES):
            connection.execute("insert into staged.phones values (?, ?, ?, ?)", [number, *row[:3]])
        for table, rows in {"names": NAMES, "streets": STREETS}.items():
            connection.execute(f"create table staged.{table} (number int, written text)")
            for number, row in enumerate(rows):
                connection.execute(f"insert into staged.{table} values (?, ?)", [number, row[0]])
        connection.execute(
            "create table staged.loyalty_cards as select 'A5' as account, 'C5' as customer,"
            " timestamp '2024-01-01' as issued_at, timestamp '2024-01-02' as loaded_at"
        )
    made.build(
        extra_identity_forms={"town": "city_key"},
        extra_identity_rules=[
            {
                "name": "company_and_town",
                "strength": 4,
                "match": ["company_key", "town"],
                "max_parties": 2,
            },
            {"name": "email", "enabled": False},
        ],
        extra_identity_references=[
            {
                "name": "loyalty_card",
                "model": "loyalty_cards",
                "seen_at": "issued_at",
                "from": ["crm", "account", "account"],
                "to": ["erp", "customer", "customer"],
                "max_parties": 1,
            }
        ],
    )
    return made


def test_phones(project: IdentityProject) -> None:
    found = project.query("select written, found from crm.phones order by number")
    assert found == [(written, key) for written, _, _, key in PHONES]


def test_names(project: IdentityProject) -> None:
    assert project.query("select written, found from crm.names order by number") == NAMES
    assert dict(project.query("select found, letters from crm.names"))["anna mueller"] == (
        "".join(sorted("annamueller"))
    )


def test_streets(project: IdentityProject) -> None:
    assert project.query("select written, found from crm.streets order by number") == STREETS


def test_a_rule_with_a_form_of_its_own(project: IdentityProject) -> None:
    accounts = project.accounts()
    assert accounts["crm account A1"] == accounts["crm account A2"]


def test_a_rule_of_ours_can_be_taken_away(project: IdentityProject) -> None:
    accounts = project.accounts()
    assert accounts["crm account A3"] != accounts["crm account A4"]


def test_a_cross_reference_of_its_own(project: IdentityProject) -> None:
    accounts = project.accounts()
    assert accounts["crm account A5"] == accounts["erp customer C5"]
    assert project.query("select rule_name from crm.int_identity_edges where left_key = 'A5'") == [
        ("loyalty_card",)
    ]


RULE = {"name": "mine", "strength": 3, "match": ["email_key"], "max_parties": 2}


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({**RULE, "matches": ["email_key"]}, "Unknown key in identity rule 'mine': got 'matches'"),
        ({**RULE, "match": ["mail"]}, "Unknown form in identity rule 'mine': got 'mail'"),
        ({**RULE, "strength": 1}, "Unknown strength in identity rule 'mine': got '1'"),
        ({**RULE, "match": []}, "Missing key in identity rule 'mine': got no 'match'"),
    ],
)
def test_a_wrong_rule_is_refused(
    project: IdentityProject, rule: dict[str, Any], message: str
) -> None:
    run = project.project.run(
        "run-operation", "identity_rules", vars={"extra_identity_rules": [rule]}, check=False
    )
    assert run.returncode
    assert message in " ".join(run.output.split())


def test_the_list_of_calling_codes_is_whole(project: IdentityProject) -> None:
    rows = project.query("select country_code, calling_code from crm.identity_calling_codes")
    assert len(rows) == len(dict(rows)) > 40
    assert all(len(code) == 2 and code.isupper() and calling.isdigit() for code, calling in rows)
