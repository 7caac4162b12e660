"""OFAC's files: the raw tables they fill, recognising them, and reading the XML and the legacy CSV.

The SDN list and the consolidated (non-SDN) list have the same layouts, and no file names its list, but the advanced
XML: the others are told apart by the programs of their first entries, and where none is named by their numbers. Not
here: reading the advanced XML (advanced.py).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from io import BufferedIOBase
from pathlib import Path
from xml.etree.ElementTree import Element

import pandas as pd

from dagster_project.files.compression import open_decompressed
from dagster_project.files.formats import Head
from dagster_project.files.landing import Landing, Recognised
from dagster_project.files.rejection import RejectedFile
from dagster_project.files.xml import child_texts, elements, local_name
from dagster_project.ingest.fetch import FetchSession
from dagster_project.ingest.source import check_parts
from dagster_project.ingest.sources.ofac import advanced
from dagster_project.warehouse import Continuity, Rows, Rule, Table, text

NAME = "ofac"

NAMESPACES = (b"http://tempuri.org/sdnList.xsd", b"sanctionslistservice.ofac.treas.gov")
ADVANCED_NAMESPACES = (b"exports/ADVANCED_XML", b"http://www.un.org/sanctions/1.0")
LAYOUTS = ("csv", "xml", "advanced")  # the one that holds least first
SDN, CONSOLIDATED = "sdn", "consolidated"
SDN_LIST = "SDN List"  # as the advanced XML names it
# Programs of the lists that make up the consolidated one; an SDN under one of them is under another program as well.
NON_SDN_PROGRAMS = {"NS-PLC", "UKRAINE-EO13662", "CMIC-EO13959", "561-Related", "FSE-IR", "FSE-SY"}
FIRST_CONSOLIDATED = 9639  # the first number of the consolidated list; that of the SDN list is 36

PUBLISHED = re.compile(rb"<Publish_Date>(?P<month>\d\d)/(?P<day>\d\d)/(?P<year>\d{4})<")
ISSUED = re.compile(
    rb"<(?:\w+:)?DateOfIssue[^>]*>\s*<(?:\w+:)?Year>(?P<year>\d{4})</(?:\w+:)?Year>"
    rb"\s*<(?:\w+:)?Month>(?P<month>\d\d?)</(?:\w+:)?Month>\s*<(?:\w+:)?Day>(?P<day>\d\d?)<"
)

NOTHING = "-0-"
CSV_COLUMNS = {
    "entries": "uid sdnName sdnType programs title callSign vesselType tonnage grossRegisteredTonnage "
    "vesselFlag vesselOwner remarks",
    "addresses": "uid addressUid address1 cityStateZip country remarks",
    "aliases": "uid akaUid type name remarks",
    "comments": "uid remarks",
}
KINDS = {"individual", "vessel", "aircraft", "entity", NOTHING}
ALIAS_TYPES = {"aka", "fka", "nka"}

NAMED = Rule(
    "named",
    'coalesce("lastName", "sdnName") is null',
    "The entry {uid} has no name.",
    "Use OFAC's own download, unedited.",
)


def _table(
    name: str,
    columns: str,
    key: str,
    floors: dict[str, tuple[int, str]] | None = None,
    scope: tuple[str, ...] = (),
) -> Table:
    names = ("list", *columns.split())
    return Table(
        name=f"ofac_{name}",
        columns=names,
        key=("list", *key.split()),
        compared=tuple(text(c) for c in names if c not in key.split() and c != "list"),
        rules=(
            Rule(
                "identified",
                # OFAC's own numbers have five digits
                " or ".join(f'"{c}" is null' for c in key.split())
                + " or not regexp_full_match(\"uid\", '[0-9]{1,12}')",
                "An entry has no number (uid {uid}).",
                "Use OFAC's own download, unedited.",
            ),
            *([NAMED] if name == "entries" else []),
        ),
        floors=floors or {},
        scope=scope,
        # a comments file holds a remark for few entries, and none for most
        continuity=None
        if scope
        else Continuity(
            of=("list",),
            groups=(("program",),) if name == "programs" else (),
            is_of_parties=name in ("entries", "programs"),
        ),
    )


TABLES = (
    _table(
        "entries",
        "uid firstName lastName sdnName sdnType title remarks callSign vesselType tonnage "
        "grossRegisteredTonnage vesselFlag vesselOwner",
        "uid",
        {
            "sample": (20, "the sample quotes about thirty real designations"),
            "files": (400, "the shortest of OFAC's lists, the consolidated one, has had more than 400 since 2020"),
        },
    ),
    _table("aliases", "uid akaUid type category name firstName lastName remarks", "uid akaUid"),
    _table(
        "addresses",
        "uid addressUid address1 address2 address3 city stateOrProvince postalCode cityStateZip country remarks",
        "uid addressUid",
    ),
    _table("programs", "uid program", "uid program"),
    _table("identifiers", "uid idUid idType idNumber idCountry issueDate expirationDate", "uid idUid"),
    # XML only: `element` is the element's name, `value` the country, place or date in it.
    _table("origins", "uid originUid element value mainEntry", "uid originUid element"),
    # Advanced XML only: what happened to an entry on a list, and when. One that it does not repeat stays as it was.
    _table("listings", "uid entryUid eventUid listName eventType legalBasis date", "uid entryUid eventUid"),
    # Nothing in a comments file names the list it continues, so it replaces only earlier rows of the same entries.
    _table("comments", "uid part remarks", "uid part", scope=("uid",)),
)


def fetch(session: FetchSession) -> None:
    """Fetch both lists as they are now. The service redirects to where its files lie."""
    for one in (SDN, CONSOLIDATED):
        session.fetch("OFAC_URL", {"list": one.upper()}, partition=one, expect=("xml",))


def recognise(head: Head) -> Recognised | None:
    """Say whether a file is OFAC's, by its content."""
    start = head.text[:2000]
    if b"<sdnList" in start:
        if not any(namespace in start for namespace in NAMESPACES):
            raise RejectedFile(
                "An sdnList in a namespace that is not known.", "Download SDN.XML or CONSOLIDATED.XML from OFAC."
            )
        return Recognised("list", "xml", _list_of(_programs_of_xml(head.text)), _edition(PUBLISHED, head.text))
    if re.search(rb"<(\w+:)?Sanctions[\s>]", start) and any(namespace in start for namespace in ADVANCED_NAMESPACES):
        if re.search(rb'DeltaBaseVersion="\d', start):
            raise RejectedFile(
                "These are changes since an earlier edition, and not the list.",
                "Download SDN_ADVANCED.XML or CONS_ADVANCED.XML from OFAC.",
            )
        return Recognised("list", "advanced", _list_of_advanced(head), _edition(ISSUED, head.text))
    kind = _csv_kind(head.text)
    return Recognised(kind, "csv", _list_of_csv(head.text, kind)) if kind else None


