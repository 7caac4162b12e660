"""The EU's financial sanctions list (FSF): persons and enterprises, with programme and regulation.

`raw.eu_entries` has one row per person or enterprise, `raw.eu_listings` one per entry and programme: the few
that stand under two programmes are two elements of the file, with one logicalId. The other tables have one
row per name, citizenship, birth, address and identification, with the regulation that brought it.

All numbers (logicalId) are the publisher's and stay from edition to edition. Empty attributes are NULL.
Read here: the full list as XML, format 1.1. Not here: which of the names is the principal one (staging).

Source of the layout: European Commission, "20171012-FULL-schema-1_1.xsd", published beside the list.
"""

from __future__ import annotations

import re
from io import BufferedIOBase
from pathlib import Path
from xml.etree.ElementTree import Element

import pandas as pd

from dagster_project.files.compression import open_decompressed
from dagster_project.files.formats import Head
from dagster_project.files.landing import Landing, Recognised, edition_in_utc
from dagster_project.files.rejection import RejectedFile
from dagster_project.files.xml import elements, local_name
from dagster_project.ingest.fetch import FetchSession
from dagster_project.ingest.source import check_parts
from dagster_project.warehouse import Continuity, Rows, Rule, Table, text

NAME = "eu"

NAMESPACE = "http://eu.europa.ec/fpi/fsd/export"
DETAIL_KEY = "entityLogicalId logicalId"
DETAIL = "entityLogicalId programme logicalId regulationLanguage"
SUMMARY = "regulationType publicationDate numberTitle publicationUrl"  # of the regulation that brought a detail
COUNTRY = "region countryIso2Code countryDescription"

NAMED = Rule(
    "named",
    'coalesce("wholeName", "firstName", "lastName") is null',
    "A name of the entry {entityLogicalId} is empty.",
    "Use the Commission's own download, unedited.",
)


def _table(name: str, columns: str, key: str, dates: str = "", floors: dict[str, tuple[int, str]] | None = None):
    undated = " or ".join(f'("{c}" is not null and try_cast(left("{c}", 10) as date) is null)' for c in dates.split())
    shown = ", ".join(f"{c} {{{c}}}" for c in dates.split())
    return Table(
        name=f"eu_{name}",
        columns=tuple(columns.split()),
        key=tuple(key.split()),
        compared=tuple(text(c) for c in columns.split() if c not in key.split()),
        rules=(
            Rule(
                "identified",
                " or ".join(
                    f'"{c}" is null' if c == "programme" else f'try_cast("{c}" as bigint) is null' for c in key.split()
                ),
                f"Something has no number ({', '.join(f'{c} {{{c}}}' for c in key.split())}).",
                "Use the Commission's own download, unedited.",
            ),
            *(
                [Rule("dated", undated, f"A day is no date ({shown}).", "Use the Commission's own download, unedited.")]
                if dates
                else []
            ),
            *([NAMED] if name == "names" else []),
        ),
        floors=floors or {},
        continuity=Continuity(
            groups=(("programme",),) if name == "listings" else (), is_of_parties=name in ("entries", "listings")
        ),
    )


TABLES = (
    _table(
        "entries",
        "logicalId euReferenceNumber code classificationCode",
        "logicalId",
        floors=dict.fromkeys(("files", "live"), (2_000, "the list of May 2024 held 4,808 persons and enterprises")),
    ),
    _table(
        "listings",
        "entityLogicalId programme designationDate designationDetails delistingDate unitedNationId remark "
        "regulationLogicalId organisationType entryIntoForceDate " + SUMMARY,
        "entityLogicalId programme",
        dates="designationDate delistingDate entryIntoForceDate publicationDate",
    ),
    _table(
        "names",
        f"{DETAIL} wholeName firstName middleName lastName strong nameLanguage gender title function remark {SUMMARY}",
        DETAIL_KEY,
        dates="publicationDate",
    ),
    _table(
        "citizenships",
        f"{DETAIL} acquisitionDate disenfranchisementDate {COUNTRY} remark {SUMMARY}",
        DETAIL_KEY,
        dates="publicationDate",
    ),
    _table(
        "birthdates",
        f"{DETAIL} circa calendarType birthdate dayOfMonth monthOfYear year yearRangeFrom yearRangeTo city zipCode "
        f"place {COUNTRY} remark {SUMMARY}",
        DETAIL_KEY,
        dates="publicationDate",
    ),
    _table(
        "addresses",
        f"{DETAIL} street poBox zipCode city place asAtListingTime {COUNTRY} contactInfo remark {SUMMARY}",
        DETAIL_KEY,
        dates="publicationDate",
    ),
    _table(
        "identifications",
        f"{DETAIL} identificationTypeCode identificationTypeDescription number latinNumber nameOnDocument issuedBy "
        f"issueDate validFrom validTo diplomatic knownExpired knownFalse reportedLost revokedByIssuer {COUNTRY} "
        f"remark {SUMMARY}",
        DETAIL_KEY,
        dates="publicationDate",
    ),
)
DETAILS = {
    "nameAlias": "names",
    "citizenship": "citizenships",
    "birthdate": "birthdates",
    "address": "addresses",
    "identification": "identifications",
}


