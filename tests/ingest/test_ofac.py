"""OFAC's lists: known by what is in them, read to the last identifier, and refused when hostile or cut.

Here belongs XML in both namespaces, the legacy CSV quartet, which list a file is, and which edition counts.
Not here: what of a list becomes public (dbt's tests).
"""

import gzip
from collections.abc import Sequence

import pytest
from downloads import OFAC, OFAC_NAMESPACE, SOURCES, loaded, ofac_xml, prepare, reasons, refresh

from dagster_project import warehouse
from dagster_project.files import formats
from dagster_project.ingest import intake
from dagster_project.ingest.sources import ofac

OLD = "http://tempuri.org/sdnList.xsd"
NEW = OFAC_NAMESPACE

COMPANY = """
  <sdnEntry>
    <uid>36</uid><lastName>Ост &amp; Co.</lastName><sdnType>Entity</sdnType>
    <programList><program>RUSSIA-EO14024</program><program>UKRAINE-EO13662</program></programList>
    <idList>
      <id><uid>501</uid><idType>Tax ID No.</idType><idNumber>7744001497</idNumber>
        <idCountry>Russia</idCountry></id>
      <id><uid>502</uid><idType>Listing Date (EO 14024 Directive 2):</idType>
        <idNumber>24 Feb 2022</idNumber></id>
    </idList>
    <akaList>
      <aka><uid>12</uid><type>a.k.a.</type><category>strong</category><lastName>OST</lastName></aka>
      <aka><uid>13</uid><type>f.k.a.</type><category>weak</category><lastName>WEST</lastName></aka>
    </akaList>
    <addressList>
      <address><uid>25</uid><address1>1, Abay Ave.</address1><city>Almaty</city>
        <country>Kazakhstan</country></address>
      <address><uid>26</uid><country>Russia</country></address>
    </addressList>
  </sdnEntry>"""
PERSON = """
  <sdnEntry>
    <uid>306</uid><firstName>Ann</firstName><lastName>EXAMPLE</lastName><title>Director</title>
    <sdnType>Individual</sdnType><remarks>(Linked To: OST)</remarks>
    <programList><program>RUSSIA-EO14024</program></programList>
    <nationalityList><nationality><uid>8</uid><country>Russia</country><mainEntry>true</mainEntry></nationality>
    </nationalityList>
    <dateOfBirthList><dateOfBirthItem><uid>7</uid><dateOfBirth>1970</dateOfBirth></dateOfBirthItem></dateOfBirthList>
    <placeOfBirthList><placeOfBirthItem><uid>9</uid><placeOfBirth>Moscow, Russia</placeOfBirth>
      <mainEntry>true</mainEntry></placeOfBirthItem></placeOfBirthList>
  </sdnEntry>"""
VESSEL = """
  <sdnEntry>
    <uid>4243</uid><lastName>EBANO</lastName><sdnType>Vessel</sdnType>
    <programList><program>CUBA</program></programList>
    <vesselInfo><callSign>CL2192</callSign><vesselType>Tug</vesselType><vesselFlag>Cuba</vesselFlag>
      <vesselOwner>Samir</vesselOwner><tonnage>900</tonnage><grossRegisteredTonnage>212</grossRegisteredTonnage>
    </vesselInfo>
  </sdnEntry>"""
AIRCRAFT = """
  <sdnEntry><uid>15036</uid><lastName>EP-GOM</lastName><sdnType>Aircraft</sdnType>
    <programList><program>SDGT</program></programList></sdnEntry>"""
PALESTINIAN = """
  <sdnEntry><uid>9639</uid><lastName>SOMEONE</lastName><sdnType>Individual</sdnType>
    <programList><program>NS-PLC</program></programList></sdnEntry>"""
BOTH = (  # an entry of the SDN list that carries the consolidated list's program as well
    PALESTINIAN.replace("9639", "9647").replace("<program>", "<program>SDGT</program><program>")
)
BILLION_LAUGHS = (
    "<!DOCTYPE sdnList [\n <!ENTITY lol0 'lol'>\n"
    + "".join(f" <!ENTITY lol{n} '{f'&lol{n - 1};' * 10}'>\n" for n in range(1, 10))
    + "]>\n"
)


def xml(entries: Sequence[str] = (COMPANY, PERSON, VESSEL, AIRCRAFT), **how: str) -> bytes:
    return ofac_xml(entries, **how)


