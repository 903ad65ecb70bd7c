"""Connected components in SQL, held against networkx."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable
from typing import Any

import duckdb
import networkx as nx
import pandas as pd
import pytest
from identity_project import make_identity_project

Edges = Iterable[tuple[int, int]]


@pytest.fixture(scope="module")
def compiled(
    make_project: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """The macro's SQL over the tables graph_nodes and graph_edges, per name."""
    call = "{{{{ crm_segmentation.connected_components('graph_nodes', 'graph_edges'{}) }}}}"
    models = {"components": call.format(""), "components_in_two_rounds": call.format(", 2")}
    project = make_identity_project(
        make_project, tmp_path_factory.mktemp("components") / "project", models=models
    ).project
    project.run("compile", "-s", *models)
    folder = project.target / "compiled" / "crm_segmentation" / "models"
    return {name: (folder / f"{name}.sql").read_text() for name in models}


def components(sql: str, nodes: Iterable[int], edges: Edges) -> dict[int, int]:
    with duckdb.connect() as connection:
        connection.execute("set threads = 2")
        for table, frame in {
            "graph_nodes": pd.DataFrame({"node": list(nodes)}, dtype="int64"),
            "graph_edges": pd.DataFrame(edges, columns=["left_node", "right_node"], dtype="int64"),
        }.items():
            connection.register("frame", frame)
            connection.execute(f"create table {table} as select * from frame")
        rows = connection.execute(sql).fetchall()
    assert len(rows) == len(dict(rows)), "a node twice"
    return dict(rows)


def expected(nodes: Iterable[int], edges: Edges) -> dict[int, int]:
    graph = nx.Graph()
    graph.add_nodes_from(nodes)
    graph.add_edges_from(edges)
    return {node: min(group) for group in nx.connected_components(graph) for node in group}


def shuffled(edges: Edges, nodes: int, seed: int) -> list[tuple[int, int]]:
    """The same graph under random names, its edges in random order and direction."""
    chance = random.Random(seed)
    names = list(range(nodes))
    chance.shuffle(names)
    renamed = [(names[left], names[right]) for left, right in edges]
    chance.shuffle(renamed)
    return [edge if chance.random() < 0.5 else edge[::-1] for edge in renamed]


def chain(nodes: int) -> list[tuple[int, int]]:
    return [(node, node + 1) for node in range(nodes - 1)]


def grid(side: int) -> list[tuple[int, int]]:
    graph = nx.convert_node_labels_to_integers(nx.grid_2d_graph(side, side))
    return list(graph.edges)


GRAPHS: dict[str, tuple[int, list[tuple[int, int]]]] = {
    "no node": (0, []),
    "no edge": (5, []),
    "loops": (3, [(1, 1), (2, 2)]),
    "the same edge twice": (3, [(0, 1), (1, 0), (0, 1)]),
    "chain in order": (5_000, chain(5_000)),
    "chain backwards": (5_000, [edge[::-1] for edge in chain(5_000)]),
    "star around the largest": (5_000, [(4_999, leaf) for leaf in range(4_999)]),
    "star around the smallest": (5_000, [(0, leaf) for leaf in range(1, 5_000)]),
    "grid": (60 * 60, grid(60)),
    "binary tree": (4_095, [(node, (node - 1) // 2) for node in range(1, 4_095)]),
    "comb": (4_000, chain(2_000) + [(node, node + 2_000) for node in range(2_000)]),
    "ring": (3_000, [*chain(3_000), (2_999, 0)]),
    "complete": (60, [(left, right) for left in range(60) for right in range(left)]),
}


@pytest.mark.parametrize("name", GRAPHS)
@pytest.mark.parametrize("seed", [None, 1])
def test_shapes(compiled: dict[str, str], name: str, seed: int | None) -> None:
    nodes, edges = GRAPHS[name]
    if seed is not None:
        edges = shuffled(edges, nodes, seed)
    found = components(compiled["components"], range(nodes), edges)
    assert found == expected(range(nodes), edges)


def test_random_graphs(compiled: dict[str, str]) -> None:
    """200 random graphs of many densities in one call, side by side."""
    chance = random.Random(20)
    nodes: list[int] = []
    edges: list[tuple[int, int]] = []
    for number in range(200):
        size = chance.randint(1, 40)
        graph = nx.gnm_random_graph(size, chance.randint(0, size), seed=number)
        names = chance.sample(range(number * 1_000, number * 1_000 + 1_000), size)
        nodes += names
        edges += [(names[left], names[right]) for left, right in graph.edges]
    assert components(compiled["components"], nodes, edges) == expected(nodes, edges)


def test_shuffled_chain_of_100_000_takes_less_than_10_seconds(compiled: dict[str, str]) -> None:
    edges = shuffled(chain(100_000), 100_000, seed=5)
    start = time.process_time()
    found = components(compiled["components"], range(100_000), edges)
    assert time.process_time() - start < 10
    assert set(found.values()) == {0}
    assert len(found) == 100_000


def test_chain_in_order_of_100_000(compiled: dict[str, str]) -> None:
    found = components(compiled["components"], range(100_000), chain(100_000))
    assert set(found.values()) == {0}


def test_too_few_rounds_is_an_error_and_never_a_wrong_component(compiled: dict[str, str]) -> None:
    with pytest.raises(duckdb.Error, match=r"Too few rounds in connected_components\(\): got 2"):
        components(compiled["components_in_two_rounds"], range(1_000), chain(1_000))
    # what fits into the rounds is right
    found = components(compiled["components_in_two_rounds"], range(3), [(2, 1)])
    assert found == {0: 0, 1: 1, 2: 1}
