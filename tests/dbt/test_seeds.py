"""What the seed tables must keep true.

Here: domains, spans, and the decisions that a reader may hold the seeds to, with a comparison with published reference
files where those are at hand; that each row names its source. Not here: keys (dbt's tests beside the staging models).
"""

import csv
import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pycountry
import pytest
import xlrd
import yaml
from defusedxml.ElementTree import iterparse

from dagster_project.settings import PROJECT_DIR

SEEDS = PROJECT_DIR / "seeds"

ANCESTORS = {
    "854890": {"854800"},
    "852580": {"852589"},
    "854140": {"854149"},
    "854150": {"854151", "854159"},
    "880330": {"880730"},
}
EAEU = {"ARM", "BLR", "KAZ", "KGZ", "RUS"}
# CEPII GeoDist places these elsewhere: an old capital (Myanmar) or a slip of its own.
CEPII_PLACES_ELSEWHERE = {"COL", "GIN", "MMR", "NZL", "WSM"}
# What OFAC writes where a country belongs and none is meant, or none that is beyond dispute.
NO_COUNTRY_OF_OFAC = {
    "undetermined",
    "Region: Commonwealth of Independent States",
    "Region: Crimea",
    "Region: Jammu and Kashmir",
    "Region: Kafia Kingi",
    "Region: North Gaza",
    "Region: Northern Gaza",
    "Region: Northern Mali",
}
CEPII_OLD_CODES = {"ROM": "ROU", "ZAR": "COD", "YUG": "SRB", "TMP": "TLS", "PAL": "PSE"}


def seed(name: str) -> pd.DataFrame:
    return pd.read_csv(SEEDS / f"{name}.csv", dtype=str, keep_default_na=False)


@pytest.mark.parametrize("path", sorted(SEEDS.glob("*.csv")), ids=lambda path: path.stem)
def test_every_row_names_its_source(path: Path) -> None:
    assert (seed(path.stem)["source"].str.strip() != "").all()


@pytest.mark.parametrize(
    "list_name, file", [("flowCode", "flow"), ("customsCode", "customs"), ("motCode", "mot"), ("mosCode", "mos")]
)
def test_the_codes_are_those_of_the_publishers_own_list(shared_file, list_name, file) -> None:
    codes = seed("comtrade_codes")
    published = pd.read_csv(shared_file(f"reference/valuation/comtrade_{file}.csv"), dtype=str)
    assert set(codes[codes["list"] == list_name]["code"]) == set(published["id"])


@pytest.fixture(scope="session")
def shared_file(shared: Path) -> Callable[[str], Path]:
    """A published reference file among the real files."""

    def find(path: str) -> Path:
        if not (shared / path).exists():
            pytest.skip(f"reference data not at hand: {path}")
        return shared / path

    return find


@pytest.fixture(scope="module")
def countries():
    return seed("countries")


@pytest.fixture(scope="module")
def all_codes():
    return seed("country_codes")


@pytest.fixture(scope="module")
def codes(all_codes):
    """Comtrade's own codes."""
    return all_codes[all_codes.publisher == "comtrade"]


@pytest.fixture(scope="module")
def names(all_codes):
    """Country names as OFAC writes them."""
    return all_codes[all_codes.publisher == "ofac"]


@pytest.fixture(scope="module")
def goods():
    return seed("controlled_goods")


@pytest.fixture(scope="module")
def chpl(goods):
    return goods[goods.list_id == "CHPL"]


@pytest.fixture(scope="module")
def margins():
    return seed("cif_margins")


@pytest.fixture(scope="module")
def claims():
    return seed("published_claims")


# --- every seed ---------------------------------------------------------------


def test_files_are_plain_utf8_with_unix_line_ends_and_no_stray_space():
    for path in SEEDS.glob("*.csv"):
        raw = path.read_bytes()
        raw.decode("utf-8")
        assert b"\r" not in raw and not raw.startswith(b"\xef\xbb\xbf") and raw.endswith(b"\n"), path.name
        frame = seed(path.stem)
        assert all((frame[c] == frame[c].str.strip()).all() for c in frame), path.name


@pytest.mark.parametrize(
    "name, start, end",
    [
        ("countries", "role_from", "role_to"),
        ("countries", "eaeu_from", "eaeu_to"),
        ("country_codes", "valid_from", "valid_to"),
        ("controlled_goods", "valid_from", "valid_to"),
        ("published_claims", "period_from", "period_to"),
    ],
)
def test_a_span_does_not_end_before_it_starts(name, start, end):
    frame = seed(name)
    both = frame[(frame[start] != "") & (frame[end] != "")]
    assert (both[start] <= both[end]).all()


