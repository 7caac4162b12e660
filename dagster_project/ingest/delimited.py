"""Delimited text (CSV, TSV) as SQL that DuckDB runs: the columns that the caller names, all of them text.

Nothing is guessed: DuckDB's own detection would turn codes into numbers.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from dagster_project.files.formats import Head
from dagster_project.files.rejection import RejectedFile
from dagster_project.warehouse import literal


def read_csv_sql(path: Path, columns: Sequence[str], *, delimiter: str = ",", skip: int = 1) -> str:
    """A table function over a file with these columns, in its own order, after `skip` lines; empty cells are NULL.

    Raises RejectedFile where two columns have one name.
    """
    if repeated := sorted({column for column in columns if columns.count(column) > 1}):
        raise RejectedFile(
            f"The header names a column twice: {', '.join(repeated)}.", "Use the publisher's own download, unedited."
        )
    typed = ", ".join(f"{literal(column)}: 'varchar'" for column in columns)
    return (
        f"read_csv({literal(path)}, header = false, skip = {skip}, auto_detect = false, delim = '{delimiter}', "
        f"quote = '\"', escape = '\"', nullstr = '', columns = {{{typed}}})"
    )


def delimiter_of(header: str) -> str:
    """Comma, tab or semicolon: the one of which most stand in the header."""
    return max(",\t;", key=header.count)


def columns_of(header: str) -> list[str]:
    """The names in a header line; empty for what is no text in lines."""
    try:
        names = next(csv.reader([header], delimiter=delimiter_of(header)), [])
    except csv.Error:
        return []
    return [name.replace("\ufeff", "").strip() for name in names]  # a byte-order mark inside the quotes, too


def first_record(head: Head) -> dict[str, str]:
    """The first line under the header, by column. Raises RejectedFile where there is none, or half of one."""
    columns, values = columns_of(head.first_line), first_values(head)
    if len(values) < len(columns):
        raise RejectedFile(
            f"The row has {len(values)} columns where this file has {len(columns)}.",
            "The file is cut off or was edited: download it again.",
            row=2,
        )
    return dict(zip(columns, values, strict=False))


def first_values(head: Head) -> list[str]:
    """The cells of the first line under the header. Raises RejectedFile where there is none."""
    lines = io.StringIO(head.text.partition(b"\n")[2].decode("utf-8", "replace"), newline="")
    try:
        values = next(filter(None, csv.reader(lines, delimiter=delimiter_of(head.first_line))), None)
    except csv.Error as error:
        raise RejectedFile(
            f"The first row cannot be read ({error}).", "The file is cut off or was edited: download it again.", row=2
        ) from None
    if not values or not any(value.strip() for value in values):
        raise RejectedFile("The file has a header and no rows.", "Widen the query, or leave the file out.")
    return values