def read(path: Path, landing: Landing, head: Head) -> dict[str, Rows]:
    """The rows of a landed list, one frame per raw table."""
    with open_decompressed(path, head.compression) as stream:
        if landing.layout == "advanced":
            rows = advanced.parse(stream)
            frames = {name: _frame(name, rows[name], landing.partition) for name in rows}
        elif landing.layout == "xml":
            frames = parse_xml(stream, landing.partition)
        else:
            frames = parse_csv(stream, landing.entity, landing.partition)
    return {f"ofac_{name}": Rows(frame) for name, frame in frames.items()}


def parse_xml(stream: BufferedIOBase, which: str) -> dict[str, pd.DataFrame]:
    """Frames of a whole list, columns as in TABLES, all text. Raises RejectedFile for a broken or hostile file.

    The number of entries must be the one the list announces (Record_Count).
    """
    rows: dict[str, list[dict]] = {
        "entries": [], "aliases": [], "addresses": [], "programs": [], "identifiers": [], "origins": []
    }  # fmt: skip
    announced = None
    for element in elements(stream):
        tag = local_name(element)
        if tag == "Record_Count":
            announced = (element.text or "").strip()
        elif tag == "sdnEntry":
            _read_entry(element, rows)
            element.clear()
    if announced is not None and announced != str(len(rows["entries"])):
        raise RejectedFile(
            f"The list announces {announced} entries and holds {len(rows['entries'])}.",
            "It is cut off or was edited: download it again.",
        )
    check_parts(
        len({row.get("uid") for row in rows["entries"]}),
        programList=len({row["uid"] for row in rows["programs"]}),
        lastName=sum(bool(row.get("lastName")) for row in rows["entries"]),
    )
    return {name: _frame(name, rows[name], which) for name in rows}


