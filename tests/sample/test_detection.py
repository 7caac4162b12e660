"""How the bench judges: who is flagged, what counts as found, how far an estimate is off.

Belongs here: the judgement's own arithmetic, on small tables. Does not belong here: how well anything detects.
"""

import pandas as pd
import pytest

from bench.detection import (
    EVALUATION_SEEDS,
    FORMER_EVALUATION_SEEDS,
    TUNING_SEEDS,
    false_alarms,
    flagged,
    ghost_quality,
    ghosts_of_levels,
    good_of,
    intervals,
    is_found,
    judged,
    months_to_first,
    table,
    variants,
    widest_windows,
    windowed,
)


def scores(*rows: tuple, freq: str = "M") -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["transit_iso3", "goods", "period", "score"])
    return windowed(table.assign(period=pd.to_datetime(table.period), freq=freq))


def planted(*rows: tuple) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["transit_iso3", "goods", "first_month", "last_month", "value_usd"])
    return table.assign(first_month=pd.to_datetime(table.first_month), last_month=pd.to_datetime(table.last_month))


NO_DECOYS = pd.DataFrame({"transit_iso3": pd.Series(dtype=str), "goods": pd.Series(dtype=str)})


def test_n_flags_are_the_n_units_with_the_highest_peaks_in_the_months_that_reach_the_last_of_them():
    rows = scores(
        ("KAZ", "854231", "2022-06", 9), ("KAZ", "854231", "2022-07", 4), ("KAZ", "854231", "2022-08", 6),
        ("KGZ", "848210", "2022-06", 5), ("ARM", "847150", "2022-06", 3), ("ARM", "847150", "2022-07", 2),
    )  # fmt: skip
    flags, threshold = flagged(rows, 2)
    assert threshold == 5
    assert [(way, f"{month:%m}") for way, month in zip(flags.transit_iso3, flags.period, strict=True)] == [
        ("KAZ", "06"), ("KAZ", "08"), ("KGZ", "06"),
    ]  # fmt: skip


def test_equal_units_beyond_the_last_flag_are_not_flagged_and_the_order_of_rows_does_not_matter():
    rows = scores(("KGZ", "848210", "2022-06", 5), ("ARM", "847150", "2022-06", 5), ("KAZ", "854231", "2022-06", 5))
    flags, _ = flagged(rows, 2)
    assert sorted(flags.transit_iso3) == ["ARM", "KAZ"]
    again, _ = flagged(rows.iloc[::-1], 2)
    assert sorted(again.transit_iso3) == ["ARM", "KAZ"]


def test_no_scores_flag_nothing_and_reach_no_threshold():
    flags, threshold = flagged(scores(), 3)
    assert flags.empty and threshold == float("inf")
    assert false_alarms(scores(("KAZ", "854231", "2020-12", 1)), threshold) == 0


@pytest.mark.parametrize(
    ("month", "found"),
    [("2023-06", True), ("2022-07", True), ("2022-06", False), ("2023-07", False)],
)
def test_a_diversion_is_found_in_its_last_twelve_months_and_at_no_other_time(month, found):
    diversions = planted(("KAZ", "854231", "2021-01", "2023-06", 1e6))
    assert is_found(scores(("KAZ", "854231", month, 1)), diversions).tolist() == [found]


def test_a_short_diversion_is_not_found_before_it_began():
    diversions = planted(("KAZ", "854231", "2023-03", "2023-06", 1e6))
    assert is_found(scores(("KAZ", "854231", "2023-02", 1)), diversions).tolist() == [False]


@pytest.mark.parametrize(("year", "found"), [("2021", False), ("2022", True), ("2023", True), ("2024", False)])
def test_a_flagged_year_finds_a_diversion_if_it_shares_a_month_with_its_last_twelve(year, found):
    diversions = planted(("KAZ", "854231", "2021-01", "2023-06", 1e6))
    assert is_found(scores(("KAZ", "854231", f"{year}-01-01", 1), freq="A"), diversions).tolist() == [found]


