"""What a source is.

A source is one module in sources/ with NAME, TABLES, `recognise` and `read`, and `fetch` where a service can be asked
or `make` where a package holds the data; it knows nothing downstream and no other source. Not here: what is done with
it (intake.py, fetch.py, assets.py).
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import dagster as dg

from dagster_project.files.formats import Head, RejectedFile
from dagster_project.files.landing import Landing, Recognised
from dagster_project.settings import SEEDS_DIR, Settings
from dagster_project.warehouse import Rows, Table

if TYPE_CHECKING:
    from dagster_project.ingest.fetch import FetchSession

POOL = "duckdb_writer"
RETRIES = dg.RetryPolicy(max_retries=2, delay=2, backoff=dg.Backoff.EXPONENTIAL)


@dataclass(frozen=True)
class Source:
    name: str
    tables: tuple[Table, ...]
    recognise: Callable[[Head], Recognised | None]
    read: Callable[[Path, Landing, Head], dict[str, Rows]]
    fetch: Callable[[FetchSession], None] | None = None  # asks its service for what is newer than what has landed
    make: Callable[[Path], Sequence[Path]] | None = None  # writes its files itself, from a package
    has_months: bool = False  # its service is asked month by month, so one can be asked for again
    # Why its files may not be loaded under these settings: a licence that someone has to agree to.
    withheld: Callable[[Settings], RejectedFile | None] = lambda settings: None

    @classmethod
    def of(cls, module: ModuleType) -> Source:
        optional = {name: getattr(module, name) for name in ("fetch", "make", "withheld") if hasattr(module, name)}
        return cls(
            module.NAME,
            module.TABLES,
            module.recognise,
            module.read,
            has_months=getattr(module, "HAS_MONTHS", False),
            **optional,
        )


def stale_after(source_name: str) -> timedelta:
    """How old a source's last word may be (METHODS check 21), from seeds/publishers.csv."""
    with (SEEDS_DIR / "publishers.csv").open(newline="", encoding="utf-8") as seed:
        days = {row["source_name"]: int(row["stale_after_days"]) for row in csv.DictReader(seed)}
    return timedelta(days=days[source_name])
