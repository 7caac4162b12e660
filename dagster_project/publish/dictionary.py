"""The data dictionary: every published table, what one of its rows is, what each column means.

The words are dbt's descriptions, what a column is made of is lineage.py's; here belongs only how it is laid out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from dagster_project import warehouse
from dagster_project.publish.marts_file import Description
from dagster_project.publish.site import TEMPLATES, lineage
from dagster_project.settings import Settings


def write(
    settings: Settings, folder: Path, tables: Sequence[Description], rows: Mapping[str, int], manifest: Mapping
) -> None:
    """Write docs.html beside ghost_trade.duckdb in a folder, whole or not at all. `manifest` is dbt's."""
    columns: dict[str, dict[str, dict[str, str]]] = {}
    for schema, table, column, kind in warehouse.ask(
        settings, "select schema_name, table_name, column_name, data_type from duckdb_columns() where not internal"
    ):
        columns.setdefault(schema, {}).setdefault(table, {})[column] = kind
    made_of = lineage.of_marts(manifest, settings.dbt_target / "compiled", columns)
    with warehouse.connect_file(settings, folder / settings.published_path.name) as con:
        types = {
            (table, column): kind
            for table, column, kind in con.execute(
                "select table_name, column_name, data_type from duckdb_columns() where schema_name = 'marts'"
            ).fetchall()
        }
        [about] = con.execute("select * from marts.about").fetchall()
        facts = dict(zip([c[0] for c in con.description], about, strict=True))
    page = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True)
    html = page.get_template("dictionary.html.j2").render(
        tables=tables, rows=rows, types=types, about=facts, made_of=made_of, raw_tables=lineage.raw_tables(manifest)
    )
    unfinished = folder / ".docs.html"
    unfinished.write_text(html, encoding="utf-8")
    unfinished.replace(folder / "docs.html")
