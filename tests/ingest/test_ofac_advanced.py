"""OFAC's advanced XML: the rows that SDN.XML gives, and the days of listing that it lacks. The parties are invented."""

from __future__ import annotations

import gzip
from dataclasses import replace

import pytest
from downloads import OFAC, loaded, ofac_xml, reasons, refresh

from dagster_project import warehouse

OLD, NEW = (
    "http://www.un.org/sanctions/1.0",
    "https://sanctionslistservice.ofac.treas.gov/api/PublicationPreview/exports/ADVANCED_XML",
)

REFERENCES = """
<ReferenceValueSets>
  <AliasTypeValues><AliasType ID="1400">A.K.A.</AliasType><AliasType ID="1401">F.K.A.</AliasType>
    <AliasType ID="1403">Name</AliasType></AliasTypeValues>
  <AreaCodeValues><AreaCode ID="20" CountryID="11" Description="Region: North">N</AreaCode></AreaCodeValues>
  <CountryValues><Country ID="11" ISO2="RU">Russia</Country><Country ID="12" ISO2="KZ">Kazakhstan</Country>
    <Country ID="13" ISO2="CU">Cuba</Country><Country ID="99">undetermined</Country></CountryValues>
  <DetailReferenceValues><DetailReference ID="705">Tug</DetailReference>
    <DetailReference ID="706">Male</DetailReference></DetailReferenceValues>
  <DocNameStatusValues><DocNameStatus ID="1">Primary Latin</DocNameStatus><DocNameStatus ID="2">Others</DocNameStatus>
    </DocNameStatusValues>
  <EntryEventTypeValues><EntryEventType ID="1">Created</EntryEventType></EntryEventTypeValues>
  <FeatureTypeValues><FeatureType ID="1">Vessel Call Sign</FeatureType><FeatureType ID="2">VESSEL TYPE</FeatureType>
    <FeatureType ID="3">Vessel Flag</FeatureType><FeatureType ID="8">Birthdate</FeatureType>
    <FeatureType ID="9">Place of Birth</FeatureType><FeatureType ID="10">Nationality Country</FeatureType>
    <FeatureType ID="25">Location</FeatureType><FeatureType ID="26">Title</FeatureType>
    <FeatureType ID="104">Secondary sanctions risk:</FeatureType><FeatureType ID="224">Gender</FeatureType>
    <FeatureType ID="504">Listing Date (EO 14024 Directive 2):</FeatureType>
    <FeatureType ID="646">Nationality of Registration</FeatureType></FeatureTypeValues>
  <IDRegDocDateTypeValues><IDRegDocDateType ID="1480">Issue Date</IDRegDocDateType>
    <IDRegDocDateType ID="1481">Expiration Date</IDRegDocDateType></IDRegDocDateTypeValues>
  <IDRegDocTypeValues><IDRegDocType ID="1571">Passport</IDRegDocType><IDRegDocType ID="1596">Tax ID No.</IDRegDocType>
    </IDRegDocTypeValues>
  <LegalBasisValues><LegalBasis ID="1">Unknown</LegalBasis><LegalBasis ID="2">Executive Order 14024</LegalBasis>
    </LegalBasisValues>
  <ListValues><List ID="1550">SDN List</List><List ID="91243">Non-SDN Palestinian Legislative Council List</List>
    <List ID="91512">Consolidated List</List></ListValues>
  <LocPartTypeValues><LocPartType ID="1">Unknown</LocPartType><LocPartType ID="1451">ADDRESS1</LocPartType>
    <LocPartType ID="1454">CITY</LocPartType><LocPartType ID="1456">POSTAL CODE</LocPartType></LocPartTypeValues>
  <NamePartTypeValues><NamePartType ID="1520">Last Name</NamePartType><NamePartType ID="1521">First Name</NamePartType>
    <NamePartType ID="1525">Entity Name</NamePartType><NamePartType ID="1526">Vessel Name</NamePartType>
    <NamePartType ID="91708">Patronymic</NamePartType></NamePartTypeValues>
  <PartySubTypeValues><PartySubType ID="1" PartyTypeID="4">Vessel</PartySubType>
    <PartySubType ID="3" PartyTypeID="2">Unknown</PartySubType>
    <PartySubType ID="4" PartyTypeID="1">Unknown</PartySubType></PartySubTypeValues>
  <PartyTypeValues><PartyType ID="1">Individual</PartyType><PartyType ID="2">Entity</PartyType>
    <PartyType ID="4">Transport</PartyType></PartyTypeValues>
  <SanctionsTypeValues><SanctionsType ID="1">Program</SanctionsType><SanctionsType ID="1705">Block</SanctionsType>
    </SanctionsTypeValues>
</ReferenceValueSets>"""
PLACES = """
<Location ID="25"><LocationCountry CountryID="12" CountryRelevanceID="1413" />
  <LocationPart LocPartTypeID="1451"><LocationPartValue Primary="true"><Value>1, Abay Ave.</Value></LocationPartValue>
  </LocationPart>
  <LocationPart LocPartTypeID="1454"><LocationPartValue Primary="true"><Value>Almaty</Value></LocationPartValue>
  </LocationPart></Location>
<Location ID="26"><LocationCountry CountryID="11" CountryRelevanceID="1413" /></Location>
<Location ID="27"><LocationCountry CountryID="99" /><LocationPart LocPartTypeID="1"><LocationPartValue Primary="true">
  <Value>Nowhereland</Value></LocationPartValue></LocationPart></Location>
<Location ID="28"><LocationAreaCode AreaCodeID="20" /></Location>"""
DOCUMENTS = """
<IDRegDocument ID="501" IDRegDocTypeID="1596" IdentityID="1036" IssuedBy-CountryID="11" ValidityID="1">
  <Comment /><IDRegistrationNo>7744001497</IDRegistrationNo><IssuingAuthority /></IDRegDocument>
<IDRegDocument ID="502" IDRegDocTypeID="1571" IdentityID="1306" ValidityID="1"><IDRegistrationNo>AB 1</IDRegistrationNo>
  <DocumentDate IDRegDocDateTypeID="1480"><DatePeriod CalendarTypeID="1">
    <Start><From><Year>2015</Year><Month>3</Month><Day>4</Day></From>
      <To><Year>2015</Year><Month>3</Month><Day>4</Day></To></Start>
    <End><From><Year>2015</Year><Month>3</Month><Day>4</Day></From>
      <To><Year>2015</Year><Month>3</Month><Day>4</Day></To></End></DatePeriod></DocumentDate></IDRegDocument>"""


