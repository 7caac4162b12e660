"""Real files, and the figures known of them. Skipped, with the reason, where the folder is absent.

The whole way, as a person runs it: `make run DATA=files INBOX=…`, then questions to the published file.
"""

from __future__ import annotations

from datetime import date

import duckdb
import pytest
from real_files import DOLLARS_A_EURO
from two_rows import Mirror


@pytest.fixture(scope="module")
def everything(real_build):
    """A question to what the build published, and one to its warehouse; and what it printed."""
    data_dir, printed = real_build
    with (
        duckdb.connect(str(data_dir / "published/ghost_trade.duckdb"), read_only=True) as published,
        duckdb.connect(str(data_dir / "warehouse.duckdb"), read_only=True) as warehouse,
    ):
        published.execute("use marts")
        yield (
            (lambda sql: published.execute(sql).fetchall()),
            (lambda sql: warehouse.execute(sql).fetchall()),
            printed,
        )


@pytest.fixture(scope="module")
def published(everything):
    return everything[0]


@pytest.fixture(scope="module")
def warehouse(everything):
    return everything[1]


PAIR = """
    select round(export_value_usd / 1e6, 3), round(import_value_usd / 1e6, 3) from mirror_gaps
    where freq = 'A' and period = '2022-01-01' and product_code = 'TOTAL'
      and exporter_iso3 = '{}' and importer_iso3 = '{}'
"""


# Comext and the books of Kazakhstan and Kyrgyzstan, loaded beside, speak of their own pairs and change no other.
OF_COMTRADE_ALONE = "not ('KAZ' in (exporter_iso3, importer_iso3) or 'KGZ' in (exporter_iso3, importer_iso3))"


def test_what_a_flow_is_called_follows_from_its_two_rows_and_each_row_is_in_one_flow(real_build) -> None:
    """In the words of Global Financial Integrity: lost exports, orphan imports."""
    with Mirror(real_build[0]) as mirror:
        assert mirror.contradictions() == []
        assert mirror.repeated() == []
        for _, exports, in_flows, imports, in_flows_too in mirror.sums():
            assert (in_flows, in_flows_too) == pytest.approx((exports, imports), rel=1e-9)


def test_864_pairs_have_both_sides_in_2022(published) -> None:
    both = """
        select count(*) filter (
                   where export_value_usd > 0 and import_value_usd > 0 and coverage_status <> 'partner_hidden'),
               count(*) filter (where coverage_status = 'both_reported')
        from mirror_gaps where freq = 'A' and period = '2022-01-01' and product_code = 'TOTAL' and """
    assert published(both + OF_COMTRADE_ALONE) == [(864, 864)]
    assert published(both + "true") == [(1002, 1002)]


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
def test_both_books_stand_as_reported(published, exporter, importer, exported, imported) -> None:
    assert published(PAIR.format(exporter, importer)) == [(exported, imported)]


@pytest.mark.parametrize("importer", ["CAN", "ZAF"])
def test_an_importer_that_values_fob_is_left_as_it_is(published, importer) -> None:
    [(value, fob, low, high)] = published(f"""
        select import_value_usd, import_value_fob_usd, import_value_fob_low_usd, import_value_fob_high_usd
        from mirror_gaps where freq = 'A' and period = '2022-01-01' and product_code = 'TOTAL'
          and exporter_iso3 = 'DEU' and importer_iso3 = '{importer}'""")
    assert value == pytest.approx(fob, abs=0.01) and low == fob == high


@pytest.mark.parametrize("importer", ["TUR", "BRA", "CZE", "AUS", "NZL", "PRY", "SRB"])
def test_who_publishes_both_values_is_brought_to_fob_by_its_own(published, importer) -> None:
    rows = published(f"""
        select count(*), count(*) filter (where import_basis = 'published_fob')
        from mirror_gaps where freq = 'A' and period = '2022-01-01' and importer_iso3 = '{importer}'
          and import_value_usd > 0""")
    [(imports, published)] = rows
    assert imports > 20 and imports - published <= 1  # Brazil gives no FOB value for one of its partners


