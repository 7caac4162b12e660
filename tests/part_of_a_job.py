"""A part of one of Dagster's jobs, run as a test needs it. Not here: any expectation."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from dagster_project.settings import PROJECT_DIR

# Its arguments: the job, then assets by name and layers, of which all assets are meant.
SCRIPT = """
import sys
from dagster_project.definitions import defs
name, *wanted = sys.argv[1:]
job = defs.resolve_job_def(name)
keys = {key for key in job.asset_layer.executable_asset_keys if key.path[0] in wanted or "/".join(key.path) in wanted}
done = job.get_subset(asset_selection=keys).execute_in_process(raise_on_error=False)
built = {event.asset_key.path[0] for event in done.get_asset_materialization_events()}
failed = [check.check_name for check in done.get_asset_check_evaluations() if not check.passed]
print("RESULT", done.success, sorted(built), failed)
"""


def run(job: str, *assets: str, **environment: str | Path) -> str:
    """Run these assets and layers of a job in a process of its own.

    Returns `RESULT <success> <layers that were built> <checks that failed>`, or all that was printed where it ended
    before that.
    """
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, job, *assets],
        cwd=PROJECT_DIR,
        env=os.environ | {name: str(value) for name, value in environment.items()},
        capture_output=True,
        text=True,
        timeout=600,
    )
    results = [line for line in done.stdout.splitlines() if line.startswith("RESULT")]
    return results[0] if results else done.stdout + done.stderr
