"""The UN's list: known by its root, read to the last alias, and refused when hostile, cut, empty or partial.

Here belongs the XML, what two editions of it change in raw, and what is asked of the service. Not here: what
becomes of an alias or a delisted entry (dbt's unit tests beside the staging models).
"""

import gzip
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest
from defusedxml.ElementTree import parse
from downloads import prepare, reasons, refresh, un_xml
from services import Services

from dagster_project import warehouse
from dagster_project.files import formats
from dagster_project.ingest import http_client, intake
from dagster_project.ingest.source import Source
from dagster_project.ingest.sources import un_sanctions

UN = Source.of(un_sanctions)

PERSON = """
    <INDIVIDUAL>
      <DATAID>6907993</DATAID><VERSIONNUM>1</VERSIONNUM>
      <FIRST_NAME>ERIC</FIRST_NAME><SECOND_NAME>EXAMPLE</SECOND_NAME>
      <UN_LIST_TYPE>DRC</UN_LIST_TYPE><REFERENCE_NUMBER>CDi.001 </REFERENCE_NUMBER>
      <LISTED_ON>2012-12-31-05:00</LISTED_ON><GENDER>Male</GENDER>
      <NAME_ORIGINAL_SCRIPT>محمد</NAME_ORIGINAL_SCRIPT>
      <COMMENTS1>He fled to Rwanda &amp;
is still there.</COMMENTS1>
      <TITLE><VALUE>Mullah</VALUE></TITLE>
      <DESIGNATION><VALUE>a) Director</VALUE><VALUE>b) General </VALUE></DESIGNATION>
      <NATIONALITY><VALUE>Rwanda</VALUE><VALUE>Democratic Republic of the Congo</VALUE></NATIONALITY>
      <LIST_TYPE><VALUE>UN List</VALUE></LIST_TYPE>
      <LAST_DAY_UPDATED><VALUE>2016-10-13</VALUE><VALUE/></LAST_DAY_UPDATED>
      <INDIVIDUAL_ALIAS><QUALITY>Good</QUALITY><ALIAS_NAME>Eric the
        Second</ALIAS_NAME></INDIVIDUAL_ALIAS>
      <INDIVIDUAL_ALIAS><QUALITY>Low</QUALITY><ALIAS_NAME>Lydia</ALIAS_NAME><NOTE>Call sign</NOTE></INDIVIDUAL_ALIAS>
      <INDIVIDUAL_ALIAS><QUALITY>Low</QUALITY><ALIAS_NAME>Lydia</ALIAS_NAME><NOTE>Call sign</NOTE></INDIVIDUAL_ALIAS>
      <INDIVIDUAL_ALIAS><QUALITY/><ALIAS_NAME/></INDIVIDUAL_ALIAS>
      <INDIVIDUAL_ADDRESS><COUNTRY>Rwanda</COUNTRY><NOTE>as of early 2016</NOTE></INDIVIDUAL_ADDRESS>
      <INDIVIDUAL_ADDRESS><COUNTRY/></INDIVIDUAL_ADDRESS>
      <INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>BETWEEN</TYPE_OF_DATE><FROM_YEAR>1970</FROM_YEAR><TO_YEAR>1973</TO_YEAR></INDIVIDUAL_DATE_OF_BIRTH>
      <INDIVIDUAL_PLACE_OF_BIRTH><CITY>Goma</CITY><COUNTRY>Democratic Republic of the Congo</COUNTRY></INDIVIDUAL_PLACE_OF_BIRTH>
      <INDIVIDUAL_DOCUMENT><TYPE_OF_DOCUMENT>Passport</TYPE_OF_DOCUMENT><NUMBER>OB 0243318</NUMBER><ISSUING_COUNTRY>Rwanda</ISSUING_COUNTRY></INDIVIDUAL_DOCUMENT>
      <INDIVIDUAL_DOCUMENT/>
      <SORT_KEY/><SORT_KEY_LAST_MOD/>
    </INDIVIDUAL>"""  # noqa: E501
