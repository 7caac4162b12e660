"""The scores of METHODS 2.14, each macro against a plain Python twin, on DuckDB.

Here belongs what is true of a score whatever the data. Not here: which components a corridor has (dbt's unit tests).
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
    .from_string((DBT_DIR / "macros" / "corridors.sql").read_text())
    .make_module({"var": VARS.__getitem__})
)
WEIGHTS = VARS["anomaly_weights"]
SHARE = st.one_of(st.none(), st.floats(0, 1))


@pytest.fixture(scope="module")
def con():
    connection = duckdb.connect()
    yield connection
    connection.close()


def in_sql(con, expression: str, **columns: float | None):
    given_columns = ", ".join(
        f"cast({'null' if value is None else repr(value)} as double) as {name}" for name, value in columns.items()
    )
    return con.execute(f"select {expression} from (select {given_columns}) as given").fetchone()[0]


def saturated(x: float | None, low: float, high: float) -> float | None:
    return None if x is None else min(max((x - low) / (high - low), 0.0), 1.0)


def weighted_score(components: dict[str, float | None], weights: dict[str, float]) -> float | None:
    known = {name: weight for name, weight in weights.items() if components[name] is not None}
    if sum(known.values()) < VARS["weight_needed"] * sum(weights.values()) - 1e-6:
        return None
    return 100 * sum(weight * components[name] for name, weight in known.items()) / sum(known.values())


def documented_score(components: dict[str, float | None], weights: dict[str, float]) -> float:
    return 100 * sum(weight * (components[name] or 0) for name, weight in weights.items()) / sum(weights.values())


def risk_class(is_unusual: bool, reason: str | None) -> str:
    if reason in ("no_admissible_mirror", "too_few_components"):
        return "not_enough_data"
    return {
        (True, True): "investigate", (True, False): "verify_data", (False, True): "no_signal",
        (False, False): "not_enough_data",
    }[is_unusual, reason is None]  # fmt: skip


def is_new_trade(baseline: float, growth: float | None, onward: float | None, onward_baseline: float | None) -> bool:
    is_new = onward is not None and onward_baseline is not None and onward_baseline < VARS["new_onward_share"] * onward
    return baseline == 0 or (growth is not None and growth >= VARS["re_export_least_growth"]) or is_new


def risk_route(unmirrored: dict, re_exported: dict, trade: dict, kind: str) -> str | None:
    def taken(score, share, rise, baseline) -> bool:
        if None in (score, share, rise, baseline):
            return False
        least = max(VARS["ghost_min_share"] * baseline, VARS["ghost_min_usd"])
        enough = VARS["basket_route_share" if kind == "basket" else "route_share"]
        return score >= VARS["anomaly_least"] and share >= enough and rise >= least

    open_routes = {}
    if taken(**unmirrored):
        open_routes["unmirrored"] = unmirrored["score"]
    if taken(**re_exported) and is_new_trade(re_exported["baseline"], **trade):
        open_routes["re_exported"] = re_exported["score"]
    return max(open_routes, key=open_routes.get) if open_routes else None


def score_in_sql(con, components: dict[str, float | None]) -> float | None:
    columns = {f"c_{name}": value for name, value in components.items()}
    return in_sql(con, MACROS.weighted_score(WEIGHTS, "c_"), **columns)


COMPONENTS = st.fixed_dictionaries(dict.fromkeys(WEIGHTS, SHARE))


@pytest.mark.parametrize("weights", ["anomaly_weights", "evidence_weights"])
def test_the_weights_add_up_to_one(weights: str) -> None:
    assert sum(VARS[weights].values()) == pytest.approx(1)


@given(x=st.one_of(st.none(), st.floats(-100, 100)), low=st.floats(-5, 5), width=st.floats(0.1, 10))
@examples(max_examples=60, deadline=None)
def test_a_component_runs_from_its_first_bound_to_its_second(con, x, low: float, width: float) -> None:
    found = in_sql(con, MACROS.saturated("x", low, low + width), x=x)
    expected = saturated(x, low, low + width)
    assert found == (expected if expected is None else pytest.approx(expected, abs=1e-9))


@given(COMPONENTS)
@examples(max_examples=60, deadline=None)
def test_a_score_is_the_weighted_mean_of_what_is_known(con, components) -> None:
    found, expected = score_in_sql(con, components), weighted_score(components, WEIGHTS)
    assert found == (expected if expected is None else pytest.approx(expected, abs=1e-9))
    assert found is None or -1e-9 <= found <= 100 + 1e-9


@given(COMPONENTS, st.sampled_from(sorted(WEIGHTS)), st.floats(0, 1))
@examples(max_examples=60, deadline=None)
def test_more_of_a_component_never_makes_a_score_smaller(con, components, name: str, more: float) -> None:
    before = score_in_sql(con, components)
    if before is None or components[name] is None:
        return
    after = score_in_sql(con, components | {name: max(components[name], more)})
    assert after >= before - 1e-9


def test_too_little_known_is_no_score(con) -> None:
    nothing = dict.fromkeys(WEIGHTS)
    known = nothing | {"growth": 1.0, "excess": 1.0, "gap_shift": 1.0, "ghost": 1.0}  # .55 of the weight
    assert score_in_sql(con, nothing) is None and score_in_sql(con, known) is None
    assert score_in_sql(con, known | {"persistence": 1.0}) == pytest.approx(100)  # .60: just enough


@given(st.fixed_dictionaries(dict.fromkeys(VARS["evidence_weights"], SHARE)))
@examples(max_examples=60, deadline=None)
def test_documentation_that_is_missing_is_not_there(con, components) -> None:
    columns = {f"e_{name}": value for name, value in components.items()}
    found = in_sql(con, MACROS.documented_score(VARS["evidence_weights"], "e_"), **columns)
    assert found == pytest.approx(documented_score(components, VARS["evidence_weights"]), abs=1e-9)
    assert found < 100 or None not in components.values()


REASONS = [None, "no_admissible_mirror", "too_few_components", "one_month", "too_little_documented"]


@pytest.mark.parametrize("reason", REASONS)
@pytest.mark.parametrize("is_unusual", [True, False])
def test_the_class_follows_from_the_route_and_what_is_against_it(con, is_unusual: bool, reason: str | None) -> None:
    given_row = "select cast(? as boolean) as is_unusual, cast(? as varchar) as reason"
    [found] = con.execute(f"select {MACROS.risk_class()} from ({given_row}) as given", [is_unusual, reason]).fetchone()
    assert found == risk_class(is_unusual, reason)


@pytest.mark.parametrize(
    ("high_months", "largest", "expected"),
    [(12, 6.1e6, "one_month"), (12, 6e6, None), (2, 5e6, None), (1, 5e6, "few_high_months"), (None, None, None)],
)  # fmt: skip
def test_a_window_persists_by_two_high_months_of_which_none_holds_most_of_it(con, high_months, largest, expected):
    """Of 10 m of added exports a month may hold 6 m. Of a year without months nothing of this is known."""
    given_row = (
        "select 'rolling_12' as window_kind, 0 as left_out_year, 'unmirrored' as route_kind, "
        "date '2022-12-01' as period, cast(? as integer) as high_months, "
        "cast(? as double) as largest_month_excess_usd, 1e7 as excess_usd"
    )
    query = f"select {MACROS.doubt_of_persistence('window_kind')} from ({given_row}) as given"
    assert con.execute(query, [high_months, largest]).fetchone() == (expected,)


@pytest.mark.parametrize(
    ("z", "value", "baseline", "expected"),
    [(3.5, 2e5, 1e5, True), (1.5, 5e5, 1e5, True), (1.5, 4.9e5, 1e5, False), (1.5, 9e3, 1e3, False),
     (None, 2e4, 0.0, True), (None, 4e5, 1e5, False)],
)  # fmt: skip
def test_a_month_is_high_by_its_spread_or_by_five_times_the_mean(con, z, value, baseline, expected: bool) -> None:
    """Months without trade in the baseline make its spread so wide that z says little; trifles are never high."""
    found = in_sql(con, f"coalesce({MACROS.is_high_month()}, false)", z=z, value_usd=value, baseline_usd=baseline)
    assert found is expected


ROUTE = st.fixed_dictionaries({
    "score": st.one_of(st.none(), st.floats(0, 100)), "share": SHARE,
    "rise": st.one_of(st.none(), st.floats(-1e7, 1e7)), "baseline": st.floats(0, 2e7),
})  # fmt: skip


AMOUNT = st.one_of(st.none(), st.floats(0, 2e7))
TRADE = st.fixed_dictionaries({
    "growth": st.one_of(st.none(), st.floats(0, 5)), "onward": AMOUNT, "onward_baseline": AMOUNT,
})  # fmt: skip


@given(ROUTE, ROUTE, TRADE, st.sampled_from(["product", "basket"]))
@examples(max_examples=200, deadline=None)
def test_a_route_needs_a_score_a_rise_and_half_of_that_rise(con, unmirrored, re_exported, trade, kind: str) -> None:
    assert route_in_sql(con, unmirrored, re_exported, trade, kind) == risk_route(unmirrored, re_exported, trade, kind)


def route_in_sql(con, unmirrored: dict, re_exported: dict, trade: dict, kind: str) -> str | None:
    return in_sql(
        con, MACROS.risk_route().removesuffix("as route_kind").replace("goods_kind", f"'{kind}'"),
        anomaly_unmirrored=unmirrored["score"], c_ghost=unmirrored["share"],
        added_export_usd=unmirrored["rise"], baseline_compared_export_usd=unmirrored["baseline"],
        anomaly_re_exported=re_exported["score"], c_chain=re_exported["share"],
        excess_usd=re_exported["rise"], baseline_export_usd=re_exported["baseline"], growth_ratio=trade["growth"],
        onward_export_usd=trade["onward"], baseline_onward_export_usd=trade["onward_baseline"],
    )  # fmt: skip


def test_a_quarter_more_beside_an_old_trade_to_the_destination_is_no_re_export(con) -> None:
    """100 m before and 130 m now, 20 m of the rise exported onward: beside 80 m that always were it is nothing."""
    closed = {"score": None, "share": None, "rise": None, "baseline": 0.0}
    route = {"score": 60.0, "share": 0.7, "rise": 3e7, "baseline": 1e8}
    for onward_baseline, growth, expected in ((8e7, 1.3, None), (8e7, 1.5, "re_exported"), (5e6, 1.3, "re_exported")):
        trade = {"growth": growth, "onward": 1e8, "onward_baseline": onward_baseline}
        assert route_in_sql(con, closed, route, trade, "product") == expected


@given(st.integers(0, 12), st.floats(0, 100), st.floats(0, 100))
@examples(max_examples=60, deadline=None)
def test_a_year_is_compared_where_most_of_its_months_and_exports_are(con, months: int, compared, recorded) -> None:
    found = in_sql(con, MACROS.is_comparable("m", "c", "r"), m=float(months), c=compared, r=recorded)
    assert found == (months >= 9 and compared >= VARS["compared_share"] * recorded)
