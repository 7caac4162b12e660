"""National tables by country: known by their words, read wherever the header stands, refused with a sentence.

Here belong the workbooks of Kazakhstan and Kyrgyzstan, from the sheet to the row of the union, and what the
real ones say. Not here: what staging makes of single cells (dbt's unit tests), and other sources.
"""

from __future__ import annotations

import io
import json
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from dbt_cli import Dbt
from downloads import loaded, prepare, reasons, refresh

from dagster_project import warehouse
from dagster_project.definitions import SOURCES
from dagster_project.files import formats, landing
from dagster_project.ingest.source import Source
from dagster_project.ingest.sources import kazstat, kyrstat
from dagster_project.settings import Settings

KAZSTAT, KYRSTAT = Source.of(kazstat), Source.of(kyrstat)
NATIONAL = (KAZSTAT, KYRSTAT)
TITLE = "Основные показатели внешней торговли Республики Казахстан"

EU27 = (  # as the Bureau names them
    "Австрия,Бельгия,Болгария,Кипр,Чешская Республика,Германия,Дания,Эстония,Испания,Финляндия,Франция,Греция,"
    "Хорватия,Венгрия,Ирландия,Италия,Литва,Люксембург,Республика Латвия,Мальта,Нидерланды,Польша,Португалия,"
    "Румыния,Швеция,Словения,Словакия"
).split(",")


# ---------------------------------------------------------------- workbooks as the offices lay them out