def test_germanys_sales_to_turkey_use_turkeys_published_fob_value(published) -> None:
    [(fob,)] = published("""
        select import_value_fob_usd from mirror_gaps where freq = 'A' and period = '2022-01-01'
          and product_code = 'TOTAL' and exporter_iso3 = 'DEU' and importer_iso3 = 'TUR'""")
    assert fob == pytest.approx(22_735_384_277.98, abs=0.01)


def test_re_exports_are_in_exports_once(published) -> None:
    [(exported, re_exported)] = published("""
        select export_value_usd, re_export_value_usd from mirror_gaps where freq = 'A' and period = '2022-01-01'
          and product_code = 'TOTAL' and exporter_iso3 = 'GEO' and importer_iso3 = 'ARM'""")
    assert round(exported / 1e6, 3) == 584.580 and 0 < re_exported < exported


def test_neither_the_world_nor_a_group_is_in_any_pair(published) -> None:
    assert published("""
        select count(*) from mirror_gaps where exporter_iso3 not in (select iso3 from countries)
           or importer_iso3 not in (select iso3 from countries)""") == [(0,)]
    statuses = published("select distinct coverage_status from report_coverage where starts_with(importer_iso3, '_')")
    assert statuses == [("non_geographic",)]


def test_who_does_not_report_2022_has_no_gap_and_no_zero(published) -> None:
    """Russia is in no file of 2022, and Kazakhstan only in the books of its own, which name no China."""
    rows = published(
        """
        select distinct exporter_iso3 = 'RUS', coverage_status, gap_usd is null,
            case when exporter_iso3 = 'RUS' then export_value_usd else import_value_usd end
        from mirror_gaps where freq = 'A' and period = '2022-01-01' and 'RUS' in (exporter_iso3, importer_iso3)
            and """
        + OF_COMTRADE_ALONE
    )
    assert sorted(rows) == [(False, "importer_nonreporting", True, None), (True, "exporter_nonreporting", True, None)]


def test_chinas_and_kazakhstans_books_of_2014_come_from_the_web_download(published) -> None:
    assert published("""
        select count(*), round(max(export_value_usd) / 1e6, 1), round(max(import_value_usd) / 1e6, 1)
        from mirror_gaps where period = '2014-01-01' and exporter_iso3 = 'CHN' and importer_iso3 = 'KAZ'
    """) == [(8, 12709.8, 7357.2)]  # all goods and seven chapters


def test_the_old_layouts_are_rejected_with_what_to_download(everything) -> None:
    assert everything[2].count("before 2022") >= 2 and "comtradeplus" in everything[2]


def test_where_no_controlled_goods_are_loaded_the_summary_ranks_all_goods(everything) -> None:
    assert "The ten largest gaps on all goods into transit countries" in everything[2]
    assert "SIMULATED" not in everything[2]


@pytest.mark.parametrize(
    ("importer", "year", "exported", "imported"),
    [
        ("KAZ", 2021, 6489.6, 5655.0),
        ("KAZ", 2022, 10896.1, 7624.5),
        ("KAZ", 2023, 13094.7, 10314.0),
        ("KGZ", 2021, 311.3, 289.5),
        ("KGZ", 2022, 1233.0, 526.9),
        ("KGZ", 2023, 2956.0, 964.6),
    ],
)
def test_what_27_members_sold_and_the_importer_recorded(published, importer, year, exported, imported) -> None:
    assert published(f"""
        select round(export_value_usd / 1e6, 1), round(import_value_usd / 1e6, 1), members
        from bloc_gaps where freq = 'A' and exporter_bloc = 'EU27' and product_code = 'TOTAL'
          and importer_iso3 = '{importer}' and period = '{year}-01-01'""") == [(exported, imported, 27)]


def test_lithuania_sold_kazakhstan_six_times_what_kazakhstan_recorded(published) -> None:
    assert published("""
        select round(export_value_usd / 1e6, 1), round(import_value_usd / 1e6, 1), coverage_status
        from mirror_gaps where freq = 'A' and product_code = 'TOTAL' and period = '2022-01-01'
          and exporter_iso3 = 'LTU' and importer_iso3 = 'KAZ'""") == [(912.4, 139.6, "both_reported")]


