"""A build is a folder and is published by one switch: what readers find, whatever happens to the process or the disk.

The assets themselves, on marts with a few rows. What a page says is asked in test_site.py, what a whole run publishes
in test_refresh.py.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path

import dagster as dg
import duckdb
import pytest
import small_marts
from conftest import marts_of
from small_marts import ABOUT

from dagster_project import __main__ as command
from dagster_project import transform, warehouse
from dagster_project.definitions import defs
from dagster_project.ingest.sources import comtrade
from dagster_project.publish import assets, builds, dictionary, manifest, marts_file
from dagster_project.publish.marts_file import Description
from dagster_project.publish.site import render
from dagster_project.settings import Settings

DAY = date(2023, 6, 30)
SITE = assets.site_of([])
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["dagster_project.definitions"])


# ---------------------------------------------------------------- helpers


def compute_marts(settings: Settings, number: int) -> None:
    """Marts as dbt leaves them, which say in one cell which build they are."""
    about = ABOUT | {"notice": f"Build number {number}.", "as_of": settings.as_of}
    with marts_of(settings) as con:
        small_marts.make(con, {"about": [about]}, schema="unpublished.marts")


def publish(settings: Settings, *selected: dg.AssetsDefinition) -> dg.ExecuteInProcessResult:
    """What a run does after dbt, in a run of its own."""
    given = {
        "DATA": settings.data, "INBOX": str(settings.inbox), "DATA_DIR": str(settings.data_dir), "DUCKDB_THREADS": "2",
        "AS_OF": settings.as_of.isoformat() if settings.as_of else "", "PG_DSN": "",
    }  # fmt: skip
    with pytest.MonkeyPatch.context() as patch, dg.DagsterInstance.ephemeral() as instance:
        for name, value in given.items():
            patch.setenv(name, value)
        return dg.materialize(list(selected or (assets.publish, SITE)), instance=instance, raise_on_error=False)


def failure(done: dg.ExecuteInProcessResult) -> str:
    """The sentence of the step that failed, as a terminal shows it."""
    [event] = [event for event in done.all_events if event.event_type_value == "STEP_FAILURE"]
    error = event.step_failure_data.error
    while error.cause:
        error = error.cause
    return error.message


def number_in(folder: Path) -> int:
    """Which build a folder holds. Fails where its files are of several."""
    folder = folder.resolve()  # a reader that follows the link once
    with duckdb.connect(str(folder / "ghost_trade.duckdb"), read_only=True) as con:
        [(notice,)] = con.execute("select notice from marts.about").fetchall()
    [(in_parquet,)] = duckdb.connect().execute(f"select notice from '{folder}/parquet/about.parquet'").fetchall()
    assert in_parquet == notice
    assert notice in (folder / "docs.html").read_text() and notice in (folder / "site" / "method.html").read_text()
    assert not manifest.differences(folder)
    return int(notice.removeprefix("Build number ").removesuffix("."))


def left_in(settings: Settings) -> list[str]:
    """What lies in builds/ that is no build."""
    return [path.name for path in settings.builds_dir.iterdir() if path.name.startswith(".")]


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.name != manifest.NAME
    }


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A data directory in which one build is published; no test touches it."""
    folder = tmp_path_factory.mktemp("published")
    given = {"DATA": "files", "INBOX": str(folder), "DATA_DIR": str(folder / "data"), "DUCKDB_THREADS": "2"}
    settings = Settings.from_environment(given)
    warehouse.prepare(settings, comtrade.TABLES)
    compute_marts(settings, 1)
    assert publish(settings).success
    return settings


@pytest.fixture
def published(template: Settings, tmp_path: Path) -> Settings:
    """A copy of that directory, of a test's own."""
    shutil.copytree(template.data_dir, tmp_path / "data", symlinks=True)
    return replace(template, data_dir=tmp_path / "data")


# ---------------------------------------------------------------- what readers find


