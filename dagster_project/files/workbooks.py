"""Workbooks, old (.xls) and new (.xlsx), as sheets of text. Not here: what a sheet means (its source's module)."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from itertools import islice

import openpyxl
import xlrd

from dagster_project.files.archives import OLE_MAGIC, ZIP_MAGIC
from dagster_project.files.compression import open_decompressed
from dagster_project.files.formats import Head

MOST_BYTES = 64 * 1024 * 1024  # unpacked; a statistical office's table has a hundredth of it
MOST_COLUMNS = 256  # as many as an .xls has; one stray cell in the last column would make every row 16,384 wide

Row = list[str | None]


def workbook_layout(head: Head) -> str:
    """Which of the two kinds of workbook a head begins: xls or xlsx."""
    return "xls" if head.text.startswith(OLE_MAGIC) else "xlsx"


def read_sheets(head: Head, *, most_bytes: int = MOST_BYTES, first_rows: int | None = None) -> dict[str, list[Row]]:
    """A workbook's sheets by name, each row a list of cells as text; empty for what is no whole workbook.

    Numbers are written as short as they can be read back, a blank cell is None; blank rows at the end are left out.
    `most_bytes`: a workbook that unpacks to more is not read. `first_rows`: of each sheet, where not all are wanted.
    """
    if not head.text.startswith((OLE_MAGIC, ZIP_MAGIC)):
        return {}
    with open_decompressed(head.path, head.compression) as stream:
        content = stream.read(most_bytes + 1)
    if len(content) > most_bytes:
        return {}
    try:
        sheets = _sheets_of_xls(content) if content.startswith(OLE_MAGIC) else _sheets_of_xlsx(content, most_bytes)
        return {name: _table(islice(rows, first_rows)) for name, rows in sheets}
    except MemoryError:
        raise
    except Exception:  # the readers fail in many ways on damaged bytes, and on other programs' files
        return {}


def _table(rows: Iterable[Row]) -> list[Row]:
    """Rows of one width, those at the end left out where they are blank."""
    blank: Row = []
    table: list[Row] = []
    for row in rows:
        while row and row[-1] is None:
            row.pop()
        table.append(row or blank)
    while table and not table[-1]:
        table.pop()
    width = max(map(len, table), default=0)
    blank += [None] * width  # one row for all: a stray cell far below makes a million of them
    return [row if row is blank else row + [None] * (width - len(row)) for row in table]


def _sheets_of_xls(content: bytes) -> Iterator[tuple[str, Iterator[Row]]]:
    with xlrd.open_workbook(file_contents=content, logfile=io.StringIO()) as book:
        for sheet in book.sheets():
            yield sheet.name, ([_xls_text(cell) for cell in row] for row in sheet.get_rows())


def _xls_text(cell: xlrd.sheet.Cell) -> str | None:
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return xlrd.error_text_from_code[int(cell.value)]
    return _text(cell.value)


def _sheets_of_xlsx(content: bytes, most_bytes: int) -> Iterator[tuple[str, Iterator[Row]]]:
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        sizes = {part.filename: part.file_size for part in parts.infolist()}
    if "xl/workbook.xml" not in sizes or sum(sizes.values()) > most_bytes:
        return
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    for sheet in book.worksheets:
        sheet.reset_dimensions()  # what the file says of its size need not be true
        yield (
            sheet.title,
            ([_text(value) for value in row] for row in sheet.iter_rows(max_col=MOST_COLUMNS, values_only=True)),
        )


def _text(value: object) -> str | None:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value) if value not in (None, "") else None
