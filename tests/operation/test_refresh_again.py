"""Further runs over what a first refresh of the simulated world left: what stays, and what is repaired.

Each run is a process of its own; each test begins with a copy of what the first one left.
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
import pytest
from conftest import SCALE

from dagster_project.settings import PROJECT_DIR

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


def test_a_build_as_of_a_past_day_shows_what_was_known_that_day(data_dir, ghost_trade) -> None:
    """On 30 June 2023 the year 2022 stood as first released, and no month of 2023 was out."""
    today, raw = published_bytes(data_dir), raw_as_it_is(data_dir)
    done = ghost_trade(DATA_DIR=data_dir, SAMPLE_SCALE=SCALE, AS_OF="2023-06-30")
    assert done.returncode == 0, done.stdout + done.stderr
    assert raw_as_it_is(data_dir) == raw  # the same files again are nothing new
    assert "as known at the end of 2023-06-30" in done.stdout
    back = data_dir / "published" / "as-of-2023-06-30" / "ghost_trade.duckdb"
    with duckdb.connect(str(back), read_only=True) as con:
        con.execute("use marts")
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
    assert {name: digest for name, digest in published_bytes(data_dir).items() if "as-of" not in name} == today


def test_a_failed_gate_leaves_the_published_files_byte_for_byte(data_dir, ghost_trade) -> None:
    before = published_bytes(data_dir)
    with duckdb.connect(str(data_dir / "warehouse.duckdb")) as con:  # as another landing might have said it
        con.execute("""
            update raw.comtrade_flows set primaryValue = '-1', _landing_id = (
                select max(others._landing_id) from raw.comtrade_flows as others
                where others._landing_id <> comtrade_flows._landing_id)
            where rowid = 7""")
    done = ghost_trade(DATA_DIR=data_dir, SAMPLE_SCALE=SCALE)
    assert done.returncode == 1
    assert "raw/comtrade_flows: nonnegative" in done.stderr and "Traceback" not in done.stderr
    assert published_bytes(data_dir) == before


# The way from one staging model to the published files: what depends on a failed test is not built.
RUN_A_PART = """
from dagster import AssetSelection
from dagster_project.definitions import defs
job = defs.resolve_job_def("refresh").get_subset(asset_selection={
    key for key in defs.resolve_asset_graph().get_all_asset_keys() if tuple(key.path) in
    {("staging", "stg_pycountry__countries"), ("marts", "countries"), ("published", "ghost_trade")}})
done = job.execute_in_process(raise_on_error=False)
failed = [check.check_name for check in done.get_asset_check_evaluations() if not check.passed]
print("SAID", done.success, sorted({e.asset_key.path[0] for e in done.get_asset_materialization_events()}), failed)
"""


def test_a_failed_dbt_test_leaves_the_published_files_byte_for_byte(data_dir) -> None:
    before = published_bytes(data_dir)
    with duckdb.connect(str(data_dir / "warehouse.duckdb")) as con:  # no gate asks this; a dbt test does
        con.execute("update raw.pycountry_countries set alpha_3 = 'ZZZ' where alpha_3 = 'VUT'")  # no seed names it
    environment = os.environ | {"DATA": "sample", "INBOX": "", "DATA_DIR": str(data_dir), "SAMPLE_SCALE": SCALE}
    done = subprocess.run(
        [sys.executable, "-c", RUN_A_PART],
        cwd=PROJECT_DIR, env=environment, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    [said] = [line for line in done.stdout.splitlines() if line.startswith("SAID")] or [done.stdout + done.stderr]
    assert said.startswith("SAID False") and "published" not in said, done.stdout + done.stderr
    assert published_bytes(data_dir) == before


def test_a_killed_run_leaves_the_published_files_and_the_next_repairs_the_rest_to_the_same_tables(
    data_dir, ghost_trade
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
        if name not in ("about", "sources"):  # they tell when
            again = duckdb.sql(f"from '{data_dir}/published/parquet/{name}.parquet'").fetchall()
            assert rows == again, name


RUN_JOB = """
import sys
from dagster_project.definitions import defs
done = defs.resolve_job_def(sys.argv[1]).execute_in_process(raise_on_error=False)
built = {e.asset_key.path[0] for e in done.all_events if e.event_type_value == "ASSET_MATERIALIZATION"}
failed = [check.check_name for check in done.get_asset_check_evaluations() if not check.passed]
print("SAID", done.success, sorted(built), failed)
"""


def test_a_job_of_a_few_sources_publishes_after_a_first_refresh(data_dir) -> None:
    """The lists: of the other jobs test_definitions.py says that they end in the published file as well."""

    def published(sql: str) -> list[tuple]:
        with duckdb.connect(str(data_dir / "published" / "ghost_trade.duckdb"), read_only=True) as con:
            return con.execute(sql).fetchall()

    def state() -> list[tuple]:
        names = [name for (name,) in published("select table_name from duckdb_tables() order by 1")]
        return published(" union all ".join(f"select '{name}', count(*) from marts.{name}" for name in names))

    tables, built_at = state(), published("select built_at from marts.about")
    environment = os.environ | {"DATA": "sample", "INBOX": "", "DATA_DIR": str(data_dir), "SAMPLE_SCALE": SCALE}
    done = subprocess.run(
        [sys.executable, "-c", RUN_JOB, "refresh_lists"],
        cwd=PROJECT_DIR, env=environment, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert "SAID True" in done.stdout and done.stdout.strip().endswith("[]"), done.stdout + done.stderr[-3000:]
    for layer in ("landing", "raw", "staging", "intermediate", "marts", "published"):
        assert f"'{layer}'" in done.stdout
    assert state() == tables
    assert published("select built_at from marts.about") > built_at


def test_simulated_data_make_way_for_files_and_files_for_nothing(data_dir, ghost_trade, tmp_path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    source = data_dir / "simulated" / "inbox" / "SIMULATED_comtrade_annual_2023[2024-06-15].csv.gz"
    (inbox / "a download without a name.bin").write_bytes(gzip.decompress(source.read_bytes()))
    done = ghost_trade(DATA="files", INBOX=inbox, DATA_DIR=data_dir)
    assert done.returncode == 0, done.stdout + done.stderr
    with duckdb.connect(str(data_dir / "published" / "ghost_trade.duckdb"), read_only=True) as con:
        assert con.execute("select dataset, is_simulated from marts.about").fetchone() == ("files", False)
        assert con.execute("select count(*) from marts.mirror_gaps where freq = 'M'").fetchone() == (0,)
    back = ghost_trade(DATA_DIR=data_dir)
    assert back.returncode == 2 and "never mix" in back.stderr
