"""Two times of one row: when its publisher said it, and when we learned it. And the fetch sessions that bring it.

A little list stands for every source: its file says its own date, as OFAC's do. Not here: what a load does
with the rows of one moment (test_load.py), or what the network does (test_network.py).
"""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from services import Services, login_page, status

from dagster_project import warehouse
from dagster_project.files import landing
from dagster_project.files.formats import Head
from dagster_project.files.landing import Recognised
from dagster_project.files.rejection import RejectedFile
from dagster_project.ingest import http_client, intake
from dagster_project.ingest.fetch import FetchSession
from dagster_project.ingest.source import Source
from dagster_project.settings import Settings
from dagster_project.warehouse import Rows, Table, text

HEADER = "id,name,said_on"
ENTRIES = Table("list_entries", ("id", "name", "said_on"), key=("id",), compared=(text("name"),))


def recognise(head: Head) -> Recognised | None:
    if head.first_line != HEADER:
        return None
    first = next(csv.reader(head.text.decode().splitlines()[1:2]))
    return Recognised("entries", "csv", "the-list", first[2])


def read(path: Path, one: landing.Landing, head: Head) -> dict[str, Rows]:
    return {ENTRIES.name: Rows(f"select * from read_csv('{path}', header = true, all_varchar = true)", first_row=2)}


def fetch(session: FetchSession) -> None:
    session.fetch("LIST_URL", partition="the-list", expect=("csv",))


SOURCE = Source("list", (ENTRIES,), recognise, read, fetch=fetch)


def edition(said_on: str, **names: str) -> bytes:
    """One edition of the list: id=name, with the day it gives itself (empty: none)."""
    return "\n".join([HEADER, *(f"{key},{name},{said_on}" for key, name in names.items()), ""]).encode()


def prepare(settings: Settings) -> None:
    now = datetime.now(UTC).replace(tzinfo=None)
    warehouse.prepare(settings, SOURCE.tables, run_id="run", code_version="test", started_at=now)


def give(settings: Settings, *editions: bytes) -> list[str]:
    """One run with these files in the inbox. Returns what was refused."""
    for number, content in enumerate(editions):
        (settings.inbox / f"{len(list(settings.inbox.iterdir()))}-{number}.csv").write_bytes(content)
    prepare(settings)
    _, rejected = intake.land(settings, SOURCE)
    intake.load_landed(settings, SOURCE)
    return [str(reason) for _, reason in rejected]


def published(settings: Settings, day: str) -> dict[str, str]:
    """What the publisher had said by the end of a day: the rule staging applies when AS_OF is set."""
    end = f"(date '{day}' + interval 1 day)"
    return dict(
        warehouse.ask(
            settings,
            f"select id, name from raw.list_entries where _valid_from < {end} "
            f"and (_valid_to is null or _valid_to >= {end})",
        )
    )


def known(settings: Settings, landing_number: int) -> dict[str, str]:
    """What we knew after so many landings, whatever day they speak of."""
    return dict(
        warehouse.ask(
            settings,
            f"""with learned as (
                select landing_id, row_number() over (order by vintage) as number from raw.landings
            )
            select id, name from raw.list_entries
            inner join learned as opened on opened.landing_id = _landing_id and opened.number <= {landing_number}
            left join learned as closed on closed.landing_id = _closed_by and closed.number <= {landing_number}
            where closed.landing_id is null""",
        )
    )


# ---------------------------------------------------------------- when it was said, when it was learned


def test_a_list_of_2021_loaded_today_tells_what_was_known_in_2021(settings):
    give(settings, edition("2020-05-01", a="Alpha", b="Beta"), edition("2021-05-01", a="Alpha Ltd", c="Gamma"))
    assert published(settings, "2020-04-30") == {}
    assert published(settings, "2020-12-31") == {"a": "Alpha", "b": "Beta"}
    assert published(settings, "2021-05-01") == {"a": "Alpha Ltd", "c": "Gamma"}


def test_what_we_knew_after_each_load_is_another_question_and_can_be_answered_too(settings):
    give(settings, edition("2020-05-01", a="Alpha", b="Beta"))
    give(settings, edition("2021-05-01", a="Alpha Ltd", b="Beta"))
    give(settings, edition("2022-05-01", a="Alpha Ltd"))
    assert known(settings, 1) == {"a": "Alpha", "b": "Beta"}
    assert known(settings, 2) == {"a": "Alpha Ltd", "b": "Beta"}
    assert known(settings, 3) == {"a": "Alpha Ltd"}


