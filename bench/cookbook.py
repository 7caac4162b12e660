"""How long the questions of the cookbook take on the published file: each the middle and the 95th percentile.

A reader's own process, opened once and read-only, as `make run` left the file (DATA_DIR, default data/; without one it
says so). Settings: RUNS (20 a question), DUCKDB_THREADS (2).
"""

from __future__ import annotations

import os
import statistics
import time

from dagster_project import warehouse
from dagster_project.settings import PROJECT_DIR, Settings

RUNS = int(os.environ.get("RUNS") or 20)
THREADS = int(os.environ.get("DUCKDB_THREADS") or 2)
ASKED_MS = 200


def main() -> None:
    settings = Settings.from_environment()
    if not settings.published_path.exists():
        print(f"The cookbook is not measured: {settings.published_path} is not there yet (make run).")
        return
    slowest = []
    with warehouse.published(settings) as con:
        con.execute(f"set threads = {THREADS}")
        for recipe in sorted((PROJECT_DIR / "bi" / "cookbook").glob("*.sql")):
            sql, took = recipe.read_text(encoding="utf-8"), []
            for _ in range(RUNS):
                started = time.perf_counter()
                rows = con.execute(sql).fetchall()
                took.append(1000 * (time.perf_counter() - started))
            late = sorted(took)[-max(1, RUNS // 20)]
            slowest.append((late, recipe.stem))
            print(f"  {recipe.stem:<32}{len(rows):>6,} rows {statistics.median(took):>8.1f} ms  95 % {late:>8.1f} ms")
    late, name = max(slowest)
    print(f"\nCookbook: {len(slowest)} questions; the slowest, {name}, in {late:.0f} ms (asked: under {ASKED_MS} ms)")


if __name__ == "__main__":
    main()
