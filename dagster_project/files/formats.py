"""What a file begins with: its first bytes, decompressed, for a source to recognise its own.

Not here: what a file means (its source's module), and where it is kept (landing.py).
"""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import zstandard

from dagster_project.files.archives import SEVENZIP_MAGIC, ZIP_MAGIC, sevenzip_start, zip_start
from dagster_project.files.compression import GZIP_MAGIC, ZSTD_MAGIC, gzip_start, zstd_start
from dagster_project.files.rejection import RejectedFile

HEAD_BYTES = 64 * 1024
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # old Office files, .xls among them


@dataclass(frozen=True)
class Head:
    """The first bytes of a file, decompressed."""

    path: Path
    text: bytes
    compression: str  # none | gzip | zstd | 7z | zip (the latter two: an archive that holds one file)
    size_bytes: int

    @property
    def first_line(self) -> str:
        """The header line, without a byte-order mark; undecodable bytes are replaced, to be looked at only."""
        return self.text.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0].decode("utf-8", "replace").strip("\r")


def read_head(path: Path) -> Head:
    """Read the head of a file. Raises RejectedFile when there is nothing to read or it cannot be decompressed."""
    size = path.stat().st_size
    if size == 0:
        raise RejectedFile("The file has 0 bytes.", "Download it again.")
    with path.open("rb") as stream:
        start = stream.read(HEAD_BYTES)
    try:
        if start.startswith(GZIP_MAGIC):
            return Head(path, gzip_start(start, HEAD_BYTES), "gzip", size)
        if start.startswith(ZSTD_MAGIC):
            return Head(path, zstd_start(path, HEAD_BYTES), "zstd", size)
        if start.startswith(SEVENZIP_MAGIC):
            return Head(path, sevenzip_start(path, HEAD_BYTES), "7z", size)
        if start.startswith(ZIP_MAGIC) and (text := zip_start(path, HEAD_BYTES)) is not None:
            return Head(path, text, "zip", size)
    except (zlib.error, zstandard.ZstdError, zipfile.BadZipFile) as error:
        raise RejectedFile(f"The compressed data is damaged ({error}).", "Download the file again.") from None
    return Head(path, start, "none", size)


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
