"""The simulated world keeps its promises: layout, arithmetic, scenario, and the same bytes from the same seed.

Belongs here: what the files say. Does not belong here: whether the warehouse detects it.
"""

import hashlib
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import pandas as pd
import pytest

from dagster_project.sample import scenario
from dagster_project.sample.comtrade import HEADER
from dagster_project.sample.publication import LISTED, VARIANTS, published
from dagster_project.sample.world import scenario_of, write_world
from dagster_project.sample.world_data import (
    COMTRADE_ISO,
    CONTROLLED,
    HS2017_ANCESTOR,
    NEIGHBOURS,
    STAPLES,
    month_index,
)
from dagster_project.settings import SettingsError

SCALE = 0.1
SEED = scenario.SAMPLE_SEED
CENT = 0.011
KEY = ["reporterISO", "flowCode", "partnerISO", "cmdCode", "period"]
GROUP = ["freqCode", "reporterISO", "flowCode", "partnerISO", "period"]
# what was released twice: the second one stands in its place
FIRST_RELEASES = {
    "A": "SIMULATED_comtrade_annual_2022[2023-06-15].csv.gz",
    "M": "SIMULATED_comtrade_monthly_2023[2024-03-15].csv.gz",
}
OFAC = {"sdn": "https://sanctionslistservice.ofac.treas.gov/api/PublicationPreview/exports/XML"}


