"""Archives that hold one file: 7z and zip.

Not here: workbooks, which are zip files of many parts (workbooks.py), and compressed streams (compression.py).
"""

from __future__ import annotations

import lzma
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import py7zr

from dagster_project.files.compression import CHUNK_BYTES
from dagster_project.files.rejection import RejectedFile

SEVENZIP_MAGIC, ZIP_MAGIC = b"7z\xbc\xaf\x27\x1c", b"PK\x03\x04"


def unpack(path: Path, compression: str, folder: Path) -> Path:
    """The file in an archive (`compression` 7z or zip), decompressed into a folder; its checksum is verified.

    What is no archive stays where it is. Raises RejectedFile when the archive is damaged.
    """
    target = folder / "unpacked"
    if compression == "7z":
        with _sevenzip(path) as archive:
            archive.extractall(folder)
        next(member for member in folder.rglob("*") if member.is_file()).rename(target)
    elif compression == "zip":
        try:
            with zipfile.ZipFile(path) as archive, target.open("wb") as unpacked:
                member = only_member(archive)
                if member is None:
                    raise RejectedFile("The archive holds several files.", "Unpack it, and load what is in it.")
                with archive.open(member) as packed:
                    shutil.copyfileobj(packed, unpacked, CHUNK_BYTES)
        except (zipfile.BadZipFile, zlib.error) as error:
            raise RejectedFile(f"The archive cannot be unpacked ({error}).", "Download it again.") from None
    else:
        return path
    return target


def zip_start(path: Path, size: int) -> bytes | None:
    """The first `size` bytes of the one file in a zip; None where it holds several, as a workbook does.

    Raises zipfile.BadZipFile or zlib.error for a damaged one.
    """
    with zipfile.ZipFile(path) as archive:
        member = only_member(archive)
        if member is None:
            return None
        with archive.open(member) as stream:
            return stream.read(size)


def only_member(archive: zipfile.ZipFile) -> zipfile.ZipInfo | None:
    """The file in a zip that holds one, None for any other number."""
    members = [member for member in archive.infolist() if not member.is_dir()]
    return members[0] if len(members) == 1 else None


def sevenzip_start(path: Path, size: int) -> bytes:
    """The first `size` bytes of the one file in a 7z. Raises RejectedFile for a damaged, locked or larger archive."""
    writer = _StartWriter(size)
    with _sevenzip(path) as archive, suppress(_Enough):
        archive.extractall(factory=_OneWriter(writer))
    return writer.start[:size]


@contextmanager
def _sevenzip(path: Path) -> Iterator[py7zr.SevenZipFile]:
    """A 7z archive that holds one file. Raises RejectedFile for another, a damaged one and one with a password."""
    try:
        with py7zr.SevenZipFile(path) as archive:
            if archive.needs_password():
                raise py7zr.exceptions.PasswordRequired("it has a password")
            if len([member for member in archive.list() if not member.is_directory]) != 1:
                raise RejectedFile("The archive holds several files.", "Unpack it, and load what is in it.")
            yield archive
    except (py7zr.exceptions.ArchiveError, lzma.LZMAError, EOFError) as error:
        raise RejectedFile(f"The archive cannot be unpacked ({error}).", "Download it again.") from None


class _Enough(Exception):
    """The start of a 7z member has been read; the rest is not decompressed."""


class _StartWriter(py7zr.io.Py7zIO):
    """Where py7zr writes what it decompresses, until there is enough of it."""

    def __init__(self, size: int) -> None:
        self._wanted = size
        self.start = b""

    def write(self, s: bytes | bytearray) -> int:
        self.start += s
        if len(self.start) >= self._wanted:
            raise _Enough
        return len(s)

    def read(self, size: int | None = None) -> bytes:
        return b""

    def seek(self, offset: int, whence: int = 0) -> int:
        return 0

    def flush(self) -> None: ...

    def size(self) -> int:
        return len(self.start)


class _OneWriter(py7zr.io.WriterFactory):
    def __init__(self, writer: _StartWriter) -> None:
        self._writer = writer

    def create(self, filename: str) -> py7zr.io.Py7zIO:
        return self._writer
