"""What a machine can see of the house: who imports what, names, words, descriptions, places."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
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
        if path.name in ("settings.py", "__main__.py", "transform.py"):  # the latter two pass them on to dbt and make
            continue
        assert "os.environ" not in path.read_text(), path.name


def test_every_variable_of_settings_is_in_the_example() -> None:
    read = set(re.findall(r'(?:read|env\.get)\("([A-Z_]+)"', (PACKAGE / "settings.py").read_text()))
    example = (PROJECT_DIR / ".env.example").read_text()
    assert read and all(f"{name}=" in example for name in read)


def test_every_variable_of_the_example_reaches_the_commands_of_make() -> None:
    example = re.findall(r"^# ([A-Z_]+)=", (PROJECT_DIR / ".env.example").read_text(), re.M)
    exported = " ".join(re.findall(r"^export ([A-Z_ ]+)$", (PROJECT_DIR / "Makefile").read_text(), re.M)).split()
    assert example and set(example) <= set(exported)


def test_there_is_no_utils_and_no_python_among_sql_and_seeds() -> None:
    assert not list(PROJECT_DIR.glob("dagster_project/**/utils.py"))
    assert not [p for p in DBT_DIR.rglob("*.py") if "models" not in p.parts and "target" not in p.parts]
    assert not list(SEEDS_DIR.rglob("*.py"))


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


def test_the_contract_of_the_published_tables_is_kept() -> None:
    contract = {
        "countries": "iso3 m49 name role is_eaeu is_landlocked imports_valued_fob",
        "products": "hs_revision product_code level name parent_code",
        "controlled_goods": "list_id product_code hs_revision tier categories valid_from valid_to source",
        "sanctioned_entities": "list_id source_id name kind country_iso3 nationalities programs listed_on "
        "first_seen_on delisted_on is_listed licence",
        "designations": "list_id source_id country_iso3 country_role program name listed_on is_listed",
        "entity_names": "list_id source_id name name_kind normalised_name",
        "entity_links": "left_list_id left_source_id right_list_id right_source_id status score basis",
        "annual_gaps": "year exporter_iso3 importer_iso3 level product_code gap_usd",
        "monthly_gaps": "month exporter_iso3 importer_iso3 level product_code gap_usd",
        "report_coverage": "freq period exporter_iso3 importer_iso3 product_code coverage_status zero_strength",
        "mirror_gaps": "freq period exporter_iso3 importer_iso3 product_code hs_revision export_value_usd "
        "import_value_usd import_value_fob_usd gap_usd gap_low_usd gap_high_usd gap_share gap_log sdi "
        "import_export_ratio is_sign_robust coverage_status import_basis is_controlled_then is_controlled_now",
        "bloc_gaps": "freq period exporter_bloc importer_iso3 product_code export_value_usd import_value_usd gap_usd "
        "positive_gap_usd negative_gap_usd misattribution_ratio",
        "cif_margins": "exporter_iso3 importer_iso3 product_chapter year margin_low margin_mid margin_high method "
        "observations",
        "reporter_reliability": "country_iso3 role variant error_sd bias_log standard_error rank observations "
        "partners within_20_share is_pooled",
        "reconciled_trade": "freq period exporter_iso3 importer_iso3 product_code value_usd se_log weight_export "
        "source",
        "unit_value_anomalies": "freq period reporter_iso3 flow partner_iso3 product_code unit_value_usd_kg "
        "median_usd_kg z anomaly",
        "transit_chains": "exporter_bloc transit_iso3 target_iso3 goods period in_excess_usd out_excess_usd "
        "chain_upper_usd chain_lower_usd markup_ratio domestic_absorption_usd is_origin_unknown lead_lag_months",
        "corridor_risk": "exporter_bloc transit_iso3 goods goods_kind period anomaly evidence severity class rank "
        "rank_p05 rank_p95 placebo_far evidence_json",
        "alerts": "exporter_bloc transit_iso3 goods entered_on left_on cause",
        "headline": "period exporter_bloc transit_iso3 export_month_usd import_month_usd gap_low_month_usd "
        "gap_high_month_usd ghost_low_12m_usd ghost_high_12m_usd z_month class_12m exports_until imports_until",
        "flow_baselines": "baseline_id mean_usd median_asinh scale_asinh months",
        "excess_trade": "value_usd baseline_usd excess_usd growth_ratio z is_z3 is_ec_criterion excess_did_usd reason",
        "ghost_trade": "ghost_gap_usd ghost_did_usd ghost_rate_usd ghost_low_usd ghost_high_usd ghost_share reason",
        "revisions": "old_value_usd new_value_usd kind alert_effect",
        "policy_caps": "exporter_bloc transit_iso3 goods period baseline_id cap_usd value_usd breach_usd first_breach "
        "headroom_usd months_in_breach cumulated_breach_usd",
        "substitution": "exporter_bloc transit_iso3 target_iso3 goods window_kind period baseline_id drop_usd "
        "excess_usd substitution_ratio",
        "claims": "claim_id quote source published_value computed_value deviation status query",
        "about": "dataset is_simulated data_as_of lists_as_of built_at code_version run_id",
    }
    marts = transform.described()
    for table, columns in contract.items():
        assert set(columns.split()) <= set(marts[table]["columns"]), table


def test_no_label_claims_guilt() -> None:
    forbidden = re.compile(r"\b(smuggl\w*|guilty|evasion confirmed|evader\w*|criminal\w*)\b", re.I)
    for name, node in transform.described().items():
        words = " ".join([node["description"], *(c["description"] for c in node["columns"].values())])
        assert not forbidden.search(words), name
        assert "proof" not in words.replace("not proof", ""), name


def test_the_project_names_no_machine_and_no_index() -> None:
    # a path of one machine, or the host of a package index, means nothing to a stranger
    homes = "|".join(("work", "root", "home", "Users"))
    pattern = re.compile(rf"(^|[^.\w/])/({homes})/|index" r"-url|://\S*/sim" "ple", re.M)
    for name, text in tracked_texts():
        if name != "tests/test_house_rules.py":
            assert not pattern.search(text), name


def test_every_dependency_earns_its_place_in_a_comment() -> None:
    text = (PROJECT_DIR / "pyproject.toml").read_text()
    named = tomllib.loads(text)["project"]["dependencies"]
    block = text[text.index("dependencies = [") : text.index("]", text.index("dependencies = ["))]
    comments = [line for line in block.splitlines() if line.strip().startswith("#")]
    assert len(comments) >= len(named) / 2


def test_the_lock_holds_hashes_and_no_addresses() -> None:
    lock = (PROJECT_DIR / "requirements.lock").read_text()
    assert "--hash=sha256:" in lock and "://" not in lock


def test_the_schedules_file_settings_keep_one_writer() -> None:
    instance = yaml.safe_load((PROJECT_DIR / "dagster.yaml").read_text())
    assert instance["concurrency"]["pools"] == {"default_limit": 1, "granularity": "op"}
    assert instance["concurrency"]["runs"]["max_concurrent_runs"] == 1
