"""Files in a format that is known and not read: the sentence says what each is, and which download to take instead.

The beginnings are made here, as each publisher lays them out; every figure and name is invented.
"""

from __future__ import annotations

import io
import zipfile

import openpyxl
import pytest
from downloads import flow, json_of, loaded, reasons, refresh

from dagster_project.files.formats import read_head
from dagster_project.ingest import other_formats
from dagster_project.ingest.sources import (
    comtrade,
    ecb,
    eu_sanctions,
    eurostat,
    kazstat,
    kyrstat,
    ofac,
    openicpsr,
    opensanctions,
    uk_sanctions,
    un_sanctions,
    unsd,
    us_screening,
)

SOURCES = (
    *(comtrade, eurostat, kazstat, kyrstat, ofac, eu_sanctions, un_sanctions, uk_sanctions, us_screening),
    *(opensanctions, ecb, unsd, openicpsr),
)
COMTRADE = "UN Comtrade"
EXPORTS = "https://sanctionslistservice.ofac.treas.gov/api/PublicationPreview/exports"


def workbook(*rows: list) -> bytes:
    book, content = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(content)
    return content.getvalue()


def open_document() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", "<office:document-content/>")
    return content.getvalue()


BEGINNINGS = {
    # sanctions lists: what it is, what to take, how it begins
    "sdn_enhanced.xml": (
        "OFAC's enhanced XML", "SDN_ADVANCED.XML",
        f'<?xml version="1.0"?>\n<sanctionsData xmlns="{EXPORTS}/ENHANCED_XML"><publicationInfo/></sanctionsData>',
    ),
    "sdn.del": ("between @", "SDN.XML", "36@EXAMPLE AIR@-0- @CUBA@-0- @-0- @-0- @-0- @-0- @-0- @-0- @-0- \r\n"),
    "alt.del": ("between @", "SDN.XML", "36@12@aka@EXAMPLE@-0- \r\n"),
    "sdn.pip": ("or |", "SDN.XML", '36|"EXAMPLE AIR"|-0- |"CUBA"|-0- |-0- \r\n'),
    "sdn.ff": ("fixed widths", "SDN.XML", f"{36:<10}{'EXAMPLE AIR':<350}{'-0-':<12}{'CUBA':<50}{'-0-':<200}\r\n"),
    "sdnlist.txt": (
        "OFAC's list as text", "SDN.XML",
        'This publication of the Treasury\'s Office of Foreign Assets Control ("OFAC") is …\n\nEXAMPLE AIR [CUBA].\n',
    ),
    "eu_1_1.csv": (
        "EU's list as CSV, version 1.1", "xmlFullSanctionsList_1_1",
        "\ufefffileGenerationDate;Entity_LogicalId;Entity_EU_ReferenceNumber;Entity_SubjectType;NameAlias_WholeName\n"
        "01/02/2026;13;EU.1.1;P;Ann Example\n",
    ),
    "eu_1_0.csv": (
        "EU's list as CSV, version 1.0", "xmlFullSanctionsList_1_1",
        "Date_file;Entity_logical_id;Subject_type;Leba_numtitle;Naal_logical_id;Naal_wholename;Addr_country\n",
    ),
    "eu_1_0.xml": (
        "EU's list as XML, version 1.0", "xmlFullSanctionsList_1_1",
        '<?xml version="1.0" encoding="UTF-8"?>\n<WHOLE Date="30/10/2019">\n<ENTITY Id="1" Type="P"></ENTITY></WHOLE>',
    ),
    "ConList.csv": (
        "OFSI's consolidated list, which was closed on 28 January 2026", "UK-Sanctions-List.xml",
        "Last Updated,03/06/2020\nName 6,Name 1,Title,Country,Group Type,Alias Type,Regime,"
        "Listed On,Last Updated,Group ID\n",
    ),
    "uk.txt": ("UK Sanctions List as text", "UK-Sanctions-List.xml", "THE UK SANCTIONS LIST\n\nUnique ID: AAA0001\n"),
    "uk.html": (
        "the UK Sanctions List as text or a page", "UK-Sanctions-List.xml",
        "<!DOCTYPE html>\n<html><head><title>UK Sanctions List</title></head></html>",
    ),
    "un.html": (
        "UN Security Council's list as a page", "consolidated.xml",
        "<html><head><title>UN SC Consolidated List</title></head><body>…</body></html>",
    ),
    "csl.json": (
        "Consolidated Screening List as JSON", "consolidated.csv",
        '{"results":[{"source":"Entity List (EL)","name":"X","federal_register_notice":"89 FR 1"}]}',
    ),
    "statements.csv": (
        "OpenSanctions' statements", "targets.simple.csv",
        "canonical_id,entity_id,prop,prop_type,schema,value,lang,original_value,dataset\nNK-1,a,name,name,Person,X,,,b\n",
    ),
    "senzing.json": ("for Senzing", "entities.ftm.json", '{"DATA_SOURCE": "OS_SANCTIONS", "RECORD_ID": "NK-1"}\n'),
    # trade
    "comtradr.csv": (
        "comtradr", COMTRADE,
        "type_code,freq_code,ref_period_id,period,reporter_code,flow_code,partner_code,cmd_code,primary_value\nC,A,1,2,3\n",
    ),
    "baci.csv": ("BACI", COMTRADE, "t,i,j,k,v,q\n2021,4,12,570110,0.145,           NA\n"),
    "wits.csv": (
        "WITS", COMTRADE,
        "Nomenclature,ReporterISO3,ProductCode,ReporterName,PartnerISO3,PartnerName,Year,TradeFlowName,TradeFlowCode,"
        "TradeValue in 1000 USD\nH5,KAZ,854231,Kazakhstan,DEU,Germany,2022,Import,1,5\n",
    ),
    "WITS-By-HS6Product.xlsx": (
        "WITS", COMTRADE,
        workbook(
            ["Reporter", "TradeFlow", "ProductCode", "Product Description", "Year", "Partner", "Trade Value 1000USD",
             "Quantity", "Quantity Unit"],
            ["Kazakhstan", "Import", 854231, "Processors", 2022, "Germany", 5, 7, "Item"],
        ),
    ),
    "Trade_Map.xls": (
        "Trade Map", COMTRADE,
        "<html><body><table><tr><td>List of importing markets for a product exported by Germany</td></tr><tr>"
        "<th>Importers</th><th>Exported value in 2021</th><th>Exported value in 2022</th></tr></table></body></html>",
    ),
    "Trade_Map.txt": ("Trade Map", COMTRADE, "Importers\tImported value in 2021\t\r\nWorld\t1\t\r\n"),
    "comext_sdmx.csv": (
        "SDMX-CSV", "full_v2_YYYYMM.7z",
        "DATAFLOW,LAST UPDATE,freq,reporter,partner,product,flow,indicators,TIME_PERIOD,OBS_VALUE,OBS_FLAG\n"
        "ESTAT:DS-045409(1.0),15/09/26 11:00:00,M,DE,KZ,854231,2,VALUE_IN_EUROS,2022-03,1\n",
    ),
    "comext.tsv": (
        "TSV", "full_v2_YYYYMM.7z",
        "freq,reporter,partner,product,flow,indicators\\TIME_PERIOD\t2022-03 \nM,DE,KZ,854231,2,VALUE_IN_EUROS\t1 \n",
    ),
    "comext_sdmx.xml": (
        "SDMX-ML", "full_v2_YYYYMM.7z",
        '<?xml version="1.0"?>\n<m:StructureSpecificData xmlns:m="http://www.sdmx.org/resources/sdmxml/v2_1/message">',
    ),
    "comext.json": ("JSON-stat", "full_v2_YYYYMM.7z", '{"version":"2.0","class":"dataset","label":"EU trade"}'),
    "nc199901.dat": (
        "bulk layout before v2", "full_v2_YYYYMM.7z",
        "DECLARANT,PARTNER,PRODUCT_NC,FLOW,STAT_REGIME,PERIOD,VALUE_1000ECU,QUANTITY_TON\n001,0400,01011100,1,4,199901,5,6\n",
    ),
    "comext_indicators.csv": (
        "Comext by indicators", "full_v2_YYYYMM.7z",
        '"PERIOD","REPORTER","PARTNER","PRODUCT","FLOW","INDICATORS","Value"\n"Jan. 2022","Germany","Kazakhstan"\n',
    ),
    "census.csv": (
        "US Census Bureau", COMTRADE,
        '"CTY_CODE","GEN_VAL_MO","I_COMMODITY","time"\n"4634","5","854231","2022-03"\n',
    ),
    "hmrc.json": (
        "HMRC", COMTRADE,
        '{"@odata.context":"https://api.uktradeinfo.com/$metadata#OTS","value":[{"MonthId":202203,"FlowTypeId":4}]}',
    ),
    "turkstat.xlsx": (
        "Turkish Statistical Institute", COMTRADE,
        workbook(["Exports by country"], ["Country", 2021, 2022], ["Kazakhstan", 1, 2], ["TurkStat, Foreign Trade"]),
    ),
    # exchange rates and containers
    "eurofxref-daily.xml": (
        "ECB's reference rates as XML", "eurofxref-hist.zip",
        '<?xml version="1.0"?>\n<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01"></gesmes:Envelope>',
    ),
    "eurofxref.csv": ("one day", "eurofxref-hist.zip", "Date, USD, JPY, \n27 November 2026, 1.1, 160.0, \n"),
    "list.ods": ("OpenDocument", "UK-Sanctions-List.xml", open_document()),
    "list.pdf": ("a PDF", "XML or CSV", "%PDF-1.7\n%…\n"),
    "data.dta": ("Stata or R", "CSV or Parquet", "<stata_dta><header><release>118</release>"),
}  # fmt: skip


