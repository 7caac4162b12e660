"""Downloads as tests write them, and what a run does with a folder of them. Not here: any expectation."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import openpyxl
import pandas as pd
import py7zr

from dagster_project import warehouse
from dagster_project.ingest import inbox, intake
from dagster_project.ingest.source import Source
from dagster_project.ingest.sources import comtrade, eurostat, ofac, opensanctions, us_screening
from dagster_project.ingest.sources.comtrade import tables
from dagster_project.settings import Settings
from dagster_project.warehouse import Table

COMTRADE, OFAC = Source.of(comtrade), Source.of(ofac)
SOURCES = (COMTRADE, OFAC)
FLOWS = tables.FLOWS

OFAC_NAMESPACE = "https://sanctionslistservice.ofac.treas.gov/api/PublicationPreview/exports/XML"

# The columns of Comtrade's bulk files, in their order.
BULK_COLUMNS = (  # noqa: SIM905
    "datasetCode typeCode freqCode refPeriodId refYear refMonth period reporterCode flowCode partnerCode "
    "partner2Code classificationSearchCode classificationCode isOriginalClassification cmdCode customsCode "
    "mosCode motCode qtyUnitCode qty isQtyEstimated altQtyUnitCode altQty isAltQtyEstimated netWgt "
    "isNetWgtEstimated grossWgt isGrossWgtEstimated cifvalue fobvalue primaryValue legacyEstimationFlag "
    "isReported isAggregate"
).split()
# The columns of an API answer and of the web download.
API_COLUMNS = [column for column in tables.COLUMNS if column != "datasetCode"]

USUAL = {
    "typeCode": "C", "freqCode": "M", "refPeriodId": "20220301", "refYear": "2022", "refMonth": "3",
    "period": "202203", "reporterCode": "398", "reporterISO": "KAZ", "reporterDesc": "Kazakhstan",
    "flowCode": "M", "flowDesc": "Import", "partnerCode": "276", "partnerISO": "DEU",
    "partnerDesc": "Germany", "partner2Code": "0", "partner2ISO": "W00", "partner2Desc": "World",
    "classificationCode": "H6", "classificationSearchCode": "HS", "isOriginalClassification": "True",
    "cmdCode": "854231", "cmdDesc": 'Circuits; "processors", controllers', "aggrLevel": "6",
    "isLeaf": "True", "customsCode": "C00", "customsDesc": "TOTAL CPC", "mosCode": "0", "motCode": "0",
    "motDesc": "TOTAL MOT", "qtyUnitCode": "5", "qtyUnitAbbr": "u", "qty": "10.0",
    "isQtyEstimated": "False", "altQtyUnitCode": "-1", "altQtyUnitAbbr": "N/A",
    "isAltQtyEstimated": "False", "netWgt": "2.5", "isNetWgtEstimated": "False",
    "isGrossWgtEstimated": "False", "cifvalue": "100.0", "primaryValue": "100.0",
    "legacyEstimationFlag": "0", "isReported": "True", "isAggregate": "False",
}  # fmt: skip


def flow(**columns: str) -> dict[str, str]:
    """One Comtrade row as text; what is not given is usual, or follows from what is; what the layouts may lack is
    empty."""
    follows: dict[str, str] = {}
    value = columns.get("primaryValue", USUAL["primaryValue"])
    is_export = columns.get("flowCode", "M") in ("X", "RX", "DX")
    follows |= {"fobvalue": value, "cifvalue": ""} if is_export else {"cifvalue": value}
    if period := columns.get("period"):
        follows |= {"refYear": period[:4], "refMonth": str(int(period[4:] or "52"))}
    for area in ("reporter", "partner", "partner2"):
        if f"{area}Code" in columns:
            follows[f"{area}ISO"] = ""
    return dict.fromkeys(tables.COLUMNS, "") | USUAL | follows | columns


def csv_of(
    rows: Sequence[dict[str, str]],
    columns: Sequence[str] = API_COLUMNS,
    *,
    index: bool = False,
    delimiter: str = ",",
    newline: str = "\n",
    quoting: int = csv.QUOTE_MINIMAL,
    one_comma_more: bool = False,
) -> bytes:
    """A CSV download; with one comma more in each row than in the header, as the web site writes it."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=newline, quoting=csv.QUOTE_MINIMAL)
    writer.writerow([*([""] if index else []), *columns])
    writer = csv.writer(text, delimiter=delimiter, lineterminator="", quoting=quoting)
    for number, row in enumerate(rows):
        writer.writerow([*([number] if index else []), *(row[column] for column in columns)])
        text.write(("," if one_comma_more else "") + newline)
    return text.getvalue().encode()


