"""The UK Sanctions List: designations of the United Kingdom, with their regulations and measures.

`raw.uk_designations` has one row per designation; `raw.uk_names` and `raw.uk_addresses` one per name and
address of one; `raw.uk_details` one per value that a designation may hold several of (a nationality, a flag,
a passport), under the name of its XML element, with what stands beside it (`addition`).

Read here: the XML and the CSV that the Foreign, Commonwealth and Development Office publishes. Both have the
same content, so both fill the same tables, under the XML's names, and either may follow the other. The CSV has a line
with the report's date above its header and repeats a designation once per name and address. Names, addresses
and values have no number of their own: all their columns are their key.

The consolidated list of OFSI does not belong here: it was closed on 28 January 2026, and is rejected.

The layouts rest on: "UK Sanctions List: change to the list's format" (GOV.UK, 2022); entries of the XML of
August and September 2026 and the CSV's header of February to October 2026 as other public readers of the list
quote them in their tests; and the crawler gb_fcdo_sanctions of OpenSanctions, which reads both. No whole file
was at hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from io import BufferedIOBase
from pathlib import Path
from xml.etree.ElementTree import Element

import pandas as pd

from dagster_project import warehouse
from dagster_project.files.compression import open_decompressed
from dagster_project.files.formats import Head
from dagster_project.files.landing import Landing, Recognised
from dagster_project.files.rejection import RejectedFile
from dagster_project.files.xml import child_texts, elements, local_name
from dagster_project.ingest.delimited import read_csv_sql
from dagster_project.ingest.fetch import FetchSession
from dagster_project.ingest.source import check_parts
from dagster_project.warehouse import Continuity, Rows, Rule, Table, identifier, literal, text

NAME = "uk"
PARTITION = "list"

# An element of the XML → the column of the CSV.
DESIGNATION = {
    "UniqueID": "Unique ID",
    "OFSIGroupID": "OFSI Group ID",
    "UNReferenceNumber": "UN Reference Number",
    "LastUpdated": "Last Updated",
    "DateDesignated": "Date Designated",
    "RegimeName": "Regime Name",
    "IndividualEntityShip": "Designation Type",
    "DesignationSource": "Designation source",
    "SanctionsImposed": "Sanctions Imposed",
    "OtherInformation": "Other Information",
    "UKStatementofReasons": "UK Statement of Reasons",
}
NAMES = {
    **{f"Name{n}": f"Name {n}" for n in range(1, 7)},
    "NameType": "Name type",
    "AliasStrength": "Alias strength",
}
ADDRESS = {
    **{f"AddressLine{n}": f"Address Line {n}" for n in range(1, 7)},
    "AddressPostalCode": "Address Postal Code",
    "AddressCountry": "Address Country",
}
DETAILS = {
    "Title": "Title",
    "NameNonLatinScript": "Name non-latin script",
    "PhoneNumber": "Phone number",
    "Website": "Website",
    "EmailAddress": "Email address",
    "DOB": "D.O.B",
    "Nationality": "Nationality(/ies)",
    "NationalIdentifierNumber": "National Identifier number",
    "PassportNumber": "Passport number",
    "Position": "Position",
    "Gender": "Gender",
    "TownOfBirth": "Town of birth",
    "TypeOfEntity": "Type of entity",
    "Subsidiary": "Subsidiaries",
    "ParentCompany": "Parent company",
    "BusinessRegistrationNumber": "Business registration number (s)",
    "IMONumber": "IMO number",
    "CurrentOwnerOperator": "Current owner/operator (s)",
    "PreviousOwnerOperator": "Previous owner/operator (s)",
    "CurrentBelievedFlagOfShip": "Current believed flag of ship",
    "PreviousFlag": "Previous flags",
    "TypeOfShip": "Type of ship",
    "TonnageOfShip": "Tonnage of ship",
    "LengthOfShip": "Length of ship",
    "YearBuilt": "Year Built",
    "HullIdentificationNumber": "Hull identification number (HIN)",
}
# What stands beside a value and means nothing without it: the value's element → its element, its column.
ADDITIONS = {
    "NameNonLatinScript": ("NonLatinScriptLanguage", "Non-latin script language"),
    "NationalIdentifierNumber": (
        "NationalIdentifierAdditionalInformation",
        "National Identifier additional information",
    ),
    "PassportNumber": ("PassportAdditionalInformation", "Passport additional information"),
    "TownOfBirth": ("CountryOfBirth", "Country of birth"),
}
DETAIL_COLUMNS = ("element", "value", "addition")
CSV_COLUMNS = (
    *(column for group in (DESIGNATION, NAMES, ADDRESS, DETAILS) for column in group.values()),
    *(column for _, column in ADDITIONS.values()),
)

DATED = Rule(
    "dated",
    "regexp_full_match(\"DateDesignated\", '[0-9]{2}/[0-9]{2}/[0-9]{4}') "
    "and try_strptime(\"DateDesignated\", '%d/%m/%Y') is null",
    "The day of the designation {UniqueID} is no date ({DateDesignated}).",
    "Use the UK Sanctions List as the FCDO publishes it, unedited.",
)


def _table(name: str, columns: tuple[str, ...], key: tuple[str, ...]) -> Table:
    return Table(
        name=f"uk_{name}",
        columns=columns,
        key=key,
        compared=tuple(text(c) for c in columns if c not in key),
        rules=(
            Rule(
                "identified",
                # the regime's letters and a number: RUS0251
                "not regexp_full_match(coalesce(\"UniqueID\", ''), '[A-Za-z]{2,6}[0-9]{1,8}[A-Za-z]?')",
                "A designation has no Unique ID ({UniqueID}).",
                "Use the UK Sanctions List as the FCDO publishes it, unedited.",
            ),
            *([DATED] if name == "designations" else []),
        ),
        continuity=Continuity(
            groups=(("RegimeName",),) if name == "designations" else (), is_of_parties=name == "designations"
        ),
    )


TABLES = (
    _table("designations", tuple(DESIGNATION), ("UniqueID",)),
    _table("names", ("UniqueID", *NAMES), ("UniqueID", *(c for c in NAMES if c != "AliasStrength"))),
    _table("addresses", ("UniqueID", *ADDRESS), ("UniqueID", *ADDRESS)),
    _table("details", ("UniqueID", *DETAIL_COLUMNS), ("UniqueID", *DETAIL_COLUMNS)),
)


def fetch(session: FetchSession) -> None:
    """Fetch the list as it is now."""
    session.fetch("UK_SANCTIONS_URL", partition=PARTITION, expect=("xml",))


def recognise(head: Head) -> Recognised | None:
    """Say whether a file is the UK's list, by its content. Raises RejectedFile for the list that was closed."""
    if b"FinancialSanctionsTarget" in head.text[:4000] or b"UK Sanctions List Date Designated" in head.text[:4000]:
        raise RejectedFile(
            "This is OFSI's consolidated list, which was closed on 28 January 2026.",
            "Download the UK Sanctions List from the FCDO (UK-Sanctions-List.xml or .csv).",
        )
    if b"<Designations" in head.text[:2000]:
        day = re.search(rb"<DateGenerated>\s*(\d\d)/(\d\d)/(\d{4})", head.text)
        return Recognised("list", "xml", PARTITION, b"-".join(day.group(3, 2, 1)).decode() if day else "")
    if _header_line(head) is None:
        return None
    missing = [column for column in CSV_COLUMNS if column not in _header(head)]
    if missing:
        raise RejectedFile(
            f"Columns of the UK Sanctions List are missing: {', '.join(missing)}.",
            "Use the UK Sanctions List as the FCDO publishes it, unedited.",
        )
    return Recognised("list", "csv", PARTITION, _report_date(head.first_line))


