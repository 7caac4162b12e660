"""When: the job that refreshes everything, and its schedule. Sensors come with the live sources."""

from __future__ import annotations

import dagster as dg

refresh = dg.define_asset_job(
    "refresh",
    selection=dg.AssetSelection.all(),
    description="Landing to published: load what is new, gate it, build and test the marts, publish them.",
)

# After the night in which statistical offices and sanctions lists publish, before an office opens.
daily = dg.ScheduleDefinition(name="daily_refresh", job=refresh, cron_schedule="30 5 * * *", execution_timezone="UTC")
