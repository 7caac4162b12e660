"""Japan Customs' files by commodity and country: read with their months as columns, each line against its year.

Not here: months as rows, units and yen (dbt's unit tests). All figures are invented.
"""

from __future__ import annotations

import pytest
from downloads import prepare, reasons, refresh

from dagster_project import warehouse
from dagster_project.ingest.source import Source
from dagster_project.ingest.sources import japan_customs
from dagster_project.settings import Settings

JAPAN = (Source.of(japan_customs),)
SPANS = ("Year", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
HEADER = ["Exp or Imp", "Year", "HS", "Country", "Unit1", "Unit2"] + [
    f"{figure}-{span}" for span in SPANS for figure in ("Quantity1", "Quantity2", "Value")
]


def line(
    *values: int, flow: str = "1", year: str = "2022", hs: str = "870323915", country: str = "153", unit: str = "NO"
) -> list[str]:
    """A line of a file: a month's value each, and half as many pieces."""
    months = [*values, *[0] * (12 - len(values))]
    figures = [cell for value in (sum(months), *months) for cell in ("0", str(value // 2), str(value))]
    return [flow, year, f"'{hs}'", country, "  ", unit, *figures]


def file(*lines: list[str], header: list[str] = HEADER) -> bytes:
    return "".join(",".join(cells) + "\r\n" for cells in (header, *lines)).encode()


def load(settings: Settings, *files: bytes) -> list[str]:
    """Put files into the inbox and load them. Returns the reasons of those that were rejected."""
    for number, content in enumerate(files):
        (settings.inbox_dir / f"{number}.csv").write_bytes(content)
    prepare(settings, JAPAN)
    refresh(settings, JAPAN)
    return reasons(settings)


def rows(settings: Settings, columns: str) -> list[tuple]:
    return warehouse.ask(
        settings, f"select {columns} from raw.japan_customs_flows where _valid_to is null order by all"
    )


def test_codes_lose_their_quotes_and_the_last_month_with_a_value_is_the_files(settings):
    assert load(settings, file(line(40, 60, 0), line(0, 0, 8, country="154"))) == []
    assert rows(settings, "hs, country, unit1, unit2, value_year, value_feb, quantity2_feb, months") == [
        ("870323915", "153", None, "NO", "100", "60", "30", "3"),
        ("870323915", "154", None, "NO", "8", "0", "0", "3"),
    ]


def test_a_header_that_ends_with_the_month_of_its_release_is_the_same_layout(settings):
    months = len(HEADER) - 3 * 9
    assert load(settings, file(line(40, 60, 0)[:months], header=HEADER[:months])) == []
    assert rows(settings, "value_mar, value_apr, months") == [("0", None, "2")]


def test_a_later_edition_of_the_year_replaces_its_goods_and_another_section_stays(settings):
    assert load(settings, file(line(40)), file(line(7, hs="854231000"))) == []
    assert load(settings, file(line(40, 60), line(3, 1, country="154"))) == []
    assert rows(settings, "hs, country, value_year, months") == [
        ("854231000", "153", "7", "1"),
        ("870323915", "153", "100", "2"),
        ("870323915", "154", "4", "2"),
    ]


def changed(place: int, cell: str) -> bytes:
    cells = line(40, 60)
    cells[place] = cell
    return file(line(5, 5, country="154"), cells)


@pytest.mark.parametrize(
    "content, reason",
    [
        (
            file(line(40)[:3] + line(40)[4:], header=HEADER[:3] + HEADER[4:]),
            "by commodity, without countries",
        ),
        (
            file([*line(40)[:2], "100", *line(40)[2:]], header=[*HEADER[:2], "Custom", *HEADER[2:]]),
            "This is the table by customs house.",
        ),
        (file(line(40), header=[*HEADER[:-1], "Amount-Dec"]), "not the layout's, from the column 'amount_dec' on"),
        (file(line(40), line(5, year="2021")), "The file holds more than one flow or year."),
        (file(line(40), line(5, flow="2")), "The file holds more than one flow or year."),
        (changed(8, "160"), "The months do not add up to the year 160"),
        (changed(11, "600"), "The months do not add up to the year 100"),
        (changed(2, "10323915"), "The commodity 10323915 is no code of nine digits."),
        (changed(3, "53"), "The country 53 is no code of three digits."),
        (changed(3, ""), "country empty"),
        (changed(11, "x"), "A figure is not a number"),
        (changed(11, "-40"), "A figure is negative"),
        (file(line(40, year="2099")), "The year 2099 is none, or lies in the future."),
        (file(line(40), line(40)), "The key is there twice"),
        (file(line(40), line(5, country="154")[:-2]), "row 3"),
    ],
)
def test_what_is_not_the_layout_or_contradicts_itself_is_rejected_with_its_cause(settings, content, reason):
    [rejection] = load(settings, content)
    assert reason in rejection
    assert rows(settings, "hs") == []