def test_the_first_flag_comes_so_many_months_after_the_start_and_never_before_it():
    diversions = planted(
        ("KAZ", "854231", "2022-05", "2023-06", 8e6), ("KGZ", "848210", "2022-05", "2023-06", 8e6),
        ("ARM", "847150", "2022-05", "2023-06", 8e6),
    )  # fmt: skip
    flags = scores(
        ("KAZ", "854231", "2022-04", 9), ("KAZ", "854231", "2022-09", 9), ("KAZ", "854231", "2022-07", 9),
        ("ARM", "847150", "2024-07", 9),
    )  # fmt: skip
    assert months_to_first(flags, diversions).fillna(-1).tolist() == [2, -1, -1], "a year after its end it is another"
    year = scores(("KAZ", "854231", "2022-01", 9), freq="A")
    assert months_to_first(year, diversions).tolist()[0] == 7, "a year is known when it ends"


def test_recall_counts_diversions_precision_counts_flagged_units_and_decoys_are_counted_apart():
    diversions = planted(
        ("KAZ", "854231", "2022-05", "2023-06", 8e6), ("KGZ", "848210", "2022-05", "2023-06", 9e6),
        ("ARM", "847150", "2022-05", "2023-06", 1e6),
    )  # fmt: skip
    decoys = pd.DataFrame({"transit_iso3": ["UZB", "GEO"], "goods": ["845710", "854160"]})
    flags = scores(
        ("KAZ", "854231", "2023-01", 9), ("KAZ", "854231", "2023-02", 9), ("ARM", "847150", "2023-01", 8),
        ("UZB", "845710", "2023-01", 7), ("TUR", "853400", "2023-01", 7),
    )  # fmt: skip
    quality = judged(flags, diversions, decoys)
    assert quality["recall"] == pytest.approx(2 / 3) and quality["recall of large"] == 0.5
    assert quality["precision"] == 0.5 and quality["decoys flagged"] == 0.5


def test_without_a_flag_precision_is_unknown_and_recall_is_nothing():
    quality = judged(scores(), planted(("KAZ", "854231", "2022-05", "2023-06", 8e6)), NO_DECOYS)
    assert quality["recall"] == 0 and pd.isna(quality["precision"])


def ghosts(months: list[str], usd: float, way: str = "KAZ", planted_usd: float | None = None) -> pd.DataFrame:
    return pd.DataFrame({
        "level": "product", "transit_iso3": way, "goods": "854231", "month": pd.to_datetime(months),
        "planted_usd": usd if planted_usd is None else planted_usd, "never_arrived_usd": usd,
    })  # fmt: skip


def estimate(month: str, usd: float, low: float, high: float, way: str = "KAZ", freq: str = "M") -> pd.DataFrame:
    columns = ["method", "level", "transit_iso3", "goods", "freq", "period", "estimate_usd", "low_usd", "high_usd"]
    row = ("ours", "product", way, "854231", freq, pd.Timestamp(month), usd, low, high)
    return windowed(pd.DataFrame([row], columns=columns))


def months_from(first: str, count: int) -> list[str]:
    return [f"{month:%Y-%m}" for month in pd.date_range(f"{first}-01", periods=count, freq="MS")]


def test_an_interval_is_held_against_what_never_arrived_in_the_same_twelve_months():
    eighteen = ghosts(months_from("2022-01", 18), 1.0)
    error, covered = ghost_quality(widest_windows(estimate("2023-06", 15.0, 11.0, 16.0), eighteen))
    assert error == pytest.approx(0.25) and covered == 1
    assert ghost_quality(widest_windows(estimate("2023-06", 15.0, 13.0, 16.0), eighteen))[1] == 0


def test_a_unit_is_read_in_the_window_in_which_most_was_planted_and_the_last_of_equal_ones():
    truth = pd.concat([ghosts(months_from("2023-01", 3), 1.0), ghosts(["2023-04"], 5.0)])
    windows = [estimate(month, 1.0, 0.0, 2.0) for month in ("2023-03", "2023-04", "2023-05", "2024-06")]
    [case] = widest_windows(pd.concat(windows), truth).itertuples()
    assert f"{case.period:%Y-%m}" == "2023-05" and case.truth_usd == 8.0
    assert widest_windows(estimate("2022-12", 1.0, 0.0, 2.0), truth).empty, "nothing was planted yet"


def test_years_stand_in_where_there_are_no_windows_of_months():
    truth = ghosts(months_from("2022-07", 12), 1.0)
    years = [estimate(f"{year}-01-01", 6.0, 5.0, 7.0, freq="A") for year in (2022, 2023)]
    [case] = widest_windows(pd.concat(years), truth).itertuples()
    assert case.period.year == 2023 and case.truth_usd == 6.0
    [case] = widest_windows(pd.concat([*years, estimate("2022-08", 2.0, 1.0, 3.0)]), truth).itertuples()
    assert case.freq == "M" and case.truth_usd == 2.0