def workbook(**sheets: list[list]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def year_of_kazakhstan(
    partners: dict[str, tuple], period: str = "за 2022 год", *, blank_rows: int = 1, unit: str = "тыс. долларов США"
) -> list[list]:
    """A sheet of the Bureau: partner → (exports, imports)."""
    shares = "удельный вес страны в общем объеме {}, %"
    return [
        [f" {TITLE}"],
        [period],
        *[[None]] * blank_rows,
        [None, None, None, None, unit],
        ["Наименование области", "Товарооборот", None, "Экспорт", None, "Импорт"],
        [None, "Всего", shares.format("товарооборота"), "Всего", shares.format("экспорта"), "Всего", "доля"],
        *[[name, _turnover(both), 99, both[0], 9, both[1], 9] for name, both in partners.items()],
    ]


def _turnover(values: tuple) -> float:
    return sum(value for value in values if isinstance(value, int | float))


def kyrgyz_table(
    partners: dict[tuple[str, str, str], list],
    years: tuple = (2021, 2022, "2023 1"),
    *,
    flow: str = "импорта",
    unit: str = "(тыс. долларов США)",
    blank_rows: int = 1,
) -> list[list]:
    """Table 4.03.00.20 of the Committee: three names → a value a year."""
    title = f"4.03.00.20: Географическое распределение {flow} товаров"
    return [
        ["4.03.00.20: Товарлардын импортунун", title, "4.03.00.20: Geographic distribution of imports of goods"],
        ["(миң АКШ доллары)", unit, "(thousand US dollars)"],
        *[[None]] * blank_rows,
        [None, None, None, *years],
        *[[*names, *values] for names, values in partners.items()],
        [],
        ["1 Алдын ала маалыматтар.", "1 Предварительные данные", "1 Рreliminary data"],
    ]


KAZAKH = {"Всего": (84593070.08131, 50934360.72379), "Литва": (275000.5, 139567.54363), "Токелау": (None, 3.72)}
TOTAL, LITHUANIA, CHILE = ("Бардыгы", "Всего", "Total"), ("Литва", "Литва", "Lithuania"), ("Чили", "Чили\xa0", "Chile")
KYRGYZ = {TOTAL: [5580207.282, 9803159.382, 12351968], LITHUANIA: [33901.854, 66743.694, 98391], CHILE: ["-", 0, None]}


def put(settings: Settings, content: bytes, name: str = "download") -> None:
    (settings.inbox_dir / name).write_bytes(content)


def of(settings: Settings, table: str, columns: str) -> list[tuple]:
    return warehouse.ask(settings, f"select {columns} from raw.{table}_flows where _valid_to is null order by all")


# ---------------------------------------------------------------- Kazakhstan


def test_a_sheet_of_the_bureau_is_made_long_and_blank_cells_have_no_row(settings):
    put(settings, workbook(Лист=year_of_kazakhstan(KAZAKH)))
    refresh(settings, NATIONAL)
    assert reasons(settings) == []
    assert of(settings, "kazstat", "partner, flow, value, unit, period, year, release, sheet, row") == [
        (partner, flow, value, "тыс. долларов США", "за 2022 год", "2022", "2022-12", "Лист", row)
        for partner, flow, value, row in (
            ("Всего", "импорт", "50934360.72379", "7"),
            ("Всего", "экспорт", "84593070.08131", "7"),
            ("Литва", "импорт", "139567.54363", "8"),
            ("Литва", "экспорт", "275000.5", "8"),
            ("Токелау", "импорт", "3.72", "9"),
        )
    ]


@pytest.mark.parametrize("blank_rows", [0, 6])
def test_the_header_is_found_wherever_it_stands(settings, blank_rows):
    put(settings, workbook(Лист=year_of_kazakhstan(KAZAKH, blank_rows=blank_rows)))
    put(settings, workbook(import_=kyrgyz_table(KYRGYZ, blank_rows=blank_rows)), "kg")
    refresh(settings, NATIONAL)
    assert ("Литва", "139567.54363") in of(settings, "kazstat", "partner, value")
    assert ("Литва", "66743.694") in of(settings, "kyrstat", "partner_ru, value")


def test_covers_and_notes_beside_the_tables_are_left_alone_but_for_the_date(settings):
    cover = [
        [],
        ["Дата опубликования: 25.07.2024"],
        ["Дата следующего опубликования: 25.07.2025"],
        [TITLE],
        ["2023 год"],
    ]
    old, new = year_of_kazakhstan(KAZAKH), year_of_kazakhstan(KAZAKH, "2023 год")
    put(settings, workbook(Обложка=cover, **{"2022": old, "2023": new}))
    refresh(settings, NATIONAL)
    assert of(settings, "kazstat", "distinct sheet, year, release") == [
        ("2022", "2022", "2023-12"), ("2023", "2023", "2023-12")
    ]  # fmt: skip
    assert [one.edition for one in landing.landed(settings.landing_dir, "kazstat")] == ["2024-07-25"]


@pytest.mark.parametrize(
    ("period", "year", "first", "last"),
    [
        ("за январь-декабрь 2019 года", "2019", "1", "12"),
        ("2023 год", "2023", "1", "12"),
        (f"{TITLE} за 2023 год", "2023", "1", "12"),
        ("за январь-июнь 2024 года", "2024", "1", "6"),
        ("за январь-май 2024 года", "2024", "1", "5"),
        ("за март 2024 года", "2024", "3", "3"),
        ("за январь - мая 2024 года", "2024", "1", "5"),
    ],
)
def test_a_sheet_says_its_months(settings, period, year, first, last):
    put(settings, workbook(Лист=year_of_kazakhstan(KAZAKH, period)))
    refresh(settings, NATIONAL)
    assert of(settings, "kazstat", "distinct period, year, first_month, last_month, release") == [
        (period.removeprefix(f"{TITLE} "), year, first, last, f"{year}-{last:0>2}")
    ]


def test_a_release_again_replaces_itself_and_no_other(settings):
    put(settings, workbook(a=year_of_kazakhstan(KAZAKH), b=year_of_kazakhstan(KAZAKH, "2021 год")), "2022")
    refresh(settings, NATIONAL)
    put(settings, workbook(a=year_of_kazakhstan(KAZAKH, "2023 год"), b=year_of_kazakhstan(KAZAKH)), "2023")
    refresh(settings, NATIONAL)
    corrected = KAZAKH | {"Литва": (275000.5, 7)}
    del corrected["Токелау"]
    put(settings, workbook(a=year_of_kazakhstan(corrected), b=year_of_kazakhstan(KAZAKH, "2021 год")), "2022 again")
    refresh(settings, NATIONAL)
    assert reasons(settings) == []
    rows = of(settings, "kazstat", "release, year, partner, value")
    assert {(r, y): sum(row[:2] == (r, y) for row in rows) for r, y, *_ in rows} == {
        ("2022-12", "2021"): 5, ("2022-12", "2022"): 4, ("2023-12", "2022"): 5, ("2023-12", "2023"): 5
    }  # fmt: skip
    assert ("2022-12", "2022", "Литва", "7") in rows
    assert ("2023-12", "2022", "Литва", "139567.54363") in rows


def test_a_value_rounded_to_a_tenth_is_no_revision(settings):
    put(settings, workbook(a=year_of_kazakhstan({"Армения": (1, 7829.1)})), "rounded")
    refresh(settings, NATIONAL)
    put(settings, workbook(a=year_of_kazakhstan({"Армения": (1, 7829.06387)})), "exact")
    refresh(settings, NATIONAL)
    assert warehouse.ask(settings, "select count(*) from raw.kazstat_flows where _valid_to is not null") == [(0,)]


def without(text: str, rows: list[list]) -> list[list]:
    return [[None if isinstance(cell, str) and cell.strip() == text else cell for cell in row] for row in rows]


GOOD = year_of_kazakhstan(KAZAKH)


@pytest.mark.parametrize(
    ("sheets", "sentence"),
    [
        ({"a": without("Экспорт", GOOD)}, "row 5: The header of sheet 'a' has no column экспорт."),
        ({"a": without("Наименование области", GOOD)}, "no sheet with their header"),
        ({"a": without("Всего", GOOD)}, "Sheet 'a' has no column 'Всего' under 'экспорт'."),
        ({"a": GOOD[:5]}, "Sheet 'a' has no column 'Всего' under 'экспорт'."),
        ({"a": without("тыс. долларов США", GOOD)}, "Sheet 'a' does not name its unit, thousand dollars."),
        ({"a": year_of_kazakhstan(KAZAKH, unit="млн. тенге")}, "does not name its unit, thousand dollars"),
        ({"a": without("за 2022 год", GOOD)}, "does not name its year or months"),
        ({"a": year_of_kazakhstan(KAZAKH, "1 полугодие 2022 года")}, "does not name its year or months"),
        ({"a": year_of_kazakhstan(KAZAKH, "2021-2022 годы")}, "does not name its year or months"),
        ({"a": GOOD, "b": GOOD}, "Two sheets are for one period ('a' and 'b': 2022)."),
        ({"a": [*GOOD, ["Литва", 11, 0, 5, 0, 6]]}, "The key is there twice"),
        ({"a": year_of_kazakhstan({"Литва": ("н.д.", 2)})}, "A value is not a number (н.д.; sheet a, row 7)."),
        ({"a": year_of_kazakhstan({"Литва": ("1,234,567", 2)})}, "A value is not a number (1,234,567;"),
        ({"a": year_of_kazakhstan({"Литва": (-1, 2)})}, "A value is negative (-1;"),
        (
            {"a": [*GOOD, ["Чили", 100, 0, 5, 0, 6]]},
            "row 10: The turnover 100 is not the exports and the imports together (импорт 6, экспорт 5; sheet 'a').",
        ),
        ({"a": year_of_kazakhstan({None: (1, 2)})}, "A value has no country beside it (sheet a, row 7)."),
        ({"a": year_of_kazakhstan(KAZAKH, "2099 год")}, "The period 2099 год lies in the future"),
    ],
)
def test_a_workbook_of_the_bureau_that_cannot_be_used_is_rejected_with_the_place(settings, sheets, sentence):
    put(settings, workbook(**sheets))
    refresh(settings, NATIONAL)
    assert len(reasons(settings)) == 1 and sentence in reasons(settings)[0]
    assert of(settings, "kazstat", "*") == []


# ---------------------------------------------------------------- Kyrgyzstan


def test_a_table_of_the_committee_is_made_long_with_the_mark_and_what_it_means(settings):
    put(settings, workbook(import_=kyrgyz_table(KYRGYZ), Лист1=[[]]))
    refresh(settings, NATIONAL)
    assert reasons(settings) == []
    assert of(settings, "kyrstat", "partner_ru, year, flow, value, mark, note, row")[3:] == [
        ("Литва", "2021", "import", "33901.854", None, None, "6"),
        ("Литва", "2022", "import", "66743.694", None, None, "6"),
        ("Литва", "2023", "import", "98391", "1", "Предварительные данные", "6"),
        ("Чили\xa0", "2021", "import", "-", None, None, "7"),
        ("Чили\xa0", "2022", "import", "0", None, None, "7"),
    ]
    assert of(settings, "kyrstat", "distinct release, unit, sheet") == [("2023", "(тыс. долларов США)", "import_")]


def test_exports_and_imports_are_two_tables_and_a_year_more_closes_none(settings):
    put(settings, workbook(a=kyrgyz_table(KYRGYZ)), "imports")
    put(settings, workbook(a=kyrgyz_table(KYRGYZ, flow="экспорта")), "exports")
    refresh(settings, NATIONAL)
    longer = {names: [*values, 5] for names, values in KYRGYZ.items()}
    put(settings, workbook(a=kyrgyz_table(longer, (2021, 2022, 2023, "2024 1"))), "imports a year later")
    refresh(settings, NATIONAL)
    rows = of(settings, "kyrstat", "release, flow, year, mark")
    assert {row[:2] for row in rows} == {("2023", "export"), ("2023", "import"), ("2024", "import")}
    assert ("2023", "import", "2023", "1") in rows and ("2024", "import", "2023", None) in rows


def test_a_provisional_figure_made_final_is_a_revision_of_its_release(settings):
    put(settings, workbook(a=kyrgyz_table({LITHUANIA: [1, 2, 3]})), "provisional")
    refresh(settings, NATIONAL)
    put(settings, workbook(a=kyrgyz_table({LITHUANIA: [1, 2, 3]}, (2021, 2022, 2023))), "final")
    refresh(settings, NATIONAL)
    assert of(settings, "kyrstat", "year, mark") == [("2021", None), ("2022", None), ("2023", None)]
    assert warehouse.ask(settings, "select year, mark from raw.kyrstat_flows where _valid_to is not null") == [
        ("2023", "1")
    ]


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (kyrgyz_table(KYRGYZ, (2021, 2022, 2022)), "names a year twice: 2022."),
        (kyrgyz_table(KYRGYZ, (2021, 2022, "январь-июнь 2023")), "a period that is no year: 'январь-июнь 2023'."),
        (kyrgyz_table(KYRGYZ, ("", "", "")), "has no row of years."),
        (kyrgyz_table(KYRGYZ, unit="(тыс. сомов)"), "The unit is not thousand dollars, but '(тыс. сомов)'."),
        (kyrgyz_table({LITHUANIA: ["…", 1, 2]}), "A value is not a number (…; row 5, year 2021)."),
        (kyrgyz_table({("Литва", None, "Lithuania"): [1, 2, 3]}), "A value has no Russian name beside it (row 5,"),
        (kyrgyz_table(KYRGYZ, (2021, 2022, 2099)), "The year 2099 lies in the future."),
        (kyrgyz_table(KYRGYZ, flow="по регионам"), "it names no single countries"),
    ],
)
def test_a_table_of_the_committee_that_cannot_be_used_is_rejected_with_the_place(settings, rows, sentence):
    put(settings, workbook(a=rows))
    refresh(settings, NATIONAL)
    assert len(reasons(settings)) == 1 and sentence in reasons(settings)[0]
    assert of(settings, "kyrstat", "*") == []


