"""The marts in a real PostgreSQL: what stands there, who may read it, and that no reader notices a publication."""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import dagster as dg
import duckdb
import postgres_server
import psycopg
import pytest
from postgres_server import ADMIN, ENCODED, PASSWORD

from dagster_project.publish import postgres
from dagster_project.publish.marts_file import Description
from dagster_project.settings import Settings, SettingsError

pytestmark = pytest.mark.slow
READER_PASSWORD = "only-reads"

TABLES = [
    Description("about", "What this build is.", {"dataset": "Which data."}),
    Description(
        "gaps",
        "One row is a flow; the reader's word is \"gap\", the importer's is not.",
        {"code": "HS code, as text.", "gap_usd": "Exported, less imported."},
        grain=("code", "build"),
    ),
    Description("largest", "A view, which is a table there.", {"code": "HS code."}, view_sql="…"),
]


def serve(settings: Settings) -> postgres.Served:
    return postgres.serve(settings, settings.published_path, TABLES)


@pytest.fixture(scope="module")
def server():
    if postgres_server.programs() is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt install postgresql)")
    server = postgres_server.Server()
    yield server
    server.close()


@pytest.fixture
def dsn(server):
    """The address of a new database, and no trace of an earlier test in the cluster."""
    with psycopg.connect(server.dsn(), autocommit=True) as admin:
        admin.execute("drop database if exists ghost with (force)")
        admin.execute("drop role if exists ghost_trade_reader")
        admin.execute("drop role if exists clerk")
        admin.execute("create database ghost")
    return server.dsn(database="ghost")


@pytest.fixture
def published(settings: Settings, dsn: str):
    """Publish a small file of one build, with so many rows; returns the settings that lead to both."""
    settings = replace(settings, pg_dsn=dsn)

    def publish(build: int = 1, rows: int = 100, data: str = "files") -> Settings:
        settings.published_dir.mkdir(parents=True, exist_ok=True)
        settings.published_path.unlink(missing_ok=True)
        with duckdb.connect(str(settings.published_path)) as con:
            con.execute("create schema marts")
            con.execute(f"""create table marts.about as
                select '{data}' as dataset, 'Nobody''s data.' as notice, timestamp '2026-11-23 10:00:00' as built_at""")
            con.execute(f"""create table marts.gaps as select
                lpad(cast(i as varchar), 6, '0') as code, {build} as build, i * 1.5 :: double as gap_usd,
                case when i % 2 = 0 then i :: bigint end as kg, i :: decimal(18, 2) / 4 :: decimal(18, 2) as price,
                date '2022-01-01' + i :: integer as day, timestamp '2022-01-01 10:11:12.123456' as moment,
                i % 3 = 0 as is_third, {{'a': i}} :: json as told, ['x', 'y"z', NULL] as names, {{'b': i}} as odd
                from range({rows}) as t(i)""")
            con.execute("create view marts.largest as select code, gap_usd from marts.gaps where gap_usd > 100")
        return replace(settings, data=data)

    return publish


@pytest.fixture
def ask(dsn: str):
    def ask(sql: str, to: str = dsn) -> list[tuple]:
        with psycopg.connect(to) as con:
            return con.execute(sql).fetchall()

    return ask


@pytest.fixture
def reader(server, dsn: str) -> str:
    """The reader's address; call it after the first publication has made the role."""

    def address() -> str:
        with psycopg.connect(dsn) as admin:
            admin.execute(f"alter role ghost_trade_reader password '{READER_PASSWORD}'")
        return server.dsn("ghost_trade_reader", READER_PASSWORD, "ghost")

    return address


def test_every_row_type_and_word_arrives(published, ask) -> None:
    served = serve(published())
    assert served.rows == {"about": 1, "gaps": 100, "largest": 33} and served.is_old_dropped
    assert ask("select * from marts.gaps where code = '000003'") == [
        ("000003", 1, 4.5, None, pytest.approx(Decimal("0.75")), date(2022, 1, 4),
         datetime(2022, 1, 1, 10, 11, 12, 123456), True, {"a": 3}, ["x", 'y"z', None], "{'b': 3}")
    ]  # fmt: skip
    assert ask("select obj_description('marts.gaps'::regclass), col_description('marts.gaps'::regclass, 1)") == [
        ("One row is a flow; the reader's word is \"gap\", the importer's is not.", "HS code, as text.")
    ]
    [(index,)] = ask("select indexdef from pg_indexes where schemaname = 'marts'")
    assert "UNIQUE" in index and "(code, build)" in index
    [(comment,)] = ask("select obj_description('marts'::regnamespace)")
    assert comment == "Ghost Trade: Nobody's data. Built 2026-11-23 10:00 UTC."


