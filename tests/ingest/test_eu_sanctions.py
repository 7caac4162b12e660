"""The EU's list: known by its namespace, read to the last number, and refused when hostile, cut or empty.

Here belongs the XML, what two editions of it change in raw, and what is asked of the service. Not here: which
name is the principal one and since when an entry is listed (dbt's unit tests beside the staging models).
"""

import gzip
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import pytest
from defusedxml.ElementTree import parse
from downloads import eu_xml, prepare, reasons, refresh
from services import Services

from dagster_project import warehouse
from dagster_project.files import compression, formats
from dagster_project.ingest import http_client, intake
from dagster_project.ingest.source import Source
from dagster_project.ingest.sources import eu_sanctions

EU = Source.of(eu_sanctions)
LOCAL = "{http://eu.europa.ec/fpi/fsd/export}"

SUMMARY = (
    '<regulationSummary regulationType="amendment" publicationDate="2022-04-08" numberTitle="2022/581 (OJ L110)" '
    'publicationUrl="http://eur-lex.europa.eu/a"/>'
)
PERSON = f"""
    <sanctionEntity designationDate="2022-04-08" designationDetails="" unitedNationId="" euReferenceNumber="EU.7890.86" logicalId="138212">
        <remark>First
line</remark><remark>second remark</remark>
        <regulation regulationType="amendment" organisationType="council" publicationDate="2023-09-14" entryIntoForceDate="2023-09-15" numberTitle="2023/1765 (OJ L226)" programme="UKR" logicalId="182020">
            <publicationUrl>https://eur-lex.europa.eu/b</publicationUrl>
        </regulation>
        <subjectType code="person" classificationCode="P"/>
        <nameAlias firstName="Oleg" middleName="" lastName="EXAMPLE" wholeName="Oleg EXAMPLE" function="Mayor &amp; more" gender="M" title="" nameLanguage="EN" strong="true" regulationLanguage="en" logicalId="138216">
            {SUMMARY}
        </nameAlias>
        <nameAlias firstName="" middleName="" lastName="" wholeName="Олег ПРИМЕР" function="" title="" nameLanguage="RU" strong="false" regulationLanguage="en" logicalId="138217">
            <remark>low quality</remark>
            {SUMMARY}
        </nameAlias>
        <citizenship region="" countryIso2Code="RU" countryDescription="RUSSIAN FEDERATION" regulationLanguage="en" logicalId="1">
            {SUMMARY}
        </citizenship>
        <birthdate circa="false" calendarType="GREGORIAN" city="Baghdad" zipCode="" year="1965" region="" place="" countryIso2Code="00" countryDescription="UNKNOWN" regulationLanguage="en" logicalId="19">
            {SUMMARY}
        </birthdate>
    </sanctionEntity>"""  # noqa: E501
ENTERPRISE = f"""
    <sanctionEntity designationDetails="" unitedNationId="" euReferenceNumber="EU.9787.77" logicalId="150303">
        <regulation regulationType="amendment" organisationType="council" publicationDate="2023-02-25" entryIntoForceDate="2023-02-25" numberTitle="2023/430 (OJ L59I)" programme="HR" logicalId="170162">
            <publicationUrl>https://eur-lex.europa.eu/c</publicationUrl>
        </regulation>
        <subjectType code="enterprise" classificationCode="E"/>
        <nameAlias firstName="" middleName="" lastName="" wholeName="Ost Services" function="" title="" nameLanguage="EN" strong="true" regulationLanguage="en" logicalId="150304">
            {SUMMARY}
        </nameAlias>
        <address city="Almaty" street="1, Abay Ave." poBox="" zipCode="050000" region="" place="" asAtListingTime="false" countryIso2Code="KZ" countryDescription="KAZAKHSTAN" regulationLanguage="en" logicalId="77">
            <contactInfo key="PHONE" value="+7 727"/>
            <contactInfo key="WEB" value="ost.example"/>
            {SUMMARY}
        </address>
        <identification diplomatic="false" knownExpired="false" knownFalse="false" reportedLost="false" revokedByIssuer="false" issuedBy="" latinNumber="" nameOnDocument="" number="7744001497" region="" identificationTypeCode="fiscalcode" identificationTypeDescription="National Fiscal Code" countryIso2Code="RU" countryDescription="RUSSIAN FEDERATION" regulationLanguage="en" logicalId="88">
            <remark>(tax)</remark>
            {SUMMARY}
        </identification>
    </sanctionEntity>"""  # noqa: E501


