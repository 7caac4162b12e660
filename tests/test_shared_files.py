"""Real files, and the figures known of them. Skipped, with the reason, where the folder is absent.

The whole way, as a person runs it: `make run DATA=files INBOX=…`, then questions to the published file.
"""

from __future__ import annotations

import duckdb
import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def comtrade(ghost_trade, shared, tmp_path_factory):
    """What the run printed, and a question to what it published."""
    data_dir = tmp_path_factory.mktemp("comtrade") / "data"
    done = ghost_trade(DATA="files", INBOX=shared / "comtrade", DATA_DIR=data_dir)
    assert done.returncode == 0, done.stdout + done.stderr
    con = duckdb.connect(str(data_dir / "published" / "ghost_trade.duckdb"), read_only=True)
    con.execute("use marts")
    yield done.stdout, lambda sql: con.execute(sql).fetchall()
    con.close()


@pytest.fixture(scope="module")
def ask(comtrade):
    return comtrade[1]


PAIR = """
    select round(export_value_usd / 1e6, 3), round(import_value_usd / 1e6, 3) from mirror_gaps
    where freq = 'A' and period = '2022-01-01' and product_code = 'TOTAL'
      and exporter_iso3 = '{}' and importer_iso3 = '{}'
"""


def test_864_pairs_have_both_sides_in_2022(ask) -> None:
    assert ask("""
        select count(*) filter (where export_value_usd > 0 and import_value_usd > 0),
               count(*) filter (where coverage_status = 'both_reported')
        from mirror_gaps where freq = 'A' and period = '2022-01-01' and product_code = 'TOTAL'""") == [(864, 864)]


@pytest.mark.parametrize(
    ("exporter", "importer", "exported", "imported"),
    [
        ("LTU", "ARM", 150.699, 8.251),
        ("DEU", "ARM", 512.754, 399.669),
        ("GEO", "ARM", 584.580, 144.249),
        ("TUR", "GEO", 2400.087, 2370.924),
        ("DEU", "UZB", 1408.890, 1010.473),
    ],
)
def test_both_books_stand_as_reported(ask, exporter, importer, exported, imported) -> None:
    assert ask(PAIR.format(exporter, importer)) == [(exported, imported)]


@pytest.mark.parametrize("importer", ["CAN", "ZAF"])
def test_an_importer_that_values_fob_is_left_as_it_is(ask, importer) -> None:
    [(value, fob, low, high)] = ask(f"""
        select import_value_usd, import_value_fob_usd, import_value_fob_low_usd, import_value_fob_high_usd
        from mirror_gaps where freq = 'A' and period = '2022-01-01' and product_code = 'TOTAL'
          and exporter_iso3 = 'DEU' and importer_iso3 = '{importer}'""")
    assert value == pytest.approx(fob, abs=0.01) and low == fob == high


@pytest.mark.parametrize("importer", ["TUR", "BRA", "CZE", "AUS", "NZL", "PRY", "SRB"])
def test_who_publishes_both_values_is_brought_to_fob_by_its_own(ask, importer) -> None:
    rows = ask(f"""
        select count(*), count(*) filter (where import_basis = 'published_fob')
        from mirror_gaps where freq = 'A' and period = '2022-01-01' and importer_iso3 = '{importer}'
          and import_value_usd > 0""")
    [(imports, published)] = rows
    assert imports > 20 and imports - published <= 1  # Brazil gives no FOB value for one of its partners


def test_germanys_sales_to_turkey_use_turkeys_published_fob_value(ask) -> None:
    [(fob,)] = ask("""
        select import_value_fob_usd from mirror_gaps where freq = 'A' and period = '2022-01-01'
          and product_code = 'TOTAL' and exporter_iso3 = 'DEU' and importer_iso3 = 'TUR'""")
    assert fob == pytest.approx(22_735_384_277.98, abs=0.01)


def test_re_exports_are_in_exports_once(ask) -> None:
    [(exported, re_exported)] = ask("""
        select export_value_usd, re_export_value_usd from mirror_gaps where freq = 'A' and period = '2022-01-01'
          and product_code = 'TOTAL' and exporter_iso3 = 'GEO' and importer_iso3 = 'ARM'""")
    assert round(exported / 1e6, 3) == 584.580 and 0 < re_exported < exported


def test_neither_the_world_nor_a_group_is_in_any_pair(ask) -> None:
    assert ask("""
        select count(*) from mirror_gaps where exporter_iso3 not in (select iso3 from countries)
           or importer_iso3 not in (select iso3 from countries)""") == [(0,)]
    statuses = ask("select distinct coverage_status from report_coverage where starts_with(importer_iso3, '_')")
    assert statuses == [("non_geographic",)]


def test_kazakhstan_does_not_report_2022_and_has_no_gap_and_no_zero(ask) -> None:
    rows = ask("""
        select distinct exporter_iso3 = 'KAZ', coverage_status, gap_usd is null,
            case when exporter_iso3 = 'KAZ' then export_value_usd else import_value_usd end
        from mirror_gaps where freq = 'A' and period = '2022-01-01' and 'KAZ' in (exporter_iso3, importer_iso3)""")
    assert sorted(rows) == [(False, "importer_nonreporting", True, None), (True, "exporter_nonreporting", True, None)]


