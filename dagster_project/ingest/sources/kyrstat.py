"""National Statistical Committee of the Kyrgyz Republic: exports and imports by country, a year a column.

One row of `raw.kyrstat_flows` is one cell: one release's figure for one flow with one partner (a country, a
group of countries or the total) in one year, in the table's unit, with the mark that stands beside the year
and its footnote. A blank cell has no row; "-" has one. A release is a table as far as its
newest year; each keeps its own figure for a year: staging takes the latest.

Read here: tables 4.03.00.18 and 4.03.00.20, "Географическое распределение экспорта (импорта) товаров" (.xlsx
or .xls), three languages side by side, found by that title and by the row of years. Rejected:
the Committee's other tables, by region, activity or good. They hold no country, and goods in words without a
product code. Not here: which names are countries (seeds/country_codes.csv).

The workbooks have no legend for "-". Statistical offices of the region write it for "nothing was observed",
and the countries add up to the total without it. It is kept as it stands, and never read as a number.

Source of the layout: the tables as published in 2024, years 1994 to 2023.
"""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from dagster_project.files.formats import Head
from dagster_project.files.landing import Landing, Recognised
from dagster_project.files.rejection import RejectedFile
from dagster_project.files.workbooks import read_sheets, workbook_layout
from dagster_project.warehouse import Continuity, Rows, Rule, Table, is_number, spaced_number, text

NAME = "kyrstat"

TITLE = re.compile(r"географическое распределение (экспорта|импорта) товаров", re.I)
FLOWS = {"экспорта": "export", "импорта": "import"}
# A table of the Committee: its number before the Russian title, or its unit in three languages side by side.
NUMBERED = re.compile(r"\s*4\.0\d\.00\.\d\d\b")
UNIT = re.compile(r"\(\s*(тыс|млн)[а-я.]*\s*(долл|сом)", re.I)
THOUSAND_USD = re.compile(r"\(\s*тыс[а-я.]*\s*долл", re.I)
PERIOD = re.compile(r"((?:19|20)\d\d)\s*(\d|\*)?\)?")
HEADER_WITHIN = 15  # rows

COLUMNS = "release sheet row period year mark note flow partner_ky partner_ru partner_en unit value".split()
LANGUAGES = 3  # the first columns: Kyrgyz, Russian, English

VALUE = spaced_number('"value"')  # NULL for "-", which is nothing

TABLES = (
    Table(
        name="kyrstat_flows",
        period="year",
        continuity=Continuity(of=("release", "year", "flow"), most_lost=0.2, may_grow=True),
        columns=tuple(COLUMNS),
        key=("release", "year", "flow", "partner_ru"),
        compared=(spaced_number(text("value")), text("unit"), text("mark")),
        rules=(
            Rule(
                "named",
                '"partner_ru" is null',
                "A value has no Russian name beside it (row {row}, year {year}).",
                "Use the Committee's own table, unedited.",
            ),
            Rule(
                "numeric",
                f"\"value\" <> '-' and not {is_number('value', VALUE)}",
                "A value is not a number ({value}; row {row}, year {year}).",
                "Use the Committee's own table, unedited.",
            ),
            Rule(
                "nonnegative",
                f"{VALUE} < 0",
                "A value is negative ({value}; row {row}, year {year}).",
                "Trade values cannot be below zero: download it again, or report it to the Committee.",
            ),
            Rule(
                "past",
                "\"year\" > strftime(today(), '%Y')",
                "The year {year} lies in the future.",
                "Use the Committee's own table, unedited.",
            ),
        ),
    ),
)


def recognise(head: Head) -> Recognised | None:
    """Say whether a file is the Committee's, by title and unit. Raises RejectedFile for a table without countries."""
    sheets = read_sheets(head)
    ours = next((rows for rows in sheets.values() if _is_ours(rows)), None)
    if ours is None:
        return None
    table = _table(sheets)
    if table is None:
        title = " ".join(_russian(ours[0]).split()) or "a table of the Committee"
        raise RejectedFile(
            f"This is {title!r}: it names no single countries, and no product codes.",
            "Of this publisher the tables 4.03.00.18 and 4.03.00.20 (exports and imports by country) are loaded.",
        )
    sheet, rows, flow = table
    release = max(_periods(sheet, rows)[1].values())[:4]
    return Recognised("flows", workbook_layout(head), f"{flow}-release-{release}")