# --- countries ----------------------------------------------------------------


def test_m49_codes_have_three_digits_and_stand_once(countries):
    assert countries.m49.str.fullmatch(r"\d{3}").all()
    assert countries.m49.is_unique


def test_countries_are_iso_3166_and_kosovo(countries):
    iso = {c.alpha_3: c.numeric for c in pycountry.countries}
    assert set(countries.iso3) == set(iso) | {"XKX"}
    ours = dict(zip(countries.iso3, countries.m49, strict=True))
    assert {a: ours[a] for a in iso} == iso
    assert ours["XKX"] == "412"  # no ISO code exists: this is the number Comtrade uses


def test_roles_are_the_four_roles_and_dated_unless_other(countries):
    assert set(countries.role) == {"coalition", "transit", "target", "other"}
    assert ((countries.role_from == "") == (countries.role == "other")).all()
    assert set(countries[countries.role == "target"].iso3) == {"RUS", "BLR"}


def test_taiwan_stays_in_the_coalition(countries):
    assert countries.set_index("iso3").role["TWN"] == "coalition"


def test_the_eurasian_economic_union_has_five_members(countries):
    joined = countries[countries.eaeu_from != ""].set_index("iso3").eaeu_from.to_dict()
    assert set(joined) == EAEU
    assert joined["ARM"] == "2015-01-02" and joined["KGZ"] == "2015-08-12"
    assert {joined[c] for c in ("BLR", "KAZ", "RUS")} == {"2015-01-01"}


def test_canada_and_south_africa_value_imports_fob(countries):
    assert set(countries[countries.imports_valued_fob == "true"].iso3) == {"CAN", "ZAF"}


def test_coordinates_come_in_pairs_and_lie_on_the_globe(countries):
    lat = pd.to_numeric(countries.capital_latitude)
    lon = pd.to_numeric(countries.capital_longitude)
    assert (lat.isna() == lon.isna()).all()
    assert lat.dropna().between(-90, 90).all() and lon.dropna().between(-180, 180).all()
    assert set(countries[lat.isna()].iso3) == {"ATA", "BVT", "HMD", "UMI"}  # nobody's town


# --- country codes ------------------------------------------------------------


@pytest.mark.parametrize(
    "code, iso3",
    [("842", "USA"), ("841", "USA"), ("251", "FRA"), ("757", "CHE"), ("579", "NOR"),
     ("699", "IND"), ("711", "ZAF"), ("490", "TWN"), ("381", "ITA"), ("412", "XKX")],
)  # fmt: skip
def test_comtrades_own_code_leads_to_its_country(codes, code, iso3):
    row = codes[codes.code == code]
    assert row[["kind", "iso3"]].values.tolist() == [["country", iso3]]


def test_only_a_country_code_has_a_country(all_codes, countries):
    kinds = {"country", "dissolved", "world", "bloc", "nes", "bunkers", "special"}
    assert set(all_codes.kind) == kinds
    assert ((all_codes.iso3 != "") == (all_codes.kind == "country")).all()
    assert set(all_codes.iso3) - {""} <= set(countries.iso3)


def test_codes_are_written_without_padding_and_have_a_label(codes, names, all_codes):
    assert set(all_codes.publisher) <= set(seed("publishers").source_name)
    assert codes.code.str.fullmatch(r"0|[1-9]\d*").all()
    assert names.code.str.contains("[a-z]").all()
    assert not names.code.str.lower().duplicated().any()  # names are compared in lower case
    assert (all_codes.label != "").all()


def test_a_name_of_ofacs_stands_here_only_where_iso_has_another(names):
    """A row that says what ISO 3166 says as well would be one more thing to keep true."""
    assert not set(names[names.iso3 != ""].code) & set(iso_names())


@pytest.mark.parametrize(
    "name, iso3",
    [("Russia", "RUS"), ("Turkey", "TUR"), ("Korea, North", "PRK"), ("Burma", "MMR"), ("Kosovo", "XKX")],
)
def test_ofacs_name_leads_to_its_country(names, name, iso3):
    assert names.set_index("code").iso3[name] == iso3


@pytest.fixture(scope="module")
def national(all_codes):
    """Country names as the offices of Kazakhstan and Kyrgyzstan write them."""
    return all_codes[all_codes.publisher.isin(["kazstat", "kyrstat"])]


def test_names_in_russian_are_written_as_staging_repairs_them(national):
    """Lower case, one alphabet, no letter with dots, single spaces, no footnote's mark (macro russian_name)."""
    assert national.code.str.fullmatch(r"[а-я'.,()-]+( [а-я'.,()-]+)*").all()
    assert not national.code.str.contains("ё").any()


