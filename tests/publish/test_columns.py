"""The columns and types that readers of the published file rely on: a change is made on purpose, and seen in a diff."""

from __future__ import annotations

import difflib
import os
from pathlib import Path

import duckdb

SNAPSHOT = Path(__file__).with_name("published_columns.txt")


def columns_of(file: Path) -> str:
    """A line for each column of each mart, in their order: table, column, type."""
    with duckdb.connect(str(file), read_only=True) as con:
        rows = con.execute(
            "select table_name || '.' || column_name || ' ' || lower(data_type) from information_schema.columns "
            "where table_schema = 'marts' order by table_name, ordinal_position"
        ).fetchall()
    return "".join(f"{line}\n" for (line,) in rows)


def test_the_published_columns_and_types_are_those_of_the_snapshot(refreshed: tuple[Path, str]) -> None:
    columns = columns_of(refreshed[0] / "published" / "ghost_trade.duckdb")
    if os.environ.get("ACCEPT_SNAPSHOT"):
        SNAPSHOT.write_text(columns)
    changes = difflib.unified_diff(
        SNAPSHOT.read_text().splitlines(), columns.splitlines(), "published before", "published now", lineterm="", n=0
    )
    difference = "\n".join(changes)
    assert not difference, (
        f"{difference}\nIf this change of the public contract is meant: make snapshot, and a line in CHANGELOG."
    )
