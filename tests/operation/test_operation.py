"""What runs without a person: the sensor, months on request, the webhook, the age of a source.

Not here: what the graph looks like (test_definitions.py), or a whole live refresh (test_live.py).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest
from downloads import COMTRADE, by_hand, comext_flow, comext_listing, comext_month, flow, prepare, seven
from services import Comtrade, Reply, Request, Services, status

from dagster_project import gates
from dagster_project.__main__ import _print_failure
from dagster_project.definitions import SOURCES, defs
from dagster_project.files import landing
from dagster_project.ingest import http_client
from dagster_project.ingest.assets import month_again
from dagster_project.schedules import tell_webhook
from dagster_project.settings import Settings

JANUARY = "2024-01-15T10:53:32"  # when everything was released that says nothing else
MARCH = "202303"


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    monkeypatch.setattr(http_client, "FIRST_WAIT", 0.01)
    with Services() as services:
        yield services


@pytest.fixture
def comtrade(services: Services, monkeypatch: pytest.MonkeyPatch, tmp_path) -> Comtrade:
    """DATA=live, with a Comtrade and a Eurostat that have three months of Kazakhstan's totals."""
    months = ("202202", "202302", MARCH)
    service = Comtrade(
        services,
        [flow(period=month, cmdCode="TOTAL", partnerCode=partner) for month in months for partner in ("0", "643")],
    )

    packed = {month: seven(comext_month(comext_flow(PERIOD=month))) for month in months}

    def eurostat(request: Request) -> Reply:
        if "dir" in request.query:
            return Reply(comext_listing(*months).encode(), "text/csv")
        return Reply(packed[request.query["file"][-9:-3]])

    services.handle("/eurostat/files", eurostat)
    environment = {
        "DATA": "live", "DATA_DIR": str(tmp_path / "data"), "DUCKDB_THREADS": "2", "NO_PROXY": "127.0.0.1",
        "COMTRADE_URL": service.url, "COMTRADE_API_KEY": Comtrade.KEY, "EUROSTAT_URL": f"{services.url}/eurostat/files",
        "ALERT_WEBHOOK_URL": "",
    }  # fmt: skip
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return service


# ---------------------------------------------------------------- the sensor


def look(cursor: str | None = None) -> dg.SensorResult | dg.SkipReason:
    sensor = defs.resolve_sensor_def("comtrade_releases")
    with dg.DagsterInstance.ephemeral() as instance, dg.build_sensor_context(instance=instance, cursor=cursor) as seen:
        return sensor(seen)


