"""The dbt project as assets, its tests as checks, in one build.

Here belongs how dbt is run and what Dagster records of it. Not here: any rule about the data (../dbt).
"""

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
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
from dagster_dbt.core.dbt_cli_event import DbtCliEventMessage
from dagster_dbt.core.dbt_cli_invocation import PARTIAL_PARSE_FILE_NAME

from dagster_project import dbt_process, extent, warehouse
from dagster_project.dbt_process import DbtFailed
from dagster_project.extent import Extent
from dagster_project.ingest.inbox import code_version
from dagster_project.ingest.source import POOL
from dagster_project.publish import builds
from dagster_project.settings import DBT_DIR, PROJECT_DIR, SEEDS_DIR, Settings
from dagster_project.spark import environment as spark_environment
from dagster_project.spark import handover
from dagster_project.warehouse import Table

PROJECT = DbtProject(DBT_DIR, profiles_dir=DBT_DIR)
# The dbt of this environment, also when its bin/ is not on PATH.
DBT_EXECUTABLE = Path(sys.executable).with_name("dbt")
ROWS_PREFIX = "rows: "  # what the macro log_rows logs after each model
STAGED, COMPUTED = "path:models/staging", "path:models/intermediate path:models/marts"
# Sentences of Spark's, by pattern, and what to do about each in its settings; a cause before what follows from it.
SPARK_REMEDIES = {
    "OutOfMemory|heap space|exit code 137|ExecutorLost|maxResultSize": (
        "Raise spark.executor.memory, spark.driver.memory or spark.sql.shuffle.partitions"
    ),
    "masters are unresponsive|Failed to connect to master|stopped SparkContext|SparkContext was shut down": (
        "Start the master that spark.master names, or name another"
    ),
}
BATCH_FAILED = "Exception on worker thread"
# Lines of dbt and of py4j before the database's own words.
NOT_THE_CAUSE = re.compile(rf"\w+ Error( in |$)|Encountered an error|An error occurred while calling|{BATCH_FAILED}")
LONGEST_SENTENCE = 400  # characters of the database's own


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
        "OPENBLAS_NUM_THREADS": "1",  # the last digits of an estimate depend on how many threads add up
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


