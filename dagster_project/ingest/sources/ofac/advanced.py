"""The Advanced Sanctions Data Model, in which OFAC publishes SDN_ADVANCED.XML and CONS_ADVANCED.XML.

Almost everything in such a file is a number that an earlier part of it explains: reference values come first, then
places and documents, the parties (with names and features), the relations between them, and last the entries on a list
(with programs and dates). Here belongs turning that into the rows that SDN.XML fills, and into listings, of which
SDN.XML has none. Not here: the raw tables, and which of OFAC's lists a file is (files.py).

A feature that is no address, origin, title or trait of a vessel stands among the identifiers, as in SDN.XML.
"""

from __future__ import annotations

import re
from calendar import month_abbr, monthrange
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from io import BufferedIOBase
from itertools import takewhile
from xml.etree.ElementTree import Element

from dagster_project.files.rejection import RejectedFile
from dagster_project.files.xml import elements, local_name

Row = dict[str, str | None]

CHUNK_BYTES = 1 << 20
LIST_EXPLAINED = re.compile(rb'<(?:\w+:)?List ID="(\d+)"[^>]*>([^<]*)<')
LIST_USED = re.compile(rb'\bListID="(\d+)"')

GIVEN_NAMES = {"First Name", "Middle Name", "Patronymic"}  # all other parts are written where the last name is
PRIMARY_LATIN = "Primary Latin"  # of the spellings of a name, the one that SDN.XML has
PROGRAM = "Program"  # the kind of measure whose comment is a program
NOT_SAID = {"unknown", "undetermined", ""}
ADDRESS = {
    "ADDRESS1": "address1",
    "ADDRESS2": "address2",
    "ADDRESS3": "address3",
    "CITY": "city",
    "STATE/PROVINCE": "stateOrProvince",
    "REGION": "stateOrProvince",
    "POSTAL CODE": "postalCode",
}
# Kinds of features, in lower case → where SDN.XML has them.
ORIGINS = {
    "birthdate": "dateOfBirth",
    "place of birth": "placeOfBirth",
    "nationality country": "nationality",
    "citizenship country": "citizenship",
}
NATIONS = {"nationality", "citizenship"}
TRAITS = {
    "title": "title",
    "vessel call sign": "callSign",
    "vessel type": "vesselType",
    "vessel flag": "vesselFlag",
    "vessel owner": "vesselOwner",
    "vessel tonnage": "tonnage",
    "vessel gross registered tonnage": "grossRegisteredTonnage",
}


def lists_in(stream: BufferedIOBase) -> set[str]:
    """The names of the lists that a file's entries are on. They stand at its end, so all its bytes are searched."""
    names: dict[bytes, str] = {}
    used: set[bytes] = set()
    rest = b""
    while chunk := stream.read(CHUNK_BYTES):
        text = rest + chunk
        names |= {number: name.decode("utf-8", "replace").strip() for number, name in LIST_EXPLAINED.findall(text)}
        used.update(LIST_USED.findall(text))
        rest = text[-300:]  # what stands across two chunks is found with the second
    return {names.get(number, number.decode()) for number in used}


def parse(stream: BufferedIOBase) -> dict[str, list[Row]]:
    """The rows of a whole file by OFAC's tables (without the prefix, and without comments), all text.

    Raises RejectedFile for a broken or hostile file, one without entries, and one that uses a code it does not explain.
    """
    return _Reader().read(stream)


