"""The UK's list: the same rows from its XML and its CSV, two editions apart by what changed, nothing hostile or cut.

The rows are made here, in the layout that the module's docstring sources. Not here: what of a designation counts
as a name, a country or a number (dbt's tests).
"""

import csv
import gzip
import io
from dataclasses import replace

import pytest
from downloads import COMTRADE, OFAC, prepare, reasons, refresh
from downloads import uk_xml as xml
from services import Services

from dagster_project import warehouse
from dagster_project.files import formats
from dagster_project.ingest import http_client, intake
from dagster_project.ingest.source import Source
from dagster_project.ingest.sources import uk_sanctions

UK = Source.of(uk_sanctions)

COMPANY = """
  <Designation>
    <LastUpdated>04/08/2026</LastUpdated><DateDesignated>29/06/2012</DateDesignated><UniqueID>AFG0001</UniqueID>
    <OFSIGroupID>12703</OFSIGroupID><UNReferenceNumber>TAe.010</UNReferenceNumber>
    <Names>
      <Name><Name6>EXCHANGE &amp; Co.</Name6><NameType>Primary Name</NameType></Name>
      <Name><Name6>Hawala</Name6><NameType>Alias</NameType><AliasStrength>Low quality a.k.a</AliasStrength></Name>
      <Name><NameType>Alias</NameType></Name>
    </Names>
    <RegimeName>The Afghanistan (Sanctions) (EU Exit) Regulations 2020</RegimeName>
    <IndividualEntityShip>Entity</IndividualEntityShip><DesignationSource>UN</DesignationSource>
    <SanctionsImposed>Asset freeze</SanctionsImposed><OtherInformation>Licence 044.</OtherInformation>
    <UKStatementofReasons>
</UKStatementofReasons>
    <Addresses>
      <Address><AddressLine1>1, Market</AddressLine1><AddressLine6>Kabul</AddressLine6>
        <AddressPostalCode>1001</AddressPostalCode><AddressCountry>Afghanistan</AddressCountry></Address>
      <Address><AddressLine6>Dubai</AddressLine6><AddressCountry>United Arab Emirates</AddressCountry></Address>
    </Addresses>
    <EntityDetails><Entity><BusinessRegistrationNumbers>
      <BusinessRegistrationNumber>INN: 7710137066</BusinessRegistrationNumber></BusinessRegistrationNumbers>
    </Entity></EntityDetails>
  </Designation>"""
PERSON = """
  <Designation>
    <LastUpdated>14/04/2026</LastUpdated><DateDesignated>25/02/2022</DateDesignated><UniqueID>RUS0251</UniqueID>
    <Names><Name><Name1>Ann</Name1><Name2>Z.</Name2><Name6>EXAMPLE</Name6><NameType>Primary name</NameType></Name>
    </Names>
    <NonLatinNames><NonLatinName><NameNonLatinScript>Анна Пример</NameNonLatinScript>
      <NonLatinScriptLanguage>Russian</NonLatinScriptLanguage></NonLatinName></NonLatinNames>
    <Titles><Title>Dr</Title></Titles>
    <RegimeName>The Russia (Sanctions) (EU Exit) Regulations 2019</RegimeName>
    <IndividualEntityShip>Individual</IndividualEntityShip><DesignationSource>UK</DesignationSource>
    <IndividualDetails><Individual>
      <DOBs><DOB>dd/mm/1970</DOB><DOB>01/03/1970</DOB></DOBs>
      <Nationalities><Nationality>Russia</Nationality></Nationalities>
      <PassportDetails>
        <Passport><PassportNumber>P04</PassportNumber>
          <PassportAdditionalInformation>old</PassportAdditionalInformation></Passport>
        <Passport><PassportNumber>P04</PassportNumber>
          <PassportAdditionalInformation>old</PassportAdditionalInformation></Passport>
      </PassportDetails>
      <BirthDetails><Location><TownOfBirth>Tomsk</TownOfBirth><CountryOfBirth>Russia</CountryOfBirth></Location>
        <Location><CountryOfBirth>Ukraine</CountryOfBirth></Location></BirthDetails>
    </Individual></IndividualDetails>
  </Designation>"""
