"""The UN Statistics Division's tables between two revisions of the Harmonized System.

One workbook is about one pair of revisions, the newer first, in two sheets:

- conversion: one row of `raw.unsd_conversions` is a code of the newer revision and the one code of the older
  that stands for it. Comtrade converts its own figures with it.
- correlation: one row of `raw.unsd_correlations` is a pair of codes that share goods. `relation` is written
  newer:older as the publisher has it: n:1 means that several newer codes came from one older.

Recognised by the header of its sheets ("From HS2022", "HS 2017", " HS2017"), wherever it stands, never by the
sheets' names, which change. A workbook's own dates are those of its last saving, and no edition. Workbooks
that lead to another classification (SITC, BEC, CPC) do not belong here, and are not recognised.

Addresses: those of 2022 and 2017 are quoted with a download by several public projects, that of 2012 by one; none
could be tried. Publisher's page: https://unstats.un.org/unsd/classifications/Econ, "Correspondences".
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd

from dagster_project.files.formats import Head
from dagster_project.files.landing import Landing, Recognised
from dagster_project.files.rejection import RejectedFile
from dagster_project.files.workbooks import Row, read_sheets, workbook_layout
from dagster_project.ingest.fetch import FetchSession
from dagster_project.warehouse import Continuity, Rows, Rule, Table, text

NAME = "unsd"

# Pair of revisions → the file, as the publisher spells each.
FILES = {
    "HS2022-HS2017": "HS2022toHS2017ConversionAndCorrelationTables.xlsx",
    "HS2017-HS2012": "HS2017toHS2012ConversionAndCorrelationTables.xlsx",
    "HS2012-HS2007": "HS%202012%20to%20HS%202007%20Correlation%20and%20conversion%20tables.xls",
}
FETCH_AGAIN_AFTER = timedelta(days=30)  # a table changes when the HS does, every five years

REVISION = re.compile(r"(?:from|to)?\s*HS\s*((?:19|20)\d\d)", re.I)
HEADER_WITHIN = 5  # rows
PAIR = ("revision_from", "code_from", "revision_to", "code_to")

CODED = Rule(
    "coded",
    " or ".join(f"not regexp_full_match(coalesce(\"{c}\", ''), '[0-9]{{6}}')" for c in ("code_from", "code_to")),
    "{code_from} and {code_to} are not both HS codes of six digits.",
    "A spreadsheet has probably cut a leading zero: use the workbook as it was downloaded.",
)
# A part of the revision's codes would make bridges that look whole; the simulated world's table holds its own.
FLOORS = {
    "sample": (100, "the simulated world trades a hundred goods"),
    "files": (5_000, "every revision since HS 2007 has had more than 5,000 codes"),
    "live": (5_000, "a pair of revisions has more than 5,000 codes, and one may come before the others"),
}

TABLES = (
    Table(
        name="unsd_conversions",
        columns=PAIR,
        key=PAIR[:3],
        compared=(text("code_to"),),
        rules=(CODED,),
        floors=FLOORS,
        continuity=Continuity(of=("revision_from", "revision_to")),
    ),
    Table(
        name="unsd_correlations",
        columns=(*PAIR, "relation"),
        key=PAIR,
        compared=(text("relation"),),
        rules=(
            CODED,
            Rule(
                "related",
                "coalesce(\"relation\", '') not in ('1:1', '1:n', 'n:1', 'n:n')",
                "The relation of {code_from} and {code_to} is {relation}, and none of 1:1, 1:n, n:1, n:n.",
                "Use the publisher's own workbook, unedited.",
            ),
        ),
        floors=FLOORS,
        continuity=Continuity(of=("revision_from", "revision_to")),
    ),
)


def fetch(session: FetchSession) -> None:
    """Fetch each pair's workbook, where the last response is older than a month."""
    for done, (pair, file) in enumerate(FILES.items(), start=1):
        newest = session.last_request(pair)
        if newest is None or datetime.now(UTC) - datetime.fromisoformat(newest.requested_at) > FETCH_AGAIN_AFTER:
            session.fetch(
                "UNSD_URL",
                {"file": file},
                partition=pair,
                expect=("xlsx",) if file.endswith("x") else (),  # an .xls is known by recognise alone
            )
        session.progress(done, len(FILES), "pairs of revisions")


def recognise(head: Head) -> Recognised | None:
    """Say whether a file is such a workbook, by its headers. Raises RejectedFile for one with a sheet too few."""
    tables = _tables(read_sheets(head))
    if not tables:
        return None
    if set(tables) != {"unsd_conversions", "unsd_correlations"} or len({pair for pair, _ in tables.values()}) > 1:
        raise RejectedFile(
            "The workbook lacks the conversion or the correlation between one pair of HS revisions.",
            "Both sheets are needed: use the publisher's own workbook, unedited.",
        )
    (newer, older), _ = tables["unsd_conversions"]
    return Recognised("pair", workbook_layout(head), f"{newer}-{older}")


def read(path: Path, landing: Landing, head: Head) -> dict[str, Rows]:
    """The rows of both sheets; lines without any code are layout. Raises RejectedFile where they contradict."""
    frames = {
        name: pd.DataFrame(
            [[newer, row[0], older, *row[1:]] for row in rows if any(row[:2])],
            columns=next(table.columns for table in TABLES if table.name == name),
            dtype="object",
        )
        for name, ((newer, older), rows) in _tables(read_sheets(head)).items()
    }
    conversions, correlations = (
        dict.fromkeys(frames[table.name][["code_from", "code_to"]].itertuples(index=False, name=None))
        for table in TABLES
    )
    # what is no code is met by the rules, with its row
    codes = (pair for pair in conversions if all(re.fullmatch("[0-9]{6}", code or "") for code in pair))
    if unrelated := [pair for pair in codes if pair not in correlations]:
        raise RejectedFile(
            f"The code {unrelated[0][0]} is converted to {unrelated[0][1]}, and the sheet of correlations does not "
            f"relate them ({len(unrelated):,} such pairs).",
            "One of the sheets was edited: use the publisher's own workbook.",
        )
    return {name: Rows(frame) for name, frame in frames.items()}


def _tables(sheets: dict[str, list[Row]]) -> dict[str, tuple[tuple[str, str], list[Row]]]:
    """Raw table → its pair of revisions, and the rows under the header, cut to the table's columns."""
    tables = {}
    for rows in sheets.values():
        for number, row in enumerate(rows[:HEADER_WITHIN]):
            revisions = [match[1] for cell in row[:2] if (match := REVISION.fullmatch((cell or "").strip()))]
            if len(revisions) == 2:
                is_correlation = len(row) > 2 and (row[2] or "").strip().lower() == "relationship"
                width = 3 if is_correlation else 2
                pair = (f"HS{revisions[0]}", f"HS{revisions[1]}")
                body = [[*cells[:width], *[None] * (width - len(cells))] for cells in rows[number + 1 :]]
                tables["unsd_correlations" if is_correlation else "unsd_conversions"] = (pair, body)
                break
    return tables