@pytest.mark.parametrize(("importer", "growth"), [("KAZ", 88.6), ("KGZ", 344.8)])
def test_growth_in_euro_is_that_in_dollars_over_the_rates(published, importer, growth) -> None:
    values = dict(
        published(f"""
        select cast(extract(year from period) as integer), export_value_usd from bloc_gaps
        where freq = 'A' and exporter_bloc = 'EU27' and product_code = 'TOTAL' and importer_iso3 = '{importer}'""")
    )
    euro = {year: value / DOLLARS_A_EURO[year] for year, value in values.items()}
    assert round(100 * (euro[2022] / euro[2021] - 1), 1) == growth


# The ECB's averages of each month, dollars a euro (series EXR.M.USD.EUR.SP00.A).
MONTHLY_DOLLARS_A_EURO = {
    2021: "1.2171 1.2098 1.1899 1.1979 1.2146 1.2047 1.1822 1.1772 1.1770 1.1601 1.1414 1.1304",
    2022: "1.1314 1.1342 1.1019 1.0819 1.0579 1.0566 1.0179 1.0128 0.9904 0.9826 1.0201 1.0589",
    2023: "1.0769 1.0715 1.0706 1.0968 1.0868 1.0840 1.1058 1.0909 1.0684 1.0563 1.0808 1.0903",
}


def test_at_the_rates_of_the_months_each_year_moves_by_two_per_cent_at_most_but_one(warehouse) -> None:
    """The known figures were computed with a year's rate; what is used is each month's. Kyrgyzstan's year 2022 moves
    by 2.3 %: its imports from the union soared just when the euro stood below the dollar."""
    rates = ", ".join(
        f"(date '{year}-{month:02d}-01', {rate})"
        for year, rates_of_months in MONTHLY_DOLLARS_A_EURO.items()
        for month, rate in enumerate(rates_of_months.split(), start=1)
    )
    moved = warehouse(f"""
        with rates(period, rate) as (values {rates})
        select partner, year(period), sum(value_eur * rate) / sum(value_usd) - 1
        from intermediate.int_eurostat_flows_placed inner join rates using (period)
        where freq = 'M' and reporter <> 'GBR' group by all order by all""")
    shares = {(partner, year): share for partner, year, share in moved}
    assert len(shares) == 6
    assert shares.pop(("KGZ", 2022)) == pytest.approx(-0.0232, abs=0.0001)
    assert max(abs(share) for share in shares.values()) < 0.013


@pytest.mark.parametrize(
    ("importer", "year", "gap", "did", "share", "rate"),
    [
        ("KAZ", 2022, 3271.6, (2437, 2549, 2616), (0.55, 0.58, 0.59), (1870, 1765)),
        ("KAZ", 2023, 2780.6, (1946, 2210, 2370), (0.29, 0.33, 0.36), (1097, 1035)),
        ("KGZ", 2022, 706.1, (684, 698, 706), (0.74, 0.76, 0.77), (620, 585)),
        ("KGZ", 2023, 1991.4, (1970, 2008, 2031), (0.75, 0.76, 0.77), (1784, 1683)),
    ],
)
def test_both_ghost_estimates_of_the_union_are_those_published(
    published, importer, year, gap, did, share, rate
) -> None:
    """METHODS 2.9, against 2021, at margins 0, 6 and 10 %."""
    rows = published(f"""
        select ghost_did_usd / 1e6, ghost_rate_usd / 1e6, ghost_share from ghost_sensitivities
        where window_kind = 'year' and exporter = 'EU27' and goods = 'TOTAL' and baseline_id = 'b2021'
          and importer_iso3 = '{importer}' and period = '{year}-01-01' and cif_margin in (0, 0.06, 0.10)
        order by cif_margin""")
    assert [row[0] for row in rows] == pytest.approx(did, rel=0.02)
    assert [row[1] for row in rows[:2]] == pytest.approx(rate, rel=0.02)
    assert [row[2] for row in rows] == pytest.approx(share, abs=0.006)  # as printed: 0.7447 stands there as .75
    [(least, middle, low, high, at_cif, both)] = published(f"""
        select ghost_rate_usd, ghost_did_usd, ghost_low_usd, ghost_high_usd,
            (export_value_usd - import_cif_usd) / 1e6, both_share
        from ghost_trade where window_kind = 'year' and exporter = 'EU27' and goods = 'TOTAL'
          and baseline_id = 'b2021' and importer_iso3 = '{importer}' and period = '{year}-01-01'""")
    assert low < least < middle < high
    assert at_cif == pytest.approx(gap, rel=0.02)
    assert both == 1


