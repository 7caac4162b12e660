"""The only door to DuckDB: connect, load vintages, ask, publish.

Here belongs: how rows get into `raw` so that every earlier state can be rebuilt, and how a finished
schema becomes a file for readers. Not here: what a column means (dbt) or which file is whose (raw/).

Raw rows are bitemporal. When the publisher said a thing: `_valid_from` to `_valid_to` (null: it still says
so); a later landing that changes or drops a row closes it at the moment from which that landing is valid, and
opens its successor at the same moment. So what was published at t is
`_valid_from <= t and (_valid_to is null or _valid_to > t)`. When we learned it: `_vintage`, the moment
`_landing_id` was fetched, to the moment `_closed_by` was.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from datetime import timedelta
from functools import cache
from pathlib import Path

import duckdb
import pandas as pd

from dagster_project.files.compression import damaged
from dagster_project.files.landing import Landing
from dagster_project.files.rejection import RejectedFile
from dagster_project.settings import Settings

# The warehouse's own file has one reader: us, and the newest format writes text columns 1.6 times faster. The marts
# lie beside it in an older one, for readers in the field (BI drivers) are older than the writer (dbt/profiles.yml).
WAREHOUSE_STORAGE = "latest"
# zstd at its fastest takes a fourth longer and saves 7 per cent. Codes of goods fit into a dictionary of this size;
# a figure that is there once does not, and is found out sooner.
PARQUET = "format parquet, compression snappy, dictionary_size_limit 8192"
NEAR_VALUES = 64  # more would make a longer list than a shorter search

LANDINGS_COLUMNS = {
    "landing_id": "varchar",
    "source": "varchar",
    "entity": "varchar",
    "layout": "varchar",
    "partition": "varchar",
    "edition": "varchar",
    "vintage": "varchar",
    "path": "varchar",
    "original_name": "varchar",
    "fetched_from": "varchar",
    "fetched_at": "timestamp",
    "sha256": "varchar",
    "size_bytes": "bigint",
    "valid_from": "varchar",
    "status": "varchar",  # loaded | rejected
    "reason": "varchar",  # why it was rejected, as the person reads it
    "scope": "varchar",  # what the file speaks for: a later landing of the same scope replaces it
    "rows_read": "bigint",
    "rows_inserted": "bigint",
    "rows_expired": "bigint",
}
BUILDS_COLUMNS = {
    "run_id": "varchar",
    "data_set": "varchar",
    "code_version": "varchar",
    "started_at": "timestamp",
    "as_of": "date",
}
FETCH_SESSIONS_COLUMNS = {
    "source": "varchar",
    "started_at": "timestamp",
    "ended_at": "timestamp",
    "outcome": "varchar",  # answered | failed
    "sentence": "varchar",  # why it failed, as told to the person
    "responses": "bigint",
    "landings": "bigint",
}
BITEMPORAL_COLUMNS = {
    "_vintage": "varchar",
    "_valid_from": "timestamp",
    "_valid_to": "timestamp",
    "_landing_id": "varchar",
    "_closed_by": "varchar",
}


@dataclass(frozen=True)
class Rule:
    """What no row of a table may do. `broken` is SQL that is true for a row that breaks the rule."""

    name: str  # an adjective: what rows are when the rule holds
    broken: str
    sentence: str  # "The value is negative."; {column} placeholders show the row's own text
    remedy: str


@dataclass(frozen=True)
class Table:
    """A raw table: the source's own columns, as text, and what identifies and what changes a row."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    compared: tuple[str, ...]  # SQL over one row (`{row}.column`): a difference here is a revision
    # Two landings of one scope are two vintages of one thing: what the later no longer says is closed. The
    # scope is the landing's partition or, where columns of the key are named, the distinct values the rows have
    # in them. Where those are few, only rows with one of them are looked at: a month among hundreds.
    scope: tuple[str, ...] = ()
    # People download selections along this column. A later landing of the scope replaces an earlier one only
    # if it has all of that one's values here, or nine tenths of its rows (a value that vanished with its row).
    selected: str | None = None
    # Any landing speaks for a group of rows (these columns, the scope's among them) that it holds whole, which
    # this SQL tells.
    whole: tuple[tuple[str, ...], str] | None = None
    row_limits: tuple[int, ...] = ()  # row counts at which the publisher cuts an answer off
    rules: tuple[Rule, ...] = ()
    floors: Mapping[str, tuple[int, str]] = field(default_factory=dict)  # data set → fewest rows, and why