@pytest.mark.parametrize(
    "name, iso3",
    [("россия", "RUS"), ("германия", "DEU"), ("литва", "LTU"), ("китай", "CHN"), ("турция", "TUR"), ("грузия", "GEO")],
)
def test_both_offices_names_lead_to_their_country(national, name, iso3):
    assert national[national.code == name].iso3.tolist() == [iso3, iso3]


@pytest.mark.parametrize("publisher", ["kazstat", "kyrstat"])
def test_a_national_office_names_every_member_of_its_eu_and_its_groups_are_no_countries(national, publisher):
    own = national[national.publisher == publisher]
    members = seed("bloc_members")
    eu = members[(members.bloc == "EU_AS_PUBLISHED") & (members.publisher == publisher)]
    assert len(eu) == 28 and set(eu.iso3) <= set(own.iso3)
    assert set(own[own.kind == "world"].code) >= {"всего"}
    assert {"европа", "азия", "африка", "америка", "австралия и океания"} <= set(own[own.kind == "bloc"].code)


def test_every_name_in_the_national_tables_is_known(shared_file, national):
    tables = {
        "kazstat": [(xlrd.open_workbook(path), 0) for path in sorted(shared_file("national/kazakhstan").glob("*.xls"))],
        "kyrstat": [
            (openpyxl.load_workbook(path, data_only=True), 1)
            for path in sorted(shared_file("national/kyrgyzstan").glob("*Географическое*.xlsx"))
        ],
    }
    assert [len(books) for books in tables.values()] == [5, 2]
    for publisher, books in tables.items():
        names = set()
        for book, column in books:
            for sheet in book.sheets() if publisher == "kazstat" else book.worksheets:
                rows = sheet.get_rows() if publisher == "kazstat" else sheet.iter_rows()
                cells = [[cell.value for cell in row] for row in rows]
                names |= {row[column] for row in cells if any(isinstance(value, int | float) for value in row[3:])}
        names = {" ".join(name.replace("Ё", "Е").replace("ё", "е").lower().split()) for name in names if name}
        assert len(names) > 200
        assert names == set(national[national.publisher == publisher].code)


def iso_names() -> dict[str, str]:
    return {
        name: country.alpha_3
        for country in pycountry.countries
        for name in (country.name, getattr(country, "common_name", country.name))
    }


@pytest.fixture(scope="module")
def names_in_addresses(shared_file) -> dict[str, set[str]]:
    """File → the country names in it, read without the project's own loader."""
    found = {}
    for path in sorted(shared_file("sanctions/full_xml").glob("ofac_*.xml.gz")):
        with gzip.open(path) as stream:
            found[path.name] = {
                child.text.strip()
                for _, element in iterparse(stream)
                if element.tag.endswith("}address")
                for child in element
                if child.tag.endswith("}country") and child.text
            }
    for path in sorted(shared_file("sanctions").glob("ofac_csv_*/*add.csv")):
        with path.open(encoding="cp1252", newline="") as stream:
            given = {row[4].strip() for row in csv.reader(stream) if len(row) == 6}
        found[f"{path.parent.name}/{path.name}"] = given - {"-0-"}
    return found


def test_every_country_name_of_ofacs_lists_leads_to_a_country(names, names_in_addresses):
    known = set(iso_names()) | set(names.code) | NO_COUNTRY_OF_OFAC
    found = names_in_addresses
    assert len(found) >= 6 and max(len(given) for given in found.values()) > 180
    assert {file: given - known for file, given in found.items() if given - known} == {}


def test_every_name_of_ofacs_here_is_one_that_ofac_writes(names, names_in_addresses):
    written = set().union(*names_in_addresses.values())
    assert set(names.code) <= written
    assert written >= NO_COUNTRY_OF_OFAC


@pytest.fixture(scope="module")
def names_of_the_un(shared_file) -> set[str]:
    """The country names in both editions of the UN's list, read without the project's own loader."""
    tags = ("COUNTRY", "ISSUING_COUNTRY", "COUNTRY_OF_ISSUE", "COUNTRY_OF_BIRTH")
    found = set()
    for name in ("full_xml/un_consolidated_20240515.xml.gz", "un/un_consolidated_20260227.xml"):
        path = shared_file("sanctions") / name
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            for _, element in iterparse(stream):
                if element.tag in tags:
                    found.add((element.text or "").strip())
                elif element.tag == "NATIONALITY":
                    found |= {(value.text or "").strip() for value in element}
    return found - {"", "na"}  # na is no country's name, and no ISO code: staging leaves it out