def test_about_half_of_the_added_exports_to_two_countries_never_arrived_in_their_books(published) -> None:
    assert published("""
        select cif_margin, round(100 * sum(ghost_did_usd) / sum(added_export_usd)) from ghost_sensitivities
        where window_kind = 'year' and exporter = 'EU27' and goods = 'TOTAL' and baseline_id = 'b2021'
          and importer_iso3 in ('KAZ', 'KGZ') and year(period) in (2022, 2023) and cif_margin in (0, 0.06, 0.10)
        group by all order by all""") == [(0, 48), (0.06, 51), (0.1, 53)]


def test_the_first_alarms_on_the_unions_exports(published) -> None:
    """METHODS 2.7. There in euro; here in dollars, which moves no month."""
    assert published("""
        select importer_iso3, min(period) filter (where is_z3), count(*) filter (where z is not null)
        from excess_trade where freq = 'M' and exporter = 'EU27' and goods = 'TOTAL' and baseline_id = 'b19_21'
          and importer_iso3 in ('KAZ', 'KGZ')
        group by all order by all""") == [("KAZ", date(2022, 7, 1), 68), ("KGZ", date(2022, 6, 1), 68)]
    assert published("""
        select round(median_asinh, 4), round(mad_asinh, 4), months from flow_baselines
        where freq = 'M' and exporter = 'EU27' and goods = 'TOTAL' and series = 'export'
          and baseline_id = 'b19_21' and importer_iso3 = 'KGZ'""") == [(8.5408, 0.117, 36)]
    assert published("""
        select round(z, 2) from excess_trade
        where freq = 'M' and exporter = 'EU27' and goods = 'TOTAL' and baseline_id = 'b19_21'
          and importer_iso3 = 'KGZ' and period in ('2022-09-01', '2023-12-01') order by period
        """) == [(10.86,), (13.2,)]


def test_no_member_is_in_the_union_twice_and_no_source_is_added_to_another(published, warehouse) -> None:
    """Germany and seven other members have the year 2022 from Comtrade as well; Comext speaks first."""
    assert published("""
        select source_name, other_source_name, count(*), count(*) filter (where is_beyond_tolerance),
            count(distinct reporter_iso3)
        from source_differences where freq = 'A' group by all""") == [("eurostat", "comtrade", 16, 11, 8)]
    [(sold, comext, comtrade, share)] = published("""
        select round(export_value_usd / 1e6, 1), round(value_usd / 1e6, 1), round(other_value_usd / 1e6, 1),
            round(100 * difference_share, 1)
        from source_differences as flows inner join mirror_gaps as gaps
            on (gaps.freq, gaps.period, gaps.product_code) = (flows.freq, flows.period, flows.product_code)
            and (gaps.exporter_iso3, gaps.importer_iso3) = (flows.reporter_iso3, flows.partner_iso3)
        where flows.freq = 'A' and flows.role = 'export' and (reporter_iso3, partner_iso3) = ('DEU', 'KAZ')""")
    assert (sold, comext, comtrade, share) == (2947.6, 2947.6, 3056.0, 3.7)
    assert warehouse("""
        select count(*) from (
            select reporter, partner from intermediate.int_flows_chosen
            where role = 'export' and freq = 'A' and product_level = 0 group by period, reporter, partner
            having count(*) > 1)""") == [(0,)]


def test_a_member_of_which_only_comext_is_loaded_reports_nothing_of_brazil(published) -> None:
    """France and Italy are in no Comtrade file of 2022, and reported to Comext of two countries."""
    assert published("""
        select distinct coverage_status from mirror_gaps where freq = 'A' and period = '2022-01-01'
          and exporter_iso3 in ('FRA', 'ITA') and importer_iso3 in ('BRA', 'TUR') and import_value_usd > 0
    """) == [("exporter_nonreporting",)]
    assert published("""
        select distinct coverage_status from mirror_gaps where freq = 'A' and period = '2022-01-01'
          and exporter_iso3 in ('FRA', 'ITA') and importer_iso3 in ('KAZ', 'KGZ')""") == [("both_reported",)]


