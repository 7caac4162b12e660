"""Bureau of National Statistics of Kazakhstan: exports and imports by country, a year a sheet.

One row of `raw.kazstat_flows` is one cell: one release's figure for one flow with one partner (a country, a
group of countries or the total) in the period of one sheet, in the sheet's unit. A blank cell has no row. A
release is a workbook, named by its last month; most restate the year before, and each release
keeps its own figure for a year: staging takes the latest.

Read here: the workbooks "Основные показатели внешней торговли Республики Казахстан" (.xls or .xlsx), found by
that title and by the words of the header, wherever it stands; the turnover, to be compared with both flows. Not here:
shares, which follow from the rest; which names are countries (seeds/country_codes.csv); who is in a group
(seeds/bloc_members.csv).

Source of the layout: the workbooks for 2019 to 2023 and the legend and notes in the one for 2023.
"""

from __future__ import annotations

import re
from math import isfinite
from pathlib import Path

import pandas as pd

from dagster_project.files.formats import Head
from dagster_project.files.landing import Landing, Recognised
from dagster_project.files.rejection import RejectedFile
from dagster_project.files.workbooks import Row, read_sheets, workbook_layout
from dagster_project.warehouse import Continuity, Rows, Rule, Table, is_number, spaced_number, text

NAME = "kazstat"

TITLE = "основные показатели внешней торговли республики казахстан"
UNIT = re.compile(r"тыс[а-я.]*\s*долл", re.I)
MONTHS: tuple[str, ...] = tuple("янв фев мар апр май июн июл авг сен окт ноя дек".split())
PERIOD = re.compile(rf"\b({'|'.join(MONTHS)}|мая)[а-я]*|\b(?:19|20)\d\d\b|(квартал|полугоди)", re.I)
PUBLISHED = re.compile(r"дата опубликования:?\s*(\d\d)\.(\d\d)\.(\d{4})", re.I)
FLOWS = {"экспорт", "импорт"}
TURNOVER = "товарооборот"
HEADER_WITHIN = 15  # rows

COLUMNS = "release sheet row period year first_month last_month flow partner unit value".split()

VALUE = spaced_number('"value"')  # NULL for "-", which is nothing

TABLES = (
    Table(
        name="kazstat_flows",
        period="year",
        continuity=Continuity(of=("release", "year", "flow"), most_lost=0.2, may_grow=True),
        columns=tuple(COLUMNS),
        key=("release", "year", "first_month", "last_month", "flow", "partner"),
        # To a tenth of a thousand dollars: some releases round to it.
        compared=(f"round({spaced_number(text('value'))}, 1)", text("unit"), text("period")),
        rules=(
            Rule(
                "named",
                '"partner" is null',
                "A value has no country beside it (sheet {sheet}, row {row}).",
                "Use the Bureau's own workbook, unedited.",
            ),
            Rule(
                "numeric",
                f"\"value\" <> '-' and not {is_number('value', VALUE)}",
                "A value is not a number ({value}; sheet {sheet}, row {row}).",
                "Use the Bureau's own workbook, unedited.",
            ),
            Rule(
                "nonnegative",
                f"{VALUE} < 0",
                "A value is negative ({value}; sheet {sheet}, row {row}).",
                "Trade values cannot be below zero: download it again, or report it to the Bureau.",
            ),
            Rule(
                "past",
                "\"year\" || '-' || lpad(\"last_month\", 2, '0') > strftime(today(), '%Y-%m')",
                "The period {period} lies in the future (sheet {sheet}).",
                "Use the Bureau's own workbook, unedited.",
            ),
        ),
    ),
)


def recognise(head: Head) -> Recognised | None:
    """Say whether a file is the Bureau's, by the words of its sheets. Raises RejectedFile for what cannot be used."""
    sheets = read_sheets(head)
    if not any(_titled(rows) for rows in sheets.values()):
        return None
    tables = _tables(sheets)
    if not tables:
        raise RejectedFile(
            "The workbook has the title of the tables by country, and no sheet with their header.",
            "The header begins with 'Наименование': use the Bureau's own workbook, unedited.",
        )
    published = PUBLISHED.search(" ".join(_words(row) for rows in sheets.values() for row in rows[:HEADER_WITHIN]))
    edition = "-".join(published.group(3, 2, 1)) if published else ""
    return Recognised("flows", workbook_layout(head), f"release-{_release(tables)}", edition)


def read(path: Path, landing: Landing, head: Head) -> dict[str, Rows]:
    """The cells of a landed workbook, one frame. Raises RejectedFile, with the sheet, where columns are missing."""
    tables = _tables(read_sheets(head))
    release = _release(tables)
    cells = [{"release": release} | cell for name, table in tables.items() for cell in _cells(name, *table)]
    return {"kazstat_flows": Rows(pd.DataFrame(cells, columns=COLUMNS, dtype="object"))}


def _titled(rows: list[Row]) -> bool:
    return any(_words(row).lower().startswith(TITLE) for row in rows[:HEADER_WITHIN])


def _tables(sheets: dict[str, list[Row]]) -> dict[str, tuple[int, list[Row]]]:
    """The sheets with a title and a header, each with the place of its header: covers and notes have none."""
    return {
        name: (header, rows)
        for name, rows in sheets.items()
        if _titled(rows) and (header := _header_row(rows)) is not None
    }


