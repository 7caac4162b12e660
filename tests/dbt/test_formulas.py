"""The formulas of METHODS 2.4, 2.5, 2.7 and 2.9, each macro against a plain Python twin, on DuckDB.

Here belongs what is true of a formula whatever the data: its worked example, its symmetries, its edges.
Not here: which rows it is applied to (dbt's unit tests).
"""

import math
from collections.abc import Sequence

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
    jinja2.Environment()
    .from_string((DBT_DIR / "macros" / "formulas.sql").read_text())
    .make_module({"var": VARS.__getitem__})
)

PERIODS = (
    jinja2.Environment()
    .from_string((DBT_DIR / "macros" / "periods.sql").read_text())
    .make_module({"var": VARS.__getitem__})
)


# ---------------------------------------------------------------- Python twins


def to_fob(value: float, margin: float) -> float:
    return value / (1 + margin)


def gap_usd(x: float, m: float) -> float:
    return x - m


def gap_share(x: float, m: float) -> float | None:
    return (x - m) / x if x else None


def gap_log(x: float, m: float) -> float | None:
    return math.log(x) - math.log(m) if x > 0 and m > 0 else None


def gap_asinh(x: float, m: float) -> float:
    scale = VARS["asinh_scale_usd"]
    return math.asinh(x / scale) - math.asinh(m / scale)


def sdi(x: float, m: float) -> float | None:
    return (x - m) / (x + m) if x + m else None


def relative_asymmetry(x: float, m: float) -> float | None:
    return 2 * abs(x - m) / (x + m) if x + m else None


def is_sign_robust(gap_low: float, gap_high: float) -> bool:
    return (gap_low > 0) == (gap_high > 0) and (gap_low < 0) == (gap_high < 0)


def unit_value(value: float, quantity: float) -> float | None:
    return value / quantity if value > 0 and quantity > 0 else None


TWINS = [to_fob, gap_usd, gap_share, gap_log, gap_asinh, sdi, relative_asymmetry, is_sign_robust, unit_value]


def reconciled_weight(export_noise: float, import_noise: float, floor: float) -> float | None:
    total = export_noise**2 + import_noise**2 + 2 * floor**2
    return (import_noise**2 + floor**2) / total if total else None


def reconciled_value(x: float, m: float, weight: float) -> float | None:
    return math.exp(weight * math.log(x) + (1 - weight) * math.log(m)) if x > 0 and m > 0 else None


def reconciled_error(export_noise: float, import_noise: float, floor: float) -> float | None:
    total = export_noise**2 + import_noise**2 + 2 * floor**2
    return math.sqrt((export_noise**2 + floor**2) * (import_noise**2 + floor**2) / total) if total else None


TWINS_OF_THREE = [reconciled_weight, reconciled_value, reconciled_error]


def asinh_scaled(value: float) -> float:
    return math.asinh(value / VARS["asinh_scale_usd"])


def robust_scale(mad: float, floor: float) -> float:
    return max(1.4826 * mad, floor)


def robust_z(value: float, median: float, scale: float) -> float | None:
    return max(-VARS["z_cap"], min(VARS["z_cap"], (value - median) / scale)) if scale > 0 else None


def size_class(value: float) -> int:
    return sum(value >= bound for bound in (1e6, 1e7, 1e8, 1e9))


def gap_floor(size_usd: float) -> float:
    small, middle, large = VARS["gap_floors"]
    return small if size_usd < 1e6 else middle if size_usd < 1e7 else large


def ghost_did(x: float, x_base: float, m: float, m_base: float) -> float:
    return (x - x_base) - (m - m_base)


def missing_before(x_base: float, m_base: float) -> float | None:
    return 1 - m_base / x_base if x_base else None


def ghost_rate(x: float, x_base: float, m: float, m_base: float) -> float | None:
    return (x - m) - missing_before(x_base, m_base) * x if x_base else None


# of one value, or of more than two
def cap_usd(baseline: float, demand_index: float) -> float:
    return max(baseline * demand_index, VARS["cap_floor_usd"])


