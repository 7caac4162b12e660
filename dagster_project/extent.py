"""How much of the flows a build computes: all years, or those from one year on.

A small world is computed whole. So is a large one, year by year, unless SINCE names the first year that is computed
anew; earlier years then keep what the last full build gave them. Here belongs which of these a run does, whether it
may, and the note of it in raw.builds. Not here: how dbt is called for it (transform.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from dagster_project import warehouse
from dagster_project.settings import Settings, SettingsError
from dagster_project.warehouse import Table

DAILY = {"since": "last year"}  # the tag of a job that need not compute all years of a large world


@dataclass(frozen=True)
class Extent:
    """What a run computes. Years are those of the flows' periods; 0 where there are no flows."""

    rows: int  # of flows in raw
    first_year: int  # the first that is computed
    last_year: int  # the last of the data
    is_large: bool  # computed year by year
    is_since: bool = False  # earlier years stay as they are


@dataclass(frozen=True)
class FullBuild:
    """The build that gave all years their rows."""

    started_at: datetime
    code_version: str
    first_year: int
    unfinished_since: int | None  # the earliest year of the runs after it that began and did not finish


def check(settings: Settings, code_version: str) -> None:
    """Change nothing. Raises SettingsError where SINCE cannot be done: with no full build of this code to build on, or
    for a year that is not in the data."""
    if settings.since is None:
        return
    full = _full_build(settings, code_version)
    years = f"a year from {full.first_year} to {date.today().year}"
    if settings.since > date.today().year:
        raise SettingsError(f"SINCE={settings.since} lies in the future. Give {years}.")
    if settings.since < full.first_year:
        raise SettingsError(f"SINCE={settings.since} lies before the data. Give {years}, or run without SINCE.")


def plan(settings: Settings, tables: Sequence[Table], code_version: str, *, is_daily: bool = False) -> Extent:
    """What a run computes, judged by what raw holds now. A daily run computes last year and this one of a large world,
    and all years where there is no full build of this code. Raises SettingsError as `check` does."""
    check(settings, code_version)
    rows, first_year, last_year = _flows(settings, tables)
    whole = Extent(rows, first_year, last_year, is_large=rows > settings.large_world_rows)
    since = date.today().year - 1 if is_daily and not settings.as_of else settings.since
    if since is None or not whole.is_large:
        return whole
    try:
        full = _full_build(settings, code_version)
    except SettingsError:
        if settings.since is None:
            return whole
        raise
    since = min(since, last_year, full.unfinished_since or since)
    return Extent(rows, max(since, first_year), last_year, is_large=True, is_since=True)


def note_begun(settings: Settings, run_id: str, extent: Extent, *, is_of_all_models: bool) -> None:
    """Note in raw.builds what a run is about to compute."""
    is_full = is_of_all_models and not extent.is_since
    with warehouse.connect(settings) as con:
        con.execute(
            "update raw.builds set is_full = ?, first_year = ?, engine = ? where run_id = ?",
            [is_full, extent.first_year, settings.engine, run_id],
        )


def note_completed(settings: Settings, run_id: str) -> None:
    """Note in raw.builds that all of it was computed and tested."""
    now = datetime.now(UTC).replace(tzinfo=None)
    with warehouse.connect(settings) as con:
        con.execute("update raw.builds set completed_at = ? where run_id = ?", [now, run_id])


def sentence(settings: Settings) -> str:
    """What the newest build did with SINCE, as a sentence; empty where it was not given."""
    if settings.since is None:
        return ""
    is_full, first_year, full_build_at = warehouse.ask(
        settings,
        """select is_full, first_year, (select max(started_at) from raw.builds where is_full)
        from raw.builds order by started_at desc limit 1""",
    )[0]
    if is_full:
        return (
            f"SINCE={settings.since} made no difference: up to {settings.large_world_rows:,} rows of flows are "
            "computed whole."
        )
    widened = " (an earlier run did not finish)" if first_year < settings.since else ""
    return (
        f"Flows were computed from {first_year} on{widened}; earlier years are those of the full build of "
        f"{full_build_at:%Y-%m-%d %H:%M} UTC."
    )


def _flows(settings: Settings, tables: Sequence[Table]) -> tuple[int, int, int]:
    """Rows of flows in raw, of every vintage, and their first and last year."""
    counted = " union all ".join(
        f'select count(*) as rows, min("{table.period}") as first, max("{table.period}") as last from raw.{table.name}'
        for table in tables
        if table.period
    )
    [(rows, first, last)] = warehouse.ask(settings, f"select sum(rows), min(first), max(last) from ({counted})")
    return int(rows), int((first or "0")[:4]), int((last or "0")[:4])


def _full_build(settings: Settings, code_version: str) -> FullBuild:
    """The full build that the tables of flows are of. Raises SettingsError where there is none of this code."""
    remedy = "Run once without SINCE."
    builds = []
    if warehouse.data_set_of(settings) is not None:
        try:
            builds = warehouse.ask(
                settings,
                """select started_at, code_version, as_of, is_full, first_year, completed_at is not null, engine
                from raw.builds where is_full is not null order by started_at""",
            )
        except warehouse.QueryError:  # written by an earlier version, so it is made again
            builds = []
    full, unfinished = None, []
    for started_at, version, as_of, is_full, first_year, is_complete, engine in builds:
        if as_of or engine != settings.engine or (is_full and not is_complete):
            full, unfinished = None, []  # the tables are those of a past day, of another engine, or of two builds
        elif is_full:
            full, unfinished = (started_at, version, first_year), []
        elif not is_complete:
            unfinished.append(first_year)
    if full is None:
        why = "the last one looked back, was by another engine or did not finish" if builds else "there is none yet"
        raise SettingsError(f"SINCE={settings.since} needs a full build in {settings.data_dir}: {why}. {remedy}")
    if full[1] != code_version:
        raise SettingsError(
            f"The full build in {settings.data_dir} is of the code {full[1]}, and this is {code_version}: its years "
            f"cannot be combined with new ones. {remedy}"
        )
    return FullBuild(*full, min(unfinished, default=None))
