"""Every row of the table "Connect your tool" that is a program here: it reads the file, and cannot write.

Clients of PostgreSQL have theirs in test_postgres.py, Superset its own. A tool that is not installed is skipped, with
the reason.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from conftest import marts_of

from dagster_project.publish import marts_file
from dagster_project.publish.marts_file import Description
from dagster_project.settings import Settings

COUNT = "select count(*) from marts.headline"
MACRO = "create macro marts.of(country) as table select * from marts.headline where transit_iso3 = country"


@pytest.fixture
def published(settings: Settings) -> Path:
    """The files of one table, written as every publication is."""
    with marts_of(settings) as con:
        con.execute("""create table unpublished.marts.headline as
            select 'KAZ' as transit_iso3, date '2022-01-01' + i :: integer as period, i * 1.5 :: double as gap_usd
            from range(100) as t(i)""")
    columns = {"transit_iso3": "Where to.", "period": "The day.", "gap_usd": "The gap."}
    folder = settings.builds_dir / "one"
    folder.mkdir(parents=True)
    marts_file.write(settings, folder, [Description("headline", "One row is a month.", columns)], MACRO)
    return folder


@pytest.fixture
def file(published: Path) -> str:
    return str(published / "ghost_trade.duckdb")


@pytest.fixture
def parquet(published: Path) -> Path:
    return published / "parquet" / "headline.parquet"


def test_duckdb_in_python(file: str) -> None:
    with duckdb.connect(file, read_only=True) as con:
        assert con.sql(COUNT).fetchall() == [(100,)]
        assert con.sql("from marts.of('KAZ')").df().shape == (100, 3)
        with pytest.raises(duckdb.InvalidInputException, match="read-only"):
            con.sql("drop table marts.headline")


def test_the_command_line_of_duckdb(file: str) -> None:
    beside = Path(sys.executable).with_name("duckdb")
    program = str(beside) if beside.exists() else shutil.which("duckdb")
    if program is None:
        pytest.skip("the DuckDB command line is not installed (pip install duckdb-cli)")
    done = subprocess.run([program, "-readonly", "-csv", file, "-c", COUNT], capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["count_star()", "100"], done.stderr
    done = subprocess.run(
        [program, "-readonly", file, "-c", "drop table marts.headline"], capture_output=True, text=True
    )
    assert "read-only" in done.stderr + done.stdout


def test_adbc(file: str) -> None:
    import adbc_driver_duckdb  # comes with DuckDB
    import adbc_driver_manager
    from adbc_driver_manager import dbapi

    options = {"path": file, "access_mode": "READ_ONLY"}
    driver = {"driver": adbc_driver_duckdb.driver_path(), "entrypoint": "duckdb_adbc_init"}
    with dbapi.connect(**driver, db_kwargs=options) as con, con.cursor() as cursor:
        cursor.execute("select * from marts.headline")
        assert cursor.fetch_arrow_table().shape == (100, 3)
        with pytest.raises(adbc_driver_manager.Error, match="read-only"):
            cursor.execute("drop table marts.headline")


def test_sqlalchemy_and_pandas_through_it(file: str) -> None:
    sqlalchemy = pytest.importorskip("sqlalchemy")
    pytest.importorskip("duckdb_engine")
    engine = sqlalchemy.create_engine(f"duckdb:///{file}?access_mode=READ_ONLY")
    try:
        assert sqlalchemy.inspect(engine).get_table_names(schema="marts") == ["headline"]
        assert pd.read_sql("select * from marts.of('KAZ')", engine).shape == (100, 3)
        with engine.connect() as con, pytest.raises(sqlalchemy.exc.DBAPIError, match="read-only"):
            con.execute(sqlalchemy.text("drop table marts.headline"))
    finally:
        engine.dispose()


def test_pandas_on_the_parquet(parquet: Path) -> None:
    frame = pd.read_parquet(parquet)
    assert frame.shape == (100, 3) and frame.gap_usd.sum() == 7425


def test_polars_on_the_parquet(parquet: Path) -> None:
    polars = pytest.importorskip("polars", reason="Polars is not installed (pip install polars)")
    assert polars.scan_parquet(parquet).filter(polars.col("gap_usd") > 0).collect().shape == (99, 3)


def test_arrow_on_the_parquet(parquet: Path) -> None:
    import pyarrow.parquet

    assert pyarrow.parquet.read_table(parquet).shape == (100, 3)
