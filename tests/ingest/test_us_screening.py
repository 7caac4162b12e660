"""The US Consolidated Screening List: both layouts, the Denied Persons List by itself, two editions, broken files.

Not here: which list a row is of, and what is packed into its cells (dbt's tests).
"""

import csv
from dataclasses import replace

import pytest
from downloads import COMTRADE, OFAC, loaded, prepare, reasons, refresh
from downloads import csl_csv as table
from services import Services

from dagster_project import warehouse
from dagster_project.files import formats
from dagster_project.ingest import http_client, intake
from dagster_project.ingest.source import Source
from dagster_project.ingest.sources import us_screening

CSL = Source.of(us_screening)
COLUMNS = us_screening.COLUMNS

LISTED = {
    "source": "Entity List (EL) - Bureau of Industry and Security", "name": "Example Aviation",
    "addresses": "No. 18/5, Antalya, TR; Dubai, AE", "federal_register_notice": "83 FR 44824",
    "start_date": "2018-09-04", "license_policy": "Presumption of denial.", "alt_names": "EX Havacilik",
}  # fmt: skip
SDN = {
    "source": "Specially Designated Nationals (SDN) - Treasury Department", "entity_number": "8124",
    "type": "Entity", "programs": "CUBA", "name": "2904977 EXAMPLE, INC.", "addresses": "Montreal, CA",
}  # fmt: skip
DENIED = {
    "Name": " ANN EXAMPLE", "Street_Address": "1 WEST", "City": "ADELANTO", "State": "CA", "Postal_Code": "92301",
    "Effective_Date": "10/16/2017", "Expiration_Date": "10/13/2020", "Standard_Order": "Y",
    "Last_Update": "2017-10-23", "Action": "FR NOTICE ADDED", "FR_Citation": "82 F.R. 48792 10/20/2017",
}  # fmt: skip


def denied(*rows: dict[str, str]) -> bytes:
    return table(*rows, columns=us_screening.DENIED_COLUMNS, delimiter="\t", quoting=csv.QUOTE_ALL)


def put(settings, content: bytes, name: str = "csl.csv") -> None:
    (settings.inbox / name).write_bytes(content)


def now(settings, columns: str) -> list[tuple]:
    return warehouse.ask(settings, f"select {columns} from raw.csl_entries where _valid_to is null order by all")


def test_both_layouts_are_read(settings):
    put(settings, table(LISTED, SDN))
    refresh(settings, [CSL])
    put(settings, table(LISTED | {"_id": "99ed"}, SDN | {"_id": "8124"}, columns=["_id", *COLUMNS]))
    refresh(settings, [CSL])
    assert reasons(settings) == []
    assert now(settings, "publication, name, entity_number, start_date, programs") == [
        ("consolidated", "2904977 EXAMPLE, INC.", "8124", None, "CUBA"),
        ("consolidated", "Example Aviation", None, "2018-09-04", None),
    ]
    # an _id is no news: the rows say the same
    assert warehouse.ask(settings, "select rows_inserted, rows_expired from raw.landings") == [(2, 0), (0, 0)]


def test_the_denied_persons_list_by_itself_gets_the_columns_of_the_screening_list(settings):
    put(settings, denied(DENIED, DENIED | {"Name": "BOB", "Country": "AE", "State": "", "Postal_Code": ""}), "dpl.txt")
    refresh(settings, [CSL])
    assert reasons(settings) == []
    assert now(settings, "publication, source, name, addresses, start_date, end_date, federal_register_notice") == [
        ("denied_persons", us_screening.DENIED_SOURCE, "ANN EXAMPLE", "1 WEST, ADELANTO, CA, 92301, ", "10/16/2017",
         "10/13/2020", "82 F.R. 48792 10/20/2017"),
        ("denied_persons", us_screening.DENIED_SOURCE, "BOB", "1 WEST, ADELANTO, AE", "10/16/2017", "10/13/2020",
         "82 F.R. 48792 10/20/2017"),
    ]  # fmt: skip


def test_two_editions_differ_by_what_changed_and_leave_the_other_publication_alone(settings):
    put(settings, denied(DENIED), "dpl.txt")
    put(settings, table(LISTED, SDN))
    refresh(settings, [CSL])
    new = LISTED | {"name": "Another"}
    put(settings, table(SDN | {"remarks": "(Linked To: X)"}, new))
    refresh(settings, [CSL])
    history = "select name, remarks, _valid_to is null from raw.csl_entries order by name, _valid_from"
    assert warehouse.ask(settings, history) == [
        ("2904977 EXAMPLE, INC.", None, False),
        ("2904977 EXAMPLE, INC.", "(Linked To: X)", True),
        ("ANN EXAMPLE", "FR NOTICE ADDED", True),
        ("Another", None, True),
        ("Example Aviation", None, False),  # delisted
    ]


