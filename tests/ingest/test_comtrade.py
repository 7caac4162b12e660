"""Comtrade's files: known by what is in them, and read to the same rows whatever the layout.

Here belongs every layout that Comtrade has delivered, and what is refused at sight. Not here: files that
are damaged or wrong (test_bad_input), or what a later file does to an earlier one (test_warehouse).
"""

import csv
import gzip

import pytest
import zstandard
from downloads import (
    API_COLUMNS,
    BULK_COLUMNS,
    COMTRADE,
    bulk_of,
    csv_of,
    flow,
    json_of,
    loaded,
    prepare,
    reasons,
    refresh,
    write_parquet,
)

from dagster_project import warehouse
from dagster_project.files import formats
from dagster_project.files.rejection import RejectedFile
from dagster_project.ingest import intake
from dagster_project.ingest.sources import comtrade
from dagster_project.ingest.sources.comtrade import tables

ROWS = [
    flow(),
    flow(
        partnerCode="0",
        partnerDesc="World",
        cmdCode="010121",
        cmdDesc="Horses",
        cifvalue="7.25",
        primaryValue="7.25",
    ),
    flow(flowCode="X", cifvalue="", fobvalue="55.5", primaryValue="55.5", isAggregate="True", netWgt=""),
]
COMPACT = (
    "select period, reporterCode, flowCode, partnerCode, partner2Code, cmdCode, customsCode, motCode, "
    "cast(cifvalue as double), cast(fobvalue as double), cast(primaryValue as double), "
    "cast(netWgt as double), lower(isAggregate) in ('1', 'true') "
    "from raw.comtrade_flows where _valid_to is null order by flowCode, cmdCode"
)
READ = [
    ("202203", "398", "M", "0", "0", "010121", "C00", "0", 7.25, None, 7.25, 2.5, False),
    ("202203", "398", "M", "276", "0", "854231", "C00", "0", 100.0, None, 100.0, 2.5, False),
    ("202203", "398", "X", "276", "0", "854231", "C00", "0", None, 55.5, 55.5, None, True),
]

BOM = b"\xef\xbb\xbf"
LAYOUTS = {
    "API with an index column": csv_of(ROWS, index=True),
    "API without an index column": csv_of(ROWS),
    "API with the data set's code": csv_of(ROWS, ["datasetCode", *API_COLUMNS]),
    "everything quoted": csv_of(ROWS, quoting=csv.QUOTE_ALL),
    "gzip": gzip.compress(csv_of(ROWS)),
    "gzip in two members, the first with the header alone": (
        gzip.compress(csv_of([])) + gzip.compress(csv_of(ROWS).removeprefix(csv_of([])))
    ),
    "zstd in two frames, the first with the header alone": (
        zstandard.compress(csv_of([])) + zstandard.compress(csv_of(ROWS).removeprefix(csv_of([])))
    ),
    "bulk, commas": bulk_of(ROWS),
    "bulk, tabs": bulk_of(ROWS, delimiter="\t"),
    "bulk, tabs, gzip": gzip.compress(bulk_of(ROWS, delimiter="\t")),
    "API answer": json_of(ROWS),
    "API answer on one line": json_of(ROWS).replace(b"\n", b" "),
    "API answer, gzip": gzip.compress(json_of(ROWS)),
    "web download with one comma more in each row": csv_of(ROWS, one_comma_more=True),
    "web download, everything quoted": csv_of(ROWS, one_comma_more=True, quoting=csv.QUOTE_ALL),
    "columns in another order": csv_of(ROWS, API_COLUMNS[::-1]),
    "columns in another order, with an index": csv_of(ROWS, sorted(API_COLUMNS), index=True),
    "only the columns that are needed": csv_of(ROWS, [*tables.REQUIRED, "netWgt", "mosCode", "isAggregate"]),
    "byte-order mark": BOM + csv_of(ROWS),
    "byte-order mark and everything quoted": BOM + csv_of(ROWS, quoting=csv.QUOTE_ALL),
    "Windows line ends": csv_of(ROWS, newline="\r\n"),
    "web download with Windows line ends": csv_of(ROWS, newline="\r\n", one_comma_more=True),
    "byte-order mark, Windows line ends": BOM + csv_of(ROWS, newline="\r\n"),
    "an empty line at the end": csv_of(ROWS) + b"\n",
    "no line end at the end": csv_of(ROWS).removesuffix(b"\n"),
}
PARQUETS = {
    "text throughout": "",
    "codes as integers, values as doubles, flags as booleans": (
        "cast(period as integer) as period, cast(reporterCode as integer) as reporterCode, "
        "cast(partnerCode as bigint) as partnerCode, cast(partner2Code as smallint) as partner2Code, "
        "cast(motCode as integer) as motCode, cast(primaryValue as double) as primaryValue, "
        "cast(isAggregate as boolean) as isAggregate"
    ),
    "codes and gaps as a data frame with gaps saves them": (
        "cast(reporterCode as double) as reporterCode, cast(motCode as double) as motCode, "
        "coalesce(try_cast(cifvalue as double), 'nan'::double) as cifvalue, "
        "coalesce(try_cast(fobvalue as double), 'nan'::double) as fobvalue, "
        "coalesce(try_cast(netWgt as double), 'nan'::double) as netWgt"
    ),
}