def test_a_build_is_one_folder_and_published_leads_to_it(published: Settings) -> None:
    assert published.published_dir.is_symlink() and number_in(published.published_dir) == 1
    names = {path.name for path in published.published_dir.iterdir()}
    assert names == {"ghost_trade.duckdb", "parquet", "docs.html", "site", "manifest.json"}
    assert not left_in(published)


@pytest.mark.slow
def test_a_reader_never_sees_files_of_two_builds(published: Settings) -> None:
    seen, stop = [], threading.Event()

    def read() -> None:
        while not stop.is_set():
            seen.append(number_in(published.published_dir))

    reader = threading.Thread(target=read)
    reader.start()
    for number in (2, 3):
        compute_marts(published, number)
        assert publish(published).success
    stop.set()
    reader.join()
    assert seen == sorted(seen) and {1, 3} <= {*seen, number_in(published.published_dir)}


@pytest.mark.slow
def test_three_builds_stay_and_who_holds_an_older_one_open_still_reads_it(published: Settings) -> None:
    first = published.published_dir.resolve()
    with duckdb.connect(str(published.published_path), read_only=True) as reader:
        for number in (2, 3, 4):
            compute_marts(published, number)
            assert publish(published).success
        assert not first.exists()
        assert reader.execute("select notice from marts.about").fetchall() == [("Build number 1.",)]
        assert reader.execute("select count(*) from marts.countries").fetchall() == [(0,)]
    assert [number_in(build) for build in builds.finished(published)] == [2, 3, 4]


def test_the_manifest_says_of_every_file_what_it_is(published: Settings) -> None:
    folder = published.published_dir
    content = json.loads((folder / "manifest.json").read_text())
    assert (content["run_id"], content["code_version"], content["dataset"]) == ("first", "0.1.0", "files")
    assert content["data_as_of"].startswith("2024-06-01") and content["lists_as_of"].startswith("2024-06-02")
    files = {file["path"]: file for file in content["files"]}
    assert {path: file["sha256"] for path, file in files.items()} == digests(folder)
    assert all(file["bytes"] == (folder / path).stat().st_size for path, file in files.items())
    assert files["parquet/about.parquet"]["rows"] == files["ghost_trade.duckdb"]["rows"] == 1
    assert files["parquet/countries.parquet"]["rows"] == 0 and files["docs.html"]["rows"] is None


def test_a_file_that_was_changed_or_removed_after_publication_is_named(published: Settings) -> None:
    folder = published.published_dir
    (folder / "docs.html").write_text("other")
    (folder / "parquet" / "about.parquet").unlink()
    (folder / "mine.txt").write_text("mine")
    assert manifest.differences(folder) == [
        "parquet/about.parquet is missing.",
        "mine.txt is not in the manifest.",
        "docs.html was changed after it was published.",
    ]


def test_parquet_holds_every_mart_once(published: Settings) -> None:
    marts = transform.described()
    files = {path.stem for path in (published.published_dir / "parquet").iterdir()}
    assert marts.keys() - files == {"report_coverage"}
    assert set(marts["report_coverage"]["columns"]) <= set(marts["mirror_gaps"]["columns"])


# ---------------------------------------------------------------- a run of some assets


def test_every_job_ends_with_the_switch() -> None:
    for job in defs.resolve_all_job_defs():
        keys = {key.path[-1] for key in job.asset_layer.executable_asset_keys if key.path[0] == "published"}
        assert keys >= {"ghost_trade", "site"} or job.name == "__ASSET_JOB", job.name


def test_without_the_pages_nothing_is_published_and_the_next_run_clears_it(published: Settings) -> None:
    compute_marts(published, 2)
    assert publish(published, assets.publish).success
    assert number_in(published.published_dir) == 1 and len(left_in(published)) == 1
    assert publish(published).success
    assert number_in(published.published_dir) == 2 and not left_in(published)


