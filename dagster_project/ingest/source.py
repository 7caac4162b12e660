"""What a source is.

A source is one module (or one package) in sources/ with NAME, TABLES, `recognise` and `read`; `fetch` where a service
holds newer data, `make` where a Python package holds data, GATES where its tables need checks of their own, LAYOUTS
where an edition comes in some that hold more than others. It knows nothing downstream and no other source. Not here:
what is done with it (intake.py, fetch.py, assets.py).
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import dagster as dg

from dagster_project.files.rejection import RejectedFile
from dagster_project.settings import SEEDS_DIR, Settings
from dagster_project.warehouse import Rows, Table

if TYPE_CHECKING:
    from dagster_project.files.formats import Head
    from dagster_project.files.landing import Landing, Recognised
    from dagster_project.ingest.fetch import FetchSession

POOL = "duckdb_writer"
UNMAPPED_TOLERATED = 0.001  # METHODS check 09: all value is mapped to a country or to a code known not to be one
MOST_WITHOUT_PART = 0.1  # of a list's entries, without what its layout has in every entry
RETRIES = dg.RetryPolicy(max_retries=2, delay=2, backoff=dg.Backoff.EXPONENTIAL)


@dataclass(frozen=True)
class Finding:
    """The result of one gate. `blocks` is False for what a person should know and a run may survive."""

    passed: bool
    sentence: str
    numbers: dict[str, float] = field(default_factory=dict)
    blocks: bool = True


# A gate reads the warehouse, and may use the findings of the gates before it, by their names.
Gate = Callable[[Settings, Mapping[str, Finding]], Finding]


@dataclass(frozen=True)
class Source:
    """A source's module as an object: what it publishes, how its files are recognised and read."""

    name: str
    tables: tuple[Table, ...]
    recognise: Callable[[Head], Recognised | None]
    read: Callable[[Path, Landing, Head], Mapping[str, Rows]]
    fetch: Callable[[FetchSession], None] | None = None  # requests from its service what is newer than what has landed
    make: Callable[[Path, Settings], Sequence[Path]] | None = None  # writes files from a package, beside the inbox's
    gates: Mapping[str, Mapping[str, Gate]] = field(default_factory=dict)  # raw table → gate's name → gate
    layouts: Sequence[str] = ()  # of one edition's layouts that hold more or less, the one that holds least first
    has_months: bool = False  # its service answers month by month, so one month can be requested again
    # Why its files may not be loaded under these settings: a licence that someone has to agree to.
    withheld: Callable[[Settings], RejectedFile | None] = lambda settings: None

    @classmethod
    def of(cls, module: ModuleType) -> Source:
        """The source that a module in sources/ describes. Raises AttributeError where a required name is missing."""
        optional = {name: getattr(module, name) for name in ("fetch", "make", "withheld") if hasattr(module, name)}
        return cls(
            module.NAME,
            module.TABLES,
            module.recognise,
            module.read,
            gates=getattr(module, "GATES", {}),
            layouts=getattr(module, "LAYOUTS", ()),
            has_months=getattr(module, "HAS_MONTHS", False),
            **optional,
        )

    def rank(self, layout: str) -> int:
        """How much a layout holds, against the source's other layouts of the same edition."""
        return self.layouts.index(layout) if layout in self.layouts else 0


def check_parts(entries: int, **parts: int) -> None:
    """What a layout has in every entry stands in nearly all of them: of so many entries, the `parts` (by the element's
    name) stand in so many. Raises RejectedFile where more than a tenth lack one: the layout has changed, and an entry
    without its program or name would be listed under none."""
    for element, present in parts.items():
        if present < (1 - MOST_WITHOUT_PART) * entries:
            raise RejectedFile(
                f"{entries - present:,} of {entries:,} entries have no {element}, which this layout has in all.",
                "The publisher has changed the layout, or the file was edited: nothing of it was loaded. "
                "Download it again, and report it if it stays so.",
            )


def stale_after(source_name: str) -> timedelta:
    """The age at which a source's newest data are stale (METHODS check 21), from seeds/publishers.csv."""
    with (SEEDS_DIR / "publishers.csv").open(newline="", encoding="utf-8") as seed:
        days = {row["source_name"]: int(row["stale_after_days"]) for row in csv.DictReader(seed)}
    return timedelta(days=days[source_name])