def test_every_country_name_of_the_uns_list_leads_to_a_country_and_none_is_here_for_nothing(all_codes, names_of_the_un):
    ours = set(all_codes[all_codes.publisher == "un"].code)
    assert len(names_of_the_un) > 70
    assert ours == names_of_the_un - set(iso_names())


def test_every_country_of_the_eus_list_is_an_iso_code_or_stands_here(shared_file, all_codes):
    countries = set()
    with gzip.open(shared_file("sanctions/full_xml/eu_fsf_full_1_1_20240513.xml.gz")) as stream:
        for _, element in iterparse(stream):
            if "countryIso2Code" in element.attrib:
                countries.add((element.get("countryIso2Code"), element.get("countryDescription")))
    iso = {country.alpha_2 for country in pycountry.countries}
    assert len(countries) > 90
    others = {name for code, name in countries if code not in iso} - {"UNKNOWN"}
    assert set(all_codes[all_codes.publisher == "eu"].code) == others


@pytest.mark.parametrize(
    "code, kind",
    [("0", "world"), ("97", "bloc"), ("837", "bunkers"), ("838", "special"), ("839", "special"),
     ("536", "special"), ("849", "special"), ("899", "nes"), ("472", "nes"), ("473", "nes"),
     ("527", "nes"), ("568", "nes"), ("577", "nes"), ("636", "nes"), ("637", "nes"),
     ("879", "nes"), ("736", "dissolved"), ("891", "dissolved"), ("58", "dissolved")],
)  # fmt: skip
def test_what_is_not_a_country_says_what_it_is(codes, code, kind):
    assert codes.set_index("code").kind[code] == kind


def test_one_comtrade_code_collides_with_m49_and_the_row_here_wins(codes, countries):
    m49 = countries.m49.str.lstrip("0")
    collisions = set(codes[codes.iso3 == ""].code) & set(m49)
    assert collisions == {"492"}  # Monaco in M49, a rest of the EU in Comtrade


def test_every_comtrade_code_is_mapped(shared_file, codes, countries):
    known = set(codes.code) | set(countries.m49.str.lstrip("0"))
    for name in ("reporter", "partner"):
        ids = pd.read_csv(shared_file(f"reference/countries/comtrade_{name}.csv"), dtype=str).id
        assert len(ids) > 250
        assert not set(ids) - known


def test_every_code_of_the_2022_release_leads_to_comtrades_own_iso3(shared_file, codes, countries):
    file = shared_file("comtrade/final_2022_annual_total_MX.csv")
    flows = pd.read_csv(file, dtype=str, usecols=["partnerCode", "partnerISO"]).drop_duplicates()
    to_iso3 = dict(zip(countries.m49.str.lstrip("0"), countries.iso3, strict=True))
    to_iso3 |= dict(zip(codes.code, codes.iso3, strict=True))
    to_iso3["490"] = "S19"  # Comtrade's own letters for Taiwan
    flows = flows[flows.partnerISO.str.fullmatch("[A-Z]{3}|S19")]
    assert len(flows) > 220
    assert (flows.partnerCode.map(to_iso3) == flows.partnerISO).all()


def test_who_values_imports_fob_is_what_the_2022_release_shows(shared_file, countries):
    file = shared_file("comtrade/final_2022_annual_total_MX.csv")
    flows = pd.read_csv(file, usecols=["reporterISO", "flowCode", "cifvalue", "fobvalue"])
    sums = flows[flows.flowCode == "M"].groupby("reporterISO")[["cifvalue", "fobvalue"]].sum()
    fob_only = set(sums[(sums.cifvalue == 0) & (sums.fobvalue > 0)].index)
    assert fob_only == set(countries[countries.imports_valued_fob == "true"].iso3)


def test_capitals_agree_with_cepii_distances(shared_file, countries):
    """A pair agrees within 2 % or 25 km; 95 % of pairs must, and each country in its median
    within 1 % but for the five that GeoDist places elsewhere."""
    file = shared_file("reference/cepii/dist_cepii_semicolon.csv")
    dist = pd.read_csv(file, sep=";", usecols=["iso_o", "iso_d", "distcap"])
    dist[["iso_o", "iso_d"]] = dist[["iso_o", "iso_d"]].replace(CEPII_OLD_CODES)
    place = countries[countries.capital_latitude != ""].set_index("iso3")
    place = place[["capital_latitude", "capital_longitude"]].astype(float)
    dist = dist[dist.iso_o.isin(place.index) & dist.iso_d.isin(place.index)]
    dist = dist[dist.iso_o != dist.iso_d]
    lat_o, lon_o = np.radians(place.loc[dist.iso_o].to_numpy()).T
    lat_d, lon_d = np.radians(place.loc[dist.iso_d].to_numpy()).T
    half = np.sin((lat_d - lat_o) / 2) ** 2
    half += np.cos(lat_o) * np.cos(lat_d) * np.sin((lon_d - lon_o) / 2) ** 2
    km = 2 * 6371 * np.arcsin(np.sqrt(half))
    off_km = (km - dist.distcap).abs()
    off = off_km / dist.distcap
    assert len(dist) > 45_000
    assert ((off <= 0.02) | (off_km <= 25)).mean() >= 0.95
    median = off.groupby(dist.iso_o).median()
    assert set(median[median > 0.01].index) <= CEPII_PLACES_ELSEWHERE