SDN_CSV = (
    b'36,"OST, \'O\'",-0- ,"SDGT] [IRAN",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,"Linked To: WEST."\r\n'
    b'306,"EXAMPLE, Jos\xe9","individual","CUBA","Director",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,"DOB 1970."\r\n'
    b'4243,"EBANO","vessel","CUBA",-0- ,"CL2192","Tug","900","212","Cuba","Samir",-0- \r\n\x1a'
)
ALT_CSV = b'36,12,"aka","OST",-0- \r\n36,13,"fka","WEST","old"\r\n\x1a'
ADD_CSV = b'36,25,"1, Abay Ave.","Almaty 050000","Kazakhstan",-0- \r\n306,26,-0- ,-0- ,-0- ,-0- \r\n\x1a'
COMMENTS_CSV = b'36,"and on it goes."\r\n36,"and on."\r\n306,"More."\r\n\x1a'


def put(settings, content: bytes, name: str = "download") -> None:
    (settings.inbox / name).write_bytes(content)


def of(settings, table: str, columns: str) -> list[tuple]:
    """What is true now of a table, in order."""
    return warehouse.ask(settings, f"select {columns} from raw.ofac_{table} where _valid_to is null order by all")


# ---------------------------------------------------------------- XML


@pytest.mark.parametrize("namespace", [OLD, NEW])
@pytest.mark.parametrize("packed", [bytes, gzip.compress, b"\xef\xbb\xbf".__add__])
def test_a_list_is_read_in_both_namespaces_packed_or_not(settings, namespace, packed):
    put(settings, packed(xml(namespace=namespace)))
    refresh(settings, [OFAC])
    assert reasons(settings) == []
    assert of(settings, "entries", "uid, lastName, sdnType, list") == [
        ("15036", "EP-GOM", "Aircraft", "sdn"),
        ("306", "EXAMPLE", "Individual", "sdn"),
        ("36", "Ост & Co.", "Entity", "sdn"),
        ("4243", "EBANO", "Vessel", "sdn"),
    ]


def test_everything_an_entry_holds_is_read(settings):
    put(settings, xml())
    refresh(settings, [OFAC])
    assert of(settings, "aliases", "uid, akaUid, type, category, lastName, firstName") == [
        ("36", "12", "a.k.a.", "strong", "OST", None),
        ("36", "13", "f.k.a.", "weak", "WEST", None),
    ]
    assert of(settings, "addresses", "uid, addressUid, address1, city, country") == [
        ("36", "25", "1, Abay Ave.", "Almaty", "Kazakhstan"),
        ("36", "26", None, None, "Russia"),
    ]
    assert of(settings, "programs", "uid, program") == [
        ("15036", "SDGT"),
        ("306", "RUSSIA-EO14024"),
        ("36", "RUSSIA-EO14024"),
        ("36", "UKRAINE-EO13662"),
        ("4243", "CUBA"),
    ]
    assert of(settings, "identifiers", "uid, idUid, idType, idNumber, idCountry") == [
        ("36", "501", "Tax ID No.", "7744001497", "Russia"),
        ("36", "502", "Listing Date (EO 14024 Directive 2):", "24 Feb 2022", None),
    ]
    assert of(settings, "origins", "uid, originUid, element, value, mainEntry") == [
        ("306", "7", "dateOfBirth", "1970", None),
        ("306", "8", "nationality", "Russia", "true"),
        ("306", "9", "placeOfBirth", "Moscow, Russia", "true"),
    ]
    assert of(settings, "entries", "uid, firstName, title, remarks, callSign, vesselFlag, tonnage")[1:] == [
        ("306", "Ann", "Director", "(Linked To: OST)", None, None, None),
        ("36", None, None, None, None, None, None),
        ("4243", None, None, None, "CL2192", "Cuba", "900"),
    ]


def test_the_consolidated_list_is_kept_apart_from_the_sdn_list(settings):
    put(settings, xml([AIRCRAFT, BOTH]), "one.xml")
    put(settings, xml([PALESTINIAN, COMPANY]), "two.xml")
    refresh(settings, [OFAC])
    assert of(settings, "entries", "list, uid") == [
        ("consolidated", "36"),
        ("consolidated", "9639"),
        ("sdn", "15036"),
        ("sdn", "9647"),
    ]
    put(settings, xml([AIRCRAFT], published="06/07/2024"), "one.xml")
    refresh(settings, [OFAC])  # a later edition of one list leaves the other alone
    assert of(settings, "entries", "list, uid") == [
        ("consolidated", "36"),
        ("consolidated", "9639"),
        ("sdn", "15036"),
    ]


