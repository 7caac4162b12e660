"""Comtrade's files: recognised by their columns, and read as rows of the raw tables."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow
import pyarrow.parquet

from dagster_project import warehouse
from dagster_project.files.archives import PARQUET_MAGIC
from dagster_project.files.compression import CHUNK_BYTES, open_decompressed
from dagster_project.files.formats import Head
from dagster_project.files.landing import Landing, Recognised
from dagster_project.files.rejection import RejectedFile
from dagster_project.files.workbooks import Row, read_sheets, workbook_layout
from dagster_project.ingest.delimited import columns_of, delimiter_of, first_record, first_values, read_csv_sql
from dagster_project.ingest.sources.comtrade.tables import (
    CODES,
    COLUMNS,
    FLOWS,
    LEGACY_COLUMNS,
    PARTNERS,
    REPORTERS,
    REQUIRED,
)
from dagster_project.warehouse import Rows, literal

# Goods have no mode of supply: "all modes" stands in the key where a layout does not write it.
LACKING = {"mosCode": "0"}
CANONICAL = {column.lower(): column for column in COLUMNS}
MOST_WORKBOOK_BYTES = 1 << 30  # unpacked: a hundred thousand rows, which is what the web site gives, have a tenth of it
HEADER_WITHIN = 5  # rows of a sheet


def recognise(head: Head) -> Recognised | None:
    """Say whether a file is Comtrade's, by its content. Raises RejectedFile for one that is, and cannot be used."""
    if head.text.startswith(PARQUET_MAGIC):
        return _recognise_parquet(head)
    if head.form is None:
        return _recognise_workbook(head)
    if head.text.lstrip().startswith(b"{"):
        if b'"results"' in head.text:
            for entity, table in (("reporters", REPORTERS), ("partners", PARTNERS)):
                if f'"{table.columns[6]}"'.encode() in head.text:
                    return Recognised(entity, "json", entity)
        if b'"elapsedTime"' not in head.text or b'"data"' not in head.text:
            return None
        period = re.search(rb'"period"\s*:\s*"?(\d+)', head.text)
        return Recognised("flows", "json", f"period-{period.group(1).decode()}" if period else "empty")
    if not _is_comtrade(columns_of(head.first_line)):
        return None
    header = _header(head)
    first = dict(zip(header, first_record(head).values(), strict=True))
    # a bulk file's name ends in the day of its release; nothing inside it holds that
    released = re.search(r"\[(\d{4}-\d{2}-\d{2})\]", head.name)
    return Recognised("flows", "csv", f"period-{first.get('period', 'unknown')}", released.group(1) if released else "")


def _recognise_parquet(head: Head) -> Recognised | None:
    # not by DuckDB: to it a name with brackets, as bulk files have, is a pattern of names
    with head.path.open("rb") as stream:
        try:
            file = pyarrow.parquet.ParquetFile(stream)
            if not _is_comtrade(file.schema_arrow.names):
                return None
            periods = file.read(columns=["period"])["period"].unique().to_pylist()
        except (pyarrow.ArrowException, OSError) as error:
            reason = " ".join(str(error).split())[:120].rstrip(".")
            raise RejectedFile(f"It cannot be read: {reason}.", "Download the file again.") from None
    if not periods:
        raise RejectedFile("The file has columns and no rows.", "Widen the query, or leave the file out.")
    return Recognised("flows", "parquet", f"period-{min(map(str, periods))}")


def _recognise_workbook(head: Head) -> Recognised | None:
    sheets = read_sheets(head, most_bytes=MOST_WORKBOOK_BYTES, first_rows=HEADER_WITHIN + 1)
    table = _sheet(sheets)
    if table is None:
        return None
    header, _, rows = table
    if not rows:
        raise RejectedFile("The sheet has a header and no rows.", "Widen the query, or leave the file out.")
    first = dict(zip(header, rows[0], strict=True))
    return Recognised("flows", workbook_layout(head), f"period-{first['period']}")


def _sheet(sheets: dict[str, list[Row]]) -> tuple[list[str], int, list[Row]] | None:
    """Of a workbook's sheets the one with Comtrade's columns: its header, the number of that row, the rows below."""
    for rows in sheets.values():
        for number, row in enumerate(rows[:HEADER_WITHIN], start=1):
            names = [(cell or "").strip() for cell in row]
            if _is_comtrade(names):
                return _named(names), number, rows[number:]
    return None


def read(path: Path, landing: Landing, head: Head) -> dict[str, Rows]:
    """The rows of a landed file, every column as text, in the table's own order."""
    if landing.entity in ("reporters", "partners"):
        table = REPORTERS if landing.entity == "reporters" else PARTNERS
        rows = _records(path, table.columns, "results")
        if not warehouse.scan(f"select count(*) from ({rows.of})")[0][0]:
            raise RejectedFile("The list of areas is empty.", "Download it again.")
        return {table.name: rows}
    reader = {"csv": _csv, "json": _json, "parquet": _parquet, "xls": _workbook, "xlsx": _workbook}[landing.layout]
    return {FLOWS.name: reader(path, head)}


