"""Delimited text (CSV, TSV) as SQL that DuckDB runs: the columns that the caller names, all of them text.

Nothing is guessed: DuckDB's own detection would turn codes into numbers.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from dagster_project.files.formats import Head
from dagster_project.files.rejection import RejectedFile
from dagster_project.warehouse import literal


def read_csv_sql(path: Path, columns: Sequence[str], *, delimiter: str = ",", skip: int = 1) -> str:
    """A table function over a file with these columns, in its own order, after `skip` lines; empty cells are NULL."""
    typed = ", ".join(f"{literal(column)}: 'varchar'" for column in columns)
    return (
        f"read_csv({literal(path)}, header = false, skip = {skip}, auto_detect = false, delim = '{delimiter}', "
        f"quote = '\"', escape = '\"', nullstr = '', columns = {{{typed}}})"
    )


def delimiter_of(header: str) -> str:
    """Comma, or tab where more of them stand in the header."""
    return "\t" if header.count("\t") > header.count(",") else ","


def columns_of(header: str) -> list[str]:
    """The names in a header line; empty for what is no text in lines."""
    try:
        return next(csv.reader([header], delimiter=delimiter_of(header)), [])
    except csv.Error:
        return []


def first_record(head: Head) -> dict[str, str]:
    """The first line under the header, by column. Raises RejectedFile where there is none."""
    lines = head.text.split(b"\n", 2)
    if len(lines) < 2 or not lines[1].strip():
        raise RejectedFile("The file has a header and no rows.", "Widen the query, or leave the file out.")
    delimiter = delimiter_of(head.first_line)
    values = next(csv.reader([lines[1].decode("utf-8", "replace").rstrip("\r")], delimiter=delimiter))
    return dict(zip(columns_of(head.first_line), values, strict=False))
