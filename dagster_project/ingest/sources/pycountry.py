"""Country names and codes of ISO 3166-1, from the package pycountry.

One row of `raw.pycountry_countries` is one country or territory.
"""

from __future__ import annotations

import csv
from importlib.metadata import version
from pathlib import Path

from dagster_project.files.formats import Head
from dagster_project.files.landing import Landing, Recognised
from dagster_project.settings import Settings
from dagster_project.warehouse import Rows, Rule, Table, literal, text

NAME = "pycountry"
COLUMNS = ("alpha_3", "alpha_2", "numeric", "name", "common_name", "official_name")

TABLES = (
    Table(
        name="pycountry_countries",
        columns=COLUMNS,
        key=("alpha_3",),
        compared=tuple(text(c) for c in COLUMNS[1:]),
        rules=(
            Rule(
                "named",
                '"alpha_3" is null or "name" is null',
                "A country has no code or no name (alpha_3 {alpha_3}).",
                "Install the version of pycountry that requirements.lock names.",
            ),
        ),
        floors=dict.fromkeys(("sample", "files", "live"), (249, "ISO 3166-1 has had 249 entries since 2011")),
    ),
)


def make(folder: Path, settings: Settings) -> list[Path]:
    """Write the package's countries as one CSV, named by the package's version."""
    import pycountry  # reads its databases at first use

    path = folder / f"pycountry-{version('pycountry')}.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        for country in sorted(pycountry.countries, key=lambda c: c.alpha_3):
            writer.writerow([getattr(country, column, None) for column in COLUMNS])
    return [path]


def recognise(head: Head) -> Recognised | None:
    """Say whether a file is the one that `make` wrote, by its columns."""
    return Recognised("countries", "csv", "ISO3166-1") if head.first_line == ",".join(COLUMNS) else None


def read(path: Path, landing: Landing, head: Head) -> dict[str, Rows]:
    """The rows of a landed file as SQL over it, every column as text."""
    return {
        "pycountry_countries": Rows(
            f"select * from read_csv({literal(path)}, header = true, all_varchar = true)", first_row=2
        )
    }
