"""What a machine can see of the house: who imports what, names, words, descriptions, places."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from dagster_project import transform
from dagster_project.settings import DBT_DIR, PROJECT_DIR, SEEDS_DIR

PACKAGE = PROJECT_DIR / "dagster_project"
MODULES = sorted(PACKAGE.rglob("*.py"))
INTERMEDIATE = re.compile(
    r"int_\w+s_(\w+ed|chosen)|int_\w+s_converted_to_\w+|int_reporting_calendar|int_suppression_candidates"
)
MODELS = sorted((DBT_DIR / "models").rglob("*.sql"))


def imports_of(path: Path) -> set[str]:
    """Every module a file imports, in full."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def importers(prefix: str) -> set[str]:
    return {
        str(path.relative_to(PACKAGE))
        for path in MODULES
        if any(name == prefix or name.startswith(prefix + ".") for name in imports_of(path))
    }


def tracked_texts() -> list[tuple[str, str]]:
    try:
        listed = subprocess.run(["git", "ls-files"], cwd=PROJECT_DIR, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    texts = []
    for name in listed.splitlines():
        path = PROJECT_DIR / name
        if path.is_file() and path.suffix in {".py", ".sql", ".yml", ".yaml", ".md", ".csv", ".toml", ".j2", ""}:
            texts.append((name, path.read_text(encoding="utf-8")))
    return texts


def test_only_the_warehouse_imports_duckdb() -> None:
    assert {name.partition("/")[0] for name in importers("duckdb")} == {"warehouse"}


@pytest.mark.parametrize("library", ["adbc_driver_postgresql", "psycopg"])
def test_only_its_own_door_speaks_to_postgresql(library: str) -> None:
    assert importers(library) <= {"publish/postgres.py"}


@pytest.mark.parametrize("library", ["socket", "httpx", "requests", "urllib.request", "http.client", "aiohttp"])
def test_only_the_network_door_opens_a_socket(library: str) -> None:
    assert importers(library) <= {"ingest/http_client.py"}


def test_a_source_knows_no_other_source_and_nothing_downstream() -> None:
    sources = PACKAGE / "ingest" / "sources"
    rooms = "files warehouse settings ingest.source ingest.delimited ingest.fetch ingest.http_client".split()
    for path in sources.rglob("*.py"):
        source = path.relative_to(sources).parts[0].removesuffix(".py")
        allowed = tuple(f"dagster_project.{room}" for room in (*rooms, f"ingest.sources.{source}"))
        own = {name for name in imports_of(path) if name.startswith("dagster_project.")}
        assert all(name.startswith(allowed) for name in own), f"sources/{path.name} imports {own}"


def own_imports(room: str) -> set[str]:
    """What a room of the package imports of the package itself."""
    paths = (PACKAGE / room).rglob("*.py")
    return {name for path in paths for name in imports_of(path) if name.startswith("dagster_project.")}


def test_what_a_file_is_knows_nothing_of_tables_sources_or_settings() -> None:
    assert all(name.startswith("dagster_project.files") for name in own_imports("files"))


def test_estimators_are_pure_functions_of_frames_that_say_what_they_take() -> None:
    assert all(name.startswith("dagster_project.estimators") for name in own_imports("estimators"))
    for path in (PACKAGE / "estimators").glob("*.py"):
        functions = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)]
        silent = [node.name for node in functions if not node.name.startswith("_") and not ast.get_docstring(node)]
        assert not silent, f"{path.name}: {silent}"


def test_only_tests_and_the_command_line_import_the_definitions() -> None:
    assert importers("dagster_project.definitions") <= {"__main__.py"}


def test_the_simulated_world_knows_nothing_of_the_warehouse() -> None:
    for path in (PACKAGE / "sample").glob("*.py"):
        own = {name for name in imports_of(path) if name.startswith("dagster_project.")}
        assert all(name.startswith("dagster_project.sample") for name in own), path.name


def test_every_module_opens_by_saying_what_belongs_in_it() -> None:
    for path in MODULES:
        assert (ast.get_docstring(ast.parse(path.read_text())) or "").strip(), f"{path.name} has no docstring"


def test_every_public_function_of_the_doors_says_what_it_does() -> None:
    doors = [path for room in ("warehouse", "files", "ingest") for path in (PACKAGE / room).glob("*.py")]
    for path in [*doors, PACKAGE / "publish" / "postgres.py"]:
        tree = ast.parse(path.read_text())
        silent = [
            node.name
            for node in tree.body
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and not ast.get_docstring(node)
        ]
        assert set(silent) <= {"text", "mixed_sentence"}, silent


