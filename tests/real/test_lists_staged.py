"""The real EU and UN lists in staging: who is there, since when, by which name, and who has gone.

Here belong the columns that what comes after staging relies on, figures of real lists, and a build as of a past
day. Not here: the single decisions (dbt's unit tests beside the models) and what raw holds (tests/ingest).
"""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest
from dbt_cli import Dbt
from downloads import reasons, refresh

from dagster_project.definitions import SOURCES
from dagster_project.settings import Settings

pytestmark = pytest.mark.real

COLUMNS = {
    "entries": {"list_id", "source_id", "name", "kind", "listed_on", "remarks", "first_seen_at", "gone_at"},
    "names": {"list_id", "source_id", "name", "name_kind", "gone_at"},
    "locations": {"list_id", "source_id", "link_kind", "country_label", "country_code", "city", "gone_at"},
    "programs": {"list_id", "source_id", "program", "legal_basis", "listed_on", "gone_at"},
    "identifiers": {"list_id", "source_id", "identifier_type", "identifier", "country_label", "gone_at"},
}
FILES = (
    "full_xml/eu_fsf_full_1_1_20240513.xml.gz",
    "full_xml/un_consolidated_20240515.xml.gz",
    "un/un_consolidated_20260227.xml",
)
Ask = Callable[[str], list[tuple]]


@pytest.fixture(scope="module")
def loaded(shared, tmp_path_factory) -> Settings:
    """Both lists in raw, the UN's in two editions, known on the days they were published."""
    folder = tmp_path_factory.mktemp("lists")
    (folder / "inbox").mkdir()
    for number, name in enumerate(FILES):
        (folder / "inbox" / str(number)).symlink_to(shared / "sanctions" / name)
    settings = Settings.from_environment(
        {"DATA": "files", "INBOX": str(folder / "inbox"), "DATA_DIR": str(folder / "data"), "DUCKDB_THREADS": "2"}
    )
    refresh(settings, SOURCES)
    assert reasons(settings) == []
    return settings


def staged(settings: Settings, home: Path) -> Ask:
    done = Dbt(home, settings)("build", "--select", "staging.eu", "staging.un", "--exclude-resource-type", "unit_test")
    assert done.returncode == 0, done.stdout

    def ask(sql: str) -> list[tuple]:
        with duckdb.connect(str(settings.warehouse_path), read_only=True) as con:
            con.execute("use staging")
            return con.execute(sql).fetchall()

    return ask


@pytest.fixture(scope="module")
def ask(loaded, dbt_home) -> Ask:
    return staged(loaded, dbt_home)


@pytest.mark.parametrize("source", ["eu", "un"])
@pytest.mark.parametrize("model", COLUMNS)
def test_what_comes_after_staging_finds_its_columns(ask, source, model):
    assert {name for name, *_ in ask(f"describe stg_{source}__{model}")} >= COLUMNS[model]


def test_each_entry_has_one_principal_name_a_kind_and_a_day(ask):
    for source, entries in (("eu", 4_808), ("un", 1_012)):
        assert ask(f"select count(*), count(name), count(kind), count(listed_on) from stg_{source}__entries") == [
            (entries,) * 4
        ]
        assert ask(f"select count(*) from stg_{source}__names where name_kind = 'primary'") == [(entries,)]
        for model in ("names", "locations", "programs", "identifiers"):
            strangers = f"from stg_{source}__{model} anti join stg_{source}__entries using (list_id, source_id)"
            assert ask(f"select count(*) {strangers}") == [(0,)]


@pytest.mark.parametrize(
    "reference, name, listed_on",
    [
        ("EU.7510.16", "Vladimir Vladimirovich PUTIN", date(2022, 2, 25)),
        ("EU.7890.86", "Oleg Vladimirovich DERIPASKA", date(2022, 4, 8)),  # amended in March and September 2023
        ("EU.27.28", "Saddam Hussein Al-Tikriti", date(2003, 7, 7)),  # no designation date
        ("EU.334.4", "Sayed Esmatullah Asem Abdul Quddus", date(2001, 2, 23)),  # under two programmes
    ],
)
def test_an_eu_entry_has_the_name_and_the_day_it_is_known_by(ask, reference, name, listed_on):
    assert ask(f"select name, listed_on from stg_eu__entries where reference_number = '{reference}'") == [
        (name, listed_on)
    ]


def test_nearly_every_principal_name_of_the_eu_is_written_in_latin_letters(ask):
    [(others,)] = ask("select count(*) from stg_eu__entries where not regexp_matches(name, '[A-Za-z]')")
    assert others <= 30


def test_listings_for_ukraine_begin_in_2014(ask):
    assert ask("select count(*), min(listed_on) from stg_eu__programs where program = 'UKR'") == [
        (2_130, date(2014, 3, 6))
    ]


def test_who_left_the_uns_list_stays_with_the_day_it_went(ask):
    assert ask("select count(*), count(gone_at), min(gone_at)::date, max(gone_at)::date from stg_un__entries") == [
        (1_012, 9, date(2026, 2, 27), date(2026, 2, 27))
    ]
    assert ask("""
        select name, kind, first_seen_at::date from stg_un__entries where source_id = 'YEi.003'""") == [
        ("ALI ABDULLAH SALEH", "person", date(2024, 5, 15))
    ]
    # with its principal name and its programme
    for model in ("names where name_kind = 'primary'", "programs"):
        assert ask(f"select count(gone_at) from stg_un__{model}") == [(9,)]


def test_as_of_a_day_between_two_editions_the_earlier_one_stands(loaded, dbt_home, tmp_path):
    shutil.copytree(loaded.data_dir, tmp_path / "data")  # the views of today stay as they are
    then = staged(replace(loaded, data_dir=tmp_path / "data", as_of=date(2025, 1, 1)), dbt_home)
    assert then("select count(*), count(gone_at) from stg_un__entries") == [(875, 0)]
    assert then("select count(*) from stg_un__programs where program = 'Iran'") == [(0,)]
    assert then("select count(*) from stg_un__names where gone_at is not null") == [(0,)]