def test_rows_that_name_the_same_party_the_same_way_are_numbered(settings):
    put(settings, table(LISTED, LISTED | {"remarks": "b"}, LISTED | {"addresses": "Kabul, AF"}))
    refresh(settings, [CSL])
    assert now(settings, "addresses, remarks, part") == [
        ("Kabul, AF", None, "1"),
        ("No. 18/5, Antalya, TR; Dubai, AE", "b", "1"),
        ("No. 18/5, Antalya, TR; Dubai, AE", None, "2"),
    ]


@pytest.mark.parametrize(
    "content, expected",
    [
        (table(SDN) + b"/,1\n", "csl.csv, row 3: The row has 2 columns where this file has 28."),
        (table(SDN, LISTED | {"name": ""}), "csl.csv, row 3: An entry names no list or no party (source Entity List"),
        (table(), "The list has a header and no rows."),
        (table(SDN, columns=COLUMNS[:-1]),
         "The columns are not those of the Consolidated Screening List: ids missing."),
        (table(SDN, columns=COLUMNS[::-1]), "or in another order."),
    ],
    ids=["broken row", "no name", "empty", "column missing", "other order"],
)  # fmt: skip
def test_a_file_that_cannot_be_used_is_set_aside_with_its_row(settings, content, expected):
    put(settings, content)
    refresh(settings, [CSL])
    (reason,) = reasons(settings)
    assert expected in reason and now(settings, "name") == []


@pytest.mark.parametrize("content", [table(SDN), denied(DENIED)])
def test_no_other_source_takes_it_for_its_own(settings, content):
    put(settings, content)
    head = formats.read_head(settings.inbox / "csl.csv")
    assert not any(source.recognise(head) for source in (COMTRADE, OFAC))


@pytest.mark.parametrize("content", [b"source,name\na,b\n", b"Name\tCity\n", b"\n", b"<x/>", b"{}", b'"'])
def test_what_is_not_the_screening_list_is_left_to_others(tmp_path, content):
    (tmp_path / "x").write_bytes(content)
    assert us_screening.recognise(formats.read_head(tmp_path / "x")) is None


def test_a_fetch_asks_for_the_csv(settings):
    with Services() as services:
        live = replace(settings, data="live", inbox=None, addresses={"US_SCREENING_URL": services.url + "/list.csv"})
        prepare(live, [CSL])
        services.serve("/list.csv", table(LISTED, SDN), "text/csv")
        _, failure = intake.fetch(live, CSL, print, client=http_client.Client(sleep=lambda _: None))
    assert failure is None
    intake.load_landed(live, CSL)
    assert now(live, "publication, name") == [
        ("consolidated", "2904977 EXAMPLE, INC."),
        ("consolidated", "Example Aviation"),
    ]


# ---------------------------------------------------------------- the real files


def link(settings, shared, *names: str) -> None:
    for name in names:
        (settings.inbox / name.rpartition("/")[2]).symlink_to(shared / "sanctions" / name)


def test_the_real_files_hold_the_rows_they_are_known_for(settings, shared):
    link(settings, shared, "csl/csl_28col.csv", "dpl/dpl.txt", "csl/invalid_csl.csv")
    refresh(settings, [CSL])
    assert reasons(settings) == [
        "invalid_csl.csv, row 2: The row has 2 columns where this file has 28. "
        "The file is cut off or was edited: download it again."
    ]
    assert loaded(settings) == {"csl_28col.csv", "dpl.txt"}
    counted = warehouse.ask(settings, "select publication, count(*) from raw.csl_entries group by 1")
    assert dict(counted) == {"consolidated": 115, "denied_persons": 546}
    link(settings, shared, "csl/consolidated_29col.csv")  # another selection of it: what it lacks is over
    refresh(replace(settings, accept=frozenset({"csl"})), [CSL])
    counts = warehouse.ask(
        settings, "select rows_inserted, rows_expired from raw.landings order by vintage desc limit 1"
    )
    assert counts == [(13, 115)]


def test_the_treasurys_rows_repeat_what_ofac_publishes(settings, shared):
    """All rows of its shorter lists are in OFAC's consolidated list of another day, under the same number."""
    link(settings, shared, "csl/csl_28col.csv", "full_xml/ofac_consolidated_20240506.xml.gz")
    refresh(settings, [CSL, OFAC])
    counted = warehouse.ask(
        settings,
        """select count(*), count(uid) from raw.csl_entries left join raw.ofac_entries on uid = entity_number
        where source like '%Treasury Department' and source not like '%(SDN)%'""",
    )
    assert counted == [(40, 40)]
