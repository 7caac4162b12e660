"""One row is an event study and a part of it: its coefficient. The estimator: dagster_project/estimators/event_studies.py."""


def model(dbt, session):
    from dagster_project.estimators.event_studies import estimate

    dbt.config(materialized="table")
    return estimate(
        dbt.ref("int_event_cells_summed").df(),
        least_goods=int(dbt.config.meta_get("least_goods")),
        placebo_lists=int(dbt.config.meta_get("placebo_lists")),
    )
