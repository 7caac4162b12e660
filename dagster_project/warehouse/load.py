"""How rows get into `raw`, so that every earlier state of it can be rebuilt.

Raw rows are bitemporal. When the publisher stated a row: `_valid_from` to `_valid_to` (null: it still does); a later
landing that changes or lacks a row makes it expire at the moment from which that landing is valid, and inserts its
successor at the same moment. So what was published at t is
`_valid_from <= t and (_valid_to is null or _valid_to > t)`. When it was learned: `_vintage`, the moment
`_landing_id` was fetched, to the moment `_closed_by` was.

Not here: what a raw table is (tables.py), or which file is whose (ingest/).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta

from dagster_project.files.landing import Landing, accepted, log_acceptance
from dagster_project.files.rejection import RejectedFile, printable
from dagster_project.settings import Settings
from dagster_project.warehouse.catalog import note_landing
from dagster_project.warehouse.connection import (
    Connection,
    QueryError,
    connect,
    identifier,
    identifiers,
    literal,
    value,
)
from dagster_project.warehouse.continuity import HeldBack, breaks, future_edition
from dagster_project.warehouse.tables import Rows, Table

MOST_VALUES = 64  # of a column of the scope, to be listed in a condition: more make a longer list than a shorter search


@dataclass(frozen=True)
class Loaded:
    """What a load did. Counts are rows; `not_wanted` are those read that the source leaves out (Rows.kept)."""

    read: int
    inserted: int
    expired: int
    not_wanted: int = 0


@contextmanager
def loading(settings: Settings) -> Iterator[None]:
    """Keep the file open over many loads: opening and closing it takes longer than a small answer's load."""
    with connect(settings):  # connections of one process share what the first of them opened
        yield


def load(settings: Settings, landing: Landing, tables: Sequence[Table], rows: Mapping[str, Rows]) -> Loaded:
    """Load one landing into its raw tables, in one transaction: whole, or not at all.

    Raises RejectedFile, with the row, when the file breaks a rule, and HeldBack when the edition before speaks against
    it and neither ACCEPT names its source nor did once when it was loaded; nothing of it is kept then.
    """
    read = inserted = expired = not_wanted = 0
    doubts = future_edition(landing) if any(table.continuity for table in tables) else []
    scope = landing.partition
    given = [table for table in tables if table.name in rows]
    with connect(settings) as con:
        # Written in any order, a tenth faster; where a row's number is needed, the file is read again.
        con.execute("set preserve_insertion_order = false")
        compared = [table for table in given if not _is_new_scope(con, table, rows[table.name], landing)]
        # Before the transaction, for what a transaction wrote itself it reads on one thread.
        for table in compared:
            _stage_apart(con, table, rows[table.name], landing)
        con.execute("begin")
        try:
            for table in given:
                not_wanted += _count_not_wanted(con, rows[table.name])
                is_apart = table in compared
                done, scope = _merge(con, table, landing) if is_apart else _add(con, table, rows[table.name], landing)
                read, inserted, expired = read + done.read, inserted + done.inserted, expired + done.expired
                if table.continuity:
                    doubts += breaks(con, table, table.continuity, landing, done.expired)
            if doubts and landing.landing_id not in accepted(settings.landing_dir, landing.source):
                if landing.source not in settings.accept:
                    raise HeldBack(landing, doubts)
                log_acceptance(settings.landing_dir, landing, " ".join(doubts))
            reason = f"Taken by ACCEPT={landing.source}. {' '.join(doubts)}" if doubts else None
            read += not_wanted
            note_landing(con, landing, "loaded", reason, scope, (read, not_wanted, inserted, expired))
            con.execute("commit")
        except BaseException:
            with suppress(QueryError):  # a commit that failed has ended the transaction itself
                con.execute("rollback")
            raise
    return Loaded(read, inserted, expired, not_wanted)


# ---------------------------------------------------------------- rows of a new scope


def _is_new_scope(con: Connection, table: Table, rows: Rows, landing: Landing) -> bool:
    """Whether no current row of the table has the scope values of the landing's first row."""
    raw = f"raw.{table.name}"
    if not con.execute(f"select 1 from {raw} limit 1").fetchone():
        return True
    if landing.is_answer:
        return False
    with _relation(con, rows) as relation:  # once: a file of one object is read whole for its first row
        con.execute(f"create or replace temp table first_row as select * from {relation} where {rows.kept} limit 1")
    return not _has_current(con, raw, _in_scope(con, table, "first_row"))


