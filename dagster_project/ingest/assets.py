"""The assets that a source becomes: `landing/<source>` and its `raw/<table>`s. Not here: what they do (intake.py)."""

from collections.abc import Sequence

import dagster as dg

from dagster_project import warehouse
from dagster_project.files.formats import RejectedFile
from dagster_project.ingest.fetch import ask_service
from dagster_project.ingest.intake import land, load_landed, name_of, remember_refused
from dagster_project.ingest.source import POOL, RETRIES, Source, stale_after
from dagster_project.settings import Settings


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
        taken, refused = land(settings, source)
        for path, reason in refused:
            if remember_refused(settings, source.name, path, reason):
                context.log.warning(f"set aside: {reason.at(name_of(settings, path))}")
        asked: dict[str, bool] = {}
        if source.fetch and settings.data == "live" and not settings.as_of:
            fetched, failure = ask_service(settings, source, context.log.info)
            taken += fetched
            asked["answered"] = failure is None
            if failure:
                context.log.warning(f"{failure} What {source.name} said last stays.")
        return dg.MaterializeResult(
            metadata={
                "files": len(taken),
                "set_aside": len(refused),
                **asked,
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
    def load(context: dg.AssetExecutionContext):
        settings = Settings.from_environment()
        outcomes = load_landed(settings, source)
        for _, outcome in outcomes:
            if isinstance(outcome, RejectedFile):
                context.log.warning(f"set aside: {outcome}")
        done = [(one, outcome) for one, outcome in outcomes if isinstance(outcome, warehouse.Loaded)]
        counts = warehouse.open_rows(settings, source.tables)
        for table in source.tables:
            yield dg.MaterializeResult(
                asset_key=["raw", table.name],
                metadata={
                    "dagster/row_count": counts[table.name],
                    "files_loaded": len(done),
                    "files_set_aside": len(outcomes) - len(done),
                    "rows_opened": sum(outcome.opened for _, outcome in done),
                    "rows_closed": sum(outcome.closed for _, outcome in done),
                    "landings": dg.MetadataValue.json({one.original_name: one.sha256 for one, _ in done}),
                },
            )

    return [landed_files, load]


def month_again(sources: Sequence[Source]) -> dg.AssetsDefinition:
    """One month asked for again: an asset with a partition a month, so that the UI can backfill them."""

    @dg.asset(
        key=["landing", "month"],
        group_name="landing",
        description="Asks the services that publish by month for one month again; the next refresh loads what is new.",
        partitions_def=dg.MonthlyPartitionsDefinition(start_date="2017-01-01"),
        pool=POOL,
        retry_policy=RETRIES,
        kinds={"file"},
    )
    def month(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        settings = Settings.from_environment()
        if settings.data != "live":
            sentence = f"DATA={settings.data} asks no service. Months are asked for with DATA=live."
            raise dg.Failure(sentence, allow_retries=False)
        warehouse.prepare(settings, [table for source in sources for table in source.tables])
        asked = context.partition_key[:7].replace("-", "")
        landed, failures = 0, {}
        for source in sources:
            if source.has_months:
                fetched, failure = ask_service(settings, source, context.log.info, month=asked)
                landed += len(fetched)
                if failure:
                    failures[source.name] = failure
        if failures:
            # network.py has tried again, and a refused key or a spent quota is the same a second later
            raise dg.Failure(" ".join(failures.values()), metadata={"files": landed}, allow_retries=False)
        return dg.MaterializeResult(metadata={"files": landed, "month": asked})

    return month
