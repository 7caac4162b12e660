"""What a person reads at the end of a run, where the shared refresh (test_refresh.py) does not show it."""

from __future__ import annotations

from types import SimpleNamespace

import duckdb
import pytest
import small_marts
from downloads import prepare
from small_marts import ABOUT

from dagster_project import __main__ as command
from dagster_project.definitions import SOURCES
from dagster_project.settings import Settings


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