def test_the_pages_alone_are_a_build_of_the_published_marts(published: Settings) -> None:
    before = published.published_dir.resolve()
    compute_marts(published, 2)
    assert publish(published, SITE).success
    assert published.published_dir.resolve() != before and number_in(published.published_dir) == 1


def test_a_run_that_goes_on_finds_what_it_wrote_and_says_so_where_it_is_gone(published: Settings) -> None:
    compute_marts(published, 2)
    assert publish(published, assets.publish).success
    [folder] = published.builds_dir.glob(".unfinished-*")
    run_id = folder.name.removeprefix(".unfinished-")
    assert builds.resume(published, run_id, wrote_marts=True) == builds.of_run(published, run_id) == folder
    shutil.rmtree(folder)
    with pytest.raises(builds.BuildMissing, match="Run published/ghost_trade again"):
        builds.resume(published, run_id, wrote_marts=True)
    assert builds.of_run(published, run_id) == published.published_dir.resolve()


def test_postgresql_gets_the_build_of_its_own_run_before_and_after_the_switch(published: Settings) -> None:
    folder = builds.begin(published, "0123456789")
    assert builds.of_run(published, "0123456789") == published.published_dir.resolve()
    shutil.copytree(published.published_dir, folder, dirs_exist_ok=True)
    assert builds.of_run(published, "0123456789") == folder
    build = builds.finish(published, folder, "0123456789")
    assert builds.of_run(published, "0123456789") == build == published.published_dir.resolve()


def test_a_run_whose_marts_another_run_removed_publishes_nothing_and_says_so(published: Settings, monkeypatch) -> None:
    work = builds.resume

    def resume_too_late(settings: Settings, *given, **named) -> Path:
        builds.begin(settings, "another")
        return work(settings, *given, **named)

    compute_marts(published, 2)
    monkeypatch.setattr(builds, "resume", resume_too_late)
    assert "another run began since" in failure(publish(published))
    assert number_in(published.published_dir) == 1


# ---------------------------------------------------------------- a process that is killed

# Where it is killed: before which call of what, and which build is published then.
DEATHS = {
    "before the marts": ("publish.marts_file", "write", 1, 1),
    "in the midst of Parquet": ("publish.marts_file", "_copy", 20, 1),
    "before the dictionary": ("publish.dictionary", "write", 1, 1),
    "between the marts and the pages": ("publish.builds", "resume", 1, 1),
    "in the midst of the pages": ("publish.site.render", "Site.write", 3, 1),
    "before the manifest": ("publish.manifest", "write", 1, 1),
    "before the switch": ("publish.builds", "_switch", 1, 1),
    "after the switch": ("publish.builds", "_remove_old", 1, 2),
    "in the midst of removing": ("publish.builds", "shutil.rmtree", 2, 2),  # the first is that of the pages
}


def publish_and_die(settings: Settings, module: str, name: str, call: int) -> None:
    holder = importlib.import_module(f"dagster_project.{module}")
    *path, name = name.split(".")
    for attribute in path:
        holder = getattr(holder, attribute)
    work, calls = getattr(holder, name), []

    def die(*given, **named):
        calls.append(1)
        if len(calls) == call:
            os.kill(os.getpid(), signal.SIGKILL)
        return work(*given, **named)

    setattr(holder, name, die)
    publish(settings)


@pytest.mark.slow
@pytest.mark.parametrize(("module", "name", "call", "expected"), DEATHS.values(), ids=DEATHS)
def test_a_death_at_any_moment_leaves_a_whole_build_and_the_next_run_repairs_the_rest(
    published: Settings, module: str, name: str, call: int, expected: int
) -> None:
    compute_marts(published, 2)
    if "rmtree" in name:  # so that there is one too many
        for copy in "abc":
            shutil.copytree(published.published_dir, published.builds_dir / f"2000-{copy}")
    child = PROCESSES.Process(target=publish_and_die, args=(published, module, name, call))
    child.start()
    child.join(120)
    assert child.exitcode == -signal.SIGKILL
    assert number_in(published.published_dir) == expected
    compute_marts(published, 3)
    assert publish(published).success
    assert number_in(published.published_dir) == 3 and not left_in(published)
    assert len(builds.finished(published)) <= builds.KEPT
    assert [path.name for path in published.data_dir.glob(".*")] == []