def test_every_list_stands_whole_side_by_side(published, warehouse) -> None:
    """62 entries stand on both of OFAC's lists, under the same numbers, with the same aliases and addresses. Three
    of the EU's stand under two programmes: 4,811 elements of its file are 4,808 entries."""
    assert published(
        "select list_id, count(*), sum(alias_count) from sanctioned_entities where is_listed group by 1 order by 1"
    )[1:3] == [("OFAC_CONSOLIDATED", 443, 1126), ("OFAC_SDN", 14966, 21754)]
    kinds = published("select list_id, kind, count(*) from sanctioned_entities where is_listed group by all")
    assert {(one, kind): count for one, kind, count in kinds if one != "OFAC_CONSOLIDATED"} == {
        ("OFAC_SDN", "entity"): 6884, ("OFAC_SDN", "person"): 6855,
        ("OFAC_SDN", "vessel"): 851, ("OFAC_SDN", "aircraft"): 376,
        ("EU", "person"): 3753, ("EU", "entity"): 1055, ("UN", "person"): 682, ("UN", "entity"): 193,
    }  # fmt: skip
    assert warehouse("""
        select entries.code, count(*), count(distinct entries.logicalId)
        from raw.eu_listings as listings inner join raw.eu_entries as entries
            on entries.logicalId = listings.entityLogicalId
        group by all order by all""") == [("enterprise", 1056, 1055), ("person", 3755, 3753)]


def test_ofac_tells_programs_days_and_nationalities(published) -> None:
    russia = "'RUSSIA-EO14024' in string_split(programs, '; ')"
    assert published(f"select count(*) from sanctioned_entities where list_id = 'OFAC_SDN' and {russia}") == [(4439,)]
    assert published("""
        select count(listed_on), count(first_seen_on), count(*) filter (where is_listed),
            count(*) filter (where kind = 'person' and nationalities is not null)
        from sanctioned_entities where list_id like 'OFAC%'""") == [(123, 15409, 15409, 5174)]


ADDRESSES = """
    select country_label, count(*), count(distinct source_id) from staging.stg_ofac__locations
    where link_kind = 'address' and {} and (list_id, source_id) in (
            select (list_id, source_id) from staging.stg_ofac__programs where program = 'RUSSIA-EO14024')
        and country_label in ('United Arab Emirates', 'China', 'Turkey', 'Uzbekistan', 'Kyrgyzstan', 'Kazakhstan',
            'Armenia', 'Georgia') group by 1"""


def test_the_addresses_under_the_russian_program_and_whose_they_are(warehouse) -> None:
    """99, 97, 54, 11, 9, 5, 4 and 2 addresses are known of them, and so many entries have one here. China's 97th is its
    96th again, repeated by the consolidated list, which repeats four addresses: whoever counts over both lists counts
    97, and here each list is counted by itself."""
    message = {country: counts for country, *counts in warehouse(ADDRESSES.format("list_id = 'OFAC_SDN'"))}
    assert message == {
        "United Arab Emirates": [99, 89], "China": [96, 74], "Turkey": [54, 51], "Uzbekistan": [11, 11],
        "Kyrgyzstan": [9, 9], "Kazakhstan": [5, 5], "Armenia": [4, 4], "Georgia": [2, 2],
    }  # fmt: skip
    beside = {country: counts for country, *counts in warehouse(ADDRESSES.format("list_id = 'OFAC_CONSOLIDATED'"))}
    assert beside == {"China": [1, 1], "Kazakhstan": [1, 1], "Armenia": [1, 1], "Georgia": [1, 1]}
    assert warehouse("""
        select count(*), count(distinct location_id) from staging.stg_ofac__locations
        where link_kind = 'address' and country_label = 'China' and source_id in (
            select source_id from staging.stg_ofac__programs where program = 'RUSSIA-EO14024')""") == [(97, 96)]


