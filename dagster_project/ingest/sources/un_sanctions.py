"""The consolidated list of the UN Security Council: persons and entities that its committees have listed.

`raw.un_entries` has one row per person or entity, known by its REFERENCE_NUMBER (a DATAID is given anew when
an entry is entered again). The other tables have one row per alias, address, nationality, date and place of
birth, and document. These have no numbers: all their columns are their key, so a change expires one row and
inserts another.

White space is one space: editions break the same line at different places. Empty elements are NULL.
Not here: the lists of single committees, which have the same layout; they would delist everyone else.

Source of the layout: UN, consolidated.xsd, published beside the list.
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
from dagster_project.files.xml import elements
from dagster_project.ingest.fetch import FetchSession
from dagster_project.ingest.source import check_parts
from dagster_project.warehouse import Continuity, Rows, Rule, Table, text

NAME = "un"

KEY = "REFERENCE_NUMBER"
ENTRY = (
    "REFERENCE_NUMBER DATAID VERSIONNUM RECORD FIRST_NAME SECOND_NAME THIRD_NAME FOURTH_NAME NAME_ORIGINAL_SCRIPT "
    "UN_LIST_TYPE LISTED_ON GENDER TITLE DESIGNATION COMMENTS1 LIST_TYPE LAST_DAY_UPDATED SORT_KEY SORT_KEY_LAST_MOD"
).split()
# A table of parts → the elements that hold one each (persons' and entities'), and what those hold.
PARTS = {
    name: (tags.split(), columns.split())
    for name, tags, columns in (
        (
            "aliases",
            "INDIVIDUAL_ALIAS ENTITY_ALIAS",
            "QUALITY ALIAS_NAME DATE_OF_BIRTH CITY_OF_BIRTH COUNTRY_OF_BIRTH NOTE",
        ),
        ("addresses", "INDIVIDUAL_ADDRESS ENTITY_ADDRESS", "STREET CITY STATE_PROVINCE ZIP_CODE COUNTRY NOTE"),
        ("nationalities", "NATIONALITY", "VALUE"),
        ("birthdates", "INDIVIDUAL_DATE_OF_BIRTH", "TYPE_OF_DATE DATE YEAR FROM_YEAR TO_YEAR NOTE"),
        ("birthplaces", "INDIVIDUAL_PLACE_OF_BIRTH", "STREET CITY STATE_PROVINCE COUNTRY NOTE"),
        (
            "documents",
            "INDIVIDUAL_DOCUMENT",
            "TYPE_OF_DOCUMENT TYPE_OF_DOCUMENT2 NUMBER ISSUING_COUNTRY DATE_OF_ISSUE CITY_OF_ISSUE "
            "COUNTRY_OF_ISSUE NOTE",
        ),
    )
}
IDENTIFIED = Rule(
    "identified",
    # the committee and i(ndividual) or e(ntity), and a number: QDi.001
    f"not regexp_full_match(coalesce(\"{KEY}\", ''), '[A-Z]{{2,3}}[ie]?[.][0-9]{{1,6}}')",
    f"An entry has no reference number ({{{KEY}}}).",
    "Use the UN's own download, unedited.",
)
TABLES = (
    Table(
        name="un_entries",
        columns=tuple(ENTRY),
        key=(KEY,),
        compared=tuple(text(c) for c in ENTRY if c != KEY),
        rules=(
            IDENTIFIED,
            Rule(
                "named",
                'coalesce("FIRST_NAME", "SECOND_NAME", "NAME_ORIGINAL_SCRIPT") is null',
                "The entry {REFERENCE_NUMBER} has no name.",
                "Use the UN's own download, unedited.",
            ),
            Rule(
                "dated",
                '"LISTED_ON" is not null and try_cast(left("LISTED_ON", 10) as date) is null',
                "The entry {REFERENCE_NUMBER} has no day of listing ({LISTED_ON}).",
                "Use the UN's own download, unedited.",
            ),
        ),
        floors=dict.fromkeys(("files", "live"), (500, "the lists of 2024 and 2026 held 875 and 1,003 entries")),
        continuity=Continuity(groups=(("UN_LIST_TYPE",),), is_of_parties=True),
    ),
    *(
        Table(
            name=f"un_{name}",
            columns=(KEY, *columns),
            key=(KEY, *columns),
            compared=(),
            rules=(IDENTIFIED,),
            continuity=Continuity(),
        )
        for name, (_, columns) in PARTS.items()
    ),
)


def recognise(head: Head) -> Recognised | None:
    """Say whether a file is the UN's list, by its root. Its edition is when it was generated, in UTC."""
    if not re.search(rb"<CONSOLIDATED_LIST[\s>]", head.text[:2000]):
        return None
    generated = re.search(rb"""dateGenerated=["']([^"']+)["']""", head.text[:2000])
    return Recognised("list", "xml", "consolidated", edition_in_utc(generated.group(1).decode()) if generated else "")


def read(path: Path, landing: Landing, head: Head) -> dict[str, Rows]:
    """The rows of a landed list, one frame per raw table."""
    with open_decompressed(path, head.compression) as stream:
        return {name: Rows(frame) for name, frame in parse(stream).items()}


def fetch(session: FetchSession) -> None:
    """Fetch today's list."""
    session.fetch("UN_SANCTIONS_URL", partition="consolidated", expect=("xml",))


def parse(stream: BufferedIOBase) -> dict[str, pd.DataFrame]:
    """Frames of a whole list, columns as in TABLES, all text. Raises RejectedFile for a broken, empty or cut one."""
    rows: dict[str, list[dict]] = {table.name.removeprefix("un_"): [] for table in TABLES}
    for element in elements(stream):
        if element.tag in ("INDIVIDUAL", "ENTITY"):
            _read_entry(element, rows)
            element.clear()
    if not rows["entries"]:
        raise RejectedFile("The list holds no entry.", "Download it again.")
    check_parts(
        len(rows["entries"]),
        FIRST_NAME=sum(bool(entry.get("FIRST_NAME")) for entry in rows["entries"]),
        UN_LIST_TYPE=sum(bool(entry.get("UN_LIST_TYPE")) for entry in rows["entries"]),
    )
    committees = {entry.get("UN_LIST_TYPE") for entry in rows["entries"]}
    if len(committees) == 1:
        raise RejectedFile(
            f"This is the list of one committee ({committees.pop()}), not the consolidated one.",
            "Download consolidated.xml.",
        )
    return {t.name: pd.DataFrame(rows[t.name[3:]], columns=list(t.columns), dtype="object") for t in TABLES}


def _read_entry(entry: Element, rows: dict[str, list[dict]]) -> None:
    own = {child.tag: _values(child) for child in entry} | {"RECORD": entry.tag}
    rows["entries"].append(own)
    for name, (tags, columns) in PARTS.items():
        parts = [tuple(_text(c.findtext(column)) for column in columns) for c in entry if c.tag in tags]
        if name == "nationalities":  # several values in one element
            parts = [(_text(value.text),) for value in entry.findall("NATIONALITY/VALUE")]
        # a part that an entry repeats is one row
        rows[name] += [
            {KEY: own.get(KEY)} | dict(zip(columns, part, strict=True)) for part in dict.fromkeys(parts) if any(part)
        ]


def _values(element: Element) -> str | None:
    """The text of an element, or of the values in it, one a line."""
    values = [_text(value.text) for value in element.findall("VALUE")] or [_text(element.text)]
    return "\n".join(value for value in values if value) or None


def _text(value: str | None) -> str | None:
    return " ".join((value or "").split()) or None
