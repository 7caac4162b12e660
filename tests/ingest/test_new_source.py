"""`make new-source` in a copy of the project: what it writes works as it is, and nothing is overwritten."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from dagster_project.ingest import new_source
from dagster_project.settings import PROJECT_DIR

NAME = "armstat"
LEFT_OUT = shutil.ignore_patterns(".git", ".venv*", "data*", "target", "logs", "*.lock", ".*_cache", "__pycache__")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with one more source, made by the command."""
    copy = tmp_path_factory.mktemp("new-source") / "project"
    shutil.copytree(PROJECT_DIR, copy, ignore=LEFT_OUT)
    done = run(copy, "-m", "dagster_project.ingest.new_source", NAME)
    assert done.returncode == 0, done.stderr
    assert f"tests/ingest/test_{NAME}.py" in done.stdout and "Next:" in done.stdout
    return copy


def run(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(project), "DATA_DIR": str(project / "data"), "DATA": "sample"}
    return subprocess.run(
        [sys.executable, *arguments], cwd=project, env=environment, capture_output=True, text=True, timeout=600
    )


def test_a_source_is_six_files_and_a_word_in_the_definitions(project: Path) -> None:
    written = {
        path.relative_to(project)
        for path in project.rglob("*")
        if NAME in path.name or path.name == "_sources.yml" and path.parent.name == NAME
        if path.is_file() and path.suffix != ".pyc"
    }
    assert len(written) == 5
    with (project / "seeds" / "publishers.csv").open(encoding="utf-8") as seed:
        *_, last = csv.DictReader(seed)
    assert last["source_name"] == NAME and last["kind"] == "trade"
    changed = [
        line
        for line in (project / "dagster_project" / "definitions.py").read_text().splitlines()
        if line not in (PROJECT_DIR / "dagster_project" / "definitions.py").read_text().splitlines()
    ]
    assert changed[:-1] == [f"    {NAME},"]
    assert changed[-1].startswith("TRADE = (comtrade, ") and changed[-1].endswith(f", own_flows, {NAME})")


@pytest.mark.slow
def test_its_own_tests_pass_on_the_layout_of_the_template(project: Path) -> None:
    done = run(project, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"tests/ingest/test_{NAME}.py")
    assert done.returncode == 0, done.stdout[-3000:]


def test_what_is_written_has_the_style_of_the_house(project: Path) -> None:
    files = [
        f"dagster_project/ingest/sources/{NAME}.py",
        f"tests/ingest/test_{NAME}.py",
        "dagster_project/definitions.py",
    ]
    for command in (["check"], ["format", "--check"]):
        done = run(project, "-m", "ruff", *command, *files)
        assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_the_project_parses_and_its_staging_model_passes_its_unit_test(project: Path) -> None:
    done = run(
        project,
        "-c",
        "from dagster_project import transform, warehouse\n"
        "from dagster_project.definitions import SOURCES, defs\n"
        "from dagster_project.settings import Settings\n"
        "settings = Settings.from_environment()\n"
        "warehouse.prepare(settings, [table for source in SOURCES for table in source.tables])\n"
        f"assert defs.resolve_asset_graph().has(__import__('dagster').AssetKey(['raw', '{NAME}_flows']))\n"
        "import os\nos.environ.update(transform.environment(settings))\n"
        f"build = ['build', '--select', 'stg_{NAME}__flows']\n"
        "transform.resource().cli(build, target_path=settings.dbt_target).wait()\n",
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    tests = yaml.safe_load((project / f"dbt/models/staging/{NAME}/stg_{NAME}__flows.yml").read_text())["unit_tests"]
    assert f"PASS stg_{NAME}__flows::{tests[0]['name']}" in done.stdout


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Arm Stat", "is no name of a source"),
        ("import", "is no name of a source"),
        ("kazstat", "is there already"),
        ("comtrade", "is there already"),
    ],
)
def test_a_name_that_is_none_or_is_taken_changes_nothing(tmp_path: Path, name: str, expected: str) -> None:
    for room in ("dagster_project", "dbt/models/staging", "seeds"):
        shutil.copytree(PROJECT_DIR / room, tmp_path / room, ignore=LEFT_OUT)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(new_source.NewSourceError, match=expected):
        new_source.write(tmp_path, name)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_without_a_name_it_says_how_to_give_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert new_source.main([""]) == 2
    assert "make new-source NAME=armstat" in capsys.readouterr().err
