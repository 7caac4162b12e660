"""Ranks under other weights: what must hold whatever the weights are."""

import numpy as np
import pandas as pd
import pytest

from dagster_project.estimators.ranks import KEY, bands, drawn

WEIGHTS = {"growth": 0.5, "ghost": 0.3, "chain": 0.2}


def scored(rows: int = 40, seed: int = 2) -> pd.DataFrame:
    """Rows of one bloc and month; every third component unknown."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.random((rows, 3)), columns=[f"c_{name}" for name in WEIGHTS])
    frame.loc[::3, "c_chain"] = np.nan
    known = frame.notna().to_numpy() * np.array(list(WEIGHTS.values()))
    frame["anomaly"] = 100 * (frame.fillna(0).to_numpy() * known).sum(axis=1) / known.sum(axis=1)
    frame["class"] = "no_signal"
    return frame.assign(
        exporter_bloc="EU27", transit_iso3="KAZ", goods=[f"{number:06}" for number in range(rows)],
        goods_kind="product", window_kind="rolling_12", period=pd.Timestamp("2023-01-01"), severity=0.8,
    )  # fmt: skip


def ranked(frame: pd.DataFrame, **options) -> pd.DataFrame:
    return bands(frame, WEIGHTS, **({"draws": 200, "spread": 0.5} | options)).set_index(KEY)


def test_without_spread_the_band_is_the_rank() -> None:
    frame = scored()
    found = ranked(frame, spread=0).reset_index()
    rank = frame.anomaly.round(9).rank(method="min", ascending=False).astype(int)
    assert found.rank_p05.tolist() == found.rank_p95.tolist() == rank.tolist()


def test_the_band_holds_nine_of_ten_draws_and_is_the_same_every_time() -> None:
    found = ranked(scored())
    assert (found.rank_p05 <= found.rank_p95).all() and found.rank_p05.min() == 1 and found.rank_p95.max() == 40
    pd.testing.assert_frame_equal(found, ranked(scored().sample(frac=1, random_state=9)))


def test_what_is_larger_in_everything_is_first_under_any_weights() -> None:
    frame = scored()
    frame.loc[7, [f"c_{name}" for name in WEIGHTS]] = 1.0
    found = ranked(frame).reset_index().loc[7]
    assert (found.rank_p05, found.rank_p95) == (1, 1)


def test_only_the_newest_window_of_a_kind_and_what_is_flagged_has_a_band() -> None:
    older = scored().assign(period=pd.Timestamp("2022-12-01"))
    older.loc[5, "class"] = "investigate"
    found = ranked(pd.concat([older, scored()])).reset_index()
    assert (found.period == pd.Timestamp("2023-01-01")).sum() == 40
    assert found[found.period < pd.Timestamp("2023-01-01")].goods.tolist() == ["000005"]


def test_a_year_and_twelve_months_are_not_ranked_against_each_other() -> None:
    years = scored().assign(window_kind="year", period=pd.Timestamp("2022-01-01"))
    both = ranked(pd.concat([years, scored()]))
    pd.testing.assert_frame_equal(both.xs("year", level="window_kind", drop_level=False), ranked(years))
    pd.testing.assert_frame_equal(both.xs("rolling_12", level="window_kind", drop_level=False), ranked(scored()))


def test_a_row_without_a_score_has_no_rank() -> None:
    frame = scored()
    frame.loc[3, "anomaly"] = np.nan
    assert "000003" not in ranked(frame).reset_index().goods.tolist()


def test_every_weight_moves_by_half_at_most() -> None:
    mixes = drawn(WEIGHTS, draws=500, spread=0.5) / np.array(list(WEIGHTS.values()))
    assert mixes.min() >= 0.5 and mixes.max() <= 1.5 and mixes.mean() == pytest.approx(1, abs=0.03)


def test_no_rows_are_no_ranks_and_have_the_same_columns() -> None:
    nothing = bands(scored().iloc[:0].astype(object), WEIGHTS, draws=2, spread=0.5)
    assert nothing.empty
    assert nothing.dtypes.to_dict() == bands(scored(), WEIGHTS, draws=2, spread=0.5).dtypes.to_dict()
