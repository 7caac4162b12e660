"""The marts as one DuckDB file with their own words, and as Parquet.

Here belongs how a finished schema becomes files for readers. Not here: what a table means (dbt's descriptions, which
assets.py hands over), or where the files lie (builds.py).
"""

from __future__ import annotations

import os
import re
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
        _take_over_parquet(con, parquet)
        con.execute("begin")  # each comment alone would be written to disk by itself
        for table in tables:
            _describe(con, table)
        if macros:
            con.execute(macros)
        con.execute("commit")
        return {table.name: _copy(con, table, parquet) for table in tables}


# ---------------------------------------------------------------- large tables, which are views over their Parquet

FILES_OF_VIEW = re.compile(r"'([^']*)/([^'/]+)/\*\*/\*\.parquet'")  # the folder of folders, and the table


def _take_over_parquet(con: warehouse.Connection, folder: Path) -> None:
    """Let views over Parquet that lies outside a build read a copy in its folder."""
    for sql in _parquet_views(con).values():
        source, table = FILES_OF_VIEW.search(sql).groups()
        # a link where that is possible: Spark writes new files, and never changes old ones
        shutil.copytree(
            Path(source, table), folder / table, ignore=shutil.ignore_patterns("_*", ".*"), copy_function=_link_or_copy
        )
    _point(con, folder)


def point_views(settings: Settings, folder: Path) -> None:
    """Let the views over Parquet of the build in `folder` read its own files, after it was moved there."""
    database = folder / settings.published_path.name
    with warehouse.connect_file(settings, database) as con:
        if not _parquet_views(con):
            return
    with warehouse.connect_file(settings, database, read_only=False) as con:
        _point(con, folder / "parquet")


def _point(con: warehouse.Connection, folder: Path) -> None:
    for name, sql in _parquet_views(con).items():
        comments = con.execute(
            "select column_name, comment from duckdb_columns() where schema_name = 'marts' and table_name = ?", [name]
        ).fetchall()
        text = value(con, "select comment from duckdb_views() where schema_name = 'marts' and view_name = ?", [name])
        query = FILES_OF_VIEW.sub(lambda files: literal(folder / files[2] / "**" / "*.parquet"), sql)
        con.execute(re.sub("^create view", "create or replace view", query, flags=re.I))
        _comment(con, "view", name, text or "", {column: words for column, words in comments if words})


def _parquet_views(con: warehouse.Connection) -> dict[str, str]:
    views = con.execute("select view_name, sql from duckdb_views() where schema_name = 'marts'").fetchall()
    return {name: sql for name, sql in views if FILES_OF_VIEW.search(sql)}


def _link_or_copy(source: str, target: str) -> str:
    try:
        os.link(source, target)
    except OSError:  # on another disk
        shutil.copyfile(source, target)
    return target


# ---------------------------------------------------------------- each table


def _describe(con: warehouse.Connection, table: Description) -> None:
    """Make a view, and give a table or view and its columns their descriptions."""
    name = f"marts.{identifier(table.name)}"
    if table.view_sql is not None:
        con.execute(f"create or replace view {name} as {table.view_sql}")
    is_view = value(
        con, "select count(*) from duckdb_views() where schema_name = 'marts' and view_name = ?", [table.name]
    )
    _comment(con, "view" if is_view else "table", table.name, table.text, table.columns)


def _comment(con: warehouse.Connection, kind: str, table: str, text: str, columns: Mapping[str, str]) -> None:
    name = f"marts.{identifier(table)}"
    con.execute(f"comment on {kind} {name} is {literal(text.strip())}")
    for column, words in columns.items():
        con.execute(f"comment on column {name}.{identifier(column)} is {literal(words.strip())}")


def _copy(con: warehouse.Connection, table: Description, folder: Path) -> int:
    """Write a table to Parquet, if it is to be there. Returns its rows."""
    name = f"marts.{identifier(table.name)}"
    if not table.is_in_parquet or (folder / table.name).exists():
        return value(con, f"select count(*) from {name}")
    # Tables lie in the order of their grain (dbt/macros/marts.sql).
    rows = f"(from {name} order by {identifiers(table.grain) or 'all'})" if table.view_sql else name
    return value(con, f"copy {rows} to {literal(folder / f'{table.name}.parquet')} ({PARQUET})")
