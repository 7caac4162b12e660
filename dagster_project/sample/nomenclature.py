"""The bridge between HS2022 and HS2017 for the goods of the simulated world, in the layout of UNSD's workbooks.

Belongs here: how such a workbook looks. Does not belong here: which code had which ancestor (world_data.py). Only the
world's own goods are in it: a code is related to the others of this world, and to none outside it.
"""

import io
import re
import zipfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import openpyxl

from dagster_project.sample.world_data import GOODS, HS2017_ANCESTOR

WRITTEN = "2022-06-01T00:00:00Z"  # in every copy, so that the same world gives the same bytes


def write_bridge(path: Path, pairs: Sequence[tuple[str, str]] = ()) -> None:
    """Write the workbook; of the world's goods, or of pairs (code, its ancestor) that are given."""
    pairs = pairs or [(code, HS2017_ANCESTOR.get(code, code)) for code in GOODS.index]
    heirs = Counter(old for _, old in pairs)
    book = openpyxl.Workbook()
    conversions, correlations = book.worksheets[0], book.create_sheet("Correlation Tables")
    conversions.title = "HS2022-HS2017 Conversions"
    conversions.append(["From HS2022", "To HS2017"])
    correlations.append([])
    correlations.append(["HS2022", " HS2017", "Relationship"])
    for code, old in pairs:
        conversions.append([code, old])
        correlations.append([code, old, "n:1" if heirs[old] > 1 else "1:1"])
    path.write_bytes(_without_the_hour(book))


def _without_the_hour(book: openpyxl.Workbook) -> bytes:
    """The workbook's bytes with one date for all its parts: openpyxl writes the moment of saving into each."""
    saved, packed = io.BytesIO(), io.BytesIO()
    book.save(saved)
    with zipfile.ZipFile(saved) as parts, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as again:
        for part in sorted(parts.namelist()):
            content = parts.read(part)
            if part == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", WRITTEN.encode(), content)
            again.writestr(zipfile.ZipInfo(part), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()