def test_the_reader_reads_the_marts_and_nothing_else_and_writes_nothing(published, ask, reader) -> None:
    serve(published())
    address = reader()
    with psycopg.connect(server_of(address), autocommit=True) as admin:
        admin.execute("create table public.secret as select 1 as a")
        admin.execute("create schema marts_next create table half (a int)")
    assert ask("select count(*) from gaps", address) == [(100,)]  # its search path is the marts
    assert ask("show statement_timeout", address) == [("1min",)]
    with psycopg.connect(address, autocommit=True) as con:
        con.execute("set default_transaction_read_only = off")  # what it may lift, and what then still holds
        for forbidden in (
            "insert into marts.about select * from marts.about",
            "update marts.gaps set gap_usd = 0",
            "delete from marts.gaps",
            "truncate marts.gaps",
            "drop table marts.gaps",
            "create table marts.mine (a int)",
            "create table public.mine (a int)",
            "create schema mine",
            "select * from public.secret",
            "select * from marts_next.half",
            "select rolpassword from pg_authid",
            "create temporary table mine (a int)",
            "select lo_create(0)",
            "alter role ghost_trade_reader connection limit 5",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                con.execute(forbidden)


def test_what_the_reader_changed_of_itself_is_set_back_by_the_next_publication(published, ask, server, dsn) -> None:
    """PostgreSQL lets every role change its own password and settings."""
    settings = replace(published(), pg_reader_password=READER_PASSWORD)
    assert serve(settings).notes == ()
    address = server.dsn("ghost_trade_reader", READER_PASSWORD, "ghost")
    with psycopg.connect(address, autocommit=True) as con:
        con.execute("set default_transaction_read_only = off")
        con.execute("alter role ghost_trade_reader set statement_timeout = 0")
        con.execute("alter role ghost_trade_reader in database ghost set work_mem = '2GB'")
        con.execute("alter role ghost_trade_reader password 'mine-alone'")
    [note] = serve(settings).notes
    assert "statement_timeout=0" in note and "work_mem=2GB" in note and "as they were again" in note
    assert ask("show statement_timeout", address) == [("1min",)]  # and its password is the old one
    assert ask("show work_mem", address) == [("4MB",)]
    assert serve(settings).notes == ()
    verifiers = ask("select rolpassword from pg_authid where rolname = 'ghost_trade_reader'")
    assert verifiers[0][0].startswith("SCRAM-SHA-256$4096:")  # and no statement ever held the password


def test_a_query_that_lifts_its_limit_is_ended_from_outside(published, reader, dsn, monkeypatch) -> None:
    monkeypatch.setattr(postgres, "LONG_READS", postgres.LONG_READS.replace("interval '65 seconds'", "interval '0'"))
    serve(published())
    monkeypatch.setenv("PG_DSN", dsn)
    with psycopg.connect(reader(), autocommit=True) as con:
        con.execute("set statement_timeout = 0")
        ended: list[psycopg.Error] = []

        def read() -> None:
            try:
                con.execute("select pg_sleep(60)")
            except psycopg.Error as error:
                ended.append(error)

        thread = threading.Thread(target=read)
        thread.start()
        messages = set()
        until = time.monotonic() + 30
        while thread.is_alive() and time.monotonic() < until:
            with dg.DagsterInstance.ephemeral() as instance, dg.build_sensor_context(instance=instance) as context:
                messages.add(postgres.postgres_limits(context).skip_message)
            thread.join(0.1)
    assert not thread.is_alive() and isinstance(ended[0], psycopg.errors.AdminShutdown)
    assert "1 long queries were ended." in messages


def test_a_role_that_may_do_more_than_read_is_refused(published, dsn) -> None:
    with psycopg.connect(dsn, autocommit=True) as admin:
        admin.execute("create role ghost_trade_reader login createdb")
    with pytest.raises(postgres.PostgresFailed, match="may do more than read. Ask for: alter role"):
        serve(published())


def test_what_only_the_owner_of_the_database_can_forbid_is_named(published, server, dsn) -> None:
    with psycopg.connect(dsn, autocommit=True) as admin:
        admin.execute("create role clerk login createrole password 'clerk'")
        admin.execute("grant create on database ghost to clerk")
    notes = serve(replace(published(), pg_dsn=server.dsn("clerk", "clerk", "ghost"))).notes
    with psycopg.connect(dsn, autocommit=True) as admin:
        for note in notes:
            if "Ask for: " in note:
                admin.execute(note.partition("Ask for: ")[2].rstrip("."))
    assert any("revoke temporary on database ghost from public" in note for note in notes)
    assert serve(replace(published(), pg_dsn=server.dsn("clerk", "clerk", "ghost"))).notes == ()
    with psycopg.connect(dsn, autocommit=True) as admin:
        admin.execute("drop owned by clerk cascade")


def server_of(address: str) -> str:
    """The same server and database, as its administrator."""
    return address.replace(f"ghost_trade_reader:{READER_PASSWORD}", f"{ADMIN}:{ENCODED}")


def test_a_reader_in_a_loop_sees_no_failure_over_ten_publications(published, reader) -> None:
    serve(published(build=0))
    address, done, seen, failures = reader(), threading.Event(), [], []

    def read(prepare: bool) -> None:
        until = time.monotonic() + 120
        with psycopg.connect(address, autocommit=True) as con:
            while not done.is_set() and time.monotonic() < until:
                try:
                    seen.append(con.execute("select min(build), max(build), count(*) from marts.gaps",
                                            prepare=prepare).fetchone())  # fmt: skip
                    con.execute("select count(*) from marts.largest join marts.gaps using (code)").fetchone()
                except psycopg.Error as error:
                    failures.append(error)

    readers = [threading.Thread(target=read, args=(prepare,)) for prepare in (True, False)]
    for thread in readers:
        thread.start()
    for build in range(1, 11):
        assert serve(published(build=build)).is_old_dropped
    done.set()
    for thread in readers:
        thread.join()
    assert failures == []
    assert {build for build, _, _ in seen} >= {1, 5, 10} or len({build for build, _, _ in seen}) >= 8
    assert all(lowest == highest and rows == 100 for lowest, highest, rows in seen)  # never half of one


def test_who_reads_long_keeps_the_old_and_hinders_nobody(published, ask, reader, monkeypatch) -> None:
    monkeypatch.setattr(postgres, "LONGEST_WAIT", "200ms")
    serve(published(build=1))
    with psycopg.connect(reader()) as slow:
        assert slow.execute("select max(build) from marts.gaps").fetchone() == (1,)  # and its transaction stays open
        assert not serve(published(build=2)).is_old_dropped
        assert ask("select max(build) from marts.gaps") == [(2,)]
    assert serve(published(build=3)).is_old_dropped
    assert ask("select count(*) from pg_namespace where nspname like 'marts%'") == [(1,)]


def test_a_server_that_dies_half_way_serves_what_it_served(published, ask, server) -> None:
    serve(published(build=1))
    settings = published(build=2, rows=1_000_000)

    def kill_in_the_middle() -> None:
        with psycopg.connect(settings.pg_dsn, autocommit=True) as watch:
            until = time.monotonic() + 60
            while time.monotonic() < until:
                progress = "select sum(tuples_processed) from pg_stat_progress_copy"
                if (watch.execute(progress).fetchone()[0] or 0) > 10_000:
                    break
        server.kill()

    killer = threading.Thread(target=kill_in_the_middle)
    killer.start()
    before = settings.published_path.read_bytes()
    try:
        with pytest.raises(postgres.PostgresFailed) as failed:
            serve(settings)
    finally:
        killer.join()
        server.start()
    message = str(failed.value)
    assert f"127.0.0.1:{server.port}/ghost stopped at gaps." in message
    assert message.endswith("It serves what it served before.") and "\n" not in message
    assert PASSWORD not in message and ENCODED not in message
    assert ask("select max(build), count(*) from marts.gaps") == [(1, 100)]
    assert ask("select count(*) from pg_namespace where nspname like 'marts%'") == [(1,)]
    assert settings.published_path.read_bytes() == before
    assert serve(published(build=3)).rows["gaps"] == 100  # and the next one goes


def test_a_server_that_is_not_there_is_one_sentence_without_the_password(published) -> None:
    settings = published()
    for address in (
        settings.pg_dsn.replace("/ghost", "/nowhere"),
        settings.pg_dsn.replace(ENCODED, "wr0ng"),
        f"postgresql://{ADMIN}:{ENCODED}@127.0.0.1:1/ghost",
    ):
        with pytest.raises(postgres.PostgresFailed, match="took nothing") as failed:
            serve(replace(settings, pg_dsn=address))
        assert not any(secret in str(failed.value) for secret in (PASSWORD, ENCODED, "wr0ng"))
        assert "\n" not in str(failed.value) and failed.value.__suppress_context__ | (not failed.value.__context__)
    assert ENCODED not in repr(settings)


def test_a_strangers_schema_is_never_replaced(published, ask, dsn) -> None:
    with psycopg.connect(dsn) as con:
        con.execute("create schema marts create table theirs (a int)")
    with pytest.raises(postgres.PostgresFailed, match="not one of ours"):
        serve(published())
    assert ask("select count(*) from marts.theirs") == [(0,)]


def test_the_sample_makes_way_for_real_data_and_never_the_other_way(published, ask) -> None:
    serve(published(data="sample"))
    serve(published(data="live"))
    for data in ("sample", "files"):
        with pytest.raises(postgres.PostgresFailed, match="serves the data set live"):
            serve(published(data=data))
    assert ask("select dataset from marts.about") == [("live",)]


def test_who_may_not_make_the_role_is_told_what_to_ask_for(published, server, dsn) -> None:
    with psycopg.connect(dsn, autocommit=True) as admin:
        admin.execute("create role clerk login password 'clerk'")
        admin.execute("grant create on database ghost to clerk")
    settings = replace(published(), pg_dsn=server.dsn("clerk", "clerk", "ghost"))
    with pytest.raises(postgres.PostgresFailed, match="create role ghost_trade_reader login"):
        serve(settings)
    with psycopg.connect(dsn, autocommit=True) as admin:
        admin.execute("create role ghost_trade_reader login")
    assert serve(settings).rows["gaps"] == 100
    with psycopg.connect(dsn, autocommit=True) as admin:
        admin.execute("drop owned by clerk cascade")


def test_psql_reads_it(published, reader) -> None:
    if shutil.which("psql") is None:
        pytest.skip("psql is not installed (Debian: apt install postgresql-client)")
    serve(published())
    answer = subprocess.run(
        ["psql", reader(), "-Atc", "select count(*), max(gap_usd) from gaps"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert answer.stdout == "100|148.5\n", answer.stderr


def test_odbc_reads_it(published, reader, server) -> None:
    pyodbc = pytest.importorskip("pyodbc", exc_type=ImportError)
    driver = next(Path("/usr/lib").glob("*/odbc/psqlodbcw.so"), None)
    if driver is None:
        pytest.skip("the ODBC driver is not installed (Debian: apt install odbc-postgresql)")
    serve(published())
    reader()
    address = (
        f"Driver={driver};Server=127.0.0.1;Port={server.port};Database=ghost;"
        f"UID=ghost_trade_reader;PWD={READER_PASSWORD}"
    )
    with closing(pyodbc.connect(address)) as con:
        [row] = con.execute("select code, gap_usd, kg, day, moment, is_third from marts.gaps where code = '000003'")
        assert tuple(row[:5]) == ("000003", 4.5, None, date(2022, 1, 4), datetime(2022, 1, 1, 10, 11, 12, 123456))
        assert [table.table_name for table in con.cursor().tables(schema="marts")] == ["about", "gaps", "largest"]


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://boss:s3cret@word@127.0.0.1/ghost",
        "postgresql://boss:s3#cret@127.0.0.1/ghost",
        "postgresql://boss:s3/cret@127.0.0.1/ghost",
        "host=127.0.0.1 password=s3cret dbname=ghost",
        "mysql://boss:s3cret@127.0.0.1/ghost",
        "postgresql://boss:s3cret@127.0.0.1",
    ],
)
def test_an_address_that_cannot_be_read_is_not_repeated(address: str) -> None:
    with pytest.raises(SettingsError, match="percent-encoded") as refused:
        Settings.from_environment({"PG_DSN": address})
    assert "s3" not in str(refused.value) and refused.value.__cause__ is None


def test_without_an_address_nothing_happens_and_it_says_so(monkeypatch, tmp_path) -> None:
    monkeypatch.delenv("PG_DSN", raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    result = postgres.postgres(dg.build_asset_context())
    assert result.metadata == {"idle": "PG_DSN is not set"}
    assert list(tmp_path.iterdir()) == []
