"""The only door to landing/: take a file's bytes once, hash them, name them, find them again.

A landed file is compressed and never edited. Its path names source, entity, partition and vintage; a
small JSON file beside it says what was fetched, when, from where, with which sha256 and size. So the
folder explains itself, and the warehouse can be rebuilt from it.

Not here: what a file means (that is its source's business) and any database.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import re
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO
from xml.etree.ElementTree import Element, ParseError

import openpyxl
import xlrd
import zstandard
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

HEAD_BYTES = 64 * 1024
CHUNK_BYTES = 1024 * 1024
MOMENT = "%Y%m%dT%H%M%S.%fZ"
ANSWERS = ".answers.jsonl"
ZSTD_BLOCK_BYTES = 128 * 1024  # the largest; nothing of a block can be read before it is whole
GZIP_MAGIC, ZSTD_MAGIC = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
XLS_MAGIC, XLSX_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04"
WORKBOOK_BYTES = 64 * 1024 * 1024  # unpacked; a statistical office's table has a hundredth of it


class Refused(Exception):
    """A file that is not loaded, and the one sentence a person can act on.

    `file` and `row` say where, `rule` what was expected, `remedy` what to do. `passing` is true when the
    reason lies in the moment and not in the bytes: the same bytes may be good at the next run.
    """

    def __init__(self, rule: str, remedy: str, *, file: str = "", row: int | None = None, passing: bool = False):
        self.rule, self.remedy, self.file, self.row, self.passing = rule, remedy, file, row, passing
        super().__init__(str(self))

    def __str__(self) -> str:
        where = self.file + (f", row {self.row:,}" if self.row is not None else "")
        return ((f"{where}: " if where else "") + f"{self.rule} {self.remedy}").strip()

    def at(self, file: str) -> Refused:
        return Refused(self.rule, self.remedy, file=file, row=self.row, passing=self.passing)


@dataclass(frozen=True)
class Head:
    """The first bytes of a file, decompressed, for a source to recognise its own."""

    path: Path
    text: bytes
    compression: str  # none | gzip | zstd
    size_bytes: int

    @property
    def first_line(self) -> str:
        """The header line, without a byte-order mark; undecodable bytes are replaced, for looking only."""
        return self.text.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0].decode("utf-8", "replace").strip("\r")


@dataclass(frozen=True)
class Recognised:
    """What a source says of a file it knows: the entity, the layout, and the scope the file speaks for."""

    entity: str
    layout: str  # csv, json, parquet, xml …: how to read it
    partition: str  # two files with one partition are two vintages of the same thing
    edition: str = ""  # the publisher's own date of this edition, where the file says it: orders vintages


@dataclass(frozen=True)
class Landing:
    """One landed file. `vintage` is the moment it was learned, UTC, to the microsecond, as sortable text."""

    landing_id: str
    source: str
    entity: str
    layout: str
    partition: str
    edition: str  # the publisher's own date of it, ISO 8601, where the file says one
    vintage: str
    path: str  # relative to landing/
    original_name: str
    fetched_from: str
    fetched_at: str  # ISO 8601, UTC
    sha256: str  # of the bytes as fetched, before any compression of ours
    size_bytes: int  # as fetched
    # Since when its publisher says this, written like `vintage`: the edition's day where the file has one, else
    # the moment it was learned. So a list of 2021 loaded today still tells what was known in 2021.
    valid_from: str = ""

    @property
    def is_answer(self) -> bool:
        """A service's answer to the question its partition names: the next answer to it replaces it whole."""
        return self.fetched_from.startswith("http")


@dataclass(frozen=True)
class Answer:
    """What a publisher last answered to a question (a partition), whether or not its bytes were new."""

    partition: str
    edition: str
    sha256: str
    asked_at: str  # ISO 8601, UTC
    etag: str = ""
    last_modified: str = ""  # ISO 8601, UTC