def _has_current(con: Connection, raw: str, in_scope: str, landing: Landing | None = None) -> bool:
    """Whether a raw table has a current row in this scope, of another landing where one is given."""
    other = f"old._landing_id <> {literal(landing.landing_id)}" if landing else "true"
    row = con.execute(f"select 1 from {raw} as old where old._valid_to is null and {in_scope} and {other} limit 1")
    return row.fetchone() is not None


def _add(con: Connection, table: Table, rows: Rows, landing: Landing) -> tuple[Loaded, str]:
    """Write a landing's rows straight to the raw table, which has no row to compare them with. Where that holds of the
    first row only, they are moved aside and compared. Returns what was done, and the landing's scope."""
    raw = f"raw.{table.name}"
    own = f"from {raw} where _landing_id = {literal(landing.landing_id)}"
    read = _stage(con, table, rows, landing, raw)
    if not _has_current(con, raw, _in_scope(con, table, f"({own})"), landing):
        return Loaded(read, read, 0), _scope(con, table, f"({own})", landing)
    con.execute(f"create or replace temp table {_apart(table)} as {own}")
    con.execute(f"delete {own}")
    return _merge(con, table, landing)


# ---------------------------------------------------------------- rows that meet current ones


def _apart(table: Table) -> str:
    """Where a landing's rows wait to be compared with the current ones."""
    return f"temp.incoming_{table.name}"


def _stage_apart(con: Connection, table: Table, rows: Rows, landing: Landing) -> None:
    con.execute(f"create or replace temp table {_apart(table)} as from raw.{table.name} limit 0")
    _stage(con, table, rows, landing, _apart(table))


def _merge(con: Connection, table: Table, landing: Landing) -> tuple[Loaded, str]:
    """Expire and insert rows of the raw table by what waits beside it. Returns what was done, and the scope."""
    raw, incoming = f"raw.{table.name}", _apart(table)
    read = value(con, f"select count(*) from {incoming}")
    scope = _scope(con, table, incoming, landing)
    same_key = _same(table.key, "old", "new")
    differs = (
        " or ".join(f"{c.format(row='old')} is distinct from {c.format(row='new')}" for c in table.compared) or "false"
    )
    in_scope = _in_scope(con, table, incoming)
    _reject_contradiction(con, table, raw, f"{in_scope} and {same_key}", differs, landing)
    valid_from = _after_what_it_replaces(con, table, f"{in_scope} and {same_key}", _moment(landing.valid_from))
    expire = f"_valid_to = greatest({valid_from}, old._valid_from), _closed_by = {literal(landing.landing_id)}"
    changed = value(
        con,
        f"update {raw} as old set {expire} from {incoming} as new "
        f"where old._valid_to is null and {in_scope} and {same_key} and ({differs})",
    )
    missing = _expire_missing(con, table, raw, same_key, in_scope, scope, landing, expire)
    inserted = value(
        con,
        f"insert into {raw} select * from {incoming} as new "
        f"where not exists (select 1 from {raw} as old where old._valid_to is null and {in_scope} and {same_key})",
    )
    return Loaded(read, inserted, changed + missing), scope


def _same(columns: Sequence[str], one: str, other: str) -> str:
    """SQL that is true where two rows agree in these columns, NULL with NULL."""
    return " and ".join(f"{one}.{identifier(c)} is not distinct from {other}.{identifier(c)}" for c in columns)


def _after_what_it_replaces(con: Connection, table: Table, same_key: str, valid_from: str) -> str:
    """When the landing's rows become valid, as a timestamp literal. A landing with an old date may replace rows of a
    later one without any date: it is valid just after them, or history would run backwards."""
    latest = value(
        con,
        f"select max(old._valid_from) from raw.{table.name} as old join {_apart(table)} as new on {same_key} "
        f"where old._valid_to is null and old._valid_from >= {valid_from}",
    )
    if latest is None:
        return valid_from
    after = f"timestamp '{latest + timedelta(microseconds=1)}'"
    con.execute(f"update {_apart(table)} set _valid_from = {after}")
    return after


