"""What a file begins with: its first bytes, decompressed, for a source to recognise its own.

Not here: what a file means (its source's module), and where it is kept (landing.py).
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path

import zstandard

from dagster_project.files.archives import OLE_MAGIC, PARQUET_MAGIC, SEVENZIP_MAGIC, ZIP_MAGIC, archive_start
from dagster_project.files.compression import GZIP_MAGIC, ZSTD_MAGIC, gzip_start, zstd_start
from dagster_project.files.rejection import RejectedFile, printable
from dagster_project.files.text import Form, as_utf8, form_of

HEAD_BYTES = 64 * 1024
# Archives that are not read, and the beginnings they are known by.
FOREIGN_ARCHIVES = {b"Rar!\x1a\x07": "RAR", b"\xfd7zXZ\x00": "XZ", b"BZh": "bzip2", b"MSCF": "CAB"}


@dataclass(frozen=True)
class Head:
    """The first bytes of a file, decompressed; those of a text in UTF-8, however it is written."""

    path: Path
    text: bytes
    compression: str  # none | gzip | zstd | 7z | zip (the latter two: an archive that holds one text)
    size_bytes: int
    form: Form | None = None  # how the text is written; None where the file is no text
    given_name: str = ""  # the file's name as its publisher gave it, where it lies under another

    @property
    def name(self) -> str:
        """The file's name as its publisher gave it."""
        return self.given_name or self.path.name

    @property
    def first_line(self) -> str:
        """The header line; undecodable bytes are replaced, to be looked at only."""
        return self.text.split(b"\n", 1)[0].decode("utf-8", "replace").strip("\r")


def read_head(path: Path, given_name: str = "") -> Head:
    """Read the head of a file. Raises RejectedFile when there is nothing to read or it cannot be decompressed."""
    size = path.stat().st_size
    if size == 0:
        raise RejectedFile("The file has 0 bytes.", "Download it again.")
    with path.open("rb") as stream:
        start = stream.read(HEAD_BYTES)
    compression = "none"
    try:
        if start.startswith(GZIP_MAGIC):
            compression, start = "gzip", gzip_start(start, HEAD_BYTES)
        elif start.startswith(ZSTD_MAGIC):
            compression, start = "zstd", zstd_start(path, HEAD_BYTES)
        elif archive := archive_start(path, start, HEAD_BYTES):
            compression, start = archive
    except (zlib.error, zstandard.ZstdError) as error:
        raise RejectedFile(f"The compressed data is damaged ({error}).", "Download the file again.") from None
    if not start:
        raise RejectedFile("Nothing can be read of the compressed data: it is cut off, or empty.", "Download it again.")
    if start.startswith((OLE_MAGIC, ZIP_MAGIC, SEVENZIP_MAGIC, PARQUET_MAGIC, *FOREIGN_ARCHIVES)):
        return Head(path, start, compression, size, given_name=given_name)
    form = form_of(start)
    return Head(path, as_utf8(start, form), compression, size, form, given_name)


def head_of_utf8(path: Path, form: Form) -> Head:
    """The head of a text that was converted to UTF-8. `form`: how it was written before."""
    with path.open("rb") as stream:
        return Head(path, stream.read(HEAD_BYTES), "none", path.stat().st_size, form)


def unrecognised(head: Head) -> RejectedFile:
    """The rejection of a file that no source recognises: what it looks like, and what to do."""
    text = head.text.lstrip().lower()
    if text.startswith((b"<!doctype html", b"<html")):
        return RejectedFile(
            "This is a web page (HTML), not data, whatever its name says.",
            "The download probably failed or needed a login: fetch the file again and look at it.",
        )
    if head.text.startswith((OLE_MAGIC, ZIP_MAGIC)):
        return RejectedFile(
            "This workbook (or ZIP file) holds no table that is known, or it is damaged.",
            "Load the publisher's own download, unedited; docs/sources.md lists the layouts.",
        )
    if archive := next((kind for magic, kind in FOREIGN_ARCHIVES.items() if head.text.startswith(magic)), ""):
        return RejectedFile(f"This is a {archive} archive, which is not read.", "Unpack it, and load what is in it.")
    if b"\x00" in head.text[:4096]:
        return RejectedFile(
            "This binary format is not known.", "Save it as CSV, JSON, XML or Parquet as its publisher offers it."
        )
    return RejectedFile(
        f"No known layout begins like this: '{printable(head.first_line[:80])}'.",
        "Load the publisher's own download, unedited; docs/sources.md lists the layouts.",
    )
