"""Event studies: what an estimate must be where the effect is known, and what it says where there is none."""

import sys

import numpy as np
import pandas as pd
import pytest

from dagster_project.estimators.event_studies import NOT_INSTALLED, TYPES, estimate

HALF_YEARS = pd.date_range("2020-01-01", "2023-12-31", freq="6MS")


def cells(effect: float, *, noise: float = 0.0, listed: int = 10, others: int = 20, seed: int = 3) -> pd.DataFrame:
    """Exports of two pairs in goods of one chapter: pairs that grow, goods that differ, listed goods with an effect."""
    rng = np.random.default_rng(seed)
    goods = [f"85{number:04}" for number in range(listed + others)]
    usual = dict(zip(goods, rng.lognormal(12, 1, len(goods)), strict=True))
    rows = [
        {
            "study_id": "of_test", "exporter_iso3": exporter, "importer_iso3": "RUS", "goods": good,
            "is_listed": number < listed, "half_year": half, "is_reference": half.year == 2021,
            "part": "before" if half.year < 2022 else "after" if half >= pd.Timestamp("2022-07-01") else "between",
            "export_value_usd": usual[good] * size * growth**at * rng.lognormal(0, noise or 1e-12)
            * np.exp(effect * (number < listed and half.year >= 2022)),
        }
        for exporter, size, growth in (("DEU", 3, 1.1), ("FRA", 1, 0.8))
        for number, good in enumerate(goods)
        for at, half in enumerate(HALF_YEARS)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def estimated(frame: pd.DataFrame, **options) -> pd.DataFrame:
    pytest.importorskip("pyfixest")
    return estimate(frame, **({"least_goods": 5, "placebo_lists": 9} | options))


def test_an_effect_on_listed_goods_is_what_growth_of_a_pair_and_size_of_a_good_leave() -> None:
    found = estimated(cells(-1.5))
    after = found[found.part == "after"].iloc[0]
    assert after.coefficient == pytest.approx(-1.5, abs=1e-6)
    assert (after.series, after.listed_goods, after.other_goods) == (60, 10, 20)
    by_half_year = found[found.part == "half_year"].set_index("period").coefficient
    assert by_half_year["2020-07-01"] == pytest.approx(0, abs=1e-6)
    assert by_half_year["2023-01-01"] == pytest.approx(-1.5, abs=1e-6)
    assert pd.Timestamp("2021-01-01") not in by_half_year.index  # what it is measured against


def test_no_list_drawn_by_chance_has_as_large_a_coefficient_as_a_large_effect_and_most_have_as_none() -> None:
    assert estimated(cells(-1.5, noise=0.1)).placebo_share[0] == 0
    assert estimated(cells(0.0, noise=0.1), placebo_lists=29).placebo_share[0] > 0.1


def test_the_interval_of_nine_in_ten_holds_the_effect_in_about_nine_of_ten_worlds() -> None:
    pytest.importorskip("pyfixest")
    held = 0
    for seed in range(40):
        after = estimate(cells(0.4, noise=0.5, seed=seed), least_goods=5, placebo_lists=0).iloc[0]
        held += after.low <= 0.4 <= after.high
    assert 30 <= held <= 40


def test_a_good_that_is_sold_no_more_is_a_zero_and_not_left_out() -> None:
    frame = cells(0.0)
    ended = frame.goods.isin([f"85{number:04}" for number in range(5)]) & (frame.half_year.dt.year >= 2022)
    frame.loc[ended, "export_value_usd"] = 0.0
    after = estimated(frame).iloc[0]
    one = frame[frame.exporter_iso3 == "DEU"]
    listed, other = (one[one.is_listed == kind].groupby("part").export_value_usd.sum() for kind in (True, False))
    of_one = estimated(one).iloc[0]
    # of one pair the estimate is the difference of differences of logs of sums
    known = np.log(listed["after"] / listed["before"]) - np.log(other["after"] / other["before"])
    assert of_one.coefficient == pytest.approx(known, abs=1e-6)
    assert after.coefficient < -0.1


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (cells(0.0, listed=3), "3 listed goods have whole series, and 5 are needed."),
        (cells(0.0).query("part == 'before'"), "No month after the event is loaded for these exporters."),
        (cells(0.0).query("is_listed == (exporter_iso3 == 'DEU')"), "No exporter has listed goods and others"),
    ],
)  # fmt: skip
def test_a_study_that_cannot_be_estimated_says_why(frame: pd.DataFrame, words: str) -> None:
    [row] = estimated(frame).itertuples()
    assert row.lacking.startswith(words) and np.isnan(row.coefficient)


def test_without_its_library_a_study_has_no_figure_and_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyfixest", None)
    [row] = estimate(cells(-1.0), least_goods=5, placebo_lists=9).itertuples()
    assert row.lacking == NOT_INSTALLED and np.isnan(row.coefficient) and row.listed_goods == 10


def test_without_any_cell_there_is_a_table_without_rows_and_with_all_columns() -> None:
    empty = estimate(cells(0.0).head(0), least_goods=5, placebo_lists=9)
    assert {name: str(kind) for name, kind in empty.dtypes.items()}.keys() == TYPES.keys() and empty.empty
