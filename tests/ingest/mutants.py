"""Small whole files of every layout, and what may happen to them on the way: mutants, made the same way in every run.

A layout is a list of records and the writer that makes a file of them. What happens to records (a row lost, a value
changed) is made by their writer; what happens to bytes (a cut, a flipped bit, another encoding, an archive) by the
functions here. All figures and parties are invented. Not here: what becomes of a mutant (test_mutants.py).
"""

from __future__ import annotations

import gzip
import io
import json
import random
import zipfile
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache

import pandas as pd
import py7zr
import zstandard
from downloads import (
    API_COLUMNS,
    bulk_of,
    comext_flow,
    comext_month,
    csl_csv,
    csv_of,
    ecb_csv,
    eu_xml,
    eurlex_annex,
    eurlex_heading,
    eurlex_table,
    eurlex_text,
    flow,
    ofac_xml,
    opensanctions_csv,
    seven,
    uk_xml,
    un_xml,
    workbook,
    zip_of,
)
from test_eurostat import download
from test_japan_customs import HEADER, line
from test_japan_customs import file as japan_file
from test_ofac_advanced import alias, entry, name, party
from test_ofac_advanced import xml as advanced_xml
from test_own_flows import cell
from test_own_flows import csv_of as own_csv
from test_us_census import EXPORT, IMPORT, answer

from dagster_project.ingest.sources import openicpsr
from dagster_project.ingest.sources.comtrade import tables

SEED = 20230615
FLIPS = 4  # of single bits in each file
DRAWN = 3  # of the ways to pack a whole file and to write a text, for each layout: they are the same for all
LONG_NUMBER = "1" * 5_000

Record = dict | list | str
Records = list[Record]
Edit = Callable[[Record], Record]


@dataclass(frozen=True)
class Layout:
    """A layout: `records` as its writer takes them, and `edits` of one of them by what they do."""

    name: str
    source: str
    kind: str  # csv | xml | json | parquet | workbook
    records: Records
    write: Callable[[Records], bytes]
    edits: Mapping[str, Edit] = field(default_factory=dict)
    replaced: Mapping[str, tuple[bytes, bytes]] = field(default_factory=dict)  # what it does → old and new bytes
    file_name: str = "download"
    has_header: bool = True

    @property
    def good(self) -> bytes:
        """The whole file."""
        return self.write(self.records)


@dataclass(frozen=True)
class Mutant:
    """A file that was whole once. `what` happened to it."""

    what: str
    content: bytes
    file_name: str


def mutants(layout: Layout) -> list[Mutant]:
    """The mutants of a layout, the same in every run."""
    chance = random.Random(f"{SEED} {layout.name}")
    made: dict[str, bytes] = dict(_records_changed(layout))
    good = layout.good
    made |= _cut(good) | _flipped(good, chance) | _packed_badly(good) | _some(_packed(good), chance)
    if layout.kind in ("csv", "xml", "json"):
        made |= _some(_rewritten(good), chance)
    if layout.kind == "csv":
        made |= _lines_changed(good, layout.has_header)
    if layout.kind == "xml":
        made |= _elements_changed(good)
    for what, (old, new) in layout.replaced.items():
        assert old in good, (layout.name, what)
        made[what] = good.replace(old, new)
    wrong = {"csv": ".xml", "xml": ".csv", "json": ".parquet", "parquet": ".csv", "workbook": ".json"}[layout.kind]
    return [
        *(Mutant(what, content, layout.file_name) for what, content in made.items()),
        Mutant("another extension", good, layout.file_name + wrong),
        Mutant("a name in Latin-1 bytes", good, f"T\udcfcrk {layout.file_name}"),
    ]


# ---------------------------------------------------------------- what happens to records


def _records_changed(layout: Layout) -> Iterator[tuple[str, bytes]]:
    rows = layout.records
    middle = len(rows) // 2
    yield "a record lost", layout.write(rows[:middle] + rows[middle + 1 :])
    yield "a record twice", layout.write([*rows[: middle + 1], rows[middle], *rows[middle + 1 :]])
    yield (
        "two records in the other order",
        layout.write([*rows[:middle], rows[middle + 1], rows[middle], *rows[middle + 2 :]]),
    )
    yield "half of the records lost", layout.write(rows[:middle])
    yield "all records lost but one", layout.write(rows[:1])
    yield "no records", layout.write([])
    for what, edit in layout.edits.items():
        changed = list(rows)
        changed[middle] = edit(deepcopy(rows[middle]))
        yield what, layout.write(changed)


def _set(**cells: str) -> Edit:
    return lambda record: {**record, **cells}


def _times(factor: float, *columns: str) -> Edit:
    return lambda record: {**record, **{c: str(float(record[c]) * factor) for c in columns}}


def _numbers(*columns: str) -> dict[str, Edit]:
    """What may stand where a value should, in all columns that give the same value."""
    texts = {
        "a value of 1e300": "1e300",
        "a negative value": "-5",
        "a value that is no number (nan)": "nan",
        "an infinite value": "inf",
        "a value of 5,000 digits": LONG_NUMBER,
        "a text in place of a value": "confidential",
        "an empty value": "",
        "a value with a decimal comma": "1,5",
    }
    return {what: _set(**dict.fromkeys(columns, text)) for what, text in texts.items()}


def _cell_of(place: int, text: str) -> Edit:
    return lambda record: [*record[:place], text, *record[place + 1 :]]


# ---------------------------------------------------------------- what happens to bytes


