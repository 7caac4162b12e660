"""Fixtures that several floors share. Not here: any expectation."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest

from dagster_project.settings import PROJECT_DIR, Settings

SHARED_DATA = PROJECT_DIR.parent / "shared" / "data"

# A test that took long on a busy machine found nothing.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "yes")
os.environ.setdefault("DO_NOT_TRACK", "1")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real files, which is not part of the project."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"real files are not here: {SHARED_DATA} does not exist")
    return SHARED_DATA


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
