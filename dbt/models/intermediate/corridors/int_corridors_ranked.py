"""One row is a corridor, a good and a window, and the ranks it may have: see dagster_project/estimators/ranks.py."""


def model(dbt, session):
    from dagster_project.estimators.ranks import bands

    dbt.config(materialized="table")
    weights = dbt.config.meta_get("weights")
    components = ", ".join(f"c_{name}" for name in weights)
    scored = dbt.ref("int_corridors_scored").filter("left_out_year = 0 and class <> 'not_enough_data'")
    return bands(
        scored.project(
            f"exporter_bloc, transit_iso3, goods, goods_kind, window_kind, period, severity, class, anomaly, {components}"
        ).df(),
        weights,
        draws=dbt.config.meta_get("draws"),
        spread=dbt.config.meta_get("spread"),
    )
