"""One row is an effect on the CIF margin, of two countries, a chapter or a year. The model: dagster_project/estimators/margins.py."""


def model(dbt, session):
    from dagster_project.estimators.margins import model as modelled

    dbt.config(materialized="table")
    return modelled(
        cells=dbt.ref("int_unit_values_paired").df(),
        countries=dbt.ref("stg_seeds__countries").df(),
        borders=dbt.ref("stg_seeds__land_borders").df(),
        cells_needed=int(dbt.config.meta_get("cells_needed")),
        least_half_width=float(dbt.config.meta_get("least_half_width")),
        usual_half_width=float(dbt.config.meta_get("usual_half_width")),
    )
