"""What Spark needs is named where it is missing, before a run changes anything. Not here: what Spark computes."""

from pathlib import Path

import pytest

from dagster_project.settings import Settings, SettingsError
from dagster_project.spark import environment


def with_java(home: Path) -> Settings:
    return Settings.from_environment({"ENGINE": "spark", "JAVA_HOME": str(home)})


def test_an_environment_without_spark_is_a_sentence() -> None:
    settings = Settings.from_environment({"ENGINE": "spark"})
    with pytest.raises(SettingsError, match=r"pyspark.* make spark-env, and run there: make run ENGINE=spark"):
        environment.check(settings)


def test_another_version_of_spark_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment.metadata, "version", lambda name: "3.5.1")
    with pytest.raises(SettingsError, match=r"needs Spark 4\.x, and .* has 3\.5\.1"):
        environment.check(Settings.from_environment({"ENGINE": "spark"}))


def test_a_machine_without_java_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"needs Java 17 or 21, and .*/bin/java is not there. Install one"):
        environment.check_java(with_java(tmp_path))


@pytest.mark.parametrize("version", ["1.8.0_402", "11.0.22"])
def test_a_java_of_another_version_is_a_sentence(version: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    java = tmp_path / "bin" / "java"
    java.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n")
    java.chmod(0o755)
    with pytest.raises(SettingsError, match=f"needs Java 17 or 21, and {java} is {version.split('.')[0]}"):
        environment.check_java(with_java(tmp_path))


def test_a_warehouse_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings = Settings.from_environment({"ENGINE": "spark", "WAREHOUSE_URI": str(tmp_path / "file" / "warehouse")})
    with pytest.raises(SettingsError, match="WAREHOUSE_URI=.*cannot be written"):
        environment.check_warehouse(settings)


def test_an_engine_that_is_none_is_a_sentence() -> None:
    with pytest.raises(SettingsError, match="ENGINE=flink is unknown. Choose one of: duckdb, spark."):
        Settings.from_environment({"ENGINE": "flink"})