def bulk_of(rows: Sequence[dict[str, str]], delimiter: str = ",") -> bytes:
    """A bulk file: fewer columns, booleans as 0 and 1."""
    as_digits = {"True": "1", "False": "0"}
    rows = [{column: as_digits.get(value, value) for column, value in row.items()} for row in rows]
    return csv_of(rows, BULK_COLUMNS, delimiter=delimiter)


def json_of(rows: Sequence[dict[str, str]], *, count: int | None = None, error: str = "") -> bytes:
    """An API answer: some codes and all values are numbers there, and flags are booleans."""
    return json.dumps(
        {
            "elapsedTime": "0.21 secs",
            "count": len(rows) if count is None else count,
            "data": [{column: _as_json(column, row[column]) for column in API_COLUMNS} for row in rows],
            "error": error,
        },
        indent=4,
    ).encode()


def _as_json(column: str, value: str):
    if value == "":
        return None
    if column in ("reporterCode", "partnerCode", "partner2Code", "motCode", "refYear"):
        return int(value)
    if column in tables.VALUES:
        return float(value)
    return {"True": True, "False": False}.get(value, value)


def write_parquet(
    path: Path, rows: Sequence[dict[str, str]], casts: str = "", columns: Sequence[str] = API_COLUMNS
) -> None:
    """A Parquet file of text columns, but for those in `casts`: `cast(period as integer) as period, …`."""
    frame = pd.DataFrame([{c: row[c] or None for c in columns} for row in rows], columns=list(columns), dtype="object")
    with duckdb.connect() as con:
        con.register("frame", frame)
        con.execute(
            "create table flows as select " + ", ".join(f'"{c}"::varchar as "{c}"' for c in columns) + " from frame"
        )
        target = str(path).replace("'", "''")
        con.execute(
            f"copy (select * {f'replace ({casts})' if casts else ''} from flows) to '{target}' (format parquet)"
        )


COMEXT_USUAL = {
    "REPORTER": "LT", "PARTNER": "KZ", "TRADE_TYPE": "E", "PRODUCT_NC": "85423190", "PRODUCT_SITC": "77643",
    "PRODUCT_CPA21": "2611", "PRODUCT_CPA22": "2611", "PRODUCT_BEC": "220", "PRODUCT_BEC5": "211210",
    "PRODUCT_SECTION": "16", "FLOW": "2", "STAT_PROCEDURE": "1", "SUPPL_UNIT": "PST", "PERIOD": "202402",
    "VALUE_EUR": "100", "VALUE_NAC": "100", "QUANTITY_KG": "5", "QUANTITY_SUPPL_UNIT": "7",
}  # fmt: skip


ECB_HEADER = (
    "KEY,FREQ,CURRENCY,CURRENCY_DENOM,EXR_TYPE,EXR_SUFFIX,TIME_PERIOD,OBS_VALUE,OBS_STATUS,OBS_CONF,OBS_PRE_BREAK,"
    "OBS_COM,TIME_FORMAT,BREAKS,COLLECTION,COMPILING_ORG,DISS_ORG,DOM_SER_IDS,PUBL_ECB,PUBL_MU,PUBL_PUBLIC,"
    "UNIT_INDEX_BASE,COMPILATION,COVERAGE,DECIMALS,NAT_TITLE,SOURCE_AGENCY,SOURCE_PUB,TITLE,TITLE_COMPL,UNIT,UNIT_MULT"
)


def workbook(**sheets: list[list]) -> bytes:
    book, content = openpyxl.Workbook(), io.BytesIO()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(content)
    return content.getvalue()


def ofac_xml(
    entries: Sequence[str],
    *,
    namespace: str = OFAC_NAMESPACE,
    published: str = "05/07/2024",
    count: str | None = None,
    doctype: str = "",
) -> bytes:
    """OFAC's SDN.XML or CONSOLIDATED.XML."""
    count = str(len(entries)) if count is None else count
    return (
        f'<?xml version="1.0" standalone="yes"?>\n{doctype}<sdnList '
        f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns="{namespace}">\n'
        f"  <publshInformation><Publish_Date>{published}</Publish_Date><Record_Count>{count}</Record_Count>"
        f"</publshInformation>{''.join(entries)}\n</sdnList>\n"
    ).encode()


