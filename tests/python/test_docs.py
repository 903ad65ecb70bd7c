"""What a profile's rule says stands in the docs where nobody wrote anything."""

from __future__ import annotations

import copy
from typing import Any

from crm_segmentation.docs import describe


def node(name: str, description: str, **published: str) -> dict[str, Any]:
    return {
        "name": name,
        "resource_type": "model",
        "description": description,
        "config": {"meta": {"crm_segmentation": published} if published else {}},
    }


RULE = {"kind": "profile", "base": "accounts", "text": "country is DE"}


def test_a_rule_describes_a_profile_that_nobody_described() -> None:
    manifest = {
        "nodes": {
            "blank": node("blank", " ", **RULE),
            "written": node("written", "One row per friend.", **RULE),
            "group": node("group", "", kind="target_group", base="", text=""),
            "plain": node("plain", ""),
        }
    }
    before = copy.deepcopy(manifest)
    assert describe(manifest) == ["blank"]
    assert manifest["nodes"].pop("blank")["description"] == (
        "One row per member account of accounts: country is DE."
    )
    del before["nodes"]["blank"]
    assert manifest == before