def _release(tables: dict[str, tuple[int, list[Row]]]) -> str:
    """The last month of the workbook. Raises RejectedFile where two sheets are for one period."""
    periods: dict[tuple[str, str, str], str] = {}
    for name, (_, rows) in tables.items():
        year, first, last = _period(name, rows)[1:]
        if (year, first, last) in periods:
            raise RejectedFile(
                f"Two sheets are for one period ({periods[year, first, last]!r} and {name!r}: {year}).",
                "One workbook holds a period once: use the Bureau's own, unedited.",
            )
        periods[year, first, last] = name
    return max(f"{year}-{last:0>2}" for year, _, last in periods)


def _cells(sheet: str, header: int, rows: list[Row]) -> list[dict]:
    """Every value of exports and imports in a sheet, one a dict."""
    period, year, first_month, last_month = _period(sheet, rows)
    names = [_words([cell]).lower() for cell in rows[header]]
    if missing := FLOWS - set(names):
        raise RejectedFile(
            f"The header of sheet {sheet!r} has no column {', '.join(sorted(missing))}.",
            "Use the Bureau's own workbook, unedited.",
            row=header + 1,
        )
    label = next(i for i, name in enumerate(names) if name.startswith("наименование"))
    unit = next((cell.strip() for row in rows[: header + 1] for cell in row if cell and UNIT.search(cell)), "")
    if not unit:
        raise RejectedFile(f"Sheet {sheet!r} does not name its unit, thousand dollars.", "Ask the Bureau for the unit.")
    totals = _totals(names, rows[header + 1 : header + 2])
    if untotalled := [name for name in names if name in FLOWS and name not in totals]:
        raise RejectedFile(
            f"Sheet {sheet!r} has no column 'Всего' under {untotalled[0]!r}.",
            "Use the Bureau's own workbook, unedited.",
        )
    for number, row in enumerate(rows[header + 2 :], start=header + 3):
        _check_turnover(sheet, number, {name: row[column] for name, column in totals.items()})
    cells = []
    for flow, total in ((name, column) for name, column in totals.items() if name in FLOWS):
        cells += [
            {
                "sheet": sheet,
                "row": str(number),
                "period": period,
                "year": year,
                "first_month": first_month,
                "last_month": last_month,
                "flow": flow,
                "partner": row[label],
                "unit": unit,
                "value": value,
            }
            for number, row in enumerate(rows[header + 2 :], start=header + 3)
            if (value := (row[total] or "").strip())
        ]
    return cells


def _totals(names: list[str], below: list[Row]) -> dict[str, int]:
    """The column 'Всего' of each group of columns, by the group's name."""
    under = [_words([cell]).lower() for row in below for cell in row]
    starts = [i for i, name in enumerate(names) if name]
    totals = {}
    for start, end in zip(starts, [*starts[1:], len(names)], strict=True):
        total = next((i for i, name in enumerate(under) if start <= i < end and name == "всего"), None)
        if total is not None:
            totals[names[start]] = total
    return totals


def _check_turnover(sheet: str, number: int, cells: dict[str, str | None]) -> None:
    """A row's turnover is its exports and its imports, within a thousandth and a thousand dollars, for some releases
    round. Raises RejectedFile where it is not; what is no number is met by the table's rules."""
    turnover = _number(cells.get(TURNOVER))
    if turnover is None:
        return
    both = sum(_number(cells[flow]) or 0 for flow in FLOWS)
    if abs(turnover - both) > max(1, 0.001 * turnover):
        raise RejectedFile(
            f"The turnover {cells[TURNOVER]} is not the exports and the imports together "
            f"({', '.join(f'{flow} {cells[flow]}' for flow in sorted(FLOWS))}; sheet {sheet!r}).",
            "One of them was edited or is an error: use the Bureau's own workbook, unedited.",
            row=number,
        )


def _number(cell: str | None) -> float | None:
    """A cell's number, as people write it; None for what is none."""
    try:
        number = float(re.sub(r"[ \xa0\u202f]", "", cell or "").replace(",", "."))
    except ValueError:
        return None
    return number if isfinite(number) else None


def _header_row(rows: list[Row]) -> int | None:
    """Where the row stands that names the columns."""
    for number, row in enumerate(rows[:HEADER_WITHIN]):
        if any(_words([cell]).lower().startswith("наименование") for cell in row):
            return number
    return None


def _period(sheet: str, rows: list[Row]) -> tuple[str, str, str, str]:
    """The period as written, its year, its first and its last month."""
    for row in rows[:HEADER_WITHIN]:
        written = re.sub(TITLE, "", _words(row), flags=re.I).strip()
        matches = list(PERIOD.finditer(written))
        years = [match[0] for match in matches if match[0].isdigit()]
        if not years:
            continue
        months = [MONTHS.index(match[1].lower().replace("мая", "май")) + 1 for match in matches if match[1]]
        if len(years) == 1 and len(months) <= 2 and not any(match[2] for match in matches):
            return written, years[0], str(min(months, default=1)), str(max(months, default=12))
        break
    raise RejectedFile(
        f"Sheet {sheet!r} does not name its year or months in its first rows.",
        "A year is written '2023 год' and months 'за январь-июнь 2023 года': use the Bureau's own workbook.",
    )


def _words(cells: Row) -> str:
    """A row's texts, with single spaces."""
    return " ".join(" ".join(cell for cell in cells if cell).split())