def parse_csv(stream: BufferedIOBase, kind: str, which: str) -> dict[str, pd.DataFrame]:
    """Frames of one file of the legacy quartet; programs are taken out of their bracketed list."""
    columns = CSV_COLUMNS[kind].split()
    content = stream.read().rstrip(b"\x1a\r\n").decode("utf-8")
    rows = []
    for row, values in _records(content):
        if not values:
            continue
        if len(values) != len(columns):
            raise RejectedFile(
                f"The row has {len(values)} columns where this file has {len(columns)}.",
                "The file is cut off or was edited: download it again.",
                row=row,
            )
        rows.append({c: _something(v) for c, v in zip(columns, values, strict=True)})
    if kind == "comments":  # a remark that does not fit is continued here, in parts, in order
        part: dict[str | None, int] = {}
        for row in rows:
            part[row["uid"]] = part.get(row["uid"], 0) + 1
            row["part"] = str(part[row["uid"]])
        return {"comments": _frame("comments", rows, which)}
    if kind != "entries":
        return {kind: _frame(kind, rows, which)}
    programs = [{"uid": row["uid"], "program": program} for row in rows for program in _programs(row["programs"])]
    check_parts(
        len({row["uid"] for row in rows}),
        programs=len({row["uid"] for row in programs}),
        name=sum(bool(row["sdnName"]) for row in rows),
    )
    return {"entries": _frame("entries", rows, which), "programs": _frame("programs", programs, which)}


def _records(content: str) -> Iterator[tuple[int, list[str]]]:
    """Rows with their number. Raises RejectedFile for a quoted text that does not end: the file breaks off there."""
    row = 0
    try:
        for row, values in enumerate(csv.reader(io.StringIO(content), strict=True), start=1):
            yield row, values
    except csv.Error:
        raise RejectedFile(
            "A quoted text does not end where it should.",
            "The file is cut off or was edited: download it again.",
            row=row + 1,
        ) from None


def _read_entry(entry: Element, rows: dict[str, list[dict]]) -> None:
    own = child_texts(entry)
    uid = own.get("uid")
    for child in entry:
        match local_name(child):
            case "programList":
                rows["programs"] += [{"uid": uid, "program": p} for p in dict.fromkeys(_values(child)) if p]
            case "akaList":
                rows["aliases"] += [
                    child_texts(item) | {"akaUid": child_texts(item).get("uid"), "uid": uid} for item in child
                ]
            case "addressList":
                rows["addresses"] += [
                    child_texts(item) | {"addressUid": child_texts(item).get("uid"), "uid": uid} for item in child
                ]
            case "idList":
                rows["identifiers"] += [
                    child_texts(item) | {"idUid": child_texts(item).get("uid"), "uid": uid} for item in child
                ]
            case "nationalityList" | "citizenshipList" | "placeOfBirthList" | "dateOfBirthList":
                rows["origins"] += [_origin(item) | {"uid": uid} for item in child]
            case "vesselInfo":
                own |= child_texts(child)
    rows["entries"].append(own)


def _origin(item: Element) -> dict[str, str | None]:
    """`<nationality><country>…`, `<placeOfBirthItem><placeOfBirth>…`: the element's name and its value."""
    own = child_texts(item)
    element = local_name(item).removesuffix("Item")
    value = own.get("country") or own.get(element)
    return {"originUid": own.get("uid"), "element": element, "value": value, "mainEntry": own.get("mainEntry")}


