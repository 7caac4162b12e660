"""The only door to DuckDB.

connection: open a file, query it, quote · tables: what a raw table is · load: how rows get into `raw` ·
catalog: what lies in the warehouse. Not here: what a column means (dbt), which file is whose (ingest/), or what is
published (publish/).
"""

from dagster_project.warehouse.catalog import (
    DataSetsMixed,
    clear,
    count_rows,
    current_rows,
    data_set_of,
    decided,
    drop_unknown,
    known_sha256,
    mixed_sentence,
    note_fetch_session,
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
from dagster_project.warehouse.load import Loaded, load, loading
from dagster_project.warehouse.tables import Rows, Rule, Table, flag, is_number, number, spaced_number, text

__all__ = [
    "Connection",
    "DataSetsMixed",
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
    "identifier",
    "identifiers",
    "is_number",
    "known_sha256",
    "literal",
    "load",
    "loading",
    "mixed_sentence",
    "note_fetch_session",
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
