"""UNSD's workbooks between HS revisions: known by their headers, read with their zeros, and what they become.

Here belongs what is read and refused, and what UNSD's real tables come to as bridges and groups. Not here: the
rules of bridging on rows made by hand (dbt's unit tests).
"""

import csv
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from downloads import reasons, refresh, workbook

from dagster_project import warehouse
from dagster_project.files.landing import RequestLogEntry
from dagster_project.ingest.source import Source
from dagster_project.ingest.sources import unsd
from dagster_project.settings import SEEDS_DIR, Settings

UNSD = Source.of(unsd)
CONVERSION = [["From HS2022", "To HS2017"], ["010121", "010121"], ["854149", "854140"]]
CORRELATION = [[], ["HS2022", " HS2017", "Relationship"], ["010121", "010121", "1:1"], ["854149", "854140", "n:1"]]


def put(settings: Settings, content: bytes, name: str = "table.xlsx") -> None:
    (settings.inbox / name).write_bytes(content)


def rows(settings: Settings, table: str) -> list[tuple]:
    columns = "revision_from, code_from, revision_to, code_to" + (", relation" if table == "correlations" else "")
    return warehouse.ask(settings, f"select {columns} from raw.unsd_{table} where _valid_to is null order by all")


def test_both_sheets_are_read_whatever_their_names_and_codes_keep_their_zeros(settings):
    put(settings, workbook(One=CORRELATION, Two=CONVERSION))
    refresh(settings, [UNSD])
    assert reasons(settings) == []
    assert rows(settings, "conversions") == [
        ("HS2022", "010121", "HS2017", "010121"),
        ("HS2022", "854149", "HS2017", "854140"),
    ]
    assert rows(settings, "correlations") == [
        ("HS2022", "010121", "HS2017", "010121", "1:1"),
        ("HS2022", "854149", "HS2017", "854140", "n:1"),
    ]


def test_a_later_table_of_the_same_pair_replaces_the_earlier_and_another_pair_stands_beside(settings):
    put(settings, workbook(One=CORRELATION, Two=CONVERSION))
    refresh(settings, [UNSD])
    put(settings, workbook(One=CORRELATION[:3], Two=CONVERSION[:2]))
    older = [["From", "To"], ["HS 2012", "HS 2007"], ["854140", "854140"]]
    related = [["HS 2012", "HS 2007", "Relationship"], ["854140", "854140", "1:1"]]
    put(settings, workbook(One=older, Two=related), "older.xlsx")
    refresh(settings, [UNSD])
    assert rows(settings, "conversions") == [
        ("HS2012", "854140", "HS2007", "854140"),
        ("HS2022", "010121", "HS2017", "010121"),
    ]


@pytest.mark.parametrize(
    ("sheets", "reason"),
    [
        ({"One": CONVERSION}, "The workbook lacks the conversion or the correlation between one pair of HS revisions."),
        (
            {"One": CORRELATION, "Two": [["HS2017", "HS2012"], ["010121", "010121"]]},
            "The workbook lacks the conversion or the correlation between one pair of HS revisions.",
        ),
        ({"One": CORRELATION, "Two": [*CONVERSION, [10129, 10129]]}, "10129 and 10129 are not both HS codes of six"),
        ({"One": [*CORRELATION, ["010129", "010129", "1:m"]], "Two": CONVERSION}, "The relation of 010129 and 010129"),
        (
            {"One": [*CORRELATION, ["010121", "010129", "1:n"]], "Two": [*CONVERSION, ["010121", "010129"]]},
            "The key is there twice",
        ),
        (
            {"One": CORRELATION, "Two": [*CONVERSION[:2], ["854149", "854150"]]},
            "The code 854149 is converted to 854150, and the sheet of correlations does not relate them (1 such pairs)",
        ),
    ],
    ids=["one sheet", "two pairs", "a zero cut", "an unknown relation", "two conversions of a code", "contradiction"],
)
def test_a_table_that_cannot_be_used_is_rejected(settings, sheets, reason):
    put(settings, workbook(**sheets))
    refresh(settings, [UNSD])
    [message] = reasons(settings)
    assert message.startswith(f"table.xlsx{', row ' if 'row' in message else ''}") and reason in message
    assert rows(settings, "conversions") == rows(settings, "correlations") == []


def test_a_table_into_another_classification_is_not_recognised(settings):
    put(settings, workbook(One=[["From HS2022", "To SITC Rev.4"], ["010121", "00151"]]))
    refresh(settings, [UNSD])
    assert len(reasons(settings)) == 1 and rows(settings, "conversions") == []


def test_each_pair_is_requested_once_a_month(settings):
    now = datetime.now(UTC)
    request = []
    answers = {
        "HS2022-HS2017": RequestLogEntry("HS2022-HS2017", "", "", (now - timedelta(days=29)).isoformat()),
        "HS2017-HS2012": RequestLogEntry("HS2017-HS2012", "", "", (now - timedelta(days=31)).isoformat()),
    }
    session = SimpleNamespace(
        settings=settings,
        last_request=answers.get,
        fetch=lambda address, place, *, partition, expect: request.append((partition, address, place)),
        progress=lambda *_: None,
    )
    unsd.fetch(session)
    assert [pair for pair, *_ in request] == ["HS2017-HS2012", "HS2012-HS2007"]
    assert request[0][1:] == ("UNSD_URL", {"file": "HS2017toHS2012ConversionAndCorrelationTables.xlsx"})


