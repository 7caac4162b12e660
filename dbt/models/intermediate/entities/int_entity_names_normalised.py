"""One row is a name of an entry, with its spelling for comparing. How it is spelled: dagster_project/estimators/names.py."""


def model(dbt, session):
    from dagster_project.estimators.names import normalise

    dbt.config(materialized="table")
    names = dbt.ref("int_entity_names_unioned").df().drop_duplicates().dropna(subset="name")
    names["normalised_name"] = [
        normalise(name, kind) or None for name, kind in zip(names["name"], names["kind"], strict=True)
    ]
    return names.astype("string")