def _frame(name: str, rows: list[dict], which: str) -> pd.DataFrame:
    columns = next(t.columns for t in TABLES if t.name == f"ofac_{name}")
    return pd.DataFrame([row | {"list": which} for row in rows], columns=list(columns), dtype="object")


def _values(element: Element) -> list[str]:
    return [(c.text or "").strip() for c in element]


def _something(value: str) -> str | None:
    value = value.strip()
    return None if value in (NOTHING, "") else value


def _edition(published: re.Pattern[bytes], text: bytes) -> str:
    """The day of publication, ISO 8601; empty where the beginning of the file has none."""
    day = published.search(text)
    return "-".join(day[part].decode().zfill(2) for part in ("year", "month", "day")) if day else ""


def _list_of(entries: list[set[str]]) -> str:
    """Which list this is, from the programs of each of its first entries: of the consolidated one most are under
    programs of its own alone (in 2024 eight in ten), of the SDN list hardly any (one in a thousand)."""
    own = sum(programs <= NON_SDN_PROGRAMS for programs in entries)
    return CONSOLIDATED if own and own >= len(entries) / 2 else SDN


def _programs_of_xml(head: bytes) -> list[set[str]]:
    return [
        {program.decode("utf-8", "replace").strip() for program in re.findall(rb"<program>([^<]*)<", entry)}
        for entry in head.split(b"<sdnEntry>")[1:]
        if b"</programList>" in entry
    ]


def _programs_of_csv(head: bytes) -> list[set[str]]:
    rows = csv.reader(head.decode("cp1252", "replace").splitlines())
    return [set(_programs(row[3])) for row in rows if len(row) == len(CSV_COLUMNS["entries"].split())]


def _programs(cell: str | None) -> list[str]:
    """`SDGT] [IRAN`: each program once."""
    return [program for program in dict.fromkeys(re.split(r"\]\s*\[", (cell or "").strip("[] "))) if program]


def _list_of_advanced(head: Head) -> str:
    """An entry of the SDN list may be on others too, but no entry of the others' file is on the SDN list."""
    with open_decompressed(head.path, head.compression) as stream:
        names = advanced.lists_in(stream)
    if not names:
        raise RejectedFile(
            "This is OFAC's advanced XML, and it holds no entry.", "It is cut off or was edited: download it again."
        )
    return SDN if SDN_LIST in names else CONSOLIDATED


def _list_of_csv(head: bytes, kind: str) -> str:
    """The list that a file's first lines belong to. Comments name none: their rows join those of the SDN list."""
    if kind == "comments":
        return SDN
    if kind == "entries":
        return _list_of(_programs_of_csv(head))
    first = re.search(rb"^\s*(\d{1,9})\s*,", head, re.MULTILINE)
    return CONSOLIDATED if first and int(first.group(1)) >= FIRST_CONSOLIDATED else SDN


def _csv_kind(head: bytes) -> str | None:
    """Which file of the quartet this is, from its first rows: it has no header."""
    lines = head.decode("utf-8", "replace").splitlines()[:20]
    if len(lines) > 1 and len(head) >= 60_000:
        lines = lines[:-1]
    rows = [row for row in csv.reader(lines) if row and row != ["\x1a"]]
    if not rows or not all(_is_number(row[0]) for row in rows):
        return None
    widths = {len(row) for row in rows}
    if widths == {12} and all(row[2].strip() in KINDS for row in rows):
        return "entries"
    if widths == {5} and all(row[2].strip() in ALIAS_TYPES for row in rows):
        return "aliases"
    if widths == {6} and all(_is_number(row[1]) and not _is_number(row[4]) for row in rows):
        return "addresses"
    if widths == {2} and all(re.search("[A-Za-z]", row[1]) for row in rows):
        return "comments"
    return None


def _is_number(value: str) -> bool:
    return re.fullmatch(r"\s*[0-9]{1,12}\s*", value) is not None
