"""How fast the marts reach PostgreSQL: two million rows of mirror_gaps, with index and comments, swapped in.

Generates the table with the columns and types of the contract, in the order of its grain as it is published; starts a
PostgreSQL as it comes (Debian's programs, their own settings, a temporary folder) and publishes there RUNS times.
Settings: ROWS (2,000,000), RUNS (3), DUCKDB_THREADS (2). Skipped, with a word, where PostgreSQL is not installed.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from dataclasses import replace

import adbc_driver_postgresql.dbapi as adbc

from dagster_project import transform
from dagster_project.publish import postgres
from dagster_project.publish.marts_file import Description
from dagster_project.settings import Settings
from tests import postgres_server

ROWS = int(os.environ.get("ROWS") or 2_000_000)
RUNS = int(os.environ.get("RUNS") or 3)
TABLE = "mirror_gaps"

# What each column of the grain is; with 16 products, 125 importers and 100 exporters a period has 200,000 rows.
KEYS = {
    "freq": "'M'",
    "period": "date '2020-01-01' + to_months(cast(i // 200000 as integer))",
    "exporter_iso3": "'X' || lpad(cast(i // 2000 % 100 as varchar), 2, '0')",
    "importer_iso3": "lpad(cast(i // 16 % 125 as varchar), 3, '0')",
    "product_code": "lpad(cast(848200 + i % 16 as varchar), 6, '0')",
    "comparable_revision": "'HS2022'",
}
VALUES = {  # by type; a fifth is missing, as in life
    "double": "case when hash(i, {n}) % 5 > 0 then (hash(i, {n}) % 1000000007) / 97.0 end",
    "boolean": "hash(i, {n}) % 2 = 0",
    "integer": "cast(hash(i, {n}) % 7 as integer)",
    "varchar": "case when hash(i, {n}) % 5 > 0 then 'both_reported' end",
    "date": "date '2020-01-01'",
    "timestamp": "timestamp '2020-01-01 00:00:00'",
}


def main() -> None:
    if postgres_server.programs() is None:
        print("PostgreSQL is not installed (Debian: apt install postgresql), so publishing there is not measured.")
        return
    node = transform.described()[TABLE]
    columns = {name: column["data_type"] for name, column in node["columns"].items()}
    grain = [name for name in columns if name in node["primary_key"]]
    table = Description(TABLE, "Generated.", dict.fromkeys(columns, "Generated."), grain=grain)
    assert set(table.grain) == set(KEYS), table.grain
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.from_environment(
            {"DATA_DIR": folder, "DUCKDB_THREADS": os.environ.get("DUCKDB_THREADS", "")}
        )
        settings.published_dir.mkdir(parents=True)
        generate(settings, columns, ", ".join(grain))
        server = postgres_server.Server()
        try:
            settings, seconds = replace(settings, pg_dsn=server.dsn()), []
            for _ in range(RUNS):
                # Publications are hours apart: what the last one wrote is on the disk when the next begins.
                with adbc.connect(server.dsn(), autocommit=True) as admin, admin.cursor() as cursor:
                    cursor.execute("checkpoint")
                started = time.monotonic()
                served = postgres.serve(settings, settings.published_path, [table])
                seconds.append(time.monotonic() - started)
                assert served.rows == {TABLE: ROWS} and served.is_old_dropped
        finally:
            server.close()
    each = ", ".join(f"{s:.1f}" for s in seconds)
    print(f"\nPostgreSQL: {ROWS:,} rows of {len(columns)} columns published in {statistics.median(seconds):.1f} s")
    print(f"  (median of {each}; {ROWS / statistics.median(seconds):,.0f} rows/s; asked: under 15 s)")


def generate(settings: Settings, columns: dict[str, str], order: str) -> None:
    import duckdb

    drawn = [
        f'cast({KEYS.get(name) or VALUES[kind].format(n=number)} as {kind}) as "{name}"'
        for number, (name, kind) in enumerate(columns.items())
    ]
    with duckdb.connect(str(settings.published_path), config={"threads": settings.threads}) as con:
        con.execute("create schema marts")
        con.execute(
            f"create table marts.{TABLE} as select {', '.join(drawn)} from range({ROWS}) as t(i) order by {order}"
        )
        con.execute("create table marts.about as select 'Generated.' as notice, 'sample' as dataset, now() as built_at")


if __name__ == "__main__":
    main()
