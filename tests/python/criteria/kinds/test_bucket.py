"""Kind 32: a stable random share."""

from __future__ import annotations

import hashlib

import pytest

from criteria.kinds.conftest import Asker


def bucket(salt: str, account_id: str) -> int:
    digest = hashlib.md5(f"bucket:{salt}:{account_id}".encode()).hexdigest()
    return int(digest[:8], 16) % 10_000


def test_the_edge_of_one_account(asker: Asker) -> None:
    """The definition gives A1 the bucket 7627 for the salt spring."""
    asker.fill(["A1"])
    rule = "bucket: {salt: spring, below_percent: %s}"
    assert asker.ask(rule % "76.27") == set()
    assert asker.ask(rule % "76.28") == {"A1"}
    assert asker.ask(rule % "'76.280'") == {"A1"}
    assert asker.ask(rule % "77") == {"A1"}
    assert asker.ask(rule % "76.3") == {"A1"}
    assert asker.ask(rule % "0") == set()
    assert asker.ask(rule % "100") == {"A1"}


def test_shares(asker: Asker) -> None:
    accounts = [f"Ü-{n}" for n in range(500)]
    asker.fill(accounts)
    for salt, percent in [("spring", 12.5), ("Autumn_2-b", 50)]:
        found = asker.ask(f"bucket: {{salt: {salt}, below_percent: {percent}}}")
        assert found == {one for one in accounts if bucket(salt, one) < percent * 100}


@pytest.mark.parametrize(
    ("rule", "parts"),
    [
        ("bucket: {salt: spring}", ["bucket", "'below_percent' is missing"]),
        ("bucket: {below_percent: 5}", ["bucket", "'salt' is missing"]),
        ("bucket: {salt: 2024, below_percent: 5}", ["bucket.salt", "2024", "quotes"]),
        ("bucket: {salt: 'a b', below_percent: 5}", ["bucket.salt", "a b", "digits"]),
        ('bucket: {salt: "a\\n", below_percent: 5}', ["bucket.salt"]),
        (
            "bucket: {salt: ü, below_percent: 100.01}",
            ["bucket.salt", "bucket.below_percent", "0 to 100"],
        ),
        ("bucket: {salt: a, below_percent: 12.345}", ["12.345", "two decimals"]),
        ("bucket: {salt: a, below_percent: -1}", ["bucket.below_percent", "0 to 100"]),
        ("bucket: {salt: a, below_percent: x, of: 1}", ["plain digits", "unknown key", "of"]),
        ("bucket: spring", ["bucket", "{salt: .., below_percent: ..}"]),
    ],
)
def test_errors(rule: str, parts: list[str], reader: Asker) -> None:
    reader.refuses(rule, parts)
