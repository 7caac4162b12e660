"""Council Regulation (EU) No 833/2014 as consolidated by EUR-Lex: the goods and the parties of its annexes, by version.

One row of `raw.eu_regulation_goods` is a code of the Combined Nomenclature in an annex of one version: 'ex' before a
code is kept as `is_partial`, a cell with several codes is several rows, and a cell in a column of codes that holds none
is a row without a code, which a gate counts. One row of `raw.eu_regulation_parties` is an entity or bank of annexes IV
and XLV. A version is the text in force from its day on (CELEX 02014R0833-YYYYMMDD); each is kept beside the others, and
what changed between them is compared in dbt.

An annex whose table has a column of CN or HS codes is one of goods, whatever its number; so is a table without a header
where its annex is about goods (XVIII). The country of a row is the one that its row names, or the heading above it: so
for article 12f, whose annex lists goods by third country.

Not here: which article an annex belongs to and what that forbids (seeds/eu_annexes.csv), and other regulations. The
amending acts are not read: what they change is whole in the consolidated text alone.

Source of the layout: consolidated versions of 2022 and 2023 on EUR-Lex (first lines, headings, order of annexes), and
public readers of the text of 2026, which name its classes (title-annex-1, modref, borderOj) and the headers of annexes
IV and XLV. The table of the annex to article 12f has not been seen filled.
"""

from __future__ import annotations

import csv
import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pycountry

from dagster_project import warehouse
from dagster_project.files.compression import open_decompressed
from dagster_project.files.formats import Head
from dagster_project.files.landing import Landing, Recognised
from dagster_project.files.rejection import RejectedFile
from dagster_project.ingest.fetch import FetchSession
from dagster_project.ingest.source import Finding
from dagster_project.settings import SEEDS_DIR, Settings
from dagster_project.warehouse import Continuity, Rows, Rule, Table, text

NAME = "eu_regulation"

CELEX = "02014R0833"
REFERENCE = re.compile(rf"{CELEX}\s+[—–-]\s+([A-Z]{{2}})\s+[—–-]\s+(\d\d)\.(\d\d)\.(\d{{4}})")
ADDRESS = re.compile(rf"{CELEX}-(\d{{4}})(\d\d)(\d\d)(?:\s+-\s+([A-Z]{{2}})\b)?")
AMENDING = re.compile(r"amending\s+Regulation\s+\(EU\)\s+No\s+833/2014|\b32014R0833\b")
ANNEX = re.compile(r"ANNEX\s+([IVXLCDM]+[A-Z]?)")
PART = re.compile(r"Part\s+([A-Z]|\d+)\b", re.I)
MARKER = re.compile(r"[►▼]\s?(?:[BCM]\d*)?|◄|—{2,}")
FOOTNOTE = re.compile(r"\(\s*\d+\s*\)|\*+")
CODE_HEADER = re.compile(
    r"\b(?:CN|HS|Combined Nomenclature|Harmonised System)\b[^.]*\bcodes?\b|^(?:codes?|CN|HS)$", re.I
)
DATE_HEADER = re.compile(r"date of (?:application|listing)|entry into force", re.I)
COUNTRY_HEADER = re.compile(r"\bcountr(?:y|ies)\b|\bdestinations?\b", re.I)
NAME_HEADER = re.compile(r"^name\b", re.I)
NUMBER_HEADER = re.compile(r"^(?:number|no\.?)?$", re.I)
OF_GOODS = re.compile(r"\b(?:goods|products|technolog(?:y|ies)|items)\b", re.I)
# Two to ten digits as the nomenclature groups them: 88, 8457, 8457 10, 8457 10 10; the chapter by its word alone.
CODE = re.compile(r"(ex\.?\s*)?(?:chapter\s+(\d\d)|(\d{4}(?:[ .]?\d\d){0,3}|\d\d\.\d\d(?:[ .]?\d\d){0,3}))", re.I)
LABEL = re.compile(r"[^:;]{1,40}:\s*")
PARTY_ANNEXES = ("IV", "XLV")  # entities that are supplied no dual-use goods; banks, and others, of third countries
MOST_UNREAD = 0.1  # of the cells in an annex's column of codes
LEAST_ROWS, LEAST_LEFT = 10, 0.8  # METHODS E13: of a smaller annex, or of a fifth that is gone, no warning
MONTHS = {month: n for n, month in enumerate("january february march april may june july august september october "
          "november december".split(), start=1)}  # fmt: skip

