"""Formats that are known and not read: how each begins, what it is, and which download to take instead.

Here belongs every format of a publisher that no source recognises as its own. A row of FORMATS says it all: the columns
that its header has, or what its beginning matches. Not here: a format that a source recognises and rejects itself
(Comtrade's and Comext's earlier layouts, parts of a list), and files of no known format (files/formats.py).

Most layouts rest on their publishers' documentation and on public readers of them; no file of these was at hand: UK and
UN lists as text and HTML, Trade Map, WITS, US Census, HMRC, TurkStat.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from dagster_project.files.formats import Head
from dagster_project.files.rejection import RejectedFile
from dagster_project.files.workbooks import read_sheets

SOURCE = "other formats"  # whose files these are, in raw.landings
HEADER_WITHIN = 15  # lines, or rows of a sheet
DELIMITERS = ",;\t|"


class NotRead(RejectedFile):
    """The rejection of a file in a format that is known and not read."""


@dataclass(frozen=True)
class OtherFormat:
    """A format that is not read. A file is in it when a line of its beginning has all `columns` (lower case), and
    its beginning matches `begins`."""

    name: str  # completes "This is …"
    instead: str
    columns: frozenset[str] = frozenset()
    begins: str = ""

    def is_of(self, text: str, headers: list[set[str]]) -> bool:
        """Whether a file is in this format, by its beginning and by the names in each of its first lines."""
        return any(self.columns <= header for header in headers) and re.search(self.begins, text, re.S) is not None


def _columns(names: str) -> frozenset[str]:
    return frozenset(names.split(","))


OFAC = (
    "Download SDN.XML or SDN_ADVANCED.XML from OFAC; of the consolidated list, CONSOLIDATED.XML or CONS_ADVANCED.XML."
)
EU = "Download the Commission's full list as XML, version 1.1 (xmlFullSanctionsList_1_1)."
UK = "Download the UK Sanctions List from the FCDO as XML or CSV (UK-Sanctions-List.xml or .csv)."
UN = "Download the consolidated list as XML (consolidated.xml) from the UN Security Council's page."
US_LISTS = "Download the list as CSV from trade.gov (consolidated.csv)."
OPENSANCTIONS = "Download targets.simple.csv or entities.ftm.json of the same dataset from opensanctions.org."
COMEXT = (
    "Download the monthly bulk files (full_v2_YYYYMM.7z), or from the web site a table with reporter, partner, "
    "product, flow, statistical procedure, period and value in euro."
)
ECB = "Download the history of reference rates (eurofxref-hist.zip) from the ECB, or a series as CSV from its portal."
COMTRADE = (
    "Download the same reporters, partners and goods as final data from UN Comtrade (comtradeplus.un.org or API v1)."
)
NATIONAL = "This country's figures are in UN Comtrade's final data: download them there."

# The first that fits counts.
FORMATS = (
    # sanctions lists
    OtherFormat("OFAC's enhanced XML", OFAC, begins=r"\A.{0,500}<(\w+:)?sanctionsData\b.{0,500}ENHANCED_XML"),
    OtherFormat("OFAC's list with fields between @ or |", OFAC, begins=r"\A\s*\d{1,10}\s*[@|][^\n]*-0-"),
    OtherFormat("OFAC's list in fixed widths", OFAC, begins=r"\A\s*\d{1,10} {2,}[^\n]*-0- {2,}"),
    OtherFormat("OFAC's list as text", OFAC, begins=r"(?i)\A(?!\s*[<{\[]).{0,2000}office of foreign assets control"),
    OtherFormat("the EU's list as CSV, version 1.1", EU, _columns("entity_logicalid,namealias_wholename")),
    OtherFormat("the EU's list as CSV, version 1.0", EU, _columns("entity_logical_id,naal_wholename")),
    OtherFormat("the EU's list as XML, version 1.0", EU, begins=r"\A.{0,500}<WHOLE\s+Date="),
    OtherFormat(
        "OFSI's consolidated list, which was closed on 28 January 2026",
        UK,
        _columns("group type,alias type,regime,listed on,group id"),
    ),
    OtherFormat("the UK Sanctions List as text or a page to read", UK, begins=r"(?i)\A.{0,4000}UK Sanctions List"),
    OtherFormat(
        "the UN Security Council's list as a page to read",
        UN,
        begins=r"(?i)\A\s*<(!doctype )?html.{0,8000}(security council|\bUN ?SC\b).{0,200}(consolidated|sanctions) list",
    ),
    OtherFormat(
        "the Consolidated Screening List as JSON", US_LISTS, begins=r'\A\s*[{\[].{0,4000}"federal_register_notice"'
    ),
    OtherFormat("OpenSanctions' statements", OPENSANCTIONS, _columns("canonical_id,prop,value,dataset")),
    OtherFormat("OpenSanctions' list of ships", OPENSANCTIONS, _columns("caption,imo,mmsi,datasets")),
    OtherFormat("an export of OpenSanctions for Senzing", OPENSANCTIONS, begins=r'\A\s*\{\s*"DATA_SOURCE"'),
    # trade
    OtherFormat(
        "a data frame of comtradr's, with columns of its own", COMTRADE,
        _columns("reporter_code,partner_code,cmd_code,primary_value"),
    ),
    OtherFormat(
        "BACI, whose figures are estimated from both sides, so that no two sides are left to compare", COMTRADE,
        _columns("t,i,j,k,v,q"),
    ),
    OtherFormat("a download of WITS", COMTRADE, _columns("reporteriso3,partneriso3,productcode")),
    OtherFormat("a download of WITS", COMTRADE, _columns("reporter,partner,productcode,trade value 1000usd")),
    OtherFormat("a download of WITS", COMTRADE, _columns("reporter,partner,trade flow,product group")),
    OtherFormat(
        "a table of ITC's Trade Map", COMTRADE,
        begins=r"(?i)\A.{0,20000}(trade ?map\b|trademap\.org|\b(imported|exported) value in (19|20)\d\d)",
    ),
    OtherFormat(
        "Comext in the SDMX-CSV of Eurostat's API", COMEXT,
        _columns("dataflow,reporter,partner,product,flow,indicators,time_period,obs_value"),
    ),
    OtherFormat("Comext in the TSV of Eurostat's API", COMEXT, begins=r"\A[^\n]*\bproduct,flow,[^\n\t]*\\TIME_PERIOD"),
    OtherFormat(
        "a download of Comext by indicators", COMEXT, _columns("reporter,partner,product,flow,period,indicators")
    ),
    OtherFormat("Comext's bulk layout before v2", COMEXT, _columns("declarant,partner,product_nc,period")),
    OtherFormat("Eurostat's data as JSON-stat", COMEXT, begins=r'\A\s*\{.{0,200}"class"\s*:\s*"dataset"'),
    OtherFormat(
        "SDMX-ML (XML of Eurostat's or the ECB's API)", f"Of Comext: {COMEXT} Of exchange rates: {ECB}",
        begins=r"\A.{0,500}<(\w+:)?(StructureSpecific\w*Data|Generic\w*Data|CompactData|UtilityData|MessageGroup)\b",
    ),
    OtherFormat(
        "foreign trade of the US Census Bureau", NATIONAL, begins=r"\A.{0,4000}\b(GEN|CON|ALL|DUT)_(VAL|CIF)_(MO|YR)\b"
    ),
    OtherFormat("foreign trade of the UK's HMRC", NATIONAL, begins=r"\A.{0,2000}uktradeinfo\.com"),
    OtherFormat("foreign trade of the UK's HMRC", NATIONAL, _columns("commodityid,flowtypeid,countryid")),
    OtherFormat(
        "foreign trade of the Turkish Statistical Institute", NATIONAL,
        begins=r"(?i)\A.{0,20000}(turkstat|\btü[iİ]̇?k\b|turkish statistical institute|türkiye istatistik kurumu)",
    ),
    # exchange rates
    OtherFormat("the ECB's reference rates as XML", ECB, begins=r"\A.{0,500}<gesmes:Envelope"),
    OtherFormat("the ECB's reference rates of one day", ECB, begins=r"\ADate, USD, "),
    # containers
    OtherFormat(
        "an OpenDocument file (.ods or .odt)",
        f"Take the publisher's own CSV, XML or Excel file instead. Of the UK's list: {UK}",
        begins=r"\APK\x03\x04.{8,80}mimetypeapplication/vnd\.oasis\.opendocument",
    ),
    OtherFormat("a PDF, made for people to read", "Take the same list or table as XML or CSV.", begins=r"\A%PDF-"),
    OtherFormat(
        "a file of Stata or R", "Save it as CSV or Parquet, its columns named as their publisher names them.",
        begins=r"\A(<stata_dta>|RD[AX][23]\n|X\n\x00\x00\x00[\x02\x03])",
    ),
)  # fmt: skip


def rejection(head: Head) -> NotRead | None:
    """The rejection of a file in a format that is known and not read; None for all others."""
    text = _beginning(head)
    headers = [_names(line) for line in text.splitlines()[:HEADER_WITHIN]]
    for one in FORMATS:
        if one.is_of(text, headers):
            return NotRead(f"This is {one.name}, which is not read.", one.instead)
    return None


def _beginning(head: Head) -> str:
    """How a file begins, as text: of a workbook the first rows of its sheets, tab between cells."""
    rows = [row for sheet in read_sheets(head).values() for row in sheet[:HEADER_WITHIN]]
    if rows:
        return "\n".join("\t".join(cell or "" for cell in row) for row in rows)
    return head.text.decode("utf-8", "replace").removeprefix("\ufeff")


def _names(line: str) -> set[str]:
    """What stands in a line between the delimiter that it has most of, in lower case."""
    delimiter = max(DELIMITERS, key=line.count)
    return {cell.strip(" \t\r\"'").lower() for cell in line.split(delimiter)}
