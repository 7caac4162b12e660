"""How much of what went into a transit country can have been re-exported, and how closely one followed the other.

Both are bounds and hints from aggregates: a country may sell what it had, and keep what it bought. The lower bound
of every chain is therefore nothing (METHODS 2.10; in the one study with both, firms' own rerouting was a ninth of
what product totals suggested). Not here: what counts as excess (dbt's baselines), or what a chain is evidence for.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

IN_KEY = ["exporter_bloc", "transit_iso3", "goods", "baseline_id"]
OUT_KEY = ["transit_iso3", "target_iso3", "goods", "baseline_id"]
KEY = ["exporter_bloc", "transit_iso3", "target_iso3", "goods", "baseline_id"]
TEXTS = [*KEY, "goods_kind"]
AMOUNTS = ["in_excess_usd", "arrived_excess_usd", "out_usd", "out_excess_usd", "chain_upper_usd", "chain_arrived_usd",
           "chain_upper_kg", "lead_lag_months", "lead_lag_correlation", "lead_lag_p"]  # fmt: skip


def matched(inflow: np.ndarray, outflow: np.ndarray, lag: int) -> np.ndarray:
    """What of each period's outflow an earlier inflow can explain, oldest first and none older than `lag` periods.

    Both series × periods, months or years, one unit; only what is above zero counts, NaN is a period without a report
    and holds nothing. Returns the same shape; its sum is the largest amount that can be matched at all, because the
    oldest that is still young enough is always used first. Source: METHODS 2.10; in 10 0 5 0, out 0 6 6 6, lag 2 → 15.
    """
    left = np.maximum(np.nan_to_num(inflow), 0.0)
    wanted = np.maximum(np.nan_to_num(outflow), 0.0)
    explained = np.zeros_like(wanted)
    for month in range(wanted.shape[1]):
        for age in range(min(lag, month), -1, -1):
            taken = np.minimum(left[:, month - age], wanted[:, month] - explained[:, month])
            left[:, month - age] -= taken
            explained[:, month] += taken
    return explained


def lead_lag(
    inflow: np.ndarray,
    outflow: np.ndarray,
    *,
    scale: float,
    lags: int = 6,
    block: int = 3,
    draws: int = 999,
    least_months: int = 24,
    seed: int = 0,
) -> tuple[int, float, float] | None:
    """The lag at which changes of one series follow the other's most, that correlation, and its p by permutation.

    `inflow`, `outflow`: months of values in one currency; the change is of asinh(value / scale). The largest
    correlation over lags 0…`lags` is held against the same of `draws` series whose changes of inflow were
    shuffled in blocks of `block` months, so that looking at seven lags is paid for. None where fewer than
    `least_months` months have both, or one of the series never changes. The same seed gives the same p.
    """
    reported = np.isfinite(inflow) & np.isfinite(outflow)
    if reported.sum() < least_months:
        return None
    ahead, behind = (np.diff(np.arcsinh(series[reported] / scale)) for series in (inflow, outflow))
    correlations = _correlations(ahead[None, :], behind, lags)[:, 0]
    if not np.isfinite(correlations).any():
        return None
    blocks = -(-len(ahead) // block)
    order = np.argsort(np.random.default_rng(seed).random((draws, blocks)), axis=1)
    places = (order[:, :, None] * block + np.arange(block)).reshape(draws, -1)
    # the last block may be short: what lies beyond the series is left out, wherever it was shuffled to
    places = places[places < len(ahead)].reshape(draws, len(ahead))
    shuffled = np.fmax.reduce(_correlations(ahead[places], behind, lags))
    best = int(np.nanargmax(correlations))
    at_least = np.count_nonzero(shuffled >= correlations[best] - 1e-12)
    return best, float(correlations[best]), float((1 + at_least) / (1 + draws))


def _correlations(ahead: np.ndarray, behind: np.ndarray, lags: int) -> np.ndarray:
    """Lags × rows of `ahead`: how each row, so many months earlier, goes with `behind`. NaN where one is constant."""
    correlations = np.full((lags + 1, len(ahead)), np.nan)
    for lag in range(min(lags, len(behind) - 2) + 1):
        early, late = ahead[:, : len(behind) - lag], behind[lag:]
        early, late = early - early.mean(axis=1, keepdims=True), late - late.mean()
        spread = np.sqrt((early**2).sum(axis=1) * (late**2).sum())
        np.divide(early @ late, spread, out=correlations[lag], where=spread > 1e-12)
    return correlations


def chain(inflows: pd.DataFrame, outflows: pd.DataFrame, *, lag: int, scale: float, least_months: int) -> pd.DataFrame:
    """Every route bloc → transit → destination of one good, period by period, in the order of its key.

    inflows: IN_KEY, left_out_year, goods_kind, period, in_usd (value), in_excess_usd, arrived_excess_usd,
    in_excess_kg · outflows: OUT_KEY, period, out_usd, out_excess_usd, out_excess_kg. A row is a period that both hold:
    months all, or years all; `lag` counts them. `left_out_year` is 0, or the year that the baseline leaves out; then
    only that year is returned, and what is before it serves the queue. Returns KEY, left_out_year, goods_kind, period,
    the excesses, out_usd, chain_upper_usd,
    chain_arrived_usd (the same with what the transit country reported as imported), chain_upper_kg, and
    lead_lag_months, _correlation, _p (of product groups alone: a test that is published, never used to choose). NULL
    where one of the two sides of a period is.
    """
    rows = inflows.merge(outflows, on=[*IN_KEY[1:], "period"]).sort_values([*KEY, "period"], ignore_index=True)
    rows["at"] = rows.groupby(KEY, sort=True).ngroup()
    months = pd.Index(sorted(rows.period.unique()))
    cell = (rows["at"].to_numpy(), months.get_indexer(rows.period))
    shape = (int(rows["at"].max()) + 1 if len(rows) else 0, len(months))

    def grid(column: str) -> np.ndarray:
        values = np.full(shape, np.nan)
        values[cell] = rows[column].to_numpy(dtype="float64", na_value=np.nan)
        return values

    for name, ahead, behind in (
        ("chain_upper_usd", "in_excess_usd", "out_excess_usd"),
        ("chain_arrived_usd", "arrived_excess_usd", "out_excess_usd"),
        ("chain_upper_kg", "in_excess_kg", "out_excess_kg"),
    ):
        into, out = grid(ahead), grid(behind)
        rows[name] = np.where(np.isfinite(into) & np.isfinite(out), matched(into, out, lag), np.nan)[cell]

    groups = rows[(rows.goods_kind == "basket") & (rows.left_out_year == 0)]["at"].unique()
    into, out = grid("in_usd"), grid("out_usd")
    relations = {at: lead_lag(into[at], out[at], scale=scale, least_months=least_months) for at in groups}
    relations = pd.DataFrame.from_dict(
        {at: relation for at, relation in relations.items() if relation},
        orient="index",
        columns=["lead_lag_months", "lead_lag_correlation", "lead_lag_p"],
    )
    rows = rows.join(relations.astype("float64"), on="at")
    rows = rows[(rows.left_out_year == 0) | (pd.to_datetime(rows.period).dt.year == rows.left_out_year)]
    # typed, so that a table without rows has the columns of one with rows
    types = dict.fromkeys(TEXTS, "string") | dict.fromkeys(AMOUNTS, "float64")
    types |= {"left_out_year": "int64", "period": "datetime64[us]"}
    return rows[[*KEY, "left_out_year", "goods_kind", "period", *AMOUNTS]].astype(types).reset_index(drop=True)
