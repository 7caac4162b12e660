"""How much a corridor's rank depends on the weights, which cannot be known: it is computed again under many others.

Not here: the components and the score itself (dbt's int_corridors_scored), of which this repeats one line.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

KEY = ["exporter_bloc", "transit_iso3", "goods", "window_kind", "period"]
FLAGGED = ["investigate", "verify_data"]
GROUP = ["exporter_bloc", "goods_kind", "window_kind", "period"]  # rows that are ranked against each other
LEAST, MOST = 5, 95  # per cent of the draws


def drawn(weights: Mapping[str, float], *, draws: int, spread: float, seed: int = 0) -> np.ndarray:
    """Draws × components: each weight times a number from 1 - spread to 1 + spread, every one as likely."""
    factors = np.random.default_rng(seed).uniform(1 - spread, 1 + spread, (draws, len(weights)))
    return factors * np.array(list(weights.values()))


def bands(scored: pd.DataFrame, weights: Mapping[str, float], *, draws: int, spread: float) -> pd.DataFrame:
    """KEY, rank_p05, rank_p95: between which ranks a row is in nine of ten draws of the weights.

    scored: KEY, goods_kind, severity, class, anomaly and a column `c_<component>` (0 to 1, NaN where unknown) for
    each weight. Ranked is as the mart ranks it, within GROUP: the FLAGGED classes first, then anomaly ×
    (0.5 + 0.5 severity); rows without an anomaly have no rank. Returned are the newest window of each bloc and kind,
    and all FLAGGED rows: those that are looked at. They are ranked among all rows of their group.
    """
    scored = scored[scored.anomaly.notna()].sort_values(KEY, ignore_index=True)
    newest = scored.groupby(["exporter_bloc", "window_kind"]).period.transform("max") == scored.period
    unusual = scored["class"].isin(FLAGGED).to_numpy(dtype=bool)
    returned = newest.to_numpy(dtype=bool) | unusual
    values = scored[[f"c_{name}" for name in weights]].to_numpy(dtype="float64", na_value=np.nan)
    known, values = np.isfinite(values).astype(float), np.nan_to_num(values)
    gravity = 0.5 + 0.5 * scored.severity.to_numpy(dtype="float64")
    mixes = drawn(weights, draws=draws, spread=spread)
    low, high = (np.full(len(scored), np.nan) for _ in (LEAST, MOST))
    for rows in scored.groupby(GROUP, sort=True).indices.values():
        wanted = returned[rows]
        if not wanted.any():
            continue
        # rounded, so that rows that are equal stay so
        sizes = np.round(gravity[rows, None] * (values[rows] @ mixes.T) / (known[rows] @ mixes.T), 9)
        sizes += unusual[rows, None]  # a size is 1 at most
        above = np.array([len(rows) - np.searchsorted(np.sort(size), size[wanted], side="right") for size in sizes.T])
        low[rows[wanted]], high[rows[wanted]] = np.percentile(above + 1, [LEAST, MOST], axis=0, method="nearest")
    ranks = scored[KEY].assign(rank_p05=low, rank_p95=high)[returned]
    # typed, so that a table without rows has the columns of one with rows
    types = dict.fromkeys(["exporter_bloc", "transit_iso3", "goods", "window_kind"], "string")
    types |= {"period": "datetime64[us]", "rank_p05": "int64", "rank_p95": "int64"}
    return ranks.astype(types).reset_index(drop=True)