def under(programme: str, name: str, *, regulation: str = "101046") -> str:
    """An entry that stands under a programme; under another as well, it is there twice."""
    return f"""
    <sanctionEntity designationDetails="" unitedNationId="" euReferenceNumber="EU.334.4" logicalId="547">
        <regulation regulationType="amendment" organisationType="council" publicationDate="2017-03-09" entryIntoForceDate="2017-03-10" numberTitle="{regulation}" programme="{programme}" logicalId="{regulation}">
            <publicationUrl>https://eur-lex.europa.eu/d</publicationUrl>
        </regulation>
        <subjectType code="person" classificationCode="P"/>
        <nameAlias wholeName="Asem {name}" strong="true" regulationLanguage="en" logicalId="{name}">{SUMMARY}</nameAlias>
    </sanctionEntity>"""  # noqa: E501


def xml(entries: Sequence[str] = (PERSON, ENTERPRISE), **how: str) -> bytes:
    return eu_xml(entries, **how)


def put(settings, content: bytes, name: str = "download") -> None:
    (settings.inbox / name).write_bytes(content)


def of(settings, table: str, columns: str) -> list[tuple]:
    """What is true now of a table, in order."""
    return warehouse.ask(settings, f"select {columns} from raw.eu_{table} where _valid_to is null order by all")


def history(settings) -> Counter:
    """Table → rows that are open, and rows that are closed."""
    return Counter(
        {
            (table.name.removeprefix("eu_"), is_open): n
            for table in EU.tables
            for is_open, n in warehouse.ask(
                settings, f"select _valid_to is null, count(*) from raw.{table.name} group by 1"
            )
        }
    )


# ---------------------------------------------------------------- what is read


@pytest.mark.parametrize("packed", [bytes, gzip.compress, b"\xef\xbb\xbf".__add__])
def test_everything_an_entry_holds_is_read(settings, packed):
    put(settings, packed(xml()))
    refresh(settings, [EU])
    assert reasons(settings) == []
    assert of(settings, "entries", "logicalId, euReferenceNumber, code, classificationCode") == [
        ("138212", "EU.7890.86", "person", "P"),
        ("150303", "EU.9787.77", "enterprise", "E"),
    ]
    assert of(settings, "listings", "entityLogicalId, programme, designationDate, designationDetails, remark") == [
        ("138212", "UKR", "2022-04-08", None, "First\nline\nsecond remark"),
        ("150303", "HR", None, None, None),
    ]
    assert of(settings, "listings", "regulationLogicalId, entryIntoForceDate, publicationDate, numberTitle")[0] == (
        "170162", "2023-02-25", "2023-02-25", "2023/430 (OJ L59I)"
    )  # fmt: skip
    assert of(settings, "listings", "publicationUrl") == [
        ("https://eur-lex.europa.eu/b",),
        ("https://eur-lex.europa.eu/c",),
    ]
    assert of(settings, "names", "entityLogicalId, logicalId, wholeName, firstName, function, strong, remark") == [
        ("138212", "138216", "Oleg EXAMPLE", "Oleg", "Mayor & more", "true", None),
        ("138212", "138217", "Олег ПРИМЕР", None, None, "false", "low quality"),
        ("150303", "150304", "Ost Services", None, None, "true", None),
    ]
    assert of(settings, "names", "distinct programme, numberTitle, publicationDate") == [
        ("HR", "2022/581 (OJ L110)", "2022-04-08"),
        ("UKR", "2022/581 (OJ L110)", "2022-04-08"),
    ]
    assert of(settings, "citizenships", "entityLogicalId, logicalId, countryIso2Code, region") == [
        ("138212", "1", "RU", None)
    ]
    assert of(settings, "birthdates", "logicalId, year, birthdate, city, countryIso2Code, countryDescription") == [
        ("19", "1965", None, "Baghdad", "00", "UNKNOWN")
    ]
    assert of(settings, "addresses", "logicalId, street, city, zipCode, poBox, countryDescription, contactInfo") == [
        ("77", "1, Abay Ave.", "Almaty", "050000", None, "KAZAKHSTAN", "PHONE: +7 727\nWEB: ost.example")
    ]
    assert of(settings, "identifications", "logicalId, identificationTypeDescription, number, remark") == [
        ("88", "National Fiscal Code", "7744001497", "(tax)")
    ]