def is_breach(value: float, cap: float) -> bool:
    return value > cap * (1 + VARS["cap_tolerance"])


def breach_usd(value: float, cap: float) -> float:
    return max(value - cap, 0)


CHANGE_TWINS = [asinh_scaled, robust_scale, robust_z, gap_floor, size_class, ghost_did, missing_before, ghost_rate]
CHANGE_TWINS += [cap_usd, is_breach, breach_usd]


# ---------------------------------------------------------------- one query for a list of pairs

Pairs = Sequence[tuple[float | None, float | None]]


@pytest.fixture(scope="module")
def con():
    connection = duckdb.connect()
    yield connection
    connection.close()


def in_sql(con, macro: str, pairs: Pairs, *, first: str = "x", second: str = "m") -> list:
    """The macro's answer for each pair, in order, from one query over doubles."""
    con.execute("create or replace temp table pairs (i integer, x double, m double)")
    con.executemany("insert into pairs values (?, ?, ?)", [(i, *pair) for i, pair in enumerate(pairs)])
    expression = getattr(MACROS, macro)(first, second)
    return [row[0] for row in con.execute(f"select {expression} from pairs order by i").fetchall()]


def same(found: list, expected: list, *, within: float = 1e-9) -> bool:
    """Equal one by one, NULL for NULL; numbers up to rounding."""
    return len(found) == len(expected) and all(
        (f is None and e is None)
        or (f is not None and e is not None and math.isclose(f, e, rel_tol=within, abs_tol=within))
        for f, e in zip(found, expected, strict=True)
    )


def of_rows(con, macro: str, rows: Sequence[tuple]) -> list:
    """The answer of a macro of any number of arguments for each row of them, in order."""
    names = [f"a{i}" for i in range(len(rows[0]))]
    con.execute(f"create or replace temp table rows (i integer, {', '.join(f'{name} double' for name in names)})")
    con.executemany(f"insert into rows values (?{', ?' * len(names)})", [(i, *row) for i, row in enumerate(rows)])
    expression = getattr(MACROS, macro)(*names)
    return [row[0] for row in con.execute(f"select cast({expression} as double) from rows order by i").fetchall()]


MONEY = st.one_of(st.just(0.0), st.floats(0.01, 1e12))
POSITIVE = st.floats(0.01, 1e12)
MARGIN = st.floats(0, 0.25)


def pairs_of(x: st.SearchStrategy, m: st.SearchStrategy) -> st.SearchStrategy:
    return st.lists(st.tuples(x, m), min_size=1, max_size=25)


# ---------------------------------------------------------------- the worked example


@pytest.mark.parametrize(
    ("macro", "expected"),
    [("gap_usd", 73.6226), ("gap_share", 0.8765), ("gap_log", 2.0912), ("sdi", 0.7801)],
)
def test_the_worked_example_comes_out_as_published(con, macro, expected):
    """X = 84, M = 11, margin 6 %: METHODS 2.5."""
    (m_fob,) = in_sql(con, "to_fob", [(11, 0.06)])
    assert round(m_fob, 4) == 10.3774
    assert round(in_sql(con, macro, [(84, m_fob)])[0], 4) == expected


def test_every_formula_has_a_twin_here():
    in_file = {name for name in vars(MACROS) if not name.startswith("_")}
    tested_below = {"comparable_revision", "chapter_of", "heading_of", "margin_of", "import_fob_at"}
    tested_below |= {"exact_sum", "is_selective", "is_own", "own_prefix", "is_gap_stated"}
    assert {twin.__name__ for twin in TWINS + TWINS_OF_THREE + CHANGE_TWINS} | tested_below == in_file


def test_a_gap_is_stated_of_what_both_report_of_zeros_and_of_what_has_a_bound(con):
    stated = {"both_reported", "lost_export", "orphan_import", "partner_hidden"}
    every = [*stated, "suppressed_possible", "other_revision", "partial_period", "importer_nonreporting", "neither"]
    expression = MACROS.is_gap_stated("status")
    rows = con.execute(f"select status from unnest(?) as statuses(status) where {expression}", [every]).fetchall()
    assert {status for (status,) in rows} == stated