def test_designations_tell_who_in_which_transit_country(published) -> None:
    entries = published("""
        select country_iso3, count(*) from designations
        where list_id = 'OFAC_SDN' and program = 'RUSSIA-EO14024' and has_address and country_role = 'transit'
          and country_iso3 in ('ARE', 'CHN', 'TUR', 'UZB', 'KGZ', 'KAZ', 'ARM', 'GEO') group by 1""")
    assert dict(entries) == {"ARE": 89, "CHN": 74, "TUR": 51, "UZB": 11, "KGZ": 9, "KAZ": 5, "ARM": 4, "GEO": 2}
    assert published("select count(*) from designations where country_name is null or program_label is null") == [(0,)]


def test_ofacs_two_lists_are_linked_by_number_and_nothing_is_merged(published) -> None:
    [(linked, own_numbers)] = published("""
        select count(*), count(*) filter (where left_source_id = right_source_id) from entity_links
        where status = 'linked' and left_list_id like 'OFAC%' and right_list_id like 'OFAC%'""")
    assert linked >= own_numbers == 62
    assert published("select min(score), max(score) from entity_links where status = 'linked'") == [(1.0, 1.0)]
    assert published("select count(*) from entity_links where score not between 0.8 and 1") == [(0,)]
    [(names, spelled)] = published("select count(*), count(normalised_name) from entity_names")
    assert names > 35_000 and spelled == names


def test_the_eus_goods_are_listed_since_their_day_with_their_categories(published) -> None:
    """In their own revision; beside them the groups in which two revisions meet."""
    assert published("""
        select hs_revision, count(*) from controlled_goods where list_id = 'EU_833_2014' group by all order by all
    """) == [("HS2017", 2304), ("mixed", 2233)]
    assert published("""
        select distinct cast(valid_from as varchar), categories, price_above_eur from controlled_goods
        where list_id = 'EU_833_2014' and product_code = '010121'""") == [("2022-03-15", "luxury", 300.0)]
    assert published("""
        select hs_revision, count(*) from controlled_goods where list_id = 'CHPL' group by all order by all
    """) == [("HS2012", 49), ("HS2017", 49), ("HS2022", 50), ("mixed", 49)]


# ---------------------------------------------------------------- Comext's downloads, as they are read


def test_growth_in_euro_as_the_downloads_say_it(warehouse):
    assert warehouse("""
        select partner, round(100 * (sum(value_eur) filter (year(period) = 2022)
            / sum(value_eur) filter (year(period) = 2021) - 1), 1)
        from intermediate.int_eurostat_flows_placed
        where freq = 'M' and reporter <> 'GBR' group by partner order by partner""") == [
        ("KAZ", 88.6),
        ("KGZ", 344.8),
    ]


def test_a_naive_sum_would_be_four_and_a_half_times_too_large(warehouse):
    [(naive, union)] = warehouse("""
        select round(sum(value_eur) / 1e6),
            round(sum(value_eur) filter (reporter_label = 'European Union - 27 countries') / 1e6)
        from staging.stg_eurostat__downloads where partner_label = 'Kazakhstan' and year(period) = 2021""")
    assert (naive, union) == (pytest.approx(24935, abs=1), 5487)
    assert warehouse("select count(*) from intermediate.int_eurostat_flows_placed where not reporter_is_country") == [
        (0,)
    ]


def test_the_united_kingdom_has_a_year_only_where_it_has_twelve_months(warehouse):
    assert warehouse("""select freq, min(period), max(period), count(*) from intermediate.int_eurostat_flows_placed
        where reporter = 'GBR' and partner = 'KAZ' group by freq order by freq""") == [
        ("A", date(2019, 1, 1), date(2019, 1, 1), 1),
        ("M", date(2019, 1, 1), date(2020, 1, 1), 13),
    ]


def test_a_year_that_is_not_over_has_no_annual_row(warehouse):
    assert warehouse(
        """select freq, max(period) from intermediate.int_eurostat_flows_placed group by freq order by freq"""
    ) == [
        ("A", date(2023, 1, 1)),
        ("M", date(2024, 8, 1)),
    ]