# ---------------------------------------------------------------- strangers


@pytest.mark.parametrize(
    "content",
    [
        workbook(a=[["Наименование", "Экспорт", "Импорт"], ["Литва", 1, 2]]),
        workbook(a=GOOD)[:-200],
        formats.OLE_MAGIC + bytes(4096),
    ],
    ids=["another's workbook", "cut off", "no workbook at all"],
)
def test_a_workbook_that_is_unrecognised_or_damaged_is_reported_as_such(settings, content):
    put(settings, content)
    refresh(settings, NATIONAL)
    assert len(reasons(settings)) == 1
    assert "holds no table that is known, or it is damaged" in reasons(settings)[0] or (
        "The archive cannot be unpacked" in reasons(settings)[0]  # a cut-off .xlsx is a cut-off zip
    )


# ---------------------------------------------------------------- through dbt

SELECTED = ("+int_national_flows_placed", "stg_seeds__bloc_members")


def built(settings: Settings, home: Path) -> dict[str, str]:
    """Staging and the flows placed, built and tested as in a refresh: the tests and how they ended."""
    dbt = Dbt(home, settings)
    dbt("build", "--exclude-resource-type", "unit_test", "--select", *SELECTED)
    ended = {name.split(".")[2]: status for name, status in dbt.results().items() if name.startswith("test.")}
    return {name: status for name, status in ended.items() if "stat__flows" in name}


