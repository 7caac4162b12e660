"""One row is a route bloc → transit → destination of one good and period: see dagster_project/estimators/chains.py."""

KEY = "freq, exporter, importer_iso3, goods, baseline_id, left_out_year"


def model(dbt, session):
    import pandas as pd

    from dagster_project.estimators.chains import chain

    dbt.config(materialized="table")
    lag = int(dbt.config.meta_get("lag"))
    # goods that came in late in a year may leave in the next: whole years, so that the bound stays an upper one
    lags = {"M": lag, "A": -(-lag // 12)}
    means = ", ".join(
        f"max(mean) filter (where series = '{series}') as mean_{series}"
        for series in ("export", "import_fob", "export_kg")
    )
    baselines = dbt.ref("int_baselines_estimated").filter("baseline_kind <> 'further'")
    periods = (
        dbt.ref("int_series_summed")
        .filter("is_screened")
        .join(baselines.aggregate(f"{KEY}, {means}"), "freq, exporter, importer_iso3, goods")
        # of a year that is left out, that year and what was still under way when it began
        .filter(
            "left_out_year = 0 or 12 * (year(period) - left_out_year) + month(period) between "
            f"1 - case freq when 'A' then {12 * lags['A']} else {lags['M']} end and 12"
        )
        .filter("mean_export is not null")
    )
    inflows = periods.filter("exporter_kind = 'bloc' and importer_role = 'transit'").project(
        "freq, exporter as exporter_bloc, importer_iso3 as transit_iso3, goods, goods_kind, baseline_id, left_out_year,"
        "period, export_value_usd as in_usd, export_value_usd - mean_export as in_excess_usd,"
        "import_fob_usd - mean_import_fob as arrived_excess_usd, export_kg - mean_export_kg as in_excess_kg"
    )
    outflows = periods.filter("exporter_kind = 'country'").project(
        "freq, exporter as transit_iso3, importer_iso3 as target_iso3, goods, baseline_id, period,"
        "export_value_usd as out_usd, export_value_usd - mean_export as out_excess_usd,"
        "export_kg - mean_export_kg as out_excess_kg"
    )
    chains = []
    for freq, lag in lags.items():
        matched = chain(
            inflows.filter(f"freq = '{freq}'").df(),
            outflows.filter(f"freq = '{freq}'").df(),
            lag=lag,
            scale=dbt.config.meta_get("scale"),
            least_months=dbt.config.meta_get("least_months"),
        )
        chains.append(matched.assign(freq=freq).astype({"freq": "string"}))
    return pd.concat(chains, ignore_index=True)
