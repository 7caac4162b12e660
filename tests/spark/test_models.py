"""Every model is one that Spark understands: it builds all of them over staging without a row, types included, and
finds the method's own sentences true. Not here: its figures (test_build.py).
"""

import shutil
from pathlib import Path

import pytest
import spark_engine
from dbt_cli import Dbt
from downloads import prepare

from dagster_project import transform
from dagster_project.definitions import SOURCES
from dagster_project.settings import Settings
from dagster_project.spark import handover

LAYERS = ("path:models/intermediate", "path:models/marts")


@pytest.fixture(scope="module")
def spark(dbt_home: Path, tmp_path_factory: pytest.TempPathFactory) -> spark_engine.SparkDbt:
    """Spark's tables of every model without a row."""
    spark_engine.skip_where_missing()
    folder = tmp_path_factory.mktemp("spark")
    settings = Settings.from_environment({"DATA": "files", "INBOX": str(folder), "DATA_DIR": str(folder / "data")})
    prepare(settings, SOURCES)
    staged = Dbt(dbt_home, settings)("run", "--empty", "--select", "path:models/staging")
    assert staged.returncode == 0, staged.stdout
    nodes = transform.manifest()["nodes"].values()
    models = {n["alias"] for n in nodes if n["resource_type"] == "model" and n["schema"] == "staging"}
    handover.begin(settings, models, ())
    dbt = spark_engine.SparkDbt(
        tmp_path_factory.mktemp("dbt-spark"), settings, spark_engine.configuration(folder / "conf")
    )
    made = dbt("run", "--empty", "--select", *LAYERS)
    assert made.returncode == 0, made.stdout[-8000:]
    return dbt


def test_spark_makes_every_model_with_the_types_of_its_contract(spark: spark_engine.SparkDbt) -> None:
    nodes = transform.manifest()["nodes"].values()
    models = {n["unique_id"] for n in nodes if n["resource_type"] == "model" and n["schema"] != "staging"}
    assert models <= spark.results().keys()
    assert {status for node, status in spark.results().items() if node in models} == {"success"}


@pytest.mark.spark
def test_every_sentence_about_the_method_holds_on_spark(spark: spark_engine.SparkDbt) -> None:
    # with the models, made anew: a session knows the tables that it made
    for layer in ("intermediate", "marts"):
        shutil.rmtree(spark.warehouse / f"{layer}.db")
    ran = spark("build", "--select", *LAYERS, "--exclude", "test_type:data")
    assert ran.returncode == 0, ran.stdout[-8000:]
    assert sum(node.startswith("unit_test.") for node in spark.results()) > 150