def test_a_sum_is_the_same_in_any_order_of_its_rows(con):
    values = [0.1, 1e12, 0.2, -1e12, 0.3]
    for order in (values, values[::-1], sorted(values)):
        rows = ", ".join(f"({value})" for value in order)
        assert con.execute(f"select {MACROS.exact_sum('x')} from (values {rows}) as t(x)").fetchone() == (0.6,)


def test_a_source_of_selected_partners_is_one_that_the_parameters_name(con):
    sources = [*VARS["sources_of_selected_partners"], "own: Armstat", "comtrade"]
    values = [con.execute(f"select {MACROS.is_selective(repr(source))}").fetchone()[0] for source in sources]
    assert values == [True] * (len(sources) - 1) + [False]


def test_an_import_that_is_published_fob_has_one_value_and_others_one_at_each_margin(con):
    imports = "values ('published_fob', 100, 93, 0.25), ('cif_default', 100, 94, 0.25), (null, null, null, null)"
    row = "(import_basis, import_value_usd, import_value_fob_usd, margin_high)"
    upper = con.execute(f"select {MACROS.import_fob_at('margin_high')} from ({imports}) as rows {row}").fetchall()
    assert upper == [(93,), (80,), (None,)]


@pytest.mark.parametrize("twin", TWINS, ids=lambda twin: twin.__name__)
def test_sql_and_python_agree(con, twin):
    @examples(max_examples=25, deadline=None)
    @given(pairs_of(MONEY, MARGIN if twin is to_fob else MONEY))
    def agree(pairs):
        assert same(in_sql(con, twin.__name__, pairs), [twin(*pair) for pair in pairs])

    agree()


# ---------------------------------------------------------------- what must hold for any pair


@examples(max_examples=25, deadline=None)
@given(pairs=pairs_of(MONEY, MONEY))
def test_swapping_the_two_sides_turns_the_index_round(con, pairs):
    there, back = (in_sql(con, "sdi", pairs), in_sql(con, "sdi", pairs, first="m", second="x"))
    assert same(there, [None if value is None else -value for value in back])


@examples(max_examples=25, deadline=None)
@given(pairs=pairs_of(POSITIVE, POSITIVE), factor=st.floats(0.01, 1e4))
def test_the_unit_of_money_changes_neither_index_nor_log(con, pairs, factor):
    scaled = [(x * factor, m * factor) for x, m in pairs]
    for macro in ("sdi", "gap_log", "gap_share"):
        assert same(in_sql(con, macro, pairs), in_sql(con, macro, scaled), within=1e-6), macro


@examples(max_examples=25, deadline=None)
@given(pairs=pairs_of(POSITIVE, POSITIVE))
def test_the_index_is_the_hyperbolic_tangent_of_half_the_log_gap(con, pairs):
    logs = in_sql(con, "gap_log", pairs)
    assert same(in_sql(con, "sdi", pairs), [math.tanh(value / 2) for value in logs], within=1e-7)


@examples(max_examples=25, deadline=None)
@given(pairs=pairs_of(MONEY, MONEY))
def test_the_index_lies_between_minus_one_and_one_and_the_asymmetry_is_twice_its_size(con, pairs):
    index = in_sql(con, "sdi", pairs)
    assert all(value is None or -1 <= value <= 1 for value in index)
    doubled = [None if value is None else 2 * abs(value) for value in index]
    assert same(in_sql(con, "relative_asymmetry", pairs), doubled)


@examples(max_examples=25, deadline=None)
@given(triples=st.lists(st.tuples(MONEY, MONEY, MARGIN, MARGIN), min_size=1, max_size=25))
def test_a_higher_margin_makes_a_larger_gap(con, triples):
    low = in_sql(con, "to_fob", [(m, min(a, b)) for _, m, a, b in triples])
    high = in_sql(con, "to_fob", [(m, max(a, b)) for _, m, a, b in triples])
    gaps_low = in_sql(con, "gap_usd", [(x, m) for (x, *_), m in zip(triples, low, strict=True)])
    gaps_high = in_sql(con, "gap_usd", [(x, m) for (x, *_), m in zip(triples, high, strict=True)])
    assert all(a <= b for a, b in zip(gaps_low, gaps_high, strict=True))