def test_an_entry_under_two_programmes_is_one_entry_with_two_listings(settings):
    put(settings, xml([under("AFG", "1301"), under("TAQA", "5922")]))
    refresh(settings, [EU])
    assert reasons(settings) == []
    assert of(settings, "entries", "logicalId") == [("547",)]
    assert of(settings, "listings", "entityLogicalId, programme") == [("547", "AFG"), ("547", "TAQA")]
    assert of(settings, "names", "programme, wholeName") == [("AFG", "Asem 1301"), ("TAQA", "Asem 5922")]


# ---------------------------------------------------------------- editions


def test_a_later_edition_closes_and_opens_exactly_the_rows_that_changed(settings):
    taqa = under("TAQA", "5922")
    put(settings, xml([PERSON, ENTERPRISE, under("AFG", "1301"), taqa]), "may.xml")
    refresh(settings, [EU])
    before = history(settings)
    assert before == Counter(
        {
            ("entries", True): 3, ("listings", True): 4, ("names", True): 5, ("citizenships", True): 1,
            ("birthdates", True): 1, ("addresses", True): 1, ("identifications", True): 1,
        }
    )  # fmt: skip
    renamed = ENTERPRISE.replace("Ost Services", "Ost Services JSC")  # one name changes
    amended = under("AFG", "1301", regulation="200000")  # another regulation; the other programme is over
    again = xml([amended, renamed, PERSON], generated="2024-06-03T09:00:00.000+02:00")  # in another order
    put(settings, again, "june.xml")
    refresh(settings, [EU])
    assert reasons(settings) == []
    assert history(settings) - before == Counter({("listings", False): 2, ("names", False): 2})
    assert before - history(settings) == Counter({("listings", True): 1, ("names", True): 1})
    closed = "select numberTitle, programme from raw.eu_listings where _valid_to is not null order by all"
    assert warehouse.ask(settings, closed) == [("101046", "AFG"), ("101046", "TAQA")]
    assert of(settings, "listings", "numberTitle, programme")[1:] == [
        ("2023/1765 (OJ L226)", "UKR"),
        ("2023/430 (OJ L59I)", "HR"),
    ]
    assert of(settings, "names", "wholeName") == [
        ("Asem 1301",), ("Oleg EXAMPLE",), ("Ost Services JSC",), ("Олег ПРИМЕР",)
    ]  # fmt: skip


def test_a_delisted_entry_goes_with_all_its_parts_and_nothing_else_goes(settings):
    put(settings, xml(), "may.xml")
    refresh(settings, [EU])
    put(settings, xml([PERSON], generated="2024-06-03T09:00:00.000+02:00"), "june.xml")
    refresh(settings, [EU])
    assert {table: n for (table, is_open), n in history(settings).items() if not is_open} == {
        "entries": 1, "listings": 1, "names": 1, "addresses": 1, "identifications": 1
    }  # fmt: skip
    assert of(settings, "entries", "logicalId") == [("138212",)]


def test_an_edition_is_dated_in_utc_over_summer_and_winter_time(settings, tmp_path):
    for generated, edition in (
        ("2024-10-27T02:30:00.000+02:00", "2024-10-27T00:30:00Z"),
        ("2024-10-27T02:10:00.000+01:00", "2024-10-27T01:10:00Z"),  # forty minutes later
    ):
        (tmp_path / "x").write_bytes(xml(generated=generated))
        assert eu_sanctions.recognise(formats.read_head(tmp_path / "x")).edition == edition


def test_an_older_edition_that_comes_later_does_not_overwrite_a_newer_one(settings):
    put(settings, xml([PERSON]), "new.xml")
    refresh(settings, [EU])
    put(settings, xml([ENTERPRISE], generated="2024-05-13T17:44:27.000+02:00"), "old.xml")
    refresh(settings, [EU])
    assert reasons(settings)[0].startswith("old.xml: This is the edition of 2024-05-13T15:44:27Z")
    assert of(settings, "entries", "logicalId") == [("138212",)]


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    "doctype",
    [
        "<!DOCTYPE export [<!ENTITY a 'lol'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]>\n",
        '<!DOCTYPE export [<!ENTITY b SYSTEM "file:///etc/passwd">]>\n',
        '<!DOCTYPE export [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x"> %p;]>\n',
    ],
    ids=["bomb", "external file", "external parameter"],
)
def test_a_list_that_defines_entities_is_rejected_unread(settings, doctype):
    put(settings, xml([ENTERPRISE.replace("(tax)", "&b;")], doctype=doctype), "bomb.xml")
    refresh(settings, [EU])
    (reason,) = reasons(settings)
    assert reason.startswith("bomb.xml: The XML defines entities (")
    assert reason.endswith("as an attack would; it was not read. Download the list from its publisher.")
    assert of(settings, "entries", "logicalId") == of(settings, "names", "logicalId") == []


