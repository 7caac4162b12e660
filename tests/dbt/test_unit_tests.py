"""The method's own sentences: dbt's unit tests, run on an empty warehouse.

They stand beside the models they are about (dbt/models/**/<model>.yml). Here belongs only running them, and that
they are really run. That a refresh does not run them: operation/test_refresh.py.
"""

from pathlib import Path

import pytest
from dbt_cli import Dbt
from downloads import prepare

from dagster_project.definitions import SOURCES
from dagster_project.settings import Settings

# Models that decide something: each has a sentence at least.
DECIDING = {
    "int_country_codes_resolved",
    "int_comtrade_flows_placed",
    "int_reports_ranked",
    "int_flows_chosen",
    "int_flows_typed",
    "int_comtrade_rows_excluded",
    "int_file_rows_counted",
    "int_sums_compared",
    "int_reports_doubted",
    "files",
    "int_unit_values_judged",
    "int_weight_errors_summed",
    "int_flows_revised",
    "int_national_flows_placed",
    "int_own_flows_placed",
    "stg_own_flows__flows",
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
    "int_regulated_goods_spanned",
    "stg_eu_regulation__goods",
    "stg_eu_regulation__parties",
    "int_goods_introduced",
    "int_asymmetries_paired",
    "int_totals_cored",
    "controlled_goods",
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
    "claim_answers",
    "claim_components",
    "claim_parties",
    "claims",
    "seed_checks",
    "corridor_risk",
    "transit_chains",
    "alerts",
    "revisions",
}


@pytest.fixture(scope="module")
def dbt(dbt_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Dbt:
    """A warehouse of empty tables: raw ones as a refresh makes them, the others as dbt does."""
    folder = tmp_path_factory.mktemp("dbt")
    settings = Settings.from_environment(
        {"DATA": "files", "INBOX": str(folder), "DATA_DIR": str(folder / "data"), "DUCKDB_THREADS": "2"}
    )
    prepare(settings, SOURCES)
    dbt = Dbt(dbt_home, settings)
    made = dbt("run", "--empty")
    assert made.returncode == 0, made.stdout
    return dbt


def test_every_sentence_about_the_method_holds(dbt: Dbt) -> None:
    ran = dbt("test", "--select", "test_type:unit")
    assert ran.returncode == 0, ran.stdout
    results = {name: status for name, status in dbt.results().items() if not name.startswith("operation.")}
    assert set(results.values()) == {"pass"}
    assert all(name.startswith("unit_test.") for name in results)
    assert {name.split(".")[2] for name in results} >= DECIDING