def look(path: Path) -> Head:
    """Read the head of a file. Raises Refused when there is nothing to read or it cannot be decompressed."""
    size = path.stat().st_size
    if size == 0:
        raise Refused("The file has 0 bytes.", "Download it again.")
    with path.open("rb") as stream:
        start = stream.read(HEAD_BYTES)
    try:
        if start.startswith(GZIP_MAGIC):
            return Head(path, _gunzipped(start), "gzip", size)
        if start.startswith(ZSTD_MAGIC):
            with path.open("rb") as stream:
                start = stream.read(HEAD_BYTES + ZSTD_BLOCK_BYTES)
            reader = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(start), read_across_frames=True)
            return Head(path, reader.read(HEAD_BYTES), "zstd", size)
    except (zlib.error, zstandard.ZstdError) as error:
        raise Refused(f"The compressed data is damaged ({error}).", "Download the file again.") from None
    return Head(path, start, "none", size)


def _gunzipped(start: bytes) -> bytes:
    """The beginning of gzip data, over its members: the first may hold no more than the header line."""
    text = b""
    while start and len(text) < HEAD_BYTES:
        member = zlib.decompressobj(31)
        text += member.decompress(start, HEAD_BYTES - len(text))
        start = member.unused_data.lstrip(b"\0")
    return text


def describe_unknown(head: Head) -> Refused:
    """The sentence for a file that no source recognises."""
    text = head.text.lstrip().lower()
    if text.startswith((b"<!doctype html", b"<html")):
        return Refused(
            "This is a web page (HTML), not data, whatever its name says.",
            "The download probably failed or asked for a login: fetch the file again and look at it.",
        )
    if head.text.startswith((XLS_MAGIC, XLSX_MAGIC)):
        return Refused(
            "This workbook (or ZIP file) holds no table that is known, or it is damaged.",
            "Load the publisher's own download, unedited; README lists the layouts.",
        )
    if b"\x00" in head.text[:4096]:
        return Refused(
            "This binary format is not known.", "Save it as CSV, JSON, XML or Parquet as its publisher offers it."
        )
    return Refused(
        f"No known layout begins like this: {head.first_line[:80]!r}.",
        "Load the publisher's own download, unedited; README lists the layouts.",
    )


def moment(when: datetime) -> str:
    """A moment in UTC, to the microsecond, as text that sorts."""
    return when.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%fZ")


def said_from(edition: str, fetched_at: datetime, newest: str) -> str:
    """Since when a publisher says what a landing holds: its edition's moment, never later than it was learned,
    and always after what the same partition said before (`newest`, may be empty)."""
    said = fetched_at
    if edition:
        dated = datetime.fromisoformat(edition)
        said = min(dated if dated.tzinfo else dated.replace(tzinfo=UTC), fetched_at)
    if newest and moment(said) <= newest:
        said = datetime.strptime(newest, MOMENT).replace(tzinfo=UTC) + timedelta(microseconds=1)
    return moment(said)


def take(
    root: Path,
    source: str,
    recognised: Recognised,
    original: Path,
    *,
    fetched_at: datetime,
    valid_from: str = "",
    called: str | None = None,
    fetched_from: str | None = None,
) -> Landing:
    """Copy a file into landing/ whole, or not at all. `called` is its name for a person: its path in the inbox.

    Raises Refused when its bytes change while they are read, or compressed data ends too early.
    """
    vintage = moment(fetched_at)
    folder = root / source / recognised.entity / _safe(recognised.partition)
    folder.mkdir(parents=True, exist_ok=True)
    head = look(original)
    suffix = {"gzip": ".gz", "zstd": ".zst", "none": "" if recognised.layout == "parquet" else ".zst"}
    compress = head.compression == "none" and recognised.layout != "parquet"
    unfinished = folder / ".unfinished"  # one writer: what a dead run left is written over
    try:
        sha256, size = _copy(original, unfinished, compress=compress)
        name = f"{vintage}-{sha256[:12]}.{recognised.layout}{suffix[head.compression]}"
        landing = Landing(
            landing_id=f"{vintage}-{sha256[:12]}",
            source=source,
            entity=recognised.entity,
            layout=recognised.layout,
            partition=recognised.partition,
            edition=recognised.edition,
            vintage=vintage,
            path=str((folder / name).relative_to(root)),
            original_name=called or original.name,
            fetched_from=fetched_from or original.as_uri(),
            fetched_at=fetched_at.isoformat(),
            sha256=sha256,
            size_bytes=size,
            valid_from=valid_from or vintage,
        )
        (folder / name).with_suffix(".about.json").write_text(json.dumps(asdict(landing), indent=1) + "\n")
        os.replace(unfinished, folder / name)
    finally:
        unfinished.unlink(missing_ok=True)
    return landing