# ---------------------------------------------------------------- the real tables


@pytest.fixture(scope="module")
def bridges(real_build):
    """A question to the bridges of UNSD's three real workbooks."""
    data_dir, _ = real_build
    settings = Settings.from_environment({"DATA": "files", "INBOX": str(data_dir), "DATA_DIR": str(data_dir)})
    with warehouse.connect(settings, read_only=True) as con:
        yield lambda sql: con.execute(sql).fetchall()


def test_the_real_tables_are_read_whole(bridges):
    assert bridges("""
        select revision_from, count(*), (select count(*) from raw.unsd_conversions as c
            where c.revision_from = r.revision_from)
        from raw.unsd_correlations as r group by 1 order by 1""") == [
        ("HS2012", 5_364, 5_205),
        ("HS2017", 6_141, 5_388),
        ("HS2022", 15_657, 5_613),
    ]


def test_the_weights_of_every_code_sum_to_one(bridges):
    assert bridges("""
        select count(*) from (
            select 1 from unpublished.marts.product_bridges group by revision_from, code_from, revision_to
            having abs(sum(weight) - 1) > 1e-6 or min(weight) < 0)""") == [(0,)]
    # all but waste, display modules without an ancestor, and tripods on the way to HS2012
    assert bridges("""
        select count(*), count(distinct code_from) from raw.unsd_conversions as c where not exists (
            select 1 from unpublished.marts.product_bridges as b
            where b.revision_from = c.revision_from and b.code_from = c.code_from and b.revision_to = c.revision_to)
    """) == [(11, 11)]


@pytest.mark.parametrize(
    ("code", "ancestor"),
    [("852589", "852580"), ("854800", "854890"), ("854149", "854140"), ("854151", "854150"), ("854159", "854150"),
     ("880730", "880330")],
)  # fmt: skip
def test_what_is_new_in_hs2022_has_its_group_back_to_hs2012(bridges, code, ancestor):
    assert bridges(f"""
        select revision_to, code_to, weight from unpublished.marts.product_bridges
        where revision_from = 'HS2022' and code_from = '{code}' order by revision_to""") == [
        ("HS2012", ancestor, 1),
        ("HS2017", ancestor, 1),
    ]
    assert bridges(f"""
        select count(distinct stable_group_id), count(distinct hs_revision)
        from intermediate.int_products_grouped where stable_group_id = (
            select stable_group_id from intermediate.int_products_grouped
            where hs_revision = 'HS2022' and product_code = '{code}')""") == [(1, 3)]


def test_chips_are_no_washing_machines_and_transducers_no_telephones(bridges):
    groups = dict(
        bridges("""
        select product_code, stable_group_id from intermediate.int_products_grouped where hs_revision = 'HS2022'""")
    )
    assert [groups[code] for code in ("854231", "854232", "854233", "854239", "845011")] == [
        "854231", "854232", "854233", "854239", "845011",
    ]  # fmt: skip
    assert groups["854151"] == groups["854159"] == "G854151"
    assert groups["851713"] == groups["851714"] == "G851713"


def test_no_group_swallows_the_others(bridges):
    assert bridges("""
        select count(*), count(*) filter (stable_group_id not like 'G%'), max(codes) from (
            select stable_group_id, count(*) filter (hs_revision = 'HS2022') as codes
            from intermediate.int_products_grouped group by 1)""") == [(5_175, 4_890, 15)]


def test_the_seeded_bridges_of_listed_goods_are_those_of_the_tables(bridges):
    seeded = {
        tuple(row[column] for column in ("revision_from", "code_from", "revision_to", "code_to", "relation", "basis"))
        for row in csv.DictReader((SEEDS_DIR / "listed_bridges.csv").open())
    }
    assert len(seeded) == 123
    assert seeded == set(
        bridges("""
        select revision_from, code_from, revision_to, code_to, relation, basis
        from unpublished.marts.product_bridges
        where (revision_from, revision_to) in (('HS2022', 'HS2017'), ('HS2017', 'HS2012')) and stable_group_id in (
            select grouped.stable_group_id from intermediate.int_products_grouped as grouped
            inner join staging.stg_seeds__controlled_goods as listed
                on listed.hs_revision = grouped.hs_revision and listed.product_code = grouped.product_code
            where listed.mapping = 'exact')""")
    )


def test_the_seeded_new_codes_are_those_that_the_older_revision_lacks(bridges):
    seeded = {(row["hs_revision"], row["product_code"]) for row in csv.DictReader((SEEDS_DIR / "new_codes.csv").open())}
    assert len(seeded) == 633
    assert seeded == set(
        bridges("""
        select distinct revision_from, code_from from staging.stg_unsd__correlations as newer
        where revision_from in ('HS2022', 'HS2017') and not exists (
            select 1 from staging.stg_unsd__correlations as older
            where older.revision_from = newer.revision_from and older.code_to = newer.code_from)""")
    )
