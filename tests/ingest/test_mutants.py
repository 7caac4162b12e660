"""Damaged files of every layout: each is rejected with its cause, held back, loaded as it was, or known to pass.

Each mutant goes the way of every file, with the others of its layout and between two whole files: it is recognised and
landed by all sources. Then it is loaded alone, where the whole edition is loaded already. `UNSEEN` names what changes
figures and why no rule of a file can see it. `python -m pytest -s tests/ingest/test_mutants.py` prints the outcomes.
Not here: how a mutant is made (mutants.py), or the sentences for single faults (test_bad_input.py).
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from downloads import csv_of, flow, loaded, prepare, reasons, refresh
from mutants import LAYOUTS, Layout, mutants

from dagster_project import warehouse
from dagster_project.files import landing
from dagster_project.files.landing import Landing
from dagster_project.ingest import inbox, intake
from dagster_project.ingest.source import Source
from dagster_project.ingest.sources import (
    comtrade,
    ecb,
    eu_regulation,
    eu_sanctions,
    eurostat,
    japan_customs,
    kazstat,
    kyrstat,
    ofac,
    openicpsr,
    opensanctions,
    own_flows,
    uk_sanctions,
    un_sanctions,
    unsd,
    us_census,
    us_screening,
)
from dagster_project.settings import Settings
from dagster_project.warehouse import literal

MODULES = (
    comtrade, eurostat, kazstat, kyrstat, us_census, japan_customs, own_flows, ofac, eu_sanctions, eu_regulation,
    un_sanctions, uk_sanctions, us_screening, opensanctions, ecb, unsd, openicpsr,
)  # fmt: skip
SOURCES = {module.NAME: replace(Source.of(module), make=None) for module in MODULES}  # without a package's own files

LEAST_MUTANTS = 30
SAME, CHANGED, REJECTED, HELD_BACK = "loaded as it was", "changed figures", "rejected", "held back"


@dataclass(frozen=True)
class Unseen:
    """What changes figures though every rule is kept: why, and in which layouts."""

    because: str
    layouts: frozenset[str]


def unseen(because: str, *layouts: str) -> Unseen:
    return Unseen(because, frozenset(layouts))


FLOWS = ("comtrade csv", "comtrade bulk")
ALL_FLOWS = (*FLOWS, "comtrade web download", "comtrade json", "comtrade parquet")
NATIONAL = ("kazstat workbook", "kyrstat workbook")
XML = ("ofac xml", "ofac advanced xml", "eu xml", "uk xml", "un xml")
LISTS = (*XML, "ofac csv", "us screening csv", "opensanctions csv")
RATES = ("ecb answer", "ecb history")
CENSUS = ("us census exports", "us census imports")
OWN = ("own flows csv", "own flows parquet")
FLIPPED = "a bit flipped"  # in any layout: one letter or digit is another one, and nothing beside it says which

UNSEEN = {
    "a record lost": unseen(
        "Partners and parties come and go; a tenth of a list and a fifth of a flow is believed (E13). Of flows the sum "
        "of the partners says that one lacks, and its cell is doubted and no zero (int_reports_doubted).",
        *ALL_FLOWS,
        "comext month",
        "comext web download",
        *NATIONAL,
        "unsd workbook",
        "openicpsr csv",
        *RATES,
        *LISTS,
        *CENSUS,
        "japan customs csv",
        *OWN,
        "eu regulation",
    ),
    "a record twice": unseen(
        "The publisher repeats rows itself, and a party is listed once.", "us screening csv", "eu regulation"
    ),
    "a digit changed in a value, wherever it stands": unseen(
        "It is what a revision looks like; the sum of the partners differs, and the figure is doubted.",
        *FLOWS,
        "comext month",
    ),
    "a digit changed in a value": unseen(
        "The layout gives a value once, and it is what a revision looks like.",
        "comext web download",
        "kyrstat workbook",
        *RATES,
        "own flows csv",
    ),
    "a value a thousandfold, wherever it stands": unseen(
        "The sum of the partners differs, and the unit value is named as an error (unit_value_anomalies).",
        *FLOWS,
        "comext month",
        "us census imports",
        "japan customs csv",
    ),
    "a value a thousandfold": unseen(
        "The layout gives a value once, and neither a weight nor a sum.",
        "comext web download",
        "kyrstat workbook",
        "own flows csv",
        "us census exports",
    ),
    "a weight a thousandfold": unseen(
        "A good may weigh anything; against all reports of it the unit value is named as an error.",
        *ALL_FLOWS,
        "comext month",
        "own flows csv",
        "japan customs csv",
    ),
    "an empty value": unseen("An empty cell is a figure that was not given, and no zero.", "kyrstat workbook", *RATES),
    "nothing in place of a value": unseen("So the office writes what it did not observe.", "kyrstat workbook"),
    "another country's number": unseen("The bulk layout names a country once.", "comtrade bulk"),
    "another country's number and letters": unseen("All of the row says so; the sum is the same.", "comtrade csv"),
    "another country's code": unseen(
        "The layout names a country once.", "comext month", *CENSUS, "japan customs csv", "own flows csv"
    ),
    "another country's name": unseen("The layout names a country once.", "comext web download", *NATIONAL),
    "a country's number that no list has": unseen(
        "The gate says it and blocks where it is much value (mapped); cells of its reporter are doubted.", *FLOWS
    ),
    "a country's code that no list has": unseen(
        "Rows of countries outside the corridors are not kept.", "comext month", *CENSUS, "japan customs csv"
    ),
    "a country's name that no list has": unseen(
        "The gate, or dbt's test of names, says it and blocks where it is much value.",
        "comext web download",
        *NATIONAL,
    ),
    "another reporter": unseen("The layout names a reporter once.", "comext month", "own flows csv"),
    "the other flow": unseen("The layout gives the flow once.", "comext month", "own flows csv"),
    "a flow that no list has": unseen("It is counted, said and not used; its cells are doubted.", *FLOWS),
    "another period, wherever it stands": unseen("A download may hold several periods.", *FLOWS),
    "another period": unseen("A series may have gaps, and days to come are none.", *RATES, *CENSUS),
    "a good of another chapter": unseen(
        "It is a code that there is.", *FLOWS, "comext month", *CENSUS, "japan customs csv", "own flows csv"
    ),
    "another code": unseen("Both sheets say so.", "unsd workbook", "eu regulation"),
    "another good": unseen("It is a code that there is.", "openicpsr csv"),
    "another day": unseen("It is a day that there was.", "openicpsr csv"),
    "no sanction any more": unseen("So a delisting looks.", "openicpsr csv", "opensanctions csv"),
    "a digit changed in a name": unseen("Publishers correct names every day.", *LISTS, "eu regulation"),
    "an empty name": unseen("The publisher has such entries; more than a tenth are rejected.", "uk xml"),
    "a program renamed": unseen(
        "Programs are made; one that vanishes whole is held back.", "ofac xml", "ofac csv", "eu xml"
    ),
    "a regime renamed": unseen("As a program.", "uk xml"),
    "a committee renamed": unseen("As a program.", "un xml"),
    "another list": unseen("As a program.", "us screening csv", "opensanctions csv"),
    "another unit": unseen("The layout gives the unit once.", "japan customs csv"),
    "months exchanged": unseen("Their sum is the same.", "japan customs csv"),
    "a value in the month after": unseen("The sum of the months is the same.", "japan customs csv"),
    "another basis": unseen("The layout gives the basis once; both bases may be in one table.", "own flows csv"),
    "another revision": unseen("It was in force, and tables keep an earlier one.", "own flows csv"),
    "another currency": unseen("The layout gives the currency once.", "own flows csv"),
    "another release": unseen("A later release replaces what it holds.", "own flows csv"),
    "another table's name": unseen("It is another table.", "own flows csv"),
    "an older day": unseen("Several versions of the regulation stand side by side.", "eu regulation"),
    "two records in the other order": unseen("The order of rows is kept; no list depends on it.", "eu regulation"),
    "two codes in a cell": unseen("The regulation has such cells: both are listed.", "eu regulation"),
    "a code that is none": unseen(
        "It is loaded without a code and warned of; more than a tenth of an annex is rejected.", "eu regulation"
    ),
    "a code whose zero is cut": unseen("As a code that is none.", "eu regulation"),
    "a cell lost": unseen("As a code that is none.", "eu regulation"),
    "a cell more": unseen("As a code that is none.", "eu regulation"),
    "an empty code": unseen("A row without a code goes on from the one above it.", "eu regulation"),
    "a party's name lost": unseen("A row without a name goes on from the one above it.", "eu regulation"),
    "a header of codes renamed": unseen(
        "Codes in a cell of their own are read in tables without a header, too.", "eu regulation"
    ),
    "an entity that is unknown": unseen("Browsers read it as text, and so does the description.", "eu regulation"),
    "an unclosed tag": unseen("HTML need not close its tags.", "eu regulation"),
}


class World:
    """A data directory that holds a layout's whole edition, and its inbox full of mutants."""

    def __init__(self, root: Path, layout: Layout) -> None:
        self.layout, self.source = layout, SOURCES[layout.source]
        self.settings = Settings.from_environment({
            "DATA": "files", "INBOX": str(root / "inbox"), "DATA_DIR": str(root / "data"), "DUCKDB_THREADS": "1",
            "USE_OPENSANCTIONS": "yes",
        })  # fmt: skip
        self.put(f"whole/{layout.file_name}", layout.good)
        prepare(self.settings, list(SOURCES.values()))
        assert self.land() == {}
        [(_, whole)] = intake.load_landed(self.settings, self.source)
        assert isinstance(whole, warehouse.Loaded), whole
        with warehouse.connect(self.settings, read_only=True) as con:
            self.whole = self.rows(con)

    def put(self, name: str, content: bytes) -> None:
        path = self.settings.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def land(self) -> dict[str, str]:
        """What an inbox meets before anything is loaded: file → reason of those that are rejected."""
        with warehouse.connect(self.settings, read_only=True):  # one opening for many questions
            rejected = [("unknown", *pair) for pair in inbox.unrecognised_files(self.settings, list(SOURCES.values()))]
            for source in SOURCES.values():
                rejected += [(source.name, *pair) for pair in intake.land(self.settings, source)[1]]
        return {file.name: str(reason) for _, file, reason in rejected}

    def rows(self, con: warehouse.Connection) -> dict[str, list[tuple]]:
        """The rows in force, of each table."""
        return {
            table.name: sorted(
                con.execute(
                    f"select {warehouse.identifiers(table.columns)} from raw.{table.name} where _valid_to is null"
                ).fetchall(),
                key=repr,
            )
            for table in self.source.tables
        }

    def load_alone(self, one: Landing) -> Outcome:
        """Load a landing where only the whole edition is loaded, and leave it as it was."""
        own = literal(one.landing_id)
        with warehouse.connect(self.settings) as con:
            done = intake.load(self.settings, self.source, one)
            rows = self.rows(con)
            inserted = sum(
                warehouse.value(con, f"select count(*) from raw.{table.name} where _landing_id = {own}")
                for table in self.source.tables
            )
            assert inserted == (done.inserted if isinstance(done, warehouse.Loaded) else 0), "whole, or not at all"
            for table in self.source.tables:
                con.execute(f"delete from raw.{table.name} where _landing_id = {own}")
                con.execute(f"update raw.{table.name} set _valid_to = null, _closed_by = null where _closed_by = {own}")
            con.execute(f"delete from raw.landings where landing_id = {own}")
            assert self.rows(con) == self.whole
        if isinstance(done, warehouse.Loaded):
            return Outcome(SAME if rows == self.whole else CHANGED)
        assert rows == self.whole, "what is not loaded changes nothing"
        return Outcome(HELD_BACK if isinstance(done, warehouse.HeldBack) else REJECTED, str(done))


