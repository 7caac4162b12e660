"""Whether the model of freight and insurance recovers margins that are known, and says how sure it may be.

Here: estimators/margins.py on simulated cells, with the real countries and borders. Not here: which cells it
learns from, and when its answer is taken (dbt's unit tests).
"""

import numpy as np
import pandas as pd
import pytest

from dagster_project.estimators.margins import COLUMNS, MEASURES, distance_km, model
from dagster_project.settings import SEEDS_DIR

SETTINGS = {"cells_needed": 500, "least_half_width": 0.03, "usual_half_width": 0.06}


@pytest.fixture(scope="module")
def countries() -> pd.DataFrame:
    table = pd.read_csv(SEEDS_DIR / "countries.csv", keep_default_na=False, na_values=[""])
    return table.assign(is_landlocked=table.is_landlocked.astype(str).str.lower() == "true")


@pytest.fixture(scope="module")
def borders() -> pd.DataFrame:
    table = pd.read_csv(SEEDS_DIR / "land_borders.csv")
    there = table.set_axis(["exporter_iso3", "importer_iso3", "source"], axis=1)
    back = table.set_axis(["importer_iso3", "exporter_iso3", "source"], axis=1)
    return pd.concat([there, back], ignore_index=True)


TRADERS = ["DEU", "FRA", "POL", "CHN", "JPN", "USA", "TUR", "KAZ", "KGZ", "UZB", "GEO", "IND", "BRA", "AUT", "VNM"]


def truth(pairs: pd.DataFrame, countries: pd.DataFrame) -> np.ndarray:
    """One hundredth, six more for 12,000 km, two where the importer has no coast."""
    place = countries.set_index("iso3")
    start, end = place.loc[pairs.exporter_iso3], place.loc[pairs.importer_iso3]
    far = distance_km(
        start.capital_latitude, start.capital_longitude, end.capital_latitude, end.capital_longitude
    )  # fmt: skip
    return 0.01 + 0.06 * far / 12_000 + 0.02 * end.is_landlocked.to_numpy()


def cells(countries: pd.DataFrame, seed: int = 0, n: int = 20_000, noise: float = 0.12) -> pd.DataFrame:
    """Cells as int_unit_values_paired makes them: chapters 84 (dearer to ship by a hundredth) and 85, three years."""
    rng = np.random.default_rng(seed)
    pairs = pd.DataFrame({"exporter_iso3": rng.choice(TRADERS, n), "importer_iso3": rng.choice(TRADERS, n)})
    pairs = pairs[pairs.exporter_iso3 != pairs.importer_iso3].reset_index(drop=True)
    chapter = rng.choice(["84", "85"], len(pairs))
    margin = truth(pairs, countries) + np.where(chapter == "84", 0.005, -0.005)
    ratio = np.log1p(margin) + noise * rng.standard_t(3, len(pairs)) / np.sqrt(3)
    table = pairs.assign(
        product_chapter=chapter, product_code=chapter + rng.choice(["0110", "0120", "0190"], len(pairs)),
        year=rng.choice([2019, 2020, 2021], len(pairs)), ratio_log=ratio,
        kg_ratio=rng.uniform(0.975, 1, len(pairs)), median_usd_kg=20.0, value_usd=1e5,
    )  # fmt: skip
    return table[table.ratio_log.abs() <= 0.5]


def margins_of_pairs(effects: pd.DataFrame) -> pd.DataFrame:
    pairs = effects[effects.effect == "pair"]
    return pairs.assign(margin=np.expm1(pairs.effect_log.astype(float)))


def test_margins_are_recovered_where_they_are_known(countries, borders):
    effects = model(cells(countries), countries, borders, **SETTINGS)
    pairs = margins_of_pairs(effects)
    pairs = pairs[pairs.exporter_iso3.isin(TRADERS) & pairs.importer_iso3.isin(TRADERS)]
    error = pairs.margin - truth(pairs, countries)
    assert error.abs().mean() < 0.006 and error.abs().max() < 0.025
    chapter = effects[effects.effect == "chapter"].set_index("product_chapter").effect_log
    assert chapter["84"] - chapter["85"] == pytest.approx(0.01, abs=0.004)
    assert effects[effects.effect == "year"].effect_log.abs().max() < 0.005


def test_the_interval_holds_the_truth_and_is_never_narrower_than_it_may_be(countries, borders):
    held = []
    for seed in range(5):
        pairs = margins_of_pairs(model(cells(countries, seed, n=3000), countries, borders, **SETTINGS))
        pairs = pairs[pairs.exporter_iso3.isin(TRADERS) & pairs.importer_iso3.isin(TRADERS)]
        assert pairs.half_width.min() >= 0.03
        held += list((pairs.effect_log - np.log1p(truth(pairs, countries))).abs() <= pairs.half_width)
    assert np.mean(held) >= 0.9


def test_where_single_chapters_stand_far_from_the_model_the_interval_is_wider(countries, borders):
    plain = cells(countries, n=12_000)
    group = plain.exporter_iso3 + plain.importer_iso3 + plain.product_chapter
    own = pd.Series(np.random.default_rng(9).normal(0, 0.08, group.nunique()), sorted(group.unique()))
    strange = plain.assign(ratio_log=plain.ratio_log + group.map(own))
    width = margins_of_pairs(model(strange, countries, borders, **SETTINGS)).half_width.median()
    assert width == pytest.approx(1.645 * 0.08, rel=0.25)
    assert margins_of_pairs(model(plain, countries, borders, **SETTINGS)).half_width.median() < 0.045


def test_a_tenth_of_the_cells_being_wrong_moves_little(countries, borders):
    table = cells(countries)
    wrong = table.assign(ratio_log=table.ratio_log.where(np.arange(len(table)) % 10 > 0, 0.45))
    one, other = (margins_of_pairs(model(each, countries, borders, **SETTINGS)).margin for each in (table, wrong))
    assert (other - one).abs().mean() < 0.02  # least squares would move by 0.04


def test_the_order_of_cells_changes_nothing(countries, borders):
    table = cells(countries, n=2000)
    shuffled = table.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(
        model(shuffled, countries, borders, **SETTINGS), model(table, countries, borders, **SETTINGS)
    )


def test_too_few_cells_are_no_model(countries, borders):
    none = model(cells(countries).head(499), countries, borders, **SETTINGS)
    assert list(none.columns) == COLUMNS + MEASURES and len(none) == 0
    assert len(model(cells(countries).head(0), countries, borders, **SETTINGS)) == 0


def test_beyond_the_distances_seen_nothing_is_guessed(countries, borders):
    near = cells(countries)
    near = near[near.exporter_iso3.isin(["DEU", "FRA", "POL", "AUT"]) & near.importer_iso3.isin(["DEU", "FRA", "POL"])]
    pairs = margins_of_pairs(model(near, countries, borders, **SETTINGS | {"cells_needed": 100}))
    far = pairs.set_index(["exporter_iso3", "importer_iso3"]).margin
    assert far["DEU", "NZL"] == pytest.approx(far["DEU", "JPN"], abs=1e-5)


def test_a_great_circle_is_as_long_as_it_is():
    assert distance_km(52.52, 13.40, 51.13, 71.43) == pytest.approx(3930, rel=0.02)  # Berlin to Astana
    assert distance_km(10, 20, 10, 20) == 0
    assert distance_km(0, 0, 0, 180) == pytest.approx(np.pi * 6371)