SECOND = (
    "<INDIVIDUAL><DATAID>110447</DATAID><FIRST_NAME>MUHAMMAD</FIRST_NAME><UN_LIST_TYPE>Taliban</UN_LIST_TYPE>"
    "<REFERENCE_NUMBER>TAi.005</REFERENCE_NUMBER><LISTED_ON>2001-02-23</LISTED_ON></INDIVIDUAL>"
)
ENTITY = """
    <ENTITY>
      <DATAID>6908876</DATAID><VERSIONNUM>1</VERSIONNUM><FIRST_NAME>EXAMPLE TRADING</FIRST_NAME>
      <UN_LIST_TYPE>Yemen</UN_LIST_TYPE><REFERENCE_NUMBER>YEe.001</REFERENCE_NUMBER><LISTED_ON>2022-02-28</LISTED_ON>
      <COMMENTS1/>
      <ENTITY_ALIAS><QUALITY>f.k.a.</QUALITY><ALIAS_NAME>OLD TRADING</ALIAS_NAME></ENTITY_ALIAS>
      <ENTITY_ADDRESS><STREET>1, Main St.</STREET><CITY>Sana'a</CITY><COUNTRY>Yemen</COUNTRY></ENTITY_ADDRESS>
      <SORT_KEY/><SORT_KEY_LAST_MOD/>
    </ENTITY>"""


def xml(persons: Sequence[str] = (PERSON, SECOND), entities: Sequence[str] = (ENTITY,), **how: str) -> bytes:
    return un_xml(persons, entities, **how)


def put(settings, content: bytes, name: str = "download") -> None:
    (settings.inbox / name).write_bytes(content)


def of(settings, table: str, columns: str) -> list[tuple]:
    """What is true now of a table, in order."""
    return warehouse.ask(settings, f"select {columns} from raw.un_{table} where _valid_to is null order by all")


def changes(settings) -> dict[str, tuple[int, int]]:
    """Table → rows the last landing opened and rows it closed, where it did either."""
    last = "(select max(vintage) from raw.landings where status = 'loaded')"
    counts_by_table = {
        table.name.removeprefix("un_"): warehouse.ask(
            settings,
            f"select count(*) filter (where _vintage = {last}), count(*) filter (where _valid_to is not null) "
            f"from raw.{table.name}",
        )[0]
        for table in UN.tables
    }
    return {name: counts for name, counts in counts_by_table.items() if any(counts)}


# ---------------------------------------------------------------- what is read


@pytest.mark.parametrize("packed", [bytes, gzip.compress, b"\xef\xbb\xbf".__add__])
@pytest.mark.parametrize("quote", ["'", '"'])
def test_everything_an_entry_holds_is_read(settings, packed, quote):
    put(settings, packed(xml(quote=quote)))
    refresh(settings, [UN])
    assert reasons(settings) == []
    assert of(settings, "entries", "REFERENCE_NUMBER, RECORD, DATAID, FIRST_NAME, SECOND_NAME, LISTED_ON") == [
        ("CDi.001", "INDIVIDUAL", "6907993", "ERIC", "EXAMPLE", "2012-12-31-05:00"),
        ("TAi.005", "INDIVIDUAL", "110447", "MUHAMMAD", None, "2001-02-23"),
        ("YEe.001", "ENTITY", "6908876", "EXAMPLE TRADING", None, "2022-02-28"),
    ]
    assert of(settings, "entries", "UN_LIST_TYPE, COMMENTS1, TITLE, DESIGNATION, LAST_DAY_UPDATED, GENDER")[0] == (
        "DRC", "He fled to Rwanda & is still there.", "Mullah", "a) Director\nb) General", "2016-10-13", "Male"
    )  # fmt: skip
    assert of(settings, "aliases", "REFERENCE_NUMBER, QUALITY, ALIAS_NAME, NOTE") == [
        ("CDi.001", "Good", "Eric the Second", None),
        ("CDi.001", "Low", "Lydia", "Call sign"),
        ("YEe.001", "f.k.a.", "OLD TRADING", None),
    ]
    assert of(settings, "addresses", "REFERENCE_NUMBER, STREET, CITY, COUNTRY, NOTE") == [
        ("CDi.001", None, None, "Rwanda", "as of early 2016"),
        ("YEe.001", "1, Main St.", "Sana'a", "Yemen", None),
    ]
    assert of(settings, "nationalities", 'REFERENCE_NUMBER, "VALUE"') == [
        ("CDi.001", "Democratic Republic of the Congo"),
        ("CDi.001", "Rwanda"),
    ]
    assert of(settings, "birthdates", "TYPE_OF_DATE, YEAR, FROM_YEAR, TO_YEAR") == [("BETWEEN", None, "1970", "1973")]
    assert of(settings, "birthplaces", "CITY, COUNTRY") == [("Goma", "Democratic Republic of the Congo")]
    assert of(settings, "documents", "TYPE_OF_DOCUMENT, NUMBER, ISSUING_COUNTRY") == [
        ("Passport", "OB 0243318", "Rwanda")
    ]