def name(number: int, *parts: tuple[int, str], status: int = 2) -> str:
    """One spelling of a name; the parts as (kind of part, text)."""
    texts = "".join(
        f'<DocumentedNamePart><NamePartValue NamePartGroupID="{kind}9" ScriptID="215">{text}</NamePartValue>'
        "</DocumentedNamePart>"
        for kind, text in parts
    )
    return f'<DocumentedName ID="{number}" DocNameStatusID="{status}">{texts}</DocumentedName>'


def alias(*spellings: str, kind: int = 1400, primary: str = "false", weak: str = "false") -> str:
    return f'<Alias AliasTypeID="{kind}" Primary="{primary}" LowQuality="{weak}">{"".join(spellings)}</Alias>'


def feature(number: int, kind: int, value: str) -> str:
    """A feature whose version holds a place (`@25`), a reference (`#705`), XML or a text."""
    match value[:1]:
        case "@":
            content = f'<VersionLocation LocationID="{value[1:]}" />'
        case "#":
            content = f'<VersionDetail DetailTypeID="1431" DetailReferenceID="{value[1:]}" />'
        case "<":
            content = value
        case _:
            content = f'<VersionDetail DetailTypeID="1432">{value}</VersionDetail>'
    return (
        f'<Feature ID="{number}" FeatureTypeID="{kind}"><FeatureVersion ID="{number}0" ReliabilityID="1"><Comment />'
        f"{content}</FeatureVersion></Feature>"
    )