def test_a_list_without_a_date_is_valid_from_the_moment_it_was_learned(settings):
    give(settings, edition("", a="Alpha"))
    assert published(settings, "2021-01-01") == {}
    assert published(settings, datetime.now(UTC).date().isoformat()) == {"a": "Alpha"}


def test_an_edition_of_the_future_is_valid_from_the_moment_it_was_learned(settings):
    give(settings, edition("2999-01-01", a="Alpha"))
    assert published(settings, datetime.now(UTC).date().isoformat()) == {"a": "Alpha"}


def test_two_editions_of_one_day_follow_each_other(settings):
    give(settings, edition("2021-05-01", a="Alpha"))
    give(settings, edition("2021-05-01", a="Alpha Ltd"))
    assert published(settings, "2021-05-01") == {"a": "Alpha Ltd"}
    spans = warehouse.ask(settings, "select _valid_from, _valid_to from raw.list_entries order by _vintage")
    assert spans[0][1] == spans[1][0] > spans[0][0] and spans[1][1] is None


def test_an_older_edition_is_rejected_once_a_newer_one_is_loaded(settings):
    give(settings, edition("2021-05-01", a="Alpha"))
    (reason,) = give(settings, edition("2020-05-01", a="Alpha", b="Beta"))
    assert "the one of 2021-05-01 is already loaded" in reason
    assert published(settings, "2021-05-01") == {"a": "Alpha"}


def test_history_never_runs_backwards_when_a_dated_file_follows_an_undated_one(settings):
    give(settings, edition("", a="Alpha"))
    give(settings, edition("2021-05-01", a="Alpha Ltd"))
    rows = warehouse.ask(settings, "select name, _valid_from, _valid_to from raw.list_entries order by _vintage")
    assert [name for name, *_ in rows] == ["Alpha", "Alpha Ltd"]
    assert all(to is None or to >= since for _, since, to in rows)
    assert rows[0][2] == rows[1][1]


def test_a_build_notes_the_day_it_looks_back_to(settings):
    back = Settings.from_environment({"DATA_DIR": str(settings.data_dir), "AS_OF": "2023-06-30"})
    prepare(back)
    assert warehouse.ask(back, "select as_of from raw.builds") == [(date(2023, 6, 30),)]
    assert back.published_path == settings.data_dir / "as-of-2023-06-30" / "ghost_trade.duckdb"


def test_a_warehouse_of_another_version_is_made_again_from_what_landed(settings):
    give(settings, edition("2020-05-01", a="Alpha", b="Beta"), edition("2021-05-01", a="Alpha Ltd"))
    before = warehouse.ask(settings, "select * from raw.list_entries order by all")
    with warehouse.connect(settings) as con:
        con.execute("alter table raw.list_entries drop column _closed_by")
    prepare(settings)
    intake.load_landed(settings, SOURCE)
    assert warehouse.ask(settings, "select * from raw.list_entries order by all") == before


# ---------------------------------------------------------------- fetch sessions


@pytest.fixture
def services():
    with Services() as playing:
        yield playing


@pytest.fixture
def live(tmp_path: Path, services: Services) -> Settings:
    settings = Settings.from_environment({"DATA": "live", "DATA_DIR": str(tmp_path / "data"), "DUCKDB_THREADS": "2"})
    settings = replace(settings, addresses={"LIST_URL": f"{services.url}/list.csv"})
    prepare(settings)
    return settings


def fetch_and_load(settings: Settings) -> str | None:
    """One fetch session and the load after it. Returns why it failed, if it did."""
    client = http_client.Client(sleep=lambda _: None)  # no test waits for a service to recover
    _, failure = intake.fetch(settings, SOURCE, lambda _: None, client=client)
    intake.load_landed(settings, SOURCE)
    return failure


def names(settings: Settings) -> list[str]:
    return [
        n for (n,) in warehouse.ask(settings, "select name from raw.list_entries where _valid_to is null order by 1")
    ]


def landings(settings: Settings) -> int:
    return warehouse.ask(settings, "select count(*) from raw.landings")[0][0]


def test_an_answer_lands_under_its_address_and_the_same_answer_lands_once(live, services):
    services.serve("/list.csv", edition("2021-05-01", a="Alpha"), "text/csv")
    assert fetch_and_load(live) is None and fetch_and_load(live) is None
    assert names(live) == ["Alpha"] and landings(live) == 1
    assert warehouse.ask(live, "select fetched_from, original_name from raw.landings") == [
        (f"{services.url}/list.csv", "the-list")
    ]
    assert warehouse.ask(live, "select outcome, responses, landings from raw.fetch_sessions order by started_at") == [
        ("answered", 1, 1),
        ("answered", 1, 0),
    ]


