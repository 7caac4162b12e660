"""What goes from DuckDB to Spark and back: staging as Parquet, and the marts for who opens the published file.

    WAREHOUSE_URI/staging/<model>/          written here, read by Spark as tables
    WAREHOUSE_URI/{intermediate,marts}.db/  Spark's own

Tables of flows have a folder for each frequency and year (freq=M/year=2023/). Not here: how dbt is called for it
(transform.py).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dagster_project import warehouse
from dagster_project.settings import Settings
from dagster_project.spark import environment
from dagster_project.warehouse import identifier, identifiers, literal, value

PARTITIONS = ("freq", "year")


class SparkFailed(RuntimeError):
    """Spark could not use the warehouse. The message is two lines: the cause, and what to do."""


def begin(settings: Settings, models: Iterable[str], tables: Iterable[str], kept: Iterable[str] = ()) -> list[str]:
    """Write the staging models as Parquet where Spark reads them. `tables`, `kept`: as schema.name; tables of which no
    year is kept are removed before, for a run that died may have left them half-written. Returns the kept ones that
    hold rows. Raises SparkFailed.
    """
    filled = _filled(settings, kept)
    _remove(settings, *(_folder(table) for table in tables if table not in filled))
    folder = _here(settings, "staging")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with warehouse.connect(settings, read_only=True) as con:
        for model in models:
            _write(con, f"staging.{identifier(model)}", folder / model)
    _send(settings, folder, "staging")
    return filled


def _write(con: warehouse.Connection, relation: str, folder: Path) -> None:
    folder.mkdir()
    columns = {name for name, *_ in con.execute(f"describe {relation}").fetchall()}
    is_of_flows = {"freq", "period"} <= columns and value(con, f"select count(*) from (from {relation} limit 1)")
    if is_of_flows:
        rows, options = f"(select *, year(period) as year from {relation})", f", partition_by ({', '.join(PARTITIONS)})"
    else:
        rows, options = relation, ""
    target = folder if is_of_flows else folder / "rows.parquet"
    con.execute(f"copy {rows} to {literal(target)} (format parquet, compression snappy{options})")


@dataclass(frozen=True)
class Mart:
    """A table that goes back: its columns with their types, those that are never NULL, and its grain."""

    name: str
    columns: Mapping[str, str]
    not_null: Collection[str]
    grain: Sequence[str]


def take_back(settings: Settings, marts: Iterable[Mart]) -> None:
    """Put Spark's marts into the file of the marts, each in the order of its grain: as tables, and the large ones as
    views over Spark's Parquet, which publishing copies."""
    folder = _receive(settings, "marts.db")
    with warehouse.connect(settings) as con:
        con.execute("create schema if not exists unpublished.marts")
        for mart in marts:
            target = f"unpublished.marts.{identifier(mart.name)}"
            rows = parquet_rows(folder / mart.name, mart.columns)
            is_empty = not any((folder / mart.name).rglob("*.parquet"))  # a table in partitions that has none
            _drop(con, mart.name)
            if not is_empty and value(con, f"select count(*) from ({rows})") > settings.large_world_rows:
                con.execute(f"create view {target} as {rows}")
                continue
            columns = ", ".join(
                f"{identifier(name)} {kind}{' not null' if name in mart.not_null else ''}"
                for name, kind in mart.columns.items()
            )
            con.execute(f"create table {target} ({columns})")
            if not is_empty:
                con.execute(f"insert into {target} {rows} order by {identifiers(mart.grain) or 'all'}")


def _drop(con: warehouse.Connection, name: str) -> None:
    for kind in ("view", "table"):
        present = f"select count(*) from duckdb_{kind}s() where database_name = 'unpublished' and {kind}_name = ?"
        if value(con, present, [name]):
            con.execute(f"drop {kind} unpublished.marts.{identifier(name)}")


def parquet_rows(folder: Path, columns: Mapping[str, str]) -> str:
    """The query of a table that lies as Parquet in a folder, in partitions or not. `columns`: name → type."""
    files = literal(folder / "**" / "*.parquet")
    typed = ", ".join(f"cast({identifier(name)} as {kind}) as {identifier(name)}" for name, kind in columns.items())
    return f"select {typed} from read_parquet({files}, hive_partitioning = true)"


# ---------------------------------------------------------------- where the warehouse is


def _folder(table: str) -> str:
    return table.replace(".", ".db/")


def _filled(settings: Settings, tables: Iterable[str]) -> list[str]:
    """Those of the tables that hold rows: one in partitions that has none has no file, and so no columns."""
    uri = environment.warehouse_uri(settings)
    if environment.is_local(uri):
        root = environment.local(uri)
        return [table for table in tables if any((root / _folder(table)).rglob("*.parquet"))]
    paths = {f"{uri}/{_folder(table)}": table for table in tables}
    return [paths[line] for line in _files(settings, "filled", *paths).splitlines() if line in paths]


def _here(settings: Settings, part: str) -> Path:
    """Where a part of the warehouse is written or read by DuckDB: in place, or beside where Spark alone gets to."""
    uri = environment.warehouse_uri(settings)
    root = environment.local(uri) if environment.is_local(uri) else settings.data_dir / "spark"
    return root / part


def _send(settings: Settings, folder: Path, part: str) -> None:
    uri = environment.warehouse_uri(settings)
    if not environment.is_local(uri):
        _files(settings, "send", str(folder), f"{uri}/{part}")


def _receive(settings: Settings, part: str) -> Path:
    uri, folder = environment.warehouse_uri(settings), _here(settings, part)
    if not environment.is_local(uri):
        shutil.rmtree(folder, ignore_errors=True)
        _files(settings, "receive", f"{uri}/{part}", str(folder))
    return folder


def _remove(settings: Settings, *parts: str) -> None:
    uri = environment.warehouse_uri(settings)
    if environment.is_local(uri):
        for part in parts:
            shutil.rmtree(environment.local(uri) / part, ignore_errors=True)
    else:
        _files(settings, "remove", *(f"{uri}/{part}" for part in parts))


def _files(settings: Settings, *command: str) -> str:
    """Let Spark's own file systems (s3a, hdfs, …), with their own configuration, copy, remove or list. Returns what
    was printed."""
    done = subprocess.run(
        [sys.executable, environment.SESSION / "files.py", *command],
        env=os.environ | environment.variables(settings),
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SparkFailed(
            f"WAREHOUSE_URI={environment.warehouse_uri(settings)} cannot be reached: "
            f"{(done.stderr.strip().splitlines() or ['Spark gave no reason'])[-1]}\n"
            "Give Spark what its file system needs in spark-defaults.conf (docs/scale.md), and run again."
        )
    return done.stdout