# METHODS section 4: what the real files give of what others published. near: IT's peak came after the figure did,
# and the gap of the calendar year is not that of the year after the invasion.
REAL_CLAIMS = [
    ("eu27_kgz_growth_2022", 344.81, 0.005, "reproduced"),
    ("eu27_kaz_growth_2022", 88.58, 0.005, "reproduced"),
    ("deu_kgz_peak_month", 1925.8, 0.05, "reproduced"),
    ("ita_kgz_peak_2024", 2687.6, 0.05, "near"),
    ("deu_kgz_growth_2022", 551.57, 0.005, "reproduced"),
    ("est_kaz_2021", 11.02e6, 5e3, "reproduced"),
    ("est_kaz_2022", 77.79e6, 5e3, "reproduced"),
    ("fin_kgz_2021", 3.16e6, 5e3, "reproduced"),
    ("fin_kgz_2023", 112.63e6, 5e3, "reproduced"),
    ("eu_kaz_gap_2022", 3271.6e6, 5e4, "near"),
    ("eu_kaz_gap_2022_as_published", 2887.3e6, 5e4, "reproduced"),
    ("eu_kaz_kgz_unrecorded_share", 51.2, 0.05, "reproduced"),
    ("no_customs_in_the_union", 1, 0, "reproduced"),
    ("declared_and_gone", 2_026.9e6, 5e4, "reproduced"),
    ("above_the_pre_war_level", 56.42, 0.005, "reproduced"),  # 64.55 before domestic demand, which grew by 5.2 percent
    ("eu27_kgz_change_2022", 907.7e6, 5e4, "reproduced"),
    ("eu27_kaz_change_2022", 4860.6e6, 5e4, "reproduced"),
]


@pytest.mark.parametrize(("claim_id", "computed", "within", "status"), REAL_CLAIMS)
def test_published_figures_come_out_of_the_real_files(published, claim_id, computed, within, status) -> None:
    [(value, message, simulated)] = published(
        f"select computed_value, status, is_simulated from claims where claim_id = '{claim_id}'"
    )
    assert value == pytest.approx(computed, abs=within) and (message, simulated) == (status, False)


@pytest.mark.parametrize(
    ("claim_id", "missing"),
    [
        ("washers_2021", "no annual exports of single goods reported by KAZ for 2021; no flow of HS 8450"),
        ("chips_2022", "no annual exports of single goods reported by KAZ for 2022; no flow of HS 8542"),
        (
            "eu27_arm_growth_2022",
            "no monthly exports of all goods reported by AUT, BEL, BGR and 24 others for 2021-01 to 2021-12 and "
            "2022-01 to 2022-12",
        ),
        ("eu_kaz_gap", "no monthly imports of all goods reported by KAZ for 2022-03 to 2023-02"),
        ("chn_kaz_gap_2021", "no annual exports of all goods reported by CHN for 2021"),
        (
            "battlefield_total_2023",
            "no annual imports of single goods reported by RUS for 2023; no flow of HS 8457, 8458, 8459 and 21 others",
        ),
    ],
)
def test_a_figure_whose_reports_are_not_loaded_is_missing_and_names_them(published, claim_id, missing) -> None:
    assert published(f"select computed_value, status, reason from claims where claim_id = '{claim_id}'") == [
        (None, "data_missing", f"not_loaded: {missing}")
    ]


def test_no_figure_is_contradicted_by_files_that_hold_a_part_of_it(published) -> None:
    assert published("select claim_id from claims where status = 'contradicted'") == []


@pytest.mark.parametrize(("year", "imported"), [(2021, 8_228), (2022, 11_144)])
def test_kazakhstans_side_of_its_trade_with_china(published, year, imported) -> None:
    assert published(f"""
        select round(import_value_usd / 1e6), coverage_status from mirror_gaps
        where freq = 'A' and product_code = 'TOTAL' and period = '{year}-01-01'
          and exporter_iso3 = 'CHN' and importer_iso3 = 'KAZ'""") == [(imported, "exporter_nonreporting")]


def test_the_query_beside_a_published_figure_gives_what_was_computed(published) -> None:
    for claim_id, query, computed in published("select claim_id, query, computed_value from claims"):
        [(value,)] = published(query)
        assert value == computed or float(value) == pytest.approx(computed, rel=1e-9), claim_id


