"""What lies in the warehouse: its raw tables, the notes kept beside them, and what dbt made in the other layers.

Here belongs creating, naming, counting and dropping. Not here: how rows get in (load.py).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields

from dagster_project.files.landing import Landing
from dagster_project.settings import Settings
from dagster_project.warehouse.connection import Connection, ask, connect, identifier, literal, value
from dagster_project.warehouse.tables import BITEMPORAL_COLUMNS, Table

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
    "status": "varchar",  # loaded | rejected | held_back
    "reason": "varchar",  # why it was not loaded, or only because ACCEPT named it, as the person reads it
    "scope": "varchar",  # what the file covers: a later landing of the same scope replaces it
    "rows_read": "bigint",
    "rows_not_wanted": "bigint",  # of these: what its source leaves out before it is loaded
    "rows_inserted": "bigint",
    "rows_expired": "bigint",
    "code_version": "varchar",  # that rejected it, and another tries it again; empty: the next run does
    # What dbt made of them (marts.files), noted after each build.
    "rows_used": "bigint",
    "unused_because": "varchar",
}
BUILDS_COLUMNS = {
    "run_id": "varchar",
    "data_set": "varchar",
    "code_version": "varchar",
    "started_at": "timestamp",
    "as_of": "date",
    # What dbt computed (extent.py): null while it has not begun.
    "is_full": "boolean",  # every model, of all years
    "first_year": "integer",  # from which on flows were computed
    "engine": "varchar",  # by which: each has tables of its own
    "completed_at": "timestamp",
}
FETCH_SESSIONS_COLUMNS = {
    "source": "varchar",
    "started_at": "timestamp",
    "ended_at": "timestamp",
    "outcome": "varchar",  # answered | failed
    "sentence": "varchar",  # why it failed, as the person reads it
    "responses": "bigint",
    "landings": "bigint",
}


class DataSetsMixed(RuntimeError):
    """A data directory already holds another data set."""


# ---------------------------------------------------------------- the raw schema


def prepare(
    settings: Settings, tables: Sequence[Table], *, run_id: str = "", code_version: str = "", started_at=None
) -> None:
    """Make the raw schema and its tables where they are missing, and note the build that begins, if one does.

    A warehouse with other columns than this code's was written by another version. It is made again, empty:
    everything that ever landed is in landing/ and loads anew, in its order.
    Raises DataSetsMixed when the directory holds a data set that is not simulated and another is requested.
    """
    wanted = {
        "landings": LANDINGS_COLUMNS,
        "builds": BUILDS_COLUMNS,
        "fetch_sessions": FETCH_SESSIONS_COLUMNS,
        **{t.name: dict.fromkeys(t.columns, "varchar") | BITEMPORAL_COLUMNS for t in tables},
    }
    earlier = data_set_of(settings)
    if earlier and earlier != settings.data:
        raise DataSetsMixed(mixed_sentence(settings, earlier))
    if _is_of_another_version(settings, wanted):
        clear(settings)
    with connect(settings) as con:
        con.execute("create schema if not exists raw")
        for name, columns in wanted.items():
            typed = ", ".join(f"{identifier(column)} {kind}" for column, kind in columns.items())
            con.execute(f"create table if not exists raw.{identifier(name)} ({typed})")
        if run_id:
            build = [run_id, settings.data, code_version, started_at, settings.as_of]
            columns = "run_id, data_set, code_version, started_at, as_of"
            con.execute(f"insert into raw.builds ({columns}) values (?, ?, ?, ?, ?)", build)


def _is_of_another_version(settings: Settings, wanted: Mapping[str, Mapping[str, str]]) -> bool:
    if not settings.warehouse_path.exists():
        return False
    present: dict[str, list[str]] = {}
    for table, column in ask(
        settings,
        "select table_name, column_name from duckdb_columns() where schema_name = 'raw' order by column_index",
    ):
        present.setdefault(table, []).append(column)
    return any(name in wanted and columns != list(wanted[name]) for name, columns in present.items())


def clear(settings: Settings) -> None:
    """Remove the warehouse's files. What they hold can be made again from landing/, or is simulated."""
    for path in (settings.warehouse_path, settings.unpublished_path):
        path.unlink(missing_ok=True)


def data_set_of(settings: Settings) -> str | None:
    """Which data set this directory holds, or None for a new one."""
    if not settings.warehouse_path.exists():
        return None
    with connect(settings, read_only=True) as con:
        known = value(con, "select count(*) from duckdb_tables() where schema_name = 'raw' and table_name = 'builds'")
        return value(con, "select max(data_set) from raw.builds") if known else None


def mixed_sentence(settings: Settings, earlier: str) -> str:
    """Why a data set cannot go into this directory, and where it can."""
    return (
        f"{settings.data_dir} holds the data set {earlier!r}, and data sets never mix in one folder. "
        f"Give {settings.data!r} a folder of its own: make run DATA={settings.data} DATA_DIR=data-{settings.data}"
    )


# ---------------------------------------------------------------- notes: landings and fetch sessions


def note_landing(
    con: Connection,
    landing: Landing,
    status: str,
    reason: str | None,
    scope: str | None,
    rows: tuple[int, int, int, int] = (0, 0, 0, 0),
    code_version: str = "",
) -> None:
    """Note what became of a landing, in place of what was noted of it before. `rows`: how many were read, not wanted,
    inserted, expired."""
    con.execute(
        "delete from raw.landings where landing_id = ? or status = 'rejected' and source = ? and sha256 = ? "
        "and path = ''",
        [landing.landing_id, landing.source, landing.sha256],
    )
    values = [getattr(landing, field.name) for field in fields(landing)]
    values += [status, reason, scope, *rows, code_version, None, None]
    con.execute(f"insert into raw.landings values ({', '.join('?' * len(values))})", values)