GOODS = Table(
    name="eu_regulation_goods",
    columns=("version", "annex", "part", "heading", "place", "cell", "code", "is_partial", "description", "country",
             "applies_from"),
    key=("version", "annex", "place", "code"),
    compared=tuple(text(c) for c in ("part", "heading", "cell", "is_partial", "description", "country",
                                     "applies_from")),
    continuity=Continuity(of=("version", "annex")),
    rules=(
        Rule(
            "placed",
            '"version" is null or "annex" is null or "place" is null',
            "A row stands in no annex (annex {annex}, {cell}).",
            "Take the consolidated text as EUR-Lex serves it, in English.",
        ),
    ),
)  # fmt: skip
PARTIES = Table(
    name="eu_regulation_parties",
    columns=("version", "annex", "part", "heading", "place", "number", "name", "aliases", "information", "country",
             "listed_on"),
    key=("version", "annex", "place"),
    compared=tuple(text(c) for c in ("part", "number", "name", "aliases", "information", "country", "listed_on")),
    continuity=Continuity(of=("version", "annex"), is_of_parties=True),
    rules=(
        Rule(
            "named",
            '"name" is null',
            "An entry of annex {annex} has no name (number {number}).",
            "Take the consolidated text as EUR-Lex serves it, in English.",
        ),
    ),
)  # fmt: skip
TABLES = (GOODS, PARTIES)


def recognise(head: Head) -> Recognised | None:
    """Say whether a file is the consolidated regulation, by its reference. Raises RejectedFile for another language, or
    for an act that amends it."""
    if head.form is None or b"<" not in head.text[:2000]:
        return None
    beginning = _plain(head.text)
    if match := REFERENCE.search(beginning):
        language, day, month, year = match.groups()
        version = f"{year}-{month}-{day}"
    elif match := ADDRESS.search(beginning):
        year, month, day, language = match.groups()
        version = f"{year}-{month}-{day}"
    elif re.search(r"<\s*(?:html|!doctype html)", beginning[:2000], re.I) and AMENDING.search(beginning):
        raise RejectedFile(
            "This is Regulation (EU) No 833/2014 as adopted, or an act that amends it: it holds no whole annexes.",
            f"Take the consolidated text from EUR-Lex (CELEX {CELEX}-YYYYMMDD), HTML, in English.",
        )
    else:
        return None
    if (language or "EN") != "EN":
        raise RejectedFile(
            f"The consolidated text is in another language than English ({language}).",
            "Take the English text (…/legal-content/EN/TXT/HTML/…).",
        )
    if not _is_day(version):
        raise RejectedFile(f"The version {version} is no day.", "Take the text as EUR-Lex serves it.")
    return Recognised("regulation", "html", version, version)


def read(path: Path, landing: Landing, head: Head) -> dict[str, Rows]:
    """The goods and parties of one version. Raises RejectedFile where annexes are missing, or cannot be read."""
    with open_decompressed(path, head.compression) as stream:
        frames = parse(stream.read().decode("utf-8", "replace"), landing.edition)
    return {name: Rows(frame, first_row=None) for name, frame in frames.items()}


def fetch(session: FetchSession) -> None:
    """Fetch the version that the address names: EUR-Lex has one address a version, and none for the newest."""
    address = ADDRESS.search(session.settings.addresses["EU_REGULATION_URL"])
    partition = "-".join(address.group(1, 2, 3)) if address else "newest"
    session.fetch("EU_REGULATION_URL", partition=partition, expect=("html",))


def unread_cells(settings: Settings, _: Mapping[str, Finding]) -> Finding:
    """Whether every cell in a column of codes was read; a warning that names the first that were not."""
    rows = warehouse.ask(
        settings,
        "select version, annex, cell from raw.eu_regulation_goods where _valid_to is null and code is null "
        "order by version desc, annex, cell",
    )
    named = "; ".join(f"annex {annex} of {version}: {cell[:60]!r}" for version, annex, cell in rows[:3])
    return Finding(
        not rows,
        f"{len(rows):,} cells in columns of codes hold no code that is understood; their goods are on no list here: "
        f"{named}. Look at the annex." if rows else "Every cell in a column of codes was read.",
        {"cells": len(rows)},
        blocks=False,
    )  # fmt: skip


