"""Tables in parts (dbt/macros/parted.sql): a correction costs its own parts, and gives what a whole build gives."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from dagster_project import transform, warehouse
from dagster_project.settings import DBT_DIR, Settings

pytestmark = pytest.mark.slow


def dbt(settings: Settings, *arguments: str) -> str:
    """dbt on a warehouse, of the flows alone; what it printed."""
    done = subprocess.run(
        [Path(sys.executable).with_name("dbt"), "--no-use-colors", "--log-path", settings.data_dir / "logs", "run"]
        + ["--select", "+mirror_gaps", "+report_coverage", "+bloc_gaps", "+revisions", "+cif_margins", "+products"]
        + ["+source_differences", "+ghost_trade", "+excess_trade"]
        + ["--target-path", settings.dbt_target, *arguments],
        cwd=DBT_DIR,
        env=os.environ | transform.environment(settings),
        capture_output=True,
        text=True,
        timeout=300,
    )
    return done.stdout


def tables_of(settings: Settings) -> dict[str, tuple]:
    """Every table of the two layers that dbt computes, as a number that no order of its rows changes."""
    with warehouse.connect(settings, read_only=True) as con:
        named = con.execute(
            """select table_catalog || '.' || table_schema || '.' || table_name from information_schema.tables
            where table_schema in ('intermediate', 'marts') and table_name <> 'parts_built' order by 1"""
        ).fetchall()
        return {
            name: con.execute(f"select count(*), sum(cast(hash(t) as hugeint)) from {name} as t").fetchone()
            for (name,) in named
        }


GHOST_PARTS = "select freq, made_from from intermediate.parts_built where model = 'ghost_trade'"


def test_a_correction_and_a_new_month_cost_their_own_parts_and_give_what_a_whole_build_gives(data_dir):
    """An old year is corrected, a month is added, and the first build of both dies halfway."""
    settings = Settings.from_environment({"DATA_DIR": str(data_dir)})
    with warehouse.connect(settings) as con:
        columns = [c for (c,) in con.execute("select column_name from (describe raw.comtrade_flows)").fetchall()]
        said = "timestamp '2026-01-02 03:04:05'"
        changed = {
            "freqCode = 'A' and period = '2019' and cmdCode like '85%'": {
                "primaryValue": "cast(2 * cast(primaryValue as double) as varchar)"
            },
            "freqCode = 'M' and period = '202103' and cmdCode = 'TOTAL'": {"period": "'202612'"},
        }
        for where, values in changed.items():
            values |= {"_valid_from": said, "_valid_to": "null", "_landing_id": "'later'", "_closed_by": "null"}
            told = ", ".join(values.get(column, f'"{column}"') for column in columns)
            con.execute(f"create or replace temp table later as select {told} from raw.comtrade_flows where {where}")
            if "period" not in values:
                closed = f"_valid_to = {said}, _closed_by = 'later'"
                con.execute(f"update raw.comtrade_flows set {closed} where _valid_to is null and {where}")
            assert con.execute("insert into raw.comtrade_flows from later").fetchone()[0] > 0

    before = tables_of(settings)
    assert "parts: 2 of" in dbt(settings, "--exclude", "int_flows_mirrored+")  # so far it came
    with warehouse.connect(settings) as con:  # in the midst of two other parts, one to be written, one to go
        flows, year = "unpublished.marts.report_coverage", "where freq = 'A' and extract(year from period)"
        con.execute(f"delete from {flows} {year} = 2020")
        con.execute(f"insert into {flows} select * replace (date '1999-01-01' as period) from {flows} {year} = 2021")
        con.execute(
            "update intermediate.parts_built set made_from = null "
            "where model = 'report_coverage' and freq = 'A' and year = 2020"
        )
        con.execute("insert into intermediate.parts_built values ('report_coverage', 'A', 1999, null, 1, false)")
    assert "Completed successfully" in dbt(settings)
    with warehouse.connect(settings) as con:
        made = dict(con.execute(GHOST_PARTS).fetchall())
        con.execute("create or replace temp table later as from raw.comtrade_flows where period = '202612'")
        con.execute("update later set period = '202701'")
        assert con.execute("insert into raw.comtrade_flows from later").fetchone()[0] > 0
    assert "Completed successfully" in dbt(settings)
    after = tables_of(settings)
    whole = replace(settings, data_dir=data_dir / "whole")
    whole.data_dir.mkdir()
    for file in (settings.warehouse_path, settings.unpublished_path):
        shutil.copy(file, whole.data_dir)
    assert "Completed successfully" in dbt(whole, "--full-refresh")
    assert after == tables_of(whole)
    changed = {name for name, told in before.items() if told != after[name]}
    assert changed >= {
        f"unpublished.marts.{name}" for name in ("mirror_gaps", "report_coverage", "bloc_gaps", "revisions")
    }
    with warehouse.connect(settings, read_only=True) as con:
        untested = con.execute(
            "select freq, year from intermediate.parts_built where model = 'bloc_gaps' and not is_tested order by 1, 2"
        ).fetchall()
        now = dict(con.execute(GHOST_PARTS).fetchall())
    assert ("M", 2026) in untested and ("A", 2019) in untested
    assert now["A"] == made["A"] and now["M"] != made["M"]  # a month more says nothing of years
