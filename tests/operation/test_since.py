"""How much of the flows a run computes: small worlds whole, large ones year by year, and with SINCE from a year on."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from conftest import SCALE, marts_of
from dbt_cli import Dbt
from downloads import COMTRADE, by_hand, prepare

from dagster_project import extent, transform, warehouse
from dagster_project.definitions import SOURCES
from dagster_project.ingest import intake
from dagster_project.ingest.inbox import code_version
from dagster_project.settings import Settings, SettingsError

TABLES = [table for source in SOURCES for table in source.tables]
THIS_YEAR = datetime.now(UTC).year
CODE = "0.1+abc"


def settings_of(settings: Settings, **changed: str) -> Settings:
    """The settings of a folder of files, with these variables."""
    given = {"DATA": "files", "INBOX": str(settings.inbox), "DATA_DIR": str(settings.data_dir), "DUCKDB_THREADS": "2"}
    return Settings.from_environment(given | changed)


Build = tuple[str, str | None, bool, int, bool]  # when, the past day it shows, is full, first year, was completed


def built(settings: Settings, *builds: Build) -> None:
    """A warehouse that these builds worked in, the data of 2019 to 2024."""
    prepare(settings, SOURCES)
    for day, as_of, is_full, first_year, is_complete in builds:
        past = f"'{as_of}'" if as_of else "null"
        completed = f"'{day} 10:05'" if is_complete else "null"
        by_hand(
            settings,
            f"insert into raw.builds values "
            f"('{day}', 'files', '{CODE}', '{day} 10:00', {past}, {is_full}, {first_year}, 'duckdb', {completed})",
        )
    for period in ("2019", "202403"):
        by_hand(settings, f"insert into raw.comtrade_flows (period) values ('{period}')")


FULL: Build = ("2024-06-01", None, True, 2019, True)


@pytest.mark.parametrize("since", ["24", "2024-01", "last"])
def test_since_is_a_year(since: str) -> None:
    with pytest.raises(SettingsError, match=f"SINCE={since} is no year. Write it as 2024."):
        Settings.from_environment({"SINCE": since})


def test_a_past_day_is_always_built_in_full() -> None:
    with pytest.raises(SettingsError, match="give one of them"):
        Settings.from_environment({"SINCE": "2024", "AS_OF": "2023-06-30"})


@pytest.mark.parametrize(
    ("builds", "since", "cause"),
    [
        ([], 2024, "there is none yet"),
        ([FULL, ("2024-06-02", None, True, 2019, False)], 2024, "did not finish"),
        ([FULL, ("2024-06-02", "2023-06-30", True, 2019, True)], 2024, "looked back"),
        ([FULL], THIS_YEAR + 1, "lies in the future"),
        ([FULL], 2018, "lies before the data"),
    ],
    ids=["no build", "died", "as of a past day", "future", "before"],
)
def test_since_that_cannot_be_is_a_sentence_with_a_remedy(
    settings: Settings, builds: list[Build], since: int, cause: str
) -> None:
    built(settings, *builds)
    with pytest.raises(SettingsError, match=cause) as raised:
        extent.check(settings_of(settings, SINCE=str(since)), CODE)
    assert f"SINCE={since}" in str(raised.value)
    assert "without SINCE" in str(raised.value) or f"from 2019 to {THIS_YEAR}" in str(raised.value)


def test_since_needs_a_full_build_of_the_same_code(settings: Settings) -> None:
    built(settings, FULL)
    with pytest.raises(SettingsError, match="of the code 0.1\\+abc, and this is 0.2\\+def.*Run once without SINCE."):
        extent.check(settings_of(settings, SINCE="2024"), "0.2+def")


def test_since_needs_a_full_build_of_the_same_engine(settings: Settings) -> None:
    built(settings, FULL)
    with pytest.raises(SettingsError, match="was by another engine"):
        extent.check(settings_of(settings, SINCE="2024", ENGINE="spark"), CODE)


def test_an_empty_folder_is_left_as_it_was(ghost_trade, settings: Settings) -> None:
    (settings.inbox / "download.csv").write_text("a,b\n")
    done = ghost_trade(DATA="files", INBOX=settings.inbox, DATA_DIR=settings.data_dir, SINCE="2024")
    assert done.returncode == 2 and "needs a full build" in done.stderr
    assert not settings.warehouse_path.exists() and not settings.published_dir.exists()


def test_a_small_world_is_computed_whole_and_a_large_one_from_the_year_on(settings: Settings) -> None:
    built(settings, FULL)
    small = extent.plan(settings_of(settings, SINCE="2024"), TABLES, CODE)
    assert (small.is_large, small.is_since, small.first_year, small.last_year) == (False, False, 2019, 2024)
    assert "--event-time-start" not in transform.arguments(small)
    large = extent.plan(settings_of(settings, SINCE="2023", LARGE_WORLD_ROWS="1"), TABLES, CODE)
    assert transform.arguments(large)[-4:] == ["--event-time-start", "2023-01-01", "--event-time-end", "2025-01-01"]
    whole = extent.plan(settings_of(settings, LARGE_WORLD_ROWS="1"), TABLES, CODE)
    assert transform.arguments(whole)[-5:] == [
        *("--event-time-start", "2019-01-01", "--event-time-end", "2025-01-01", "--full-refresh"),
    ]


def test_years_that_a_run_left_half_done_are_computed_by_the_next(settings: Settings) -> None:
    built(settings, FULL, ("2024-06-02", None, False, 2022, False), ("2024-06-03", None, False, 2023, True))
    assert extent.plan(settings_of(settings, SINCE="2024", LARGE_WORLD_ROWS="1"), TABLES, CODE).first_year == 2022


def test_a_year_after_the_last_of_the_data_computes_the_last(settings: Settings) -> None:
    built(settings, FULL)
    since = settings_of(settings, SINCE=str(THIS_YEAR), LARGE_WORLD_ROWS="1")
    assert extent.plan(since, TABLES, CODE).first_year == 2024


def test_a_daily_run_computes_the_last_years_and_all_where_it_cannot(settings: Settings) -> None:
    built(settings, FULL)
    large = settings_of(settings, LARGE_WORLD_ROWS="1")
    by_hand(large, f"insert into raw.comtrade_flows (period) values ('{THIS_YEAR}')")
    daily = extent.plan(large, TABLES, CODE, is_daily=True)
    assert (daily.is_since, daily.first_year) == (True, THIS_YEAR - 1)
    other_code = extent.plan(large, TABLES, "0.2+def", is_daily=True)
    assert (other_code.is_since, other_code.first_year) == (False, 2019)
    assert not extent.plan(settings_of(settings), TABLES, CODE, is_daily=True).is_large


# ---------------------------------------------------------------- the tables themselves


FLOWS = ("intermediate.comtrade", "intermediate.flows", "marts.flows")  # the folders of the models of all flows
PROVENANCE = ("parameters_hash", "code_version", "data_as_of", "lists_as_of")
Compute = Callable[..., Settings]


@pytest.fixture
def compute(data_dir: Path, dbt_home: Path) -> Compute:
    """A build of the models of all flows, and what they need, as a run does it."""

    def compute(**changed: str) -> Settings:
        given = {"DATA": "sample", "DATA_DIR": str(data_dir), "SAMPLE_SCALE": SCALE, "DUCKDB_THREADS": "2"}
        settings = Settings.from_environment(given | changed)
        started = datetime.now(UTC).replace(tzinfo=None)
        run = started.isoformat()
        warehouse.prepare(settings, TABLES, run_id=run, code_version=code_version(), started_at=started)
        intake.land(settings, COMTRADE)
        intake.load_landed(settings, COMTRADE)
        computed = extent.plan(settings, TABLES, code_version())
        extent.note_begun(settings, run, computed, is_of_all_models=True)
        done = Dbt(dbt_home, settings, computed)(
            "run", *transform.arguments(computed)[3:], "--select", "about", *(f"+{folder}" for folder in FLOWS)
        )
        assert done.returncode == 0, done.stdout[-3000:]
        extent.note_completed(settings, run)
        return settings

    return compute


def rows_of(settings: Settings) -> dict[str, list[tuple]]:
    """The rows of all tables of flows, in one order, without what they say of the build that computed them."""
    with marts_of(settings) as con:
        names = {
            (node["database"], node["schema"], node["name"])
            for node in transform.manifest()["nodes"].values()
            if node["resource_type"] == "model" and ".".join(node["fqn"][1:3]) in FLOWS
        } - {("warehouse", "intermediate", "int_builds_described")}
        columns = f"columns(lambda name: name not in {PROVENANCE})"
        return {
            name: con.execute(f"select {columns} from {database}.{schema}.{name} order by all").fetchall()
            for database, schema, name in names
        }


def annual_exports(settings: Settings) -> dict[int, float]:
    """What the exporter that is corrected below exported to Kazakhstan, by year, in USD."""
    with marts_of(settings) as con:
        found = con.execute(
            "select year(period), export_value_usd from unpublished.marts.report_coverage where freq = 'A' "
            "and exporter_iso3 = 'DEU' and importer_iso3 = 'KAZ' and product_code = 'TOTAL' order by 1"
        )
        return dict(found.fetchall())


def correct(inbox: Path, year: int) -> None:
    """A later edition of a year's file: Germany's exports to Kazakhstan are a tenth of what they were."""
    newest = max(inbox.glob(f"*_annual_{year}*"))
    rows = list(csv.DictReader(io.StringIO(gzip.decompress(newest.read_bytes()).decode())))
    for row in rows:
        if (row["reporterCode"], row["partnerCode"], row["flowCode"]) == ("276", "398", "X"):
            row |= {name: str(round(float(row[name] or 0) / 10, 2)) for name in ("primaryValue", "fobvalue")}
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    corrected = inbox / f"SIMULATED_comtrade_annual_{year}[2025-09-15].csv.gz"
    corrected.write_bytes(gzip.compress(text.getvalue().encode()))


@pytest.mark.slow
def test_year_by_year_the_same_rows_and_earlier_years_stay_as_the_last_full_build_had_them(compute: Compute) -> None:
    large = compute(LARGE_WORLD_ROWS="1")
    before = annual_exports(large)

    # what is new is of the years that are computed: such a run gives what a full one gives, with no year apart
    correct(large.inbox_dir, 2024)
    since = rows_of(compute(LARGE_WORLD_ROWS="1", SINCE="2024"))
    full = rows_of(compute())
    assert [name for name in full if full[name] != since[name]] == []
    assert len(full) > 10
    assert annual_exports(large)[2024] == pytest.approx(before[2024] / 10, rel=1e-4)

    # what is new is of an earlier year: it waits for the next full build, and the build says so
    correct(large.inbox_dir, 2022)
    later = compute(LARGE_WORLD_ROWS="1", SINCE="2024")
    assert annual_exports(later)[2022] == before[2022]
    with marts_of(later) as con:
        full_build_at, built_at = con.execute("select full_build_at, built_at from unpublished.marts.about").fetchone()
    assert full_build_at < built_at
    assert "Flows were computed from 2024 on" in extent.sentence(later)