def versions_that_shrink(settings: Settings, _: Mapping[str, Finding]) -> Finding:
    """Whether every version holds about what the one before held; a warning that names annexes of which much is gone,
    or of whose parties none were read. A small annex says nothing."""
    counts = warehouse.ask(
        settings,
        f"""with counted as (
            select version, annex, count(distinct code) as rows
            from raw.eu_regulation_goods where _valid_to is null group by all
            union all
            select version, annex, count(*) from raw.eu_regulation_parties where _valid_to is null group by all
        ), versions as (
            select distinct version from raw.eu_regulation_goods where _valid_to is null
        ), compared as (
            select versions.version, annexes.annex, coalesce(counted.rows, 0) as rows,
                lag(coalesce(counted.rows, 0))
                    over (partition by annexes.annex order by versions.version) as rows_before
            from versions cross join (select distinct annex from counted) as annexes
            left join counted on counted.version = versions.version and counted.annex = annexes.annex
        )
        select version, annex, rows_before, rows from compared
        where rows_before >= {LEAST_ROWS} and rows < {LEAST_LEFT} * rows_before order by version, annex""",
    )
    named = "; ".join(
        f"annex {annex} of {version} from {before:,} to {rows:,}" for version, annex, before, rows in counts
    )
    return Finding(
        not counts,
        f"Much is gone that the version before held: {named}. Compare it with EUR-Lex: the layout may have changed."
        if counts else "Every version holds about what the one before held.",
        {"annexes": len(counts)},
        blocks=False,
    )  # fmt: skip


GATES = {GOODS.name: {"readable": unread_cells, "continuous_over_versions": versions_that_shrink}}


# ---------------------------------------------------------------- the text as blocks and rows


@dataclass
class _Cell:
    """A cell of a table: its lines, and how many columns and rows it spans."""

    span: int = 1
    rows: int = 1
    lines: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Block:
    """A paragraph outside of tables (`cells` is empty), or a row of one. `table` tells the tables apart."""

    kind: str  # the class of a paragraph
    line: str
    cells: tuple[tuple[str, ...], ...] = ()  # of each column its lines
    table: int = 0


class _Text(HTMLParser):
    """HTML as a sequence of blocks, in the order of the text. Nested tables give rows of their own, and their words to
    the cell around them."""

    BLOCKS = frozenset("p div h1 h2 h3 h4 h5 h6 li br hr table tr td th dd dt section".split())
    IGNORED = frozenset(("script", "style", "head", "title"))

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[_Block] = []
        self._rows: list[list[_Cell]] = []  # the open row of each open table
        self._tables: list[int] = []
        self._spanned: list[dict[int, int]] = []  # of each open table: column → rows that a cell above still covers
        self._count = 0
        self._kind = ""
        self._words: list[str] = []
        self._ignored = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.IGNORED:
            self._ignored += 1
        if tag not in self.BLOCKS:
            return
        self._flush()
        values = dict(attrs)
        if tag == "table":
            self._count += 1
            self._tables.append(self._count)
            self._rows.append([])
            self._spanned.append({})
        elif tag == "tr" and self._rows:
            self._rows[-1] = []
        elif tag in ("td", "th") and self._rows:
            columns, rows = (
                int(n) if n.isdigit() else 1 for n in (values.get(s) or "1" for s in ("colspan", "rowspan"))
            )
            self._rows[-1].append(_Cell(columns, rows))
        elif not self._rows:
            self._kind = values.get("class") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag in self.IGNORED:
            self._ignored = max(0, self._ignored - 1)
        if tag not in self.BLOCKS:
            return
        self._flush()
        if tag == "tr" and self._rows:
            self._end_row()
        elif tag == "table" and self._rows:
            self._rows.pop()
            self._tables.pop()
            self._spanned.pop()
        if not self._rows:
            self._kind = ""

    def handle_data(self, data: str) -> None:
        if not self._ignored:
            self._words.append(data)

    def _flush(self) -> None:
        line = _clean("".join(self._words))
        self._words = []
        if not line:
            return
        if not self._rows:
            self.blocks.append(_Block(self._kind, line))
        for row in self._rows:
            if row:
                row[-1].lines.append(line)

    def _end_row(self) -> None:
        row, self._rows[-1] = self._rows[-1], []
        spanned, cells = self._spanned[-1], list[tuple[str, ...]]()
        for cell in row:
            for _ in range(cell.span):
                while spanned.get(len(cells), 0) > 0:
                    spanned[len(cells)] -= 1
                    cells.append(())
                if cell.rows > 1:
                    spanned[len(cells)] = cell.rows - 1
                cells.append(tuple(cell.lines))
        if any(cells):
            self.blocks.append(_Block("", "", tuple(cells), self._tables[-1]))