# ---------------------------------------------------------------- a disk that is full


@pytest.fixture
def small_disk(published: Settings) -> Iterator[Callable[[float], None]]:
    """builds/ on a disk of its own, of so many times the size of a build."""
    held = published.builds_dir.with_name("held")
    published.builds_dir.rename(held)
    size = sum(path.stat().st_size for path in held.rglob("*") if path.is_file())
    published.builds_dir.mkdir()

    def mount(times: float, *options: str) -> None:
        how = ",".join((*options, f"size={int(times * size)}"))
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", how, "tmpfs", str(published.builds_dir)], capture_output=True, text=True
        )
        if done.returncode:
            pytest.skip(f"no small disk can be made here: {done.stderr.strip()}")
        if not options:
            shutil.copytree(held, published.builds_dir, dirs_exist_ok=True)

    try:
        yield mount
    finally:
        subprocess.run(["umount", str(published.builds_dir)], capture_output=True)


@pytest.mark.slow
@pytest.mark.parametrize("times", [1.2, 1.6, 1.9], ids=["marts", "Parquet or pages", "pages or manifest"])
def test_a_full_disk_is_a_sentence_and_is_not_left_fuller(published: Settings, small_disk, times: float) -> None:
    small_disk(times)
    free = shutil.disk_usage(published.builds_dir).free
    compute_marts(published, 2)
    done = publish(published)
    assert not done.success
    assert "The disk is full" in failure(done) and "What was published stays." in failure(done)
    assert number_in(published.published_dir) == 1 and not left_in(published)
    assert shutil.disk_usage(published.builds_dir).free == free
    small_disk(4, "remount")
    assert publish(published).success and number_in(published.published_dir) == 2


# ---------------------------------------------------------------- a build that was removed by hand


def sentence_of(settings: Settings, name: str, monkeypatch, capsys) -> str:
    for variable, value in {"DATA": "files", "INBOX": settings.inbox, "DATA_DIR": settings.data_dir}.items():
        monkeypatch.setenv(variable, str(value))
    monkeypatch.setattr("sys.argv", ["dagster_project", name])
    assert command.main() == 2
    return capsys.readouterr().err


@pytest.mark.parametrize("name", ["sql", "docs"])
def test_without_a_build_a_command_says_what_to_do(settings: Settings, name: str, monkeypatch, capsys) -> None:
    assert sentence_of(settings, name, monkeypatch, capsys).endswith("ghost_trade.duckdb is not there yet: make run.\n")


@pytest.mark.slow
def test_a_build_that_is_gone_is_a_sentence_and_the_next_run_repairs_the_link(
    published: Settings, monkeypatch, capsys
) -> None:
    compute_marts(published, 2)
    assert publish(published).success
    shutil.rmtree(published.published_dir.resolve())
    [left] = builds.finished(published)
    sentence = sentence_of(published, "sql", monkeypatch, capsys)
    assert "that build is gone" in sentence and str(left) in sentence and "make run" in sentence
    assert str(left) in builds.repair(published)  # the first that a run does
    assert number_in(published.published_dir) == 1 and builds.repair(published) == ""
    assert publish(published).success and number_in(published.published_dir) == 2


def test_the_next_run_publishes_where_every_build_is_gone(published: Settings) -> None:
    shutil.rmtree(published.builds_dir)
    assert f"{published.published_dir} leads to builds/" in failure(publish(published, SITE))
    assert publish(published).success and number_in(published.published_dir) == 1


# ---------------------------------------------------------------- as of a past day