@pytest.mark.slow
def test_a_name_without_a_country_is_reported_and_stops_the_build_when_it_is_large(settings, dbt_home):
    eu = {"Всего": (1e6, 1e6), "Страны ЕС": (28, 28), **dict.fromkeys([*EU27, "Соединенное Королевство"], (1, 1))}
    put(settings, workbook(a=year_of_kazakhstan(eu | {"Атлантида": (1, None)})))
    put(settings, workbook(a=kyrgyz_table({TOTAL: [9, 9, 9], ("Атлантида", "Атлантида", "Atlantis"): [1, 1, 1]})), "kg")
    prepare(settings, SOURCES)
    refresh(settings, SOURCES)
    assert {name: status for name, status in built(settings, dbt_home).items() if status != "pass"} == {
        "mapped_stg_kazstat__flows_kazstat": "warn",
        "mapped_stg_kyrstat__flows_kyrstat": "fail",
    }


@pytest.mark.slow
def test_an_eu_that_is_not_the_sum_of_its_members_fails(settings, dbt_home):
    members = dict.fromkeys(EU27, (1, 1)) | {"Соединенное Королевство": (1, 1)}
    old = year_of_kazakhstan({"Страны ЕС": (28, 28), **members}, "2022 год")
    new = year_of_kazakhstan({"Страны ЕС": (28, 27), **members}, "2023 год")  # exports: with the United Kingdom
    put(settings, workbook(a=old, b=new))
    prepare(settings, SOURCES)
    refresh(settings, SOURCES)
    assert "fail" in built(settings, dbt_home).values()
    run = json.loads((dbt_home / "target" / "run_results.json").read_text())
    (failed,) = [result for result in run["results"] if result["status"] == "fail"]
    assert failed["unique_id"].split(".")[2].startswith("eu_equals_its_members_stg_kazstat__flows")
    assert warehouse.ask(settings, failed["compiled_code"]) == [(date(2023, 1, 1), "export", 28_000.0, 27_000.0)]


