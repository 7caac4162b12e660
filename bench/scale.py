"""DuckDB beside Spark on the same machine and the same files, with rows multiplied: python -m bench.scale.

The world of bench.world with ROWS rows, and with 10 and 100 times as many, goes from the inbox to published tables on
each engine. Printed: seconds of the whole and of dbt, seconds of processors, the peak of memory of all processes, and
of Spark the bytes that were shuffled and spilled, of all models and of the widest one alone. Where an engine fails at a
size, its sentence is printed, and it is not tried at the next.

Settings: ROWS (500,000), TIMES (1 10 100), ENGINES (duckdb spark), DUCKDB_THREADS (2), DUCKDB_MEMORY_LIMIT (4GB),
SPARK_CONF_DIR, BENCH_DIR (kept where it is given; else a temporary folder). Run in the environment with Spark:
.venv-spark/bin/python -m bench.scale.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections import Counter
from contextlib import nullcontext
from pathlib import Path

from bench import world
from dagster_project.settings import SPARK_DIR

WIDEST = "report_coverage"


def main() -> None:
    rows, times = int(os.environ.get("ROWS") or 500_000), (os.environ.get("TIMES") or "1 10 100").split()
    engines = (os.environ.get("ENGINES") or "duckdb spark").split()
    folder = os.environ.get("BENCH_DIR")
    with nullcontext(folder) if folder else tempfile.TemporaryDirectory() as root:
        for factor in times:
            inbox = Path(root, f"world-{factor}")
            world.ROWS = rows * int(factor)
            reported, _ = world.world(inbox)
            print(f"{reported:,} reported rows", flush=True)
            for engine in list(engines):
                try:
                    measure(Path(root), inbox, engine, reported)
                except SystemExit as failed:  # bench.world raises it, with the sentence
                    print(f"  {engine}: {failed}", flush=True)
                    engines.remove(engine)


def measure(root: Path, inbox: Path, engine: str, rows: int) -> None:
    """One run of one engine, and what it took."""
    data, events = root / f"data-{engine}", root / "events"
    for left in (data, events):
        shutil.rmtree(left, ignore_errors=True)
    configuration = root / "conf"
    configuration.mkdir(exist_ok=True)
    events.mkdir()
    given = Path(os.environ.get("SPARK_CONF_DIR") or SPARK_DIR, "spark-defaults.conf").read_text()
    (configuration / "spark-defaults.conf").write_text(
        f"{given}\nspark.eventLog.enabled true\nspark.eventLog.dir {events.as_uri()}\n"
        "spark.eventLog.compress false\nspark.eventLog.rolling.enabled false\n"
    )
    run = world.refreshed(inbox, data, ENGINE=engine, SPARK_CONF_DIR=str(configuration))
    world.show_run(engine, run, rows)
    for folder in [data / "dbt", *(data / "dbt").glob("spark")]:
        results = json.loads((folder / "run_results.json").read_text())
        widest = [one["execution_time"] for one in results["results"] if one["unique_id"].endswith(f".{WIDEST}")]
        print(f"    dbt {results['elapsed_time']:,.0f} s" + "".join(f", {WIDEST} {one:,.0f} s" for one in widest))
    for file in events.iterdir():
        for name, sums in shuffled(file).items():
            print(f"    {name}: {sums['cpu'] / 1e9:,.0f} s of executors, {sums['shuffled'] / 1e9:,.2f} GB shuffled, "
                  f"{sums['spilled'] / 1e9:,.2f} GB spilled", flush=True)  # fmt: skip


def shuffled(log: Path) -> dict[str, Counter]:
    """Nanoseconds and bytes of a Spark event log's tasks: of all statements, and of those that write the widest."""
    of_widest, stages = set(), set()
    sums = {"all models": Counter(), WIDEST: Counter()}
    with log.open(encoding="utf-8") as lines:
        for line in lines:
            event = json.loads(line)
            kind = event["Event"].rpartition(".")[2]
            if kind == "SparkListenerSQLExecutionStart" and f"`{WIDEST}`" in event["physicalPlanDescription"][:2000]:
                of_widest.add(str(event["executionId"]))
            elif kind == "SparkListenerJobStart":
                if event["Properties"].get("spark.sql.execution.id") in of_widest:
                    stages |= set(event["Stage IDs"])
            elif kind == "SparkListenerTaskEnd" and event.get("Task Metrics"):
                metrics = event["Task Metrics"]
                taken = {
                    "cpu": metrics["Executor CPU Time"],
                    "shuffled": metrics["Shuffle Write Metrics"]["Shuffle Bytes Written"],
                    "spilled": metrics["Disk Bytes Spilled"],
                }
                sums["all models"].update(taken)
                if event["Stage ID"] in stages:
                    sums[WIDEST].update(taken)
    return sums


if __name__ == "__main__":
    sys.exit(main())
