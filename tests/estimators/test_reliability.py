"""Whether a noisy book is found, and only that book: on simulated reporters whose noise is known.

Here: estimators/reliability.py, fed with what int_gap_pairs_summed makes of cells. Not here:
which cells that model takes (dbt's unit tests).
"""

import numpy as np
import pandas as pd
import pytest

from dagster_project.estimators.reliability import COLUMNS, rate

COUNTRIES = [f"C{n:02}" for n in range(30)]
PRODUCTS = 40
BAD = "C05"
LIMITS = {"least_partners": 10, "least_cells": 200}


def cells(seed: int, *, bad_exporter=None, bad_importer=None, bias=None) -> pd.DataFrame:
    """One row is exporter x importer x product with both its values. Reporters' noise is 0.15 to 0.35, evenly spaced
    (ordinary countries differ); a bad one's is 1.0 in that role, and the middle of all, 0.25, in the other."""
    rng = np.random.default_rng(seed)
    ordinary = np.linspace(0.15, 0.35, len(COUNTRIES))
    noise = {role: pd.Series(rng.permutation(ordinary), COUNTRIES) for role in ("export", "import")}
    for bad in (bad_exporter, bad_importer):
        if bad:
            noise["export"][bad] = noise["import"][bad] = 0.25
    if bad_exporter:
        noise["export"][bad_exporter] = 1.0
    if bad_importer:
        noise["import"][bad_importer] = 1.0
    index = pd.MultiIndex.from_product([COUNTRIES, COUNTRIES, range(PRODUCTS)])
    table = index.to_frame(index=False, name=["exporter_iso3", "importer_iso3", "product"])
    table = table[table.exporter_iso3 != table.importer_iso3].reset_index(drop=True)
    true = rng.lognormal(13, 1, len(table))
    export = true * np.exp(rng.standard_normal(len(table)) * table.exporter_iso3.map(noise["export"]))
    imported = true * np.exp(rng.standard_normal(len(table)) * table.importer_iso3.map(noise["import"]))
    if bias:
        export *= np.exp(table.exporter_iso3.map(bias).fillna(0))
    return table.assign(export_usd=export, import_usd=imported)


def summed(table: pd.DataFrame, *, is_weighted: bool = True, winsor: float = 3) -> pd.DataFrame:
    """int_gap_pairs_summed's twin, for its variant `total`."""
    gap = np.log(table.export_usd) - np.log(table.import_usd)
    distance = (gap - gap.median()).clip(-winsor, winsor)
    weight = np.log(1 + table[["export_usd", "import_usd"]].min(axis=1) / 10_000)
    weight = weight if is_weighted else 1.0
    near = (table.export_usd - table.import_usd).abs()
    return (
        table.assign(
            variant="total", cells=1, weight=weight, gap_weighted=weight * distance,
            square_weighted=weight * distance**2,
            export_within_usd=table.export_usd.where(near <= 0.2 * table.export_usd, 0),
            import_within_usd=table.import_usd.where(near <= 0.2 * table.import_usd, 0),
        ).groupby(["variant", "exporter_iso3", "importer_iso3"], as_index=False).sum().drop(columns="product")
    )  # fmt: skip


def rated(table: pd.DataFrame, *, is_weighted: bool = True, **limits) -> pd.DataFrame:
    names = sorted(set(table.exporter_iso3) | set(table.importer_iso3))
    reporters = pd.DataFrame([(name, role) for name in names for role in ("export", "import")])
    reporters.columns = ["country_iso3", "role"]
    return rate(summed(table, is_weighted=is_weighted), reporters, **(LIMITS | limits))


def role_of(ratings: pd.DataFrame, role: str) -> pd.DataFrame:
    return ratings[ratings.role == role].set_index("country_iso3")


@pytest.mark.parametrize("bad, other", [("export", "import"), ("import", "export")])
def test_a_bad_book_ranks_worst_and_the_other_book_of_the_country_is_unremarkable(bad, other):
    found = 0
    for seed in range(20):
        ratings = rated(cells(seed, **{f"bad_{bad}er": BAD}))
        is_worst = role_of(ratings, bad)["rank"][BAD] == 1
        found += is_worst and role_of(ratings, other)["rank"][BAD] > len(COUNTRIES) / 3
    assert found >= 19


def test_noise_is_recovered_in_its_own_units():
    """METHODS' figures (0.99 and 1.00) are of an estimate without weights, before it is drawn to the mean. A mean of
    thirty with one outlier pulls the outlier by 3 to 5 %."""
    both = rated(cells(1, bad_exporter=BAD, bad_importer=BAD), is_weighted=False)
    assert role_of(both, "export").noise_sd[BAD] == pytest.approx(1.0, abs=0.08)
    assert role_of(both, "import").noise_sd[BAD] == pytest.approx(1.0, abs=0.08)
    one = rated(cells(1, bad_exporter=BAD), is_weighted=False)
    assert role_of(one, "export").noise_sd[BAD] == pytest.approx(1.0, abs=0.08)
    assert role_of(one, "import").noise_sd[BAD] == pytest.approx(0.25, abs=0.06)


