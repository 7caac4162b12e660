"""One row is a country, a role and a variant: the error of its reports. The estimator: dagster_project/estimators/reliability.py."""


def model(dbt, session):
    from dagster_project.estimators.reliability import rate

    dbt.config(materialized="table")
    reports = dbt.ref("int_reporting_calendar")
    return rate(
        pairs=dbt.ref("int_gap_pairs_summed").df(),
        reporters=reports.project("reporter as country_iso3, role").distinct().df(),
        least_partners=int(dbt.config.meta_get("least_partners")),
        least_cells=int(dbt.config.meta_get("least_cells")),
    )
