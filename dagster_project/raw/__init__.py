"""What a source is, and the assets it becomes: `landing/<source>` and its `raw/<table>`s.

A source is one module in this folder with NAME, TABLES, `recognise` and `read`, and `fetch` where a service
can be asked or `make` where a package holds the data; it knows nothing downstream and no other source. Here
belongs only what all sources share: taking files into landing/, loading what has landed, and setting aside
what cannot be used, with the reason. What goes over the network is visit.py's.
"""

import csv
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import dagster as dg

from dagster_project import formats, landing, network, warehouse
from dagster_project.formats import Head, Refused
from dagster_project.landing import Landing, Recognised
from dagster_project.settings import SEEDS_DIR, Settings
from dagster_project.visit import Visit
from dagster_project.warehouse import Rows, Table

POOL = "duckdb_writer"
RETRIES = dg.RetryPolicy(max_retries=2, delay=2, backoff=dg.Backoff.EXPONENTIAL)


@dataclass(frozen=True)
class Source:
    name: str
    tables: tuple[Table, ...]
    recognise: Callable[[Head], Recognised | None]
    read: Callable[[Path, Landing, Head], dict[str, Rows]]
    fetch: Callable[[Visit], None] | None = None  # asks its service for what is newer than what has landed
    make: Callable[[Path], Sequence[Path]] | None = None  # writes its files itself, from a package
    has_months: bool = False  # its service is asked month by month, so one can be asked for again
    # Why its files may not be loaded under these settings: a licence that someone has to agree to.
    withheld: Callable[[Settings], Refused | None] = lambda settings: None

    @classmethod
    def of(cls, module: ModuleType) -> "Source":
        optional = {name: getattr(module, name) for name in ("fetch", "make", "withheld") if hasattr(module, name)}
        return cls(
            module.NAME,
            module.TABLES,
            module.recognise,
            module.read,
            has_months=getattr(module, "HAS_MONTHS", False),
            **optional,
        )


def files_in(inbox: Path | None) -> list[Path]:
    """Every file of an inbox, by name; hidden files and folders are not looked at."""
    if inbox is None:
        return []
    return sorted(
        path
        for path in inbox.rglob("*")
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(inbox).parts)
    )


def name_of(settings: Settings, path: Path) -> str:
    """What a person calls a file: its path in the inbox, for two folders may hold an add.csv each."""
    inbox = settings.inbox_dir
    return str(path.relative_to(inbox)) if inbox and path.is_relative_to(inbox) else path.name


def unclaimed(inbox: Path | None, sources: Sequence[Source]) -> Iterator[tuple[Path, Refused]]:
    """Files that no source recognises, each with the sentence that says what it looks like."""
    for path in files_in(inbox):
        try:
            head = formats.look(path)
        except (Refused, OSError) as error:
            yield path, error if isinstance(error, Refused) else _closed(error)
            continue
        try:
            if not any(source.recognise(head) for source in sources if not source.make):
                yield path, formats.describe_unknown(head)
        except Refused:
            continue  # a source knows it, and says itself what is wrong with it


def land(settings: Settings, source: Source) -> tuple[list[Landing], list[tuple[Path, Refused]]]:
    """Take a source's new files into landing/. Returns what landed and what was refused.

    Files of one call share one vintage, unless the publisher's own edition dates order them. Bytes that
    landed before, ever, are not taken again.
    """
    known = warehouse.known_sha256(settings, source.name)
    before = landing.landed(settings.landing_dir, source.name)
    known |= {one.sha256 for one in before}
    newest, said = {}, {}  # by partition: the newest edition, and since when it has been said
    for one in before:
        newest[one.partition] = max(one.edition, newest.get(one.partition, ""))
        said[one.partition] = max(one.valid_from, said.get(one.partition, ""))
    taken, refused = [], []
    with tempfile.TemporaryDirectory() as folder:
        files = source.make(Path(folder)) if source.make else files_in(settings.inbox_dir)
        found: list[tuple[Path, Recognised]] = []
        for path in files:
            try:
                head = formats.look(path)
            except (Refused, OSError):
                continue  # nobody's yet: told once, by `unclaimed`
            try:
                recognised = source.recognise(head)
            except Refused as reason:
                if landing.sha256_of(path) not in known:
                    refused.append((path, reason))
            else:
                if recognised and (reason := source.withheld(settings)):
                    refused.append((path, reason))
                elif recognised:
                    found.append((path, recognised))
        editions = sorted({recognised.edition for _, recognised in found})
        now = datetime.now(UTC)
        for path, recognised in sorted(found, key=lambda pair: (pair[1].edition, pair[0])):
            sha256 = landing.sha256_of(path)
            if sha256 in known:
                continue
            if recognised.edition and recognised.edition < newest.get(recognised.partition, ""):
                refused.append((path, _older(recognised.edition, newest[recognised.partition])))
                continue
            fetched_at = now + timedelta(microseconds=editions.index(recognised.edition))
            partition = recognised.partition
            valid_from = landing.said_from(recognised.edition, fetched_at, said.get(partition, ""))
            try:
                one = landing.take(
                    settings.landing_dir,
                    source.name,
                    recognised,
                    path,
                    fetched_at=fetched_at,
                    valid_from=valid_from,
                    called=name_of(settings, path),
                )
                taken.append(one)
                known.add(sha256)
            except Refused as reason:
                refused.append((path, reason))
    return taken, refused


