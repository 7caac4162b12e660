"""UN Comtrade: what reporters declare they imported and exported.

One row of `raw.comtrade_flows` is what one reporter said of one flow with one partner in one product and
period, under one breakdown (customs procedure, mode of transport, second partner). Values are USD.

Recognised by their columns: API v1 final data (47 columns, with or without an index column; CSV or
Parquet), bulk files (34 columns), API answers (JSON) and the web download (one comma too many in each
row). The layouts from before 2022 are refused: they lack the breakdown columns that keep a total apart
from its parts, and Comtrade has restated the data since.

Source of layouts and codes: UN Comtrade, "Trade data items" and "Reference data" of the API v1.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

from dagster_project import warehouse
from dagster_project.landing import CHUNK_BYTES, Head, Landing, Recognised, Refused, open_file
from dagster_project.warehouse import Rows, Rule, Table, flag, number, text

NAME = "comtrade"

COLUMNS = (
    "datasetCode typeCode freqCode refPeriodId refYear refMonth period reporterCode reporterISO reporterDesc "
    "flowCode flowDesc partnerCode partnerISO partnerDesc partner2Code partner2ISO partner2Desc "
    "classificationCode classificationSearchCode isOriginalClassification cmdCode cmdDesc aggrLevel isLeaf "
    "customsCode customsDesc mosCode motCode motDesc qtyUnitCode qtyUnitAbbr qty isQtyEstimated altQtyUnitCode "
    "altQtyUnitAbbr altQty isAltQtyEstimated netWgt isNetWgtEstimated grossWgt isGrossWgtEstimated cifvalue "
    "fobvalue primaryValue legacyEstimationFlag isReported isAggregate"
).split()

# Without these a row cannot be placed or told from its own breakdowns. The others are labels and extras.
REQUIRED = (
    "typeCode freqCode period reporterCode flowCode partnerCode partner2Code classificationCode cmdCode "
    "customsCode motCode cifvalue fobvalue primaryValue"
).split()

# The layouts that Comtrade delivered before 2022: the API's and the web site's.
LEGACY_COLUMNS = ({"pfCode", "rtCode", "TradeValue"}, {"Classification", "Trade Flow Code", "Trade Value (US$)"})

# The most rows one answer may hold (preview, web, API, bulk preview). Exactly that many means: cut off.
ROW_LIMITS = (500, 100_000, 250_000, 2_500_000)

VALUES = ("cifvalue", "fobvalue", "primaryValue", "qty", "netWgt")
CODES = ("period", "reporterCode", "partnerCode", "partner2Code", "mosCode", "motCode")  # whole numbers
FLAGS = ("isOriginalClassification", "isQtyEstimated", "isNetWgtEstimated", "isReported", "isAggregate")

KEY = (
    "typeCode freqCode period reporterCode flowCode partnerCode partner2Code classificationCode cmdCode "
    "customsCode mosCode motCode"
).split()

# A cell's partners are all there when they add up to its row for the world (METHODS check 03: within 0.5 %).
WORLD = "\"partnerCode\" = '0'"
PARTNERS_ADD_UP = (
    f'abs(sum(try_cast("primaryValue" as double)) filter (where not {WORLD}) '
    f'/ sum(try_cast("primaryValue" as double)) filter (where {WORLD}) - 1) <= 0.005'
)

FLOWS = Table(
    name="comtrade_flows",
    columns=tuple(COLUMNS),
    key=KEY,
    compared=(
        *(number(c) for c in (*VALUES, "altQty", "grossWgt")),
        *(text(c) for c in ("qtyUnitCode", "altQtyUnitCode")),
        *(flag(c) for c in FLAGS),
    ),
    # A download replaces an earlier one that asked the same question; a selection of partners is another
    # question, and closes no other partner. For a cell it holds whole, any download speaks.
    scope=("typeCode", "freqCode", "period", "reporterCode", "flowCode", "classificationCode", "cmdCode"),
    selected="partnerCode",
    whole=(tuple(c for c in KEY if c != "partnerCode"), PARTNERS_ADD_UP),
    row_limits=ROW_LIMITS,
    rules=(
        Rule(
            "placed",
            " or ".join(f'"{c}" is null' for c in REQUIRED[:11]),
            "A code that places the row is empty (reporter {reporterCode}, partner {partnerCode}, "
            "flow {flowCode}, product {cmdCode}, period {period}).",
            "Use the publisher's own download, unedited.",
        ),
        Rule(
            "whole",
            # or 0.0 for "all modes of transport" would pass for a part, and be left out without a word
            " or ".join(f"contains(\"{c}\", '.')" for c in CODES),
            "A code is written as a decimal number (period {period}, reporter {reporterCode}, "
            "partner {partnerCode}, second partner {partner2Code}, mosCode {mosCode}, motCode {motCode}).",
            "A program has probably turned codes into numbers: use the publisher's own download, unedited.",
        ),
        Rule(
            "numeric",
            # NaN and infinity are doubles as well, and no values
            '"primaryValue" is null or '
            + " or ".join(
                f'("{c}" is not null and not coalesce(isfinite(try_cast("{c}" as double)), false))' for c in VALUES
            ),
            "A value is not a number (primaryValue {primaryValue}, cifvalue {cifvalue}, fobvalue {fobvalue}, "
            "qty {qty}, netWgt {netWgt}).",
            "Use the publisher's own download, unedited.",
        ),
        Rule(
            "nonnegative",
            " or ".join(f'try_cast("{c}" as double) < 0' for c in VALUES),
            "A value is negative (primaryValue {primaryValue}, cifvalue {cifvalue}, fobvalue {fobvalue}, "
            "qty {qty}, netWgt {netWgt}).",
            "Trade values cannot be below zero: ask the publisher, or download it again.",
        ),
        Rule(
            "dated",
            # constant patterns: a pattern that depends on the row is compiled for each row
            "(\"freqCode\" = 'M' and not regexp_full_match(\"period\", '[0-9]{4}(0[1-9]|1[0-2])')) "
            "or (\"freqCode\" <> 'M' and not regexp_full_match(\"period\", '[0-9]{4,6}')) "
            'or ("freqCode" = \'A\' and length("period") <> 4)',
            "The period {period} does not fit the frequency {freqCode}.",
            "A year is written 2022 and a month 202203.",
        ),
        Rule(
            "past",
            '"period" > case length("period") '
            "when 4 then strftime(today(), '%Y') else strftime(today(), '%Y%m') end",
            "The period {period} lies in the future.",
            "Use the publisher's own download, unedited.",
        ),
        Rule(
            "coded",
            "regexp_full_match(\"classificationCode\", 'H[0-9S]') "
            "and not regexp_full_match(\"cmdCode\", 'TOTAL|AG[0-9]|([0-9A-Z]{2}){1,3}')",
            "The product code {cmdCode} is not an HS code of 2, 4 or 6 digits.",
            "A spreadsheet has probably cut the leading zero: use the download before it was opened there.",
        ),
    ),
    floors={
        "sample": (5_000, "the simulated world never reports fewer at any scale that is tested"),
        "files": (1, "a folder may hold a single flow"),
    },
)

TABLES = (FLOWS,)


def recognise(head: Head) -> Recognised | None:
    """Say whether a file is Comtrade's, by its content. Raises Refused for one that is, and cannot be used."""
    if head.text.startswith(b"PAR1"):
        names = {name for (name,) in warehouse.scan(f"select name from parquet_schema('{_sql(head.path)}')")}
        if not _ours(names):
            return None
        period = warehouse.scan(f"select min(cast(period as varchar)) from read_parquet('{_sql(head.path)}')")
        return Recognised("flows", "parquet", f"period-{period[0][0]}")
    if head.text.lstrip().startswith(b"{"):
        if b'"elapsedTime"' not in head.text or b'"data"' not in head.text:
            return None
        period = re.search(rb'"period"\s*:\s*"?(\d+)', head.text)
        return Recognised("flows", "json", f"period-{period.group(1).decode()}" if period else "empty")
    header = _header(head.first_line)
    if any(legacy <= set(header) for legacy in LEGACY_COLUMNS):
        raise Refused(
            "This is the layout Comtrade used before 2022; it has no breakdown columns and old figures.",
            "Download the same query again from comtradeplus.un.org (or the API v1).",
        )
    if not _ours(set(header)):
        return None
    names = [name.lower() for name in header if name]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise Refused(
            f"The header names a column twice: {', '.join(twice)}.", "Use the publisher's own download, unedited."
        )
    lines = head.text.split(b"\n", 2)
    if len(lines) < 2 or not lines[1].strip():
        raise Refused("The file has a header and no rows.", "Widen the query, or leave the file out.")
    first = dict(
        zip(
            header,
            next(csv.reader([lines[1].decode("utf-8", "replace")], delimiter=_comma(head.first_line))),
            strict=False,
        )
    )
    # a bulk file's name ends in the day of its release; nothing inside it says that
    released = re.search(r"\[(\d{4}-\d{2}-\d{2})\]", head.path.name)
    return Recognised("flows", "csv", f"period-{first.get('period', 'unknown')}", released.group(1) if released else "")


