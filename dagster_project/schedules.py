"""When: the jobs, their schedules and sensors, and where a failure is reported.

Every job publishes at its end, so each is a path through the one graph; they differ in the sources they fetch. They
are derived from the lists of sources in definitions.py. Not here: what is fetched (ingest/sources) or how (fetch.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING

import dagster as dg

from dagster_project import extent
from dagster_project.files.formats import RejectedFile
from dagster_project.ingest import http_client
from dagster_project.ingest.fetch import FetchSession
from dagster_project.settings import Settings

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

MONTH = dg.AssetSelection.assets(["landing", "month"])  # started by hand, one month at a time
# What every build renews: the facts about itself and about its sources.
FACTS = dg.AssetSelection.assets(["intermediate", "int_builds_described"], ["marts", "about"], ["marts", "sources"])
# Of files the counts of trade stay as they are, where no trade was loaded.
FILES = dg.AssetSelection.assets(["staging", "stg_build__files"], ["marts", "files"])
BUILD = FACTS | FILES | (FACTS.upstream() & dg.AssetSelection.groups("staging"))
DAILY = "0 7 * * *"  # for a trade source that does not announce its releases


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
        with http_client.Client(user_agent=settings.user_agent) as client:
            client.post_json(
                settings.alert_webhook_url,
                {"text": f"Ghost Trade: {context.job_name} failed at {context.step_key} ({context.run_id}): {reason}"},
            )
    except http_client.NetworkError as error:
        context.log.warning(str(error))


@dataclass(frozen=True)
class Scheduled:
    """What Dagster runs by itself."""

    jobs: list[UnresolvedAssetJobDefinition]
    schedules: list[dg.ScheduleDefinition]
    sensors: list[dg.SensorDefinition]


def of(trade: Sequence[ModuleType], lists: Sequence[ModuleType], rates: Sequence[ModuleType]) -> Scheduled:
    """The jobs of these sources: one of everything, one of all lists, and one for each trade source with a service,
    which runs when it releases: on its RELEASES (cron, UTC), or by a sensor where it has `newest_release`."""
    everything = dg.define_asset_job(
        "refresh",
        selection=dg.AssetSelection.all() - MONTH,
        description="Landing to published: every source is fetched, loaded and gated, the marts are built and tested.",
        hooks={tell_webhook},
    )
    daily = _job("refresh_lists", [*lists, *rates], "Sanctions lists and exchange rates, and what follows from them.")
    scheduled = Scheduled(
        [everything, daily],
        [
            # In full once a week: what the other jobs left out, and the sources that are in none of them.
            _schedule("weekly_refresh", everything, "0 3 * * 0"),
            # After the night in which lists and rates are published, before an office opens.
            _schedule("daily_lists", daily, "30 5 * * *"),
        ],
        [],
    )
    for source in trade:
        if not hasattr(source, "fetch"):
            continue
        description = f"What {source.NAME} released, and what follows from it."
        job = _job(f"refresh_{source.NAME}", [source, *rates], description)
        scheduled.jobs.append(job)
        name = f"{source.NAME}_releases"
        if hasattr(source, "newest_release"):
            scheduled.sensors.append(_sensor(name, job, source))
        else:
            scheduled.schedules.append(_schedule(name, job, getattr(source, "RELEASES", DAILY)))
    return scheduled


def _job(name: str, sources: Sequence[ModuleType], description: str) -> UnresolvedAssetJobDefinition:
    """The path from these sources to the published files, and the facts about the build."""
    fetched = dg.AssetSelection.assets(*(["landing", source.NAME] for source in sources))
    return dg.define_asset_job(
        name,
        selection=(dg.AssetSelection.assets(["landing", "inbox"]) | fetched | fetched.downstream() | BUILD) - MONTH,
        description=description,
        hooks={tell_webhook},
        tags=extent.DAILY,
    )


def _schedule(name: str, job: UnresolvedAssetJobDefinition, cron: str) -> dg.ScheduleDefinition:
    return dg.ScheduleDefinition(name=name, job=job, cron_schedule=cron, execution_timezone="UTC")


def _sensor(name: str, job: UnresolvedAssetJobDefinition, source: ModuleType) -> dg.SensorDefinition:
    """Runs the job when the source has released a reporter's period since the last look."""

    @dg.sensor(name=name, job=job, minimum_interval_seconds=6 * 3600)
    def releases(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        settings = Settings.from_environment()
        if settings.data != "live":
            return dg.SkipReason(f"DATA={settings.data} fetches from no service.")
        try:
            with (
                http_client.Client(user_agent=settings.user_agent) as client,
                FetchSession(settings, source.NAME, source.recognise, client) as session,
            ):
                newest = source.newest_release(session)
        except (http_client.NetworkError, RejectedFile) as error:
            return dg.SkipReason(str(error))
        if newest <= (context.cursor or ""):
            return dg.SkipReason(f"Nothing was released since {newest}." if newest else "Nothing was released yet.")
        return dg.SensorResult(run_requests=[dg.RunRequest(run_key=f"{source.NAME}-{newest}")], cursor=newest)

    return releases
