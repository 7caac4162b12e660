"""The only door to DuckDB.

connection: open a file, query it, quote · tables: what a raw table is · load: how rows get into `raw` · continuity:
what an edition may not change at once · catalog: what lies in the warehouse. Not here: what a column means (dbt), which
file is whose (ingest/), or what is published (publish/).
"""

from dagster_project.warehouse.catalog import (
    DataSetsMixed,
    clear,
    count_rows,
    current_rows,
    data_set_of,
    decided,
    drop_unknown,
    held_back,
    known_sha256,
    mixed_sentence,
    never_loaded,
    note_fetch_session,
    note_uses,
    prepare,
    reject,
    view_sql,
)
from dagster_project.warehouse.connection import (
    Connection,
    QueryError,
    WarehouseBusy,
    ask,
    connect,
    connect_file,
    identifier,
    identifiers,
    literal,
    published,
    rejecting_unreadable,
    scan,
    value,
)
from dagster_project.warehouse.continuity import HeldBack
from dagster_project.warehouse.load import Loaded, load, loading
from dagster_project.warehouse.tables import Continuity, Rows, Rule, Table, flag, is_number, number, spaced_number, text

__all__ = [
    "Connection",
    "Continuity",
    "DataSetsMixed",
    "HeldBack",
    "Loaded",
    "QueryError",
    "Rows",
    "Rule",
    "Table",
    "WarehouseBusy",
    "ask",
    "clear",
    "connect",
    "connect_file",
    "count_rows",
    "data_set_of",
    "decided",
    "drop_unknown",
    "flag",
    "held_back",
    "identifier",
    "identifiers",
    "is_number",
    "known_sha256",
    "literal",
    "load",
    "loading",
    "mixed_sentence",
    "never_loaded",
    "note_fetch_session",
    "note_uses",
    "number",
    "current_rows",
    "prepare",
    "published",
    "scan",
    "reject",
    "rejecting_unreadable",
    "spaced_number",
    "text",
    "value",
    "view_sql",
]
