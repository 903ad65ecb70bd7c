"""Kind 33: who may be contacted through a channel for a purpose."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest

from criteria.kinds.conftest import Asker
from criteria.kinds.small_tables import ENGINES, Asked

POINTS = {"account_id": "text", "channel": "text", "contact_point": "text"}
CONSENTS = {
    "channel": "text",
    "contact_point": "text",
    "purpose": "text",
    "status": "text",
    "occurred_at": "timestamp",
    "expires_at": "timestamp",
    "loaded_at": "timestamp",
}
BLOCKS = {
    "channel": "text",
    "contact_point": "text",
    "occurred_at": "timestamp",
    "loaded_at": "timestamp",
}
# 31 March 2025 begins in Berlin at 22:00 UTC of the day before
LAST, FIRST = "2025-03-30 21:59:59.999999", "2025-03-30 22:00:00"
EARLY = "2025-01-01 00:00:00"
MAIL = "contactable: {channel: email, purpose: newsletter}"
Row = Sequence[str | None]


@pytest.fixture(params=ENGINES)
def asked(request: pytest.FixtureRequest) -> Asked:
    return Asked(request, "abc", {"consent_purposes": ["newsletter", "offers"]})


def found(
    asked: Asked,
    consents: Sequence[Row],
    blocks: Sequence[Row] = (),
    rule: str = MAIL,
    points: Sequence[Row] = (("a", "email", "a@x"), ("b", "email", "b@x"), ("b", "email", "b2@x")),
    **settings: str,
) -> str:
    asked.fill("int_contact_points", POINTS, points)
    asked.fill("consents", CONSENTS, consents)
    asked.fill("contact_blocks", BLOCKS, blocks)
    asked.use(**settings)
    tables = [f"rules.{name}" for name in ("int_contact_points", "consents", "contact_blocks")]
    sql = asked.engine.call("contactability", *tables)
    asked.run("drop table if exists rules.account_contactability")
    asked.run(f"create table rules.account_contactability as\n{sql}")
    return asked.letters(rule, **settings)


def consent(
    point: str,
    status: str,
    at: str | None = EARLY,
    expires: str | None = None,
    purpose: str = "newsletter",
    loaded: str | None = EARLY,
    channel: str = "email",
) -> Row:
    return (channel, point, purpose, status, at, expires, loaded)


def block(point: str, at: str | None = EARLY, loaded: str | None = EARLY) -> Row:
    return ("email", point, at, loaded)


GRANTED = consent("a@x", "granted")


@pytest.mark.parametrize(
    ("consents", "expected"),
    [
        ([], ""),
        ([GRANTED], "a"),
        ([consent("a@x", "withdrawn")], ""),
        ([consent("a@x", "unheard of")], ""),
        # one contact point of the account is enough
        ([consent("b2@x", "granted"), consent("b@x", "withdrawn")], "b"),
        ([consent("nobody@x", "granted")], ""),
        # visible before the first instant of the day
        ([consent("a@x", "granted", LAST)], "a"),
        ([consent("a@x", "granted", FIRST)], ""),
        ([consent("a@x", "granted", None)], ""),
        ([GRANTED, consent("a@x", "withdrawn", LAST)], ""),
        ([GRANTED, consent("a@x", "withdrawn", FIRST)], "a"),
        # the latest counts, whatever came before
        ([consent("a@x", "withdrawn"), consent("a@x", "granted", "2025-01-01 00:00:01")], "a"),
        ([GRANTED, consent("a@x", "withdrawn", "2025-01-01 00:00:01")], ""),
        # of several at the latest time all must be granted, and in force
        ([GRANTED, GRANTED], "a"),
        ([GRANTED, consent("a@x", "withdrawn")], ""),
        ([GRANTED, consent("a@x", "granted", EARLY, FIRST)], ""),
        # another purpose or channel is another consent
        ([consent("a@x", "granted", purpose="offers")], ""),
        ([consent("a@x", "granted", channel="phone")], ""),
        ([GRANTED, consent("a@x", "withdrawn", LAST, purpose="offers")], "a"),
        # and its latest time is its own
        (
            [
                consent("a@x", "withdrawn"),
                consent("a@x", "granted", "2025-02-01"),
                consent("a@x", "granted", purpose="offers"),
            ],
            "a",
        ),
        (
            [
                consent("a@x", "withdrawn"),
                consent("a@x", "granted", "2025-02-01"),
                consent("a@x", "granted", channel="phone"),
            ],
            "a",
        ),
        ([GRANTED, consent("a@x", "withdrawn", LAST, channel="phone")], "a"),
        # in force after the first instant of the day
        ([consent("a@x", "granted", EARLY, FIRST)], ""),
        ([consent("a@x", "granted", EARLY, "2025-03-30 22:00:00.000001")], "a"),
        # an expired grant does not bring an older one back
        ([GRANTED, consent("a@x", "granted", "2025-02-01", "2025-03-01")], ""),
    ],
)
def test_the_latest_consent_decides(asked: Asked, consents: Sequence[Row], expected: str):
    assert found(asked, consents) == expected


@pytest.mark.parametrize(
    ("blocks", "expected"),
    [
        ([], "ab"),
        ([block("a@x")], "b"),
        ([block("a@x", LAST)], "b"),
        ([block("a@x", FIRST)], "ab"),
        ([block("a@x", None)], "ab"),
        # the other contact point of b is free
        ([block("b@x")], "ab"),
        ([block("b@x"), block("b2@x"), block("b@x")], "a"),
        ([("phone", "a@x", EARLY, EARLY)], "ab"),
    ],
)
def test_a_suppression_always_wins(asked: Asked, blocks: Sequence[Row], expected: str):
    consents = [GRANTED, consent("b@x", "granted"), consent("b2@x", "granted")]
    assert found(asked, consents, blocks) == expected


def test_what_is_known_as_of_a_day(asked: Asked):
    """Loaded before that day's first instant; without a time of loading: unknown."""
    late = consent("a@x", "withdrawn", "2025-02-01", loaded=FIRST)
    assert found(asked, [GRANTED, late]) == ""
    assert found(asked, [GRANTED, late], known_as_of="2025-03-31") == "a"
    assert found(asked, [GRANTED, late], known_as_of="2025-04-01") == ""
    assert found(asked, [consent("a@x", "granted", loaded=None)], known_as_of="2025-03-31") == ""
    assert found(asked, [GRANTED], [block("a@x", loaded=FIRST)], known_as_of="2025-03-31") == "a"
    assert found(asked, [GRANTED], [block("a@x", loaded=LAST)], known_as_of="2025-03-31") == ""