def test_chinas_and_kazakhstans_books_of_2014_come_from_the_web_download(ask) -> None:
    assert ask("""
        select count(*), round(max(export_value_usd) / 1e6, 1), round(max(import_value_usd) / 1e6, 1)
        from mirror_gaps where period = '2014-01-01' and exporter_iso3 = 'CHN' and importer_iso3 = 'KAZ'
    """) == [(8, 12709.8, 7357.2)]  # all goods and seven chapters


def test_the_old_layouts_are_refused_with_what_to_download(comtrade) -> None:
    assert comtrade[0].count("before 2022") >= 2 and "comtradeplus" in comtrade[0]


def test_where_no_controlled_goods_are_loaded_the_summary_ranks_all_goods(comtrade) -> None:
    assert "The ten largest gaps on all goods into transit countries" in comtrade[0]
    assert "SIMULATED" not in comtrade[0]


@pytest.fixture(scope="module")
def lists(ghost_trade, shared, tmp_path_factory):
    """A question to what a run with OFAC's two lists and the EU's goods published."""
    folder = tmp_path_factory.mktemp("lists")
    (folder / "inbox").mkdir()
    files = ("sanctions/full_xml/ofac_sdn_20240507.xml.gz", "sanctions/full_xml/ofac_consolidated_20240506.xml.gz")
    for number, name in enumerate((*files, "lists/EU_sanctions_HS6_chupilkin.csv")):
        (folder / "inbox" / str(number)).write_bytes((shared / name).read_bytes())
    done = ghost_trade(DATA="files", INBOX=folder / "inbox", DATA_DIR=folder / "data")
    assert done.returncode == 0, done.stdout + done.stderr
    with duckdb.connect(str(folder / "data/published/ghost_trade.duckdb"), read_only=True) as con:
        con.execute("use marts")
        yield lambda sql: con.execute(sql).fetchall()


def test_both_of_ofacs_lists_stand_side_by_side(lists) -> None:
    """62 entries stand on both, under the same numbers, with the same aliases and addresses."""
    assert lists(
        "select list_id, count(*), sum(alias_count) from sanctioned_entities group by 1 order by 1"
    ) == [("OFAC_CONSOLIDATED", 443, 1126), ("OFAC_SDN", 14966, 21754)]  # fmt: skip
    kinds = lists("select kind, count(*) from sanctioned_entities where list_id = 'OFAC_SDN' group by 1")
    assert dict(kinds) == {"entity": 6884, "person": 6855, "vessel": 851, "aircraft": 376}
    russia = "'RUSSIA-EO14024' in string_split(programs, '; ')"
    assert lists(f"select count(*) from sanctioned_entities where list_id = 'OFAC_SDN' and {russia}") == [(4439,)]
    [(listed, seen, here)] = lists(
        "select count(listed_on), count(first_seen_on), count(*) filter (where is_listed) from sanctioned_entities"
    )
    assert (listed, seen, here) == (123, 15409, 15409)
    assert lists("select count(*) from sanctioned_entities where kind = 'person' and nationalities is not null") == [
        (5174,)
    ]


def test_designations_tell_who_in_which_transit_country(lists) -> None:
    """Entries; they have more addresses: 99 in the Emirates, 96 in China, 54 in Turkey."""
    entries = lists("""
        select country_iso3, count(*) from designations
        where list_id = 'OFAC_SDN' and program = 'RUSSIA-EO14024' and has_address and country_role = 'transit'
          and country_iso3 in ('ARE', 'CHN', 'TUR', 'UZB', 'KGZ', 'KAZ', 'ARM', 'GEO') group by 1""")
    assert dict(entries) == {"ARE": 89, "CHN": 74, "TUR": 51, "UZB": 11, "KGZ": 9, "KAZ": 5, "ARM": 4, "GEO": 2}
    assert lists("select count(*) from designations where country_name is null or program_label is null") == [(0,)]


def test_ofacs_two_lists_are_linked_by_number_and_nothing_is_merged(lists) -> None:
    [(linked, own_numbers)] = lists("""
        select count(*), count(*) filter (where left_source_id = right_source_id) from entity_links
        where status = 'linked'""")
    assert linked >= own_numbers == 62
    assert lists("select min(score), max(score) from entity_links where status = 'linked'") == [(1.0, 1.0)]
    assert lists("select count(*) from entity_links where score not between 0.8 and 1") == [(0,)]
    [(names, spelled)] = lists("select count(*), count(normalised_name) from entity_names")
    assert names > 35_000 and spelled == names


def test_the_eus_goods_are_listed_since_their_day_with_their_categories(lists) -> None:
    assert (
        lists("""
        select count(*), min(valid_from), max(valid_from), count(distinct categories), count(price_above_eur)
        from controlled_goods where list_id = 'EU_833_2014'""")[0][0]
        == 2304
    )
    assert lists("""
        select cast(valid_from as varchar), categories, price_above_eur, hs_revision from controlled_goods
        where list_id = 'EU_833_2014' and product_code = '010121'""") == [("2022-03-15", "luxury", 300.0, "HS2017")]
    assert lists("select count(*) from controlled_goods where list_id = 'CHPL' and hs_revision = 'HS2022'") == [(50,)]