def put(settings, content: bytes, name: str = "download") -> None:
    (settings.inbox / name).write_bytes(content)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same_rows(settings, layout):
    put(settings, LAYOUTS[layout])  # no suffix: a name says nothing
    refresh(settings, [COMTRADE])
    assert reasons(settings) == []
    assert warehouse.ask(settings, COMPACT) == READ


@pytest.mark.parametrize("kinds", PARQUETS)
def test_every_parquet_gives_the_same_rows(settings, kinds):
    write_parquet(settings.inbox / "download [1]'s", ROWS, PARQUETS[kinds])
    refresh(settings, [COMTRADE])
    assert reasons(settings) == []
    assert warehouse.ask(settings, COMPACT) == READ


def test_a_name_that_lies_does_not_matter(settings):
    put(settings, json_of(ROWS[:1]), "flows.csv")
    put(settings, csv_of(ROWS[1:2]), "flows.json")
    put(settings, bulk_of(ROWS[2:]), "sdn.xml.gz")
    refresh(settings)
    assert reasons(settings) == []
    assert warehouse.ask(settings, COMPACT) == READ


def test_two_layouts_of_one_thing_are_no_revision(settings):
    put(settings, csv_of(ROWS))
    refresh(settings, [COMTRADE])
    put(settings, bulk_of(ROWS), "bulk")
    put(settings, json_of(ROWS), "answer")
    refresh(settings, [COMTRADE])
    opened = warehouse.ask(
        settings, "select rows_inserted, rows_expired from raw.landings order by vintage, rows_inserted"
    )
    assert sorted(opened) == [(0, 0), (0, 0), (3, 0)]


def test_the_values_of_a_web_download_do_not_shift(settings):
    put(settings, csv_of(ROWS, one_comma_more=True))
    refresh(settings, [COMTRADE])
    first = warehouse.ask(settings, "select * from raw.comtrade_flows where flowCode = 'M' and cmdCode = '854231'")[0]
    assert list(first[: len(tables.COLUMNS)]) == [ROWS[0][column] or None for column in tables.COLUMNS]


def test_a_label_keeps_its_comma_quotes_and_letters(settings):
    put(settings, csv_of([flow(partnerDesc='Côte d\'Ivoire, "RCI"\nAbidjan')]))
    refresh(settings, [COMTRADE])
    assert warehouse.ask(settings, "select partnerDesc from raw.comtrade_flows") == [
        ('Côte d\'Ivoire, "RCI"\nAbidjan',)
    ]