@examples(max_examples=25, deadline=None)
@given(values=st.lists(POSITIVE, min_size=1, max_size=25))
def test_a_lost_export_has_index_one_and_an_orphan_import_minus_one(con, values):
    assert same(in_sql(con, "sdi", [(value, 0) for value in values]), [1] * len(values))
    assert same(in_sql(con, "sdi", [(0, value) for value in values]), [-1] * len(values))
    assert same(in_sql(con, "gap_share", [(value, 0) for value in values]), [1] * len(values))


# ---------------------------------------------------------------- edges


@pytest.mark.parametrize("macro", ["gap_share", "gap_log", "sdi", "relative_asymmetry"])
def test_a_ratio_of_nothing_is_unknown(con, macro):
    assert in_sql(con, macro, [(0, 0)]) == [None]


def test_a_share_of_no_export_and_a_log_of_nothing_are_unknown(con):
    assert in_sql(con, "gap_share", [(0, 5)]) == [None]
    assert in_sql(con, "gap_log", [(0, 5), (5, 0)]) == [None, None]


@pytest.mark.parametrize("twin", TWINS, ids=lambda twin: twin.__name__)
def test_a_missing_side_stays_missing(con, twin):
    assert in_sql(con, twin.__name__, [(None, 5), (5, None), (None, None)]) == [None, None, None]


def test_the_inverse_hyperbolic_sine_is_defined_at_zero_and_like_a_log_for_large_values(con):
    nothing, lost, large = in_sql(con, "gap_asinh", [(0, 0), (1e7, 0), (1e9, 1e8)])
    assert nothing == 0
    assert lost == pytest.approx(math.asinh(1000))
    assert large == pytest.approx(math.log(10), rel=1e-6)


def test_imports_are_divided_and_not_multiplied(con):
    """M x (1 - margin) would take off more than was put on."""
    (back,) = in_sql(con, "to_fob", [(106, 0.06)])
    assert back == pytest.approx(100)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(1, 2, True), (-2, -1, True), (-1, 1, False), (0, 1, False), (-1, 0, False), (0, 0, True)],
)
def test_a_gap_is_robust_when_both_ends_have_one_sign(con, low, high, expected):
    assert in_sql(con, "is_sign_robust", [(low, high)]) == [expected]


@pytest.mark.parametrize("product_level", [0, 2, 4, 6])
def test_a_code_below_the_chapter_means_the_same_within_its_revision_only(con, product_level):
    sql = MACROS.comparable_revision(product_level, "'HS2022'")
    found = con.execute(f"select {sql}").fetchone()[0]
    assert found == ("HS2022" if product_level >= 4 else "any")


def test_a_formula_may_stand_inside_another(con):
    """Each macro is closed in its own parentheses: precedence cannot leak in or out."""
    nested = MACROS.gap_usd("x", MACROS.to_fob("m + m", "m - m"))
    assert con.execute(f"select -{nested} * 2 from (select 10 as x, 3 as m)").fetchone() == (-8,)


# ---------------------------------------------------------------- one value of two books


def of_three(con, macro: str, triples: Sequence[tuple]) -> list:
    con.execute("create or replace temp table triples (i integer, a double, b double, c double)")
    con.executemany("insert into triples values (?, ?, ?, ?)", [(i, *triple) for i, triple in enumerate(triples)])
    expression = getattr(MACROS, macro)("a", "b", "c")
    return [row[0] for row in con.execute(f"select {expression} from triples order by i").fetchall()]


def test_the_worked_example_of_a_reconciled_value_comes_out_as_published(con):
    """Noise .25 and .5, no floor, X = 100, M = 80: METHODS 2.15."""
    (weight,) = of_three(con, "reconciled_weight", [(0.25, 0.5, 0)])
    assert weight == 0.8
    assert round(of_three(con, "reconciled_value", [(100, 80, weight)])[0], 3) == 95.635
    assert round(of_three(con, "reconciled_error", [(0.25, 0.5, 0)])[0], 4) == 0.2236


