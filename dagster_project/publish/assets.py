"""The last assets: the marts become a build, which readers find when the last file of it is written.

They run only when every gate and every dbt test of the same run passed. Not here: what a table means; the
descriptions come from dbt's manifest, so that they are written once.
"""

import base64
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from graphlib import TopologicalSorter

import dagster as dg
import yaml

from dagster_project import transform, warehouse
from dagster_project.ingest.source import POOL
from dagster_project.publish import builds, dictionary, marts_file
from dagster_project.publish.marts_file import Description
from dagster_project.publish.site import render
from dagster_project.settings import DBT_DIR, PROJECT_DIR, Settings

MACROS = PROJECT_DIR / "bi" / "macros.sql"  # the commonest questions, which the file answers by name


def descriptions() -> list[Description]:
    """Every mart with its own words, each after those it reads. A view's SQL loses the file's name: what is published
    has another."""
    marts = {node["unique_id"]: node for node in transform.described().values()}
    order = TopologicalSorter({key: sorted(node["depends_on"]["nodes"]) for key, node in sorted(marts.items())})
    return [
        Description(
            name=node["name"],
            text=node["description"],
            columns={c: column["description"] for c, column in node["columns"].items()},
            grain=transform.grain(node),
            view_sql=_portable(node["name"]) if node["config"]["materialized"] == "view" else None,
            is_in_parquet=node["config"]["meta"].get("is_in_parquet", True),
        )
        for node in (marts[key] for key in order.static_order() if key in marts)
    ]


def _portable(name: str) -> str:
    sql = warehouse.view_sql(Settings.from_environment(), "marts", name)
    return re.sub(r'"?unpublished"?\.', "", sql)


def build_id(context: dg.AssetExecutionContext) -> str:
    """By which the assets of a run find its build: the run's id, or that of the first where a run was repeated."""
    return context.run.root_run_id or context.run.run_id


@dg.asset(
    key=["published", "ghost_trade"],
    group_name="published",
    deps=[dg.AssetKey(["marts", name]) for name in transform.described()],
    description="The marts as one DuckDB file, as Parquet, and the data dictionary: what the next build begins with.",
    pool=POOL,
    kinds={"duckdb", "parquet"},
)
def publish(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    settings = Settings.from_environment()
    folder = builds.begin(settings, build_id(context))
    with builds.writing(settings, folder):
        tables = descriptions()
        rows = marts_file.write(settings, folder, tables, MACROS.read_text(encoding="utf-8"))
        dictionary.write(settings, folder, tables, rows, transform.manifest())
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": sum(rows.values()),
            "tables": dg.MetadataValue.json(rows),
            "bytes": (folder / settings.published_path.name).stat().st_size,
        }
    )


SHOWN_RESULTS = 8  # of each check; the rest stays in Dagster's own record


def checks(instance: dg.DagsterInstance, keys: Sequence[dg.AssetCheckKey]) -> list[render.Check]:
    """The results of every check as Dagster recorded them, the newest first."""
    checked = []
    for key in sorted(keys, key=lambda k: (k.asset_key.path, k.name)):
        layer, *asset = key.asset_key.path
        records = instance.event_log_storage.get_asset_check_execution_history(key, limit=SHOWN_RESULTS)
        outcomes = [record.event.dagster_event.event_specific_data for record in records if record.event]
        when = [datetime.fromtimestamp(record.event.timestamp, UTC) for record in records if record.event]
        results = [(at, outcome) for at, outcome in zip(when, outcomes, strict=True) if hasattr(outcome, "passed")]
        checked.append(
            render.Check(
                layer=layer,
                asset="/".join(asset),
                name=key.name,
                is_blocking=bool(results) and results[0][1].severity == dg.AssetCheckSeverity.ERROR,
                results=tuple((at, outcome.passed) for at, outcome in results),
                message=(results[0][1].description or "") if results else "",
            )
        )
    return checked


def parameters() -> dict[str, object]:
    """The parameters that decide figures, as dbt has them."""
    given = yaml.safe_load((DBT_DIR / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    return {name: given[name] for name in sorted(given["method_parameters"])}


def site_of(checked: Sequence[dg.AssetsDefinition]) -> dg.AssetsDefinition:
    """The asset of the pages, which show the results of the checks of these definitions."""
    keys = [key for definition in checked for key in definition.check_keys]

    @dg.asset(
        key=["published", "site"],
        group_name="published",
        deps=[dg.AssetKey(["published", "ghost_trade"])],
        description="Pages for people, from disk, with no server and no network; then readers find the new build.",
        pool=POOL,
        kinds={"html"},
    )
    def publish_site(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        settings, run_id = Settings.from_environment(), build_id(context)
        in_this_job = publish.key in context.job_def.asset_layer.executable_asset_keys
        folder = builds.resume(settings, run_id, wrote_marts=in_this_job or run_id != context.run.run_id)
        with builds.writing(settings, folder):
            built = render.write(settings, folder, settings.published_dir, checks(context.instance, keys), parameters())
        build = builds.finish(settings, folder, run_id)
        picture = base64.b64encode(built.picture).decode()
        return dg.MaterializeResult(
            metadata={
                "gaps": dg.MetadataValue.md(f"![Gaps of the widest corridors](data:image/png;base64,{picture})"),
                "build": dg.MetadataValue.path(str(build)),
                "file": dg.MetadataValue.path(str(settings.published_path)),
                "data_dictionary": dg.MetadataValue.path(str(settings.published_dir / "docs.html")),
                "site": dg.MetadataValue.path(str(settings.published_dir / "site" / "index.html")),
                "pages": built.pages,
                "files": built.files,
                "bytes": built.size_bytes,
                "largest_page": f"{built.largest_page}, {built.largest_page_bytes:,} bytes",
                "seconds": round(built.seconds, 1),
                "summary": dg.MetadataValue.md(built.summary),
            }
        )

    return publish_site
