"""The marts in PostgreSQL, for tools that want a server: loaded beside the old ones, swapped in one transaction.

Here belongs the only door to PostgreSQL: types, indexes, comments, the role that reads. Not here: what is published
(assets.py); this is a copy of it. An Arrow driver carries the rows: half a million wide rows a second of
processor time, four times what CSV takes.

Everything happens in one transaction, so a death at any moment leaves what was served before. The old schema is
renamed and not dropped in it: a rename waits for no reader and no reader waits for it, while those who are in the
middle of a query keep their tables. It is dropped afterwards, when no query holds it.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import adbc_driver_manager
import adbc_driver_postgresql.dbapi as adbc
import dagster as dg

from dagster_project import warehouse
from dagster_project.ingest.source import POOL
from dagster_project.publish import assets, builds
from dagster_project.publish.marts_file import Description
from dagster_project.settings import Settings
from dagster_project.warehouse import identifier, identifiers, literal

SCHEMA, READER = "marts", "ghost_trade_reader"
NEXT, BEFORE = f"{SCHEMA}_next", f"{SCHEMA}_before_"
MARK = "Ghost Trade: "  # how the comment of a schema begins that may be replaced: never drop a stranger's
LONGEST_WAIT = "10s"  # for readers of the old schema; who reads longer than that keeps it until the next publication

ROWS_A_BATCH = 10_000

TYPES = {
    "VARCHAR": "text",
    "BOOLEAN": "boolean",
    "INTEGER": "integer",
    "BIGINT": "bigint",
    "DOUBLE": "double precision",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
    "JSON": "json",
    "VARCHAR[]": "text[]",
}

GUARD = f"""do $guard$
declare
    data_set text;
begin
    if exists (
        select from pg_namespace
        where nspname = '{SCHEMA}' and coalesce(obj_description(oid, 'pg_namespace'), '') not like '{MARK}%'
    ) then
        raise exception 'Its schema {SCHEMA} is not one of ours, and would be replaced. Give us a database of our own';
    end if;
    if to_regclass('{SCHEMA}.about') is not null then
        execute 'select max(dataset) from {SCHEMA}.about' into data_set;
        if data_set not in ('sample', '{{data}}') then
            raise exception 'It serves the data set %, and {{data}} never takes its place. Give it another database',
                data_set;
        end if;
    end if;
    if not exists (select from pg_roles where rolname = '{READER}') then
        if not (select rolsuper or rolcreaterole from pg_roles where rolname = current_user) then
            raise exception 'The role {READER} is missing and % may not create it. Ask for: create role {READER} login',
                current_user;
        end if;
        create role {READER} login;
        alter role {READER} set default_transaction_read_only = on;
        alter role {READER} set statement_timeout = '60s';
        alter role {READER} set idle_in_transaction_session_timeout = '5min';
        alter role {READER} set search_path = {SCHEMA};
    end if;
end $guard$"""

DROP_OLD = f"""do $drop$
declare
    old text;
begin
    for old in
        select nspname from pg_namespace
        where starts_with(nspname, '{BEFORE}') and obj_description(oid, 'pg_namespace') like '{MARK}%'
    loop
        execute format('drop schema %I cascade', old);
    end loop;
end $drop$"""


class PostgresFailed(RuntimeError):
    """PostgreSQL did not take the marts; the message is the sentence for a person, without any secret."""


@dataclass(frozen=True)
class Served:
    """What PostgreSQL serves now."""

    place: str  # host:port/database
    rows: dict[str, int]  # by table
    is_old_dropped: bool  # else a reader holds the marts of before, which go with the next publication


def serve(settings: Settings, file: Path, tables: Sequence[Description]) -> Served:
    """Copy the tables and views of a build's DuckDB file into PostgreSQL and swap them in. Raises PostgresFailed."""
    place, step = place_of(settings.pg_dsn), ""
    try:
        with (
            _connection(settings.pg_dsn) as pg,
            pg.cursor() as cursor,
            warehouse.connect_file(settings, file) as con,
        ):
            try:
                cursor.execute("set local statement_timeout = 0")
                cursor.execute("set local maintenance_work_mem = '256MB'")
                cursor.execute(f"select pg_advisory_xact_lock(hashtext('{READER}'))")  # one publisher at a time
                cursor.execute(GUARD.format(data=settings.data))
                cursor.execute(f"create schema {NEXT}")
                rows = {}
                for table in tables:
                    step = table.name
                    rows[step] = _copy(con, cursor, table)
                step = "the swap"
                _swap(con, cursor)
                step = "the commit"
                pg.commit()
            except BaseException:
                with suppress(adbc_driver_manager.Error):
                    pg.rollback()
                raise
            return Served(place, rows, _drop_old(pg, cursor))
    except adbc_driver_manager.Error as error:
        reason = _reason(error, settings.pg_dsn)
    if not step:
        raise PostgresFailed(f"PostgreSQL at {place} took nothing. {reason}. It serves what it served before.")
    if step == "the commit":
        raise PostgresFailed(
            f"PostgreSQL at {place} left at the commit. {reason}. It serves this build whole, or the last."
        )
    raise PostgresFailed(f"PostgreSQL at {place} stopped at {step}. {reason}. It serves what it served before.")


