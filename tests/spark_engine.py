"""Spark as tests use it: its environment, dbt on it, and a master with workers on loopback.

Not here: any expectation.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from dbt_cli import Dbt

from dagster_project.settings import PROJECT_DIR, Settings
from dagster_project.spark import environment

BIN = PROJECT_DIR / ".venv-spark" / "bin"
VARIABLES = {k: v for k, v in os.environ.items() if k not in ("DATA", "INBOX", "DATA_DIR", "SQL")}
SMALL = {
    "spark.master": "local[2]",
    "spark.driver.memory": "2g",
    "spark.sql.shuffle.partitions": "2",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.log.level": "ERROR",
    # of a few rows a program takes longer to compile than to run
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}


def skip_where_missing() -> None:
    """Skip where this machine has no environment with Spark, or no Java."""
    if not (BIN / "dbt").exists():
        pytest.skip(f"{BIN.parent} does not exist: make spark-env")
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        pytest.skip("there is no Java on this machine")


def configuration(folder: Path, **changed: str) -> Path:
    """A folder for SPARK_CONF_DIR: a small Spark, but for what is given (dots as double underscores)."""
    folder.mkdir(parents=True, exist_ok=True)
    values = SMALL | {name.replace("__", "."): value for name, value in changed.items()}
    (folder / "spark-defaults.conf").write_text("".join(f"{name} {value}\n" for name, value in values.items()))
    return folder


class SparkDbt(Dbt):
    """dbt on Spark, over the staging that was handed to it."""

    executable = BIN / "dbt"
    target_name = "spark"

    def __init__(self, home: Path, settings: Settings, configuration: Path):
        super().__init__(home, settings)
        linked = replace(settings, data_dir=home / "data", spark_conf_dir=configuration)
        self._environment |= environment.variables(linked)
        self.warehouse = Path(environment.warehouse_uri(linked))


@contextmanager
def cluster(folder: Path, workers: int = 2) -> Iterator[tuple[str, list[subprocess.Popen]]]:
    """A standalone master and its workers on loopback: the master's address, and the processes of the workers."""
    [spark_class] = BIN.parent.glob("lib/python*/site-packages/pyspark/bin/spark-class")
    variables = os.environ | {"SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": str(BIN / "python")}
    started: list[subprocess.Popen] = []

    def start(role: str, *arguments: str) -> Path:
        log = folder / f"{role}-{len(started)}.log"
        command = [spark_class, f"org.apache.spark.deploy.{role.lower()}.{role}", "--host", "127.0.0.1", "--port", "0"]
        with log.open("w") as file:
            started.append(
                subprocess.Popen([*command, "--webui-port", "0", *arguments], stdout=file, stderr=file, env=variables)
            )
        return log

    try:
        address = _wait_for(start("Master"), r"Starting Spark master at (spark://\S+)")
        for _ in range(workers):
            log = start("Worker", "--cores", "1", "--memory", "3g", "--work-dir", str(folder / "work"), address)
            _wait_for(log, r"Successfully registered with (master)")
        yield address, started[1:]
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()


def _wait_for(log: Path, pattern: str) -> str:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if match := re.search(pattern, log.read_text()):
            return match.group(1)
        time.sleep(0.2)
    raise AssertionError(f"not within two minutes: {pattern}\n{log.read_text()}")