def eu_xml(
    entries: Sequence[str],
    *,
    generated: str = "2024-05-13T17:44:28.283+02:00",
    namespace: str = "http://eu.europa.ec/fpi/fsd/export",
    doctype: str = "",
) -> bytes:
    """The Commission's full list (FSF, version 1.1)."""
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n{doctype}'
        f'<export xmlns="{namespace}" generationDate="{generated}" globalFileId="165424">{"".join(entries)}\n'
        "</export>\n"
    ).encode()


def eurlex_cells(*values: str, tag: str = "td", attributes: str = "") -> str:
    return "".join(f'<{tag}{attributes}><p class="tbl-norm">{value}</p></{tag}>' for value in values)


def eurlex_table(*rows: tuple[str, ...] | str) -> str:
    """A table as EUR-Lex writes one; a row that is a text stands as it is."""
    body = "".join(row if isinstance(row, str) else f"<tr>{eurlex_cells(*row)}</tr>" for row in rows)
    return f'<div class="centered"><table class="borderOj" width="100%"><tbody>{body}</tbody></table></div>'


def eurlex_heading(words: str, level: int = 1) -> str:
    return f'<p class="title-gr-seq-level-{level}"><span class="boldface">{words}</span></p>'


def eurlex_annex(number: str, *parts: str) -> str:
    return (
        f'<div id="anx_{number}"><hr class="separator-annex"/><p class="title-annex-1">ANNEX {number}</p>'
        f'<p class="modref"><a title="32026R0506: INSERTED">▼M37</a></p>{"".join(parts)}</div>'
    )


def eurlex_text(*annexes: str, day: str = "24.04.2026", language: str = "EN", mark: str = "—") -> bytes:
    """Regulation (EU) No 833/2014 as EUR-Lex consolidates it, of a day."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">
<html xmlns="http://www.w3.org/1999/xhtml"><head><title>CL2014R0833</title><style>p {{margin: 0}}</style></head><body>
<p class="reference">02014R0833 {mark} {language} {mark} {day} {mark} 029.001</p>
<p class="disclaimer">This text is meant purely as a documentation tool and has no legal effect.</p>
<p class="title-doc-first">COUNCIL REGULATION (EU) No 833/2014</p>
<div class="eli-subdivision" id="art_12f"><p class="title-article-norm">Article 12f</p>
<p class="norm">Goods listed in Annex XXXIII shall not be exported to the third countries that it names.</p></div>
{"".join(annexes)}
<hr class="separator-short"/><p class="footnote">(1) OJ L 1, 1.1.2014.</p></body></html>""".encode()


def un_xml(
    persons: Sequence[str],
    entities: Sequence[str],
    *,
    generated: str = "2024-05-15T00:00:03.012Z",
    doctype: str = "",
    quote: str = '"',
) -> bytes:
    """The Security Council's consolidated list."""
    return (
        f"<?xml version={quote}1.0{quote} encoding={quote}UTF-8{quote}?>\n{doctype}<CONSOLIDATED_LIST "
        f"xmlns:xsi={quote}http://www.w3.org/2001/XMLSchema-instance{quote} "
        f"dateGenerated={quote}{generated}{quote}>\n  <INDIVIDUALS>{''.join(persons)}</INDIVIDUALS>"
        f"\n  <ENTITIES>{''.join(entities)}</ENTITIES>\n</CONSOLIDATED_LIST>\n"
    ).encode()


def uk_xml(*designations: str, day: str = "02/09/2026", doctype: str = "") -> bytes:
    """The UK Sanctions List."""
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n{doctype}<Designations '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">\n'
        f"  <DateGenerated>{day}</DateGenerated>{''.join(designations)}\n</Designations>\n"
    ).encode()


def csl_csv(
    *rows: dict[str, str], columns: list[str] = us_screening.COLUMNS, delimiter: str = ",", quoting=csv.QUOTE_MINIMAL
) -> bytes:
    """The Consolidated Screening List, or the Denied Persons List by its columns."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", delimiter=delimiter, quoting=quoting, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def opensanctions_csv(*rows: dict[str, str], columns: list[str] = opensanctions.TARGET_COLUMNS) -> bytes:
    """OpenSanctions' targets.simple.csv."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, extrasaction="ignore", dialect=csv.unix_dialect)
    writer.writeheader()
    writer.writerows({column: row.get(column, "") for column in columns} for row in rows)
    return text.getvalue().encode()