def test_an_older_edition_that_comes_later_does_not_overwrite_a_newer_one(settings):
    put(settings, xml([COMPANY, VESSEL], published="01/02/2025"), "new.xml")
    refresh(settings, [OFAC])
    put(settings, xml([PERSON], published="05/07/2024"), "old.xml")
    refresh(settings, [OFAC])
    [reason] = reasons(settings)
    assert reason.startswith("old.xml: This is the edition of 2024-05-07, and the one of 2025-01-02 is already loaded.")
    assert of(settings, "entries", "uid") == [("36",), ("4243",)]


def test_a_later_edition_in_the_same_folder_supersedes_the_earlier(settings):
    renamed = COMPANY.replace("Ост &amp; Co.", "Ost JSC")
    put(settings, xml([renamed, VESSEL], published="01/02/2025"), "a later.xml")
    put(settings, xml([COMPANY, PERSON], published="05/07/2024"), "b earlier.xml")
    refresh(settings, [OFAC])
    assert reasons(settings) == []
    assert of(settings, "entries", "uid, lastName") == [("36", "Ost JSC"), ("4243", "EBANO")]
    assert of(settings, "programs", "distinct uid") == [("36",), ("4243",)]
    history = warehouse.ask(
        settings,
        "select uid, lastName, _valid_to is null from raw.ofac_entries order by uid, _valid_from",
    )
    assert history == [
        ("306", "EXAMPLE", False),  # delisted
        ("36", "Ост & Co.", False),
        ("36", "Ost JSC", True),
        ("4243", "EBANO", True),
    ]


@pytest.mark.parametrize("count", ["3", "5", "0", "", "many"])
def test_a_list_that_does_not_hold_what_it_announces_is_rejected(settings, count):
    put(settings, xml(count=count), "list.xml")
    refresh(settings)
    assert reasons(settings) == [
        f"list.xml: The list announces {count} entries and holds 4. It is cut off or was edited: download it again."
    ]
    assert of(settings, "entries", "uid") == []


def hostile(doctype: str) -> bytes:
    return xml([COMPANY.replace("Almaty", "&lol9;")], doctype=doctype)


@pytest.mark.parametrize(
    "content",
    [
        hostile(BILLION_LAUGHS),
        hostile('<!DOCTYPE sdnList [<!ENTITY lol9 SYSTEM "file:///etc/passwd">]>\n'),
        hostile('<!DOCTYPE sdnList [<!ENTITY lol9 SYSTEM "http://127.0.0.1:9/x">]>\n'),
        hostile('<!DOCTYPE sdnList [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>\n'),
        gzip.compress(hostile(BILLION_LAUGHS)),
    ],
    ids=[
        "billion laughs",
        "external file",
        "external address",
        "external parameter",
        "packed billion laughs",
    ],
)
def test_a_list_that_defines_entities_is_rejected_unread(settings, content):
    put(settings, content, "bomb.xml")
    refresh(settings)
    (reason,) = reasons(settings)
    assert reason.startswith("bomb.xml: The XML defines entities (")
    assert "as an attack would; it was not read. Download the list from its publisher." in reason
    assert of(settings, "entries", "uid") == of(settings, "addresses", "uid") == []


@pytest.mark.parametrize(
    "content",
    [
        xml()[:-40],
        xml()[:1500],
        xml().replace(b"</lastName>", b"</name>", 1),
        xml().replace(b"Almaty", b"Almaty & more"),
        xml() + b"<more/>",
    ],
    ids=[
        "its end is missing",
        "cut in the middle",
        "tags crossed",
        "a bare ampersand",
        "something after its end",
    ],
)
def test_broken_xml_is_rejected(settings, content):
    put(settings, content, "list.xml")
    refresh(settings)
    (reason,) = reasons(settings)
    assert reason.startswith("list.xml: The XML breaks off or is malformed (")
    assert reason.endswith("Download the list again.") and "\n" not in reason


def test_a_list_in_an_unknown_namespace_is_rejected(settings):
    put(settings, xml(namespace="urn:example"), "list.xml")
    refresh(settings)
    assert reasons(settings) == [
        "list.xml: An sdnList in a namespace that is not known. Download SDN.XML or CONSOLIDATED.XML from OFAC."
    ]


@pytest.mark.parametrize("lost", ["<uid>36</uid>", "<uid>12</uid>", "<uid>25</uid>", "<uid>501</uid>"])
def test_an_entry_or_part_without_its_number_is_rejected(settings, lost):
    put(settings, xml([COMPANY.replace(lost, "")]), "list.xml")
    refresh(settings)
    (reason,) = reasons(settings)
    assert reason.startswith("list.xml, row 1: An entry has no number")
    assert of(settings, "entries", "uid") == []


def test_an_entry_that_is_listed_twice_is_rejected(settings):
    put(settings, xml([COMPANY, COMPANY]), "list.xml")
    refresh(settings)
    assert "The key is there twice (list=sdn, uid=36)." in reasons(settings)[0]


