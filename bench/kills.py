"""What a run leaves that is killed: SIGKILL at random moments of whole runs, of the sample and of files.

After each kill the published build must be whole, as its manifest says; every few kills an undisturbed run must succeed
and publish, row for row, what a run that was never killed publishes. Settings: KILLS (25 of each), REPAIR_EVERY (5),
SAMPLE_SCALE (0.1), INBOX (a folder with downloads; simulated flows where there is none), SEED.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from dagster_project.publish import builds, manifest
from dagster_project.settings import PROJECT_DIR, Settings

KILLS = int(os.environ.get("KILLS") or 25)
REPAIR_EVERY = int(os.environ.get("REPAIR_EVERY") or 5)
SCALE = os.environ.get("SAMPLE_SCALE") or "0.1"
SEED = int(os.environ.get("SEED") or 20230615)
SAYS_WHEN = {"about", "files", "sources"}  # tables that differ by when they were made


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        failures = kill_often(Path(folder) / "sample", {"DATA": "sample", "SAMPLE_SCALE": SCALE})
        inbox = os.environ.get("INBOX") or flows_of(Path(folder) / "sample" / "simulated" / "inbox")
        failures += kill_often(Path(folder) / "files", {"DATA": "files", "INBOX": str(inbox)})
    return 1 if failures else 0


def kill_often(data_dir: Path, given: dict[str, str]) -> int:
    """Kill runs of one data set. Returns how often a build was not whole, or a run did not repair."""
    environment = {"DUCKDB_THREADS": "2", "AS_OF": "", "PG_DSN": "", **given, "DATA_DIR": str(data_dir)}
    settings, chance = Settings.from_environment(environment), random.Random(SEED)
    started = time.monotonic()
    process = run(environment)
    if process.wait():
        raise SystemExit(process.stderr.read())
    seconds = time.monotonic() - started
    whole, failures, steps, number = tables(settings), 0, Counter(), 0
    while number < KILLS:
        if chance.random() < 1 / 3:  # else a run has little to land and to load, and dies later
            shutil.rmtree(settings.landing_dir)
            settings.warehouse_path.unlink()
        process = run(environment)
        time.sleep(chance.uniform(0, seconds))
        if process.poll() is not None:  # it was faster than the first: no kill
            process.communicate()
            continue
        number += 1
        process.kill()
        lines = process.communicate()[0].splitlines()
        step = next((word for line in reversed(lines) for word in line.split()[:1]), "the start")
        steps[step] += 1
        differing = manifest.differences(settings.published_dir.resolve())
        failures += bool(differing)
        print(f"{given['DATA']}: kill {number} at {step}: {differing or 'whole'}", flush=True)
        if number % REPAIR_EVERY == 0 or number == KILLS:
            process = run(environment)
            printed = process.communicate()
            is_repaired = process.returncode == 0 and tables(settings) == whole and not left_in(settings)
            failures += not is_repaired
            print(f"{given['DATA']}: the next run {'repairs' if is_repaired else printed}", flush=True)
    print(f"{given['DATA']}: {KILLS} kills, {failures} failures; at {dict(steps)}")
    return failures


def flows_of(simulated: Path) -> Path:
    """An inbox with Comtrade's part of the simulated one: its lists are too short for lists that are no simulation."""
    inbox = simulated.with_name("flows")
    inbox.mkdir()
    for file in simulated.glob("*comtrade*"):
        shutil.copy(file, inbox)
    return inbox


def run(environment: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "dagster_project", "run"],
        cwd=PROJECT_DIR,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def tables(settings: Settings) -> dict[str, list[tuple]]:
    """The published tables, row for row."""
    import duckdb

    files = (settings.published_dir / "parquet").glob("*.parquet")
    return {file.stem: duckdb.sql(f"from '{file}'").fetchall() for file in files if file.stem not in SAYS_WHEN}


def left_in(settings: Settings) -> list[Path]:
    """What a run should not leave."""
    return [
        *settings.builds_dir.glob(f"{builds.UNFINISHED}*"),
        *settings.landing_dir.rglob(".unfinished"),
        *settings.data_dir.glob(".fetch-*"),
        *settings.data_dir.glob(".read-*"),
        *settings.data_dir.glob("*.tmp"),
    ]


if __name__ == "__main__":
    sys.exit(main())
