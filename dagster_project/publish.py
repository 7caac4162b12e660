"""The last asset: the marts become files that readers may hold open while the next ones are built.

It runs only when every gate and every dbt test of the same run passed. Not here: what a table means; the
descriptions come from dbt's manifest, so that they are written once.
"""

import re

import dagster as dg

from dagster_project import transform, warehouse
from dagster_project.pages import dictionary
from dagster_project.raw import POOL
from dagster_project.settings import Settings
from dagster_project.warehouse import Description


def descriptions() -> list[Description]:
    """Every mart with its own words. A view's SQL loses the warehouse's name: the file stands alone."""
    return [
        Description(
            name=name,
            text=node["description"],
            columns={c: column["description"] for c, column in node["columns"].items()},
            grain=transform.grain(name),
            view_sql=_portable(name) if transform.is_view(node) else None,
            parts_of=transform.parts_of(node),
        )
        for name, node in sorted(transform.described().items())
    ]


def _portable(name: str) -> str:
    sql = warehouse.view_sql(Settings.from_environment(), "marts", name)
    return re.sub(r'"?warehouse"?\.', "", sql)


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
    counts = warehouse.publish(settings, tables)
    page = dictionary.write(settings, tables, counts)
    warehouse.note_tested(settings)  # nothing is published before every test has passed
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": sum(counts.values()),
            "tables": dg.MetadataValue.json(counts),
            "file": dg.MetadataValue.path(str(settings.published_path)),
            "data_dictionary": dg.MetadataValue.path(str(page)),
            "bytes": settings.published_path.stat().st_size,
        }
    )
