"""Single values in the JSON Schema of rules, within the limits that the macros read.

A number may be written in quotes, so its limits stand in a pattern, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from crm_segmentation.rules.meaning import fold

Schema = dict[str, Any]
Limits = dict[str, dict[str, Any]]

# type of an attribute or column -> definition of one value of it
TYPES = {
    "text": "text",
    "number": "number",
    "boolean": "boolean",
    "date": "day",
    "timestamp": "day",
    "values": "text",
}
# numbers that are compared: with a value, with a sum, with what a sum changed by
NUMBERS = ("number", "amount", "change")


def reference(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def list_of(items: Schema, most: int | None = None) -> Schema:
    schema = {"type": "array", "items": items, "minItems": 1}
    return schema if most is None else {**schema, "maxItems": most}


def pair_of(first: Schema, second: Schema) -> Schema:
    return {"type": "array", "prefixItems": [first, second], "minItems": 2, "maxItems": 2}


def by_type(otherwise: Schema, **schemas: Schema) -> Schema:
    """What must hold by the type of what is found: one message for a person, not all of them."""
    for kind, schema in reversed(schemas.items()):
        otherwise = {"if": {"type": kind}, "then": schema, "else": otherwise}
    return otherwise


def whole_of(digits: int) -> str:
    """A pattern of the whole numbers from 1 of so many digits at most."""
    return "[1-9]" if digits == 1 else f"[1-9][0-9]{{0,{digits - 1}}}"


def whole_to(most: int) -> str:
    """A pattern of the whole numbers from 1 to `most`, without leading zeros."""
    digits = str(most)
    forms = [whole_of(len(digits) - 1)] if len(digits) > 1 else []
    for place, digit in enumerate(digits):
        least = "1" if place == 0 else "0"
        if digit > least:
            below = chr(ord(digit) - 1)
            one = below if below == least else f"[{least}-{below}]"
            rest = len(digits) - place - 1
            forms.append(digits[:place] + one + (f"[0-9]{{{rest}}}" if rest else ""))
    return "|".join([*forms, digits])


def number_within(limits: dict[str, Any], decimals: int) -> Schema:
    """A number between symmetrical limits, or from 0; written with or without quotes."""
    most: int = limits["high"]
    decimals = limits.get("decimals", decimals)
    fraction = rf"(\.[0-9]{{1,{decimals}}}0*)?"
    size = rf"(?=[0-9])0*({whole_to(most - 1)})?{fraction}|0*{most}(\.0+)?"
    if limits.get("low", 0) < 0:
        pattern = f"^-?({size})$"
    elif "above" in limits:
        pattern = rf"^(?!0*(\.0*)?$)({size})$"
    else:
        pattern = rf"^({size}|-0+(\.0+)?)$"
    least = (
        {"exclusiveMinimum": limits["above"]} if "above" in limits else {"minimum": limits["low"]}
    )
    return {"type": ["number", "string"], **least, "maximum": most, "pattern": pattern}


def any_number(limits: dict[str, Any]) -> Schema:
    end = 10 ** limits["digits"]
    return {
        "type": ["number", "string"],
        "exclusiveMinimum": -end,
        "exclusiveMaximum": end,
        "pattern": rf"^-?0*[0-9]{{1,{limits['digits']}}}(\.[0-9]{{1,{limits['decimals']}}})?$",
    }


def whole(limits: dict[str, Any]) -> Schema:
    return {"type": "integer", "minimum": limits["low"], "maximum": limits["high"]}


def units(most: dict[str, int]) -> str:
    """Durations up to the greatest number of each unit."""
    return "|".join(f"({whole_to(number)}){unit}" for unit, number in most.items())


def units_of_digits(most: dict[str, float]) -> str:
    """Durations of no more digits than the greatest number of each unit has."""
    return "|".join(whole_of(len(str(int(number)))) + unit for unit, number in most.items())


def plain(text: str) -> str:
    """A pattern of the text itself; JavaScript refuses a backslash where none is needed."""
    return re.sub(r"([\\^$.*+?()\[\]{}|/])", r"\\\1", text)


def without(marks: Iterable[str], rest: str) -> str:
    listed = "|".join(r"\x00" if mark == "\0" else plain(mark) for mark in marks)
    return rf"^(?![\s\S]*({listed})){rest}"


def day_of_a_month(limits: dict[str, Any]) -> str:
    """A day that its month has; which years have a 29 February a pattern does not say."""
    outside = [*range(limits["first"]), *range(limits["last"] + 1, 10000)]
    excluded = "|".join(f"{year:04}" for year in outside)
    long = "(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])"
    short = "(0[469]|11)-(0[1-9]|[12][0-9]|30)"
    return rf"^(?!{excluded})[0-9]{{4}}-({long}|{short}|02-(0[1-9]|[12][0-9]))$"


def definitions(limits: Limits, most_values: int) -> dict[str, Schema]:
    number, last = limits["number"], limits["day"]["last"]
    # how far the calendar goes depends on the day, so no more is said than the digits
    duration = units_of_digits(
        {unit: last * a_year for unit, a_year in limits["duration"]["years"].items()}
    )
    row_duration = units_of_digits(
        {unit: last * 8766 / hours for unit, hours in limits["row_duration"]["hours"].items()}
    )
    period = limits["period"]
    spans = "|".join(period["units"])
    name = {"type": "string", "pattern": f"^{limits['name']['pattern']}$"}
    return {
        "text": {
            "type": "string",
            "minLength": 1,
            "pattern": without(limits["text"]["without"], ""),
        },
        **{name: any_number(limits[name]) for name in NUMBERS},
        "boolean": {"type": "boolean"},
        "day": {"type": "string", "format": "date", "pattern": day_of_a_month(limits["day"])},
        "true": {"const": True},
        "whole": whole(limits["whole"]),
        "periods": whole(limits["periods"]),
        "added_points": whole(limits["added_points"]),
        "percent": number_within(limits["percent"], number["decimals"]),
        "share": number_within(limits["share"], number["decimals"]),
        "duration": {"type": "string", "pattern": f"^({duration})$"},
        "short_duration": {
            "type": "string",
            "pattern": f"^({units(limits['short_duration']['most'])})$",
        },
        "row_duration": {"type": "string", "pattern": f"^({row_duration})$"},
        "span": pair_of({"type": "string", "pattern": f"^(0d|{duration})$"}, reference("duration")),
        "past_span": pair_of(reference("duration"), reference("duration")),
        "period": {"type": "string", "pattern": f"^({'|'.join(period['words'])}) ({spans})$"},
        "past_period": {"type": "string", "pattern": f"^({'|'.join(period['past'])}) ({spans})$"},
        "days": pair_of(reference("day"), reference("day")),
        **{f"{name}_range": pair_of(reference(name), reference(name)) for name in NUMBERS},
        "name": name,
        "names": by_type(reference("name"), array=list_of(reference("name"), most_values)),
        "salt": {"type": "string", "pattern": f"^{limits['salt']['pattern']}$"},
        "reason": {"type": "string", "pattern": r"\S"},
        "expression": {
            "type": "string",
            "pattern": without(limits["expression"]["without"], r"[\s\S]*\S"),
        },
        "circle": {
            "type": "object",
            "properties": {
                "of": pair_of(
                    number_within(limits["latitude"], number["decimals"]),
                    number_within(limits["longitude"], number["decimals"]),
                ),
                "km": number_within(limits["kilometres"], number["decimals"]),
            },
            "required": ["of", "km"],
            "additionalProperties": False,
        },
        "search": by_type(reference("text"), array=list_of(reference("text"), most_values)),
    }


@cache
def same_folded() -> dict[str, str]:
    """Folded character -> all characters that fold to it."""
    forms: dict[str, str] = {}
    for code in (*range(0xD800), *range(0xE000, 0x20000)):
        folded = fold(chr(code))
        if len(folded) == 1:
            forms[folded] = forms.get(folded, "") + chr(code)
    return forms


def allowed_text(allowed: Sequence[str]) -> Schema:
    """One of these texts, whatever their case: an enum for editors, a pattern for the rest."""

    def letter(character: str) -> str:
        forms = same_folded().get(fold(character), character)
        return f"[{forms}]" if len(forms) > 1 else plain(character)

    words = ["".join(letter(character) for character in word) for word in allowed]
    return {
        "anyOf": [{"enum": list(allowed)}, {"type": "string", "pattern": f"^({'|'.join(words)})$"}]
    }