# What a row says twice, and differently → the sentence that names both.
CONTRADICTIONS = {
    "ten times the FOB value": (
        {"flowCode": "X", "cifvalue": "", "fobvalue": "100", "primaryValue": "1000"},
        "The primary value 1000 is neither the CIF value (empty) nor the FOB value (100).",
    ),
    "another month": ({"period": "202204", "refMonth": "3"}, "is not that of the year 2022 and the month 3."),
    "another year": ({"period": "202303", "refYear": "2022"}, "is not that of the year 2022 and the month 3."),
    "another country": ({"partnerCode": "417", "partnerISO": "KAZ"}, "partner 417 KAZ"),
    "a tariff line": ({"cmdCode": "8542319000"}, "These are tariff lines"),
}


@pytest.mark.parametrize("what", CONTRADICTIONS)
def test_a_row_that_contradicts_itself_rejects_its_file(settings, what):
    columns, sentence = CONTRADICTIONS[what]
    put(settings, csv_of([flow(), flow(partnerCode="643"), flow(**columns)]), "flows.csv")
    refresh(settings)
    (reason,) = reasons(settings)
    assert reason.startswith("flows.csv, row 4: ") and sentence in reason


@pytest.mark.parametrize(
    "columns",
    [
        {"cifvalue": "0", "fobvalue": "0"},  # not given
        {"cifvalue": "110", "fobvalue": "100"},  # a reporter whose imports are FOB
        {"cifvalue": "100.09"},  # rounded
        {"flowCode": "EX"},  # a code that no list knows is counted and not used
        {"customsCode": "C99"},
        {"partnerCode": "490", "partnerISO": "S19"},  # Comtrade's own letters
        {"partnerCode": "842", "partnerISO": "USA"},
        {"partnerCode": "736", "partnerISO": "SDN"},  # a country of the past
        {"freqCode": "A", "period": "2022", "refMonth": "52"},
    ],
)
def test_what_differs_for_a_reason_is_loaded(settings, columns):
    put(settings, csv_of([flow(**{"primaryValue": "100", **columns})]))
    refresh(settings)
    assert reasons(settings) == []


def test_an_empty_answer_is_loaded_and_says_nothing(settings):
    put(settings, json_of([]))
    refresh(settings, [COMTRADE])
    assert warehouse.ask(settings, "select status, rows_read from raw.landings") == [("loaded", 0)]


def test_a_large_answer_of_one_object_is_read(settings):
    """The labels of an answer compress to a hundredth: its landed size does not tell how much it holds."""
    rows = [flow(partnerCode=str(n), cifvalue=str(n), primaryValue=str(n)) for n in range(10_500)]
    put(settings, json_of(rows))
    assert (settings.inbox / "download").stat().st_size > 1 << 24
    refresh(settings, [COMTRADE])
    assert reasons(settings) == []
    assert warehouse.ask(settings, "select count(*) from raw.comtrade_flows") == [(10_500,)]


@pytest.mark.parametrize(
    "content, expected",
    [
        (json_of([], error="Invalid period"), "Comtrade answered with an error: Invalid period"),
        (json_of(ROWS, count=4), "The response announces 4 rows and holds 3"),
        (json_of(ROWS[:2], count=1), "The response announces 1 rows and holds 2"),
    ],
)
def test_a_response_that_is_an_error_or_half_a_response_is_rejected(settings, content, expected):
    put(settings, content)
    refresh(settings, [COMTRADE])
    assert expected in reasons(settings)[0]
    assert warehouse.ask(settings, "select count(*) from raw.comtrade_flows") == [(0,)]