def _clean(words: str) -> str:
    """A line with single spaces, without the marks of consolidation (►M37 … ◄, ▼M6, a row of dashes)."""
    return " ".join(MARKER.sub(" ", words).split())


def _plain(start: bytes) -> str:
    """The beginning of a file with its entities read, for a look at its words."""
    return html.unescape(start.decode("utf-8", "replace")).replace("\xa0", " ")


# ---------------------------------------------------------------- annexes


def parse(document: str, version: str) -> dict[str, pd.DataFrame]:
    """Frames of a version's goods and parties, columns as in TABLES, all text.

    Raises RejectedFile where there is no annex, none of goods, or one whose codes cannot be read.
    """
    reader = _Text()
    reader.feed(document)
    reader.close()
    annexes = _annexes(reader.blocks)
    if not annexes:
        raise RejectedFile(
            "The text has no annexes.",
            "Take the whole consolidated text from EUR-Lex (HTML, in English), not its table of contents.",
        )
    goods: list[dict] = []
    parties: list[dict] = []
    for annex, blocks in annexes:
        if annex in PARTY_ANNEXES:
            listed = [{"version": version, "annex": annex} | row for row in _parties(blocks)]
            _check_days(annex, [row["listed_on"] for row in listed])
            parties += listed
            continue
        rows = [{"version": version, "annex": annex} | row for row in _goods(blocks)]
        unread = [row["cell"] for row in rows if row["code"] is None]
        if len(unread) > MOST_UNREAD * len(rows):
            raise RejectedFile(
                f"In annex {annex} {len(unread):,} of {len(rows):,} cells in the column of codes hold no code, such as "
                f"{unread[0][:60]!r}.",
                "EUR-Lex has probably changed its layout, or the file was edited: nothing of it was loaded.",
            )
        _check_days(annex, [row["applies_from"] for row in rows])
        goods += rows
    if not goods:
        raise RejectedFile(
            f"None of the {len(annexes)} annexes has a column of CN codes.",
            "EUR-Lex has probably changed its layout, or the file was edited: nothing of it was loaded.",
        )
    return {
        table.name: pd.DataFrame(rows, columns=list(table.columns), dtype="object")
        for table, rows in ((GOODS, goods), (PARTIES, parties))
    }


def _check_days(annex: str, days: list[str | None]) -> None:
    """Raise RejectedFile where more than a tenth of an annex's days are none: without its day a row is listed since the
    version, and nothing would say so."""
    given = [day for day in days if day is not None]
    unread = [day for day in given if not _is_day(day)]
    if len(unread) > MOST_UNREAD * len(given):
        raise RejectedFile(
            f"In annex {annex} {len(unread):,} of {len(given):,} cells in the column of dates hold no day, such as "
            f"{unread[0][:60]!r}.",
            "EUR-Lex has probably changed its layout, or the file was edited: nothing of it was loaded.",
        )


def _is_day(words: str) -> bool:
    try:
        date.fromisoformat(words)
    except ValueError:
        return False
    return True


def _annexes(blocks: list[_Block]) -> list[tuple[str, list[_Block]]]:
    """Each annex with its blocks. Raises RejectedFile where one is there twice."""
    has_classes = any("title-annex-1" in block.kind for block in blocks)
    annexes: list[tuple[str, list[_Block]]] = []
    for block in blocks:
        title = ANNEX.fullmatch(FOOTNOTE.sub("", block.line).strip()) if not block.cells else None
        if title and ("title-annex-1" in block.kind or not has_classes):
            annexes.append((title[1], []))
        elif annexes:
            annexes[-1][1].append(block)
    names = [name for name, _ in annexes]
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise RejectedFile(
            f"An annex is there twice: {', '.join(repeated)}.", "Load each version of the text as a file of its own."
        )
    return annexes