def read(path: Path, landing: Landing, head: Head) -> dict[str, Rows]:
    """The rows of a landed list, for each raw table."""
    if landing.layout == "csv":
        rows = _csv(path, head)
        if not warehouse.scan(f"select count(*) from ({rows['uk_designations'].of})")[0][0]:
            raise _empty()
        return rows
    with open_decompressed(path, head.compression) as stream:
        frames = parse_xml(stream)
    return {f"uk_{name}": Rows(frame) for name, frame in frames.items()}


def parse_xml(stream: BufferedIOBase) -> dict[str, pd.DataFrame]:
    """Frames of a whole list, columns as in TABLES, all text. Raises RejectedFile for a broken or hostile file."""
    # A dict keeps the order and drops what a designation repeats (a passport once per date of birth).
    rows: dict[str, dict[tuple, None]] = {"names": {}, "addresses": {}, "details": {}}
    designations: list[dict[str, str | None]] = []
    for designation in _designations(stream):
        own = child_texts(designation)
        designations.append(own)
        for element in designation.iter():
            match local_name(element):
                case "Name":
                    _add(rows["names"], own, child_texts(element), NAMES, needed=tuple(NAMES)[:6])
                case "Address":
                    _add(rows["addresses"], own, child_texts(element), ADDRESS, needed=tuple(ADDRESS))
                case _:
                    for detail in _details(element):
                        rows["details"][(own.get("UniqueID"), *detail)] = None
    if not designations:
        raise _empty()
    check_parts(
        len({own.get("UniqueID") for own in designations}),
        Name=len({row[0] for row in rows["names"]}),
        RegimeName=sum(bool(own.get("RegimeName")) for own in designations),
    )
    columns = {table.name.removeprefix("uk_"): list(table.columns) for table in TABLES}
    return {"designations": pd.DataFrame(designations, columns=columns["designations"], dtype="object")} | {
        name: pd.DataFrame(list(rows[name]), columns=columns[name], dtype="object") for name in rows
    }


