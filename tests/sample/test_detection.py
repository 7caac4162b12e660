"""How the bench judges: who is flagged, what counts as found, how far an estimate is off.

Belongs here: the judgement's own arithmetic, on small tables. Does not belong here: how well anything detects.
"""

from datetime import datetime

import pandas as pd
import pytest

from bench.detection import (
    EVALUATION_SEEDS,
    FORMER_EVALUATION_SEEDS,
    TUNING_SEEDS,
    false_alarms,
    flagged,
    ghost_quality,
    good_of,
    is_found,
    judged,
    table,
)


def scores(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(
        [(way, good, pd.Timestamp(month), score) for way, good, month, score in rows],
        columns=["transit_iso3", "goods", "period", "score"],
    )


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


def ghosts(months: list[str], usd: float, way: str = "KAZ") -> pd.DataFrame:
    return pd.DataFrame({
        "transit_iso3": way, "goods": "854231", "month": pd.to_datetime(months), "never_arrived_usd": usd,
    })  # fmt: skip


def estimate(month: str, usd: float, low: float, high: float, way: str = "KAZ") -> pd.DataFrame:
    return pd.DataFrame([(way, "854231", pd.Timestamp(month), usd, low, high)],
                        columns=["transit_iso3", "goods", "period", "estimate_usd", "low_usd", "high_usd"])  # fmt: skip


def test_a_ghost_is_held_against_what_was_not_imported_in_the_same_twelve_months():
    months = [f"{datetime(2022 + m // 12, m % 12 + 1, 1):%Y-%m}" for m in range(18)]  # to June 2023
    error, covered = ghost_quality(estimate("2023-06", 15.0, 11.0, 16.0), ghosts(months, 1.0))
    assert error == pytest.approx(0.25) and covered == 1
    assert ghost_quality(estimate("2023-06", 15.0, 13.0, 16.0), ghosts(months, 1.0))[1] == 0


def test_a_ghost_may_be_read_two_months_early_and_not_after_the_diversion_ended():
    months = ["2023-01", "2023-02", "2023-03", "2023-04"]
    assert ghost_quality(estimate("2023-02", 2.0, 2.0, 2.0), ghosts(months, 1.0)) == (0.0, 1.0)
    assert all(pd.isna(n) for n in ghost_quality(estimate("2023-05", 4.0, 4.0, 4.0), ghosts(months, 1.0)))


def test_where_everything_was_imported_only_an_interval_from_zero_holds_the_truth():
    both = pd.concat([ghosts(["2023-01"], 0.0), ghosts(["2023-01"], 5.0, "KGZ")])
    estimates = pd.concat([estimate("2023-01", 1.0, 0.0, 2.0), estimate("2023-01", 4.0, 4.0, 4.5, "KGZ")])
    error, covered = ghost_quality(estimates, both)
    assert error == pytest.approx(0.2), "of what is nothing, no share can be wrong"
    assert covered == 0.5


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
