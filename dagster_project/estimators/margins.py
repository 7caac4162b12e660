"""What freight and insurance add to a good's value between two countries, learned from what both of them weighed.

Belongs here: the model of METHODS 2.4 as a function of tables. Not here: which cells it may learn from
(int_unit_values_paired), and when its result is taken (int_margins_assigned).

After Gaulier and Zignago (BACI, 2010): where both sides weighed the same, the importer's value of a kilogram over
the exporter's is one plus the margin. Ours differs where METHODS states it: the band of ratios is symmetric in logs,
the fit is Huber's, and the result has an interval.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

ANY = "*"
COLUMNS = ["effect", "exporter_iso3", "importer_iso3", "product_chapter", "year"]
MEASURES = ["effect_log", "standard_error", "half_width", "observations", "model_observations", "r2"]

EARTH_KM = 6371.0
NEAREST_KM = 50.0  # capitals across a river are not at no distance
HUBER = 1.345  # residuals beyond so many spreads count less (95 % efficient where errors are normal)
STUDENTISED_MOST = 2.0  # beyond, a cell is left out, once (BACI)
PRIOR_CELLS = 10.0  # a chapter or year is drawn to the mean by so many cells' worth
CELLS_OF_A_GROUP = 3  # of a pair's chapter, to estimate how far such groups are from the model
GROUPS_NEEDED = 20
NINETY_PERCENT = 1.645


def model(
    cells: pd.DataFrame,
    countries: pd.DataFrame,
    borders: pd.DataFrame,
    *,
    cells_needed: int,
    least_half_width: float,
    usual_half_width: float,
) -> pd.DataFrame:
    """Effects that add up to a margin: ln(1 + m) = pair + chapter + year.

    cells: exporter_iso3, importer_iso3, product_code, product_chapter, year, ratio_log (ln of the importer's USD
    per kg over the exporter's), kg_ratio (the smaller weight over the larger, the cell's weight),
    median_usd_kg (of the product), value_usd. countries: iso3, is_landlocked, capital_latitude, capital_longitude
    (degrees). borders: exporter_iso3, importer_iso3 of neighbours by land; may be empty.

    One row of the result is an effect: of a pair of countries (every pair with known capitals, seen or not), of a
    chapter, or of a year; the keys that it covers as a whole are '*'. Chapters and years are measured from the mean
    by value and by number, so that '*' means all of them. half_width (log points, of pairs) is that of the
    90 % interval of a chapter's margin between the two: the uncertainty of the fit (standard_error), and how far
    such groups of cells are from the fit. It is not the spread of single cells, which is ten times as large and
    no statement about a margin. Never narrower than least_half_width; usual_half_width where groups are too few.

    Empty with fewer than cells_needed cells: no model is better than one of random error.
    """
    cells = _with_features(cells, countries, borders)
    if len(cells) < cells_needed:
        return pd.DataFrame({name: pd.Series(dtype=_dtype(name)) for name in COLUMNS + MEASURES})
    nearest, farthest = cells.distance_log.min(), cells.distance_log.max()
    centre = cells.distance_log.mean()
    chapters, years = sorted(cells.product_chapter.unique()), sorted(cells.year.unique())

    def pair_part(of: pd.DataFrame) -> np.ndarray:
        distance = of.distance_log.clip(nearest, farthest) - centre  # no guess beyond what was seen
        return np.column_stack([
            np.ones(len(of)), distance, distance**2,
            of.is_contiguous, of.is_exporter_landlocked, of.is_importer_landlocked,
        ]).astype(float)  # fmt: skip

    unit_value = np.log(cells.median_usd_kg)
    unit_value_centre = np.average(unit_value, weights=cells.value_usd)
    design = np.column_stack([
        pair_part(cells),
        unit_value - unit_value_centre,
        *((cells.product_chapter == chapter).to_numpy(float) for chapter in chapters),
        *((cells.year == year).to_numpy(float) for year in years),
    ])  # fmt: skip
    pairs_width = 6
    penalty = np.r_[np.full(pairs_width + 1, 1e-6), np.full(len(chapters) + len(years), PRIOR_CELLS)]
    target, weights = cells.ratio_log.to_numpy(), cells.kg_ratio.to_numpy()

    beta, _, studentised = _huber(design, target, weights, penalty)
    kept = np.abs(studentised) <= STUDENTISED_MOST
    beta, covariance, _ = _huber(design[kept], target[kept], weights[kept], penalty)
    residuals = target[kept] - design[kept] @ beta
    spread = np.average((target[kept] - np.average(target[kept], weights=weights[kept])) ** 2, weights=weights[kept])
    r2 = 1 - np.average(residuals**2, weights=weights[kept]) / spread if spread > 0 else 0.0
    beyond = _beyond_the_fit(cells[kept], residuals)

    chapter_log = pd.Series(beta[pairs_width + 1 : pairs_width + 1 + len(chapters)], chapters)
    chapter_log += beta[pairs_width] * (unit_value - unit_value_centre).groupby(cells.product_chapter).mean()
    chapter_mean = np.average(cells.product_chapter.map(chapter_log), weights=cells.value_usd)
    year_log = pd.Series(beta[-len(years) :], years)
    year_mean = cells.year.map(year_log).mean()

    pairs = _features(_every_pair(countries), countries, borders)
    design_of_pairs = pair_part(pairs)
    error = np.sqrt(((design_of_pairs @ covariance[:pairs_width, :pairs_width]) * design_of_pairs).sum(axis=1))
    width = np.full(len(pairs), usual_half_width) if beyond is None else NINETY_PERCENT * np.hypot(error, beyond)
    seen = cells[kept].groupby(["exporter_iso3", "importer_iso3"]).size().rename("observations").reset_index()
    pairs = pairs[["exporter_iso3", "importer_iso3"]].merge(seen, "left", ["exporter_iso3", "importer_iso3"])
    effects = pd.concat([
        pairs.assign(
            effect="pair",
            effect_log=design_of_pairs @ beta[:pairs_width] + chapter_mean + year_mean,
            standard_error=error,
            half_width=np.maximum(width, least_half_width),
        ),
        pd.DataFrame({
            "effect": "chapter", "product_chapter": chapters, "effect_log": (chapter_log - chapter_mean).to_numpy(),
            "observations": cells[kept].product_chapter.value_counts().reindex(chapters).to_numpy(),
        }),
        pd.DataFrame({
            "effect": "year", "year": years, "effect_log": (year_log - year_mean).to_numpy(),
            "observations": cells[kept].year.value_counts().reindex(years).to_numpy(),
        }),
    ], ignore_index=True)  # fmt: skip
    effects[["exporter_iso3", "importer_iso3", "product_chapter"]] = effects[
        ["exporter_iso3", "importer_iso3", "product_chapter"]
    ].fillna(ANY)
    effects = effects.assign(model_observations=int(kept.sum()), r2=r2, observations=effects.observations.fillna(0))
    effects = effects[COLUMNS + MEASURES].astype({name: _dtype(name) for name in COLUMNS + MEASURES})
    # the last digits of a fit are the machine's, not the data's
    return effects.round({"effect_log": 6, "standard_error": 6, "half_width": 6, "r2": 6})


def distance_km(latitude, longitude, other_latitude, other_longitude) -> np.ndarray:
    """The great circle between two places in degrees, kilometres, on a sphere (within 0.5 %)."""
    a, b, c, d = (np.radians(np.asarray(x, float)) for x in (latitude, longitude, other_latitude, other_longitude))
    half = np.sin((c - a) / 2) ** 2 + np.cos(a) * np.cos(c) * np.sin((d - b) / 2) ** 2
    return 2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(half, 0, 1)))


def _dtype(name: str) -> str:
    if name in ("effect", "exporter_iso3", "importer_iso3", "product_chapter"):
        return "str"
    return "Int64" if name in ("year", "observations", "model_observations") else "float64"


def _every_pair(countries: pd.DataFrame) -> pd.DataFrame:
    known = sorted(countries[countries.capital_latitude.notna()].iso3)
    pairs = pd.MultiIndex.from_product([known, known], names=["exporter_iso3", "importer_iso3"]).to_frame(index=False)
    return pairs[pairs.exporter_iso3 != pairs.importer_iso3].reset_index(drop=True)


def _features(pairs: pd.DataFrame, countries: pd.DataFrame, borders: pd.DataFrame) -> pd.DataFrame:
    """The pairs with what is known of the way between them; those without a known capital are left out."""
    known = countries[countries.capital_latitude.notna()].set_index("iso3")
    pairs = pairs[pairs.exporter_iso3.isin(known.index) & pairs.importer_iso3.isin(known.index)]
    ends = [known.reindex(pairs[side]).reset_index(drop=True) for side in ("exporter_iso3", "importer_iso3")]
    places = [end[f"capital_{axis}"] for end in ends for axis in ("latitude", "longitude")]
    neighbours = set(zip(borders.exporter_iso3, borders.importer_iso3, strict=True))
    return pairs.assign(
        distance_log=np.log(np.maximum(distance_km(*places), NEAREST_KM)),
        is_contiguous=[pair in neighbours for pair in zip(pairs.exporter_iso3, pairs.importer_iso3, strict=True)],
        is_exporter_landlocked=ends[0].is_landlocked.to_numpy(bool),
        is_importer_landlocked=ends[1].is_landlocked.to_numpy(bool),
    )


def _with_features(cells: pd.DataFrame, countries: pd.DataFrame, borders: pd.DataFrame) -> pd.DataFrame:
    cells = cells.sort_values(["exporter_iso3", "importer_iso3", "product_code", "year", "ratio_log"])
    pairs = _features(cells[["exporter_iso3", "importer_iso3"]].drop_duplicates(), countries, borders)
    return cells.merge(pairs, on=["exporter_iso3", "importer_iso3"], how="inner", sort=False).reset_index(drop=True)


def _huber(
    design: np.ndarray, target: np.ndarray, weights: np.ndarray, penalty: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coefficients, their covariance, and studentised residuals, by iterated weighted least squares.

    By hand because weights and penalties are wanted, which statsmodels' RLM does not take.
    """
    robust = np.ones(len(target))
    beta = np.zeros(design.shape[1])
    for _ in range(30):
        weighted = design * (weights * robust)[:, None]
        inverse = np.linalg.inv(weighted.T @ design + np.diag(penalty))
        earlier, beta = beta, inverse @ (weighted.T @ target)
        residuals = target - design @ beta
        scale = max(np.median(np.abs(residuals)) / 0.6745, 1e-9)
        robust = np.minimum(1, HUBER * scale / np.maximum(np.abs(residuals), 1e-12))
        if np.max(np.abs(beta - earlier)) < 1e-6:  # a ten-thousandth of a margin
            break
    leverage = ((design @ inverse) * design).sum(axis=1) * weights
    studentised = residuals * np.sqrt(weights) / (scale * np.sqrt(np.maximum(1 - leverage, 1e-3)))
    return beta, inverse * scale**2, studentised


def _beyond_the_fit(cells: pd.DataFrame, residuals: np.ndarray) -> float | None:
    """How far the true margins of a pair's chapters are from the fit (log points): by moments, less the error of
    their means. None where there are too few groups."""
    groups = pd.Series(residuals).groupby(
        [cells[name].to_numpy() for name in ("exporter_iso3", "importer_iso3", "product_chapter")]
    )
    means = groups.agg(["mean", "var", "size"]).query("size >= @CELLS_OF_A_GROUP")
    if len(means) < GROUPS_NEEDED:
        return None
    error = means["var"].mean() / means["size"]
    return float(np.sqrt(max(0.0, (means["mean"] ** 2 - error).mean())))