# ---------------------------------------------------------------- the real files


@pytest.fixture(scope="module")
def real(real_build) -> Settings:
    """The build with real files, and the two offices' tests of dbt passed."""
    data_dir, _ = real_build
    results = json.loads((data_dir / "dbt" / "run_results.json").read_text())["results"]
    ended = {one["unique_id"]: one["status"] for one in results if "stat__flows" in one["unique_id"]}
    tests = {status for name, status in ended.items() if name.startswith("test.")}
    assert tests == {"pass"}
    return Settings.from_environment({"DATA": "files", "INBOX": str(data_dir), "DATA_DIR": str(data_dir)})


def test_all_tables_by_country_are_loaded_and_the_others_named(real):
    assert len([name for name in loaded(real) if name.startswith("national/kazakhstan/")]) == 5
    assert len([name for name in loaded(real) if name.startswith("national/kyrgyzstan/")]) == 2
    rejected = warehouse.ask(real, "select reason from raw.landings where status = 'rejected' and source like '%stat'")
    assert len(rejected) == 11
    assert all("it names no single countries, and no product codes" in reason for (reason,) in rejected)


@pytest.mark.parametrize(
    ("reporter", "year", "usd_million"),
    [
        ("KAZ", 2021, 5655.0), ("KAZ", 2022, 7624.5), ("KAZ", 2023, 10314.0),
        ("KGZ", 2021, 289.5), ("KGZ", 2022, 526.9), ("KGZ", 2023, 964.6),
    ],
)  # fmt: skip
def test_imports_from_the_eu_of_27_are_as_known(real, reporter, year, usd_million):
    assert warehouse.ask(
        real,
        f"""select round(sum(value_usd) / 1e6, 1), count(*) > 20
        from intermediate.int_national_flows_placed as flows
        inner join staging.stg_seeds__bloc_members as eu on eu.bloc = 'EU27' and eu.iso3 = flows.partner
        where reporter = '{reporter}' and role = 'import' and period = '{year}-01-01'""",
    ) == [(usd_million, True)]