@dataclass(frozen=True)
class Rows:
    """What a source read from one landing for one table: SQL that DuckDB runs, or a frame."""

    of: str | pd.DataFrame
    # The number a person gives the first record (2 when a header line stands above it); None where a record
    # is not a line of the file.
    first_row: int | None = 1
    kept: str = "true"  # SQL that is true for the rows that are taken: a file may hold more than is wanted


@dataclass(frozen=True)
class Loaded:
    """What a load did. Counts are rows."""

    read: int
    inserted: int
    expired: int


def literal(value: object) -> str:
    """A text, or a path, as an SQL string literal."""
    escaped = str(value).replace("'", "''")
    return f"'{escaped}'"


def identifier(name: str) -> str:
    """A name of a column, table or schema as an SQL identifier."""
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


def identifiers(names: Iterable[str]) -> str:
    """Names as a list of SQL identifiers, with commas between."""
    return ", ".join(map(identifier, names))


def text(column: str) -> str:
    return f'{{row}}."{column}"'


def number(column: str) -> str:
    """Compared as a number: 5, 5.0 and 5.00 are one value, and so are 0 and nothing (layouts differ there)."""
    return f'coalesce(try_cast({{row}}."{column}" as double), 0)'


def spaced_number(value: str) -> str:
    """SQL for a number as people write it, a decimal comma and spaces between thousands; NULL for what is none."""
    return f"try_cast(translate({value}, ', ' || chr(160) || chr(8239), '.') as double)"


def flag(column: str) -> str:
    """Compared as a boolean: True, true and 1 are one value."""
    return f"coalesce(lower({{row}}.\"{column}\") in ('1', 'true'), false)"