@pytest.mark.parametrize("key", [Comtrade.KEY, ""], ids=["key", "preview"])
def test_a_release_asks_for_a_run_once(comtrade: Comtrade, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("COMTRADE_API_KEY", key)
    seen = look()
    assert [run.run_key for run in seen.run_requests] == [f"comtrade-{JANUARY}"] and seen.cursor == JANUARY
    assert look(seen.cursor).skip_message == f"Nothing was released since {JANUARY}."
    comtrade.released[("M", MARCH, "398")] = "2024-02-01T08:00:00"
    assert look(seen.cursor).cursor == "2024-02-01T08:00:00"
    assert comtrade.queries == []  # it looks; the run asks


def test_the_sensor_skips_where_no_service_is_asked(
    comtrade: Comtrade, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA", "sample")
    assert look().skip_message == "DATA=sample fetches from no service."
    assert services.requests == []


def test_the_sensor_says_why_it_saw_nothing(comtrade: Comtrade, services: Services) -> None:
    services.fault("/comtrade/data", *[status(503)] * http_client.TRIES)
    assert "answers with an error (503)" in look(JANUARY).skip_message
    services.fault("/comtrade/data", lambda _: Reply(b'{"data": [{}], "count": 1}', "application/json"))
    assert "lacks lastReleased, period, reporterCode" in look(JANUARY).skip_message
    comtrade.rows = []
    assert look().skip_message == "Nothing was released yet."


# ---------------------------------------------------------------- one month again


def month(key: str = "2023-03-01") -> dg.ExecuteInProcessResult:
    with dg.DagsterInstance.ephemeral() as instance:
        return dg.materialize([month_again(SOURCES)], instance=instance, partition_key=key, raise_on_error=False)


def files_of(settings: Settings, source: str) -> list[str]:
    return sorted(one.partition for one in landing.landed(settings.landing_dir, source) if one.entity == "flows")


@pytest.mark.parametrize("has_key", [True, False], ids=["key", "preview"])
def test_a_month_is_asked_for_again_whether_or_not_it_had_landed(
    comtrade: Comtrade, services: Services, monkeypatch: pytest.MonkeyPatch, has_key: bool
) -> None:
    monkeypatch.setenv("COMTRADE_API_KEY", Comtrade.KEY if has_key else "")
    settings = Settings.from_environment()
    request = []
    for _ in range(2):
        before = len(services.requests)
        assert month().success
        new = services.requests[before:]
        questions = [one for one in new if "/get/" in one.path or "/preview/" in one.path]
        # with a key one question holds a reporter's year, so that one is asked
        assert {one.query["period"] for one in questions} == {"202302,202303" if has_key else MARCH}
        assert [one.query["file"][-9:-3] for one in new if "file" in one.query] == [MARCH]
        request.append(len(questions))
        landed = files_of(settings, "comtrade")
        assert landed and files_of(settings, "eurostat") == [f"month-{MARCH}"]
    assert request[0] == request[1] == len(landed)  # the second time every answer is known, so nothing lands


def test_a_month_that_could_not_be_had_fails_with_the_sentence(comtrade: Comtrade, services: Services) -> None:
    services.fault("/comtrade/data", status(401, "Access denied."))  # once: a refusal is not tried again
    done = month()
    assert not done.success
    [failure] = [event for event in done.all_events if event.event_type_value == "STEP_FAILURE"]
    assert "refuses (401)" in failure.step_failure_data.error.message
    assert files_of(Settings.from_environment(), "eurostat") == [f"month-{MARCH}"]  # the other one was asked


def test_no_month_is_asked_for_where_no_service_is(comtrade: Comtrade, services: Services, monkeypatch) -> None:
    monkeypatch.setenv("DATA", "sample")
    assert not month().success and services.requests == []


# ---------------------------------------------------------------- the webhook


def fail(error: Exception) -> dg.ExecuteInProcessResult:
    @dg.op
    def breaks() -> None:
        raise error

    @dg.job(hooks={tell_webhook})
    def nightly() -> None:
        breaks()

    with dg.DagsterInstance.ephemeral() as instance:
        return nightly.execute_in_process(instance=instance, raise_on_error=False)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ValueError("One sentence.\nand its rows"), "One sentence."),
        (ValueError(""), "without a word"),
        (ValueError("2 blocking asset checks failed:\nraw/eu_entries: sufficient"), "2 blocking asset checks failed: "
        "raw/eu_entries: sufficient"),
    ],
    ids=["a sentence", "no word", "checks"],
)  # fmt: skip
def test_a_failing_step_tells_the_webhook_one_sentence(
    services: Services, monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str
) -> None:
    services.handle("/hook", lambda _: Reply(b"ok", "text/plain"))
    monkeypatch.setenv("ALERT_WEBHOOK_URL", f"{services.url}/hook/pa7h")
    done = fail(error)
    [request] = services.requests
    assert json.loads(request.body) == {"text": f"Ghost Trade: nightly failed at breaks ({done.run_id}): {reason}"}


@pytest.mark.parametrize("fault", [status(503), status(404)], ids=["an error", "gone"])
def test_a_webhook_that_is_down_changes_nothing_and_its_address_is_not_told(
    services: Services, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture, fault
) -> None:
    services.handle("/hook", lambda _: fault(Reply()))
    monkeypatch.setenv("ALERT_WEBHOOK_URL", f"{services.url}/hook/pa7h")
    done = fail(ValueError("One sentence."))
    failures = [event for event in done.all_events if event.is_failure]
    assert not done.success and "HOOK_ERRORED" not in {event.event_type_value for event in done.all_events}
    assert "pa7h" not in str(failures) + "".join(capfd.readouterr())
    assert services.times_requested("/hook") >= 1


