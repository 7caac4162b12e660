"""dbt as tests call it, on a warehouse of their own. Not here: any expectation."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from dagster_project import extent, transform
from dagster_project.settings import DBT_DIR, Settings


class Dbt:
    """dbt on one warehouse, called from its own folder with the profile's variables set, as a refresh calls it.

    All warehouses of a process are reached by one path, a link in `home`: to another path dbt would parse the whole
    project again. So two of them are never used at once, and `results` is of the last call.
    """

    executable = Path(sys.executable).with_name("dbt")
    target_name = "duckdb"  # in dbt/profiles.yml

    def __init__(self, home: Path, settings: Settings, computed: extent.Extent | None = None):
        self.target = home / "target"
        self._link, self._data_dir = home / "data", settings.data_dir
        self._environment = os.environ | transform.environment(replace(settings, data_dir=self._link), computed)

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        self._link.unlink(missing_ok=True)
        self._link.symlink_to(self._data_dir)
        return subprocess.run(
            [self.executable, "--no-use-colors", "--log-path", self.target / "logs", *arguments]
            + ["--target", self.target_name, "--target-path", self.target],
            cwd=DBT_DIR,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=600,  # half a minute; more where others use the machine
        )

    def results(self) -> dict[str, str]:
        """Every node of the last call and how it ended."""
        run = json.loads((self.target / "run_results.json").read_text())
        return {result["unique_id"]: result["status"] for result in run["results"]}