class _References:
    """The meaning of the file's numbers: its reference values, by kind and number."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, str | None], Element] = {}

    def add(self, sets: Element) -> None:
        """Take the element that holds all reference values."""
        self._values |= {(local_name(value), value.get("ID")): value for kind in sets for value in kind}

    def value(self, kind: str, number: str | None) -> Element:
        """The reference value of a number. Raises RejectedFile where the file has none."""
        if (kind, number) not in self._values:
            raise RejectedFile(
                f"The file uses {kind} {number} and does not explain it.",
                "It is cut off or was edited: download it again.",
            )
        return self._values[kind, number]

    def text(self, kind: str, number: str | None) -> str:
        """What a number means. Raises RejectedFile where the file does not say."""
        return _text(self.value(kind, number)) or ""

    def label(self, kind: str, number: str | None) -> str | None:
        """What a number means, for a column that is a remark only; None where the file does not say."""
        label = _text(self._values.get((kind, number)))
        return None if (label or "").lower() in NOT_SAID else label


class _Reader:
    """One pass over a file, in the order of its schema."""

    def __init__(self) -> None:
        self.references = _References()
        self.rows: dict[str, list[Row]] = {
            name: [] for name in ("entries", "aliases", "addresses", "programs", "identifiers", "origins", "listings")
        }
        self.places: dict[str | None, Row] = {}
        self.documents: dict[str | None, list[Row]] = defaultdict(list)  # by the identity that they are about
        self.entries: dict[str | None, Row] = {}  # by profile
        self.links: dict[str | None, list[str]] = defaultdict(list)  # the names an entry is linked to
        self.known: dict[tuple[str | None, ...], Row] = {}  # what was added, by table, entry and number

    def read(self, stream: BufferedIOBase) -> dict[str, list[Row]]:
        """The rows of all tables."""
        for element in elements(stream):
            match local_name(element):
                case "ReferenceValueSets":
                    self.references.add(element)
                    continue  # they are looked up to the end
                case "Location":
                    self.places[element.get("ID")] = self._place(element)
                case "IDRegDocument":
                    self.documents[element.get("IdentityID")].append(self._document(element))
                case "DistinctParty":
                    self._read_party(element)
                case "ProfileRelationship":
                    self._read_relation(element)
                case "SanctionsEntry":
                    self._read_entry(element)
                case _:
                    continue
            element.clear()
        if not self.entries:
            raise RejectedFile("The list holds no entry.", "Download it again.")
        if not self.rows["programs"]:
            raise RejectedFile(
                "No entry of the list is under a program.", "It is cut off or was edited: download it again."
            )
        for entry in self.entries.values():
            links = "; ".join(self.links.get(entry["uid"], ()))
            remarks = filter(None, (entry["remarks"], f"({links})" if links else None))  # SDN.XML's words
            self.rows["entries"].append(entry | {"remarks": " ".join(remarks) or None})
        return self.rows

    def _place(self, location: Element) -> Row:
        """An address, in the columns of SDN.XML."""
        place: Row = {}
        rest = None
        for part in _children(location, "LocationPart"):
            kind = self.references.text("LocPartType", part.get("LocPartTypeID")).upper()
            value = next((text for one in part.iter() if local_name(one) == "Value" and (text := _text(one))), None)
            if kind in ADDRESS:
                place[ADDRESS[kind]] = value
            else:
                rest = value  # a country that is none of the reference values, or a place without any
        countries = [
            *(self.references.label("Country", one.get("CountryID")) for one in _children(location, "LocationCountry")),
            *(
                self.references.value("AreaCode", one.get("AreaCodeID")).get("Description")
                for one in _children(location, "LocationAreaCode")
            ),
            rest,
        ]
        return place | {"country": next((country for country in countries if country), None)}

    def _document(self, document: Element) -> Row:
        dates = {
            self.references.label("IDRegDocDateType", one.get("IDRegDocDateTypeID")): next(_periods(one), None)
            for one in _children(document, "DocumentDate")
        }
        return {
            "idUid": document.get("ID"),
            "idType": self.references.text("IDRegDocType", document.get("IDRegDocTypeID")),
            "idNumber": _child_text(document, "IDRegistrationNo"),
            "idCountry": self.references.label("Country", document.get("IssuedBy-CountryID")),
            "issueDate": dates.get("Issue Date"),
            "expirationDate": dates.get("Expiration Date"),
        }

    def _read_party(self, party: Element) -> None:
        """An entry with its names, documents and features. The party and its profile have one number."""
        entry: Row = {"uid": party.get("FixedRef"), "remarks": _child_text(party, "Comment")}
        for profile in _children(party, "Profile"):
            number = profile.get("ID")
            if number in self.entries:
                raise RejectedFile(
                    f"The party {number} is there twice.", "The file was edited: use OFAC's own download."
                )
            self.entries[number] = entry
            entry["sdnType"] = self._kind(profile)
            for identity in _children(profile, "Identity"):
                self._read_names(identity, entry)
                self._add("identifiers", "idUid", entry, self.documents.pop(identity.get("ID"), []))
        for feature in party.iter():
            if local_name(feature) == "Feature":
                self._read_feature(feature, entry)

    def _kind(self, profile: Element) -> str:
        """Individual, Entity, Vessel or Aircraft: the party's subtype, or its type where that has no subtypes."""
        subtype = self.references.value("PartySubType", profile.get("PartySubTypeID"))
        kind = _text(subtype) or ""
        return self.references.text("PartyType", subtype.get("PartyTypeID")) if kind.lower() in NOT_SAID else kind

    def _read_names(self, identity: Element, entry: Row) -> None:
        """The primary name in Latin script is the entry's own; every other name and spelling is an alias."""
        kinds = {
            group.get("ID"): self.references.text("NamePartType", group.get("NamePartTypeID"))
            for group in identity.iter()
            if local_name(group) == "NamePartGroup"
        }
        primary: list[tuple[bool, Row]] = []
        for alias in _children(identity, "Alias"):
            for spelling in _children(alias, "DocumentedName"):
                given, other = [], []
                for part in spelling.iter():
                    if local_name(part) == "NamePartValue" and (text := _text(part)):
                        (given if kinds.get(part.get("NamePartGroupID")) in GIVEN_NAMES else other).append(text)
                name: Row = {"lastName": " ".join(other) or None, "firstName": " ".join(given) or None}
                row = name | {
                    "akaUid": spelling.get("ID"),
                    "type": (self.references.label("AliasType", alias.get("AliasTypeID")) or "").lower() or None,
                    "category": "weak" if alias.get("LowQuality") == "true" else "strong",
                }
                if alias.get("Primary") == "true":
                    status = self.references.label("DocNameStatus", spelling.get("DocNameStatusID"))
                    primary.append((status != PRIMARY_LATIN, row))
                else:
                    self._add("aliases", "akaUid", entry, [row])
        primary.sort(key=lambda one: one[0])
        for _, row in primary[:1]:
            entry |= {"lastName": row["lastName"], "firstName": row["firstName"]}
        self._add("aliases", "akaUid", entry, [row for _, row in primary[1:]])

    def _read_feature(self, feature: Element, entry: Row) -> None:
        kind = self.references.text("FeatureType", feature.get("FeatureTypeID"))
        places = [self._place_of(one) for one in feature.iter() if local_name(one) == "VersionLocation"]
        if kind.lower() == "location":
            self._add("addresses", "addressUid", entry, places)
            return
        details = [
            _text(one) or self.references.label("DetailReference", one.get("DetailReferenceID"))
            for one in feature.iter()
            if local_name(one) == "VersionDetail"
        ]
        origin, trait = ORIGINS.get(kind.lower()), TRAITS.get(kind.lower())
        by_place = [place["country"] if origin in NATIONS else _written(place) for place in places]
        values = [value for value in details if value] or by_place or list(_periods(feature))
        number = feature.get("ID")
        if origin:
            own = [{"originUid": number, "element": origin, "value": value} for value in values]
            self._add("origins", "originUid", entry, own)
        elif trait:
            entry[trait] = "; ".join(filter(None, (entry.get(trait), *values))) or None
        else:
            self._add(
                "identifiers",
                "idUid",
                entry,
                [{"idUid": number, "idType": kind, "idNumber": value} for value in values],
            )

    def _place_of(self, reference: Element) -> Row:
        number = reference.get("LocationID")
        if number not in self.places:
            raise RejectedFile(
                f"The file uses the location {number} and does not hold it.",
                "It is cut off or was edited: download it again.",
            )
        return self.places[number] | {"addressUid": number}

    def _read_relation(self, relation: Element) -> None:
        other = self._entry(relation.get("To-ProfileID"))
        name = ", ".join(filter(None, (other.get("lastName"), other.get("firstName"))))
        self.links[self._entry(relation.get("From-ProfileID"))["uid"]].append(f"Linked To: {name}")

    def _read_entry(self, listed: Element) -> None:
        """An entry's programs, and its events: OFAC gives the days by entry and not by program."""
        entry = self._entry(listed.get("ProfileID"))
        programs = (
            _child_text(measure, "Comment")
            for measure in _children(listed, "SanctionsMeasure")
            if self.references.text("SanctionsType", measure.get("SanctionsTypeID")) == PROGRAM
        )
        self._add("programs", "program", entry, [{"program": program} for program in programs if program])
        events = [
            {
                "entryUid": listed.get("ID"),
                "eventUid": event.get("ID"),
                "listName": self.references.text("List", listed.get("ListID")),
                "eventType": self.references.label("EntryEventType", event.get("EntryEventTypeID")),
                "legalBasis": self.references.label("LegalBasis", event.get("LegalBasisID")),
                "date": next(map(_date, _children(event, "Date")), None),
            }
            for event in _children(listed, "EntryEvent")
        ]
        self._add("listings", "eventUid", entry, events)

    def _entry(self, profile: str | None) -> Row:
        if profile not in self.entries:
            raise RejectedFile(
                f"An entry or a relation is of the party {profile}, which the file does not hold.",
                "It is cut off or was edited: download it again.",
            )
        return self.entries[profile]

    def _add(self, table: str, number: str, entry: Row, rows: Iterable[Row]) -> None:
        """Rows of an entry, each once. Documents and features count for themselves, and a feature may hold several
        values: a number that the entry has used is counted on (25, 25/2)."""
        for row in rows:
            own, count = row[number], 1
            while (same := self.known.setdefault((table, entry["uid"], row[number]), row)) is not row and same != row:
                count += 1
                row = row | {number: f"{own}/{count}"}
            if same is row:
                self.rows[table].append(row | {"uid": entry["uid"]})


