"""How long one month of Comext takes from the inbox to raw, and how much memory.

Generates a month in the layout of full_v2_YYYYMM.7z (18 columns, 27 members, their partners and themselves,
three procedures, hidden products, totals), then loads it in a process of its own, twice: into an empty
warehouse, and as a revision of the month that is there. Seconds, and the peak memory of the process. ROWS
and DUCKDB_THREADS are settings.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROWS = int(os.environ.get("ROWS", "5000000"))
THREADS = int(os.environ.get("DUCKDB_THREADS") or 2)
MEMBERS = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()
# Trade within the Union is half of the rows; the others stand for the two hundred partners outside.
OUTSIDE = (
    "AE AM BR BY CN GE HK IL IN KG KZ MX NI XS RU TJ TR UZ ZA US GB CH NO JP KR CA AU UA MA TN EG SA TH VN SG MY ID "
    "TW NZ CL CO PE AR IS BA MK AL MD ME XK LI AD QR QS QV QW QY QZ LB JO KW QA OM PK BD LK PH NG GH CI SN KE DZ"
).split()

GENERATE = """
copy (
    with draws as (
        select i, hash(i) as h, hash(i + 1000003) as g from range({rows}) as t(i)
    ), coded as (
        select
            h, g, i,
            list_extract({members}, cast(h % 27 + 1 as int)) as reporter,
            case when g % 2 = 0
                then list_extract({members}, cast((g // 2) % 27 + 1 as int))
                else list_extract({outside}, cast((g // 2) % {outsiders} + 1 as int)) end as partner,
            lpad(cast(i % 97 + 1 as varchar), 2, '0') as chapter
        from draws
    )
    select
        reporter as REPORTER, partner as PARTNER,
        case when g % 2 = 0 then 'I' else 'E' end as TRADE_TYPE,
        -- the row's own number in it, so that no key is there twice
        case when h % 400 = 0 then chapter || 'XXXXXX' else chapter || lpad(cast(i % 1000000 as varchar), 6, '0') end
            as PRODUCT_NC,
        lpad(cast(i // 100 as varchar), 5, '0') as PRODUCT_SITC, '2' || h % 1000 as PRODUCT_CPA21,
        '2' || i % 1000 as PRODUCT_CPA22, cast(g % 700 as varchar) as PRODUCT_BEC,
        cast(i as varchar) as PRODUCT_BEC5, lpad(cast(h % 21 as varchar), 2, '0') as PRODUCT_SECTION,
        case when h % 9 < 4 then '1' else '2' end as FLOW,
        case when g % 50 = 1 then '2' when g % 50 = 3 then '9' else '1' end as STAT_PROCEDURE,
        case when h % 3 = 0 then 'PST' else 'NO_SU' end as SUPPL_UNIT, '202402' as PERIOD,
        h % 1000000 + {extra} * (i % 50 = 0)::int as VALUE_EUR, VALUE_EUR as VALUE_NAC, g % 100000 as QUANTITY_KG,
        case when h % 3 = 0 then g % 1000 else 0 end as QUANTITY_SUPPL_UNIT
    from coded
) to '{path}' (header)
"""

LOAD = """
import resource, sys, time
from datetime import datetime
from dagster_project import warehouse
from dagster_project.ingest import intake
from dagster_project.ingest.source import Source
from dagster_project.ingest.sources import eurostat
from dagster_project.settings import Settings
settings = Settings.from_environment({"DATA": "files", "INBOX": sys.argv[1], "DATA_DIR": sys.argv[2],
                                      "DUCKDB_THREADS": sys.argv[3]})
source = Source.of(eurostat)
warehouse.prepare(settings, source.tables, run_id="bench", code_version="bench", started_at=datetime(2026, 1, 1))
started = time.monotonic()
taken, refused = intake.land(settings, source)
assert len(taken) == 1 and not refused, refused
landed = time.monotonic()
[(_, loaded)] = intake.load_landed(settings, source)
assert isinstance(loaded, warehouse.Loaded), loaded
done = time.monotonic()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
print(loaded.read, loaded.inserted, loaded.expired, landed - started, done - landed, peak)
"""


def main() -> None:
    import duckdb
    import py7zr

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name, extra in (("first", 0), ("revised", 7)):
            print(f"Generating {ROWS:,} rows of Comext, {name} …", flush=True)
            (root / name).mkdir()
            bare = root / f"full_{name}.dat"
            duckdb.sql(
                GENERATE.format(
                    rows=ROWS, path=bare, extra=extra, members=MEMBERS, outside=OUTSIDE, outsiders=len(OUTSIDE)
                )
            )
            archive = root / name / "full_v2_202402.7z"
            with py7zr.SevenZipFile(archive, "w", filters=[{"id": py7zr.FILTER_LZMA2, "preset": 1}]) as out:
                out.write(bare, bare.name)
            print(f"  {bare.stat().st_size / 1e6:,.0f} MB, {archive.stat().st_size / 1e6:,.0f} MB 7z")
            bare.unlink()
        print(f"{THREADS} threads")
        for name in ("first", "revised"):
            out = subprocess.run(
                [sys.executable, "-c", LOAD, str(root / name), str(root / "data"), str(THREADS)],
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            ).stdout
            read, opened, closed, landing, loading, peak = out.split()[-6:]
            print(
                f"  {name:<8} landed in {float(landing):5.1f} s, loaded in {float(loading):5.1f} s, "
                f"peak {int(peak) / 1e9:.2f} GB; {int(read):,} kept, {int(opened):,} opened, {int(closed):,} closed"
            )
        print("  (asked: under 90 s, peak under 2 GB)")


if __name__ == "__main__":
    main()
