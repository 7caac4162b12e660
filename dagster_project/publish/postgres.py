"""The marts in PostgreSQL, for tools that want a server: loaded beside the old ones, swapped in one transaction.

Here belongs the only door to PostgreSQL: types, indexes, comments, the role that reads. Not here: what is published
(assets.py); this is a copy of it. An Arrow driver carries the rows: half a million wide rows a second of
processor time, four times what CSV takes.

Everything happens in one transaction, so a death at any moment leaves what was served before. The old schema is
renamed and not dropped in it: a rename waits for no reader and no reader waits for it, while those who are in the
middle of a query keep their tables. It is dropped afterwards, when no query holds it.

What the role that reads may do is set at each publication. PostgreSQL lets every role change its own password and its
own settings, and lift any time limit that is a setting: what it changed is set back, and its long queries are ended
from outside, at each publication and by a sensor in between.
"""

import base64
import hashlib
import hmac
import re
import secrets
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
LONGEST_LOCK = "60s"  # for another publisher; a reader may hold this lock too
LONGEST_QUERY, LONGEST_IDLE = 60, 300  # seconds, of the reader: a query; an open transaction that does nothing
GRACE = 5  # seconds: the limit inside the session ends a query first, with an error in place of a lost connection
WATCH_EVERY = 30  # seconds
LIMITS = {
    "default_transaction_read_only": "on",
    "statement_timeout": f"{LONGEST_QUERY}s",
    "idle_in_transaction_session_timeout": f"{LONGEST_IDLE}s",
    "search_path": SCHEMA,
}
SCRAM_ROUNDS = 4096  # PostgreSQL's own number

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
    end if;
    if exists (
        select from pg_roles
        where rolname = '{READER}' and (rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls)
    ) then
        raise exception 'The role {READER} may do more than read. Ask for: '
            'alter role {READER} nosuperuser nocreaterole nocreatedb noreplication nobypassrls';
    end if;
end $guard$"""

# Each in a block of its own: who publishes may not be allowed all of them, and what is left is found by RIGHTS.
LIMIT = f"""do $limit$
begin
    begin
        execute format('revoke temporary on database %I from public, {READER}', current_database());
        revoke create on schema public from public, {READER};
    exception when insufficient_privilege or invalid_schema_name then null;
    end;
    begin
        revoke execute on function lo_creat(integer), lo_create(oid), lo_from_bytea(oid, bytea) from public;
    exception when insufficient_privilege then null;
    end;
    begin
        if not pg_has_role('{READER}', 'usage') then
            grant {READER} to current_user;  -- to see its queries, and to end them
        end if;
    exception when insufficient_privilege then null;
    end;
    begin
        alter role {READER} reset all;
        execute format('alter role {READER} in database %I reset all', current_database());
        {" ".join(f"alter role {READER} set {name} = '{value}';" for name, value in LIMITS.items())}
    exception when insufficient_privilege then null;
    end;