def test_the_caps_of_kazakhstan_and_kyrgyzstan_are_breached_from_the_spring_of_2022(published) -> None:
    assert published("""
        select transit_iso3, cast(min(first_breach) as varchar), count(*) filter (where is_breach), count(*)
        from policy_caps
        where exporter_bloc = 'EU27' and goods = 'TOTAL' and baseline_id = 'b19_21' and transit_iso3 in ('KAZ', 'KGZ')
        group by 1 order by 1""") == [("KAZ", "2022-05-01", 27, 32), ("KGZ", "2022-05-01", 28, 32)]


def test_the_margin_moves_the_gap_of_kazakhstan_by_less_than_half(published) -> None:
    # METHODS 2.9: 3,271.6 m without freight
    rows = dict(
        published("""
        select margin, round(gap_usd / 1e6, 1) from gap_sensitivities
        where freq = 'A' and period = '2022-01-01' and exporter_bloc = 'EU27' and importer_iso3 = 'KAZ'
          and goods = 'TOTAL'""")
    )
    assert rows[0] == 3271.6 and rows[0.12] == 4088.5 and len(rows) == 6


def test_designated_entities_stand_beside_trade_and_without_controlled_goods_say_so(published) -> None:
    rows = published("select transit_iso3, entities, total_year_usd > 0, reason from designated_corridors")
    message = {iso3 for iso3, *_ in rows}
    assert {"ARE", "CHN", "TUR", "KGZ"} <= message
    assert {reason for *_, reason in rows} <= {"no_controlled_goods_loaded", "no_trade_loaded"}


def test_exports_to_both_countries_left_their_baseline_in_2022_and_importers_mirror_them_by_year(published):
    """METHODS 2.7: Kyrgyzstan from June 2022, Kazakhstan from July, nothing before the war."""
    assert published("""
        select transit_iso3, entered_on, kind, rule, cause from alerts
        where exporter_bloc = 'EU27' and goods = 'TOTAL' order by 1""") == [
        ("KAZ", date(2022, 7, 1), "alert", "z", "new_data"),
        ("KGZ", date(2022, 6, 1), "alert", "z", "new_data"),
    ]


def test_kazakhstan_and_kyrgyzstan_are_ranked_by_the_years_of_their_own_books(published) -> None:
    """E5: no month is mirrored, two years in a row are; the coalition's corridors stand in the ranking once."""
    assert published("""
        select transit_iso3, extract(year from period), class, rank, baseline_export_usd < 0.7 * export_value_usd
        from corridor_risk
        where exporter_bloc = 'EU27' and goods = 'TOTAL' and window_kind = 'year' order by 1, 2""") == [
        ("KAZ", 2022, "investigate", 2, True),
        ("KAZ", 2023, "investigate", 2, True),
        ("KGZ", 2022, "investigate", 1, True),
        ("KGZ", 2023, "investigate", 1, True),
    ]
    assert published("""
        select count(*) filter (class <> 'not_enough_data' or reason <> 'no_admissible_mirror')
        from corridor_risk where window_kind = 'rolling_12'""") == [(0,)]
    assert published("""
        select transit_iso3, cast(period as varchar), window_12m_kind, export_month_usd,
            abs(export_12m_usd - import_fob_12m_usd - gap_12m_usd) < 1, class_12m
        from headline order by 1, 2""") == [
        (iso3, f"{year}-12-01", "year", None, True, "investigate") for iso3 in ("KAZ", "KGZ") for year in (2022, 2023)
    ]


def test_what_both_countries_export_to_russia_is_a_chain_by_year(published) -> None:
    # METHODS 2.10: Kazakhstan to Russia 7,018.7, 9,091.4 and 10,207.4 m in 2021 to 2023
    assert published("""
        select extract(year from period), freq, chain_upper_usd between 1 and out_excess_usd, chain_lower_usd
        from transit_chains
        where exporter_bloc = 'EU27' and transit_iso3 = 'KAZ' and target_iso3 = 'RUS' and period >= date '2022-01-01'
        order by 1""") == [(2022, "A", True, 0.0), (2023, "A", True, 0.0)]
