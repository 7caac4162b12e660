"""Chains through a transit country: METHODS' own vectors, and what must be true of any chain."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from dagster_project.estimators.chains import chain, lead_lag, matched

amounts = st.floats(min_value=-50, max_value=50, allow_nan=False)
pairs_of_series = st.integers(1, 24).flatmap(
    lambda months: st.tuples(*[st.lists(amounts, min_size=months, max_size=months)] * 2)
)


def total(inflow: list[float], outflow: list[float], lag: int) -> float:
    return float(matched(np.array([inflow], dtype=float), np.array([outflow], dtype=float), lag).sum())


@pytest.mark.parametrize(("lag", "expected"), [(2, 15), (1, 11), (6, 15)])
def test_the_oldest_goods_that_are_young_enough_go_first(lag: int, expected: float) -> None:
    assert total([10, 0, 5, 0], [0, 6, 6, 6], lag) == expected


def test_what_left_before_anything_came_is_explained_by_nothing() -> None:
    assert total([0, 0, 10], [5, 5, 0], 6) == 0


@given(pairs_of_series, st.integers(0, 8))
@examples(max_examples=200, deadline=None)
def test_no_more_is_re_exported_than_came_or_than_left(series, lag: int) -> None:
    inflow, outflow = series
    came, left = (sum(max(value, 0) for value in side) for side in series)
    assert -1e-9 <= total(inflow, outflow, lag) <= min(came, left) + 1e-9
    assert (matched(np.array([inflow]), np.array([outflow]), lag) <= np.maximum(outflow, 0) + 1e-9).all()


@given(pairs_of_series, st.integers(0, 8))
@examples(max_examples=200, deadline=None)
def test_patience_explains_no_less(series, lag: int) -> None:
    assert total(*series, lag) <= total(*series, lag + 1) + 1e-9


@given(pairs_of_series, st.integers(0, 4))
@examples(max_examples=100, deadline=None)
def test_series_side_by_side_do_not_touch_each_other(series, lag: int) -> None:
    inflow, outflow = (np.array([side, side[::-1]]) for side in series)
    alone = [matched(inflow[[at]], outflow[[at]], lag)[0] for at in (0, 1)]
    assert (matched(inflow, outflow, lag) == np.array(alone)).all()


def test_a_month_that_nobody_published_holds_nothing() -> None:
    assert total([10, float("nan"), 5], [0, 20, float("nan")], 6) == 10


def echo(months: int, lag: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """An inflow, and an outflow that repeats it so many months later."""
    inflow = np.random.default_rng(seed).lognormal(12, 1, months + lag)
    return inflow[lag:], inflow[:months]


@pytest.mark.parametrize("lag", [0, 1, 4, 6])
def test_an_echo_is_found_at_its_lag(lag: int) -> None:
    months, correlation, p = lead_lag(*echo(72, lag), scale=1e4)
    assert (months, p) == (lag, 0.001)
    assert correlation == pytest.approx(1)


def test_two_unrelated_series_rarely_look_related() -> None:
    chances = [lead_lag(echo(72, 0, seed)[0], echo(72, 0, seed + 1000)[1], scale=1e4)[2] for seed in range(100)]
    assert sum(p <= 0.05 for p in chances) <= 11  # five of a hundred are expected; eleven have a chance of one percent


def test_the_same_series_give_the_same_p() -> None:
    rng = np.random.default_rng(5)
    series = rng.lognormal(10, 1, 50), rng.lognormal(10, 1, 50)
    assert lead_lag(*series, scale=1e4) == lead_lag(*series, scale=1e4)


def test_too_few_months_or_a_series_that_never_moves_have_no_lag() -> None:
    assert lead_lag(*echo(23, 1), scale=1e4) is None
    assert lead_lag(np.ones(40), echo(40, 1)[1], scale=1e4) is None


MONTHS = pd.date_range("2022-01-01", periods=4, freq="MS")


def flows(**values: list[float | None]) -> pd.DataFrame:
    key = {"exporter_bloc": "EU27", "transit_iso3": "KAZ", "goods": "854231", "baseline_id": "b19_21"}
    frame = pd.DataFrame(key | {"period": MONTHS} | {name: np.array(column, float) for name, column in values.items()})
    if "out_usd" in frame:
        return frame.drop(columns="exporter_bloc").assign(target_iso3="RUS")
    return frame.assign(goods_kind="product", left_out_year=0)


def chained(inflows: pd.DataFrame, outflows: pd.DataFrame) -> pd.DataFrame:
    return chain(inflows, outflows, lag=2, scale=1e4, least_months=24)


INFLOW = flows(in_usd=[20, 10, 15, 10], in_excess_usd=[10, 0, 5, 0], arrived_excess_usd=[3, 0, 0, 0],
               in_excess_kg=[1, 0, 1, None])  # fmt: skip
OUTFLOW = flows(out_usd=[0, 6, 6, 6], out_excess_usd=[0, 6, 6, 6], out_excess_kg=[0, 1, 1, 1])


def test_a_chain_is_matched_month_by_month() -> None:
    rows = chained(INFLOW, OUTFLOW)
    assert rows.chain_upper_usd.tolist() == [0, 6, 6, 3]
    assert rows.chain_arrived_usd.tolist() == [0, 3, 0, 0]  # what was never imported cannot be re-exported
    assert rows.chain_upper_kg.tolist()[:3] == [0, 1, 1] and np.isnan(rows.chain_upper_kg.iloc[3])


def test_a_side_that_is_not_published_leaves_the_month_open() -> None:
    unpublished = OUTFLOW.assign(out_excess_usd=[0, np.nan, 6, 6])
    assert np.isnan(chained(INFLOW, unpublished).chain_upper_usd.iloc[1])


def test_the_order_of_rows_does_not_matter() -> None:
    shuffled = chained(INFLOW.sample(frac=1, random_state=3), OUTFLOW.sample(frac=1, random_state=4))
    pd.testing.assert_frame_equal(shuffled, chained(INFLOW, OUTFLOW))


def test_of_a_baseline_that_leaves_a_year_out_only_that_year_is_returned() -> None:
    months = pd.date_range("2019-11-01", periods=4, freq="MS")
    inflow, outflow = (side.assign(period=months, baseline_id="b19_21_without_2020") for side in (INFLOW, OUTFLOW))
    rows = chained(inflow.assign(left_out_year=2020), outflow)
    assert rows.period.tolist() == months[2:].tolist()
    assert rows.chain_upper_usd.tolist() == [6, 3]  # the months before serve the queue


def test_no_trade_is_no_chain_and_has_the_same_columns() -> None:
    nothing = chained(INFLOW.iloc[:0], OUTFLOW.iloc[:0])
    assert nothing.empty
    assert nothing.dtypes.to_dict() == chained(INFLOW, OUTFLOW).dtypes.to_dict()
