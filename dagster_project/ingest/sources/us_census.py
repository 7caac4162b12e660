"""US Census Bureau: exports and imports of the United States by country and HS code, a month a row, in dollars.

One row of `raw.us_census_exports` is what the Bureau's API answers of the total exports (domestic and foreign goods) to
one country in one month, of one code of the HS or of all goods together; values are f.a.s. (free alongside ship), next
to FOB. One row of `raw.us_census_imports` is the same of general imports, from the country of origin: the customs
value (GEN_VAL_MO), which is without freight and insurance, and the CIF value (GEN_CIF_MO). Codes and levels stand as
the Bureau adds them up itself; nothing is summed here. An answer is the part of the trade that someone requested.

Read here: answers of the endpoints timeseries/intltrade/exports/hs and imports/hs: JSON, a list of rows of which the
first is the header, in any order of columns. Rejected: breakdowns (by district, by domestic and foreign goods), columns
that are unknown, for they may split the figures, other endpoints, answers without the CIF value. Not here: cumulative
figures (…_YR), quantities (the Bureau gives them by ten digits), weights (they are gross); which codes are groups of
countries (staging).

Source of the layout: US Census Bureau, Guide to Using U.S. International Trade Datasets in the Census API, and public
programs that read the answers. Not verified on an answer of the service itself: it takes a key, so it is not fetched.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from dagster_project.files.compression import open_decompressed
from dagster_project.files.formats import Head
from dagster_project.files.landing import Landing, Recognised
from dagster_project.files.rejection import RejectedFile, printable
from dagster_project.warehouse import Continuity, Rows, Rule, Table, is_number, number

NAME = "us_census"

# Of each endpoint: its column of codes, and the values that are read.
CODES = {"exports": "E_COMMODITY", "imports": "I_COMMODITY"}
VALUES = {"exports": ("ALL_VAL_MO",), "imports": ("GEN_VAL_MO", "GEN_CIF_MO")}
# Columns of the API that split no row: names, levels, and further measures of the same row.
HARMLESS = re.compile(
    r"CTY_NAME|[EI]_COMMODITY_[SL]DESC|COMM_LVL|SUMMARY_LVL2?|YEAR|MONTH|time|LAST_UPDATE|UNIT_QY[12]"
    r"|(ALL|GEN|CON|DUT|CAL|AIR|VES|CNT|QTY|CC)_[A-Z0-9_]*(MO|YR)(_FLAG)?"
)
MEASURE = re.compile(rb'"(ALL|GEN|CON)_(VAL|CIF)_(MO|YR)"')
ALL_GOODS = "-"  # as the Bureau writes it of codes and of countries
REPEAT = "Repeat the query; its whole answer, unedited, is one file."
QUERY = "get=CTY_CODE,{code},COMM_LVL,{values}&time=2023-03&COMM_LVL=HS6"


def _table(endpoint: str) -> Table:
    code, values = CODES[endpoint], VALUES[endpoint]
    columns = ("time", "CTY_CODE", "level", code, *values)
    shown = ", ".join(f"{column} {{{column}}}" for column in ("CTY_CODE", code, *values))
    rules = [
        Rule(
            "complete",
            " or ".join(f'"{column}" is null' for column in columns if column != "level"),
            f"A cell is empty that may not be (time {{time}}, {shown}).",
            REPEAT,
        ),
        Rule(
            "monthly",
            "not regexp_full_match(\"time\", '(19|20)[0-9]{2}-(0[1-9]|1[0-2])')",
            "The period {time} is no month.",
            "Query months: time=2023-03, or time=from 2023-01 to 2023-12.",
        ),
        Rule("past", "\"time\" > strftime(today(), '%Y-%m')", "The period {time} lies in the future.", REPEAT),
        Rule(
            "with_a_partner",
            f"not regexp_full_match(\"CTY_CODE\", '{ALL_GOODS}|[0-9][0-9X]{{3}}')",
            "The country {CTY_CODE} is no code of Schedule C.",
            "A spreadsheet program drops leading zeros: use the answer before it was opened there.",
        ),
        Rule(
            "coded",
            f"not regexp_full_match(\"{code}\", '{ALL_GOODS}|([0-9]{{2}}){{1,3}}|[0-9]{{10}}') "
            f"or left(\"{code}\", 2) in ('00', '77')",
            f"The product {{{code}}} is no HS code of two, four, six or ten digits.",
            "A spreadsheet program drops leading zeros: use the answer before it was opened there.",
        ),
        Rule(
            "numeric",
            " or ".join(f"not {is_number(column)}" for column in values),
            f"A value is not a number ({shown}).",
            REPEAT,
        ),
        Rule(
            "nonnegative",
            " or ".join(f'try_cast("{column}" as double) < 0' for column in values),
            f"A value is negative ({shown}).",
            "Trade values cannot be below zero: repeat the query, or report it to the Bureau.",
        ),
    ]
    if endpoint == "imports":
        rules.append(
            Rule(
                "valued",
                # freight and insurance are added; by air a light good may cost more to carry than to buy, not tenfold
                'try_cast("GEN_CIF_MO" as double) < try_cast("GEN_VAL_MO" as double) '
                'or try_cast("GEN_CIF_MO" as double) > 10 * try_cast("GEN_VAL_MO" as double) + 1000',
                "The CIF value {GEN_CIF_MO} does not fit the customs value {GEN_VAL_MO}, to which it adds freight and "
                "insurance.",
                "One of them was edited or is an error: repeat the query, or report it to the Bureau.",
            )
        )
    return Table(
        name=f"us_census_{endpoint}",
        period="time",
        columns=columns,
        key=("time", "CTY_CODE", "level", code),
        compared=tuple(number(column) for column in values),
        scope=("time", "CTY_CODE", "level"),
        selected=code,
        continuity=Continuity(of=("time", "CTY_CODE", "level"), most_lost=0.2, may_grow=True),
        rules=tuple(rules),
    )


TABLES = tuple(_table(endpoint) for endpoint in CODES)


def recognise(head: Head) -> Recognised | None:
    """Say whether a file is an answer of the Bureau's API. Raises RejectedFile for one that cannot be used."""
    start = re.match(rb"\s*\[\s*(\[[^\[\]]*\])\s*(,\s*(\[[^\[\]]*\]))?", head.text.removeprefix(b"\xef\xbb\xbf"))
    if start is None or not MEASURE.search(start[1]):
        return None
    header = _row(start[1])
    endpoint = _check(header)
    if start[3] is None:
        raise RejectedFile("The answer has a header and no whole row.", "Widen the query, or leave the file out.")
    cells = dict(zip(header, _row(start[3]), strict=False))
    partition = f"{endpoint}-{_month(cells)}-{cells.get('CTY_CODE')}-{len(cells.get(CODES[endpoint]) or '')}"
    return Recognised(endpoint, "json", re.sub(r"[^\w-]", "", partition)[:80])