@pytest.mark.parametrize(
    "header",
    [
        "pfCode,yr,period,periodDesc,aggrLevel,IsLeaf,rgCode,rgDesc,rtCode,rtTitle,rt3ISO,ptCode,ptTitle,cmdCode,"
        "cmdDescE,qtCode,qtDesc,TradeQuantity,NetWeight,GrossWeight,TradeValue,CIFValue,FOBValue",
        "Classification,Year,Period,Period Desc.,Aggregate Level,Is Leaf Code,Trade Flow Code,Trade Flow,"
        "Reporter Code,Reporter,Partner Code,Partner,Commodity Code,Commodity,Trade Value (US$),Flag",
    ],
)
def test_a_layout_from_before_2022_is_rejected_and_names_what_to_download(settings, header):
    put(settings, f"{header}\n{',' * header.count(',')}\n".encode())
    refresh(settings)
    (reason,) = reasons(settings)
    assert "before 2022" in reason
    assert "Download the same query again from comtradeplus.un.org" in reason


@pytest.mark.parametrize("layout", ["csv", "bulk", "parquet"])
def test_missing_columns_are_named(settings, layout):
    all_columns = BULK_COLUMNS if layout == "bulk" else API_COLUMNS
    columns = [column for column in all_columns if column not in ("motCode", "partner2Code")]
    if layout == "parquet":
        write_parquet(settings.inbox / "download", ROWS, columns=columns)
    else:
        put(settings, csv_of(ROWS, columns))
    refresh(settings)
    (reason,) = reasons(settings)
    assert "Columns of a Comtrade download are missing: partner2Code, motCode." in reason


@pytest.mark.parametrize(
    "content",
    [
        b"period,value\n2022,5\n",
        b'{"a": 1}',
        b"[1, 2]",
        b"\x89PNG\r\n\x1a\n\x00\x00",
        b"7z\xbc\xaf\x27\x1c\rnot, text \r at all" * 9,
        b"\n\n\n",
        b"PAR1 but no more",
    ],
)
def test_what_is_not_comtrades_is_left_to_others(settings, content):
    put(settings, content)
    try:
        assert comtrade.recognise(formats.read_head(settings.inbox / "download")) is None
    except RejectedFile as reason:
        expected = {b"PAR1": "cannot be read", b"7z\xbc\xaf": "cannot be unpacked"}
        assert expected[content[:4]] in str(reason)
    prepare(settings)
    intake.land(settings, COMTRADE)


def test_the_real_downloads_hold_the_rows_they_are_known_for(settings, shared):
    known = {
        "final_2022_annual_total_MX.csv": 13_229,
        "final_2023_monthly_total_X.csv": 13_121,
        "final_tha_shrimp_hs6_2007_2011.csv": 1_586,
        "bulk_layout_arg_2000_total_X.csv": 100,
        "comtrade_kaz_2014_ui_download.csv": 32,
        "comtrade_chn_2014_ui_download.csv": 32,
        "api_v1_get_C_A_HS_CHN_2010.json": 4,
        "api_v1_bulk_empty.json": 0,
    }
    for name in known:
        (settings.inbox / name).symlink_to(shared / "comtrade" / name)
    for path in (shared / "comtrade" / "legacy").iterdir():
        (settings.inbox / path.name).symlink_to(path)
    refresh(settings)
    assert loaded(settings) == set(known)
    read = dict(warehouse.ask(settings, "select original_name, rows_read from raw.landings where status = 'loaded'"))
    assert read == known
    assert len(reasons(settings)) == 2 and all("before 2022" in reason for reason in reasons(settings))
    pairs = warehouse.ask(
        settings,
        """select x.partnerCode, cast(x.primaryValue as double) / 1e6, cast(m.primaryValue as double) / 1e6
        from raw.comtrade_flows as x join raw.comtrade_flows as m
            on m.flowCode = 'M' and m.reporterCode = x.partnerCode and m.partnerCode = x.reporterCode
            and m.period = x.period and m.cmdCode = x.cmdCode
        where x.flowCode = 'X' and x.period = '2022' and x.cmdCode = 'TOTAL' and x.reporterCode = '440'""",
    )
    assert [(round(x, 1), round(m, 1)) for partner, x, m in pairs if partner == "51"] == [(150.7, 8.3)]