def test_where_everything_was_imported_only_an_interval_from_zero_holds_the_truth():
    both = pd.concat([ghosts(["2023-01"], 0.0, planted_usd=9.0), ghosts(["2023-01"], 5.0, "KGZ")])
    estimates = pd.concat([estimate("2023-01", 1.0, 0.0, 2.0), estimate("2023-01", 4.0, 4.0, 4.5, "KGZ")])
    error, covered = ghost_quality(widest_windows(estimates, both))
    assert error == pytest.approx(0.2), "of what is nothing, no share can be wrong"
    assert covered == 0.5


def test_groups_hold_their_goods_and_totals_hold_all_but_renamed_goods_are_in_totals_only():
    columns = ["transit_iso3", "goods", "month", "kind", "planted_usd", "never_arrived_usd"]
    ghosts = pd.DataFrame([
        ("KAZ", "854231", "2023-01", "never_arrived", 2.0, 2.0),
        ("KAZ", "854232", "2023-01", "never_arrived", 3.0, 3.0),
        ("KAZ", "845811", "2023-01", "mislabelled_by_importer", 5.0, 0.0),
        ("KAZ", "852352", "2023-01", "mislabelled_by_exporter", 7.0, 7.0),
    ], columns=columns)  # fmt: skip
    groups = pd.DataFrame({"goods": ["854231", "854232", "845811"], "group_id": ["T1", "T1", "T4"]})
    sums = ghosts_of_levels(ghosts, groups).set_index(["level", "goods"]).never_arrived_usd
    assert sums.to_dict() == {
        ("group", "T1"): 5.0, ("product", "852352"): 7.0, ("product", "854231"): 2.0, ("product", "854232"): 3.0,
        ("total", "TOTAL"): 12.0,
    }  # fmt: skip


def test_intervals_count_cases_above_five_million_and_a_missing_interval_holds_nothing():
    rows = [("total", 8e6, 6e6, 10e6), ("total", 8e6, 9e6, 12e6), ("total", 6e6, None, None), ("total", 4e6, 0, 9e6)]
    cases = pd.DataFrame(rows, columns=["level", "truth_usd", "low_usd", "high_usd"])
    [row] = intervals(cases.assign(variant="mixed", estimate_usd=6e6)).itertuples()
    assert row.Index == ("mixed", "total") and row.cases == 3
    assert row.covered == pytest.approx(1 / 3) and row.width == pytest.approx((0.5 + 0.375) / 2)


def test_a_diversion_that_is_never_flagged_is_not_flagged_soon():
    measures = dict.fromkeys(("flags", "recall > 5 m", "precision", "decoys", "placebo"), 0.5)
    methods = pd.DataFrame([{"method": "ours", "variant": "mixed", **measures}])
    starts = pd.DataFrame({"variant": "mixed", "value_usd": [9e6, 9e6, 9e6, 1e6], "months": [3, 7, None, 1]})
    [row] = variants(methods, starts).to_dict("records")
    assert row["within 6"] == pytest.approx(1 / 3) and row["median months"] == 7


def test_codes_that_hs2017_held_in_one_are_one_good():
    assert good_of(pd.Series(["854151", "854159", "854231"])).tolist() == ["854150", "854150", "854231"]


def test_the_seeds_of_the_measurement_are_not_those_of_the_tuning():
    assert len(set(EVALUATION_SEEDS)) >= 10
    assert not {*EVALUATION_SEEDS} & {*FORMER_EVALUATION_SEEDS, *TUNING_SEEDS, 20230615}


def test_the_table_has_a_line_a_method_with_the_mean_and_the_spread():
    one = dict.fromkeys(
        ["recall at K", "precision at K", "recall > 5 m", "precision", "decoys", "placebo", "ghost error"], 0.5
    )
    measured = pd.DataFrame([
        {"method": "ours", **one, "ghost covered": 0.9}, {"method": "ours", **one, "ghost covered": 0.7},
        {"method": "growth", **one, "ghost covered": float("nan")},
    ])  # fmt: skip
    head, ours, growth = table(measured).splitlines()
    assert head.split()[:2] == ["recall", "at"] and ours.startswith("ours") and ours.endswith("0.800 ± 0.100")
    assert growth.split()[-1] == "-"
