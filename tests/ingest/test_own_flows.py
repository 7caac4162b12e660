"""Users' own tables in the tidy layout: read from CSV, Excel and Parquet, checked in every column, and compared.

Here belong the layout from the file to the row of raw, the template, and a table by two partner bases up to the mart.
Not here: what staging makes of single rows (dbt's unit tests). All figures are invented.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pandas as pd
import pytest
from dbt_cli import Dbt
from downloads import loaded, prepare, reasons, refresh, workbook

from dagster_project import warehouse
from dagster_project.definitions import SOURCES
from dagster_project.ingest import template
from dagster_project.ingest.source import Source
from dagster_project.ingest.sources import own_flows
from dagster_project.settings import Settings

OWN = (Source.of(own_flows),)
USUAL = {
    "reporter": "ARM", "partner": "GEO", "flow": "import", "basis": "origin", "freq": "A", "period": "2022",
    "product": "8703", "revision": "HS2022", "value": "1500.5", "currency": "USD", "unit": "u", "quantity": "3",
    "source": "Armstat, table 1", "released_on": "2023-02-20",
}  # fmt: skip


def cell(**columns: str) -> dict[str, str]:
    return USUAL | columns


def csv_of(*rows: dict[str, str], columns: list[str] = own_flows.COLUMNS, delimiter: str = ",") -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, delimiter=delimiter, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def put(settings: Settings, content: bytes, name: str = "table.csv") -> None:
    (settings.inbox_dir / name).write_bytes(content)


def rows(settings: Settings, columns: str) -> list[tuple]:
    return warehouse.ask(settings, f"select {columns} from raw.own_flows where _valid_to is null order by all")


# ---------------------------------------------------------------- the layout


def test_columns_are_read_in_any_order_and_codes_come_to_one_notation(settings):
    put(
        settings,
        csv_of(
            cell(reporter="51", partner="ge", period="2022", product="total", revision="HS2022", flow="Import"),
            cell(reporter="AM", partner="0276", freq="m", period="202203", product="870323", currency="usd"),
            cell(partner="899", freq="M", period="2022-03"),
            cell(partner="W00"),
            columns=own_flows.COLUMNS[::-1],
            delimiter=";",
        ),
    )
    refresh(settings, OWN)
    assert reasons(settings) == []
    assert rows(settings, "reporter, partner, freq, period, product, revision, currency, flow") == [
        ("ARM", "0", "A", "2022", "8703", "HS2022", "USD", "import"),
        ("ARM", "899", "M", "2022-03", "8703", "HS2022", "USD", "import"),
        ("ARM", "DEU", "M", "2022-03", "870323", "HS2022", "USD", "import"),
        ("ARM", "GEO", "A", "2022", "TOTAL", None, "USD", "import"),
    ]


def test_excel_and_parquet_hold_the_same_rows_as_csv(settings):
    table = [cell(), cell(partner="DEU", freq="M", period="2022-03", quantity="", unit="")]
    put(settings, csv_of(*table))
    refresh(settings, OWN)
    written = rows(settings, ", ".join(own_flows.COLUMNS))

    frame = pd.DataFrame(table, columns=own_flows.COLUMNS)
    frame["value"] = frame["value"].astype(float)
    frame["quantity"] = pd.to_numeric(frame["quantity"])  # a gap is NaN
    frame["released_on"] = pd.to_datetime(frame["released_on"]).dt.date
    # of a spreadsheet program: numbers are numbers, and 2022-03 has become a day
    cells = [
        [
            pd.Timestamp("2022-03-01") if value == "2022-03"
            else pd.Timestamp(value) if value == "2023-02-20"
            else float(value) if value.replace(".", "").isdigit()
            else value or None
            for value in row.values()
        ]
        for row in table
    ]  # fmt: skip
    for name, content in {
        "table.parquet": frame.to_parquet(),
        "table.xlsx": workbook(Notes=[["Imports of Armenia"]], Table=[["Imports"], own_flows.COLUMNS, *cells]),
    }.items():
        other = Settings.from_environment(
            {"DATA": "files", "INBOX": str(settings.inbox_dir), "DATA_DIR": str(settings.data_dir / name)}
        )
        (settings.inbox_dir / "table.csv").unlink(missing_ok=True)
        (settings.inbox_dir / name).write_bytes(content)
        refresh(other, OWN)
        assert (name, reasons(other)) == (name, [])
        assert [[*row[:8], float(row[8]), *row[9:11], row[11] and float(row[11]), *row[12:]]
                for row in rows(other, ", ".join(own_flows.COLUMNS))] == [
            [*row[:8], float(row[8]), *row[9:11], row[11] and float(row[11]), *row[12:]] for row in written
        ], name  # fmt: skip
        (settings.inbox_dir / name).unlink()


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ([c for c in own_flows.COLUMNS if c not in ("basis", "unit")], "lacks: basis, unit"),
        ([*own_flows.COLUMNS, "remark"], "has, and the layout has not,: remark"),
        ([*own_flows.COLUMNS, "value"], "names twice: value"),
    ],
)
def test_a_header_that_is_not_the_layouts_is_named_with_the_columns(settings, columns, expected):
    text = csv_of(cell(remark="x"), columns=columns)
    put(settings, text)
    refresh(settings, OWN)
    [reason] = reasons(settings)
    assert expected in reason and "make template" in reason and "table.csv" in reason


def test_columns_without_a_name_behind_the_table_are_nothing_while_they_are_empty(settings):
    empty = csv_of(cell(), delimiter=";").replace(b"\n", b";;\n")
    put(settings, empty)
    put(
        settings,
        empty.replace(b"GEO", b"DEU").replace(b";;\n", b";;remark\n").replace(b";;remark", b";;", 1),
        "remark.csv",
    )
    refresh(settings, OWN)
    assert loaded(settings) == {"table.csv"}
    [reason] = reasons(settings)
    assert "remark.csv" in reason and "under no header" in reason


# ---------------------------------------------------------------- the rules


BROKEN = [
    ("complete", {"value": ""}, "A cell is empty"),
    ("complete", {"released_on": " "}, "A cell is empty"),
    ("of_a_country", {"reporter": "Armenia"}, "The reporter Armenia is no country"),
    ("of_a_country", {"reporter": "899"}, "The reporter 899 is no country"),
    ("with_a_partner", {"partner": "UK"}, "The partner UK is not known"),
    ("with_a_partner", {"partner": "99999"}, "The partner 99999 is not known"),
    ("directed", {"flow": "re-export"}, "The flow re-export is neither import nor export"),
    ("based", {"basis": "destination"}, "The basis destination is not one of an import"),
    ("based", {"flow": "export"}, "The basis origin is not one of an export"),
    ("dated", {"freq": "Q", "period": "2022-Q1"}, "does not fit the frequency Q"),
    ("dated", {"period": "2022-03"}, "The period 2022-03 does not fit the frequency A"),
    ("dated", {"freq": "M", "period": "202213"}, "does not fit the frequency M"),
    ("dated", {"freq": "M", "period": "Mar-22"}, "The period Mar-22 does not fit"),
    ("released", {"released_on": "20.02.2023"}, "The day of release 20.02.2023"),
    ("released", {"released_on": "2999-01-01"}, "lies in the future"),
    ("over", {"period": "2023", "released_on": "2023-02-20"}, "was not over when the table was released"),
    ("coded", {"product": "10121"}, "The product 10121 is no HS code"),
    ("coded", {"product": "8703231910"}, "is no HS code of two, four or six"),
    ("coded", {"product": "7701"}, "The product 7701 is no HS code"),
    ("in_a_revision", {"revision": ""}, "is in no known revision"),
    ("in_a_revision", {"revision": "HS2023"}, "is in no known revision of the HS (HS2023)"),
    ("in_force", {"period": "2021"}, "The revision HS2022 was not in force in 2021"),
    ("numeric", {"value": "1,234.5"}, "is not a number (value 1,234.5"),
    ("numeric", {"value": "nan"}, "is not a number (value nan"),
    ("numeric", {"value": "inf"}, "is not a number (value inf"),
    ("numeric", {"quantity": "three"}, "quantity three"),
    ("nonnegative", {"value": "-5"}, "is negative (value -5"),
    ("nonnegative", {"value": "-inf"}, "is negative (value -inf"),
    ("in_a_currency", {"currency": "THOUSAND USD"}, "The currency THOUSAND USD is not known"),
    ("measured", {"unit": "pieces"}, "in no known unit (pieces)"),
    ("measured", {"unit": ""}, "in no known unit"),
    ("real", {"source": own_flows.EXAMPLE_SOURCE}, "figures are invented"),
]


def test_every_column_is_checked_and_the_row_is_named(settings):
    for place, (_, columns, _) in enumerate(BROKEN):
        put(settings, csv_of(cell(), cell(partner="DEU") | columns), f"{place}.csv")
    refresh(settings, OWN)
    for place, (rule, columns, expected) in enumerate(BROKEN):
        [reason] = reasons(settings, f"{place}.csv")
        assert expected in reason and "row 3" in reason, (rule, columns)
    assert rows(settings, "count(*)") == [(0,)]
    # every rule of the table is met here
    assert {rule for rule, *_ in BROKEN} == {rule.name for rule in own_flows.FLOWS.rules}


def test_a_flow_that_is_there_twice_in_two_notations_is_rejected(settings):
    put(settings, csv_of(cell(), cell(reporter="051", partner="268", value="7")))
    refresh(settings, OWN)
    [reason] = reasons(settings)
    assert "The key is there twice" in reason and "row 3" in reason


def test_a_corrected_file_replaces_its_release_and_a_part_with_other_partners_does_not(settings):
    first = [cell(partner=partner) for partner in ("GEO", "DEU", "FRA", "ITA", "TUR")]
    put(settings, csv_of(*first))
    refresh(settings, OWN)
    put(
        settings,
        csv_of(*[row | {"value": "9"} for row in first if row["partner"] != "ITA"], cell(partner="ITA", value="8")),
    )
    refresh(settings, OWN)
    put(settings, csv_of(cell(partner="CHN")), "another.csv")
    refresh(settings, OWN)
    assert reasons(settings) == []
    assert rows(settings, "partner, value") == [
        ("CHN", "1500.5"), ("DEU", "9"), ("FRA", "9"), ("GEO", "9"), ("ITA", "8"), ("TUR", "9")
    ]  # fmt: skip


# ---------------------------------------------------------------- the template


def test_the_template_is_an_empty_file_and_an_example_that_is_rejected_until_it_is_real(settings, tmp_path, capsys):
    assert template.main([str(tmp_path / "new")]) == 0
    empty, example = tmp_path / "new" / "own_flows.csv", tmp_path / "new" / "own_flows_example.csv"
    assert str(empty) in capsys.readouterr().out
    assert empty.read_text().strip().split(",") == own_flows.COLUMNS
    put(settings, example.read_bytes(), "example.csv")
    refresh(settings, OWN)
    [reason] = reasons(settings)
    assert "This is the example" in reason
    put(settings, example.read_bytes().replace(own_flows.EXAMPLE_SOURCE.encode(), b"Armstat"), "own.csv")
    refresh(settings, OWN)
    assert loaded(settings) == {"own.csv"}
    assert template.main([str(tmp_path / "new")]) == 2  # nothing is overwritten
    assert "is there already" in capsys.readouterr().err


# ---------------------------------------------------------------- a table by two bases


def test_a_table_by_origin_and_by_consignment_fills_the_differences_of_partner_basis(settings, dbt_home: Path):
    # In Armenia's shape: by origin no car is Georgia's, by consignment nearly all are
    by_origin = {"TOTAL": {"GEO": 145, "JPN": 400, "USA": 200}, "8703": {"JPN": 545, "USA": 200}}
    by_consignment = {"GEO": 723, "JPN": 12, "USA": 10}
    table = [
        cell(partner=partner, basis=basis, product=product, revision=revision, value=str(value), quantity="", unit="")
        for product, revision in (("TOTAL", ""), ("8703", "HS2022"))
        for basis, partners in (("origin", by_origin[product]), ("consignment", by_consignment))
        for partner, value in ({"0": sum(partners.values())} | partners).items()
    ]
    exports = cell(reporter="GEO", partner="ARM", flow="export", basis="destination", value="700", source="Geostat")
    put(settings, csv_of(*table))
    put(settings, csv_of(exports | {"unit": "", "quantity": ""}), "georgia.csv")
    refresh(settings, SOURCES)
    prepare(settings, SOURCES)
    assert loaded(settings) >= {"table.csv", "georgia.csv"}
    done = Dbt(dbt_home, settings)("run", "--select", "+basis_wedges", "+source_differences", "+int_file_rows_counted")
    assert done.returncode == 0, done.stdout[-3000:]
    with warehouse.connect(settings) as con:
        wedges = con.execute(
            """select product_code, exporter_iso3, source_name, export_value_usd, import_value_origin_usd,
                import_value_consignment_usd, partner_basis_difference_usd
            from unpublished.marts.basis_wedges order by all"""
        ).fetchall()
        chosen = con.execute(
            "select source_name, value_usd from intermediate.int_flows_chosen "
            "where product_code = 'TOTAL' and reporter = 'ARM' and partner = 'GEO'"
        ).fetchall()
    assert wedges == [
        ("8703", "GEO", "own: Armstat, table 1", 700, 0, 723, 723),
        ("8703", "JPN", "own: Armstat, table 1", None, 545, 12, -533),
        ("8703", "USA", "own: Armstat, table 1", None, 200, 10, -190),
        ("TOTAL", "GEO", "own: Armstat, table 1", None, 145, 723, 578),
        ("TOTAL", "JPN", "own: Armstat, table 1", None, 400, 12, -388),
        ("TOTAL", "USA", "own: Armstat, table 1", None, 200, 10, -190),
    ]
    assert chosen == [("own: Armstat, table 1", 145)]  # by origin: consignment is not added to it
