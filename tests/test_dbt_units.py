"""The method's own sentences: dbt's unit tests, run on an empty warehouse.

They stand beside the models they are about (dbt/models/**/<model>.yml). Here belongs only running them, and that
they are really run: here, and not in every refresh.
"""

import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from dagster_project import transform, warehouse
from dagster_project.definitions import SOURCES
from dagster_project.settings import DBT_DIR, Settings

FEWEST = 70  # unit tests; one that is lost is lost in silence otherwise
# Models that decide something: each has a sentence at least.
DECIDING = {
    "int_country_codes_resolved",
    "int_comtrade_flows_placed",
    "int_reports_ranked",
    "int_flows_chosen",
    "int_flows_typed",
    "int_unit_values_judged",
    "int_flows_revised",
    "int_national_flows_placed",
    "int_flows_unioned",
    "int_rates_averaged",
    "int_eurostat_flows_placed",
    "int_products_bridged",
    "int_products_grouped",
    "int_flows_aligned",
    "int_unit_values_paired",
    "int_margins_assigned",
    "int_gap_pairs_summed",
    "int_reporting_calendar",
    "int_suppression_candidates",
    "mirror_gaps",
    "headline",
    "annual_gaps",
    "monthly_gaps",
    "int_entity_names_unioned",
    "int_country_labels_resolved",
    "int_entity_identifiers_typed",
    "int_goods_controlled",
    "sanctioned_entities",
    "designations",
    "bloc_gaps",
    "cif_margins",
    "reconciled_trade",
    "int_caps_compared",
    "policy_caps",
    "substitution",
    "union_scenarios",
    "designated_corridors",
    "rolling_gaps",
    "gap_sensitivities",
    "basis_wedges",
    "int_product_groups_composed",
    "int_corridors_published",
    "int_bloc_corridors_published",
    "int_corridor_flows_netted",
    "int_series_summed",
    "excess_trade",
    "ghost_trade",
    "ghost_sensitivities",
    "sources",
    "stg_eu__entries",
    "stg_eu__names",
    "stg_eu__programs",
    "stg_un__entries",
    "stg_un__names",
    "int_baselines_estimated",
    "int_excesses_estimated",
    "int_ghosts_estimated",
    "int_corridors_scored",
    "int_premiums_averaged",
    "int_changes_summed",
    "int_alerts_spanned",
    "claim_components",
    "claims",
    "corridor_risk",
    "transit_chains",
    "alerts",
    "revisions",
}


class Dbt:
    """dbt on one warehouse, as a refresh calls it: from its own folder, with the profile's variables set."""

    def __init__(self, settings: Settings, target: Path):
        self.environment = os.environ | transform.environment(settings)
        self.target = target

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [Path(sys.executable).with_name("dbt"), "--no-use-colors", "--log-path", self.target / "logs"]
            + [*arguments, "--target-path", self.target],
            cwd=DBT_DIR,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=240,
        )

    def results(self) -> dict[str, str]:
        """Every node of the last call and how it ended."""
        run = json.loads((self.target / "run_results.json").read_text())
        return {result["unique_id"]: result["status"] for result in run["results"]}


@pytest.fixture(scope="module")
def dbt(tmp_path_factory: pytest.TempPathFactory) -> Dbt:
    """A warehouse of empty tables: raw ones as a refresh makes them, the others as dbt does."""
    folder = tmp_path_factory.mktemp("dbt")
    settings = Settings.from_environment(
        {"DATA": "files", "INBOX": str(folder), "DATA_DIR": str(folder / "data"), "DUCKDB_THREADS": "2"}
    )
    tables = [table for source in SOURCES for table in source.tables]
    warehouse.prepare(settings, tables, run_id="test", code_version="test", started_at=datetime(2023, 6, 15))
    dbt = Dbt(settings, folder / "target")
    made = dbt("run", "--empty")
    assert made.returncode == 0, made.stdout
    return dbt


def test_every_sentence_about_the_method_holds(dbt):
    ran = dbt("test", "--select", "test_type:unit")
    assert ran.returncode == 0, ran.stdout
    results = dbt.results()
    assert set(results.values()) == {"pass"}
    assert all(name.startswith("unit_test.") for name in results)
    assert len(results) >= FEWEST
    assert {name.split(".")[2] for name in results} >= DECIDING


def test_a_refresh_does_not_ask_again_whether_the_code_is_right(dbt):
    left_out = ["--exclude-resource-type", "unit_test"]
    source = Path(transform.__file__).read_text()
    assert f'"build", {", ".join(json.dumps(argument) for argument in left_out)}' in source
    asked = dbt("ls", *left_out, "--quiet", "--output", "json", "--output-keys", "resource_type")
    assert asked.returncode == 0, asked.stdout
    kinds = {json.loads(line)["resource_type"] for line in asked.stdout.splitlines()}
    assert kinds == {"exposure", "model", "source", "test"}