@dataclass(frozen=True)
class Outcome:
    """What became of a mutant, and why it was not loaded."""

    outcome: str
    reason: str = ""


def outcomes(layout: Layout, root: Path) -> dict[str, Outcome]:
    """What becomes of each mutant of a layout, by what happened to it."""
    world, made = World(root, layout), mutants(layout)
    for number, mutant in enumerate(made, start=1):
        world.put(f"{number}/{mutant.file_name}", mutant.content)
    rejected = world.land()
    landings = [one for source in SOURCES for one in landing.landed(world.settings.landing_dir, source)]
    assert {one.source for one in landings} == {layout.source}, "none is taken for another's"
    landed = {folder_of(one.original_name): one for one in landings}
    reasons = {folder_of(name): Outcome(REJECTED, reason) for name, reason in rejected.items()}
    return {
        mutant.what: world.load_alone(landed[folder])
        if folder in landed
        else reasons.get(folder, Outcome(SAME))  # its bytes had landed
        for folder, mutant in ((str(number), mutant) for number, mutant in enumerate(made, start=1))
    }


def folder_of(name: str) -> str:
    """Which mutant a file is, by its folder in the inbox."""
    return name.partition("/")[0]


def kind_of(what: str) -> str:
    """What happened, without the number of the bit."""
    return what.rstrip(" 0123456789")


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_a_mutant_is_rejected_held_back_harmless_or_known_to_pass(layout, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda _: None)  # it waits for the disk two thousand times
    results = outcomes(layout, tmp_path)
    assert len(results) >= LEAST_MUTANTS
    for what, result in results.items():
        assert not result.reason or result.reason.endswith("."), (what, result)
        for never in ("Traceback", "\n", str(tmp_path), "report this"):  # the last: nobody foresaw it
            assert never not in result.reason, (what, result)
    changed = {kind_of(what) for what, result in results.items() if result.outcome == CHANGED}
    known = {kind for kind, unseen in UNSEEN.items() if layout.name in unseen.layouts}
    assert changed - {FLIPPED} == known
    counts = Counter(result.outcome for result in results.values())
    print(
        f"\n{layout.name:22}",
        *(f"{counts[outcome]:4} {outcome:18}" for outcome in (REJECTED, HELD_BACK, SAME, CHANGED)),
    )


def test_no_mutant_stops_a_whole_file_of_the_same_inbox(tmp_path):
    """Before it and after it, where DuckDB reads damaged bytes itself."""
    layout = next(layout for layout in LAYOUTS if layout.name == "comtrade parquet")
    world, made = World(tmp_path, layout), mutants(layout)
    for number, mutant in enumerate(made, start=1):
        world.put(f"{number}/{mutant.file_name}", mutant.content)
    neighbours = {"0/first.csv": "201901", "999/last.csv": "201902"}
    for name, period in neighbours.items():
        world.put(name, csv_of([flow(period=period)]))
    refresh(world.settings, [world.source])
    assert set(neighbours) < loaded(world.settings)
    assert 0 < len(reasons(world.settings)) < len(made)