@pytest.mark.slow
def test_a_build_as_of_a_day_has_a_link_of_its_own_and_stays(published: Settings) -> None:
    past = replace(published, as_of=DAY)
    compute_marts(past, 10)
    assert publish(past).success
    assert past.published_dir == published.data_dir / "as-of-2023-06-30"
    old_path = published.data_dir / "published" / "as-of-2023-06-30"
    for number in (1, 2, 3, 4, 5):
        assert number_in(published.published_dir) == number
        assert number_in(past.published_dir) == number_in(old_path) == 10
        compute_marts(published, number + 1)
        assert publish(published).success
    assert [number_in(build) for build in builds.finished(published)] == [4, 5, 6]
    compute_marts(past, 11)
    assert publish(past).success
    assert number_in(old_path) == 11 and len(builds.finished(past, DAY)) == 1


def test_a_link_as_of_a_day_whose_build_is_gone_is_removed(published: Settings) -> None:
    past = replace(published, as_of=DAY)
    compute_marts(past, 10)
    assert publish(past).success
    shutil.rmtree(past.published_dir.resolve())
    assert builds.repair(published) == "" and not past.published_dir.is_symlink()
    assert number_in(published.published_dir) == 1


# ---------------------------------------------------------------- a directory of an earlier version


@pytest.fixture
def earlier(published: Settings) -> Settings:
    """published/ as a folder, with one as of a day in it, as it was before builds had folders of their own."""
    build = published.published_dir.resolve()
    published.published_dir.unlink()
    build.rename(published.published_dir)
    published.builds_dir.rmdir()
    (published.published_dir / manifest.NAME).unlink()
    shutil.copytree(published.published_dir, published.published_dir / "as-of-2023-06-30")
    past = published.published_dir / "as-of-2023-06-30" / "ghost_trade.duckdb"
    with duckdb.connect(str(past)) as con:
        con.execute("update marts.about set as_of = '2023-06-30', run_id = 'past'")
    (published.published_dir / "notes.txt").write_text("mine")
    return published


@pytest.mark.parametrize("dies_at", [None, "rename", "symlink_to", "replace"])
def test_what_an_earlier_version_published_is_a_build_and_nothing_is_lost(earlier, monkeypatch, dies_at) -> None:
    past = earlier.published_dir / "as-of-2023-06-30"
    before, before_past = digests(earlier.published_dir), digests(past)
    for call in range(1, 4 if dies_at else 1):  # at the first, the second and the third such step
        with monkeypatch.context() as patch:
            work, calls = getattr(Path, dies_at), []

            def die(*given, work=work, calls=calls, call=call, **named):
                calls.append(1)
                if len(calls) == call:
                    raise KeyboardInterrupt
                return work(*given, **named)

            patch.setattr(Path, dies_at, die)
            with suppress(KeyboardInterrupt):
                builds.repair(earlier)
    builds.repair(earlier)
    assert earlier.published_dir.is_symlink()
    assert {path: sha for path, sha in before.items() if not path.startswith("as-of-")} == digests(
        earlier.published_dir.resolve()
    )
    assert past.is_symlink() and digests(past.resolve()) == before_past
    assert (earlier.data_dir / "as-of-2023-06-30").resolve() == past.resolve()
    assert publish(earlier).success and number_in(earlier.published_dir) == 1
    assert (earlier.published_dir / "as-of-2023-06-30" / "ghost_trade.duckdb").exists()


def test_an_unreadable_file_of_an_earlier_version_stops_nothing(earlier: Settings) -> None:
    earlier.published_path.write_text("no database")
    assert "builds/unreadable" in builds.repair(earlier)
    assert publish(earlier).success and number_in(earlier.published_dir) == 1
    assert (earlier.builds_dir / "unreadable" / "notes.txt").read_text() == "mine"


# ---------------------------------------------------------------- the files