NOISE = st.one_of(st.just(0.0), st.floats(0.01, 3))


@pytest.mark.parametrize("twin", TWINS_OF_THREE, ids=lambda twin: twin.__name__)
def test_sql_and_python_agree_on_three(con, twin):
    firsts = (MONEY, MONEY, st.floats(0, 1)) if twin is reconciled_value else (NOISE, NOISE, NOISE)

    @examples(max_examples=25, deadline=None)
    @given(st.lists(st.tuples(*firsts), min_size=1, max_size=25))
    def agree(triples):
        assert same(of_three(con, twin.__name__, triples), [twin(*triple) for triple in triples])


# ---------------------------------------------------------------- change against a baseline


@pytest.mark.parametrize("twin", CHANGE_TWINS, ids=lambda twin: twin.__name__)
def test_sql_and_python_agree_on_change(con, twin):
    arguments = twin.__code__.co_argcount

    @examples(max_examples=25, deadline=None)
    @given(st.lists(st.tuples(*[MONEY] * arguments), min_size=1, max_size=25))
    def agree(rows):
        assert same(of_rows(con, twin.__name__, rows), [twin(*row) for row in rows], within=1e-6)

    agree()


@examples(max_examples=25, deadline=None)
@given(triples=st.lists(st.tuples(NOISE, NOISE, st.floats(0.01, 1)), min_size=1, max_size=25))
def test_both_books_together_count_once_and_are_surer_than_either(con, triples):
    there = of_three(con, "reconciled_weight", triples)
    back = of_three(con, "reconciled_weight", [(m, x, floor) for x, m, floor in triples])
    assert all(math.isclose(a + b, 1) for a, b in zip(there, back, strict=True))
    errors = of_three(con, "reconciled_error", triples)
    assert all(e <= math.hypot(min(x, m), floor) + 1e-9 for e, (x, m, floor) in zip(errors, triples, strict=True))


@examples(max_examples=25, deadline=None)
@given(triples=st.lists(st.tuples(POSITIVE, POSITIVE, st.floats(0, 1)), min_size=1, max_size=25))
def test_a_reconciled_value_lies_between_both_books(con, triples):
    for value, (x, m, _) in zip(of_three(con, "reconciled_value", triples), triples, strict=True):
        assert min(x, m) * (1 - 1e-9) <= value <= max(x, m) * (1 + 1e-9)


@pytest.mark.parametrize(
    ("is_fob", "seed", "modelled", "expected"),
    [
        ("true", "0.03", "0.5", 0),
        ("false", "0.03", "0.5", 0.03),
        ("false", "0", "0.5", 0),
        ("false", "null", "ln(1.1)", 0.1),
        ("false", "null", "0.5", VARS["cif_clip"]),
        ("false", "null", "-0.5", 0),
        ("false", "null", "cast(null as double)", 0.06),
    ],
)
def test_a_margin_is_a_person_s_then_the_model_s_within_bounds_then_the_default(con, is_fob, seed, modelled, expected):
    found = con.execute(f"select {MACROS.margin_of(is_fob, seed, modelled, '0.06')}").fetchone()[0]
    assert float(found) == pytest.approx(expected)


@pytest.mark.parametrize(("code", "heading"), [("854231", "8542"), ("G270900", "2709"), ("0101", "0101")])
def test_a_group_has_the_heading_of_the_code_it_is_called_after(con, code, heading):
    assert con.execute(f"select {MACROS.heading_of(repr(code))}").fetchone()[0] == heading


@examples(max_examples=50, deadline=None)
@given(rows=st.lists(st.tuples(POSITIVE, POSITIVE, MONEY, MONEY), min_size=1, max_size=25))
def test_the_two_ghost_estimates_differ_by_what_was_missing_before_of_the_added_exports(con, rows):
    """METHODS 0.5: ghost_did - ghost_rate = g0 * (X - x_base), to a millionth of what they are made of."""
    did, rate = of_rows(con, "ghost_did", rows), of_rows(con, "ghost_rate", rows)
    for (x, x_base, m, m_base), one, other in zip(rows, did, rate, strict=True):
        before = missing_before(x_base, m_base) * (x - x_base)
        assert abs(one - other - before) <= 1e-6 * max(1, x, x_base, m, m_base, m_base / x_base * x)