def read(path: Path, landing: Landing, head: Head) -> dict[str, Rows]:
    """The rows of a landed answer, one frame. Raises RejectedFile where it is no whole list of rows."""
    with open_decompressed(path, head.compression) as stream:
        try:
            # numbers stay as they are written
            lists = json.loads(stream.read().decode("utf-8-sig"), parse_int=str, parse_float=str, parse_constant=str)
        except (ValueError, RecursionError):
            raise RejectedFile("The answer is no JSON, or is cut off.", REPEAT) from None
    if not isinstance(lists, list) or not all(isinstance(one, list) for one in lists):
        raise RejectedFile("The answer is no list of rows.", REPEAT)
    header, *rows = lists
    endpoint = _check(header)
    table = next(one for one in TABLES if one.name.endswith(endpoint))
    records = []
    for place, row in enumerate(rows, start=1):
        if len(row) != len(header) or not all(cell is None or isinstance(cell, str) for cell in row):
            raise RejectedFile(f"The row has {len(row)} cells where the header has {len(header)}.", REPEAT, row=place)
        records.append(_record(header, row, place, CODES[endpoint]))
    frame = pd.DataFrame(records, columns=[*table.columns], dtype="object")
    return {table.name: Rows(frame)}


def _record(header: Sequence[str], row: Sequence[str | None], place: int, code: str) -> dict[str, str | None]:
    """A row by column. Raises RejectedFile where a column that stands there twice, as the API repeats those that it was
    filtered by, has two contents, or two columns contradict each other."""
    cells: dict[str, str | None] = {}
    for name, cell in zip(header, row, strict=True):
        content = (cell or "").strip() or None
        if cells.setdefault(name, content) != content:
            raise RejectedFile(f"The column {name} stands twice, with {cells[name]} and {content}.", REPEAT, row=place)
    month, length = _month(cells), len((cells.get(code) or "").replace(ALL_GOODS, ""))
    for name, content, expected in (
        ("time", cells.get("time"), month),
        ("COMM_LVL", cells.get("COMM_LVL"), f"HS{length}" if length else None),
    ):
        if content not in (None, ALL_GOODS) and expected and content != expected:
            raise RejectedFile(
                f"The column {name} has {printable(content)} where the row is of {expected}.", REPEAT, row=place
            )
    return {**cells, "time": month, "level": str(length)}


def _month(cells: Mapping[str, str | None]) -> str | None:
    """The month of a row: 2023-03, from time or from YEAR and MONTH."""
    if cells.get("YEAR") and cells.get("MONTH"):
        return f"{cells['YEAR']}-{cells['MONTH']:0>2}"
    return cells.get("time")


def _row(content: bytes) -> list[str]:
    """One row of an answer; empty where it is no list of texts."""
    try:
        row = json.loads(content, parse_int=str, parse_float=str, parse_constant=str)
    except ValueError:
        return []
    return [cell if isinstance(cell, str) else "" for cell in row]


def _check(header: list) -> str:
    """The endpoint that a header is of. Raises RejectedFile where it lacks a column, or has one that is not read."""
    endpoints = [one for one, code in CODES.items() if code in header]
    if len(endpoints) != 1:
        raise RejectedFile(
            "This is an answer of the Census Bureau's API without HS codes (E_COMMODITY or I_COMMODITY).",
            "Query the endpoint intltrade/exports/hs or intltrade/imports/hs, with the column of codes.",
        )
    [endpoint] = endpoints
    query = QUERY.format(code=CODES[endpoint], values=",".join(VALUES[endpoint]))
    known = {"CTY_CODE", CODES[endpoint], *VALUES[endpoint]}
    if missing := sorted(known - set(header)):
        raise RejectedFile(f"The answer lacks the column {', '.join(missing)}.", f"Query for example {query}.")
    if "time" not in header and not {"YEAR", "MONTH"} <= set(header):
        raise RejectedFile("The answer lacks the month (time, or YEAR and MONTH).", f"Query for example {query}.")
    if unknown := [str(name) for name in header if name not in known and not HARMLESS.fullmatch(str(name))]:
        raise RejectedFile(
            f"The answer has columns that may split its figures: {', '.join(map(printable, unknown))}.",
            f"Query without them, for example {query}.",
        )
    return endpoint
