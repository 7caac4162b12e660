"""Which columns a published column is made of: read from SQL as dbt leaves it."""

from dagster_project.publish.site import lineage

COLUMNS = {
    "intermediate": {
        "int_flows_known": {"exporter": "VARCHAR", "sold": "DOUBLE", "bought": "DOUBLE", "is_open": "BOOLEAN"},
    },
    "marts": {"gaps": {"exporter": "VARCHAR", "gap": "DOUBLE", "rows": "BIGINT"}},
}
SQL = """
    with flows as (select * from "warehouse"."intermediate"."int_flows_known" where is_open)
    select exporter, sum(sold) - sum(bought) as gap, count(*) as rows from flows group by exporter
"""


def node(kind: str, schema: str, name: str, *parents: str) -> dict:
    return {
        "resource_type": kind, "schema": schema, "name": name, "package_name": "ghost_trade",
        "original_file_path": f"models/{schema}/{name}.sql", "depends_on": {"nodes": list(parents)},
    }  # fmt: skip


MANIFEST = {
    "nodes": {
        "m.gaps": node("model", "marts", "gaps", "m.typed"),
        "m.typed": node("model", "intermediate", "int_flows_known", "s.flows", "s.seed"),
    },
    "sources": {"s.flows": node("source", "raw", "comtrade_flows"), "s.seed": node("source", "seeds", "countries")},
}


def test_a_column_is_made_of_what_it_is_computed_from_and_a_count_of_none(tmp_path) -> None:
    path = tmp_path / "ghost_trade" / "models" / "marts" / "gaps.sql"
    path.parent.mkdir(parents=True)
    path.write_text(SQL)
    typed = "intermediate.int_flows_known."
    assert lineage.of_marts(MANIFEST, tmp_path, COLUMNS) == {
        ("gaps", "exporter"): [typed + "exporter"],
        ("gaps", "gap"): [typed + "bought", typed + "sold"],
        ("gaps", "rows"): [],
    }


def test_a_mart_that_was_never_built_here_or_cannot_be_read_is_left_out(tmp_path) -> None:
    assert lineage.of_marts(MANIFEST, tmp_path, COLUMNS) == {}
    path = tmp_path / "ghost_trade" / "models" / "marts" / "gaps.sql"
    path.parent.mkdir(parents=True)
    path.write_text("select from where (")
    assert lineage.of_marts(MANIFEST, tmp_path, COLUMNS) == {}


def test_behind_a_mart_stand_the_sources_of_all_it_reads() -> None:
    assert lineage.raw_tables(MANIFEST) == {"gaps": ["raw.comtrade_flows", "seeds.countries"]}
