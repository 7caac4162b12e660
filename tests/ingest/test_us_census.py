"""The US Census Bureau's answers: read as JSON in any order of columns, and rejected where they may split the figures.

Not here: what staging and the models above make of the rows (dbt's unit tests). All figures are invented.
"""

from __future__ import annotations

import json

import pytest
from downloads import prepare, reasons, refresh

from dagster_project import warehouse
from dagster_project.ingest.source import Source
from dagster_project.ingest.sources import us_census
from dagster_project.settings import Settings

CENSUS = (Source.of(us_census),)
EXPORT = {
    "CTY_CODE": "4634", "CTY_NAME": "KAZAKHSTAN", "E_COMMODITY": "854231", "E_COMMODITY_SDESC": "PROCESSORS",
    "COMM_LVL": "HS6", "ALL_VAL_MO": "1500", "time": "2023-03",
}  # fmt: skip
IMPORT = {
    "CTY_CODE": "4634", "CTY_NAME": "KAZAKHSTAN", "I_COMMODITY": "284410", "COMM_LVL": "HS6", "GEN_VAL_MO": "900",
    "GEN_CIF_MO": "1000", "YEAR": "2023", "MONTH": "3",
}  # fmt: skip


def answer(*rows: dict[str, str | None], header: list[str] | None = None) -> bytes:
    """An answer of the API: a list of rows, the first of them the header, a row a line."""
    header = header or list(rows[0])
    lines = [header, *([row[name] for name in header] for row in rows)]
    return ("[" + ",\n".join(json.dumps(line) for line in lines) + "]").encode()


def load(settings: Settings, *answers: bytes) -> list[str]:
    """Put answers into the inbox and load them. Returns the reasons of those that were rejected."""
    for number, content in enumerate(answers):
        (settings.inbox_dir / f"{number}.json").write_bytes(content)
    prepare(settings, CENSUS)
    refresh(settings, CENSUS)
    return reasons(settings)


def rows(settings: Settings, endpoint: str) -> list[tuple]:
    columns = warehouse.identifiers(next(t.columns for t in us_census.TABLES if t.name.endswith(endpoint)))
    return warehouse.ask(
        settings, f"select {columns} from raw.us_census_{endpoint} where _valid_to is null order by all"
    )


def test_both_endpoints_are_read_whatever_the_order_of_their_columns(settings):
    reversed_header = list(reversed(IMPORT))
    total = EXPORT | {"E_COMMODITY": "-", "COMM_LVL": "-", "CTY_CODE": "-", "ALL_VAL_MO": "9000"}
    assert load(settings, answer(EXPORT, total), answer(IMPORT, header=reversed_header)) == []
    assert rows(settings, "exports") == [
        ("2023-03", "-", "0", "-", "9000"),
        ("2023-03", "4634", "6", "854231", "1500"),
    ]
    assert rows(settings, "imports") == [("2023-03", "4634", "6", "284410", "900", "1000")]


def test_a_column_that_the_api_repeats_is_one_column(settings):
    header = [*EXPORT, "CTY_CODE"]
    assert load(settings, answer(EXPORT, header=header)) == []
    assert len(rows(settings, "exports")) == 1


def test_an_answer_of_other_goods_is_another_part_and_a_later_one_of_the_same_replaces_it(settings):
    other, later = EXPORT | {"E_COMMODITY": "851762"}, EXPORT | {"ALL_VAL_MO": "1600"}
    assert load(settings, answer(EXPORT), answer(other)) == []
    assert load(settings, answer(later)) == []
    assert rows(settings, "exports") == [
        ("2023-03", "4634", "6", "851762", "1500"),
        ("2023-03", "4634", "6", "854231", "1600"),
    ]


@pytest.mark.parametrize(
    "content, reason",
    [
        (answer({**EXPORT, "DF": "1"}), "The answer has columns that may split its figures: DF."),
        (answer({**EXPORT, "DISTRICT": "10"}), "The answer has columns that may split its figures: DISTRICT."),
        (
            answer({c: v for c, v in IMPORT.items() if c != "GEN_CIF_MO"}),
            "The answer lacks the column GEN_CIF_MO. Query for example get=CTY_CODE,I_COMMODITY,COMM_LVL,GEN_VAL_MO,",
        ),
        (answer({"NAICS": "3344", "CTY_CODE": "4634", "GEN_VAL_MO": "9", "time": "2023-03"}), "without HS codes"),
        (answer({c: v for c, v in EXPORT.items() if c != "time"}), "The answer lacks the month"),
        (answer(EXPORT)[:-40], "The answer has a header and no whole row."),
        (answer(EXPORT, EXPORT)[:-40], "The answer is no JSON, or is cut off."),
        (answer(EXPORT).replace(b'"1500", ', b""), "The row has 6 cells where the header has 7."),
        (answer(EXPORT | {"COMM_LVL": "HS4"}), "The column COMM_LVL has HS4 where the row is of HS6."),
        (answer(EXPORT | {"time": "2023"}), "The period 2023 is no month."),
        (answer(EXPORT | {"time": "2099-01"}), "The period 2099-01 lies in the future."),
        (answer(EXPORT | {"CTY_CODE": "634"}), "The country 634 is no code of Schedule C."),
        (answer(EXPORT | {"E_COMMODITY": "54231", "COMM_LVL": ""}), "The product 54231 is no HS code"),
        (answer(EXPORT | {"ALL_VAL_MO": None}), "A cell is empty that may not be (time 2023-03, CTY_CODE 4634"),
        (answer(EXPORT | {"ALL_VAL_MO": "nan"}), "A value is not a number"),
        (answer(EXPORT | {"ALL_VAL_MO": "-5"}), "A value is negative"),
        (answer(EXPORT, EXPORT), "The key is there twice"),
        (answer(IMPORT | {"GEN_CIF_MO": "899"}), "The CIF value 899 does not fit the customs value 900"),
        (answer(IMPORT | {"GEN_CIF_MO": "900000"}), "The CIF value 900000 does not fit the customs value 900"),
        (answer(EXPORT, header=[*EXPORT, "ALL_VAL_MO"]).replace(b'"1500"', b'"9"', 1), "The column ALL_VAL_MO stands"),
    ],
)
def test_what_is_not_the_answer_that_is_read_is_rejected_with_its_cause(settings, content, reason):
    [rejection] = load(settings, content)
    assert reason in rejection
    assert rows(settings, "exports") == rows(settings, "imports") == []