@contextmanager
def connect(settings: Settings, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse, opened late and closed whatever happens: its file, and that of the marts as `unpublished`."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    config = _config(settings)
    if not read_only:
        config["storage_compatibility_version"] = WAREHOUSE_STORAGE
        config["wal_autocheckpoint"] = "1GB"  # written through once, when it closes, and not after each landing
    try:
        connection = duckdb.connect(str(settings.warehouse_path), read_only=read_only, config=config)
    except duckdb.IOException as error:
        if "lock" in str(error).lower():
            raise WarehouseBusy(
                f"{settings.warehouse_path} is open in another process. The warehouse has one writer: "
                f"wait for the other run, or read {settings.published_path} instead."
            ) from None
        raise
    try:
        if settings.unpublished_path.exists():
            mode = " (read_only)" if read_only else ""
            connection.execute(f"attach if not exists '{_quoted(settings.unpublished_path)}' as unpublished{mode}")
        yield connection
    finally:
        connection.close()


@contextmanager
def published(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published file, read-only, as a reader opens it."""
    connection = duckdb.connect(str(settings.published_path), read_only=True)
    try:
        yield connection
    finally:
        connection.close()


def _config(settings: Settings) -> dict[str, str | int]:
    return {
        "memory_limit": settings.memory_limit,
        "threads": settings.threads,
        "autoinstall_known_extensions": "false",  # nothing is downloaded behind anyone's back
    }


QueryError = duckdb.Error  # what a query of a person may raise


class WarehouseBusy(RuntimeError):
    """Another process holds the warehouse's file."""


class DataSetsMixed(RuntimeError):
    """A data directory already holds another data set."""


def prepare(
    settings: Settings, tables: Sequence[Table], *, run_id: str = "", code_version: str = "", started_at=None
) -> None:
    """Make the raw schema and its tables where they are missing, and note the build that begins, if one does.

    A warehouse with other columns than this code's was written by another version. It is made again, empty:
    everything that ever landed is in landing/ and loads anew, in its order.
    Raises DataSetsMixed when the directory holds a data set that is not simulated and another is asked for.
    """
    wanted = {
        "landings": LANDINGS_COLUMNS,
        "builds": BUILDS_COLUMNS,
        "fetch_sessions": FETCH_SESSIONS_COLUMNS,
        **{t.name: dict.fromkeys(t.columns, "varchar") | BITEMPORAL_COLUMNS for t in tables},
    }
    earlier = data_set_of(settings)
    if earlier not in (None, settings.data):
        raise DataSetsMixed(mixed_sentence(settings, earlier))
    if _is_of_another_version(settings, wanted):
        clear(settings)
    with connect(settings) as con:
        con.execute("create schema if not exists raw")
        for name, columns in wanted.items():
            con.execute(_create(f"raw.{name}", columns))
        if run_id:
            build = [run_id, settings.data, code_version, started_at, settings.as_of]
            con.execute("insert into raw.builds values (?, ?, ?, ?, ?)", build)


def _is_of_another_version(settings: Settings, wanted: Mapping[str, Mapping[str, str]]) -> bool:
    if not settings.warehouse_path.exists():
        return False
    with connect(settings, read_only=True) as con:
        found: dict[str, list[str]] = {}
        for table, column in con.execute(
            "select table_name, column_name from duckdb_columns() where schema_name = 'raw' order by column_index"
        ).fetchall():
            found.setdefault(table, []).append(column)
    return any(name in wanted and columns != list(wanted[name]) for name, columns in found.items())


def note_fetch_session(
    settings: Settings, source: str, *, started_at, ended_at, sentence: str | None, responses: int, landings: int
) -> None:
    """Remember that a publisher was asked, and whether it answered. Times are UTC without a zone."""
    outcome = "failed" if sentence else "answered"
    with connect(settings) as con:
        con.execute(
            "insert into raw.fetch_sessions values (?, ?, ?, ?, ?, ?, ?)",
            [source, started_at, ended_at, outcome, sentence, responses, landings],
        )


def data_set_of(settings: Settings) -> str | None:
    """Which data set this directory holds, or None for a new one."""
    if not settings.warehouse_path.exists():
        return None
    with connect(settings, read_only=True) as con:
        known = con.execute(
            "select count(*) from duckdb_tables() where schema_name = 'raw' and table_name = 'builds'"
        ).fetchone()[0]
        return con.execute("select max(data_set) from raw.builds").fetchone()[0] if known else None


def mixed_sentence(settings: Settings, earlier: str) -> str:
    return (
        f"{settings.data_dir} holds the data set {earlier!r}, and data sets never mix in one folder. "
        f"Give {settings.data!r} a folder of its own: make run DATA={settings.data} DATA_DIR=data-{settings.data}"
    )


def known_sha256(settings: Settings, source: str) -> set[str]:
    """The bytes already decided on for a source, loaded or rejected: they are not landed again."""
    with connect(settings, read_only=True) as con:
        return {row[0] for row in con.execute("select sha256 from raw.landings where source = ?", [source]).fetchall()}


def decided(settings: Settings, source: str) -> set[str]:
    """Landings that were loaded or rejected; the others wait to be loaded (a run may have died between)."""
    with connect(settings, read_only=True) as con:
        return {r[0] for r in con.execute("select landing_id from raw.landings where source = ?", [source]).fetchall()}


@contextmanager
def loading(settings: Settings) -> Iterator[None]:
    """Keep the file open over many loads: opening and closing it takes longer than a small answer's load."""
    with connect(settings):  # connections of one process share what the first of them opened
        yield


def load(settings: Settings, landing: Landing, tables: Sequence[Table], rows: Mapping[str, Rows]) -> Loaded:
    """Load one landing into its raw tables, in one transaction: whole, or not at all.

    Raises RejectedFile, with the row, when the file breaks a rule; nothing of it is kept then.
    """
    read = opened = closed = 0
    scope = landing.partition
    given = [table for table in tables if table.name in rows]
    with connect(settings) as con:
        # Written in any order, a tenth faster; whoever needs a row's number reads the file again.
        con.execute("set preserve_insertion_order = false")
        compared = [table for table in given if not _is_alone(con, table, rows[table.name], landing)]
        # Before the transaction, for what a transaction wrote itself it reads on one thread.
        for table in compared:
            _stage_apart(con, table, rows[table.name], landing)
        con.execute("begin")
        try:
            for table in given:
                is_apart = table in compared
                done, scope = _compare(con, table, landing) if is_apart else _add(con, table, rows[table.name], landing)
                read, opened, closed = read + done.read, opened + done.inserted, closed + done.expired
            _note(con, landing, "loaded", None, scope, Loaded(read, opened, closed))
            con.execute("commit")
        except BaseException:
            con.execute("rollback")
            raise
    return Loaded(read, opened, closed)


def reject(settings: Settings, landing: Landing, reason: str) -> None:
    """Note a file that is not loaded, and why, so that it is reported once and not tried again."""
    with connect(settings) as con:
        _note(con, landing, "rejected", reason, None, Loaded(0, 0, 0))


def _is_alone(con: duckdb.DuckDBPyConnection, table: Table, rows: Rows, landing: Landing) -> bool:
    """Whether no current row of the raw table probably has a landing's scope values, judged by its first row."""
    raw = f"raw.{table.name}"
    if not con.execute(f"select 1 from {raw} limit 1").fetchone():
        return True
    if landing.is_answer:
        return False
    with _reading(con, rows) as relation:  # once: a file of one object is read whole for its first row
        con.execute(f"create or replace temp table first_row as select * from {relation} where {rows.kept} limit 1")
    return not _meets(con, raw, _near(con, table, "first_row"))


def _meets(con: duckdb.DuckDBPyConnection, raw: str, near: str, landing: Landing | None = None) -> bool:
    """Whether a row of a raw table, of another landing, is near and true now."""
    other = f"old._landing_id <> '{landing.landing_id}'" if landing else "true"
    found = con.execute(f"select 1 from {raw} as old where old._valid_to is null and {near} and {other} limit 1")
    return found.fetchone() is not None


def _add(con: duckdb.DuckDBPyConnection, table: Table, rows: Rows, landing: Landing) -> tuple[Loaded, str]:
    """Write a landing's rows straight to the raw table: there is nothing to compare them with. Where its first row
    said so, and others do meet what is there, they are moved aside and compared."""
    raw = f"raw.{table.name}"
    own = f"from {raw} where _landing_id = '{landing.landing_id}'"
    read = _stage(con, table, rows, landing, raw)
    if not _meets(con, raw, _near(con, table, f"({own})"), landing):
        return Loaded(read, read, 0), _scope(con, table, f"({own})", landing)
    con.execute(f"create or replace temp table {_apart(table)} as {own}")
    con.execute(f"delete {own}")
    return _compare(con, table, landing)


def _apart(table: Table) -> str:
    """Where a landing's rows wait to be compared with those that are there."""
    return f"temp.incoming_{table.name}"


def _stage_apart(con: duckdb.DuckDBPyConnection, table: Table, rows: Rows, landing: Landing) -> None:
    con.execute(f"create or replace temp table {_apart(table)} as from raw.{table.name} limit 0")
    _stage(con, table, rows, landing, _apart(table))


def _compare(con: duckdb.DuckDBPyConnection, table: Table, landing: Landing) -> tuple[Loaded, str]:
    """Open and close rows of the raw table by what waits beside it."""
    raw, incoming = f"raw.{table.name}", _apart(table)
    read = con.execute(f"select count(*) from {incoming}").fetchone()[0]
    scope = _scope(con, table, incoming, landing)
    same_key = " and ".join(f'old."{c}" is not distinct from new."{c}"' for c in table.key)
    differs = (
        " or ".join(f"{c.format(row='old')} is distinct from {c.format(row='new')}" for c in table.compared) or "false"
    )
    near = _near(con, table, incoming)
    _refuse_contradiction(con, table, raw, f"{near} and {same_key}", differs, landing)
    valid_from = _after_what_it_replaces(con, table, f"{near} and {same_key}", _literal(landing.valid_from))
    close = f"_valid_to = greatest({valid_from}, old._valid_from), _closed_by = '{landing.landing_id}'"
    changed = con.execute(
        f"update {raw} as old set {close} from {incoming} as new "
        f"where old._valid_to is null and {near} and {same_key} and ({differs})"
    ).fetchone()[0]
    gone = _close_gone(con, table, raw, same_key, near, scope, landing, close)
    opened = con.execute(
        f"insert into {raw} select * from {incoming} as new "
        f"where not exists (select 1 from {raw} as old where old._valid_to is null and {near} and {same_key})"
    ).fetchone()[0]
    return Loaded(read, opened, changed + gone), scope


def _after_what_it_replaces(con, table: Table, same_key: str, valid_from: str) -> str:
    """A landing with an old date may speak of rows that a file without any date brought later. What is said
    next is valid next, or history would run backwards. Returns a timestamp literal."""
    latest = con.execute(
        f"select max(old._valid_from) from raw.{table.name} as old join {_apart(table)} as new on {same_key} "
        f"where old._valid_to is null and old._valid_from >= {valid_from}"
    ).fetchone()[0]
    if latest is None:
        return valid_from
    after = f"timestamp '{latest + timedelta(microseconds=1)}'"
    con.execute(f"update {_apart(table)} set _valid_from = {after}")
    return after


def _near(con: duckdb.DuckDBPyConnection, table: Table, incoming: str) -> str:
    """SQL that is true for the old rows that an incoming one may revise or close, and says so without a join."""
    told = []
    for column in table.scope:
        found = con.execute(f'select distinct "{column}" from {incoming} limit {NEAR_VALUES + 1}').fetchall()
        if found and len(found) <= NEAR_VALUES and (None,) not in found:
            values = ", ".join(f"'{value.replace(chr(39), chr(39) * 2)}'" for (value,) in found)
            told.append(f'old."{column}" in ({values})')
    return " and ".join(told) or "true"


def _close_gone(con, table: Table, raw: str, same_key: str, near: str, scope: str, landing: Landing, close: str) -> int:
    """What an earlier vintage of the same thing said, and this one no longer says, is over. Returns rows."""
    incoming = _apart(table)
    if landing.is_answer:  # what it replaces is known by its question, also where a code vanished whole
        near = "true"
    selection = (
        f"""count(*) filter (where old."{table.selected}" not in (select "{table.selected}" from {incoming})) = 0
        or count(*) filter (where new._landing_id is not null) >= 0.9 * count(*)"""
        if table.selected and not landing.is_answer
        else "true"
    )
    con.execute(
        f"""create or replace temp table replaced as
        select old._landing_id from {raw} as old left join {incoming} as new on {same_key}
        -- with the rows this landing has just revised: they are in it
        where {near} and (old._valid_to is null or old._closed_by = '{landing.landing_id}') and old._landing_id in (
            select landing_id from raw.landings where source = ? and scope = ? and vintage < ?)
        group by old._landing_id having {selection}""",
        [landing.source, scope, landing.vintage],
    )
    of_a_whole_group = "false"
    if table.whole:
        group, is_whole = table.whole
        columns = ", ".join(f'"{c}"' for c in group)
        con.execute(
            f"create or replace temp table whole as select {columns} from {incoming} "
            f"group by {columns} having {is_whole}"
        )
        same_group = " and ".join(f'old."{c}" is not distinct from whole."{c}"' for c in group)
        of_a_whole_group = f"exists (select 1 from whole where {same_group})"
    return con.execute(
        f"update {raw} as old set {close} "
        f"where {near} and old._valid_to is null and old._vintage < ? "
        f"and (old._landing_id in (select _landing_id from replaced) or {of_a_whole_group}) "
        f"and not exists (select 1 from {incoming} as new where {same_key})",
        [landing.vintage],
    ).fetchone()[0]


def _scope(con: duckdb.DuckDBPyConnection, table: Table, staged: str, landing: Landing) -> str:
    if not table.scope or landing.is_answer:
        return landing.partition
    parts = [f'string_agg(distinct "{c}", \',\' order by "{c}")' for c in table.scope]
    return con.execute(f"select md5(concat_ws('|', {', '.join(parts)})) from {staged}").fetchone()[0]


def _stage(con, table: Table, rows: Rows, landing: Landing, staged: str) -> int:
    """Read a landing's rows into a table of the raw one's shape, and refuse what breaks a rule. Returns rows."""
    columns = ", ".join(f'"{c}"' for c in table.columns)
    with _reading(con, rows) as relation:
        read = con.execute(
            f"insert into {staged} ({columns}, _vintage, _valid_from, _landing_id) "
            f"select {columns}, ?, {_literal(landing.valid_from)}, ? from {relation} where {rows.kept}",
            [landing.vintage, landing.landing_id],
        ).fetchone()[0]
    own = f"(from {staged} where _landing_id = '{landing.landing_id}')"
    _refuse_broken(con, table, rows, own)
    _refuse_duplicates(con, table, rows, own)
    if read in table.row_limits:
        raise RejectedFile(
            f"It holds exactly {read:,} rows, the most one answer may hold, so it is probably cut off.",
            "Split the query (by partner or by product) and download the parts.",
        )
    return read


@contextmanager
def _reading(con: duckdb.DuckDBPyConnection, rows: Rows) -> Iterator[str]:
    """What stands behind `from` to read the rows. Raises RejectedFile where a file cannot be read."""
    try:
        with _relation(con, rows) as relation:
            yield relation
    except (duckdb.InvalidInputException, duckdb.ConversionException) as error:
        raise _unreadable(error) from None
    except duckdb.IOException as error:  # a full disk is one as well, and no fault of the file
        if re.search("match checksum|corruption", str(error)):
            raise damaged(error) from None
        raise


@contextmanager
def _relation(con: duckdb.DuckDBPyConnection, rows: Rows) -> Iterator[str]:
    """What stands behind `from` to read the rows."""
    if isinstance(rows.of, str):
        yield f"({rows.of})"
        return
    con.register("frame", rows.of)
    try:
        yield "frame"
    finally:
        con.unregister("frame")


@contextmanager
def _numbered(con: duckdb.DuckDBPyConnection, rows: Rows) -> Iterator[str]:
    """The rows again, in the order of the file, each with the number a person gives it (`_row`)."""
    con.execute("set preserve_insertion_order = true")
    with _relation(con, rows) as relation:
        numbered = f"select row_number() over () - 1 + {rows.first_row or 1} as _row, * from {relation}"
        yield f"(select * from ({numbered}) where {rows.kept})"


def _refuse_broken(con, table: Table, rows: Rows, staged: str) -> None:
    """All rules in one pass; only when one is broken, the file again, for the first row that does it."""
    if not table.rules:
        return
    counts = ", ".join(f"count(*) filter (where {rule.broken})" for rule in table.rules)
    broken = con.execute(f"select {counts} from {staged}").fetchone()
    for rule, hits in zip(table.rules, broken, strict=True):
        if not hits:
            continue
        shown = re.findall(r"\{(\w+)\}", rule.sentence)
        columns = ", ".join(["_row", *(f'"{c}"' for c in shown)])
        with _numbered(con, rows) as numbered:
            row, *values = con.execute(
                f"select {columns} from {numbered} where {rule.broken} order by _row limit 1"
            ).fetchone()
        sentence = rule.sentence.format(**dict(zip(shown, values, strict=True)))
        raise RejectedFile(sentence, rule.remedy, row=row if rows.first_row else None)


def _refuse_duplicates(con, table: Table, rows: Rows, staged: str) -> None:
    key = ", ".join(f'"{c}"' for c in table.key)
    # The hash is a quick look (half a second for five million rows); a hit is then looked at closely.
    suspicious = con.execute(f"select count(*) <> count(distinct hash({key})) from {staged}").fetchone()[0]
    if not suspicious:
        return
    with _numbered(con, rows) as numbered:
        twice = con.execute(
            f"select max(_row), {key} from {numbered} group by {key} having count(*) > 1 order by 1 limit 1"
        ).fetchone()
    if twice:
        named = ", ".join(f"{c}={v}" for c, v in zip(table.key, twice[1:], strict=True))
        raise RejectedFile(
            f"The key is there twice ({named}).",
            "One file may say a thing once: download it again, or remove the repeated rows.",
            row=twice[0] if rows.first_row else None,
        )


def _refuse_contradiction(con, table: Table, raw: str, same_key: str, differs: str, landing: Landing) -> None:
    """Two files of one vintage that say different things: neither can be called the later word."""
    key = ", ".join(f'new."{c}"' for c in table.key)
    found = con.execute(
        f"select max(old._landing_id), {key} from {raw} as old join {_apart(table)} as new on {same_key} "
        f"where old._valid_to is null and old._vintage = ? and ({differs}) group by all order by all limit 1",
        [landing.vintage],
    ).fetchone()
    if found:
        other = con.execute("select original_name from raw.landings where landing_id = ?", [found[0]]).fetchone()[0]
        named = ", ".join(f"{c}={v}" for c, v in zip(table.key, found[1:], strict=True))
        raise RejectedFile(
            f"It contradicts {other}, which came in the same run: they give different values for {named}.",
            "Nothing tells which is right or newer. Keep one, or load both into a new DATA_DIR in two runs, "
            "the older first.",
        )


def _unreadable(error: duckdb.Error) -> RejectedFile:
    """DuckDB's long message as one sentence with the row."""
    message = str(error)
    line = re.search(r"CSV Error on Line: (\d+)", message)
    row = int(line.group(1)) if line else None
    if "unicode" in message or "not utf-8" in message or "Invalid UTF8" in message:
        return RejectedFile(
            "The text is not UTF-8 (perhaps it was saved as Latin-1 or Windows-1252).",
            "Use the publisher's own download, or save the file as UTF-8.",
            row=row,
        )
    columns = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", message)
    if columns:
        return RejectedFile(
            f"The row has {columns.group(2)} columns where this file has {columns.group(1)}.",
            "The file is cut off or was edited: download it again.",
            row=row,
        )
    if "unterminated quote" in message:
        return RejectedFile(
            "A quoted text does not end where it should.",
            "The file is cut off or was edited: download it again.",
            row=row,
        )
    # One line, without the kind of error and without our own path, which the person never gave.
    said = re.sub(r"^[A-Z][A-Za-z ]+ Error: ", "", message.splitlines()[0])
    said = re.sub(r"""\s*(in|at end of|for)? ?\b(the )?file:? ["'][^"']*["']""", "", said).rstrip(". ")
    return RejectedFile(f"It cannot be read: {said}.", "Download the file again.", row=row)


def _note(con, landing: Landing, status: str, reason: str | None, scope: str | None, done: Loaded) -> None:
    values = [getattr(landing, field.name) for field in fields(landing)]
    values += [status, reason, scope, done.read, done.inserted, done.expired]
    con.execute(f"insert into raw.landings values ({', '.join('?' * len(values))})", values)


def _literal(moment: str) -> str:
    """A landing's moment as a timestamp literal."""
    d = re.sub(r"\D", "", moment)
    return f"timestamp '{d[:4]}-{d[4:6]}-{d[6:8]} {d[8:10]}:{d[10:12]}:{d[12:14]}.{d[14:]}'"


def _create(name: str, columns: Mapping[str, str]) -> str:
    typed = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
    return f"create table if not exists {name} ({typed})"


def clear(settings: Settings) -> None:
    """Remove the warehouse's files. Only ever asked of simulated data, which can be made again."""
    for path in (settings.warehouse_path, settings.unpublished_path):
        path.unlink(missing_ok=True)


def ask(settings: Settings, sql: str) -> list[tuple]:
    """Read the warehouse."""
    with connect(settings, read_only=True) as con:
        return con.execute(sql).fetchall()


def view_sql(settings: Settings, schema: str, name: str) -> str:
    """A view's query, without the `create view` in front of it."""
    sql = ask(settings, f"select sql from duckdb_views() where schema_name = '{schema}' and view_name = '{name}'")
    return re.sub(r"^create view .*? as ", "", sql[0][0].rstrip().rstrip(";"), count=1, flags=re.I | re.S)


def current_rows(settings: Settings, tables: Sequence[Table]) -> dict[str, int]:
    """Rows of each raw table that are true now."""
    with connect(settings, read_only=True) as con:
        return {
            t.name: con.execute(f"select count(*) from raw.{t.name} where _valid_to is null").fetchone()[0]
            for t in tables
        }


@cache
def _scratch() -> duckdb.DuckDBPyConnection:
    """A database in memory, which locks nothing and may stay open: to open one takes longer than a small question."""
    return duckdb.connect(config={"autoinstall_known_extensions": "false"})


def scan(sql: str) -> list[tuple]:
    """Ask a question of files that are not in the warehouse. Raises RejectedFile for a file DuckDB cannot read."""
    con = _scratch().cursor()
    try:
        return con.execute(sql).fetchall()
    except duckdb.OutOfMemoryException:  # no fault of the file
        raise
    except duckdb.Error as error:
        raise _unreadable(error) from None
    finally:
        con.close()


def count_rows(settings: Settings, schema: str) -> dict[str, int]:
    """Rows of every table in a schema of the warehouse. To count a view is to compute it."""
    with connect(settings, read_only=True) as con:
        tables = con.execute(
            "select table_name, database_name from duckdb_tables() where schema_name = ?", [schema]
        ).fetchall()
        return {
            name: con.execute(f'select count(*) from {file}.{schema}."{name}"').fetchone()[0] for name, file in tables
        }


@dataclass(frozen=True)
class Description:
    """A published table or view: what one row is, what each column means, and the order of its rows."""

    name: str
    text: str
    columns: Mapping[str, str]
    view_sql: str | None = None  # set for a view, with schema names and no catalog
    grain: Sequence[str] = ()  # the columns that no two rows share; none where nobody said which
    lies_as: str | None = None  # the table that a view computes its rows from, one of one

    @property
    def order(self) -> str:
        """The columns of the grain, as they stand: the order in which dbt writes a table (dbt/macros/marts.sql), here
        for what it does not write, or writes part by part."""
        if not self.grain or not set(self.grain) <= set(self.columns):
            return "all"
        return ", ".join(f'"{name}"' for name in self.columns if name in self.grain)


def publish(settings: Settings, descriptions: Sequence[Description], macros: str = "") -> dict[str, int]:
    """Copy the file of the marts, write them to Parquet, then swap both in. Returns rows per table. `macros`: the
    statements that make its table macros.

    Readers that hold the old file open keep the old data; a death at any moment leaves the old files whole.
    """
    unfinished = settings.published_dir / ".unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    (unfinished / "parquet").mkdir(parents=True)
    parquet = settings.published_dir / "parquet"
    new = unfinished / settings.published_path.name  # one basename everywhere: it is the catalog's name too
    tables = sorted(descriptions, key=lambda d: d.view_sql is not None)  # views read the tables
    with connect(settings) as con:
        con.execute("checkpoint unpublished")
    shutil.copyfile(settings.unpublished_path, new)
    counts: dict[str, int] = {}
    con = duckdb.connect(str(new), config=_config(settings))
    try:
        con.execute("begin")  # each comment alone would be written to disk by itself
        for table in tables:
            target = f'marts."{table.name}"'
            if table.view_sql is not None:
                con.execute(f"create or replace view {target} as {table.view_sql}")
            kind = "table" if table.view_sql is None else "view"
            con.execute(f"comment on {kind} {target} is '{_escaped(table.text)}'")
            for column, description in table.columns.items():
                con.execute(f"comment on column {target}.\"{column}\" is '{_escaped(description)}'")
        if macros:
            con.execute(macros)
        con.execute("commit")
        for table in tables:
            target = f'marts."{table.name}"'
            file = unfinished / "parquet" / f"{table.name}.parquet"
            rows = target if table.view_sql is None else f"(from {target} order by {table.order})"
            counts[table.name] = con.execute(f"copy {rows} to '{_quoted(file)}' ({PARQUET})").fetchone()[0]
    finally:
        con.close()
    parquet.mkdir(exist_ok=True)
    for name in counts:
        os.replace(unfinished / "parquet" / f"{name}.parquet", parquet / f"{name}.parquet")
    for orphan in parquet.glob("*.parquet"):
        if orphan.stem not in counts:
            orphan.unlink()
    os.replace(new, settings.published_path)
    shutil.rmtree(unfinished)
    return counts


def drop_unknown(settings: Settings, known: Collection[tuple[str, str, str]]) -> None:
    """Drop what lies in the layers that dbt computes and no model makes any more: an earlier version did, or a build
    that died. `known`: the file (warehouse, unpublished), schema and name of what they make."""
    with connect(settings) as con:
        for kind in ("view", "table"):
            found = con.execute(
                f"select database_name, schema_name, {kind}_name from duckdb_{kind}s() "
                "where schema_name in ('staging', 'intermediate', 'marts')"
            ).fetchall()
            for file, schema, name in found:
                if (file, schema, name) not in known:
                    con.execute(f'drop {kind} {file}.{schema}."{name}"')


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _escaped(sentence: str) -> str:
    return sentence.strip().replace("'", "''")
