"""The marts as one DuckDB file with their own words, and as Parquet.

Here belongs how a finished schema becomes files for readers. Not here: what a table means (dbt's descriptions, which
assets.py hands over), or where the files lie (builds.py).
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dagster_project import warehouse
from dagster_project.settings import Settings
from dagster_project.warehouse import identifier, identifiers, literal, value

# zstd at its fastest takes a fourth longer and saves 7 per cent. Codes of goods fit into a dictionary of this size;
# a figure that is there once does not, and is given up sooner.
PARQUET = "format parquet, compression snappy, dictionary_size_limit 8192"


@dataclass(frozen=True)
class Description:
    """A published table or view: what one row is, and what each column means."""

    name: str
    text: str
    columns: Mapping[str, str]
    view_sql: str | None = None  # set for a view, with schema names and no catalog
    grain: Sequence[str] = ()  # the columns that no two rows share, in the table's order; none where no test names them
    is_in_parquet: bool = True  # not where another mart has its columns


def write(settings: Settings, folder: Path, tables: Sequence[Description], macros: str = "") -> dict[str, int]:
    """Write ghost_trade.duckdb and parquet/ into a folder from the file of the marts. Returns rows per table.

    `macros`: the statements that make the file's table macros. Raises OSError or warehouse.QueryError.
    """
    database = folder / settings.published_path.name  # one basename everywhere: it is the catalog's name too
    parquet = folder / "parquet"
    parquet.mkdir()
    with warehouse.connect(settings) as con:
        con.execute("checkpoint unpublished")
    shutil.copyfile(settings.unpublished_path, database)
    tables = sorted(tables, key=lambda table: table.view_sql is not None)  # views read the tables
    with warehouse.connect_file(settings, database, read_only=False) as con:
        con.execute("begin")  # each comment alone would be written to disk by itself
        for table in tables:
            _describe(con, table)
        if macros:
            con.execute(macros)
        con.execute("commit")
        return {table.name: _copy(con, table, parquet) for table in tables}


def _describe(con: warehouse.Connection, table: Description) -> None:
    """Make a view, and give a table or view and its columns their descriptions."""
    name = f"marts.{identifier(table.name)}"
    if table.view_sql is not None:
        con.execute(f"create or replace view {name} as {table.view_sql}")
    kind = "table" if table.view_sql is None else "view"
    con.execute(f"comment on {kind} {name} is {literal(table.text.strip())}")
    for column, text in table.columns.items():
        con.execute(f"comment on column {name}.{identifier(column)} is {literal(text.strip())}")


def _copy(con: warehouse.Connection, table: Description, folder: Path) -> int:
    """Write a table to Parquet, if it is to be there. Returns its rows."""
    name = f"marts.{identifier(table.name)}"
    if not table.is_in_parquet:
        return value(con, f"select count(*) from {name}")
    # Tables lie in the order of their grain (dbt/macros/marts.sql).
    rows = f"(from {name} order by {identifiers(table.grain) or 'all'})" if table.view_sql else name
    return value(con, f"copy {rows} to {literal(folder / f'{table.name}.parquet')} ({PARQUET})")