def place_of(dsn: str) -> str:
    """Where a server is, without user and password."""
    url = urlsplit(dsn)
    port = f":{url.port}" if url.port else ""
    return f"{url.hostname or parse_qs(url.query).get('host', ['localhost'])[0]}{port}/{url.path.strip('/')}"


def _connection(dsn: str) -> adbc.Connection:
    query = parse_qs(urlsplit(dsn).query)
    for name, value in (("connect_timeout", "10"), ("application_name", "ghost_trade")):
        if name not in query:
            dsn += f"{'&' if '?' in dsn else '?'}{name}={value}"
    return adbc.connect(dsn)


def _copy(con, cursor: adbc.Cursor, table: Description) -> int:
    """Create one table, load it, and give it indexes and words. Returns its rows."""
    columns = con.execute(
        "select column_name, data_type from duckdb_columns() "
        "where schema_name = 'marts' and table_name = ? order by column_index",
        [table.name],
    ).fetchall()
    typed, read = [], []
    for name, kind in columns:
        ours = f"numeric{kind[7:]}" if kind.startswith("DECIMAL") else TYPES.get(kind)
        # Keys are codes: compared as bytes they sort as they come, which halves the time of their index.
        order = ' collate "C"' if ours == "text" and name in table.grain else ""
        typed.append(f"{identifier(name)} {ours or 'text'}{order}")
        read.append(identifier(name) if ours else f"cast({identifier(name)} as varchar) as {identifier(name)}")
    target = f"{NEXT}.{identifier(table.name)}"
    cursor.execute(f"create table {target} ({', '.join(typed)})")
    # As a stream: the whole at once would hold it in memory, and take longer.
    stream = con.execute(f"select {', '.join(read)} from marts.{identifier(table.name)}").to_arrow_reader(ROWS_A_BATCH)
    rows = cursor.adbc_ingest(table.name, stream, mode="append", db_schema_name=NEXT)
    if table.grain:
        cursor.execute(f"create unique index on {target} ({identifiers(table.grain)})")
    words = [f"comment on table {target} is {literal(table.text.strip())}"]
    words += [
        f"comment on column {target}.{identifier(name)} is {literal(text.strip())}"
        for name, text in table.columns.items()
    ]
    cursor.execute(f"do $words$ begin {'; '.join(words)}; end $words$")
    cursor.execute(f"analyze {target}")
    return rows


def _swap(con, cursor: adbc.Cursor) -> None:
    [(notice, built_at)] = con.execute("select notice, built_at from marts.about").fetchall()
    cursor.execute(f"grant usage on schema {NEXT} to {READER}")
    cursor.execute(f"grant select on all tables in schema {NEXT} to {READER}")
    cursor.execute(f"comment on schema {NEXT} is {literal(f'{MARK}{notice} Built {built_at:%Y-%m-%d %H:%M} UTC.')}")
    before = f"{BEFORE}{datetime.now(UTC):%Y%m%d%H%M%S%f}"
    cursor.execute(
        f"do $swap$ begin if to_regnamespace('{SCHEMA}') is not null then "
        f"alter schema {SCHEMA} rename to {before}; end if; end $swap$"
    )
    cursor.execute(f"alter schema {NEXT} rename to {SCHEMA}")


def _drop_old(pg: adbc.Connection, cursor: adbc.Cursor) -> bool:
    """Whether the schemas of before could be dropped; the new tables are served either way."""
    try:
        cursor.execute(f"set local lock_timeout = '{LONGEST_WAIT}'")
        cursor.execute(DROP_OLD)
        pg.commit()
    except adbc_driver_manager.Error:
        with suppress(adbc_driver_manager.Error):
            pg.rollback()
        return False
    return True


def _reason(error: Exception, dsn: str) -> str:
    """The server's own message in one line, and never the password, encoded or decoded."""
    message = re.sub(r"^.*?\[libpq\] ", "", str(error), flags=re.S)
    message = re.split(r"\b(?:ERROR|FATAL):\s+", message)[-1].strip().splitlines()[0]
    password = urlsplit(dsn).password or parse_qs(urlsplit(dsn).query).get("password", [""])[0]
    for secret in filter(None, (dsn, password, unquote(password))):
        message = message.replace(secret, "…")
    return re.sub(r"\. SQLSTATE: \w+$", "", message).rstrip(". ")


@dg.asset(
    key=["published", "postgres"],
    group_name="published",
    deps=[assets.publish],
    description=f"The same tables in PostgreSQL, schema {SCHEMA}, where PG_DSN names one; swapped in under readers.",
    pool=POOL,
    kinds={"postgres"},
)
def postgres(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """Serve the tables of this run's build at PG_DSN; nothing where it is not set."""
    settings = Settings.from_environment()
    if not settings.pg_dsn:
        return dg.MaterializeResult(metadata={"idle": "PG_DSN is not set"})
    if settings.as_of:  # a past day never takes the place of today
        return dg.MaterializeResult(metadata={"idle": f"as of {settings.as_of}: files only"})
    file = builds.of_run(settings, assets.build_id(context)) / settings.published_path.name
    served = serve(settings, file, assets.descriptions())
    if not served.is_old_dropped:
        context.log.warning(f"Someone still reads the marts of before at {served.place}; they go next time.")
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": sum(served.rows.values()),
            "tables": dg.MetadataValue.json(served.rows),
            "server": served.place,
        }
    )