def _children(element: Element, name: str) -> Iterator[Element]:
    return (child for child in element if local_name(child) == name)


def _text(element: Element | None) -> str | None:
    return None if element is None else " ".join((element.text or "").split()) or None


def _child_text(element: Element, name: str) -> str | None:
    return _text(next(_children(element, name), None))


def _written(place: Row) -> str:
    """A place in one line, the country last."""
    return ", ".join(filter(None, (place.get(column) for column in (*dict.fromkeys(ADDRESS.values()), "country"))))


def _date(element: Element) -> str | None:
    """A date as far as it is known: 2022-02-24, 2022-02 or 2022."""
    parts = [_child_text(element, name) for name in ("Year", "Month", "Day")]
    known = [part for part in takewhile(bool, parts) if part]
    if not known:
        return None
    try:
        day = date(*(int(part) for part in (*known, "1", "1")[:3]))
    except ValueError:
        raise RejectedFile(f"A day is no date ({'-'.join(known)}).", "Use OFAC's own download, unedited.") from None
    return day.isoformat()[: (4, 7, 10)[len(known) - 1]]


def _periods(element: Element) -> Iterator[str]:
    """The periods in an element, written as SDN.XML does: 10 Dec 1948, Dec 1948, 1948, 1948 to 1950, circa 1948."""
    for period in element.iter():
        if local_name(period) != "DatePeriod":
            continue
        days = [day for one in period.iter() if local_name(one) in ("From", "To") and (day := _date(one))]
        if days:
            circa = "circa " if any(one.get("Approximate") == "true" for one in period.iter()) else ""
            yield circa + _span(min(days), max(days))


def _span(first: str, last: str) -> str:
    """Two dates as one text: a whole month or year is written as such."""
    if first == last:
        return _spelled(first)
    if first.endswith("-01-01") and last.endswith("-12-31"):
        first, last = first[:4], last[:4]
    elif (
        first[:7] == last[:7]
        and first.endswith("-01")
        and int(last[8:] or 0) == monthrange(int(last[:4]), int(last[5:7]))[1]
    ):
        first = last = first[:7]
    return _spelled(first) if first == last else f"{_spelled(first)} to {_spelled(last)}"


def _spelled(day: str) -> str:
    year, *rest = day.split("-")
    return " ".join((*rest[1:], *(month_abbr[int(month)] for month in rest[:1]), year))