SHIP = """
  <Designation>
    <LastUpdated>18/12/2021</LastUpdated><DateDesignated>03/10/2017</DateDesignated><UniqueID>DPR0075</UniqueID>
    <Names><Name><Name6>Petrel 8</Name6><NameType>Primary name</NameType></Name></Names>
    <RegimeName>The Democratic People's Republic of Korea (Sanctions) (EU Exit) Regulations 2019</RegimeName>
    <IndividualEntityShip>Ship</IndividualEntityShip>
    <ShipDetails><Ship><IMONumbers><IMONumber>IMO9562233</IMONumber></IMONumbers>
      <CurrentBelievedFlagOfShips><CurrentBelievedFlagOfShip>Comoros</CurrentBelievedFlagOfShip>
      </CurrentBelievedFlagOfShips><PreviousFlags><PreviousFlag>India</PreviousFlag></PreviousFlags></Ship>
    </ShipDetails>
  </Designation>"""

# The CSV's header as published, in its order.
HEADER = (
    "Last Updated,Unique ID,OFSI Group ID,UN Reference Number,Name 6,Name 1,Name 2,Name 3,Name 4,Name 5,Name type,"
    "Alias strength,Title,Name non-latin script,Non-latin script type,Non-latin script language,Regime Name,"
    "Designation Type,Designation source,Sanctions Imposed,Other Information,UK Statement of Reasons,"
    "Address Line 1,Address Line 2,Address Line 3,Address Line 4,Address Line 5,Address Line 6,Address Postal Code,"
    "Address Country,Phone number,Website,Email address,Date Designated,D.O.B,Nationality(/ies),"
    "National Identifier number,National Identifier additional information,Passport number,"
    "Passport additional information,Position,Gender,Town of birth,Country of birth,Type of entity,Subsidiaries,"
    "Parent company,Business registration number (s),IMO number,Current owner/operator (s),"
    "Previous owner/operator (s),Current believed flag of ship,Previous flags,Type of ship,Tonnage of ship,"
    "Length of ship,Year Built,Hull identification number (HIN)"
)


