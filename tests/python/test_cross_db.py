# ruff: noqa: RUF001 -- letters that look alike are the point here
"""What differs between engines has one meaning: each macro of macros/cross_db, on both of them.

PostgreSQL answers in a database whose text order is a language's. What is expected is worked out
in Python, never by one of the engines.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
import unicodedata
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg2
import pytest
from criteria.engine import Engine
from dialects import Dialect, on_duckdb, on_postgres
from postgres_databases import Database

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def dialect(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Dialect]:
    engine = Engine(tmp_path_factory.mktemp("macros") / "project", target=request.param)
    if request.param == "duckdb":
        made = on_duckdb(engine)
    else:
        database: Database = request.getfixturevalue("collated_database")
        made = on_postgres(engine, database)
    yield made
    made.connection.close()


def mutated(seeds: list[str], alphabet: str, count: int) -> list[str]:
    """Texts near the given ones: letters put in, taken out and changed."""
    chance = random.Random(7)
    made = []
    for _ in range(count):
        text = list(chance.choice(seeds))
        for _ in range(chance.choice([0, 1, 1, 2, 3])):
            place = chance.randint(0, len(text))
            text[place : place + chance.randint(0, 1)] = chance.choice(["", *alphabet])
        made.append("".join(text))
    return seeds + made


# -- text as values ----------------------------------------------------------------------------

# what is cut around a text
BLANK = " \t\n\r\u00a0"

DAY = r"(\d{4})-(\d{2})-(\d{2})"
TIME = r"[ T]([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.(\d+))?)?(?:Z|\+00(?::?00)?)?"


def read_timestamp(text: str) -> datetime | None:
    found = re.fullmatch(f"{DAY}(?:{TIME})?", text.strip(BLANK), re.ASCII)
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction = found.groups()
    try:
        return datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0),
            int((fraction or "")[:6].ljust(6, "0")),
        )  # fmt: skip
    except ValueError:
        return None


def read_date(text: str) -> date | None:
    read = read_timestamp(text)
    return read and read.date()


def read_whole(text: str, bits: int) -> int | None:
    found = re.fullmatch(r"([+-]?[0-9]+)(?:\.0*)?", text.strip(BLANK))
    number = int(found[1]) if found else None
    return number if number is not None and -(2 ** (bits - 1)) <= number < 2 ** (bits - 1) else None


def read_decimal(text: str, precision: int, scale: int) -> Decimal | None:
    found = re.fullmatch(r"([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))", text.strip(BLANK))
    if found is None:
        return None
    number = rounded(Decimal(found[1]), scale)
    return number if abs(number) < Decimal(10) ** (precision - scale) else None


def read_boolean(text: str) -> bool | None:
    words = {"true": True, "t": True, "yes": True, "y": True, "1": True}
    words |= {"false": False, "f": False, "no": False, "n": False, "0": False}
    return words.get(text.strip(BLANK).lower())


def rounded(number: Decimal, scale: int) -> Decimal:
    with localcontext(prec=100):
        return number.quantize(Decimal(1).scaleb(-scale), rounding=ROUND_HALF_UP)


TIMES = [
    "now", "today", "tomorrow", "epoch", "infinity", "-infinity", "allballs", "NaN", "",
    "2024-02-29", "2024-02-30", "2023-02-29", "2024-13-01", "2024-00-10", "2024-04-31",
    "2024-1-2", "20240102", "2024/01/02", "01.02.2024", "01/02/2024", "Jan 2 2024", "2024-001",
    "2024-01-02 BC", "2024-01-02 (BC)", "0044-03-15 BC", "0044-03-15 00:00:00 BC",
    "0000-01-01", "0001-01-01",
    "9999-12-31", "10000-01-01", "99999-01-01", "-0001-01-01", "J2451187", "２０２４-01-02",
    " 2024-01-02 ", "\t2024-01-02", "2024-01-02\n", "2024-01-02x", " 024-01-02", "2024-01-1Z",
    "2024-01-1+", "2024-01-0Z", "2024-01-02 10:00", "2024-01-02 10:00:00",
    "2024-01-02T10:00:00", "2024-01-02t10:00:00", "2024-01-02  10:00:00", "2024-01-02 10",
    "2024-01-02 1:02:03", "2024-01-02 24:00:00", "2024-01-02 24:00", "2024-01-02 23:59:60",
    "2024-01-02 23:60:00", "2024-01-02 25:00:00", "2024-01-02 10:00:00Z", "2024-01-02Z",
    "2024-01-02T10:00:00.5Z", "2024-01-02 10:00:00+00", "2024-01-02 10:00:00+00:00",
    "2024-01-02 10:00:00+0000", "2024-01-02 10:00:00+02", "2024-01-02 10:00:00-05:00",
    "2024-01-02 10:00:00 UTC", "2024-01-02 10:00:00 PM", "2024-01-02 10:00:00.1234567",
    "2024-01-02 10:00:00.9999999", "2024-01-02 23:59:59.9999999Z", "2024-01-02 10:00:00.12",
    "2024-01-02 10:00:00.", "\u00a0024-01-02", "\t2024-01-02 10:00:00\r\n",
    "2024-01-02 10:00:00.123456789+00:00", " 2024-01-02 10:00:00 ",
]  # fmt: skip

NUMBERS = [
    "12", " 12 ", "\t12", "+12", "-12", "--12", "1e3", "1E3", "1e-2", "0x10", "0b1", "0o7",
    "1_000", "1,000", "1.000,5", "12.0", "12.", ".0", ".", "12.5", "-12.50", "NaN", "nan", "inf",
    "infinity", "-Infinity", "2147483647", "2147483648", "-2147483648", "-2147483649",
    "2147483647.000", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "",
    "+", "-", "007", "１２", "1 2", "- 1", "$5", "5-", "(5)", "5%", "12\n", "12.345", "12.355",
    "-12.345", "-12.344999999", "9999999.99", "9999999.994", "9999999.995", "10000000", "0.005",
    "0.0049", "0.015", "2.675", "-0.005", "-0", ".5", "5.", "0." + "1" * 60, "0" * 50 + "1",
    "9" * 60, "true", "1.7976931348623157e308",
]  # fmt: skip

BOOLEANS = [
    "true", "TRUE", "True", "t", "T", "tr", "tru", "yes", "YES", "y", "ye", "1", "01", "1.0",
    "on", "off", "of", "no", "No", "n", "0", "f", "F", "false", "fals", "2", " true ", "\ttrue",
    "", " ", "null", "oui", "ｔ", "TRUΕ", "\u00a0no\u00a0",
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "texts", "alphabet", "expected"),
    [
        ("date", TIMES, "0123456789-:TZ +.", read_date),
        ("timestamp", TIMES, "0123456789-:TZ +.", read_timestamp),
        ("integer", NUMBERS, "0123456789+-. e_x", lambda text: read_whole(text, 32)),
        ("bigint", NUMBERS, "0123456789+-. e_x", lambda text: read_whole(text, 64)),
        ("decimal(9, 2)", NUMBERS, "0123456789+-. e_x", lambda text: read_decimal(text, 9, 2)),
        ("decimal(18, 6)", NUMBERS, "0123456789+-. e_x", lambda text: read_decimal(text, 18, 6)),
        ("boolean", BOOLEANS, "truefalsyno01 ", read_boolean),
    ],
)
def test_text_is_read_as_a_value_or_is_null(
    dialect: Dialect, kind: str, texts: list[str], alphabet: str, expected: Any
) -> None:
    given = mutated(texts, alphabet, 3000)
    answers = dialect.of_texts(dialect.render("cast_or_null", "x", kind), [*given, None])
    assert answers.pop() is None
    wrong = [
        (text, answer, expected(text))
        for text, answer in zip(given, answers, strict=True)
        if answer != expected(text)
    ]
    assert not wrong
    # neither everything nor nothing is refused
    assert 0.05 < sum(answer is not None for answer in answers) / len(answers) < 0.95


def test_constants_that_cannot_be_cast_are_null_as_well(dialect: Dialect) -> None:
    """Engines cast constants while they plan: fixtures of unit tests are constants."""
    kinds = {"date": "2024-02-30", "timestamp": "2024-02-30 10:00", "integer": "9" * 12}
    kinds |= {"bigint": "9" * 30, "decimal(9, 2)": "9" * 12, "boolean": "2"}
    for kind, text in kinds.items():
        sql = dialect.render("cast_or_null", "given.x", kind)
        assert dialect.query(f"with given as (select '{text}' as x) select {sql} from given") == [
            (None,)
        ]


def test_typed_columns_keep_their_values(dialect: Dialect) -> None:
    double = dialect.render("type_double")
    moment = datetime(2024, 1, 2, 10, 0, 0, 123456)
    columns = {
        "day": "date", "moment": "timestamp", "whole": "integer", "big": "bigint",
        "exact": "decimal(18, 4)", "rough": double, "flag": "boolean",
    }  # fmt: skip
    dialect.load(
        columns,
        [
            (date(2024, 1, 2), moment, 12, 2**60, Decimal("12.3450"), 1.5e-5, True),
            (None, None, -7, -1, Decimal("12.0000"), 12.0, False),
            (None, None, None, None, Decimal("12.5000"), float("nan"), None),
        ],
    )
    casts = [
        ("day", "date", [date(2024, 1, 2), None, None]),
        ("day", "timestamp", [datetime(2024, 1, 2), None, None]),
        ("moment", "timestamp", [moment, None, None]),
        ("moment", "date", [date(2024, 1, 2), None, None]),
        ("whole", "integer", [12, -7, None]),
        ("whole", "bigint", [12, -7, None]),
        ("whole", "decimal(9, 2)", [Decimal("12.00"), Decimal("-7.00"), None]),
        ("big", "bigint", [2**60, -1, None]),
        ("big", "integer", [None, -1, None]),
        ("exact", "decimal(18, 2)", [Decimal("12.35"), Decimal("12.00"), Decimal("12.50")]),
        ("exact", "decimal(4, 3)", [None, None, None]),
        ("exact", "integer", [None, 12, None]),
        ("rough", "decimal(9, 6)", [Decimal("0.000015"), Decimal("12.000000"), None]),
        ("rough", "integer", [None, 12, None]),
        ("flag", "boolean", [True, False, None]),
    ]
    for column, kind, expected in casts:
        sql = dialect.render("cast_or_null", column, kind)
        assert dialect.answers(sql) == expected, (column, kind)


def test_a_type_without_a_grammar_is_refused(dialect: Dialect) -> None:
    with pytest.raises(Exception, match=r"Unknown type in cast_or_null.*uuid.*allowed: boolean"):
        dialect.render("cast_or_null", "x", "uuid")


def test_text_is_trimmed_and_blank_is_null(dialect: Dialect) -> None:
    texts = random_texts(500, "ab \t\n\r\u00a0\u2003\x0b", 5)
    expected = [text.strip(BLANK) or None for text in texts]
    assert dialect.of_texts(dialect.render("clean_text", "x"), [*texts, None]) == [*expected, None]
    trimmed = dialect.of_texts(dialect.render("trim_text", "x"), [*texts, None])
    assert trimmed == [*(text.strip(BLANK) for text in texts), None]


def test_double_is_a_floating_point_number(dialect: Dialect) -> None:
    double = dialect.render("type_double")
    # as no decimal is, nor a float of four bytes
    sql = f"select cast(0.1 as {double}) + cast(0.2 as {double}) > cast(0.3 as {double})"
    assert dialect.query(sql) == [(True,)]


# -- text --------------------------------------------------------------------------------------

LETTERS = [
    chr(code)
    for code in range(1, 0x110000)
    # letters that are younger than Python's tables are lowered by one engine and not the other
    if unicodedata.category(chr(code)) not in ("Cn", "Cs")
]
FOLDED = str.maketrans("İΣς", "iσσ")


def test_every_letter_folds_by_itself(dialect: Dialect) -> None:
    folded = dialect.of_texts(dialect.render("fold", "x"), LETTERS)
    wrong = [
        (letter, answer)
        for letter, answer in zip(LETTERS, folded, strict=True)
        if answer != letter.translate(FOLDED).lower()
    ]
    assert not wrong
    assert len(LETTERS) > 140_000


def test_letters_fold_under_the_first_collation_that_is_there(
    dialect: Dialect, monkeypatch: pytest.MonkeyPatch
) -> None:
    # `type: postgres` cannot ask
    assert dialect.render("folding_collation") == "pg_c_utf8"
    on_16 = {"C", "C.utf8", "und-x-icu"}
    for known, chosen in (
        ({"pg_c_utf8", *on_16}, "pg_c_utf8"),
        (on_16, "C.utf8"),
        ({"und-x-icu"}, "und-x-icu"),
        # refuse_engine() says so
        ({"C"}, "pg_c_utf8"),
    ):
        server = SimpleNamespace(
            first_collation=lambda names, known=known: next(filter(known.__contains__, names), None)
        )
        monkeypatch.setitem(dialect.engine.context, "adapter", server)
        assert dialect.render("postgres_python__folding_collation") == chosen


def test_words_fold_letter_by_letter(dialect: Dialect) -> None:
    words = ["İΣς", "ΟΔΟΣ", "ὈΔΥΣΣΕΎΣ", "STRAẞE", "Straße", "ÄÖÜ", "I", "ı", "É", "É", "ǅ", ""]
    expected = ["iσσ", "οδοσ", "ὀδυσσεύσ", "straße", "straße", "äöü", "i", "ı", "é", "é", "ǆ", ""]
    assert dialect.of_texts(dialect.render("fold", "x"), words) == expected


def test_codes_are_put_in_capitals(dialect: Dialect) -> None:
    codes = ["eur", "Eur", "EUR", "fi", "tl", "ä", "é", "ß", "i", "", None]
    expected = ["EUR", "EUR", "EUR", "FI", "TL", "Ä", "É", "ẞ", "I", "", None]
    assert dialect.of_texts(dialect.render("upper_code", "x"), codes) == expected


def random_texts(count: int, alphabet: str, longest: int) -> list[str]:
    chance = random.Random(11)
    return ["".join(chance.choices(alphabet, k=chance.randint(0, longest))) for _ in range(count)]


def test_text_is_ordered_by_bytes(dialect: Dialect) -> None:
    texts = [*random_texts(500, "abABäÄzZ_- 019é€😀", 4), None]
    dialect.load({"x": "text"}, [(text,) for text in texts])
    key = dialect.render("by_bytes", "x")
    in_order = [row[0] for row in dialect.query(f"select x from given order by {key} nulls last")]
    known = sorted((text for text in texts if text is not None), key=lambda text: text.encode())
    assert in_order == [*known, None]
    assert dialect.query(f"select min({key}), max({key}) from given") == [(known[0], known[-1])]
    assert dialect.query(f"select count(*) from given where {key} < 'a'") == [
        (sum(text.encode() < b"a" for text in known),)
    ]


NASTY = [
    "", "'", "''", "\\", "\\'", "'); drop table given; --", "%_", "a\nb", "\r\n", "\t", "$$",
    "{{ x }}", "{% raw %}", "\\n", "\\x41", "Ä€😀", "\u2028\u2029\x85", "\x0b\x0c\x1c\x1d\x1e",
    ":x", "?", "--", "/* */", "e'\\\\'", "\n", "' || version() || '", " \n ' \n ",
]  # fmt: skip


@pytest.mark.parametrize("conforming", ["on", "off"])
def test_a_literal_holds_exactly_its_text(dialect: Dialect, conforming: str) -> None:
    if dialect.name == "postgres":
        dialect.query(f"set standard_conforming_strings = {conforming}")
    try:
        literals = [dialect.render("text_literal", text) for text in NASTY]
        assert not any("\n" in literal for literal in literals)
        assert dialect.query(f"select {', '.join(literals)}") == [tuple(NASTY)]
        assert dialect.query(
            f"select 'b' in ({dialect.render('text_literals', ['a', 'b'])}), "
            f"'c' in ({dialect.render('text_literals', ['a', 'b'])})"
        ) == [(True, False)]
    finally:
        if dialect.name == "postgres":
            dialect.query("reset standard_conforming_strings")


def test_a_missing_text_is_null(dialect: Dialect) -> None:
    given = [dialect.render("text_or_null", text) for text in (None, "it's", "")]
    assert dialect.query(f"select {', '.join(given)}") == [(None, "it's", "")]


def test_a_literal_of_a_number_is_its_text(dialect: Dialect) -> None:
    assert dialect.query(f"select {dialect.render('text_literal', 7)}") == [("7",)]


def test_texts_are_joined_in_byte_order(dialect: Dialect) -> None:
    texts = ["b", "B", "ä", "a", None, "Z", "it's"]
    dialect.load({"x": "text"}, [(text,) for text in texts])
    joined = dialect.query(f"select {dialect.render('join_texts', 'x', ' | ')} from given")
    assert joined == [("B | Z | a | b | it's | ä",)]


# -- words -------------------------------------------------------------------------------------


def test_digits_are_kept(dialect: Dialect) -> None:
    texts = [*random_texts(300, "0123456789 +-()/abÄ٣２\n", 8), None]
    expected = [text and re.sub("[^0-9]", "", text) for text in texts]
    assert dialect.of_texts(dialect.render("keep_digits", "x"), texts) == expected


def test_words_are_sorted_by_bytes(dialect: Dialect) -> None:
    texts = [*random_texts(400, "aabBäzZ'-  ", 10), None]
    for left_out in ([], ["a", "B", "z'"]):
        expected = [
            " ".join(
                sorted(
                    (word for word in text.split(" ") if word and word not in left_out),
                    key=lambda word: word.encode(),
                )
            )
            or None
            if text is not None
            else None
            for text in texts
        ]
        sql = dialect.render("sorted_words", "x", left_out)
        assert dialect.of_texts(sql, texts) == expected


def test_letters_are_sorted_by_bytes(dialect: Dialect) -> None:
    texts = [*random_texts(400, "aabBäzZ'- €😀", 10), "", None]
    expected = [text and "".join(sorted(text, key=str.encode)) for text in texts]
    assert dialect.of_texts(dialect.render("sorted_letters", "x"), texts) == expected


def test_a_statement_fails_with_its_message_where_it_must(dialect: Dialect) -> None:
    message = "Too many 'rounds' in the search of 50 % of the parts: "
    dialect.load({"x": "integer"}, [(1,), (2,), (3,)])
    sql = dialect.render("fail_if", "x > {}", message, "x", "x * 10", "integer")
    assert dialect.answers(sql.replace("{}", "3")) == [10, 20, 30]
    with pytest.raises((duckdb_error(), psycopg2.Error), match="of 50 % of the parts: 3"):
        dialect.answers(sql.replace("{}", "2"))


def duckdb_error() -> type[Exception]:
    import duckdb

    return duckdb.Error


# -- dates, numbers, hashes --------------------------------------------------------------------


def test_days_between_two_days(dialect: Dialect) -> None:
    chance = random.Random(3)
    days = [date(1900, 1, 1) + timedelta(chance.randint(0, 90000)) for _ in range(200)]
    pairs = [*zip(days, reversed(days), strict=True), (date(2024, 2, 28), date(2024, 3, 1))]
    dialect.load({"earlier": "date", "later": "date"}, [*pairs, (None, days[0])])
    sql = dialect.render("days_between", "earlier", "later")
    expected = [(later - earlier).days for earlier, later in pairs]
    assert dialect.answers(sql) == [*expected, None]
    # an integer: not an interval, nor a number that a division would cut
    assert {type(answer) for answer in dialect.answers(sql)} == {int, type(None)}


def test_a_quotient_is_exact_and_rounded_half_away_from_zero(dialect: Dialect) -> None:
    chance = random.Random(5)
    pairs = [
        ("0.05", "2"), ("-0.05", "2"), ("0.05", "-2"), ("1", "3"), ("2", "3"), ("-2", "3"),
        ("1", "0"), ("0", "7"), ("1", "640"), ("1005", "1000"), ("9999999999999.99", "0.01"),
        ("0.00001", "3"), ("-9999999999999.99999", "7"), (None, "3"), ("3", None), ("1", "8"),
    ]  # fmt: skip
    pairs += [
        (f"{chance.randint(-(10**9), 10**9) / 100:.2f}", str(chance.randint(-999, 999)))
        for _ in range(500)
    ]
    given = [tuple(part and Decimal(part) for part in pair) for pair in pairs]
    dialect.load({"above": "decimal(20, 5)", "below": "decimal(20, 5)"}, given)
    for scale in (2, 4, 6):
        answers = dialect.answers(dialect.render("exact_quotient", "above", "below", scale))
        expected = [
            rounded(above / below, scale) if above is not None and below else None
            for above, below in given
        ]
        assert answers == expected


def test_money_is_converted_to_the_cent(dialect: Dialect) -> None:
    chance = random.Random(6)
    pairs = [("1.00", "1.005"), ("-1.00", "1.005"), ("0.01", "0.5"), ("2.50", "0.99999999")]
    pairs += [("9999999999999.99", "1.00000001"), ("100.00", "0.12345"), (None, "2")]
    pairs += [
        (f"{chance.randint(-(10**7), 10**7) / 100:.2f}", f"{chance.randint(1, 10**6) / 10**5}")
        for _ in range(500)
    ]
    given = [tuple(part and Decimal(part) for part in pair) for pair in pairs]
    dialect.load({"amount": "decimal(18, 2)", "rate": "decimal(18, 8)"}, given)
    answers = dialect.answers(dialect.render("convert_amount", "amount", "rate"))
    assert answers == [amount and rounded(amount * rate, 2) for amount, rate in given]


def bucket(use: str, salt: str, account_id: str) -> int:
    return int(hashlib.md5(f"{use}:{salt}:{account_id}".encode()).hexdigest()[:8], 16) % 10_000


def test_buckets_are_the_same_for_ever(dialect: Dialect) -> None:
    accounts = ["A1", "Ü-7", "", *random_texts(500, "ABCÜß0123-", 12)]
    for use, salt in [("bucket", "spring"), ("split", "spring"), ("reduce", "A_b-9")]:
        answers = dialect.of_texts(dialect.render("hash_bucket", use, salt, "x"), accounts)
        assert answers == [bucket(use, salt, account) for account in accounts]
    # the two that the language's own page names
    assert bucket("bucket", "spring", "A1") == 7627
    assert bucket("split", "spring", "Ü-7") == 6788


def test_a_hash_is_a_number_of_sixty_bits(dialect: Dialect) -> None:
    texts = random_texts(300, "ABCÜß0123-", 12)
    answers = dialect.of_texts(dialect.render("hash_number", "x"), texts)
    assert answers == [int(hashlib.md5(text.encode()).hexdigest()[:15], 16) for text in texts]


def test_numbers_of_texts_are_the_same_for_ever(dialect: Dialect) -> None:
    texts = ["", "a", "Ü|-|12.30", *random_texts(300, "ABCÜß0123-|", 30)]
    answers = dialect.of_texts(dialect.render("hash_number", "x"), texts)
    assert answers == [int(hashlib.md5(text.encode()).hexdigest()[:15], 16) for text in texts]


def test_equal_texts_lie_in_one_part_and_others_are_spread(dialect: Dialect) -> None:
    texts = [f"Ü-{number:06}" for number in range(2000)]
    answers = dialect.of_texts(dialect.render("quick_part", "x", 7), [*texts, *texts])
    assert answers[: len(texts)] == answers[len(texts) :]
    assert set(answers) == set(range(7))
    # each part has its seventh, give or take six standard deviations
    for part in range(7):
        assert abs(answers.count(part) / 2 - 2000 / 7) < 6 * (2000 * 6 / 49) ** 0.5


# -- patterns ----------------------------------------------------------------------------------

PATTERNS = [
    "a", "^a", "a$", "^$", "", "a.c", "[abc]", "[^abc]", "[a-c]+x", "(a|b)c", "a|^b", "a*", "a+b",
    "ab?c", "a{2}", "a{2,3}b", "(ab){2}", "[0-9]{3}", "\\.", "\\*", "\\\\", "\\(a\\)", "[.]",
    "[*+?]", "[$^]", "[a^]", "[a\\]]", "[\\[a]", "[\\\\]", "[-a]", "[a-]", "[\\-a]", "\\-", "\\/",
    "'", "%", "_", "\\_", "\\%", "ä", "[äöü]", "[^ä]", "[a-zäöü]+", "é.", "😀", ".😀", "a b",
    "^.$", "^..$", "(^a|b$)", "()", "a()b", "\\$", "\\^", "\\|", "\\{", "\\}", "\\'", "\\\"",
    "\\#", "\\&", "\\~", "\\!", "\\@", "\\:", "\\;", "\\<", "\\>", "\\=", "\\,", "\\`", "#", "&",
    "[a&]", "[:a]", "[a:]", "[=a]", "[.a]", "<", ">", "\\+", "\\?", ".*", ".+x", "x.{2}y",
    "[a.]c", "(a(b(c)))", "a{0}b", "a{0,1}b", "^a|b|c$", "A", "[A-Z]", "[!-/]", "\t",
]  # fmt: skip
TEXTS = [
    "", "a", "b", "abc", "ac", "aXc", "aab", "aaab", "abab", "a.c", "a*c", "a\\c", "(a)", "[a]",
    "a]", "a-b", "a/b", "it's", "50%", "a_b", "ä", "Ä", "öx", "é!", "x😀", "😀", "a b", "a\nb",
    "\n",
    "a\r\nb", "A", "Z9", "123", "a$", "^a", "a|b", "{a}", "x12y", "x\ny", "x\n\ny", '"', "#", "&",
    "~", "!", "@", ":", ";", "<b>", "=", ",", "`", "+", "?", "a\tb", "cx", "bc", "\u2028",
    "a\u00a0b",
]  # fmt: skip


def test_patterns_are_read_alike(dialect: Dialect) -> None:
    dialect.load({"x": "text"}, [(text,) for text in [*TEXTS, None]])
    accepted = [pattern for pattern in PATTERNS if is_accepted(dialect, pattern)]
    assert len(accepted) > 80
    answers = dialect.answers(
        *(dialect.render("matches_pattern", "x", pattern) for pattern in accepted)
    )
    assert set(answers.pop()) == {None}
    wrong = [
        (pattern, text, got)
        for text, row in zip(TEXTS, answers, strict=True)
        for pattern, got in zip(accepted, row, strict=True)
        if got != python_matches(pattern, text)
    ]
    assert not wrong


def is_accepted(dialect: Dialect, pattern: str) -> bool:
    errors: list[Any] = []
    context = {"errors": errors, "model": "m"}
    dialect.engine.call("read_pattern", context, pattern, "all[0]", False)
    return not errors


def python_matches(pattern: str, text: str) -> bool:
    one_line = text.replace("\r", " ").replace("\n", " ")
    # Python's $ also stands before a last line break, of which there is none left
    return re.search(pattern, one_line) is not None


def random_pattern(chance: random.Random) -> str:
    parts = ["a", "b", ".", "ä", "\\.", "\\-", "[ab]", "[^a]", "[a-cä]", "(a|b)", "(ab|)", "^", "$"]
    counts = ["", "", "", "*", "+", "?", "{2}", "{1,2}", "{0}"]
    made = ""
    for _ in range(chance.randint(1, 5)):
        part = chance.choice(parts)
        made += part if part in "^$" else part + chance.choice(counts)
        made += chance.choice(["", "", "", "|"])
    return made


def test_random_patterns_are_read_alike(dialect: Dialect) -> None:
    chance = random.Random(9)
    patterns = [random_pattern(chance) for _ in range(150)]
    patterns = [pattern for pattern in patterns if is_accepted(dialect, pattern)]
    texts = random_texts(60, "aabcä.-\n", 6)
    dialect.load({"x": "text"}, [(text,) for text in texts])
    answers = dialect.answers(
        *(dialect.render("matches_pattern", "x", pattern) for pattern in patterns)
    )
    wrong = [
        (pattern, text, got)
        for text, row in zip(texts, answers, strict=True)
        for pattern, got in zip(patterns, row, strict=True)
        if got != python_matches(pattern, text)
    ]
    assert not wrong


# -- rows --------------------------------------------------------------------------------------


def test_a_row_becomes_json(dialect: Dialect) -> None:
    rows = [(text, None, 7, Decimal("1.50"), date(2024, 1, 2), True) for text in NASTY]
    columns = {"x": "text", "nothing": "text", "whole": "integer", "exact": "decimal(9, 2)"}
    dialect.load({**columns, "day": "date", "flag": "boolean"}, rows)
    answers = dialect.answers(dialect.render("row_as_json", "given"))
    for place, (row, answer) in enumerate(zip(rows, answers, strict=True)):
        assert json.loads(answer, parse_float=Decimal) == {
            "place": place, "x": row[0], "nothing": None, "whole": 7, "exact": Decimal("1.50"),
            "day": "2024-01-02", "flag": True,
        }  # fmt: skip
    # text comes out alike to the letter
    dialect.load({"x": "text", "y": "text"}, [("Ä €/😀", "a b"), (None, "")])
    assert [
        re.sub('"place":.,', "", answer)
        for answer in dialect.answers(dialect.render("row_as_json", "given"))
    ] == ['{"x":"Ä €/😀","y":"a b"}', '{"x":null,"y":""}']


def test_rows_of_one_instant_are_not_before_each_other(dialect: Dialect) -> None:
    hours = [1, 1, 2, 2, 3, 5]
    dialect.load({"x": "timestamp"}, [(datetime(2024, 1, 1, hour),) for hour in hours])
    count = f"count(*) over (order by x {dialect.render('before_this_instant')})"
    assert dialect.answers(count) == [sum(other < hour for other in hours) for hour in hours]


def test_a_common_table_expression_is_kept_or_read_anew(dialect: Dialect) -> None:
    dialect.load({"x": "integer"}, [(1,), (2,)])
    plans = {}
    for macro in ("materialized", "not_materialized"):
        sql = (
            f"with kept as {dialect.render(macro)} (select x + 1 as x from given) "
            "select sum(one.x + two.x) from kept as one cross join kept as two"
        )
        assert dialect.query(sql) == [(20,)]
        plans[macro] = str(dialect.query(f"explain {sql}"))
    assert "CTE" in plans["materialized"]
    assert "CTE" not in plans["not_materialized"]


# -- what fits recorded ------------------------------------------------------------------------


def test_lists_and_fields_are_read_from_json(dialect: Dialect) -> None:
    tried = [{"k": 2, "silhouette": 0.25}, {"k": 10, "silhouette": None}, {"k": -3}]
    texts = [json.dumps({"k": 7, "of": 'a "b"', "candidates": tried}), '{"candidates":[]}', "{}"]
    dialect.load({"x": "text"}, [(text,) for text in (*texts, None)])
    listed = dialect.render("json_list", "x", "candidates")
    fields = [dialect.render("json_field", "candidate", key) for key in ("k", "silhouette")]
    rows = dialect.query(
        f"select place, {', '.join(fields)} "
        f"from (select place, {listed} as candidate from given) as spread"
    )
    assert sorted(rows, key=str) == [(0, "-3", None), (0, "10", None), (0, "2", "0.25")]
    whole = [dialect.render("json_field", "x", key) for key in ("k", "of")]
    assert dialect.answers(*whole) == [("7", 'a "b"'), (None, None), (None, None), (None, None)]


def test_a_float_becomes_its_nearest_decimal(dialect: Dialect) -> None:
    chance = random.Random(9)
    # far enough from half a millionth that the last bit of a product cannot matter
    floats = [0.0, -0.0, 1.0, -1.5, 0.1234564, 0.1234566, -0.1234566, 0.0000004, 123456789.25]
    floats += [chance.randint(-(10**13), 10**13) / 10**7 + 1e-9 for _ in range(500)]
    dialect.load({"x": "double precision"}, [(number,) for number in (*floats, None)])
    expected = [rounded(Decimal(number), 6) for number in floats]
    far = [abs(Decimal(number) * 10**6 % 1) != Decimal("0.5") for number in floats]
    answers = dialect.answers(dialect.render("decimal_of_float", "x"))
    assert answers.pop() is None
    assert {type(answer) for answer in answers} == {Decimal}
    assert [
        (answer, number)
        for answer, number, is_far in zip(answers, expected, far, strict=True)
        if is_far and answer != number
    ] == []


def test_constants_of_one_row_stand_beside_many(dialect: Dialect) -> None:
    dialect.load({"x": "integer"}, [(1,), (2,), (None,)])
    sql = (
        "with centre as (select 10 as a, 100 as b), "
        f"summed as (select x, x + {dialect.render('constant', 'centre', 'a')} "
        f"+ {dialect.render('constant', 'centre', 'b')} as y "
        f"from given {dialect.render('constants_joined', 'centre')} "
        f"{dialect.render('computed_once')}) "
        "select x, y + y from summed order by x nulls last"
    )
    assert dialect.query(sql) == [(1, 222), (2, 224), (None, None)]


def test_what_is_used_twice_is_computed_once(dialect: Dialect) -> None:
    """On PostgreSQL, which else writes the expression out at each place."""
    dialect.load({"x": "integer"}, [(1,)])
    once = dialect.render("computed_once")
    sql = f"select y + y from (select x * 7919 as y from given {once}) as inner_rows"
    assert dialect.query(sql) == [(15838,)]
    if dialect.name == "postgres":
        assert str(dialect.query("explain (verbose) " + sql)).count("7919") == 1
        assert str(dialect.query("explain (verbose) " + sql.replace(once, ""))).count("7919") == 2


# -- engines -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("server", "complaint"),
    [
        ((18, "UTF8", True), None),
        ((16, "UTF8", True), None),
        ((15, "UTF8", True), "Too old a server: got PostgreSQL 15; allowed: 16 and later"),
        ((18, "LATIN1", True), "Wrong encoding of the database: got LATIN1; allowed: UTF8"),
        ((16, "UTF8", False), "Unknown collation in setting 'postgres_collation'"),
    ],
)
def test_a_server_that_cannot_do_it_is_refused(
    dialect: Dialect,
    monkeypatch: pytest.MonkeyPatch,
    server: tuple[int, str, bool],
    complaint: str | None,
) -> None:
    asked = []

    class Answer:
        def __init__(self, sql: str) -> None:
            asked.extend(dialect.query(sql))
            self.rows = [dict(zip("abc", server, strict=True))]

    monkeypatch.setitem(dialect.engine.context, "run_query", Answer)
    monkeypatch.setitem(dialect.engine.context, "execute", True)
    monkeypatch.setitem(dialect.engine.context, "flags", SimpleNamespace(WHICH="build"))
    if complaint and dialect.name == "postgres":
        with pytest.raises(Exception, match=re.escape(complaint)):
            dialect.render("refuse_engine")
    else:
        assert dialect.render("refuse_engine").strip() == ""
    # the server of the tests was asked, too, and answers as one that can
    if dialect.name == "postgres":
        assert asked == [(dialect.connection.server_version // 10_000, "UTF8", True)]
    else:
        assert not asked


def test_names_are_cut_or_not(dialect: Dialect) -> None:
    name = "n" * 70
    dialect.query(f"create temporary table {name} as select 1 as x")
    kept = {
        "duckdb": f"select table_name from duckdb_tables() where table_name like '{name[:60]}%'",
        "postgres": f"select relname from pg_class where relname like '{name[:60]}%%'",
    }[dialect.name]
    assert dialect.query(kept) == [
        (name[:63] if dialect.render("cuts_long_names") == "True" else name,)
    ]


# -- none is left out --------------------------------------------------------------------------

# Macros that give no value to compare: hooks and whole statements, by the file that runs them.
TESTED_IN = {
    "analyze_table": "test_limits.py",
    "open_schemas_to_consumers": "test_roles.py",
    "let_consumers_read": "test_roles.py",
    "quoted_roles": "test_roles.py",
    "one_build_at_a_time": "adapter/test_builds.py",
    "sleep_briefly": "criteria/test_profile_batches.py",
    "profile_transactions": "test_batch_builds.py",
    "fill_partitions": "test_batch_builds.py",
    "members_name": "test_batch_builds.py",
    "left_members": "test_batch_builds.py",
    "build_profile_alone": "test_batch_builds.py",
    "record_of_consumers": "test_roles.py",
    "revoke_from_former_consumers": "test_roles.py",
}


def test_every_macro_that_differs_is_tested() -> None:
    folder = ROOT / "macros" / "cross_db"
    macros = {
        name
        for path in folder.glob("*.sql")
        for name in re.findall(r"\{%-? *macro +(\w+)", path.read_text())
        if "__" not in name
    }
    here = Path(__file__)
    called = set(re.findall(r"render\(\s*[\"'](\w+)[\"']", here.read_text()))
    called |= {"materialized", "not_materialized"}
    assert macros - called - TESTED_IN.keys() == set()
    assert TESTED_IN.keys() - macros == set()
    assert {file for file in TESTED_IN.values() if not (here.parent / file).exists()} == set()
