"""The EU's export sanctions by product: known by their columns, read as they are, refused where codes are lost."""

import pytest
from downloads import loaded, reasons, refresh

from dagster_project import warehouse
from dagster_project.ingest.source import Source
from dagster_project.ingest.sources import openicpsr

OPENICPSR = Source.of(openicpsr)
HEADER = ",".join(openicpsr.COLUMNS)
LUXURY = "010121,2022-03-15,2022-03-15,0.0,300.0,,,,,1.0,,,,1.0"
CHIPS = "854231,2022-02-25 00:00:00,2022-05-01 00:00:00,0.0,,,1.0,,,,1.0,,,1.0"
FREE = "999999,,,,,,,,,,,,,"


def put(settings, *rows: str, header: str = HEADER, name: str = "download.bin") -> None:
    (settings.inbox / name).write_text("\n".join([header, *rows]) + "\n")


def of(settings, columns: str) -> list[tuple]:
    return warehouse.ask(settings, f"select {columns} from raw.openicpsr_goods where _valid_to is null order by all")


def test_the_file_is_known_by_its_columns_and_read_as_text(settings):
    put(settings, LUXURY, CHIPS, FREE)
    refresh(settings, [OPENICPSR])
    assert reasons(settings) == []
    assert of(settings, '"Code", "Date", luxury, dual_use, "EU_sanction"') == [
        ("010121", "2022-03-15", "1.0", None, "1.0"),
        ("854231", "2022-02-25 00:00:00", None, "1.0", "1.0"),
        ("999999", None, None, None, None),
    ]


def test_columns_may_stand_in_another_order_and_beside_others(settings):
    columns = ["", *reversed(openicpsr.COLUMNS)]
    put(settings, ",".join(["0", *reversed(LUXURY.split(","))]), header=",".join(columns))
    refresh(settings, [OPENICPSR])
    assert of(settings, '"Code", "Date", "Maxprice"') == [("010121", "2022-03-15", "300.0")]


@pytest.mark.parametrize(
    "row, expected",
    [
        (LUXURY.replace("010121", "10121"), "10121 is not an HS code of six digits. A spreadsheet program drops"),
        (LUXURY.replace("2022-03-15,2022", "15.3.22,2022", 1), "010121 is sanctioned and has no day (15.3.22)."),
    ],
)
def test_a_row_that_cannot_be_meant_is_rejected_with_its_number(settings, row, expected):
    put(settings, CHIPS, row, name="eu.csv")
    refresh(settings, [OPENICPSR])
    [reason] = reasons(settings)
    assert reason.startswith("eu.csv, row 3: ") and expected in reason
    assert loaded(settings) == set()


def test_a_table_without_these_columns_is_left_to_others(settings):
    put(settings, "010121,2022-03-15", header="Code,Date")
    refresh(settings, [OPENICPSR])
    assert "No known layout" in reasons(settings)[0]


def test_the_real_file_holds_2_304_sanctioned_codes(settings, shared):
    (settings.inbox / "x").symlink_to(shared / "lists/EU_sanctions_HS6_chupilkin.csv")
    refresh(settings, [OPENICPSR])
    assert reasons(settings) == []
    [counted] = of(
        settings,
        'count(*), count(*) filter (where "EU_sanction" = \'1.0\'), count(distinct "Date"), min("Date"), max("Date"), '
        "count(luxury), count(dual_use), count(firearms), count(industrial_cap), count(aviation), "
        "count(military_tech), count(oil_exploration), count(oil_refining)",
    )
    assert counted == (5369, 2304, 11, "2016-12-22", "2023-02-25", 707, 865, 24, 988, 33, 510, 26, 8)