def ask_service(
    settings: Settings,
    source: Source,
    tell: Callable[[str], None],
    *,
    month: str = "",
    client: network.Client | None = None,
) -> tuple[list[Landing], str | None]:
    """Ask a source's service for what is newer than what has landed. Returns what landed, and why it stopped.

    A service that is down, refuses or answers with something else stops only its own source, and what it said
    before stays; each visit is noted, so that the age of the last answer is known.
    """
    started_at, failure = datetime.now(UTC), None
    with (
        client or network.Client() as asking,
        Visit(settings, source.name, source.recognise, asking, tell, month=month) as visit,
    ):
        try:
            source.fetch(visit)
        except (network.NetworkError, Refused) as error:
            failure = str(error)
    warehouse.note_visit(
        settings,
        source.name,
        started_at=started_at.replace(tzinfo=None),
        ended_at=datetime.now(UTC).replace(tzinfo=None),
        sentence=failure,
        answers=visit.answered,
        landings=len(visit.landed),
    )
    return visit.landed, failure


def _older(edition: str, newest: str) -> Refused:
    """What came later in time may not overwrite what is newer by its publisher's own date."""
    return Refused(
        f"This is the edition of {edition}, and the one of {newest} is already loaded.",
        "To have both, load them into a new DATA_DIR in one run.",
    )


def load_landed(settings: Settings, source: Source) -> list[tuple[Landing, warehouse.Loaded | Refused]]:
    """Load what has landed and was not decided on yet, oldest first; a refused file stops no other."""
    decided = warehouse.decided(settings, source.name)
    waiting = [one for one in landing.landed(settings.landing_dir, source.name) if one.landing_id not in decided]
    outcomes: list[tuple[Landing, warehouse.Loaded | Refused]] = []
    with warehouse.loading(settings) if waiting else nullcontext():
        for one in waiting:
            path = settings.landing_dir / one.path
            try:
                rows = source.read(path, one, formats.look(path))
                outcomes.append((one, warehouse.load(settings, one, source.tables, rows)))
            except Refused as reason:
                told = reason.at(one.original_name)
                warehouse.set_aside(settings, one, str(told))
                outcomes.append((one, told))
    return outcomes


def remember_refused(settings: Settings, source_name: str, path: Path, reason: Refused) -> bool:
    """Note a file that never landed in raw.landings. Returns False when it was told before.

    A passing reason is noted with the file's address, not with its bytes: they may land at the next run.
    """
    now = datetime.now(UTC)
    size = path.stat().st_size if path.exists() else 0
    sha256 = f"unread {path.as_uri()}" if reason.passing else landing.sha256_of(path)
    if sha256 in warehouse.known_sha256(settings, source_name):
        return False
    stub = Landing(
        landing_id=f"{now:%Y%m%dT%H%M%S.%fZ}-{sha256[:12].partition(' ')[0]}",
        source=source_name,
        entity="",
        layout="",
        partition="",
        edition="",
        vintage=f"{now:%Y%m%dT%H%M%S.%fZ}",
        path="",
        original_name=name_of(settings, path),
        fetched_from=path.as_uri(),
        fetched_at=now.isoformat(),
        sha256=sha256,
        size_bytes=size,
    )
    warehouse.set_aside(settings, stub, str(reason.at(name_of(settings, path))))
    return True


def _closed(error: OSError) -> Refused:
    return Refused(
        f"It cannot be opened ({error.strerror}).", "Allow reading it, or take it out of the folder.", passing=True
    )


def stale_after(source_name: str) -> timedelta:
    """How old a source's last word may be (METHODS check 21), from seeds/publishers.csv."""
    with (SEEDS_DIR / "publishers.csv").open(newline="", encoding="utf-8") as seed:
        days = {row["source_name"]: int(row["stale_after_days"]) for row in csv.DictReader(seed)}
    return timedelta(days=days[source_name])


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
            if isinstance(outcome, Refused):
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