def reject(settings: Settings, landing: Landing, reason: str, code_version: str, status: str = "rejected") -> None:
    """Remember a file that was not loaded, and why, so that its reason is given once and that this code does not try
    it again; without a version of the code, the next run does. `status`: rejected, or held_back, which ACCEPT lifts."""
    with connect(settings) as con:
        note_landing(con, landing, status, reason, None, code_version=code_version)


def note_uses(settings: Settings) -> None:
    """Note beside each landing how many of its rows the last build used, and why not the others."""
    if "files" not in count_rows(settings, "marts"):
        return  # a build of some models alone
    with connect(settings) as con:
        con.execute(
            "update raw.landings as landing set rows_used = file.rows_used, unused_because = file.unused_because "
            "from unpublished.marts.files as file where file.landing_id = landing.landing_id"
        )


def known_sha256(settings: Settings, source: str, code_version: str) -> set[str]:
    """The bytes already decided on for a source, loaded or rejected by this code: they are not landed again."""
    return {row[0] for row in ask(settings, f"select sha256 from raw.landings where {_decided(source, code_version)}")}


def decided(settings: Settings, source: str, code_version: str) -> set[str]:
    """Landings that were loaded, held back, or rejected by this code; the others wait to be loaded (a run may have died
    between). What is held back waits again where ACCEPT names its source."""
    decided_on = ask(settings, f"select landing_id from raw.landings where {_decided(source, code_version)}")
    accepted = held_back(settings, source) if source in settings.accept else []
    return {landing_id for (landing_id,) in decided_on} - {landing_id for landing_id, _ in accepted}


def _decided(source: str, code_version: str) -> str:
    by_this_code = f"status in ('loaded', 'held_back') or code_version = {literal(code_version)}"
    return f"source = {literal(source)} and ({by_this_code})"


def held_back(settings: Settings, source: str | None = None) -> list[tuple[str, str]]:
    """The editions of a source, or of all, that wait for a person: landing and reason of the newest of each list or
    query, if none that came later was loaded."""
    return ask(
        settings,
        f"""select landing_id, reason from raw.landings as held
        where {f"source = {literal(source)}" if source else "true"} and status = 'held_back' and not exists (
            select 1 from raw.landings as later
            where later.source = held.source and later.entity = held.entity and later."partition" = held."partition"
                and later.status in ('loaded', 'held_back') and later.vintage > held.vintage)
        order by source, vintage""",
    )


def never_loaded(settings: Settings, source: str) -> set[str]:
    """Landings that were decided on and are not loaded: their dates are no edition's that is in force."""
    return {
        landing_id
        for (landing_id,) in ask(
            settings,
            f"select landing_id from raw.landings where source = {literal(source)} and status <> 'loaded'",
        )
    }


def note_fetch_session(
    settings: Settings, source: str, *, started_at, ended_at, sentence: str | None, responses: int, landings: int
) -> None:
    """Record a session with a publisher's service, and whether it answered. Times are UTC without a zone."""
    outcome = "failed" if sentence else "answered"
    with connect(settings) as con:
        con.execute(
            "insert into raw.fetch_sessions values (?, ?, ?, ?, ?, ?, ?)",
            [source, started_at, ended_at, outcome, sentence, responses, landings],
        )


# ---------------------------------------------------------------- what lies in the layers


def current_rows(settings: Settings, tables: Sequence[Table]) -> dict[str, int]:
    """Current rows of each raw table."""
    with connect(settings, read_only=True) as con:
        return {t.name: value(con, f"select count(*) from raw.{t.name} where _valid_to is null") for t in tables}


def count_rows(settings: Settings, schema: str) -> dict[str, int]:
    """Rows of every table in a schema of the warehouse. To count a view is to compute it."""
    with connect(settings, read_only=True) as con:
        tables = con.execute(
            "select table_name, database_name from duckdb_tables() where schema_name = ?", [schema]
        ).fetchall()
        return {name: value(con, f"select count(*) from {file}.{schema}.{identifier(name)}") for name, file in tables}


def view_sql(settings: Settings, schema: str, name: str) -> str:
    """A view's query, without the `create view` in front of it."""
    of_this_name = f"schema_name = {literal(schema)} and view_name = {literal(name)}"
    [(sql,)] = ask(settings, f"select sql from duckdb_views() where {of_this_name}")
    return re.sub(r"^create view .*? as ", "", sql.rstrip().rstrip(";"), count=1, flags=re.I | re.S)


def drop_unknown(settings: Settings, known: Collection[tuple[str, str, str]]) -> None:
    """Drop what lies in the layers that dbt computes and no model makes any more: an earlier version did, or a build
    that died. `known`: the file (warehouse, unpublished), schema and name of what they make."""
    with connect(settings) as con:
        for kind in ("view", "table"):
            present = con.execute(
                f"select database_name, schema_name, {kind}_name from duckdb_{kind}s() "
                "where schema_name in ('staging', 'intermediate', 'marts')"
            ).fetchall()
            for file, schema, name in present:
                if (file, schema, name) not in known:
                    con.execute(f"drop {kind} {file}.{schema}.{identifier(name)}")
