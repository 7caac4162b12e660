"""Regulation (EU) No 833/2014 as EUR-Lex consolidates it: goods and parties of its annexes, and the lists made of them.

Here belong the layout from the page to the row of raw, what is rejected, and two versions up to the mart. The text is
made here in EUR-Lex's layout; every good, name and day in it is invented. Not here: single rows in dbt's unit tests.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from dbt_cli import Dbt
from downloads import (
    eurlex_annex,
    eurlex_cells,
    eurlex_heading,
    eurlex_table,
    eurlex_text,
    loaded,
    prepare,
    reasons,
    refresh,
)
from services import Services

from dagster_project import warehouse
from dagster_project.definitions import SOURCES
from dagster_project.ingest import intake
from dagster_project.ingest.source import Source
from dagster_project.ingest.sources import eu_regulation
from dagster_project.settings import Settings

REGULATION = Source.of(eu_regulation)


INDUSTRY = eurlex_annex(
    "XXIII",
    eurlex_heading("List of goods and technology as referred to in Article 3k"),
    eurlex_heading("Part A", 2),
    eurlex_table(
        ("CN code", "Name of the good"),
        ("8457&#160;10&#160;10", "Machining centres, horizontal"),
        ("ex 8471", "Machines for invented use (<a>1</a>)"),
        '<tr><td colspan="2"><p class="modref">►M37</p></td></tr>',
        ("►C1 8517&#160;61, 8517 62 ◄", "Base stations"),
        f"<tr>{eurlex_cells('9013', attributes=' rowspan=2')}{eurlex_cells('Lasers')}</tr>",
        f"<tr>{eurlex_cells('and parts of them')}</tr>",
    ),
)
PRIORITY = eurlex_annex(
    "XL", eurlex_heading("Common high priority items"), eurlex_table(("HS Code", "Description"), ("8542 31", "Chips"))
)
LUXURY = eurlex_annex(
    "XVIII",
    eurlex_heading("List of luxury goods as referred to in Article 3h"),
    eurlex_heading("(1) Horses", 2),
    eurlex_table(("", "0101 21 00", "Pure-bred breeding animals"), ("ex", "4303 10 90", "Articles of fur")),
)
THIRD_COUNTRIES = eurlex_annex(
    "XXXIII",
    eurlex_heading("Goods and technology, and third countries, as referred to in Article 12f"),
    eurlex_heading("Kyrgyzstan", 2),
    eurlex_table(
        ("CN code", "Description", "Date of application"),
        ("8457 10", "Machining centres", "24 May 2026"),
        ("8517 62 00", "Machines for the reception of voice", "24.5.2026"),
    ),
)
END_USERS = eurlex_annex(
    "IV",
    eurlex_heading("List of legal persons, entities and bodies as referred to in Article 2(7)"),
    eurlex_table(
        ("Number", "Name", "Identifying Information", "Date of listing"),
        (
            "1.",
            'Invented Machines LLC</p><p class="tbl-norm">Local name: Ойдон чыккан',
            'Address: 1 Chuy Ave, Bishkek, Kyrgyzstan</p><p class="tbl-norm">Registration number: 12-34',
            "25.6.2024",
        ),
        ("2.", "Made Up Chips Co., Ltd.", "Address: 5 Road, Kowloon, Hong Kong, China", "24 April 2026"),
        ("3.", "Nowhere Known GmbH", "", ""),
    ),
)
BANKS = eurlex_annex(
    "XLV",
    eurlex_heading("Part A"),
    eurlex_table(
        ("Name of the legal person, entity or body", "Entry into force"),
        ("Invented Bank OJSC (Kyrgyzstan)", "9 August 2025"),
    ),
)
WHOLE = eurlex_text(INDUSTRY, PRIORITY, LUXURY, THIRD_COUNTRIES, END_USERS, BANKS)


def put(settings: Settings, content: bytes, name: str = "833.html") -> None:
    (settings.inbox_dir / name).write_bytes(content)


def rows(settings: Settings, name: str, columns: str) -> list[tuple]:
    return warehouse.ask(
        settings, f"select {columns} from raw.eu_regulation_{name} where _valid_to is null order by all"
    )


# ---------------------------------------------------------------- the layout


def test_goods_are_read_from_every_annex_with_a_column_of_codes(settings):
    put(settings, WHOLE)
    refresh(settings, (REGULATION,))
    assert reasons(settings) == []
    assert rows(settings, "goods", "version, annex, part, code, is_partial, country, applies_from") == [
        ("2026-04-24", "XL", None, "854231", "false", None, None),
        ("2026-04-24", "XVIII", None, "01012100", "false", None, None),
        ("2026-04-24", "XVIII", None, "43031090", "true", None, None),
        ("2026-04-24", "XXIII", "A", "84571010", "false", None, None),
        ("2026-04-24", "XXIII", "A", "8471", "true", None, None),
        ("2026-04-24", "XXIII", "A", "851761", "false", None, None),
        ("2026-04-24", "XXIII", "A", "851762", "false", None, None),
        ("2026-04-24", "XXIII", "A", "9013", "false", None, None),
        ("2026-04-24", "XXXIII", None, "845710", "false", "KGZ", "2026-05-24"),
        ("2026-04-24", "XXXIII", None, "85176200", "false", "KGZ", "2026-05-24"),
    ]


def test_entities_and_banks_have_their_country_other_names_and_day(settings):
    put(settings, WHOLE)
    refresh(settings, (REGULATION,))
    assert rows(settings, "parties", "annex, part, number, name, aliases, country, listed_on") == [
        ("IV", None, "1", "Invented Machines LLC", "Ойдон чыккан", "KGZ", "2024-06-25"),
        ("IV", None, "2", "Made Up Chips Co., Ltd.", None, "HKG", "2026-04-24"),
        ("IV", None, "3", "Nowhere Known GmbH", None, None, None),
        ("XLV", "A", None, "Invented Bank OJSC (Kyrgyzstan)", None, "KGZ", "2025-08-09"),
    ]


def test_a_country_in_a_column_or_over_the_rows_of_a_table_counts_as_well(settings):
    third_countries = eurlex_annex(
        "XXXIII",
        eurlex_heading("Goods and technology as referred to in Article 12f"),
        eurlex_table(
            ("Country", "CN code", "Description"),
            ("Kyrgyzstan; Armenia", "8457 10", "Machining centres"),
            ("Atlantis", "8457 20", "Invented"),
        ),
        eurlex_table(
            ("CN code", "Description"), '<tr><td colspan="2"><p>United Arab Emirates</p></td></tr>', ("8517 62", "x")
        ),
    )
    put(settings, eurlex_text(third_countries))
    refresh(settings, (REGULATION,))
    assert rows(settings, "goods", "code, country") == [
        ("845710", "ARM"), ("845710", "KGZ"), ("845720", "Atlantis"), ("851762", "ARE")
    ]  # fmt: skip


def test_the_page_around_the_text_is_recognised_by_its_title(settings):
    page = WHOLE.replace(b"<title>CL2014R0833</title>", b"<title>EUR-Lex - 02014R0833-20260424 - EN - EUR-Lex</title>")
    put(settings, page.replace("02014R0833 — EN — 24.04.2026 — 029.001".encode(), b""))
    refresh(settings, (REGULATION,))
    assert loaded(settings) == {"833.html"}
    assert rows(settings, "goods", "distinct version") == [("2026-04-24",)]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (eurlex_text(INDUSTRY, language="DE"), "another language than English (DE)"),
        (WHOLE.replace(b"02014R0833", b"32014R0833"), "or an act that amends it"),
        (eurlex_text(INDUSTRY, day="30.02.2024"), "The version 2024-02-30 is no day"),
        (eurlex_text(), "The text has no annexes"),
        (eurlex_text(END_USERS), "None of the 1 annexes has a column of CN codes"),
        (eurlex_text(INDUSTRY, INDUSTRY), "An annex is there twice: XXIII"),
        (
            eurlex_text(eurlex_annex("XXIII", eurlex_table(("CN code", "Name"), ("8457", "a"), ("see below", "b")))),
            "In annex XXIII 1 of 2 cells in the column of codes hold no code, such as 'see below'",
        ),
    ],
)
def test_what_is_not_the_whole_english_text_is_rejected(settings, content, expected):
    put(settings, content)
    refresh(settings, (REGULATION,))
    [reason] = reasons(settings)
    assert expected in reason and "833.html" in reason
    assert rows(settings, "goods", "count(*)") == [(0,)]


def test_a_cell_that_holds_no_code_is_counted_by_a_warning(settings):
    goods = [("CN code", "Name"), *((f"84{n:02}", "x") for n in range(10, 30)), ("8401 to 8405", "a range")]
    put(settings, eurlex_text(eurlex_annex("XXIII", eurlex_table(*goods))))
    refresh(settings, (REGULATION,))
    finding = eu_regulation.unread_cells(settings, {})
    assert not finding.passed and not finding.blocks and "annex XXIII of 2026-04-24: '8401 to 8405'" in finding.sentence
    assert rows(settings, "goods", "count(code), count(*)") == [(20, 21)]


def test_a_version_that_holds_much_less_than_the_one_before_is_warned_of(settings):
    goods = [(f"84{n:02}", "x") for n in range(10, 30)]
    party = ("1.", "A LLC", "", "25.6.2024")
    parties = [(f"{n}.", *party[1:]) for n in range(1, 20)]
    header = ("Number", "Name", "Identifying Information", "Date of listing")
    for day, kept, names in (("25.06.2024", 20, parties), ("25.02.2025", 19, parties), ("24.04.2026", 9, [])):
        annexes = [eurlex_annex("XXIII", eurlex_table(("CN code", "Name"), *goods[:kept]))]
        annexes.append(eurlex_annex("IV", eurlex_table(header, *names)))
        put(settings, eurlex_text(*annexes, day=day), f"{day}.html")
    refresh(settings, (REGULATION,))
    finding = eu_regulation.versions_that_shrink(settings, {})
    assert not finding.passed and not finding.blocks
    assert "annex IV of 2026-04-24 from 19 to 0; annex XXIII of 2026-04-24 from 19 to 9" in finding.sentence


@pytest.mark.parametrize(
    ("cell", "codes"),
    [
        ("8542 31", [("854231", False)]),
        ("8542.31.90", [("85423190", False)]),
        ("ex 8471 30 00 (1)", [("84713000", True)]),
        ("8471 and ex 8473", [("8471", False), ("8473", True)]),
        ("Chapter 93", [("93", False)]),
        ("8401 to 8405", []),
        ("2026", [("2026", False)]),
        ("12", []),
        ("N/A", []),
    ],
)
def test_a_cell_is_codes_or_nothing(cell, codes):
    assert eu_regulation._codes(cell) == codes


# ---------------------------------------------------------------- live


def test_a_version_is_fetched_by_its_address_and_a_page_that_is_none_lands_nothing(settings):
    path = "/legal-content/EN/TXT/HTML/"
    with Services() as services:
        services.serve(path, WHOLE, "application/xhtml+xml;charset=UTF-8")
        live = Settings.from_environment(
            {"DATA": "live", "DATA_DIR": str(settings.data_dir),
             "EU_REGULATION_URL": f"{services.url}{path}?uri=CELEX:02014R0833-20260424"}
        )  # fmt: skip
        prepare(live, (REGULATION,))
        landed, failure = intake.fetch(live, REGULATION, print)
        assert failure is None and [one.partition for one in landed] == ["2026-04-24"]
        intake.load_landed(live, REGULATION)
        assert rows(live, "goods", "count(*)") == [(10,)]
        services.serve(path, b"<!DOCTYPE html><html><body>Are you human?</body></html>", "text/html")
        landed, failure = intake.fetch(live, REGULATION, print)
        assert not landed and failure and "is no file of eu_regulation" in failure


# ---------------------------------------------------------------- versions


def test_the_mart_answers_which_list_for_which_destination_on_that_day(settings, dbt_home: Path):
    put(settings, eurlex_text(INDUSTRY, PRIORITY, day="25.06.2024"), "2024.html")
    put(settings, WHOLE, "2026.html")
    refresh(settings, SOURCES)
    prepare(settings, SOURCES)
    done = Dbt(dbt_home, settings)("run", "--select", "+controlled_goods", "+designations")
    assert done.returncode == 0, done.stdout[-3000:]
    with duckdb.connect(str(settings.unpublished_path), read_only=True) as con:
        listed = """
            select list_id, destination_iso3, product_code, valid_from::varchar, valid_to::varchar
            from marts.controlled_goods
            where list_id like 'EU_833_2014_%' and hs_revision = 'HS2022' and product_code in ('845710', '854231')
                and destination_iso3 in ('*', ?) and valid_from <= ? and coalesce(valid_to >= ?, true) order by all"""

        def on(day: str, destination: str) -> list[tuple]:
            return con.execute(listed, [destination, day, day]).fetchall()

        industry = ("EU_833_2014_XXIII", "RUS", "845710", "2024-06-25", None)
        priority = ("EU_833_2014_XL", "*", "854231", "2024-06-25", None)
        measure = ("EU_833_2014_12F", "KGZ", "845710", "2026-05-24", None)
        assert on("2025-01-01", "RUS") == [priority, industry]
        assert on("2025-01-01", "KGZ") == [priority]
        assert on("2026-06-01", "KGZ") == [measure, priority]
        assert on("2024-01-01", "RUS") == []
        [(codes,)] = con.execute(
            "select count(*) from marts.controlled_goods where list_id = 'EU_833_2014_XXIII' and listed_code = '9013' "
            "and mapping = 'heading'"
        ).fetchall()
        assert codes > 1  # a heading stands for all beneath it
        # the entities under their country, since the day that the annex gives
        assert con.execute(
            "select list_id, program, country_iso3, name, listed_on::varchar, is_listed, has_address "
            "from marts.designations order by all"
        ).fetchall() == [
            ("EU_833_2014_IV", "Annex IV", "HKG", "Made Up Chips Co., Ltd.", "2026-04-24", True, True),
            ("EU_833_2014_IV", "Annex IV", "KGZ", "Invented Machines LLC", "2024-06-25", True, True),
            ("EU_833_2014_XLV", "Annex XLV", "KGZ", "Invented Bank OJSC (Kyrgyzstan)", "2025-08-09", True, False),
        ]
