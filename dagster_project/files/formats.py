"""What a file begins with, and how its bytes are read: compression, archives, workbooks, XML.

Here belongs what many publishers' files have in common. Not here: what a file means (raw/<source>.py), and
where it is kept (landing.py). DuckDB reads CSV, JSON and Parquet itself, compressed or not.
"""

from __future__ import annotations

import gzip
import io
import lzma
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO
from xml.etree.ElementTree import Element, ParseError

import openpyxl
import py7zr
import xlrd
import zstandard
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

HEAD_BYTES = 64 * 1024
CHUNK_BYTES = 1024 * 1024
ZSTD_BLOCK_BYTES = 128 * 1024  # the largest; nothing of a block can be read before it is whole
WORKBOOK_BYTES = 64 * 1024 * 1024  # unpacked; a statistical office's table has a hundredth of it
GZIP_MAGIC, ZSTD_MAGIC = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
SEVENZIP_MAGIC, ZIP_MAGIC = b"7z\xbc\xaf\x27\x1c", b"PK\x03\x04"
XLS_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


class RejectedFile(Exception):
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

    def at(self, file: str) -> RejectedFile:
        return RejectedFile(self.rule, self.remedy, file=file, row=self.row, passing=self.passing)


@dataclass(frozen=True)
class Head:
    """The first bytes of a file, decompressed, for a source to recognise its own."""

    path: Path
    text: bytes
    compression: str  # none | gzip | zstd | 7z | zip (the latter two: an archive that holds one file)
    size_bytes: int

    @property
    def first_line(self) -> str:
        """The header line, without a byte-order mark; undecodable bytes are replaced, for looking only."""
        return self.text.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0].decode("utf-8", "replace").strip("\r")


def look(path: Path) -> Head:
    """Read the head of a file. Raises RejectedFile when there is nothing to read or it cannot be decompressed."""
    size = path.stat().st_size
    if size == 0:
        raise RejectedFile("The file has 0 bytes.", "Download it again.")
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
        if start.startswith(SEVENZIP_MAGIC):
            return Head(path, _sevenzip_head(path), "7z", size)
        if start.startswith(ZIP_MAGIC) and (member := _only_member(path)):
            with zipfile.ZipFile(path) as archive, archive.open(member) as stream:
                return Head(path, stream.read(HEAD_BYTES), "zip", size)
    except (zlib.error, zstandard.ZstdError, zipfile.BadZipFile) as error:
        raise RejectedFile(f"The compressed data is damaged ({error}).", "Download the file again.") from None
    return Head(path, start, "none", size)


class _Enough(Exception):
    """The head of a 7z member has been read; the rest is not decompressed."""


class _Beginning(py7zr.io.Py7zIO):
    """Where py7zr writes what it decompresses, until there is enough of it."""

    def __init__(self) -> None:
        self.text = b""

    def write(self, data: bytes) -> int:
        self.text += bytes(data)
        if len(self.text) >= HEAD_BYTES:
            raise _Enough
        return len(data)

    def read(self, size: int | None = None) -> bytes:
        return b""

    def seek(self, offset: int, whence: int = 0) -> int:
        return 0

    def flush(self) -> None: ...

    def size(self) -> int:
        return len(self.text)


class _OneBeginning(py7zr.io.WriterFactory):
    def __init__(self) -> None:
        self.beginning = _Beginning()

    def create(self, filename: str) -> _Beginning:
        return self.beginning


def _sevenzip_head(path: Path) -> bytes:
    writer = _OneBeginning()
    with _sevenzip(path) as archive, suppress(_Enough):
        archive.extractall(factory=writer)
    return writer.beginning.text[:HEAD_BYTES]


@contextmanager
def _sevenzip(path: Path) -> Iterator[py7zr.SevenZipFile]:
    """A 7z archive that holds one file. Raises RejectedFile for another, a damaged one and one with a password."""
    try:
        with py7zr.SevenZipFile(path) as archive:
            if archive.needs_password():
                raise py7zr.exceptions.PasswordRequired("it has a password")
            if len([one for one in archive.list() if not one.is_directory]) != 1:
                raise RejectedFile("The archive holds several files.", "Unpack it, and load what is in it.")
            yield archive
    except (py7zr.exceptions.ArchiveError, lzma.LZMAError, EOFError) as error:
        raise RejectedFile(f"The archive cannot be unpacked ({error}).", "Download it again.") from None