def period(first: str, last: str, approximate: str = "false") -> str:
    """A period as the file writes it: four ends, each with year, month and day."""
    a, b = (
        "".join(f"<{part}>{int(n)}</{part}>" for part, n in zip(("Year", "Month", "Day"), day.split("-"), strict=True))
        for day in (first, last)
    )
    return (
        f'<DatePeriod CalendarTypeID="1"><Start Approximate="{approximate}"><From>{a}</From><To>{a}</To></Start>'
        f'<End Approximate="{approximate}"><From>{b}</From><To>{b}</To></End></DatePeriod>'
    )


def party(number: int, subtype: int, names: str, features: str = "", comment: str = "") -> str:
    groups = "".join(
        f'<MasterNamePartGroup><NamePartGroup ID="{kind}9" NamePartTypeID="{kind}" /></MasterNamePartGroup>'
        for kind in (1520, 1521, 1525, 1526, 91708)
    )
    return (
        f'<DistinctParty FixedRef="{number}"><Comment>{comment}</Comment>'
        f'<Profile ID="{number}" PartySubTypeID="{subtype}"><Identity ID="{1000 + number}" Primary="true">'
        f"{names}<NamePartGroups>{groups}</NamePartGroups></Identity>{features}</Profile></DistinctParty>"
    )


def entry(
    number: int, *programs: str, day: str = "2022-02-24", listed: int = 1550, basis: int = 2, own: str = ""
) -> str:
    """A party's entry on a list, with its programs, and the day on which it was made."""
    year, month, date = day.split("-")
    own = own or str(number)
    measures = "".join(
        f'<SanctionsMeasure ID="{n}" SanctionsTypeID="1"><Comment>{program}</Comment></SanctionsMeasure>'
        for n, program in enumerate(programs)
    )
    return (
        f'<SanctionsEntry ID="{own}" ProfileID="{number}" ListID="{listed}"><EntryEvent ID="{own}" '
        f'EntryEventTypeID="1" LegalBasisID="{basis}"><Comment /><Date CalendarTypeID="1"><Year>{int(year)}</Year>'
        f"<Month>{int(month)}</Month><Day>{int(date)}</Day></Date></EntryEvent>"
        f'<SanctionsMeasure ID="9" SanctionsTypeID="1705"><Comment /></SanctionsMeasure>{measures}</SanctionsEntry>'
    )


COMPANY = party(
    36,
    3,
    alias(name(1, (1525, "OST"), status=1), name(2, (1525, "ОСТ")), kind=1403, primary="true")
    + alias(name(12, (1525, "Ost &amp; Co.")))
    + alias(name(13, (1525, "WEST")), kind=1401, weak="true"),
    feature(150025, 25, "@25")
    + feature(150026, 25, "@26")
    + feature(601, 504, period("2022-02-24", "2022-02-24"))
    + feature(602, 646, "@26"),
    comment="all offices worldwide",
)
PERSON = party(
    306,
    4,
    alias(name(3, (1520, "EXAMPLE"), (1521, "Ann"), (91708, "Ivanovna"), status=1), kind=1403, primary="true"),
    feature(7, 8, period("1970-01-01", "1970-12-31"))
    + feature(8, 10, "@26")
    + feature(9, 9, "@25")
    + feature(10, 26, "Director")
    + feature(11, 26, "Owner")
    + feature(12, 224, "#706"),
)
VESSEL = party(
    4243,
    1,
    alias(name(4, (1526, "EBANO"), status=1), kind=1403, primary="true"),
    feature(14, 1, "CL2192") + feature(15, 2, "#705") + feature(16, 3, "Cuba"),
)
ENTRIES = (
    entry(36, "RUSSIA-EO14024", "UKRAINE-EO13662")
    + entry(306, "RUSSIA-EO14024")
    + entry(4243, "CUBA", day="1986-12-10", basis=1)
)
RELATIONS = (
    '<ProfileRelationship ID="1" From-ProfileID="306" To-ProfileID="36" RelationTypeID="15003" Former="false" />'
)


