"""Gates on raw: blocking checks. What fails one goes no further, and what was published stays published.

The rules of a row are with its source (ingest/sources/) and are checked here over all current rows; here belongs
what one file cannot show: enough rows, unique keys over all files, no response cut off. What only one source needs
stands beside its tables (GATES). Tests of what dbt computes are dbt's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

import dagster as dg

from dagster_project import warehouse
from dagster_project.ingest.source import POOL, Finding, Source, stale_after
from dagster_project.settings import Settings
from dagster_project.warehouse import Table, identifiers, literal


def gates(sources: Sequence[Source]) -> list[dg.AssetChecksDefinition]:
    """One multi-check for each source."""
    return [gate_of(source) for source in sources]


def gate_of(source: Source) -> dg.AssetChecksDefinition:
    """The checks of a source: blocking ones of its raw tables, and a warning where its data are stale."""

    @dg.multi_asset_check(
        name=f"gate_{source.name}",
        specs=[
            dg.AssetCheckSpec(name, asset=dg.AssetKey(["raw", table.name]), blocking=True)
            for table in source.tables
            for name in names(source, table)
        ]
        # warnings, block nothing
        + [dg.AssetCheckSpec(name, asset=dg.AssetKey(["landing", source.name])) for name in of_landings(source)],
        pool=POOL,
    )
    def gate() -> Iterator[dg.AssetCheckResult]:
        settings = Settings.from_environment()
        for name, check in of_landings(source).items():
            result = check(settings, source)
            yield dg.AssetCheckResult(
                passed=result.passed,
                check_name=name,
                asset_key=["landing", source.name],
                severity=dg.AssetCheckSeverity.WARN,
                description=result.sentence,
                metadata=result.numbers,
            )
        with warehouse.connect(settings, read_only=True):  # open over all queries: most are shorter than an opening
            by_table = {table.name: findings(settings, source, table) for table in source.tables}
        for table_name, named in by_table.items():
            for name, finding in named.items():
                yield dg.AssetCheckResult(
                    passed=finding.passed,
                    check_name=name,
                    asset_key=["raw", table_name],
                    severity=dg.AssetCheckSeverity.ERROR if finding.blocks else dg.AssetCheckSeverity.WARN,
                    description=finding.sentence,
                    metadata=finding.numbers,
                )

    return gate


def of_landings(source: Source) -> dict[str, Callable[[Settings, Source], Finding]]:
    """The checks of what landed, by their names: of every source its age, of one that has editions that they follow
    each other."""
    checks: dict[str, Callable[[Settings, Source], Finding]] = {"fresh": fresh}
    if any(table.continuity for table in source.tables):
        checks["continuous"] = continuous
    return checks


def names(source: Source, table: Table) -> list[str]:
    """The names of a raw table's gates (adjectives), in the order of `findings`."""
    return [
        *(["sufficient"] if table.floors else []),
        "unique",
        *(rule.name for rule in table.rules),
        *(["untruncated"] if table.row_limits else []),
        *source.gates.get(table.name, {}),
    ]


def findings(settings: Settings, source: Source, table: Table) -> dict[str, Finding]:
    """The result of every gate of one raw table, by its name."""
    results: dict[str, Finding] = {}
    if table.floors:
        results["sufficient"] = _sufficient(settings, source, table)
    results["unique"] = _unique(settings, table)
    results |= _rules(settings, table)
    if table.row_limits:
        results["untruncated"] = _untruncated(settings, source, table)
    for name, gate in source.gates.get(table.name, {}).items():
        results[name] = gate(settings, results)
    return results


