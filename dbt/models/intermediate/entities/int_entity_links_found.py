"""One row is a pair of entries of two lists that may be one and the same. What counts: dagster_project/estimators/entity_links.py."""


def model(dbt, session):
    from dagster_project.estimators.entity_links import find

    dbt.config(materialized="table")
    return find(
        entities=dbt.ref("int_entities_unioned").df(),
        names=dbt.ref("int_entity_names_normalised").df(),
        identifiers=dbt.ref("int_entity_identifiers_typed").df(),
        countries=dbt.ref("int_entity_countries_linked").df(),
    )
