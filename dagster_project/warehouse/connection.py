"""Opening DuckDB files, querying them, and quoting what goes into SQL.

Here belongs what every statement needs whatever it is about. Not here: what lies in a file (catalog.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.files.rejection import MachineFailure, RejectedFile
from dagster_project.settings import Settings

Connection = duckdb.DuckDBPyConnection
QueryError = duckdb.Error  # what a query may raise

# The warehouse's own file has one reader: us, and the newest format writes text columns 1.6 times faster. The marts
# lie beside it in an older one, for readers in the field (BI drivers) are older than the writer (dbt/profiles.yml).
WAREHOUSE_STORAGE = "latest"

# Errors of reading and writing that speak of the file that is read, and not of the disk or the warehouse.
OF_THE_FILE = re.compile("gzip|zstd|decompress|parquet|json|csv|match checksum|corruption", re.I)
NO_ROOM = re.compile("no space left|disk quota", re.I)  # whatever file it names


class WarehouseBusy(MachineFailure):
    """Another process holds the warehouse's file."""


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


@contextmanager
def connect(settings: Settings, *, read_only: bool = False) -> Iterator[Connection]:
    """The warehouse, opened late and closed whatever happens: its file, and that of the marts as `unpublished`.

    Raises WarehouseBusy when another process writes it.
    """
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
            connection.execute(f"attach if not exists {literal(settings.unpublished_path)} as unpublished{mode}")
        yield connection
    finally:
        connection.close()


@contextmanager
def connect_file(settings: Settings, file: Path, *, read_only: bool = True) -> Iterator[Connection]:
    """A DuckDB file that is not the warehouse, such as one with marts."""
    # A link is followed first: this process would share an open file by its name, also when the name leads elsewhere.
    connection = duckdb.connect(str(file.resolve()), read_only=read_only, config=_config(settings))
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def published(settings: Settings) -> Iterator[Connection]:
    """The published file, read-only, as a reader opens it."""
    with connect_file(settings, settings.published_path) as connection:
        yield connection


def value(con: Connection, sql: str, parameters: Sequence[object] = ()) -> Any:
    """The one value of a query's one row, or the number of rows that a statement changed."""
    [(only,)] = con.execute(sql, parameters).fetchall()
    return only


def ask(settings: Settings, sql: str) -> list[tuple]:
    """The rows of a query over the warehouse, read-only."""
    with connect(settings, read_only=True) as con:
        return con.execute(sql).fetchall()


def scan(sql: str) -> list[tuple]:
    """The rows of a query over files outside the warehouse. Raises RejectedFile for a file DuckDB cannot read."""
    con = _scratch().cursor()
    try:
        with rejecting_unreadable():
            return con.execute(sql).fetchall()
    finally:
        con.close()


@contextmanager
def rejecting_unreadable() -> Iterator[None]:
    """An error of DuckDB over the one file that is read inside rejects that file. What any other file would meet as
    well (a full disk, a warehouse that cannot be written) passes through."""
    try:
        yield
    except duckdb.Error as error:
        if NO_ROOM.search(str(error)):
            raise MachineFailure.of(error) from error
        if isinstance(error, duckdb.OutOfMemoryException):
            raise RejectedFile(
                "It needs more memory than DuckDB may take (DUCKDB_MEMORY_LIMIT).",
                "Give it more, or load the file in smaller parts.",
                passing=True,
            ) from error
        if isinstance(error, duckdb.FatalException | duckdb.InternalException):
            _scratch.cache_clear()  # after such an error a database in memory answers nothing any more
            raise RejectedFile(
                f"DuckDB fails on it ({' '.join(str(error).split())[:120]}).",
                "The file is probably damaged: download it again. If it is the publisher's own, report this.",
                is_unforeseen=True,
            ) from error
        if isinstance(error, duckdb.IOException) and not OF_THE_FILE.search(str(error)):
            raise MachineFailure.of(error) from error
        raise unreadable(error) from error


@cache
def _scratch() -> Connection:
    """A database in memory, which locks nothing and may stay open: to open one takes longer than a small question."""
    return duckdb.connect(config={"autoinstall_known_extensions": "false"})


def _config(settings: Settings) -> dict[str, Any]:
    return {
        "memory_limit": settings.memory_limit,
        "threads": settings.threads,
        "autoinstall_known_extensions": "false",  # nothing is downloaded behind anyone's back
    }


def unreadable(error: duckdb.Error) -> RejectedFile:
    """DuckDB's long message about a file as one sentence with the row."""
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
    sentence = re.sub(r"^[A-Z][A-Za-z ]+ Error: ", "", message.splitlines()[0])
    sentence = re.sub(r"""\s*(in|at end of|for)? ?\b(the )?file:? ["'][^"']*["']""", "", sentence).rstrip(". ")
    return RejectedFile(f"It cannot be read: {sentence}.", "Download the file again.", row=row)
