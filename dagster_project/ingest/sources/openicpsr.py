"""The EU's export sanctions on Russia by product, as researchers coded them from the regulations.

One row of `raw.openicpsr_goods` is a six-digit code of HS 2017, the day from which the EU first sanctioned it
(empty where it did not), the categories it falls under, and the price above which luxury goods do. Source:
openICPSR 229004 (CC BY 4.0), the file with the columns below.

Not here: what is on the list today. The coding ends with the tenth package, of February 2023.
"""

from __future__ import annotations

from pathlib import Path

from dagster_project.files.formats import Head
from dagster_project.files.landing import Landing, Recognised
from dagster_project.files.rejection import RejectedFile
from dagster_project.ingest.delimited import columns_of, delimiter_of, read_csv_sql
from dagster_project.warehouse import Continuity, Rows, Rule, Table, identifiers, text

NAME = "openicpsr"
CATEGORIES = (
    *("aviation", "dual_use", "firearms", "industrial_cap"),
    *("luxury", "military_tech", "oil_exploration", "oil_refining"),
)
COLUMNS = ("Code", "Date", "Winddowndate", "partially_exempt", "Maxprice", *CATEGORIES, "EU_sanction")

TABLES = (
    Table(
        name="openicpsr_goods",
        columns=COLUMNS,
        key=("Code",),
        compared=tuple(text(c) for c in COLUMNS[1:]),
        rules=(
            Rule(
                "coded",
                "not regexp_full_match(coalesce(\"Code\", ''), '[0-9]{6}')",
                "{Code} is not an HS code of six digits.",
                "A spreadsheet program drops leading zeros: load the file as openICPSR offers it.",
            ),
            Rule(
                "dated",
                'coalesce(try_cast("EU_sanction" as double), 0) = 1 and try_cast(left("Date", 10) as date) is null',
                "The good {Code} is sanctioned and has no day ({Date}).",
                "Load the file as openICPSR offers it; dates are written 2022-02-25.",
            ),
            Rule(
                "past",
                'try_cast(left("Date", 10) as date) > today()',
                "The good {Code} was first sanctioned on a day to come ({Date}).",
                "Load the file as openICPSR offers it.",
            ),
        ),
        continuity=Continuity(),
    ),
)


def recognise(head: Head) -> Recognised | None:
    """Say whether a file is the researchers' table, by its columns."""
    if not set(COLUMNS) <= set(columns_of(head.first_line)):
        return None
    if not head.text.partition(b"\n")[2].strip():
        raise RejectedFile("The table has a header and no rows.", "Load the file as openICPSR offers it.")
    return Recognised("goods", "csv", "EU_833_2014")


def read(path: Path, landing: Landing, head: Head) -> dict[str, Rows]:
    """The rows of a landed file as SQL over it, every column as text."""
    names = [name or f"_{place}" for place, name in enumerate(columns_of(head.first_line))]
    table = read_csv_sql(path, names, delimiter=delimiter_of(head.first_line))
    return {"openicpsr_goods": Rows(f"select {identifiers(COLUMNS)} from {table}", first_row=2)}
