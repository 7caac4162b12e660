"""When: the jobs, their schedules and sensors, and who is told when one fails.

Every job publishes at its end, so each is a path through the one graph; they differ in whom they ask. Not
here: what is asked (raw/) or how (visit.py).
"""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg

from dagster_project.files.formats import RejectedFile
from dagster_project.ingest import http_client
from dagster_project.ingest.fetch import FetchSession
from dagster_project.ingest.sources import comtrade
from dagster_project.settings import Settings

MONTH = dg.AssetSelection.assets(["landing", "month"])  # asked for by a person, one month at a time
# What a build says of itself: when it was made, and whom it heard.
TOLD = dg.AssetSelection.assets(["intermediate", "int_builds_described"], ["marts", "about"], ["marts", "sources"])
NOTES = TOLD | (TOLD.upstream() & dg.AssetSelection.groups("staging"))


@dg.failure_hook(name="tell_webhook")
def tell_webhook(context: dg.HookContext) -> None:
    """One sentence to ALERT_WEBHOOK_URL for each step that failed for good; nothing where none is set."""
    settings = Settings.from_environment()
    if not settings.alert_webhook_url:
        return
    error = context.op_exception
    while error is not None and error.__cause__ is not None:
        error = error.__cause__
    lines = str(error).strip().splitlines() or ["without a word"]
    reason = " ".join(lines[: 2 if lines[0].endswith(":") else 1])  # Dagster names the checks that failed below
    try:
        with http_client.Client() as client:
            client.post_json(
                settings.alert_webhook_url,
                {"text": f"Ghost Trade: {context.job_name} failed at {context.step_key} ({context.run_id}): {reason}"},
            )
    except http_client.NetworkError as silent:
        context.log.warning(str(silent))


def _job(name: str, sources: Sequence[str], description: str):
    """The path from these sources to the published files, and what a build notes of itself."""
    asked = dg.AssetSelection.assets(*(["landing", source] for source in sources))
    return dg.define_asset_job(
        name,
        selection=(dg.AssetSelection.assets(["landing", "inbox"]) | asked | asked.downstream() | NOTES) - MONTH,
        description=description,
        hooks={tell_webhook},
    )


refresh = dg.define_asset_job(
    "refresh",
    selection=dg.AssetSelection.all() - MONTH,
    description="Landing to published: ask every source, load what is new, gate it, build and test the marts.",
    hooks={tell_webhook},
)
lists = _job(
    "refresh_lists",
    ["ofac", "eu", "un", "uk", "csl", "opensanctions", "ecb"],
    "Sanctions lists and exchange rates, and what follows from them.",
)
releases = _job("refresh_comtrade", ["comtrade"], "What Comtrade released, and what follows from it.")
comext = _job("refresh_comext", ["eurostat", "ecb"], "Comext's months, and what follows from them.")

JOBS = [refresh, lists, releases, comext]
SCHEDULES = [
    # After the night in which lists and rates are published, before an office opens.
    dg.ScheduleDefinition(name="daily_lists", job=lists, cron_schedule="30 5 * * *", execution_timezone="UTC"),
    # Eurostat publishes a month about the middle of the second month after it.
    dg.ScheduleDefinition(name="monthly_comext", job=comext, cron_schedule="0 7 18 * *", execution_timezone="UTC"),
    # Whatever the others missed, and the sources that are asked for nothing in particular.
    dg.ScheduleDefinition(name="weekly_refresh", job=refresh, cron_schedule="0 3 * * 0", execution_timezone="UTC"),
]


@dg.sensor(job=releases, minimum_interval_seconds=6 * 3600)
def comtrade_releases(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Runs when Comtrade has released a reporter's period since the last look."""
    settings = Settings.from_environment()
    if settings.data != "live":
        return dg.SkipReason(f"DATA={settings.data} asks no service.")
    try:
        with (
            http_client.Client() as client,
            FetchSession(settings, comtrade.NAME, comtrade.recognise, client) as visit,
        ):
            newest = comtrade.newest_release(visit)
    except (http_client.NetworkError, RejectedFile) as error:
        return dg.SkipReason(str(error))
    if newest <= (context.cursor or ""):
        return dg.SkipReason(f"Nothing was released since {newest}." if newest else "Nothing was released yet.")
    return dg.SensorResult(run_requests=[dg.RunRequest(run_key=f"comtrade-{newest}")], cursor=newest)