@pytest.fixture(scope="session")
def world(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("sample") / "world"
    write_world(folder, scale=SCALE)
    return folder


@pytest.fixture(scope="session")
def reported(world) -> pd.DataFrame:
    files = [f for f in sorted((world / "inbox").glob("*.csv.gz")) if f.name not in FIRST_RELEASES.values()]
    text = ["cmdCode", "period", "reporterISO", "partnerISO", "flowCode", "qtyUnitAbbr", "classificationCode"]
    return pd.concat([pd.read_csv(f, dtype=dict.fromkeys(text, "str"), keep_default_na=False) for f in files])


@pytest.fixture(scope="session")
def diversions(world) -> pd.DataFrame:
    codes = dict.fromkeys(("product_code", "exporter_code", "importer_code"), "str")
    return pd.read_csv(world / "truth" / "diversions.csv", dtype=codes, keep_default_na=False)


@pytest.fixture(scope="session")
def hs6(reported) -> pd.DataFrame:
    return reported[(reported.freqCode == "M") & (reported.aggrLevel == 6)]


@pytest.fixture(scope="session")
def secrets(world) -> pd.DataFrame:
    return pd.read_csv(world / "truth" / "confidential.csv", dtype={"product": "str"})


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


@pytest.mark.slow
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
    months = [f"SIMULATED_comtrade_monthly_{year}[{year + 1}-03-15].csv.gz" for year in range(2019, 2025)]
    months.insert(5, "SIMULATED_comtrade_monthly_2023[2024-09-15].csv.gz")
    annual = [f"SIMULATED_comtrade_annual_{year}[{year + 1}-06-15].csv.gz" for year in range(2019, 2025)]
    annual.insert(4, "SIMULATED_comtrade_annual_2022[2024-03-15].csv.gz")
    names = sorted(f.name for f in (world / "inbox").iterdir())
    others = [
        "SIMULATED_Relational_View_2025-03-15T00_00_00.000Z.csv",
        "SIMULATED_ofac_sdn.xml",
        "SIMULATED_unsd_hs2022_to_hs2017.xlsx",
    ]
    assert names == sorted([*annual, *months, *others])
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


def test_no_key_is_repeated_and_a_zero_stands_only_where_one_country_writes_it(reported):
    assert not reported.duplicated(["freqCode", *KEY]).any()
    zeros = reported[reported.primaryValue == 0]
    assert (reported.primaryValue >= 0).all() and len(zeros)
    assert set(zeros.reporterISO) == {"MYS"} and set(zeros.freqCode) == {"A"}


def test_children_sum_to_their_parents_but_for_what_is_confidential(reported, secrets):
    reported = reported[reported.reporterISO != "UZB"]  # of whom selected codes are there
    values = reported.set_index([*GROUP, "cmdCode"]).primaryValue

    def parents_from(level: int, digits: int) -> pd.Series:
        children = reported[reported.aggrLevel == level]
        return children.groupby([*GROUP, children.cmdCode.str[:digits]]).primaryValue.sum()

    headings, sums = values[reported.aggrLevel.eq(4).to_numpy()], parents_from(6, 4)
    assert len(sums) == len(headings) and (sums - headings).abs().max() < CENT

    chapters = values[reported.aggrLevel.eq(2).to_numpy()]
    missing = chapters - parents_from(4, 2).reindex(chapters.index).fillna(0)
    assert missing.min() > -CENT
    hiding = missing[missing > CENT].index.to_frame()
    hidden = secrets[secrets.place == "chapter"].assign(cmdCode=lambda s: s["product"].str[:2])
    message = set(zip(hidden.reporter, hidden.flow, hidden.cmdCode, strict=True))
    assert len(hiding) and set(zip(hiding.reporterISO, hiding.flowCode.str[-1], hiding.cmdCode, strict=True)) <= message

    totals = values[reported.aggrLevel.eq(0).to_numpy()].droplevel("cmdCode")
    of_chapters = chapters.groupby(GROUP).sum()
    assert (totals.reindex(of_chapters.index) - of_chapters).min() > -CENT, "the total holds its chapters, and the rest"


def test_a_confidential_good_is_never_reported(reported, secrets):
    published = set(zip(reported.reporterISO, reported.flowCode, reported.cmdCode, strict=True))
    assert not published & set(secrets[["reporter", "flow", "product"]].itertuples(index=False, name=None))
    special = reported[reported.cmdCode == "999999"]
    assert len(special) and set(special.reporterISO) <= set(secrets.reporter[secrets.place == "special"])


def test_world_is_the_sum_of_the_partners(reported):
    key = ["freqCode", "reporterISO", "flowCode", "cmdCode", "period"]
    is_world = reported.partnerISO == "W00"
    columns = ["primaryValue", "netWgt", "qty"]
    partners = reported[~is_world].groupby(key)[columns].sum()
    world_rows = reported[is_world].set_index(key)[columns]
    assert len(partners) == len(world_rows)
    assert (partners - world_rows).abs().max().max() < CENT


def test_a_year_is_the_sum_of_its_twelve_months_but_for_staples_of_which_months_have_no_detail(reported):
    key = ["reporterISO", "flowCode", "partnerISO", "cmdCode", "refYear"]
    columns = ["primaryValue", "netWgt", "qty"]
    is_staple = reported.cmdCode.str[:2].isin({code[:2] for code in STAPLES})
    assert set(reported[is_staple].freqCode) == {"A"}
    annual = reported[(reported.freqCode == "A") & (reported.reporterISO != "TJK") & ~is_staple]
    annual = annual.set_index(key)[columns]
    monthly = reported[reported.freqCode == "M"].groupby(key)[columns].sum()
    assert (annual - monthly.reindex(annual.index)).abs().max().max() < CENT
    published = annual.index.droplevel(["flowCode", "partnerISO", "cmdCode"]).unique()
    whole = monthly.index.droplevel(["flowCode", "partnerISO", "cmdCode"]).unique()
    assert ("KAZ", 2024) in whole and ("KAZ", 2024) not in published


def test_some_publish_only_years_some_only_months_and_one_a_year_that_is_not_over(reported):
    freqs = reported.groupby("reporterISO").freqCode.agg(set)
    assert freqs["TJK"] == {"A"} and freqs["GEO"] == freqs["ISR"] == freqs["NOR"] == {"M"}
    azerbaijan = reported[(reported.reporterISO == "AZE") & (reported.refYear == 2024)]
    assert azerbaijan[azerbaijan.freqCode == "M"].period.max() == "202409" and "2024" in set(azerbaijan.period)


def test_of_one_reporter_only_listed_codes_are_there_beside_their_chapters(reported):
    codes = set(reported[reported.reporterISO == "UZB"].cmdCode)
    assert {code for code in codes if len(code) == 6} <= LISTED
    assert not any(len(code) == 4 for code in codes) and {"84", "85", "TOTAL"} <= codes


def test_a_hidden_partner_is_recorded_under_an_area_that_is_no_country(hs6, diversions, secrets):
    plan = scenario_of(SEED)
    hidden = [(d.exporter, d.importer, d.product, d.first) for d in plan.decoys if d.kind == "hidden_partner"]
    diverted = diversions[diversions.kind == "beside_hidden_trade"]
    hidden += [(d.exporter_iso3, d.transit_iso3, d.product_code, "2019-01") for d in diverted.itertuples()]
    assert len(hidden) == 3
    for exporter, importer, product, since in hidden:
        assert is_told(secrets, importer, "M", product), "else the seed shows nothing here"
        imports = hs6[(hs6.reporterISO == importer) & (hs6.flowCode == "M")]
        imports = imports[imports.cmdCode.isin([product, HS2017_ANCESTOR.get(product)])]
        recent = imports[imports.period > since.replace("-", "")]  # a shipment of the month before arrives in the first
        assert not (recent.partnerISO == exporter).any() and (recent.partnerCode.isin([839, 899])).sum() >= 18


def test_an_error_of_a_single_month_stands_in_the_exporters_report_alone(hs6, secrets):
    errors = [d for d in scenario_of(SEED).decoys if d.kind in scenario.SINGLE_MONTH_ERRORS]
    assert len(errors) == 5
    for d in errors:
        assert is_told(secrets, d.exporter, "X", d.product), "else the seed shows nothing here"
        ours = hs6[(hs6.reporterISO == d.exporter) & (hs6.partnerISO == d.importer) & (hs6.flowCode == "X")]
        by_month = ours[ours.cmdCode.isin([d.product, HS2017_ANCESTOR.get(d.product)])].groupby("period")
        values = by_month.primaryValue.sum()
        assert values.idxmax() == d.first.replace("-", "")
        assert values.max() / values.median() == pytest.approx(d.factor, rel=0.7)
        weights = by_month.netWgt.sum()
        assert weights.max() < 4 * weights.median(), "the weight is right"


def test_a_world_by_years_publishes_the_same_trade_and_no_month(world, tmp_path):
    write_world(tmp_path / "world", scale=SCALE, variant="annual")
    assert not list((tmp_path / "world" / "inbox").glob("*_monthly_*"))
    annual = "inbox/SIMULATED_comtrade_annual_2023[2024-06-15].csv.gz"
    read = lambda folder: pd.read_csv(folder / annual, dtype={"cmdCode": "str"})  # noqa: E731
    ours, theirs = read(tmp_path / "world"), read(world)
    assert {"GEO", "ISR", "NOR"} <= set(ours.reporterISO) - set(theirs.reporterISO)
    assert len(ours[ours.reporterISO == "KAZ"]) == len(theirs[theirs.reporterISO == "KAZ"])
    for truth in ("diversions.csv", "ghost.csv", "decoys.csv", "flows.csv.gz"):
        assert (tmp_path / "world" / "truth" / truth).read_bytes() == (world / "truth" / truth).read_bytes()


def test_an_unknown_variant_is_named_with_those_there_are(tmp_path):
    with pytest.raises(SettingsError, match="SAMPLE_VARIANT=weekly is unknown. Choose one of: mixed, monthly"):
        write_world(tmp_path / "world", variant="weekly")


@pytest.mark.parametrize(
    ("variant", "codes_of_years", "codes_of_months"),
    [
        ("mixed", "TOTAL 85 8542 854231 851830", "TOTAL 85 8542 854231 851830"),
        ("monthly", "", "TOTAL 85 8542 854231 851830"),
        ("annual", "TOTAL 85 8542 854231 851830", ""),
        ("chapters", "TOTAL 85 854231", "TOTAL 85 854231"),
        ("codes", "TOTAL 854231", "TOTAL 854231"),
    ],
)
def test_a_variant_publishes_one_trade_in_its_own_way(variant, codes_of_years, codes_of_months):
    cells = pd.DataFrame({"reporter": "KAZ", "code": ["TOTAL", "85", "8542", "854231", "851830"]})
    for freq, codes in (("A", codes_of_years), ("M", codes_of_months)):
        assert list(published(cells, freq, VARIANTS[variant]).code) == codes.split(), freq


def is_told(secrets: pd.DataFrame, reporter: str, flow: str, code: str) -> bool:
    return not secrets[["reporter", "flow", "product"]].eq([reporter, flow, code]).all(axis=1).any()


def test_what_never_arrived_is_in_the_exporters_books_only(hs6, diversions, secrets):
    recorded = 0
    for d in diversions[diversions.kind.isin(["never_arrived", "split_over_three"])].itertuples():
        ours = (hs6.reporterISO == d.exporter_iso3) & (hs6.partnerISO == d.transit_iso3) & (hs6.flowCode == "X")
        theirs = (hs6.reporterISO == d.transit_iso3) & (hs6.partnerISO == d.exporter_iso3) & (hs6.flowCode == "M")
        good = hs6.cmdCode.isin([d.product_code, HS2017_ANCESTOR.get(d.product_code)])
        if is_told(secrets, d.exporter_iso3, "X", d.product_code):
            assert hs6[ours & good].primaryValue.sum() == pytest.approx(d.value_usd, rel=0.25), d
        assert not (theirs & good & (hs6.refYear >= 2022)).any(), d
        elsewhere = (hs6.reporterISO == d.transit_iso3) & (hs6.flowCode == "M") & (hs6.partnerISO == "CHN")
        recorded += (elsewhere & good).any()
    assert recorded >= 9, "a silence that means most comes from a country that can record the good"


def test_what_arrived_and_went_on_shows_on_both_legs(hs6, diversions, secrets):
    recent, shown = hs6[hs6.refYear >= 2022], 0
    for d in diversions[diversions.kind.isin(["arrived_and_went_on", "mislabelled_by_importer"])].itertuples():
        if not all(is_told(secrets, d.transit_iso3, flow, d.importer_code) for flow in "XM"):
            continue
        leg = (recent.reporterISO == d.transit_iso3) & (recent.cmdCode == d.importer_code)
        inward = recent[leg & (recent.flowCode == "M")]
        onward = recent[leg & (recent.flowCode == "X") & (recent.partnerISO == d.target_iso3)].primaryValue.sum()
        assert inward.primaryValue.sum() > 0.6 * d.value_usd and onward > 0.6 * d.value_usd, d
        shipped = inward[inward.partnerISO == COMTRADE_ISO[d.exporter_iso3]].primaryValue.sum()
        shown += shipped > 0.4 * d.value_usd  # else written to the country of origin
    assert shown >= 7


def test_a_mislabelled_good_stands_under_a_neighbour_that_is_on_no_list(hs6, diversions, secrets):
    by_exporter = diversions[diversions.kind == "mislabelled_by_exporter"]
    by_importer = diversions[diversions.kind == "mislabelled_by_importer"]
    assert len(by_exporter) == len(by_importer) == 3
    labels = [*by_exporter.exporter_code, *by_importer.importer_code]
    assert set(labels) <= set(NEIGHBOURS) and set(by_exporter.product_code) <= set(CONTROLLED)
    goods = [*by_exporter.product_code, *by_importer.product_code]
    assert [label[:2] for label in labels] == [code[:2] for code in goods], "of the same chapter"
    for d in by_exporter.itertuples():
        ours = (hs6.reporterISO == d.exporter_iso3) & (hs6.partnerISO == d.transit_iso3) & (hs6.flowCode == "X")
        if is_told(secrets, d.exporter_iso3, "X", d.exporter_code):
            assert hs6[ours & (hs6.cmdCode == d.exporter_code)].primaryValue.sum() > 0.75 * d.value_usd, d


def test_the_ground_truth_lists_every_diversion(world, diversions):
    key = ["exporter_iso3", "transit_iso3", "product_code"]
    message = diversions[diversions.kind != "article"].set_index(key).value_usd
    by_design = {(d.exporter, d.transit, d.product): d.usd_million * 1e6 for d in scenario_of(SEED).diversions}
    assert message.to_dict() == pytest.approx(by_design)
    assert diversions.diversion_id.is_unique
    decoys = pd.read_csv(world / "truth" / "decoys.csv", dtype={"product_code": "str"})
    by_kind = scenario.DECOYS_OF | scenario.LATER_DECOYS_OF | {"basis_switch": 4}
    assert decoys.kind.value_counts().to_dict() == by_kind


def test_the_ghost_of_every_month_is_listed(world, diversions):
    ghost = pd.read_csv(world / "truth" / "ghost.csv")
    by_diversion = ghost.groupby("diversion_id").sum(numeric_only=True)
    assert by_diversion.planted_usd.to_dict() == pytest.approx(diversions.set_index("diversion_id").value_usd.to_dict())
    never = diversions.set_index("diversion_id").importer_code == ""
    assert (by_diversion.never_arrived_usd[never] == by_diversion.planted_usd[never]).all() and never.sum() == 27 + len(
        scenario.ARTICLE_UNMIRRORED
    )
    assert (by_diversion.never_arrived_usd[~never] == 0).all()


@pytest.mark.parametrize("seed", [SEED, *range(40)])
def test_a_drawn_plot_is_plausible(seed):
    plan = scenario_of(seed)
    drawn = pd.DataFrame([d for d in plan.diversions if d.kind != "article_unmirrored"])
    assert (len(drawn) < len(plan.diversions)) == (seed == SEED), "the article's story in full is the sample's own"
    ways = drawn.groupby("group").size().value_counts()
    assert ways.to_dict() == {1: 34, 3: 2} and drawn.kind.value_counts()["never_arrived"] == 12
    assert drawn.groupby("group").usd_million.sum().between(*scenario.SIZE_BOUNDS).all()
    by_design = [(d.transit, d.product) for d in plan.diversions] + [(d.importer, d.product) for d in plan.decoys]
    assert len(set(by_design)) == len(by_design), "two planted things share a good in a country"
    silent = scenario.SILENT_FROM | plan.late_from
    for d in (*plan.diversions, *plan.decoys):
        way = d.transit if isinstance(d, scenario.Diversion) else d.importer
        assert "2019-01" <= d.first <= d.last <= "2024-12" and d.exporter != way
        if isinstance(d, scenario.Diversion):
            assert month_index(d.last) - month_index(d.first) >= 3 and d.last < silent.get(way, "9999"), d
            assert d.product in CONTROLLED or d.kind == "article_unmirrored"
            assert (d.label in NEIGHBOURS) == d.kind.startswith("mislabelled")
    assert not {d.exporter for d in plan.diversions if not d.arrives} & {"TWN"}, "in nobody's books"


def test_every_seed_has_a_scenario_of_its_own_and_the_article_in_each():
    scenarios = [scenario_of(seed) for seed in range(10)]
    routes = [{(d.exporter, d.transit, d.product) for d in plan.diversions} for plan in scenarios]
    assert all(len(ours & theirs) <= 3 for ours in routes for theirs in routes if ours is not theirs)
    sizes = pd.Series([d.usd_million for plan in scenarios for d in plan.diversions])
    assert 3 < sizes.median() < 9 and sizes.max() > 30 and sizes.min() < 1
    assert scenario_of(3) == scenarios[3]


def test_every_controlled_good_occurs(reported):
    assert len(CONTROLLED) == 50
    assert set(CONTROLLED) <= set(reported.cmdCode)


def test_before_2022_reports_stand_in_hs2017(reported):
    outdated = reported.reporterISO == "MNG"
    assert set(reported[outdated].classificationCode) == {"H4"}, "one country has not come to HS2017 yet"
    reported = reported[~outdated]
    old = reported[reported.refYear < 2022]
    assert set(old.classificationCode) == {"H5"}
    late = reported.reporterISO.isin(["TJK", "ZAF"]) & (reported.refYear == 2022)
    assert set(reported[(reported.refYear >= 2022) & ~late].classificationCode) == {"H6"}
    assert set(reported[late].classificationCode) == {"H5"}, "two countries change a year later"
    assert not reported[late].cmdCode.isin(list(HS2017_ANCESTOR)).any()
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


@pytest.mark.parametrize("freq", ["A", "M"])
def test_a_year_and_some_months_were_released_twice_and_only_provisional_imports_changed(world, reported, freq):
    text = {"cmdCode": "str", "period": "str"}
    first = pd.read_csv(world / "inbox" / FIRST_RELEASES[freq], dtype=text, keep_default_na=False)
    periods = {"A": {"2022"}, "M": {f"2023{month:02d}" for month in range(1, 13)}}[freq]
    assert set(first.period) == periods and set(first.freqCode) == {freq}
    first = first.set_index(KEY)
    second = reported[reported.period.isin(periods) & (reported.freqCode == freq)].set_index(KEY)
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
        assert freq == "A" or cells.index.get_level_values("period").min() >= "202307"
