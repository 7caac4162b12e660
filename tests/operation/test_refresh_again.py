"""Further runs over what a first refresh of the simulated world left: what stays, and what is repaired.

Each test begins with a copy of what the first one left, and runs the part of a refresh that it asks about; the whole of
it once, after a death.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import duckdb
import part_of_a_job
import pytest
from conftest import SCALE, Run, marts_of
from dbt_cli import Dbt
from downloads import prepare, refresh

from dagster_project import warehouse
from dagster_project.definitions import SOURCES
from dagster_project.ingest.inbox import remove_simulated_data
from dagster_project.settings import PROJECT_DIR, Settings

pytestmark = pytest.mark.slow


def published_bytes(data_dir: Path) -> dict[str, str]:
    folder = data_dir / "published"
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def raw_as_it_is(data_dir: Path) -> tuple[int, ...]:
    with duckdb.connect(str(data_dir / "warehouse.duckdb"), read_only=True) as con:
        return con.execute(
            "select (select count(*) from raw.landings), count(*), count(_valid_to) from raw.comtrade_flows"
        ).fetchone()


def test_a_build_as_of_a_past_day_shows_what_was_known_that_day(data_dir: Path, dbt_home: Path) -> None:
    """On 30 June 2023 the year 2022 stood as first released, and no month of 2023 was out.

    That it is published beside today's: publish/test_builds.py.
    """
    given = {"DATA": "sample", "DATA_DIR": str(data_dir), "AS_OF": "2023-06-30", "DUCKDB_THREADS": "2"}
    settings = Settings.from_environment(given)
    prepare(settings, SOURCES)  # notes the day that the build looks back to
    marts = ("about", "mirror_gaps", "revisions", "sanctioned_entities")
    done = Dbt(dbt_home, settings)("run", "--select", *(f"+{mart}" for mart in marts))
    assert done.returncode == 0, done.stdout
    with marts_of(settings) as con:
        con.execute("use unpublished.marts")
        assert con.execute("select as_of, data_as_of < '2023-07-01' from about").fetchone() == (date(2023, 6, 30), True)
        assert con.execute("select max(period) from mirror_gaps where freq = 'A'").fetchone() == (date(2022, 1, 1),)
        assert con.execute("select max(period) from mirror_gaps where freq = 'M'").fetchone() == (date(2022, 12, 1),)
        assert con.execute("select count(*) from revisions").fetchone() == (0,)
        assert con.execute("select count(*) from sanctioned_entities").fetchone() == (0,)  # the list is of May 2024
        con.execute(f"attach '{data_dir}/published/ghost_trade.duckdb' as today (read_only)")
        first, then = con.execute(
            "select r.old_value_usd, g.import_value_usd from today.marts.revisions as r inner join mirror_gaps as g "
            "on g.freq = 'A' and g.period = r.period and g.exporter_iso3 = r.partner_iso3 and r.flow = 'M' "
            "and g.importer_iso3 = r.reporter_iso3 and g.product_code = r.product_code and r.product_level = 6 "
            "where r.kind = 'revised' order by 1 desc limit 1"
        ).fetchone()
        assert abs(first - then) < 0.01


def test_a_failed_gate_leaves_the_published_files_byte_for_byte(data_dir: Path, ghost_trade: Run) -> None:
    """As of a day, which the command says at once, and with the same files again, which are nothing new."""
    before, raw = published_bytes(data_dir), raw_as_it_is(data_dir)
    with duckdb.connect(str(data_dir / "warehouse.duckdb")) as con:  # as another landing might have it
        con.execute("""
            update raw.comtrade_flows set primaryValue = '-1', _landing_id = (
                select max(others._landing_id) from raw.comtrade_flows as others
                where others._landing_id <> comtrade_flows._landing_id)
            where rowid = 7""")
    done = ghost_trade(DATA_DIR=data_dir, SAMPLE_SCALE=SCALE, AS_OF="2023-06-30")
    assert done.returncode == 1
    assert "as known at the end of 2023-06-30" in done.stdout
    assert "raw/comtrade_flows: nonnegative" in done.stderr and "Traceback" not in done.stderr
    assert published_bytes(data_dir) == before and raw_as_it_is(data_dir) == raw


def run_part(data_dir: Path, job: str, *assets: str) -> str:
    """Run these assets and layers of a job over the sample. Returns the line that says how it ended."""
    return part_of_a_job.run(job, *assets, DATA="sample", INBOX="", DATA_DIR=data_dir, SAMPLE_SCALE=SCALE)


def test_a_failed_dbt_test_leaves_the_published_files_byte_for_byte(data_dir: Path) -> None:
    """The way from one staging model to the published files: what depends on a failed test is not built."""
    before = published_bytes(data_dir)
    with duckdb.connect(str(data_dir / "warehouse.duckdb")) as con:  # no gate asks this; a dbt test does
        con.execute("update raw.pycountry_countries set alpha_3 = 'FJI' where alpha_3 = 'VUT'")
    result = run_part(data_dir, "refresh", "staging/stg_pycountry__countries", "marts/countries", "published")
    assert result.startswith("RESULT False") and "published" not in result, result
    assert published_bytes(data_dir) == before


def test_a_killed_run_leaves_the_published_files_and_the_next_repairs_the_rest_to_the_same_tables(
    data_dir: Path, ghost_trade: Run
) -> None:
    """From nothing but the files: what is published then is what was published before, row for row."""
    before = published_bytes(data_dir)
    tables = {p.stem: duckdb.sql(f"from '{p}'").fetchall() for p in (data_dir / "published" / "parquet").iterdir()}
    raw = raw_as_it_is(data_dir)
    shutil.rmtree(data_dir / "landing")
    (data_dir / "warehouse.duckdb").unlink()
    child = subprocess.Popen(
        [sys.executable, "-m", "dagster_project", "run"],
        cwd=PROJECT_DIR,
        env={**os.environ, "DATA_DIR": str(data_dir), "SAMPLE_SCALE": SCALE},
        stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    for line in child.stdout:
        if "comtrade_flows" in line:
            break
    time.sleep(1)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert published_bytes(data_dir) == before
    done = ghost_trade(DATA_DIR=data_dir, SAMPLE_SCALE=SCALE)
    assert done.returncode == 0, done.stdout + done.stderr
    assert raw_as_it_is(data_dir) == raw
    for name, rows in tables.items():
        if name not in ("about", "sources", "files"):  # they say when
            again = duckdb.sql(f"from '{data_dir}/published/parquet/{name}.parquet'").fetchall()
            assert rows == again, name


def test_a_job_of_a_few_sources_publishes_after_a_first_refresh(data_dir: Path) -> None:
    """The lists, and of what follows from them what says when a build was made. Of the other jobs, and of which models
    each computes, test_definitions.py says it."""

    def published(sql: str) -> list[tuple]:
        with duckdb.connect(str(data_dir / "published" / "ghost_trade.duckdb"), read_only=True) as con:
            return con.execute(sql).fetchall()

    def state() -> list[tuple]:
        names = [name for (name,) in published("select table_name from duckdb_tables() order by 1")]
        return published(" union all ".join(f"select '{name}', count(*) from marts.{name}" for name in names))

    tables, built_at = state(), published("select built_at from marts.about")
    layers = ["landing", "raw", "staging", "published"]
    result = run_part(data_dir, "refresh_lists", *layers, "intermediate/int_builds_described", "marts/about")
    # the simulated lists are editions of 2024, which the gate says
    assert result == f"RESULT True {sorted([*layers, 'intermediate', 'marts'])} ['fresh']", result
    assert state() == tables
    assert published("select built_at from marts.about") > built_at


def test_simulated_data_make_way_for_files_and_files_for_nothing(
    data_dir: Path, ghost_trade: Run, tmp_path: Path
) -> None:
    (tmp_path / "inbox").mkdir()
    source = data_dir / "simulated" / "inbox" / "SIMULATED_comtrade_annual_2023[2024-06-15].csv.gz"
    (tmp_path / "inbox" / "a download without a name.bin").write_bytes(gzip.decompress(source.read_bytes()))
    given = {"DATA": "files", "INBOX": str(tmp_path / "inbox"), "DATA_DIR": str(data_dir)}
    settings = Settings.from_environment(given)
    assert remove_simulated_data(settings)
    refresh(settings, SOURCES)
    assert warehouse.data_set_of(settings) == "files"
    assert warehouse.ask(settings, "select distinct freqCode, period from raw.comtrade_flows") == [("A", "2023")]
    back = ghost_trade(DATA_DIR=data_dir)
    assert back.returncode == 2 and "never mix" in back.stderr
