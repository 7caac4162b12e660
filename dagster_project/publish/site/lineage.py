"""Which columns a published column is made of, read from the SQL that dbt ran.

Belongs here: reading that SQL, by sqlglot, which knows its scopes. Not here: what a column means (dbt's descriptions).
A column has those it is computed from directly, filters and joins left out; a table has the raw tables behind it. A
column made by a Python model, or of no column (a count, a constant), has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError
from sqlglot.lineage import lineage
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import build_scope
from sqlglot.schema import MappingSchema

Columns = Mapping[str, Mapping[str, Mapping[str, str]]]  # schema → table → column → type


def of_marts(manifest: Mapping, compiled: Path, columns: Columns) -> dict[tuple[str, str], list[str]]:
    """Mart and column → the columns it is made of, as `schema.table.column`, sorted. `compiled` is the folder in which
    dbt left the SQL it ran, `columns` those of the whole warehouse. A mart that dbt never ran here is left out."""
    sources = {}
    known = MappingSchema({"warehouse": columns, "unpublished": columns}, dialect="duckdb")
    for node in manifest["nodes"].values():
        path = compiled / node["package_name"] / node["original_file_path"]
        if node["resource_type"] == "model" and node["schema"] == "marts" and path.is_file():
            made_of = _parents(path.read_text(encoding="utf-8"), known)
            sources |= {(node["name"], column): parents for column, parents in made_of.items()}
    return sources


def _parents(sql: str, known: MappingSchema) -> dict[str, list[str]]:
    try:
        query = qualify(
            parse_one(sql, dialect="duckdb"), schema=known, dialect="duckdb",
            validate_qualify_columns=False, identify=False,
        )  # fmt: skip
        roots = lineage(
            None, query, schema={}, dialect="duckdb", scope=build_scope(query), trim_selects=False, copy=False
        )
    except (SqlglotError, ValueError):  # the dictionary is whole without it
        return {}
    return {
        column: sorted({
            f"{leaf.expression.db}.{leaf.expression.name}.{leaf.name.rpartition('.')[2].strip(chr(34))}"
            for leaf in root.walk()
            if isinstance(leaf.expression, exp.Table)
        })
        for column, root in roots.items()
    }  # fmt: skip


def raw_tables(manifest: Mapping) -> dict[str, list[str]]:
    """Mart → the raw tables behind it, as dbt's graph has them, sorted."""
    nodes = manifest["nodes"] | manifest["sources"]
    behind: dict[str, set[str]] = {}

    def of(identity: str) -> set[str]:
        if identity not in behind:
            node = nodes[identity]
            if node["resource_type"] == "source":
                behind[identity] = {f"{node['schema']}.{node['name']}"}
            else:
                behind[identity] = set().union(*map(of, node.get("depends_on", {}).get("nodes", ())))
        return behind[identity]

    return {
        node["name"]: sorted(of(identity))
        for identity, node in manifest["nodes"].items()
        if node["resource_type"] == "model" and node["schema"] == "marts"
    }
