"""The query made for a published figure (dbt/macros/claims.sql), on a few rows written here.

Here belongs when a figure may be told and when it is missing. Not here: which figures there are (test_seeds.py),
what the sample and the real files give (test_refresh.py, test_shared_files.py).
"""

import duckdb
import jinja2
import pytest
import yaml
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from dagster_project.settings import DBT_DIR

VARS = yaml.safe_load((DBT_DIR / "dbt_project.yml").read_text())["vars"]
MACROS = (
    jinja2.Environment(extensions=["jinja2.ext.do"])
    .from_string((DBT_DIR / "macros" / "claims.sql").read_text())
    .make_module({"var": VARS.__getitem__})
)
MARTS = ("mirror_gaps", "bloc_members", "controlled_goods", "exchange_rates", "countries")
CLAIM = {
    "exporter": "KAZ", "importer": "RUS", "products": "854231", "flow_side": "export", "measure": "sum",
    "currency": "usd", "period_from": "2022-01-01", "period_to": "2022-12-31", "base_from": "", "base_to": "",
    "unit": "usd",
}  # fmt: skip
FLOW = {
    "freq": "A", "period": "2022-01-01", "exporter_iso3": "KAZ", "importer_iso3": "RUS", "product_code": "854231",
    "product_level": 6, "hs_revision": "HS2022", "gap_usd": None, "export_value_usd": None, "export_net_kg": None,
    "export_quantity": None, "export_quantity_unit": None, "import_value_usd": None, "import_value_fob_usd": None,
    "import_net_kg": None, "import_quantity": None, "import_quantity_unit": None,
}  # fmt: skip
TYPES = {"period": "date", "product_level": "integer"}
YEAR_BEFORE = {"base_from": "2021-01-01", "base_to": "2021-12-31"}


def computed(claim: dict, *flows: dict) -> float | None:
    """What the query of a claim gives over so many rows of mirror_gaps."""
    con = duckdb.connect()
    columns = ", ".join(
        f"{c} {TYPES.get(c, 'double' if c.endswith(('_usd', '_kg', 'quantity')) else 'varchar')}" for c in FLOW
    )
    con.execute(f"create table mirror_gaps ({columns})")
    for flow in flows:
        con.execute(f"insert into mirror_gaps values ({', '.join('?' * len(FLOW))})", list((FLOW | flow).values()))
    con.execute("create table bloc_members (bloc varchar, iso3 varchar, publisher varchar)")
    con.execute("insert into bloc_members values ('EU27', 'DEU', '*'), ('EU27', 'FRA', '*')")
    con.execute(
        "create table exchange_rates as select 'USD' as currency, date '2022-01-01' as period, 1.25 as units_per_eur"
    )
    con.execute("create table controlled_goods (list_id varchar, product_code varchar, hs_revision varchar)")
    con.execute("create table countries (iso3 varchar, role varchar, is_eaeu boolean)")
    query = MACROS.claim_query(CLAIM | claim, {name: name for name in MARTS})
    [(value,)] = con.execute(query).fetchall()
    return value


def test_a_year_in_which_nobody_spoke_has_no_figure() -> None:
    assert computed({}) is None
    assert computed({}, {"export_value_usd": 5, "period": "2021-01-01"}) is None
    assert computed({}, {"import_value_usd": 5}) is None  # the importer's word is not the exporter's


def test_who_published_other_goods_of_the_chapter_says_nothing_was_sold() -> None:
    assert computed({}, {"product_code": "854110", "export_value_usd": 7}) == 0


def test_a_file_of_another_chapter_is_no_zero() -> None:
    assert computed({}, {"product_code": "900110", "export_value_usd": 7}) is None
    known = {"product_code": "854110", "export_value_usd": 7, "period": "2020-01-01"}
    assert computed({}, {"product_code": "900110", "export_value_usd": 7}, known) == 0


def test_goods_without_a_count_leave_the_count_unknown() -> None:
    items = {"unit": "items", "currency": ""}
    counted = {"export_value_usd": 7, "export_quantity": 3, "export_quantity_unit": "u"}
    assert computed(items, counted) == 3
    assert computed(items, counted, {"export_value_usd": 7, "export_quantity": 3, "export_quantity_unit": "kg"}) is None