def _in_scope(con: Connection, table: Table, incoming: str) -> str:
    """SQL that is true for the old rows that an incoming one may revise or expire, and decides it without a join."""
    conditions = []
    for column in map(identifier, table.scope):
        values = con.execute(f"select distinct {column} from {incoming} limit {MOST_VALUES + 1}").fetchall()
        if values and len(values) <= MOST_VALUES and (None,) not in values:
            conditions.append(f"old.{column} in ({', '.join(literal(one) for (one,) in values)})")
    return " and ".join(conditions) or "true"


def _expire_missing(
    con: Connection, table: Table, raw: str, same_key: str, in_scope: str, scope: str, landing: Landing, expire: str
) -> int:
    """Expire what an earlier vintage of the same scope holds and this one lacks. Returns rows."""
    incoming = _apart(table)
    if landing.is_answer:  # what it replaces is known by its question, also where a code vanished whole
        in_scope = "true"
    selection = "true"
    if table.selected and not landing.is_answer:
        selected = identifier(table.selected)
        selection = f"""count(*) filter (where old.{selected} not in (select {selected} from {incoming})) = 0
            or count(*) filter (where new._landing_id is not null) >= 0.9 * count(*)"""
    con.execute(
        f"""create or replace temp table replaced as
        select old._landing_id from {raw} as old left join {incoming} as new on {same_key}
        -- with the rows this landing has just revised: they are in it
        where {in_scope} and (old._valid_to is null or old._closed_by = {literal(landing.landing_id)})
            and old._landing_id in (
                select landing_id from raw.landings where source = ? and scope = ? and vintage < ?)
        group by old._landing_id having {selection}""",
        [landing.source, scope, landing.vintage],
    )
    of_a_whole_group = "false"
    if table.whole:
        group, is_whole = table.whole
        columns = identifiers(group)
        con.execute(
            f"create or replace temp table whole as select {columns} from {incoming} "
            f"group by {columns} having {is_whole}"
        )
        of_a_whole_group = f"exists (select 1 from whole where {_same(group, 'old', 'whole')})"
    return value(
        con,
        f"update {raw} as old set {expire} "
        f"where {in_scope} and old._valid_to is null and old._vintage < ? "
        f"and (old._landing_id in (select _landing_id from replaced) or {of_a_whole_group}) "
        f"and not exists (select 1 from {incoming} as new where {same_key})",
        [landing.vintage],
    )


def _scope(con: Connection, table: Table, staged: str, landing: Landing) -> str:
    """What the landing covers, as one text: its partition, or a digest of the values in the columns of the scope."""
    if not table.scope or landing.is_answer:
        return landing.partition
    values = [f"string_agg(distinct {c}, ',' order by {c})" for c in map(identifier, table.scope)]
    return value(con, f"select md5(concat_ws('|', {', '.join(values)})) from {staged}")


def _moment(moment: str) -> str:
    """A landing's moment as a timestamp literal."""
    d = re.sub(r"\D", "", moment)
    return f"timestamp '{d[:4]}-{d[4:6]}-{d[6:8]} {d[8:10]}:{d[10:12]}:{d[12:14]}.{d[14:]}'"


# ---------------------------------------------------------------- reading a landing, and its rules


def _stage(con: Connection, table: Table, rows: Rows, landing: Landing, staged: str) -> int:
    """Read a landing's rows into a table of the raw one's shape, and reject what breaks a rule. Returns rows."""
    columns = identifiers(table.columns)
    with _relation(con, rows) as relation:
        read = value(
            con,
            f"insert into {staged} ({columns}, _vintage, _valid_from, _landing_id) "
            f"select {columns}, ?, {_moment(landing.valid_from)}, ? from {relation} where {rows.kept}",
            [landing.vintage, landing.landing_id],
        )
    own = f"(from {staged} where _landing_id = {literal(landing.landing_id)})"
    _reject_broken(con, table, rows, own)
    _reject_duplicates(con, table, rows, own)
    if read in table.row_limits:
        raise RejectedFile(
            f"It holds exactly {read:,} rows, the most one response may hold, so it is probably cut off.",
            "Split the query (by partner or by product) and download the parts.",
        )
    return read


