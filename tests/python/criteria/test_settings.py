"""A setting of the wrong kind is refused, and says what it wants."""

from __future__ import annotations

from typing import Any

import pytest

from criteria.engine import Engine


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        # a text is a sequence of letters, which would be read as names
        ("absent_sources", "crm.leads", "a list"),
        ("kpi_categories", "Pumps", "a list"),
        ("extra_kpis", {"name": "visits"}, "a list"),
        ("extra_attributes", ["vip"], "a mapping"),
        ("max_quarantined_share", "lots", "a number, like 0.01"),
        ("fit_minimum_accounts", True, "a number, like 50"),
        ("record_history", "no", "true or false"),
    ],
)
def test_a_value_of_another_kind_is_refused(
    name: str, value: Any, wanted: str, engine: Engine
) -> None:
    with pytest.raises(Exception, match=f"in var '{name}': got .*; allowed: {wanted}"):
        # what is asked for at once is refused at once
        engine.set_variables({name: value})
        engine.call("setting", name)
    engine.set_variables({})


@pytest.mark.parametrize(
    ("name", "given", "read"),
    [
        ("absent_sources", ["crm.leads"], ["crm.leads"]),
        ("kpi_categories", [], []),
        ("extra_events", {}, {}),
        ("max_quarantined_share", 0, 0),
        # the text would hold wherever it is asked
        ("record_history", "false", False),
        ("record_history", "True", True),
        ("time_zone", "UTC", "UTC"),
    ],
)
def test_a_value_of_the_kind_is_read(name: str, given: Any, read: Any, engine: Engine) -> None:
    engine.set_variables({name: given})
    assert engine.call("setting", name) == read
    engine.set_variables({})