@dataclass
class _Place:
    """Where in an annex a row stands: what the headings above it say."""

    part: str = ""
    heading: str = ""
    country: str = ""
    table: int = 0
    header: tuple[str, ...] = ()
    is_of_goods: bool = False


def _walk(blocks: list[_Block]) -> Iterator[tuple[_Place, tuple[tuple[str, ...], ...]]]:
    """Every row of an annex's tables but headers, with its place."""
    place = _Place()
    for block in blocks:
        if not block.cells:
            _take_heading(place, block.line)
            continue
        cells = block.cells
        joined = tuple(" ".join(cell) for cell in cells)
        filled = {cell for cell in joined if cell}
        if _is_header(joined):
            place.table, place.header = block.table, joined
        elif len(filled) == 1 and not any(_codes(cell) for cell in filled):
            _take_heading(place, filled.pop())  # a row over all columns
        else:
            if block.table != place.table and len(cells) != len(place.header):
                place.table, place.header = block.table, ()
            yield place, cells


def _take_heading(place: _Place, line: str) -> None:
    if len(line) > 300:  # a note, not a heading
        return
    if part := PART.match(line):
        place.part, place.country = part[1].upper(), ""
    place.heading = line
    place.country = _country(line) or place.country
    place.is_of_goods = place.is_of_goods or bool(OF_GOODS.search(line))


def _is_header(cells: tuple[str, ...]) -> bool:
    return any(CODE_HEADER.search(cell) for cell in cells) or (
        any(NAME_HEADER.match(cell) for cell in cells) and any(DATE_HEADER.search(cell) for cell in cells)
    )


def _column(header: tuple[str, ...], pattern: re.Pattern[str]) -> int | None:
    return next((i for i, name in enumerate(header) if pattern.search(name)), None)


def _goods(blocks: list[_Block]) -> Iterator[dict]:
    for place, (at, cells) in enumerate(_walk(blocks), start=1):
        column = _column(at.header, CODE_HEADER)
        is_declared = column is not None and column < len(cells)
        if not is_declared:
            # a table without a header, its codes in a cell of their own
            column = next((i for i, cell in enumerate(cells) if _codes(" ".join(cell))), None)
            if column is None or not at.is_of_goods or at.header:
                continue
        assert column is not None
        lines = cells[column]
        words = " ".join(lines)
        if is_declared and not FOOTNOTE.sub("", words).strip():
            continue  # a description that goes on
        is_partial = column > 0 and " ".join(cells[column - 1]).lower().rstrip(".") == "ex"
        dates, countries = _column(at.header, DATE_HEADER), _column(at.header, COUNTRY_HEADER)
        special = {column, dates, countries} | ({column - 1} if is_partial else set())
        common = {
            "part": at.part or None,
            "heading": at.heading[:300] or None,
            "place": str(place),
            "cell": words,
            "description": " ".join(" ".join(cell) for i, cell in enumerate(cells) if i not in special) or None,
            "applies_from": _day(" ".join(cells[dates])) if dates is not None and dates < len(cells) else None,
        }
        named = " ".join(cells[countries]) if countries is not None and countries < len(cells) else ""
        of_countries = _countries(named) or ([named] if named else [at.country or None])
        codes = [code for line in lines for code in _codes(line) or [None]]
        if None in codes:
            codes = _codes(words) or [None]
        for code in dict.fromkeys(codes):
            digits, is_ex = code or (None, False)
            for number, country in enumerate(of_countries):
                yield common | {
                    "place": f"{place}.{number}" if number else str(place),
                    "code": digits,
                    "is_partial": None if digits is None else str(is_ex or is_partial).lower(),
                    "country": country,
                }


def _codes(cell: str) -> list[tuple[str, bool]]:
    """The codes in a cell, each with whether only a part of it is listed; empty where anything else stands there."""
    words = FOOTNOTE.sub(" ", cell).strip(" ;,.")
    if not words:
        return []
    codes: list[tuple[str, bool]] = []
    for piece in re.split(r"\s*(?:[;,/\n]|\band\b|\bor\b)\s*", words):
        match = CODE.fullmatch(piece.strip())
        if match is None:
            return []
        codes.append((re.sub(r"\D", "", match[2] or match[3]), bool(match[1])))
    return codes