@pytest.mark.parametrize("name", BEGINNINGS)
def test_a_format_that_is_not_read_is_named_with_the_download_to_take_instead(tmp_path, name):
    what, instead, content = BEGINNINGS[name]
    path = tmp_path / "download"  # by content, and never by name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    reason = other_formats.rejection(read_head(path))
    assert reason is not None
    assert what in str(reason) and instead in str(reason) and ", which is not read. " in str(reason)


@pytest.mark.parametrize("name", BEGINNINGS)
def test_no_source_takes_it_for_its_own(tmp_path, name):
    content = BEGINNINGS[name][2]
    path = tmp_path / "download"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert [source.NAME for source in SOURCES if source.recognise(read_head(path))] == []


@pytest.mark.parametrize(
    "content", [b"a,b\n1,2\n", b"<html><body>Please sign in</body></html>", b"{}", b"36,X\n", b"\x00\x01\x02"]
)
def test_what_is_of_no_known_format_gets_no_such_sentence(tmp_path, content):
    (tmp_path / "x").write_bytes(content)
    assert other_formats.rejection(read_head(tmp_path / "x")) is None


def test_a_run_names_the_format_and_the_files_beside_it_load(settings):
    (settings.inbox / "sdn.del").write_text(BEGINNINGS["sdn.del"][2])
    (settings.inbox / "answer.json").write_bytes(json_of([flow()]))
    refresh(settings)
    assert reasons(settings) == [
        "sdn.del: This is OFAC's list with fields between @ or |, which is not read. Download SDN.XML or "
        "SDN_ADVANCED.XML from OFAC; of the consolidated list, CONSOLIDATED.XML or CONS_ADVANCED.XML."
    ]
    assert loaded(settings) == {"answer.json"}
