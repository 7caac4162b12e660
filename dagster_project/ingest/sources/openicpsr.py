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
from dagster_project.warehouse import Rows, Rule, Table, identifiers, literal, text

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
        ),
    ),
)


def recognise(head: Head) -> Recognised | None:
    """Say whether a file is the researchers' table, by its columns."""
    columns = [column.strip('" ') for column in head.first_line.split(",")]
    return Recognised("goods", "csv", "EU_833_2014") if set(COLUMNS) <= set(columns) else None


def read(path: Path, landing: Landing, head: Head) -> dict[str, Rows]:
    """The rows of a landed file as SQL over it, every column as text."""
    return {
        "openicpsr_goods": Rows(
            f"select {identifiers(COLUMNS)} from read_csv({literal(path)}, header = true, all_varchar = true)",
            first_row=2,
        )
    }