def ecb_csv(*rates: tuple[str, str], freq: str = "M", currency: str = "USD", denominator: str = "EUR") -> str:
    """An answer of the data API (format=csvdata): (period, rate) …"""
    title = 'US dollar/Euro,"ECB reference exchange rate, US dollar/Euro, 2:15 pm (C.E.T.)"'
    lines = [
        f"EXR.{freq}.{currency}.{denominator}.SP00.A,{freq},{currency},{denominator},SP00,A,{period},{rate},A,F,,,"
        f"P1{freq},,A,,,,,,,,,,4,,4F0,,{title},{currency},0"
        for period, rate in rates
    ]
    return "\n".join([ECB_HEADER, *lines]) + "\n"


def comext_flow(**columns: str) -> dict[str, str]:
    """A line of a Comext month; what is not given is usual, or follows from what is."""
    follows = {"VALUE_NAC": columns["VALUE_EUR"]} if "VALUE_EUR" in columns else {}
    return COMEXT_USUAL | follows | columns


def comext_month(*rows: dict[str, str]) -> bytes:
    """A month as Comext writes it; without rows, one usual row."""
    text = io.StringIO()
    writer = csv.DictWriter(text, eurostat.COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows or [COMEXT_USUAL])
    return text.getvalue().encode()


def seven(content: bytes, **members: bytes) -> bytes:
    """The bytes in a 7z archive, as Eurostat publishes them; `members` lie beside it."""
    packed = io.BytesIO()
    with py7zr.SevenZipFile(packed, "w") as archive:
        archive.writef(io.BytesIO(content), "full_202402.dat")
        for name, other in members.items():
            archive.writef(io.BytesIO(other), name)
    return packed.getvalue()


def zip_of(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Files in a zip."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


def comext_listing(*months: str, modified: str = "2024-04-16T11:00:00.000+0200") -> str:
    """Eurostat's list of the folder: monthly files, and one that is none."""
    rows = "".join(f"full_v2_{m}.7z,FILE,45000000,{modified}\n" for m in months)
    return "NAME,TYPE,SIZE,MODIFIED\n" + rows + f"full_partxixu_v2_202401.7z,FILE,9,{modified}\n"


def prepare(settings: Settings, sources: Sequence[Source] = SOURCES) -> None:
    """Note a build, as the first asset does."""
    warehouse.prepare(
        settings,
        [table for source in sources for table in source.tables],
        run_id="run",
        code_version="test",
        started_at=datetime.now(UTC).replace(tzinfo=None),
    )


def refresh(settings: Settings, sources: Sequence[Source] = SOURCES) -> None:
    """What the assets do up to raw: look who knows what, land, load, and remember what was set aside."""
    prepare(settings, sources)
    for file, reason in inbox.unrecognised_files(settings, sources):
        intake.note_rejection(settings, "unknown", file, reason)
    for source in sources:
        for file, reason in intake.land(settings, source)[1]:
            intake.note_rejection(settings, source.name, file, reason)
        intake.load_landed(settings, source)


def reasons(settings: Settings, file: str | None = None) -> list[str]:
    """The sentences of what was set aside, oldest first."""
    which = f"and original_name = '{file}'" if file else ""
    return [
        reason
        for (reason,) in warehouse.ask(
            settings,
            f"select reason from raw.landings where status = 'rejected' {which} order by fetched_at",
        )
    ]


def loaded(settings: Settings) -> set[str]:
    """The names of the files that were loaded."""
    return {n for (n,) in warehouse.ask(settings, "select original_name from raw.landings where status = 'loaded'")}


def by_hand(settings: Settings, sql: str) -> None:
    """Change the warehouse as no load would."""
    with duckdb.connect(str(settings.warehouse_path)) as con:
        con.execute(sql)


def insert(settings: Settings, table: Table, *rows: dict[str, str]) -> None:
    """Put rows into a raw table past every rule of a load."""
    with duckdb.connect(str(settings.warehouse_path)) as con:
        for row in rows:
            names = ", ".join(f'"{name}"' for name in row)
            marks = ", ".join("?" * len(row))
            con.execute(
                f"insert into raw.{table.name} ({names}, _vintage, _valid_from, _landing_id) "
                f"values ({marks}, 'v', now()::timestamp, 'by hand')",
                [value or None for value in row.values()],
            )