def xml(
    parties: str = COMPANY + PERSON + VESSEL,
    entries: str = ENTRIES,
    *,
    namespace: str = NEW,
    issued: str = "2024-05-07",
    attributes: str = "",
    relations: str = RELATIONS,
) -> bytes:
    """A whole file, in the order of its schema."""
    year, month, day = (int(part) for part in issued.split("-"))
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<Sanctions xmlns="{namespace}" '
        f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"{attributes}>\n'
        f'<DateOfIssue CalendarTypeID="1">\n<Year>{year}</Year><Month>{month}</Month><Day>{day}</Day></DateOfIssue>'
        f"{REFERENCES}<Locations>{PLACES}</Locations><IDRegDocuments>{DOCUMENTS}</IDRegDocuments>"
        f"<DistinctParties>{parties}</DistinctParties><ProfileRelationships>{relations}</ProfileRelationships>"
        f"<SanctionsEntries>{entries}</SanctionsEntries><SanctionsEntryLinks /></Sanctions>\n"
    ).encode()


def put(settings, content: bytes, name: str = "sdn_advanced.xml") -> None:
    (settings.inbox / name).write_bytes(content)


def of(settings, table: str, columns: str) -> list[tuple]:
    """What is true now of a table, in order."""
    return warehouse.ask(settings, f"select {columns} from raw.ofac_{table} where _valid_to is null order by all")


@pytest.mark.parametrize("namespace", [OLD, NEW])
@pytest.mark.parametrize("packed", [bytes, gzip.compress])
def test_the_advanced_list_is_read_in_both_namespaces_packed_or_not(settings, namespace, packed):
    put(settings, packed(xml(namespace=namespace)))
    refresh(settings, [OFAC])
    assert reasons(settings) == []
    assert of(settings, "entries", "list, uid, lastName, firstName, sdnType") == [
        ("sdn", "306", "EXAMPLE", "Ann Ivanovna", "Individual"),
        ("sdn", "36", "OST", None, "Entity"),
        ("sdn", "4243", "EBANO", None, "Vessel"),
    ]


def test_everything_an_advanced_entry_holds_is_read(settings):
    put(settings, xml())
    refresh(settings, [OFAC])
    assert of(settings, "entries", "uid, title, remarks, callSign, vesselType, vesselFlag") == [
        ("306", "Director; Owner", "(Linked To: OST)", None, None, None),
        ("36", None, "all offices worldwide", None, None, None),
        ("4243", None, None, "CL2192", "Tug", "Cuba"),
    ]
    assert of(settings, "aliases", "uid, akaUid, type, category, lastName") == [
        ("36", "12", "a.k.a.", "strong", "Ost & Co."),
        ("36", "13", "f.k.a.", "weak", "WEST"),
        ("36", "2", "name", "strong", "ОСТ"),
    ]
    assert of(settings, "addresses", "uid, addressUid, address1, city, country") == [
        ("36", "25", "1, Abay Ave.", "Almaty", "Kazakhstan"),
        ("36", "26", None, None, "Russia"),
    ]
    assert of(settings, "programs", "uid, program") == [
        ("306", "RUSSIA-EO14024"),
        ("36", "RUSSIA-EO14024"),
        ("36", "UKRAINE-EO13662"),
        ("4243", "CUBA"),
    ]
    assert of(settings, "identifiers", "uid, idUid, idType, idNumber, idCountry, issueDate") == [
        ("306", "12", "Gender", "Male", None, None),
        ("306", "502", "Passport", "AB 1", None, "04 Mar 2015"),
        ("36", "501", "Tax ID No.", "7744001497", "Russia", None),
        ("36", "601", "Listing Date (EO 14024 Directive 2):", "24 Feb 2022", None, None),
        ("36", "602", "Nationality of Registration", "Russia", None, None),
    ]
    assert of(settings, "origins", "uid, originUid, element, value") == [
        ("306", "7", "dateOfBirth", "1970"),
        ("306", "8", "nationality", "Russia"),
        ("306", "9", "placeOfBirth", "1, Abay Ave., Almaty, Kazakhstan"),
    ]
    assert of(settings, "listings", "uid, listName, eventType, legalBasis, date") == [
        ("306", "SDN List", "Created", "Executive Order 14024", "2022-02-24"),
        ("36", "SDN List", "Created", "Executive Order 14024", "2022-02-24"),
        ("4243", "SDN List", "Created", None, "1986-12-10"),
    ]