def test_neighbours_are_countries_each_pair_once(countries):
    pairs = seed("land_borders")
    assert set(pairs.iso3) | set(pairs.neighbour_iso3) <= set(countries.iso3)
    assert (pairs.iso3 < pairs.neighbour_iso3).all()
    landlocked = set(countries[countries.is_landlocked == "true"].iso3)
    assert landlocked <= set(pairs.iso3) | set(pairs.neighbour_iso3)


def test_neighbours_are_those_of_cepii_but_for_what_changed_since_and_its_slips(shared_file):
    file = shared_file("reference/cepii/dist_cepii_semicolon.csv")
    dist = pd.read_csv(file, sep=";", usecols=["iso_o", "iso_d", "contig"])
    dist[["iso_o", "iso_d"]] = dist[["iso_o", "iso_d"]].replace(CEPII_OLD_CODES)
    touching = dist[dist.contig == 1]
    theirs = {tuple(sorted(pair)) for pair in zip(touching.iso_o, touching.iso_d, strict=True)}
    ours = set(seed("land_borders")[["iso3", "neighbour_iso3"]].itertuples(index=False, name=None))
    in_both = set(dist.iso_o)
    known = {pair for pair in ours if set(pair) <= in_both}
    assert known - theirs == {("AGO", "COG"), ("AND", "ESP"), ("ESP", "MAR")}
    # before Kosovo and South Sudan; and a coast that Saudi Arabia holds since 1974
    assert theirs - ours == {("ALB", "SRB"), ("COD", "SDN"), ("KEN", "SDN"), ("SDN", "UGA"), ("ARE", "QAT")}


# --- controlled goods ---------------------------------------------------------


def test_the_priority_list_equals_the_published_one(shared_file, chpl):
    published = pd.read_csv(shared_file("lists/chpl_2024-02-23_50codes.csv"), dtype=str)
    now = chpl[chpl.hs_revision == "HS2022"]
    ours = dict(zip(now.product_code, now.tier, strict=True))
    assert ours == dict(zip(published.hs6, published.tier, strict=True))


@pytest.mark.parametrize("revision", ["HS2017", "HS2012"])
def test_six_new_codes_have_five_ancestors_in_older_revisions(chpl, revision):
    old = chpl[chpl.hs_revision == revision]
    assert len(old) == old.product_code.nunique() == 49
    found = old[old.mapping == "ancestor"].set_index("product_code").listed_code
    assert {code: set(listed.split()) for code, listed in found.items()} == ANCESTORS
    same = old[old.mapping == "same"]
    assert len(same) == 44 and (same.product_code == same.listed_code).all()


@pytest.mark.parametrize("revision", ["HS2022", "HS2017", "HS2012"])
def test_every_listed_code_is_reached_in_every_revision(chpl, revision):
    listed = set(chpl[chpl.hs_revision == "HS2022"].product_code)
    reached = chpl[chpl.hs_revision == revision].listed_code.str.split().explode()
    assert reached.is_unique and set(reached) == listed


@pytest.mark.parametrize("revision", ["hs2017", "hs2012"])
def test_older_codes_follow_the_recommended_mapping(shared_file, chpl, revision):
    file = shared_file("lists/chpl_hs2022_to_hs2017_hs2012.csv")
    wanted = pd.read_csv(file, dtype=str).set_index("hs6")[f"recommended_{revision}"].to_dict()
    old = chpl[chpl.hs_revision == revision.upper()]
    ours = {c: row.product_code for row in old.itertuples() for c in row.listed_code.split()}
    assert ours == wanted


def test_older_codes_do_not_name_telephones(chpl):
    assert "851712" not in set(chpl.product_code)


def test_the_articles_goods_are_washing_machines_and_chips(goods):
    article = goods[goods.list_id == "ARTICLE"]
    wanted = {"845011", "845012", "845019", "845020", "854231", "854232", "854233", "854239"}
    for revision in ("HS2022", "HS2017", "HS2012"):
        assert set(article[article.hs_revision == revision].product_code) == wanted
    assert set(article.tier) == {""}


