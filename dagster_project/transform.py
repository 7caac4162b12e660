"""The dbt project as assets, its tests as checks, in one build.

Here belongs how dbt is run and what Dagster records of it. Not here: any rule about the data (../dbt).
"""

import contextlib
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import (
    DagsterDbtTranslator,
    DagsterDbtTranslatorSettings,
    DbtCliInvocation,
    DbtCliResource,
    DbtProject,
    dbt_assets,
)
from dagster_dbt.compat import DBT_PYTHON_VERSION

from dagster_project import extent, warehouse
from dagster_project.extent import Extent
from dagster_project.ingest.inbox import code_version
from dagster_project.ingest.source import POOL
from dagster_project.settings import DBT_DIR, PROJECT_DIR, SEEDS_DIR, Settings, SettingsError
from dagster_project.warehouse import Table

PROJECT = DbtProject(DBT_DIR, profiles_dir=DBT_DIR)
# The dbt of this environment, also when its bin/ is not on PATH.
DBT_EXECUTABLE = Path(sys.executable).with_name("dbt")
ROWS_PREFIX = "rows: "  # what the macro log_rows logs after each model


class Layers(DagsterDbtTranslator):
    """A model's schema is its folder is its key's prefix is its group; a source names its asset itself."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        if dbt_resource_props["resource_type"] == "source":
            return super().get_asset_key(dbt_resource_props)
        return dg.AssetKey([_layer(dbt_resource_props), dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        return _layer(dbt_resource_props)

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        return dbt_resource_props["description"]  # without the SQL, which drowns it in the catalog


def _layer(props: Mapping[str, Any]) -> str:
    return "seeds" if props["resource_type"] == "seed" else props["schema"]


def environment(settings: Settings, computed: Extent | None = None) -> dict[str, str]:
    """What dbt's profile and project read, and where its Python models find this package."""
    paths = [str(PROJECT_DIR), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    return {
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(path for path in paths if path)),
        "WAREHOUSE_PATH": str(settings.warehouse_path),
        "UNPUBLISHED_PATH": str(settings.unpublished_path),
        "DUCKDB_MEMORY_LIMIT": settings.memory_limit,
        "DUCKDB_THREADS": str(settings.threads),
        # Set in a large world only: its flows are computed year by year.
        "FIRST_YEAR": str(computed.first_year) if computed and computed.is_large else "",
        "AS_OF": settings.as_of.isoformat() if settings.as_of else "",
        "DO_NOT_TRACK": "1",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }


class Dbt(DbtCliResource):
    """dbt without what takes seconds of every run and is never used: a handle to the warehouse in this process, and a
    process that prints its version."""

    @cached_property
    def _cli_version(self) -> Any:
        return DBT_PYTHON_VERSION

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> None:
        return None


def resource() -> Dbt:
    return Dbt(project_dir=PROJECT, dbt_executable=str(DBT_EXECUTABLE))


def manifest_path() -> Path:
    """dbt's own description of the project, parsed again when it is missing or older than a file of it."""
    path = PROJECT.manifest_path
    files = [f for root in (DBT_DIR, SEEDS_DIR) for f in root.rglob("*") if f.suffix in (".sql", ".yml", ".csv", ".py")]
    newest = max(f.stat().st_mtime for f in files if path.parent not in f.parents)
    if not path.exists() or path.stat().st_mtime < newest:
        # Parsed with what the run will use: dbt would parse a second time for a profile that changed.
        with contextlib.suppress(SettingsError):
            os.environ.update(environment(Settings.from_environment()))
        resource().cli(["parse"], target_path=path.parent).wait()
        path.touch()
    return path


MANIFEST = manifest_path()


@cache
def manifest() -> dict[str, Any]:
    """dbt's description of the project, read once."""
    return json.loads(MANIFEST.read_text())


# One: it remembers what it has resolved, and a run calls it for each of hundreds of events. The tables in which the
# warehouse keeps its own notes are one asset, the first.
LAYERS = Layers(DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True))


def assets_of(tables: Sequence[Table]) -> dg.AssetsDefinition:
    """The multi-asset of all models. `tables`: those of raw, of which the flows decide how large the world is."""

    @dbt_assets(
        manifest=MANIFEST,
        project=PROJECT,
        dagster_dbt_translator=LAYERS,
        pool=POOL,
    )
    def transform(context: dg.AssetExecutionContext, dbt: DbtCliResource) -> Iterator[Any]:
        settings = Settings.from_environment()
        is_daily = extent.DAILY.items() <= context.run.tags.items()
        computed = extent.plan(settings, tables, code_version(), is_daily=is_daily)
        os.environ.update(environment(settings, computed))
        warehouse.drop_unknown(settings, made())
        extent.note_begun(settings, context.run_id, computed, is_of_all_models=not context.is_subset)
        invocation = dbt.cli(arguments(computed), context=context, target_path=settings.dbt_target)
        yield from _events(invocation, context)
        extent.note_completed(settings, context.run_id)
        if not settings.as_of:
            warehouse.note_uses(settings)

    return transform


def arguments(computed: Extent) -> list[str]:
    """What dbt is called with. Unit tests check whether the code is right, which no run's data can change: they are
    part of `make test`."""
    build = ["build", "--exclude-resource-type", "unit_test"]
    if not computed.is_large:
        return build
    first, end = f"{computed.first_year}-01-01", f"{computed.last_year + 1}-01-01"
    whole = [] if computed.is_since else ["--full-refresh"]
    return [*build, "--event-time-start", first, "--event-time-end", end, *whole]


def _events(invocation: DbtCliInvocation, context: dg.AssetExecutionContext) -> Iterator[Any]:
    """What Dagster records of a dbt run: each model with its rows, and each test."""
    rows: dict[str, int] = {}
    for event in invocation.stream_raw_events():
        node = event.raw_event["data"].get("node_info", {}).get("unique_id")
        message = event.raw_event["info"]["msg"]
        if event.raw_event["info"]["name"] == "JinjaLogInfo" and message.startswith(ROWS_PREFIX):
            rows[node] = int(message.removeprefix(ROWS_PREFIX))
        for result in event.to_default_asset_events(
            manifest=manifest(), dagster_dbt_translator=LAYERS, context=context, project=PROJECT
        ):
            if isinstance(result, dg.Output) and node in rows:
                result = dg.Output(
                    value=None,
                    output_name=result.output_name,
                    metadata={**result.metadata, "dagster/row_count": rows[node]},
                )
            yield result


def made() -> set[tuple[str, str, str]]:
    """The file, schema and name of what each model makes."""
    nodes = manifest()["nodes"].values()
    return {(n["database"], n["schema"], n["alias"]) for n in nodes if n["resource_type"] == "model"}


def described() -> dict[str, dict]:
    """The models of the layer `marts` from the manifest: name → its node, with descriptions and columns."""
    nodes = manifest()["nodes"].values()
    return {n["name"]: n for n in nodes if n["resource_type"] == "model" and n["schema"] == "marts"}