end $limit$"""

# What the reader may do and should not, each as the statement that its owner can run.
RIGHTS = f"""
select format('revoke temporary on database %I from public', current_database()) as remedy
where has_database_privilege('{READER}', current_database(), 'temporary')
union all
select format('revoke create on schema %I from public', nspname)
from pg_namespace
where has_schema_privilege('{READER}', oid, 'create') and nspname not like 'pg\\_%'
union all
select format('revoke %I from {READER}', granted.rolname)
from pg_auth_members as members
inner join pg_roles as granted on granted.oid = members.roleid
where members.member = '{READER}'::regrole
"""
ROLE_SETTINGS = f"""
select unnest(setconfig) from pg_db_role_setting where setrole = '{READER}'::regrole
"""
LONG_READS = f"""
select pg_terminate_backend(pid)
from pg_stat_activity
where usename = '{READER}' and (
    (state = 'active' and now() - query_start > interval '{LONGEST_QUERY + GRACE} seconds')
    or (state like 'idle in transaction%' and now() - state_change > interval '{LONGEST_IDLE + GRACE} seconds')
)
"""

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
    notes: tuple[str, ...] = ()  # what a person should know of the role that reads


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
                cursor.execute(f"set local lock_timeout = '{LONGEST_LOCK}'")
                cursor.execute(f"select pg_advisory_xact_lock(hashtext('{READER}'))")  # one publisher at a time
                cursor.execute(GUARD.format(data=settings.data))
                notes = _limit_reader(cursor, settings.pg_reader_password)
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
            try:
                end_long_reads(cursor)
                pg.commit()
            except adbc_driver_manager.Error as error:
                pg.rollback()
                notes.append(f"Long queries of {READER} could not be ended: {_reason(error, settings.pg_dsn)}.")
            return Served(place, rows, _drop_old(pg, cursor), tuple(notes))
    except adbc_driver_manager.Error as error:
        reason = _reason(error, settings.pg_dsn)
    if not step:
        raise PostgresFailed(f"PostgreSQL at {place} took nothing. {reason}. It serves what it served before.")
    if step == "the commit":
        raise PostgresFailed(
            f"PostgreSQL at {place} left at the commit. {reason}. It serves this build whole, or the last."
        )
    raise PostgresFailed(f"PostgreSQL at {place} stopped at {step}. {reason}. It serves what it served before.")


def _limit_reader(cursor: adbc.Cursor, password: str) -> list[str]:
    """Set what the reader may do, and its password where one is given. Returns what had changed, and what is left."""
    ours = {f"{name}={value}" for name, value in LIMITS.items()}
    changed = _column(cursor, ROLE_SETTINGS)
    cursor.execute(LIMIT)
    if password:
        cursor.execute(f"alter role {READER} password {literal(scram_verifier(password))}")
    notes = []
    if changed and changed != ours:
        differing = ", ".join(sorted(changed - ours)) or "some were removed"
        notes.append(f"The settings of {READER} were changed ({differing}).")
        as_they_were = _column(cursor, ROLE_SETTINGS) == ours
        notes[0] += " They are as they were again." if as_they_were else f" Ask for: alter role {READER} reset all."
    notes += [f"{READER} may do more than read. Ask for: {remedy}." for remedy in sorted(_column(cursor, RIGHTS))]
    return notes


def _column(cursor: adbc.Cursor, sql: str) -> set[str]:
    cursor.execute(sql)
    return {str(value) for (value,) in cursor.fetchall()}


def end_long_reads(cursor: adbc.Cursor) -> int:
    """End the reader's sessions whose query or open transaction is over its limit. Returns how many."""
    cursor.execute(LONG_READS)
    return sum(bool(ended) for (ended,) in cursor.fetchall())


def scram_verifier(password: str) -> str:
    """What PostgreSQL keeps of a password (RFC 5803): who logs statements does not log the password."""
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, SCRAM_ROUNDS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    salt64, stored64, server64 = (base64.b64encode(part).decode() for part in (salt, stored, server))
    return f"SCRAM-SHA-256${SCRAM_ROUNDS}:{salt64}${stored64}:{server64}"


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
    url = urlsplit(dsn)
    in_query = [value for name, values in parse_qs(url.query).items() if "pass" in name for value in values]
    for secret in filter(
        None, (dsn, *(part for word in (url.password or "", *in_query) for part in (word, unquote(word))))
    ):
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
    for note in served.notes:
        context.log.warning(note)
    if not served.is_old_dropped:
        context.log.warning(f"Someone still reads the marts of before at {served.place}; they go next time.")
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": sum(served.rows.values()),
            "tables": dg.MetadataValue.json(served.rows),
            "server": served.place,
        }
    )


@dg.sensor(
    name="postgres_limits",
    minimum_interval_seconds=WATCH_EVERY,
    description=f"Ends queries of {READER} that run longer than a minute: a limit that the role cannot lift.",
)
def postgres_limits(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """End the reader's long queries; nothing where PG_DSN is not set."""
    settings = Settings.from_environment()
    if not settings.pg_dsn:
        return dg.SkipReason("PG_DSN is not set.")
    try:
        with _connection(settings.pg_dsn) as pg, pg.cursor() as cursor:
            ended = end_long_reads(cursor)
            pg.commit()
    except adbc_driver_manager.Error as error:
        return dg.SkipReason(f"PostgreSQL at {place_of(settings.pg_dsn)}: {_reason(error, settings.pg_dsn)}.")
    return dg.SkipReason(f"{ended} long queries were ended." if ended else "No query is over its limit.")
