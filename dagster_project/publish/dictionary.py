"""The data dictionary: every published table, what one of its rows is, what each column means.

The words are dbt's descriptions, what a column is made of tells lineage.py; here belongs only how it is laid out.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from dagster_project import warehouse
from dagster_project.publish.site import TEMPLATES, lineage
from dagster_project.settings import Settings
from dagster_project.warehouse import Description


def write(settings: Settings, tables: Sequence[Description], rows: Mapping[str, int], manifest: Mapping) -> Path:
    """Write docs.html beside the published file, whole or not at all. Returns its path. `manifest` is dbt's."""
    columns: dict[str, dict[str, dict[str, str]]] = {}
    for schema, table, column, kind in warehouse.ask(
        settings, "select schema_name, table_name, column_name, data_type from duckdb_columns() where not internal"
    ):
        columns.setdefault(schema, {}).setdefault(table, {})[column] = kind
    made_of = lineage.of_marts(manifest, settings.dbt_target / "compiled", columns)
    with warehouse.published(settings) as con:
        types = {
            (table, column): kind
            for table, column, kind in con.execute(
                "select table_name, column_name, data_type from duckdb_columns() where schema_name = 'marts'"
            ).fetchall()
        }
        about = con.execute("select * from marts.about").fetchone()
        facts = dict(zip([c[0] for c in con.description], about, strict=True))
    page = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True)
    html = page.get_template("dictionary.html.j2").render(
        tables=tables, rows=rows, types=types, about=facts, made_of=made_of, raw_tables=lineage.raw_tables(manifest)
    )
    path = settings.published_dir / "docs.html"
    unfinished = path.with_name(".docs.html.unfinished")
    unfinished.write_text(html, encoding="utf-8")
    os.replace(unfinished, path)
    return path