def _csv(path: Path, head: Head) -> Rows:
    delimiter = delimiter_of(head.first_line)
    header, first = _header(head), first_values(head)
    names = [name or f"_index{i}" for i, name in enumerate(header)]
    if len(first) == len(names) + 1 and not first[-1]:
        names.append("_trailing")  # the web download ends every row with a comma
    return Rows(
        f"select {_table_columns(dict.fromkeys(header, 'VARCHAR'))} "
        f"from {read_csv_sql(path, names, delimiter=delimiter)}",
        first_row=2,
    )


def _workbook(path: Path, head: Head) -> Rows:
    table = _sheet(read_sheets(head, most_bytes=MOST_WORKBOOK_BYTES))
    if table is None:
        raise RejectedFile("The workbook is damaged or too large.", "Download the same query as CSV.")
    header, number, rows = table
    places = {name: place for place, name in enumerate(header)}
    cells = [[row[places[c]] if c in places else LACKING.get(c) for c in COLUMNS] for row in rows]
    return Rows(pd.DataFrame(cells, columns=COLUMNS, dtype="object"), first_row=number + 1)


def _json(path: Path, head: Head) -> Rows:
    size = object_size_option(path, head)
    count_rows(path, size)
    return _records(path, COLUMNS, "data", size)


def count_rows(path: Path, size: str) -> int:
    """The number of rows in a response of the API. Raises RejectedFile for an error, or half a response."""
    count, records, error = warehouse.scan(
        "select count, len(data), error from "
        f"read_json({literal(path)}, {size}, columns = {{count: 'bigint', data: 'json[]', error: 'varchar'}})"
    )[0]
    if error:
        raise RejectedFile(f"Comtrade answered with an error: {error}", "Repeat the query, perhaps a narrower one.")
    if count is None or records is None:
        raise RejectedFile("The response holds no list of rows, or not their number.", "Repeat the query.")
    if count != records:
        raise RejectedFile(
            f"The response announces {count} rows and holds {records}: it is cut off.", "Download it again."
        )
    return records


def object_size_option(path: Path, head: Head) -> str:
    """The size of a response's one object, decompressed, as the option that DuckDB needs to read it.

    The same labels in every record compress to a hundredth, so the size of the landed file is no measure.
    """
    with open_decompressed(path, head.compression) as stream:
        whole = sum(len(chunk) for chunk in iter(lambda: stream.read(CHUNK_BYTES), b""))
    return f"maximum_object_size = {max(whole, 1 << 24)}"


def _records(path: Path, columns: Sequence[str], under: str, size: str = "maximum_object_size = 16777216") -> Rows:
    fields = ", ".join(f'"{c}" varchar' for c in columns)
    return Rows(
        f"select row.* from (select unnest({under}) as row from read_json({literal(path)}, {size}, "
        f"columns = {{{under}: 'struct({fields})[]'}}))"
    )


def _parquet(path: Path, head: Head) -> Rows:
    kinds = {name: kind for name, kind, *_ in warehouse.scan(f"describe from read_parquet({literal(path)})")}
    return Rows(f"select {_table_columns(kinds)} from read_parquet({literal(path)})")


def _table_columns(kinds: dict[str, str]) -> str:
    """The table's columns, as text, from a file that has some of them; a column the layout lacks is NULL."""
    return ", ".join(
        f'{_as_text(c, kinds[c])} as "{c}"'
        if c in kinds
        else f'{literal(LACKING[c]) if c in LACKING else "null"} as "{c}"'
        for c in COLUMNS
    )


def _as_text(column: str, kind: str) -> str:
    """A column with gaps turns to decimals in a data frame: 398 is saved as 398.0, and a gap as NaN."""
    if kind in ("DOUBLE", "FLOAT"):
        number = f'case when not isnan("{column}") then "{column}" end'
        return f"cast({f'cast({number} as bigint)' if column in CODES else number} as varchar)"
    return f'cast("{column}" as varchar)'


def _header(head: Head) -> list[str]:
    return _named(columns_of(head.first_line))


def _named(header: list[str]) -> list[str]:
    """The columns as the table names them, whatever case they are written in. Raises RejectedFile for one that is
    there twice."""
    names = [CANONICAL.get(name.lower(), name.lower()) for name in header]
    if repeated := sorted({name for name in names if name and names.count(name) > 1}):
        raise RejectedFile(
            f"The header names a column twice: {', '.join(repeated)}.", "Use the publisher's own download, unedited."
        )
    return names


def _is_comtrade(header: Sequence[str]) -> bool:
    """Whether these are a Comtrade download's columns. Raises RejectedFile for those of one that cannot be used."""
    if any(legacy <= set(header) for legacy in LEGACY_COLUMNS):
        raise RejectedFile(
            "This is the layout Comtrade used before 2022; it has no breakdown columns and old figures.",
            "Download the same query again from comtradeplus.un.org (or the API v1).",
        )
    names = {name.lower() for name in header}
    missing = [c for c in REQUIRED if c.lower() not in names]
    if len(missing) > len(REQUIRED) // 2:
        return False
    if missing:
        raise RejectedFile(
            f"Columns of a Comtrade download are missing: {', '.join(missing)}.",
            "Download it with all columns (the API's includeDesc does not matter, the values and codes do).",
        )
    return True