def test_product_codes_are_six_digits_and_mappings_known(goods):
    assert goods.product_code.str.fullmatch(r"\d{6}").all()
    assert set(goods.mapping) == {"exact", "same", "ancestor"}
    assert set(goods.hs_revision) == {"HS2022", "HS2017", "HS2012"}


# --- freight and insurance ----------------------------------------------------


def test_margins_are_ordered_and_within_a_quarter(margins):
    low, mid, high = (margins[f"margin_{x}"].astype(float) for x in ("low", "mid", "high"))
    assert ((low >= 0) & (low <= mid) & (mid <= high) & (high <= 0.25)).all()


def test_one_row_is_the_default(margins):
    default = margins[margins.method == "default"]
    anywhere = (margins.exporter_iso3 == "*") & (margins.importer_iso3 == "*")
    assert len(default) == anywhere.sum() == 1
    row = default[["margin_low", "margin_mid", "margin_high"]].astype(float).iloc[0]
    assert row.tolist() == [0, 0.06, 0.12]


def test_whatever_is_not_the_default_calls_itself_a_prior(margins):
    assert set(margins.method) == {"default", "prior"}


def test_margins_name_known_countries(margins, countries):
    known = set(countries.iso3) | {"*"}
    assert set(margins.exporter_iso3) | set(margins.importer_iso3) <= known
    pairs = margins[margins.exporter_iso3 != "*"]
    assert (pairs.exporter_iso3 != pairs.importer_iso3).all()


# --- codes of several revisions -------------------------------------------------


def test_every_listed_good_has_its_bridges_back_to_hs2012(goods):
    bridges = seed("listed_bridges")
    older = {
        revision: dict(bridges[bridges.revision_from == revision][["code_from", "code_to"]].to_numpy())
        for revision in ("HS2022", "HS2017")
    }
    listed = set(goods[goods.mapping == "exact"].product_code)
    assert listed <= set(older["HS2022"])
    assert {older["HS2022"][code] for code in listed} <= set(older["HS2017"])
    # a transducer is no telephone, and a chip no washing machine
    assert older["HS2022"]["854151"] == "854150" and older["HS2022"]["854231"] == "854231"
    # what the list itself calls an ancestor is the bridge's older code
    ancestors = {older["HS2022"][code]: set() for code in listed if older["HS2022"][code] != code}
    for code in listed:
        if older["HS2022"][code] != code:
            ancestors[older["HS2022"][code]].add(code)
    assert ancestors == ANCESTORS


def test_a_new_code_has_its_revision_and_no_older_code_of_the_same_digits():
    new, bridges = seed("new_codes"), seed("listed_bridges")
    assert set(new.hs_revision) == {"HS2022", "HS2017"} and new.product_code.str.fullmatch(r"\d{6}").all()
    kept = bridges[bridges.code_from == bridges.code_to]
    assert not set(zip(kept.revision_from, kept.code_from, strict=True)) & set(
        zip(new.hs_revision, new.product_code, strict=True)
    )
    drones = set(new[new.hs_revision == "HS2022"].product_code)
    assert {"880621", "854151", "852589"} <= drones and "854231" not in drones


# --- known asymmetries ---------------------------------------------------------


def test_asymmetries_name_known_countries(countries):
    asymmetries = seed("known_asymmetries")
    named = set(asymmetries.exporter_iso3) | set(asymmetries.importer_iso3)
    assert named - {""} <= set(countries.iso3)
    assert asymmetries.heading.str.fullmatch(r"(\d{4})?").all()


# --- published claims ---------------------------------------------------------


def test_a_published_value_lies_within_its_tolerance(claims):
    value = pd.to_numeric(claims.published_value)
    low, high = pd.to_numeric(claims.tolerance_low), pd.to_numeric(claims.tolerance_high)
    given = value.notna()
    assert ((low <= value) & (value <= high))[given].all()
    assert (low.notna() & high.notna() | ~given).all()  # a direction alone has an end that is open
    assert (claims.unit[given] != "").all()


def test_claims_use_known_words(claims, countries):
    assert set(claims.flow_side[claims.products != ""]) == {"export", "import", "gap"}
    assert set(claims.unit) == {"items", "usd", "eur", "percent", "truth", "entries", "usd a kilogram", ""}
    assert set(claims.currency) == {"usd", "eur", ""} and (claims.currency[claims.unit == "eur"] == "eur").all()
    parties = set(" ".join(claims.exporter + " " + claims.importer).split())
    assert parties <= set(countries.iso3) | {"EU27", "COALITION", "TRANSIT"}
    products = set(" ".join(claims.products).split())
    groups = {"TOTAL", "CHPL", "EU_833_2014", "ARTICLE_CHIPS", "ARTICLE_WASHERS"}
    assert all(p in groups or (p.isdigit() and len(p) in {2, 4, 6}) for p in products)


