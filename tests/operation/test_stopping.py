"""What stops a run from outside: a signal, another run, a folder that cannot be written, a dbt that fails.

Not here: what is published when a process dies (publish/test_builds.py, test_refresh_again.py), bad files.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import SCALE, Run
from downloads import prepare

from dagster_project import dbt_process, transform, warehouse
from dagster_project.definitions import SOURCES
from dagster_project.settings import DBT_DIR, PROJECT_DIR, Settings

pytestmark = pytest.mark.slow


def left_in(data_dir: Path) -> list[Path]:
    """What is not whole, or was only for the time of a run."""
    names = (
        ".fetch-*",
        ".read-*",
        ".tmp",
        "*.duckdb.tmp",
        "landing/**/.unfinished",
        "builds/.unfinished*",
        "dbt/.parsing",
    )
    return [path for name in names for path in data_dir.glob(name)]


@pytest.mark.parametrize(("number", "at"), [(signal.SIGTERM, "landing"), (signal.SIGINT, "staging")])
def test_a_signal_ends_a_run_with_one_sentence_and_leaves_nothing_half_made(
    data_dir: Path, number: signal.Signals, at: str
) -> None:
    """While files land, and while dbt works in a process of its own."""
    if at == "landing":
        shutil.rmtree(data_dir / "landing")
    (data_dir / "builds" / ".unfinished-killed").mkdir()  # of an earlier run
    run = subprocess.Popen(
        [sys.executable, "-m", "dagster_project", "run"],
        cwd=PROJECT_DIR,
        env={**os.environ, "DATA_DIR": str(data_dir), "SAMPLE_SCALE": SCALE},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    for line in run.stdout:
        if line.split()[:1] == [at]:
            break
    children = Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()
    run.send_signal(number)
    _, printed = run.communicate(timeout=60)
    assert run.returncode == 128 + number
    assert printed.strip().splitlines() == [
        f"Stopped by {number.name}. What is published is whole; the next run goes on from what has landed."
    ]
    assert left_in(data_dir) == []
    assert not [pid for pid in children if b"dbt" in _command(pid)]
    settings = Settings.from_environment({"DATA_DIR": str(data_dir)})
    with warehouse.connect(settings):  # nobody holds it
        pass


def _command(pid: str) -> bytes:
    file = Path(f"/proc/{pid}/cmdline")
    return file.read_bytes() if file.exists() else b""


def test_two_runs_at_once_are_one_run_and_one_sentence(ghost_trade: Run, tmp_path: Path) -> None:
    lock = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    second = ghost_trade(DATA_DIR=tmp_path)
    os.close(lock)
    assert second.returncode == 2 and second.stdout == ""
    assert second.stderr.splitlines() == [
        f"Another run works in {tmp_path}: wait until it has ended, or give another DATA_DIR."
    ]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["a file", "below a file", "read-only"])
def test_a_folder_that_cannot_be_written_is_one_sentence(ghost_trade: Run, tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "data"
    if kind == "read-only":
        folder.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(folder)], capture_output=True).returncode:
            pytest.skip("no file system can be mounted here")
    else:
        folder.write_text("no folder")
    given = folder / "below" if kind == "below a file" else folder
    try:
        done = ghost_trade(DATA_DIR=given)
    finally:
        subprocess.run(["umount", str(folder)], capture_output=True)
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1, done.stderr
    assert f"DATA_DIR={given} cannot be written" in done.stderr and "give a folder" in done.stderr


def test_a_disk_that_fills_while_files_land_is_one_sentence_and_nothing_is_left_half_made(
    ghost_trade: Run, tmp_path: Path
) -> None:
    """Of later moments: publish/test_builds.py, and `python -m bench.kills`."""
    settings = Settings.from_environment()
    transform.manifest()
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=9m", "tmpfs", str(folder)], capture_output=True).returncode:
        pytest.skip("no small disk can be made here")
    try:
        (folder / "dbt").mkdir()
        for file in settings.dbt_target.glob("manifest-*.json"):  # so that dbt need not parse there
            shutil.copy(file, folder / "dbt")
        done = ghost_trade(DATA_DIR=folder, SAMPLE_SCALE=SCALE)
        left = left_in(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], capture_output=True)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    [sentence] = [line.strip() for line in done.stderr.splitlines() if "disk" in line and "MB" in line]
    assert sentence.startswith("The disk is full (") and "Make room, then run again." in sentence
    assert left == []


def test_a_dbt_whose_run_failed_or_was_killed_is_ended_and_no_other_process(settings: Settings) -> None:
    settings.dbt_target.mkdir(parents=True)
    sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
    ours = os.environ | {"DBT_TARGET_PATH": str(settings.dbt_target)}
    noted = settings.dbt_target / dbt_process.NAME
    with (
        subprocess.Popen(sleep, env=ours) as own,
        subprocess.Popen(sleep, env=ours) as orphan,
        subprocess.Popen(sleep) as stranger,
        subprocess.Popen(["sh", "-c", "sleep 60 & echo $!; wait"], env=ours, stdout=subprocess.PIPE) as another,
    ):
        dbt_process.note(settings, own.pid)
        dbt_process.end(settings)
        assert own.wait(10) == -signal.SIGKILL
        noted.write_text(f"{orphan.pid} 999999999")  # as if another process had started it, and were gone
        dbt_process.end(settings)
        assert orphan.wait(10) == -signal.SIGKILL
        noted.write_text(f"{stranger.pid} 999999999")  # the number of a dbt that has ended, given to another program
        dbt_process.end(settings)
        assert stranger.poll() is None
        stranger.kill()
        pid = int(another.stdout.readline())
        noted.write_text(f"{pid} {another.pid}")  # of a run that is at work
        dbt_process.end(settings)
        assert another.poll() is None
        os.kill(pid, signal.SIGKILL)


# ---------------------------------------------------------------- dbt


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("dbt-fails") / 'o\'neill & "sons" 50 %'  # a folder as people have them


@pytest.fixture(scope="module")
def failing(folder: Path) -> Settings:
    """A warehouse that lacks a table."""
    settings = Settings.from_environment({"DATA_DIR": str(folder), "DUCKDB_THREADS": "2"})
    prepare(settings, SOURCES)
    with warehouse.connect(settings) as con:
        con.execute("drop table raw.pycountry_countries")
    return settings


def failure_of(settings: Settings, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    """What a run says of a dbt that is called with these arguments."""
    for name, value in transform.environment(settings).items():
        monkeypatch.setenv(name, value)
    invocation = transform.resource().cli(arguments, target_path=settings.dbt_target, raise_on_error=False)
    errors = [event for event in invocation.stream_raw_events() if event.raw_event["info"]["level"] == "error"]
    return str(transform._failure(settings, invocation, errors))


def test_a_model_that_fails_is_named_with_the_databases_sentence_and_what_to_do(
    failing: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = failure_of(failing, monkeypatch, "run", "--select", "stg_pycountry__countries").splitlines()
    assert first.startswith("The model stg_pycountry__countries failed: Catalog Error: Table with name")
    assert "run again" in second or "report it" in second
    assert "dbt CLI process" not in first + second
    [query] = re.findall(r"Its query: (.*\.sql)\.", second)
    assert "pycountry_countries" in Path(query).read_text()


def test_a_disk_that_fills_while_models_are_built_is_named_with_what_to_do(
    failing: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)], capture_output=True).returncode:
        pytest.skip("no small disk can be made here")
    try:
        settings = Settings.from_environment({"DATA_DIR": str(disk), "DUCKDB_THREADS": "2"})
        prepare(settings, SOURCES)
        (disk / "dbt").symlink_to(failing.dbt_target)  # what dbt itself writes lies elsewhere
        (disk / "large").write_bytes(bytes(shutil.disk_usage(disk).free - 50_000))
        first, second = failure_of(settings, monkeypatch, "run", "--select", "stg_seeds__country_codes").splitlines()
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], capture_output=True)
    assert "No space left on device" in first
    assert second.startswith(f"Make room on the disk of {disk}, and run again.")


def test_a_test_that_fails_is_named_with_its_rows(failing: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with warehouse.connect(failing) as con:
        con.execute("create table raw.pycountry_countries as select 'x' as alpha_2, null as alpha_3 from range(3)")
        con.execute("create schema if not exists staging")
        con.execute("create or replace view staging.stg_pycountry__countries as select null as iso3 from range(3)")
    name = "not_null_stg_pycountry__countries_iso3"
    first, second = failure_of(failing, monkeypatch, "test", "--select", name).splitlines()
    assert first == f"The test {name} failed: 3 rows do not pass."
    assert "Its query: " in second and "run again" in second


# ---------------------------------------------------------------- the project's folder


def test_the_project_is_parsed_once_by_processes_that_start_together_and_nothing_is_written_into_it(
    tmp_path: Path,
) -> None:
    before = set(DBT_DIR.rglob("*"))
    read = "from dagster_project import transform; print(len(transform.manifest()['nodes']))"
    environment = os.environ | {"DATA_DIR": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    started = [
        subprocess.Popen([sys.executable, "-c", read], cwd=PROJECT_DIR, env=environment, stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    printed = [process.communicate(timeout=300)[0].split()[-1] for process in started]
    assert len(set(printed)) == 1 and int(printed[0]) > 300
    assert len(list((tmp_path / "dbt").glob("manifest-*.json"))) == 1 and left_in(tmp_path) == []
    assert set(DBT_DIR.rglob("*")) == before