def test_a_shared_contact_point_speaks_for_both(asked: Asked):
    points = [("a", "email", "team@x"), ("c", "email", "team@x"), ("c", "phone", "1")]
    assert found(asked, [consent("team@x", "granted")], points=points) == "ac"
    assert found(asked, [consent("team@x", "granted")], [block("team@x")], points=points) == ""


def test_channel_and_purpose(asked: Asked):
    points = [("a", "email", "a@x"), ("c", "phone", "1")]
    consents = [GRANTED, consent("1", "granted", purpose="offers", channel="phone")]
    for rule, expected in (
        ("contactable: {channel: EMAIL, purpose: Newsletter}", "a"),
        ("contactable: {channel: email, purpose: offers}", ""),
        ("contactable: {channel: phone, purpose: offers}", "c"),
        (
            "any: [contactable: {channel: phone, purpose: offers},"
            " contactable: {channel: email, purpose: newsletter}]",
            "ac",
        ),
    ):
        assert found(asked, consents, rule=rule, points=points) == expected, rule


def test_how_many_contact_points(asked: Asked):
    found(asked, [GRANTED, consent("b@x", "granted"), consent("b2@x", "withdrawn")])
    rows = asked.run(
        "select account_id, channel, purpose, is_contactable, contact_point_count,"
        " contactable_point_count, cast(as_of_date as text)"
        " from rules.account_contactability order by account_id"
    )
    assert rows == [
        ("a", "email", "newsletter", True, 1, 1, "2025-03-31"),
        ("b", "email", "newsletter", True, 2, 1, "2025-03-31"),
    ]


@pytest.mark.parametrize(
    ("rule", "parts"),
    [
        ("contactable: email", ["contactable", "mapping", "channel"]),
        ("contactable: {channel: email}", ["contactable", "'purpose' is missing"]),
        ("contactable: {purpose: offers}", ["contactable", "'channel' is missing"]),
        (
            "contactable: {channel: fax, purpose: offers}",
            ["contactable.channel", "fax", "email, phone"],
        ),
        (
            "contactable: {channel: email, purpose: offer}",
            ["contactable.purpose", "newsletter, offers", "Did you mean 'offers'?"],
        ),
        ("contactable: {channel: email, purpose: null}", ["contactable.purpose", "no value"]),
        (
            "contactable: {channel: [email], purpose: offers}",
            ["contactable.channel", "a list of 1"],
        ),
        ("contactable: {channel: email, purpose: offers, at: 1}", ["unknown key", "at"]),
    ],
)
def test_errors(rule: str, parts: list[str], reader: Asker) -> None:
    reader.refuses(rule, parts)


def test_any_purpose_where_none_is_declared(reader: Asker) -> None:
    reader.fill(["a"])
    reader.set_day(date(2026, 1, 1), consent_purposes=[])
    assert "'spring fair'" in reader.engine.render(
        "contactable: {channel: email, purpose: Spring fair}"
    )