def _only_member(path: Path) -> str | None:
    """The file in a zip that holds one; a workbook is a zip of many, and is left as it is."""
    with zipfile.ZipFile(path) as archive:
        members = [one for one in archive.infolist() if not one.is_dir()]
        return members[0].filename if len(members) == 1 else None


def unpack(path: Path, head: Head, folder: Path) -> Path:
    """The file in a landed archive (7z, zip), decompressed into a folder; its checksum is checked.

    Raises RejectedFile when it is damaged. What is no archive stays where it is: DuckDB decompresses it itself.
    """
    target = folder / "unpacked"
    if head.compression == "7z":
        with _sevenzip(path) as archive:
            archive.extractall(folder)
        next(one for one in folder.rglob("*") if one.is_file()).rename(target)
    elif head.compression == "zip":
        try:
            with zipfile.ZipFile(path) as archive, archive.open(_only_member(path)) as member, target.open("wb") as out:
                shutil.copyfileobj(member, out, CHUNK_BYTES)
        except (zipfile.BadZipFile, zlib.error) as error:
            raise RejectedFile(f"The archive cannot be unpacked ({error}).", "Download it again.") from None
    else:
        return path
    return target


def _gunzipped(start: bytes) -> bytes:
    """The beginning of gzip data, over its members: the first may hold no more than the header line."""
    text = b""
    while start and len(text) < HEAD_BYTES:
        member = zlib.decompressobj(31)
        text += member.decompress(start, HEAD_BYTES - len(text))
        start = member.unused_data.lstrip(b"\0")
    return text


def describe_unknown(head: Head) -> RejectedFile:
    """The sentence for a file that no source recognises."""
    text = head.text.lstrip().lower()
    if text.startswith((b"<!doctype html", b"<html")):
        return RejectedFile(
            "This is a web page (HTML), not data, whatever its name says.",
            "The download probably failed or asked for a login: fetch the file again and look at it.",
        )
    if head.text.startswith((XLS_MAGIC, ZIP_MAGIC)):
        return RejectedFile(
            "This workbook (or ZIP file) holds no table that is known, or it is damaged.",
            "Load the publisher's own download, unedited; README lists the layouts.",
        )
    if b"\x00" in head.text[:4096]:
        return RejectedFile(
            "This binary format is not known.", "Save it as CSV, JSON, XML or Parquet as its publisher offers it."
        )
    return RejectedFile(
        f"No known layout begins like this: {head.first_line[:80]!r}.",
        "Load the publisher's own download, unedited; README lists the layouts.",
    )


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
    if not head.text.startswith((XLS_MAGIC, ZIP_MAGIC)):
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

    Raises RejectedFile for a file that breaks off, is malformed, or defines entities.
    """
    try:
        for _, element in iterparse(stream, events=("end",)):
            yield element
    except ParseError as error:
        raise RejectedFile(f"The XML breaks off or is malformed ({error}).", "Download the list again.") from None
    except DefusedXmlException as error:
        raise RejectedFile(
            f"The XML defines entities ({type(error).__name__}), as an attack would; it was not read.",
            "Download the list from its publisher.",
        ) from None
    except (OSError, EOFError) as error:
        raise RejectedFile(f"The file cannot be read to its end ({error}).", "Download the list again.") from None


def in_utc(moment: str) -> str:
    """A publisher's moment as an edition: in UTC, so that editions sort over summer and winter time.

    Raises RejectedFile for what is no moment.
    """
    try:
        said = datetime.fromisoformat(moment)
    except ValueError:
        raise RejectedFile(f"The file was made at no known time ({moment}).", "Download it again.") from None
    return said.replace(tzinfo=said.tzinfo or UTC).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class CompressedEnd:
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
            raise RejectedFile(f"The compressed data is damaged ({error}).", "Download the file again.") from None

    def finish(self) -> None:
        if not self._member.eof:
            raise RejectedFile("The compressed data ends in the middle: the file is cut off.", "Download it again.")
