"""The graph Dagster sees: one graph, groups named by layer, one writer, gates that block."""

from __future__ import annotations

import csv
import re
from types import ModuleType

import dagster as dg
import pytest
from dagster._core.definitions.dependency import NodeHandle

from dagster_project import extent, schedules, transform
from dagster_project.definitions import SOURCES, defs
from dagster_project.ingest.source import POOL
from dagster_project.settings import PROJECT_DIR, SEEDS_DIR

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
    nodes = transform.manifest()["nodes"].values()
    models = {(n["schema"], n["name"]) for n in nodes if n["resource_type"] == "model"}
    assert models <= {tuple(key.path) for key in graph.materializable_asset_keys}


def test_what_a_build_notes_of_itself_comes_from_the_first_asset(graph) -> None:
    for name in ("stg_build__builds", "stg_build__landings", "stg_build__fetch_sessions"):
        assert graph.get(dg.AssetKey(["staging", name])).parent_keys == {dg.AssetKey(["landing", "inbox"])}


def test_every_job_renews_what_a_build_says_of_itself() -> None:
    for job in ("refresh", "refresh_lists", "refresh_comtrade", "refresh_eurostat"):
        selected = {tuple(key.path) for key in defs.resolve_job_def(job).asset_layer.executable_asset_keys}
        facts = {("intermediate", "int_builds_described"), ("marts", "about"), ("marts", "sources")}
        assert facts <= selected, job


def test_every_dbt_data_test_is_an_asset_check(graph) -> None:
    nodes = transform.manifest()["nodes"].values()
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


def test_one_job_refreshes_everything_but_the_months_a_person_asks_for(graph) -> None:
    selected = defs.resolve_job_def("refresh").asset_layer.executable_asset_keys
    assert set(graph.materializable_asset_keys) - set(selected) == {dg.AssetKey(["landing", "month"])}


@pytest.mark.parametrize(
    ("name", "job", "sources"),
    [
        ("daily_lists", "refresh_lists", {"ofac", "eu", "eu_regulation", "un", "uk", "csl", "opensanctions", "ecb"}),
        ("eurostat_releases", "refresh_eurostat", {"eurostat", "ecb"}),
        ("weekly_refresh", "refresh", {source.name for source in SOURCES}),
    ],
)
def test_each_schedule_asks_its_sources_and_publishes(name: str, job: str, sources: set[str]) -> None:
    assert defs.resolve_schedule_def(name).job_name == job
    selected = {tuple(key.path) for key in defs.resolve_job_def(job).asset_layer.executable_asset_keys}
    assert {source for layer, source in selected if layer == "landing"} == sources | {"inbox"}
    assert ("published", "ghost_trade") in selected


def test_a_sensor_waits_for_comtrades_releases() -> None:
    sensor = defs.resolve_sensor_def("comtrade_releases")
    assert sensor.job_name == "refresh_comtrade"
    selected = {tuple(key.path) for key in defs.resolve_job_def("refresh_comtrade").asset_layer.executable_asset_keys}
    assert ("landing", "comtrade") in selected and ("published", "ghost_trade") in selected


def source_module(name: str, **more: object) -> ModuleType:
    """A source that is in no list yet, as far as a job looks at it."""
    module = ModuleType(name)
    vars(module).update({"NAME": name, "recognise": lambda head: None, **more})
    return module


