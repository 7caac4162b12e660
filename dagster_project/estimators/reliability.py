"""How noisily, and with what bias, each country records its exports and its imports. Each role by itself.

Belongs here: the estimator of METHODS 2.6 as a function of tables. Not here: which cells it may see
(int_gap_pairs_summed: before the war, without listed goods and without the corridors, because a reporter is
not to be rated unreliable for the trade under question).

The model: gap_log = mean + b_j - c_k + error, its variance s2_j + t2_k, for exporter j and importer k. It needs of
the cells of a pair only four sums, so that the largest world is forty thousand rows here. Nothing iterates, and
nothing depends on the order or the names of countries.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.linalg import cholesky, solve_triangular
from scipy.optimize import nnls

ROLES = {"export": "exporter_iso3", "import": "importer_iso3"}
COLUMNS = [
    *("country_iso3", "role", "variant", "noise_sd", "bias_log", "standard_error", "rank", "observations"),
    *("partners", "within_20_share", "is_pooled"),
]


def rate(pairs: pd.DataFrame, reporters: pd.DataFrame, *, least_partners: int, least_cells: int) -> pd.DataFrame:
    """One row is a country, a role and a variant.

    pairs: variant, exporter_iso3, importer_iso3, cells, weight (sum of w), gap_weighted (sum of w g),
    square_weighted (sum of w d2), where g is a cell's gap in log points from the median, d the same winsorised;
    export_usd, export_within_usd, import_usd, import_within_usd (all, and in cells within a fifth of the other
    side). reporters: country_iso3, role, of all who ever reported: each gets a row in each variant.

    noise_sd (log points): root of the variance, least squares with no variance below 0 (NNLS), drawn toward the
    mean of the role by its own uncertainty (empirical Bayes). bias_log: b of an exporter, c of an importer: how much
    higher than the average country's its reports are against its partners'. standard_error: of noise_sd, from
    scores summed by pair, since cells of one pair share what makes them differ. rank: 1 has the largest error of those
    rated. Fewer than least_partners or least_cells: pooled, the mean of the role's variance, bias 0, no rank.
    """
    pairs = pairs.sort_values(["variant", "exporter_iso3", "importer_iso3"])
    rated = [_variant(name, part, least_partners, least_cells) for name, part in pairs.groupby("variant")]
    rated = pd.concat(rated, ignore_index=True) if rated else pd.DataFrame(columns=COLUMNS)
    ratings = reporters.merge(pd.DataFrame({"variant": sorted(pairs.variant.unique()) or ["noise", "total"]}), "cross")
    ratings = ratings.merge(rated, "left", ["country_iso3", "role", "variant"])
    means = rated[rated.role.notna()].groupby(["variant", "role"])["pooled_sd"].first() if len(rated) else {}
    pooled = pd.Series(
        [means.get(key, np.nan) for key in zip(ratings.variant, ratings.role, strict=True)], ratings.index, dtype=float
    )
    is_pooled = ratings.is_pooled.isna() | ratings.is_pooled.eq(True)
    ratings = ratings.assign(
        is_pooled=is_pooled,
        noise_sd=ratings.noise_sd.astype(float).where(~is_pooled, pooled),
        bias_log=ratings.bias_log.astype(float).where(~is_pooled, pooled * 0),
        observations=ratings.observations.fillna(0).astype("int64"),
        partners=ratings.partners.fillna(0).astype("int64"),
        within_20_share=ratings.within_20_share.astype(float),
        standard_error=ratings.standard_error.astype(float).where(~is_pooled),
        rank=ratings["rank"].astype("Int64"),
    )
    # a table without rows has its types too
    ratings = ratings.astype({"country_iso3": "str", "role": "str", "variant": "str", "is_pooled": "bool"})
    ratings = ratings.round({"noise_sd": 6, "bias_log": 6, "standard_error": 6, "within_20_share": 6})
    return ratings.sort_values(["variant", "role", "country_iso3"], ignore_index=True)[COLUMNS]


def _variant(variant: str, pairs: pd.DataFrame, least_partners: int, least_cells: int) -> pd.DataFrame:
    names = {role: np.sort(pairs[column].unique()) for role, column in ROLES.items()}
    places = [np.searchsorted(names[role], pairs[column].to_numpy()) for role, column in ROLES.items()]
    both = np.intersect1d(names["export"], names["import"])
    members = [np.isin(names[role], both) / max(len(both), 1) for role in ROLES]  # means over countries of both roles
    weight = pairs.weight.to_numpy(float)

    square = pairs.square_weighted.to_numpy(float) / weight
    variance, variance_errors = _solve(places, weight, square, members, signs=(1, 1), signed=False)
    centred = pairs.gap_weighted.to_numpy(float) / weight
    centred = centred - np.average(centred, weights=weight)
    bias, bias_errors = _solve(places, weight, centred, members, signs=(1, -1), signed=True)

    rows = []
    for place, (role, column) in enumerate(ROLES.items()):
        own = {"export": "export", "import": "import"}[role]
        facts = pairs.groupby(column).agg(
            observations=("cells", "sum"), partners=("cells", "size"),
            all_usd=(f"{own}_usd", "sum"), within_usd=(f"{own}_within_usd", "sum"),
        ).reindex(names[role])  # fmt: skip
        is_pooled = (facts.partners < least_partners) | (facts.observations < least_cells)
        rated = ~is_pooled.to_numpy()
        # where no reporter is rated alone the pool is all of them
        crowd = rated if rated.any() else np.ones(len(rated), bool)
        mean, drawn, errors = _drawn(variance[place], variance_errors[place], crowd)
        _, lean, _ = _drawn(bias[place], bias_errors[place], crowd, mean=0.0)
        sd = np.sqrt(drawn)
        frame = pd.DataFrame({
            "country_iso3": names[role], "role": role, "variant": variant, "noise_sd": sd, "bias_log": lean,
            "standard_error": errors / np.maximum(2 * sd, 1e-9), "observations": facts.observations.to_numpy(),
            "partners": facts.partners.to_numpy(),
            "within_20_share": (facts.within_usd / facts.all_usd.where(facts.all_usd > 0)).to_numpy(),
            "is_pooled": is_pooled.to_numpy(), "pooled_sd": np.sqrt(mean),
        })  # fmt: skip
        # of equals the first has the rank: all whose variance is 0 share one
        frame["rank"] = frame.noise_sd.where(rated).round(9).rank(method="min", ascending=False).astype("Int64")
        rows.append(frame)
    return pd.concat(rows, ignore_index=True)


def _solve(places, weight, target, members, *, signs, signed) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Effects of exporters and importers on the pairs' target, and their standard errors, by weighted least squares.

    A constant may move from one role to the other: it is fixed by equal means over countries with both roles, and
    by means of 0 for biases (signed). Two groups of countries that never met have a constant each: a ridge, too
    small to be seen elsewhere, shares it.
    """
    sizes = [len(part) for part in members]
    columns = [places[0], places[1] + sizes[0]]
    total = sum(sizes)
    normal, right = np.zeros((total, total)), np.zeros(total)
    for own, sign in zip(columns, signs, strict=True):
        np.add.at(right, own, sign * weight * target)
        for other, other_sign in zip(columns, signs, strict=True):
            np.add.at(normal, (own, other), sign * other_sign * weight)
    heavy = weight.sum()
    fixed = [np.r_[members[0], np.zeros(sizes[1])], np.r_[np.zeros(sizes[0]), members[1]]]
    fixed = fixed if signed else [fixed[0] - fixed[1]]
    for row in fixed:
        normal += heavy * np.outer(row, row)
    normal += 1e-9 * heavy / total * np.eye(total)
    if signed:
        effects = np.linalg.solve(normal, right)
    else:
        factor = cholesky(normal, lower=True)
        effects, _ = nnls(factor.T, solve_triangular(factor, right, lower=True))
    fit = signs[0] * effects[columns[0]] + signs[1] * effects[columns[1]]
    score = (weight * (target - fit)) ** 2
    meat = np.zeros((total, total))
    for own, sign in zip(columns, signs, strict=True):
        for other, other_sign in zip(columns, signs, strict=True):
            np.add.at(meat, (own, other), sign * other_sign * score)
    inverse = np.linalg.inv(normal)
    errors = np.sqrt(np.maximum(np.diag(inverse @ meat @ inverse), 0))
    return np.split(effects, [sizes[0]]), np.split(errors, [sizes[0]])


def _drawn(values, errors, crowd, mean=None) -> tuple[float, np.ndarray, np.ndarray]:
    """The mean, and the values drawn toward it: the less, the more they differ beyond their errors."""
    mean = float(values[crowd].mean()) if mean is None else mean
    between = max(0.0, float(((values[crowd] - mean) ** 2).mean() - (errors[crowd] ** 2).mean()))
    spread = between + errors**2
    share = np.divide(between, spread, out=np.ones_like(spread), where=spread > 0)
    return mean, mean + share * (values - mean), errors * np.sqrt(share)