@pytest.mark.parametrize(
    "first, last, approximate, written",
    [
        ("1948-12-10", "1948-12-10", "false", "10 Dec 1948"),
        ("1948-02-01", "1948-02-29", "false", "Feb 1948"),
        ("1948-01-01", "1948-12-31", "true", "circa 1948"),
        ("1948-01-01", "1950-12-31", "false", "1948 to 1950"),
        ("1948-12-10", "1949-01-05", "false", "10 Dec 1948 to 05 Jan 1949"),
    ],
)
def test_a_date_is_written_as_exactly_as_it_is_known(settings, first, last, approximate, written):
    put(settings, xml(PERSON.replace(period("1970-01-01", "1970-12-31"), period(first, last, approximate)),
                      entry(306, "CUBA"), relations=""))  # fmt: skip
    refresh(settings, [OFAC])
    assert of(settings, "origins", "value")[0] == (written,) or (written,) in of(settings, "origins", "value")


def test_a_country_that_is_none_of_the_files_own_is_read_from_where_it_stands(settings):
    features = feature(1, 25, "@27") + feature(2, 25, "@28") + feature(3, 25, "@28")
    put(settings, xml(party(36, 3, alias(name(1, (1525, "OST")), primary="true"), features), entry(36, "CUBA"),
                      relations=""))  # fmt: skip
    refresh(settings, [OFAC])
    assert reasons(settings) == []
    assert of(settings, "addresses", "addressUid, country") == [("27", "Nowhereland"), ("28", "Region: North")]


def test_a_number_that_an_entry_uses_twice_is_counted_on(settings):
    features = feature(501, 104, "one") + feature(501, 104, "two") + feature(501, 104, "two")
    put(settings, xml(party(36, 3, alias(name(1, (1525, "OST")), primary="true"), features), entry(36, "CUBA"),
                      relations=""))  # fmt: skip
    refresh(settings, [OFAC])
    assert of(settings, "identifiers", "idUid, idNumber") == [("501", "7744001497"), ("501/2", "one"), ("501/3", "two")]


def test_every_event_of_an_entry_is_a_listing_and_a_program_is_there_once(settings):
    plc = "NS-PLC"
    entries = entry(36, plc, day="2006-04-12", listed=91243, own="1") + entry(
        36, plc, day="2014-10-10", listed=91512, own="2"
    )
    put(settings, xml(COMPANY, entries, relations=""))
    refresh(settings, [OFAC])
    assert of(settings, "programs", "list, program") == [("consolidated", plc)]
    assert of(settings, "listings", "list, listName, date") == [
        ("consolidated", "Consolidated List", "2014-10-10"),
        ("consolidated", "Non-SDN Palestinian Legislative Council List", "2006-04-12"),
    ]


def test_an_sdn_entry_that_is_on_another_list_too_makes_no_consolidated_list(settings):
    put(settings, xml(COMPANY, entry(36, "NS-PLC", listed=91243, own="1") + entry(36, "SDGT", own="2"), relations=""))
    refresh(settings, [OFAC])
    assert of(settings, "entries", "list") == [("sdn",)]