# ---------------------------------------------------------------- editions


def test_a_later_edition_closes_and_opens_exactly_the_rows_that_changed(settings):
    put(settings, xml(), "may.xml")
    refresh(settings, [UN])
    before = {
        table.name: warehouse.ask(settings, f"select count(*) from raw.{table.name}")[0][0] for table in UN.tables
    }
    changed = (
        PERSON.replace("Lydia", "Linda")  # an alias and its twin
        .replace("He fled to Rwanda &amp;\nis", "He fled to Rwanda\n   &amp; is")  # the same comment, other lines
        .replace("<INDIVIDUAL_ADDRESS><COUNTRY/></INDIVIDUAL_ADDRESS>", "")  # an element that said nothing
        .replace("<VALUE>Rwanda</VALUE>", "")  # one nationality less
    )
    renumbered = SECOND.replace("110447", "6909380")  # entered again under the same reference
    put(settings, xml([renumbered, changed], generated="2024-06-01T00:00:03.012Z"), "june.xml")
    refresh(settings, [UN])
    assert reasons(settings) == []
    assert changes(settings) == {"entries": (1, 1), "aliases": (1, 1), "nationalities": (0, 1)}
    assert of(settings, "entries", "REFERENCE_NUMBER, DATAID")[1] == ("TAi.005", "6909380")
    assert warehouse.ask(settings, "select ALIAS_NAME from raw.un_aliases where _valid_to is not null") == [("Lydia",)]
    assert before == {
        "un_entries": 3, "un_aliases": 3, "un_addresses": 2, "un_nationalities": 2,
        "un_birthdates": 1, "un_birthplaces": 1, "un_documents": 1,
    }  # fmt: skip


def test_a_delisted_entry_goes_with_all_its_parts_and_comes_back_with_them(settings):
    for name, persons, generated in (
        ("a.xml", (PERSON, SECOND), "2024-05-15T00:00:03Z"),
        ("b.xml", (SECOND,), "2024-06-15T00:00:03Z"),
    ):
        put(settings, xml(persons, generated=generated), name)
        refresh(settings, [UN])
    assert changes(settings) == {
        "entries": (0, 1), "aliases": (0, 2), "addresses": (0, 1), "nationalities": (0, 2),
        "birthdates": (0, 1), "birthplaces": (0, 1), "documents": (0, 1),
    }  # fmt: skip
    assert of(settings, "entries", "REFERENCE_NUMBER") == [("TAi.005",), ("YEe.001",)]
    put(settings, xml(generated="2024-07-15T00:00:03Z"), "c.xml")
    refresh(settings, [UN])
    assert len(of(settings, "entries", "1")) == 3 and len(of(settings, "aliases", "1")) == 3