DESCRIPTIONS = [
    Description("gaps", "One row is a flow; it's so.", {"code": "HS code.", "gap_usd": "The gap's value."}),
    Description("notes", "One row is a note.", {"note": "What was noted."}, is_in_parquet=False),
    Description("big_gaps", "A view.", {"code": "HS code."}, view_sql="select code from marts.gaps where gap_usd > 50"),
]


@pytest.fixture
def written(settings: Settings, tmp_path: Path) -> Path:
    """A folder with the files of three marts."""
    with marts_of(settings) as con:
        con.execute(
            "create table unpublished.marts.gaps as from (values ('010121', 1.0), ('854231', 74)) t(code, gap_usd)"
        )
        con.execute("create table unpublished.marts.notes as select range || '.' as note from range(3)")
    folder = tmp_path / "build"
    folder.mkdir()
    assert marts_file.write(settings, folder, DESCRIPTIONS) == {"gaps": 2, "notes": 3, "big_gaps": 1}
    return folder


def test_the_file_holds_the_marts_and_nothing_else(written: Path) -> None:
    with duckdb.connect(str(written / "ghost_trade.duckdb"), read_only=True) as con:
        assert con.execute(
            "select table_schema, table_name, table_type from information_schema.tables order by all"
        ).fetchall() == [
            ("marts", "big_gaps", "VIEW"),
            ("marts", "gaps", "BASE TABLE"),
            ("marts", "notes", "BASE TABLE"),
        ]
        assert con.execute("select code from marts.big_gaps").fetchall() == [("854231",)]
    assert sorted(path.name for path in (written / "parquet").iterdir()) == ["big_gaps.parquet", "gaps.parquet"]


def test_the_file_is_in_the_format_that_older_drivers_read(written: Path) -> None:
    header = (written / "ghost_trade.duckdb").read_bytes()[:20]
    assert header[8:12] == b"DUCK"
    assert int.from_bytes(header[12:20], "little") == 64, "64 is the storage version of DuckDB 0.9.2 to 1.1"


def test_every_table_and_column_says_what_it_is(written: Path) -> None:
    with duckdb.connect(str(written / "ghost_trade.duckdb"), read_only=True) as con:
        tables = con.execute(
            "select table_name, comment from duckdb_tables() "
            "union all select view_name, comment from duckdb_views() where not internal"
        ).fetchall()
        columns = con.execute(
            "select table_name, column_name, comment from duckdb_columns() where not internal"
        ).fetchall()
    assert dict(tables) == {d.name: d.text for d in DESCRIPTIONS}
    assert {(t, c): text for t, c, text in columns} == {
        (d.name, column): text for d in DESCRIPTIONS for column, text in d.columns.items()
    }


def test_a_table_that_is_not_there_is_an_error_and_no_build(settings: Settings, written: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with pytest.raises(warehouse.QueryError, match="missing"):
        marts_file.write(settings, tmp_path / "other", [*DESCRIPTIONS, Description("missing", "Not there.", {})])


def test_a_dictionary_is_written_whole_or_not_at_all(published: Settings, monkeypatch) -> None:
    folder = builds.begin(published, "run")
    shutil.copyfile(published.published_path, folder / "ghost_trade.duckdb")
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError("No space left on device")))
    with pytest.raises(builds.DiskFull), builds.writing(published, folder):
        dictionary.write(published, folder, [], {}, {"nodes": {}, "sources": {}})
    assert not folder.exists() and number_in(published.published_dir) == 1


def test_pages_of_a_try_that_failed_are_not_in_the_next(published: Settings) -> None:
    folder = builds.begin(published, "run")
    shutil.copyfile(published.published_path, folder / "ghost_trade.duckdb")
    (folder / "site").mkdir()
    (folder / "site" / "half.html").write_text("half")
    render.write(published, folder, published.published_dir)
    assert not (folder / "site" / "half.html").exists() and (folder / "site" / "index.html").exists()