def test_a_list_that_was_loaded_stays_when_the_next_one_is_rejected(settings):
    put(settings, xml())
    refresh(settings)
    put(settings, xml([COMPANY], count="7", published="06/07/2024"))
    refresh(settings)
    assert len(of(settings, "entries", "uid")) == 4


# ---------------------------------------------------------------- legacy CSV


def test_the_legacy_quartet_is_read(settings):
    for name, content in (("a", SDN_CSV), ("b", ALT_CSV), ("c", ADD_CSV), ("d", COMMENTS_CSV)):
        put(settings, content, name)
    refresh(settings)
    assert reasons(settings) == []
    assert of(settings, "entries", "uid, sdnName, sdnType, title, callSign, vesselFlag, remarks") == [
        ("306", "EXAMPLE, José", "individual", "Director", None, None, "DOB 1970."),
        ("36", "OST, 'O'", None, None, None, None, "Linked To: WEST."),
        ("4243", "EBANO", "vessel", None, "CL2192", "Cuba", None),
    ]
    assert of(settings, "programs", "uid, program") == [
        ("306", "CUBA"),
        ("36", "IRAN"),
        ("36", "SDGT"),
        ("4243", "CUBA"),
    ]
    assert of(settings, "aliases", "uid, akaUid, type, name, remarks") == [
        ("36", "12", "aka", "OST", None),
        ("36", "13", "fka", "WEST", "old"),
    ]
    assert of(settings, "addresses", "uid, addressUid, address1, cityStateZip, country") == [
        ("306", "26", None, None, None),
        ("36", "25", "1, Abay Ave.", "Almaty 050000", "Kazakhstan"),
    ]
    assert of(settings, "comments", "uid, part, remarks") == [
        ("306", "1", "More."),
        ("36", "1", "and on it goes."),
        ("36", "2", "and on."),
    ]


@pytest.mark.parametrize(
    "content, row, expected",
    [
        (SDN_CSV[: SDN_CSV.index(b'"Director"')], 2, "The row has 5 columns where this file has 12."),
        (SDN_CSV[: SDN_CSV.index(b"DOB 1970") + 5], 2, "A quoted text does not end where it should."),
        (SDN_CSV.replace(b'"EBANO"', b'"EBANO'), 3, "A quoted text does not end where it should."),
        (SDN_CSV.replace(b'"CL2192",', b""), 3, "The row has 11 columns where this file has 12."),
    ],
)
def test_a_broken_csv_list_is_rejected_with_its_row(settings, content, row, expected):
    """Long enough that the file is known by its beginning, as the real ones are."""
    good = b"".join(
        b'%d,"X",-0- ,"CUBA",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n' % n for n in range(50_000, 50_025)
    )
    put(settings, good + content, "sdn.csv")
    refresh(settings)
    (reason,) = reasons(settings)
    assert reason == f"sdn.csv, row {25 + row}: {expected} The file is cut off or was edited: download it again."
    assert of(settings, "entries", "uid") == []


def test_consolidated_csv_files_are_kept_apart_from_the_sdn_ones(settings):
    put(settings, SDN_CSV, "1")
    other = SDN_CSV.replace(b"36,", b"9639,").replace(b"SDGT] [IRAN", b"NS-PLC").replace(b"CUBA", b"UKRAINE-EO13662")
    put(settings, other, "2")
    put(settings, ALT_CSV, "3")
    put(settings, ALT_CSV.replace(b"36,", b"9639,"), "4")
    put(settings, ADD_CSV, "5")
    put(settings, ADD_CSV.replace(b"36,", b"9639,"), "6")
    refresh(settings)
    assert reasons(settings) == []
    for table, each in (("entries", 3), ("aliases", 2), ("addresses", 2)):
        assert of(settings, table, "distinct list") == [("consolidated",), ("sdn",)]
        assert len(of(settings, table, "uid")) == 2 * each


@pytest.mark.parametrize("programs", ["NS-PLC", "UKRAINE-EO13662", "CMIC-EO13959", "UKRAINE-EO13662] [CMIC-EO13959"])
def test_a_consolidated_list_is_never_taken_for_the_sdn_list_whatever_it_begins_with(settings, programs):
    """Seen: 442 of its entries in place of the SDN list's 7,379."""
    put(settings, SDN_CSV, "sdn.csv")
    refresh(settings)
    rows = b"".join(
        b'%d,"X",-0- ,"%s",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n' % (n, programs.encode())
        for n in range(17_000, 17_005)
    )
    put(
        settings,
        rows + b'17005,"Y",-0- ,"RUSSIA-EO14024] [UKRAINE-EO13662",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n',
        "b",
    )
    refresh(settings)
    counts = warehouse.ask(settings, "select list, count(*) from raw.ofac_entries where _valid_to is null group by 1")
    assert dict(counts) == {"sdn": 3, "consolidated": 6}