def test_the_edition_is_the_day_the_list_was_generated(tmp_path):
    (tmp_path / "x").write_bytes(xml(generated="2019-07-01T22:01:37.987-04:00"))
    recognised = un_sanctions.recognise(formats.read_head(tmp_path / "x"))
    assert (recognised.partition, recognised.edition) == ("consolidated", "2019-07-02T02:01:37Z")


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    "doctype",
    [
        "<!DOCTYPE x [<!ENTITY a 'lol'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]>\n",
        '<!DOCTYPE x [<!ENTITY b SYSTEM "file:///etc/passwd">]>\n',
    ],
    ids=["bomb", "external file"],
)
def test_a_list_that_defines_entities_is_rejected_unread(settings, doctype):
    put(settings, xml([PERSON.replace("Lydia", "&b;"), SECOND], doctype=doctype), "bomb.xml")
    refresh(settings, [UN])
    (reason,) = reasons(settings)
    assert reason.startswith("bomb.xml: The XML defines entities (")
    assert of(settings, "entries", "1") == of(settings, "aliases", "1") == []


@pytest.mark.parametrize(
    "content",
    [xml()[:-40], xml()[:1500], xml().replace(b"</QUALITY>", b"</X>", 1), xml().replace(b"Goma", b"A & B")],
    ids=["its end is missing", "cut in the middle", "tags crossed", "a bare ampersand"],
)
def test_broken_xml_is_rejected_and_what_was_loaded_stays(settings, content):
    put(settings, xml(generated="2024-01-01T00:00:00Z"), "good.xml")
    refresh(settings, [UN])
    put(settings, content, "list.xml")
    refresh(settings, [UN])
    (reason,) = reasons(settings)
    assert reason.startswith("list.xml: The XML breaks off or is malformed (")
    assert reason.endswith("Download the list again.") and "\n" not in reason
    assert len(of(settings, "entries", "1")) == 3


@pytest.mark.parametrize(
    "content, expected",
    [
        (xml([], []), "The list holds no entry. Download it again."),
        (
            xml([SECOND], []),
            "This is the list of one committee (Taliban), not the consolidated one. Download consolidated.xml.",
        ),
        (xml(generated="today"), "The file was made at no known time (today). Download it again."),
        (
            xml([PERSON, SECOND.replace("<REFERENCE_NUMBER>TAi.005</REFERENCE_NUMBER>", "<REFERENCE_NUMBER/>")]),
            "row 2: An entry has no reference number (empty). Use the UN's own download, unedited.",
        ),
        (
            xml([PERSON, SECOND.replace("2001-02-23", "23 Feb. 2001")]),
            "row 2: The entry TAi.005 has no day of listing (23 Feb. 2001). Use the UN's own download, unedited.",
        ),
        (
            xml([PERSON, SECOND, SECOND]),
            "row 3: The key is there twice (REFERENCE_NUMBER=TAi.005). "
            "One file may have a key once: download it again, or remove the repeated rows.",
        ),
    ],
    ids=["empty", "one committee", "undated", "unnumbered", "no day", "twice"],
)
def test_a_list_that_cannot_be_used_is_rejected_with_the_reason(settings, content, expected):
    put(settings, content, "list.xml")
    refresh(settings, [UN])
    (reason,) = reasons(settings)
    assert reason in (f"list.xml: {expected}", f"list.xml, {expected}")
    assert of(settings, "entries", "1") == []


@pytest.mark.parametrize(
    "content",
    [
        b"<html><body>Access denied</body></html>",
        b'<?xml version="1.0"?><sdnList xmlns="http://tempuri.org/sdnList.xsd"/>',
        b'<?xml version="1.0"?><CONSOLIDATED_LISTS/>',
        b'<export xmlns="http://eu.europa.ec/fpi/fsd/export"/>',
        b"REFERENCE_NUMBER,NAME\n",
    ],
)
def test_what_is_not_the_uns_is_left_to_others(tmp_path, content):
    (tmp_path / "x").write_bytes(content)
    assert un_sanctions.recognise(formats.read_head(tmp_path / "x")) is None


# ---------------------------------------------------------------- the service, and the real lists


