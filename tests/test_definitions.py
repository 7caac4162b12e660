"""The graph Dagster sees: one graph, groups named by layer, one writer, gates that block."""

from __future__ import annotations

import json

import dagster as dg
import pytest

from dagster_project import transform
from dagster_project.definitions import SOURCES, defs
from dagster_project.raw import POOL

LAYERS = {"landing", "raw", "staging", "intermediate", "marts", "published", "seeds"}


@pytest.fixture(scope="module")
def graph() -> dg.AssetGraph:
    return defs.resolve_asset_graph()


def test_the_definitions_are_loadable() -> None:
    dg.Definitions.validate_loadable(defs)


def test_a_layer_is_the_first_part_of_the_key_and_the_group(graph) -> None:
    for key in graph.materializable_asset_keys:
        assert key.path[0] in LAYERS
        assert graph.get(key).group_name == key.path[0]


def test_every_dbt_model_is_an_asset(graph) -> None:
    nodes = json.loads(transform.MANIFEST.read_text())["nodes"].values()
    models = {(n["schema"], n["name"]) for n in nodes if n["resource_type"] == "model"}
    assert models <= {tuple(key.path) for key in graph.materializable_asset_keys}


def test_every_dbt_data_test_is_an_asset_check(graph) -> None:
    nodes = json.loads(transform.MANIFEST.read_text())["nodes"].values()
    tests = {n["name"] for n in nodes if n["resource_type"] == "test"}
    assert tests and tests <= {key.name for key in graph.asset_check_keys}


def test_every_raw_table_has_gates_and_they_block(graph) -> None:
    for source in SOURCES:
        for table in source.tables:
            keys = [key for key in graph.asset_check_keys if key.asset_key.path == ["raw", table.name]]
            assert keys, f"raw/{table.name} has no gate"
            assert all(graph.get(key).blocking for key in keys)


def test_whatever_opens_the_warehouse_waits_for_the_one_writer(graph) -> None:
    job = defs.resolve_job_def("refresh")
    for node in job.graph.node_defs:
        assert node.pool == POOL, f"{node.name} is not in the pool {POOL}"


def test_loads_are_tried_again() -> None:
    job = defs.resolve_job_def("refresh")
    loads = [n for n in job.graph.nodes if n.name.startswith(("load_", "landing__")) and "inbox" not in n.name]
    assert len(loads) == 2 * len(SOURCES)
    assert all(node.definition.retry_policy is not None for node in loads)


def test_one_job_refreshes_everything_and_a_schedule_runs_it(graph) -> None:
    selected = defs.resolve_job_def("refresh").asset_layer.executable_asset_keys
    assert set(graph.materializable_asset_keys) == set(selected)
    assert defs.resolve_schedule_def("daily_refresh").job_name == "refresh"


def test_publishing_waits_for_every_mart(graph) -> None:
    marts = {key for key in graph.materializable_asset_keys if key.path[0] == "marts"}
    assert graph.get(dg.AssetKey(["published", "ghost_trade"])).parent_keys == marts