def test_what_a_publisher_takes_back_is_taken_back(live, services):
    """A, then B, then A again: the last word is A, though its bytes were known."""
    for content in (edition("", a="Alpha"), edition("", a="Beta"), edition("", a="Alpha")):
        services.serve("/list.csv", content, "text/csv")
        assert fetch_and_load(live) is None
    assert names(live) == ["Alpha"] and landings(live) == 3


def test_a_delisting_is_seen_at_the_next_session(live, services):
    services.serve("/list.csv", edition("2021-05-01", a="Alpha", b="Beta"), "text/csv")
    fetch_and_load(live)
    services.serve("/list.csv", edition("2021-06-01", a="Alpha"), "text/csv")
    fetch_and_load(live)
    assert names(live) == ["Alpha"]
    assert published(live, "2021-05-15") == {"a": "Alpha", "b": "Beta"}


def test_a_service_that_is_down_keeps_its_last_data_and_the_session_notes_why(live, services):
    services.serve("/list.csv", edition("2021-05-01", a="Alpha"), "text/csv")
    fetch_and_load(live)
    services.fault("/list.csv", *[status(500)] * 20)
    failure = fetch_and_load(live)
    assert "127.0.0.1" in failure
    assert names(live) == ["Alpha"]
    assert warehouse.ask(live, "select outcome, sentence from raw.fetch_sessions order by started_at")[-1] == (
        "failed",
        failure,
    )


def test_a_login_page_is_not_landed(live, services):
    services.serve("/list.csv", edition("2021-05-01", a="Alpha"), "text/csv")
    services.fault("/list.csv", *[login_page] * 20)
    assert fetch_and_load(live) and landings(live) == 0 and not landing.landed(live.landing_dir, "list")


def test_another_layout_is_reported_and_not_landed(live, services):
    services.serve("/list.csv", b"number,title\n1,Alpha\n", "text/csv")
    assert "changed its layout" in fetch_and_load(live)
    assert landings(live) == 0


def test_an_old_copy_from_a_cache_is_not_taken(live, services):
    services.serve("/list.csv", edition("2021-06-01", a="Alpha Ltd"), "text/csv")
    fetch_and_load(live)
    services.serve("/list.csv", edition("2021-05-01", a="Alpha"), "text/csv")
    assert "the edition of 2021-05-01, and the one of 2021-06-01 has landed" in fetch_and_load(live)
    assert names(live) == ["Alpha Ltd"]


def test_another_list_under_the_right_address_does_not_take_its_place(live, services):
    services.serve("/list.csv", edition("2021-05-01", a="Alpha"), "text/csv")
    fetch_and_load(live)

    def asks_for_another(session: FetchSession) -> None:
        session.fetch("LIST_URL", partition="another-list", expect=("csv",))

    source = Source("list", (ENTRIES,), recognise, read, fetch=asks_for_another)
    landed, failure = intake.fetch(live, source, lambda _: None)
    assert landed == [] and "answered with the-list, and the request was for another-list" in failure


def test_a_session_that_died_after_its_response_landed_requests_nothing_again(live, services):
    services.serve("/list.csv", edition("2021-05-01", a="Alpha"), "text/csv")
    fetch_and_load(live)
    (live.landing_dir / "list" / landing.REQUEST_LOG).write_text('{"partition": "the-li')  # torn in the middle
    with http_client.Client() as client, FetchSession(live, "list", recognise, client) as again:
        assert again.last_request("the-list").edition == "2021-05-01"


def test_a_session_leaves_no_file_behind(live, services):
    services.serve("/list.csv", b"number,title\n", "text/csv")
    fetch_and_load(live)
    assert not list(live.data_dir.glob(".fetch*"))


def test_a_source_s_own_rejection_stops_that_source_alone(live):
    def refuses(session: FetchSession) -> None:
        raise RejectedFile("The plan is empty.", "Fill seeds/fetch_scopes.csv.")

    source = Source("list", (ENTRIES,), recognise, read, fetch=refuses)
    landed, failure = intake.fetch(live, source, lambda _: None)
    assert landed == [] and failure == "The plan is empty. Fill seeds/fetch_scopes.csv."
