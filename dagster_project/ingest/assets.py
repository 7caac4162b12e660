"""The assets of `landing` and `raw`: the inbox, and for each source `landing/<source>` and its `raw/<table>`s.

Not here: what they do (inbox.py, intake.py).
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import dagster as dg

from dagster_project import warehouse
from dagster_project.files.rejection import RejectedFile
from dagster_project.ingest import intake
from dagster_project.ingest.inbox import (
    check,
    code_version,
    inbox_files,
    remove_simulated_data,
    unrecognised_files,
)
from dagster_project.ingest.source import POOL, RETRIES, Source, stale_after
from dagster_project.settings import Settings


def inbox_asset(sources: Sequence[Source]) -> dg.AssetsDefinition:
    """The asset `landing/inbox`: the first of every run, which prepares the warehouse and notes the build."""

    @dg.asset(
        key=["landing", "inbox"],
        group_name="landing",
        description="The folder this run reads: the simulated world's, or INBOX. Unrecognised files are rejected.",
        pool=POOL,
    )
    def inbox(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        settings = Settings.from_environment()
        check(settings)
        if remove_simulated_data(settings):
            context.log.info("The simulated data were removed.")
        warehouse.prepare(
            settings,
            [table for source in sources for table in source.tables],
            run_id=context.run_id,
            code_version=code_version(),
            started_at=datetime.now(UTC).replace(tzinfo=None),
        )
        unrecognised = list(unrecognised_files(settings, sources))
        for file, reason in unrecognised:
            if intake.note_rejection(settings, "unknown", file, reason):
                # not a warning each: the summary names them together
                context.log.info(f"rejected: {reason.at(file.name)}")
        return dg.MaterializeResult(
            metadata={
                "data_set": settings.data,
                "folder": str(settings.inbox_dir or "none: the services alone"),
                "files": len(inbox_files(settings)),
                "files_unknown": len(unrecognised),
                "is_simulated": settings.data == "sample",
            }
        )

    return inbox


def assets_of(source: Source) -> list[dg.AssetsDefinition]:
    """`landing/<source>` and one multi-asset for its raw tables."""

    @dg.asset(
        key=["landing", source.name],
        group_name="landing",
        deps=[dg.AssetKey(["landing", "inbox"])],
        description=f"Files of {source.name}, as fetched: written once, hashed, named by partition and vintage.",
        pool=POOL,
        retry_policy=RETRIES,
        freshness_policy=dg.FreshnessPolicy.time_window(fail_window=stale_after(source.name)),
        kinds={"file"},
    )
    def landed_files(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        settings = Settings.from_environment()
        taken, rejected = intake.land(settings, source)
        for file, reason in rejected:
            if intake.note_rejection(settings, source.name, file, reason):
                context.log.warning(f"rejected: {reason.at(file.name)}")
        service: dict[str, bool] = {}
        if source.fetch and settings.data == "live" and not settings.as_of:
            fetched, failure = intake.fetch(settings, source, context.log.info)
            taken += fetched
            service["answered"] = failure is None
            if failure:
                context.log.warning(f"{failure} The earlier data of {source.name} stay.")
        return dg.MaterializeResult(
            metadata={
                "files": len(taken),
                "files_rejected": len(rejected),
                **service,
                "bytes": sum(one.size_bytes for one in taken),
                "landings": dg.MetadataValue.json({one.path: one.sha256 for one in taken}),
            }
        )

    @dg.multi_asset(
        name=f"load_{source.name}",
        specs=[
            dg.AssetSpec(
                ["raw", table.name],
                group_name="raw",
                deps=[dg.AssetKey(["landing", source.name])],
                description=f"{source.name}'s own columns, as text, every vintage kept. Key: {', '.join(table.key)}.",
                kinds={"duckdb"},
            )
            for table in source.tables
        ],
        pool=POOL,
        retry_policy=RETRIES,
    )
    def load(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        settings = Settings.from_environment()
        outcomes = intake.load_landed(settings, source)
        for _, outcome in outcomes:
            if isinstance(outcome, warehouse.HeldBack):
                context.log.warning(str(outcome))
            elif isinstance(outcome, RejectedFile):
                context.log.warning(f"rejected: {outcome}")
        loaded = [(one, outcome) for one, outcome in outcomes if isinstance(outcome, warehouse.Loaded)]
        counts = warehouse.current_rows(settings, source.tables)
        for table in source.tables:
            yield dg.MaterializeResult(
                asset_key=["raw", table.name],
                metadata={
                    "dagster/row_count": counts[table.name],
                    "files_loaded": len(loaded),
                    "files_rejected": len(outcomes) - len(loaded),
                    "rows_inserted": sum(outcome.inserted for _, outcome in loaded),
                    "rows_expired": sum(outcome.expired for _, outcome in loaded),
                    "landings": dg.MetadataValue.json({one.original_name: one.sha256 for one, _ in loaded}),
                },
            )

    return [landed_files, load]


def month_again(sources: Sequence[Source]) -> dg.AssetsDefinition:
    """The asset `landing/month`: one month fetched again. It has a partition a month, for backfills in the UI."""

    @dg.asset(
        key=["landing", "month"],
        group_name="landing",
        description="Fetches one month again from the services that publish by month; the next refresh loads it.",
        partitions_def=dg.MonthlyPartitionsDefinition(start_date="2017-01-01"),
        pool=POOL,
        retry_policy=RETRIES,
        kinds={"file"},
    )
    def month(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        settings = Settings.from_environment()
        if settings.data != "live":
            sentence = f"DATA={settings.data} uses no service. Months are fetched with DATA=live."
            raise dg.Failure(sentence, allow_retries=False)
        warehouse.prepare(settings, [table for source in sources for table in source.tables])
        wanted = context.partition_key[:7].replace("-", "")
        landed, failures = 0, {}
        for source in sources:
            if source.has_months:
                fetched, failure = intake.fetch(settings, source, context.log.info, month=wanted)
                landed += len(fetched)
                if failure:
                    failures[source.name] = failure
        if failures:
            # the client has tried again, and a wrong key or a spent quota is the same a second later
            raise dg.Failure(" ".join(failures.values()), metadata={"files": landed}, allow_retries=False)
        return dg.MaterializeResult(metadata={"files": landed, "month": wanted})

    return month