@pytest.mark.parametrize(
    "content",
    [
        b"2021,17.5\n2022,18.5\n",
        b"1,2,3,4,5,6\n2,3,4,5,6,7\n",
        b"36,12,net,gross,5\n",
        b'<html xmlns="http://www.w3.org/1999/xhtml"></html>',
        b"<?xml version='1.0'?><CONSOLIDATED_LIST/>",
        b"uid,name\n36,X\n",
        "\u00b2,\u00b2\n".encode("latin-1"),
        b"\x1a",
        b"\n",
    ],
)
def test_what_is_not_ofacs_is_left_to_others(tmp_path, content):
    (tmp_path / "x").write_bytes(content)
    assert ofac.recognise(formats.read_head(tmp_path / "x")) is None


# ---------------------------------------------------------------- the real lists


def test_the_real_lists_hold_the_entries_they_are_known_for(settings, shared):
    folder = shared / "sanctions" / "full_xml"
    for name in ("ofac_sdn_20240507.xml.gz", "ofac_consolidated_20240506.xml.gz"):
        (settings.inbox / name).symlink_to(folder / name)
    refresh(settings)
    assert reasons(settings) == []
    kinds = warehouse.ask(
        settings, "select list, sdnType, count(*) from raw.ofac_entries where _valid_to is null group by all"
    )
    assert {kind: n for which, kind, n in kinds if which == "sdn"} == {
        "Entity": 6_884, "Individual": 6_855, "Vessel": 851, "Aircraft": 376
    }  # fmt: skip
    assert sum(n for which, _, n in kinds if which == "consolidated") == 443
    (numbers,) = warehouse.ask(
        settings,
        """select
            (select count(*) from raw.ofac_entries where list = 'sdn'),
            (select count(*) from raw.ofac_programs where list = 'sdn' and program = 'RUSSIA-EO14024'),
            (select count(*) from raw.ofac_aliases where list = 'sdn'),
            (select count(*) from raw.ofac_entries where _valid_to is not null)""",
    )
    assert numbers == (14_966, 4_439, 21_754, 0)
    in_transit = warehouse.ask(
        settings,
        """select country, count(distinct uid) from raw.ofac_addresses
        inner join raw.ofac_programs using (list, uid)
        where list = 'sdn' and program = 'RUSSIA-EO14024'
          and country in ('Kazakhstan', 'Kyrgyzstan', 'Uzbekistan', 'Armenia', 'Georgia')
        group by 1""",
    )
    assert dict(in_transit) == {
        "Armenia": 4,
        "Georgia": 2,
        "Kazakhstan": 5,
        "Kyrgyzstan": 9,
        "Uzbekistan": 11,
    }


@pytest.mark.parametrize(
    "year, files, entries",
    [
        ("2020", 7, {"sdn": 7_379, "consolidated": 442}),
        ("2021", 4, {"sdn": 8_976}),
    ],
)
def test_the_real_legacy_files_hold_the_entries_they_are_known_for(settings, shared, year, files, entries):
    for path in (shared / "sanctions" / f"ofac_csv_{year}").iterdir():
        if path.name == "cons_comments.csv":
            continue  # an entry of both lists is continued in both files, and neither says its list
        (settings.inbox / path.name).symlink_to(path)
    prepare(settings, SOURCES)
    taken, rejected = intake.land(settings, OFAC)
    assert (len(taken), rejected) == (files, [])
    intake.load_landed(settings, OFAC)
    assert reasons(settings) == [] and len(loaded(settings)) == files
    counted = warehouse.ask(settings, "select list, count(*) from raw.ofac_entries where _valid_to is null group by 1")
    assert dict(counted) == entries
    # every alias and address belongs to an entry of its list, and every entry stands under a program
    for table in ("aliases", "addresses"):
        assert not warehouse.ask(settings, f"from raw.ofac_{table} anti join raw.ofac_entries using (list, uid)")
    assert not warehouse.ask(settings, "from raw.ofac_entries anti join raw.ofac_programs using (list, uid)")
    assert not warehouse.ask(settings, "from raw.ofac_programs where program like '%]%' or program like '%-0-%'")
    assert not warehouse.ask(settings, "from raw.ofac_entries where sdnType = '-0-' or trim(sdnName) <> sdnName")