def report(*rows: dict[str, str], day: str = "08-Oct-2026", header: str = HEADER) -> bytes:
    text = io.StringIO()
    text.write(f"Report Date: {day}\n{header}\n")
    csv.DictWriter(text, header.split(","), restval="", lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


COMPANY_ROW = {
    "Last Updated": "04/08/2026", "Date Designated": "29/06/2012", "Unique ID": "AFG0001", "OFSI Group ID": "12703",
    "UN Reference Number": "TAe.010", "Name 6": "EXCHANGE & Co.", "Name type": "Primary Name",
    "Regime Name": "The Afghanistan (Sanctions) (EU Exit) Regulations 2020", "Designation Type": "Entity",
    "Designation source": "UN", "Sanctions Imposed": "Asset freeze", "Other Information": "Licence 044.\n",
    "Address Line 1": "1, Market", "Address Line 6": "Kabul", "Address Postal Code": "1001",
    "Address Country": "Afghanistan", "Business registration number (s)": "INN: 7710137066",
}  # fmt: skip
COMPANY_ROWS = (  # a row for each name and for each address
    COMPANY_ROW,
    COMPANY_ROW | {"Name 6": "Hawala", "Name type": "Alias", "Alias strength": "Low quality a.k.a"},
    COMPANY_ROW
    | {"Address Line 1": "", "Address Line 6": "Dubai", "Address Postal Code": ""}
    | {"Address Country": "United Arab Emirates"},
)


def put(settings, content: bytes, name: str = "list.xml") -> None:
    (settings.inbox / name).write_bytes(content)


def of(settings, table: str, columns: str) -> list[tuple]:
    """What is true now of a table, in order."""
    return warehouse.ask(settings, f"select {columns} from raw.uk_{table} where _valid_to is null order by all")


@pytest.mark.parametrize("packed", [bytes, gzip.compress, b"\xef\xbb\xbf".__add__])
def test_everything_a_designation_holds_is_read(settings, packed):
    put(settings, packed(xml(COMPANY, PERSON, SHIP)))
    refresh(settings, [UK])
    assert reasons(settings) == []
    assert of(settings, "designations", "UniqueID, IndividualEntityShip, DateDesignated, UNReferenceNumber") == [
        ("AFG0001", "Entity", "29/06/2012", "TAe.010"),
        ("DPR0075", "Ship", "03/10/2017", None),
        ("RUS0251", "Individual", "25/02/2022", None),
    ]
    assert of(settings, "designations", "OtherInformation, UKStatementofReasons")[0] == ("Licence 044.", None)
    assert of(settings, "names", "UniqueID, Name1, Name2, Name6, NameType, AliasStrength") == [
        ("AFG0001", None, None, "EXCHANGE & Co.", "Primary Name", None),
        ("AFG0001", None, None, "Hawala", "Alias", "Low quality a.k.a"),  # a name without a part is none
        ("DPR0075", None, None, "Petrel 8", "Primary name", None),
        ("RUS0251", "Ann", "Z.", "EXAMPLE", "Primary name", None),
    ]
    assert of(settings, "addresses", "AddressLine1, AddressLine6, AddressPostalCode, AddressCountry") == [
        ("1, Market", "Kabul", "1001", "Afghanistan"),
        (None, "Dubai", None, "United Arab Emirates"),
    ]
    assert of(settings, "details", "UniqueID, element, value, addition") == [
        ("AFG0001", "BusinessRegistrationNumber", "INN: 7710137066", None),
        ("DPR0075", "CurrentBelievedFlagOfShip", "Comoros", None),
        ("DPR0075", "IMONumber", "IMO9562233", None),
        ("DPR0075", "PreviousFlag", "India", None),
        ("RUS0251", "DOB", "01/03/1970", None),
        ("RUS0251", "DOB", "dd/mm/1970", None),
        ("RUS0251", "NameNonLatinScript", "Анна Пример", "Russian"),
        ("RUS0251", "Nationality", "Russia", None),
        ("RUS0251", "PassportNumber", "P04", "old"),  # once, however often the list repeats it
        ("RUS0251", "Title", "Dr", None),
        ("RUS0251", "TownOfBirth", "Tomsk", "Russia"),
        ("RUS0251", "TownOfBirth", None, "Ukraine"),
    ]


def test_the_csv_says_what_the_xml_says(settings):
    put(settings, xml(COMPANY))
    refresh(settings, [UK])
    put(settings, report(*COMPANY_ROWS), "list.csv")
    refresh(settings, [UK])
    assert reasons(settings) == []
    landings = warehouse.ask(settings, "select edition, rows_read, rows_inserted, rows_expired from raw.landings")
    assert landings == [("2026-09-02", 6, 6, 0), ("2026-10-08", 6, 0, 0)]


def test_two_editions_differ_by_what_changed(settings):
    put(settings, xml(COMPANY, PERSON))
    refresh(settings, [UK])
    renamed = PERSON.replace("EXAMPLE", "OTHER").replace("14/04/2026", "03/09/2026")
    put(settings, xml(renamed, SHIP, day="04/09/2026"))
    refresh(settings, [UK])
    assert reasons(settings) == []
    history = "select UniqueID, LastUpdated, _valid_to is null from raw.uk_designations order by 1, _valid_from"
    assert warehouse.ask(settings, history) == [
        ("AFG0001", "04/08/2026", False),  # delisted
        ("DPR0075", "18/12/2021", True),
        ("RUS0251", "14/04/2026", False),
        ("RUS0251", "03/09/2026", True),
    ]
    assert of(settings, "names", "UniqueID, Name6") == [("DPR0075", "Petrel 8"), ("RUS0251", "OTHER")]
    assert of(settings, "addresses", "UniqueID") == []
    kept = "select count(*) from raw.uk_details where UniqueID = 'RUS0251' and _valid_to is null and _valid_from < "
    assert warehouse.ask(settings, f"{kept} (select max(_valid_from) from raw.uk_details)") == [(8,)]


@pytest.mark.parametrize("newer, older", [(xml(COMPANY, day="02/10/2026"), report(*COMPANY_ROWS, day="30-Sep-2026"))])
def test_an_older_edition_that_comes_later_does_not_overwrite_a_newer_one(settings, newer, older):
    put(settings, newer)
    refresh(settings, [UK])
    put(settings, older, "older.csv")
    refresh(settings, [UK])
    (reason,) = reasons(settings)
    assert reason.startswith("older.csv: This is the edition of 2026-09-30, and the one of 2026-10-02 is already")


@pytest.mark.parametrize(
    "content, expected",
    [
        (xml(COMPANY)[:-40], "The XML breaks off or is malformed ("),
        (xml(COMPANY).replace(b"Kabul", b"Kabul & more"), "The XML breaks off or is malformed ("),
        (
            xml(COMPANY.replace("Kabul", "&lol;"), doctype='<!DOCTYPE x [<!ENTITY lol SYSTEM "file:///etc/passwd">]>'),
            "The XML defines entities (",
        ),
        (xml(), "The list holds no designation."),
        (report(), "The list holds no designation."),
        (xml(COMPANY.replace("<UniqueID>AFG0001</UniqueID>", "")), "A designation has no Unique ID (empty)."),
        (xml(COMPANY, COMPANY), "The key is there twice (UniqueID=AFG0001)."),
        (report(*COMPANY_ROWS)[:-40], "The row has "),
        (report(header=HEADER.replace("D.O.B,", "")), "Columns of the UK Sanctions List are missing: D.O.B."),
        (b"<ArrayOfFinancialSanctionsTarget/>", "This is OFSI's consolidated list, which was closed on 28 January"),
    ],
    ids=["cut", "malformed", "hostile", "empty xml", "empty csv", "no id", "twice", "cut csv", "column", "closed"],
)
def test_what_cannot_be_used_is_set_aside_and_leaves_the_loaded_list_as_it_was(settings, content, expected):
    put(settings, xml(PERSON, day="01/01/2026"), "good.xml")
    refresh(settings, [UK])
    put(settings, content, "bad")
    refresh(settings, [UK])
    (reason,) = reasons(settings)
    assert expected in reason and reason.startswith("bad") and "\n" not in reason
    assert of(settings, "designations", "UniqueID") == [("RUS0251",)]


@pytest.mark.parametrize("content", [xml(COMPANY), report(*COMPANY_ROWS)])
def test_no_other_source_takes_it_for_its_own(settings, content):
    put(settings, content)
    head = formats.read_head(settings.inbox / "list.xml")
    assert not any(source.recognise(head) for source in (COMTRADE, OFAC))


@pytest.mark.parametrize(
    "content", [b"Report Date: 08-Oct-2026\na,b\n", b"a,b\n1,2\n", b"\n", b"<sdnList/>", b"<Designation/>", b"{}"]
)
def test_what_is_not_the_uks_is_left_to_others(tmp_path, content):
    (tmp_path / "x").write_bytes(content)
    assert uk_sanctions.recognise(formats.read_head(tmp_path / "x")) is None


def test_a_fetch_takes_a_new_edition_and_nothing_when_there_is_none(settings):
    path = "/docs/UK-Sanctions-List.xml"
    with Services() as services:
        live = replace(settings, data="live", inbox=None, addresses={"UK_SANCTIONS_URL": services.url + path})
        prepare(live, [UK])
        for content in (xml(COMPANY, PERSON), xml(COMPANY, PERSON), xml(PERSON, day="03/09/2026")):
            services.serve(path, content, "text/xml")
            _, failure = intake.fetch(live, UK, print, client=http_client.Client(sleep=lambda _: None))
            assert failure is None
            intake.load_landed(live, UK)
        assert [request.path for request in services.requests] == [path] * 3
    assert warehouse.ask(live, "select edition, partition from raw.landings order by 1") == [
        ("2026-09-02", "list"),
        ("2026-09-03", "list"),
    ]
    assert of(live, "designations", "UniqueID") == [("RUS0251",)]
