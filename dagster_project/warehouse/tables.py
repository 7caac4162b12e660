"""What a raw table is: its columns, what identifies and what changes a row, and the rules no row may break.

Here belongs how a source declares its tables and rows. Not here: any table of a source (ingest/sources/), or how rows
are written (load.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from dagster_project.warehouse.connection import identifier

BITEMPORAL_COLUMNS = {
    "_vintage": "varchar",
    "_valid_from": "timestamp",
    "_valid_to": "timestamp",
    "_landing_id": "varchar",
    "_closed_by": "varchar",
}


LARGEST_NUMBER = 1e15  # of a value or a weight: the world trades for 3e13 dollars a year


@dataclass(frozen=True)
class Rule:
    """What no row of a table may do. `broken` is SQL that is true for a row that breaks the rule."""

    name: str  # an adjective: what rows are when the rule holds
    broken: str
    sentence: str  # "The value is negative."; {column} placeholders show the row's own text
    remedy: str


@dataclass(frozen=True)
class Continuity:
    """How an edition of a table is compared with the one before, in the rows it leaves valid (METHODS E13).

    More than `most_lost` of the rows lost, a group that vanishes, or a list that doubles is not believed: the edition
    is held back (continuity.py).
    """

    of: tuple[str, ...] = ()  # columns that part whole lists, or a reporter's flows of a period; none: the table is one
    groups: tuple[tuple[str, ...], ...] = ()  # columns that part each of these into its lists, programs or regimes
    most_lost: float = 0.1
    is_of_parties: bool = False  # a row is a listed party, of which few are many
    may_grow: bool = False  # more than doubled is believed: a period's first release is often half of it


@dataclass(frozen=True)
class Table:
    """A raw table: the source's own columns, as text, and what identifies and what changes a row."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    compared: tuple[str, ...]  # SQL over one row (`{row}.column`): a difference here is a revision
    # Two landings of one scope are two vintages of one thing: what the later one lacks expires. The scope is the
    # landing's partition or, where columns of the key are named, the distinct values the rows have in them. Where
    # those are few, only rows with one of them are looked at: a month among hundreds.
    scope: tuple[str, ...] = ()
    # People download selections along this column. A later landing of the scope replaces an earlier one only
    # if it has all of that one's values here, or nine tenths of its rows (a value that vanished with its row).
    selected: str | None = None
    # A landing also replaces any group of rows (equal in these columns, the scope's among them) that it holds whole,
    # for which this SQL over the group is true.
    whole: tuple[tuple[str, ...], str] | None = None
    row_limits: tuple[int, ...] = ()  # row counts at which the publisher cuts a response off
    # The column with the period of a flow, the year first: 2024, 202403. None where rows are no flows.
    period: str | None = None
    rules: tuple[Rule, ...] = ()
    floors: Mapping[str, tuple[int, str]] = field(default_factory=dict)  # data set → fewest rows, and why
    continuity: Continuity | None = None  # None: nothing that this table lost would be missed


@dataclass(frozen=True)
class Rows:
    """What a source read from one landing for one table: SQL that DuckDB runs, or a frame."""

    of: str | pd.DataFrame
    # The number a person gives the first record (2 when a header line is above it); None where a record
    # is not a line of the file.
    first_row: int | None = 1
    kept: str = "true"  # SQL that is true for the rows that are taken: a file may hold more than is wanted
    frame: pd.DataFrame | None = None  # what the SQL reads under the name `frame`
    rules: tuple[Rule, ...] = ()  # beside the table's, what no row of this one file may do


def text(column: str) -> str:
    """Compared as text, unchanged."""
    return f"{{row}}.{identifier(column)}"


def number(column: str) -> str:
    """Compared as a number: 5, 5.0 and 5.00 are one value, and so are 0 and nothing (layouts differ there)."""
    return f"coalesce(try_cast({text(column)} as double), 0)"


def flag(column: str) -> str:
    """Compared as a boolean: True, true and 1 are one value."""
    return f"coalesce(lower({text(column)}) in ('1', 'true'), false)"


def is_number(column: str, value: str = "") -> str:
    """SQL that is true for a text that is a number of trade: no NaN or infinity, none beyond LARGEST_NUMBER, and no
    1_000, which DuckDB reads as well. `value`: how the number is read, where it is not written plainly."""
    value = value or f"try_cast({identifier(column)} as double)"
    return f"coalesce({value} <= {LARGEST_NUMBER:.0f} and not contains({identifier(column)}, '_'), false)"


def spaced_number(value: str) -> str:
    """SQL for a number as people write it, a decimal comma and spaces between thousands; NULL for what is none."""
    return f"try_cast(translate({value}, ', ' || chr(160) || chr(8239), '.') as double)"