def test_growth_needs_both_years() -> None:
    growth = {"measure": "growth", "unit": "percent", **YEAR_BEFORE}
    now, then = {"export_value_usd": 30}, {"export_value_usd": 10, "period": "2021-01-01"}
    assert computed(growth, now, then) == pytest.approx(200)
    assert computed(growth, now) is None
    assert computed(growth, now, then | {"export_value_usd": 0}) is None  # from nothing there is no growth in per cent


def test_a_month_that_is_missing_leaves_the_sum_out() -> None:
    quarter = {"period_to": "2022-03-31"}
    months = [{"freq": "M", "period": f"2022-0{n}-01", "export_value_usd": 1} for n in (1, 2, 3)]
    assert computed(quarter, *months) == 3
    assert computed(quarter, *months[:2]) is None


def test_a_bloc_of_which_a_member_is_silent_has_no_figure() -> None:
    bloc = {"exporter": "EU27", "importer": "KAZ", "products": "TOTAL"}
    total = {"importer_iso3": "KAZ", "product_code": "TOTAL", "product_level": 0, "export_value_usd": 5}
    assert computed(bloc, total | {"exporter_iso3": "DEU"}) is None
    assert computed(bloc, total | {"exporter_iso3": "DEU"}, total | {"exporter_iso3": "FRA"}) == 10


def test_euro_are_turned_back_at_the_months_rate_and_missing_without_one() -> None:
    euro = {"currency": "eur", "unit": "eur", "period_to": "2022-01-31"}
    assert computed(euro, {"freq": "M", "export_value_usd": 5}) == 4
    february = {"period_from": "2022-02-01", "period_to": "2022-02-28"}
    assert computed(euro | february, {"freq": "M", "period": "2022-02-01", "export_value_usd": 5}) is None


def test_a_gap_is_stated_where_coverage_states_one() -> None:
    gap = {"flow_side": "gap", "measure": "gap"}
    both = {"export_value_usd": 9, "import_value_usd": 4, "import_value_fob_usd": 3}
    assert computed(gap, both | {"gap_usd": 6}) == 5  # as recorded, without freight
    assert computed(gap, both) is None


def test_what_was_not_recorded_of_the_growth_is_told_at_fob() -> None:
    share = {"flow_side": "gap", "measure": "unrecorded_share", "unit": "percent", **YEAR_BEFORE}
    then = {"period": "2021-01-01", "export_value_usd": 10, "import_value_fob_usd": 8, "gap_usd": 2}
    now = {"export_value_usd": 30, "import_value_fob_usd": 13, "gap_usd": 17}
    assert computed(share, then, now) == pytest.approx(75)


def test_the_published_query_differs_in_the_names_of_tables_alone() -> None:
    short = MACROS.claim_query(CLAIM, {name: name for name in MARTS})
    assert MACROS.claim_query(CLAIM, {name: f"marts.{name}" for name in MARTS}).replace("marts.", "") == short


def claim_status(computed: float | None, published: float | None, low: float | None, high: float | None) -> str:
    if computed is None:
        return "data_missing"
    if (low is None or computed >= low) and (high is None or computed <= high):
        return "reproduced"
    if None in (published, low, high):
        return "contradicted"
    wide = VARS["claim_near_tolerances"]
    near = published - wide * (published - low) <= computed <= published + wide * (high - published)
    return "near" if near else "contradicted"


BOUND = st.none() | st.integers(-1000, 1000)


@given(st.lists(st.tuples(BOUND, BOUND, BOUND, BOUND), min_size=1, max_size=20))
@examples(max_examples=50, deadline=None)
def test_a_claim_stands_as_its_tolerance_says(rows) -> None:
    values = ", ".join(
        "({})".format(", ".join("null::double" if v is None else f"{v}::double" for v in row)) for row in rows
    )
    query = MACROS.claim_status("computed", "published", "low", "high")
    told = duckdb.sql(f"select {query} from (values {values}) as t (computed, published, low, high)").fetchall()
    assert [status for (status,) in told] == [claim_status(*row) for row in rows]