def read(path: Path, landing: Landing, head: Head) -> dict[str, Rows]:
    """The cells of a landed table, one frame. Raises RejectedFile where it is not in thousand dollars."""
    table = _table(read_sheets(head))
    if table is None:
        raise RejectedFile(
            "The workbook holds no table of trade by country.", "Use the Committee's own table, unedited."
        )
    sheet, rows, flow = table
    header, periods = _periods(sheet, rows)
    release = max(periods.values())[:4]
    unit = next((c for row in rows[: header + 1] for c in row[1:2] if c and UNIT.search(c)), "")
    if not THOUSAND_USD.search(unit):
        raise RejectedFile(
            f"The unit is not thousand dollars, but {unit!r}.", "Use the Committee's table in thousand US dollars."
        )
    marks = {column: match[2] for column, period in periods.items() if (match := PERIOD.fullmatch(period))}
    notes = {mark: _footnote(rows, mark) for mark in set(marks.values()) - {None}}
    cells = [
        {
            "release": release,
            "sheet": sheet,
            "row": str(number),
            "period": period,
            "year": period[:4],
            "mark": marks[column],
            "note": notes.get(marks[column]),
            "flow": flow,
            **dict(zip(("partner_ky", "partner_ru", "partner_en"), row[:LANGUAGES], strict=True)),
            "unit": unit.strip(),
            "value": row[column].strip(),
        }
        for number, row in enumerate(rows[header + 1 :], start=header + 2)
        for column, period in periods.items()
        if column < len(row) and row[column] and row[column].strip()
    ]
    return {"kyrstat_flows": Rows(pd.DataFrame(cells, columns=COLUMNS, dtype="object"))}


def _is_ours(rows: list) -> bool:
    """A numbered title in Russian, or a unit of money in Russian with its English twin beside it."""
    if rows and NUMBERED.match(_russian(rows[0])):
        return True
    return any(
        UNIT.search(_russian(row)) and re.search(r"US dollars|soms", row[2] or "", re.I)
        for row in rows[:HEADER_WITHIN]
        if len(row) > 2
    )


def _table(sheets: dict) -> tuple[str, list, str] | None:
    """The sheet of trade by country, and its flow."""
    for name, rows in sheets.items():
        for row in rows[:HEADER_WITHIN]:
            if title := TITLE.search(" ".join(_russian(row).split())):
                return name, rows, FLOWS[title[1].lower()]
    return None


def _periods(sheet: str, rows: list) -> tuple[int, dict[int, str]]:
    """The row of years, and each column's period as written: '2022', or '2023 1' with a footnote's mark."""
    for number, row in enumerate(rows[:HEADER_WITHIN]):
        named = {i: " ".join(cell.split()) for i, cell in enumerate(row) if i >= LANGUAGES and cell and cell.strip()}
        if not any(PERIOD.fullmatch(period) for period in named.values()):
            continue
        if strange := [period for period in named.values() if not PERIOD.fullmatch(period)]:
            raise RejectedFile(
                f"The header of sheet {sheet!r} names a period that is no year: {strange[0]!r}.",
                "Only whole years are loaded: use the Committee's annual table.",
                row=number + 1,
            )
        years = [period[:4] for period in named.values()]
        if repeated := sorted({year for year in years if years.count(year) > 1}):
            raise RejectedFile(
                f"The header of sheet {sheet!r} names a year twice: {', '.join(repeated)}.",
                "One table holds a year once: use the Committee's own, unedited.",
                row=number + 1,
            )
        return number, named
    raise RejectedFile(f"Sheet {sheet!r} has no row of years.", "Use the Committee's own table, unedited.")


def _footnote(rows: list, mark: str) -> str | None:
    """The footnote of the mark beside a year, in Russian, from below the table."""
    for row in reversed(rows):
        if footnote := re.match(rf"\s*{re.escape(mark)}\)?\s*([^\d\s].*)", _russian(row)):
            return footnote[1].strip()
    return None


def _russian(row: list) -> str:
    return (row[1] if len(row) > 1 else None) or ""