def landed(root: Path, source: str) -> list[Landing]:
    """Every complete landing of a source, oldest vintage first, then by the name it came with."""
    found = []
    for about in sorted((root / source).rglob("*.about.json")):
        try:
            landing = Landing(**json.loads(about.read_text()))
            landing = landing if landing.valid_from else replace(landing, valid_from=landing.vintage)
        except ValueError:  # a run died while it wrote this, so before the file itself was named
            continue
        if (root / landing.path).exists():  # the sidecar is written first: without its file it is half a landing
            found.append(landing)
    return sorted(found, key=lambda landing: (landing.vintage, landing.original_name, landing.path))


def remember(root: Path, source: str, answer: Answer) -> None:
    """Note that a publisher answered, on disk before this returns: the same question is not asked again."""
    (root / source).mkdir(parents=True, exist_ok=True)
    with (root / source / ANSWERS).open("a") as log:
        log.write(json.dumps(asdict(answer)) + "\n")
        log.flush()
        os.fsync(log.fileno())


def answers(root: Path, source: str) -> dict[str, Answer]:
    """The last answer to each question, by partition. What landed counts as answered, also if a run died then."""
    found = [Answer(one.partition, one.edition, one.sha256, one.fetched_at) for one in landed(root, source)]
    log = root / source / ANSWERS
    for line in log.read_text().splitlines() if log.exists() else []:
        with suppress(ValueError):  # a run died while it wrote its last line
            found.append(Answer(**json.loads(line)))
    return {one.partition: one for one in sorted(found, key=lambda one: one.asked_at)}


@contextmanager
def open_file(path: Path, compression: str) -> Iterator[BinaryIO]:
    """A landed file's bytes as its publisher wrote them, decompressed, as a stream."""
    with path.open("rb") as raw:
        if compression == "gzip":
            yield gzip.GzipFile(fileobj=raw)
        elif compression == "zstd":
            yield io.BufferedReader(zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True))
        else:
            yield raw


def sheets_of(head: Head) -> dict[str, list[list[str | None]]]:
    """A workbook's sheets by name, each row a list of cells as text; nothing for what is no whole workbook.

    Numbers are written as short as they can be read back, a blank cell is None.
    """
    if not head.text.startswith((XLS_MAGIC, XLSX_MAGIC)):
        return {}
    with open_file(head.path, head.compression) as stream:
        content = stream.read(WORKBOOK_BYTES + 1)
    if len(content) > WORKBOOK_BYTES:
        return {}
    try:
        return _sheets_of_xls(content) if content.startswith(XLS_MAGIC) else _sheets_of_xlsx(content)
    except Exception:  # the readers fail in many ways on damaged bytes, and on other programs' files
        return {}


def _sheets_of_xls(content: bytes) -> dict[str, list[list[str | None]]]:
    errors = xlrd.error_text_from_code
    with xlrd.open_workbook(file_contents=content, logfile=io.StringIO()) as book:
        return {
            sheet.name: [
                [errors[c.value] if c.ctype == xlrd.XL_CELL_ERROR else _text(c.value) for c in row]
                for row in sheet.get_rows()
            ]
            for sheet in book.sheets()
        }


