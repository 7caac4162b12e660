"""A whole run on Spark, on a standalone master with two workers: what it publishes beside what DuckDB publishes, and
what becomes of it where a worker, the master or the memory is missing. Not here: single models (test_models.py).
"""

import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import every_table
import pytest
import spark_engine
from conftest import SCALE, Build, Run

from bench.compare import differing
from dagster_project.settings import PROJECT_DIR
from dagster_project.spark import environment

pytestmark = pytest.mark.spark

# What differs by when a build was made, and what is of an engine: about (its moments), sources (when each was fetched).
OF_THE_RUN = {"about", "sources", "files"}
LARGE = "20000"  # rows from which a world is computed by year and its largest marts are views over Parquet


def run_on_spark(folder: Path, configuration: Path, **more: str | Path) -> subprocess.CompletedProcess:
    spark_engine.skip_where_missing()
    given = {"ENGINE": "spark", "DATA_DIR": folder, "SAMPLE_SCALE": SCALE, "LARGE_WORLD_ROWS": LARGE, "ENV_FILE": ""}
    variables = spark_engine.VARIABLES | {k: str(v) for k, v in (given | more).items()}
    return subprocess.run(
        [spark_engine.BIN / "python", "-m", "dagster_project", "run"],
        cwd=PROJECT_DIR,
        env=variables | {"SPARK_CONF_DIR": str(configuration)},
        capture_output=True,
        text=True,
        timeout=1800,
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data directory of a run on two workers."""
    spark_engine.skip_where_missing()
    folder = tmp_path_factory.mktemp("on-spark")
    with spark_engine.cluster(folder) as (master, _):
        done = run_on_spark(folder / "data", spark_engine.configuration(folder / "conf", spark__master=master))
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    return folder / "data"


@pytest.fixture(scope="module")
def full(refreshed: Build, ghost_trade: Run, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The data directories of DuckDB and of Spark, of one inbox that fills every published table."""
    folder = tmp_path_factory.mktemp("full")
    every_table.write(folder / "inbox", refreshed[0] / "simulated" / "inbox")
    given = {"DATA": "files", "INBOX": folder / "inbox"}
    runs = [
        ghost_trade(DATA_DIR=folder / "duck", **given),
        run_on_spark(folder / "spark", spark_engine.configuration(folder / "conf"), **given),
    ]
    assert [done.returncode for done in runs] == [0, 0], "".join(done.stdout[-3000:] + done.stderr for done in runs)
    return folder / "duck", folder / "spark"


@pytest.fixture(scope="module", params=["the sample", "every table filled"])
def both(request: pytest.FixtureRequest) -> duckdb.DuckDBPyConnection:
    """Both published files of a world: `duck` and `spark`."""
    if request.param == "the sample":
        folders = request.getfixturevalue("refreshed")[0], request.getfixturevalue("built")
    else:
        folders = request.getfixturevalue("full")
    con = duckdb.connect()
    for name, folder in zip(("duck", "spark"), folders, strict=True):
        con.execute(f"attach '{(folder / 'published' / 'ghost_trade.duckdb').resolve()}' as {name} (read_only)")
    return con


def tables(con: duckdb.DuckDBPyConnection, name: str) -> dict[str, list[tuple]]:
    columns = con.execute(
        "select table_name, column_name, data_type from duckdb_columns() "
        "where database_name = ? and schema_name = 'marts' order by table_name, column_index",
        [name],
    ).fetchall()
    return {table: [(c, kind) for t, c, kind in columns if t == table] for table, _, _ in columns}


def test_both_engines_publish_the_same_tables_columns_and_types(both: duckdb.DuckDBPyConnection) -> None:
    assert tables(both, "spark") == tables(both, "duck")


def test_every_mart_is_that_of_duckdb(both: duckdb.DuckDBPyConnection) -> None:
    differences = {
        table: differing(f"duck.marts.{table}", f"spark.marts.{table}", both, of_operands=True)
        for table in tables(both, "duck")
        if table not in OF_THE_RUN
    }
    assert {table: (words, rows) for table, (words, rows) in differences.items() if words} == {}


def test_no_published_table_is_empty_in_the_world_that_is_to_fill_them(full: tuple[Path, Path]) -> None:
    con = duckdb.connect()
    for folder in full:
        con.execute(
            f"attach or replace '{(folder / 'published' / 'ghost_trade.duckdb').resolve()}' as file (read_only)"
        )
        names = tables(con, "file")
        assert [t for t in names if not con.execute(f"select count(*) from file.marts.{t}").fetchone()[0]] == []


def test_large_marts_are_views_over_parquet_in_their_own_build(built: Path) -> None:
    con = duckdb.connect()
    con.execute(f"attach '{(built / 'published' / 'ghost_trade.duckdb').resolve()}' as spark (read_only)")
    views = con.execute(
        "select view_name, sql, comment from duckdb_views() where database_name = 'spark' and sql like '%read_parquet%'"
    ).fetchall()
    assert "report_coverage" in {name for name, _, _ in views}
    build = (built / "published").resolve()
    for name, sql, comment in views:
        assert f"'{build}/parquet/{name}/" in sql
        assert comment
    assert list((build / "parquet" / "report_coverage").glob("freq=M/year=*/*.parquet"))


def test_a_year_is_computed_anew_and_the_others_stay(built: Path, tmp_path: Path) -> None:
    shutil.copytree(built, tmp_path / "data", symlinks=True)
    flows = tmp_path / "data" / "spark" / "marts.db" / "report_coverage"
    before = {path.relative_to(flows): path.read_bytes() for path in flows.rglob("*.parquet")}
    done = run_on_spark(tmp_path / "data", spark_engine.configuration(tmp_path / "conf"), SINCE="2023")
    assert done.returncode == 0, done.stdout[-6000:]
    after = {path.relative_to(flows) for path in flows.rglob("*.parquet")}
    earlier = {path for path in before if path.parts[1] < "year=2023"}
    assert earlier and earlier <= after
    assert not {path for path in before if path.parts[1] >= "year=2023"} & after
    rows = (
        "select freq, year(period), count(*), sum(cast(export_value_usd as decimal(38, 2))) "
        "from marts.report_coverage group by all order by all"
    )
    counted = [
        duckdb.connect(str((folder / "published" / "ghost_trade.duckdb").resolve()), read_only=True).execute(rows)
        for folder in (built, tmp_path / "data")
    ]
    assert counted[0].fetchall() == counted[1].fetchall()


def test_a_worker_that_dies_in_the_middle_costs_the_run_nothing(tmp_path: Path) -> None:
    with spark_engine.cluster(tmp_path) as (master, workers):
        killed = threading.Thread(target=when_spark_works, args=(tmp_path / "data", workers[0].kill), daemon=True)
        killed.start()
        done = run_on_spark(tmp_path / "data", spark_engine.configuration(tmp_path / "conf", spark__master=master))
        killed.join(timeout=1)  # of a run that never came to Spark nothing is waited for
        assert workers[0].poll() is not None
    assert done.returncode == 0, done.stdout[-6000:]
    assert (tmp_path / "data" / "published" / "ghost_trade.duckdb").exists()


def when_spark_works(folder: Path, act: Callable[[], None]) -> None:
    deadline = time.monotonic() + 600
    while time.monotonic() < deadline and not list((folder / "spark" / "intermediate.db").glob("*/_SUCCESS")):
        time.sleep(0.2)
    act()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"spark.master": "spark://127.0.0.1:1"}, "spark.master"),
        ({"spark.driver.memory": "500m", "spark.memory.fraction": "0.01"}, "memory"),
    ],
    ids=["a master that is not there", "too little memory"],
)
def test_what_spark_lacks_is_a_sentence_and_the_old_build_stays(
    built: Path, tmp_path: Path, changed: dict[str, str], words: str
) -> None:
    shutil.copytree(built, tmp_path / "data", symlinks=True)
    before = (tmp_path / "data" / "published").readlink()
    named = {name.replace(".", "__"): value for name, value in changed.items()}
    done = run_on_spark(tmp_path / "data", spark_engine.configuration(tmp_path / "conf", **named))
    assert done.returncode != 0
    assert "What was published before is as it was." in done.stdout + done.stderr
    assert words in done.stdout + done.stderr, done.stdout[-3000:]
    assert (tmp_path / "data" / "published").readlink() == before


def test_what_only_spark_reaches_is_sent_listed_fetched_and_removed_through_it(tmp_path: Path) -> None:
    spark_engine.skip_where_missing()
    (tmp_path / "here" / "freq=M").mkdir(parents=True)
    (tmp_path / "here" / "freq=M" / "rows.parquet").write_bytes(b"rows")
    away = (tmp_path / "away").as_uri()

    def files(*command: str) -> str:
        done = subprocess.run(
            [spark_engine.BIN / "python", environment.SESSION / "files.py", *command],
            env=spark_engine.VARIABLES | {"SPARK_CONF_DIR": str(spark_engine.configuration(tmp_path / "conf"))},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    files("send", str(tmp_path / "here"), f"{away}/staging")
    assert files("filled", f"{away}/staging", f"{away}/nothing").split() == [f"{away}/staging"]
    files("receive", f"{away}/staging", str(tmp_path / "back"))
    assert (tmp_path / "back" / "freq=M" / "rows.parquet").read_bytes() == b"rows"
    files("remove", f"{away}/staging")
    assert not (tmp_path / "away" / "staging").exists()