@cache
def manifest() -> dict[str, Any]:
    """dbt's own description of the project, read once; parsed where the data directory has none of these very files.

    Each is a file of its own, named by what it describes, and appears there whole: processes that start together wait
    for the one that parses, and none ever reads half of one.
    """
    settings = Settings.from_environment()
    path = settings.dbt_target / f"manifest-{_digest()}.json"
    if not path.exists():
        settings.dbt_target.mkdir(parents=True, exist_ok=True)
        lock = os.open(settings.dbt_target, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not path.exists():
                _parse(settings, path)
        finally:
            os.close(lock)
    return json.loads(path.read_text())


def _digest() -> str:
    """A checksum of the files that dbt parses, of where they are, and of what parses them."""
    digest = hashlib.sha256(f"{DBT_DIR} {DBT_PYTHON_VERSION}".encode())
    for root in (DBT_DIR, SEEDS_DIR):
        for file in sorted(root.rglob("*")):
            if file.suffix in (".sql", ".yml", ".csv", ".py", ".md") and (DBT_DIR / "target") not in file.parents:
                digest.update(f"{file.relative_to(PROJECT_DIR)}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def _parse(settings: Settings, path: Path) -> None:
    """Let dbt parse the project in this process, with what a run will use: for another profile it would parse again."""
    from dbt.cli.main import dbtRunner

    folder = settings.dbt_target / ".parsing"  # one process parses: what a dead one left is in nobody's use
    shutil.rmtree(folder, ignore_errors=True)
    os.environ.update(environment(settings))
    places = {"--project-dir": DBT_DIR, "--profiles-dir": DBT_DIR, "--target-path": folder, "--log-path": folder}
    with contextlib.chdir(DBT_DIR):  # dbt goes there, and stays
        parsed = dbtRunner().invoke(["parse", *(str(part) for option in places.items() for part in option)])
    if not parsed.success:
        sentence = _database_sentence(str(parsed.exception))
        raise DbtFailed(f"dbt cannot parse its project: {sentence}\n{_remedy(settings, sentence)}")
    os.replace(folder / PARTIAL_PARSE_FILE_NAME, settings.dbt_target / PARTIAL_PARSE_FILE_NAME)  # a run begins with it
    for older in settings.dbt_target.glob("manifest-*.json"):
        older.unlink()
    os.replace(folder / "manifest.json", path)
    shutil.rmtree(folder, ignore_errors=True)


# One: it remembers what it has resolved, and a run calls it for each of hundreds of events. The tables in which the
# warehouse keeps its own notes are one asset, the first.
LAYERS = Layers(DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True))


def assets_of(tables: Sequence[Table]) -> dg.AssetsDefinition:
    """The multi-asset of all models. `tables`: those of raw, of which the flows decide how large the world is."""

    @dbt_assets(
        manifest=manifest(),
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
        if settings.engine == "spark":
            yield from _on_spark(settings, dbt, context, computed)
        else:
            yield from _build(settings, dbt, context, arguments(computed))
        extent.note_completed(settings, context.run_id)
        if not settings.as_of:
            warehouse.note_uses(settings)

    return transform


def _build(
    settings: Settings, dbt: DbtCliResource, context: dg.AssetExecutionContext, given: Sequence[str]
) -> Iterator[Any]:
    """One call of dbt for the run's models. Raises DbtFailed."""
    target_path = settings.dbt_target / (dbt.target or "")
    invocation = dbt.cli(given, context=context, target_path=target_path, raise_on_error=False)
    dbt_process.note(settings, invocation.process.pid)
    yield from _events(settings, invocation, context)


def _on_spark(
    settings: Settings, dbt: DbtCliResource, context: dg.AssetExecutionContext, computed: Extent
) -> Iterator[Any]:
    """DuckDB computes staging, Spark what builds on it, and DuckDB the views that readers open. Raises DbtFailed, and
    SparkFailed."""
    build = arguments(computed)
    yield from _build(settings, dbt, context, [*build, "--indirect-selection", "eager", "--exclude", COMPUTED])
    models = [n for n in manifest()["nodes"].values() if n["resource_type"] == "model"]
    in_spark = {f"{n['schema']}.{n['alias']}": n for n in models if n["schema"] in ("intermediate", "marts")}
    kept = [name for name, n in in_spark.items() if computed.is_since and n["config"]["event_time"]]
    kept = handover.begin(settings, [n["alias"] for n in models if n["schema"] == "staging"], in_spark, kept)
    if computed.is_since and not kept:  # else only the new years would be published
        raise handover.SparkFailed(
            f"{spark_environment.warehouse_uri(settings)} holds no earlier years: the last full build was of another "
            "engine, or lies elsewhere.\nRun once with ENGINE=spark and without SINCE."
        )
    on_spark = Dbt(project_dir=PROJECT, dbt_executable=str(DBT_EXECUTABLE), target="spark")
    with _variables(spark_environment.variables(settings, kept)):
        # cautious: a test of a staging model and a mart is run, with the mart
        yield from _build(
            settings, on_spark, context, [*build, "--indirect-selection", "cautious", "--exclude", STAGED]
        )
    handover.take_back(settings, _marts())
    views = dbt.cli(
        ["run", "--select", "path:models/marts,config.materialized:view"],
        manifest=manifest(),
        target_path=settings.dbt_target,
        raise_on_error=False,
    )
    dbt_process.note(settings, views.process.pid)
    if failure := _failure(settings, views, list(views.stream_raw_events())):
        raise failure


def _marts() -> list[handover.Mart]:
    """The marts that are tables."""
    return [
        handover.Mart(
            name,
            columns={c: column["data_type"] for c, column in node["columns"].items()},
            not_null={c for c, column in node["columns"].items() if column["constraints"]},
            grain=grain(node),
        )
        for name, node in described().items()
        if node["config"]["materialized"] != "view"
    ]


@contextlib.contextmanager
def _variables(added: Mapping[str, str]) -> Iterator[None]:
    """Environment variables for the processes that are started inside."""
    before = dict(os.environ)
    os.environ.update(added)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def arguments(computed: Extent) -> list[str]:
    """What dbt is called with. Unit tests check whether the code is right, which no run's data can change: they are
    part of `make test`."""
    build = ["build", "--exclude-resource-type", "unit_test"]
    if not computed.is_large:
        return build
    first, end = f"{computed.first_year}-01-01", f"{computed.last_year + 1}-01-01"
    whole = [] if computed.is_since else ["--full-refresh"]
    return [*build, "--event-time-start", first, "--event-time-end", end, *whole]


def _events(settings: Settings, invocation: DbtCliInvocation, context: dg.AssetExecutionContext) -> Iterator[Any]:
    """What Dagster records of a dbt run: each model with its rows, and each test. Raises DbtFailed at its end."""
    rows: dict[str, int] = {}
    errors: list[DbtCliEventMessage] = []
    for event in invocation.stream_raw_events():
        if event.raw_event["info"]["level"] == "error":
            errors.append(event)
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
    if failure := _failure(settings, invocation, errors):
        raise failure


def _failure(
    settings: Settings, invocation: DbtCliInvocation, events: Sequence[DbtCliEventMessage]
) -> DbtFailed | None:
    """Why dbt ended with an error; None where it did not. `events`: those it logged as errors, and maybe others."""
    if invocation.process.wait() == 0:
        return None
    own = {event.raw_event["info"]["invocation_id"] for event in events}
    try:
        results = invocation.get_artifact("run_results.json")
        of_this = results["results"] if results["metadata"]["invocation_id"] in own else []
    except (OSError, ValueError):  # it came to none
        of_this = []
    failed = sorted(
        (one for one in of_this if one["status"] in ("error", "fail")), key=lambda one: one["status"] == "fail"
    )
    more = f" ({len(failed) - 1} more failed; {settings.log_path} has all.)" if len(failed) > 1 else ""
    if not failed:  # before the first model
        errors = [event.raw_event["info"]["msg"] for event in events if event.raw_event["info"]["level"] == "error"]
        sentence = (
            _database_sentence(errors[-1]) if errors else f"it ended with the code {invocation.process.returncode}"
        )
        return DbtFailed(f"dbt stopped: {sentence}\n{_remedy(settings, sentence)}")
    first = next((one for cause in SPARK_REMEDIES for one in failed if _is_spark(settings, cause, one)), failed[0])
    kind, _, name = first["unique_id"].split(".", 2)
    compiled = next(
        (
            f" Its query: {path}."
            for path in invocation.target_path.rglob(f"{name.split('.')[0]}.sql")
            if path.is_file()
        ),
        "",
    )
    if first["status"] == "fail":
        return DbtFailed(
            f"The test {name.split('.')[0]} failed: {first['failures'] or 0:,} rows do not pass.{more}\n"
            f"Nothing that builds on it was published.{compiled} Look at those rows, correct or remove the file they "
            "come from, and run again."
        )
    message = first["message"] or ""
    if message == "ERROR":  # of a batch, whose own message is an event alone
        logged = [event.raw_event["info"]["msg"] for event in events]
        message = next((words for words in logged if words.startswith(BATCH_FAILED)), message)
    sentence = _database_sentence(message)
    return DbtFailed(f"The {kind} {name} failed: {sentence}{more}\n{_remedy(settings, sentence)}{compiled}")


def _is_spark(settings: Settings, cause: str, result: Mapping[str, Any]) -> bool:
    return settings.engine == "spark" and bool(re.search(cause, result["message"] or "", re.I))


def _database_sentence(message: str) -> str:
    """The database's own words in dbt's message, which begins with its own and ends with parts of the query."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    if lines and lines[0].startswith("Traceback"):
        lines = lines[-1:]
    while len(lines) > 1 and NOT_THE_CAUSE.match(lines[0]):
        lines = lines[1:]
    sentence = lines[0] if lines else "the database gave no reason"
    return sentence[:LONGEST_SENTENCE] + ("…" if len(sentence) > LONGEST_SENTENCE else "")


def _remedy(settings: Settings, sentence: str) -> str:
    if re.search("out of memory|memory limit", sentence, re.I):
        return f"Give DuckDB more than DUCKDB_MEMORY_LIMIT={settings.memory_limit}, and run again."
    if builds.NO_SPACE.search(sentence):
        return f"Make room on the disk of {settings.data_dir}, and run again."
    for cause, remedy in SPARK_REMEDIES.items():
        if _is_spark(settings, cause, {"message": sentence}):
            return f"{remedy} in {spark_environment.configuration(settings)}, and run again."
    if "lock on file" in sentence:
        return "Wait for the other process, and run again."
    return "A value in the data is the likely cause: remove its file from the inbox, or report it with this sentence."


def grain(node: Mapping[str, Any]) -> list[str]:
    """The columns of a mart that no two rows share, in the table's order; none where no test names them."""
    return [column for column in node["columns"] if column in node["primary_key"]]  # which dbt sorts


def made() -> set[tuple[str, str, str]]:
    """The file, schema and name of what each model makes."""
    nodes = manifest()["nodes"].values()
    return {(n["database"], n["schema"], n["alias"]) for n in nodes if n["resource_type"] == "model"}


def described() -> dict[str, dict]:
    """The models of the layer `marts` from the manifest: name → its node, with descriptions and columns."""
    nodes = manifest()["nodes"].values()
    return {n["name"]: n for n in nodes if n["resource_type"] == "model" and n["schema"] == "marts"}