def read(path: Path, landing: Landing, head: Head) -> dict[str, Rows]:
    """The rows of a landed file as SQL over it, every column as text, in the table's own order."""
    reader = {"csv": _csv, "json": _json, "parquet": _parquet}[landing.layout]
    return {FLOWS.name: reader(path, head)}


def _csv(path: Path, head: Head) -> Rows:
    separator = _comma(head.first_line)
    header = _header(head.first_line)
    second = head.text.split(b"\n", 2)[1].decode("utf-8", "replace").rstrip("\r")
    fields = len(next(csv.reader([second], delimiter=separator)))
    names = [name or f"_index{i}" for i, name in enumerate(header)]
    if fields == len(names) + 1 and second.endswith(separator):
        names.append("_trailing")  # the web download ends every row with a comma
    columns = ", ".join(f"'{_sql(name)}': 'varchar'" for name in names)
    return Rows(
        f"select {_present(dict.fromkeys(header, 'VARCHAR'))} "
        f"from read_csv('{_sql(path)}', header = false, skip = 1, auto_detect = false, delim = '{separator}', "
        f"quote = '\"', escape = '\"', nullstr = '', columns = {{{columns}}})",
        first_row=2,
    )


def _json(path: Path, head: Head) -> Rows:
    # An answer is one object, and DuckDB wants to know how large one may be. The same labels in every record
    # compress to a hundredth, so the size of the landed file says nothing.
    with open_file(path, head.compression) as stream:
        whole = sum(len(chunk) for chunk in iter(lambda: stream.read(CHUNK_BYTES), b""))
    size = f"maximum_object_size = {max(whole, 1 << 24)}"
    count, records, error = warehouse.scan(
        "select count, len(data), error from "
        f"read_json('{_sql(path)}', {size}, columns = {{count: 'bigint', data: 'json[]', error: 'varchar'}})"
    )[0]
    if error:
        raise Refused(f"Comtrade answered with an error: {error}", "Ask again, perhaps with a narrower query.")
    if count != records:
        raise Refused(f"The answer announces {count} rows and holds {records}: it is cut off.", "Download it again.")
    fields = ", ".join(f'"{c}" varchar' for c in COLUMNS)
    return Rows(
        f"select row.* from (select unnest(data) as row from read_json('{_sql(path)}', {size}, "
        f"columns = {{data: 'struct({fields})[]'}}))"
    )


