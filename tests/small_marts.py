"""Marts with the contract's own columns and a few rows, as a finished dbt build leaves them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb

from dagster_project import transform

Rows = Mapping[str, Sequence[Mapping[str, object]]]

ABOUT = {
    "dataset": "files", "is_simulated": False, "notice": "From files.", "data_until": "2024-04-01",
    "data_as_of": "2024-06-01", "data_loaded_at": "2024-06-03 01:02:03",
    "lists_as_of": "2024-06-02", "built_at": "2024-06-03 04:05:06", "code_version": "0.1.0", "run_id": "first",
    "parameters_hash": "abc", "files_loaded": 1,
}  # fmt: skip


def make(con: duckdb.DuckDBPyConnection, rows: Rows, schema: str = "marts") -> None:
    """Every mart, with these rows. A view of the marts is a view without a row, or a table where it has rows."""
    con.execute(f"create schema if not exists {schema}")
    for name, node in transform.described().items():
        kinds = {column: facts["data_type"] for column, facts in node["columns"].items()}
        if node["config"]["materialized"] == "view" and name not in rows:
            nulls = ", ".join(f'cast(null as {kind}) as "{column}"' for column, kind in kinds.items())
            con.execute(f"create or replace view {schema}.{name} as select {nulls} where false")
        else:
            typed = ", ".join(f'"{column}" {kind}' for column, kind in kinds.items())
            con.execute(f"create or replace table {schema}.{name} ({typed})")
    for name, given in rows.items():
        for row in given:
            columns = ", ".join(f'"{column}"' for column in row)
            holes = ", ".join("?" * len(row))
            con.execute(f"insert into {schema}.{name} ({columns}) values ({holes})", list(row.values()))