def _parties(blocks: list[_Block]) -> Iterator[dict]:
    for place, (at, cells) in enumerate(_walk(blocks), start=1):
        name_at = _column(at.header, NAME_HEADER)
        if name_at is None or name_at >= len(cells) or not cells[name_at]:
            continue
        number_at, date_at = _column(at.header, NUMBER_HEADER), _column(at.header, DATE_HEADER)
        country_at = _column(at.header, COUNTRY_HEADER)
        known = {name_at, number_at, date_at, country_at}
        name, *aliases = cells[name_at]
        inline = re.split(r"\s+(?=(?:Local names?|A\.?k\.?a\.?|Alias(?:es)?)\s*:)", name, flags=re.I)
        information = [line for i, cell in enumerate(cells) if i not in known for line in cell]
        own = " ".join(cells[country_at]) if country_at is not None and country_at < len(cells) else ""
        yield {
            "part": at.part or None,
            "heading": at.heading[:300] or None,
            "place": str(place),
            "number": " ".join(cells[number_at]).rstrip(".") or None if number_at is not None else None,
            "name": inline[0].strip(),
            "aliases": "\n".join(LABEL.sub("", line, count=1).strip() for line in [*inline[1:], *aliases]) or None,
            "information": "\n".join(information) or None,
            "country": _country(own)
            or at.country
            or _country("\n".join(information))
            or _seat(name, at.header)
            or None,
            "listed_on": _day(" ".join(cells[date_at])) if date_at is not None and date_at < len(cells) else None,
        }


def _day(words: str) -> str | None:
    """A day as 2026-04-24, however it is written; what is none stays as written."""
    if match := re.search(r"\b(\d{1,2})[./](\d{1,2})[./](\d{4})\b", words):
        return f"{match[3]}-{int(match[2]):02}-{int(match[1]):02}"
    if (match := re.search(r"\b(\d{1,2}) ([A-Za-z]+) (\d{4})\b", words)) and match[2].lower() in MONTHS:
        return f"{match[3]}-{MONTHS[match[2].lower()]:02}-{int(match[1]):02}"
    return words or None


# ---------------------------------------------------------------- countries


def _labels() -> dict[str, str]:
    """Names of countries in small letters, as ISO and the publishers of lists write them → ISO's three letters."""
    labels: dict[str, str] = {}
    with (SEEDS_DIR / "country_codes.csv").open(newline="", encoding="utf-8") as seed:
        for row in csv.DictReader(seed):
            if row["publisher"] in ("ofac", "uk", "un", "csl") and row["iso3"] and len(row["code"]) > 3:
                labels[row["code"].lower()] = row["iso3"]
    for country in pycountry.countries:
        for name in ("name", "common_name", "official_name"):
            if hasattr(country, name):
                labels[getattr(country, name).lower()] = country.alpha_3
    return labels | {"russia": "RUS", "turkey": "TUR", "uae": "ARE", "taiwan": "TWN", "usa": "USA"}


LABELS = _labels()
COUNTRY = re.compile(
    rf"(?<!\w)(?:{'|'.join(re.escape(label) for label in sorted(LABELS, key=len, reverse=True))})(?!\w)", re.I
)


def _countries(words: str) -> list[str]:
    """Every country that is named, in the order of the words."""
    return list(dict.fromkeys(LABELS[match[0].lower()] for match in COUNTRY.finditer(words)))


def _country(words: str) -> str:
    """The country that is named last, as in an address; Hong Kong before China, whose part it is. Empty for none."""
    named = _countries(words)
    return "HKG" if "HKG" in named else named[-1] if named else ""


def _seat(name: str, header: tuple[str, ...]) -> str:
    """The country in brackets behind the name of a bank: annex XLV, whose column is of days, has no other place for it.
    A firm's own name is no country."""
    in_brackets = re.search(r"\(([^()]+)\)\s*$", name)
    if in_brackets is None or _column(header, DATE_HEADER) is None:
        return ""
    return _country(in_brackets[1]) if COUNTRY.fullmatch(in_brackets[1].strip()) else ""