@pytest.mark.parametrize(
    "content, reason",
    [
        (
            xml("", "", relations=""),
            "This is OFAC's advanced XML, and it holds no entry. It is cut off or was edited: download it again.",
        ),
        (
            xml(attributes=' DeltaBaseVersion="17"'),
            "These are changes since an earlier edition, and not the list. Download SDN_ADVANCED.XML or "
            "CONS_ADVANCED.XML from OFAC.",
        ),
        (
            xml(COMPANY),
            "An entry or a relation is of the party 306, which the file does not hold. It is cut off or was edited: "
            "download it again.",
        ),
        (
            xml().replace(b'<FeatureType ID="25">Location</FeatureType>', b""),
            "The file uses FeatureType 25 and does not explain it. It is cut off or was edited: download it again.",
        ),
        (
            xml().replace(b'<Location ID="26">', b'<Location ID="260">'),
            "The file uses the location 26 and does not hold it. It is cut off or was edited: download it again.",
        ),
        (
            xml().replace(b"<Month>2</Month>", b"<Month>22</Month>"),
            "A day is no date (2022-22-24). Use OFAC's own download, unedited.",
        ),
        (
            xml().replace(b'SanctionsTypeID="1">', b'SanctionsTypeID="1705">'),
            "No entry of the list is under a program. It is cut off or was edited: download it again.",
        ),
    ],
    ids=["empty", "changes", "party", "feature", "place", "date", "programs"],
)  # fmt: skip
def test_an_advanced_list_that_is_not_whole_is_rejected(settings, content, reason):
    put(settings, content)
    refresh(settings)
    assert reasons(settings) == [f"sdn_advanced.xml: {reason}"]
    assert of(settings, "entries", "uid") == []


def test_an_advanced_list_that_breaks_off_is_rejected(settings):
    put(settings, xml()[:-60])
    refresh(settings)
    (reason,) = reasons(settings)
    assert reason.startswith("sdn_advanced.xml: The XML breaks off or is malformed (")
    assert of(settings, "entries", "uid") == []


# ---------------------------------------------------------------- beside SDN.XML

PLAIN = """
  <sdnEntry><uid>36</uid><lastName>OST</lastName><sdnType>Entity</sdnType>
    <programList><program>RUSSIA-EO14024</program></programList></sdnEntry>"""


def test_of_one_edition_in_both_formats_the_advanced_one_is_in_force(settings):
    put(settings, ofac_xml([PLAIN], published="05/07/2024"), "z.xml")
    put(settings, xml(), "a.xml")
    refresh(settings, [OFAC])
    assert reasons(settings) == []
    assert len(loaded(settings)) == 2
    assert of(settings, "entries", "list, uid") == [("sdn", "306"), ("sdn", "36"), ("sdn", "4243")]
    assert of(settings, "programs", "program") == [
        ("CUBA",), ("RUSSIA-EO14024",), ("RUSSIA-EO14024",), ("UKRAINE-EO13662",)
    ]  # fmt: skip


def test_the_same_edition_that_comes_later_with_less_in_it_is_not_taken(settings):
    put(settings, xml(), "advanced.xml")
    refresh(settings, [OFAC])
    put(settings, ofac_xml([PLAIN], published="05/07/2024"), "plain.xml")
    refresh(settings, [OFAC])
    assert reasons(settings) == [
        "plain.xml: This is the edition of 2024-05-07, which is already loaded from a file that holds more. "
        "Nothing is missing: take it out of the folder."
    ]
    assert len(of(settings, "entries", "uid")) == 3


def test_a_newer_edition_in_the_other_format_is_in_force_and_the_days_of_listing_stay(settings):
    put(settings, xml(), "advanced.xml")
    refresh(settings, [OFAC])
    put(settings, ofac_xml([PLAIN], published="06/07/2024"), "plain.xml")
    refresh(replace(settings, accept=frozenset({"ofac"})), [OFAC])  # it has two entries less
    assert reasons(settings) == []
    assert of(settings, "entries", "uid") == [("36",)]
    assert ("36", "2022-02-24") in of(settings, "listings", "uid, date")
