"""One row is a chain bloc → transit → target of one good and month. How it is found: dagster_project/estimators/chains.py."""


def model(dbt, session):
    from dagster_project.estimators.chains import chain

    dbt.config(materialized="table")
    excesses = dbt.ref("int_excesses_measured")
    inflows = excesses.filter("exporter_kind = 'bloc' and importer_role = 'transit'").project(
        "exporter as exporter_bloc, importer_iso3 as transit_iso3, goods, goods_kind, left_out_year, period,"
        "export_value_usd as in_usd, export_excess_usd as in_excess_usd, arrived_excess_usd,"
        "export_kg as in_kg, export_excess_kg as in_excess_kg"
    )
    outflows = excesses.filter("exporter_kind = 'country'").project(
        "exporter as transit_iso3, importer_iso3 as target_iso3, goods, left_out_year, period,"
        "export_value_usd as out_usd, export_excess_usd as out_excess_usd,"
        "export_kg as out_kg, export_excess_kg as out_excess_kg"
    )
    return chain(
        inflows.df(),
        outflows.df(),
        lag=dbt.config.meta_get("lag"),
        scale=dbt.config.meta_get("scale"),
        least_months=dbt.config.meta_get("least_months"),
    )
