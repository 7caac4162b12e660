"""One row is a route bloc → transit → destination of one good and month: see dagster_project/estimators/chains.py."""

KEY = "exporter, importer_iso3, goods, baseline_id, left_out_year"


def model(dbt, session):
    from dagster_project.estimators.chains import chain

    dbt.config(materialized="table")
    lag = int(dbt.config.meta_get("lag"))
    means = ", ".join(
        f"max(mean) filter (where series = '{series}') as mean_{series}"
        for series in ("export", "import_fob", "export_kg")
    )
    baselines = dbt.ref("int_baselines_estimated").filter("freq = 'M' and baseline_kind <> 'further'")
    months = (
        dbt.ref("int_series_summed")
        .filter("freq = 'M' and is_screened")
        .join(baselines.aggregate(f"{KEY}, {means}"), "exporter, importer_iso3, goods")
        # of a year that is left out, that year and what was still under way when it began
        .filter(f"left_out_year = 0 or 12 * (year(period) - left_out_year) + month(period) between {1 - lag} and 12")
        .filter("mean_export is not null")
    )
    inflows = months.filter("exporter_kind = 'bloc' and importer_role = 'transit'").project(
        "exporter as exporter_bloc, importer_iso3 as transit_iso3, goods, goods_kind, baseline_id, left_out_year,"
        "period, export_value_usd as in_usd, export_value_usd - mean_export as in_excess_usd,"
        "import_fob_usd - mean_import_fob as arrived_excess_usd, export_kg - mean_export_kg as in_excess_kg"
    )
    outflows = months.filter("exporter_kind = 'country'").project(
        "exporter as transit_iso3, importer_iso3 as target_iso3, goods, baseline_id, period,"
        "export_value_usd as out_usd, export_value_usd - mean_export as out_excess_usd,"
        "export_kg - mean_export_kg as out_excess_kg"
    )
    return chain(
        inflows.df(),
        outflows.df(),
        lag=lag,
        scale=dbt.config.meta_get("scale"),
        least_months=dbt.config.meta_get("least_months"),
    )