def test_a_new_source_is_in_its_jobs_without_a_second_line() -> None:
    with_service = {"fetch": lambda session: None}
    scheduled = schedules.of(
        trade=[
            source_module("armstat", **with_service),
            source_module("geostat", **with_service, RELEASES="0 7 20 * *"),
            source_module("uzstat", **with_service, newest_release=lambda session: ""),
            source_module("belstat"),  # files alone: the weekly run takes them
        ],
        lists=[source_module("seco", **with_service)],
        rates=[source_module("nbk", **with_service)],
    )
    selections = {job.name: str(job.selection) for job in scheduled.jobs}
    assert set(selections) == {"refresh", "refresh_lists", "refresh_armstat", "refresh_geostat", "refresh_uzstat"}
    assert "landing/seco" in selections["refresh_lists"] and "landing/nbk" in selections["refresh_lists"]
    assert "landing/armstat" in selections["refresh_armstat"] and "landing/nbk" in selections["refresh_armstat"]
    assert {one.name: one.cron_schedule for one in scheduled.schedules}.items() >= {
        ("armstat_releases", schedules.DAILY),
        ("geostat_releases", "0 7 20 * *"),
    }
    assert [sensor.name for sensor in scheduled.sensors] == ["uzstat_releases"]


def test_every_job_but_the_weekly_one_may_leave_early_years_of_a_large_world_alone() -> None:
    for job in defs.resolve_all_job_defs():
        if not job.name.startswith("__"):
            assert (extent.DAILY.items() <= job.tags.items()) == (job.name != "refresh"), job.name


def test_months_can_be_backfilled(graph) -> None:
    partitions = graph.get(dg.AssetKey(["landing", "month"])).partitions_def
    assert partitions.get_first_partition_key() == "2017-01-01"
    assert [source.name for source in SOURCES if source.has_months] == ["comtrade", "eurostat"]


def test_every_source_says_how_old_its_last_word_may_be(graph) -> None:
    for source in SOURCES:
        assert graph.get(dg.AssetKey(["landing", source.name])).freshness_policy is not None, source.name
        assert dg.AssetCheckKey(dg.AssetKey(["landing", source.name]), "fresh") in graph.asset_check_keys


def test_every_source_has_a_publisher_and_every_publisher_a_source() -> None:
    with (SEEDS_DIR / "publishers.csv").open(encoding="utf-8") as seed:
        assert {row["source_name"] for row in csv.DictReader(seed)} == {source.name for source in SOURCES}


def test_every_job_tells_the_webhook() -> None:
    for name in ("refresh", "refresh_lists", "refresh_comtrade", "refresh_eurostat"):
        job = defs.resolve_job_def(name)
        hooks = [h for node in job.graph.nodes for h in job.get_all_hooks_for_handle(NodeHandle(node.name, None))]
        assert {hook.name for hook in hooks} == {"tell_webhook"}, name


def test_postgresql_gets_what_was_published_in_every_job(graph) -> None:
    key = dg.AssetKey(["published", "postgres"])
    assert graph.get(key).parent_keys == {dg.AssetKey(["published", "ghost_trade"])}
    for job in defs.resolve_all_job_defs():
        if not job.name.startswith("__"):
            assert key in job.asset_layer.executable_asset_keys, job.name


def test_every_page_dashboard_and_door_says_which_marts_it_reads() -> None:
    exposures = transform.manifest()["exposures"].values()
    read = {e["name"]: {node.rpartition(".")[2] for node in e["depends_on"]["nodes"]} for e in exposures}
    marts = set(transform.described())
    assert {name for name in read if name.startswith("site_")} >= {
        f"site_{family}" for family in ("home", "country", "good", "basket", "article", "method", "data_quality")
    }
    assert {"superset_corridors", "superset_country"} <= set(read)
    assert all(names and names <= marts for names in read.values())
    assert read["postgresql"] == marts
    recipes = [*(PROJECT_DIR / "bi" / "cookbook").glob("*.sql"), PROJECT_DIR / "bi" / "macros.sql"]
    named = {name for path in recipes for name in re.findall(r"\bmarts\.(\w+)", path.read_text())}
    assert read["cookbook"] == named & marts


def test_publishing_waits_for_every_mart(graph) -> None:
    marts = {key for key in graph.materializable_asset_keys if key.path[0] == "marts"}
    assert graph.get(dg.AssetKey(["published", "ghost_trade"])).parent_keys == marts
