"""Dagster's record of runs in SQLite, with its connections kept open: the instance that `make run` works in.

A run writes some two thousand events. Dagster makes an engine and a connection for each of their statements, so that
each is compiled anew, and each close writes the log through to the file: half a minute of every run, however small.
Here belongs only how connections are made; what is recorded, and its tables, are Dagster's. The files lie where
Dagster's default has them, so that either reads what the other wrote. Its daemon and its pages, which start without
this project on their path, use the default.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dagster import DagsterInstance
from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from sqlalchemy import Connection, Engine, create_engine, event

OPEN = 4  # files: the index of all runs, the run that is written, and some that are looked at


def instance(home: Path) -> DagsterInstance:
    """Dagster's instance in `home`, with the settings of the dagster.yaml there and this record of events."""
    storage = PooledSqliteEventLogStorage
    pooled = {"module": storage.__module__, "class": storage.__name__, "config": {"base_dir": str(home)}}
    return DagsterInstance.from_ref(InstanceRef.from_dir(str(home), overrides={"event_log_storage": pooled}))


class PooledSqliteEventLogStorage(SqliteEventLogStorage):
    """One engine with one connection for each file, the last few used."""

    def __init__(self, base_dir: str, inst_data: Any = None):
        self._engines: dict[str, Engine] = {}
        self._tables: set[str] = set()
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: dict[str, str]) -> PooledSqliteEventLogStorage:
        """`base_dir` is Dagster's home."""
        return cls(str(Path(config_value["base_dir"]) / "history" / "runs"), inst_data)

    def has_table(self, table_name: str) -> bool:
        """Called at every event of an asset or check; a table that is there stays there."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:  # Dagster's own: one statement at a time in a process
            engine = self._engines.pop(shard, None) or self._engine(shard)
            self._engines[shard] = engine  # the last one used is last
            with engine.connect() as con, con.begin():
                yield con

    def _engine(self, shard: str) -> Engine:
        while len(self._engines) >= OPEN:
            self._engines.pop(next(iter(self._engines))).dispose()
        address = self.conn_string_for_shard(shard)
        engine = create_engine(address, pool_size=1, connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS})
        event.listen(engine, "connect", _flush_less)
        if shard not in self._initialized_dbs:
            self._initdb(engine)
            self._initialized_dbs.add(shard)
        return engine

    def dispose(self) -> None:
        with self._db_lock:
            while self._engines:
                self._engines.popitem()[1].dispose()
        super().dispose()


def _flush_less(connection: sqlite3.Connection, _: object) -> None:
    """With a write-ahead log a power cut may cost the last events of a record, and never the record."""
    connection.execute("pragma synchronous = normal")
