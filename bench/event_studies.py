"""Whether event studies recover what a simulated world planted: python -m bench.event_studies.

Of each evaluation seed of bench.detection a world is refreshed, and every study's interval of nine in ten held against
what the world itself says:

- to Russia: what the war ended of listed goods against others (sample/trade.py), the same in every world;
- to transit countries: exports declared for them after the event, with the planted diversions against without them,
  listed goods less others.

Settings: SEEDS (10), SEED, SCALE (1), DUCKDB_THREADS (2), BENCH_DIR (keeps results there, and goes on from them).
"""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from bench import detection
from dagster_project.sample.trade import COLLAPSE_CONTROLLED, COLLAPSE_OTHER
from dagster_project.sample.world_data import HS2017_ANCESTOR

TO_RUSSIA = float(np.log((1 - COLLAPSE_CONTROLLED) / (1 - COLLAPSE_OTHER)))
SERIES = ["exporter_iso3", "importer_iso3", "goods"]


def main() -> None:
    kept = os.environ.get("BENCH_DIR")
    with nullcontext(kept) if kept else tempfile.TemporaryDirectory() as folder:
        rows = pd.concat([of_world(Path(folder), seed) for seed in detection.SEEDS], ignore_index=True)
    shown = rows.assign(held=rows.planted.between(rows.low, rows.high))
    for name in ("planted", "low", "high", "change"):
        shown[name] = (100 * np.expm1(shown[name])).round(1)
    print(shown.to_string(index=False))
    print(shown.groupby("study_id").held.agg(["sum", "count"]).to_string())


def of_world(folder: Path, seed: int) -> pd.DataFrame:
    """A row a study, in log points: the planted effect, the estimated one, its interval; and the placebo share."""
    results = folder / f"event_studies_{seed}.json"
    if not results.exists():
        with tempfile.TemporaryDirectory() as data_dir:
            detection.refresh(data_dir, seed, "mixed")
            measure(Path(data_dir)).assign(seed=seed).to_json(results, orient="records")
        print(f"  seed {seed}", flush=True)
    return pd.read_json(results)


def measure(data_dir: Path) -> pd.DataFrame:
    with duckdb.connect(str(data_dir / "warehouse.duckdb"), read_only=True) as con:
        cells = con.sql("select distinct study_id, exporter_iso3, importer_iso3, goods, is_listed "
                        "from intermediate.int_event_cells_summed").df()  # fmt: skip
    with duckdb.connect(str(data_dir / "published" / "ghost_trade.duckdb"), read_only=True) as con:
        studies = con.sql("""
            select study_id, importers, after_from, coefficient as change, placebo_share,
                ln(1 + change_low_90_percent / 100) as low, ln(1 + change_high_90_percent / 100) as high
            from marts.event_studies
            where part = 'after'
        """).df()
    declared = exports_declared(data_dir / "simulated" / "truth", studies.after_from[0])
    planted = [
        TO_RUSSIA if study.importers == "RUS" else effect(cells[cells.study_id == study.study_id], declared)
        for study in studies.itertuples()
    ]
    return studies.drop(columns=["importers", "after_from"]).assign(planted=planted)


def exports_declared(truth: Path, after_from: pd.Timestamp) -> pd.DataFrame:
    """SERIES, usd, planted_usd: what exporters declared from that month on, and what of it was planted."""
    flows, ghosts = pd.read_csv(truth / "flows.csv.gz", dtype=str), pd.read_csv(truth / "ghost.csv", dtype=str)
    arrived = flows.rename(columns={"product_code": "goods", "value_fob_usd": "usd"}).assign(planted_usd=0.0)
    # what arrived is in the flows already; what never did was declared, too
    planted = ghosts.rename(columns={"transit_iso3": "importer_iso3", "exporter_code": "goods"})
    planted["usd"] = planted.never_arrived_usd
    both = pd.concat([frame[[*SERIES, "month", "usd", "planted_usd"]] for frame in (arrived, planted)])
    both = both[pd.to_datetime(both.month) >= after_from].astype({"usd": float, "planted_usd": float})
    both["goods"] = both.goods.map(lambda code: HS2017_ANCESTOR.get(code, code))
    return both.groupby(SERIES, as_index=False)[["usd", "planted_usd"]].sum()


def effect(cells: pd.DataFrame, declared: pd.DataFrame) -> float:
    goods = cells.goods.str.lstrip("G").map(lambda code: HS2017_ANCESTOR.get(code, code))
    joined = cells.assign(goods=goods).merge(declared, on=SERIES)
    sums = joined.groupby("is_listed")[["usd", "planted_usd"]].sum()
    grown = np.log(sums.usd / (sums.usd - sums.planted_usd))
    return float(grown[True] - grown[False])


if __name__ == "__main__":
    sys.exit(main())