def test_a_claim_that_no_source_could_give_says_what_is_lacking(claims):
    figures = claims[claims.kind == "figure"]
    assert ((figures.measure == "none") == (figures.lacking != "")).all()
    measured = claims[~claims.measure.isin(["none", "same_union", "event_study", "listed_parties"])]
    assert (measured.products != "").all() and (measured.period_from != "").all()
    changes = measured[measured.measure.str.contains("growth|peak|unrecorded|dip")]
    assert (changes.base_from != "").all() and (changes.base_to != "").all()


def test_each_statement_of_the_article_stands_first_and_once_at_least(claims):
    numbers = claims.article_statement
    assert set(numbers) - {""} == {str(n) for n in range(1, 24)}
    assert claims.claim_order.astype(int).is_monotonic_increasing
    ordered = numbers[numbers != ""].astype(int)
    assert ordered.is_monotonic_increasing and list(ordered.index) == list(range(len(ordered)))
    assert claims.claim_id.is_unique


def test_a_statement_is_answered_as_its_kind_is(claims):
    kinds = {kind: set(rows.measure) for kind, rows in claims.groupby("kind")}
    assert kinds["not_measurable"] == {"none"} and kinds["list"] == {"listed_parties"}
    assert kinds["scenario"] == {"above_cap", "union_above_cap"} and kinds["law"] == {"none", "same_union"}
    assert "figure" in kinds and len(kinds) == 5
    laws = claims[(claims.kind == "law") & (claims.measure == "none")]
    assert (laws[["finding", "source_url", "checked_on"]] != "").all(axis=None)
    beyond = claims[claims.kind == "not_measurable"]
    assert (beyond.finding != "").all() and ((beyond.nearest_claims != "") | (beyond.source_url != "")).all()


def test_the_nearest_figures_of_a_statement_are_rows_of_their_own(claims):
    figures = set(claims.claim_id[claims.kind == "figure"])
    assert set(" ".join(claims.nearest_claims).split()) <= figures


def test_a_question_to_the_lists_has_parties_to_look_for_and_no_party_is_looked_for_in_vain(claims, countries):
    parties = seed("claim_parties")
    assert set(parties.claim_id) == set(claims.claim_id[claims.measure == "listed_parties"])
    assert set(parties.country_iso3) - {""} <= set(countries.iso3)
    assert (parties.name_pattern == parties.name_pattern.str.lower()).all() and (parties.name_pattern != "").all()


# --- demand, events, when a seed was checked ----------------------------------


def test_growth_of_demand_begins_in_2020_has_no_gap_and_two_sources(countries):
    demand = seed("demand_indexes")
    assert set(demand.iso3) <= set(countries.iso3[countries.role == "transit"])
    for _, years in demand.groupby("iso3"):
        assert list(years.year.astype(int)) == list(range(2020, 2020 + len(years))) and len(years) >= 2
    assert (demand.source != demand.second_source).all() and (demand.second_source != "").all()
    assert pd.to_numeric(demand.growth_percent).abs().max() < 25


def test_events_are_in_their_order_and_what_is_to_come_says_so():
    events = seed("events")
    assert events.event_id.is_unique and events.event_date.is_monotonic_increasing
    assert {"eu_package_15", "eu_package_21"} <= set(events.event_id)


def test_of_every_seed_it_is_known_when_it_was_checked():
    checks = seed("seed_checks").set_index("seed_name")
    assert set(checks.index) == {path.stem for path in SEEDS.glob("*.csv")} and checks.index.is_unique
    assert (checks.renewed_after_days.astype(int) > 0).all() and (checks.checked != "").all()
    for path in SEEDS.glob("*.csv"):
        frame = seed(path.stem)
        if "checked_on" in frame and path.stem != "seed_checks":
            assert max(frame.checked_on) <= checks.checked_on[path.stem], path.stem


def test_another_reading_of_a_claim_keeps_its_figure(claims):
    own = claims.set_index("claim_id").published_value
    readings = claims[claims.variant_of != ""]
    assert len(readings) >= 3
    assert (readings.published_value == readings.variant_of.map(own)).all()


def test_every_claim_says_what_it_measures(claims):
    assert (claims.statement != "").all() and (claims.definition != "").all()
    words = (claims.statement + " " + claims.definition).str.lower()
    assert not words.str.contains(r"\b(?:proof|smuggl\w*|guilty|evasion confirmed)\b").any()


