"""The simulated world keeps its promises: layout, arithmetic, plot, and the same bytes from the same seed.

Belongs here: what the files say. Does not belong here: whether the warehouse finds the plot again.
"""

import hashlib
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import pandas as pd
import pytest

from dagster_project.sample import plot
from dagster_project.sample.cast import COMTRADE_ISO, CONTROLLED, HS2017_ANCESTOR
from dagster_project.sample.comtrade import HEADER
from dagster_project.sample.world import write_world

SCALE = 0.1
CENT = 0.011
KEY = ["reporterISO", "flowCode", "partnerISO", "cmdCode", "period"]
GROUP = ["freqCode", "reporterISO", "flowCode", "partnerISO", "period"]
FIRST_RELEASE = "SIMULATED_comtrade_annual_2022[2023-06-15].csv.gz"  # the second one stands in its place
OFAC = {"sdn": "https://sanctionslistservice.ofac.treas.gov/api/PublicationPreview/exports/XML"}


@pytest.fixture(scope="session")
def world(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("sample") / "world"
    write_world(folder, scale=SCALE)
    return folder


@pytest.fixture(scope="session")
def reported(world) -> pd.DataFrame:
    files = [f for f in sorted((world / "inbox").glob("*.csv.gz")) if f.name != FIRST_RELEASE]
    text = ["cmdCode", "period", "reporterISO", "partnerISO", "flowCode", "qtyUnitAbbr", "classificationCode"]
    return pd.concat([pd.read_csv(f, dtype=dict.fromkeys(text, "str"), keep_default_na=False) for f in files])


@pytest.fixture(scope="session")
def diversions(world) -> pd.DataFrame:
    return pd.read_csv(world / "truth" / "diversions.csv", dtype={"product_code": "str"})


def digests(folder: Path) -> dict[str, str]:
    files = (f for f in sorted(folder.rglob("*")) if f.is_file())
    return {str(f.relative_to(folder)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


def article_rows(reported: pd.DataFrame, codes: list[str], freq: str) -> pd.DataFrame:
    return reported[
        (reported.freqCode == freq)
        & (reported.flowCode == "X")
        & (reported.reporterISO == "KAZ")
        & (reported.partnerISO == "RUS")
        & reported.cmdCode.isin(codes)
    ]


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(world, tmp_path):
    write_world(tmp_path / "again", scale=SCALE)
    assert digests(tmp_path / "again") == digests(world)
    write_world(tmp_path / "other", scale=SCALE, seed=7)
    annual = "inbox/SIMULATED_comtrade_annual_2023[2024-06-15].csv.gz"
    assert digests(tmp_path / "other")[annual] != digests(world)[annual]


def test_a_finished_world_is_left_untouched_and_a_damaged_one_is_made_again(world, tmp_path):
    folder = shutil.copytree(world, tmp_path / "world")
    before = {f: f.stat().st_mtime_ns for f in folder.rglob("*")}
    write_world(folder, scale=SCALE)
    assert {f: f.stat().st_mtime_ns for f in folder.rglob("*")} == before

    (folder / "inbox" / "SIMULATED_ofac_sdn.xml").write_text("cut off")
    write_world(folder, scale=SCALE)
    assert digests(folder) == digests(world)
    assert [f.name for f in tmp_path.iterdir()] == ["world"], "a draft was left behind"


def test_the_inbox_holds_publishers_files_and_nothing_else(world):
    years = [f"SIMULATED_comtrade_monthly_{year}[{year + 1}-03-15].csv.gz" for year in range(2019, 2025)]
    annual = [f"SIMULATED_comtrade_annual_{year}[{year + 1}-06-15].csv.gz" for year in range(2019, 2025)]
    annual.insert(4, "SIMULATED_comtrade_annual_2022[2024-03-15].csv.gz")
    names = sorted(f.name for f in (world / "inbox").iterdir())
    assert names == [*annual, *years, "SIMULATED_ofac_sdn.xml"]
    assert (world / "truth" / "README.txt").read_text().startswith("SIMULATED")


def test_the_header_is_comtrades_47_columns(reported):
    assert list(reported.columns) == HEADER.split(",")
    assert len(reported.columns) == 47
    assert reported.columns[0] == "typeCode" and reported.columns[-1] == "isAggregate"


def test_washing_machines_are_none_in_2021_and_100_000_in_2022(reported):
    codes = ["845011", "845012", "845019", "845020"]
    for freq in ("A", "M"):
        rows = article_rows(reported, codes, freq)
        assert not rows.period.str.startswith("2021").any()
        machines = rows[rows.period.str.startswith("2022")]
        assert machines.qty.sum() == 100_000
        assert set(machines.qtyUnitAbbr) == {"u"}
        headings = article_rows(reported, ["8450"], freq)
        assert headings[headings.period.str.startswith("2022")].qty.sum() == 100_000


def test_chips_are_12_000_dollars_in_2021_and_3_7_million_in_2022(reported):
    for freq in ("A", "M"):
        for codes in (["854231", "854232", "854233", "854239"], ["8542"]):
            rows = article_rows(reported, codes, freq)
            by_year = rows.primaryValue.groupby(rows.period.str[:4]).sum()
            assert by_year["2021"] == pytest.approx(12_000, abs=0.001)
            assert by_year["2022"] == pytest.approx(3_700_000, abs=0.001)


def test_silent_countries_report_nothing(reported):
    assert not (reported.reporterISO.isin(["RUS", "BLR"]) & (reported.refYear > 2021)).any()
    assert ((reported.reporterISO == "RUS") & (reported.refYear == 2021)).any()
    assert not reported.reporterISO.isin(["TWN", "S19"]).any()
    assert (reported.partnerCode[reported.partnerISO == "S19"] == 490).all()
    late = reported[(reported.reporterISO == "KAZ") & (reported.refYear == 2024)]
    assert set(late.freqCode) == {"M"} and late.period.max() == "202410"


def test_no_key_is_repeated_and_no_value_is_zero(reported):
    assert not reported.duplicated(["freqCode", *KEY]).any()
    assert (reported.primaryValue > 0).all()


def test_children_sum_to_their_parents(reported):
    def parents_from(level: int, digits: int) -> pd.Series:
        children = reported[reported.aggrLevel == level]
        return children.groupby([*GROUP, children.cmdCode.str[:digits]]).primaryValue.sum()

    values = reported.set_index([*GROUP, "cmdCode"]).primaryValue
    for children, digits in ((6, 4), (4, 2)):
        sums = parents_from(children, digits)
        parents = values[reported.aggrLevel.eq(digits).to_numpy()]
        assert len(sums) == len(parents)
        assert (sums - parents).abs().max() < CENT
    totals = values[reported.aggrLevel.eq(0).to_numpy()].droplevel("cmdCode")
    chapters = reported[reported.aggrLevel == 2].groupby(GROUP).primaryValue.sum()
    assert (totals.reindex(chapters.index) - chapters).min() > -CENT, "the total holds its chapters, and the rest"


def test_world_is_the_sum_of_the_partners(reported):
    key = ["freqCode", "reporterISO", "flowCode", "cmdCode", "period"]
    is_world = reported.partnerISO == "W00"
    columns = ["primaryValue", "netWgt", "qty"]
    partners = reported[~is_world].groupby(key)[columns].sum()
    world_rows = reported[is_world].set_index(key)[columns]
    assert len(partners) == len(world_rows)
    assert (partners - world_rows).abs().max().max() < CENT


def test_a_year_is_the_sum_of_its_twelve_months(reported):
    key = ["reporterISO", "flowCode", "partnerISO", "cmdCode", "refYear"]
    columns = ["primaryValue", "netWgt", "qty"]
    annual = reported[reported.freqCode == "A"].set_index(key)[columns]
    monthly = reported[reported.freqCode == "M"].groupby(key)[columns].sum()
    assert (annual - monthly.reindex(annual.index)).abs().max().max() < CENT
    published = annual.index.droplevel(["flowCode", "partnerISO", "cmdCode"]).unique()
    whole = monthly.index.droplevel(["flowCode", "partnerISO", "cmdCode"]).unique()
    assert ("KAZ", 2024) in whole and ("KAZ", 2024) not in published


def test_what_never_arrived_is_in_the_exporters_books_only(reported, diversions):
    hs6 = reported[(reported.freqCode == "M") & (reported.aggrLevel == 6)]
    for d in diversions[diversions.kind == "never_arrived"].itertuples():
        ours = (hs6.reporterISO == d.exporter_iso3) & (hs6.partnerISO == d.transit_iso3) & (hs6.flowCode == "X")
        theirs = (hs6.reporterISO == d.transit_iso3) & (hs6.partnerISO == d.exporter_iso3) & (hs6.flowCode == "M")
        good = hs6.cmdCode.isin([d.product_code, HS2017_ANCESTOR.get(d.product_code)])
        assert hs6[ours & good].primaryValue.sum() == pytest.approx(d.value_usd, rel=0.15), d
        assert not (theirs & good & (hs6.refYear >= 2022)).any(), d
        elsewhere = (hs6.reporterISO == d.transit_iso3) & (hs6.flowCode == "M") & (hs6.partnerISO == "CHN")
        assert (elsewhere & good).any(), "a silence that means something needs a country that can record the good"


def test_what_arrived_and_went_on_shows_on_both_legs(reported, diversions):
    hs6 = reported[(reported.freqCode == "M") & (reported.aggrLevel == 6) & (reported.refYear >= 2022)]
    for d in diversions[diversions.kind == "arrived_and_went_on"].itertuples():
        leg = (hs6.reporterISO == d.transit_iso3) & (hs6.cmdCode == d.product_code)
        shipper = COMTRADE_ISO[d.exporter_iso3]
        inward = hs6[leg & (hs6.flowCode == "M") & (hs6.partnerISO == shipper)].primaryValue.sum()
        onward = hs6[leg & (hs6.flowCode == "X") & (hs6.partnerISO == d.target_iso3)].primaryValue.sum()
        assert inward > 0.6 * d.value_usd and onward > 0.9 * d.value_usd, d


def test_the_plot_is_told_in_full(diversions):
    key = ["exporter_iso3", "transit_iso3", "product_code"]
    told = diversions[diversions.kind != "article"].set_index(key).value_usd.to_dict()
    assert told == {(d.exporter, d.transit, d.product): d.usd_million * 1e6 for d in plot.DIVERSIONS}
    assert diversions.diversion_id.is_unique


def test_every_controlled_good_occurs(reported):
    assert len(CONTROLLED) == 50
    assert set(CONTROLLED) <= set(reported.cmdCode)


def test_before_2022_reports_stand_in_hs2017(reported):
    old = reported[reported.refYear < 2022]
    assert set(old.classificationCode) == {"H5"}
    assert set(reported[reported.refYear >= 2022].classificationCode) == {"H6"}
    assert not old.cmdCode.isin(list(HS2017_ANCESTOR)).any()
    assert set(HS2017_ANCESTOR.values()) & set(old.cmdCode)


def test_imports_are_valued_as_each_country_values_them(reported):
    imports = reported[reported.flowCode == "M"]
    fob_only = imports[imports.reporterISO.isin(["CAN", "ZAF"])]
    assert len(fob_only) and (fob_only.cifvalue == 0).all() and (fob_only.fobvalue == fob_only.primaryValue).all()
    both = imports[imports.reporterISO.isin(["TUR", "AUS", "NZL", "CZE", "BRA", "SRB"])]
    assert len(both) and (both.cifvalue == both.primaryValue).all()
    assert ((both.cifvalue / both.fobvalue).between(1.0, 1.11)).all()
    germany = imports[imports.reporterISO == "DEU"]
    assert (germany.cifvalue == germany.primaryValue).all() and (germany.fobvalue == 0).all()


def test_re_exports_are_part_of_exports(reported):
    assert {"ARE", "HKG", "NLD", "TUR"} <= set(reported.reporterISO[reported.flowCode == "RX"])
    key = ["freqCode", "reporterISO", "partnerISO", "cmdCode", "period"]
    exports = reported[reported.flowCode == "X"].set_index(key).primaryValue
    re_exports = reported[reported.flowCode == "RX"].set_index(key).primaryValue
    assert (exports.reindex(re_exports.index) >= re_exports).all()


def test_the_designations_are_a_well_formed_sdn_list(world):
    root = ET.parse(world / "inbox" / "SIMULATED_ofac_sdn.xml").getroot()
    entries = root.findall("sdn:sdnEntry", OFAC)
    assert len(entries) == int(root.findtext("sdn:publshInformation/sdn:Record_Count", namespaces=OFAC)) >= 30
    assert {e.findtext("sdn:sdnType", namespaces=OFAC) for e in entries} == {"Entity"}
    assert all("RUSSIA-EO14024" in [p.text for p in e.iterfind(".//sdn:program", OFAC)] for e in entries)
    assert root.findtext("sdn:publshInformation/sdn:Publish_Date", namespaces=OFAC) == "05/07/2024"


def test_one_year_was_released_twice_and_only_the_provisional_imports_changed(world, reported):
    text = {"cmdCode": "str", "period": "str"}
    first = pd.read_csv(world / "inbox" / FIRST_RELEASE, dtype=text, keep_default_na=False).set_index(KEY)
    second = reported[(reported.period == "2022") & (reported.freqCode == "A")].set_index(KEY)
    hs6 = lambda cells: cells[cells.index.get_level_values("cmdCode").str.len() == 6]  # noqa: E731
    both = first.join(second, lsuffix="_first", how="inner")
    changed = both[(both.primaryValue_first - both.primaryValue).abs() > CENT]
    for cells in (
        changed,
        first.loc[first.index.difference(second.index)],
        second.loc[second.index.difference(first.index)],
    ):
        assert len(hs6(cells))
        assert set(cells.index.get_level_values("reporterISO")) <= {"KAZ", "KGZ", "GEO", "TUR", "SRB", "IND"}
        assert set(cells.index.get_level_values("flowCode")) <= {"M", "RM"}