def _cut(good: bytes) -> dict[str, bytes]:
    """Cut off at several places, and the beginning lost."""
    header = good.find(b"\n") + 1 or len(good) // 50
    line_end = good.rfind(b"\n", 0, len(good) * 2 // 3) + 1 or len(good) // 2
    return {
        "cut in the first line": good[: header // 2],
        "cut after the first line": good[:header],
        "cut in the second line": good[: header + 15],
        "cut in the middle": good[: len(good) // 2 - 3],
        "cut at a line's end": good[:line_end],
        "cut near the end": good[:-7],
        "without its beginning": good[len(good) // 3 :],
        "nothing": b"",
        "with another file behind it": good + good,
        "with a web page behind it": good + b"<html><body>504 Gateway Time-out</body></html>\n",
    }


def _flipped(good: bytes, chance: random.Random) -> dict[str, bytes]:
    """Single bits flipped, zero bytes, and bytes overwritten."""
    made = {}
    for number in range(FLIPS):
        bit = chance.randrange(len(good) * 8)
        flipped = bytearray(good)
        flipped[bit // 8] ^= 1 << bit % 8
        made[f"a bit flipped {number + 1}"] = bytes(flipped)
    middle = len(good) // 2
    made["zero bytes in the middle"] = good[:middle] + bytes(16) + good[middle + 16 :]
    made["other bytes in the middle"] = good[:middle] + chance.randbytes(16) + good[middle + 16 :]
    return made


def _rewritten(good: bytes) -> dict[str, bytes]:
    """A text saved in another way."""
    text = good.decode("latin-1" if b"\xfc" in good and not _is_utf8(good) else "utf-8")
    lines = text.replace("\r\n", "\n")
    return {
        "as UTF-16": text.encode("utf-16"),
        "as UTF-8 with its mark": b"\xef\xbb\xbf" + text.encode(),
        "as Windows-1252": text.encode("cp1252", "replace"),
        "as Macintosh": text.encode("mac-roman", "replace"),
        "with Windows' line ends": lines.replace("\n", "\r\n").encode(),
        "with line ends of both kinds": lines.replace("\n", "\r\n", 3).encode(),
        "with the Macintosh's line ends": lines.replace("\n", "\r").encode(),
        "with blank lines behind it": good + b"\n\n\n",
    }


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _lines_changed(good: bytes, has_header: bool) -> dict[str, bytes]:
    """What happens to a table: its header, its delimiter, its quotes, its columns."""
    end = b"\r\n" if b"\r\n" in good else b"\n"
    lines = good.rstrip(b"\x1a").splitlines()
    header, first, rest = lines[0], lines[1], lines[2:]
    comma = max(b",\t;", key=lambda one: header.count(bytes([one])))
    comma = bytes([comma])
    names = header.split(comma)

    def file(*those: bytes) -> bytes:
        return end.join(those) + end

    cut = [line.split(comma) for line in lines]
    made = {
        "a line without half of its cells": file(header, first[: len(first) // 2], *rest),
        "a line with a cell more": file(header, first + comma + b"x", *rest),
        "an unbalanced quote": file(header, first, rest[0].replace(comma, comma + b'"', 1), *rest[1:]),
        "another delimiter in one line": file(header, first.replace(comma, b"|"), *rest),
        "another delimiter": file(*(line.replace(comma, b"|") for line in lines)),
        "lines of spaces": file(header, first, b"   ", *rest),
    }
    if has_header:
        made |= {
            "the header twice": file(header, *lines),
            "the header in the middle": file(header, first, header, *rest),
            "without its header": file(first, *rest),
        }
    if has_header and not any(b'"' in line for line in lines) and all(len(cells) == len(cut[0]) for cells in cut):
        last = len(names) - 1
        made |= {
            "the last column lost": file(*(comma.join(cells[:-1]) for cells in cut)),
            "a column twice": file(*(comma.join([*cells, cells[last]]) for cells in cut)),
            "a column renamed": file(comma.join([*names[:-1], b"amount"]), *lines[1:]),
            "columns in another order": file(*(comma.join(reversed(cells)) for cells in cut)),
            "a column more": file(*(comma.join([*cells, b"x"]) for cells in cut)),
        }
    return made


def _elements_changed(good: bytes) -> dict[str, bytes]:
    """What happens to XML: its declaration, its entities, its elements."""
    declaration, newline, body = good.partition(b"\n")
    last = good.rstrip().rfind(b"<")
    root = good.rstrip()[last + 2 : -1]
    middle = good.find(b"</", len(good) // 2)
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    return {
        "an encoding that is unknown": b'<?xml version="1.0" encoding="klingon"?>\n' + body,
        "an encoding that is untrue": b'<?xml version="1.0" encoding="utf-16"?>\n' + body,
        "without its closing element": good[:last],
        "a closing element lost": good[:middle] + good[good.find(b">", middle) + 1 :],
        "an unclosed tag": good[:middle] + b"<" + good[middle:],
        "entities defined": declaration + newline + bomb + body,
        "an entity that is unknown": good[:middle] + b"&who;" + good[middle:],
        "a character that XML does not have": good[:middle] + b"&#1;" + good[middle:],
        "the root renamed": good.replace(b"<" + root, b"<list").replace(b"</" + root, b"</list"),
        "a second root": good + b"<again/>",
        "HTML": b"<!DOCTYPE html><html>" + body + b"</html>",
    }


def _some(made: dict[str, bytes], chance: random.Random) -> dict[str, bytes]:
    return {what: made[what] for what in chance.sample(sorted(made), DRAWN)}


def _packed(good: bytes) -> dict[str, bytes]:
    """In archives, whole."""
    return {
        "zipped": zip_of({"download": good}),
        "zipped with another file": zip_of({"download": good, "readme.md": b"See the site."}),
        "zipped twice": zip_of({"inner.zip": zip_of({"download": good})}),
        "in gzip": gzip.compress(good, mtime=0),
        "in zstd": zstandard.compress(good),
        "in 7z": seven(good),
    }


def _packed_badly(good: bytes) -> dict[str, bytes]:
    """In archives that are locked, damaged, or packed by a method that is not read."""
    zipped = zip_of({"download": good})
    return {
        "in a zip with a password": with_flags(zipped, flags=1),
        "in a zip locked with AES": with_flags(zipped, flags=1, method=99),
        "in a zip with Deflate64": with_flags(zipped, method=9),
        "in a zip that is cut": zipped[: len(zipped) // 2],
        "in a zip whose checksum is wrong": _damaged(zip_of({"download": good}, zipfile.ZIP_STORED), 60),
        "in gzip that is cut": gzip.compress(good, mtime=0)[:-12],
        "in gzip that is damaged": _damaged(gzip.compress(good, mtime=0), 40),
        "in zstd that is cut": zstandard.compress(good)[:-9],
        "in a 7z with a password": locked_sevenzip(),
        "in a 7z that is damaged": _damaged(seven(good), 50),
    }


@cache
def locked_sevenzip() -> bytes:
    """A 7z with a password, which takes half a second: what is in it is the same for every layout."""
    locked = io.BytesIO()
    with py7zr.SevenZipFile(locked, "w", password="secret") as archive:
        archive.writef(io.BytesIO(b"typeCode,freqCode"), "full.dat")
    return locked.getvalue()


def with_flags(zipped: bytes, *, flags: int = 0, method: int = 8) -> bytes:
    """A zip whose headers say of its members that they are locked (flags 1) or packed by another method."""
    changed = bytearray(zipped)
    for magic, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := changed.find(magic, at + 1)) >= 0:
            changed[at + place] |= flags
            changed[at + place + 2 : at + place + 4] = method.to_bytes(2, "little")
    return bytes(changed)


def _damaged(content: bytes, place: int) -> bytes:
    return content[:place] + bytes(byte ^ 0x55 for byte in content[place : place + 4]) + content[place + 4 :]


# ---------------------------------------------------------------- Comtrade

PARTNERS = {
    "276": "DEU", "792": "TUR", "384": "CIV", "531": "CUW", "156": "CHN", "643": "RUS", "440": "LTU", "616": "POL",
    "398": "KAZ", "417": "KGZ", "51": "ARM",
}  # fmt: skip
NAMES = {"792": "Türkiye", "384": "Côte d'Ivoire", "531": "Curaçao"}


def comtrade_rows() -> Records:
    """A reporter's imports of one good in a month, from eleven partners and the world."""
    rows = [
        flow(
            partnerCode=code, partnerISO=iso3, partnerDesc=NAMES.get(code, iso3), reporterCode="860",
            reporterISO="UZB", primaryValue=f"{1000 + 37 * n}.5", netWgt=f"{100 + 3 * n}.0", qty=f"{50 + n}.0",
        )
        for n, (code, iso3) in enumerate(PARTNERS.items())
    ]  # fmt: skip
    world = {c: str(sum(float(row[c]) for row in rows)) for c in ("primaryValue", "netWgt", "qty")}
    return [
        flow(partnerCode="0", partnerISO="W00", partnerDesc="World", reporterCode="860", reporterISO="UZB", **world),
        *rows,
    ]


OF_COMTRADE: dict[str, Edit] = {
    **_numbers("primaryValue", "cifvalue"),
    "a digit changed in a value": _set(primaryValue="9222.5"),
    "a digit changed in a value, wherever it stands": _set(primaryValue="9222.5", cifvalue="9222.5"),
    "a value a thousandfold": _times(1000, "primaryValue"),
    "a value a thousandfold, wherever it stands": _times(1000, "primaryValue", "cifvalue"),
    "a weight a thousandfold": _times(1000, "netWgt"),
    "another country's number": _set(partnerCode="826"),
    "another country's number and letters": _set(partnerCode="826", partnerISO="GBR"),
    "a country's number that no list has": _set(partnerCode="9999", partnerISO=""),
    "an empty country": _set(partnerCode=""),
    "a country's number as a decimal": _set(partnerCode="643.0"),
    "another period": _set(period="202204"),
    "another period, wherever it stands": _set(period="202204", refMonth="4", refPeriodId="20220401"),
    "a month thirteen": _set(period="202213"),
    "a period to come": _set(period="209901", refYear="2099", refMonth="1"),
    "the other flow": _set(flowCode="X"),
    "a flow that no list has": _set(flowCode="EX"),
    "a good whose zero is cut": _set(cmdCode="54231"),
    "a good of another chapter": _set(cmdCode="844231"),
    "a text with a quote and a line break": _set(cmdDesc='a "quoted"\nline'),
}


OF_A_VALUE = _numbers("primaryValue", "cifvalue") | {
    what: OF_COMTRADE[what] for what in ("a digit changed in a value", "a weight a thousandfold", "an empty country")
}


def json_of(rows: Records) -> bytes:
    """An API answer; what is no number stays a text."""

    def value(column: str, text: str):
        if text == "":
            return None
        if column in tables.VALUES:
            try:
                return float(text)
            except ValueError:
                return text
        return {"True": True, "False": False}.get(text, text)

    data = [{c: value(c, row[c]) for c in API_COLUMNS} for row in rows]
    return json.dumps({"elapsedTime": "0.2 secs", "count": len(rows), "data": data, "error": ""}, indent=1).encode()


def parquet_of(rows: Records) -> bytes:
    """A Parquet file of text columns."""
    frame = pd.DataFrame([{c: row[c] or None for c in API_COLUMNS} for row in rows], columns=API_COLUMNS, dtype="str")
    content = io.BytesIO()
    frame.to_parquet(content, index=False)
    return content.getvalue()


OF_JSON = {
    "null where the rows stand": (b'"data": [', b'"data": null, "rows": ['),
    "null where the number of rows stands": (b'"count": 12', b'"count": null'),
    "another number of rows": (b'"count": 12', b'"count": 13'),
    "an error beside the rows": (b'"error": ""', b'"error": "Rate limit is exceeded"'),
    "an object where a value stands": (b'"primaryValue": 1222.5', b'"primaryValue": {"value": 1222.5}'),
    "a list where a code stands": (b'"cmdCode": "854231"', b'"cmdCode": ["854231"]'),
    "a number that JSON does not have": (b'"qty": 56.0', b'"qty": NaN'),
    "single quotes": (b'"elapsedTime"', b"'elapsedTime'"),
    "a comma too many": (b'"isAggregate": false\n', b'"isAggregate": false,\n'),
    "a name that is renamed": (b'"primaryValue"', b'"tradeValue"'),
    "a name that is gone": (b'"elapsedTime": "0.2 secs",', b""),
}


# ---------------------------------------------------------------- Comext, national tables, rates, goods


def comext_rows() -> Records:
    """A member's exports to two countries in a month, with their totals."""
    rows = []
    for partner, factor in (("KZ", 7), ("KG", 3)):
        products = [
            comext_flow(
                PARTNER=partner, PRODUCT_NC=f"8542{n + 10}90", VALUE_EUR=str(1000 + factor * n),
                VALUE_NAC=str(1000 + factor * n), QUANTITY_KG=str(100 + n),
            )
            for n in range(1, 21)
        ]  # fmt: skip
        total = {c: str(sum(int(row[c]) for row in products)) for c in ("VALUE_EUR", "VALUE_NAC", "QUANTITY_KG")}
        rows += [*products, comext_flow(PARTNER=partner, PRODUCT_NC="TOTAL", **total)]
    return rows


OF_COMEXT: dict[str, Edit] = {
    **_numbers("VALUE_EUR", "VALUE_NAC"),
    "a digit changed in a value": _set(VALUE_EUR="9007"),
    "a digit changed in a value, wherever it stands": _set(VALUE_EUR="9007", VALUE_NAC="9007"),
    "a value a thousandfold": _times(1000, "VALUE_EUR"),
    "a value a thousandfold, wherever it stands": _times(1000, "VALUE_EUR", "VALUE_NAC"),
    "a weight a thousandfold": _times(1000, "QUANTITY_KG"),
    "another country's code": _set(PARTNER="AM"),
    "a country's code that no list has": _set(PARTNER="ZZ"),
    "an empty country": _set(PARTNER=""),
    "another reporter": _set(REPORTER="LV"),
    "an empty reporter": _set(REPORTER=""),
    "another period": _set(PERIOD="202403"),
    "a month thirteen": _set(PERIOD="202413"),
    "a year's total": _set(PERIOD="202452"),
    "a period to come": _set(PERIOD="209901"),
    "the other flow": _set(FLOW="1"),
    "a flow that no list has": _set(FLOW="EX"),
    "a total among the parts": _set(STAT_PROCEDURE="4"),
    "a good whose zero is cut": _set(PRODUCT_NC="5423190"),
    "a good of another chapter": _set(PRODUCT_NC="84413190"),
}

REPORTERS = "Austria Belgium Bulgaria Croatia Denmark Estonia Finland France Germany Greece Hungary Ireland".split()


OF_WEB: dict[str, Edit] = {
    "a digit changed in a value": lambda record: (record[0], "9106"),
    "a value a thousandfold": lambda record: (record[0], str(int(record[1]) * 1000)),
    "a negative value": lambda record: (record[0], "-5"),
    "a value of 5,000 digits": lambda record: (record[0], "9" * 4_000),
    "another country's name": lambda record: ("Latvia", record[1]),
    "a country's name that no list has": lambda record: ("Ruritania", record[1]),
    "an empty country": lambda record: ("", record[1]),
}

COUNTRIES = (
    "Литва Латвия Эстония Польша Германия Италия Франция Китай Турция Армения Кыргызстан Узбекистан Австрия Бельгия "
    "Болгария Венгрия Греция Дания Ирландия Испания Кипр Мальта Румыния Швеция"
).split()
KAZAKH = [(country, 1000.5 + 31 * n, 500.25 + 17 * n, 1500.75 + 48 * n) for n, country in enumerate(COUNTRIES)]
KYRGYZ = [(country, 1000.5 + 31 * n, 1500.25 + 17 * n, 1700.75 + 19 * n) for n, country in enumerate(COUNTRIES)]


def kazakh_book(rows: Records) -> bytes:
    """A year of the Bureau's: exports and imports by country, and their sum, which is the turnover."""
    shares = "удельный вес страны, %"
    sheet = [
        [" Основные показатели внешней торговли Республики Казахстан"],
        ["за 2022 год"],
        [None, None, None, None, "тыс. долларов США"],
        ["Наименование области", "Товарооборот", None, "Экспорт", None, "Импорт"],
        [None, "Всего", shares, "Всего", shares, "Всего", shares],
        *([country, turnover, 9, exports, 9, imports, 9] for country, exports, imports, turnover in rows),
    ]
    return workbook(Лист=sheet)


def kyrgyz_book(rows: Records) -> bytes:
    """Table 4.03.00.20 of the Committee: imports by country and year."""
    title = "4.03.00.20: Географическое распределение импорта товаров"
    return workbook(
        Лист=[
            ["4.03.00.20: Товарлардын импортунун", title, "4.03.00.20: Geographic distribution of imports of goods"],
            ["(миң АКШ доллары)", "(тыс. долларов США)", "(thousand US dollars)"],
            [None, None, None, 2021, 2022, "2023 1"],
            *([country, country, country, *values] for country, *values in rows),
            ["1 Алдын ала маалыматтар.", "1 Предварительные данные", "1 Рreliminary data"],
        ]
    )


def _cells() -> dict[str, Edit]:
    """What may stand where a national table has its first value."""
    texts = {
        "a value of 1e300": 1e300,
        "a negative value": -5,
        "a text in place of a value": "н/д",
        "an error of the spreadsheet": "#REF!",
        "an empty value": None,
        "a value of 5,000 digits": LONG_NUMBER,
        "an infinite value": "inf",
        "a digit changed in a value": 9186.5,
        "a value a thousandfold": 1_186_500.0,
        "nothing in place of a value": "-",
    }
    return {
        **{what: (lambda record, text=text: (record[0], text, *record[2:])) for what, text in texts.items()},
        "another country's name": lambda record: ("Монголия", *record[1:]),
        "a country's name that no list has": lambda record: ("Руритания", *record[1:]),
        "an empty country": lambda record: (None, *record[1:]),
    }


RATES = [(f"2024-{month:02}", f"1.0{month:02}") for month in range(1, 13)]
OF_RATES: dict[str, Edit] = {
    **{what: (lambda record, text=text: (record[0], text)) for what, text in {
        "a digit changed in a value": "1.907", "a value a thousandfold": "1007.0", "a negative value": "-1.1",
        "a value of 1e300": "1e300", "an infinite value": "inf", "a value that is no number (nan)": "nan",
        "an empty value": "", "a text in place of a value": "n/a", "a value of 5,000 digits": LONG_NUMBER,
        "a value of zero": "0",
    }.items()},
    "another period": lambda record: ("2025-07", record[1]),
    "a month thirteen": lambda record: ("2024-13", record[1]),
    "an empty period": lambda record: ("", record[1]),
}  # fmt: skip
DAYS = [(f"2024-01-{day:02}", f"1.10{day:02}", f"15{day}.5") for day in range(28, 10, -1)]
OF_DAYS: dict[str, Edit] = {
    what: (lambda record, edit=edit: (*edit(record[:2]), record[2])) for what, edit in OF_RATES.items()
} | {
    "another period": lambda record: ("2024-02-07", *record[1:]),
    "a 31st of February": lambda record: ("2024-02-31", *record[1:]),
}


def _history(rows: Records) -> bytes:
    return "\n".join(["Date,USD,JPY,", *(",".join(row) + "," for row in rows), ""]).encode()


OWN_ROWS = [
    cell(partner=partner, value=f"{1500 + 7 * place}")
    for place, partner in enumerate("GEO DEU TUR CHN RUS JPN USA ITA FRA POL KAZ UZB".split())
]

OF_OWN_FLOWS: dict[str, Edit] = {
    **_numbers("value"),
    "a digit changed in a value": _set(value="9007"),
    "a value a thousandfold": _times(1000, "value"),
    "another country's code": _set(partner="GBR"),
    "a country's code that no list has": _set(partner="ZZZ"),
    "an empty country": _set(partner=""),
    "another reporter": _set(reporter="AZE"),
    "the other flow": _set(flow="export", basis="destination"),
    "another basis": _set(basis="consignment"),
    "another period": _set(period="2021"),
    "a month thirteen": _set(freq="M", period="2022-13"),
    "a period to come": _set(period="2099"),
    "a good whose zero is cut": _set(product="101"),
    "a good of another chapter": _set(product="8541"),
    "a revision that no list has": _set(revision="HS2020"),
    "another revision": _set(revision="HS2017"),
    "another currency": _set(currency="EUR"),
    "a weight a thousandfold": _times(1000, "quantity"),
    "another release": _set(released_on="2023-02-21"),
    "a day of release that is none": _set(released_on="2023-02-31"),
    "a day to come": _set(released_on="2099-02-20"),
    "another table's name": _set(source="Armstat, table 2"),
}


def own_parquet(rows: Records) -> bytes:
    """A Parquet file as pandas writes one, with numbers as numbers."""
    frame = pd.DataFrame([*rows] or [cell()][:0], columns=list(cell()))
    content = io.BytesIO()
    frame.to_parquet(content, index=False)
    return content.getvalue()


CENSUS_PARTNERS = ("4634", "4635")


def _exports() -> Records:
    return [EXPORT | {"CTY_CODE": "-", "CTY_NAME": "TOTAL FOR ALL COUNTRIES", "ALL_VAL_MO": "90000"}] + [
        EXPORT
        | {"CTY_CODE": code, "CTY_NAME": f"COUNTRY {code}", "E_COMMODITY": f"8542{n}", "ALL_VAL_MO": f"{1500 + n}"}
        for code in CENSUS_PARTNERS
        for n in range(11, 31)
    ]


def _imports() -> Records:
    return [
        IMPORT | {"CTY_CODE": code, "I_COMMODITY": f"2844{n}", "GEN_VAL_MO": f"{1500 + n}", "GEN_CIF_MO": f"{1590 + n}"}
        for code in CENSUS_PARTNERS
        for n in range(11, 31)
    ]


def _of_census(code: str, *values: str) -> dict[str, Edit]:
    return {
        **_numbers(*values),
        "a value a thousandfold": _times(1000, values[-1]),
        "a value a thousandfold, wherever it stands": _times(1000, *values),
        "another country's code": _set(CTY_CODE="4120"),
        "a country's code that no list has": _set(CTY_CODE="9999"),
        "a country's name": _set(CTY_CODE="KAZAKHSTAN"),
        "an empty country": _set(CTY_CODE=""),
        "a month thirteen": _set(time="2023-13", YEAR="2023", MONTH="13"),
        "a period to come": _set(time="2099-01", YEAR="2099", MONTH="1"),
        "another period": _set(time="2023-04", YEAR="2023", MONTH="4"),
        "a good whose zero is cut": _set(**{code: "54231"}),
        "a good of another chapter": _set(**{code: "844231"}),
        "a good of another level": _set(**{code: "8542"}),
        "an empty good": _set(**{code: ""}),
    }


OF_CENSUS_JSON = {
    "an object where a row stands": (b"],\n[", b"],\n{}, ["),
    "null where a row stands": (b"],\n[", b"],\nnull, ["),
    "a list where a cell stands": (b'"HS6"', b'["HS6"]'),
    "a number that JSON does not have": (b'"HS6"', b"NaN"),
    "single quotes": (b'"HS6"', b"'HS6'"),
    "a comma too many": (b"]]", b"],]"),
    "a cell too many": (b"]]", b', "x"]]'),
    "an error in its place": (b"[[", b"error: unknown variable 'X' [["),
    "a column of a breakdown": (b'"COMM_LVL"', b'"DISTRICT"'),
    "a value's column renamed": (b"_VAL_MO", b"_VAL_YR"),
}

JAPAN_COUNTRIES = "153 154 224 234 105 103 304 213 152 157".split()


def _japan_rows() -> Records:
    return [
        line(40 + n, 60, 7 * n, country=country, hs=f"8703{n}90{n % 9}")
        for country in JAPAN_COUNTRIES
        for n in range(21, 25)
    ]


OF_JAPAN: dict[str, Edit] = {
    what: edit
    for text, name in (
        ("1e300", "a value of 1e300"), ("-5", "a negative value"), ("nan", "a value that is no number (nan)"),
        ("inf", "an infinite value"), (LONG_NUMBER, "a value of 5,000 digits"), ("-", "a text in place of a value"),
        ("", "an empty value"), ("60000", "a value a thousandfold"), ("61000", "a digit changed in a value"),
    )
    for place, what in ((14, name), (8, f"{name}, of the year"))
    for edit in (_cell_of(place, text),)
} | {
    "a value a thousandfold, wherever it stands": lambda row: [
        *row[:6], *(cell if place % 3 != 2 else str(int(cell) * 1000) for place, cell in enumerate(row[6:]))
    ],
    "cells that have shifted": lambda row: [*row[:6], *row[7:], "0"],
    "two cells exchanged": lambda row: [*row[:10], row[11], row[10], *row[12:]],
    "months exchanged": lambda row: [*row[:9], *row[12:15], *row[9:12], *row[15:]],
    "a value in the month after": lambda row: [*row[:17], "0", *row[18:20], row[17], *row[21:]],
    "a weight a thousandfold": lambda row: [*row[:10], str(int(row[10]) * 1000), *row[11:]],
    "another country's code": _cell_of(3, "205"),
    "a country's code that no list has": _cell_of(3, "999"),
    "a country's code that is cut": _cell_of(3, "53"),
    "an empty country": _cell_of(3, ""),
    "the other flow": _cell_of(0, "2"),
    "a flow that no list has": _cell_of(0, "3"),
    "another period": _cell_of(1, "2021"),
    "a period to come": _cell_of(1, "2099"),
    "a good whose zero is cut": _cell_of(2, "10129000"),
    "a good of another chapter": _cell_of(2, "'844231000'"),
    "an empty good": _cell_of(2, ""),
    "another unit": _cell_of(5, "KG"),
}  # fmt: skip


GOODS = [
    [f"8542{n}", "2022-02-25", "2022-05-01", "0.0", "", "", "1.0", "", "", "", "1.0", "", "", "1.0"]
    for n in range(10, 70)
]


def _goods_csv(rows: Records) -> bytes:
    return "\n".join([",".join(openicpsr.COLUMNS), *map(",".join, rows), ""]).encode()


OF_GOODS: dict[str, Edit] = {
    "a good whose zero is cut": _cell_of(0, "85421"),
    "another good": _cell_of(0, "010121"),
    "an empty good": _cell_of(0, ""),
    "a 31st of February": _cell_of(1, "2022-02-31"),
    "an empty day": _cell_of(1, ""),
    "another day": _cell_of(1, "2022-02-26"),
    "a day to come": _cell_of(1, "2099-02-26"),
    "a day in another order": _cell_of(1, "25/02/2022"),
    "no sanction any more": _cell_of(13, "0.0"),
}

PAIRS = [[f"8541{n}", f"8541{n}"] for n in range(10, 30)]


def _unsd_book(rows: Records) -> bytes:
    return workbook(
        One=[["HS2022", "HS2017", "Relationship"], *([*row, "1:1"] for row in rows)],
        Two=[["From HS2022", "To HS2017"], *(list(row) for row in rows)],
    )


# ---------------------------------------------------------------- lists


def sdn_entry(number: int) -> str:
    """An entry of OFAC's list, one of thirty."""
    program = "RUSSIA-EO14024" if number < 130 else "IRAN"
    return (
        f"\n<sdnEntry><uid>{number}</uid><lastName>PARTY {number}</lastName><sdnType>Entity</sdnType>"
        f"<programList><program>{program}</program></programList>"
        f"<akaList><aka><uid>{number}9</uid><type>a.k.a.</type><lastName>OTHER {number}</lastName></aka></akaList>"
        f"</sdnEntry>"
    )


def _in_text(old: str, new: str) -> Edit:
    def edit(record: str) -> str:
        assert old in record, (old, record)
        return record.replace(old, new, 1)

    return edit


def advanced_file(numbers: Records) -> bytes:
    """OFAC's advanced XML with so many parties."""
    return (
        advanced_xml(
            "".join(
                party(int(n), 3, alias(name(1, (1525, f"PARTY {n}"), status=1), kind=1403, primary="true")) + "\n"
                for n in numbers
            ),
            "".join(entry(int(n), "RUSSIA-EO14024") + "\n" for n in numbers),
            relations="",
        )
        .replace(b'IdentityID="1036"', b'IdentityID="1100"')
        .replace(b'IdentityID="1306"', b'IdentityID="1101"')
    )


def eu_entry(number: int) -> str:
    """An entry of the EU's list."""
    summary = (
        '<regulationSummary regulationType="amendment" publicationDate="2022-04-08" numberTitle="2022/581" '
        'publicationUrl="http://eur-lex.europa.eu/a"/>'
    )
    return (
        f'\n<sanctionEntity designationDate="2022-04-08" euReferenceNumber="EU.{number}.1" logicalId="{number}">'
        f'<regulation regulationType="amendment" publicationDate="2022-04-08" entryIntoForceDate="2022-04-08" '
        f'numberTitle="2022/581" programme="UKR" logicalId="{number}1"><publicationUrl>https://eur-lex.europa.eu/b'
        f'</publicationUrl></regulation><subjectType code="enterprise" classificationCode="E"/>'
        f'<nameAlias wholeName="PARTY {number}" strong="true" regulationLanguage="en" logicalId="{number}2">{summary}'
        f"</nameAlias></sanctionEntity>"
    )


def uk_entry(number: int) -> str:
    """A designation of the UK's list."""
    return (
        f"\n<Designation><LastUpdated>04/08/2026</LastUpdated><DateDesignated>29/06/2012</DateDesignated>"
        f"<UniqueID>RUS{number}</UniqueID><Names><Name><Name6>PARTY {number}</Name6><NameType>Primary name</NameType>"
        f"</Name></Names><RegimeName>The Russia (Sanctions) (EU Exit) Regulations 2019</RegimeName>"
        f"<IndividualEntityShip>Entity</IndividualEntityShip></Designation>"
    )


def un_entry(number: int) -> str:
    """An entity of the UN's list."""
    committee = "Taliban" if number % 2 else "Al-Qaida"
    return (
        f"\n<ENTITY><DATAID>{number}</DATAID><FIRST_NAME>PARTY {number}</FIRST_NAME><UN_LIST_TYPE>{committee}"
        f"</UN_LIST_TYPE><REFERENCE_NUMBER>TAe.{number}</REFERENCE_NUMBER><LISTED_ON>2001-02-23</LISTED_ON>"
        f"<ENTITY_ALIAS><QUALITY>a.k.a.</QUALITY><ALIAS_NAME>OTHER {number}</ALIAS_NAME></ENTITY_ALIAS></ENTITY>"
    )


def regulation_row(number: int) -> str:
    """Goods of annex XXIII, one row of thirty, each a line."""
    return f"<tr><td><p>8457 {number % 100:02}</p></td><td><p>Machines of kind {number}</p></td></tr>\n"


def regulation(rows: Records) -> bytes:
    """The consolidated regulation with goods and a few parties."""
    goods = eurlex_table(("CN code", "Name of the good"), *map(str, rows))
    parties = [(f"{n}.", f"PARTY {n}", f"Address: {n} Street, Bishkek, Kyrgyzstan", "24.5.2026") for n in range(1, 16)]
    return eurlex_text(
        eurlex_annex("IV", eurlex_heading("End users"), eurlex_table(
            ("Number", "Name", "Identifying Information", "Date of listing"), *parties)),
        eurlex_annex("XXIII", eurlex_heading("Goods as referred to in Article 3k"), goods),
    )  # fmt: skip


def csl_entry(number: int) -> dict[str, str]:
    """A row of the screening list."""
    return {
        "source": "Entity List (EL) - Bureau of Industry and Security", "name": f"PARTY {number}",
        "addresses": "Almaty KZ", "federal_register_notice": "83 FR 44824", "start_date": "2018-09-04",
    }  # fmt: skip


def target(number: int) -> dict[str, str]:
    """A target of OpenSanctions' simplified CSV."""
    return {
        "id": f"NK-{number}", "schema": "Company", "name": f"PARTY {number}", "countries": "kz",
        "sanctions": "EU Russia", "dataset": "EU Council Official Journal", "first_seen": "2026-07-30T08:48:01",
        "last_seen": "2026-09-15T13:11:55", "last_change": "2026-09-15T09:48:57",
    }  # fmt: skip


def sdn_line(number: int) -> str:
    """A line of OFAC's old CSV."""
    return f'{number},"PARTY {number}",-0- ,"RUSSIA-EO14024",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,"remark"'


THIRTY = range(100, 130)
LONG_NUMBERS = {"a number of 5,000 digits": LONG_NUMBER, "a text in place of a number": "x1", "an empty number": ""}


def _number_edits(old: str, around: str, other: str = "101") -> dict[str, Edit]:
    """What may stand where an entry's number should. `around`: the number's place, `{}` for it; `other`: one that
    another entry has."""
    return {what: _in_text(around.format(old), around.format(new)) for what, new in LONG_NUMBERS.items()} | {
        "another entry's number": _in_text(around.format(old), around.format(other)),
    }


def _edition_changed(element: str, day: str, none: str, to_come: str, older: str) -> dict[str, tuple[bytes, bytes]]:
    """What happens to a list as a whole: one of its elements has another name, or it is of another `day`."""
    changes = {
        "a list element renamed": (element, element + "s"),
        "a day that is none": (day, none),
        "a day to come": (day, to_come),
        "an older day": (day, older),
    }
    return {what: (old.encode(), new.encode()) for what, (old, new) in changes.items()}


LAYOUTS = [
    Layout("comtrade csv", "comtrade", "csv", comtrade_rows(), csv_of, OF_COMTRADE),
    Layout(
        "comtrade web download", "comtrade", "csv", comtrade_rows(),
        lambda rows: csv_of(rows, newline="\r\n", one_comma_more=True).decode().encode("latin-1"), OF_A_VALUE,
    ),
    Layout(
        "comtrade bulk", "comtrade", "csv", comtrade_rows(), lambda rows: bulk_of(rows, delimiter="\t"), OF_COMTRADE,
    ),
    Layout("comtrade json", "comtrade", "json", comtrade_rows(), json_of, OF_A_VALUE, OF_JSON),
    Layout("comtrade parquet", "comtrade", "parquet", comtrade_rows(), parquet_of, OF_A_VALUE),
    Layout("comext month", "eurostat", "csv", comext_rows(), lambda rows: comext_month(*rows) if rows else
           comext_month().partition(b"\n")[0] + b"\n", OF_COMEXT),
    Layout(
        "comext web download", "eurostat", "csv", [(r, str(1000 + 17 * n)) for n, r in enumerate(REPORTERS)],
        lambda rows: download(*rows), OF_WEB,
    ),
    Layout("kazstat workbook", "kazstat", "workbook", KAZAKH, kazakh_book, _cells()),
    Layout("kyrstat workbook", "kyrstat", "workbook", KYRGYZ, kyrgyz_book, _cells()),
    Layout("own flows csv", "own_flows", "csv", OWN_ROWS, lambda rows: own_csv(*rows), OF_OWN_FLOWS),
    Layout("own flows parquet", "own_flows", "parquet", OWN_ROWS, own_parquet, _numbers("value")),
    Layout(
        "us census exports", "us_census", "json", _exports(),
        lambda rows: answer(*rows, header=list(EXPORT)), _of_census("E_COMMODITY", "ALL_VAL_MO"), OF_CENSUS_JSON,
    ),
    Layout(
        "us census imports", "us_census", "json", _imports(), lambda rows: answer(*rows, header=list(IMPORT)),
        _of_census("I_COMMODITY", "GEN_VAL_MO", "GEN_CIF_MO"), OF_CENSUS_JSON,
    ),
    Layout(
        "japan customs csv", "japan_customs", "csv", _japan_rows(), lambda rows: japan_file(*rows), OF_JAPAN,
        {"a table of another classification": (HEADER[2].encode() + b",", b"PC,")},
    ),
    Layout(
        "eu regulation", "eu_regulation", "xml", [regulation_row(n) for n in THIRTY], regulation,
        {
            "a code that is none": _in_text("8457 15", "machines"),
            "another code": _in_text("8457 15", "8541 15"),
            "an empty code": _in_text("8457 15", ""),
            "a code whose zero is cut": _in_text("8457 15", "457 15"),
            "a cell lost": _in_text("<td><p>8457 15</p></td>", ""),
            "a cell more": _in_text("<tr>", "<tr><td><p>x</p></td>"),
            "two codes in a cell": _in_text("8457 15", "8457 15, 8457 16 91"),
            "a digit changed in a name": _in_text("kind 115", "kind 175"),
        },
        {
            "a day that is none": (b"24.04.2026", b"31.02.2026"),
            "a day to come": (b"24.04.2026", b"24.04.2099"),
            "an older day": (b"24.04.2026", b"24.04.2025"),
            "another act": (b"02014R0833", b"02014R0269"),
            "another language": (" — EN — ".encode(), " — DE — ".encode()),
            "a header of codes renamed": (b"CN code", b"Number"),
            "a header of parties renamed": (b"<p class=\"tbl-norm\">Name<", b"<p class=\"tbl-norm\">Note<"),
            "a party's name lost": (b"PARTY 7<", b"<"),
            "a party's day that is none": (b"24.5.2026", b"31.2.2026"),
            "tables unmade": (b"table", b"div"),
            "an annex renamed": (b"ANNEX XXIII", b"ANNEX XXIV"),
        },
    ),
    Layout("unsd workbook", "unsd", "workbook", PAIRS, _unsd_book, {
        "a code whose zero is cut": _cell_of(0, "54120"), "another code": _cell_of(1, "010121"),
        "an empty code": _cell_of(0, ""), "a text in place of a code": _cell_of(1, "ex 8541"),
    }),
    Layout("openicpsr csv", "openicpsr", "csv", GOODS, _goods_csv, OF_GOODS),
    Layout("ecb answer", "ecb", "csv", RATES, lambda rows: ecb_csv(*rows).encode(), OF_RATES),
    Layout("ecb history", "ecb", "csv", DAYS, _history, OF_DAYS),
    Layout(
        "ofac xml", "ofac", "xml", [sdn_entry(n) for n in THIRTY], ofac_xml,
        {
            "a digit changed in a name": _in_text("PARTY 115", "PARTY 175"),
            "a program renamed": _in_text("RUSSIA-EO14024", "RUSSIA-EO14O24"),
            "an empty name": _in_text("PARTY 115", ""),
            **_number_edits("115", "<uid>{}</uid>"),
        },
        {
            **_edition_changed("programList", "05/07/2024", "02/31/2024", "05/07/2099", "05/07/2023"),
            "another number of records": (b"<Record_Count>30", b"<Record_Count>31"),
            "another namespace": (b"sanctionslistservice.ofac", b"sanctions.example"),
        },
    ),
    Layout(
        "ofac advanced xml", "ofac", "xml", list(map(str, THIRTY)), advanced_file,
        {"another entry's number": lambda _: "101", "a number of 5,000 digits": lambda _: LONG_NUMBER[:4_000]},
        {
            "a digit changed in a name": (b"PARTY 115", b"PARTY 175"),
            "a list element renamed": (b"SanctionsMeasure", b"Measure"),
            "a day that is none": (b"<Month>5</Month><Day>7<", b"<Month>2</Month><Day>31<"),
            "a day to come": (b"<Year>2024</Year>", b"<Year>2099</Year>"),
            "an older day": (b"<Year>2024</Year>", b"<Year>2023</Year>"),
            "a number that nothing explains": (b'ListID="1550"', b'ListID="77"'),
            "a day of listing that is none": (b"<Month>2</Month><Day>24<", b"<Month>2</Month><Day>31<"),
            "an empty name": (b"PARTY 115", b""),
        },
    ),
    Layout(
        "ofac csv", "ofac", "csv", [sdn_line(n) for n in THIRTY],
        lambda rows: ("\r\n".join(rows) + "\r\n\x1a").encode(),
        {
            "a digit changed in a name": _in_text("PARTY 115", "PARTY 175"),
            "a program renamed": _in_text("RUSSIA-EO14024", "RUSSIA-EO14O24"),
            "an empty name": _in_text('"PARTY 115"', "-0- "),
            **_number_edits("115", "{},"),
        },
        has_header=False,
    ),
    Layout(
        "eu xml", "eu", "xml", [eu_entry(n) for n in THIRTY], eu_xml,
        {
            "a digit changed in a name": _in_text("PARTY 115", "PARTY 175"),
            "a program renamed": _in_text('programme="UKR"', 'programme="UKA"'),
            "an empty name": _in_text("PARTY 115", ""),
            "a 31st of February": _in_text("2022-04-08", "2022-02-31"),
            **_number_edits("115", 'logicalId="{}"'),
        },
        _edition_changed("nameAlias", "2024-05-13T", "2024-02-31T", "2099-05-13T", "2023-05-13T"),
    ),
    Layout(
        "uk xml", "uk", "xml", [uk_entry(n) for n in THIRTY], lambda rows: uk_xml(*rows),
        {
            "a digit changed in a name": _in_text("PARTY 115", "PARTY 175"),
            "a regime renamed": _in_text("The Russia", "The Rusia"),
            "an empty name": _in_text("PARTY 115", ""),
            "a 31st of February": _in_text("29/06/2012", "31/02/2012"),
            **_number_edits("RUS115", "<UniqueID>{}</UniqueID>", "RUS101"),
        },
        _edition_changed("RegimeName", "02/09/2026", "31/02/2026", "02/09/2099", "02/09/2025"),
    ),
    Layout(
        "un xml", "un", "xml", [un_entry(n) for n in THIRTY], lambda rows: un_xml([], rows),
        {
            "a digit changed in a name": _in_text("PARTY 115", "PARTY 175"),
            "a committee renamed": _in_text("Taliban", "Talban"),
            "an empty name": _in_text("PARTY 115", ""),
            "a 31st of February": _in_text("2001-02-23", "2001-02-31"),
            **_number_edits("115", "TAe.{}<"),
        },
        _edition_changed("UN_LIST_TYPE", "2024-05-15T", "2024-02-31T", "2099-05-15T", "2023-05-15T"),
    ),
    Layout(
        "us screening csv", "csl", "csv", [csl_entry(n) for n in THIRTY], lambda rows: csl_csv(*rows),
        {
            "a digit changed in a name": _set(name="PARTY 175"),
            "an empty name": _set(name=""),
            "another list": _set(source="Entity Liszt"),
            "a 31st of February": _set(start_date="2018-02-31"),
        },
    ),
    Layout(
        "opensanctions csv", "opensanctions", "csv", [target(n) for n in THIRTY],
        lambda rows: opensanctions_csv(*rows),
        {
            "a digit changed in a name": _set(name="PARTY 175"),
            "an empty number": _set(id=""),
            "another entry's number": _set(id="NK-101"),
            "a number of 5,000 digits": _set(id=LONG_NUMBER),
            "no sanction any more": _set(sanctions=""),
            "another list": _set(dataset="EU Council"),
            "a day to come": _set(last_seen="2099-09-15T13:11:55"),
        },
    ),
]  # fmt: skip
