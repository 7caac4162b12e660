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


def risk_class(is_unusual: bool, anomaly: float | None, evidence: float | None) -> str | None:
    if anomaly is None or evidence is None:
        return None
    documented = evidence >= VARS["evidence_least"]
    return {(1, 1): "investigate", (1, 0): "verify_data", (0, 1): "monitor", (0, 0): "low"}[is_unusual, documented]


def risk_route(unmirrored: dict[str, float | None], re_exported: dict[str, float | None], kind: str) -> str | None:
    def taken(score, share, rise, baseline) -> bool:
        if None in (score, share, rise, baseline):
            return False
        least = max(VARS["ghost_min_share"] * baseline, VARS["ghost_min_usd"])
        enough = VARS["basket_route_share" if kind == "basket" else "route_share"]
        return score >= VARS["anomaly_least"] and share >= enough and rise >= least

    open_routes = {
        name: route["score"]
        for name, route in {"unmirrored": unmirrored, "re_exported": re_exported}.items()
        if taken(**route)
    }
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


@given(st.booleans(), *[st.one_of(st.none(), st.floats(0, 100))] * 2)
@examples(max_examples=60, deadline=None)
def test_the_class_follows_from_the_route_and_the_evidence(con, is_unusual: bool, anomaly, evidence) -> None:
    found = in_sql(con, MACROS.risk_class("u = 1", "a", "e"), u=float(is_unusual), a=anomaly, e=evidence)
    assert found == risk_class(is_unusual, anomaly, evidence)


ROUTE = st.fixed_dictionaries({
    "score": st.one_of(st.none(), st.floats(0, 100)), "share": SHARE,
    "rise": st.one_of(st.none(), st.floats(-1e7, 1e7)), "baseline": st.floats(0, 2e7),
})  # fmt: skip


@given(ROUTE, ROUTE, st.sampled_from(["product", "basket"]))
@examples(max_examples=200, deadline=None)
def test_a_route_needs_a_score_a_rise_and_half_of_that_rise(con, unmirrored, re_exported, kind: str) -> None:
    found = in_sql(
        con, MACROS.risk_route().removesuffix("as route_kind").replace("goods_kind", f"'{kind}'"),
        anomaly_unmirrored=unmirrored["score"], c_ghost=unmirrored["share"],
        added_export_usd=unmirrored["rise"], baseline_compared_export_usd=unmirrored["baseline"],
        anomaly_re_exported=re_exported["score"], c_chain=re_exported["share"],
        excess_usd=re_exported["rise"], baseline_export_usd=re_exported["baseline"],
    )  # fmt: skip
    assert found == risk_route(unmirrored, re_exported, kind)


@given(st.integers(0, 12), st.floats(0, 100), st.floats(0, 100))
@examples(max_examples=60, deadline=None)
def test_a_year_is_compared_where_most_of_its_months_and_exports_are(con, months: int, compared, recorded) -> None:
    found = in_sql(con, MACROS.is_comparable("m", "c", "r"), m=float(months), c=compared, r=recorded)
    assert found == (months >= 9 and compared >= VARS["compared_share"] * recorded)
