"""Fixtures that several folders share. Not here: any expectation."""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import hypothesis
import pytest
import real_files
from filelock import FileLock

from dagster_project import warehouse
from dagster_project.settings import PROJECT_DIR, Settings

SHARED_DATA = PROJECT_DIR.parent / "shared" / "data"

# A test that took long on a busy machine found nothing.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "yes")
os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ["ENV_FILE"] = ""  # no test depends on this machine's .env


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real files, which is not part of the project."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"real files are not here: {SHARED_DATA} does not exist")
    return SHARED_DATA


def pytest_configure(config: pytest.Config) -> None:
    """Let dbt parse its project once, before several workers would."""
    if config.getoption("numprocesses", None):
        importlib.import_module("dagster_project.transform")


@pytest.fixture(scope="session")
def dbt_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where dbt_cli.Dbt works: one folder a process, so that dbt parses the project once in it."""
    return tmp_path_factory.mktemp("dbt")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of an empty data directory with an empty inbox."""
    (tmp_path / "inbox").mkdir()
    return Settings.from_environment(
        {"DATA": "files", "INBOX": str(tmp_path / "inbox"), "DATA_DIR": str(tmp_path / "data"), "DUCKDB_THREADS": "2"}
    )


Run = Callable[..., subprocess.CompletedProcess]


@pytest.fixture(scope="session")
def ghost_trade() -> Run:
    """Run a command of the project as a person does: in a process of its own, with the given environment."""

    def run(command: str = "run", **environment: str | Path) -> subprocess.CompletedProcess:
        kept = {k: v for k, v in os.environ.items() if k not in ("DATA", "INBOX", "DATA_DIR", "SQL")}
        return subprocess.run(
            [sys.executable, "-m", "dagster_project", command],
            cwd=PROJECT_DIR,
            env=kept | {k: str(v) for k, v in environment.items()},
            capture_output=True,
            text=True,
            timeout=900,  # a run takes two minutes; five where others use the machine
        )

    return run


@contextmanager
def marts_of(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse with the file of its marts, which dbt makes (dbt/profiles.yml)."""
    with warehouse.connect(settings) as con:
        con.execute(f"attach if not exists '{settings.unpublished_path}' as unpublished (storage_version 'v1.0.0')")
        con.execute("create schema if not exists unpublished.marts")
        yield con


# ---------------------------------------------------------------- one refresh of the simulated world, for all files

SCALE = "0.1"


Build = tuple[Path, str]  # the data directory that a run left, which no test touches, and what the run printed


def built_once(root: Path, name: str, run: Callable[[Path], subprocess.CompletedProcess]) -> Build:
    """A build for all workers: who asks first runs it, the others wait."""
    if os.environ.get("PYTEST_XDIST_WORKER"):
        root = root.parent  # where the workers' own folders lie
    data_dir, printed = root / name, root / f"{name}.txt"
    with FileLock(root / f"{name}.lock"):
        if not printed.exists():
            done = run(data_dir)
            assert done.returncode == 0, done.stdout + done.stderr
            printed.write_text(done.stdout)
    return data_dir, printed.read_text()


@pytest.fixture(scope="session")
def refreshed(ghost_trade: Run, tmp_path_factory: pytest.TempPathFactory) -> Build:
    """The shared refresh of the simulated world."""
    root = tmp_path_factory.getbasetemp()
    return built_once(root, "refreshed", lambda data_dir: ghost_trade(DATA_DIR=data_dir, SAMPLE_SCALE=SCALE))


@pytest.fixture(scope="session")
def real_build(ghost_trade: Run, shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Build:
    """The one build with real files."""

    def run(data_dir: Path) -> subprocess.CompletedProcess:
        inbox = data_dir.with_name("real-inbox")
        real_files.copy_into(inbox, shared)
        return ghost_trade(DATA="files", INBOX=inbox, DATA_DIR=data_dir)

    return built_once(tmp_path_factory.getbasetemp(), "real", run)


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """Where every further run of a module works: one path, so that dbt parses its project once and not each time."""
    return tmp_path_factory.mktemp("sample") / "data"


@pytest.fixture
def data_dir(refreshed, place) -> Path:
    """The directory as that run left it, to be run in again."""
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(refreshed[0], place, symlinks=True)  # published is one
    return place


# ---------------------------------------------------------------- which tests are slow, and their order

# Who asks one of these fixtures.
SLOW = {"refreshed", "dbt_home"}
REAL = {"shared"}
# Files that take long, the longest first; the second does not wait for the refresh that the first makes.
LONGEST = (
    "test_refresh_again",
    "test_models",
    "test_live",
    "test_since",
    "test_mutants",
    "test_unit_tests",
    "test_builds",
    "test_comtrade_service",
)


@pytest.hookimpl(tryfirst=True)  # before pytest selects by mark
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by what they ask; and begin with files that take minutes, so that no worker ends with one of them
    while the others have nothing to do."""
    for item in items:
        if REAL & set(item.fixturenames):
            item.add_marker("real")
        elif SLOW & set(item.fixturenames):
            item.add_marker("slow")
    places = {name: i for i, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(LONGEST)))