def test_weights_by_the_smaller_book_make_the_noisiest_look_a_tenth_better_and_no_more():
    """A book that errs downward makes its own cell smaller, and count less. So METHODS has it; it is known."""
    bad = [role_of(rated(cells(seed, bad_exporter=BAD)), "export").noise_sd[BAD] for seed in range(5)]
    assert 0.85 < np.mean(bad) < 0.97


def test_the_error_is_about_the_size_of_the_errors_made():
    """Over twenty worlds an ordinary book's noise lies within two of its own standard errors nearly always."""
    hits = []
    for seed in range(20):
        ratings = role_of(rated(cells(seed), is_weighted=False), "export")
        true = np.random.default_rng(seed).permutation(np.linspace(0.15, 0.35, len(COUNTRIES)))
        hits += list((ratings.noise_sd - true).abs() <= 2 * ratings.standard_error)
    assert np.mean(hits) >= 0.9


def test_a_book_that_leans_is_found_by_how_much():
    ratings = rated(cells(3, bias={"C07": 0.3, "C08": -0.3}))
    bias = role_of(ratings, "export").bias_log
    assert bias["C07"] - bias.drop(["C07", "C08"]).mean() == pytest.approx(0.3, abs=0.03)
    assert bias["C08"] - bias.drop(["C07", "C08"]).mean() == pytest.approx(-0.3, abs=0.03)
    assert role_of(ratings, "import").bias_log.abs().max() < 0.05


def test_neither_the_order_of_rows_nor_the_names_of_countries_change_anything():
    table = cells(4, bad_exporter=BAD)
    plain = rated(table)
    pd.testing.assert_frame_equal(rated(table.sample(frac=1, random_state=1)), plain)
    renamed = {name: f"Z{99 - int(name[1:])}" for name in COUNTRIES}
    other = rated(table.replace({"exporter_iso3": renamed, "importer_iso3": renamed}))
    back = other.assign(country_iso3=other.country_iso3.map({new: old for old, new in renamed.items()}))
    back = back.sort_values(["variant", "role", "country_iso3"], ignore_index=True)
    pd.testing.assert_frame_equal(back, plain, atol=2e-6, rtol=0)


def test_a_country_that_no_one_trades_with_changes_nobody_else():
    table = cells(5)
    reporters = pd.DataFrame([(name, role) for name in [*COUNTRIES, "NEW"] for role in ("export", "import")])
    reporters.columns = ["country_iso3", "role"]
    more = rate(summed(table), reporters, **LIMITS)
    new = more[more.country_iso3 == "NEW"]
    assert new.is_pooled.all() and (new.observations == 0).all() and new.noise_sd.notna().all()
    pd.testing.assert_frame_equal(more[more.country_iso3 != "NEW"].reset_index(drop=True), rated(table))


def test_who_has_too_few_cells_or_partners_takes_the_role_s_mean_and_no_rank():
    table = cells(6)
    few = table[(table.exporter_iso3 != "C01") | table.importer_iso3.isin(COUNTRIES[2:8])]
    one = role_of(rated(few), "export").loc["C01"]
    assert one.is_pooled and pd.isna(one["rank"]) and pd.isna(one.standard_error) and one.bias_log == 0
    others = role_of(rated(few), "export")
    assert one.noise_sd == pytest.approx(np.sqrt((others[~others.is_pooled].noise_sd ** 2).mean()), abs=0.01)
    everyone = rated(table, least_cells=10**9)
    assert everyone.is_pooled.all() and everyone.groupby("role").noise_sd.nunique().eq(1).all()


def test_nothing_to_compare_gives_every_reporter_a_row_without_figures():
    empty = summed(cells(0)).iloc[:0]
    ratings = rate(empty, pd.DataFrame({"country_iso3": ["DEU"], "role": ["export"]}), **LIMITS)
    assert list(ratings.columns) == COLUMNS and set(ratings.variant) == {"noise", "total"}
    assert ratings.noise_sd.isna().all() and ratings.is_pooled.all()
    nobody = rate(empty, pd.DataFrame({"country_iso3": [], "role": []}, dtype=str), **LIMITS)
    assert list(nobody.columns) == COLUMNS and len(nobody) == 0


def test_the_share_within_a_fifth_is_of_the_country_s_own_value():
    table = pd.DataFrame({
        "exporter_iso3": ["A", "A"], "importer_iso3": ["B", "C"], "product": 1,
        "export_usd": [300e3, 100e3], "import_usd": [290e3, 10e3],
    })  # fmt: skip
    assert role_of(rated(table), "export").within_20_share["A"] == 0.75