def test_without_an_address_nobody_is_told(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALERT_WEBHOOK_URL", "")
    assert not fail(ValueError("One sentence.")).success
    assert services.requests == []


def test_a_terminal_keeps_the_sentence_after_the_last_try(settings: Settings, capsys: pytest.CaptureFixture) -> None:
    @dg.op(retry_policy=dg.RetryPolicy(max_retries=1))
    def breaks() -> None:
        raise OSError("The disk is full.\nand its rows")

    @dg.job
    def nightly() -> None:
        breaks()

    with dg.DagsterInstance.ephemeral() as instance:
        done = nightly.execute_in_process(instance=instance, raise_on_error=False)
    capsys.readouterr()
    _print_failure(settings, done)
    printed = capsys.readouterr().err
    assert "The disk is full." in printed and "max_retries" not in printed and "rows" not in printed


# ---------------------------------------------------------------- how old a source is


def visited(settings: Settings, days: int, outcome: str = "answered", sentence: str = "null") -> None:
    then = (datetime.now(UTC) - timedelta(days=days)).replace(tzinfo=None)
    by_hand(
        settings,
        f"insert into raw.fetch_sessions values ('comtrade', '{then}', '{then}', '{outcome}', {sentence}, 1, 1)",
    )


def test_a_source_warns_when_its_last_word_is_older_than_it_may_be(settings: Settings) -> None:
    prepare(settings, [COMTRADE])
    never = gates.fresh(settings, COMTRADE)
    assert never.passed and never.sentence == "Nothing was ever fetched or loaded."
    visited(settings, 8)
    old = gates.fresh(settings, COMTRADE)
    assert not old.passed and old.sentence == "Last answer 8 days ago; 7 days are allowed."
    visited(settings, 1, "failed", "'It is down.'")  # a try is no answer
    assert gates.fresh(settings, COMTRADE).sentence == "Last answer 8 days ago; 7 days are allowed. It is down."
    visited(settings, 0)
    assert gates.fresh(settings, COMTRADE).passed
    assert gates.fresh(settings, COMTRADE).sentence == "Last answer 0 days ago; 7 days are allowed."


def test_files_are_as_old_as_their_edition_and_without_one_as_their_loading(settings: Settings) -> None:
    prepare(settings, [COMTRADE])
    now = datetime.now(UTC).replace(tzinfo=None)
    for number, (loaded, edition) in enumerate([(1, None), (0, 30)]):
        fetched_at = now - timedelta(days=loaded)
        valid_from = fetched_at if edition is None else now - timedelta(days=edition)
        day = "" if edition is None else f"{valid_from:%Y-%m-%d}"
        by_hand(
            settings,
            "insert into raw.landings (landing_id, source, status, edition, fetched_at, valid_from) "
            f"values ('{number}', 'comtrade', 'loaded', '{day}', '{fetched_at}', '{valid_from:%Y%m%dT%H%M%S.%fZ}')",
        )
        checked = gates.fresh(settings, COMTRADE)
        assert (checked.passed, checked.sentence) == (
            (True, "Loaded, and no file states its edition, 1 days ago; 7 days are allowed.")
            if edition is None
            else (False, "Newest edition 30 days ago; 7 days are allowed.")
        )
    visited(settings, 2)  # its service confirms what it has
    assert gates.fresh(settings, COMTRADE).passed


def test_a_source_that_never_answered_says_why(settings: Settings) -> None:
    prepare(settings, [COMTRADE])
    visited(settings, 1, "failed", "'It is down.'")
    never = gates.fresh(settings, COMTRADE)
    assert not never.passed and never.sentence == "It is down."


# ---------------------------------------------------------------- jobs of a few sources
