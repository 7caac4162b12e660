"""Workbooks, old (.xls) and new (.xlsx), as sheets of text. Not here: what a sheet means (its source's module)."""

from __future__ import annotations

import io
import zipfile

import openpyxl
import xlrd

from dagster_project.files.archives import ZIP_MAGIC
from dagster_project.files.compression import open_decompressed
from dagster_project.files.formats import OLE_MAGIC, Head

MOST_BYTES = 64 * 1024 * 1024  # unpacked; a statistical office's table has a hundredth of it

Row = list[str | None]


def workbook_layout(head: Head) -> str:
    """Which of the two kinds of workbook a head begins: xls or xlsx."""
    return "xls" if head.text.startswith(OLE_MAGIC) else "xlsx"


def read_sheets(head: Head) -> dict[str, list[Row]]:
    """A workbook's sheets by name, each row a list of cells as text; empty for what is no whole workbook.

    Numbers are written as short as they can be read back, a blank cell is None.
    """
    if not head.text.startswith((OLE_MAGIC, ZIP_MAGIC)):
        return {}
    with open_decompressed(head.path, head.compression) as stream:
        content = stream.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        return {}
    try:
        return _sheets_of_xls(content) if content.startswith(OLE_MAGIC) else _sheets_of_xlsx(content)
    except Exception:  # the readers fail in many ways on damaged bytes, and on other programs' files
        return {}


def _sheets_of_xls(content: bytes) -> dict[str, list[Row]]:
    with xlrd.open_workbook(file_contents=content, logfile=io.StringIO()) as book:
        return {sheet.name: [[_xls_text(cell) for cell in row] for row in sheet.get_rows()] for sheet in book.sheets()}


def _xls_text(cell: xlrd.sheet.Cell) -> str | None:
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return xlrd.error_text_from_code[int(cell.value)]
    return _text(cell.value)


def _sheets_of_xlsx(content: bytes) -> dict[str, list[Row]]:
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        sizes = {part.filename: part.file_size for part in parts.infolist()}
    if "xl/workbook.xml" not in sizes or sum(sizes.values()) > MOST_BYTES:
        return {}
    return {
        sheet.title: [[_text(value) for value in row] for row in sheet.iter_rows(values_only=True)]
        for sheet in openpyxl.load_workbook(io.BytesIO(content), data_only=True).worksheets
    }


def _text(value: object) -> str | None:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value) if value not in (None, "") else None
