"""The environment in which dbt runs on Spark: that it is there, and what it is given.

Spark's own settings, such as the master and the memory of its executors, are in Spark's own file: spark-defaults.conf
in the folder that SPARK_CONF_DIR names, by default the one of this module. Not here: what must be equal on any
cluster so that figures are (dbt/profiles.yml).
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from dagster_project.settings import PROJECT_DIR, Settings, SettingsError

SESSION = Path(__file__).parent / "session"  # dbt imports the modules called dbt_… that it finds on its path
SPARK, JAVA = "4.", (17, 21)  # the versions that the project was tried with, and those of Java that Spark runs on


def check(settings: Settings) -> None:
    """Raises SettingsError where Spark cannot run here: no environment, no Java, or a warehouse that cannot be
    written."""
    _check_spark()
    check_java(settings)
    check_warehouse(settings)


def check_warehouse(settings: Settings) -> None:
    """Raises SettingsError where the warehouse is a folder that cannot be written."""
    uri = warehouse_uri(settings)
    if is_local(uri):
        try:
            folder = local(uri)
            folder.mkdir(parents=True, exist_ok=True)
            probe = folder / ".writable"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise SettingsError(
                f"WAREHOUSE_URI={uri} cannot be written ({error.strerror}): give a folder that you may write, on a "
                "disk that all of Spark's workers see."
            ) from None


def _check_spark() -> None:
    remedy = "Make the environment with make spark-env, and run there: make run ENGINE=spark."
    try:
        version = metadata.version("pyspark")
        metadata.version("dbt-spark")
    except metadata.PackageNotFoundError as error:
        raise SettingsError(
            f"ENGINE=spark needs the package {error.name}, and {sys.prefix} has none. {remedy}"
        ) from None
    if not version.startswith(SPARK):
        raise SettingsError(f"ENGINE=spark needs Spark {SPARK}x, and {sys.prefix} has {version}. {remedy}")


def check_java(settings: Settings) -> None:
    """Raises SettingsError where there is no Java that Spark runs on."""
    java = str(Path(settings.java_home) / "bin" / "java") if settings.java_home else "java"
    needed = f"ENGINE=spark needs Java {' or '.join(map(str, JAVA))}"
    remedy = "Install one (on Debian: apt install openjdk-17-jre-headless), and let JAVA_HOME name it."
    try:
        shown = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60).stderr
    except OSError:
        raise SettingsError(f"{needed}, and {java} is not there. {remedy}") from None
    version = re.search(r'version "(\d+)', shown)
    if not version or int(version.group(1)) not in JAVA:
        raise SettingsError(f"{needed}, and {java} is {version.group(1) if version else 'none'}. {remedy}")


def warehouse_uri(settings: Settings) -> str:
    """Where Spark keeps staging, intermediate and marts: a folder of our own, for what is old in it is removed."""
    return f"{settings.warehouse_uri}/ghost_trade" if settings.warehouse_uri else str(settings.data_dir / "spark")


def configuration(settings: Settings) -> Path:
    """Spark's own file of settings."""
    return settings.spark_conf_dir / "spark-defaults.conf"


def is_local(uri: str) -> bool:
    """Whether it is a folder of this machine, or one that it has mounted; else only Spark can reach it."""
    return "://" not in uri or uri.startswith("file://")


def local(uri: str) -> Path:
    """The folder of a URI that is local."""
    return Path(uri.removeprefix("file://"))


def variables(settings: Settings, kept: Iterable[str] = ()) -> dict[str, str]:
    """What dbt's profile and macros read for this engine. `kept`: the tables whose earlier years an earlier build
    computed, as schema.name."""
    uri = warehouse_uri(settings)
    return {
        "WAREHOUSE_URI": uri,
        "SPARK_KEPT": " ".join(kept),
        "SPARK_CONF_DIR": str(settings.spark_conf_dir),
        "PYTHON_MODEL_ROWS": str(settings.python_model_rows),
        "PYTHONPATH": os.pathsep.join([str(SESSION), str(PROJECT_DIR)]),
    }