def _parquet(path: Path, head: Head) -> Rows:
    kinds = {name: kind for name, kind, *_ in warehouse.scan(f"describe from read_parquet('{_sql(path)}')")}
    return Rows(f"select {_present(kinds)} from read_parquet('{_sql(path)}')")


def _present(kinds: dict[str, str]) -> str:
    """The table's columns, as text, from a file that has some of them; a column the layout lacks is NULL.

    But for the mode of supply, which goods do not have: "all modes" stands in the key where it is not written.
    """
    lacking = {"mosCode": "'0'"}
    return ", ".join(
        f'{_as_text(c, kinds[c])} as "{c}"' if c in kinds else f'{lacking.get(c, "null")} as "{c}"' for c in COLUMNS
    )


def _as_text(column: str, kind: str) -> str:
    """A column with gaps turns to decimals in a data frame: 398 is saved as 398.0, and a gap as NaN."""
    if kind in ("DOUBLE", "FLOAT"):
        number = f'case when not isnan("{column}") then "{column}" end'
        return f"cast({f'cast({number} as bigint)' if column in CODES else number} as varchar)"
    return f'cast("{column}" as varchar)'


def _ours(names: set[str]) -> bool:
    missing = [c for c in REQUIRED if c not in names]
    if len(missing) > len(REQUIRED) // 2:
        return False
    if missing:
        raise Refused(
            f"Columns of a Comtrade download are missing: {', '.join(missing)}.",
            "Download it with all columns (the API's includeDesc does not matter, the values and codes do).",
        )
    return True


def _header(line: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=_comma(line)), [])
    except csv.Error:  # not text in lines, so not a header
        return []


def _comma(header: str) -> str:
    return "\t" if header.count("\t") > header.count(",") else ","


def _sql(value: Path | str) -> str:
    return str(value).replace("'", "''")