def test_lithuania_to_kazakhstan_is_as_known(real):
    assert warehouse.ask(
        real,
        """select round(value_usd / 1e6, 1) from intermediate.int_national_flows_placed
        where reporter = 'KAZ' and role = 'import' and partner = 'LTU' and period = '2022-01-01'""",
    ) == [(139.6,)]


def test_the_bureaus_releases_agree_in_every_year_they_share(real):
    assert warehouse.ask(
        real,
        """select older.year, count(*) > 200, count(*) filter (
            round(cast(older.value as double), 1) <> round(cast(newer.value as double), 1))
        from raw.kazstat_flows as older
        inner join raw.kazstat_flows as newer
            on newer.release > older.release and newer.year = older.year and newer.flow = older.flow
            and lower(trim(newer.partner)) = lower(trim(older.partner))
        group by older.year order by older.year""",
    ) == [(year, True, 0) for year in ("2019", "2020", "2021", "2022")]


UNEXPLAINED = """
    select extract(year from period), role
    from (
        select period, role, max(value_usd) filter (partner_code = '{eu}') as heading,
            sum(value_usd) filter (
                iso3 in (select iso3 from staging.stg_seeds__bloc_members where bloc = 'EU27')) as eu27,
            sum(value_usd) filter (iso3 = 'GBR') as gbr
        from staging.stg_{source}__flows
        left join staging.stg_seeds__country_codes as codes on codes.publisher = '{source}' and code = partner_code
        group by period, role)
    where {test} order by all
"""
WITH_UK, WITHOUT_UK = "abs(heading - eu27 - gbr) <= 0.001 * heading", "abs(heading - eu27) <= 0.001 * heading"


def test_the_united_kingdom_leaves_the_bureaus_eu_in_2023(real):
    def years(test):
        return warehouse.ask(real, UNEXPLAINED.format(source="kazstat", eu="страны ес", test=test))

    assert years(WITH_UK) == [(year, role) for year in range(2018, 2023) for role in ("export", "import")]
    assert years(WITHOUT_UK) == [(2023, "export"), (2023, "import")]


def test_the_united_kingdom_leaves_the_committees_eu_in_2020_and_was_never_long_in_its_exports(real):
    def years(test, role):
        return [
            int(year)
            for year, recorded in warehouse.ask(real, UNEXPLAINED.format(source="kyrstat", eu="ес", test=test))
            if recorded == role
        ]

    assert years(WITHOUT_UK, "export") == [*range(1994, 2013), *range(2020, 2024)]
    assert years(WITH_UK, "export") == list(range(2013, 2020))
    assert years(WITHOUT_UK, "import") == list(range(2020, 2024))
    # before 2013 some years hold goods of an EU member that is not named; 2013 and 2014 add up in no way
    assert set(years(WITH_UK, "import")) >= set(range(2015, 2020))
    assert not {2013, 2014} & set(years(f"{WITH_UK} or {WITHOUT_UK}", "import"))


def test_kyrgyz_imports_of_2023_are_provisional_and_nothing_else_is(real):
    assert warehouse.ask(
        real, "select distinct role, extract(year from period) from staging.stg_kyrstat__flows where is_provisional"
    ) == [("import", 2023)]