def _count_not_wanted(con: Connection, rows: Rows) -> int:
    """Rows of a landing that its source does not keep."""
    if rows.kept == "true":
        return 0
    with _relation(con, rows) as relation:
        return value(con, f"select count(*) filter (where not coalesce({rows.kept}, false)) from {relation}")


@contextmanager
def _relation(con: Connection, rows: Rows) -> Iterator[str]:
    """The relation after `from` that reads the rows."""
    frame = rows.frame if isinstance(rows.of, str) else rows.of
    if frame is not None:
        con.register("frame", frame)
    try:
        yield f"({rows.of})" if isinstance(rows.of, str) else "frame"
    finally:
        if frame is not None:
            con.unregister("frame")


@contextmanager
def _numbered(con: Connection, rows: Rows) -> Iterator[str]:
    """The rows again, in the order of the file, each with the number a person gives it (`_row`)."""
    con.execute("set preserve_insertion_order = true")
    with _relation(con, rows) as relation:
        numbered = f"select row_number() over () - 1 + {rows.first_row or 1} as _row, * from {relation}"
        yield f"(select * from ({numbered}) where {rows.kept})"


def _reject_broken(con: Connection, table: Table, rows: Rows, staged: str) -> None:
    """All rules in one pass; only when one is broken, the file again, for the first row that does it."""
    rules = (*table.rules, *rows.rules)
    if not rules:
        return
    counts = ", ".join(f"count(*) filter (where {rule.broken})" for rule in rules)
    [broken] = con.execute(f"select {counts} from {staged}").fetchall()
    for rule, hits in zip(rules, broken, strict=True):
        if not hits:
            continue
        shown = re.findall(r"\{(\w+)\}", rule.sentence)
        with _numbered(con, rows) as numbered:
            [(row, *values)] = con.execute(
                f"select {identifiers(['_row', *shown])} from {numbered} where {rule.broken} order by _row limit 1"
            ).fetchall()
        sentence = rule.sentence.format(**dict(zip(shown, map(_shown, values), strict=True)))
        raise RejectedFile(sentence, rule.remedy, row=row if rows.first_row else None)


def _shown(value: object) -> str:
    """A value from a file, in a sentence."""
    return "empty" if value is None else printable(str(value)[:80])


def _reject_duplicates(con: Connection, table: Table, rows: Rows, staged: str) -> None:
    key = identifiers(table.key)
    # The hash is a quick look (half a second for five million rows); a hit is then looked at closely.
    suspicious = value(con, f"select count(*) <> count(distinct hash({key})) from {staged}")
    if not suspicious:
        return
    with _numbered(con, rows) as numbered:
        twice = con.execute(
            f"select max(_row), {key} from {numbered} group by {key} having count(*) > 1 order by 1 limit 1"
        ).fetchone()
    if twice:
        named = ", ".join(f"{c}={_shown(v)}" for c, v in zip(table.key, twice[1:], strict=True))
        raise RejectedFile(
            f"The key is there twice ({named}).",
            "One file may have a key once: download it again, or remove the repeated rows.",
            row=twice[0] if rows.first_row else None,
        )


def _reject_contradiction(
    con: Connection, table: Table, raw: str, same_key: str, differs: str, landing: Landing
) -> None:
    """Two files of one vintage with different values: neither is the later one."""
    key = ", ".join(f"new.{identifier(c)}" for c in table.key)
    contradiction = con.execute(
        f"select max(old._landing_id), {key} from {raw} as old join {_apart(table)} as new on {same_key} "
        f"where old._valid_to is null and old._vintage = ? and ({differs}) group by all order by all limit 1",
        [landing.vintage],
    ).fetchone()
    if contradiction:
        landing_id, *values = contradiction
        [(other,)] = con.execute("select original_name from raw.landings where landing_id = ?", [landing_id]).fetchall()
        named = ", ".join(f"{c}={v}" for c, v in zip(table.key, values, strict=True))
        raise RejectedFile(
            f"It contradicts {other}, which came in the same run: they give different values for {named}.",
            "Neither is known to be right or newer. Keep one, or load both into a new DATA_DIR in two runs, "
            "the older first.",
        )