def test_environment_variables_are_read_in_settings_alone() -> None:
    for path in MODULES:
        # the others pass them on, to dbt, make, Spark and Dagster; and what runs in Spark's own process gets them there
        if (
            path.name in ("settings.py", "__main__.py", "transform.py", "handover.py", "service.py")
            or path.parent.name == "session"
        ):
            continue
        assert "os.environ" not in path.read_text(), path.name


def test_every_variable_of_settings_is_in_the_example() -> None:
    read = set(re.findall(r'(?:read|env\.get)\("([A-Z_]+)"', (PACKAGE / "settings.py").read_text()))
    example = (PROJECT_DIR / ".env.example").read_text()
    assert read and all(f"{name}=" in example for name in read)


def test_make_leaves_settings_to_the_program() -> None:
    """It would take $ and # of a password for its own, and set what the environment leaves unset."""
    example = re.findall(r"^# ([A-Z_]+)=", (PROJECT_DIR / ".env.example").read_text(), re.M)
    makefile = (PROJECT_DIR / "Makefile").read_text()
    exported = " ".join(re.findall(r"^export ([A-Z_ ]+)", makefile, re.M)).split()
    assert example and not set(example) & set(exported) and "include" not in makefile


def test_there_is_no_utils_and_no_python_among_sql_and_seeds() -> None:
    assert not list(PROJECT_DIR.glob("dagster_project/**/utils.py"))
    assert not [p for p in DBT_DIR.rglob("*.py") if "models" not in p.parts and "target" not in p.parts]
    assert not list(SEEDS_DIR.rglob("*.py"))


def test_the_way_from_raw_to_the_last_mart_enters_each_layer_once() -> None:
    nodes = transform.manifest()["nodes"]
    order = ("staging", "intermediate", "marts")
    models = {key: node for key, node in nodes.items() if node["resource_type"] == "model"}
    backwards = [
        (node["name"], models[parent]["name"])
        for node in models.values()
        for parent in node["depends_on"]["nodes"]
        if parent in models and order.index(models[parent]["schema"]) > order.index(node["schema"])
    ]
    assert backwards == []


def test_models_are_named_by_their_layer() -> None:
    for path in MODELS:
        layer = path.relative_to(DBT_DIR / "models").parts[0]
        if layer == "staging":
            assert re.fullmatch(rf"stg_{path.parent.name}__\w+s", path.stem), path.stem
        elif layer == "intermediate":
            assert INTERMEDIATE.fullmatch(path.stem), path.stem
        else:
            assert not path.stem.startswith(("fct_", "dim_", "mart_")), path.stem


def test_every_model_has_its_yaml_beside_it() -> None:
    for path in [*MODELS, *(DBT_DIR / "models").rglob("*.py")]:
        assert path.with_suffix(".yml").exists(), path.name


def test_every_mart_and_every_column_is_described_typed_and_enforced() -> None:
    for name, node in transform.described().items():
        assert node["config"]["contract"]["enforced"], name
        assert node["description"].strip(), name
        for column, facts in node["columns"].items():
            assert facts["description"].strip() and facts["data_type"], f"{name}.{column}"


def test_every_mart_tests_its_grain() -> None:
    without = {name for name, node in transform.described().items() if not node["primary_key"]}
    assert without == {"about"}  # one row


def test_no_label_claims_guilt() -> None:
    forbidden = re.compile(r"\b(smuggl\w*|guilty|evasion confirmed|evader\w*|criminal\w*)\b", re.I)
    for name, node in transform.described().items():
        words = " ".join([node["description"], *(c["description"] for c in node["columns"].values())])
        assert not forbidden.search(words), name
        assert "proof" not in re.sub(r"\b(not|no) proof\b", "", words), name


def test_the_project_names_no_machine_and_no_index() -> None:
    # a path of one machine, or the host of a package index, means nothing to a stranger
    homes = "|".join(("work", "root", "home", "Users"))
    pattern = re.compile(rf"(^|[^.\w/])/({homes})/|index" r"-url|://\S*/sim" "ple", re.M)
    for name, text in tracked_texts():
        if name != "tests/test_house_rules.py":
            assert not pattern.search(text), name


def test_the_lock_holds_hashes_and_no_addresses() -> None:
    for name in ("requirements.lock", "test.lock", "spark.lock"):
        lock = (PROJECT_DIR / name).read_text()
        assert "--hash=sha256:" in lock and "://" not in lock, name


def test_the_schedules_file_settings_keep_one_writer() -> None:
    instance = yaml.safe_load((PROJECT_DIR / "dagster.yaml").read_text())
    assert instance["concurrency"]["pools"] == {"default_limit": 1, "granularity": "op"}
    assert instance["concurrency"]["runs"]["max_concurrent_runs"] == 1