def _sheets_of_xlsx(content: bytes) -> dict[str, list[list[str | None]]]:
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        sizes = {part.filename: part.file_size for part in parts.infolist()}
    if "xl/workbook.xml" not in sizes or sum(sizes.values()) > WORKBOOK_BYTES:
        return {}
    return {
        sheet.title: [[_text(value) for value in row] for row in sheet.iter_rows(values_only=True)]
        for sheet in openpyxl.load_workbook(io.BytesIO(content), data_only=True).worksheets
    }


def _text(value: object) -> str | None:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value) if value not in (None, "") else None


def elements(stream: BinaryIO) -> Iterator[Element]:
    """Every element of an XML file when it ends, so children before their parents; who reads one clears it.

    Raises Refused for a file that breaks off, is malformed, or defines entities.
    """
    try:
        for _, element in iterparse(stream, events=("end",)):
            yield element
    except ParseError as error:
        raise Refused(f"The XML breaks off or is malformed ({error}).", "Download the list again.") from None
    except DefusedXmlException as error:
        raise Refused(
            f"The XML defines entities ({type(error).__name__}), as an attack would; it was not read.",
            "Download the list from its publisher.",
        ) from None
    except (OSError, EOFError) as error:
        raise Refused(f"The file cannot be read to its end ({error}).", "Download the list again.") from None


def in_utc(moment: str) -> str:
    """A publisher's moment as an edition: in UTC, so that editions sort over summer and winter time.

    Raises Refused for what is no moment.
    """
    try:
        said = datetime.fromisoformat(moment)
    except ValueError:
        raise Refused(f"The file was made at no known time ({moment}).", "Download it again.") from None
    return said.replace(tzinfo=said.tzinfo or UTC).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def sha256_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def clear(root: Path) -> None:
    """Forget everything that landed. Only ever asked of simulated data, which can be made again."""
    shutil.rmtree(root, ignore_errors=True)


def _copy(original: Path, target: Path, *, compress: bool) -> tuple[str, int]:
    """Copy, hash and, for gzip, check the end in one pass. The file must be the same before and after."""
    before = original.stat()
    digest, size = hashlib.sha256(), 0
    end = None
    with original.open("rb") as source, target.open("wb") as raw:
        sink = zstandard.ZstdCompressor(level=3, threads=-1).stream_writer(raw, closefd=False) if compress else raw
        while chunk := source.read(CHUNK_BYTES):
            if size == 0 and chunk.startswith((GZIP_MAGIC, ZSTD_MAGIC)):
                end = _CompressedEnd(chunk)
            digest.update(chunk)
            size += len(chunk)
            if end:
                end.feed(chunk)
            sink.write(chunk)
        if sink is not raw:
            sink.close()
        raw.flush()
        os.fsync(raw.fileno())
    after = original.stat()
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or size != after.st_size:
        raise Refused(
            "The file changed while it was read.", "Wait until the download is complete and run again.", passing=True
        )
    if end:
        end.finish()
    return digest.hexdigest(), size


class _CompressedEnd:
    """Follows a gzip or zstd stream, which may hold several members, to see that it ends where it should."""

    def __init__(self, start: bytes) -> None:
        self._open = (
            (lambda: zlib.decompressobj(31))
            if start.startswith(GZIP_MAGIC)
            else zstandard.ZstdDecompressor().decompressobj
        )
        self._member = self._open()

    def feed(self, chunk: bytes) -> None:
        try:
            while chunk:
                if self._member.eof:
                    chunk = chunk.lstrip(b"\0")  # some writers pad the end
                    if not chunk:
                        return
                    self._member = self._open()
                self._member.decompress(chunk)
                chunk = self._member.unused_data
        except (zlib.error, zstandard.ZstdError) as error:
            raise Refused(f"The compressed data is damaged ({error}).", "Download the file again.") from None

    def finish(self) -> None:
        if not self._member.eof:
            raise Refused("The compressed data ends in the middle: the file is cut off.", "Download it again.")


def _safe(partition: str) -> str:
    return re.sub(r"[^A-Za-z0-9._=,-]+", "_", partition)[:120].lstrip(".") or "_"
