"""Catalogues are put together once a run, and never carried into the next one."""

from __future__ import annotations

import pytest

from criteria.engine import Engine


@pytest.mark.parametrize("catalog", ["attribute_catalog", "event_catalog"])
def test_a_catalogue_is_put_together_once_a_run(engine: Engine, catalog: str) -> None:
    first = engine.call(catalog)
    assert engine.call(catalog) is first
    # dbt may save its graph and show it to the next run
    engine.manifest.flat_graph["crm_segmentation_run"] = "the run before"
    again = engine.call(catalog)
    assert again == first
    assert again is not first