@pytest.mark.parametrize(
    "content",
    [
        xml()[:-40],
        xml()[:3000],
        xml().replace(b"</nameAlias>", b"</name>", 1),
        xml().replace(b"Almaty", b"Almaty & more"),
        xml() + b"<more/>",
    ],
    ids=["its end is missing", "cut in the middle", "tags crossed", "a bare ampersand", "something after its end"],
)
def test_broken_xml_is_rejected_and_what_was_loaded_stays(settings, content):
    put(settings, xml([PERSON], generated="2024-05-01T00:00:00+02:00"), "good.xml")
    refresh(settings, [EU])
    put(settings, content, "list.xml")
    refresh(settings, [EU])
    (reason,) = reasons(settings)
    assert reason.startswith("list.xml: The XML breaks off or is malformed (")
    assert reason.endswith("Download the list again.") and "\n" not in reason
    assert of(settings, "entries", "logicalId") == [("138212",)]


def test_a_packed_list_that_is_cut_off_is_rejected(settings):
    put(settings, gzip.compress(xml())[:-200], "list.xml.gz")
    refresh(settings, [EU])
    assert reasons(settings) == [
        "list.xml.gz: The compressed data ends in the middle: the file is cut off. Download it again."
    ]


@pytest.mark.parametrize(
    "content, expected",
    [
        (xml([]), "The list holds no entry. Download it again."),
        (xml(generated="yesterday"), "The file was made at no known time (yesterday). Download it again."),
        (
            xml([ENTERPRISE.replace(' logicalId="150303"', "")]),
            "row 1: Something has no number (logicalId empty). Use the Commission's own download, unedited.",
        ),
        (
            xml([ENTERPRISE.replace(' logicalId="88"', "")]),
            "row 1: Something has no number (entityLogicalId 150303, logicalId empty). "
            "Use the Commission's own download, unedited.",
        ),
        (
            xml([ENTERPRISE.replace('<subjectType code="enterprise" classificationCode="E"/>', "")]),
            "The entry EU.9787.77 names no regulation or no type. Use the Commission's own download, unedited.",
        ),
        (
            xml([PERSON.replace('designationDate="2022-04-08"', 'designationDate="8 April 2022"')]),
            "row 1: A day is no date (designationDate 8 April 2022, delistingDate empty, "
            "entryIntoForceDate 2023-09-15, publicationDate 2023-09-14). Use the Commission's own download, unedited.",
        ),
        (
            xml([PERSON, PERSON]),
            "row 2: The key is there twice (entityLogicalId=138212, programme=UKR). "
            "One file may have a key once: download it again, or remove the repeated rows.",
        ),
        (
            xml([under("AFG", "1"), under("TAQA", "2").replace('code="person"', 'code="enterprise"')]),
            "row 2: The key is there twice (logicalId=547). "
            "One file may have a key once: download it again, or remove the repeated rows.",
        ),
    ],
    ids=["empty", "undated", "entry unnumbered", "part unnumbered", "no type", "no day", "twice", "contradictory"],
)
def test_a_list_that_cannot_be_used_is_rejected_with_the_reason(settings, content, expected):
    put(settings, content, "list.xml")
    refresh(settings, [EU])
    (reason,) = reasons(settings)
    assert reason in (f"list.xml: {expected}", f"list.xml, {expected}")
    assert of(settings, "entries", "logicalId") == []


@pytest.mark.parametrize(
    "content",
    [
        b"<html><body>Please log in</body></html>",
        b'<?xml version="1.0"?><sdnList xmlns="http://tempuri.org/sdnList.xsd"/>',
        b"<?xml version='1.0'?><CONSOLIDATED_LIST/>",
        xml(namespace="urn:example"),
        b"logicalId,name\n",
        b"\n",
    ],
)
def test_what_is_not_the_eus_is_left_to_others(tmp_path, content):
    (tmp_path / "x").write_bytes(content)
    assert eu_sanctions.recognise(formats.read_head(tmp_path / "x")) is None