def test_lithuanias_dual_use_goods_come_out_as_computed(con):
    """METHODS, claim 7: before 28 exported and 9 recorded, after 84 and 11, both raw and at 6 %."""
    for margin, did, rate in ((0, 54.0, 16.0), (0.06, 54.1, 15.1)):
        row = (84, 28, 11 / (1 + margin), 9 / (1 + margin))
        assert of_rows(con, "ghost_did", [row])[0] == pytest.approx(did, abs=0.05)
        assert of_rows(con, "ghost_rate", [row])[0] == pytest.approx(rate, abs=0.05)


@pytest.mark.parametrize(
    ("x_base", "m_base", "x", "m", "gap", "did", "rate"),
    [
        (6489.6, 5655.0, 10896.1, 7624.5, 3271.6, 2437, 1870),
        (6489.6, 5655.0, 13094.7, 10314.0, 2780.6, 1946, 1097),
        (311.3, 289.5, 1233.0, 526.9, 706.1, 684, 620),
        (311.3, 289.5, 2956.0, 964.6, 1991.4, 1970, 1784),
    ],
)
def test_the_published_lines_come_out(con, x_base, m_base, x, m, gap, did, rate):
    """METHODS 2.9, margin 0."""
    assert x - m == pytest.approx(gap, abs=0.15)
    assert of_rows(con, "ghost_did", [(x, x_base, m, m_base)])[0] == pytest.approx(did, abs=0.6)
    assert of_rows(con, "ghost_rate", [(x, x_base, m, m_base)])[0] == pytest.approx(rate, abs=1)


def test_of_a_new_flow_nothing_was_missing_before(con):
    assert of_rows(con, "missing_before", [(0, 0), (0, 5)]) == [None, None]
    assert of_rows(con, "ghost_rate", [(100, 0, 40, 0)]) == [None]
    assert of_rows(con, "ghost_did", [(100, 0, 40, 0)]) == [60]


@examples(max_examples=25, deadline=None)
@given(rows=st.lists(st.tuples(st.floats(-50, 50), st.floats(-50, 50), st.floats(0.1, 5)), min_size=1, max_size=25))
def test_z_rises_with_the_value_and_never_passes_its_cap(con, rows):
    z = of_rows(con, "robust_z", rows)
    higher = of_rows(con, "robust_z", [(value + 1, median, scale) for value, median, scale in rows])
    assert all(-VARS["z_cap"] <= one <= other <= VARS["z_cap"] for one, other in zip(z, higher, strict=True))


def test_kyrgyzstans_spread_gives_the_published_z(con):
    """METHODS 2.7: median 8.5408, MAD .1170; the EU's exports of September 2022 at z 10.86."""
    (scale,) = of_rows(con, "robust_scale", [(0.1170, VARS["z_floor"])])
    assert round(scale, 4) == 0.1735
    assert of_rows(con, "robust_z", [(8.5408 + 10.86 * scale, 8.5408, scale)])[0] == pytest.approx(10.86)
    assert of_rows(con, "robust_scale", [(0.01, VARS["z_floor"])]) == [VARS["z_floor"]]  # a calm series


def test_what_is_missing_has_no_z(con):
    assert of_rows(con, "robust_z", [(None, 1, 1), (1, None, 1), (1, 1, None), (1, 1, 0)]) == [None] * 4


@pytest.mark.parametrize(
    ("year", "code", "revision"), [(2021, "H5", "HS2017"), (2027, "H6", "HS2022"), (2028, "H7", "HS2028")]
)
def test_a_year_and_comtrades_code_lead_to_the_revision_of_the_hs(con, year, code, revision):
    assert con.sql(
        f"select {PERIODS.hs_revision_in(year)}, {PERIODS.hs_revision_of(repr(code))}, {PERIODS.is_hs(repr(code))}"
    ).fetchall() == [(revision, revision, True)]