def fresh(settings: Settings, source: Source) -> Finding:
    """Whether a source's data are younger than they may be: by its service's last answer, which confirms what it has,
    or its publisher's day of the newest edition; where it has neither, by the day of loading. Without any it cannot be
    stale. The same rule as marts.sources.is_stale."""
    limit, name = stale_after(source.name), literal(source.name)
    answered_at, edition_at, loaded_at, failure = warehouse.ask(
        settings,
        f"""select
            (select max(ended_at) from raw.fetch_sessions where source = {name} and outcome = 'answered'),
            max(strptime(valid_from, '%Y%m%dT%H%M%S.%fZ')) filter (where coalesce(edition, '') <> ''),
            max(fetched_at),
            (select sentence from raw.fetch_sessions where source = {name} order by ended_at desc limit 1)
        from raw.landings where source = {name} and status = 'loaded'""",
    )[0]
    dated = [(at, what) for at, what in ((answered_at, "Last answer"), (edition_at, "Newest edition")) if at]
    if not dated and loaded_at:
        dated = [(loaded_at, "Loaded, and no file states its edition,")]
    if not dated:
        return Finding(failure is None, failure or "Nothing was ever fetched or loaded.", {})
    confirmed_at, what = max(dated)
    days = (datetime.now(UTC).date() - confirmed_at.date()).days
    message = f"{what} {days} days ago; {limit.days} days are allowed." + (f" {failure}" if failure else "")
    return Finding(days <= limit.days, message, {"days": days, "limit": limit.days})


def continuous(settings: Settings, source: Source) -> Finding:
    """Whether no edition of a source is held back: the edition before speaks against it, and no person has taken it."""
    held = [reason for _, reason in warehouse.held_back(settings, source.name)]
    return Finding(not held, " ".join(held) or "Every edition follows the one before.", {"editions": len(held)})


def _sufficient(settings: Settings, source: Source, table: Table) -> Finding:
    """At least as many current rows as the source's table names for this data set."""
    if settings.data not in table.floors:
        return Finding(True, f"The data set {settings.data} holds none of {source.name}.")
    floor, reason = table.floors[settings.data]
    rows = warehouse.ask(settings, f"select count(*) from raw.{table.name} where _valid_to is null")[0][0]
    files = warehouse.ask(
        settings, f"select count(*) from raw.landings where source = {literal(source.name)} and status = 'loaded'"
    )[0][0]
    if not files:  # a folder of downloads need not hold every source, and a service may be down
        return Finding(False, f"No file of {source.name} was loaded.", {"rows": 0}, blocks=settings.data == "sample")
    return Finding(
        rows >= floor, f"{rows:,} rows; at least {floor:,} are expected: {reason}.", {"rows": rows, "floor": floor}
    )


def _unique(settings: Settings, table: Table) -> Finding:
    repeated = warehouse.ask(
        settings,
        f"select count(*) - count(distinct hash({identifiers(table.key)})) from raw.{table.name} "
        "where _valid_to is null",
    )[0][0]
    message = f"{repeated:,} rows share the key of another ({', '.join(table.key)})."
    return Finding(repeated == 0, message, {"rows": repeated})


def _rules(settings: Settings, table: Table) -> dict[str, Finding]:
    """The rules of a row, over all current rows, in one pass."""
    if not table.rules:
        return {}
    counts = ", ".join(f"count(*) filter (where {rule.broken})" for rule in table.rules)
    broken = warehouse.ask(settings, f"select {counts} from raw.{table.name} where _valid_to is null")[0]
    return {
        rule.name: Finding(n == 0, f"{n:,} rows break the rule that rows are {rule.name}.", {"rows": n})
        for rule, n in zip(table.rules, broken, strict=True)
    }


def _untruncated(settings: Settings, source: Source, table: Table) -> Finding:
    """No file holds exactly as many rows as one response may: it would probably be cut off."""
    limits = ", ".join(map(str, table.row_limits))
    at_limit = warehouse.ask(
        settings,
        f"select original_name from raw.landings where source = {literal(source.name)} and status = 'loaded' "
        f"and rows_read in ({limits})",
    )
    return Finding(
        not at_limit,
        f"{len(at_limit)} files hold exactly as many rows as one response may ({limits})"
        + (f", such as {at_limit[0][0]}." if at_limit else "."),
        {"files": len(at_limit)},
    )