def _designations(stream: BufferedIOBase) -> Iterator[Element]:
    """One designation after the other, each cleared before the next is read."""
    for element in elements(stream):
        if local_name(element) == "Designation":
            yield element
            element.clear()


def _add(rows: dict, own: dict, texts: dict, columns: dict[str, str], *, needed: tuple[str, ...]) -> None:
    """A row, unless it is empty: the list has names without a single part."""
    if any(texts.get(column) for column in needed):
        rows[(own.get("UniqueID"), *(texts.get(column) for column in columns))] = None


def _details(parent: Element) -> Iterator[tuple[str, str | None, str | None]]:
    """The values that stand directly under an element; a country of birth may stand without a town."""
    texts = child_texts(parent)
    for child in parent:
        if (name := local_name(child)) in DETAILS:
            value = (child.text or "").strip() or None
            addition = texts.get(ADDITIONS[name][0]) if name in ADDITIONS else None
            if value or addition:
                yield name, value, addition
    for name, (beside, _) in ADDITIONS.items():
        if texts.get(beside) and name not in texts:
            yield name, None, texts[beside]


def _csv(path: Path, head: Head) -> dict[str, Rows]:
    """The same tables from the CSV. A value that differs between the lines of a designation is kept with each."""
    first_row = 2 + (_header_line(head) or 0)
    lines = (
        f"select {', '.join(f'{_trimmed(c)} as {identifier(c)}' for c in CSV_COLUMNS)} "
        f"from {read_csv_sql(path, _header(head), skip=first_row - 1)}"
    )

    def renamed(columns: dict[str, str]) -> str:
        return ", ".join(f"{identifier(column)} as {identifier(element)}" for element, column in columns.items())

    def has_value(columns: dict[str, str]) -> str:
        return f"coalesce({', '.join(identifier(column) for column in columns.values())}) is not null"

    unique = {"UniqueID": "Unique ID"}
    once = ", ".join(
        f"string_agg(distinct {identifier(column)}, chr(10) order by {identifier(column)}) as {identifier(element)}"
        for element, column in DESIGNATION.items()
        if element != "UniqueID"
    )
    details = ", ".join(
        f"{{'element': {literal(element)}, 'value': {identifier(column)}, "
        f"'addition': {identifier(ADDITIONS[element][1]) if element in ADDITIONS else 'null'}}}"
        for element, column in DETAILS.items()
    )
    parts = dict(list(NAMES.items())[:6])
    return {
        "uk_designations": Rows(f"select {renamed(unique)}, {once} from ({lines}) group by 1", first_row),
        "uk_names": Rows(
            f"select distinct {renamed(unique | NAMES)} from ({lines}) where {has_value(parts)}",
            first_row,
        ),
        "uk_addresses": Rows(
            f"select distinct {renamed(unique | ADDRESS)} from ({lines}) where {has_value(ADDRESS)}", first_row
        ),
        "uk_details": Rows(
            f'select distinct "UniqueID", detail.* from (select {renamed(unique)}, unnest([{details}]) as detail '
            f"from ({lines})) where detail.value is not null or detail.addition is not null",
            first_row,
        ),
    }


def _header_line(head: Head) -> int | None:
    """How many lines stand above the CSV's header; None where there is none of this list."""
    for number, line in enumerate(head.text.split(b"\n", 2)[:2]):
        if b"Unique ID," in line and b"OFSI Group ID," in line:
            return number
    return None


def _header(head: Head) -> list[str]:
    line = head.text.removeprefix(b"\xef\xbb\xbf").split(b"\n", 2)[_header_line(head) or 0]
    return [name.strip().strip('"') for name in line.decode("utf-8", "replace").strip("\r\n").split(",")]


def _report_date(line: str) -> str:
    """`Report Date: 08-Oct-2026` as 2026-10-08."""
    day = re.search(r"Report Date:\s*(\d{1,2}-[A-Z][a-z]{2}-\d{4})", line)
    try:
        return datetime.strptime(day.group(1), "%d-%b-%Y").date().isoformat() if day else ""
    except ValueError:
        return ""


def _empty() -> RejectedFile:
    return RejectedFile("The list holds no designation.", "The download probably failed: fetch the list again.")


def _trimmed(column: str) -> str:
    return f"nullif(trim({identifier(column)}, chr(9) || chr(10) || chr(13) || ' '), '')"