def test_a_fetch_takes_a_new_edition_and_nothing_when_there_is_none(settings):
    path = "/resources/xml/en/consolidated.xml"
    with Services() as services:
        live = replace(settings, data="live", inbox=None, addresses={"UN_SANCTIONS_URL": services.url + path})
        prepare(live, [UN])
        for content in (xml(), xml(), xml([PERSON], generated="2024-06-03T00:00:03.012Z")):
            services.serve(path, content, "text/xml")
            _, failure = intake.fetch(live, UN, print, client=http_client.Client(sleep=lambda _: None))
            assert failure is None
            intake.load_landed(live, UN)
        assert [request.question for request in services.requests] == [path + "?"] * 3
    assert warehouse.ask(live, "select edition, partition from raw.landings order by 1") == [
        ("2024-05-15T00:00:03Z", "consolidated"),
        ("2024-06-03T00:00:03Z", "consolidated"),
    ]
    assert of(live, "entries", "REFERENCE_NUMBER") == [("CDi.001",), ("YEe.001",)]


@pytest.fixture(scope="module")
def editions(shared):
    folder = shared / "sanctions"
    return folder / "full_xml" / "un_consolidated_20240515.xml.gz", folder / "un" / "un_consolidated_20260227.xml"


@pytest.mark.parametrize(
    "which, persons, entities, aliases, documents",
    [(0, 682, 193, 2_290 + 578, 449), (1, 730, 273, 2_139 + 613, 468)],
    ids=["2024", "2026"],
)
def test_each_real_edition_holds_the_entries_it_is_known_for(
    settings, editions, which, persons, entities, aliases, documents
):
    (settings.inbox / "list").symlink_to(editions[which])
    refresh(settings, [UN])
    assert reasons(settings) == []
    assert dict(warehouse.ask(settings, "select RECORD, count(*) from raw.un_entries group by 1")) == {
        "INDIVIDUAL": persons,
        "ENTITY": entities,
    }
    [(given,)] = warehouse.ask(settings, "select count(*) from raw.un_aliases")
    assert (given, len(of(settings, "documents", "1"))) == (aliases, documents)
    for table in UN.tables[1:]:
        assert not warehouse.ask(settings, f"from raw.{table.name} anti join raw.un_entries using (REFERENCE_NUMBER)")


def said_by(path, tags: Sequence[str]) -> set[tuple]:
    """What an edition says in its elements of these names, read without the loader."""
    expected = set()
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
        for entry in parse(stream).getroot().iter():
            if entry.tag in ("INDIVIDUAL", "ENTITY"):
                for part in (child for child in entry if child.tag in tags):
                    texts = [(c.tag, " ".join(c.text.split())) for c in part if c.text and c.text.strip()]
                    groups = [[text] for text in texts] if part.tag == "NATIONALITY" else [texts]
                    expected |= {
                        (entry.findtext("REFERENCE_NUMBER").strip(), *sorted(group)) for group in groups if group
                    }
    return expected


def test_between_two_real_editions_only_what_changed_is_closed_and_opened(settings, editions):
    for name, path in zip(("a", "b"), editions, strict=True):
        (settings.inbox / name).symlink_to(path)
    refresh(settings, [UN])
    assert reasons(settings) == []
    happened = changes(settings)
    for table, (tags, _) in un_sanctions.PARTS.items():
        old, new = (said_by(path, tags) for path in editions)
        assert happened[table] == (len(new - old), len(old - new)), table
    # 866 entries stand in both; 31 of them were revised, 9 are gone and 137 are new
    assert happened["entries"] == (31 + 137, 31 + 9)
    gone = """
        select REFERENCE_NUMBER from raw.un_entries
        group by 1 having count(*) = count(_valid_to) order by 1"""
    assert [reference for (reference,) in warehouse.ask(settings, gone)] == [
        "IQi.074", "LYi.020", "QDi.070", "QDi.095", "QDi.317", "QDi.328", "QDi.336", "YEi.003", "YEi.005"
    ]  # fmt: skip
    renumbered = """
        select REFERENCE_NUMBER from raw.un_entries group by 1 having count(distinct DATAID) > 1 order by 1"""
    assert [r for (r,) in warehouse.ask(settings, renumbered)] == ["HTi.002", "HTi.003", "HTi.004", "HTi.005"]
    assert Counter(status for (status,) in warehouse.ask(settings, "select status from raw.landings")) == {"loaded": 2}
