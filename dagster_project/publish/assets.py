"""The last assets: the marts become files that readers may hold open while the next ones are built, and pages.

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
from dagster_project.publish import dictionary
from dagster_project.publish.site import render
from dagster_project.settings import DBT_DIR, PROJECT_DIR, Settings
from dagster_project.warehouse import Description

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
            grain=transform.grain(node["name"]),
            view_sql=_portable(node["name"]) if node["config"]["materialized"] == "view" else None,
            lies_as=transform.lies_as(node),
        )
        for node in (marts[key] for key in order.static_order() if key in marts)
    ]


def _portable(name: str) -> str:
    sql = warehouse.view_sql(Settings.from_environment(), "marts", name)
    return re.sub(r'"?unpublished"?\.', "", sql)


@dg.asset(
    key=["published", "ghost_trade"],
    group_name="published",
    deps=[dg.AssetKey(["marts", name]) for name in transform.described()],
    description="The marts as one DuckDB file, as Parquet, and the data dictionary; swapped in under readers.",
    pool=POOL,
    kinds={"duckdb", "parquet"},
)
def publish(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    settings = Settings.from_environment()
    tables = descriptions()
    counts = warehouse.publish(settings, tables, MACROS.read_text(encoding="utf-8"))
    page = dictionary.write(settings, tables, counts, transform.manifest())
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": sum(counts.values()),
            "tables": dg.MetadataValue.json(counts),
            "file": dg.MetadataValue.path(str(settings.published_path)),
            "data_dictionary": dg.MetadataValue.path(str(page)),
            "bytes": settings.published_path.stat().st_size,
        }
    )


SHOWN_RESULTS = 8  # of each check; the rest stays in Dagster's own record


def checks(instance: dg.DagsterInstance, keys: Sequence[dg.AssetCheckKey]) -> list[render.Check]:
    """What Dagster remembers of every check, the newest result first."""
    found = []
    for key in sorted(keys, key=lambda k: (k.asset_key.path, k.name)):
        layer, *asset = key.asset_key.path
        records = instance.event_log_storage.get_asset_check_execution_history(key, limit=SHOWN_RESULTS)
        told = [record.event.dagster_event.event_specific_data for record in records if record.event]
        when = [datetime.fromtimestamp(record.event.timestamp, UTC) for record in records if record.event]
        results = [(at, said) for at, said in zip(when, told, strict=True) if hasattr(said, "passed")]
        found.append(
            render.Check(
                layer=layer,
                asset="/".join(asset),
                name=key.name,
                is_blocking=bool(results) and results[0][1].severity == dg.AssetCheckSeverity.ERROR,
                results=tuple((at, said.passed) for at, said in results),
                said=(results[0][1].description or "") if results else "",
            )
        )
    return found


def parameters() -> dict[str, object]:
    """The parameters that decide figures, as dbt has them."""
    given = yaml.safe_load((DBT_DIR / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    return {name: given[name] for name in sorted(given["method_parameters"])}


def site_of(checked: Sequence[dg.AssetsDefinition]) -> dg.AssetsDefinition:
    """The asset of the pages, which tell what the checks of these definitions found."""
    keys = [key for definition in checked for key in definition.check_keys]

    @dg.asset(
        key=["published", "site"],
        group_name="published",
        deps=[dg.AssetKey(["published", "ghost_trade"])],
        description="Pages for people: they open from disk, with no server and no network; swapped in whole.",
        pool=POOL,
        kinds={"html"},
    )
    def publish_site(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        built = render.write(Settings.from_environment(), checks(context.instance, keys), parameters())
        drawn = base64.b64encode(built.picture).decode()
        return dg.MaterializeResult(
            metadata={
                "gaps": dg.MetadataValue.md(f"![Gaps of the widest corridors](data:image/png;base64,{drawn})"),
                "site": dg.MetadataValue.path(str(built.path / "index.html")),
                "pages": built.pages,
                "files": built.files,
                "bytes": built.size_bytes,
                "largest_page": f"{built.largest_page}, {built.largest_page_bytes:,} bytes",
                "seconds": round(built.seconds, 1),
                "summary": dg.MetadataValue.md(built.summary),
            }
        )

    return publish_site