# --- sanction programs, identifier kinds --------------------------------------

ABOUT_RUSSIA = ("RUSSIA", "UKR", "PEESA")


def programs_in_real_lists(shared_file) -> dict[str, set[str]]:
    """Publisher → the programs its real lists name, read without the project's own loader."""
    found = {"ofac": set(), "eu": set()}
    for path in sorted(shared_file("sanctions/full_xml").glob("*.xml.gz")):
        with gzip.open(path) as stream:
            for _, element in iterparse(stream):
                tag = element.tag.rpartition("}")[2]
                if path.name.startswith("ofac") and tag == "program":
                    found["ofac"].add(element.text.strip())
                elif path.name.startswith("eu") and tag == "regulation":
                    found["eu"].add(element.get("programme"))
                element.clear()
    return found


def test_every_program_about_russia_or_belarus_in_the_real_lists_is_judged(shared_file):
    seeded = seed("sanction_programs")
    found = programs_in_real_lists(shared_file)
    assert len(found["ofac"]) > 60 and len(found["eu"]) > 30
    for publisher, programs in found.items():
        own = seeded[seeded.publisher == publisher]
        russian = {p for p in programs if any(word in p for word in ABOUT_RUSSIA)}
        belarusian = {p for p in programs if p.startswith(("BELARUS", "BLR"))}
        assert russian == set(own[own.is_russia_related == "true"].program) - {"RUS", "RUSDA"}
        assert belarusian == set(own[own.is_belarus_related == "true"].program)


def test_a_program_is_about_one_of_the_two_and_says_so_in_words():
    programs = seed("sanction_programs")
    assert (programs.is_russia_related != programs.is_belarus_related).all()
    assert set(programs.is_russia_related) == {"true", "false"}
    assert (programs.label != "").all()
    assert set(programs.publisher) <= set(seed("publishers").source_name)


@pytest.mark.parametrize(
    ("dataset", "programs"),
    [
        ("eu_journal_sanctions", {"EU-RUS", "EU-UKR", "EU-RUSDA"}),
        ("ua_war_sanctions", {"UA-WS-MILIND", "UA-WS-UAVS", "UA-WS-MARE", "UA-WS-EXECUTIVES"}),
    ],
)
def test_the_programs_of_opensanctions_single_datasets_are_judged_and_named_what_they_are(dataset, programs):
    seeded = seed("sanction_programs")
    own = seeded[(seeded.publisher == "opensanctions") & seeded.program.isin(programs)]
    assert set(own.program) == programs and (own.is_russia_related == "true").all()
    if dataset == "ua_war_sanctions":  # of an intelligence service: who is named there is not sanctioned by that
        assert own.label.str.contains("no sanction by itself").all()


def test_every_annex_with_a_destination_of_its_own_says_so(countries):
    annexes = seed("eu_annexes")
    assert set(annexes.destination) <= {"*", "named", *countries.iso3}
    assert annexes.annex.is_unique and annexes.list_id.str.startswith("EU_833_2014_").all()
    assert set(annexes.annex[annexes.destination == "named"]) == {"XXXIII"}


def test_an_identifier_is_issued_by_the_world_by_a_country_or_by_what_the_row_says(countries):
    kinds = seed("identifier_kinds")
    assert set(kinds.issuer) <= {"*", "row"} | set(countries.iso3)
    assert (kinds.identifier_type == kinds.identifier_type.str.lower().str.strip()).all()  # compared in lower case
    for kind in ("imo_number", "lei", "bic", "un_number", "birth_date"):
        assert set(kinds.issuer[kinds.identifier_kind == kind]) == {"*"}, kind
    assert set(kinds.publisher) <= set(seed("publishers").source_name)


@pytest.mark.parametrize("word", ["phone", "fax", "email", "website", "date of founding", "gender", "mmsi", "ticker"])
def test_what_many_may_share_is_no_identifier(word):
    assert not seed("identifier_kinds").identifier_type.str.contains(word).any()


def test_the_default_margin_of_the_seed_is_the_parameter(margins) -> None:
    """It stands with its source in the seed, and as parameters in dbt_project.yml, whose hash every mart carries."""
    parameters = yaml.safe_load((PROJECT_DIR / "dbt" / "dbt_project.yml").read_text())["vars"]
    default = margins[margins.method == "default"]
    middle, half_width = parameters["cif_default"], parameters["margin_usual_half_width"]
    assert [tuple(map(float, row)) for row in default[["margin_low", "margin_mid", "margin_high"]].to_numpy()] == [
        (middle - half_width, middle, middle + half_width)
    ]