def test_a_login_page_instead_of_the_list_is_reported(settings):
    put(settings, b"<!DOCTYPE html><html><body>Please log in</body></html>", "list.xml")
    refresh(settings, [EU])
    assert reasons(settings)[0].startswith("list.xml: This is a web page (HTML), not data, whatever its name says.")


# ---------------------------------------------------------------- the service, and the real list


def test_a_fetch_takes_a_new_edition_and_nothing_when_there_is_none(settings):
    path = "/fsd/fsf/public/files/xmlFullSanctionsList_1_1/content"
    with Services() as services:
        live = replace(settings, data="live", inbox=None, addresses={"EU_SANCTIONS_URL": services.url + path})
        prepare(live, [EU])
        for content in (xml(), xml(), xml([PERSON], generated="2024-06-03T09:00:00.000+02:00")):
            services.serve(path, content, "application/xml")
            _, failure = intake.fetch(live, EU, print, client=http_client.Client(sleep=lambda _: None))
            assert failure is None
            intake.load_landed(live, EU)
        assert [request.path for request in services.requests] == [path] * 3
    assert warehouse.ask(live, "select edition, partition from raw.landings order by 1") == [
        ("2024-05-13T15:44:28Z", "full"),
        ("2024-06-03T07:00:00Z", "full"),
    ]
    # since when each is said is the publisher's own moment
    assert warehouse.ask(live, "select logicalId, _valid_from, _valid_to from raw.eu_entries order by 1") == [
        ("138212", datetime(2024, 5, 13, 15, 44, 28), None),
        ("150303", datetime(2024, 5, 13, 15, 44, 28), datetime(2024, 6, 3, 7)),
    ]


@pytest.fixture(scope="module")
def real(shared):
    return shared / "sanctions" / "full_xml" / "eu_fsf_full_1_1_20240513.xml.gz"


def test_the_real_list_holds_the_entries_it_is_known_for(settings, real):
    shutil.copy(real, settings.inbox)
    refresh(settings, [EU])
    assert reasons(settings) == []
    kinds = """
        select classificationCode, count(*), count(distinct logicalId)
        from raw.eu_entries join raw.eu_listings on entityLogicalId = logicalId group by 1 order by 1"""
    # three entries stand under two programmes, so the file has 4,811 elements of 4,808 entries
    assert warehouse.ask(settings, kinds) == [("E", 1_056, 1_055), ("P", 3_755, 3_753)]
    assert warehouse.ask(settings, "select count(*) from raw.eu_listings where programme = 'UKR'") == [(2_130,)]
    assert warehouse.ask(settings, "select distinct edition, rows_expired from raw.landings") == [
        ("2024-05-13T15:44:28Z", 0)
    ]
    counts = {
        table.name: warehouse.ask(settings, f"select count(*) from raw.{table.name}")[0][0] for table in EU.tables
    }
    assert counts == {
        "eu_entries": 4_808, "eu_listings": 4_811, "eu_names": 25_257, "eu_citizenships": 2_104,
        "eu_birthdates": 3_799, "eu_addresses": 1_778, "eu_identifications": 1_502,
    }  # fmt: skip


def test_no_attribute_of_the_real_list_is_lost(real):
    """Read again without the loader: what each element says, as often as it says it."""
    with gzip.open(real) as stream:
        root = parse(stream).getroot()
    with compression.open_decompressed(real, "gzip") as stream:
        frames = eu_sanctions.parse(stream)
    for tag, table in eu_sanctions.DETAILS.items():
        expected = Counter(
            (name, value.strip())
            for element in root.iter(LOCAL + tag)
            if element.attrib.get("logicalId")
            for name, value in element.attrib.items()
            if value.strip()
        )
        frame = frames[f"eu_{table}"]
        columns = {name for name, _ in expected}
        read = Counter((c, v) for c in columns for v in frame[c].dropna())
        assert columns <= set(frame.columns) and read == expected, table
        assert frame.remark.notna().sum() == sum(e.find(LOCAL + "remark") is not None for e in root.iter(LOCAL + tag))
    assert frames["eu_addresses"].contactInfo.str.count("(?m)^(PHONE|WEB|EMAIL|FAX): ").sum() == 966