def recognise(head: Head) -> Recognised | None:
    """Say whether a file is the EU's list, by its namespace. Its edition is when it was generated, in UTC."""
    if NAMESPACE.encode() not in head.text[:2000]:
        return None
    generated = re.search(rb'generationDate="([^"]+)"', head.text[:2000])
    return Recognised("list", "xml", "full", edition_in_utc(generated.group(1).decode()) if generated else "")


def read(path: Path, landing: Landing, head: Head) -> dict[str, Rows]:
    """The rows of a landed list, one frame per raw table."""
    with open_decompressed(path, head.compression) as stream:
        return {name: Rows(frame) for name, frame in parse(stream).items()}


def fetch(session: FetchSession) -> None:
    """Fetch today's list."""
    session.fetch("EU_SANCTIONS_URL", partition="full", expect=("xml",))


def parse(stream: BufferedIOBase) -> dict[str, pd.DataFrame]:
    """Frames of a whole list, columns as in TABLES, all text. Raises RejectedFile for one that is broken or empty."""
    rows: dict[str, list[dict]] = {table.name.removeprefix("eu_"): [] for table in TABLES}
    for element in elements(stream):
        if local_name(element) == "sanctionEntity":
            _read_entity(element, rows)
            element.clear()
    if not rows["entries"]:
        raise RejectedFile("The list holds no entry.", "Download it again.")
    check_parts(
        len({entry["logicalId"] for entry in rows["entries"]}),
        nameAlias=len({row["entityLogicalId"] for row in rows["names"]}),
        programme=len({row["entityLogicalId"] for row in rows["listings"] if row["programme"]}),
    )
    # an entry under two programmes is there twice, with the same attributes
    rows["entries"] = [
        dict(entry) for entry in dict.fromkeys(tuple(sorted(entry.items())) for entry in rows["entries"])
    ]
    return {t.name: pd.DataFrame(rows[t.name[3:]], columns=list(t.columns), dtype="object") for t in TABLES}


def _read_entity(entity: Element, rows: dict[str, list[dict]]) -> None:
    own = _attributes(entity)
    parts: dict[str, Element] = {local_name(child): child for child in entity}
    if "regulation" not in parts or "subjectType" not in parts:
        raise RejectedFile(
            f"The entry {own.get('euReferenceNumber')} names no regulation or no type.",
            "Use the Commission's own download, unedited.",
        )
    regulation = _attributes(parts["regulation"])
    listing = {"entityLogicalId": own.get("logicalId"), "programme": regulation.pop("programme", None)}
    rows["entries"].append(
        {"logicalId": own.pop("logicalId", None), "euReferenceNumber": own.pop("euReferenceNumber", None)}
        | _attributes(parts["subjectType"])
    )
    regulation["regulationLogicalId"] = regulation.pop("logicalId", None)
    url = {"publicationUrl": _texts(parts["regulation"], "publicationUrl")}
    rows["listings"].append(own | regulation | url | listing | {"remark": _texts(entity, "remark")})
    for child in entity:
        if table := DETAILS.get(local_name(child)):
            rows[table].append(_read_detail(child) | listing)


def _read_detail(detail: Element) -> dict[str, str | None]:
    """A name, citizenship, birth, address or identification, with the regulation that brought it."""
    summary = next((_attributes(child) for child in detail if local_name(child) == "regulationSummary"), {})
    contacts = [f"{c.get('key')}: {c.get('value')}" for c in detail if local_name(c) == "contactInfo"]
    return (
        summary | _attributes(detail) | {"remark": _texts(detail, "remark"), "contactInfo": "\n".join(contacts) or None}
    )


def _attributes(element: Element) -> dict[str, str | None]:
    return {name: value.strip() or None for name, value in element.attrib.items()}


def _texts(element: Element, name: str) -> str | None:
    """What stands in the children of that name, one a line."""
    return "\n".join((c.text or "").strip() for c in element if local_name(c) == name) or None
